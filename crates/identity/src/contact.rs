//! Trusted contacts: up to three people whom an account's owner names by ID
//! number, and who accept. Two of them can vouch for the owner (`vouching`).
//!
//! Naming says nothing about whether a number has an account: the invitation
//! waits until somebody who has proven that number looks.

use audit::Leaf;
use base::id::TypedId;
use base::{AccountId, Assurance, IdNumber, Locale, PersonId, PersonName, Timestamp};
use store::{Ctx, Error, Key, Read, Row, Tx, params};
use web::throttle;

use crate::factors::check;
use crate::messages::Messages;
use crate::model::{CONTACT, ContactId, Refusal, SsoId, step};
use crate::person::{self, account_of_number, display_name, index_of};
use crate::security::{Owner, tell_in};
use crate::sign_in::{about, allowed};
use crate::sql;

const COLUMN: &str = "identity_contact.number";
/// Contacts that an account has.
pub(crate) const CONTACTS: usize = 3;
/// Numbers that somebody names, a day.
const NAMED: u32 = 10;

/// A contact as the owner sees it.
pub(crate) struct Mine {
    pub(crate) id: ContactId,
    pub(crate) number: String,
    /// Once they accepted.
    pub(crate) name: Option<PersonName>,
}

/// Somebody who named the reader.
pub(crate) struct Theirs {
    pub(crate) id: ContactId,
    pub(crate) name: Option<PersonName>,
    pub(crate) accepted: bool,
}

/// A contact as it is kept.
struct Kept {
    account: AccountId,
    about: Vec<u8>,
    contact: Option<AccountId>,
    stage: String,
}

fn kept(read: &mut Read<'_>, id: ContactId) -> Result<Kept, Refusal> {
    let row = read.row(&sql::CONTACT, &params![id])?.ok_or(Refusal::Gone)?;
    Ok(Kept { account: row.get(0)?, about: row.get(1)?, contact: row.get(2)?, stage: row.get(3)? })
}

/// The open account with this id, and its owner.
fn owner_of(read: &mut Read<'_>, account: AccountId) -> Result<Owner, Refusal> {
    let there = person::account(read, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
    Ok(Owner { account, person: there.person })
}

/// Whether somebody has proven who they are: nobody else names or is named.
fn is_proven(read: &mut Read<'_>, account: AccountId) -> Result<bool, Refusal> {
    let there = person::account(read, account)?.ok_or(Refusal::Gone)?;
    Ok(there.level > Assurance::Low && there.stage == "open")
}

/// The contacts that somebody named, and whether they accepted.
pub(crate) fn mine(read: &mut Read<'_>, owner: Owner) -> Result<Vec<Mine>, Error> {
    let rows = read.rows(&sql::CONTACTS_OF, &params![owner.account])?;
    let mut all = Vec::new();
    for row in rows {
        let number = read.open_text(owner.person, COLUMN, &row.get::<Vec<u8>>(1)?)?;
        let account = row.get::<Option<AccountId>>(2)?.map(|id| person::account(read, id)).transpose()?.flatten();
        let name = account.map(|account| display_name(read, account.person)).transpose()?.flatten();
        all.push(Mine { id: row.get(0)?, number, name });
    }
    Ok(all)
}

/// Who named somebody: those who asked, and those for whom they vouch.
pub(crate) fn theirs(read: &mut Read<'_>, owner: Owner) -> Result<Vec<Theirs>, Refusal> {
    if !is_proven(read, owner.account)? {
        return Ok(Vec::new());
    }
    let about = about(read, owner.person)?;
    let rows = read.rows(&sql::CONTACTS_ABOUT, &params![about, owner.account])?;
    let line =
        |row: &Row| -> Result<(ContactId, AccountId, String), Error> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
    let mut all = Vec::new();
    for (id, account, stage) in rows.iter().map(line).collect::<Result<Vec<_>, _>>()? {
        let name = person::account(read, account)?.map(|account| display_name(read, account.person)).transpose()?;
        all.push(Theirs { id, name: name.flatten(), accepted: stage == "accepted" });
    }
    Ok(all)
}

/// How naming somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Named {
    /// They are asked, if they have a proven account or ever will.
    Asked,
    /// There are three already.
    Full,
    /// It is the owner's own number, or was named before.
    Known,
    /// The owner has not proven who they are.
    Unproven,
}

/// Names somebody.
pub(crate) async fn name(
    ctx: &Ctx,
    owner: Owner,
    here: Option<SsoId>,
    key: Key,
    number: &IdNumber,
) -> Result<Named, Refusal> {
    let who = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.contact", &who, NAMED, 24 * 3_600).await?)?;
    let (number, locale) = (number.clone(), ctx.locale);
    ctx.write(key, move |tx| {
        check(tx, owner, here, false)?;
        let index = index_of(tx, &number);
        let there = mine(tx, owner)?;
        if !is_proven(tx, owner.account)? {
            return Ok(Named::Unproven);
        }
        if index == about(tx, owner.person)? || there.iter().any(|one| one.number == number.as_str()) {
            return Ok(Named::Known);
        }
        if there.len() >= CONTACTS {
            return Ok(Named::Full);
        }
        let (id, now): (ContactId, _) = (tx.mint(), tx.now());
        let sealed = tx.seal_text(owner.person, COLUMN, number.as_str())?;
        tx.execute_one(&sql::INSERT_CONTACT, &params![id, owner.account, index, sealed, CONTACT.start, now])?;
        record_in(tx, "identity.contact_named", owner, id)?;
        tell_in(tx, owner, "identity.contact_named", locale, [Messages::contact_named_title, Messages::contact_next])?;
        let invited = account_of_number(tx, &number)?;
        if let Some(invited) = invited.filter(|there| there.level > Assurance::Low && there.stage == "open") {
            let name = display_name(tx, owner.person)?;
            notice_in(tx, invited.person, "identity.contact_named", &id, &|m, locale| {
                let name = said(m, locale, name.as_ref());
                [m.invited_title(name), m.invited_next().to_owned()]
            })?;
        }
        Ok(Named::Asked)
    })
    .await
}

