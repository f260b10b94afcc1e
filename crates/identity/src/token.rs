//! From code to tokens, and their end. All tokens of one authorization are one
//! family: a code or a refresh token that comes twice revokes it.
//!
//! Not here: what a token opens (`userinfo`), tokens that no person stands
//! behind, or that stand for one at a third system (`grant`).

use base::{Timestamp, Zone};
use openid::credential::Used;
use openid::oauth::OauthError;
use openid::{Binding, Preset};
use seal::digest::{base64url, sha256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::Identity;
use crate::authorize::{Authorization, load};
use crate::client::{Proven, take_in};
use crate::mandate::claims::who;
use crate::mandate::take;
use crate::model::{AUTHORIZATION, AuthorizationId, Client, Method, Refusal, SsoId, step};
use crate::sql;
use crate::userinfo::{person_claims, told_in_id_token};

/// How long access and ID tokens hold, seconds.
pub(crate) const ACCESS_SECONDS: i64 = 300;
/// How long a refresh token holds, seconds.
const REFRESH_SECONDS: i64 = 12 * 3_600;
/// The shortest verifier, characters (RFC 7636 §4.1).
const VERIFIER_CHARS_MIN: usize = 43;
/// How long a used code is remembered, so that a replay revokes, seconds.
pub(crate) const REMEMBERED_SECONDS: i64 = 24 * 3_600;

/// What the exchange of a code came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Exchanged {
    Given {
        id: AuthorizationId,
        refresh: bool,
    },
    /// Refused, and what was given before is revoked.
    Replayed,
    /// Refused.
    Refused(String),
    /// What the client brought was brought before.
    Again(Used),
}

/// What is answered.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
    pub(crate) token_type: &'static str,
    /// How long the access token holds, seconds.
    pub(crate) seconds: i64,
    /// What a token exchange gave (RFC 8693 §2.2.1).
    pub(crate) issued: Option<&'static str>,
}

fn given(text: &str) -> OauthError {
    OauthError::new("invalid_grant", text)
}

/// Exchanges a code. The commit that gives tokens also takes the assertion.
pub(crate) async fn exchange_code(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    [code, redirect_uri, verifier]: [String; 3],
) -> Result<Tokens, OauthError> {
    let asker = proven.clone();
    // Fresh secrets, made outside: the store keeps a write's answer.
    let secrets: [[u8; 32]; 2] = [ctx.random(), ctx.random()];
    let hashes = secrets.map(|secret| sha256(base64url(&secret).as_bytes()));
    let exchanged = ctx
        .write(Key::once(ctx), move |tx| match take_in(tx, &proven)? {
            Some(used) => Ok::<_, Refusal>(Exchanged::Again(used)),
            None => exchange_in(tx, &proven, &code, &redirect_uri, &verifier, hashes),
        })
        .await?;
    answer(ctx, identity, &asker, exchanged, secrets, "code").await
}

/// What an exchange of `thing` is answered with.
pub(crate) async fn answer(
    ctx: &Ctx,
    identity: &Identity,
    asker: &Proven,
    exchanged: Exchanged,
    secrets: [[u8; 32]; 2],
    thing: &str,
) -> Result<Tokens, OauthError> {
    match exchanged {
        Exchanged::Given { id, refresh } => tokens(ctx, identity, asker, id, secrets, refresh).await,
        Exchanged::Again(used) => Err(used.into()),
        Exchanged::Replayed => Err(given(&format!("the {thing} was used before; its tokens are revoked"))),
        Exchanged::Refused(why) => Err(given(&why)),
    }
}

fn exchange_in(
    tx: &mut Tx<'_>,
    proven: &Proven,
    code: &str,
    redirect_uri: &str,
    verifier: &str,
    hashes: [[u8; 32]; 2],
) -> Result<Exchanged, Refusal> {
    let refused = |why: &str| Ok(Exchanged::Refused(why.to_owned()));
    let hash = sha256(code.as_bytes());
    let Some(found) = of_code(tx, &hash)? else {
        return refused("the code is not known");
    };
    if found.client != proven.client.id {
        return refused("the code is another client's");
    }
    if found.stage != "coded" {
        revoke_in(tx, &found, "replayed")?;
        return Ok(Exchanged::Replayed);
    }
    let now = tx.now();
    if found.ends_at <= now {
        return refused("the code is over");
    }
    if found.asked.redirect_uri != redirect_uri {
        return refused("redirect_uri is not the one of the request");
    }
    if verifier.len() < VERIFIER_CHARS_MIN || base64url(&sha256(verifier.as_bytes())) != found.asked.challenge {
        return refused("code_verifier does not fit code_challenge");
    }
    give_in(tx, proven, &found, hashes)
}

