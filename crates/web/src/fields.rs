//! `application/x-www-form-urlencoded`, strictly: broken UTF-8, broken
//! percent signs and NUL are errors, not replacements. And from fields to a
//! type through serde, where a field that the type does not name is an error.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};

use crate::config::FIELDS_MAX;

/// Names and values in the order in which they came.
pub type Fields = Vec<(String, String)>;

/// Why fields could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// Not UTF-8, or a broken escape, or NUL.
    #[error("the text is not valid UTF-8")]
    Encoding,
    /// More fields than [`FIELDS_MAX`].
    #[error("more than {FIELDS_MAX} fields")]
    TooMany,
    /// A field that nobody asked for.
    #[error("unknown field {0}")]
    Unknown(String),
    /// A field is missing, repeated, or has another shape.
    #[error("{0}")]
    Shape(String),
}

/// Splits and decodes a body or a query.
///
/// # Errors
/// [`FieldsError::Encoding`] or [`FieldsError::TooMany`].
pub fn parse(bytes: &[u8]) -> Result<Fields, FieldsError> {
    let mut fields = Vec::new();
    for pair in bytes.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(FieldsError::TooMany);
        }
        let split = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let value = pair.get(split + 1..).unwrap_or_default();
        fields.push((decode(&pair[..split])?, decode(value)?));
    }
    Ok(fields)
}

fn decode(bytes: &[u8]) -> Result<String, FieldsError> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => plain.push(b' '),
            b'%' => {
                let [high, low, after @ ..] = tail else { return Err(FieldsError::Encoding) };
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(FieldsError::Encoding) };
                plain.push(high << 4 | low);
                rest = after;
            }
            other => plain.push(*other),
        }
    }
    if plain.contains(&0) {
        return Err(FieldsError::Encoding);
    }
    String::from_utf8(plain).map_err(|_| FieldsError::Encoding)
}

/// Escapes a text for a query parameter or a form field.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// What to do with fields that the type does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// An error: what a form does not ask for is not taken (mass assignment).
    Refused,
    /// Dropped: links carry other people's parameters.
    Dropped,
}

/// Makes a value of fields. Numbers may be typed in any script's digits; an
/// empty field is `None` for an `Option`; a repeated field fills a `Vec`. Maps
/// and lists of pairs (`BTreeMap<String, String>`, `Vec<(String, String)>`)
/// take every field.
///
/// # Errors
/// [`FieldsError::Unknown`] or [`FieldsError::Shape`].
pub fn into<T: DeserializeOwned>(fields: &Fields, unknown: Unknown) -> Result<T, FieldsError> {
    T::deserialize(Record { fields, unknown })
}

impl de::Error for FieldsError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self::Shape(message.to_string())
    }
}

struct Record<'a> {
    fields: &'a Fields,
    unknown: Unknown,
}

impl<'a> Record<'a> {
    /// Fields of one name together, in the order of first appearance.
    fn grouped(&self) -> Vec<(&'a str, Values<'a>)> {
        let mut groups: Vec<(&str, Values<'_>)> = Vec::with_capacity(self.fields.len());
        for (name, value) in self.fields {
            match groups.iter_mut().find(|group| group.0 == name) {
                Some(group) => group.1.0.push(value),
                None => groups.push((name, Values(vec![value]))),
            }
        }
        groups
    }
}

impl<'a: 'de, 'de> Deserializer<'de> for Record<'a> {
    type Error = FieldsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        self.deserialize_map(visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_map(MapDeserializer::new(self.grouped().into_iter()))
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        if self.unknown == Unknown::Refused
            && let Some((name, _)) = self.fields.iter().find(|(name, _)| !known.contains(&name.as_str()))
        {
            return Err(FieldsError::Unknown(name.clone()));
        }
        self.deserialize_map(visitor)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        let pairs = self.fields.iter().map(|(name, value)| Pair(name, value));
        visitor.visit_seq(SeqDeserializer::new(pairs))
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        match self.fields.first() {
            Some((name, _)) if self.unknown == Unknown::Refused => Err(FieldsError::Unknown(name.clone())),
            _ => visitor.visit_unit(),
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        visitor.visit_newtype_struct(self)
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// A name and a value, for lists of pairs.
struct Pair<'a>(&'a str, &'a str);

impl<'a> IntoDeserializer<'a, FieldsError> for Pair<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'a: 'de, 'de> Deserializer<'de> for Pair<'a> {
    type Error = FieldsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_seq(SeqDeserializer::new([self.0, self.1].into_iter()))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The values of one name: usually one.
struct Values<'a>(Vec<&'a str>);

impl<'a> Values<'a> {
    fn one(&self) -> Result<&'a str, FieldsError> {
        match self.0.as_slice() {
            [value] => Ok(value),
            _ => Err(FieldsError::Shape("one value is expected".to_owned())),
        }
    }
    fn number(&self) -> Result<String, FieldsError> {
        Ok(base::digits::to_western(self.one()?.trim()).chars().collect())
    }
}

impl<'a> IntoDeserializer<'a, FieldsError> for Values<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $number:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
            let number: $number = self.number()?.parse().map_err(|_| FieldsError::Shape("a number is expected".to_owned()))?;
            visitor.$visit(number)
        })*
    };
}