/// Somebody who was named accepts, or refuses.
pub(crate) async fn answer(ctx: &Ctx, reader: Owner, id: ContactId, accepts: bool) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let there = kept(tx, id)?;
        if there.about != about(tx, reader.person)? || !is_proven(tx, reader.account)? {
            return Err(Refusal::Gone);
        }
        let event = if accepts { "accepted" } else { "refused" };
        let contact = accepts.then_some(reader.account);
        move_in(tx, id, &there, event, contact)?;
        record_in(tx, if accepts { "identity.contact_accepted" } else { "identity.contact_refused" }, reader, id)?;
        let owner = owner_of(tx, there.account)?;
        let title = if accepts { Messages::contact_accepted_title } else { Messages::contact_refused_title };
        Ok(tell_in(tx, owner, "identity.contact_answered", Locale::AR, [title, Messages::contact_next])?)
    })
    .await
}

/// The owner takes a contact off the list: as when a factor is taken away.
pub(crate) async fn remove(ctx: &Ctx, owner: Owner, here: Option<SsoId>, id: ContactId) -> Result<(), Refusal> {
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, true)?;
        let there = kept(tx, id)?;
        if there.account != owner.account {
            return Err(Refusal::Gone);
        }
        move_in(tx, id, &there, "removed", there.contact)?;
        record_in(tx, "identity.contact_removed", owner, id)?;
        let words = [Messages::contact_removed_title, Messages::contact_next];
        Ok(tell_in(tx, owner, "identity.contact_removed", locale, words)?)
    })
    .await
}

/// A contact no longer vouches for somebody.
pub(crate) async fn leave(ctx: &Ctx, reader: Owner, id: ContactId) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let there = kept(tx, id)?;
        if there.contact != Some(reader.account) {
            return Err(Refusal::Gone);
        }
        move_in(tx, id, &there, "removed", there.contact)?;
        record_in(tx, "identity.contact_removed", reader, id)?;
        let owner = owner_of(tx, there.account)?;
        let words = [Messages::contact_left_title, Messages::contact_next];
        Ok(tell_in(tx, owner, "identity.contact_removed", Locale::AR, words)?)
    })
    .await
}

fn move_in(
    tx: &mut Tx<'_>,
    id: ContactId,
    there: &Kept,
    event: &'static str,
    contact: Option<AccountId>,
) -> Result<(), Refusal> {
    let (stage, now) = (step(&CONTACT, &there.stage, event)?, tx.now());
    Ok(tx.execute_one(&sql::SET_CONTACT, &params![stage, contact, now, id, there.stage])?)
}

fn record_in(tx: &mut Tx<'_>, act: &'static str, owner: Owner, id: ContactId) -> Result<(), Error> {
    let leaf = Leaf::new(act, owner.holder()).about(owner.person);
    audit::record_in(tx, &leaf.with(serde_json::json!({ "contact": id }))).map(drop)
}

/// A person's name in a language, or a word for somebody without one.
pub(crate) fn said(m: Messages, locale: Locale, name: Option<&PersonName>) -> String {
    name.map_or_else(
        || m.somebody().to_owned(),
        |name| if locale == Locale::EN { name.latin_full() } else { name.arabic_full() },
    )
}

/// A notice whose words name somebody: title and body, in every language. Which
/// one its reader prefers is not known: short messages go in the portal's first.
pub(crate) fn notice_in(
    tx: &mut Tx<'_>,
    person: PersonId,
    topic: &'static str,
    about: &(impl TypedId + Copy),
    words: &dyn Fn(Messages, Locale) -> [String; 2],
) -> Result<(), Error> {
    let texts: Vec<[String; 2]> = Locale::all().map(|locale| words(Messages::new(locale), locale)).collect();
    let [short, _] = words(Messages::new(Locale::AR), Locale::AR);
    notify::notice_in(
        tx,
        &notify::Notice {
            person,
            topic,
            about: format!("contact:{}", base::id::to_text(about.bits())),
            link: "/account/contacts".to_owned(),
            title: texts.iter().map(|[title, _]| title.clone()).collect(),
            body: texts.iter().map(|[_, body]| body.clone()).collect(),
            short,
        },
    )
}

/// Forgets contacts that are gone, once nobody's way back names them.
pub(crate) async fn clear(ctx: &Ctx, before: Timestamp) -> Result<(), Error> {
    ctx.write(Key::once(ctx), move |tx| tx.execute(&sql::DELETE_GONE_CONTACTS, &params![before]).map(drop)).await
}
