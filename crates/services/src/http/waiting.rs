//! Whom a case waits for, as its person reads it: who has it now, who was asked
//! and how each stands, and what can be done meanwhile.

use std::sync::Arc;

use base::{Locale, Timestamp, Zone};
use store::{Ctx, Read};
use web::Page;

use super::question::{self, Field};
use crate::case::{Case, Stage};
use crate::folder::Service;
use crate::messages::Messages;
use crate::steps::{appealable_until, correct, may_withdraw};
use crate::system::Services;
use crate::turn::{Turn, TurnKind, TurnStage, current};

/// What a case's page needs to know of turns and of what can be done beside them.
pub(super) struct Beside {
    /// Of the present step, each with the ID number that it names.
    pub(super) turns: Vec<(Turn, Option<String>)>,
    pub(super) may_withdraw: bool,
    /// The answer that is to be corrected.
    pub(super) correct: Option<Turn>,
}

impl Beside {
    pub(super) fn of(read: &mut Read<'_>, case: &Case) -> Result<Self, store::Error> {
        let mut turns = Vec::new();
        for turn in current(read, case)? {
            let whom = turn.whom(read, case.person)?;
            turns.push((turn, whom));
        }
        turns.sort_by(|left, right| left.0.name.cmp(&right.0.name));
        Ok(Self { turns, may_withdraw: may_withdraw(read, case)?, correct: correct::wanted(read, case)? })
    }

    /// The turn that the case waits for, if it waits for others.
    pub(super) fn waits_for(&self, case: &Case) -> Option<Turn> {
        let waits = |turn: &&Turn| case.stage == Stage::Waiting && turn.is_open();
        self.turns.iter().map(|(turn, _)| turn).find(waits).cloned()
    }
}

/// Until when a refusal can still be appealed.
pub(super) async fn appealable_of(
    ctx: &Ctx,
    services: &Arc<Services>,
    case: &Case,
) -> Result<Option<Timestamp>, store::Error> {
    if case.outcome.as_deref() != Some("refused") {
        return Ok(None);
    }
    let (services, case, now) = (Arc::clone(services), case.clone(), ctx.now());
    ctx.read(move |read| {
        let Some(service) = services.catalogue.of(&case) else { return Ok(None) };
        Ok(appealable_until(read, service, &case)?.filter(|until| now <= *until))
    })
    .await
}

/// Somebody who was asked.
pub(super) struct TurnLine {
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) due: Option<String>,
    pub(super) open: bool,
}

/// What a case waits for from others, more exactly than its stage.
pub(super) fn waiting_text(m: Messages, kind: TurnKind) -> &'static str {
    match kind {
        TurnKind::Await => m.stage_await(),
        TurnKind::Visit => m.stage_visit(),
        TurnKind::CoSign => m.stage_co_sign(),
        TurnKind::Appointment => m.stage_appointment(),
        TurnKind::Write => m.stage_write(),
        _ => m.stage_clear(),
    }
}

/// How a turn stands, in words.
pub(super) fn turn_state(m: Messages, turn: &Turn) -> &'static str {
    match (turn.stage, turn.kind, turn.yes) {
        (TurnStage::Open, ..) => m.turn_open(),
        (TurnStage::Late, ..) => m.turn_late(),
        (TurnStage::Dropped, ..) => m.turn_dropped(),
        (TurnStage::Silent, _, Some(true)) => m.turn_silent_yes(),
        (TurnStage::Silent, ..) => m.turn_silent_no(),
        (_, TurnKind::CoSign, Some(true)) => m.turn_signed(),
        (_, TurnKind::CoSign, _) => m.turn_refused(),
        (_, TurnKind::Clear, Some(true)) => m.turn_yes(),
        (_, _, Some(false)) => m.turn_no(),
        _ => m.turn_heard(),
    }
}

/// The turns of the present step, as the case's person reads them.
pub(super) fn turn_lines(service: &Service, m: Messages, page: &Page, case: &Case, beside: &Beside) -> Vec<TurnLine> {
    if case.stage != Stage::Waiting {
        return Vec::new();
    }
    let asked = beside.turns.iter().filter(|(turn, _)| {
        matches!(turn.kind, TurnKind::Clear | TurnKind::Await | TurnKind::Visit | TurnKind::CoSign | TurnKind::Write)
    });
    let lines = asked.map(|(turn, whom)| TurnLine {
        name: match whom {
            Some(number) => format!("{} \u{2068}{number}\u{2069}", m.co_sign_person()),
            None => service.text(page.locale, &format!("body-{}", turn.name)),
        },
        state: turn_state(m, turn),
        due: turn.due_at.filter(|_| turn.stage == TurnStage::Open).map(|at| page.date(at.date(Zone::Hebron))),
        open: turn.is_open(),
    });
    lines.collect()
}

/// Who has a case now: its person, an office, others, or this portal.
pub(super) fn held_by(
    services: &Services,
    m: Messages,
    case: &Case,
    waits_for: Option<&Turn>,
    locale: Locale,
) -> Option<String> {
    match (case.stage, &case.unit) {
        (Stage::Draft | Stage::Discarded | Stage::Closed, _) => None,
        (Stage::Paying | Stage::Asked, _) => Some(m.who_you().to_owned()),
        (Stage::Deciding | Stage::Delivering | Stage::Appealed, Some(unit)) => {
            Some(services.catalogue.office_name(unit, locale))
        }
        (Stage::Waiting, _) => waits_for.map(|turn| match turn.kind {
            TurnKind::CoSign => m.who_others().to_owned(),
            TurnKind::Appointment => m.who_you().to_owned(),
            TurnKind::Write if turn.stage == TurnStage::Open => m.who_system().to_owned(),
            _ => {
                let body = services.catalogue.of(case);
                body.map_or_else(String::new, |service| service.text(locale, &format!("body-{}", turn.name)))
            }
        }),
        _ => Some(m.who_system().to_owned()),
    }
}

/// What to do about an appointment, and when it is.
pub(super) fn appointment(m: Messages, turn: &Turn) -> Option<(&'static str, Option<String>)> {
    let words = if turn.due_at.is_some() { m.appointment_change() } else { m.appointment_pick() };
    let at = turn.due_at.map(|at| at.local_minute(Zone::Hebron));
    (turn.kind == TurnKind::Appointment).then_some((words, at))
}

/// The question whose answer is to be corrected, as it was asked.
pub(super) fn correction(
    services: &Services,
    service: &Service,
    page: &Page,
    case: &Case,
    turn: &Turn,
) -> Option<Field> {
    let field = service.field(&turn.name)?;
    Some(Field { alone: false, ..question::field(services, service, page, field, &case.answers, None) })
}
