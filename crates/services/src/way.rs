//! The way of a case after it is sent: the folder's steps one after another,
//! each beginning in the commit that ended the one before. This is the only
//! place that knows a case's whole way.

use std::sync::Arc;

use base::{CaseId, Locale, Timestamp, Zone};
use catalogue::folder::{failing, words};
use catalogue::told::{Disagreement, Told, disagreements};
use catalogue::{Catalogue, Condition, Decider, Service, StepKind, UnitFile, Verdict, form};
use documents::{NewPaper, PaperIssued, PaperRevoked};
use payments::MoneyHeld;
use serde_json::{Value, json};
use store::{Ctx, Error, Tx, Work};

use crate::case::{Case, Refusal, Stage, case, case_of};
use crate::count::count_in;
use crate::facts::facts_in;
use crate::messages::Messages;
use crate::steps::{appointment, bodies, co_sign, correct, decide, pay, write};
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::told::retold;
use crate::turn::{TurnKind, drop_open_in};
use crate::{bundle, copies, facts, promise, told};
use rules::{Facts, RuleError};

/// The queue of cases whose registers have yet to be heard.
pub(crate) const CHECK: &str = "services.check";
/// What a folder may promise, papers can have.
const _: () = assert!(catalogue::COPIES_MOST <= documents::COPIES_MOST);
/// A silent register is asked again after this, seconds.
const AGAIN_S: i64 = 5;
/// And at least this often, seconds.
const SELDOM_S: i64 = 600;

/// Goes on with the next step, as far as nobody has to be waited for; what is
/// complete and paid is promised.
pub(crate) fn advance_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    told: Vec<Told>,
) -> Result<(), Refusal> {
    let way = way_in(tx, catalogue, case, told)?;
    step_in(tx, &way, case)
}

/// The same by what registers told when they were last asked: before a rule decides, they
/// are asked again where that was too long ago.
fn resume_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, told: Vec<Told>) -> Result<(), Refusal> {
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    let is_old = !retold::old(service, &told, tx.now()).is_empty();
    let way = Way { is_old, ..way_in(tx, catalogue, case, told)? };
    step_in(tx, &way, case)
}

fn way_in<'c>(tx: &mut Tx<'_>, catalogue: &'c Catalogue, case: &Case, told: Vec<Told>) -> Result<Way<'c>, Refusal> {
    let service = catalogue.of(case).ok_or(Refusal::NoService)?;
    let (today, actor) = (tx.now().date(Zone::Hebron), tx.actor().clone());
    let sources = facts::sources_with(tx, service, case.person, told, today, &actor)?;
    let facts = form::facts(service, today, &case.answers, &sources);
    Ok(Way { catalogue, service, facts, disagreements: disagreements(service, &sources.told), is_old: false })
}

fn step_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &mut Case) -> Result<(), Refusal> {
    walk_in(tx, way, case)?;
    promise::begin_in(tx, way.catalogue, case).map_err(Refusal::from)
}

fn walk_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &mut Case) -> Result<(), Refusal> {
    loop {
        case.step += 1;
        let at = usize::try_from(case.step).unwrap_or(usize::MAX);
        let Some(step) = way.service.file.steps.get(at) else { return complete_in(tx, case) };
        if way.is_old && matches!(step.kind, StepKind::Decide { by: Decider::Rule, .. }) {
            return ask_anew_in(tx, case);
        }
        match step.when.as_ref().map_or(Ok(true), |rule| rule.holds(&way.facts)) {
            Ok(true) => {}
            Ok(false) => continue,
            // Neither skipped nor taken: what it needs may be heard yet.
            Err(none) => return again_in(tx, case, &none),
        }
        let entered = enter_in(tx, way, case, &step.kind)?;
        // A rule without an answer leaves the step to be taken again.
        if usize::try_from(case.step) == Ok(at) && entered != Entered::Skipped {
            way.catalogue.entered(case.id, tx.now(), at);
        }
        if entered == Entered::Waits {
            return Ok(());
        }
    }
}

/// What a step may look at when it begins.
pub(crate) struct Way<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) service: &'a Service,
    pub(crate) facts: Facts,
    /// In what registers contradict each other.
    disagreements: Vec<Disagreement>,
    /// Whether registers have to be asked again before a rule decides.
    is_old: bool,
}

impl Way<'_> {
    /// The unit that acts on this case.
    pub(crate) fn unit(&self, unit: &UnitFile) -> String {
        self.catalogue.unit(unit, &self.facts)
    }
}

/// Whether somebody has to be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The case stands here until they have done their part.
    Waits,
    /// The next step begins at once.
    Done,
    /// Nothing was to be done: the step is not taken.
    Skipped,
}

