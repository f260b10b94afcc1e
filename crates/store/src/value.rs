//! Values that cross into SQL and back: integers, text, bytes, nothing else.

use std::borrow::Cow;

use base::{Date, Timestamp};

use crate::Error;

/// A value on its way into a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(Cow<'a, str>),
    /// BYTEA.
    Bytes(Cow<'a, [u8]>),
}

impl Param<'_> {
    /// The same value, borrowed from nothing.
    pub(crate) fn owned(&self) -> Param<'static> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Text(text) => Param::Text(Cow::Owned(text.clone().into_owned())),
            Self::Bytes(bytes) => Param::Bytes(Cow::Owned(bytes.clone().into_owned())),
        }
    }
}

/// A value that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// BIGINT, and BOOLEAN as 0 or 1.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Bytes(Vec<u8>),
}

impl Value {
    /// The value on its way into a statement again.
    pub(crate) fn as_param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(number) => Param::Int(*number),
            Self::Text(text) => Param::Text(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Param::Bytes(Cow::Borrowed(bytes)),
        }
    }
}

/// What can go into a statement.
pub trait ToParam {
    /// The value, borrowed where possible.
    fn to_param(&self) -> Param<'_>;
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// Reads it, or says what was expected.
    ///
    /// # Errors
    /// The expected shape, as a word.
    fn from_value(value: Value) -> Result<Self, &'static str>;
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub(crate) statement: &'static str,
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the column is not there or has another shape.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, Error> {
        let value = self.values.get(column).cloned().ok_or("a column");
        value
            .and_then(T::from_value)
            .map_err(|expected| Error::Corrupt(format!("{}: column {column} should hold {expected}", self.statement)))
    }
}

impl<T: ToParam + ?Sized> ToParam for &T {
    fn to_param(&self) -> Param<'_> {
        (**self).to_param()
    }
}
impl<T: ToParam> ToParam for Option<T> {
    fn to_param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, ToParam::to_param)
    }
}
impl ToParam for str {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Borrowed(self))
    }
}
impl ToParam for String {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Borrowed(self))
    }
}
impl ToParam for [u8] {
    fn to_param(&self) -> Param<'_> {
        Param::Bytes(Cow::Borrowed(self))
    }
}
impl ToParam for Vec<u8> {
    fn to_param(&self) -> Param<'_> {
        Param::Bytes(Cow::Borrowed(self))
    }
}
impl<const N: usize> ToParam for [u8; N] {
    fn to_param(&self) -> Param<'_> {
        Param::Bytes(Cow::Borrowed(self))
    }
}
impl ToParam for i64 {
    fn to_param(&self) -> Param<'_> {
        Param::Int(*self)
    }
}
impl ToParam for u32 {
    fn to_param(&self) -> Param<'_> {
        Param::Int(i64::from(*self))
    }
}
impl ToParam for bool {
    fn to_param(&self) -> Param<'_> {
        Param::Int(i64::from(*self))
    }
}
impl ToParam for Timestamp {
    fn to_param(&self) -> Param<'_> {
        Param::Int(self.as_micros())
    }
}
impl ToParam for Date {
    fn to_param(&self) -> Param<'_> {
        Param::Text(Cow::Owned(self.to_string()))
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        Ok(value)
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        if value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}
impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        if let Value::Int(value) = value { Ok(value) } else { Err("an integer") }
    }
}
impl FromValue for u64 {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        i64::from_value(value)?.try_into().map_err(|_| "an integer that is not negative")
    }
}
impl FromValue for u32 {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        i64::from_value(value)?.try_into().map_err(|_| "a small integer that is not negative")
    }
}
impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        match value {
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            _ => Err("0 or 1"),
        }
    }
}
impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        if let Value::Text(text) = value { Ok(text) } else { Err("text") }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        if let Value::Bytes(bytes) = value { Ok(bytes) } else { Err("bytes") }
    }
}
impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        Vec::from_value(value)?.try_into().map_err(|_| "bytes of a fixed length")
    }
}
impl FromValue for Timestamp {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        i64::from_value(value).map(Self::from_micros)
    }
}
impl FromValue for Date {
    fn from_value(value: Value) -> Result<Self, &'static str> {
        Self::parse(&String::from_value(value)?).ok_or("a date")
    }
}

/// Typed ids cross as text. (A macro of this crate, since neither the trait nor
/// all of the ids live here: `store::stored_ids!(BillId, PaymentId);`.)
#[macro_export]
macro_rules! stored_ids {
    ($($name:ty),* $(,)?) => {
        $(
            impl $crate::ToParam for $name {
                fn to_param(&self) -> $crate::Param<'_> {
                    $crate::Param::Text(std::borrow::Cow::Owned(self.to_string()))
                }
            }
            impl $crate::FromValue for $name {
                fn from_value(value: $crate::Value) -> Result<Self, &'static str> {
                    <String as $crate::FromValue>::from_value(value)?.parse().map_err(|_| "an id")
                }
            }
        )*
    };
}
stored_ids!(base::PersonId, base::AccountId, base::MandateId, base::OfficerId, base::CaseId, base::CalendarEntryId);
