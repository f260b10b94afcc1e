//! What the officer says: the same person, or not. Each is a leaf that the
//! person reads, and of each they are told.

use audit::Leaf;
use base::{AccountId, Assurance, Locale, PersonId};
use serde_json::json;
use store::{Ctx, Error, Key, Tx};

use super::{Comparison, Desk, keep_in, own};
use crate::Identity;
use crate::figures::{self, Event};
use crate::lock::reason_of;
use crate::messages::Messages;
use crate::model::{Account, COMPARISON, ComparisonId, Refusal, SsoId, step};
use crate::passport;
use crate::password::PasswordHash;
use crate::person::{Opened, account_of_number, dispossess_in, keep_facts_in, open_in, raise_in};
use crate::security::{Owner, end_rest, end_some_in, tell_in};

/// What the person showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Document {
    Card,
    /// Of this number.
    Passport(String),
}

impl Document {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Passport(_) => "passport",
        }
    }
}

/// The account that a comparison proved.
struct Proven {
    owner: Owner,
    opened: bool,
    ended: Vec<SsoId>,
}

/// Card, face and photo are of one person: the account is proven as `high`, and
/// opened if there is none. Signing in as `high` still takes a passkey.
pub(crate) async fn same(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    id: ComparisonId,
    document: Document,
) -> Result<(), Refusal> {
    let desk = Desk::of(ctx, identity)?;
    if desk.mission != matches!(document, Document::Passport(_)) {
        return Err(Refusal::Gone);
    }
    // A password of which nobody has heard: the person sets one at home.
    let nobodys = identity.hasher.hash(&seal::digest::hex(&ctx.random::<32>()), ctx.random()).await?;
    let (account, person, opened, ended, seconds) = ctx
        .write(key, move |tx| {
            let now = tx.now();
            let mut there = own(tx, id, &desk, now)?;
            let from = there.stage.clone();
            step(&COMPARISON, &from, "same")?.clone_into(&mut there.stage);
            if !there.comparable() {
                return Err(Refusal::Gone);
            }
            let proven = prove_in(tx, &there, &nobodys, &desk)?;
            there.account = Some(proven.owner.account);
            there.data.photo = None;
            keep_in(tx, &there, &from)?;
            let leaf = Leaf::new("identity.compared", proven.owner.holder()).about(proven.owner.person);
            let shown = document.as_str();
            audit::record_in(tx, &leaf.with(json!({ "outcome": "same", "unit": desk.unit, "document": shown })))?;
            if let Document::Passport(number) = &document {
                passport::see_in(tx, proven.owner.person, number, (desk.officer, &desk.unit))?;
            }
            let words = [Messages::compared_same_title, Messages::compared_same_next];
            tell_in(tx, proven.owner, "identity.compared", Locale::AR, words)?;
            let Owner { account, person } = proven.owner;
            Ok::<_, Refusal>((account, person, proven.opened, proven.ended, now.seconds_since(there.began_at)))
        })
        .await?;
    end_rest(ctx, Owner { account, person }, None, ended).await?;
    figures::count(ctx, Event::Comparison, "", "same").await;
    if opened {
        figures::count_opened(ctx, Assurance::High.as_str(), seconds).await;
    }
    Ok(())
}

/// Opens the account, or raises the one that there is.
fn prove_in(tx: &mut Tx<'_>, there: &Comparison, nobodys: &PasswordHash, desk: &Desk) -> Result<Proven, Refusal> {
    let (number, facts) = (there.data.number()?, there.data.facts()?);
    let Some(account) = account_of_number(tx, &number)? else {
        let (person, born, level) = (there.person, facts.born, Assurance::High);
        let new = Opened { person, number: &number, born, facts: Some(&facts), phone: None, password: nobodys, level };
        let account = open_in(tx, &new)?;
        return Ok(Proven { owner: Owner { account, person }, opened: true, ended: Vec::new() });
    };
    if account.stage == "locked" {
        return Err(Refusal::Locked);
    }
    let owner = Owner { account: account.id, person: account.person };
    let ended = if account.level == Assurance::Low { take_over_in(tx, &account, owner, nobodys)? } else { Vec::new() };
    raise_in(tx, account.id, Assurance::High, desk.officer)?;
    keep_facts_in(tx, account.person, &facts)?;
    Ok(Proven { owner, opened: false, ended })
}

/// Whoever opened a `low` account proved nothing: its drafts stay, and everything
/// that it is entered with goes.
fn take_over_in(
    tx: &mut Tx<'_>,
    account: &Account,
    owner: Owner,
    nobodys: &PasswordHash,
) -> Result<Vec<SsoId>, Refusal> {
    dispossess_in(tx, account, nobodys)?;
    end_some_in(tx, owner, None)
}

/// They are not of one person, or there is nothing to compare with: nothing
/// changes, and authentication officers look into it.
pub(crate) async fn doubt(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    id: ComparisonId,
    reason: &str,
) -> Result<(), Refusal> {
    let (desk, typed) = (Desk::of(ctx, identity)?, reason.to_owned());
    let cause = ctx
        .write(key, move |tx| {
            let now = tx.now();
            let mut there = own(tx, id, &desk, now)?;
            let from = there.stage.clone();
            step(&COMPARISON, &from, "doubted")?.clone_into(&mut there.stage);
            there.cause = cause(&there).to_owned();
            // What the registry lacks needs no words of the officer.
            there.data.reason = match reason_of(&typed) {
                Err(_) if there.cause != DIFFERENT => String::new(),
                given => given?,
            };
            there.data.photo = None;
            keep_in(tx, &there, &from)?;
            record_in(tx, &there, &desk)?;
            Ok::<_, Refusal>(there.cause)
        })
        .await?;
    figures::count(ctx, Event::Comparison, "", &cause).await;
    Ok(())
}

/// The face is not that of the photo.
const DIFFERENT: &str = "different";

fn cause(there: &Comparison) -> &'static str {
    match (there.data.alive, &there.data.photo) {
        (false, _) => "not-alive",
        (true, None) => "no-photo",
        (true, Some(_)) => DIFFERENT,
    }
}

/// The leaf, and word to whoever has the account.
fn record_in(tx: &mut Tx<'_>, there: &Comparison, desk: &Desk) -> Result<(), Error> {
    let person: PersonId = there.person;
    let account: Option<AccountId> = there.account;
    let object = account.map_or_else(|| format!("person:{person}"), |account| format!("account:{account}"));
    let leaf = Leaf::new("identity.compared", object).about(person);
    audit::record_in(tx, &leaf.with(json!({ "outcome": there.cause, "unit": desk.unit })))?;
    let Some(account) = account else { return Ok(()) };
    let words = [Messages::compared_doubt_title, Messages::compared_doubt_next];
    tell_in(tx, Owner { account, person }, "identity.compared", Locale::AR, words)
}
