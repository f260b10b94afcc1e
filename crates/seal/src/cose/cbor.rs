//! CBOR in its deterministic form only (RFC 8949 §4.2.1): shortest numbers,
//! definite lengths, map keys sorted by their bytes and none twice. One value
//! has one encoding, and whatever has another is refused. No floats, no
//! undefined, no simple values but booleans and null.

use crate::SealError;

/// Deepest nesting.
pub const DEPTH_MAX: usize = 8;
/// Most items in one message, so that short bytes cannot ask for long work.
pub const ITEMS_MAX: usize = 4096;
/// Longest encoding, in bytes.
pub const BYTES_MAX: usize = 128 * 1024;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number from −2^63 to 2^63 − 1.
    Int(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    Array(Vec<Value>),
    /// Pairs; written sorted, whatever their order here.
    Map(Vec<(Value, Value)>),
    /// A tagged value.
    Tag(u64, Box<Value>),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
}

impl Value {
    /// The value under that whole number in a map.
    #[must_use]
    pub fn get(&self, label: i64) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| *key == Self::Int(label)).map(|(_, value)| value),
            _ => None,
        }
    }
    /// The value under that text in a map.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value),
            _ => None,
        }
    }
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    /// The number, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }
    /// The bytes, if they are.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Writes a value.
