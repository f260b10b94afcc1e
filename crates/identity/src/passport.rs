//! A passport, as its holder typed its zone and as an officer of a mission had it
//! in hand. Sealed; nobody is found by it, and what was only typed proves nothing.

use base::{Date, Mrz, OfficerId, PersonId};
use serde::{Deserialize, Serialize};
use store::{Error, Read, Tx, params};

use crate::sql;

const COLUMN: &str = "identity_passport.data";
/// Letters and digits of a passport's number (facts, identity §4).
const NUMBER_CHARS: std::ops::RangeInclusive<usize> = 6..=9;

/// What is kept of a passport.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passport {
    pub(crate) number: String,
    /// Family name and the others in Latin letters; nothing if only the number is known.
    pub(crate) name: String,
    pub(crate) born: String,
    pub(crate) expires: String,
}

impl Passport {
    /// Of a zone that was typed.
    pub(crate) fn of(mrz: &Mrz) -> Self {
        let name = format!("{} {}", mrz.given, mrz.surname).trim().to_owned();
        let (born, expires) = (mrz.born.to_string(), mrz.expires.to_string());
        Self { number: mrz.number.clone(), name, born, expires }
    }
    /// Whether its last day is over.
    pub(crate) fn is_over(&self, today: Date) -> bool {
        Date::parse(&self.expires).is_some_and(|last| last < today)
    }
}

/// A passport's number as it is printed: large letters and digits of any script.
pub(crate) fn number(typed: &str) -> Option<String> {
    let western = base::digits::to_western(typed);
    let kept: String =
        western.chars().filter(|sign| !sign.is_whitespace()).map(|sign| sign.to_ascii_uppercase()).collect();
    let fits = NUMBER_CHARS.contains(&kept.len()) && kept.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(kept)
}

/// What is known of a person's passport.
pub(crate) struct Kept {
    pub(crate) passport: Passport,
    /// An officer had it in hand.
    pub(crate) seen: bool,
}

pub(crate) fn of(read: &mut Read<'_>, person: PersonId) -> Result<Option<Kept>, Error> {
    let Some(row) = read.row(&sql::PASSPORT, &params![person])? else { return Ok(None) };
    let bytes = read.open(person, COLUMN, &row.get::<Vec<u8>>(0)?)?;
    let passport = serde_json::from_slice(&bytes).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Some(Kept { passport, seen: row.get::<Option<base::Timestamp>>(1)?.is_some() }))
}

fn sealed(tx: &mut Tx<'_>, person: PersonId, passport: &Passport) -> Result<Vec<u8>, Error> {
    let bytes = serde_json::to_vec(passport).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(person, COLUMN, &bytes)
}

/// Keeps what was typed at an opening.
pub(crate) fn say_in(tx: &mut Tx<'_>, person: PersonId, passport: &Passport) -> Result<(), Error> {
    let (data, now) = (sealed(tx, person, passport)?, tx.now());
    tx.execute_one(&sql::SAY_PASSPORT, &params![person, data, now])
}

/// Keeps that an officer had the passport of this number in hand. What was typed
/// of another one goes.
pub(crate) fn see_in(
    tx: &mut Tx<'_>,
    person: PersonId,
    number: &str,
    (officer, unit): (OfficerId, &str),
) -> Result<(), Error> {
    let known = of(tx, person)?.map(|kept| kept.passport).filter(|passport| passport.number == number);
    let other =
        || Passport { number: number.to_owned(), name: String::new(), born: String::new(), expires: String::new() };
    let passport = known.unwrap_or_else(other);
    let (data, now) = (sealed(tx, person, &passport)?, tx.now());
    tx.execute_one(&sql::SEE_PASSPORT, &params![person, data, now, officer, unit])
}

/// Whether a person opened their account from abroad, or showed a passport at a
/// mission.
///
/// # Errors
/// The store's.
pub fn came_from_abroad(read: &mut Read<'_>, person: PersonId) -> Result<bool, Error> {
    Ok(read.row(&sql::PASSPORT, &params![person])?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_any_digits_and_letters() {
        for (typed, kept) in [
            (" n123 4567 ", Some("N1234567")),
            ("١٢٣٤٥٦٧", Some("1234567")),
            ("12345", None),
            ("N12345678901", None),
            ("N-123456", None),
            ("ß12345", None),
        ] {
            assert_eq!(number(typed).as_deref(), kept, "{typed}");
        }
    }
}
