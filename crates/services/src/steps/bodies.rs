//! Bodies are asked, each with its own clock: many at once for a clearance, one
//! for an outside body's say or a visit at home. Officers answer, or an operation
//! of the exchange does. Past its clock, a body's silence means what was decreed.

use std::sync::Arc;

use base::Role;
use catalogue::folder::Silence;
use catalogue::{BodyFile, Catalogue, Lookup, Service, StepKind};
use serde_json::json;
use store::{Ctx, Error, Key, Tx, Work};

use super::{CLOCK, needed, step_of, waiting, words};
use crate::case::{Case, Refusal, Stage, case};
use crate::facts::facts_in;
use crate::messages::Messages;
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::told;
use crate::turn::{self, NewTurn, Turn, TurnId, TurnKind, TurnStage, current};
use crate::way::{Way, go_on_in, refuse_in, store_error};

/// The queue of bodies that an operation answers for.
pub(crate) const ASK: &str = "services.body_asked";
/// A silent operation is asked again after this, seconds.
const AGAIN_S: i64 = 30;
/// And at least this often, seconds.
const SELDOM_S: i64 = 3_600;
const DAY_S: i64 = 86_400;

/// Asks them all.
pub(crate) fn open_in(
    tx: &mut Tx<'_>,
    way: &Way<'_>,
    case: &mut Case,
    kind: TurnKind,
    bodies: &[BodyFile],
) -> Result<(), Refusal> {
    case.take("wait")?;
    (case.unit, case.officer) = (None, None);
    let (round, now) = (turn::next_round(tx, case)?, tx.now());
    for body in bodies {
        let due_at = body.days.map(|days| now.plus_seconds(i64::from(days) * DAY_S));
        let unit = body.unit.as_ref().map(|unit| way.unit(unit));
        let new = NewTurn { unit: unit.as_deref(), due_at, ..NewTurn::new(kind, round, &body.id) };
        let id = turn::open_in(tx, case, new)?;
        if let Some(due) = due_at {
            tx.enqueue(CLOCK, &id.to_string(), &id, due)?;
        }
        if body.operation.is_some() {
            tx.enqueue(ASK, &id.to_string(), &id, now)?;
        }
    }
    let line = match kind {
        TurnKind::Visit => Kind::VisitOrdered,
        TurnKind::Await => Kind::Awaiting,
        _ => Kind::Clearing,
    };
    let asked: Vec<&str> = bodies.iter().map(|body| body.id.as_str()).collect();
    add_in(tx, case, line, None, json!({ "bodies": asked }))?;
    Ok(())
}

/// What a body is called, in a case's language.
fn named(service: &Service, case: &Case, body: &str) -> String {
    service.text(case.locale, &format!("body-{body}"))
}

/// An officer of the body's unit answers. A no needs its reason, a visit its report.
///
/// # Errors
/// Another unit's, not waited for any more, no words, or a supervisor's by now.
pub async fn answer(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: TurnId,
    unit: &str,
    yes: bool,
    text: &str,
) -> Result<(), Refusal> {
    let answer = Answer::of(ctx, unit, yes, text);
    let catalogue = Arc::clone(catalogue);
    ctx.write(key, move |tx| answer.give_in(tx, &catalogue, id)).await
}

/// What an officer of a unit answers.
pub(super) struct Answer {
    unit: String,
    supervisor: bool,
    yes: bool,
    text: String,
}

impl Answer {
    pub(super) fn of(ctx: &Ctx, unit: &str, yes: bool, text: &str) -> Self {
        let supervisor = ctx.actor.has_role(Role::Supervisor);
        Self { unit: unit.to_owned(), supervisor, yes, text: text.to_owned() }
    }

