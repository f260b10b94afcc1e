//! Private keys.

use aws_lc_rs::agreement;
use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
    RSA_PKCS1_SHA512,
};
use base::Entropy;
use zeroize::Zeroizing;

use super::{Algorithm, Hash, PKCS8_MAX_BYTES, PublicKey, ecdsa_to_der};
use crate::SealError;
use crate::der::{Reader, tag};
use crate::oid;

/// Whatever signs: a key in memory, or one in a token that never leaves it.
pub trait Signer: Send + Sync {
    /// The kind of key.
    fn algorithm(&self) -> Algorithm {
        self.public().algorithm()
    }

    /// The public half.
    fn public(&self) -> &PublicKey;

    /// Signs data over that digest; ECDSA as `r || s`. Ed25519 takes no notice of `hash`.
    ///
    /// # Errors
    /// [`SealError::Engine`] when the module or token fails.
    fn sign_hashed(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Signs data over SHA-256 (Ed25519: pure); ECDSA as `r || s`.
    ///
    /// # Errors
    /// As [`Signer::sign_hashed`].
    fn sign(&self, data: &[u8]) -> Result<Vec<u8>, SealError> {
        self.sign_hashed(Hash::Sha256, data)
    }

    /// As [`Signer::sign`], in the form that X.509 and CMS carry.
    ///
    /// # Errors
    /// As [`Signer::sign_hashed`].
    fn sign_der(&self, data: &[u8]) -> Result<Vec<u8>, SealError> {
        let signature = self.sign(data)?;
        if self.algorithm() == Algorithm::P256 { ecdsa_to_der(&signature) } else { Ok(signature) }
    }
}

/// A private key in memory.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl SigningKey {
    /// A new key. P-256 and Ed25519 come from `entropy`; RSA (2048 bits) comes
    /// from the crypto module's own generator, which takes no other.
    ///
    /// # Errors
    /// [`SealError::Engine`].
    pub fn generate(algorithm: Algorithm, entropy: &dyn Entropy) -> Result<Self, SealError> {
        match algorithm {
            Algorithm::P256 => Self::generate_p256(entropy),
            Algorithm::P384 => Err(SealError::Unsupported("signing on P-384")),
            Algorithm::Ed25519 => {
                let seed = Zeroizing::new(base::entropy::bytes::<32>(entropy));
                Self::ed25519_from_seed(&seed)
            }
            Algorithm::Rsa => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| SealError::Engine("RSA key"))?;
                Self::from_pair(Pair::Rsa(Box::new(pair)))
            }
        }
    }

    /// The Ed25519 key of a 32-byte seed (RFC 8032 §5.1.5).
    ///
    /// # Errors
    /// [`SealError::Engine`].
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Result<Self, SealError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SealError::Engine("Ed25519 seed"))?;
        Self::from_pair(Pair::Ed25519(Box::new(pair)))
    }

    fn generate_p256(entropy: &dyn Entropy) -> Result<Self, SealError> {
        // A scalar at or above the group's order (about 1 in 2^32) is drawn again:
        // FIPS 186-5 A.2.2, "by testing candidates".
        for _ in 0..16 {
            let scalar = Zeroizing::new(base::entropy::bytes::<32>(entropy));
            let Ok(private) = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, &*scalar) else {
                continue;
            };
            let point = private.compute_public_key().map_err(|_| SealError::Engine("P-256 point"))?;
            let pair = EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &*scalar,
                point.as_ref(),
            )
            .map_err(|_| SealError::Engine("P-256 key"))?;
            return Self::from_pair(Pair::P256(Box::new(pair)));
        }
        Err(SealError::Engine("the entropy source yields no P-256 scalar"))
    }

    /// Reads unencrypted PKCS#8 (RFC 5208, RFC 5958).
    ///
    /// # Errors
    /// [`SealError::Key`] for another algorithm, a weak or an inconsistent key.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader::whole_sequence("PKCS#8", bytes, PKCS8_MAX_BYTES)?;
        reader.number()?;
        let mut identifier = reader.sequence()?;
        let refused = |_| SealError::Key("not a usable private key");
        let pair = match identifier.oid()? {
            oid::EC_PUBLIC_KEY if identifier.expect(tag::OID)? == oid::P256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes).map_err(refused)?;
                Pair::P256(Box::new(pair))
            }
            oid::ED25519 => Pair::Ed25519(Box::new(Ed25519KeyPair::from_pkcs8(bytes).map_err(refused)?)),
            oid::RSA => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(bytes).map_err(refused)?)),
            _ => return Err(SealError::Unsupported("private key algorithm")),
        };
        Self::from_pair(pair)
    }

    /// Writes unencrypted PKCS#8, wiped when dropped. The caller seals it before it is stored.
    ///
    /// # Errors
    /// [`SealError::Engine`].
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let failed = |_| SealError::Engine("PKCS#8");
        Ok(Zeroizing::new(match &self.pair {
            Pair::P256(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                der.as_ref().to_vec()
            }
        }))
    }

    fn from_pair(pair: Pair) -> Result<Self, SealError> {
        let public = match &pair {
            Pair::P256(pair) => PublicKey::from_p256_point(pair.public_key().as_ref())?,
            Pair::Ed25519(pair) => PublicKey::from_ed25519(pair.public_key().as_ref())?,
            Pair::Rsa(pair) => PublicKey::from_rsa_der(pair.public_key().as_ref())?,
        };
        Ok(Self { pair, public })
    }
}

