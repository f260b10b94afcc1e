//! A signatory gives another person, such as an accountant, a mandate in their
//! company's name. Where two sign together the second signs before it is
//! offered. Whoever has such a mandate gives none: only signatories do.

use base::{IdNumber, MandateId, PersonId, Zone};
use serde_json::json;
use store::{Ctx, Key, Read, Tx};
use web::throttle;

use super::company::{heard, open_of, own_of, sign_first_in, signatory, signature, signed};
use super::{Kind, New, Scope, give, insert_in, record_in, sign, tell_in};
use crate::Identity;
use crate::messages::Messages;
use crate::model::{MANDATE, Refusal, step};
use crate::person;
use crate::security::Owner;
use crate::sign_in::allowed;

/// Offers that one account may make in companies' names, a day.
const OFFERS_A_DAY: u32 = 10;
/// Mandates of others for one company that are open at once.
const OPEN_MOST: usize = 20;

/// Gives it; the other has to accept, and before that the second signatory
/// where two sign together.
///
/// # Errors
/// [`Refusal::Gone`] for whoever may not act for the company as its signatory,
/// [`Refusal::TooLow`], [`Refusal::Unfit`], [`Refusal::CompaniesSilent`],
/// [`Refusal::NoMandate`] when the register says no, or the store's.
pub(crate) async fn give(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    company: PersonId,
    (number, scope): (IdNumber, Scope),
) -> Result<MandateId, Refusal> {
    let owner = signatory(ctx)?;
    let today = ctx.now().date(Zone::Hebron);
    let wanted = scope.clone();
    // What cannot be is said before it counts as a try.
    ctx.read(move |read| {
        acts_as_signatory(read, company, owner, today)?;
        give::check(read, &wanted, today, give::YEARS)
    })
    .await?;
    let account = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.delegate", &account, OFFERS_A_DAY, 24 * 3_600).await?)?;
    let needed = if heard(ctx, identity, company, owner.person).await?.jointly { 2 } else { 1 };
    ctx.write(key, move |tx| give_in(tx, owner, company, (&number, &scope), needed)).await
}

/// Whether somebody may act for the company as its signatory today.
pub(crate) fn acts_as_signatory(
    read: &mut Read<'_>,
    company: PersonId,
    owner: Owner,
    today: base::Date,
) -> Result<(), Refusal> {
    let own = own_of(read, company, owner.person)?;
    if own.is_some_and(|own| own.holds_on(today)) { Ok(()) } else { Err(Refusal::Gone) }
}

fn give_in(
    tx: &mut Tx<'_>,
    owner: Owner,
    company: PersonId,
    (number, scope): (&IdNumber, &Scope),
    needed: i64,
) -> Result<MandateId, Refusal> {
    let today = tx.now().date(Zone::Hebron);
    acts_as_signatory(tx, company, owner, today)?;
    give::check(tx, scope, today, give::YEARS)?;
    if person::id_number(tx, owner.person)?.as_ref() == Some(number) {
        return Err(Refusal::Unfit("oneself"));
    }
    if give::waits(tx, owner.account)? {
        return Err(Refusal::Unfit("recovered"));
    }
    if open_of(tx, company)?.iter().filter(|one| one.kind == Kind::Delegate).count() >= OPEN_MOST {
        return Err(Refusal::Unfit("many"));
    }
    let stage = if needed == 2 { step(&MANDATE, MANDATE.start, "signed by the first of two")? } else { MANDATE.start };
    let new = New { kind: Kind::Delegate, principal: company, agent: None, number, basis: None, scope, stage };
    let kept = insert_in(tx, &new)?;
    sign_first_in(tx, &kept, needed, owner.person)?;
    let (act, title): (_, fn(Messages, String) -> String) = if needed == 2 {
        ("identity.signature_asked", |m, name| m.signature_asked_title(name))
    } else {
        ("identity.mandate_offered", |m, name| m.mandate_delegate_title(name))
    };
    let said = signature(tx, &kept)?.map(|signature| signed(&signature));
    record_in(tx, &kept, act, &json!({ "signed": said }))?;
    tell_in(tx, &kept, company, act, title)?;
    if needed == 1 {
        sign::offer_in(tx, &kept)?;
    }
    Ok(kept.id)
}
