//! What officers do with a case: take it, look at it, ask once, decide. Each
//! look is a leaf that the person reads.

use std::sync::Arc;

use audit::Leaf;
use base::{CaseId, OfficerId, Role, Zone};
use catalogue::chosen::Sources;
use catalogue::form::facts;
use catalogue::told::Told;
use catalogue::{Catalogue, FieldKind};
use documents::{Paper, PaperId};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::case::{Case, Refusal, Stage, case, own};
use crate::files::{File, files_of};
use crate::steps::decide::{Bench, bench, judged_before, say_in};
use crate::steps::{co_sign, correct};
use crate::system::Services;
use crate::timeline::{Kind, Line, add_in, lines};
use crate::told::retold;
use crate::turn::{self, Turn, TurnId, TurnKind, TurnStage};
use crate::{facts, sql};
use rules::Facts;

/// The act of looking at somebody's case.
pub(crate) const READ: &str = "services.case_read";
/// Cases on one page of the queue at most.
const QUEUE: i64 = 100;
/// Longest question or reason, characters.
pub const WORDS: usize = 1_000;

/// What waits for a unit, oldest first, and what it has asked for.
///
/// # Errors
/// The store's.
pub fn queue(read: &mut Read<'_>, unit: &str) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for stage in [Stage::Deciding, Stage::Appealed, Stage::Asked] {
        for row in read.rows(&sql::QUEUE, &params![unit, stage.as_str(), QUEUE])? {
            cases.push(Case::read(read, &row)?);
        }
    }
    Ok(cases)
}

/// How much work waits: turns for the unit's answer, cases for its decision, papers that it
/// has to send, papers on their way to the office, and papers that are there.
///
/// # Errors
/// The store's.
pub fn waiting(read: &mut Read<'_>, unit: &str) -> Result<[i64; 5], Error> {
    let turns = turn::count_of_unit(read, unit)?;
    let mut count = |statement, params: &[_]| read.row(statement, params)?.map_or(Ok(0), |row| row.get::<i64>(0));
    let appealed = Stage::Appealed.as_str();
    let appeals = count(&sql::COUNT_QUEUE, &params![unit, appealed])?;
    Ok([
        turns,
        appeals + count(&sql::COUNT_QUEUE, &params![unit, Stage::Deciding.as_str()])?,
        count(&sql::COUNT_PARCELS_OF, &params![unit, "waiting"])?,
        count(&sql::COUNT_PARCELS_AT, &params![unit, "sent"])?,
        count(&sql::COUNT_PARCELS_AT, &params![unit, "arrived"])?,
    ])
}

/// A case with what registers told and what happened.
pub(crate) struct Opened {
    pub(crate) case: Case,
    pub(crate) told: Vec<Told>,
    /// What rules may look at, and what was chosen.
    pub(crate) facts: Facts,
    /// The same by what registers told before they changed their answers, if any did.
    pub(crate) before: Option<(Vec<Told>, Facts)>,
    pub(crate) lines: Vec<Line>,
    /// How its decision stands.
    pub(crate) bench: Bench,
    /// Why the first of two officers said no.
    pub(crate) first_reason: Option<String>,
    /// What members of a committee said, by seat.
    pub(crate) reasons: Vec<(TurnId, String)>,
    /// What was attached.
    pub(crate) files: Vec<File>,
    /// Who signed with the person, by the field that names them.
    pub(crate) signed: Map<String, Value>,
    /// What bodies, visits and registers said.
    pub(crate) said: Vec<(Turn, Option<String>)>,
}

/// Records that an officer looks at a case of their unit.
///
/// # Errors
/// It is another unit's, or the store's.
pub async fn look(ctx: &Ctx, id: CaseId, unit: &str) -> Result<(), Refusal> {
    let looked = unit.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let case = of_unit(tx, id, &looked)?;
        let leaf = Leaf::new(READ, case.object()).about(case.person).with(json!({ "unit": looked }));
        audit::record_in(tx, &leaf).map(drop).map_err(Refusal::from)
    })
    .await
}