fn of_code(read: &mut Read<'_>, hash: &[u8]) -> Result<Option<Authorization>, Error> {
    let row = read.row(&sql::AUTHORIZATION_BY_CODE, &params![hash])?;
    row.map(|row| row.get(0)).transpose()?.map(|id| load(read, id)).transpose().map(Option::flatten)
}

/// Exchanges the code of a device that was allowed, by its hash.
pub(crate) fn exchange_device_in(
    tx: &mut Tx<'_>,
    proven: &Proven,
    hash: &[u8],
    hashes: [[u8; 32]; 2],
) -> Result<Exchanged, Refusal> {
    let found = of_code(tx, hash)?.ok_or(Refusal::Gone)?;
    give_in(tx, proven, &found, hashes)
}

/// A device's code came again: what was given for it is revoked.
pub(crate) fn replayed_in(tx: &mut Tx<'_>, hash: &[u8]) -> Result<(), Refusal> {
    of_code(tx, hash)?.map_or(Ok(()), |found| revoke_in(tx, &found, "replayed"))
}

/// Gives the tokens of an authorization whose code was right.
fn give_in(
    tx: &mut Tx<'_>,
    proven: &Proven,
    found: &Authorization,
    [access_hash, refresh_hash]: [[u8; 32]; 2],
) -> Result<Exchanged, Refusal> {
    let refused = |why: &str| Ok(Exchanged::Refused(why.to_owned()));
    if let Some(key) = &found.asked.key
        && proven.binding != Some(Binding::Key(key.clone()))
    {
        return refused("the proof is not of the key that the code is bound to");
    }
    let now = tx.now();
    if !is_live(tx, found, now)? {
        return refused("the session was ended, or the mandate does not hold");
    }
    let stage = step(&AUTHORIZATION, &found.stage, "exchanged")?;
    tx.execute_one(&sql::SET_AUTHORIZATION_STAGE, &params![stage, found.id])?;
    let refresh = found.asked.has_scope("offline_access");
    give_access_in(tx, found.id, access_hash, proven.binding.as_ref())?;
    if refresh {
        let until = tx.now().plus_seconds(REFRESH_SECONDS);
        give_refresh_in(tx, found.id, refresh_hash, until)?;
    }
    Ok(Exchanged::Given { id: found.id, refresh })
}

/// Whether the session stands, and the mandate, where there is one.
pub(crate) fn is_live(read: &mut Read<'_>, found: &Authorization, now: Timestamp) -> Result<bool, Error> {
    let Some(session) = found.session else { return Ok(false) };
    if !crate::mandate::take::holds(read, found.mandate, now.date(Zone::Hebron))? {
        return Ok(false);
    }
    let row = read.row(&sql::SESSION, &params![session])?;
    Ok(row.map(|row| row.get::<String>(4)).transpose()?.as_deref() == Some("live"))
}

fn give_access_in(
    tx: &mut Tx<'_>,
    id: AuthorizationId,
    hash: [u8; 32],
    binding: Option<&Binding>,
) -> Result<(), Refusal> {
    let now = tx.now();
    tx.execute(&sql::KEEP_AUTHORIZATION, &params![now.plus_seconds(REMEMBERED_SECONDS), id])?;
    let (until, bound) = (now.plus_seconds(ACCESS_SECONDS), binding.map(Binding::text));
    Ok(tx.execute_one(&sql::INSERT_TOKEN, &params![hash, id, "access", now, until, bound])?)
}

/// A refresh token is its client's, who proves itself each time: it is bound to nothing else.
fn give_refresh_in(tx: &mut Tx<'_>, id: AuthorizationId, hash: [u8; 32], until: Timestamp) -> Result<(), Refusal> {
    let (now, unbound) = (tx.now(), None::<String>);
    Ok(tx.execute_one(&sql::INSERT_TOKEN, &params![hash, id, "refresh", now, until, unbound])?)
}

/// Revokes all that was given for an authorization.
fn revoke_in(tx: &mut Tx<'_>, found: &Authorization, event: &'static str) -> Result<(), Refusal> {
    if let Some(stage) = AUTHORIZATION.next(&found.stage, event) {
        tx.execute_one(&sql::SET_AUTHORIZATION_STAGE, &params![stage, found.id])?;
    }
    tx.execute(&sql::REVOKE_FAMILY, &params![found.id])?;
    let leaf = audit::Leaf::new("identity.tokens_revoked", format!("authorization:{}", found.id));
    audit::record_in(tx, &leaf.with(json!({ "why": event, "client": found.client })))?;
    Ok(())
}

