//! Parents act for their minor children: the civil registry says whose they
//! are, each time such a mandate is taken up. It ends on the eighteenth birthday.

use std::time::Duration;

use base::{Assurance, Date, IdNumber, PersonId, Zone};
use serde_json::json;
use store::{Ctx, Key, Tx, params};
use web::throttle;

use super::{Kept, Kind, New, Scope, insert_in, kept, record_in, tell_in};
use crate::Identity;
use crate::model::{Facts, MANDATE, Refusal, step};
use crate::registry::{Child, Unanswered};
use crate::security::Owner;
use crate::sign_in::allowed;
use crate::{person, sql};

/// The age at which nobody acts for one as a parent, years.
const OF_AGE: i16 = 18;
/// Times that one account may ask, a day.
const ASKED_A_DAY: u32 = 30;
/// What such a mandate rests on, as it is kept.
const REGISTRY: &str = "civil registry";

/// The minors among the children whom the registry names.
async fn minors(ctx: &Ctx, identity: &Identity, parent: PersonId) -> Result<Vec<Child>, Refusal> {
    let number = ctx.read(move |read| person::id_number(read, parent)).await?.ok_or(Refusal::Gone)?;
    let limit = Duration::from_millis(identity.config.lookup_limit_ms);
    let children = match identity.registry.children(ctx, &number, parent, limit).await {
        Ok(children) => children,
        Err(Unanswered::NotFound) => Vec::new(),
        Err(Unanswered::Unavailable(why)) => {
            tracing::warn!(%why, "the civil registry was not heard");
            return Err(Refusal::Silent);
        }
    };
    let today = ctx.now().date(Zone::Hebron);
    Ok(children.into_iter().filter(|child| child.alive && child.born.plus_years(OF_AGE) > today).collect())
}

/// Asks for a citizen's minor children, and keeps the right to act for each;
/// says how many there are.
///
/// # Errors
/// [`Refusal::Silent`] when the registry does not answer: nothing is kept.
pub(crate) async fn find(ctx: &Ctx, identity: &Identity) -> Result<usize, Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    if ctx.actor.assurance() < Assurance::Substantial {
        return Err(Refusal::TooLow);
    }
    let account = owner.account.to_string();
    allowed(throttle::hit(ctx, "identity.children", &account, ASKED_A_DAY, 24 * 3_600).await?)?;
    let children = minors(ctx, identity, owner.person).await?;
    let parent = owner.person;
    let number = ctx.read(move |read| person::id_number(read, parent)).await?.ok_or(Refusal::Gone)?;
    let mut found = Vec::new();
    for child in children {
        found.extend(record(ctx, identity, child).await?);
    }
    let count = found.len();
    ctx.write(Key::once(ctx), move |tx| {
        found.iter().try_for_each(|(child, person, facts)| keep_in(tx, (parent, &number), child, *person, facts))
    })
    .await?;
    Ok(count)
}

/// The registry's record of a child, under the person that the child is here.
async fn record(ctx: &Ctx, identity: &Identity, child: Child) -> Result<Option<(Child, PersonId, Facts)>, Refusal> {
    let number = child.number.clone();
    let known = ctx.read(move |read| person::person_of_id_number(read, &number)).await?;
    let person = known.unwrap_or_else(|| ctx.mint());
    let limit = Duration::from_millis(identity.config.lookup_limit_ms);
    match identity.registry.represented(ctx, &child.number, person, limit).await {
        Ok(facts) => Ok(Some((child, person, facts))),
        Err(Unanswered::NotFound) => Ok(None),
        Err(Unanswered::Unavailable(_)) => Err(Refusal::Silent),
    }
}

fn keep_in(
    tx: &mut Tx<'_>,
    (parent, number): (PersonId, &IdNumber),
    child: &Child,
    minted: PersonId,
    facts: &Facts,
) -> Result<(), Refusal> {
    let principal = person::know_in(tx, minted, &child.number, facts)?;
    let row = tx.row(&sql::MANDATE_OF_PARENT, &params![principal, parent])?;
    let there = row.map(|row| kept(&row)).transpose()?;
    let today = tx.now().date(Zone::Hebron);
    if there.is_some_and(|there| there.holds_on(today)) {
        return Ok(());
    }
    let last: Date = child.born.plus_years(OF_AGE).plus_days(-1);
    let (from, until) = (today.to_string(), last.to_string());
    let scope = Scope { services: None, ceiling_minor: None, from, until };
    let new = New {
        kind: Kind::Parent,
        principal,
        agent: Some(parent),
        number,
        basis: Some(REGISTRY),
        scope: &scope,
        stage: step(&MANDATE, MANDATE.start, "told by the registry")?,
    };
    let kept = insert_in(tx, &new)?;
    record_in(tx, &kept, "identity.mandate_of_parent", &json!({}))?;
    Ok(tell_in(tx, &kept, principal, "identity.mandate_of_parent", |m, name| m.mandate_parent_title(name))?)
}

/// Asks again whether the principal is the agent's minor child.
///
/// # Errors
/// [`Refusal::Silent`] when the registry does not answer, [`Refusal::NoMandate`]
/// when it says no.
pub(super) async fn is_still(ctx: &Ctx, identity: &Identity, kept: &Kept) -> Result<(), Refusal> {
    let (Some(parent), principal) = (kept.agent, kept.principal) else { return Err(Refusal::NoMandate) };
    let children = minors(ctx, identity, parent).await?;
    let number = ctx.read(move |read| person::id_number(read, principal)).await?;
    let still = children.iter().any(|child| Some(&child.number) == number.as_ref());
    if still { Ok(()) } else { Err(Refusal::NoMandate) }
}
