//! The endpoints that clients call themselves: pushed requests, tokens, their
//! revocation, and what they say.

use openid::Preset;
use openid::oauth::{OauthError, Parameters, json};
use openid::request::{self, Fault};
use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use store::Ctx;
use web::{Extension, IntoResponse, Response};

use super::call::{self, Call};
use crate::authorize::{self, PUSHED_SECONDS, REQUEST_URI};
use crate::grant::{self, ACCESS_TOKEN, Exchange};
use crate::token::{self, Tokens};
use crate::{Identity, device_authorization, hint};

/// `POST /oauth2/par` (RFC 9126).
pub(crate) async fn push(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    call::answer(&ctx, &identity, "par", request, |call| pushed(&ctx, &identity, call)).await
}

async fn pushed(ctx: &Ctx, identity: &Identity, Call { parameters, proven }: Call) -> Result<Response, OauthError> {
    if parameters.get("request_uri").is_some() {
        return Err(OauthError::new("invalid_request", "request_uri cannot be pushed"));
    }
    let mut asked = match request::check(&parameters, &proven.client, Some(proven.binding.as_ref())) {
        Ok(asked) => asked,
        Err(Fault::Page(why)) => return Err(OauthError::new("invalid_request", why)),
        Err(Fault::Redirect { error, .. }) => return Err(error),
    };
    asked.hinted = hint::subject(ctx, identity, &proven.client, &parameters, asked.hinted.take()).await?;
    let id = authorize::push(ctx, proven, asked).await?;
    let mut response = json(&json!({ "request_uri": format!("{REQUEST_URI}{id}"), "expires_in": PUSHED_SECONDS }));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// `POST /oauth2/token`.
pub(crate) async fn token(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    call::answer(&ctx, &identity, "token", request, |call| given(&ctx, &identity, call)).await
}

async fn given(ctx: &Ctx, identity: &Identity, call: Call) -> Result<Response, OauthError> {
    let tokens = give(ctx, identity, call).await?;
    Ok(json(&Answer::of(&tokens)))
}

async fn give(ctx: &Ctx, identity: &Identity, Call { parameters, proven }: Call) -> Result<Tokens, OauthError> {
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
        device_authorization::GRANT => {
            let code = parameters.need("device_code")?.to_owned();
            device_authorization::poll(ctx, identity, proven, code).await
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

/// An answer of RFC 6749 §5.1.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: i64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'a str>,
}

impl<'a> Answer<'a> {
    fn of(tokens: &'a Tokens) -> Self {
        Self {
            access_token: &tokens.access,
            token_type: tokens.token_type,
            expires_in: tokens.seconds,
            scope: &tokens.scope,
            id_token: tokens.id_token.as_deref(),
            refresh_token: tokens.refresh.as_deref(),
            issued_token_type: tokens.issued,
        }
    }
}

/// `POST /oauth2/revoke` (RFC 7009).
pub(crate) async fn revoke(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    call::answer(&ctx, &identity, "revoke", request, |call| revoked(&ctx, &identity, call)).await
}

async fn revoked(ctx: &Ctx, identity: &Identity, Call { parameters, proven }: Call) -> Result<Response, OauthError> {
    match parameters.need("token")? {
        token if grant::says_itself(token) => grant::revoke(ctx, identity, proven, token).await?,
        token => token::revoke(ctx, proven, token.to_owned()).await?,
    }
    Ok(StatusCode::OK.into_response())
}

/// `POST /oauth2/introspect` (RFC 7662).
pub(crate) async fn introspect(ctx: Ctx, Extension(identity): Extension<Arc<Identity>>, request: Request) -> Response {
    call::answer(&ctx, &identity, "introspect", request, |call| introspected(&ctx, &identity, call)).await
}

async fn introspected(
    ctx: &Ctx,
    identity: &Identity,
    Call { parameters, proven }: Call,
) -> Result<Response, OauthError> {
    let said = match parameters.need("token")? {
        token if grant::says_itself(token) => grant::introspect(ctx, identity, proven, token).await?,
        token => token::introspect(ctx, identity, proven, token.to_owned()).await?,
    };
    Ok(json(&said))
}
