//! JSON Web Signatures in compact form (RFC 7515) under the rules of RFC 8725:
//! the verifier says which algorithms, type and keys it takes, the token never
//! chooses; an algorithm fits one kind of key; there is no `none` and no HMAC;
//! `crit`, `b64` and double members refuse the token.

pub mod claims;
pub mod jwk;
mod strict;

pub use claims::{ClaimRules, check_claims};
pub use jwk::{Jwk, KeySet, thumbprint};

use serde_json::{Map, Value};

use crate::{Algorithm, PublicKey, SealError, Signer, digest};

/// Longest token read, in bytes.
pub const TOKEN_MAX_BYTES: usize = 16 * 1024;
/// Longest header, in bytes of JSON.
pub const HEADER_MAX_BYTES: usize = 4 * 1024;
/// Deepest nesting of JSON in a header or claims.
pub const JSON_DEPTH_MAX: usize = 16;

/// A JSON object.
pub type Object = Map<String, Value>;

/// The algorithms that are signed and verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwsAlgorithm {
    /// ECDSA on P-256 with SHA-256
    Es256,
    /// Ed25519 (RFC 8037)
    EdDsa,
    /// RSA PKCS#1 v1.5 with SHA-256, for counterparts that know nothing else
    Rs256,
}

impl JwsAlgorithm {
    /// The name in headers and metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm with that name; RFC 9864 calls `EdDSA` on this curve `Ed25519`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    /// The only algorithm for that kind of key; none for one that signs no tokens here.
    #[must_use]
    pub const fn of(key: Algorithm) -> Option<Self> {
        match key {
            Algorithm::P256 => Some(Self::Es256),
            Algorithm::P384 => None,
            Algorithm::Ed25519 => Some(Self::EdDsa),
            Algorithm::Rsa => Some(Self::Rs256),
        }
    }
}

/// What the verifier takes.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// These algorithms.
    pub algorithms: &'a [JwsAlgorithm],
    /// This `typ`, compared without case and without `application/`; `None` takes any or none.
    pub typ: Option<&'a str>,
}

/// A token whose signature holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The header.
    pub header: Object,
    /// The key id in the header.
    pub kid: Option<String>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Verified {
    /// The payload as a JSON object without double members.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn claims(&self) -> Result<Object, SealError> {
        strict::object("claims", &self.payload)
    }
}

/// Signs a payload; the header is `alg`, `kid` (the key's id) and `typ`.
///
/// # Errors
/// [`SealError::TooLarge`], [`SealError::Engine`].
pub fn sign(signer: &dyn Signer, typ: &str, payload: &[u8]) -> Result<String, SealError> {
    let mut header = Map::new();
    header.insert("kid".to_owned(), Value::from(signer.public().key_id()));
    header.insert("typ".to_owned(), Value::from(typ));
    sign_with_header(signer, header, payload)
}

/// Signs a payload under this header; `alg` is set by the signer's key.
///
/// # Errors
/// [`SealError::TooLarge`], [`SealError::Refused`] for `crit` or `b64`, [`SealError::Engine`].
pub fn sign_with_header(signer: &dyn Signer, mut header: Object, payload: &[u8]) -> Result<String, SealError> {
    refuse_extensions(&header)?;
    let algorithm = JwsAlgorithm::of(signer.algorithm()).ok_or(SealError::Unsupported("tokens of this kind of key"))?;
    header.insert("alg".to_owned(), Value::from(algorithm.name()));
    let header = Value::Object(header).to_string();
    let mut token = format!("{}.{}", digest::base64url(header.as_bytes()), digest::base64url(payload));
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&digest::base64url(&signature));
    if token.len() > TOKEN_MAX_BYTES || header.len() > HEADER_MAX_BYTES {
        return Err(SealError::TooLarge { what: "token", limit: TOKEN_MAX_BYTES });
    }
    Ok(token)
}

