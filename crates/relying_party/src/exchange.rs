//! What is asked of the provider once somebody comes back: the exchange of the code,
//! and whether what it gave still stands.

use std::sync::PoisonError;

use axum::http::Method;
use openid::credential::ASSERTION_TYPE;
use openid::oauth::with_query;
use seal::digest::{base64url, sha256};
use seal::jose::{self, ClaimRules, JwsAlgorithm, KeySet, Object, Rules};
use serde_json::{Value, json};
use store::Ctx;

use super::{Attempt, Party, RelyingParty};

/// How long fetched keys are used, seconds.
const KEYS_SECONDS: i64 = 300;
/// How long an assertion holds, seconds.
const ASSERTION_SECONDS: i64 = 60;
/// By how much clocks may differ, seconds.
const LEEWAY_SECONDS: i64 = 10;

/// Why no ID token came of a code.
pub(super) enum Failed {
    Unreachable(String),
    Refused(String),
}

impl From<web::client::ClientError> for Failed {
    fn from(error: web::client::ClientError) -> Self {
        Self::Unreachable(error.to_string())
    }
}
impl From<seal::SealError> for Failed {
    fn from(error: seal::SealError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Exchanges the code and verifies what comes: the claims of the ID token, and the
/// access token.
pub(super) async fn exchange(
    ctx: &Ctx,
    rp: &RelyingParty,
    party: &Party,
    code: &str,
    attempt: &Attempt,
) -> Result<(Object, String), Failed> {
    let now = ctx.now();
    let assertion = json!({
        "iss": party.client_id, "sub": party.client_id, "aud": rp.issuer, "jti": base64url(&ctx.random::<16>()),
        "iat": now.as_seconds(), "exp": now.plus_seconds(ASSERTION_SECONDS).as_seconds(),
    });
    let assertion = jose::sign(&*party.key, "JWT", assertion.to_string().as_bytes())?;
    let (redirect_uri, verifier) = (rp.callback(party, ctx.locale), attempt.derive(ctx, "verifier"));
    let body = with_query(
        "",
        &[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", &verifier),
            ("client_id", party.client_id),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
        ],
    );
    let answer = rp.call(Method::POST, "/oauth2/token", body.trim_start_matches('?').to_owned()).await?;
    let token = answer.get("id_token").and_then(Value::as_str).ok_or_else(|| {
        Failed::Refused(answer.get("error").and_then(Value::as_str).unwrap_or("no ID token").to_owned())
    })?;
    let claims = verify(ctx, rp, party, token).await?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let access = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    if text("nonce") != Some(attempt.derive(ctx, "nonce").as_str()) {
        return Err(Failed::Refused("another nonce".to_owned()));
    }
    if text("at_hash") != Some(base64url(&sha256(access.as_bytes())[..16]).as_str()) {
        return Err(Failed::Refused("another access token".to_owned()));
    }
    Ok((claims, access.to_owned()))
}

/// Verifies an ID token with the issuer's keys; a key that is not known yet is
/// a reason to fetch them again, once.
async fn verify(ctx: &Ctx, rp: &RelyingParty, party: &Party, token: &str) -> Result<Object, Failed> {
    let now = ctx.now();
    let kid = jose::peek_header(token)?.get("kid").and_then(Value::as_str).map(str::to_owned);
    let known = |keys: &KeySet| kid.as_deref().is_some_and(|kid| keys.find(kid).is_some());
    let remembered = rp.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let fresh = remembered.filter(|(at, keys)| now.seconds_since(*at) < KEYS_SECONDS && known(keys));
    let keys = match fresh {
        Some((_, keys)) => keys,
        None => {
            let fetched = KeySet::from_json(&rp.call(Method::GET, "/oauth2/jwks", String::new()).await?)?;
            *rp.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, fetched.clone()));
            fetched
        }
    };
    let rules = Rules { algorithms: &[JwsAlgorithm::Es256], typ: None };
    let claims = jose::verify(token, &keys, &rules)?.claims()?;
    jose::check_claims(
        &claims,
        &ClaimRules {
            issuer: &rp.issuer,
            audience: party.client_id,
            now,
            leeway_seconds: LEEWAY_SECONDS,
            max_age_seconds: None,
        },
    )?;
    Ok(claims)
}

impl RelyingParty {
    /// The host that the provider expects to be called by.
    fn host(&self) -> &str {
        self.issuer.split_once("://").map_or(self.issuer.as_str(), |(_, host)| host)
    }
    /// Whether the provider still stands by an access token.
    pub(super) async fn is_live(&self, access: &str) -> Result<(), Failed> {
        let bearer = format!("Bearer {access}");
        let headers = [("host", self.host()), ("authorization", bearer.as_str())];
        let address = format!("{}/oauth2/userinfo", self.reach);
        let answer = self.http.send(Method::GET, &address, &headers, String::new()).await?;
        match answer.status {
            status if status.is_success() => Ok(()),
            status if status.is_server_error() => Err(Failed::Unreachable(format!("userinfo answered {status}"))),
            status => Err(Failed::Refused(format!("userinfo answered {status}"))),
        }
    }
    /// One call to the provider; its answer is JSON whatever the status.
    async fn call(&self, method: Method, path: &str, body: String) -> Result<Value, Failed> {
        let mut headers = vec![("host", self.host()), ("accept", "application/json")];
        if method == Method::POST {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        let answer = self.http.send(method, &format!("{}{path}", self.reach), &headers, body).await?;
        if answer.status.is_server_error() {
            return Err(Failed::Unreachable(format!("{path} answered {}", answer.status)));
        }
        serde_json::from_slice(&answer.body).map_err(|_| Failed::Unreachable(format!("{path} answered no JSON")))
    }
}
