//! Digests, message authentication, comparison in constant time, and the text
//! forms of bytes.

use aws_lc_rs::{constant_time, digest, hmac};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

use crate::SealError;

/// Bytes of a SHA-256 digest.
pub const SHA256_BYTES: usize = 32;
/// Bytes of a SHA-512 digest.
pub const SHA512_BYTES: usize = 64;

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; SHA256_BYTES] {
    fixed(digest::digest(&digest::SHA256, data).as_ref())
}

/// SHA-256 over the concatenation of several parts.
#[must_use]
pub fn sha256_parts(parts: &[&[u8]]) -> [u8; SHA256_BYTES] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    fixed(context.finish().as_ref())
}

/// SHA-384.
#[must_use]
pub fn sha384(data: &[u8]) -> [u8; 48] {
    fixed(digest::digest(&digest::SHA384, data).as_ref())
}

/// SHA-512.
#[must_use]
pub fn sha512(data: &[u8]) -> [u8; SHA512_BYTES] {
    fixed(digest::digest(&digest::SHA512, data).as_ref())
}

/// SHA-1, for names of things only (RFC 5280 key identifiers, RFC 6960 CertID):
/// nothing is protected by it.
#[must_use]
pub fn sha1_name(data: &[u8]) -> [u8; 20] {
    fixed(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, data).as_ref())
}

/// HMAC-SHA-256.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; SHA256_BYTES] {
    fixed(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref())
}

/// HMAC-SHA-1, for RFC 6238 one-time codes, whose apps know nothing else.
#[must_use]
pub fn hmac_sha1_totp(key: &[u8], data: &[u8]) -> [u8; 20] {
    fixed(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), data).as_ref())
}

/// Compares without telling by its duration where the difference is; the
/// length is not secret.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// A streaming SHA-256, for bodies that do not fit in memory.
pub struct Sha256(digest::Context);

