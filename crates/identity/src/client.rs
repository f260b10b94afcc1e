//! Relying parties: who they are, and whether it is they who call.

mod known;

use std::sync::Arc;

use audit::Leaf;
use base::{Timestamp, Zone};
use seal::digest::sha256;
use seal::jose::{self, ClaimRules, Jwk, JwsAlgorithm, KeySet, Rules, thumbprint};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Row, Tx, params};

pub(crate) use known::{Clients, Known};

use crate::lock::reason_of;
use crate::model::{CLIENT, Client, Holders, Refusal, step};
use crate::oauth::OauthError;
use crate::policy::{Binding, Preset};
use crate::sql;

/// `client_assertion_type` of RFC 7523.
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may end, seconds.
const ASSERTION_SECONDS: i64 = 300;
/// The same in the older presets: what ordinary libraries set, seconds.
const ASSERTION_SECONDS_OLDER: i64 = 3_600;
/// By how much clocks may differ, seconds.
const LEEWAY_SECONDS: i64 = 10;
/// Longest assertion, bytes.
const ASSERTION_BYTES: usize = 8 << 10;

/// Registers a client, or changes it.
///
/// # Errors
/// The store's.
pub fn register_in(tx: &mut Tx<'_>, client: &Client) -> Result<(), Error> {
    let list = |values: &[String]| Value::from(values.to_vec()).to_string();
    let now = tx.now();
    let policy = serde_json::to_string(&client.policy).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.execute_one(
        &sql::INSERT_CLIENT,
        &params![
            client.id,
            list(&client.names),
            client.holders.as_str(),
            client.first_party,
            client.sector,
            list(&client.redirects),
            list(&client.farewells),
            client.jwks.to_string(),
            policy,
            client.secret,
            now
        ],
    )?;
    keys_of(client)
        .iter()
        .try_for_each(|key| tx.execute(&sql::KEEP_CLIENT_KEY, &params![client.id, thumbprint(&key.key), now]).map(drop))
}

/// A client's public keys; what cannot be read is no key.
pub(crate) fn keys_of(client: &Client) -> Vec<Jwk> {
    KeySet::from_json(&client.jwks).map(|keys| keys.keys().to_vec()).unwrap_or_default()
}

/// A client that may be used.
///
/// # Errors
/// The store's.
pub fn client(read: &mut Read<'_>, id: &str) -> Result<Option<Client>, Error> {
    read.row(&sql::CLIENT, &params![id])?.map(|row| read_client(&row, id)).transpose()
}

/// A client as officers see it: used or not.
pub(crate) struct Kept {
    pub(crate) client: Client,
    /// `open` or `suspended`.
    pub(crate) stage: String,
    /// When it was last changed.
    pub(crate) changed_at: Timestamp,
}

pub(crate) fn kept(read: &mut Read<'_>, id: &str) -> Result<Option<Kept>, Error> {
    let Some(row) = read.row(&sql::ANY_CLIENT, &params![id])? else { return Ok(None) };
    Ok(Some(Kept { client: read_client(&row, id)?, stage: row.get(9)?, changed_at: row.get(10)? }))
}

fn read_client(row: &Row, id: &str) -> Result<Client, Error> {
    let corrupt = || Error::Corrupt(format!("client {id}"));
    let list = |column: usize| -> Result<Vec<String>, Error> {
        serde_json::from_str(&row.get::<String>(column)?).map_err(|_| corrupt())
    };
    Ok(Client {
        id: id.to_owned(),
        names: list(0)?,
        holders: Holders::parse(&row.get::<String>(1)?).ok_or_else(corrupt)?,
        first_party: row.get(2)?,
        sector: row.get(3)?,
        redirects: list(4)?,
        farewells: list(5)?,
        jwks: serde_json::from_str(&row.get::<String>(6)?).map_err(|_| corrupt())?,
        policy: serde_json::from_str(&row.get::<String>(7)?).map_err(|_| corrupt())?,
        secret: row.get(8)?,
    })
}

