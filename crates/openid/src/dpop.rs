//! Proof of a key at the time of a call (RFC 9449): who stole a token has not
//! stolen the key. A proof holds for one method, one address and one of our
//! nonces, and is taken once.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base::Timestamp;
use seal::digest::{base64url, sha256};
use seal::jose::{self, Jwk, JwsAlgorithm, Rules, thumbprint};
use serde_json::Value;
use store::Ctx;

use crate::credential::{Once, Used};
use crate::oauth::OauthError;
use crate::policy::Binding;

/// Where a proof travels.
pub const HEADER: HeaderName = HeaderName::from_static("dpop");
/// Where the next nonce travels back.
pub const NONCE_HEADER: HeaderName = HeaderName::from_static("dpop-nonce");
/// Algorithms that keys of proofs have.
pub const ALGORITHMS: [JwsAlgorithm; 2] = [JwsAlgorithm::Es256, JwsAlgorithm::EdDsa];
/// How long a nonce is given out, seconds; it counts twice as long.
const NONCE_SECONDS: i64 = 60;
/// By how much a proof's own time may be off, seconds.
const LEEWAY_SECONDS: i64 = 60;
/// Longest proof, bytes.
const PROOF_BYTES: usize = 4 << 10;

/// A proof whose signature holds. It still has to be taken, once.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The key that was proven.
    pub binding: Binding,
    /// By which it is taken.
    pub once: Once,
}

/// The nonce that proofs must carry now: derived, so that every process knows it.
#[must_use]
pub fn nonce(ctx: &Ctx) -> String {
    nonce_of(ctx, ctx.now().as_seconds().div_euclid(NONCE_SECONDS))
}

fn nonce_of(ctx: &Ctx, period: i64) -> String {
    let secret = crate::secret::of(|domain, value| ctx.db.blind(domain, value), "dpop", &period.to_string());
    base64url(&secret[..16])
}

/// Puts the next nonce into an answer.
pub fn put_nonce(ctx: &Ctx, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::from_str(&nonce(ctx)) {
        headers.insert(NONCE_HEADER, value);
    }
}

/// The proof that a call brings; none if it brings none. `address` is where the
/// call went, without its query; `token` the access token that it uses.
///
/// # Errors
/// `invalid_dpop_proof`, or `use_dpop_nonce` with a nonce that is missing or old.
pub fn read(
    ctx: &Ctx,
    headers: &HeaderMap,
    method: &str,
    address: &str,
    token: Option<&str>,
) -> Result<Option<Proof>, OauthError> {
    let mut brought = headers.get_all(HEADER).iter();
    let Some(first) = brought.next() else { return Ok(None) };
    let refused = |why: &str| OauthError::new("invalid_dpop_proof", why);
    if brought.next().is_some() {
        return Err(refused("there is more than one proof"));
    }
    let text = first.to_str().ok().filter(|text| text.len() <= PROOF_BYTES);
    let text = text.ok_or_else(|| refused("the proof is not a JWT, or is too long"))?;
    let header = jose::peek_header(text).map_err(|_| refused("the proof is not a JWT"))?;
    let key = header.get("jwk").and_then(|jwk| Jwk::from_json(jwk).ok());
    let key = key.ok_or_else(|| refused("jwk in the header must be one public key, ES256 or EdDSA"))?.key;
    let rules = Rules { algorithms: &ALGORITHMS, typ: Some("dpop+jwt") };
    let verified = jose::verify_with_key(text, &key, &rules).and_then(|verified| verified.claims());
    let claims = verified.map_err(|_| refused("typ, alg or signature of the proof does not hold"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(method) {
        return Err(refused("htm is not the method of this call"));
    }
    if text("htu").map(bare) != Some(address) {
        return Err(refused("htu is not the address of this call"));
    }
    let made = claims.get("iat").and_then(Value::as_i64).ok_or_else(|| refused("iat is missing"))?;
    let now = ctx.now();
    if now.seconds_since(Timestamp::from_seconds(made)).abs() > LEEWAY_SECONDS {
        return Err(refused("iat is too far from now"));
    }
    let jti = text("jti").filter(|jti| (1..=128).contains(&jti.len())).ok_or_else(|| refused("jti is missing"))?;
    if let Some(token) = token
        && text("ath") != Some(base64url(&sha256(token.as_bytes())).as_str())
    {
        return Err(refused("ath is not the hash of the access token"));
    }
    let period = now.as_seconds().div_euclid(NONCE_SECONDS);
    let fresh = text("nonce").is_some_and(|given| [period, period - 1].iter().any(|&one| nonce_of(ctx, one) == given));
    if !fresh {
        return Err(OauthError::new("use_dpop_nonce", "put the value of the DPoP-Nonce header into nonce"));
    }
    let thumbprint = thumbprint(&key);
    let hash = sha256(format!("dpop\0{thumbprint}\0{jti}").as_bytes());
    // From its own time, so that it is the same however often it comes.
    let ends_at = Timestamp::from_seconds(made).plus_seconds(LEEWAY_SECONDS + 1);
    Ok(Some(Proof { binding: Binding::Key(thumbprint), once: Once { what: Used::Proof, hash, ends_at } }))
}

/// Without query and fragment (RFC 9449 §4.3, 9).
fn bare(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