/// A case of the officer's unit; the look is recorded before it is shown.
pub(crate) async fn open(ctx: &Ctx, catalogue: &Arc<Catalogue>, id: CaseId, unit: &str) -> Result<Opened, Refusal> {
    look(ctx, id, unit).await?;
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(catalogue));
    let (today, actor) = (ctx.now().date(Zone::Hebron), ctx.actor.clone());
    ctx.read(move |read| {
        let case = of_unit(read, id, &unit)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let sources = facts::sources(read, service, &case, today, &actor)?;
        let before = retold::before(read, &case, &sources.told)?.map(|told| {
            let sources = Sources { told, ..sources.clone() };
            (sources.told.clone(), facts(service, today, &case.answers, &sources))
        });
        let (facts, told) = (facts(service, today, &case.answers, &sources), sources.told);
        let lines = lines(read, &case)?;
        let bench = bench(read, &case)?;
        let (mut first_reason, mut reasons, mut said) = (None, Vec::new(), Vec::new());
        match &bench {
            Bench::Second(seats) => first_reason = seats[0].note(read, case.person)?,
            Bench::Committee(seats) => {
                for seat in seats {
                    reasons.extend(seat.note(read, case.person)?.map(|note| (seat.id, note)));
                }
            }
            Bench::One(_) | Bench::First(_) => {}
        }
        for turn in turn::turns(read, id)? {
            let told = turn.is_asked_of_a_unit() || turn.kind == TurnKind::Write;
            if told && turn.stage != TurnStage::Dropped {
                let note = turn.note(read, case.person)?;
                said.push((turn, note));
            }
        }
        let files = files_of(read, &case)?;
        let signed = co_sign::signed(read, service, &case)?;
        Ok(Opened { case, signed, files, told, facts, before, lines, bench, first_reason, reasons, said })
    })
    .await
}

/// A paper of the person's own that a case of the officer's unit names; the look is
/// recorded before it is shown.
pub(crate) async fn paper(
    ctx: &Ctx,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    unit: &str,
    paper: PaperId,
) -> Result<Paper, Refusal> {
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(catalogue));
    ctx.write(Key::once(ctx), move |tx| {
        let case = of_unit(tx, id, &unit)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let name = paper.to_string();
        let names = |answer: &Value| match answer {
            Value::Array(all) => all.iter().any(|one| *one == name),
            one => *one == name,
        };
        let fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
        let mut fields = fields.filter(|field| field.kind == FieldKind::Paper);
        if !fields.any(|field| case.answers.get(&field.id).is_some_and(names)) {
            return Err(Refusal::NoCase);
        }
        let named =
            documents::paper(tx, paper)?.filter(|paper| paper.person == case.person && paper.stage != "ordered");
        let named = named.ok_or(Refusal::NoCase)?;
        let detail = json!({ "paper": name, "unit": unit });
        audit::record_in(tx, &Leaf::new(documents::READ, case.object()).about(case.person).with(detail))?;
        Ok(named.id)
    })
    .await?;
    let found = ctx.read(move |read| documents::paper(read, paper)).await?;
    found.ok_or(Refusal::NoCase)
}

pub(crate) fn of_unit(read: &mut Read<'_>, id: CaseId, unit: &str) -> Result<Case, Refusal> {
    case(read, id)?.filter(|case| case.unit.as_deref() == Some(unit)).ok_or(Refusal::NoCase)
}

/// The case, if this officer has it and it waits for a decision.
pub(crate) fn taken(tx: &mut Tx<'_>, id: CaseId, unit: &str, officer: OfficerId) -> Result<Case, Refusal> {
    let case = of_unit(tx, id, unit)?;
    if case.stage != Stage::Deciding {
        return Err(Refusal::NotNow(case.stage.as_str(), "decide"));
    }
    if case.officer != Some(officer) {
        return Err(Refusal::NotYours);
    }
    if judged_before(tx, &case, officer)? {
        return Err(Refusal::SamePerson);
    }
    Ok(case)
}

/// Takes a case from the queue. A supervisor takes it from somebody else too.
///
/// # Errors
/// Another officer has it, or nothing is to be decided.
pub async fn take(ctx: &Ctx, key: Key, id: CaseId, unit: &str) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let (unit, supervisor) = (unit.to_owned(), ctx.actor.has_role(Role::Supervisor));
    ctx.write(key, move |tx| {
        let mut case = of_unit(tx, id, &unit)?;
        if !matches!(case.stage, Stage::Deciding | Stage::Asked | Stage::Appealed) {
            return Err(Refusal::NotNow(case.stage.as_str(), "take"));
        }
        match case.officer {
            Some(other) if other != officer && !supervisor => return Err(Refusal::NotYours),
            Some(other) if other == officer => return Ok(()),
            _ => case.officer = Some(officer),
        }
        // A committee's case is everybody's who sits there.
        let bench = bench(tx, &case)?;
        if matches!(bench, Bench::Committee(_)) && case.stage == Stage::Deciding {
            return Err(Refusal::NotNow("before a committee", "take"));
        }
        // A second pair of eyes is another's, and so is a decision after an appeal.
        if case.stage == Stage::Deciding && (judged_before(tx, &case, officer)? || bench.has_sat(officer)) {
            return Err(Refusal::SamePerson);
        }
        add_in(tx, &case, Kind::Taken, None, json!({ "unit": unit }))?;
        case.keep_in(tx, case.stage).map_err(Refusal::from)
    })
    .await
}