/// Verifies a token with the key of a set that its `kid` names, or with the
/// only key of the set if it names none.
///
/// # Errors
/// [`SealError::Untrusted`] for an unknown key id, and as [`verify_with_key`].
pub fn verify(token: &str, keys: &KeySet, rules: &Rules<'_>) -> Result<Verified, SealError> {
    let parts = Parts::split(token)?;
    let kid = text_member(&parts.header, "kid")?;
    let key = match (kid, keys.keys()) {
        (Some(kid), _) => keys.find(kid),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    parts.verify(&key.ok_or(SealError::Untrusted("token key"))?.key, rules)
}

/// Verifies a token with that key.
///
/// # Errors
/// [`SealError::Refused`] for another algorithm or type, [`SealError::Signature`],
/// [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn verify_with_key(token: &str, key: &PublicKey, rules: &Rules<'_>) -> Result<Verified, SealError> {
    Parts::split(token)?.verify(key, rules)
}

/// The header of a token that nobody verified, to find the key that it asks for.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn peek_header(token: &str) -> Result<Object, SealError> {
    Ok(Parts::split(token)?.header)
}

/// The claims of a token that nobody verified, to find the issuer whose keys to take.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn peek_claims(token: &str) -> Result<Object, SealError> {
    strict::object("claims", &digest::from_base64url(Parts::split(token)?.payload)?)
}

struct Parts<'a> {
    header: Object,
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, SealError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(SealError::TooLarge { what: "token", limit: TOKEN_MAX_BYTES });
        }
        let wrong = || SealError::malformed("token", "three parts are expected");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(wrong)?;
        let (header, payload) = signed.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or_else(wrong)?;
        let header = digest::from_base64url(header)?;
        if header.len() > HEADER_MAX_BYTES {
            return Err(SealError::TooLarge { what: "token header", limit: HEADER_MAX_BYTES });
        }
        Ok(Self { header: strict::object("token header", &header)?, signed, payload, signature })
    }

    fn verify(self, key: &PublicKey, rules: &Rules<'_>) -> Result<Verified, SealError> {
        refuse_extensions(&self.header)?;
        let name = text_member(&self.header, "alg")?.ok_or(SealError::Refused("a token without algorithm"))?;
        let algorithm = JwsAlgorithm::from_name(name).ok_or(SealError::Refused("token algorithm"))?;
        // Pinned twice: by the verifier's rules and by the key's own kind.
        if !rules.algorithms.contains(&algorithm) || JwsAlgorithm::of(key.algorithm()) != Some(algorithm) {
            return Err(SealError::Refused("token algorithm"));
        }
        let typ = text_member(&self.header, "typ")?;
        if let Some(wanted) = rules.typ
            && !typ.is_some_and(|typ| bare_type(typ).eq_ignore_ascii_case(bare_type(wanted)))
        {
            return Err(SealError::Refused("token type"));
        }
        let signature = digest::from_base64url(self.signature)?;
        key.verify(self.signed.as_bytes(), &signature).map_err(|_| SealError::Signature("token"))?;
        let payload = digest::from_base64url(self.payload)?;
        let kid = text_member(&self.header, "kid")?.map(str::to_owned);
        Ok(Verified { header: self.header, kid, payload })
    }
}

/// RFC 7515 §4.1.9: `application/` may be left out.
fn bare_type(typ: &str) -> &str {
    typ.get(..12).filter(|head| head.eq_ignore_ascii_case("application/")).map_or(typ, |_| &typ[12..])
}

fn refuse_extensions(header: &Object) -> Result<(), SealError> {
    if header.contains_key("crit") || header.contains_key("b64") || header.contains_key("zip") {
        return Err(SealError::Refused("a token that needs an extension"));
    }
    Ok(())
}

