//! The endpoints that clients call themselves: pushed requests, tokens, their
//! revocation, and what they say.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use store::Ctx;
use web::visit::PeerCertificate;
use web::{Extension, IntoResponse, Response};

use crate::authorize::{self, Fault, PUSHED_SECONDS, REQUEST_URI};
use crate::client::{self, ASSERTION_TYPE, Credential, Proven};
use crate::grant::{self, ACCESS_TOKEN, Exchange};
use crate::oauth::{FORM_BYTES, OauthError, Parameters, json};
use crate::policy::{Binding, Preset};
use crate::token::{self, Tokens};
use crate::{Identity, dpop};

/// A call, read and proven.
struct Call {
    parameters: Parameters,
    proven: Proven,
}

impl Call {
    /// The parameters of a form, who sends it, and the key that they prove to hold.
    async fn read(ctx: &Ctx, identity: &Identity, path: &str, request: Request) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let certificate = request.extensions().get::<PeerCertificate>().map(thumbprint);
        let body = web::extract::body(request, FORM_BYTES).await.map_err(|problem| {
            let mut response = OauthError::new("invalid_request", "the body is too large or broke off").into_response();
            *response.status_mut() = problem.status();
            response
        })?;
        let parameters = Parameters::parse(&body).map_err(OauthError::into_response)?;
        let proven = prove(ctx, identity, path, &headers, &parameters, certificate).await;
        proven.map(|proven| Self { parameters, proven }).map_err(|error| refusal(ctx, &headers, error))
    }
}

/// A certificate as tokens name it (RFC 8705 §3.1).
pub(super) fn thumbprint(certificate: &PeerCertificate) -> String {
    seal::digest::base64url(&seal::digest::sha256(certificate.der()))
}

/// An error of a call. Who tried a name and a secret is told so by its header
/// (RFC 6749 §5.2), who lacks a nonce is given one.
fn refusal(ctx: &Ctx, headers: &HeaderMap, error: OauthError) -> Response {
    let basic = error.code == "invalid_client" && headers.contains_key(header::AUTHORIZATION);
    let mut response = error.into_response();
    if basic {
        let challenge = HeaderValue::from_static("Basic realm=\"oauth2\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    dpop::put_nonce(ctx, response.headers_mut());
    response
}

async fn prove(
    ctx: &Ctx,
    identity: &Identity,
    path: &str,
    headers: &HeaderMap,
    parameters: &Parameters,
    certificate: Option<String>,
) -> Result<Proven, OauthError> {
    let (id, credential) = credential(headers, parameters, certificate.as_ref())?;
    let known = ctx.read(move |read| client::client(read, &id)).await?;
    let issuer = &identity.config.issuer;
    let names = [issuer.clone(), format!("{issuer}/oauth2/token"), format!("{issuer}/oauth2/par")];
    let mut proven = client::verify(known, &credential, &names, ctx.now())?;
    proven.binding = certificate.map(Binding::Certificate);
    if let Some(proof) = dpop::read(ctx, headers, "POST", &format!("{issuer}/oauth2/{path}"), None)? {
        proven.binding = Some(proof.binding);
        proven.once.push(proof.once);
    }
    Ok(proven)
}

/// Who claims to call, and what they show for it.
fn credential(
    headers: &HeaderMap,
    parameters: &Parameters,
    certificate: Option<&String>,
) -> Result<(String, Credential), OauthError> {
    let refused = |why: &str| OauthError::new("invalid_client", why);
    let id = parameters.get("client_id");
    if let Some(assertion) = parameters.get("client_assertion") {
        if parameters.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(refused("client_assertion_type must be the one of RFC 7523"));
        }
        return Ok((client::claimed(assertion, id)?, Credential::Assertion(assertion.to_owned())));
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (name, secret) =
            basic(value).ok_or_else(|| refused("Authorization is not Basic with a name and a secret"))?;
        if id.is_some_and(|id| id != name) {
            return Err(refused("client_id is not the name in Authorization"));
        }
        return Ok((name, Credential::Secret(secret)));
    }
    match (id, parameters.get("client_secret"), certificate) {
        (Some(id), Some(secret), _) => Ok((id.to_owned(), Credential::Secret(secret.to_owned()))),
        (Some(id), None, Some(certificate)) => Ok((id.to_owned(), Credential::Certificate(certificate.clone()))),
        _ => Err(refused("authenticate with client_assertion, a private_key_jwt (RFC 7523)")),
    }
}

/// Name and secret, each form-encoded before (RFC 6749 §2.3.1).
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    let bytes = scheme.eq_ignore_ascii_case("basic").then(|| seal::digest::from_base64(encoded.trim()).ok())??;
    let text = String::from_utf8(bytes).ok()?;
    let (name, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let fields = web::fields::parse(format!("v={text}").as_bytes()).ok()?;
        fields.into_iter().next().map(|(_, value)| value)
    };
    Some((plain(name)?, plain(secret)?))
}

