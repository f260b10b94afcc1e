//! The second signature under a mandate in a company's name: given, refused, and
//! what a signatory may end.

use audit::Leaf;
use base::{MandateId, PersonId, Zone};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use super::company::{self, Signature, heard, signatory, signature, signed};
use super::{Kept, Kind, end, mandate, record_in, tell_in};
use crate::Identity;
use crate::company::signs;
use crate::model::{MANDATE, Refusal, step};
use crate::person::person_of_id_number;
use crate::security::Owner;
use crate::sql;

/// The mandate that waits for a second signature, and not of this signatory.
fn awaiting(read: &mut Read<'_>, id: MandateId, second: PersonId) -> Result<(Kept, Signature), Refusal> {
    let kept = mandate(read, id)?.filter(|kept| kept.kind.is_a_companys()).ok_or(Refusal::Gone)?;
    let signature = signature(read, &kept)?.ok_or(Refusal::Gone)?;
    if signature.first == second || !signs(read, kept.principal, second)? {
        return Err(Refusal::Gone);
    }
    Ok((kept, signature))
}

/// Signs as the second of two: a signatory's mandate holds from now on, one that
/// is for another is offered to them. The register is asked first.
///
/// # Errors
/// [`Refusal::Gone`] for whoever is not another signatory, [`Refusal::NoMandate`]
/// when the register says no, [`Refusal::CompaniesSilent`] when it says nothing.
pub(crate) async fn sign(ctx: &Ctx, identity: &Identity, key: Key, id: MandateId) -> Result<(), Refusal> {
    let owner = signatory(ctx)?;
    let second = owner.person;
    let (kept, _) = ctx.read(move |read| awaiting(read, id, second)).await?;
    heard(ctx, identity, kept.principal, second).await?;
    ctx.write(key, move |tx| sign_in(tx, id, second)).await
}

fn sign_in(tx: &mut Tx<'_>, id: MandateId, second: PersonId) -> Result<(), Refusal> {
    let (kept, signature) = awaiting(tx, id, second)?;
    let own = kept.kind == Kind::Signatory;
    let event = if own { "signed by the second" } else { "signed by both for an offer" };
    let (stage, now) = (step(&MANDATE, &kept.stage, event)?, tx.now());
    if kept.until < now.date(Zone::Hebron) {
        return Err(Refusal::NoMandate);
    }
    tx.execute_one(&sql::SET_MANDATE_STAGE, &params![stage, now, id, kept.stage])?;
    tx.execute_one(&sql::SIGN_SECOND, &params![second, id])?;
    let act = "identity.mandate_signed";
    record_signature_in(tx, &kept, act, &Signature { second: Some(second), ..signature })?;
    tell_in(tx, &kept, kept.principal, act, |m, name| m.mandate_signed_title(name))?;
    match kept.agent {
        Some(agent) => tell_in(tx, &kept, agent, act, |m, name| m.mandate_entrusted_title(name))?,
        None => offer_in(tx, &kept)?,
    }
    Ok(())
}

/// Whoever proved the number is told of the offer.
pub(super) fn offer_in(tx: &mut Tx<'_>, kept: &Kept) -> Result<(), Error> {
    let number = base::IdNumber::parse(&kept.number(tx)?);
    let agent = number.map(|number| person_of_id_number(tx, &number)).transpose()?.flatten();
    agent.map_or(Ok(()), |agent| {
        tell_in(tx, kept, agent, "identity.mandate_offered", |m, name| m.mandate_offered_title(name))
    })
}

/// A leaf about the company, whoever acts, and whoever signed second.
fn record_signature_in(tx: &mut Tx<'_>, kept: &Kept, act: &'static str, signature: &Signature) -> Result<(), Refusal> {
    let said = json!({ "signed": signed(signature) });
    record_in(tx, kept, act, &said)?;
    if let Some(second) = signature.second.filter(|second| kept.agent != Some(*second)) {
        audit::record_in(tx, &Leaf::new(act, kept.object()).about(second).with(said))?;
    }
    Ok(())
}

/// The second signatory does not sign. That needs no register.
pub(crate) async fn refuse(ctx: &Ctx, key: Key, id: MandateId) -> Result<(), Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    ctx.write(key, move |tx| {
        let (kept, _) = awaiting(tx, id, owner.person)?;
        let (stage, now) = (step(&MANDATE, &kept.stage, "refused by the second")?, tx.now());
        tx.execute_one(&sql::SET_MANDATE_STAGE, &params![stage, now, id, kept.stage])?;
        let act = "identity.signature_refused";
        record_in(tx, &kept, act, &json!({ "by": owner.person }))?;
        tell_in(tx, &kept, kept.principal, act, |m, name| m.signature_refused_title(name))?;
        kept.agent
            .map_or(Ok(()), |agent| Ok(tell_in(tx, &kept, agent, act, |m, name| m.signature_refused_title(name))?))
    })
    .await
}

/// Whether a signatory may end a mandate in their company's name: what was given
/// to another each of them alone, and their own second signature.
pub(crate) fn may_end(read: &mut Read<'_>, kept: &Kept, signatory: PersonId) -> Result<bool, Error> {
    let signed_second = company::signature(read, kept)?.is_some_and(|signature| signature.second == Some(signatory));
    let theirs = kept.kind == Kind::Delegate || (kept.kind == Kind::Signatory && signed_second);
    Ok(theirs && signs(read, kept.principal, signatory)?)
}

/// A signatory ends a mandate in their company's name: everything under it ends
/// in this commit, whether the register answers or not.
pub(crate) async fn end(ctx: &Ctx, key: Key, id: MandateId) -> Result<(), Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    ctx.write(key, move |tx| {
        let kept = mandate(tx, id)?.ok_or(Refusal::Gone)?;
        if !may_end(tx, &kept, owner.person)? {
            return Err(Refusal::Gone);
        }
        end::end_in(tx, &kept, end::REVOKED, &json!({ "by": owner.person }))
    })
    .await
}
