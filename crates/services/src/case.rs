//! A case: one application, from draft to closed. Its stages, what it holds,
//! and how it is read.

use attachments::Bad;
use base::{Actor, CaseId, Locale, OfficerId, PersonId, Timestamp};
use catalogue::{Condition, VersionName};
use serde_json::{Map, Value};
use store::{Error, Read, Row, Tx, params};
use web::{Slice, Transitions};

use crate::{promise, sql};

/// Drafts that a service page offers to go on with at most.
const DRAFTS: i64 = 50;
const ANSWERS: &str = "services_case.answers";

/// How a case gets from draft to closed. The folder's steps choose the edges.
pub const CASE: Transitions = Transitions {
    name: "services.case",
    start: "draft",
    edges: &[
        ("draft", "discard", "discarded"),
        ("draft", "check", "checking"),
        ("draft", "pay", "paying"),
        ("draft", "decide", "deciding"),
        ("draft", "wait", "waiting"),
        ("draft", "issue", "issuing"),
        ("draft", "deliver", "delivering"),
        ("draft", "refuse", "closed"),
        ("draft", "complete", "closed"),
        ("checking", "ask", "asked"),
        ("checking", "check", "checking"),
        ("checking", "pay", "paying"),
        ("checking", "decide", "deciding"),
        ("checking", "wait", "waiting"),
        ("checking", "issue", "issuing"),
        ("checking", "deliver", "delivering"),
        ("checking", "refuse", "closed"),
        ("checking", "complete", "closed"),
        ("checking", "withdraw", "closed"),
        ("paying", "check", "checking"),
        ("paying", "pay", "paying"),
        ("paying", "decide", "deciding"),
        ("paying", "wait", "waiting"),
        ("paying", "issue", "issuing"),
        ("paying", "deliver", "delivering"),
        ("paying", "refuse", "closed"),
        ("paying", "complete", "closed"),
        ("paying", "withdraw", "closed"),
        ("deciding", "ask", "asked"),
        ("deciding", "check", "checking"),
        ("deciding", "pay", "paying"),
        ("deciding", "decide", "deciding"),
        ("deciding", "wait", "waiting"),
        ("deciding", "issue", "issuing"),
        ("deciding", "deliver", "delivering"),
        ("deciding", "refuse", "closed"),
        ("deciding", "complete", "closed"),
        ("deciding", "withdraw", "closed"),
        ("waiting", "check", "checking"),
        ("waiting", "pay", "paying"),
        ("waiting", "decide", "deciding"),
        ("waiting", "wait", "waiting"),
        ("waiting", "issue", "issuing"),
        ("waiting", "deliver", "delivering"),
        ("waiting", "refuse", "closed"),
        ("waiting", "complete", "closed"),
        ("waiting", "withdraw", "closed"),
        ("asked", "answer", "deciding"),
        ("asked", "check", "checking"),
        ("asked", "withdraw", "closed"),
        ("issuing", "check", "checking"),
        ("issuing", "pay", "paying"),
        ("issuing", "decide", "deciding"),
        ("issuing", "wait", "waiting"),
        ("issuing", "deliver", "delivering"),
        ("issuing", "refuse", "closed"),
        ("issuing", "complete", "closed"),
        ("delivering", "complete", "closed"),
        ("closed", "appeal", "appealed"),
        ("appealed", "check", "checking"),
        ("appealed", "pay", "paying"),
        ("appealed", "decide", "deciding"),
        ("appealed", "wait", "waiting"),
        ("appealed", "issue", "issuing"),
        ("appealed", "deliver", "delivering"),
        ("appealed", "refuse", "closed"),
        ("appealed", "complete", "closed"),
        ("appealed", "withdraw", "closed"),
    ],
};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not sent yet.
    Draft,
    /// Thrown away before it was sent.
    Discarded,
    /// Sent; a register has yet to be heard.
    Checking,
    /// The bill is open.
    Paying,
    /// A clerk decides.
    Deciding,
    /// The citizen was asked for something.
    Asked,
    /// Others have their turn: bodies, co-signers, an office, a register.
    Waiting,
    /// Another unit hears an appeal against a refusal.
    Appealed,
    /// The paper is being made.
    Issuing,
    /// The paper is on its way to the person's hands.
    Delivering,
    /// It ended.
    Closed,
}

