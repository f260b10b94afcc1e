//! The end of a mandate: by one of the two, by an officer, or by its last day.
//! Every session and token under it ends in the same commit.

use base::{Actor, MandateId, PersonId, Zone};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Tx, params};

use super::{Kept, Kind, company, given, mandate, record_in, tell_in};
use crate::lock::reason_of;
use crate::messages::Messages;
use crate::model::{MANDATE, Refusal, step};
use crate::{back_channel, sql};

/// How it ends: the event, the act, what both are told.
pub(super) type How = (&'static str, &'static str, fn(Messages, String) -> String);
/// The principal takes it back.
pub(super) const REVOKED: How = ("revoked", "identity.mandate_revoked", |m, name| m.mandate_revoked_title(name));
/// The agent leaves it.
pub(super) const LEFT: How = ("left", "identity.mandate_left", |m, name| m.mandate_left_title(name));
/// Its last day is over.
const EXPIRED: How = ("expired", "identity.mandate_expired", |m, name| m.mandate_expired_title(name));
/// An officer ends it.
const ENDED: How = ("ended by an officer", "identity.mandate_ended", |m, name| m.mandate_ended_title(name));

/// Mandates that one run of the job ends.
const AT_ONCE: usize = 100;

pub(super) fn end_in(tx: &mut Tx<'_>, kept: &Kept, (event, act, title): How, detail: &Value) -> Result<(), Refusal> {
    let (stage, now) = (step(&MANDATE, &kept.stage, event)?, tx.now());
    tx.execute_one(&sql::SET_MANDATE_STAGE, &params![stage, now, kept.id, kept.stage])?;
    back_channel::tell_of_mandate_in(tx, kept)?;
    tx.execute(&sql::REVOKE_OF_MANDATE, &params![kept.id])?;
    web::session::end_acting_in(tx, kept.id)?;
    record_in(tx, kept, act, detail)?;
    for whom in [Some(kept.principal), kept.agent].into_iter().flatten() {
        tell_in(tx, kept, whom, act, title)?;
    }
    Ok(())
}

/// The companies' register says that it cannot be any more.
pub(super) const UNREGISTERED: How =
    ("ended by the register", "identity.mandate_unregistered", |m, name| m.mandate_unregistered_title(name));

/// Takes back all that a person gave and offered, also in a company's name:
/// somebody else may have been in their account. At most as many as may be open
/// at once.
pub(crate) async fn all_given(ctx: &Ctx, principal: PersonId) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let open = |kept: &Kept| kept.kind == Kind::Given && step(&MANDATE, &kept.stage, REVOKED.0).is_ok();
        for kept in given(tx, principal)?.iter().filter(|kept| open(kept)) {
            end_in(tx, kept, REVOKED, &json!({ "why": "the account was not safe" }))?;
        }
        Ok::<_, Refusal>(())
    })
    .await?;
    company::take_back_signed(ctx, principal).await
}

/// An officer ends a mandate that was shown at a counter, with the reason.
pub(crate) async fn by_officer(ctx: &Ctx, key: Key, id: MandateId, reason: &str) -> Result<(), Refusal> {
    let reason = reason_of(reason)?;
    if !matches!(ctx.actor, Actor::Officer { .. }) {
        return Err(Refusal::Gone);
    }
    ctx.write(key, move |tx| {
        let kept = mandate(tx, id)?.filter(|kept| Kind::SHOWN.contains(&kept.kind)).ok_or(Refusal::Gone)?;
        end_in(tx, &kept, ENDED, &json!({ "reason": reason }))
    })
    .await
}

/// Ends what is past its last day. A mandate does not hold on that day any more
/// whether this ran or not.
pub(crate) async fn expire(ctx: &Ctx) -> Result<(), Error> {
    let today = ctx.now().date(Zone::Hebron);
    let rows = ctx.read(move |read| read.rows(&sql::OVER_MANDATES, &params![today])).await?;
    for row in rows.iter().take(AT_ONCE) {
        let id: MandateId = row.get(0)?;
        let key = Key::new("identity.mandate_expired", id.to_string());
        let ended = ctx.write(key, move |tx| match mandate(tx, id)? {
            Some(kept) if step(&MANDATE, &kept.stage, "expired").is_ok() => end_in(tx, &kept, EXPIRED, &json!({})),
            _ => Ok(()),
        });
        ended.await.map_err(|refusal| match refusal {
            Refusal::Store(error) => error,
            other => Error::Corrupt(other.to_string()),
        })?;
    }
    Ok(())
}
