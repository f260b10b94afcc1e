//! COSE single signatures (RFC 9052 §4.2) in deterministic CBOR, small enough
//! for the QR code on a paper: ES256 or `EdDSA`, algorithm and key id in the
//! protected header, nothing in the unprotected one.
//!
//! **Text form.** A QR code holds capital letters, digits and nine signs in its
//! alphanumeric mode at 5.5 bits each. Base45 (RFC 9285) uses all of them: 3
//! signs for 2 bytes, 16.5 bits of symbol for 16 bits of content (97 %), where
//! base32 reaches 91 % and base64 would need byte mode (75 %). 350 bytes make
//! 529 signs with the prefix: version 15 at level M. Where the text must stand
//! in an address, use [`crate::digest::base32`]: base45 has `%`, `+` and space.

pub mod base45;
pub mod cbor;

use crate::{Algorithm, PublicKey, SealError, Signer};
use cbor::Value;

/// Longest signed message in a QR code, in bytes.
pub const QR_MAX_BYTES: usize = 350;
/// Longest message read, in bytes.
pub const MESSAGE_MAX_BYTES: usize = 64 * 1024;
/// What the text in a QR code begins with; the digit is the format's version.
pub const QR_PREFIX: &str = "HK1:";
/// CBOR tag of `COSE_Sign1`.
const TAG_SIGN1: u64 = 18;
/// Header labels (RFC 9052 §3.1).
const LABEL_ALGORITHM: i64 = 1;
const LABEL_KEY_ID: i64 = 4;
/// Algorithms (RFC 9053 §2).
const ES256: i64 = -7;
const EDDSA: i64 = -8;

/// A message whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key id of the protected header ([`PublicKey::key_id_bytes`]).
    pub key_id: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Signs a payload. `context` is bound to the signature but does not travel
/// (RFC 9052 calls it external data); both sides must know it.
///
/// # Errors
/// [`SealError::Unsupported`] for RSA, [`SealError::TooLarge`], [`SealError::Engine`].
pub fn sign1(signer: &dyn Signer, payload: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
    let header = Value::Map(vec![
        (Value::Int(LABEL_ALGORITHM), Value::Int(algorithm_id(signer.algorithm())?)),
        (Value::Int(LABEL_KEY_ID), Value::Bytes(signer.public().key_id_bytes().to_vec())),
    ]);
    let header = cbor::encode(&header)?;
    let signature = signer.sign(&to_be_signed(&header, context, payload)?)?;
    let message = Value::Array(vec![
        Value::Bytes(header),
        Value::Map(Vec::new()),
        Value::Bytes(payload.to_vec()),
        Value::Bytes(signature),
    ]);
    cbor::encode(&Value::Tag(TAG_SIGN1, Box::new(message)))
}

/// Verifies a message with the key that `keys` has under its key id.
///
/// # Errors
/// [`SealError::Untrusted`] for an unknown key id, [`SealError::Signature`], [`SealError::Refused`]
/// for another algorithm than the key's, [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn verify1(
    message: &[u8],
    keys: impl Fn(&[u8]) -> Option<PublicKey>,
    context: &[u8],
) -> Result<Verified, SealError> {
    let Parts { header, key_id, algorithm, payload, signature } = Parts::read(message)?;
    let key = keys(&key_id).ok_or(SealError::Untrusted("COSE key"))?;
    if algorithm_id(key.algorithm())? != algorithm {
        return Err(SealError::Refused("COSE algorithm"));
    }
    key.verify(&to_be_signed(&header, context, &payload)?, &signature).map_err(|_| SealError::Signature("COSE"))?;
    Ok(Verified { key_id, payload })
}

/// The key id of a message that nobody verified.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn peek_key_id(message: &[u8]) -> Result<Vec<u8>, SealError> {
    Ok(Parts::read(message)?.key_id)
}

/// The text for a QR code: [`QR_PREFIX`] and base45.
///
/// # Errors
/// [`SealError::TooLarge`] above [`QR_MAX_BYTES`].
pub fn to_qr_text(message: &[u8]) -> Result<String, SealError> {
    if message.len() > QR_MAX_BYTES {
        return Err(SealError::TooLarge { what: "QR message", limit: QR_MAX_BYTES });
    }
    Ok(format!("{QR_PREFIX}{}", base45::encode(message)))
}

