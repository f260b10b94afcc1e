//! The promise of a case: when it will be done, in working days of its unit's
//! calendar, counted from when it is complete and paid.
//!
//! The clock runs while the state has the case. It stands still while its person
//! is asked for something, or has a bill to pay midway, and goes on with what was
//! left. It ends when the case does, or when its paper waits at an office.
//!
//! Invariant: a promise moves, earlier or later, only together with a line of the
//! timeline that tells its person.

mod mark;
mod plan;

use base::{CaseId, Date, Timestamp, Zone};
use catalogue::calendar::{Calendar, Minute, Place, zone};
use catalogue::promise::{Measure, Promise};
use catalogue::{Catalogue, Service, StepFile, StepKind};
use serde_json::json;
use store::{Error, Read, Row, Tx, params};

use crate::calendar::decree::{calendar, days_of, days_text};
use crate::case::{Case, Stage};
use crate::count::count_in;
use crate::facts::facts_in;
use crate::messages::Messages;
use crate::timeline::{Kind, add_in};
use crate::turn::{self, TurnKind};
use crate::{elapsed, sql};
use rules::Facts;

pub(crate) use mark::job;
pub use mark::{Late, LateList, late, marks};
pub(crate) use plan::{PLAN, plan, plan_again_in};

/// What the clock of a promise does in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    /// Nothing is promised yet.
    Idle,
    /// The state has the case.
    Runs,
    /// Its person has it.
    Waits,
    /// It ended.
    Over,
}

fn hand(read: &mut Read<'_>, case: &Case) -> Result<Hand, Error> {
    Ok(match case.stage {
        Stage::Draft | Stage::Discarded => Hand::Idle,
        Stage::Checking | Stage::Deciding | Stage::Appealed | Stage::Issuing | Stage::Delivering => Hand::Runs,
        Stage::Asked | Stage::Paying => Hand::Waits,
        // Bodies and registers are the state's; who signs with its person, or is to come, is not.
        Stage::Waiting => {
            let turns = turn::current(read, case)?;
            let mut open = turns.iter().filter(|turn| turn.is_open()).peekable();
            let theirs = |turn: &turn::Turn| matches!(turn.kind, TurnKind::CoSign | TurnKind::Appointment);
            if open.peek().is_some() && open.all(theirs) { Hand::Waits } else { Hand::Runs }
        }
        Stage::Closed => Hand::Over,
    })
}

/// Promises a case something, once it is complete and nothing is owed.
pub(crate) fn begin_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case) -> Result<(), Error> {
    let complete = case.promised_at.is_none() && case.stage != Stage::Checking && hand(tx, case)? == Hand::Runs;
    let Some(service) = catalogue.of(&*case).filter(|_| complete) else {
        return Ok(());
    };
    let facts = facts_in(tx, service, case)?;
    let place = catalogue.place(&unit_of(catalogue, service, case, &facts));
    // What is promised now holds, whatever is corrected later.
    let (measure, amount) = service.file.promise.of(&facts);
    let now = tx.now();
    let calendar = counted_by(tx, measure, now.date(place.zone))?;
    let promise = Promise::begin(&calendar, (measure, amount), place, now);
    case.promised_at = Some(promise.due_at);
    let place = &promise.place;
    tx.execute_one(
        &sql::INSERT_PROMISE,
        &params![
            case.id,
            promise.measure.as_str(),
            promise.amount,
            place.unit,
            place.governorate,
            place.zone.name(),
            days_text(&place.days),
            place.opens.to_string(),
            place.closes.to_string(),
            promise.allowance,
            promise.used,
            promise.started_at,
            promise.since,
            promise.due_at,
            promise.provisional,
            promise.level,
            promise.next_at
        ],
    )
}

/// Whose calendar counts: that of the unit that decides, now or later.
fn unit_of(catalogue: &Catalogue, service: &Service, case: &Case, facts: &Facts) -> String {
    let now = case.unit.clone().filter(|_| case.stage == Stage::Deciding);
    let decides = |step: &StepFile| match &step.kind {
        StepKind::Decide { unit: Some(unit), .. } => Some(catalogue.unit(unit, facts)),
        _ => None,
    };
    now.or_else(|| service.file.steps.iter().find_map(decides)).unwrap_or_default()
}