impl Stage {
    const ALL: [Self; 11] = [
        Self::Draft,
        Self::Discarded,
        Self::Checking,
        Self::Paying,
        Self::Deciding,
        Self::Asked,
        Self::Waiting,
        Self::Appealed,
        Self::Issuing,
        Self::Delivering,
        Self::Closed,
    ];

    /// The word in storage and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Discarded => "discarded",
            Self::Checking => "checking",
            Self::Paying => "paying",
            Self::Deciding => "deciding",
            Self::Asked => "asked",
            Self::Waiting => "waiting",
            Self::Appealed => "appealed",
            Self::Issuing => "issuing",
            Self::Delivering => "delivering",
            Self::Closed => "closed",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a case's stage {word}")))
    }
}

/// A case with its answers.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The service's key.
    pub service: String,
    /// The folder's version that it was begun with.
    pub version: u32,
    /// Whose it is.
    pub person: PersonId,
    /// The language that they read.
    pub locale: Locale,
    /// Where it stands.
    pub stage: Stage,
    /// The step under way, an index of the folder's steps; -1 before the first.
    pub step: i64,
    /// The answers by field.
    pub answers: Map<String, Value>,
    /// Since when.
    pub created_at: Timestamp,
    /// When an answer was last kept.
    pub saved_at: Timestamp,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// Until when it is promised.
    pub promised_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// The unit that has it.
    pub unit: Option<String>,
    /// The officer who took it.
    pub officer: Option<OfficerId>,
    /// How it ended: `completed`, `refused`, `withdrawn`.
    pub outcome: Option<String>,
    /// Whether a register could not be asked: to be checked.
    pub marked: bool,
    /// When the question of feedback was answered.
    pub feedback_at: Option<Timestamp>,
}

/// Cases said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// No such case, or another's.
    #[error("there is no such case")]
    NoCase,
    /// What was wanted is not open to a case that stands where it does.
    #[error("a case that is {0} cannot {1}")]
    NotNow(&'static str, &'static str),
    /// Answers are missing or wrong: their fields.
    #[error("answers are missing: {0:?}")]
    Incomplete(Vec<String>),
    /// Whoever applies may not: these conditions do not hold.
    #[error("they may not apply: {}", .0.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>().join(", "))]
    NotEligible(Vec<Condition>),
    /// Another officer has it, or nobody took it.
    #[error("another officer has this case, or nobody took it")]
    NotYours,
    /// The same officer cannot be the second one, or judge their own decision again.
    #[error("this needs another officer than the one who decided")]
    SamePerson,
    /// A supervisor has to do it.
    #[error("this needs a supervisor")]
    Supervisor,
    /// The days for it have passed.
    #[error("it is too late for this")]
    TooLate,
    /// The time is not free any more.
    #[error("this time is not free")]
    NotFree,
    /// Whoever acts is not known well enough for this service.
    #[error("this service needs a higher assurance")]
    TooLow,
    /// The mandate of whoever acts for another does not cover the service.
    #[error("the mandate does not cover this service")]
    OutOfMandate,
    /// The service is for people, and a company is acted for.
    #[error("this service is for people, not for companies")]
    ForPersons,
    /// The service is for companies, and none is acted for.
    #[error("this service is for companies")]
    ForCompanies,
    /// The service is not open to them: on which day it will be, if that is known.
    #[error("this service is not open to them yet")]
    NotOpen(Option<base::Date>),
    /// What was chosen is not on the register's list any more: its fields.
    #[error("what was chosen is not there any more: {0:?}")]
    Gone(Vec<String>),
    /// A register says something else than when the case was sent: whoever decides
    /// looks at it first.
    #[error("a register changed its answer: look at the case again")]
    Retold,
    /// The service has another version since the answers were checked.
    #[error("the service has changed since the answers were checked")]
    Renewed,
    /// The service is not offered any more.
    #[error("there is no such service")]
    NoService,
    /// A file is not taken.
    #[error("a file is not taken: {0:?}")]
    File(Bad),
    /// The scanner has yet to see a file.
    #[error("the scanner has not seen this file yet")]
    Unscanned,
    /// The scanner found something in a file.
    #[error("the scanner found something in this file")]
    Quarantined,
    /// Payments said no.
    #[error(transparent)]
    Payments(#[from] payments::Refusal),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<Bad> for Refusal {
    fn from(bad: Bad) -> Self {
        Self::File(bad)
    }
}

impl<'c> From<&'c Case> for VersionName<'c> {
    fn from(case: &'c Case) -> Self {
        Self { service: &case.service, version: case.version }
    }
}

