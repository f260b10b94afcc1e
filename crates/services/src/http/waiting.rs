//! Whom a case waits for, as its person reads it: who has it now, who was asked
//! and how each stands, and what can be done meanwhile.

use std::sync::Arc;

use base::{Actor, Assurance, Date, Locale, Timestamp, Zone};
use catalogue::chosen::Sources;
use catalogue::{Catalogue, FieldKind, Service};
use store::{Ctx, Read};
use web::Page;

use super::beside::time_in_words;
use super::question::{self, Field};
use crate::case::{Case, Stage};
use crate::facts;
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
    /// What that answer is chosen from; absent where nothing is to be corrected, or
    /// to whom nothing is told.
    sources: Option<Sources>,
}

impl Beside {
    pub(super) fn of(
        read: &mut Read<'_>,
        catalogue: &Catalogue,
        case: &Case,
        today: Date,
        actor: &Actor,
    ) -> Result<Self, store::Error> {
        let mut turns = Vec::new();
        for turn in current(read, case)? {
            let whom = turn.whom(read, case.person)?;
            turns.push((turn, whom));
        }
        turns.sort_by(|left, right| left.0.name.cmp(&right.0.name));
        let (may_withdraw, correct) = (may_withdraw(read, case)?, correct::wanted(read, case)?);
        // A password alone is not enough to read what registers told.
        let proven = correct.is_some() && actor.assurance() >= Assurance::Substantial;
        let service = catalogue.of(case).filter(|_| proven);
        let sources = service.map(|service| facts::sources(read, service, case, today, actor)).transpose()?;
        Ok(Self { turns, may_withdraw, correct, sources })
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
    beside: &Beside,
    locale: Locale,
) -> Option<String> {
    match (case.stage, &case.unit) {
        (Stage::Draft | Stage::Discarded | Stage::Closed, _) => None,
        (Stage::Paying | Stage::Asked, _) => Some(m.who_you().to_owned()),
        (Stage::Deciding | Stage::Delivering | Stage::Appealed, Some(unit)) => {
            Some(services.catalogue.office_name(unit, locale))
        }
        (Stage::Waiting, _) => {
            let open = beside.turns.iter().map(|(turn, _)| turn).filter(|turn| turn.is_open());
            // Bodies that were asked at once each have it; whom a case names has it with the others.
            let mut names: Vec<String> = open.map(|turn| holder(services, m, case, turn, locale)).collect();
            names.dedup();
            (!names.is_empty()).then(|| names.join(m.list_comma()))
        }
        _ => Some(m.who_system().to_owned()),
    }
}

/// Who has one turn of a case.
fn holder(services: &Services, m: Messages, case: &Case, turn: &Turn, locale: Locale) -> String {
    match turn.kind {
        TurnKind::CoSign => m.who_others().to_owned(),
        TurnKind::Appointment => m.who_you().to_owned(),
        TurnKind::Write if turn.stage == TurnStage::Open => m.who_system().to_owned(),
        _ => {
            let body = services.catalogue.of(case);
            body.map_or_else(String::new, |service| service.text(locale, &format!("body-{}", turn.name)))
        }
    }
}

/// What to do about an appointment, and when it is.
pub(super) fn appointment(services: &Services, page: &Page, turn: &Turn) -> Option<(&'static str, Option<String>)> {
    let m = Messages::new(page.locale);
    let words = if turn.due_at.is_some() { m.appointment_change() } else { m.appointment_pick() };
    let zone = services.catalogue.zone(turn.unit.as_deref());
    let at = turn.due_at.map(|at| time_in_words(page, at, zone));
    (turn.kind == TurnKind::Appointment).then_some((words, at))
}

/// The question whose answer is to be corrected, as it was asked.
pub(super) fn correction(
    services: &Services,
    service: &Service,
    page: &Page,
    case: &Case,
    beside: &Beside,
) -> Option<Field> {
    let turn = beside.correct.as_ref()?;
    let field = service.field(&turn.name).filter(|field| field.kind != FieldKind::Files)?;
    let asked = Field { alone: false, ..question::field(services, service, page, field, &case.answers, None) };
    let offers = beside.sources.as_ref().filter(|_| field.kind.is_chosen()).and_then(|sources| sources.offers(field));
    let kept = case.answers.get(&field.id);
    Some(offers.iter().fold(asked, |asked, offers| question::offered(asked, page, field, offers, kept, None)))
}
