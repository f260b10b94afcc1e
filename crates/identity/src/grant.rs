//! Tokens that need no browser: a system's own (RFC 6749 §4.4), and one for a
//! further system about the person whom a token stands for (RFC 8693). They say
//! all themselves (RFC 9068), so that whoever takes them need not ask.

use base::Timestamp;
use openid::credential::Used;
use openid::oauth::OauthError;
use openid::{Binding, Grant};
use seal::digest::{base64url, sha256};
use seal::jose::{self, JwsAlgorithm, KeySet, Object, Rules};
use serde_json::{Map, Value, json};
use store::{Ctx, Key, Read, params};

use crate::Identity;
use crate::client::{Proven, take_in};
use crate::mandate::claims::who;
use crate::model::{Client, Refusal};
use crate::sql;
use crate::token::{ACCESS_SECONDS, Tokens, session_claims};
use crate::userinfo::{hold, hold_by_hash};

/// `grant_type` of an exchange.
pub(crate) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The only kind of token that is exchanged and given.
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// `typ` of these tokens.
const TYPE: &str = "at+jwt";

/// Whether the client's policy has a grant.
pub(crate) fn allowed(client: &Client, grant: Grant) -> Result<(), OauthError> {
    let error = || OauthError::new("unauthorized_client", "this client is not registered for that grant_type");
    client.policy.grants.contains(&grant).then_some(()).ok_or_else(error)
}

/// The system that a token is for, if it takes tokens of this client.
async fn target(ctx: &Ctx, client: &Client, named: &str) -> Result<Client, OauthError> {
    let id = named.to_owned();
    let found = ctx.read(move |read| crate::client::client(read, &id)).await?;
    let found = found.filter(|found| found.policy.accepts.contains(&client.id));
    found
        .ok_or_else(|| OauthError::new("invalid_target", "that system is not known, or takes no tokens of this client"))
}

/// The scopes asked for, of those that the client may have; all if it names none.
fn scopes(client: &Client, asked: Option<&str>) -> Result<String, OauthError> {
    let Some(asked) = asked else { return Ok(client.policy.scopes.join(" ")) };
    let unknown = asked.split(' ').any(|scope| !client.policy.scopes.iter().any(|known| known == scope));
    if unknown {
        return Err(OauthError::new("invalid_scope", "scope names something that this client may not have"));
    }
    Ok(asked.to_owned())
}

/// A system's token in its own name, for the provider or for one system that takes it.
pub(crate) async fn own(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    scope: Option<&str>,
    resource: Option<&str>,
) -> Result<Tokens, OauthError> {
    allowed(&proven.client, Grant::ClientCredentials)?;
    let scope = scopes(&proven.client, scope)?;
    let audience = match resource {
        Some(named) => target(ctx, &proven.client, named).await?.id,
        None => identity.config.issuer.clone(),
    };
    let (client, binding) = (proven.client.id.clone(), proven.binding.clone());
    take(ctx, proven).await?;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), client.clone().into());
    let seconds = ACCESS_SECONDS;
    let given = Given { client, audience, scope, binding, seconds, issued: None, subject: None };
    give(ctx, identity, claims, &given).await
}

async fn take(ctx: &Ctx, proven: Proven) -> Result<(), OauthError> {
    let taken: Option<Used> = ctx.write(Key::once(ctx), move |tx| take_in(tx, &proven)).await?;
    taken.map_or(Ok(()), |used| Err(used.into()))
}

/// What an exchange asks for.
pub(crate) struct Exchange {
    pub(crate) subject_token: String,
    pub(crate) audience: String,
    pub(crate) scope: Option<String>,
}

/// A token for a further system about the person of a token that the caller
/// holds: `sub` is as that system knows the person, `act` says who acts.
pub(crate) async fn exchange(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    asked: Exchange,
) -> Result<Tokens, OauthError> {
    allowed(&proven.client, Grant::TokenExchange)?;
    let scope = scopes(&proven.client, asked.scope.as_deref())?;
    let target = target(ctx, &proven.client, &asked.audience).await?;
    let (client, binding, now) = (proven.client.id.clone(), proven.binding.clone(), ctx.now());
    let (owner, audience) = (client.clone(), target.id.clone());
    let (shown, told) = (asked.subject_token, binding.clone());
    let subject = Some(sha256(shown.as_bytes()));
    take(ctx, proven).await?;
    let about = ctx.read(move |read| {
        let Some(held) = hold(read, &shown, now)?.filter(|held| held.found.client == owner) else { return Ok(None) };
        if held.binding.is_some() && held.binding != told {
            return Ok(None);
        }
        let mut claims = session_claims(read, &target, &held.found)?;
        claims.remove("nonce");
        let (sub, act) = who(read, &target, &held.found)?;
        claims.insert("sub".to_owned(), sub.into());
        let mut acting = json!({ "sub": owner });
        // Whoever acted before stands inside (RFC 8693 §4.1).
        if let Some(act) = act {
            acting["act"] = act;
        }
        claims.insert("act".to_owned(), acting);
        Ok::<_, Refusal>(Some((claims, held.ends_at.seconds_since(now))))
    });
    let unknown = || OauthError::new("invalid_grant", "subject_token is unknown, over, or not this client's");
    let (claims, left) = about.await?.ok_or_else(unknown)?;
    let seconds = ACCESS_SECONDS.min(left);
    let given = Given { client, audience, scope, binding, seconds, issued: Some(ACCESS_TOKEN), subject };
    give(ctx, identity, claims, &given).await
}

