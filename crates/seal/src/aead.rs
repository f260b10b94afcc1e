//! Authenticated encryption of small values with an algorithm that the bytes
//! name themselves:
//!
//! `version (1) || cipher (1) || nonce (12) || ciphertext || tag (16)`
//!
//! Version and cipher are authenticated too. Each cipher works under its own
//! subkey, so that one key never serves two algorithms. Choose
//! [`Cipher::Aes256GcmSiv`] unless a counterpart demands GCM: with it a nonce
//! drawn twice tells only whether two texts are equal.

use aws_lc_rs::aead::{AES_256_GCM, AES_256_GCM_SIV, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use base::Entropy;
use zeroize::Zeroizing;

use crate::{SealError, digest};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// The only layout so far.
pub const VERSION: u8 = 1;
/// Bytes that sealing adds to a text.
pub const OVERHEAD_BYTES: usize = 2 + NONCE_LEN + MAX_TAG_LEN;
/// Longest text sealed at once: larger things are streams and need another construction.
pub const PLAIN_MAX_BYTES: usize = 64 * 1024 * 1024;

/// How a value is encrypted; the number is its byte in the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cipher {
    /// AES-256-GCM (NIST SP 800-38D); at most 2^32 values for one key.
    Aes256Gcm = 1,
    /// AES-256-GCM-SIV (RFC 8452), which forgives a repeated nonce.
    Aes256GcmSiv = 2,
}

/// A key that seals and opens. No `Debug`, wiped by the crypto module.
pub struct SealingKey {
    gcm: LessSafeKey,
    gcm_siv: LessSafeKey,
}

impl SealingKey {
    /// From 32 secret bytes.
    ///
    /// # Errors
    /// [`SealError::Engine`].
    pub fn new(secret: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let subkey = |label: &[u8], algorithm| {
            let bytes = Zeroizing::new(digest::hmac_sha256(secret, label));
            UnboundKey::new(algorithm, &*bytes).map(LessSafeKey::new).map_err(|_| SealError::Engine("AES key"))
        };
        Ok(Self {
            gcm: subkey(b"hukumati/aead/v1/aes-256-gcm", &AES_256_GCM)?,
            gcm_siv: subkey(b"hukumati/aead/v1/aes-256-gcm-siv", &AES_256_GCM_SIV)?,
        })
    }

    /// Encrypts `plain`, bound to `context` (for instance the column and the row's id).
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above [`PLAIN_MAX_BYTES`].
    pub fn seal(
        &self,
        cipher: Cipher,
        entropy: &dyn Entropy,
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if plain.len() > PLAIN_MAX_BYTES {
            return Err(SealError::TooLarge { what: "text to seal", limit: PLAIN_MAX_BYTES });
        }
        let nonce = base::entropy::bytes::<NONCE_LEN>(entropy);
        let mut body = Vec::with_capacity(plain.len() + MAX_TAG_LEN);
        body.extend_from_slice(plain);
        self.key(cipher)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound(cipher, context)), &mut body)
            .map_err(|_| SealError::Engine("encryption"))?;
        Ok([&[VERSION, cipher as u8], &nonce[..], &body].concat())
    }

    /// Decrypts what [`SealingKey::seal`] made with the same key and context.
    ///
    /// # Errors
    /// [`SealError::Signature`] for another key or context or changed bytes,
    /// [`SealError::Unsupported`] for another version or cipher.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        if sealed.len() < OVERHEAD_BYTES {
            return Err(SealError::malformed("sealed value", "cut short"));
        }
        if sealed.len() > PLAIN_MAX_BYTES + OVERHEAD_BYTES {
            return Err(SealError::TooLarge { what: "sealed value", limit: PLAIN_MAX_BYTES + OVERHEAD_BYTES });
        }
        let cipher = match sealed[..2] {
            [VERSION, 1] => Cipher::Aes256Gcm,
            [VERSION, 2] => Cipher::Aes256GcmSiv,
            _ => return Err(SealError::Unsupported("version or cipher of a sealed value")),
        };
        let (nonce, body) = sealed[2..].split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Engine("nonce"))?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .key(cipher)
            .open_in_place(nonce, Aad::from(bound(cipher, context)), &mut body)
            .map_err(|_| SealError::Signature("sealed value"))?
            .len();
        body.truncate(length);
        Ok(body)
    }

    const fn key(&self, cipher: Cipher) -> &LessSafeKey {
        match cipher {
            Cipher::Aes256Gcm => &self.gcm,
            Cipher::Aes256GcmSiv => &self.gcm_siv,
        }
    }
}

fn bound(cipher: Cipher, context: &[u8]) -> Vec<u8> {
    [&[VERSION, cipher as u8], context].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SeededEntropy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_sealed_opens_and_nothing_else(plain: Vec<u8>, bit in 0_usize..1000, siv: bool) {
            let entropy = SeededEntropy::new(1);
            let cipher = if siv { Cipher::Aes256GcmSiv } else { Cipher::Aes256Gcm };
            let key = SealingKey::new(&[7; 32]).unwrap();
            let sealed = key.seal(cipher, &entropy, b"row 1", &plain).unwrap();
            prop_assert_eq!(sealed.len(), plain.len() + OVERHEAD_BYTES);
            prop_assert_eq!(&*key.open(b"row 1", &sealed).unwrap(), &plain);
            prop_assert!(key.open(b"row 2", &sealed).is_err());
            prop_assert!(SealingKey::new(&[8; 32]).unwrap().open(b"row 1", &sealed).is_err());
            let mut bent = sealed;
            let place = bit % (bent.len() * 8);
            bent[place / 8] ^= 1 << (place % 8);
            prop_assert!(key.open(b"row 1", &bent).is_err());
        }

        #[test]
        fn any_bytes_are_opened_without_panic(bytes: Vec<u8>) {
            prop_assert!(SealingKey::new(&[7; 32]).unwrap().open(b"", &bytes).is_err());
        }
    }
}
