//! رقم الشركة: nine digits that begin with 56.

use std::fmt;

/// A well-formed company number. Whether a company has it, the companies'
/// register says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompanyNumber(String);

/// Digits of a company number.
const DIGITS: usize = 9;
/// How every company number begins.
const BEGINS: &str = "56";

impl CompanyNumber {
    /// Reads nine digits of any script that begin with 56; blanks and dashes
    /// fall away.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let digits = crate::digits::only_digits(typed)?;
        (digits.len() == DIGITS && digits.starts_with(BEGINS)).then_some(Self(digits))
    }
    /// The nine digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CompanyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompanyNumber(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_digits_that_begin_with_56() {
        for (typed, read) in [
            ("562000011", Some("562000011")),
            ("٥٦٢ ٠٠٠ ٠١١", Some("562000011")),
            ("552000011", None),
            ("56200001", None),
            ("5620000111", None),
            ("56200001x", None),
        ] {
            assert_eq!(CompanyNumber::parse(typed).as_ref().map(CompanyNumber::as_str), read, "{typed}");
        }
    }
}
