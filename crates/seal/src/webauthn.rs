//! Passkeys as a relying party reads them (W3C Web Authentication Level 3):
//! what a browser answers when one is made (§7.1) and when one signs in (§7.2).
//!
//! No attestation is asked for, and none is looked at: it would say who built
//! the device, not who holds it. Counters are returned, not judged: passkeys
//! that travel between a person's devices always say 0. Which challenge was
//! given out, to whom, and that it serves once, is the caller's to know.

use crate::cose::cbor::{self, Value};
use crate::{Hash, PublicKey, SealError, digest};

/// Longest `clientDataJSON` read, in bytes.
pub const CLIENT_DATA_MAX_BYTES: usize = 8 * 1024;
/// Longest attestation object read, in bytes.
pub const ATTESTATION_MAX_BYTES: usize = 16 * 1024;
/// Longest authenticator data read, in bytes.
pub const AUTHENTICATOR_DATA_MAX_BYTES: usize = 4 * 1024;
/// Longest credential id, in bytes (§7.1, step 25).
pub const ID_MAX_BYTES: usize = 1023;

/// Algorithms that are offered, best first (RFC 9053 §2, RFC 8812 §2).
pub const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// Flags of authenticator data (§6.1).
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

/// What the relying party had asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The challenge, as it was given out.
    pub challenge: &'a [u8],
    /// Scheme, host and port of our pages.
    pub origin: &'a str,
    /// The host of the origin: passkeys are bound to it.
    pub rp_id: &'a str,
}

/// A passkey that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its id, up to [`ID_MAX_BYTES`].
    pub id: Vec<u8>,
    /// What it signs with.
    pub key: PublicKey,
    /// What its device showed.
    pub shown: Shown,
}

/// What a device says beside its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The device knew its holder: by finger, face, pattern or PIN.
    pub user_verified: bool,
    /// The passkey may travel between devices of its holder.
    pub synced: bool,
    /// Signatures made so far; 0 where nobody counts.
    pub counter: u32,
}

/// Reads the answer to a request to make a passkey (§7.1).
///
/// # Errors
/// [`SealError::Refused`] when it answers another request, [`SealError::Malformed`],
/// [`SealError::TooLarge`], [`SealError::Unsupported`] for another algorithm than those of
/// [`ALGORITHMS`], [`SealError::Key`].
pub fn made(asked: &Asked<'_>, client_data: &[u8], attestation: &[u8]) -> Result<Made, SealError> {
    check_client_data(asked, client_data, "webauthn.create")?;
    if attestation.len() > ATTESTATION_MAX_BYTES {
        return Err(SealError::TooLarge { what: "attestation object", limit: ATTESTATION_MAX_BYTES });
    }
    let object = cbor::decode(attestation)?;
    let data = object.member("authData").and_then(Value::as_bytes).ok_or_else(|| wrong("no authData"))?;
    let (flags, shown, rest) = check_authenticator_data(asked, data)?;
    if flags & ATTESTED == 0 {
        return Err(wrong("no credential"));
    }
    // 16 bytes name the model of the device; then the length of the id, the id, the key.
    let (head, rest) = rest.split_at_checked(18).ok_or_else(|| wrong("cut short"))?;
    let length = usize::from(u16::from_be_bytes([head[16], head[17]]));
    if length == 0 || length > ID_MAX_BYTES {
        return Err(wrong("the length of a credential id"));
    }
    let (id, rest) = rest.split_at_checked(length).ok_or_else(|| wrong("cut short"))?;
    let (key, rest) = cbor::decode_first(rest)?;
    check_end(flags, rest)?;
    Ok(Made { id: id.to_vec(), key: cose_key(&key)?, shown })
}

