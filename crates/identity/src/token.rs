//! From code to tokens, and what tokens are good for. All tokens of one
//! authorization are one family: a code or a refresh token that comes twice
//! revokes it.
//!
//! Not here: tokens that no person stands behind, or that stand for one at a
//! third system (`grant`).

use base::{Locale, Timestamp};
use seal::digest::{base64url, sha256};
use seal::jose;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::Identity;
use crate::authorize::{Authorization, load};
use crate::client::{Once, Proven, Used, take_in};
use crate::model::{AUTHORIZATION, AuthorizationId, Client, Method, Refusal, SsoId, step};
use crate::oauth::OauthError;
use crate::policy::{Binding, Preset};
use crate::sign_in::account_id;
use crate::sql;

/// How long access and ID tokens hold, seconds.
pub(crate) const ACCESS_SECONDS: i64 = 300;
/// How long a refresh token holds, seconds.
const REFRESH_SECONDS: i64 = 12 * 3_600;
/// The shortest verifier, characters (RFC 7636 §4.1).
const VERIFIER_CHARS_MIN: usize = 43;
/// How long a used code is remembered, so that a replay revokes, seconds.
const REMEMBERED_SECONDS: i64 = 24 * 3_600;

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
    match exchanged {
        Exchanged::Given { id, refresh } => tokens(ctx, identity, &asker, id, secrets, refresh).await,
        Exchanged::Again(used) => Err(used.into()),
        Exchanged::Replayed => Err(given("the code was used before; its tokens are revoked")),
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
    let row = tx.row(&sql::AUTHORIZATION_BY_CODE, &params![hash])?;
    let Some(found) = row.map(|row| row.get(0)).transpose()?.map(|id| load(tx, id)).transpose()?.flatten() else {
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
    if let Some(key) = &found.asked.key
        && proven.binding != Some(Binding::Key(key.clone()))
    {
        return refused("the proof is not of the key that the code is bound to");
    }
    if !is_live(tx, &found)? {
        return refused("the session was ended");
    }
    let stage = step(&AUTHORIZATION, &found.stage, "exchanged")?;
    tx.execute_one(&sql::SET_AUTHORIZATION_STAGE, &params![stage, found.id])?;
    let refresh = found.asked.has_scope("offline_access");
    let [access_hash, refresh_hash] = hashes;
    give_access_in(tx, found.id, access_hash, proven.binding.as_ref())?;
    if refresh {
        let until = now.plus_seconds(REFRESH_SECONDS);
        give_refresh_in(tx, found.id, refresh_hash, until)?;
    }
    Ok(Exchanged::Given { id: found.id, refresh })
}

fn is_live(read: &mut Read<'_>, found: &Authorization) -> Result<bool, Error> {
    let Some(session) = found.session else { return Ok(false) };
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
    let asker = proven.clone();
    let secrets: [[u8; 32]; 2] = [ctx.random(), ctx.random()];
    let hashes = secrets.map(|secret| sha256(base64url(&secret).as_bytes()));
    let exchanged = ctx
        .write(Key::once(ctx), move |tx| match take_in(tx, &proven)? {
            Some(used) => Ok::<_, Refusal>(Exchanged::Again(used)),
            None => refresh_in(tx, &proven, &token, hashes),
        })
        .await?;
    match exchanged {
        Exchanged::Given { id, refresh } => tokens(ctx, identity, &asker, id, secrets, refresh).await,
        Exchanged::Again(used) => Err(used.into()),
        Exchanged::Replayed => Err(given("the refresh token was used before; its family is revoked")),
        Exchanged::Refused(why) => Err(given(&why)),
    }
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
    if kept.stage != "live" || kept.ends_at <= tx.now() || !is_live(tx, &found)? {
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

struct Kept {
    family: AuthorizationId,
    kind: String,
    stage: String,
    ends_at: Timestamp,
    binding: Option<Binding>,
}

fn find(read: &mut Read<'_>, hash: &[u8; 32]) -> Result<Option<Kept>, Error> {
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
        if kept.stage != "live" || kept.ends_at <= now || !is_live(tx, &found)? {
            return Ok(Ok(dead));
        }
        let mut body = json!({
            "active": true, "iss": issuer, "client_id": found.client, "scope": found.asked.scope,
            "exp": kept.ends_at.as_seconds(), "token_type": kept.kind,
            "sub": subject(tx, &proven.client, found.holder.as_deref().unwrap_or_default()),
        });
        if let Some(binding) = &kept.binding {
            body["cnf"] = binding.claim();
        }
        Ok(Ok(body))
    });
    answer.await?.map_err(OauthError::from)
}

/// The pairwise subject: the same for all clients of a sector, and nothing to
/// anybody else (OpenID Connect Core §8.1).
pub(crate) fn subject(read: &Read<'_>, client: &Client, holder: &str) -> String {
    base64url(&crate::secret::of(
        |domain, value| read.blind(domain, value),
        "subject",
        &format!("{}:{holder}", client.sector),
    ))
}

/// A session as one client knows it. Two clients of other houses cannot tell
/// from it that they have the same person before them.
pub(crate) fn sid(blind: impl Fn(&str, &str) -> Vec<u8>, client: &Client, session: SsoId) -> String {
    if client.first_party {
        return session.to_string();
    }
    base64url(&crate::secret::of(blind, "sid", &format!("{}:{session}", client.id))[..16])
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
    let id_token = jose::sign(&**key, "JWT", payload.as_bytes()).map_err(Refusal::from)?;
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

/// Who it is: `sub` for everybody, names and number by scope, and for our own
/// clients the ids that the portal's systems go by.
pub(crate) fn person_claims(
    read: &mut Read<'_>,
    client: &Client,
    found: &Authorization,
) -> Result<Map<String, Value>, Refusal> {
    let holder = found.holder.clone().ok_or(Refusal::Gone)?;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), subject(read, client, &holder).into());
    if let Some(account) = account_id(&holder) {
        let account = crate::person::account(read, account)?.ok_or(Refusal::Gone)?;
        if found.asked.has_scope("profile")
            && let Some(name) = crate::person::display_name(read, account.person)?
        {
            insert_names(&mut claims, [short(&name.arabic), short(&name.latin)]);
        }
        if found.asked.has_scope("id_number") && account.level > base::Assurance::Low {
            let number = crate::person::id_number(read, account.person)?;
            claims.insert("id_number".to_owned(), number.map(|number| number.as_str().to_owned()).into());
        }
        if client.first_party {
            claims.insert("account".to_owned(), account.id.to_string().into());
            claims.insert("person".to_owned(), account.person.to_string().into());
        }
    } else if let Some(officer) = holder.strip_prefix("officer:").and_then(|id| id.parse().ok()) {
        let officer = crate::officer::officer(read, officer)?.ok_or(Refusal::Gone)?;
        insert_names(&mut claims, officer.name);
        if client.first_party {
            claims.insert("officer".to_owned(), officer.id.to_string().into());
            claims.insert("unit".to_owned(), officer.unit.into());
            let roles: Vec<&str> = officer.roles.iter().map(|role| role.as_str()).collect();
            claims.insert("roles".to_owned(), roles.into());
        }
    }
    Ok(claims)
}

