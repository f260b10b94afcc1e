//! الرمز البريدي: `P` and seven digits, in force since 1 January 2021 (UPU
//! circular 170/2020).

/// A well-formed postcode.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Postcode(String);

impl Postcode {
    /// Reads `P6001234`, any case, blanks, any script's digits.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let code = crate::code::normalise(typed);
        let digits = code.strip_prefix('P')?;
        (digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(Self(code))
    }
    /// `P6001234`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_p_and_seven_digits() {
        assert_eq!(Postcode::parse("p600 ١٢٣٤").unwrap().as_str(), "P6001234");
        assert!(Postcode::parse("60012").is_none());
        assert!(Postcode::parse("P600123").is_none());
    }
}
