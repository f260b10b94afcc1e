//! Distinguished Encoding Rules (X.690), written by hand: a writer of nested
//! values and a strict reader that borrows. Strict means one form per value:
//! shortest lengths, shortest integers, no indefinite lengths, no tag numbers
//! above 30. The reader never recurses, so depth costs it nothing.

mod reader;

use base::{Timestamp, Zone};

pub use reader::{Reader, Tlv};

/// Universal and context-specific tags as they stand in the identifier octet.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// `UTF8String`
    pub const UTF8_STRING: u8 = 0x0c;
    /// `PrintableString`
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// `IA5String`
    pub const IA5_STRING: u8 = 0x16;
    /// `UTCTime`
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE
    pub const SEQUENCE: u8 = 0x30;
    /// SET
    pub const SET: u8 = 0x31;

    /// Context-specific, constructed: `[n]` explicit, or implicit over a constructed type.
    #[must_use]
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }
    /// Context-specific, primitive: `[n]` implicit over a primitive type.
    #[must_use]
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// One value: identifier, length, content.
#[must_use]
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let octets = (content.len() as u64).to_be_bytes();
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let skip = octets.iter().take_while(|&&octet| octet == 0).count();
            out.push(0x80 | u8::try_from(octets.len() - skip).unwrap_or(8));
            out.extend_from_slice(&octets[skip..]);
        }
    }
    out.extend_from_slice(content);
    out
}

/// A constructed value of these parts in order; an empty part is an absent optional.
#[must_use]
pub fn constructed<P: AsRef<[u8]>>(tag: u8, parts: impl AsRef<[P]>) -> Vec<u8> {
    tlv(tag, &concat(parts))
}

/// The parts one after the other.
#[must_use]
pub fn concat<P: AsRef<[u8]>>(parts: impl AsRef<[P]>) -> Vec<u8> {
    parts.as_ref().iter().flat_map(AsRef::as_ref).copied().collect()
}

/// SEQUENCE of these parts.
#[must_use]
pub fn sequence<P: AsRef<[u8]>>(parts: impl AsRef<[P]>) -> Vec<u8> {
    constructed(tag::SEQUENCE, parts)
}

/// SET OF: the members are sorted, as DER demands.
#[must_use]
pub fn set_of(mut members: Vec<Vec<u8>>) -> Vec<u8> {
    members.sort();
    constructed(tag::SET, members)
}

/// `[number]` EXPLICIT around one value.
#[must_use]
pub fn explicit(number: u8, value: &[u8]) -> Vec<u8> {
    tlv(tag::context(number), value)
}

/// Replaces the identifier octet of a value: `[number]` IMPLICIT.
#[must_use]
pub fn retag(tag: u8, mut value: Vec<u8>) -> Vec<u8> {
    if let Some(first) = value.first_mut() {
        *first = tag;
    }
    value
}

/// OBJECT IDENTIFIER from its content octets (see [`crate::oid`]).
#[must_use]
pub fn oid(content: &[u8]) -> Vec<u8> {
    tlv(tag::OID, content)
}

/// INTEGER that is not negative, from big-endian bytes.
#[must_use]
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|&&byte| byte == 0).count();
    let significant = &bytes[skip..];
    let sign = significant.first().is_none_or(|&byte| byte >= 0x80);
    let content = if sign { [&[0], significant].concat() } else { significant.to_vec() };
    tlv(tag::INTEGER, &content)
}

/// INTEGER from a number.
#[must_use]
pub fn number(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

/// BOOLEAN.
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// OCTET STRING.
#[must_use]
pub fn octets(content: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, content)
}

/// BIT STRING of whole bytes.
#[must_use]
pub fn bits(content: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &[&[0], content].concat())
}

/// BIT STRING of named bits (bit 0 is the first), trailing zeros cut as DER demands.
#[must_use]
pub fn named_bits(set: &[u8]) -> Vec<u8> {
    let Some(&last) = set.iter().max() else { return tlv(tag::BIT_STRING, &[0]) };
    let mut content = vec![0_u8; usize::from(last / 8) + 2];
    content[0] = 7 - last % 8;
    for bit in set {
        content[usize::from(bit / 8) + 1] |= 0x80 >> (bit % 8);
    }
    tlv(tag::BIT_STRING, &content)
}

/// `UTF8String`.
#[must_use]
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(tag::UTF8_STRING, text.as_bytes())
}

/// Time as RFC 5280 §4.1.2.5 writes it: `UTCTime` from 1950 to 2049, else
/// `GeneralizedTime`; whole seconds.
#[must_use]
pub fn time(instant: Timestamp) -> Vec<u8> {
    let digits = digits_of(instant);
    let year = instant.date(Zone::Utc).parts().0;
    if (1950..2050).contains(&year) {
        tlv(tag::UTC_TIME, &digits.as_bytes()[2..])
    } else {
        tlv(tag::GENERALIZED_TIME, digits.as_bytes())
    }
}