/// Reads and verifies the answer of a passkey that signs in (§7.2).
///
/// # Errors
/// [`SealError::Refused`] when it answers another request, [`SealError::Signature`] when that
/// key did not sign it, [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn signed_in(
    asked: &Asked<'_>,
    key: &PublicKey,
    client_data: &[u8],
    authenticator_data: &[u8],
    signature: &[u8],
) -> Result<Shown, SealError> {
    check_client_data(asked, client_data, "webauthn.get")?;
    let (flags, shown, rest) = check_authenticator_data(asked, authenticator_data)?;
    if flags & ATTESTED == 0 {
        check_end(flags, rest)?;
    }
    let signed = [authenticator_data, &digest::sha256(client_data)].concat();
    key.verify_hashed_der(Hash::Sha256, &signed, signature)?;
    Ok(shown)
}

fn wrong(why: &'static str) -> SealError {
    SealError::malformed("authenticator data", why)
}

/// §5.8.1: what the browser says that it was asked, and by whom.
fn check_client_data(asked: &Asked<'_>, client_data: &[u8], kind: &str) -> Result<(), SealError> {
    if client_data.len() > CLIENT_DATA_MAX_BYTES {
        return Err(SealError::TooLarge { what: "client data", limit: CLIENT_DATA_MAX_BYTES });
    }
    let said: serde_json::Value =
        serde_json::from_slice(client_data).map_err(|_| SealError::malformed("client data", "not JSON"))?;
    let text = |name: &str| said.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    if text("type") != kind {
        return Err(SealError::Refused("the type of the client data"));
    }
    if !digest::equal(text("challenge").as_bytes(), digest::base64url(asked.challenge).as_bytes()) {
        return Err(SealError::Refused("the challenge"));
    }
    if text("origin") != asked.origin {
        return Err(SealError::Refused("the origin"));
    }
    // Our pages are never framed by others.
    if said.get("crossOrigin").and_then(serde_json::Value::as_bool) == Some(true) || said.get("topOrigin").is_some() {
        return Err(SealError::Refused("a frame in another page"));
    }
    Ok(())
}

/// The part that every authenticator data begins with (§6.1), and what follows it.
fn check_authenticator_data<'d>(asked: &Asked<'_>, data: &'d [u8]) -> Result<(u8, Shown, &'d [u8]), SealError> {
    if data.len() > AUTHENTICATOR_DATA_MAX_BYTES {
        return Err(SealError::TooLarge { what: "authenticator data", limit: AUTHENTICATOR_DATA_MAX_BYTES });
    }
    let (head, rest) = data.split_at_checked(37).ok_or_else(|| wrong("cut short"))?;
    if !digest::equal(&head[..32], &digest::sha256(asked.rp_id.as_bytes())) {
        return Err(SealError::Refused("the relying party"));
    }
    let flags = head[32];
    if flags & USER_PRESENT == 0 {
        return Err(SealError::Refused("nobody was there"));
    }
    let shown = Shown {
        user_verified: flags & USER_VERIFIED != 0,
        synced: flags & BACKUP_ELIGIBLE != 0,
        counter: u32::from_be_bytes([head[33], head[34], head[35], head[36]]),
    };
    Ok((flags, shown, rest))
}

/// Extensions, if the flags say so, are one map; else nothing follows.
fn check_end(flags: u8, rest: &[u8]) -> Result<(), SealError> {
    match (flags & EXTENDED != 0, rest.is_empty()) {
        (false, true) => Ok(()),
        (true, false) if matches!(cbor::decode(rest)?, Value::Map(_)) => Ok(()),
        _ => Err(wrong("what follows")),
    }
}

