//! A decree while cases run: their promises are planned again by a job, a few
//! hundred rows a commit, and whose promise moved is told.

use std::sync::Arc;

use base::CalendarEntryId;
use catalogue::Catalogue;
use catalogue::promise::Promise;
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Tx, Work, params};

use super::{keep_in, read_row, tell_in};
use crate::calendar::decree::{calendar, entry};
use crate::case::case;
use crate::messages::Messages;
use crate::sql;
use crate::system::Services;

/// The queue of decrees whose cases are planned again.
pub(crate) const PLAN: &str = "services.plan";
/// Promises that one commit looks at.
const LOOKED_AT: i64 = 50;
/// Rows that one commit writes at most; the store refuses more than 500.
const ROWS: usize = 400;
/// Rows of one promise that moved: itself, its case, line, leaf, notices, messages.
const ROWS_MOVED: usize = 20;

/// How far a decree's planning is.
#[derive(Serialize, Deserialize)]
struct Planned {
    entry: CalendarEntryId,
    /// The last case that was planned again.
    after: String,
}

/// Lets open cases be planned again for an entry that came into force.
pub(crate) fn plan_again_in(tx: &mut Tx<'_>, entry: CalendarEntryId) -> Result<(), Error> {
    leave_in(tx, Planned { entry, after: String::new() })
}

fn leave_in(tx: &mut Tx<'_>, planned: Planned) -> Result<(), Error> {
    let now = tx.now();
    // One after another: two decrees never plan the same case at once.
    tx.enqueue(PLAN, "calendar", &planned, now)
}

pub(crate) async fn plan(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let planned: Planned = work.parse()?;
    let after = planned.after.clone();
    ctx.write(work.write_key(), move |tx| plan_in(tx, &services.catalogue, planned.entry, &after)).await
}

fn plan_in(tx: &mut Tx<'_>, catalogue: &Catalogue, entry: CalendarEntryId, after: &str) -> Result<(), Error> {
    let rows = tx.rows(&sql::RUNNING_PROMISES, &params![after, LOOKED_AT])?;
    let promises = rows.iter().map(read_row).collect::<Result<Vec<Promise>, _>>()?;
    let mut more = promises.len() == usize::try_from(LOOKED_AT).unwrap_or(usize::MAX);
    let Some(earliest) = promises.iter().map(|promise| promise.started_at).min() else { return Ok(()) };
    let calendar = calendar(tx, earliest.date(base::Zone::Hebron).plus_days(-1))?;
    let (mut written, mut last) = (0, after.to_owned());
    for former in promises {
        if written + ROWS_MOVED > ROWS {
            more = true;
            break;
        }
        last = former.case.to_string();
        let mut promise = Promise { place: catalogue.place(&former.place.unit), ..former.clone() };
        promise.plan_again(&calendar);
        if promise == former {
            continue;
        }
        written += 1;
        keep_in(tx, &promise)?;
        if promise.due_at != former.due_at && move_in(tx, entry, (&former, &promise))? {
            written += ROWS_MOVED;
        }
    }
    if more { leave_in(tx, Planned { entry, after: last }) } else { Ok(()) }
}

/// Moves the promise on its case, and tells; false where the person was erased.
fn move_in(tx: &mut Tx<'_>, entry_id: CalendarEntryId, (former, promise): (&Promise, &Promise)) -> Result<bool, Error> {
    tx.execute(&sql::MOVE_PROMISED, &params![promise.due_at, promise.case])?;
    let case = match case(tx, promise.case) {
        Ok(Some(case)) => case,
        Ok(None) | Err(Error::Sealed) => return Ok(false),
        Err(error) => return Err(error),
    };
    let m = Messages::new(case.locale);
    let why = entry(tx, entry_id)?.map(|kept| {
        let name = kept.entry.name(case.locale).to_owned();
        match kept.entry.decree {
            Some((number, day)) => m.promise_by_decree(day.to_string(), name, number),
            None => name,
        }
    });
    tell_in(tx, &case, (former.due_at, promise), &why.unwrap_or_default())?;
    Ok(true)
}