struct Given {
    client: String,
    audience: String,
    scope: String,
    binding: Option<Binding>,
    seconds: i64,
    issued: Option<&'static str>,
    /// The hash of the token that it was exchanged for.
    subject: Option<[u8; 32]>,
}

async fn give(ctx: &Ctx, identity: &Identity, mut claims: Object, given: &Given) -> Result<Tokens, OauthError> {
    let now = ctx.now();
    for (name, value) in [
        ("iss", Value::from(identity.config.issuer.as_str())),
        ("aud", given.audience.as_str().into()),
        ("client_id", given.client.as_str().into()),
        ("scope", given.scope.as_str().into()),
        ("iat", now.as_seconds().into()),
        ("exp", now.plus_seconds(given.seconds).as_seconds().into()),
        ("jti", base64url(&ctx.random::<16>()).into()),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if let Some(binding) = &given.binding {
        claims.insert("cnf".to_owned(), binding.claim());
    }
    if let Some(subject) = given.subject {
        let (hash, ends_at) = (name(&claims), now.plus_seconds(given.seconds));
        let keep =
            move |tx: &mut store::Tx<'_>| tx.execute_one(&sql::INSERT_EXCHANGED, &params![hash, subject, ends_at]);
        ctx.write(Key::once(ctx), keep).await?;
    }
    let keys = identity.keys.get(ctx).await?;
    let access = keys.es256.sign(TYPE, Value::Object(claims).to_string()).await.map_err(Refusal::from)?;
    Ok(Tokens {
        access,
        refresh: None,
        id_token: None,
        scope: given.scope.clone(),
        token_type: Binding::token_type(given.binding.as_ref()),
        seconds: given.seconds,
        issued: given.issued,
    })
}

/// Whether a token is of this kind: the others are random and have no parts.
pub(crate) fn says_itself(token: &str) -> bool {
    token.contains('.')
}

/// The claims of such a token of ours that is not over, if the caller gave or takes it.
async fn claims_for(ctx: &Ctx, identity: &Identity, caller: &str, token: &str) -> Result<Option<Object>, OauthError> {
    let keys = identity.keys.get(ctx).await?;
    let rules = Rules { algorithms: &[JwsAlgorithm::Es256], typ: Some(TYPE) };
    let verified = KeySet::from_json(&keys.jwks).and_then(|keys| jose::verify(token, &keys, &rules));
    let Ok(claims) = verified.and_then(|verified| verified.claims()) else { return Ok(None) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let over = claims.get("exp").and_then(Value::as_i64).is_none_or(|end| end <= ctx.now().as_seconds());
    let theirs = text("client_id") == Some(caller) || text("aud") == Some(caller);
    Ok(Some(claims).filter(|_| theirs && !over))
}

fn name(claims: &Object) -> [u8; 32] {
    sha256(claims.get("jti").and_then(Value::as_str).unwrap_or_default().as_bytes())
}

/// Whether such a token was not revoked, and what it was made of still stands: a
/// person's session, account, consent or mandate that ended ends it too.
fn stands(read: &mut Read<'_>, hash: &[u8; 32], now: Timestamp) -> Result<bool, Refusal> {
    if read.row(&sql::REVOKED, &params![hash])?.is_some() {
        return Ok(false);
    }
    let Some(row) = read.row(&sql::EXCHANGED, &params![hash])? else { return Ok(true) };
    Ok(hold_by_hash(read, &row.get(0)?, now)?.is_some())
}

/// What such a token says, to who gave or takes it (RFC 7662).
pub(crate) async fn introspect(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    token: &str,
) -> Result<Value, OauthError> {
    let claims = claims_for(ctx, identity, &proven.client.id, token).await?;
    take(ctx, proven).await?;
    let Some(mut claims) = claims else { return Ok(json!({ "active": false })) };
    let (hash, now) = (name(&claims), ctx.now());
    if !ctx.read(move |read| stands(read, &hash, now)).await? {
        return Ok(json!({ "active": false }));
    }
    claims.insert("active".to_owned(), true.into());
    claims.insert("token_type".to_owned(), "access".into());
    Ok(Value::Object(claims))
}

/// Revokes such a token of the caller (RFC 7009); of any other nothing is said.
pub(crate) async fn revoke(ctx: &Ctx, identity: &Identity, proven: Proven, token: &str) -> Result<(), OauthError> {
    let claims = claims_for(ctx, identity, &proven.client.id, token).await?;
    let own = claims.filter(|claims| claims.get("client_id").and_then(Value::as_str) == Some(&proven.client.id));
    let revoked = own.and_then(|claims| {
        let ends = claims.get("exp").and_then(Value::as_i64)?;
        Some((name(&claims), Timestamp::from_seconds(ends)))
    });
    let used = ctx.write(Key::once(ctx), move |tx| {
        let used = take_in(tx, &proven)?;
        if let Some((hash, ends_at)) = revoked.filter(|_| used.is_none()) {
            tx.execute(&sql::REVOKE, &params![hash, ends_at])?;
        }
        Ok::<_, Refusal>(used)
    });
    used.await?.map_or(Ok(()), |used| Err(used.into()))
}
