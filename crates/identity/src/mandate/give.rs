//! A citizen gives a mandate to another by ID number. The answer is the same
//! whoever has that number and whether anybody has it here: an offer waits.

use base::{AccountId, Assurance, Date, IdNumber, MandateId, Timestamp, Zone};
use serde_json::json;
use store::{Ctx, Key, Read, Tx, params};
use web::throttle;

use super::{Kind, New, Scope, insert_in, record_in, tell_in};
use crate::model::{MANDATE, Refusal};
use crate::security::Owner;
use crate::sign_in::allowed;
use crate::{person, requirement, sql};

/// Offers that one account may make, a day.
const OFFERS_A_DAY: u32 = 10;
/// Offers and mandates of one person that are open at once.
const OPEN_MOST: i64 = 20;
/// The longest time, years.
pub(crate) const YEARS: i16 = 2;

/// Gives it; the other has to accept.
///
/// # Errors
/// [`Refusal::TooLow`], [`Refusal::Unfit`], or the store's.
pub(crate) async fn give(ctx: &Ctx, key: Key, number: IdNumber, scope: Scope) -> Result<MandateId, Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    if ctx.actor.assurance() < Assurance::Substantial {
        return Err(Refusal::TooLow);
    }
    let account = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.mandate", &account, OFFERS_A_DAY, 24 * 3_600).await?)?;
    ctx.write(key, move |tx| {
        let today = tx.now().date(Zone::Hebron);
        check(tx, &scope, today, YEARS)?;
        if person::id_number(tx, owner.person)?.as_ref() == Some(&number) {
            return Err(Refusal::Unfit("oneself"));
        }
        if waits(tx, owner.account)? {
            return Err(Refusal::Unfit("recovered"));
        }
        let open: i64 = tx.row(&sql::OPEN_MANDATES, &params![owner.person])?.map_or(Ok(0), |row| row.get(0))?;
        if open >= OPEN_MOST {
            return Err(Refusal::Unfit("many"));
        }
        let new = New {
            kind: Kind::Given,
            principal: owner.person,
            agent: None,
            number: &number,
            basis: None,
            scope: &scope,
            stage: MANDATE.start,
        };
        let kept = insert_in(tx, &new)?;
        record_in(tx, &kept, "identity.mandate_offered", &json!({}))?;
        // Also the giver, on their own channels: it may have been somebody else.
        tell_in(tx, &kept, owner.person, "identity.mandate_given", |m, _| m.mandate_given_title().to_owned())?;
        // Whoever proved the number is told; the giver does not learn whether anybody did.
        if let Some(agent) = person::person_of_id_number(tx, &number)? {
            tell_in(tx, &kept, agent, "identity.mandate_offered", |m, name| m.mandate_offered_title(name))?;
        }
        Ok(kept.id)
    })
    .await
}

/// Whether the account was recovered a short while ago: what gives it away waits.
pub(super) fn waits(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, Refusal> {
    let row = tx.row(&sql::RECOVERED, &params![account])?;
    let until: Option<Timestamp> = row.map_or(Ok(None), |row| row.get(0))?;
    Ok(until.is_some_and(|until| until > tx.now()))
}

/// Whether a scope can be given today, for so many years at most.
pub(super) fn check(read: &mut Read<'_>, scope: &Scope, today: Date, years: i16) -> Result<(), Refusal> {
    let (from, until) = (Date::parse(&scope.from), Date::parse(&scope.until));
    let (Some(from), Some(until)) = (from, until) else { return Err(Refusal::Unfit("days")) };
    if from < today || until < from || until > from.plus_years(years) {
        return Err(Refusal::Unfit("days"));
    }
    if scope.ceiling_minor.is_some_and(|most| most < 0) {
        return Err(Refusal::Unfit("ceiling"));
    }
    let Some(services) = &scope.services else { return Ok(()) };
    let known = requirement::requirements(read)?;
    let all_known = services.iter().all(|key| known.iter().any(|one| one.service == *key));
    if services.is_empty() || !all_known { Err(Refusal::Unfit("services")) } else { Ok(()) }
}