fn enter_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &mut Case, step: &StepKind) -> Result<Entered, Refusal> {
    match step {
        StepKind::Decide { by: Decider::Rule, .. } => return by_rule_in(tx, way, case, &step.conditions()),
        StepKind::Decide { unit, by, eyes, votes, .. } => {
            case.take("decide")?;
            case.unit = unit.as_ref().map(|unit| way.unit(unit));
            // Whoever decided an earlier step is of another unit.
            case.officer = None;
            decide::open_in(tx, case, *by, *eyes, votes.unwrap_or(0))?;
        }
        StepKind::Pay { fees, instalments, .. } => match pay::owed(way.service, &way.facts, fees) {
            Ok(owed) if owed.is_empty() => return Ok(Entered::Skipped),
            Ok(owed) => pay::open_in(tx, way, case, owed, *instalments)?,
            Err(none) => return again_in(tx, case, &none).map(|()| Entered::Waits),
        },
        StepKind::Clear { bodies } => bodies::open_in(tx, way, case, TurnKind::Clear, bodies)?,
        StepKind::Await(body) => bodies::open_in(tx, way, case, TurnKind::Await, std::slice::from_ref(body))?,
        StepKind::HomeVisit(body) => bodies::open_in(tx, way, case, TurnKind::Visit, std::slice::from_ref(body))?,
        StepKind::CoSign { field, days, .. } => co_sign::open_in(tx, case, field, *days)?,
        StepKind::Appointment { unit, field, .. } => {
            let unit = unit.as_ref().map(|unit| way.unit(unit));
            appointment::open_in(tx, case, unit, field.as_deref())?;
        }
        StepKind::Write { id, unit, .. } => write::open_in(tx, case, id, &way.unit(unit))?,
        StepKind::Issue => {
            case.take("issue")?;
            order_in(tx, way, case)?;
        }
        StepKind::Deliver => {
            let Some(office) = way.service.collection_office(&case.answers) else { return Ok(Entered::Done) };
            case.take("deliver")?;
            crate::parcel::open_in(tx, case, &office)?;
            case.unit = Some(office);
        }
    }
    Ok(Entered::Waits)
}

fn by_rule_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &mut Case, conditions: &[Condition]) -> Result<Entered, Refusal> {
    // Where somebody decides after it, a rule only lets the case go on.
    let mut later = way.service.file.steps.iter().skip(usize::try_from(case.step + 1).unwrap_or(usize::MAX));
    let last = !later.any(|step| matches!(step.kind, StepKind::Decide { .. }));
    let verdict = failing(conditions, &way.facts);
    let grave = way.disagreements.iter().any(|one| one.about.identifies());
    if grave
        && (last || verdict.as_ref().is_ok_and(|failing| !failing.is_empty()))
        && decide::decided_by(tx, case)?.is_none()
    {
        return disagree_in(tx, way, case).map(|()| Entered::Waits);
    }
    match verdict {
        Ok(failing) if failing.is_empty() => {}
        Ok(failing) => return refuse_by_rule_in(tx, way.service, case, &failing).map(|()| Entered::Waits),
        // Never a no: what it needs may be heard yet.
        Err(none) => return again_in(tx, case, &none).map(|()| Entered::Waits),
    }
    let kind = if last { Kind::Approved } else { Kind::Eligible };
    let rules: Vec<&str> = conditions.iter().map(|condition| condition.rule.source()).collect();
    add_in(tx, case, kind, None, json!({ "by": "rule", "rules": rules }))?;
    Ok(Entered::Done)
}

/// A rule has no answer: the same step is tried again once registers were asked anew.
fn again_in(tx: &mut Tx<'_>, case: &mut Case, none: &RuleError) -> Result<(), Refusal> {
    case.step -= 1;
    wait_in(tx, case, &json!({ "rule": none.to_string() }))
}

/// The registers are asked at once, and the same step begins with what they say.
fn ask_anew_in(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), Refusal> {
    case.step -= 1;
    case.take("check")?;
    let now = tx.now();
    tx.enqueue(CHECK, &case.id.to_string(), &case.id, now).map_err(Refusal::from)
}

/// No rule decides alone by registers that contradict each other: they are asked until
/// they agree, and the person reads which they are.
fn disagree_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &mut Case) -> Result<(), Refusal> {
    case.step -= 1;
    let m = Messages::new(case.locale);
    let line = |one: &Disagreement| {
        let sources = one.said.iter().map(|(lookup, _)| way.service.text(case.locale, &format!("source-{lookup}")));
        m.registers_differ(sources.collect::<Vec<_>>().join(m.list_comma()), one.about.name(case.locale))
    };
    let grave = way.disagreements.iter().filter(|one| one.about.identifies());
    let note = grave.map(line).collect::<Vec<_>>().join("\n");
    if !case.marked {
        case.marked = true;
        add_in(tx, case, Kind::Marked, Some(&note), json!({ "rule": "registers disagree" }))?;
    }
    wait_in(tx, case, &json!({}))
}