/// The case about which this officer may ask: one that they took, or one before
/// the committee that they lead.
fn asking(tx: &mut Tx<'_>, id: CaseId, unit: &str, officer: OfficerId, supervisor: bool) -> Result<Case, Refusal> {
    let case = of_unit(tx, id, unit)?;
    if case.stage == Stage::Deciding && matches!(bench(tx, &case)?, Bench::Committee(_)) {
        return if supervisor { Ok(case) } else { Err(Refusal::Supervisor) };
    }
    taken(tx, id, unit, officer)
}

/// Asks the citizen for one more thing. A second time only a supervisor may.
///
/// # Errors
/// It was asked before, or is not this officer's.
pub async fn ask(ctx: &Ctx, key: Key, id: CaseId, unit: &str, question: &str) -> Result<(), Refusal> {
    ask_about(ctx, key, id, unit, question, None).await
}

/// As [`ask`], and the citizen's answer to this field is to be corrected.
///
/// # Errors
/// As of [`ask`].
pub async fn ask_to_correct(
    ctx: &Ctx,
    key: Key,
    id: CaseId,
    unit: &str,
    question: &str,
    field: &str,
) -> Result<(), Refusal> {
    ask_about(ctx, key, id, unit, question, Some(field.to_owned())).await
}

async fn ask_about(
    ctx: &Ctx,
    key: Key,
    id: CaseId,
    unit: &str,
    question: &str,
    field: Option<String>,
) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let (unit, supervisor) = (unit.to_owned(), ctx.actor.has_role(Role::Supervisor));
    let question: String = question.trim().chars().take(WORDS).collect();
    if question.is_empty() {
        return Err(Refusal::Incomplete(vec!["text".to_owned()]));
    }
    ctx.write(key, move |tx| {
        let mut case = asking(tx, id, &unit, officer, supervisor)?;
        let asked = lines(tx, &case)?.iter().any(|line| line.kind == Kind::Asked);
        if asked && !supervisor {
            return Err(Refusal::NotNow("asked", "ask"));
        }
        case.take("ask")?;
        if let Some(field) = &field {
            if !case.answers.contains_key(field) {
                return Err(Refusal::Incomplete(vec!["field".to_owned()]));
            }
            correct::open_in(tx, &case, field)?;
        }
        add_in(tx, &case, Kind::Asked, Some(&question), json!({ "field": field }))?;
        case.keep_in(tx, Stage::Deciding).map_err(Refusal::from)
    })
    .await
}

/// The citizen's answer to what was asked.
///
/// # Errors
/// Nothing was asked, or it is not theirs.
pub async fn reply(ctx: &Ctx, key: Key, id: CaseId, text: &str) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    let text: String = text.trim().chars().take(WORDS).collect();
    if text.is_empty() {
        return Err(Refusal::Incomplete(vec!["text".to_owned()]));
    }
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        if correct::wanted(tx, &case)?.is_some() {
            // The answer itself is to be corrected, not talked about.
            return Err(Refusal::Incomplete(vec!["value".to_owned()]));
        }
        case.take("answer")?;
        add_in(tx, &case, Kind::Answered, Some(&text), json!({}))?;
        case.keep_in(tx, Stage::Asked).map_err(Refusal::from)
    })
    .await
}

/// Yes: the next step begins.
///
/// # Errors
/// It is not this officer's, or does not wait for a decision; [`Refusal::Retold`] where a
/// register says something else now.
pub async fn approve(ctx: &Ctx, key: Key, services: &Arc<Services>, id: CaseId, unit: &str) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    retold::ask_again(ctx, services, id, unit).await?;
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(&services.catalogue));
    ctx.write(key, move |tx| {
        let mut case = taken(tx, id, &unit, officer)?;
        say_in(tx, &catalogue, &mut case, None)
    })
    .await
}

/// No, with the reason that the citizen reads.
///
/// # Errors
/// No reason, or as of [`approve`].
pub async fn reject(
    ctx: &Ctx,
    key: Key,
    services: &Arc<Services>,
    id: CaseId,
    unit: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let reason: String = reason.trim().chars().take(WORDS).collect();
    if reason.is_empty() {
        return Err(Refusal::Incomplete(vec!["text".to_owned()]));
    }
    retold::ask_again(ctx, services, id, unit).await?;
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(&services.catalogue));
    ctx.write(key, move |tx| {
        let mut case = taken(tx, id, &unit, officer)?;
        say_in(tx, &catalogue, &mut case, Some(&reason))
    })
    .await
}