///
/// # Errors
/// [`SealError::Malformed`] for a map key that stands twice, [`SealError::TooLarge`].
pub fn encode(value: &Value) -> Result<Vec<u8>, SealError> {
    let mut out = Vec::new();
    write(value, &mut out, 0)?;
    if out.len() > BYTES_MAX {
        return Err(SealError::TooLarge { what: "CBOR", limit: BYTES_MAX });
    }
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), SealError> {
    if depth > DEPTH_MAX {
        return Err(SealError::TooLarge { what: "CBOR nesting", limit: DEPTH_MAX });
    }
    match value {
        // −1 − n is the bitwise complement of n.
        Value::Int(number) if *number < 0 => head(1, (!*number).unsigned_abs(), out),
        Value::Int(number) => head(0, number.unsigned_abs(), out),
        Value::Bytes(bytes) => {
            head(2, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Value::Text(text) => {
            head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            for item in items {
                write(item, out, depth + 1)?;
            }
        }
        Value::Map(pairs) => {
            head(5, pairs.len() as u64, out);
            let mut written = Vec::with_capacity(pairs.len());
            for (key, value) in pairs {
                let (mut key_bytes, mut value_bytes) = (Vec::new(), Vec::new());
                write(key, &mut key_bytes, depth + 1)?;
                write(value, &mut value_bytes, depth + 1)?;
                written.push((key_bytes, value_bytes));
            }
            written.sort();
            if written.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(SealError::malformed("CBOR", "a map key stands twice"));
            }
            for (key, value) in written {
                out.extend(key);
                out.extend(value);
            }
        }
        Value::Tag(tag, inner) => {
            head(6, *tag, out);
            write(inner, out, depth + 1)?;
        }
        Value::Bool(truth) => out.push(if *truth { 0xf5 } else { 0xf4 }),
        Value::Null => out.push(0xf6),
    }
    Ok(())
}

fn head(major: u8, number: u64, out: &mut Vec<u8>) {
    let top = major << 5;
    let octets = number.to_be_bytes();
    match number {
        0..24 => out.push(top | octets[7]),
        24..0x100 => out.extend([top | 24, octets[7]]),
        0x100..0x1_0000 => {
            out.push(top | 25);
            out.extend_from_slice(&octets[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(top | 26);
            out.extend_from_slice(&octets[4..]);
        }
        _ => {
            out.push(top | 27);
            out.extend_from_slice(&octets);
        }
    }
}

/// Reads one value; nothing may follow it.
///
/// # Errors
/// [`SealError::Malformed`] for any other form than the deterministic one, [`SealError::TooLarge`].
pub fn decode(bytes: &[u8]) -> Result<Value, SealError> {
    let (value, rest) = decode_first(bytes)?;
    if rest.is_empty() { Ok(value) } else { Err(wrong("bytes follow")) }
}

/// Reads one value and returns what follows it.
///
/// # Errors
/// As [`decode`].
pub fn decode_first(bytes: &[u8]) -> Result<(Value, &[u8]), SealError> {
    if bytes.len() > BYTES_MAX {
        return Err(SealError::TooLarge { what: "CBOR", limit: BYTES_MAX });
    }
    let mut decoder = Decoder { rest: bytes, items: 0 };
    let value = decoder.value(0)?;
    Ok((value, decoder.rest))
}

fn wrong(why: &'static str) -> SealError {
    SealError::malformed("CBOR", why)
}

struct Decoder<'a> {
    rest: &'a [u8],
    items: usize,
}

impl<'a> Decoder<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, SealError> {
        self.items += 1;
        if depth > DEPTH_MAX {
            return Err(SealError::TooLarge { what: "CBOR nesting", limit: DEPTH_MAX });
        }
        if self.items > ITEMS_MAX {
            return Err(SealError::TooLarge { what: "CBOR items", limit: ITEMS_MAX });
        }
        let first = self.take(1)?[0];
        if first >> 5 == 7 {
            return match first {
                0xf4 => Ok(Value::Bool(false)),
                0xf5 => Ok(Value::Bool(true)),
                0xf6 => Ok(Value::Null),
                _ => Err(wrong("a float or simple value")),
            };
        }
        let number = self.number(first & 31)?;
        match first >> 5 {
            0 => i64::try_from(number).map(Value::Int).map_err(|_| wrong("a number above 63 bits")),
            1 => i64::try_from(number).map(|number| Value::Int(!number)).map_err(|_| wrong("a number above 63 bits")),
            2 => Ok(Value::Bytes(self.take_long(number)?.to_vec())),
            3 => {
                let text = std::str::from_utf8(self.take_long(number)?).map_err(|_| wrong("not UTF-8"))?;
                Ok(Value::Text(text.to_owned()))
            }
            4 => (0..number).map(|_| self.value(depth + 1)).collect::<Result<_, _>>().map(Value::Array),
            5 => self.map(number, depth),
            _ => Ok(Value::Tag(number, Box::new(self.value(depth + 1)?))),
        }
    }

    fn map(&mut self, pairs: u64, depth: usize) -> Result<Value, SealError> {
        let mut out = Vec::new();
        let mut previous: Option<&[u8]> = None;
        for _ in 0..pairs {
            let start = self.rest;
            let key = self.value(depth + 1)?;
            let encoded = &start[..start.len() - self.rest.len()];
            if previous.is_some_and(|previous| previous >= encoded) {
                return Err(wrong("map keys not sorted"));
            }
            previous = Some(encoded);
            out.push((key, self.value(depth + 1)?));
        }
        Ok(Value::Map(out))
    }

    fn number(&mut self, info: u8) -> Result<u64, SealError> {
        let (length, least) = match info {
            0..24 => return Ok(u64::from(info)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(wrong("an indefinite length")),
        };
        let number = self.take(length)?.iter().fold(0, |sum, &octet| sum << 8 | u64::from(octet));
        if number < least { Err(wrong("a number not in its shortest form")) } else { Ok(number) }
    }

    fn take_long(&mut self, length: u64) -> Result<&'a [u8], SealError> {
        self.take(usize::try_from(length).map_err(|_| wrong("cut short"))?)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], SealError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| wrong("cut short"))?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{from_hex, hex};
    use proptest::prelude::*;

    #[test]
    fn examples_of_the_rfc_hold() {
        // RFC 8949 appendix A.
        let text = |text: &str| Value::Text(text.to_owned());
        for (value, encoded) in [
            (Value::Int(0), "00"),
            (Value::Int(23), "17"),
            (Value::Int(24), "1818"),
            (Value::Int(1_000_000), "1a000f4240"),
            (Value::Int(1_000_000_000_000), "1b000000e8d4a51000"),
            (Value::Int(-1), "20"),
            (Value::Int(-1000), "3903e7"),
            (Value::Int(i64::MIN), "3b7fffffffffffffff"),
            (Value::Bytes(vec![1, 2, 3, 4]), "4401020304"),
            (text("水"), "63e6b0b4"),
            (Value::Array(vec![Value::Int(1), Value::Array(vec![Value::Int(2)])]), "82018102"),
            (Value::Map(vec![(text("b"), Value::Bool(true)), (text("a"), Value::Null)]), "a26161f66162f5"),
            (Value::Tag(1, Box::new(Value::Int(1_363_896_240))), "c11a514b67b0"),
        ] {
            assert_eq!(hex(&encode(&value).unwrap()), encoded);
            let read = decode(&from_hex(encoded).unwrap()).unwrap();
            assert_eq!(encode(&read), encode(&value));
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in [
            "1817",           // 23 in two bytes
            "190018",         // 24 in three
            "5f4101ff",       // indefinite bytes
            "9fff",           // indefinite array
            "a2616201616100", // unsorted
            "a2616100616101", // twice
            "f90000",         // float
            "f7",             // undefined
            "1bffffffffffffffff",
            "61ff",         // not UTF-8
            "0000",         // two values
            "5affffffff00", // cut short
            "9bffffffffffffffff00",
            "818181818181818181818100", // too deep
            "",
        ] {
            assert!(decode(&from_hex(bad).unwrap()).is_err(), "{bad}");
        }
        let twice = Value::Map(vec![(Value::Int(1), Value::Null), (Value::Int(1), Value::Null)]);
        assert!(encode(&twice).is_err());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::Int),
            any::<Vec<u8>>().prop_map(Value::Bytes),
            any::<String>().prop_map(Value::Text),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(any::<i64>(), inner.clone(), 0..4).prop_map(|map| {
                    Value::Map(map.into_iter().map(|(key, value)| (Value::Int(key), value)).collect())
                }),
                (any::<u64>(), inner).prop_map(|(tag, value)| Value::Tag(tag, Box::new(value))),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_round_trip_in_one_form(value in any_value()) {
            let encoded = encode(&value).unwrap();
            prop_assert_eq!(encode(&decode(&encoded).unwrap()).unwrap(), encoded);
        }

        #[test]
        fn whatever_is_read_has_no_other_form(bytes: Vec<u8>) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(encode(&value).unwrap(), bytes);
            }
        }
    }
}
