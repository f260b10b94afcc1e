//! Private keys that sign and public keys that verify: P-256, Ed25519, RSA; and
//! public keys on P-384, which others hold and nothing of ours signs with.
//!
//! ECDSA signatures are `r || s` (twice the curve's length) wherever this module says
//! signature, as JOSE, COSE and XML carry them; the `_der` methods speak the
//! ASN.1 form of X.509 and CMS. A private key has no `Debug`, leaves only as
//! zeroised PKCS#8, and may as well live in a token: see [`Signer`].

mod public;
mod signing;

pub use public::{PublicKey, ecdsa_from_der, ecdsa_to_der};
pub use signing::{Signer, SigningKey};

use crate::{der, oid};

/// Smallest RSA modulus accepted, in bits (NIST SP 800-131A).
pub const RSA_MIN_BITS: usize = 2048;
/// Largest RSA modulus accepted, in bits: verification time grows with its square.
pub const RSA_MAX_BITS: usize = 4096;
/// Longest `SubjectPublicKeyInfo` read, in bytes.
pub const SPKI_MAX_BYTES: usize = 1024;
/// Longest PKCS#8 read, in bytes.
pub const PKCS8_MAX_BYTES: usize = 4096;
/// Bytes of SHA-256(SPKI) in a key id.
pub const KEY_ID_BYTES: usize = 8;
/// Bytes of an ECDSA P-256 signature as `r || s`, and of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// What kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on secp256r1.
    P256,
    /// ECDSA on secp384r1: others' keys, verified only.
    P384,
    /// `Ed25519` (RFC 8032, pure).
    Ed25519,
    /// RSA PKCS#1 v1.5, 2048 to 4096 bits.
    Rsa,
}

/// The digest inside a signature. Ed25519 has its own and takes no notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256, the house's default.
    Sha256,
    /// SHA-384, verified in others' signatures.
    Sha384,
    /// SHA-512, for X-Road.
    Sha512,
}

impl Hash {
    /// The digest of the data.
    #[must_use]
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => crate::digest::sha256(data).to_vec(),
            Self::Sha384 => crate::digest::sha384(data).to_vec(),
            Self::Sha512 => crate::digest::sha512(data).to_vec(),
        }
    }

    /// The object identifier of the digest.
    #[must_use]
    pub const fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    /// The digest with this object identifier.
    #[must_use]
    pub fn from_oid(content: &[u8]) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|hash| hash.oid() == content)
    }
}

impl Algorithm {
    /// The DER `AlgorithmIdentifier` of a signature by such a key over that digest.
    #[must_use]
    pub fn signature_identifier(self, hash: Hash) -> Vec<u8> {
        match (self, hash) {
            (Self::Ed25519, _) => der::sequence([der::oid(oid::ED25519)]),
            (Self::P256 | Self::P384, Hash::Sha256) => der::sequence([der::oid(oid::ECDSA_SHA256)]),
            (Self::P256 | Self::P384, Hash::Sha384) => der::sequence([der::oid(oid::ECDSA_SHA384)]),
            (Self::P256 | Self::P384, Hash::Sha512) => der::sequence([der::oid(oid::ECDSA_SHA512)]),
            (Self::Rsa, Hash::Sha256) => der::sequence([der::oid(oid::RSA_SHA256), der::null()]),
            (Self::Rsa, Hash::Sha384) => der::sequence([der::oid(oid::RSA_SHA384), der::null()]),
            (Self::Rsa, Hash::Sha512) => der::sequence([der::oid(oid::RSA_SHA512), der::null()]),
        }
    }

    /// Whether a signature that names `named` may be of such a key: an identifier
    /// of ECDSA says nothing of the curve, and [`Self::from_signature_identifier`]
    /// answers P-256 for every one.
    #[must_use]
    pub fn is_named_by(self, named: Self) -> bool {
        self == named || (self, named) == (Self::P384, Self::P256)
    }

    /// Which key and digest a DER `AlgorithmIdentifier` of a signature names; see
    /// [`Self::is_named_by`].
    #[must_use]
    pub fn from_signature_identifier(identifier: &[u8]) -> Option<(Self, Hash)> {
        let keys = [Self::P256, Self::Rsa, Self::Ed25519];
        let hashes = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
        keys.into_iter()
            .flat_map(|key| hashes.map(|hash| (key, hash)))
            .find(|(key, hash)| key.signature_identifier(*hash) == identifier)
    }
}
