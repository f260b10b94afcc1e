//! JSON Web Keys (RFC 7517, RFC 8037) and their thumbprints (RFC 7638). Only
//! public keys: a key with private members is refused, so that it is noticed.

use serde_json::{Value, json};

use super::JwsAlgorithm;
use crate::digest::{base64url, from_base64url, sha256};
use crate::{Algorithm, PublicKey, SealError};

/// Most keys in a set.
pub const KEYS_MAX: usize = 64;
/// Longest key id, in bytes.
pub const KID_MAX_BYTES: usize = 256;

/// A public key with an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// The key.
    pub key: PublicKey,
    /// Its id, empty if it came without.
    pub kid: String,
}

impl Jwk {
    /// A key under its own id ([`PublicKey::key_id`]).
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        Self { kid: key.key_id(), key }
    }

    /// As JSON, for signatures.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = required_members(&self.key);
        json["kid"] = Value::from(self.kid.as_str());
        json["use"] = Value::from("sig");
        if let Some(algorithm) = JwsAlgorithm::of(self.key.algorithm()) {
            json["alg"] = Value::from(algorithm.name());
        }
        json
    }

    /// Reads a public signature key.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::Key`], [`SealError::Unsupported`] for another type or use.
    pub fn from_json(json: &Value) -> Result<Self, SealError> {
        let wrong = |why| SealError::malformed("JWK", why);
        let object = json.as_object().ok_or_else(|| wrong("not an object"))?;
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|member| object.contains_key(*member)) {
            return Err(SealError::Key("a JWK with private or secret members"));
        }
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).ok_or_else(|| wrong("a member is missing")).and_then(from_base64url);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return Err(SealError::Unsupported("a JWK that is not for signatures"));
        }
        let key = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(wrong("coordinates of another length"));
                }
                PublicKey::from_p256_point(&[&[4], &x[..], &y].concat())?
            }
            (Some("OKP"), Some("Ed25519")) => PublicKey::from_ed25519(&bytes("x")?)?,
            (Some("RSA"), _) => PublicKey::from_rsa(&bytes("n")?, &bytes("e")?)?,
            _ => return Err(SealError::Unsupported("JWK type or curve")),
        };
        if text("alg").is_some_and(|name| JwsAlgorithm::from_name(name) != JwsAlgorithm::of(key.algorithm())) {
            return Err(SealError::Key("a JWK for another algorithm"));
        }
        let kid = text("kid").unwrap_or_default();
        if kid.len() > KID_MAX_BYTES {
            return Err(SealError::TooLarge { what: "key id", limit: KID_MAX_BYTES });
        }
        Ok(Self { key, kid: kid.to_owned() })
    }
}

/// The members that a thumbprint covers (RFC 7638 §3.2), in sorted order.
fn required_members(key: &PublicKey) -> Value {
    match (key.algorithm(), key.rsa_parts()) {
        (Algorithm::Rsa, Some((modulus, exponent))) => {
            json!({ "e": base64url(exponent), "kty": "RSA", "n": base64url(modulus) })
        }
        (Algorithm::P256 | Algorithm::P384, _) => {
            let (x, y) = key.raw()[1..].split_at(key.raw().len() / 2);
            let curve = if key.algorithm() == Algorithm::P256 { "P-256" } else { "P-384" };
            json!({ "crv": curve, "kty": "EC", "x": base64url(x), "y": base64url(y) })
        }
        _ => json!({ "crv": "Ed25519", "kty": "OKP", "x": base64url(key.raw()) }),
    }
}

/// SHA-256 thumbprint of a key (RFC 7638), in base64url.
#[must_use]
pub fn thumbprint(key: &PublicKey) -> String {
    base64url(&sha256(required_members(key).to_string().as_bytes()))
}

/// Several keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet(Vec<Jwk>);

impl KeySet {
    /// A set of these keys.
    #[must_use]
    pub const fn new(keys: Vec<Jwk>) -> Self {
        Self(keys)
    }

    /// Reads `{"keys": […]}`; keys of kinds that are not known are left out (RFC 7517 §5).
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::Key`], [`SealError::TooLarge`].
    pub fn from_json(json: &Value) -> Result<Self, SealError> {
        let list = json.get("keys").and_then(Value::as_array).ok_or_else(|| SealError::malformed("JWKS", "no keys"))?;
        if list.len() > KEYS_MAX {
            return Err(SealError::TooLarge { what: "JWKS", limit: KEYS_MAX });
        }
        let mut keys = Vec::new();
        for item in list {
            match Jwk::from_json(item) {
                Ok(key) => keys.push(key),
                Err(SealError::Unsupported(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(keys))
    }

    /// As `{"keys": […]}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.0.iter().map(Jwk::to_json).collect::<Vec<_>>() })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.0
    }

    /// The key with that id.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.0.iter().find(|key| key.kid == kid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Signer, SigningKey};
    use base::SeededEntropy;

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        // RFC 7638 §3.1 and RFC 8037 A.3.
        let rsa = json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"});
        assert_eq!(thumbprint(&Jwk::from_json(&rsa).unwrap().key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert_eq!(thumbprint(&Jwk::from_json(&okp).unwrap().key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn sets_round_trip() {
        let keys = [Algorithm::P256, Algorithm::Ed25519, Algorithm::Rsa].map(|algorithm| {
            Jwk::new(SigningKey::generate(algorithm, &SeededEntropy::new(3)).unwrap().public().clone())
        });
        let set = KeySet::new(keys.to_vec());
        let again = KeySet::from_json(&set.to_json()).unwrap();
        assert_eq!(again, set);
        assert_eq!(again.find(&keys[1].kid), Some(&keys[1]));
        assert_eq!(again.find(""), None);
    }

    #[test]
    fn strange_keys_are_refused() {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        for bad in [
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "d": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "HS256"}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "enc"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": y}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "k".repeat(KID_MAX_BYTES + 1)}),
            json!("text"),
        ] {
            assert!(Jwk::from_json(&bad).is_err(), "{bad}");
        }
        let unknown = json!({"keys": [{"kty": "EC", "crv": "P-521", "x": x, "y": y}]});
        assert_eq!(KeySet::from_json(&unknown), Ok(KeySet::default()));
    }
}