    /// Gives it to a turn, in the caller's commit.
    pub(super) fn give_in(&self, tx: &mut Tx<'_>, catalogue: &Catalogue, id: TurnId) -> Result<(), Refusal> {
        let known = turn::turn(tx, id)?.filter(|turn| turn.unit.as_deref() == Some(self.unit.as_str()));
        let known = known.ok_or(Refusal::NoCase)?;
        let (turn, mut case) = waiting(tx, id)?.ok_or(Refusal::NotNow(known.stage.as_str(), "answer"))?;
        if turn.stage == TurnStage::Late && turn.kind != TurnKind::Write && !self.supervisor {
            return Err(Refusal::Supervisor);
        }
        if turn.kind == TurnKind::Write && turn.stage == TurnStage::Open {
            // The register itself is still being told.
            return Err(Refusal::NotNow("open", "answer"));
        }
        let must = !self.yes || matches!(turn.kind, TurnKind::Visit | TurnKind::Write);
        let said = if must { Some(needed(&self.text)?) } else { words(&self.text) };
        match turn.kind {
            TurnKind::Clear | TurnKind::Await | TurnKind::Visit | TurnKind::Write => {
                // A visit is a report: what follows from it is decided after it.
                let yes = self.yes || turn.kind == TurnKind::Visit;
                say_in(tx, catalogue, &mut case, turn, yes, said.as_deref())
            }
            _ => Err(Refusal::NotNow(turn.kind.as_str(), "answer")),
        }
    }
}

pub(super) fn say_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    mut turn: Turn,
    yes: bool,
    said: Option<&str>,
) -> Result<(), Refusal> {
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    turn::answer_in(tx, case, &mut turn, yes, said)?;
    let name = named(service, case, &turn.name);
    let kind = match (turn.kind, yes) {
        (TurnKind::Visit, _) => Kind::Visited,
        (TurnKind::Await, true) => Kind::Heard,
        (TurnKind::Write, true) => Kind::Written,
        (_, true) => Kind::Cleared,
        (_, false) => Kind::Objected,
    };
    let detail = json!({ "body": turn.name, "unit": turn.unit, "yes": yes });
    // A report is for those who decide; everything else the person reads.
    let words = said.filter(|_| kind != Kind::Visited);
    let note = words.map_or_else(|| name.clone(), |said| format!("{name}: {said}"));
    add_in(tx, case, kind, (kind != Kind::Visited).then_some(note.as_str()), detail)?;
    settle_in(tx, catalogue, case)
}

/// The clock of a body ran out.
pub(crate) fn ran_out_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    mut turn: Turn,
    body: &BodyFile,
) -> Result<(), Refusal> {
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    let name = named(service, case, &turn.name);
    let m = Messages::new(case.locale);
    let yes = match body.silence {
        // Its supervisor has it already, or it is waited for without end.
        _ if turn.stage == TurnStage::Late => return Ok(()),
        None => return Ok(()),
        Some(Silence::Escalate) => {
            turn::escalate_in(tx, &mut turn)?;
            let detail = json!({ "body": turn.name, "unit": turn.unit });
            add_in(tx, case, Kind::Escalated, Some(&name), detail)?;
            return Ok(());
        }
        Some(Silence::Yes) => true,
        Some(Silence::No) => false,
    };
    turn::lapse_in(tx, case, &mut turn, yes)?;
    let note = format!("{name}: {}", if yes { m.silence_yes() } else { m.silence_no() });
    add_in(tx, case, Kind::Silent, Some(&note), json!({ "body": turn.name, "yes": yes }))?;
    settle_in(tx, catalogue, case)
}

/// Goes on once nobody is waited for: with one objection the case ends, and its
/// person reads all of them.
fn settle_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case) -> Result<(), Refusal> {
    let turns = current(tx, case)?;
    if turns.iter().any(Turn::is_open) {
        return Ok(());
    }
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    let mut reasons = Vec::new();
    for turn in turns.iter().filter(|turn| turn.yes == Some(false)) {
        let said = turn.note(tx, case.person)?;
        let said = said.unwrap_or_else(|| Messages::new(case.locale).silence_no().to_owned());
        reasons.push(format!("{}: {said}", named(service, case, &turn.name)));
    }
    if reasons.is_empty() {
        return go_on_in(tx, catalogue, case, Stage::Waiting);
    }
    refuse_in(tx, case, &reasons.join(" · "), "bodies")?;
    case.keep_in(tx, Stage::Waiting).map_err(Refusal::from)
}