/// A case that was moved in memory goes on, and is written if it still stood there.
pub(crate) fn go_on_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, from: Stage) -> Result<(), Refusal> {
    let told = told::told(tx, case)?;
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    if told::unheard(tx, service, case, &told)? {
        // A register has yet to answer for what was corrected.
        wait_in(tx, case, &json!({}))?;
    } else {
        resume_in(tx, catalogue, case, told)?;
    }
    case.keep_in(tx, from).map_err(Refusal::from)
}

pub(crate) fn refuse_in(tx: &mut Tx<'_>, case: &mut Case, reason: &str, by: &str) -> Result<(), Refusal> {
    close_in(tx, case, reason, by, json!({ "by": by, "reason": reason }))
}

/// Refuses for every condition that does not hold: why, and what would change it.
fn refuse_by_rule_in(
    tx: &mut Tx<'_>,
    service: &Service,
    case: &mut Case,
    failing: &[Condition],
) -> Result<(), Refusal> {
    let keys: Vec<&str> = failing.iter().map(|condition| condition.reason.as_str()).collect();
    let detail = json!({ "by": "rule", "reasons": keys });
    close_in(tx, case, &words(failing, service, case.locale), "rule", detail)
}

fn close_in(tx: &mut Tx<'_>, case: &mut Case, reason: &str, by: &str, detail: Value) -> Result<(), Refusal> {
    case.take("refuse")?;
    drop_open_in(tx, case)?;
    pay::cancel_in(tx, case)?;
    case.closed_at = Some(tx.now());
    case.outcome = Some("refused".to_owned());
    add_in(tx, case, Kind::Refused, Some(reason), detail)?;
    count_in(tx, "refused", &case.service, by, case.locale)?;
    Ok(())
}

/// Waits for what registers have yet to tell; the next step is tried again then.
pub(crate) fn wait_in(tx: &mut Tx<'_>, case: &mut Case, lacking: &Value) -> Result<(), Refusal> {
    case.take("check")?;
    if !case.marked {
        case.marked = true;
        add_in(tx, case, Kind::Marked, None, lacking.clone())?;
    }
    let due = tx.now().plus_seconds(pause_s(case, tx.now()));
    tx.enqueue(CHECK, &case.id.to_string(), &case.id, due).map_err(Refusal::from)
}

pub(crate) fn complete_in(tx: &mut Tx<'_>, case: &mut Case) -> Result<(), Refusal> {
    case.take("complete")?;
    case.closed_at = Some(tx.now());
    case.outcome = Some("completed".to_owned());
    add_in(tx, case, Kind::Completed, None, json!({}))?;
    count_in(tx, "completed", &case.service, "", case.locale)?;
    bundle::follow_in(tx, case).map_err(Refusal::from)
}

fn order_in(tx: &mut Tx<'_>, way: &Way<'_>, case: &Case) -> Result<(), Refusal> {
    let Way { catalogue, service, facts, .. } = way;
    let Some(paper) = &service.file.paper else { return Err(Refusal::NoService) };
    let signed = Value::Object(co_sign::signed(tx, service, case)?);
    let today = tx.now().date(Zone::Hebron);
    let both = |text: &dyn Fn(Locale) -> String| [text(Locale::AR), text(Locale::EN)];
    let issuer = both(&|locale| catalogue.agency(&service.file.provider, &today.to_string(), locale));
    let title = both(&|locale| service.text(locale, "paper-title"));
    let unit = decide::decided_by(tx, case)?.or_else(|| case.unit.clone());
    let new = NewPaper {
        person: case.person,
        about: case.object(),
        template: case.service.clone(),
        version: service.file.version,
        prefix: format!("{}{}", paper.serial, catalogue.office_code(service, unit.as_deref())),
        issuer,
        title,
        values: paper.filled(service, &case.answers, facts, &signed),
        public: paper.public.clone(),
        valid_until: paper.valid_days.and_then(|days| i32::try_from(days).ok()).map(|days| today.plus_days(days)),
        unit,
        copies: paper.copies_asked(&case.answers),
        // What costs something is asked for on the case's page.
        more: if paper.more_fee.is_some() { 0 } else { paper.more },
    };
    documents::order_in(tx, &new)?;
    Ok(())
}