/// Exchanges a refresh token for new ones. The old one is used up, and the new
/// one ends when it would have; clients of FAPI 2.0 keep theirs (§5.3.2.1, 9).
pub(crate) async fn refresh(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    token: String,
) -> Result<Tokens, OauthError> {
    ask_register(ctx, identity, &proven.client, &token).await?;
    let asker = proven.clone();
    let secrets: [[u8; 32]; 2] = [ctx.random(), ctx.random()];
    let hashes = secrets.map(|secret| sha256(base64url(&secret).as_bytes()));
    let exchanged = ctx
        .write(Key::once(ctx), move |tx| match take_in(tx, &proven)? {
            Some(used) => Ok::<_, Refusal>(Exchanged::Again(used)),
            None => refresh_in(tx, &proven, &token, hashes),
        })
        .await?;
    answer(ctx, identity, &asker, exchanged, secrets, "refresh token").await
}

/// A mandate that rests on a register's word is asked of it again before anything
/// new is given under it. A silent register uses no refresh token up: the client
/// tries again.
async fn ask_register(ctx: &Ctx, identity: &Identity, client: &Client, token: &str) -> Result<(), OauthError> {
    let (client, hash) = (client.id.clone(), sha256(token.as_bytes()));
    let under = ctx.read(move |read| {
        let kept = find(read, &hash)?.filter(|kept| kept.kind == "refresh" && kept.stage == "live");
        let found = kept.map(|kept| load(read, kept.family)).transpose()?.flatten();
        Ok::<_, Error>(found.filter(|found| found.client == client).and_then(|found| found.mandate.zip(found.holder)))
    });
    let Some((mandate, holder)) = under.await? else { return Ok(()) };
    Ok(take::prepare(ctx, identity, mandate, &holder).await?)
}

fn refresh_in(tx: &mut Tx<'_>, proven: &Proven, token: &str, hashes: [[u8; 32]; 2]) -> Result<Exchanged, Refusal> {
    let refused = |why: &str| Ok(Exchanged::Refused(why.to_owned()));
    let (client, hash) = (&proven.client, sha256(token.as_bytes()));
    let Some(kept) = find(tx, &hash)?.filter(|kept| kept.kind == "refresh") else {
        return refused("the refresh token is not known");
    };
    let Some(found) = load(tx, kept.family)?.filter(|found| found.client == client.id) else {
        return refused("the refresh token is another client's");
    };
    if kept.stage == "used" {
        revoke_in(tx, &found, "replayed")?;
        return Ok(Exchanged::Replayed);
    }
    let now = tx.now();
    if kept.stage != "live" || kept.ends_at <= now || !is_live(tx, &found, now)? {
        return refused("the refresh token is over");
    }
    let ([access_hash, refresh_hash], rotates) = (hashes, client.policy.preset != Preset::Fapi2);
    if rotates {
        tx.execute_one(&sql::SET_TOKEN_STAGE, &params!["used", hash])?;
        give_refresh_in(tx, found.id, refresh_hash, kept.ends_at)?;
    }
    give_access_in(tx, found.id, access_hash, proven.binding.as_ref())?;
    Ok(Exchanged::Given { id: found.id, refresh: rotates })
}

/// A token as it lies in the table.
pub(crate) struct Kept {
    pub(crate) family: AuthorizationId,
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) ends_at: Timestamp,
    pub(crate) binding: Option<Binding>,
}

pub(crate) fn find(read: &mut Read<'_>, hash: &[u8; 32]) -> Result<Option<Kept>, Error> {
    let Some(row) = read.row(&sql::TOKEN, &params![hash])? else { return Ok(None) };
    let bound: Option<String> = row.get(4)?;
    let binding = bound.map(|text| Binding::parse(&text).ok_or_else(|| Error::Corrupt(format!("binding {text}"))));
    Ok(Some(Kept {
        family: row.get(0)?,
        kind: row.get(1)?,
        stage: row.get(2)?,
        ends_at: row.get(3)?,
        binding: binding.transpose()?,
    }))
}

/// Revokes the family of a token (RFC 7009); a token of another client or of
/// nobody is nothing to speak of.
pub(crate) async fn revoke(ctx: &Ctx, proven: Proven, token: String) -> Result<(), OauthError> {
    let revoked = ctx.write(Key::once(ctx), move |tx| {
        if let Some(used) = take_in(tx, &proven)? {
            return Ok::<_, Refusal>(Some(used));
        }
        let Some(kept) = find(tx, &sha256(token.as_bytes()))? else { return Ok(None) };
        if let Some(found) = load(tx, kept.family)?.filter(|found| found.client == proven.client.id) {
            revoke_in(tx, &found, "revoked")?;
        }
        Ok(None)
    });
    revoked.await?.map_or(Ok(()), |used| Err(used.into()))
}