/// Ends what a client may do, at once: it is not known any more until another
/// officer agrees that it is again.
pub(crate) async fn suspend(ctx: &Ctx, key: Key, id: &str, reason: &str) -> Result<(), Refusal> {
    let (id, reason) = (id.to_owned(), reason_of(reason)?);
    ctx.write(key, move |tx| {
        let there = kept(tx, &id)?.ok_or(Refusal::Gone)?;
        if there.client.first_party {
            return Err(Refusal::OwnClient);
        }
        let (stage, now) = (step(&CLIENT, &there.stage, "suspended")?, tx.now());
        tx.execute_one(&sql::SET_CLIENT_STAGE, &params![stage, now, id, there.stage])?;
        let leaf = Leaf::new("identity.client_suspended", format!("client:{id}"));
        audit::record_in(tx, &leaf.with(json!({ "reason": reason })))?;
        Ok(())
    })
    .await
}

/// A suspended client is known again: the end of a proposal.
pub(crate) fn resume_in(tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
    let there = kept(tx, id)?.ok_or(Refusal::Gone)?;
    let (stage, now) = (step(&CLIENT, &there.stage, "resumed")?, tx.now());
    tx.execute_one(&sql::SET_CLIENT_STAGE, &params![stage, now, id, there.stage])?;
    audit::record_in(tx, &Leaf::new("identity.client_resumed", format!("client:{id}")))?;
    Ok(())
}

/// A client's proof of who it is, as it came.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// A signed assertion (RFC 7523).
    Assertion(String),
    /// A shared secret, from the header or the form (RFC 6749 §2.3.1).
    Secret(String),
    /// The certificate of the connection, as its hash (RFC 8705 §2).
    Certificate(String),
}

/// What a call may bring only once.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    pub(crate) what: Used,
    pub(crate) hash: [u8; 32],
    pub(crate) ends_at: Timestamp,
}

/// Why what a call brought is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Used {
    /// The client was changed since it was read: the call is judged once more.
    Client,
    /// A client's assertion.
    Assertion,
    /// A proof of a key.
    Proof,
}

impl From<Used> for OauthError {
    fn from(used: Used) -> Self {
        match used {
            Used::Client => Self::new("invalid_client", "the client was changed a moment ago"),
            Used::Assertion => Self::new("invalid_client", "the assertion was used before"),
            Used::Proof => Self::new("invalid_dpop_proof", "the proof was used before"),
        }
    }
}

/// A client that has shown who it is. What it brought still has to be taken, once.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(crate) client: Arc<Known>,
    /// What tokens are to be bound to.
    pub(crate) binding: Option<Binding>,
    pub(crate) once: Vec<Once>,
}

/// Which client an assertion claims to be of.
pub(crate) fn claimed(assertion: &str, client_id: Option<&str>) -> Result<String, OauthError> {
    let refused = || OauthError::new("invalid_client", "client_assertion is not a JWT of this client (RFC 7523)");
    if assertion.len() > ASSERTION_BYTES {
        return Err(refused());
    }
    // Whoever is named is asked for a signature; that it names them too comes with it.
    if let Some(id) = client_id {
        return Ok(id.to_owned());
    }
    let claims = jose::peek_claims(assertion).map_err(|_| refused())?;
    Ok(claims.get("iss").and_then(Value::as_str).ok_or_else(refused)?.to_owned())
}

/// Verifies who calls. `issuer` is this provider's name, `audiences` the further
/// names under which clients of the older presets address it.
pub(crate) fn verify(
    client: Option<Arc<Known>>,
    credential: &Credential,
    [issuer, audiences @ ..]: &[String; 3],
    now: Timestamp,
) -> Result<Proven, OauthError> {
    let refused = || OauthError::new("invalid_client", "the client is not known, or its proof does not hold");
    let client = client.ok_or_else(refused)?;
    let proven = |client, once| Proven { client, binding: None, once };
    match credential {
        Credential::Assertion(token) => {
            let audiences: &[String] = if client.policy.preset == Preset::Fapi2 { &[] } else { audiences };
            let once = verify_assertion(&client, token, issuer, audiences, now);
            let once = once.map_err(|why| OauthError::new("invalid_client", why))?;
            Ok(proven(client, vec![once]))
        }
        Credential::Secret(secret) => {
            let kept = client.secret.as_deref().filter(|_| client.policy.takes_secret(now.date(Zone::Hebron)));
            let right = kept.is_some_and(|kept| seal::digest::equal(kept, &sha256(secret.as_bytes())));
            if right { Ok(proven(client, Vec::new())) } else { Err(refused()) }
        }
        Credential::Certificate(thumbprint) => {
            let known = client.policy.certificate.as_ref() == Some(thumbprint);
            if known { Ok(proven(client, Vec::new())) } else { Err(refused()) }
        }
    }
}

