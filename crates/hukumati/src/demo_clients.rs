//! `/demo/clients`: a developer registers a client of the provider without an
//! officer, by the names of RFC 7591. A program for production does not have it.

use base::{Locale, Zone};
use http::StatusCode;
use identity::{Client, Fault, Grant, Holders, Policy, Preset};
use seal::digest::{base64url, from_base64, sha256};
use serde::Deserialize;
use serde_json::{Value, json};
use store::Ctx;
use web::{IntoResponse, Json, Problem, Response, Right, Route, System};

/// How long a shared secret of the demo serves, days.
const SECRET_DAYS: i64 = 30;

/// The system as a demo mounts it.
pub(crate) fn system() -> System {
    let anybody = Right::Credential("none: the demo registers whoever asks");
    System { name: "clients", routes: vec![Route::post("/demo/clients", anybody, register)], ..System::default() }
}

/// What is asked for. Other names of the register are left unread (RFC 7591 §2).
#[derive(Deserialize)]
struct Registration {
    client_name: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    jwks: Option<Value>,
    token_endpoint_auth_method: Option<String>,
    id_token_signed_response_alg: Option<String>,
    #[serde(default)]
    grant_types: Vec<String>,
    scope: Option<String>,
    /// Ours: `fapi2`, `standard`, `legacy`.
    preset: Option<Preset>,
}

fn refused(faults: &[Fault]) -> Response {
    let code = if faults.iter().all(|fault| fault.parameter == "redirect_uris") {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    };
    let said: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let body = json!({ "error": code, "error_description": said.join("; ") });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// The certificate that a client will show: the first of its keys' (RFC 8705 §2.2.2).
fn certificate(method: Option<&str>, jwks: Option<&Value>) -> Option<String> {
    let chain = jwks.filter(|_| method == Some("self_signed_tls_client_auth"))?.pointer("/keys/0/x5c/0")?.as_str()?;
    from_base64(chain).ok().map(|der| base64url(&sha256(&der)))
}

async fn register(ctx: Ctx, Json(asked): Json<Registration>) -> Result<Response, Problem> {
    let id = format!("demo-{}", base::id::to_text(base::id::mint(ctx.now(), ctx.random())));
    let by_secret =
        asked.token_endpoint_auth_method.as_deref().is_some_and(|method| method.starts_with("client_secret"));
    let preset = asked.preset.unwrap_or(if by_secret { Preset::Legacy } else { Preset::default() });
    let secret = (preset == Preset::Legacy).then(|| base64url(&ctx.random::<32>()));
    let last = ctx.now().plus_seconds(SECRET_DAYS * 86_400);
    let name = asked.client_name.unwrap_or_default();
    let client = Client {
        id: id.clone(),
        names: Locale::all().map(|_| name.clone()).collect(),
        holders: Holders::Citizens,
        first_party: false,
        sector: id.clone(),
        redirects: asked.redirect_uris,
        farewells: asked.post_logout_redirect_uris,
        jwks: asked.jwks.clone().unwrap_or_else(|| json!({ "keys": [] })),
        policy: Policy {
            preset,
            grants: asked.grant_types.iter().filter_map(|name| Grant::parse(name)).collect(),
            scopes: asked.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            rs256: asked.id_token_signed_response_alg.as_deref() == Some("RS256"),
            back_channel: asked.backchannel_logout_uri,
            certificate: certificate(asked.token_endpoint_auth_method.as_deref(), asked.jwks.as_ref()),
            secret_until: secret.as_ref().map(|_| last.date(Zone::Hebron).to_string()),
            ..Policy::default()
        },
        secret: secret.as_ref().map(|secret| sha256(secret.as_bytes()).to_vec()),
    };
    if !matches!(asked.id_token_signed_response_alg.as_deref(), None | Some("ES256" | "RS256")) {
        let why = "id_token_signed_response_alg: choose ES256 or RS256";
        let body = json!({ "error": "invalid_client_metadata", "error_description": why });
        return Ok((StatusCode::BAD_REQUEST, Json(body)).into_response());
    }
    let faults = client.faults(true);
    if !faults.is_empty() {
        return Ok(refused(&faults));
    }
    let mut body = json!({
        "client_id": id, "client_id_issued_at": ctx.now().as_seconds(), "client_name": name, "preset": preset,
        "redirect_uris": client.redirects, "post_logout_redirect_uris": client.farewells,
    });
    if let Some(secret) = secret {
        body["client_secret"] = secret.into();
        body["client_secret_expires_at"] = last.as_seconds().into();
    }
    identity::seed::client(&ctx, client).await.map_err(|error| Problem::internal(error.to_string()))?;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
