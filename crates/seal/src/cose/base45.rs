//! Base45 (RFC 9285).

use crate::SealError;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Two bytes make three signs, a last single byte two.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(2) * 3);
    for pair in bytes.chunks(2) {
        let mut number = pair.iter().fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
        for _ in 0..=pair.len() {
            text.push(char::from(ALPHABET[number % 45]));
            number /= 45;
        }
    }
    text
}

/// Reads base45.
///
/// # Errors
/// [`SealError::Malformed`] for another sign, an impossible length or a group above its range.
pub fn decode(text: &str) -> Result<Vec<u8>, SealError> {
    let wrong = || SealError::malformed("base45", "sign, length or range");
    let mut bytes = Vec::with_capacity(text.len() / 3 * 2 + 1);
    for group in text.as_bytes().chunks(3) {
        let mut number = 0_u32;
        for sign in group.iter().rev() {
            let digit = ALPHABET.iter().position(|known| known == sign).ok_or_else(wrong)?;
            number = number * 45 + u32::try_from(digit).map_err(|_| wrong())?;
        }
        match group.len() {
            3 => bytes.extend(u16::try_from(number).map_err(|_| wrong())?.to_be_bytes()),
            2 => bytes.push(u8::try_from(number).map_err(|_| wrong())?),
            _ => return Err(wrong()),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn examples_of_the_rfc_hold() {
        for (plain, text) in
            [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0"), ("", "")]
        {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
        for bad in ["GGW", ":::", "A", "AAAA", "a00", "::", "٣٣"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn bytes_round_trip(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
        #[test]
        fn a_text_has_one_meaning(text in "[0-9A-Z $%*+./:-]{0,12}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