/// A register was silent when the case was sent: asks again, and goes on once
/// it is heard.
pub(crate) async fn check(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: CaseId = work.parse()?;
    let Some(found) = ctx.read(move |read| case(read, id)).await? else { return Ok(()) };
    let Some(service) = services.catalogue.of(&found) else { return Ok(()) };
    if found.stage != Stage::Checking {
        return Ok(());
    }
    let told = told::ask_all(&ctx, &services, service, &found, "case.check").await?;
    let moved = Arc::clone(&services);
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, id)?.filter(|case| case.stage == Stage::Checking) else { return Ok(()) };
        let Some(service) = moved.catalogue.of(&now) else { return Ok(()) };
        told::keep_in(tx, id, now.person, &told)?;
        if told::unheard(tx, service, &now, &told)? {
            return wait_in(tx, &mut now, &json!({}));
        }
        // Bodies whose operation answered earlier are among them.
        let all = told::told(tx, &now)?;
        let facts = facts_in(tx, service, &now)?;
        let verdict = Verdict::of(service, &facts, &all);
        if now.step < 0 && !verdict.failing.is_empty() {
            // It was sent while its register was silent: what it says now is late, and counts.
            refuse_by_rule_in(tx, service, &mut now, &verdict.failing)?;
        } else if let Some(field) = lacking(service, &now, &facts) {
            ask_in(tx, service, &mut now, &field)?;
        } else {
            advance_in(tx, &moved.catalogue, &mut now, all)?;
        }
        now.marked = now.stage == Stage::Checking;
        now.keep_in(tx, Stage::Checking).map_err(Refusal::from)
    });
    gone_on.await.map_err(store_error)
}

/// A question that what registers say now opens, and that nobody could answer before
/// the case was sent. What was chosen and is gone is for rules to say.
fn lacking(service: &Service, case: &Case, facts: &Facts) -> Option<String> {
    let missing = if case.step < 0 { form::missing(service, facts) } else { Vec::new() };
    missing.into_iter().find(|name| service.field(name).is_some() && !case.answers.contains_key(name))
}

/// The person is asked that question, and the case goes on from where it stands.
fn ask_in(tx: &mut Tx<'_>, service: &Service, case: &mut Case, field: &str) -> Result<(), Refusal> {
    case.take("ask")?;
    correct::open_in(tx, case, field)?;
    let label = service.text(case.locale, &format!("field-{field}-label"));
    let question = Messages::new(case.locale).asked_by_register(label);
    add_in(tx, case, Kind::Asked, Some(&question), json!({ "field": field }))?;
    Ok(())
}

/// The longer a register is silent, the less often it is asked.
fn pause_s(case: &Case, now: Timestamp) -> i64 {
    let silent = case.submitted_at.map_or(0, |since| now.seconds_since(since));
    (silent / 4).clamp(AGAIN_S, SELDOM_S)
}

/// Money came beside what settled the bill: its payer is told that it goes back.
pub(crate) async fn money_held(ctx: Ctx, work: Work) -> Result<(), Error> {
    let event: MoneyHeld = work.parse()?;
    let told = ctx.write(work.write_key(), move |tx| {
        let Some(now) = case(tx, event.case)? else { return Ok(()) };
        let m = Messages::new(now.locale);
        let amount = event.money().map(|money| web::money_in(now.locale, money));
        let note = m.money_held(amount.as_deref().unwrap_or(&event.amount), &event.receipt);
        add_in(tx, &now, Kind::MoneyHeld, Some(&note), json!({ "receipt": event.receipt })).map(drop)
    });
    told.await
}

/// The paper was made: the next step begins.
pub(crate) async fn issued(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let event: PaperIssued = work.parse()?;
    let Some(id) = case_of(&event.about) else { return Ok(()) };
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, id)?.filter(|case| case.stage == Stage::Issuing) else { return Ok(()) };
        add_in(tx, &now, Kind::Issued, None, json!({ "paper": event.paper.to_string() }))?;
        go_on_in(tx, &services.catalogue, &mut now, Stage::Issuing)
    });
    gone_on.await.map_err(store_error)
}

/// The paper does not hold any more: its person is told, wherever the case stands.
pub(crate) async fn revoked(ctx: Ctx, work: Work) -> Result<(), Error> {
    let event: PaperRevoked = work.parse()?;
    let Some(id) = case_of(&event.about) else { return Ok(()) };
    let told = ctx.write(work.write_key(), move |tx| {
        let (Some(case), Some(paper)) = (case(tx, id)?, documents::paper(tx, event.paper)?) else { return Ok(()) };
        let detail = json!({ "paper": event.paper.to_string() });
        copies::cancel_in(tx, &case)?;
        add_in(tx, &case, Kind::Revoked, paper.reason.as_deref(), detail).map(drop).map_err(Refusal::from)
    });
    told.await.map_err(store_error)
}

pub(crate) fn store_error(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Store(error) | Refusal::Payments(payments::Refusal::Store(error)) => error,
        other => Error::Corrupt(other.to_string()),
    }
}
