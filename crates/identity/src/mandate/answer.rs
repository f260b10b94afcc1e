//! What the two do with a mandate: the agent accepts or refuses an offer, either
//! of them ends it.

use base::{Assurance, MandateId, PersonId, Zone};
use serde_json::json;
use store::{Ctx, Key, Tx, params};

use super::{Kept, end, mandate, record_in, tell_in};
use crate::messages::Messages;
use crate::model::{MANDATE, Refusal, step};
use crate::security::Owner;
use crate::sql;

/// The offer that waits for this person, who proved the number that it names.
fn offer(tx: &mut Tx<'_>, id: MandateId, agent: PersonId) -> Result<Kept, Refusal> {
    let kept = mandate(tx, id)?.filter(|kept| kept.agent.is_none()).ok_or(Refusal::Gone)?;
    let owned: Option<Vec<u8>> = tx.row(&sql::OWNED, &params![agent])?.map_or(Ok(None), |row| row.get(0))?;
    if owned.as_ref() == Some(&kept.agent_index) { Ok(kept) } else { Err(Refusal::Gone) }
}

async fn answer(
    ctx: &Ctx,
    key: Key,
    id: MandateId,
    (event, act): (&'static str, &'static str),
    title: fn(Messages, String) -> String,
) -> Result<(), Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    ctx.write(key, move |tx| {
        let mut kept = offer(tx, id, owner.person)?;
        let (stage, now) = (step(&MANDATE, &kept.stage, event)?, tx.now());
        if kept.until < now.date(Zone::Hebron) {
            return Err(Refusal::NoMandate);
        }
        kept.agent = Some(owner.person);
        tx.execute_one(&sql::ANSWER_MANDATE, &params![stage, owner.person, now, id, kept.stage])?;
        record_in(tx, &kept, act, &json!({}))?;
        Ok(tell_in(tx, &kept, kept.principal, act, title)?)
    })
    .await
}

/// The agent accepts: from now on they may act.
pub(crate) async fn accept(ctx: &Ctx, key: Key, id: MandateId) -> Result<(), Refusal> {
    if ctx.actor.assurance() < Assurance::Substantial {
        return Err(Refusal::TooLow);
    }
    let how = ("accepted", "identity.mandate_accepted");
    answer(ctx, key, id, how, |m, name| m.mandate_accepted_title(name)).await
}

/// The agent does not want it.
pub(crate) async fn refuse(ctx: &Ctx, key: Key, id: MandateId) -> Result<(), Refusal> {
    let how = ("refused", "identity.mandate_refused");
    answer(ctx, key, id, how, |m, name| m.mandate_refused_title(name)).await
}

/// The principal takes it back, or the agent leaves it: everything under it ends
/// in this commit.
pub(crate) async fn give_up(ctx: &Ctx, key: Key, id: MandateId) -> Result<(), Refusal> {
    let owner = Owner::of(&ctx.actor).ok_or(Refusal::Gone)?;
    ctx.write(key, move |tx| {
        let kept = mandate(tx, id)?.ok_or(Refusal::Gone)?;
        if kept.agent == Some(owner.person) {
            end::end_in(tx, &kept, end::LEFT, &json!({}))
        } else if kept.principal == owner.person && kept.kind.is_the_principals() {
            end::end_in(tx, &kept, end::REVOKED, &json!({}))
        } else {
            Err(Refusal::Gone)
        }
    })
    .await
}