/// Asks the operation that answers for a body, until it is heard or its clock ran out.
pub(crate) async fn ask(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: TurnId = work.parse()?;
    let Some((turn, found)) = ctx.read(move |read| waiting(read, id)).await? else { return Ok(()) };
    let Some(service) = services.catalogue.of(&found) else { return Ok(()) };
    let body = step_of(service, &turn).and_then(|step| step.bodies().iter().find(|body| body.id == turn.name));
    let Some((body, operation)) = body.and_then(|body| Some((body.clone(), body.operation.clone()?))) else {
        return Ok(());
    };
    let lookup = Lookup::by_number(body.id.clone(), operation);
    let heard = told::ask(&ctx, &services.exchange, &found, &[&lookup], "case.clear").await?;
    let settled = ctx.write(work.write_key(), move |tx| {
        let Some((turn, mut case)) = waiting(tx, id)? else { return Ok(()) };
        told::keep_in(tx, case.id, case.person, &heard)?;
        let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
        let facts = facts_in(tx, service, &case)?;
        let is_final = heard.iter().any(|one| one.heard.is_final());
        let verdict = is_final.then(|| body.rule.as_ref().map_or(Ok(false), |rule| rule.holds(&facts)));
        let Some(Ok(yes)) = verdict else {
            let silent = tx.now().seconds_since(turn.opened_at);
            let again = tx.now().plus_seconds((silent / 4).clamp(AGAIN_S, SELDOM_S));
            return tx.enqueue(ASK, &id.to_string(), &id, again).map_err(Refusal::from);
        };
        let reason = (!yes).then(|| service.text(case.locale, &format!("reason-{}", body.id)));
        say_in(tx, &services.catalogue, &mut case, turn, yes, reason.as_deref())
    });
    settled.await.map_err(store_error)
}

/// A turn of a unit as its page shows it.
pub(crate) struct Opened {
    pub(crate) turn: Turn,
    pub(crate) case: Case,
    pub(crate) files: Vec<crate::files::File>,
    /// Name by language, and ID number.
    pub(crate) person: Option<base::PersonName>,
    pub(crate) number: Option<base::IdNumber>,
}

/// A turn of the officer's unit; the look is recorded before it is shown.
pub(crate) async fn open(ctx: &Ctx, id: TurnId, unit: &str) -> Result<Opened, Refusal> {
    let unit = unit.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let turn = turn::turn(tx, id)?.filter(|turn| turn.unit.as_deref() == Some(unit.as_str()));
        let turn = turn.filter(|turn| turn.is_open() && turn.is_asked_of_a_unit()).ok_or(Refusal::NoCase)?;
        let case = case(tx, turn.case)?.ok_or(Refusal::NoCase)?;
        let detail = json!({ "unit": unit, "turn": id.to_string() });
        let leaf = audit::Leaf::new(crate::desk::READ, case.object()).about(case.person).with(detail);
        audit::record_in(tx, &leaf).map(drop).map_err(Refusal::from)
    })
    .await?;
    ctx.read(move |read| {
        let turn = turn::turn(read, id)?.ok_or(Refusal::NoCase)?;
        let case = case(read, turn.case)?.ok_or(Refusal::NoCase)?;
        let person = identity::display_name(read, case.person)?;
        let number = identity::id_number(read, case.person)?;
        let files = crate::files::files_of(read, &case)?;
        Ok(Opened { turn, case, files, person, number })
    })
    .await
}

/// The answers that a turn's page may show.
pub(crate) fn sees<'s>(service: &'s Service, turn: &Turn) -> &'s [String] {
    match step_of(service, turn) {
        Some(StepKind::CoSign { sees, .. }) => sees,
        Some(step) => step.bodies().iter().find(|body| body.id == turn.name).map_or(&[], |body| &body.sees),
        None => &[],
    }
}
