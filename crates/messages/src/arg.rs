//! What a message is told: a text or a whole number.

use std::borrow::Cow;

/// A value for one `{ $name }` of a message.
///
/// Sums of money, dates and names come as texts that are already formatted;
/// a number is for counting, because only a number chooses a plural form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Put into the sentence as it is.
    Text(String),
    /// Counted: chooses the plural form, and is written in Western digits.
    Number(i64),
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Cow<'_, str>> for Arg {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into_owned())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Arg {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Arg {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Arg {
    /// A number above what anybody counts is written, not counted.
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }
}

// Templates pass their fields by reference, sometimes by a reference to one.
impl<T> From<&T> for Arg
where
    T: Clone + Into<Arg>,
{
    fn from(value: &T) -> Self {
        value.clone().into()
    }
}