/// Lets the clock follow its case, in the commit that moves it; gives until when
/// the case is promised now.
pub(crate) fn follow_in(tx: &mut Tx<'_>, case: &Case) -> Result<Option<Timestamp>, Error> {
    if case.promised_at.is_none() {
        return Ok(None);
    }
    let Some(mut promise) = promise(tx, case.id)?.filter(|promise| promise.ended_at.is_none()) else {
        return Ok(case.promised_at);
    };
    let (now, before) = (tx.now(), promise.due_at);
    match (hand(tx, case)?, promise.since) {
        (Hand::Waits, Some(_)) => {
            let calendar = since_began(tx, &promise)?;
            promise.pause(&calendar, now);
        }
        (Hand::Runs, None) => {
            let calendar = since_began(tx, &promise)?;
            promise.resume(&calendar, now);
        }
        (Hand::Over, _) => return end_in(tx, case, promise).map(Some),
        _ => return Ok(Some(promise.due_at)),
    }
    keep_in(tx, &promise)?;
    if promise.due_at != before {
        let m = Messages::new(case.locale);
        tell_in(tx, case, (before, &promise), m.promise_after_answer())?;
    }
    Ok(Some(promise.due_at))
}

/// The paper waits at an office: what was promised is done, and its person
/// chooses when to come.
pub(crate) fn met_in(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    match promise(tx, case.id)?.filter(|promise| promise.ended_at.is_none()) {
        Some(promise) => end_in(tx, case, promise).map(drop),
        None => Ok(()),
    }
}

fn end_in(tx: &mut Tx<'_>, case: &Case, mut promise: Promise) -> Result<Timestamp, Error> {
    let (now, calendar) = (tx.now(), since_began(tx, &promise)?);
    promise.end(&calendar, now);
    keep_in(tx, &promise)?;
    // What its person took back says nothing about the office.
    if case.outcome.as_deref() != Some("withdrawn") {
        let kept = promise.is_kept();
        elapsed::add_in(tx, &case.service, &promise, kept)?;
        let event = if kept { "promise_kept" } else { "promise_missed" };
        count_in(tx, event, &case.service, &promise.place.unit, case.locale)?;
    }
    Ok(promise.due_at)
}

/// The calendar of the days on which a promise has run.
fn since_began(read: &mut Read<'_>, promise: &Promise) -> Result<Calendar, Error> {
    counted_by(read, promise.measure, promise.started_at.date(promise.place.zone).plus_days(-1))
}

/// The calendar by which a measure counts from a day on; minutes are the wall's.
fn counted_by(read: &mut Read<'_>, measure: Measure, from: Date) -> Result<Calendar, Error> {
    match measure {
        Measure::Minutes => Ok(Calendar::new(Vec::new())),
        Measure::Days => calendar(read, from),
    }
}

/// A promise moved: its person is told from when, to when and why.
fn tell_in(tx: &mut Tx<'_>, case: &Case, (before, promise): (Timestamp, &Promise), why: &str) -> Result<(), Error> {
    let m = Messages::new(case.locale);
    let zone = promise.place.zone;
    let note = m.promise_moved(promise.due_at.local_minute(zone), before.local_minute(zone), why);
    let detail = json!({ "from": before.rfc3339(), "to": promise.due_at.rfc3339() });
    add_in(tx, case, Kind::PromiseMoved, Some(&note), detail).map(drop)
}

fn keep_in(tx: &mut Tx<'_>, promise: &Promise) -> Result<(), Error> {
    let place = &promise.place;
    tx.execute_one(
        &sql::UPDATE_PROMISE,
        &params![
            place.governorate,
            place.zone.name(),
            days_text(&place.days),
            place.opens.to_string(),
            place.closes.to_string(),
            promise.allowance,
            promise.used,
            promise.since,
            promise.due_at,
            promise.provisional,
            promise.level,
            promise.next_at,
            promise.ended_at,
            promise.case
        ],
    )
}

/// The promise of a case.
///
/// # Errors
/// The store's.
pub fn promise(read: &mut Read<'_>, case: CaseId) -> Result<Option<Promise>, Error> {
    read.row(&sql::PROMISE, &params![case])?.as_ref().map(read_row).transpose()
}

fn read_row(row: &Row) -> Result<Promise, Error> {
    let corrupt = || Error::Corrupt("a promise".to_owned());
    let minute = |column| Minute::parse(&row.get::<String>(column)?).ok_or_else(corrupt);
    let place = Place {
        unit: row.get(3)?,
        governorate: row.get(4)?,
        zone: zone(&row.get::<String>(5)?).unwrap_or(Zone::Hebron),
        days: days_of(&row.get::<String>(6)?).ok_or_else(corrupt)?,
        opens: minute(7)?,
        closes: minute(8)?,
    };
    Ok(Promise {
        case: row.get(0)?,
        measure: Measure::parse(&row.get::<String>(1)?).ok_or_else(corrupt)?,
        amount: row.get(2)?,
        place,
        allowance: row.get(9)?,
        used: row.get(10)?,
        started_at: row.get(11)?,
        since: row.get(12)?,
        due_at: row.get(13)?,
        provisional: row.get(14)?,
        level: row.get(15)?,
        next_at: row.get(16)?,
        ended_at: row.get(17)?,
    })
}
