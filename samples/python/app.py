"""A page that signs people in with Authlib: code with PKCE, private_key_jwt,
logout in both directions. It keeps no list of people; a real system would.

    python app.py       with client.env in the environment
"""

import os
import secrets
from pathlib import Path

from authlib.integrations.flask_client import OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Flask, abort, redirect, render_template_string, request, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

ISSUER, ORIGIN, CLIENT_ID = (os.environ[name] for name in ("ISSUER", "ORIGIN", "CLIENT_ID"))
BACK_CHANNEL_EVENT = "http://schemas.openid.net/event/backchannel-logout"

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
# A cookie does not know ports: other samples on this machine have their own names.
app.config["SESSION_COOKIE_NAME"] = "sample_python"

hukumati = OAuth(app).register(
    "hukumati",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=CLIENT_ID,
    client_secret=ECKey.import_key(Path(os.environ["KEY_FILE"]).read_text()),
    # An assertion is addressed to the issuer (RFC 7523 §3).
    client_auth_methods=[PrivateKeyJWT(ISSUER, headers={"kid": os.environ["KEY_ID"]}, alg="ES256")],
    client_kwargs={
        "scope": "openid profile",
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": "private_key_jwt",
    },
)

# Sessions of the provider that are over, by `sid`. With several processes this is a table.
ended = set()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sample</title>
<h1>Sample in Python</h1>
{% if person %}
<p>Name: <strong id="name" lang="ar" dir="rtl">{{ person.name }}</strong></p>
<p>Assurance: <strong id="acr">{{ person.acr }}</strong></p>
<p><a id="sign-out" href="/sign-out">Sign out</a></p>
{% else %}
<p><a id="sign-in" href="/sign-in">Sign in</a></p>
{% endif %}
"""


@app.get("/")
def home():
    person = session.get("person")
    if person and person["sid"] in ended:
        session.clear()
        person = None
    return render_template_string(PAGE, person=person), {"Cache-Control": "no-store"}


@app.get("/sign-in")
def sign_in():
    return hukumati.authorize_redirect(f"{ORIGIN}/callback", acr_values="substantial")


@app.get("/callback")
def callback():
    token = hukumati.authorize_access_token()
    claims = token["userinfo"]
    name = hukumati.userinfo(token=token)["name"]
    session.clear()
    session["person"] = {"name": name, "acr": claims["acr"], "sid": claims["sid"]}
    session["id_token"] = token["id_token"]
    return redirect("/")


@app.get("/sign-out")
def sign_out():
    id_token = session.get("id_token")
    session.clear()
    return hukumati.logout_redirect(post_logout_redirect_uri=f"{ORIGIN}/", id_token_hint=id_token)


@app.post("/back-channel-logout")
def back_channel_logout():
    """The provider's word that a session is over (Back-Channel Logout 1.0 §2.6)."""
    # Asked for anew: the provider's keys change.
    keys = KeySet.import_key_set(hukumati.fetch_jwk_set(force=True))
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": CLIENT_ID},
        exp={"essential": True},
        sid={"essential": True},
        events={"essential": True},
    )
    try:
        token = jwt.decode(request.form["logout_token"], keys, algorithms=["ES256"])
        rules.validate(token.claims)
    except (JoseError, ValueError):
        abort(400)
    if token.header.get("typ") != "logout+jwt" or BACK_CHANNEL_EVENT not in token.claims["events"]:
        abort(400)
    ended.add(token.claims["sid"])
    return "", {"Cache-Control": "no-store"}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
