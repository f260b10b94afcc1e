//! Public keys.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P256_SHA512_ASN1,
    ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA512_ASN1, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::{Algorithm, Hash, KEY_ID_BYTES, RSA_MAX_BITS, RSA_MIN_BITS, SIGNATURE_BYTES, SPKI_MAX_BYTES};
use crate::der::{self, Reader};
use crate::{SealError, digest, oid};

/// Bytes of an ECDSA P-384 signature as `r || s`.
const P384_SIGNATURE_BYTES: usize = 96;

/// A public key that was checked when it was read.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
    raw: Vec<u8>,
    /// As the module verifies with it in the house's usual form: ECDSA as `r || s`
    /// over the curve's own digest, RSA over SHA-256.
    parsed: ParsedPublicKey,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}
impl Eq for PublicKey {}
impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.spki.hash(state);
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({:?} {})", self.algorithm, self.key_id())
    }
}

impl PublicKey {
    /// Reads a DER `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// [`SealError::Key`] for a point off the curve or a weak modulus,
    /// [`SealError::Unsupported`] for another algorithm or curve.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader::whole_sequence("SubjectPublicKeyInfo", bytes, SPKI_MAX_BYTES)?;
        let mut identifier = reader.sequence()?;
        let raw = reader.bits()?;
        reader.finish()?;
        let key = match identifier.oid()? {
            oid::EC_PUBLIC_KEY => match identifier.oid()? {
                oid::P256 => Self::from_p256_point(raw)?,
                oid::P384 => Self::from_p384_point(raw)?,
                _ => return Err(SealError::Unsupported("public key curve")),
            },
            oid::ED25519 => Self::from_ed25519(raw)?,
            oid::RSA => Self::from_rsa_der(raw)?,
            _ => return Err(SealError::Unsupported("public key algorithm")),
        };
        // One key has one encoding: ids and thumbprints depend on it.
        if key.spki == bytes { Ok(key) } else { Err(SealError::malformed("SubjectPublicKeyInfo", "parameters")) }
    }

    /// From an uncompressed P-256 point: `04 || x || y`.
    ///
    /// # Errors
    /// [`SealError::Key`] if it is not on the curve.
    pub fn from_p256_point(point: &[u8]) -> Result<Self, SealError> {
        if point.len() != 65 || point[0] != 4 {
            return Err(SealError::Key("not an uncompressed P-256 point"));
        }
        let identifier = der::sequence([der::oid(oid::EC_PUBLIC_KEY), der::oid(oid::P256)]);
        Self::new(Algorithm::P256, identifier, &ECDSA_P256_SHA256_FIXED, point)
    }

    /// From an uncompressed P-384 point: `04 || x || y`.
    ///
    /// # Errors
    /// [`SealError::Key`] if it is not on the curve.
    pub fn from_p384_point(point: &[u8]) -> Result<Self, SealError> {
        if point.len() != 97 || point[0] != 4 {
            return Err(SealError::Key("not an uncompressed P-384 point"));
        }
        let identifier = der::sequence([der::oid(oid::EC_PUBLIC_KEY), der::oid(oid::P384)]);
        Self::new(Algorithm::P384, identifier, &ECDSA_P384_SHA384_FIXED, point)
    }

    /// From the 32 bytes of an Ed25519 key.
    ///
    /// # Errors
    /// [`SealError::Key`] if they are not a key.
    pub fn from_ed25519(raw: &[u8]) -> Result<Self, SealError> {
        if raw.len() != 32 {
            return Err(SealError::Key("an Ed25519 key has 32 bytes"));
        }
        Self::new(Algorithm::Ed25519, der::sequence([der::oid(oid::ED25519)]), &ED25519, raw)
    }

    /// From a DER `RSAPublicKey` (RFC 8017 A.1.1).
    ///
    /// # Errors
    /// [`SealError::Key`] outside [`RSA_MIN_BITS`] to [`RSA_MAX_BITS`] or with a strange exponent.
    pub fn from_rsa_der(bytes: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader::whole_sequence("RSAPublicKey", bytes, SPKI_MAX_BYTES)?;
        let (modulus, exponent) = (reader.unsigned()?, reader.unsigned()?);
        reader.finish()?;
        Self::from_rsa(modulus, exponent)
    }

    /// From the big-endian modulus and exponent of an RSA key.
    ///
    /// # Errors
    /// As [`PublicKey::from_rsa_der`].
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, SealError> {
        let zeros = modulus.first().map_or(0, |first| first.leading_zeros()) as usize;
        let bits = (modulus.len() * 8).saturating_sub(zeros);
        if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) {
            return Err(SealError::Key("RSA modulus size"));
        }
        // Small exponents invite forgeries by bad padding checks, large ones burn time.
        let odd = exponent.last().is_some_and(|last| last & 1 == 1);
        if !odd || !(3..=4).contains(&exponent.len()) || exponent[0] == 0 {
            return Err(SealError::Key("RSA exponent"));
        }
        let raw = der::sequence([der::unsigned(modulus), der::unsigned(exponent)]);
        let identifier = der::sequence([der::oid(oid::RSA), der::null()]);
        Self::new(Algorithm::Rsa, identifier, &RSA_PKCS1_2048_8192_SHA256, &raw)
    }

    fn new(
        algorithm: Algorithm,
        identifier: Vec<u8>,
        usual: &'static dyn VerificationAlgorithm,
        raw: &[u8],
    ) -> Result<Self, SealError> {
        let parsed = ParsedPublicKey::new(usual, raw).map_err(|_| SealError::Key("not a valid public key"))?;
        Ok(Self { algorithm, spki: der::sequence([identifier, der::bits(raw)]), raw: raw.to_vec(), parsed })
    }

    /// The kind of key.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key without its wrapping: a point of P-256 or P-384, 32 bytes of Ed25519, or a DER `RSAPublicKey`.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The first [`KEY_ID_BYTES`] bytes of SHA-256 of the SPKI.
    #[must_use]
    pub fn key_id_bytes(&self) -> [u8; KEY_ID_BYTES] {
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest::sha256(&self.spki)[..KEY_ID_BYTES]);
        id
    }

    /// [`PublicKey::key_id_bytes`] in base64url: 11 characters.
    #[must_use]
    pub fn key_id(&self) -> String {
        digest::base64url(&self.key_id_bytes())
    }

    /// The modulus and exponent of an RSA key, big-endian.
    #[must_use]
    pub fn rsa_parts(&self) -> Option<(&[u8], &[u8])> {
        if self.algorithm != Algorithm::Rsa {
            return None;
        }
        let mut reader = Reader::new("RSAPublicKey", &self.raw).sequence().ok()?;
        Some((reader.unsigned().ok()?, reader.unsigned().ok()?))
    }

    /// Verifies a signature over SHA-256 (Ed25519: pure); ECDSA as `r || s`.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        self.verify_hashed(Hash::Sha256, data, signature)
    }

    /// Verifies a signature over that digest; ECDSA as `r || s`.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn verify_hashed(&self, hash: Hash, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        match (self.algorithm, hash) {
            (Algorithm::P256, Hash::Sha256) | (Algorithm::P384, Hash::Sha384) => self.check_usual(data, signature),
            (Algorithm::P256 | Algorithm::P384, _) => {
                let of_curve = signature.len() == self.raw.len() - 1;
                let signature = of_curve.then(|| ecdsa_to_der(signature)).ok_or(SealError::Signature("signature"))?;
                self.verify_hashed_der(hash, data, &signature?)
            }
            _ => self.verify_hashed_der(hash, data, signature),
        }
    }

    /// Verifies a signature over SHA-256 in the form that X.509 and CMS carry.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn verify_der(&self, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        self.verify_hashed_der(Hash::Sha256, data, signature)
    }

    /// Verifies a signature over that digest in the form that X.509 and CMS carry.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn verify_hashed_der(&self, hash: Hash, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        let algorithm: &'static dyn VerificationAlgorithm = match (self.algorithm, hash) {
            (Algorithm::Ed25519, _) | (Algorithm::Rsa, Hash::Sha256) => return self.check_usual(data, signature),
            (Algorithm::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Algorithm::P256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Algorithm::P256, Hash::Sha512) => &ECDSA_P256_SHA512_ASN1,
            (Algorithm::P384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Algorithm::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Algorithm::P384, Hash::Sha512) => &ECDSA_P384_SHA512_ASN1,
            (Algorithm::Rsa, Hash::Sha384) => &RSA_PKCS1_2048_8192_SHA384,
            (Algorithm::Rsa, Hash::Sha512) => &RSA_PKCS1_2048_8192_SHA512,
        };
        let key = UnparsedPublicKey::new(algorithm, &self.raw);
        key.verify(data, signature).map_err(|_| SealError::Signature("signature"))
    }

    fn check_usual(&self, data: &[u8], signature: &[u8]) -> Result<(), SealError> {
        self.parsed.verify_sig(data, signature).map_err(|_| SealError::Signature("signature"))
    }
}