/// A COSE key (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4).
fn cose_key(key: &Value) -> Result<PublicKey, SealError> {
    let int = |label| key.get(label).and_then(Value::as_int);
    let bytes = |label| key.get(label).and_then(Value::as_bytes).ok_or(SealError::Key("a part is missing"));
    match (int(1), int(3), int(-1)) {
        (Some(2), Some(ES256), Some(1)) => {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            if x.len() != 32 || y.len() != 32 {
                return Err(SealError::Key("not a point of P-256"));
            }
            PublicKey::from_p256_point(&[&[4], x, y].concat())
        }
        (Some(1), Some(EDDSA), Some(6)) => PublicKey::from_ed25519(bytes(-2)?),
        // In a key of RSA, −1 is the modulus and −2 the exponent.
        (Some(3), Some(RS256), None) => PublicKey::from_rsa(bytes(-1)?, bytes(-2)?),
        _ => Err(SealError::Unsupported("the algorithm of a passkey")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Signer, SigningKey};
    use base::OsEntropy;
    use proptest::prelude::*;

    const VECTORS: &str = include_str!("../tests/webauthn_vectors.json");
    const ORIGIN: &str = "https://example.org";
    const RP_ID: &str = "example.org";

    fn field(of: &serde_json::Value, name: &str) -> Vec<u8> {
        digest::from_hex(of[name].as_str().unwrap()).unwrap_or_else(|_| panic!("{name}"))
    }
    fn asked<'a>(challenge: &'a [u8]) -> Asked<'a> {
        Asked { challenge, origin: ORIGIN, rp_id: RP_ID }
    }

    #[test]
    fn the_vectors_of_the_specification_hold() {
        let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let vectors = vectors["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 2);
        for vector in vectors {
            let (new, then) = (&vector["registration"], &vector["authentication"]);
            let challenge = field(new, "challenge");
            let there = made(&asked(&challenge), &field(new, "client_data"), &field(new, "attestation")).unwrap();
            assert_eq!(there.id, field(new, "id"), "{vector}");
            assert_eq!(there.shown.user_verified, new["user_verified"].as_bool().unwrap());

            let challenge = field(then, "challenge");
            let [client_data, data, signature] =
                ["client_data", "authenticator_data", "signature"].map(|name| field(then, name));
            let shown = signed_in(&asked(&challenge), &there.key, &client_data, &data, &signature).unwrap();
            assert_eq!(shown.user_verified, then["user_verified"].as_bool().unwrap());
            assert_eq!(shown.counter, 0);

            for (at, what) in [(0, "relying party"), (32, "flags"), (36, "counter")] {
                let mut other = data.clone();
                other[at] ^= 2;
                signed_in(&asked(&challenge), &there.key, &client_data, &other, &signature).expect_err(what);
            }
            let refused =
                |asked: &Asked<'_>| signed_in(asked, &there.key, &client_data, &data, &signature).unwrap_err();
            assert_eq!(refused(&asked(b"another")), SealError::Refused("the challenge"));
            let elsewhere = Asked { origin: "https://example.com", ..asked(&challenge) };
            assert_eq!(refused(&elsewhere), SealError::Refused("the origin"));
            let stranger = SigningKey::generate(Algorithm::P256, &OsEntropy).unwrap();
            let forged = signed_in(&asked(&challenge), stranger.public(), &client_data, &data, &signature);
            assert!(matches!(forged, Err(SealError::Signature(_))));
            // What made it is no answer to a sign-in.
            let made_again = field(new, "client_data");
            let mixed = signed_in(&asked(&field(new, "challenge")), &there.key, &made_again, &data, &signature);
            assert_eq!(mixed, Err(SealError::Refused("the type of the client data")));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(client: Vec<u8>, data in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = made(&asked(b"x"), &client, &data);
            let said = br#"{"type":"webauthn.create","challenge":"eA","origin":"https://example.org"}"#;
            let mut object = digest::sha256(RP_ID.as_bytes()).to_vec();
            object.extend(&data);
            let object = Value::Map(vec![
                (Value::Text("fmt".to_owned()), Value::Text("none".to_owned())),
                (Value::Text("attStmt".to_owned()), Value::Map(Vec::new())),
                (Value::Text("authData".to_owned()), Value::Bytes(object)),
            ]);
            let _ = made(&asked(b"x"), said, &cbor::encode(&object).unwrap());
        }
    }
}
