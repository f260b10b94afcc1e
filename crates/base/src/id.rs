//! Typed, sortable ids: 128 bits, 48 of them milliseconds since 1970 and 80
//! random (the ULID layout), written as 26 Crockford base-32 characters, so
//! that text order is time order.

use crate::{Timestamp, code};

/// The text was not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of Crockford base-32 are expected")]
pub struct IdError;

/// Bytes of randomness in an id.
pub const RANDOM_BYTES: usize = 10;
/// Characters of an id's text form.
pub const TEXT_CHARS: usize = 26;

/// Builds the 128 bits of an id from a time and ten random bytes.
#[must_use]
pub fn mint(now: Timestamp, random: [u8; RANDOM_BYTES]) -> u128 {
    let millis = now.as_millis().unsigned_abs() & 0xffff_ffff_ffff;
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    u128::from_be_bytes(bytes)
}

/// Writes an id as text.
#[must_use]
pub fn to_text(value: u128) -> String {
    (0..TEXT_CHARS)
        .rev()
        .map(|position| code::symbol(u8::try_from((value >> (5 * position)) & 31).unwrap_or(0)))
        .collect()
}

/// Reads an id's text; lower case is accepted, look-alike letters are not.
///
/// # Errors
/// [`IdError`] for another length, alphabet, or more than 128 bits.
pub fn from_text(text: &str) -> Result<u128, IdError> {
    if text.len() != TEXT_CHARS || text.as_bytes()[0] > b'7' {
        return Err(IdError);
    }
    text.chars().try_fold(0_u128, |value, symbol| {
        let digit = code::ALPHABET.iter().position(|&known| char::from(known) == symbol.to_ascii_uppercase());
        digit.map(|digit| (value << 5) | digit as u128).ok_or(IdError)
    })
}

/// What every typed id can do; `store` and `Ctx` mint through it.
pub trait TypedId: Sized {
    /// Wraps raw bits.
    fn from_bits(bits: u128) -> Self;
    /// The raw bits.
    fn bits(self) -> u128;
}

/// Declares a typed id: `typed_id! { /// A bill. BillId }`.
#[macro_export]
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $crate::id::TypedId for $name {
            fn from_bits(bits: u128) -> Self {
                Self(bits)
            }
            fn bits(self) -> u128 {
                self.0
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::id::to_text(self.0))
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::IdError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::from_text(text).map(Self)
            }
        }
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as $crate::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err($crate::serde::de::Error::custom)
            }
        }
    };
}
pub use typed_id;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_order_is_time_order() {
        let early = mint(Timestamp::from_micros(1_000_000), [255; 10]);
        let late = mint(Timestamp::from_micros(1_001_000), [0; 10]);
        assert!(to_text(early) < to_text(late));
    }

    #[test]
    fn strange_text_is_refused() {
        for text in ["", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000U", "٠0000000000000000000000000"]
        {
            assert_eq!(from_text(text), Err(IdError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(value: u128) {
            prop_assert_eq!(from_text(&to_text(value)), Ok(value));
        }
    }
}