impl Signer for SigningKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign_hashed(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>, SealError> {
        // The module ignores the generator that this interface asks for.
        let rng = SystemRandom::new();
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(data).as_ref().to_vec()),
            Pair::P256(pair) if hash == Hash::Sha256 => {
                let signature = pair.sign(&rng, data).map_err(|_| SealError::Engine("ECDSA"))?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::P256(pair) => {
                // ECDSA uses the leftmost 256 bits of a longer digest (FIPS 186-5
                // §6.4.1), and the module signs any 32 bytes as a digest.
                let leftmost = hash.digest(data);
                let digest = Digest::import_less_safe(&leftmost[..32], &SHA256);
                let signature = digest.and_then(|digest| pair.sign_digest(&digest));
                Ok(signature.map_err(|_| SealError::Engine("ECDSA"))?.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let padding = match hash {
                    Hash::Sha256 => &RSA_PKCS1_SHA256,
                    Hash::Sha384 => &RSA_PKCS1_SHA384,
                    Hash::Sha512 => &RSA_PKCS1_SHA512,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &rng, data, &mut signature).map_err(|_| SealError::Engine("RSA"))?;
                Ok(signature)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{OsEntropy, SeededEntropy};

    #[test]
    fn every_key_signs_what_its_public_half_verifies() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519, Algorithm::Rsa] {
            let key = SigningKey::generate(algorithm, &OsEntropy).unwrap();
            assert_eq!(key.algorithm(), algorithm);
            for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
                let signature = key.sign_hashed(hash, b"data").unwrap();
                key.public().verify_hashed(hash, b"data", &signature).unwrap();
                assert!(key.public().verify_hashed(hash, b"date", &signature).is_err());
                let mut bent = signature.clone();
                bent[10] ^= 1;
                assert!(key.public().verify_hashed(hash, b"data", &bent).is_err());
            }
            key.public().verify_der(b"data", &key.sign_der(b"data").unwrap()).unwrap();
        }
    }

    #[test]
    fn keys_survive_pkcs8_and_spki() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519, Algorithm::Rsa] {
            let key = SigningKey::generate(algorithm, &OsEntropy).unwrap();
            let again = SigningKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
            assert_eq!(again.public(), key.public());
            assert_eq!(&PublicKey::from_spki(key.public().spki()).unwrap(), key.public());
            again.public().verify(b"x", &key.sign(b"x").unwrap()).unwrap();
        }
    }

    #[test]
    fn a_seed_replays_the_key() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
            let one = SigningKey::generate(algorithm, &SeededEntropy::new(5)).unwrap();
            let two = SigningKey::generate(algorithm, &SeededEntropy::new(5)).unwrap();
            assert_eq!(one.public(), two.public());
        }
    }

    #[test]
    fn an_entropy_source_without_scalars_is_an_error_not_a_loop() {
        struct Ones;
        impl Entropy for Ones {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(0xff);
            }
        }
        assert!(matches!(SigningKey::generate(Algorithm::P256, &Ones), Err(SealError::Engine(_))));
    }
}