/// Verifies an assertion (RFC 7523 §3). Until its signature holds, nothing is
/// said of the client; then its owner hears which claim is wrong.
fn verify_assertion(
    client: &Known,
    token: &str,
    issuer: &str,
    audiences: &[String],
    now: Timestamp,
) -> Result<Once, &'static str> {
    const UNKNOWN: &str = "the client is not known, or its proof does not hold";
    let keys = client.keys.as_ref().ok_or(UNKNOWN)?;
    let rules = Rules { algorithms: &[JwsAlgorithm::Es256, JwsAlgorithm::EdDsa, JwsAlgorithm::Rs256], typ: None };
    let verified = jose::verify(token, keys, &rules).map_err(|_| UNKNOWN)?;
    let algorithm = verified.header.get("alg").and_then(Value::as_str).and_then(JwsAlgorithm::from_name);
    if !algorithm.is_some_and(|algorithm| client.policy.takes(algorithm)) {
        return Err("client_assertion: alg is not one that this client's preset takes");
    }
    let claims = verified.claims().map_err(|_| "client_assertion: the claims are not a JSON object")?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // FAPI 2.0 §5.3.2.1: the issuer alone, as one string.
    let one = client.policy.preset != Preset::Fapi2 || text("aud") == Some(issuer);
    let said = |audience: &String| match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(audience)),
        _ => false,
    };
    let issuer = issuer.to_owned();
    let audience = std::iter::once(&issuer).chain(audiences).find(|audience| said(audience)).filter(|_| one);
    let audience = audience.ok_or("client_assertion: aud is not this provider's issuer")?;
    if text("sub") != Some(client.id.as_str()) {
        return Err("client_assertion: sub is not the client_id");
    }
    let rules = ClaimRules { issuer: &client.id, audience, now, leeway_seconds: LEEWAY_SECONDS, max_age_seconds: None };
    jose::check_claims(&claims, &rules).map_err(|_| "client_assertion: iss, exp, nbf or iat does not hold now")?;
    let ends = claims.get("exp").and_then(Value::as_i64).map(Timestamp::from_seconds);
    let ends = ends.ok_or("client_assertion: exp is missing")?;
    let most = if client.policy.preset == Preset::Fapi2 { ASSERTION_SECONDS } else { ASSERTION_SECONDS_OLDER };
    if ends > now.plus_seconds(most + LEEWAY_SECONDS) {
        return Err("client_assertion: exp is too far ahead");
    }
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= 128);
    let jti = jti.ok_or("client_assertion: jti must have 1 to 128 characters")?;
    let hash = sha256(format!("{}\0{jti}", client.id).as_bytes());
    Ok(Once { what: Used::Assertion, hash, ends_at: ends.plus_seconds(LEEWAY_SECONDS) })
}

/// Takes what a call brought in the caller's commit, and names what came before.
/// Here the client is confirmed that was remembered: before anything is written.
pub(crate) fn take_in(tx: &mut Tx<'_>, proven: &Proven) -> Result<Option<Used>, Refusal> {
    if !known::holds(tx, &proven.client)? {
        return Ok(Some(Used::Client));
    }
    for once in &proven.once {
        if tx.execute(&sql::TAKE_ASSERTION, &params![once.hash, once.ends_at])? != 1 {
            return Ok(Some(once.what));
        }
    }
    Ok(None)
}
