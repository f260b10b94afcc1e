//! Where a person can be told things. Sealed; one address for each channel.

use base::{PersonId, Phone};
use store::{Error, Read, Tx, params};

use crate::sql;

/// A way to tell somebody outside the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A short message.
    Sms,
    /// A call that says what it has to say.
    Voice,
    /// Electronic mail.
    Email,
}

impl Channel {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Email => "email",
        }
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Sms, Self::Voice, Self::Email].into_iter().find(|channel| channel.as_str() == word)
    }
}

const COLUMN: &str = "notify_address.address";

/// Keeps a person's telephone number.
///
/// # Errors
/// The store's.
pub fn set_phone_in(tx: &mut Tx<'_>, person: PersonId, phone: &Phone) -> Result<(), Error> {
    set(tx, person, Channel::Sms, phone.as_str())
}

/// Keeps a person's e-mail address.
///
/// # Errors
/// The store's.
pub fn set_email_in(tx: &mut Tx<'_>, person: PersonId, email: &str) -> Result<(), Error> {
    set(tx, person, Channel::Email, email)
}

/// Forgets where a person is told things: what was kept may be anybody's.
///
/// # Errors
/// The store's.
pub fn forget_in(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.execute(&sql::FORGET_ADDRESSES, &params![person]).map(drop)
}

/// Forgets a person's telephone number: whoever holds it now may be anybody.
///
/// # Errors
/// The store's.
pub fn forget_phone_in(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.execute(&sql::FORGET_ADDRESS, &params![person, Channel::Sms.as_str()]).map(drop)
}

/// A person's telephone number.
///
/// # Errors
/// The store's.
pub fn phone_of(read: &mut Read<'_>, person: PersonId) -> Result<Option<Phone>, Error> {
    Ok(get(read, person, Channel::Sms)?.and_then(|text| Phone::parse(&text)))
}

/// A person's e-mail address.
///
/// # Errors
/// The store's.
pub fn email_of(read: &mut Read<'_>, person: PersonId) -> Result<Option<String>, Error> {
    get(read, person, Channel::Email)
}

fn set(tx: &mut Tx<'_>, person: PersonId, channel: Channel, address: &str) -> Result<(), Error> {
    let sealed = tx.seal_text(person, COLUMN, address)?;
    let now = tx.now();
    tx.execute_one(&sql::SET_ADDRESS, &params![person, channel.as_str(), sealed, now])
}

fn get(read: &mut Read<'_>, person: PersonId, channel: Channel) -> Result<Option<String>, Error> {
    let Some(row) = read.row(&sql::ADDRESS, &params![person, channel.as_str()])? else { return Ok(None) };
    read.open_text(person, COLUMN, &row.get::<Vec<u8>>(0)?).map(Some)
}
