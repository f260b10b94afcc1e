//! Rules replayed over past cases before they are published: of the newest cases that
//! were sent, what the rules of a waiting version would have decided otherwise than
//! those on which each case began, by the answers and the registers' answers that were
//! kept, as of the day on which it was sent.
//!
//! Not here: what officers decided, which no rule repeats. Nobody's data leaves the
//! comparison: it gives counts, and which cases differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Actor, CaseId, Timestamp, Zone};
use catalogue::folder::{Span, failing};
use catalogue::told::Told;
use catalogue::{Catalogue, Decider, Service, StepFile, StepKind, UnitFile, Verdict, form};
use rules::{Facts, Rule};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Read, Tx, Work, params};

use crate::case::{Case, case};
use crate::steps::pay::owed;
use crate::system::Services;
use crate::{facts, sql, told, version};

/// The queue of versions whose rules are replayed.
pub(crate) const REPLAY: &str = "services.replay";
/// Cases that are looked at, the newest first.
pub const CASES: i64 = 500;
/// Cases that one piece of work looks at.
const AT_ONCE: i64 = 25;
/// After every case's id.
const NEWEST: &str = "~";

/// What the new rules would have decided otherwise of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// It went on, and would be refused.
    Refused,
    /// It was refused by rule, and would go on.
    Granted,
    /// It would be refused for other reasons.
    Reasons,
    /// It would take other steps.
    Way,
    /// It would owe other fees.
    Fees,
    /// It would be promised another time.
    Promise,
}

impl Difference {
    /// All of them, the gravest first.
    pub const ALL: [Self; 6] = [Self::Refused, Self::Granted, Self::Reasons, Self::Way, Self::Fees, Self::Promise];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Granted => "granted",
            Self::Reasons => "reasons",
            Self::Way => "way",
            Self::Fees => "fees",
            Self::Promise => "promise",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|known| known.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("services_replay_case.difference {word}")))
    }
}

/// How far a replay is, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The last case that was looked at.
    last: String,
    /// How many cases were looked at.
    pub looked: i64,
    /// Of how many data was erased.
    pub erased: i64,
    /// For how many what was kept does not suffice: the new version asks what nobody
    /// was asked, or a register that was not asked then.
    pub lacking: i64,
    /// When all of them were looked at.
    pub ended_at: Option<Timestamp>,
}

/// A version whose rules are replayed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    service: String,
    version: u32,
}

/// Lets the rules of a version that was put up be replayed.
pub(crate) fn begin_in(tx: &mut Tx<'_>, service: &str, version: u32) -> Result<(), Error> {
    let now = tx.now();
    tx.execute_one(&sql::INSERT_REPLAY, &params![service, version, NEWEST, now])?;
    leave_in(tx, &Order { service: service.to_owned(), version })
}

fn leave_in(tx: &mut Tx<'_>, order: &Order) -> Result<(), Error> {
    let now = tx.now();
    tx.enqueue(REPLAY, &format!("{}@{}", order.service, order.version), order, now)
}

/// How the replay of a version stands; none where there is none.
///
/// # Errors
/// The store's.
pub fn replay(read: &mut Read<'_>, service: &str, version: u32) -> Result<Option<Replay>, Error> {
    let Some(row) = read.row(&sql::REPLAY, &params![service, version])? else { return Ok(None) };
    Ok(Some(Replay {
        last: row.get(0)?,
        looked: row.get(1)?,
        erased: row.get(2)?,
        lacking: row.get(3)?,
        ended_at: row.get(4)?,
    }))
}

/// The cases of which it would have decided otherwise, newest first.
///
/// # Errors
/// The store's.
pub fn differing(read: &mut Read<'_>, service: &str, version: u32) -> Result<Vec<(CaseId, Difference)>, Error> {
    let rows = read.rows(&sql::REPLAYED, &params![service, version])?;
    rows.iter().map(|row| Ok((row.get(0)?, Difference::parse(&row.get::<String>(1)?)?))).collect()
}