impl Case {
    pub(crate) fn read(read: &mut Read<'_>, row: &Row) -> Result<Self, Error> {
        let person: PersonId = row.get(3)?;
        let answers = read.open(person, ANSWERS, &row.get::<Vec<u8>>(7)?)?;
        let answers = serde_json::from_slice(&answers).map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(Self {
            id: row.get(0)?,
            service: row.get(1)?,
            version: row.get(2)?,
            person,
            locale: Locale::from_tag(&row.get::<String>(4)?).unwrap_or(Locale::AR),
            stage: Stage::parse(&row.get::<String>(5)?)?,
            step: row.get(6)?,
            answers,
            created_at: row.get(8)?,
            saved_at: row.get(9)?,
            submitted_at: row.get(10)?,
            promised_at: row.get(11)?,
            closed_at: row.get(12)?,
            unit: row.get(13)?,
            officer: row.get(14)?,
            outcome: row.get(15)?,
            marked: row.get(16)?,
            feedback_at: row.get(17)?,
        })
    }

    /// `case:01J…`: what leaves and notices name it.
    #[must_use]
    pub fn object(&self) -> String {
        format!("case:{}", self.id)
    }

    /// Takes the edge of [`CASE`] that an event names, in memory; the caller's
    /// [`Case::keep_in`] writes it.
    pub(crate) fn take(&mut self, event: &'static str) -> Result<(), Refusal> {
        let next = CASE.next(self.stage.as_str(), event);
        self.stage = Stage::parse(next.ok_or(Refusal::NotNow(self.stage.as_str(), event))?)?;
        Ok(())
    }

    /// Writes what moved, if nobody moved it meanwhile. The clock of the promise
    /// follows.
    pub(crate) fn keep_in(&self, tx: &mut Tx<'_>, from: Stage) -> Result<(), Error> {
        let promised_at = promise::follow_in(tx, self)?;
        tx.execute_one(
            &sql::MOVE_CASE,
            &params![
                self.stage.as_str(),
                self.step,
                self.submitted_at,
                promised_at,
                self.closed_at,
                self.unit,
                self.officer,
                self.outcome,
                i64::from(self.marked),
                self.id,
                from.as_str()
            ],
        )
    }

    pub(crate) fn keep_answers_in(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let sealed = seal_answers(tx, self.person, &self.answers)?;
        let now = tx.now();
        tx.execute_one(&sql::SAVE_ANSWERS, &params![sealed, now, self.id, self.stage.as_str()])
    }
}

pub(crate) fn seal_answers(tx: &mut Tx<'_>, person: PersonId, answers: &Map<String, Value>) -> Result<Vec<u8>, Error> {
    let bytes = serde_json::to_vec(answers).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.seal(person, ANSWERS, &bytes)
}

/// A case.
///
/// # Errors
/// The store's.
pub fn case(read: &mut Read<'_>, id: CaseId) -> Result<Option<Case>, Error> {
    let row = read.row(&sql::CASE, &params![id])?;
    row.map(|row| Case::read(read, &row)).transpose()
}

/// The case that an object such as `case:01J…` names.
pub(crate) fn case_of(object: &str) -> Option<CaseId> {
    object.strip_prefix("case:")?.parse().ok()
}

/// A person's cases, newest first: a slice, and one more.
///
/// # Errors
/// The store's.
pub fn cases_of(read: &mut Read<'_>, person: PersonId, slice: &Slice) -> Result<Vec<Case>, Error> {
    let rows = read.rows(&sql::CASES_OF, &params![person, slice.before(), i64::from(slice.rows_to_read())])?;
    rows.iter().map(|row| Case::read(read, row)).collect()
}

/// A person's open drafts of a service, newest first: each with when it was saved.
pub(crate) fn drafts_of(
    read: &mut Read<'_>,
    person: PersonId,
    service: &str,
) -> Result<Vec<(CaseId, Timestamp)>, Error> {
    let rows = read.rows(&sql::DRAFTS_OF, &params![person, service, DRAFTS])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The case of whoever acts, or of the one whom they act for, if their mandate
/// covers its service.
pub(crate) fn own(read: &mut Read<'_>, id: CaseId, actor: &Actor) -> Result<Case, Refusal> {
    let theirs = case(read, id)?.filter(|case| Some(case.person) == actor.person()).ok_or(Refusal::NoCase)?;
    if actor.covers(&theirs.service) { Ok(theirs) } else { Err(Refusal::OutOfMandate) }
}
