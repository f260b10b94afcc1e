//! Secrets that are derived from the key file and an id, so that an act sent
//! twice gives the same one while the database holds only its hash.

use seal::digest::{base64url, sha256_parts};

/// 256 bits from the keyed index: whoever has the database alone learns nothing.
pub fn of(blind: impl Fn(&str, &str) -> Vec<u8>, purpose: &str, id: &str) -> [u8; 32] {
    let value = format!("{purpose}:{id}");
    sha256_parts(&[&blind("identity.secret.1", &value), &blind("identity.secret.2", &value)])
}

/// As text: 43 characters of base64url.
#[must_use]
pub fn text(secret: &[u8; 32]) -> String {
    base64url(secret)
}