/// `r || s` as the ASN.1 `Ecdsa-Sig-Value` (RFC 3279 §2.2.3).
///
/// # Errors
/// [`SealError::Malformed`] unless 64 bytes, or 96 of P-384.
pub fn ecdsa_to_der(fixed: &[u8]) -> Result<Vec<u8>, SealError> {
    if ![SIGNATURE_BYTES, P384_SIGNATURE_BYTES].contains(&fixed.len()) {
        return Err(SealError::malformed("ECDSA signature", "length"));
    }
    let (r, s) = fixed.split_at(fixed.len() / 2);
    Ok(der::sequence([der::unsigned(r), der::unsigned(s)]))
}

/// The ASN.1 `Ecdsa-Sig-Value` of P-256 as `r || s`.
///
/// # Errors
/// [`SealError::Malformed`].
pub fn ecdsa_from_der(bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut reader = Reader::whole_sequence("ECDSA signature", bytes, 80)?;
    let mut fixed = vec![0; SIGNATURE_BYTES];
    for half in fixed.chunks_exact_mut(32) {
        let number = reader.unsigned()?;
        let start = 32_usize.checked_sub(number.len()).ok_or_else(|| reader.error("above 256 bits"))?;
        half[start..].copy_from_slice(number);
    }
    reader.finish()?;
    Ok(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weak_and_strange_keys_are_refused() {
        let small = der::sequence([der::unsigned(&[0xc1; 128]), der::unsigned(&[1, 0, 1])]);
        assert_eq!(PublicKey::from_rsa_der(&small), Err(SealError::Key("RSA modulus size")));
        assert_eq!(PublicKey::from_rsa(&[0xc1; 256], &[3]), Err(SealError::Key("RSA exponent")));
        let off_curve = [&[4][..], &[1; 64]].concat();
        assert!(matches!(PublicKey::from_p256_point(&off_curve), Err(SealError::Key(_))));
        assert!(PublicKey::from_p256_point(&[0]).is_err());
        let off_curve = [&[4][..], &[1; 96]].concat();
        assert!(matches!(PublicKey::from_p384_point(&off_curve), Err(SealError::Key(_))));
        assert!(PublicKey::from_p384_point(&off_curve[..65]).is_err());
        assert!(PublicKey::from_ed25519(&[0; 31]).is_err());
    }

    #[test]
    fn rfc_8032_test_2_verifies() {
        let key = digest::from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        let signature = digest::from_hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        )
        .unwrap();
        PublicKey::from_ed25519(&key).unwrap().verify(&[0x72], &signature).unwrap();
    }

    proptest! {
        #[test]
        fn ecdsa_forms_round_trip(fixed in prop::collection::vec(any::<u8>(), 64)) {
            prop_assert_eq!(ecdsa_from_der(&ecdsa_to_der(&fixed).unwrap()).unwrap(), fixed);
        }
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = (PublicKey::from_spki(&bytes), ecdsa_from_der(&bytes), crate::SigningKey::from_pkcs8(&bytes));
        }
    }
}
