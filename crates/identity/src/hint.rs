//! `id_token_hint`: an ID token that a client shows again, to say whom or which
//! session it means. It may be over by now.

use openid::oauth::{OauthError, Parameters};
use seal::jose::{self, JwsAlgorithm, KeySet, Object, Rules};
use serde_json::Value;
use store::Ctx;

use crate::Identity;
use crate::model::{Client, Refusal};

/// What an ID token of ours says; nothing when it is none.
pub(crate) async fn read(ctx: &Ctx, identity: &Identity, token: &str) -> Result<Option<Object>, Refusal> {
    let keys = identity.keys.get(ctx).await?;
    let rules = Rules { algorithms: &[JwsAlgorithm::Es256, JwsAlgorithm::Rs256], typ: None };
    let verified = KeySet::from_json(&keys.jwks).and_then(|keys| jose::verify(token, &keys, &rules));
    let claims = verified.and_then(|verified| verified.claims()).ok();
    let issuer = Some(identity.config.issuer.as_str());
    Ok(claims.filter(|claims| claims.get("iss").and_then(Value::as_str) == issuer))
}

/// Whom a request means (OpenID Connect Core §3.1.2.1), as its client knows them:
/// whoever acted for another is meant, not the other. `named` is whom `claims`
/// asks for (§5.5.1).
pub(crate) async fn subject(
    ctx: &Ctx,
    identity: &Identity,
    client: &Client,
    parameters: &Parameters,
    named: Option<String>,
) -> Result<Option<String>, OauthError> {
    let Some(token) = parameters.get("id_token_hint") else { return Ok(named) };
    let claims = read(ctx, identity, token).await?;
    let claims = claims.filter(|claims| claims.get("aud").and_then(Value::as_str) == Some(&client.id));
    let who = claims.as_ref().map(|claims| claims.get("act").and_then(Value::as_object).unwrap_or(claims));
    let subject = who.and_then(|who| who.get("sub")).and_then(Value::as_str);
    let subject = subject.ok_or_else(|| OauthError::new("invalid_request", "id_token_hint is no ID token of yours"))?;
    if named.is_some_and(|named| named != subject) {
        return Err(OauthError::new("invalid_request", "id_token_hint and sub in claims name two people"));
    }
    Ok(Some(subject.to_owned()))
}