impl<'a: 'de, 'de> Deserializer<'de> for Values<'a> {
    type Error = FieldsError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_borrowed_str(self.one()?)
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        match self.one()? {
            "on" | "yes" | "true" | "1" => visitor.visit_bool(true),
            "" | "no" | "false" | "0" => visitor.visit_bool(false),
            _ => Err(FieldsError::Shape("yes or no is expected".to_owned())),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        if self.0.iter().all(|value| value.is_empty()) { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_seq(SeqDeserializer::new(self.0.into_iter().map(|value| Values(vec![value]))))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldsError> {
        visitor.visit_enum(Cow::Borrowed(self.one()?).into_deserializer())
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldsError> {
        visitor.visit_unit()
    }
    numbers! {
        deserialize_i8 visit_i8 i8; deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32; deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8; deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32; deserialize_u64 visit_u64 u64;
    }
    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Colour {
        DarkRed,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        name: String,
        count: u32,
        #[serde(default)]
        urgent: bool,
        note: Option<String>,
        #[serde(default)]
        tags: Vec<String>,
        colour: Option<Colour>,
    }

    fn read<T: DeserializeOwned>(body: &str) -> Result<T, FieldsError> {
        into(&parse(body.as_bytes())?, Unknown::Refused)
    }

    #[test]
    fn a_type_is_filled() {
        let body = "name=%D8%B9%D9%84%D9%8A+%26&count=%D9%A1%D9%A2&urgent=on&note=&tags=a&tags=b&colour=dark-red";
        let expected = Order {
            name: "علي &".to_owned(),
            count: 12,
            urgent: true,
            note: None,
            tags: vec!["a".to_owned(), "b".to_owned()],
            colour: Some(Colour::DarkRed),
        };
        assert_eq!(read::<Order>(body), Ok(expected));
    }

    #[test]
    fn hostile_bodies_are_refused() {
        for body in ["name=%ff&count=1", "name=%4", "name=%zz&count=1", "name=a%00b&count=1", "name=\u{0}"] {
            assert_eq!(read::<Order>(body), Err(FieldsError::Encoding), "{body}");
        }
        assert_eq!(read::<Order>("name=a&count=1&admin=1"), Err(FieldsError::Unknown("admin".to_owned())));
        for body in ["count=1", "name=a", "name=a&count=x", "name=a&name=b&count=1", "name=a&count=1&colour=pink"] {
            assert!(matches!(read::<Order>(body), Err(FieldsError::Shape(_))), "{body}");
        }
        let many = "a=1&".repeat(FIELDS_MAX + 1);
        assert_eq!(parse(many.as_bytes()), Err(FieldsError::TooMany));
        assert_eq!(parse("a=1&".repeat(FIELDS_MAX).as_bytes()).unwrap().len(), FIELDS_MAX);
    }

    #[test]
    fn maps_and_pairs_take_everything() {
        let map: BTreeMap<String, String> = read("b=2&a=1").unwrap();
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [("a".into(), "1".into()), ("b".into(), "2".into())]);
        let pairs: Vec<(String, String)> = read("b=2&a=1&b=3").unwrap();
        assert_eq!(pairs.len(), 3);
        assert_eq!(into::<()>(&parse(b"a=1").unwrap(), Unknown::Refused), Err(FieldsError::Unknown("a".to_owned())));
    }

    #[test]
    fn encoding_is_read_back() {
        let text = "a b&c=d/خدمة?%";
        let body = format!("k={}", encode(text));
        assert_eq!(parse(body.as_bytes()).unwrap(), [("k".to_owned(), text.to_owned())]);
    }
}
