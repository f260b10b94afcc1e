//! What officers do with somebody's account: find it, look at it, lock it, end
//! its sessions. Each look and act is a leaf that its person reads, and of each
//! act they are told. No secret is seen or set here.

use audit::Leaf;
use base::{AccountId, Actor, Assurance, IdNumber, Locale, PersonId, PersonName};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use crate::messages::Messages;
use crate::model::{ACCOUNT, Account, Refusal, step};
use crate::revocation::{self, Held};
use crate::security::{self, Owner};
use crate::{certificate, mandate, person, sql};

/// The act of looking at somebody's account.
pub const READ: &str = "identity.account_read";
/// Longest reason, characters.
pub(crate) const REASON_CHARS: usize = 500;
/// Accounts that one officer may look for, a day.
const LOOKS: u32 = 300;

/// A reason as it is kept.
pub(crate) fn reason_of(typed: &str) -> Result<String, Refusal> {
    let reason = typed.trim();
    let fits = !reason.is_empty() && reason.chars().count() <= REASON_CHARS;
    fits.then(|| reason.to_owned()).ok_or(Refusal::NoReason)
}

/// An account as officers see it: what there is, never what it says.
pub(crate) struct Seen {
    pub(crate) level: Assurance,
    pub(crate) stage: String,
    pub(crate) name: Option<PersonName>,
    pub(crate) held: Vec<Held>,
    pub(crate) sessions: usize,
    /// Something that is proposed of it waits.
    pub(crate) waiting: bool,
}

/// The account of an ID number, if there is one.
pub(crate) async fn find(ctx: &Ctx, number: &IdNumber) -> Result<Option<AccountId>, Refusal> {
    let who = ctx.actor.reference();
    if let throttle::Throttle::Wait(seconds) = throttle::hit(ctx, "identity.find", &who, LOOKS, 24 * 3_600).await? {
        return Err(Refusal::Wait(seconds));
    }
    let number = number.clone();
    let found = ctx.read(move |read| person::account_of_number(read, &number)).await?;
    Ok(found.map(|account| account.id))
}

/// An account; the look is recorded before it is shown.
pub(crate) async fn look(ctx: &Ctx, id: AccountId) -> Result<Seen, Refusal> {
    let unit = unit(&ctx.actor).to_owned();
    let account = ctx
        .write(Key::once(ctx), move |tx| {
            let account = there(tx, id)?;
            let leaf = Leaf::new(READ, format!("account:{id}")).about(account.person);
            audit::record_in(tx, &leaf.with(json!({ "unit": unit })))?;
            Ok::<_, Refusal>(account.person)
        })
        .await?;
    let sessions = security::sessions(ctx, Owner { account: id, person: account }).await?.len();
    let now = ctx.now();
    ctx.read(move |read| {
        let there = person::account(read, id)?.ok_or(Refusal::Gone)?;
        let held = revocation::held(read, &there, now)?;
        Ok(Seen {
            level: there.level,
            name: person::display_name(read, there.person)?,
            waiting: read.row(&sql::PROPOSALS_ABOUT, &params![format!("account:{id}")])?.is_some(),
            stage: there.stage,
            held,
            sessions,
        })
    })
    .await
}

/// For which unit an officer acts.
pub(crate) fn unit(actor: &Actor) -> &str {
    match actor {
        Actor::Officer { unit, .. } => unit,
        _ => "",
    }
}

/// An account that is not closed.
pub(crate) fn there(read: &mut Read<'_>, id: AccountId) -> Result<Account, Refusal> {
    person::account(read, id)?.filter(|account| account.stage != "closed").ok_or(Refusal::Gone)
}

