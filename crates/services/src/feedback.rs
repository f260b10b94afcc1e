//! One question at the end of every case, after refusals too: how was it? Kept
//! by service, office and step, without persons.

use base::{CaseId, Zone};
use store::{Ctx, Key, params};

use crate::case::{Refusal, Stage, own};
use crate::sql;

/// Answers go from 1, bad, to this, good.
pub const BEST: u8 = 5;

/// Keeps an answer, once for each case.
///
/// # Errors
/// The case is not closed, or not theirs.
pub async fn keep(ctx: &Ctx, key: Key, id: CaseId, answer: u8) -> Result<(), Refusal> {
    let person = ctx.actor.person().ok_or(Refusal::NoCase)?;
    let answer = answer.clamp(1, BEST);
    ctx.write(key, move |tx| {
        let case = own(tx, id, person)?;
        if case.stage != Stage::Closed {
            return Err(Refusal::NotNow(case.stage.as_str(), "feedback"));
        }
        let now = tx.now();
        if tx.execute(&sql::ASKED_FEEDBACK, &params![now, id])? == 0 {
            return Ok(());
        }
        let (day, office) = (now.date(Zone::Hebron), case.unit.clone().unwrap_or_default());
        let outcome = case.outcome.clone().unwrap_or_default();
        let step = case.step.to_string();
        let answer = i64::from(answer);
        let kept = params![day, case.service, office, step, outcome, answer];
        tx.execute_one(&sql::COUNT_FEEDBACK, &kept).map_err(Refusal::from)
    })
    .await
}
