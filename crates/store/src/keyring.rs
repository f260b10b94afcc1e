//! The keys that open the database's sealed columns. They lie in a file beside
//! the data folder, never in it, so that neither a stolen disk image of the
//! data nor a backup opens anything.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base::Entropy;

use crate::Error;

/// First byte of every sealed value: AES-256-GCM, random nonce.
const FORMAT: u8 = 1;
/// Bytes of the key file: a wrapping key and a blind-index key.
const FILE_BYTES: usize = 64;

/// The wrapping key and the key of the blind indexes.
#[derive(Clone)]
pub struct Keyring(Arc<Keys>);

struct Keys {
    wrapping: LessSafeKey,
    blind: hmac::Key,
}

impl Keyring {
    /// Reads the key file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|error| Error::file(path, error))?;
        let bytes: [u8; FILE_BYTES] =
            bytes.try_into().map_err(|_| Error::file(path, "is not a key file of Hukumati"))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Makes the key file, readable by its owner only; refuses to replace one.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, Error> {
        let bytes: [u8; FILE_BYTES] = base::entropy::bytes(entropy);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let written = file.and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| Error::file(path, error))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// The keys of these bytes; for tests and custody.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; FILE_BYTES]) -> Self {
        Self(Arc::new(Keys { wrapping: cipher(&bytes[..32]), blind: hmac::Key::new(hmac::HMAC_SHA256, &bytes[32..]) }))
    }

    /// A keyed index of a value: equal values give equal bytes, and nothing else
    /// is learnt. Sixteen bytes.
    #[must_use]
    pub fn blind(&self, domain: &str, value: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0.blind);
        context.update(domain.as_bytes());
        context.update(&[0]);
        context.update(value.as_bytes());
        context.sign().as_ref()[..16].to_vec()
    }

    pub(crate) fn wrap(&self, subject: &str, key: &[u8; 32], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>, Error> {
        seal(&self.0.wrapping, subject.as_bytes(), key, nonce)
    }

    pub(crate) fn unwrap(&self, subject: &str, wrapped: &[u8]) -> Result<LessSafeKey, Error> {
        let key = open(&self.0.wrapping, subject.as_bytes(), wrapped)?;
        if key.len() == 32 { Ok(cipher(&key)) } else { Err(Error::Sealed) }
    }
}

pub(crate) fn cipher(key: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("an AES-256 key has 32 bytes"))
}

pub(crate) fn seal(key: &LessSafeKey, aad: &[u8], plain: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>, Error> {
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.extend_from_slice(plain);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed)
        .map_err(|_| Error::Sealed)?;
    let mut framed = vec![FORMAT];
    framed.extend_from_slice(&nonce);
    framed.append(&mut sealed);
    Ok(framed)
}

pub(crate) fn open(key: &LessSafeKey, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let (format, rest) = sealed.split_first().ok_or(Error::Sealed)?;
    let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(Error::Sealed)?;
    if *format != FORMAT {
        return Err(Error::Sealed);
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Sealed)?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, Aad::from(aad), &mut body).map_err(|_| Error::Sealed)?;
    let length = plain.len();
    body.truncate(length);
    Ok(body)
}
