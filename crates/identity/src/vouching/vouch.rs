//! A contact types the code that the person spoke to them, or says that it is
//! not them.

use std::collections::BTreeSet;
use std::sync::Arc;

use audit::Leaf;
use base::{AccountId, Locale, PersonName, Timestamp};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use super::{NEEDED, OPEN_SECONDS, TRIES, Vouching, WAIT_SECONDS, code_of, live, warn_in};
use crate::code::Tried;
use crate::factors::check;
use crate::messages::Messages;
use crate::model::{Account, ContactId, Refusal, SsoId, VOUCHING, VouchingId, step};
use crate::person::{self, display_name};
use crate::security::{Owner, tell_in};
use crate::{Identity, sql};

/// Somebody for whom a contact may vouch now.
pub(crate) struct Ask {
    pub(crate) id: VouchingId,
    pub(crate) name: Option<PersonName>,
    pub(crate) began_at: Timestamp,
}

/// What waits for a contact's word.
pub(crate) fn asks(read: &mut Read<'_>, reader: Owner, now: Timestamp) -> Result<Vec<Ask>, Error> {
    let rows = read.rows(&sql::VOUCHINGS_FOR, &params![reader.account, now])?;
    let mut all = Vec::new();
    for row in rows {
        let account = person::account(read, row.get(1)?)?;
        let name = account.map(|account| display_name(read, account.person)).transpose()?.flatten();
        all.push(Ask { id: row.get(0)?, name, began_at: row.get(2)? });
    }
    Ok(all)
}

/// The reader as a contact of the account, with what they said so far.
struct Word {
    contact: ContactId,
    account: Account,
    /// Wrong codes so far; nothing when they did not say anything yet.
    tries: Option<u32>,
}

fn word(read: &mut Read<'_>, there: &Vouching, reader: Owner) -> Result<Word, Refusal> {
    let account = there.account.filter(|_| there.stage == "asked").ok_or(Refusal::Gone)?;
    let row = read.row(&sql::CONTACT_BETWEEN, &params![account, reader.account])?.ok_or(Refusal::Gone)?;
    let contact: ContactId = row.get(0)?;
    let said = read.row(&sql::VOUCH, &params![there.id, contact])?;
    let said = said.map(|row| Ok::<_, Error>((row.get::<String>(0)?, row.get::<u32>(1)?))).transpose()?;
    if said.as_ref().is_some_and(|(stage, _)| stage != "asked") {
        return Err(Refusal::Gone);
    }
    let account = person::account(read, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
    Ok(Word { contact, account, tries: said.map(|(_, tries)| tries) })
}

fn keep_in(tx: &mut Tx<'_>, id: VouchingId, word: &Word, stage: &str, tries: u32) -> Result<(), Error> {
    let (statement, now) = (if word.tries.is_some() { &sql::SET_VOUCH } else { &sql::INSERT_VOUCH }, tx.now());
    tx.execute_one(statement, &params![id, word.contact, stage, tries, now])
}

/// Vouches, just after signing in with everything that there is.
pub(crate) async fn vouch(
    ctx: &Ctx,
    identity: &Arc<Identity>,
    reader: Owner,
    here: Option<SsoId>,
    (id, typed): (VouchingId, &str),
) -> Result<Tried, Refusal> {
    let (typed, identity) = (base::digits::only_digits(typed).unwrap_or_default(), Arc::clone(identity));
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, reader, here, false)?;
        let now = tx.now();
        let there = live(tx, id, now)?;
        let word = word(tx, &there, reader)?;
        let (account, person) = (word.account.id, word.account.person);
        let code = code_of(|domain, value| tx.blind(domain, value), id);
        let leaf = |act| Leaf::new(act, format!("account:{account}")).about(person);
        if !seal::digest::equal(code.as_bytes(), typed.as_bytes()) {
            let tries = word.tries.unwrap_or(0) + 1;
            let (stage, tried) = if tries >= TRIES { ("locked", Tried::Dead) } else { ("asked", Tried::Wrong) };
            keep_in(tx, id, &word, stage, tries)?;
            audit::record_in(tx, &leaf("identity.vouch_failed").with(json!({ "contact": word.contact })))?;
            return Ok(tried);
        }
        keep_in(tx, id, &word, "vouched", word.tries.unwrap_or(0))?;
        audit::record_in(tx, &leaf("identity.vouched").with(json!({ "contact": word.contact })))?;
        if voices(tx, id)? >= NEEDED {
            let stage = step(&VOUCHING, &there.stage, "two vouched")?;
            let ready_at = now.plus_seconds(WAIT_SECONDS);
            let until = ready_at.plus_seconds(OPEN_SECONDS);
            tx.execute_one(&sql::SET_VOUCHING, &params![stage, there.tries, ready_at, until, id, there.stage])?;
            warn_in(tx, &identity, person, id, [Messages::vouching_waits_title, Messages::vouching_waits_next])?;
        }
        Ok(Tried::Right)
    })
    .await
}

/// How many people vouched: those who share a telephone are one.
fn voices(read: &mut Read<'_>, id: VouchingId) -> Result<usize, Error> {
    let mut voices = BTreeSet::new();
    for row in read.rows(&sql::VOUCHED, &params![id])? {
        let contact: AccountId = row.get(0)?;
        let there = person::account(read, contact)?.filter(|there| there.stage == "open");
        let phone = there.map(|there| there.phone.map(|phone| phone.as_str().to_owned()));
        voices.extend(phone.map(|phone| phone.unwrap_or_else(|| contact.to_string())));
    }
    Ok(voices.len())
}

/// A contact says that it is not the person: that word is not changed, and the
/// owner is told.
pub(crate) async fn decline(ctx: &Ctx, reader: Owner, id: VouchingId) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let there = live(tx, id, now)?;
        let word = word(tx, &there, reader)?;
        keep_in(tx, id, &word, "refused", word.tries.unwrap_or(0))?;
        let owner = Owner { account: word.account.id, person: word.account.person };
        let leaf = Leaf::new("identity.vouch_refused", owner.holder()).about(owner.person);
        audit::record_in(tx, &leaf.with(json!({ "contact": word.contact })))?;
        let words = [Messages::vouch_refused_title, Messages::vouching_begun_next];
        Ok(tell_in(tx, owner, "identity.vouching", Locale::AR, words)?)
    })
    .await
}
