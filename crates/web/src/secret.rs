//! The little cryptography of sessions and forms: hashes of tokens, codes that
//! only this server can make, and boxes that only the cookie's holder opens.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, digest, hmac};
use base64ct::{Base64UrlUnpadded, Encoding};

/// Bytes of tokens and codes.
pub(crate) const TOKEN_BYTES: usize = 32;
/// 256 bits.
pub(crate) type Secret = [u8; TOKEN_BYTES];

/// SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> Secret {
    let mut hash = [0; TOKEN_BYTES];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// HMAC-SHA-256 over parts whose borders cannot be moved.
pub(crate) fn code(key: &Secret, purpose: &str, parts: &[&[u8]]) -> Secret {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part);
    }
    let mut code = [0; TOKEN_BYTES];
    code.copy_from_slice(context.sign().as_ref());
    code
}

/// Compares without telling by its time how far the two agree.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Base64url without padding.
pub(crate) fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads [`text`] of a token.
pub(crate) fn from_text(text: &str) -> Option<Secret> {
    let mut token = [0; TOKEN_BYTES];
    let read = Base64UrlUnpadded::decode(text, &mut token).ok()?;
    (read.len() == TOKEN_BYTES).then_some(token)
}

/// Seals bytes; the nonce stands before them.
pub(crate) fn seal(key: &Secret, nonce: [u8; NONCE_LEN], plain: &[u8]) -> Option<Vec<u8>> {
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let mut sealed = plain.to_vec();
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &Secret, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let mut body = body.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let plain = cipher.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_opens_with_its_key_only() {
        let sealed = seal(&[1; 32], [2; NONCE_LEN], b"name").unwrap();
        assert_eq!(open(&[1; 32], &sealed).as_deref(), Some(b"name".as_slice()));
        assert_eq!(open(&[3; 32], &sealed), None);
        assert_eq!(open(&[1; 32], &sealed[..5]), None);
    }

    #[test]
    fn borders_between_parts_count() {
        assert_ne!(code(&[1; 32], "p", &[b"ab", b"c"]), code(&[1; 32], "p", &[b"a", b"bc"]));
        assert_ne!(code(&[1; 32], "p", &[]), code(&[1; 32], "q", &[]));
    }

    #[test]
    fn tokens_are_read_back() {
        assert_eq!(from_text(&text(&[7; 32])), Some([7; 32]));
        assert_eq!(from_text(&text(&[7; 31])), None);
        assert_eq!(from_text("not a token!"), None);
    }
}
