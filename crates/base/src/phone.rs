//! Telephone numbers of any country. +970 and +972 are one number here for
//! Palestinian mobiles: both are dialled, one is kept (facts, identity §4). Fixed
//! lines are numbers too: a register may hold no other.

use std::fmt;

/// A number in E.164, canonical for Palestine.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// Digits of a number in E.164, its calling code included.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Digits of every number under +1.
const NORTH_AMERICAN_DIGITS: usize = 11;
/// Digits behind the calling code that numbers of one block share.
const BLOCK_DIGITS: usize = 3;

/// Calling codes of one and two digits; all others have three (ITU-T E.164, list
/// of assigned country codes).
const SHORT_CODES: [&str; 46] = [
    "1", "7", "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
    "86", "90", "91", "92", "93", "94", "95", "98",
];
/// Calling codes of three digits that a country has. Networks that are nobody's
/// country (satellites, free and premium numbers: 800, 808, 870, 878, 881–883,
/// 888, 979) are no person's telephone, and dear.
const LONG_CODES: [(u16, u16); 27] = [
    (211, 213),
    (216, 216),
    (218, 218),
    (220, 258),
    (260, 269),
    (290, 291),
    (297, 299),
    (350, 359),
    (370, 383),
    (385, 387),
    (389, 389),
    (420, 421),
    (423, 423),
    (500, 509),
    (590, 599),
    (670, 670),
    (672, 683),
    (685, 692),
    (850, 850),
    (852, 853),
    (855, 856),
    (880, 880),
    (886, 886),
    (960, 968),
    (970, 977),
    (992, 996),
    (998, 998),
];

impl Phone {
    /// Reads a typed number: `0599 123 456`, `00970…`, `+49 (0)170 …`, any digits.
    /// Without a calling code it is one that is dialled in Palestine.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        // The trunk digit that is written and not dialled from abroad.
        let typed = crate::digits::to_western(typed.trim()).replace("(0)", "").replace(['(', ')', '.', '/'], "");
        let typed = typed.trim_matches(|symbol| matches!(symbol, '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'));
        let (international, rest) = match typed.strip_prefix(['+', '＋']) {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let digits = crate::digits::only_digits(rest)?;
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
        let code = calling_code(&digits)?;
        let fits = DIGITS.contains(&digits.len()) && (code != "1" || is_north_american(&digits));
        fits.then(|| Self(format!("+{digits}")))
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
    /// The calling code of its country: `970`, `49`, `1`.
    #[must_use]
    pub fn calling_code(&self) -> &str {
        calling_code(&self.0[1..]).unwrap_or_default()
    }
    /// Whether a message to it leaves the country, and costs accordingly.
    #[must_use]
    pub fn is_abroad(&self) -> bool {
        !matches!(self.calling_code(), "970" | "972")
    }
    /// Calling code and the digits that numbers beside it share: who is paid for
    /// messages that nobody reads has a block of numbers.
    #[must_use]
    pub fn block(&self) -> &str {
        let end = 1 + self.calling_code().len() + BLOCK_DIGITS;
        self.0.get(..end).unwrap_or(&self.0)
    }
}

/// The calling code that digits begin with, if a country has it.
fn calling_code(digits: &str) -> Option<&str> {
    if let Some(code) = SHORT_CODES.iter().find(|code| digits.starts_with(**code)) {
        return digits.get(..code.len());
    }
    let code = digits.get(..3)?;
    let number: u16 = code.parse().ok()?;
    LONG_CODES.iter().any(|(first, last)| (*first..=*last).contains(&number)).then_some(code)
}

/// Ten digits behind the 1, neither area nor exchange beginning with 0 or 1; area
/// 900 is paid for by who calls.
fn is_north_american(digits: &str) -> bool {
    let starts = |place: usize| matches!(digits.as_bytes().get(place), Some(b'2'..=b'9'));
    digits.len() == NORTH_AMERICAN_DIGITS && starts(1) && starts(4) && digits.get(1..4) != Some("900")
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

    #[test]
    fn a_number_of_any_country_is_read_in_any_digits() {
        for (typed, kept, code) in [
            ("+٤٩ (٠)١٧٠ ١٢٣٤٥٦٧", "+491701234567", "49"),
            ("۰۰۵۶ ۹ ۱۲۳۴ ۵۶۷۸", "+56912345678", "56"),
            ("\u{200e}+1 (415) 555-0100", "+14155550100", "1"),
            ("00 962 79 000 0107", "+962790000107", "962"),
            ("＋20 100 123 4567", "+201001234567", "20"),
            ("+683 4002", "+6834002", "683"),
            ("+225 07 01 02 03 04", "+2250701020304", "225"),
        ] {
            let phone = Phone::parse(typed).unwrap_or_else(|| panic!("{typed}"));
            assert_eq!((phone.as_str(), phone.calling_code()), (kept, code), "{typed}");
            assert!(phone.is_abroad());
        }
        for local in ["0599123456", "+972 52 123 4567"] {
            assert!(!Phone::parse(local).unwrap().is_abroad(), "{local}");
        }
        assert_eq!(Phone::parse("+962 79 000 0107").unwrap().block(), "+962790");
        assert_eq!(Phone::parse("+6834002").unwrap().block(), "+683400");
    }

    #[test]
    fn what_is_nobodys_telephone_is_refused() {
        for typed in [
            "+979 123 456 789",
            "+800 1234 5678",
            "+882 13 123456",
            "+881 6 1234 5678",
            "+1 900 555 0100",
            "+1 415 555 010",
            "+999 1234567",
            "+0 12345678",
            "+49 1701234567890123",
            "+49",
            "++4917012345678",
        ] {
            assert!(Phone::parse(typed).is_none(), "{typed}");
        }
    }
}