/// What a piece of work saw.
struct Seen {
    before: Replay,
    now: Replay,
    differing: Vec<(CaseId, Difference)>,
}

/// Looks at some more cases.
pub(crate) async fn go_on(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let order: Order = work.parse()?;
    let (catalogue, asked, actor, now) = (Arc::clone(&services.catalogue), order.clone(), ctx.actor.clone(), ctx.now());
    let seen = ctx.read(move |read| look(read, &catalogue, &asked, &actor, now)).await?;
    let Some(seen) = seen.map(Arc::new) else { return Ok(()) };
    ctx.write(work.write_key(), move |tx| keep_in(tx, &order, &seen)).await
}

fn look(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    order: &Order,
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<Seen>, Error> {
    let Some(before) = replay(read, &order.service, order.version)?.filter(|one| one.ended_at.is_none()) else {
        return Ok(None);
    };
    let there = version::version(read, &order.service, order.version)?;
    let Some(new) = there.and_then(|there| there.service()) else {
        return Ok(None);
    };
    let most = AT_ONCE.min(CASES - before.looked);
    let rows = read.rows(&sql::SENT_CASES, &params![order.service, before.last, most])?;
    let mut seen = Seen { now: before.clone(), before, differing: Vec::new() };
    for row in &rows {
        let id: CaseId = row.get(0)?;
        seen.now.last = id.to_string();
        seen.now.looked += 1;
        let found = match case(read, id) {
            Ok(Some(case)) => compare(read, catalogue, &new, &case, actor),
            Ok(None) => continue,
            Err(error) => Err(error),
        };
        match found {
            Ok(Compared::Same) => {}
            Ok(Compared::Differs(difference)) => seen.differing.push((id, difference)),
            Ok(Compared::Lacking) => seen.now.lacking += 1,
            // Its person was erased, or what registers told of it.
            Ok(Compared::Erased) | Err(Error::Sealed) => seen.now.erased += 1,
            Err(error) => return Err(error),
        }
    }
    let all = i64::try_from(rows.len()).unwrap_or(i64::MAX) < most || seen.now.looked >= CASES;
    seen.now.ended_at = all.then_some(now);
    Ok(Some(seen))
}

fn keep_in(tx: &mut Tx<'_>, order: &Order, seen: &Seen) -> Result<(), Error> {
    let (now, before) = (&seen.now, &seen.before);
    tx.execute_one(
        &sql::KEEP_REPLAY,
        &params![
            now.last,
            now.looked,
            now.erased,
            now.lacking,
            now.ended_at,
            order.service,
            order.version,
            before.last,
            before.looked
        ],
    )?;
    for &(case, difference) in &seen.differing {
        let word = difference.as_str();
        tx.execute_one(&sql::INSERT_REPLAYED, &params![order.service, order.version, case, word])?;
    }
    if now.ended_at.is_some() { Ok(()) } else { leave_in(tx, order) }
}

/// What came of one case.
enum Compared {
    Same,
    Differs(Difference),
    Lacking,
    Erased,
}

fn compare(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    new: &Service,
    case: &Case,
    actor: &Actor,
) -> Result<Compared, Error> {
    let (Some(old), Some(sent)) = (catalogue.of(case), case.submitted_at) else { return Ok(Compared::Lacking) };
    let told = told::told(read, case)?;
    if told.is_empty() && !old.file.lookups.is_empty() {
        return Ok(Compared::Erased);
    }
    let day = sent.date(Zone::Hebron);
    let mut judge = |service: &Service| {
        let sources = facts::sources_with(read, service, case.person, told.clone(), day, actor)?;
        Ok::<_, Error>(outcome(service, &form::facts(service, day, &case.answers, &sources), &told))
    };
    let (before, after) = (judge(old)?, judge(new)?);
    Ok(match (before, after) {
        (Some(before), Some(after)) if !asks_others(old, new, &told) => {
            before.differs(&after).map_or(Compared::Same, Compared::Differs)
        }
        _ => Compared::Lacking,
    })
}

/// Whether the new rules read a register that was not asked then.
fn asks_others(old: &Service, new: &Service, told: &[Told]) -> bool {
    let known = |id: &str, operation: &str| {
        let mut lookups = old.file.lookups.iter();
        lookups.any(|lookup| lookup.id == id && lookup.operation == operation)
            || told.iter().any(|one| one.lookup == id)
    };
    let read: BTreeSet<&str> = decides(new).flat_map(Rule::lookups).collect();
    let mut asked = new.file.lookups.iter().filter(|lookup| read.contains(lookup.id.as_str()));
    asked.any(|lookup| !known(&lookup.id, &lookup.operation))
}

/// The rules by which a case is decided.
fn decides(service: &Service) -> impl Iterator<Item = &Rule> {
    let file = &service.file;
    let eligible = file.eligible.iter().map(|one| &one.rule);
    let fees = file.fees.iter().flat_map(|fee| fee.when.iter().chain(fee.quantity.rule()));
    let promised = file.promise.rules.iter().map(|one| &one.when);
    eligible.chain(fees).chain(promised).chain(file.steps.iter().flat_map(StepFile::rules))
}

/// What the rules of a version come to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Refused(BTreeSet<String>),
    GoesOn { steps: Vec<String>, fees: Vec<String>, promise: Span },
}