/// Nobody signs in to the account any more, and whoever is in is out.
pub(crate) async fn lock(ctx: &Ctx, key: Key, id: AccountId, reason: &str) -> Result<(), Refusal> {
    let reason = reason_of(reason)?;
    let (owner, ended) = ctx
        .write(key, move |tx| {
            let account = there(tx, id)?;
            move_in(tx, &account, "locked")?;
            let owner = Owner { account: id, person: account.person };
            let ended = security::end_some_in(tx, owner, None)?;
            certificate::revoke_all_in(tx, owner, certificate::Cause::Withdrawn)?;
            record_in(tx, "identity.account_locked", id, owner.person, &json!({ "reason": reason }))?;
            let words = [Messages::locked_title, Messages::locked_next];
            tell_in(tx, owner, "identity.account_locked", words, &reason)?;
            Ok::<_, Refusal>((owner.person, ended))
        })
        .await
        .map(|(person, ended)| (Owner { account: id, person }, ended))?;
    mandate::end::all_given(ctx, owner.person).await?;
    security::end_rest(ctx, owner, None, ended).await
}

/// Whoever is in is out; signing in again is possible.
pub(crate) async fn end_sessions(ctx: &Ctx, key: Key, id: AccountId, reason: &str) -> Result<(), Refusal> {
    let reason = reason_of(reason)?;
    let (person, ended) = ctx
        .write(key, move |tx| {
            let owner = Owner { account: id, person: there(tx, id)?.person };
            let ended = security::end_some_in(tx, owner, None)?;
            record_in(tx, "identity.sessions_ended", id, owner.person, &json!({ "reason": reason }))?;
            let words = [Messages::officer_ended_title, Messages::officer_ended_next];
            tell_in(tx, owner, "identity.sessions_ended", words, &reason)?;
            Ok::<_, Refusal>((owner.person, ended))
        })
        .await?;
    security::end_rest(ctx, Owner { account: id, person }, None, ended).await
}

/// A locked account is open again: the end of a proposal.
pub(crate) fn unlock_in(tx: &mut Tx<'_>, id: AccountId, reason: &str) -> Result<(), Refusal> {
    let account = there(tx, id)?;
    move_in(tx, &account, "unlocked")?;
    record_in(tx, "identity.account_unlocked", id, account.person, &json!({ "reason": reason }))?;
    let owner = Owner { account: id, person: account.person };
    let words = [Messages::unlocked_title, Messages::unlocked_next];
    Ok(tell_in(tx, owner, "identity.account_unlocked", words, reason)?)
}

fn move_in(tx: &mut Tx<'_>, account: &Account, event: &'static str) -> Result<(), Refusal> {
    let (stage, now) = (step(&ACCOUNT, &account.stage, event)?, tx.now());
    Ok(tx.execute_one(&sql::SET_ACCOUNT_STAGE, &params![stage, now, account.id, account.stage])?)
}

fn record_in(tx: &mut Tx<'_>, act: &'static str, id: AccountId, person: PersonId, detail: &Value) -> Result<(), Error> {
    audit::record_in(tx, &Leaf::new(act, format!("account:{id}")).about(person).with(detail.clone())).map(drop)
}

/// Tells the person; the reason stays in the inbox. Which language they read is
/// not known here: short messages go in the portal's first.
pub(crate) fn tell_in(
    tx: &mut Tx<'_>,
    owner: Owner,
    topic: &'static str,
    [title, next]: [fn(Messages) -> &'static str; 2],
    reason: &str,
) -> Result<(), Error> {
    let body = |locale| {
        let m = Messages::new(locale);
        format!("{} {}", m.reason_given(reason), next(m))
    };
    notify::notice_in(
        tx,
        &notify::Notice {
            person: owner.person,
            topic,
            about: format!("account:{}", owner.account),
            link: "/account".to_owned(),
            title: Locale::all().map(|locale| title(Messages::new(locale)).to_owned()).collect(),
            body: Locale::all().map(body).collect(),
            short: title(Messages::new(Locale::AR)).to_owned(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_there_and_short() {
        for (typed, fits) in [
            ("", false),
            ("  \n", false),
            (" stolen phone ", true),
            (&*"س".repeat(REASON_CHARS), true),
            (&*"س".repeat(REASON_CHARS + 1), false),
        ] {
            assert_eq!(reason_of(typed).is_ok(), fits);
        }
    }
}