/// The message in the text of a QR code.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::TooLarge`].
pub fn from_qr_text(text: &str) -> Result<Vec<u8>, SealError> {
    let body = text.strip_prefix(QR_PREFIX).ok_or_else(|| SealError::malformed("QR text", "prefix"))?;
    // Three signs for each two bytes.
    if body.len() > QR_MAX_BYTES.div_ceil(2) * 3 {
        return Err(SealError::TooLarge { what: "QR message", limit: QR_MAX_BYTES });
    }
    base45::decode(body)
}

struct Parts {
    header: Vec<u8>,
    key_id: Vec<u8>,
    algorithm: i64,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Parts {
    fn read(message: &[u8]) -> Result<Self, SealError> {
        let wrong = |why| SealError::malformed("COSE", why);
        if message.len() > MESSAGE_MAX_BYTES {
            return Err(SealError::TooLarge { what: "COSE", limit: MESSAGE_MAX_BYTES });
        }
        let Value::Tag(TAG_SIGN1, message) = cbor::decode(message)? else { return Err(wrong("not a COSE_Sign1")) };
        let Value::Array(parts) = *message else { return Err(wrong("not an array")) };
        let Ok([Value::Bytes(header), Value::Map(unprotected), Value::Bytes(payload), Value::Bytes(signature)]) =
            <[Value; 4]>::try_from(parts)
        else {
            return Err(wrong("members"));
        };
        if !unprotected.is_empty() {
            return Err(wrong("unprotected header"));
        }
        // Exactly these two, so that no other header (crit among them) can change the meaning.
        let Value::Map(fields) = cbor::decode(&header)? else { return Err(wrong("protected header")) };
        let Ok(
            [(Value::Int(LABEL_ALGORITHM), Value::Int(algorithm)), (Value::Int(LABEL_KEY_ID), Value::Bytes(key_id))],
        ) = <[(Value, Value); 2]>::try_from(fields)
        else {
            return Err(wrong("protected header"));
        };
        Ok(Self { header, key_id, algorithm, payload, signature })
    }
}

fn algorithm_id(algorithm: Algorithm) -> Result<i64, SealError> {
    match algorithm {
        Algorithm::P256 => Ok(ES256),
        Algorithm::Ed25519 => Ok(EDDSA),
        Algorithm::P384 | Algorithm::Rsa => Err(SealError::Unsupported("COSE with P-384 or RSA")),
    }
}

/// `Sig_structure` (RFC 9052 §4.4).
fn to_be_signed(header: &[u8], context: &[u8], payload: &[u8]) -> Result<Vec<u8>, SealError> {
    cbor::encode(&Value::Array(vec![
        Value::Text("Signature1".to_owned()),
        Value::Bytes(header.to_vec()),
        Value::Bytes(context.to_vec()),
        Value::Bytes(payload.to_vec()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SigningKey;
    use crate::digest::hex;
    use base::SeededEntropy;
    use proptest::prelude::*;

    fn key(algorithm: Algorithm, seed: u64) -> SigningKey {
        SigningKey::generate(algorithm, &SeededEntropy::new(seed)).unwrap()
    }

    #[test]
    fn messages_verify_with_their_key_and_context_only() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
            let (one, two) = (key(algorithm, 1), key(algorithm, 2));
            let find = |id: &[u8]| {
                [&one, &two].into_iter().map(|key| key.public()).find(|key| key.key_id_bytes() == id).cloned()
            };
            let message = sign1(&one, b"payload", b"paper").unwrap();
            assert_eq!(verify1(&message, find, b"paper").unwrap().payload, b"payload");
            assert_eq!(verify1(&message, find, b"receipt"), Err(SealError::Signature("COSE")));
            assert_eq!(verify1(&message, |_| None, b"paper"), Err(SealError::Untrusted("COSE key")));
            let lie = |_: &[u8]| Some(two.public().clone());
            assert_eq!(verify1(&message, lie, b"paper"), Err(SealError::Signature("COSE")));
            let other = if algorithm == Algorithm::P256 { Algorithm::Ed25519 } else { Algorithm::P256 };
            let confused = |_: &[u8]| Some(key(other, 1).public().clone());
            assert_eq!(verify1(&message, confused, b"paper"), Err(SealError::Refused("COSE algorithm")));
        }
        assert!(matches!(sign1(&key(Algorithm::Rsa, 1), b"", b""), Err(SealError::Unsupported(_))));
    }

    #[test]
    fn the_layout_is_that_of_the_rfc() {
        let message = sign1(&key(Algorithm::Ed25519, 1), b"hi", b"").unwrap();
        // 18([<< {1: -8, 4: h'…'} >>, {}, 'hi', signature of 64])
        assert_eq!(hex(&message[..6]), "d2844da20127");
        assert_eq!(hex(&message[16..22]), "a04268695840");
        assert_eq!(message.len(), 2 + 1 + 13 + 1 + 3 + 2 + 64);
    }

    #[test]
    fn a_papers_message_fits_its_code() {
        let payload = Value::Map(vec![
            (Value::Int(1), Value::Text("01JDF3ZK3Q4M7N8P9R0S1T2V3W".to_owned())),
            (Value::Int(2), Value::Text("moi.family.extract".to_owned())),
            (Value::Int(3), Value::Text("محمد أحمد محمود الخطيب".to_owned())),
            (Value::Int(4), Value::Int(900_000_001)),
            (Value::Int(5), Value::Bytes(vec![7; 32])),
            (Value::Int(6), Value::Int(1_795_497_600)),
        ]);
        let message = sign1(&key(Algorithm::P256, 1), &cbor::encode(&payload).unwrap(), b"paper").unwrap();
        let text = to_qr_text(&message).unwrap();
        assert!(message.len() < 250, "{}", message.len());
        assert!(
            text.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || " $%*+-./:".contains(sign))
        );
        assert_eq!(from_qr_text(&text).unwrap(), message);
        assert!(to_qr_text(&[0; QR_MAX_BYTES]).is_ok_and(|text| from_qr_text(&text).unwrap() == [0; QR_MAX_BYTES]));
        assert!(to_qr_text(&[0; QR_MAX_BYTES + 1]).is_err());
    }

    #[test]
    fn foreign_headers_are_refused() {
        let header = |fields: Vec<(i64, Value)>| {
            let map = fields.into_iter().map(|(label, value)| (Value::Int(label), value)).collect();
            cbor::encode(&Value::Map(map)).unwrap()
        };
        let algorithm = || (1, Value::Int(EDDSA));
        let id = || (4, Value::Bytes(vec![1]));
        for (bad, unprotected) in [
            (header(vec![algorithm()]), Vec::new()),
            (header(vec![algorithm(), (2, Value::Array(vec![Value::Int(99)])), id()]), Vec::new()),
            (header(vec![algorithm(), id()]), vec![(Value::Int(4), Value::Bytes(vec![2]))]),
        ] {
            let message = Value::Array(vec![
                Value::Bytes(bad),
                Value::Map(unprotected),
                Value::Bytes(vec![]),
                Value::Bytes(vec![0; 64]),
            ]);
            let message = cbor::encode(&Value::Tag(18, Box::new(message))).unwrap();
            assert!(matches!(peek_key_id(&message), Err(SealError::Malformed { .. })));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, text in "\\PC*") {
            prop_assert!(verify1(&bytes, |_| None, b"").is_err());
            let _ = (from_qr_text(&text), from_qr_text(&format!("{QR_PREFIX}{text}")));
        }

        #[test]
        fn any_change_is_refused(place in 0_usize..1000, bit in 0_u8..8) {
            let key = key(Algorithm::Ed25519, 1);
            let mut message = sign1(&key, b"payload", b"paper").unwrap();
            let place = place % message.len();
            message[place] ^= 1 << bit;
            prop_assert!(verify1(&message, |_| Some(key.public().clone()), b"paper").is_err());
        }
    }
}
