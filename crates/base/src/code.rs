//! Codes that people read aloud and type: Crockford base-32 (no I, L, O, U)
//! and the Damm check digit.

/// Crockford's alphabet, value order.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The symbol of a value from 0 to 31 (higher bits are ignored).
#[must_use]
pub fn symbol(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// Eight random symbols behind a prefix, as on letters and screens: `HK-7Q4M-29XD`.
#[must_use]
pub fn short_code(prefix: &str, random: [u8; 8]) -> String {
    let symbols: String = random.iter().map(|&byte| symbol(byte)).collect();
    format!("{prefix}-{}-{}", &symbols[..4], &symbols[4..])
}

/// Brings a typed code to its written form: any case, any dashes and blanks,
/// any script's digits, O as 0 and I or L as 1.
#[must_use]
pub fn normalise(typed: &str) -> String {
    crate::digits::to_western(typed)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|symbol| match symbol.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// The quasigroup of H. M. Damm's thesis (2004), order 10.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Damm's check digit over western digits: it catches every single wrong digit
/// and every swap of neighbours. `None` when a character is not a digit.
#[must_use]
pub fn damm(digits: &str) -> Option<u8> {
    digits.bytes().try_fold(0_u8, |interim, byte| {
        byte.is_ascii_digit().then(|| DAMM[usize::from(interim)][usize::from(byte - b'0')])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn damm_matches_the_published_example() {
        assert_eq!(damm("572"), Some(4));
        assert_eq!(damm("5724"), Some(0));
        assert_eq!(damm("57x"), None);
    }

    #[test]
    fn typed_codes_are_forgiven() {
        assert_eq!(normalise(" hk-7q4m 29xd "), "HK7Q4M29XD");
        assert_eq!(normalise("HK-٧Q4M-٢9Xo"), "HK7Q4M29X0");
    }

    proptest! {
        #[test]
        fn damm_catches_any_single_wrong_digit(digits in "[0-9]{13}", place in 0_usize..14, wrong in 1_u8..10) {
            let check = damm(&digits).unwrap();
            let mut code = format!("{digits}{check}").into_bytes();
            code[place] = b'0' + (code[place] - b'0' + wrong) % 10;
            prop_assert_ne!(damm(std::str::from_utf8(&code).unwrap()), Some(0));
        }
    }
}