/// What of that the ID token says. It comes back to us in addresses, as
/// `id_token_hint`, so it names nobody to other houses unless they ask for that
/// by name (OpenID Connect Core §5.4, §5.5); userinfo tells the rest.
fn told_in_id_token(client: &Client, found: &Authorization, mut claims: Map<String, Value>) -> Map<String, Value> {
    let asked = |name: &str| found.asked.in_id_token.iter().any(|asked| name.split('#').next() == Some(asked));
    claims.retain(|name, _| client.first_party || name == "sub" || asked(name));
    claims
}

/// Own and family name.
fn short(parts: &[String; 4]) -> String {
    format!("{} {}", parts[0], parts[3])
}

/// The default language's name as `name`, the others by their tag (OpenID
/// Connect Core §5.2).
fn insert_names(claims: &mut Map<String, Value>, [arabic, latin]: [String; 2]) {
    claims.insert("name".to_owned(), arabic.into());
    claims.insert(format!("name#{}", Locale::EN.tag()), latin.into());
}

/// An access token as it was shown, with what it was shown with.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) token: String,
    /// What its bearer proved to hold.
    pub(crate) binding: Option<Binding>,
    pub(crate) once: Option<Once>,
}

/// An access token that holds, and what it belongs to.
pub(crate) struct Held {
    pub(crate) found: Authorization,
    pub(crate) binding: Option<Binding>,
    pub(crate) ends_at: Timestamp,
}

/// Looks an access token up that was given to a client for a person.
pub(crate) fn hold(read: &mut Read<'_>, token: &str, now: Timestamp) -> Result<Option<Held>, Refusal> {
    let kept = find(read, &sha256(token.as_bytes()))?;
    let live = |kept: &Kept| kept.kind == "access" && kept.stage == "live" && kept.ends_at > now;
    let Some(kept) = kept.filter(live) else { return Ok(None) };
    let found = load(read, kept.family)?.ok_or(Refusal::Gone)?;
    let live = is_live(read, &found)?;
    Ok(live.then_some(Held { found, binding: kept.binding, ends_at: kept.ends_at }))
}

/// The claims that an access token opens.
pub(crate) async fn userinfo(ctx: &Ctx, shown: Shown) -> Result<Map<String, Value>, OauthError> {
    let refused = |why: &str| OauthError::new("invalid_token", why);
    if let Some(once) = shown.once.clone() {
        let taken = ctx.write(Key::once(ctx), move |tx| {
            Ok::<_, Refusal>(tx.execute(&sql::TAKE_ASSERTION, &params![once.hash, once.ends_at])? == 1)
        });
        if !taken.await? {
            return Err(Used::Proof.into());
        }
    }
    let now = ctx.now();
    let claims = ctx
        .read(move |read| {
            let Some(held) = hold(read, &shown.token, now)? else { return Ok::<_, Refusal>(None) };
            // A certificate may be there without need; a proof is made for its token.
            let needless = held.binding.is_none() && shown.once.is_none();
            if held.binding != shown.binding && !needless {
                return Ok(Some(Err("the token is bound to another key, or to none")));
            }
            let client = crate::client::client(read, &held.found.client)?.ok_or(Refusal::Gone)?;
            person_claims(read, &client, &held.found).map(|claims| Some(Ok(claims)))
        })
        .await?;
    claims.ok_or_else(|| refused("the access token is unknown, over or revoked"))?.map_err(refused)
}
