//! Telephone numbers. +970 and +972 are one number here for Palestinian
//! mobiles: both are dialled, one is kept (facts, identity §4). Fixed lines are
//! numbers too: a register may hold no other.

use std::fmt;

/// A number in E.164, canonical for Palestine.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a typed number: `0599 123 456`, `00970…`, `+972 59…`, any digits.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim().replace(['(', ')', '.'], "");
        let (international, rest) = match typed.strip_prefix('+') {
            Some(rest) => (true, rest.to_owned()),
            None => (false, typed),
        };
        let digits = crate::digits::only_digits(&rest)?;
        let (international, digits) = match digits.strip_prefix("00") {
            Some(rest) if !international => (true, rest.to_owned()),
            _ => (international, digits),
        };
        if !international {
            let national = digits.strip_prefix('0')?;
            return palestinian_mobile(national)
                .or_else(|| palestinian_fixed(national))
                .or_else(|| foreign_israeli(national));
        }
        for country in ["970", "972"] {
            if let Some(national) = digits.strip_prefix(country) {
                let national = national.strip_prefix('0').unwrap_or(national);
                // Under 972 the same areas are Israel's own lines.
                let fixed = || palestinian_fixed(national).filter(|_| country == "970");
                return palestinian_mobile(national).or_else(fixed).or_else(|| foreign_israeli(national));
            }
        }
        (8..=15).contains(&digits.len()).then(|| Self(format!("+{digits}")))
    }
    /// `+970599123456`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The last two digits, all that a page shows of it.
    #[must_use]
    pub fn tail(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }
    /// Whether text messages reach it: a fixed line only rings.
    #[must_use]
    pub fn takes_messages(&self) -> bool {
        self.0.strip_prefix("+970").is_none_or(|national| !is_fixed(national))
    }
}

fn palestinian_mobile(national: &str) -> Option<Phone> {
    let known = national.len() == 9 && (national.starts_with("56") || national.starts_with("59"));
    known.then(|| Phone(format!("+970{national}")))
}

/// Lines of the areas 2, 4, 8 and 9: seven digits after the area.
fn palestinian_fixed(national: &str) -> Option<Phone> {
    is_fixed(national).then(|| Phone(format!("+970{national}")))
}

fn is_fixed(national: &str) -> bool {
    national.len() == 8 && matches!(national.as_bytes()[0], b'2' | b'4' | b'8' | b'9')
}

/// SIMs under +972 that Jerusalem's residents carry: 050–055 and 058.
fn foreign_israeli(national: &str) -> Option<Phone> {
    let known = national.len() == 9
        && national.starts_with('5')
        && matches!(national.as_bytes().get(1), Some(b'0'..=b'5' | b'8'));
    known.then(|| Phone(format!("+972{national}")))
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(…{})", self.tail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_country_codes_are_one_number() {
        for typed in ["0599123456", "+970599123456", "00972 59-912-3456", "+972 (0)599123456", "٠٥٩٩١٢٣٤٥٦"] {
            assert_eq!(Phone::parse(typed).unwrap().as_str(), "+970599123456", "{typed}");
        }
        assert_eq!(Phone::parse("0521234567").unwrap().as_str(), "+972521234567");
        assert_eq!(Phone::parse("+962 79 1234567").unwrap().as_str(), "+962791234567");
        for typed in ["", "599123456", "12", "+972 2 2961234", "+970 3 2961234", "02 296123", "059912345x"] {
            assert!(Phone::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_fixed_line_is_a_number_that_only_rings() {
        for typed in ["02-2961234", "+970 2 2961234", "00970 (0)2 296 1234", "٠٢٢٩٦١٢٣٤"] {
            let phone = Phone::parse(typed).unwrap();
            assert_eq!((phone.as_str(), phone.takes_messages()), ("+97022961234", false), "{typed}");
        }
        for typed in ["0599123456", "0521234567", "+962 79 1234567"] {
            assert!(Phone::parse(typed).unwrap().takes_messages(), "{typed}");
        }
    }
}