/// `GeneralizedTime` in whole seconds (RFC 6960, RFC 3161).
#[must_use]
pub fn generalized_time(instant: Timestamp) -> Vec<u8> {
    tlv(tag::GENERALIZED_TIME, digits_of(instant).as_bytes())
}

/// `GeneralizedTime` with milliseconds, trailing zeros cut (RFC 3161 §2.4.2).
#[must_use]
pub fn generalized_time_millis(instant: Timestamp) -> Vec<u8> {
    let millis = instant.as_millis().rem_euclid(1_000);
    let whole = digits_of(instant);
    if millis == 0 {
        return tlv(tag::GENERALIZED_TIME, whole.as_bytes());
    }
    let fraction = format!("{millis:03}");
    let text = format!("{}.{}Z", whole.trim_end_matches('Z'), fraction.trim_end_matches('0'));
    tlv(tag::GENERALIZED_TIME, text.as_bytes())
}

/// `20261124052000Z`.
fn digits_of(instant: Timestamp) -> String {
    let (year, month, day) = instant.date(Zone::Utc).parts();
    let second = instant.as_seconds().rem_euclid(86_400);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// `1.2.840.113549` for the content octets of an object identifier.
#[must_use]
pub fn oid_text(content: &[u8]) -> String {
    let mut arcs: Vec<u128> = Vec::new();
    let mut arc: u128 = 0;
    for octet in content {
        arc = arc << 7 | u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let root = (arc / 40).min(2);
                arcs.push(root);
                arc -= root * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    arcs.iter().map(u128::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_take_their_shortest_form() {
        for (size, head) in
            [(0, vec![4, 0]), (127, vec![4, 127]), (128, vec![4, 0x81, 128]), (256, vec![4, 0x82, 1, 0])]
        {
            let value = octets(&vec![7; size]);
            assert_eq!(value[..value.len() - size], head[..]);
            assert_eq!(Reader::new("x", &value).octets().unwrap().len(), size);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for bytes in [
            &[0x04, 0x80, 0, 0][..],
            &[0x04, 0x81, 1, 0],
            &[0x04, 0x82, 0, 1, 0],
            &[0x1f, 1, 0],
            &[0x04, 2, 0],
            &[0x04, 0x85, 1, 0, 0, 0, 0],
            &[],
        ] {
            assert!(Reader::new("x", bytes).any().is_err(), "{bytes:?}");
        }
        for content in [&[][..], &[0, 1], &[0xff, 0x80]] {
            assert!(Reader::new("x", &tlv(tag::INTEGER, content)).integer().is_err(), "{content:?}");
        }
        assert!(Reader::new("x", &[1, 1, 0]).flag().is_err());
    }

    #[test]
    fn times_take_the_form_of_their_year() {
        for (text, encoded) in [
            ("1949-12-31T23:59:59Z", "\u{18}\u{f}19491231235959Z"),
            ("1950-01-01T00:00:00Z", "\u{17}\u{d}500101000000Z"),
            ("2049-12-31T23:59:59Z", "\u{17}\u{d}491231235959Z"),
            ("2050-01-01T00:00:00Z", "\u{18}\u{f}20500101000000Z"),
        ] {
            let instant = Timestamp::parse_rfc3339(text).unwrap();
            assert_eq!(time(instant), encoded.as_bytes());
            assert_eq!(Reader::new("x", encoded.as_bytes()).time().unwrap(), instant);
        }
        let instant = Timestamp::parse_rfc3339("2026-11-24T05:20:00.120Z").unwrap();
        assert_eq!(&generalized_time_millis(instant)[2..], b"20261124052000.12Z");
        assert_eq!(Reader::new("x", &generalized_time_millis(instant)).time().unwrap(), instant);
        for text in ["20261124052000.Z", "20261124052000.10Z", "20261324052000Z", "20261124052060Z", "20261124052000"] {
            assert!(Reader::new("x", &tlv(tag::GENERALIZED_TIME, text.as_bytes())).time().is_err(), "{text}");
        }
    }

    #[test]
    fn named_bits_are_cut() {
        assert_eq!(named_bits(&[5, 6]), [3, 2, 1, 0b0000_0110]);
        assert_eq!(named_bits(&[]), [3, 1, 0]);
        assert_eq!(Reader::new("x", &named_bits(&[0, 8])).named_bits().unwrap(), 0x8080);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new("x", &bytes);
            while let Ok(value) = reader.any() {
                let mut again = Reader::new("x", value.whole);
                prop_assert_eq!(again.any().unwrap(), value);
                let _ = (Reader::new("x", value.whole).time(), Reader::new("x", value.whole).named_bits());
                let _ = oid_text(value.content);
            }
        }

        #[test]
        fn numbers_round_trip(value: u64) {
            prop_assert_eq!(Reader::new("x", &number(value)).number().unwrap(), value);
        }
    }
}
