//! The endpoints of a sign-in: discovery, keys, the request that a browser
//! brings, and what an access token opens.

use openid::oauth::{FORM_BYTES, OauthError, Parameters, json, with_query};
use openid::request::{self, Asked, Fault, SCOPES};
use openid::{Binding, dpop};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use base::Timestamp;
use serde_json::{Value, json};
use store::Ctx;
use web::visit::PeerCertificate;
use web::{Extension, IntoResponse, Problem, Redirect, Response, Visit};

use super::back::to_client;
use super::call::thumbprint;
use super::{browser_of, problem};
use crate::authorize::{self, Begun, Brought, REQUEST_URI};
use crate::mandate::take;
use crate::messages::Messages;
use crate::model::{AuthorizationId, Client, Refusal};
use crate::sign_in::account_id;
use crate::sso::{self, Sso};
use crate::userinfo::{self, Shown};
use crate::{Identity, client, consent, device_authorization, grant, hint};

/// `GET /.well-known/openid-configuration`.
pub(crate) async fn discovery(
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    // It says what the configuration says, as long as the process lives.
    visit.standing_document("", Timestamp::from_micros(i64::MAX), || document(&identity).to_string()).await
}

/// The discovery document (OpenID Connect Discovery §3, RFC 8414).
fn document(identity: &Identity) -> Value {
    let issuer = &identity.config.issuer;
    let at = |path: &str| format!("{issuer}/oauth2/{path}");
    let algorithms = json!(["ES256", "EdDSA", "RS256"]);
    let machines = &identity.config.machines;
    let mut methods = vec!["private_key_jwt", "client_secret_basic", "client_secret_post"];
    methods.extend((!machines.is_empty()).then_some("self_signed_tls_client_auth"));
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "pushed_authorization_request_endpoint": at("par"),
        "device_authorization_endpoint": at("device_authorization"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("end-session"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", grant::EXCHANGE, device_authorization::GRANT],
        "acr_values_supported": ["low", "substantial", "high"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS.map(seal::jose::JwsAlgorithm::name),
        "require_pushed_authorization_requests": false,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "name", "id_number", "company_number", "act"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": base::Locale::all().map(base::Locale::tag).collect::<Vec<_>>(),
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    });
    if !machines.is_empty() {
        // RFC 8705 §5: where clients with certificates call.
        let at = |path: &str| format!("{machines}/oauth2/{path}");
        document["tls_client_certificate_bound_access_tokens"] = true.into();
        document["mtls_endpoint_aliases"] = json!({
            "pushed_authorization_request_endpoint": at("par"),
            "device_authorization_endpoint": at("device_authorization"),
            "token_endpoint": at("token"),
            "userinfo_endpoint": at("userinfo"),
            "introspection_endpoint": at("introspect"),
            "revocation_endpoint": at("revoke"),
        });
    }
    document
}

/// `GET /oauth2/jwks`.
pub(crate) async fn jwks(visit: Visit, Extension(identity): Extension<Arc<Identity>>) -> Result<Response, Problem> {
    let ctx = visit.ctx();
    let keys = identity.keys.get(&ctx).await.map_err(|refusal| problem(refusal, ctx.locale))?;
    visit.standing_document(&keys.document, keys.until, || keys.document.clone()).await
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
    // What must not stand in an address does not get into one by us.
    let told = fields.iter().filter(|(name, value)| name != "login_hint" || base::IdNumber::parse(value).is_none());
    let pairs: Vec<(&str, &str)> = told.map(|(name, value)| (name.as_str(), value.as_str())).collect();
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
    let browser = browser_of(&visit);
    let (brought, asked) = match brought(&ctx, &identity, (&parameters, &browser), &client).await? {
        Ok(brought) => brought,
        Err(Fault::Page(why)) => return Err(page_fault(&visit, why)),
        Err(Fault::Redirect { reply, error }) => return to_client(&visit, reply.refuse(issuer, &error)),
    };
    let sso = sso::current(&ctx, &headers, visit.is_secure()).await?;
    let sso = sso.filter(|sso| authorize::is_answered(&ctx, &asked, &client, sso));
    let (sso, needs_consent) = answering(&ctx, &client, &asked, sso).await?;
    if asked.prompts("none") && sso.is_none() {
        let code = if needs_consent { "consent_required" } else { "login_required" };
        let error = OauthError::new(code, "nobody may be asked, and no session answers");
        return to_client(&visit, asked.reply().refuse(issuer, &error));
    }
    if let (Some(mandate), Some(sso)) = (asked.mandate, &sso)
        && let Err(refusal) = take::prepare(&ctx, &identity, mandate, &sso.holder).await
    {
        return not_taken(&visit, issuer, &asked, refusal);
    }
    let level = sso.as_ref().map_or(base::Assurance::Low, |sso| sso.level);
    let begun = authorize::begin(&ctx, &client, brought, browser, sso).await;
    match begun {
        Ok(Begun::Coded(id)) => to_client(&visit, authorize::answer(&ctx, issuer, id, &asked, level)),
        Ok(Begun::Waiting(id)) => Ok(redirect(&format!("{}/account/sign-in/{id}", asked.locale().prefix()))),
        Err(Refusal::Gone) => Err(page_fault(&visit, "request_uri was used before, or is over")),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

/// A mandate that cannot be taken up, for the client.
pub(crate) fn not_taken(visit: &Visit, issuer: &str, asked: &Asked, refusal: Refusal) -> Result<Response, Problem> {
    let error = match refusal {
        Refusal::Silent => OauthError::new("temporarily_unavailable", "the civil registry was not heard"),
        Refusal::CompaniesSilent => OauthError::new("temporarily_unavailable", "the companies' register was not heard"),
        Refusal::NoMandate => OauthError::new("access_denied", "the mandate is not theirs, or does not hold"),
        other => return Err(problem(other, visit.locale())),
    };
    to_client(visit, asked.reply().refuse(issuer, &error))
}

/// The request that was brought, plain or pushed.
async fn brought(
    ctx: &Ctx,
    identity: &Identity,
    (parameters, browser): (&Parameters, &[u8; 32]),
    client: &Client,
) -> Result<Result<(Brought, Asked), Fault>, Problem> {
    let Some(pushed) = parameters.get("request_uri").and_then(|uri| uri.strip_prefix(REQUEST_URI)) else {
        let mut asked = match request::check(parameters, client, None) {
            Ok(asked) => asked,
            Err(fault) => return Ok(Err(fault)),
        };
        match hint::subject(ctx, identity, client, parameters, asked.hinted.take()).await {
            Ok(hinted) => asked.hinted = hinted,
            Err(error) => return Ok(Err(Fault::Redirect { reply: asked.reply(), error })),
        }
        return Ok(Ok((Brought::Plain(Box::new(asked.clone())), asked)));
    };
    const UNKNOWN: Fault = Fault::Page("request_uri is not known, was used before, or is over");
    let Ok(id) = pushed.parse::<AuthorizationId>() else { return Ok(Err(UNKNOWN)) };
    let (now, client) = (ctx.now(), client.id.clone());
    let found = ctx.read(move |read| authorize::load(read, id)).await?;
    let found = found.filter(|found| found.client == client);
    let found = found.filter(|found| found.may_be_brought(now) || found.goes_on(browser, now));
    Ok(found.map(|found| (Brought::Pushed(id), found.asked)).ok_or(UNKNOWN))
}

/// The session, unless the client means somebody else or the person must first
/// allow something; whether it is that.
async fn answering(
    ctx: &Ctx,
    client: &Client,
    asked: &Asked,
    sso: Option<Sso>,
) -> Result<(Option<Sso>, bool), Problem> {
    let Some(sso) = sso else { return Ok((None, false)) };
    let (client, asked, holder) = (client.clone(), asked.clone(), sso.holder.clone());
    let (meant, needed) = ctx
        .read(move |read| {
            let needed = consent::is_needed(read, &client, &asked, account_id(&holder))?;
            let meant = asked.means(|domain, value| read.blind(domain, value), &client, &holder);
            Ok::<_, store::Error>((meant, needed))
        })
        .await?;
    Ok((Some(sso).filter(|_| meant && !needed), meant && needed))
}

/// `GET` and `POST /oauth2/userinfo`.
pub(crate) async fn userinfo(
    ctx: Ctx,
    certificate: Option<Extension<PeerCertificate>>,
    Extension(identity): Extension<Arc<Identity>>,
    request: Request,
) -> Response {
    let certificate = certificate.map(|Extension(certificate)| thumbprint(&certificate));
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let shown = match in_form(request).await {
        Ok(Some(token)) => Ok(Shown { token, binding: certificate.map(Binding::Certificate), once: None }),
        Ok(None) => shown(&ctx, &identity, &method, &headers, certificate),
        Err(error) => Err(error),
    };
    let claims = match shown {
        Ok(shown) => userinfo::userinfo(&ctx, shown).await,
        Err(error) => Err(error),
    };
    match claims {
        Ok(claims) => json(&Value::Object(claims)),
        Err(error) => at_resource(&ctx, error),
    }
}

/// The access token that a form carries, where no header does (RFC 6750 §2.2).
async fn in_form(request: Request) -> Result<Option<String>, OauthError> {
    if request.method() != Method::POST || request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    let body = web::extract::body(request, FORM_BYTES).await;
    let body = body.map_err(|_| OauthError::new("invalid_request", "the body is too large or broke off"))?;
    Ok(Parameters::parse(&body)?.owned("access_token"))
}

/// The access token of a call, and the proof of the key that it is bound to.
fn shown(
    ctx: &Ctx,
    identity: &Identity,
    method: &Method,
    headers: &HeaderMap,
    certificate: Option<String>,
) -> Result<Shown, OauthError> {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = sent.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let token = token.trim().to_owned();
    if scheme.eq_ignore_ascii_case("dpop") {
        let address = format!("{}/oauth2/userinfo", identity.config.origin_for(certificate.as_ref()));
        let proof = dpop::read(ctx, headers, method.as_str(), &address, Some(&token))?;
        let proof = proof.ok_or_else(|| OauthError::new("invalid_dpop_proof", "the DPoP header is missing"))?;
        return Ok(Shown { token, binding: Some(proof.binding), once: Some(proof.once) });
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Shown { token, binding: certificate.map(Binding::Certificate), once: None });
    }
    Err(OauthError::new("invalid_token", "send the access token as Authorization: DPoP or Bearer"))
}

/// An error of a call with an access token (RFC 6750 §3, RFC 9449 §7.1).
fn at_resource(ctx: &Ctx, error: OauthError) -> Response {
    let proof = matches!(error.code, "invalid_dpop_proof" | "use_dpop_nonce");
    let challenge = match (error.code, proof) {
        (code, true) => format!("DPoP error=\"{code}\", algs=\"ES256 EdDSA\""),
        (code, false) => format!("Bearer error=\"{code}\""),
    };
    let mut response = error.into_response();
    if proof {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        dpop::put_nonce(ctx, response.headers_mut());
    }
    if response.status() == StatusCode::UNAUTHORIZED
        && let Ok(value) = HeaderValue::from_str(&challenge)
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
