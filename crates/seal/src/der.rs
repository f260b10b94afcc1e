//! Distinguished Encoding Rules (X.690), written by hand: a writer of nested
//! values and a strict reader that borrows. Strict means one form per value:
//! shortest lengths, shortest integers, no indefinite lengths, no tag numbers
//! above 30. The reader never recurses, so depth costs it nothing.

use base::{Date, Timestamp, Zone};

use crate::SealError;

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

/// Longest length that is read or written: 2^32 − 1 bytes need four octets.
const MAX_LENGTH_OCTETS: usize = 4;
/// Arcs of the longest object identifier that is turned into text.
const MAX_OID_BYTES: usize = 64;

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

/// One value as read: its identifier, its content, and all its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// The content octets.
    pub content: &'a [u8],
    /// Identifier, length and content.
    pub whole: &'a [u8],
}

/// Reads values one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// A reader of these bytes; `what` names them in errors.
    #[must_use]
    pub const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { rest: bytes, what }
    }

    /// A reader inside the one SEQUENCE that these bytes are; nothing may follow it.
    ///
    /// # Errors
    /// [`SealError::TooLarge`] above `limit` bytes, else [`SealError::Malformed`].
    pub fn whole_sequence(what: &'static str, bytes: &'a [u8], limit: usize) -> Result<Self, SealError> {
        if bytes.len() > limit {
            return Err(SealError::TooLarge { what, limit });
        }
        let mut outer = Self::new(what, bytes);
        let inner = outer.sequence()?;
        outer.finish()?;
        Ok(inner)
    }

    /// An error about these bytes.
    #[must_use]
    pub fn error(&self, why: &'static str) -> SealError {
        SealError::malformed(self.what, why)
    }

    /// The bytes not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The identifier of the next value.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Fails unless all was read.
    ///
    /// # Errors
    /// [`SealError::Malformed`] when bytes follow.
    pub fn finish(self) -> Result<(), SealError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("bytes follow the value")) }
    }

    /// The next value, of any tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`] at the end or for an encoding that is not DER.
    pub fn any(&mut self) -> Result<Tlv<'a>, SealError> {
        let cut = || SealError::malformed(self.what, "cut short");
        let tag = *self.rest.first().ok_or_else(cut)?;
        if tag & 0x1f == 0x1f {
            return Err(self.error("tag number above 30"));
        }
        let first = *self.rest.get(1).ok_or_else(cut)?;
        let (length, start) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let count = usize::from(first & 0x7f);
            if count == 0 || count > MAX_LENGTH_OCTETS {
                return Err(self.error("length form"));
            }
            let octets = self.rest.get(2..2 + count).ok_or_else(cut)?;
            let length = octets.iter().fold(0_usize, |sum, &octet| sum << 8 | usize::from(octet));
            if length < 0x80 || octets[0] == 0 {
                return Err(self.error("length not in its shortest form"));
            }
            (length, 2 + count)
        };
        let end = start.checked_add(length).ok_or_else(cut)?;
        let whole = self.rest.get(..end).ok_or_else(cut)?;
        self.rest = &self.rest[end..];
        Ok(Tlv { tag, content: &whole[start..], whole })
    }

    /// The content of the next value, which must have this tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], SealError> {
        self.tlv(tag).map(|value| value.content)
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn tlv(&mut self, tag: u8) -> Result<Tlv<'a>, SealError> {
        if self.peek() != Some(tag) {
            return Err(self.error("another tag than expected, or cut short"));
        }
        self.any()
    }

    /// The content of the next value if it has this tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, SealError> {
        if self.peek() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// A reader inside the next value, which must have this tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn inside(&mut self, tag: u8) -> Result<Self, SealError> {
        Ok(Self::new(self.what, self.expect(tag)?))
    }

    /// A reader inside the next value if it has this tag.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn optional_inside(&mut self, tag: u8) -> Result<Option<Self>, SealError> {
        Ok(self.optional(tag)?.map(|content| Self::new(self.what, content)))
    }

    /// A reader inside the next SEQUENCE.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn sequence(&mut self) -> Result<Self, SealError> {
        self.inside(tag::SEQUENCE)
    }

    /// The content octets of the next OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn oid(&mut self) -> Result<&'a [u8], SealError> {
        let content = self.expect(tag::OID)?;
        let ends = content.last().is_some_and(|octet| octet & 0x80 == 0);
        if ends && content.len() <= MAX_OID_BYTES { Ok(content) } else { Err(self.error("object identifier")) }
    }

    /// The content octets of the next INTEGER: two's complement, shortest form.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn integer(&mut self) -> Result<&'a [u8], SealError> {
        let content = self.expect(tag::INTEGER)?;
        match content {
            [] => Err(self.error("an integer without octets")),
            [0, next, ..] if *next < 0x80 => Err(self.error("an integer not in its shortest form")),
            [0xff, next, ..] if *next >= 0x80 => Err(self.error("an integer not in its shortest form")),
            _ => Ok(content),
        }
    }

    /// The next INTEGER, which must be positive or zero: magnitude without leading zeros.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn unsigned(&mut self) -> Result<&'a [u8], SealError> {
        match self.integer()? {
            [first, ..] if *first >= 0x80 => Err(self.error("a negative integer")),
            [0, rest @ ..] => Ok(rest),
            content => Ok(content),
        }
    }

    /// The next INTEGER as a number.
    ///
    /// # Errors
    /// [`SealError::Malformed`], also above 64 bits.
    pub fn number(&mut self) -> Result<u64, SealError> {
        let bytes = self.unsigned()?;
        if bytes.len() > 8 {
            return Err(self.error("an integer above 64 bits"));
        }
        Ok(bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    /// The next BOOLEAN if there is one, else `false` (the usual DEFAULT).
    ///
    /// # Errors
    /// [`SealError::Malformed`]; FALSE written out is the default in another form.
    pub fn flag(&mut self) -> Result<bool, SealError> {
        match self.optional(tag::BOOLEAN)? {
            None => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(self.error("a boolean that DER does not write")),
        }
    }

    /// The next OCTET STRING.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn octets(&mut self) -> Result<&'a [u8], SealError> {
        self.expect(tag::OCTET_STRING)
    }

    /// The next BIT STRING of whole bytes.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn bits(&mut self) -> Result<&'a [u8], SealError> {
        match self.expect(tag::BIT_STRING)? {
            [0, rest @ ..] => Ok(rest),
            _ => Err(self.error("a bit string that is not whole bytes")),
        }
    }

    /// The first sixteen named bits of the next BIT STRING; bit 0 is the highest.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn named_bits(&mut self) -> Result<u16, SealError> {
        match self.expect(tag::BIT_STRING)? {
            [unused, octets @ ..] if *unused < 8 && octets.len() <= 2 && !(octets.is_empty() && *unused > 0) => {
                let high = octets.first().copied().unwrap_or(0);
                let low = octets.get(1).copied().unwrap_or(0);
                Ok(u16::from(high) << 8 | u16::from(low))
            }
            _ => Err(self.error("named bits")),
        }
    }

    /// The next `UTCTime` or `GeneralizedTime`.
    ///
    /// # Errors
    /// [`SealError::Malformed`] for another form than RFC 5280 or RFC 3161 allow.
    pub fn time(&mut self) -> Result<Timestamp, SealError> {
        let value = self.any()?;
        let text = std::str::from_utf8(value.content).map_err(|_| self.error("time"))?;
        let parsed = match value.tag {
            tag::UTC_TIME if text.len() == 13 => {
                let century = if text.starts_with(|digit| ('5'..='9').contains(&digit)) { "19" } else { "20" };
                parse_time(&format!("{century}{text}"))
            }
            tag::GENERALIZED_TIME => parse_time(text),
            _ => None,
        };
        parsed.ok_or_else(|| self.error("time"))
    }
}

/// Reads `20261124052000Z` or `20261124052000.123Z`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let body = text.strip_suffix('Z')?;
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fraction_fits = body.len() == whole.len() || (1..=6).contains(&fraction.len()) && !fraction.ends_with('0');
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || !fraction_fits {
        return None;
    }
    let part = |from: usize, to: usize| whole[from..to].parse::<i8>().ok();
    let date = Date::new(whole[..4].parse().ok()?, part(4, 6)?, part(6, 8)?)?;
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
    let start = date.start(Zone::Utc).plus_seconds(seconds);
    Some(Timestamp::from_micros(start.as_micros().saturating_add(micros)))
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
