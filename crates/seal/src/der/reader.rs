//! The strict reader.

use base::{Date, Timestamp, Zone};

use super::tag;
use crate::SealError;

/// Most octets of a length: 2^32 − 1 bytes need four.
const MAX_LENGTH_OCTETS: usize = 4;
/// Longest object identifier, in content octets.
const MAX_OID_BYTES: usize = 64;

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
