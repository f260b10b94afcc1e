//! Relying parties: who they are, and whether it is they who call.

use base::Timestamp;
use seal::digest::sha256;
use seal::jose::{self, ClaimRules, JwsAlgorithm, KeySet, Rules};
use serde_json::Value;
use store::{Error, Read, Tx, params};

use crate::model::{Client, Holders, Refusal};
use crate::oauth::OauthError;
use crate::sql;

/// `client_assertion_type` of RFC 7523.
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may end, seconds.
const ASSERTION_SECONDS: i64 = 300;
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
            now
        ],
    )
}

/// A client that may be used.
///
/// # Errors
/// The store's.
pub fn client(read: &mut Read<'_>, id: &str) -> Result<Option<Client>, Error> {
    let Some(row) = read.row(&sql::CLIENT, &params![id])? else { return Ok(None) };
    let corrupt = || Error::Corrupt(format!("client {id}"));
    let list = |column: usize| -> Result<Vec<String>, Error> {
        serde_json::from_str(&row.get::<String>(column)?).map_err(|_| corrupt())
    };
    Ok(Some(Client {
        id: id.to_owned(),
        names: list(0)?,
        holders: Holders::parse(&row.get::<String>(1)?).ok_or_else(corrupt)?,
        first_party: row.get(2)?,
        sector: row.get(3)?,
        redirects: list(4)?,
        farewells: list(5)?,
        jwks: serde_json::from_str(&row.get::<String>(6)?).map_err(|_| corrupt())?,
    }))
}

/// A client's proof of who it is, as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assertion {
    pub(crate) client_id: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) token: Option<String>,
}

/// A proof whose signature holds. It still has to be taken, once.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(crate) client: Client,
    hash: [u8; 32],
    ends_at: Timestamp,
}

/// Which client an assertion claims to be of.
pub(crate) fn claimed(assertion: &Assertion) -> Result<String, OauthError> {
    let refused = || OauthError::new("invalid_client", "authenticate with private_key_jwt (RFC 7523)");
    let token = assertion.token.as_deref().filter(|token| token.len() <= ASSERTION_BYTES).ok_or_else(refused)?;
    if assertion.kind.as_deref() != Some(ASSERTION_TYPE) {
        return Err(refused());
    }
    let claims = jose::peek_claims(token).map_err(|_| refused())?;
    let issuer = claims.get("iss").and_then(Value::as_str).ok_or_else(refused)?;
    if assertion.client_id.as_deref().is_some_and(|id| id != issuer) {
        return Err(refused());
    }
    Ok(issuer.to_owned())
}

/// Verifies an assertion with the client's registered keys. `audiences` are the
/// names under which this provider may be addressed.
pub(crate) fn verify(
    client: Option<Client>,
    assertion: &Assertion,
    audiences: &[String],
    now: Timestamp,
) -> Result<Proven, OauthError> {
    let refused = || OauthError::new("invalid_client", "the client is not known, or its assertion does not hold");
    let client = client.ok_or_else(refused)?;
    let token = assertion.token.as_deref().ok_or_else(refused)?;
    let keys = KeySet::from_json(&client.jwks).map_err(|_| refused())?;
    let rules = Rules { algorithms: &[JwsAlgorithm::Es256, JwsAlgorithm::EdDsa, JwsAlgorithm::Rs256], typ: None };
    let claims = jose::verify(token, &keys, &rules).and_then(|verified| verified.claims()).map_err(|_| refused())?;
    let audience = audiences.iter().find(|audience| {
        let rules = ClaimRules {
            issuer: &client.id,
            audience: audience.as_str(),
            now,
            leeway_seconds: LEEWAY_SECONDS,
            max_age_seconds: None,
        };
        jose::check_claims(&claims, &rules).is_ok()
    });
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let ends = claims.get("exp").and_then(Value::as_i64).map(Timestamp::from_seconds).ok_or_else(refused)?;
    let near = ends <= now.plus_seconds(ASSERTION_SECONDS + LEEWAY_SECONDS);
    let own = text("sub") == Some(client.id.as_str());
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= 128).ok_or_else(refused)?;
    if audience.is_none() || !near || !own {
        return Err(refused());
    }
    let hash = sha256(format!("{}\0{jti}", client.id).as_bytes());
    Ok(Proven { client, hash, ends_at: ends.plus_seconds(LEEWAY_SECONDS) })
}

/// Takes a proof in the caller's commit: a second time it is refused.
pub(crate) fn take_in(tx: &mut Tx<'_>, proven: &Proven) -> Result<bool, Refusal> {
    Ok(tx.execute(&sql::TAKE_ASSERTION, &params![proven.hash, proven.ends_at])? == 1)
}
