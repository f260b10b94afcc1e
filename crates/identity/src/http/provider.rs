//! The endpoints that clients call: discovery, keys, requests, tokens.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde_json::{Value, json};
use store::Ctx;
use web::{Extension, IntoResponse, Problem, Redirect, Response, Visit};

use super::{browser_of, problem};
use crate::Identity;
use crate::authorize::{self, Asked, Begun, Brought, Fault, PUSHED_SECONDS, REQUEST_URI, SCOPES};
use crate::client::{self, Assertion, Proven};
use crate::consent;
use crate::messages::Messages;
use crate::model::{AuthorizationId, Client, Refusal};
use crate::oauth::{FORM_BYTES, OauthError, Parameters, json, with_query};
use crate::sign_in::account_id;
use crate::sso::{self, Sso};
use crate::token::{self, ACCESS_SECONDS, Tokens};

/// `GET /.well-known/openid-configuration`.
pub(crate) async fn discovery(Extension(identity): Extension<Arc<Identity>>) -> Response {
    let issuer = &identity.config.issuer;
    let at = |path: &str| format!("{issuer}/oauth2/{path}");
    let algorithms = json!(["ES256", "EdDSA", "RS256"]);
    let mut response = json(&json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "pushed_authorization_request_endpoint": at("par"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("end-session"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "acr_values_supported": ["low", "substantial", "high"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name", "id_number"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": base::Locale::all().map(base::Locale::tag).collect::<Vec<_>>(),
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    }));
    let cached = axum::http::HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    response
}

/// `GET /oauth2/jwks`.
pub(crate) async fn jwks(visit: Visit, Extension(identity): Extension<Arc<Identity>>) -> Result<Response, Problem> {
    let ctx = visit.ctx();
    let keys = identity.keys.get(&ctx).await.map_err(|refusal| problem(refusal, ctx.locale))?;
    let mut response = json(&keys.jwks);
    let cached = axum::http::HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    Ok(response)
}

/// A request that cannot be answered by redirect: whoever sees the page learns
/// what to tell the client's owner.
fn page_fault(visit: &Visit, why: &str) -> Problem {
    let m = Messages::new(visit.locale());
    Problem::bad_request(Vec::new()).explain(m.client_fault(why)).next_step(m.client_fault_next()).because(why)
}

fn redirect(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// `POST /oauth2/authorize` (OpenID Connect Core §3.1.2.1): on to the same by GET,
/// which carries this browser's cookies.
pub(crate) async fn authorize_by_form(request: Request) -> Result<Response, Problem> {
    let body = web::extract::body(request, web::config::ADDRESS_BYTES_MAX / 2).await?;
    let fields = web::fields::parse(&body)?;
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(redirect(&with_query("/oauth2/authorize", &pairs)))
}

/// `GET /oauth2/authorize`.
pub(crate) async fn authorize(
    ctx: Ctx,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    let query = uri.query().unwrap_or_default();
    let parameters = Parameters::parse(query.as_bytes()).map_err(|error| page_fault(&visit, &error.description))?;
    let Some(client_id) = parameters.owned("client_id") else {
        return Err(page_fault(&visit, "client_id is missing"));
    };
    let client = ctx.read(move |read| client::client(read, &client_id)).await?;
    let client = client.ok_or_else(|| page_fault(&visit, "client_id is not known"))?;
    let issuer = &identity.config.issuer;
    let (brought, asked) = match brought(&ctx, &parameters, &client).await? {
        Ok(brought) => brought,
        Err(Fault::Page(why)) => return Err(page_fault(&visit, why)),
        Err(Fault::Redirect { redirect_uri, state, error }) => {
            return Ok(redirect(&authorize::refusal(issuer, &redirect_uri, state.as_deref(), &error)));
        }
    };
    let sso = sso::current(&ctx, &headers, visit.is_secure()).await?;
    let sso = sso.filter(|sso| asked.is_answered_by(sso, client.holders, ctx.now()));
    let (sso, needs_consent) = without_consent(&ctx, &client, &asked, sso).await?;
    if asked.prompts("none") && sso.is_none() {
        let code = if needs_consent { "consent_required" } else { "login_required" };
        let error = OauthError::new(code, "nobody may be asked, and no session answers");
        return Ok(redirect(&authorize::refusal(issuer, &asked.redirect_uri, asked.state.as_deref(), &error)));
    }
    let begun = authorize::begin(&ctx, &client, brought, browser_of(&visit), sso).await;
    match begun {
        Ok(Begun::Coded(id)) => Ok(redirect(&authorize::answer(&ctx, issuer, id, &asked))),
        Ok(Begun::Waiting(id)) => Ok(redirect(&format!("{}/account/sign-in/{id}", asked.locale().prefix()))),
        Err(Refusal::Gone) => Err(page_fault(&visit, "request_uri was used before, or is over")),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

/// The request that was brought, plain or pushed.
async fn brought(
    ctx: &Ctx,
    parameters: &Parameters,
    client: &Client,
) -> Result<Result<(Brought, Asked), Fault>, Problem> {
    let Some(pushed) = parameters.get("request_uri").and_then(|uri| uri.strip_prefix(REQUEST_URI)) else {
        return Ok(authorize::check(parameters, client).map(|asked| (Brought::Plain(asked.clone()), asked)));
    };
    const UNKNOWN: Fault = Fault::Page("request_uri is not known, was used before, or is over");
    let Ok(id) = pushed.parse::<AuthorizationId>() else { return Ok(Err(UNKNOWN)) };
    let (now, client) = (ctx.now(), client.id.clone());
    let found = ctx.read(move |read| authorize::load(read, id)).await?;
    let found = found.filter(|found| found.client == client && found.stage == "begun" && found.ends_at > now);
    Ok(found.map(|found| (Brought::Pushed(id), found.asked)).ok_or(UNKNOWN))
}

/// The session, unless the person must first allow something.
async fn without_consent(
    ctx: &Ctx,
    client: &Client,
    asked: &Asked,
    sso: Option<Sso>,
) -> Result<(Option<Sso>, bool), Problem> {
    let Some(sso) = sso else { return Ok((None, false)) };
    let (client, asked, account) = (client.clone(), asked.clone(), account_id(&sso.holder));
    let needed = ctx.read(move |read| consent::is_needed(read, &client, &asked, account)).await?;
    Ok((Some(sso).filter(|_| !needed), needed))
}

/// The parameters of a form, and who sends it.
async fn read_form(identity: &Identity, ctx: &Ctx, request: Request) -> Result<(Parameters, Proven), Response> {
    let body = web::extract::body(request, FORM_BYTES).await.map_err(|problem| {
        let status = problem.status();
        let mut response = OauthError::new("invalid_request", "the body is too large or broke off").into_response();
        *response.status_mut() = status;
        response
    })?;
    let parameters = Parameters::parse(&body).map_err(OauthError::into_response)?;
    let proven = authenticate(identity, ctx, &parameters).await.map_err(OauthError::into_response)?;
    Ok((parameters, proven))
}

async fn authenticate(identity: &Identity, ctx: &Ctx, parameters: &Parameters) -> Result<Proven, OauthError> {
    let assertion = Assertion {
        client_id: parameters.owned("client_id"),
        kind: parameters.owned("client_assertion_type"),
        token: parameters.owned("client_assertion"),
    };
    let claimed = client::claimed(&assertion)?;
    let known = ctx.read(move |read| client::client(read, &claimed)).await?;
    let issuer = &identity.config.issuer;
    let audiences = [issuer.clone(), format!("{issuer}/oauth2/token"), format!("{issuer}/oauth2/par")];
    client::verify(known, &assertion, &audiences, ctx.now())
}

/// `POST /oauth2/par` (RFC 9126).
pub(crate) async fn push(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let (parameters, proven) = match read_form(&identity, &ctx, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let pushed = match authorize::check(&parameters, &proven.client) {
        Ok(asked) => authorize::push(&ctx, proven, asked).await,
        Err(Fault::Page(why)) => Err(OauthError::new("invalid_request", why)),
        Err(Fault::Redirect { error, .. }) => Err(error),
    };
    match pushed {
        Ok(id) => {
            let mut response =
                json(&json!({ "request_uri": format!("{REQUEST_URI}{id}"), "expires_in": PUSHED_SECONDS }));
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        Err(error) => error.into_response(),
    }
}

/// `POST /oauth2/token`.
pub(crate) async fn token(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let (parameters, proven) = match read_form(&identity, &ctx, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match give(&ctx, &identity, &parameters, proven).await {
        Ok(tokens) => json(&answer(&tokens)),
        Err(error) => error.into_response(),
    }
}

async fn give(ctx: &Ctx, identity: &Identity, parameters: &Parameters, proven: Proven) -> Result<Tokens, OauthError> {
    match parameters.need("grant_type")? {
        "authorization_code" => {
            let mut values = [const { String::new() }; 3];
            for (value, name) in values.iter_mut().zip(["code", "redirect_uri", "code_verifier"]) {
                parameters.need(name)?.clone_into(value);
            }
            token::exchange_code(ctx, identity, proven, values).await
        }
        "refresh_token" => {
            let refresh = parameters.need("refresh_token")?.to_owned();
            token::refresh(ctx, identity, proven, refresh).await
        }
        _ => Err(OauthError::new("unsupported_grant_type", "authorization_code and refresh_token are given here")),
    }
}

fn answer(tokens: &Tokens) -> Value {
    let mut body = json!({
        "access_token": tokens.access, "token_type": "Bearer", "expires_in": ACCESS_SECONDS,
        "id_token": tokens.id_token, "scope": tokens.scope,
    });
    if let Some(refresh) = &tokens.refresh {
        body["refresh_token"] = refresh.clone().into();
    }
    body
}

/// `POST /oauth2/revoke` (RFC 7009).
pub(crate) async fn revoke(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let (parameters, proven) = match read_form(&identity, &ctx, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let token = match parameters.need("token") {
        Ok(token) => token.to_owned(),
        Err(error) => return error.into_response(),
    };
    match token::revoke(&ctx, proven, token).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.into_response(),
    }
}

/// `POST /oauth2/introspect` (RFC 7662).
pub(crate) async fn introspect(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    let (parameters, proven) = match read_form(&identity, &ctx, request).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    let token = match parameters.need("token") {
        Ok(token) => token.to_owned(),
        Err(error) => return error.into_response(),
    };
    match token::introspect(&ctx, &identity, proven, token).await {
        Ok(body) => json(&body),
        Err(error) => error.into_response(),
    }
}

/// `GET` and `POST /oauth2/userinfo`.
pub(crate) async fn userinfo(ctx: Ctx, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    let claims = match token {
        Some((_, token)) => token::userinfo(&ctx, token.trim()).await,
        None => Err(OauthError::new("invalid_token", "send the access token as Authorization: Bearer")),
    };
    match claims {
        Ok(claims) => json(&Value::Object(claims)),
        Err(error) => error.into_response(),
    }
}