fn text_member<'a>(object: &'a Object, name: &'static str) -> Result<Option<&'a str>, SealError> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SealError::malformed("token header", "a member that is not text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use base::SeededEntropy;
    use proptest::prelude::*;
    use serde_json::json;

    const ALL: &[JwsAlgorithm] = &[JwsAlgorithm::Es256, JwsAlgorithm::EdDsa, JwsAlgorithm::Rs256];

    fn key(algorithm: Algorithm, seed: u64) -> SigningKey {
        SigningKey::generate(algorithm, &SeededEntropy::new(seed)).unwrap()
    }
    const fn rules(typ: Option<&'static str>) -> Rules<'static> {
        Rules { algorithms: ALL, typ }
    }
    fn forged(header: &Value, signer: &SigningKey) -> String {
        let signed = format!("{}.{}", digest::base64url(header.to_string().as_bytes()), digest::base64url(b"{}"));
        let signature = digest::base64url(&signer.sign(signed.as_bytes()).unwrap());
        format!("{signed}.{signature}")
    }

    #[test]
    fn tokens_verify_with_their_key_only() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519, Algorithm::Rsa] {
            let (one, two) = (key(algorithm, 1), key(algorithm, 2));
            let token = sign(&one, "at+jwt", b"{\"sub\":\"x\"}").unwrap();
            let set = KeySet::new(vec![Jwk::new(two.public().clone()), Jwk::new(one.public().clone())]);
            let verified = verify(&token, &set, &rules(Some("application/AT+JWT"))).unwrap();
            assert_eq!(verified.claims().unwrap()["sub"], "x");
            assert_eq!(verified.kid, Some(one.public().key_id()));
            assert_eq!(verify_with_key(&token, two.public(), &rules(None)), Err(SealError::Signature("token")));
            let without = KeySet::new(vec![Jwk::new(two.public().clone())]);
            assert_eq!(verify(&token, &without, &rules(None)), Err(SealError::Untrusted("token key")));
            assert_eq!(verify(&token, &set, &rules(Some("JWT"))), Err(SealError::Refused("token type")));
            let only = Rules { algorithms: &[], typ: None };
            assert_eq!(verify(&token, &set, &only), Err(SealError::Refused("token algorithm")));
        }
    }

    #[test]
    fn the_token_never_chooses() {
        let signer = key(Algorithm::P256, 1);
        for (header, error) in [
            (json!({"alg": "none"}), SealError::Refused("token algorithm")),
            (json!({"alg": "HS256"}), SealError::Refused("token algorithm")),
            (json!({"alg": "EdDSA"}), SealError::Refused("token algorithm")),
            (json!({"alg": "ES256", "crit": ["exp"]}), SealError::Refused("a token that needs an extension")),
            (json!({"alg": "ES256", "b64": false}), SealError::Refused("a token that needs an extension")),
            (json!({}), SealError::Refused("a token without algorithm")),
        ] {
            assert_eq!(
                verify_with_key(&forged(&header, &signer), signer.public(), &rules(None)),
                Err(error),
                "{header}"
            );
        }
        // A key inside the token is never used.
        let thief = key(Algorithm::P256, 9);
        let header = json!({"alg": "ES256", "jwk": Jwk::new(thief.public().clone()).to_json()});
        let token = forged(&header, &thief);
        assert_eq!(verify_with_key(&token, signer.public(), &rules(None)), Err(SealError::Signature("token")));
    }

    #[test]
    fn strange_tokens_are_refused() {
        let signer = key(Algorithm::P256, 1);
        let token = sign(&signer, "JWT", b"{}").unwrap();
        for bad in [
            String::new(),
            "a.b".to_owned(),
            format!("{token}.x"),
            format!("{token}="),
            token.replace('.', ""),
            format!("{token}{}", "x".repeat(TOKEN_MAX_BYTES)),
            token.replacen('.', ".e", 1),
        ] {
            assert!(verify_with_key(&bad, signer.public(), &rules(None)).is_err(), "{bad}");
        }
        let double = digest::base64url(br#"{"alg":"ES256","alg":"none"}"#);
        assert!(matches!(peek_header(&format!("{double}.e30.")), Err(SealError::Malformed { .. })));
        assert!(sign(&signer, "JWT", &vec![0; TOKEN_MAX_BYTES]).is_err());
    }

    #[test]
    fn rfc_7515_appendix_a_3_verifies() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let jwk = Jwk::from_json(&json!({"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}))
        .unwrap();
        let verified = verify_with_key(token, &jwk.key, &rules(None)).unwrap();
        assert_eq!(verified.claims().unwrap()["iss"], "joe");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*", bytes: Vec<u8>) {
            let signer = key(Algorithm::Ed25519, 1);
            let token = format!("{}.{}.", digest::base64url(&bytes), digest::base64url(&bytes));
            for text in [text, token] {
                prop_assert!(verify_with_key(&text, signer.public(), &rules(None)).is_err());
                let _ = peek_claims(&text);
            }
        }
    }
}
