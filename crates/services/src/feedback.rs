//! One question at the end of every case, after refusals too: how was it? Kept
//! by service, office and step, without persons.

use base::{CaseId, Date, Zone};
use store::{Ctx, Error, Key, Read, params};

use crate::case::{Refusal, Stage, own};
use crate::sql;

/// Answers go from 1, bad, to this, good.
pub const BEST: u8 = 5;

/// How many gave the same answer to the same service, office and step on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// The day, on Hebron's clocks.
    pub day: Date,
    /// Which service.
    pub service: String,
    /// The unit that had the case at its end, or empty.
    pub office: String,
    /// The step at which it ended, an index of the folder's steps.
    pub step: String,
    /// `completed`, `refused`, `withdrawn`.
    pub outcome: String,
    /// From 1 to [`BEST`].
    pub answer: u64,
    /// How many.
    pub total: u64,
}

/// What people answered from a day on, at most a thousand lines.
///
/// # Errors
/// The store's.
pub fn opinions(read: &mut Read<'_>, from: Date) -> Result<Vec<Opinion>, Error> {
    let rows = read.rows(&sql::FEEDBACK, &params![from])?;
    let opinions = rows.iter().map(|row| {
        Ok(Opinion {
            day: row.get(0)?,
            service: row.get(1)?,
            office: row.get(2)?,
            step: row.get(3)?,
            outcome: row.get(4)?,
            answer: row.get(5)?,
            total: row.get(6)?,
        })
    });
    opinions.collect()
}

/// Keeps an answer, once for each case.
///
/// # Errors
/// The case is not closed, or not theirs.
pub async fn keep(ctx: &Ctx, key: Key, id: CaseId, answer: u8) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    let answer = answer.clamp(1, BEST);
    ctx.write(key, move |tx| {
        let case = own(tx, id, &actor)?;
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