impl Outcome {
    fn differs(&self, after: &Self) -> Option<Difference> {
        match (self, after) {
            (Self::GoesOn { .. }, Self::Refused(_)) => Some(Difference::Refused),
            (Self::Refused(_), Self::GoesOn { .. }) => Some(Difference::Granted),
            (Self::Refused(one), Self::Refused(two)) => (one != two).then_some(Difference::Reasons),
            (
                Self::GoesOn { steps, fees, promise },
                Self::GoesOn { steps: other_steps, fees: other_fees, promise: other_promise },
            ) => match () {
                () if steps != other_steps => Some(Difference::Way),
                () if fees != other_fees => Some(Difference::Fees),
                () if promise != other_promise => Some(Difference::Promise),
                () => None,
            },
        }
    }
}

/// None where it cannot be said: an answer or a register is missing.
fn outcome(service: &Service, facts: &Facts, told: &[Told]) -> Option<Outcome> {
    let reasons =
        |failing: &[catalogue::Condition]| Outcome::Refused(failing.iter().map(|one| one.reason.clone()).collect());
    if !form::missing(service, facts).is_empty() {
        return None;
    }
    let verdict = Verdict::of(service, facts, told);
    if !verdict.failing.is_empty() {
        return Some(reasons(&verdict.failing));
    }
    if verdict.unknown {
        return None;
    }
    let (mut steps, mut fees) = (Vec::new(), Vec::new());
    for step in &service.file.steps {
        if !step.when.as_ref().map_or(Ok(true), |rule| rule.holds(facts)).ok()? {
            continue;
        }
        match &step.kind {
            StepKind::Decide { by: Decider::Rule, .. } => {
                let failing = failing(&step.kind.conditions(), facts).ok()?;
                if !failing.is_empty() {
                    return Some(reasons(&failing));
                }
            }
            StepKind::Decide { by, unit, eyes, votes, .. } => {
                let unit = unit.as_ref().map(UnitFile::default);
                steps.push(format!("decide {by:?} {unit:?} {eyes} {votes:?}"));
            }
            StepKind::Pay { fees: codes, .. } => {
                let owed = owed(service, facts, codes).ok()?;
                fees.extend(owed.into_iter().map(|fee| format!("{} × {}", fee.code, fee.quantity)));
            }
            other => {
                let bodies: Vec<&str> = other.bodies().iter().map(|body| body.id.as_str()).collect();
                steps.push(format!("{} {}", other.word(), bodies.join(" ")));
            }
        }
    }
    Some(Outcome::GoesOn { steps, fees, promise: service.file.promise.of(facts) })
}