impl Sha256 {
    /// An empty digest.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
    /// The digest of all bytes added.
    #[must_use]
    pub fn finish(self) -> [u8; SHA256_BYTES] {
        fixed(self.0.finish().as_ref())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

/// A streaming SHA-512.
pub struct Sha512(digest::Context);

impl Sha512 {
    /// An empty digest.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA512))
    }
    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
    /// The digest of all bytes added.
    #[must_use]
    pub fn finish(self) -> [u8; SHA512_BYTES] {
        fixed(self.0.finish().as_ref())
    }
}

impl Default for Sha512 {
    fn default() -> Self {
        Self::new()
    }
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(data: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    data.iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

/// Reads hexadecimal of either case.
///
/// # Errors
/// [`SealError::Malformed`] for an odd length or another character.
pub fn from_hex(text: &str) -> Result<Vec<u8>, SealError> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(SealError::malformed("hexadecimal", "another character")),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(SealError::malformed("hexadecimal", "odd length"));
    }
    pairs.iter().map(|[high, low]| Ok(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

/// Base64 with padding (RFC 4648 §4).
#[must_use]
pub fn base64(data: &[u8]) -> String {
    Base64::encode_string(data)
}

/// Reads padded base64; no white space.
///
/// # Errors
/// [`SealError::Malformed`].
pub fn from_base64(text: &str) -> Result<Vec<u8>, SealError> {
    Base64::decode_vec(text).map_err(|_| SealError::malformed("base64", "alphabet, padding or length"))
}

/// Base64url without padding (RFC 4648 §5), as JOSE writes it.
#[must_use]
pub fn base64url(data: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(data)
}

/// Reads unpadded base64url; only the canonical form.
///
/// # Errors
/// [`SealError::Malformed`].
pub fn from_base64url(text: &str) -> Result<Vec<u8>, SealError> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| SealError::malformed("base64url", "alphabet, padding or length"))
}

/// Base32 without padding (RFC 4648 §6): capitals and digits, for one-time-code
/// secrets and for bytes in addresses.
#[must_use]
pub fn base32(data: &[u8]) -> String {
    let mut text = String::with_capacity(data.len().div_ceil(5) * 8);
    for group in data.chunks(5) {
        let mut bits = [0_u8; 8];
        bits[..group.len()].copy_from_slice(group);
        let number = u64::from_be_bytes(bits);
        for place in 0..(group.len() * 8).div_ceil(5) {
            let index = (number >> (59 - 5 * place)) & 31;
            text.push(char::from(BASE32[usize::try_from(index).unwrap_or(0)]));
        }
    }
    text
}

/// Reads unpadded base32 in capitals; only the canonical form.
///
/// # Errors
/// [`SealError::Malformed`].
pub fn from_base32(text: &str) -> Result<Vec<u8>, SealError> {
    let wrong = || SealError::malformed("base32", "alphabet or length");
    let mut data = Vec::with_capacity(text.len() * 5 / 8);
    for group in text.as_bytes().chunks(8) {
        let mut number = 0_u64;
        for (place, symbol) in group.iter().enumerate() {
            let digit = BASE32.iter().position(|known| known == symbol).ok_or_else(wrong)?;
            number |= (digit as u64) << (59 - 5 * place);
        }
        data.extend_from_slice(&number.to_be_bytes()[..group.len() * 5 / 8]);
    }
    if base32(&data) == text { Ok(data) } else { Err(wrong()) }
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// PEM (RFC 7468) with lines of 64 characters.
#[must_use]
pub fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64(der).as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// Reads every PEM block with this label, in order; text between blocks is skipped.
///
/// # Errors
/// [`SealError::Malformed`] for a block without end or with bad base64.
pub fn from_pem(label: &str, text: &str) -> Result<Vec<Vec<u8>>, SealError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&begin) {
        let (body, next) = after.split_once(&end).ok_or_else(|| SealError::malformed("PEM", "a block has no end"))?;
        let compact: String = body.chars().filter(|symbol| !symbol.is_ascii_whitespace()).collect();
        blocks.push(from_base64(&compact)?);
        rest = next;
    }
    Ok(blocks)
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors_hold() {
        // FIPS 180-2 appendix B and C, RFC 4231 case 2.
        assert_eq!(hex(&sha256(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(hex(&sha512(b"abc")).starts_with("ddaf35a193617abacc417349ae204131"));
        assert!(hex(&sha384(b"abc")).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert_eq!(hex(&sha1_name(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            hex(&hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn streams_and_parts_equal_the_whole() {
        let mut stream = Sha256::new();
        stream.update(b"a");
        stream.update(b"bc");
        assert_eq!(stream.finish(), sha256(b"abc"));
        assert_eq!(sha256_parts(&[b"ab", b"", b"c"]), sha256(b"abc"));
        let mut stream = Sha512::new();
        stream.update(b"abc");
        assert_eq!(stream.finish(), sha512(b"abc"));
    }

    #[test]
    fn strange_text_is_refused() {
        for text in ["0", "0g", "٠٠", "0 "] {
            assert!(from_hex(text).is_err(), "{text}");
        }
        for text in ["A", "AA==", "AB", "AA\n"] {
            assert!(from_base64url(text).is_err(), "{text}");
        }
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        for text in ["A", "mz", "MZ=", "MZXW6YTBO", "M1", "AB"] {
            assert!(from_base32(text).is_err(), "{text}");
        }
        assert!(from_pem("X", "-----BEGIN X-----\nAAAA").is_err());
    }

    #[test]
    fn comparison_tells_equal_from_not() {
        assert!(equal(b"same", b"same"));
        assert!(!equal(b"same", b"sane"));
        assert!(!equal(b"same", b"sam"));
    }

    proptest! {
        #[test]
        fn text_forms_round_trip(data: Vec<u8>) {
            prop_assert_eq!(&from_hex(&hex(&data)).unwrap(), &data);
            prop_assert_eq!(&from_base64(&base64(&data)).unwrap(), &data);
            prop_assert_eq!(&from_base64url(&base64url(&data)).unwrap(), &data);
            prop_assert_eq!(&from_base32(&base32(&data)).unwrap(), &data);
            prop_assert_eq!(&from_pem("T", &pem("T", &data)).unwrap(), &vec![data]);
        }
    }
}
