//! Escalation: a case that has used half of its promised time is marked for its
//! clerk, at four fifths for the unit's supervisor, and when the time is over for
//! its person and the quality office.

use std::collections::HashMap;
use std::time::Duration;

use audit::Leaf;
use base::{CaseId, OfficerId, Timestamp, Zone};
use catalogue::calendar::{Calendar, zone};
use catalogue::promise::{LEVELS, Promise};
use serde_json::json;
use store::{Ctx, Error, Job, Key, Lease, Read, Row, Tx, params};

use super::{keep_in, read_row};
use crate::calendar::decree::calendar;
use crate::case::case;
use crate::count::count_in;
use crate::messages::Messages;
use crate::sql;
use crate::timeline::{Kind, add_in};

/// How often marks are looked for.
const EVERY: Duration = Duration::from_secs(15);
/// Promises that one commit marks: each is some rows.
const AT_ONCE: i64 = 20;
/// Cases on one list at most.
const LISTED: i64 = 200;

/// Marks what has reached a share of its promised time.
pub(crate) fn job() -> Job {
    Job::every("services.promises", EVERY, |ctx, lease| async move {
        while mark(&ctx, &lease).await? == AT_ONCE {}
        Ok(())
    })
}

async fn mark(ctx: &Ctx, lease: &Lease) -> Result<i64, Error> {
    let held = lease.clone();
    ctx.write(Key::once(ctx), move |tx| {
        held.hold(tx)?;
        let now = tx.now();
        let rows = tx.rows(&sql::DUE_PROMISES, &params![now, AT_ONCE])?;
        let promises = rows.iter().map(read_row).collect::<Result<Vec<Promise>, _>>()?;
        let Some(earliest) = promises.iter().map(|promise| promise.started_at).min() else { return Ok(0) };
        let calendar = calendar(tx, earliest.date(Zone::Hebron).plus_days(-1))?;
        for promise in promises {
            mark_in(tx, &calendar, promise)?;
        }
        Ok(i64::try_from(rows.len()).unwrap_or(0))
    })
    .await
}

fn mark_in(tx: &mut Tx<'_>, calendar: &Calendar, mut promise: Promise) -> Result<(), Error> {
    let now = tx.now();
    let case = match case(tx, promise.case) {
        Ok(Some(case)) => case,
        // Its person was erased: there is nobody to keep it to.
        Ok(None) | Err(Error::Sealed) => {
            promise.end(calendar, now);
            return keep_in(tx, &promise);
        }
        Err(error) => return Err(error),
    };
    let level = promise.mark(calendar, now);
    keep_in(tx, &promise)?;
    let (event, unit) = match level {
        None => return Ok(()),
        Some(50) => ("promise_half", &promise.place.unit),
        Some(80) => ("promise_near", &promise.place.unit),
        Some(_) => ("promise_over", &promise.place.unit),
    };
    count_in(tx, event, &case.service, unit, case.locale)?;
    if level == Some(100) {
        let note = Messages::new(case.locale).promise_over();
        return add_in(tx, &case, Kind::Late, Some(note), json!({ "promised": promise.due_at.rfc3339() })).map(drop);
    }
    let leaf = Leaf::new("services.promise_marked", case.object()).about(case.person);
    audit::record_in(tx, &leaf.with(json!({ "percent": level, "unit": unit }))).map(drop)
}

/// The marks of a unit's cases, by case: percent.
///
/// # Errors
/// The store's.
pub fn marks(read: &mut Read<'_>, unit: &str) -> Result<HashMap<CaseId, i64>, Error> {
    let rows = read.rows(&sql::MARKS_OF, &params![unit])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// A case on the list of late ones: no answers, nobody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Which case.
    pub case: CaseId,
    /// The service's key.
    pub service: String,
    /// The unit that has it, or whose calendar counts.
    pub unit: String,
    /// Until when it is promised.
    pub due_at: Timestamp,
    /// What it has reached, percent.
    pub level: i64,
    /// The unit's clocks.
    pub zone: Zone,
    /// Who took it.
    pub officer: Option<OfficerId>,
}

/// Whose list: what each may see, from which mark on.
pub enum LateList {
    /// The quality office's: every unit's, when the time is over.
    All,
    /// A supervisor's: the unit's, from four fifths.
    Unit(String),
    /// A clerk's own, from half.
    Own(String, OfficerId),
}

/// Cases that are late or will be, the most urgent first.
///
/// # Errors
/// The store's.
pub fn late(read: &mut Read<'_>, list: &LateList) -> Result<Vec<Late>, Error> {
    let [half, near, over] = LEVELS;
    let rows = match list {
        LateList::All => read.rows(&sql::LATE_CASES, &params![over, LISTED])?,
        LateList::Unit(unit) => read.rows(&sql::LATE_CASES_OF, &params![near, unit, LISTED])?,
        LateList::Own(unit, officer) => read.rows(&sql::LATE_CASES_BY, &params![half, unit, officer, LISTED])?,
    };
    rows.iter().map(late_row).collect()
}

fn late_row(row: &Row) -> Result<Late, Error> {
    Ok(Late {
        case: row.get(0)?,
        service: row.get(1)?,
        unit: row.get::<Option<String>>(2)?.map_or_else(|| row.get(6), Ok)?,
        due_at: row.get(3)?,
        level: row.get(4)?,
        zone: zone(&row.get::<String>(5)?).unwrap_or(Zone::Hebron),
        officer: row.get(7)?,
    })
}