/// What an access token says, to a client who asks (RFC 7662).
pub(crate) async fn introspect(
    ctx: &Ctx,
    identity: &Identity,
    proven: Proven,
    token: String,
) -> Result<Value, OauthError> {
    let (now, issuer) = (ctx.now(), identity.config.issuer.clone());
    let answer = ctx.write(Key::once(ctx), move |tx| {
        if let Some(used) = take_in(tx, &proven)? {
            return Ok::<Result<_, Used>, Refusal>(Err(used));
        }
        let dead = json!({ "active": false });
        let Some(kept) = find(tx, &sha256(token.as_bytes()))? else { return Ok(Ok(dead)) };
        let Some(found) = load(tx, kept.family)?.filter(|found| found.client == proven.client.id) else {
            return Ok(Ok(dead));
        };
        if kept.stage != "live" || kept.ends_at <= now || !is_live(tx, &found, now)? {
            return Ok(Ok(dead));
        }
        let (sub, act) = who(tx, &proven.client, &found)?;
        let mut body = json!({
            "active": true, "iss": issuer, "client_id": found.client, "scope": found.asked.scope,
            "exp": kept.ends_at.as_seconds(), "token_type": kept.kind,
            "sub": sub,
        });
        if let Some(act) = act {
            body["act"] = act;
        }
        if let Some(binding) = &kept.binding {
            body["cnf"] = binding.claim();
        }
        Ok(Ok(body))
    });
    answer.await?.map_err(OauthError::from)
}

/// A session as one client knows it. Two clients of other houses cannot tell
/// from it that they have the same person before them.
pub(crate) fn sid(blind: impl Fn(&str, &str) -> Vec<u8>, client: &Client, session: SsoId) -> String {
    if client.first_party {
        return session.to_string();
    }
    base64url(&openid::secret::of(blind, "sid", &format!("{}:{session}", client.id))[..16])
}

async fn tokens(
    ctx: &Ctx,
    identity: &Identity,
    proven: &Proven,
    id: AuthorizationId,
    [access, refresh]: [[u8; 32]; 2],
    with_refresh: bool,
) -> Result<Tokens, OauthError> {
    let access = base64url(&access);
    let (teller, now, issuer) = (proven.client.clone(), ctx.now(), identity.config.issuer.clone());
    let (mut claims, scope) = ctx
        .read(move |read| {
            let found = load(read, id)?.ok_or(Refusal::Gone)?;
            let mut claims = session_claims(read, &teller, &found)?;
            claims.extend(told_in_id_token(&teller, &found, person_claims(read, &teller, &found)?));
            claims.insert("iss".to_owned(), issuer.clone().into());
            claims.insert("aud".to_owned(), teller.id.clone().into());
            Ok::<_, Refusal>((claims, found.asked.scope))
        })
        .await?;
    claims.insert("iat".to_owned(), now.as_seconds().into());
    claims.insert("exp".to_owned(), now.plus_seconds(ACCESS_SECONDS).as_seconds().into());
    claims.insert("at_hash".to_owned(), base64url(&sha256(access.as_bytes())[..16]).into());
    let keys = identity.keys.get(ctx).await?;
    let key = if proven.client.policy.rs256 { &keys.rs256 } else { &keys.es256 };
    let payload = Value::Object(claims).to_string();
    let id_token = key.sign("JWT", payload).await.map_err(Refusal::from)?;
    Ok(Tokens {
        access,
        refresh: with_refresh.then(|| base64url(&refresh)),
        id_token: Some(id_token),
        scope,
        token_type: Binding::token_type(proven.binding.as_ref()),
        seconds: ACCESS_SECONDS,
        issued: None,
    })
}

/// How and when somebody signed in.
pub(crate) fn session_claims(
    read: &mut Read<'_>,
    client: &Client,
    found: &Authorization,
) -> Result<Map<String, Value>, Refusal> {
    let session: SsoId = found.session.ok_or(Refusal::Gone)?;
    let row = read.row(&sql::SESSION, &params![session])?.ok_or(Refusal::Gone)?;
    let (level, methods, proven_at): (String, String, Timestamp) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let methods: Vec<&str> = Method::split(&methods).into_iter().flat_map(Method::amr).copied().collect();
    let mut claims = Map::new();
    claims.insert("acr".to_owned(), level.into());
    claims.insert("amr".to_owned(), methods.into());
    claims.insert("auth_time".to_owned(), proven_at.as_seconds().into());
    claims.insert("sid".to_owned(), sid(|domain, value| read.blind(domain, value), client, session).into());
    if let Some(nonce) = &found.asked.nonce {
        claims.insert("nonce".to_owned(), nonce.clone().into());
    }
    Ok(claims)
}
