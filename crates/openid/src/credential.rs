//! Whether it is a client that calls: a signed assertion, a shared secret, or the
//! certificate of the connection. And what a call may bring only once.

use base::{Timestamp, Zone};
use seal::digest::sha256;
use seal::jose::{self, ClaimRules, JwsAlgorithm, KeySet, Rules};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::oauth::OauthError;
use crate::policy::Preset;

/// `client_assertion_type` of RFC 7523.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may end, seconds.
const ASSERTION_SECONDS: i64 = 300;
/// The same in the older presets: what ordinary libraries set, seconds.
const ASSERTION_SECONDS_OLDER: i64 = 3_600;
/// By how much clocks may differ, seconds.
const LEEWAY_SECONDS: i64 = 10;
/// Longest assertion, bytes.
const ASSERTION_BYTES: usize = 8 << 10;
/// Said before anything of a client is known for certain.
const UNKNOWN: &str = "the client is not known, or its proof does not hold";

/// A client's proof of who it is, as it came. It may be a secret, and is never shown.
#[derive(Clone)]
pub enum Credential {
    /// A signed assertion (RFC 7523).
    Assertion(String),
    /// A shared secret, from the header or the form (RFC 6749 §2.3.1).
    Secret(String),
    /// The certificate of the connection, as its hash (RFC 8705 §2).
    Certificate(String),
}

/// What a call may bring only once.
#[derive(Debug, Clone)]
pub struct Once {
    /// What it is.
    pub what: Used,
    /// By which it is known again.
    pub hash: [u8; 32],
    /// When it need not be known any more.
    pub ends_at: Timestamp,
}

/// Why what a call brought is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Used {
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

/// Which client an assertion claims to be of.
///
/// # Errors
/// `invalid_client`: no JWT, or too long.
pub fn claimed(assertion: &str, client_id: Option<&str>) -> Result<String, OauthError> {
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

/// What whoever is not known hears, and whoever proves nothing: the same.
#[must_use]
pub fn unknown() -> OauthError {
    OauthError::new("invalid_client", UNKNOWN)
}

impl Credential {
    /// Verifies that a client calls, and returns what it brought for this call only.
    /// `keys` are the client's, read; `issuer` is the provider's name, `audiences` the
    /// further names under which clients of the older presets address it.
    ///
    /// # Errors
    /// `invalid_client`; until a signature holds it says nothing of the client.
    pub fn verify(
        &self,
        client: &Client,
        keys: Option<&KeySet>,
        [issuer, audiences @ ..]: &[String; 3],
        now: Timestamp,
    ) -> Result<Option<Once>, OauthError> {
        let holds = match self {
            Self::Assertion(token) => {
                let audiences: &[String] = if client.policy.preset == Preset::Fapi2 { &[] } else { audiences };
                let once = verify_assertion(client, keys, token, (issuer, audiences), now);
                return once.map(Some).map_err(|why| OauthError::new("invalid_client", why));
            }
            Self::Secret(secret) => {
                let kept = client.secret.as_deref().filter(|_| client.policy.takes_secret(now.date(Zone::Hebron)));
                kept.is_some_and(|kept| seal::digest::equal(kept, &sha256(secret.as_bytes())))
            }
            Self::Certificate(thumbprint) => client.policy.certificate.as_ref() == Some(thumbprint),
        };
        if holds { Ok(None) } else { Err(unknown()) }
    }
}

/// Verifies an assertion (RFC 7523 §3). Until its signature holds, nothing is
/// said of the client; then its owner hears which claim is wrong.
fn verify_assertion(
    client: &Client,
    keys: Option<&KeySet>,
    token: &str,
    (issuer, audiences): (&str, &[String]),
    now: Timestamp,
) -> Result<Once, &'static str> {
    let keys = keys.ok_or(UNKNOWN)?;
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
