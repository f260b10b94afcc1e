//! رقم الهوية: nine digits with a check digit; leading zeros count.

use std::fmt;

/// A well-formed ID number. Whether a person has it, the civil registry says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

/// Digits of an ID number.
pub const DIGITS: usize = 9;

impl IdNumber {
    /// Reads nine digits of any script; blanks and dashes fall away. The check
    /// digit is *not* required here: a failure is a reason to ask again, the
    /// registry decides (facts, identity §4).
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let digits = crate::digits::only_digits(typed)?;
        (digits.len() == DIGITS).then_some(Self(digits))
    }
    /// The nine digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether the last digit fits the first eight (weights 1, 2, 1, 2 …;
    /// products above nine count their digits' sum; the total ends in 0).
    #[must_use]
    pub fn check_digit_fits(&self) -> bool {
        checksum(&self.0).is_multiple_of(10)
    }
    /// Completes eight digits by their check digit; for the sandbox's people.
    #[must_use]
    pub fn complete(eight: u32) -> Self {
        let head = format!("{:08}", eight % 100_000_000);
        let check = (10 - checksum(&head) % 10) % 10;
        Self(format!("{head}{check}"))
    }
}

fn checksum(digits: &str) -> u32 {
    let weighted = digits.bytes().zip([1_u32, 2].into_iter().cycle());
    weighted
        .map(|(byte, weight)| {
            let product = u32::from(byte.wrapping_sub(b'0')) * weight;
            if product > 9 { product - 9 } else { product }
        })
        .sum()
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_the_known_one() {
        for good in ["400000006", "800000002", "900000001", "123456782"] {
            assert!(IdNumber::parse(good).unwrap().check_digit_fits(), "{good}");
        }
        assert!(!IdNumber::parse("900000002").unwrap().check_digit_fits());
        assert_eq!(IdNumber::complete(90_000_000).as_str(), "900000001");
        assert_eq!(IdNumber::parse("٩٠٠٠٠٠٠٠١").unwrap().as_str(), "900000001");
        assert_eq!(IdNumber::parse("90000000"), None);
        assert_eq!(format!("{:?}", IdNumber::complete(1)), "IdNumber(…)");
    }
}
