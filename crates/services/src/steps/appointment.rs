//! The person comes to an office at a time that they choose: out of what is free
//! by its hours and its capacity, moved as often as they like until then, chosen
//! again when they missed it.

use std::sync::Arc;

use base::{CaseId, Date, Timestamp, Zone};
use catalogue::calendar::Minute;
use catalogue::{Catalogue, StepKind};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx};

use super::{step_of, waiting};
use crate::calendar::decree::calendar;
use crate::case::{Case, Refusal, Stage, own};
use crate::messages::Messages;
use crate::timeline::{Kind, add_in, lines};
use crate::turn::{self, NewTurn, Turn, TurnId, TurnKind, booked_at, current};
use crate::way::{go_on_in, refuse_in};

/// Times of one page at most.
const SLOTS: usize = 400;
/// Appointments that nobody came to, after which the case ends.
pub const MISSES: usize = 3;

/// The person may choose.
pub(crate) fn open_in(
    tx: &mut Tx<'_>,
    case: &mut Case,
    unit: Option<String>,
    field: Option<&str>,
) -> Result<(), Refusal> {
    case.take("wait")?;
    (case.unit, case.officer) = (None, None);
    let round = turn::next_round(tx, case)?;
    let chosen = field.and_then(|field| case.answers.get(field)?.as_str().map(str::to_owned));
    let office = unit.or(chosen);
    let new = NewTurn { unit: office.as_deref(), ..NewTurn::new(TurnKind::Appointment, round, "visit") };
    turn::open_in(tx, case, new)?;
    add_in(tx, case, Kind::AppointmentOpen, None, json!({ "office": office }))?;
    Ok(())
}

/// A time at an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub at: Timestamp,
    /// Whether somebody can still come.
    pub free: bool,
}

/// When a day's appointments begin.
fn of_day((opens, closes): (Minute, Minute), day: Date, zone: Zone, minutes: i64) -> Vec<Timestamp> {
    let (opens, closes) = (opens.minutes(), closes.minutes());
    let starts = (0..).map(|number| opens + number * minutes).take_while(|start| start + minutes <= closes);
    let at = |start: i64| Some(day.at(i8::try_from(start / 60).ok()?, i8::try_from(start % 60).ok()?, zone));
    starts.filter_map(at).collect()
}

/// The appointment that a case waits for, if it does.
pub(crate) fn appointment_of(read: &mut Read<'_>, case: &Case) -> Result<Option<Turn>, Error> {
    if case.stage != Stage::Waiting {
        return Ok(None);
    }
    Ok(current(read, case)?.into_iter().find(|turn| turn.kind == TurnKind::Appointment && turn.is_open()))
}

/// The times of an appointment's office from now on, in order.
///
/// # Errors
/// The store's.
pub fn slots(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    turn: &Turn,
    case: &Case,
    now: Timestamp,
) -> Result<Vec<Slot>, Error> {
    let step = catalogue.of(case).and_then(|service| step_of(service, turn));
    let Some(StepKind::Appointment { minutes, capacity, days, .. }) = step else { return Ok(Vec::new()) };
    let Some(office) = catalogue.offices().iter().find(|office| Some(&office.key) == turn.unit.as_ref()) else {
        return Ok(Vec::new());
    };
    let place = catalogue.place(&office.key);
    let today = now.date(place.zone);
    let calendar = calendar(read, today)?;
    let days = i32::try_from(*days).unwrap_or(i32::MAX);
    let taken = booked_at(read, &office.key, now, today.plus_days(days + 1).start(place.zone))?;
    let minutes = i64::from((*minutes).max(1));
    let open = (0..=days).map(|ahead| today.plus_days(ahead));
    let open = open.filter_map(|day| Some((day, calendar.hours(&place, day)?)));
    let times = open.flat_map(|(day, hours)| of_day(hours, day, place.zone, minutes));
    let capacity = usize::try_from(*capacity).unwrap_or(usize::MAX);
    let slot = |at: Timestamp| Slot { at, free: taken.iter().filter(|time| **time == at).count() < capacity };
    Ok(times.filter(|at| *at > now).take(SLOTS).map(slot).collect())
}

/// The person chooses a time, or another one.
///
/// # Errors
/// Not theirs, no appointment is waited for, its time has come, or it is not free.
pub async fn book(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, id: CaseId, at: Timestamp) -> Result<(), Refusal> {
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let case = own(tx, id, &actor)?;
        let turn = appointment_of(tx, &case)?.ok_or(Refusal::NotNow(case.stage.as_str(), "book"))?;
        let now = tx.now();
        if turn.due_at.is_some_and(|before| before <= now) {
            return Err(Refusal::TooLate);
        }
        if turn.due_at == Some(at) {
            return Ok(());
        }
        let slots = slots(tx, &catalogue, &turn, &case, now)?;
        if !slots.iter().any(|slot| slot.at == at && slot.free) {
            return Err(Refusal::NotFree);
        }
        turn::book_in(tx, &turn, Some(at))?;
        let kind = if turn.due_at.is_some() { Kind::Moved } else { Kind::Booked };
        // By the clock of the office; day before hour on an Arabic page too.
        let there = catalogue.zone(turn.unit.as_deref());
        let note = format!("\u{2066}{}\u{2069}", at.local_minute(there));
        add_in(tx, &case, kind, Some(&note), json!({ "office": turn.unit, "at": at.rfc3339() }))?;
        Ok(())
    })
    .await
}

/// An officer of the office says whether the person came.
///
/// # Errors
/// Another unit's, no time is booked, or it has not come yet.
pub async fn attend(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: TurnId,
    unit: &str,
    came: bool,
) -> Result<(), Refusal> {
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let known = turn::turn(tx, id)?.filter(|turn| turn.unit.as_deref() == Some(unit.as_str()));
        let known = known.filter(|turn| turn.kind == TurnKind::Appointment).ok_or(Refusal::NoCase)?;
        let (mut turn, mut case) = waiting(tx, id)?.ok_or(Refusal::NotNow(known.stage.as_str(), "attend"))?;
        if turn.due_at.is_none_or(|at| at > tx.now()) {
            return Err(Refusal::NotNow("ahead", "attend"));
        }
        let detail = json!({ "office": unit, "at": turn.due_at.map(Timestamp::rfc3339) });
        if came {
            turn::answer_in(tx, &case, &mut turn, true, None)?;
            add_in(tx, &case, Kind::Attended, None, detail)?;
            return go_on_in(tx, &catalogue, &mut case, Stage::Waiting);
        }
        add_in(tx, &case, Kind::Missed, None, detail)?;
        if lines(tx, &case)?.iter().filter(|line| line.kind == Kind::Missed).count() < MISSES {
            return turn::book_in(tx, &turn, None);
        }
        turn::answer_in(tx, &case, &mut turn, false, None)?;
        let reason = Messages::new(case.locale).appointment_missed_reason();
        refuse_in(tx, &mut case, reason, "appointment")?;
        case.keep_in(tx, Stage::Waiting).map_err(Refusal::from)
    })
    .await
}