/// `POST /oauth2/par` (RFC 9126).
pub(crate) async fn push(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let call = match Call::read(&ctx, &identity, "par", request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let Call { parameters, proven } = call;
    let pushed = match authorize::check(&parameters, &proven.client, Some(proven.binding.as_ref())) {
        _ if parameters.get("request_uri").is_some() => {
            Err(OauthError::new("invalid_request", "request_uri cannot be pushed"))
        }
        Ok(asked) => authorize::push(&ctx, proven, asked).await,
        Err(Fault::Page(why)) => Err(OauthError::new("invalid_request", why)),
        Err(Fault::Redirect { error, .. }) => Err(error),
    };
    match pushed {
        Ok(id) => {
            let body = json!({ "request_uri": format!("{REQUEST_URI}{id}"), "expires_in": PUSHED_SECONDS });
            let mut response = json(&body);
            *response.status_mut() = StatusCode::CREATED;
            dpop::put_nonce(&ctx, response.headers_mut());
            response
        }
        Err(error) => refusal(&ctx, &headers, error),
    }
}

/// `POST /oauth2/token`.
pub(crate) async fn token(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let call = match Call::read(&ctx, &identity, "token", request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    match give(&ctx, &identity, call).await {
        Ok(tokens) => {
            let mut response = json(&answer(&tokens));
            dpop::put_nonce(&ctx, response.headers_mut());
            response
        }
        Err(error) => refusal(&ctx, &headers, error),
    }
}

async fn give(ctx: &Ctx, identity: &Identity, call: Call) -> Result<Tokens, OauthError> {
    let Call { parameters, proven } = call;
    if proven.client.policy.preset == Preset::Fapi2 && proven.binding.is_none() {
        // FAPI 2.0 §5.3.2.1, 4: sender-constrained tokens only.
        return Err(OauthError::new("invalid_request", "send a DPoP proof (RFC 9449) with this request"));
    }
    match parameters.need("grant_type")? {
        "authorization_code" => {
            let mut values = [const { String::new() }; 3];
            for (value, name) in values.iter_mut().zip(["code", "redirect_uri"]) {
                parameters.need(name)?.clone_into(value);
            }
            // Without one the code is not theirs (RFC 7636 §4.6).
            parameters.get("code_verifier").unwrap_or_default().clone_into(&mut values[2]);
            token::exchange_code(ctx, identity, proven, values).await
        }
        "refresh_token" => {
            let refresh = parameters.need("refresh_token")?.to_owned();
            token::refresh(ctx, identity, proven, refresh).await
        }
        "client_credentials" => {
            grant::own(ctx, identity, proven, parameters.get("scope"), parameters.get("resource")).await
        }
        grant::EXCHANGE => grant::exchange(ctx, identity, proven, exchange(&parameters)?).await,
        _ => Err(OauthError::new("unsupported_grant_type", "grant_type is not one of grant_types_supported")),
    }
}

fn exchange(parameters: &Parameters) -> Result<Exchange, OauthError> {
    let refused = |why: &str| Err(OauthError::new("invalid_request", why));
    if parameters.need("subject_token_type")? != ACCESS_TOKEN {
        return refused("subject_token_type must be that of an access token");
    }
    if !matches!(parameters.get("requested_token_type"), None | Some(ACCESS_TOKEN)) {
        return refused("requested_token_type must be that of an access token");
    }
    if parameters.get("actor_token").is_some() {
        return refused("actor_token is not needed: the client itself acts");
    }
    Ok(Exchange {
        subject_token: parameters.need("subject_token")?.to_owned(),
        audience: parameters.need("audience")?.to_owned(),
        scope: parameters.owned("scope"),
    })
}

fn answer(tokens: &Tokens) -> Value {
    let mut body = json!({
        "access_token": tokens.access, "token_type": tokens.token_type, "expires_in": tokens.seconds,
        "scope": tokens.scope,
    });
    let more = [
        ("id_token", tokens.id_token.as_deref()),
        ("refresh_token", tokens.refresh.as_deref()),
        ("issued_token_type", tokens.issued),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    body
}

/// `POST /oauth2/revoke` (RFC 7009).
pub(crate) async fn revoke(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let call = match Call::read(&ctx, &identity, "revoke", request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let revoked = match call.parameters.need("token") {
        Ok(token) if grant::says_itself(token) => grant::revoke(&ctx, &identity, call.proven, token).await,
        Ok(token) => token::revoke(&ctx, call.proven, token.to_owned()).await,
        Err(error) => Err(error),
    };
    revoked.map_or_else(|error| refusal(&ctx, &headers, error), |()| StatusCode::OK.into_response())
}

/// `POST /oauth2/introspect` (RFC 7662).
pub(crate) async fn introspect(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let call = match Call::read(&ctx, &identity, "introspect", request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let said = match call.parameters.need("token") {
        Ok(token) if grant::says_itself(token) => grant::introspect(&ctx, &identity, call.proven, token).await,
        Ok(token) => token::introspect(&ctx, &identity, call.proven, token.to_owned()).await,
        Err(error) => Err(error),
    };
    said.map_or_else(|error| refusal(&ctx, &headers, error), |body| json(&body))
}
