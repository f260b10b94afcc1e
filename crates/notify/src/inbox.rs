//! The inbox: everything that a person was told, in every language, sealed.

use base::id::typed_id;
use base::{Locale, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Error, Read, Tx, params};
use web::Slice;

use crate::address::{email_of, phone_of};
use crate::send::{email_in, sms_in};
use crate::sql;

typed_id! {
    /// One item of an inbox.
    ItemId
}
store::stored_ids!(ItemId);

const COLUMN: &str = "notify_inbox.texts";

/// Something to tell a person. Texts come in the order of [`Locale::all`].
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whom.
    pub person: PersonId,
    /// Of what kind: `services.decided`.
    pub topic: &'static str,
    /// About what: `case:01J…`.
    pub about: String,
    /// Where to read on: a local path without language prefix.
    pub link: String,
    /// One line, in every language.
    pub title: Vec<String>,
    /// What happened and what to do next, in every language.
    pub body: Vec<String>,
    /// What SMS and e-mail say, in the person's language: no personal data.
    pub short: String,
}

#[derive(Serialize, Deserialize)]
struct Texts {
    title: Vec<String>,
    body: Vec<String>,
}

/// An item as pages show it.
#[derive(Debug, Clone)]
pub struct InboxItem {
    /// Its id; older items have smaller ones.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Of what kind.
    pub topic: String,
    /// About what.
    pub about: String,
    /// Where to read on.
    pub link: String,
    /// One line.
    pub title: String,
    /// What happened.
    pub body: String,
    /// Whether it was seen.
    pub seen: bool,
}

/// Puts a notice into the inbox and leaves its short form to SMS and e-mail, in
/// the caller's commit.
///
/// # Errors
/// The store's.
pub fn notice_in(tx: &mut Tx<'_>, notice: &Notice) -> Result<(), Error> {
    let id: ItemId = tx.mint();
    let texts = Texts { title: notice.title.clone(), body: notice.body.clone() };
    let texts = serde_json::to_vec(&texts).map_err(|error| Error::Corrupt(error.to_string()))?;
    let sealed = tx.seal(notice.person, COLUMN, &texts)?;
    let now = tx.now();
    tx.execute_one(
        &sql::INSERT_ITEM,
        &params![id, notice.person, now, notice.topic, notice.about, notice.link, sealed],
    )?;
    // A fixed line takes no messages, and nobody is rung up with news.
    if let Some(phone) = phone_of(tx, notice.person)?.filter(base::Phone::takes_messages) {
        sms_in(tx, notice.person, &phone, &notice.short)?;
    }
    if let Some(email) = email_of(tx, notice.person)? {
        email_in(tx, notice.person, &email, &notice.short, &notice.short)?;
    }
    Ok(())
}

/// A person's inbox, newest first: a slice, and one more.
///
/// # Errors
/// The store's.
pub fn inbox(read: &mut Read<'_>, person: PersonId, locale: Locale, slice: &Slice) -> Result<Vec<InboxItem>, Error> {
    let rows = read.rows(&sql::INBOX, &params![person, slice.before(), i64::from(slice.rows_to_read())])?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let texts = read.open(person, COLUMN, &row.get::<Vec<u8>>(5)?)?;
        let texts: Texts = serde_json::from_slice(&texts).map_err(|error| Error::Corrupt(error.to_string()))?;
        let in_locale = |texts: &[String]| texts.get(locale.index()).or(texts.first()).cloned().unwrap_or_default();
        items.push(InboxItem {
            id: row.get(0)?,
            at: row.get(1)?,
            topic: row.get(2)?,
            about: row.get(3)?,
            link: row.get(4)?,
            title: in_locale(&texts.title),
            body: in_locale(&texts.body),
            seen: row.get::<Option<i64>>(6)?.is_some(),
        });
    }
    Ok(items)
}

/// How many items a person has not seen.
///
/// # Errors
/// The store's.
pub fn unread(read: &mut Read<'_>, person: PersonId) -> Result<u32, Error> {
    read.row(&sql::UNREAD, &params![person])?.map_or(Ok(0), |row| row.get(0))
}

/// Marks the oldest 400 unseen items as seen: a write has its bound.
///
/// # Errors
/// The store's.
pub fn mark_read_in(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    let now = tx.now();
    tx.execute(&sql::MARK_READ, &params![now, person]).map(drop)
}
