//! A turn: what one unit, officer, person or register has to do for a step of a
//! case, with its clock and its outcome. Every kind of step that waits is made
//! of turns: one for a visit, one for each body of a clearance, one for each
//! seat of a committee, one for each bill. What follows from them is `steps`'.

use base::id::typed_id;
use base::{CaseId, OfficerId, PersonId, Timestamp};
use store::{Error, Read, Row, Tx, params};
use web::Transitions;

use crate::case::{Case, Refusal};
use crate::sql;

typed_id! {
    /// A turn.
    TurnId
}
store::stored_ids!(TurnId);

const WHOM: &str = "services_turn.whom";
const NOTE: &str = "services_turn.note";
/// Turns of one case that are read at most.
pub(crate) const OF_A_CASE: i64 = 200;

/// How a turn ends.
pub const TURN: Transitions = Transitions {
    name: "services.turn",
    start: "open",
    edges: &[
        ("open", "answer", "answered"),
        ("open", "lapse", "silent"),
        ("open", "escalate", "late"),
        ("open", "drop", "dropped"),
        ("late", "answer", "answered"),
        ("late", "drop", "dropped"),
    ],
};

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnStage {
    /// It is waited for.
    Open,
    /// Its clock ran out: a supervisor has to answer.
    Late,
    /// It was answered.
    Answered,
    /// Its clock ran out, and silence means what was decreed.
    Silent,
    /// It is not needed any more.
    Dropped,
}

impl TurnStage {
    /// The word in storage and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Late => "late",
            Self::Answered => "answered",
            Self::Silent => "silent",
            Self::Dropped => "dropped",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let all = [Self::Open, Self::Late, Self::Answered, Self::Silent, Self::Dropped];
        let found = all.into_iter().find(|stage| stage.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a turn's stage {word}")))
    }
}

/// What has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnKind {
    /// An officer decides, or a member votes.
    Decide,
    /// A body says whether it objects.
    Clear,
    /// A body outside has its say.
    Await,
    /// An officer visits.
    Visit,
    /// A person agrees.
    CoSign,
    /// A bill is settled.
    Pay,
    /// The person comes to an office.
    Appointment,
    /// A register is told.
    Write,
    /// A unit hears an appeal.
    Appeal,
    /// The person corrects an answer.
    Correct,
}

impl TurnKind {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Clear => "clear",
            Self::Await => "await",
            Self::Visit => "home-visit",
            Self::CoSign => "co-sign",
            Self::Pay => "pay",
            Self::Appointment => "appointment",
            Self::Write => "write",
            Self::Appeal => "appeal",
            Self::Correct => "correct",
        }
    }
    fn parse(word: &str) -> Result<Self, Error> {
        let all = [
            Self::Decide,
            Self::Clear,
            Self::Await,
            Self::Visit,
            Self::CoSign,
            Self::Pay,
            Self::Appointment,
            Self::Write,
            Self::Appeal,
            Self::Correct,
        ];
        let found = all.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| Error::Corrupt(format!("a turn's kind {word}")))
    }
}

/// A turn.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// Of which case.
    pub case: CaseId,
    /// At which of the folder's steps.
    pub step: i64,
    /// In which round: a step that is done over counts on.
    pub round: i64,
    /// Its name within the step: the body's id, the seat's or instalment's number.
    pub name: String,
    /// What has to be done.
    pub kind: TurnKind,
    /// Where it stands.
    pub stage: TurnStage,
    /// The unit that has it.
    pub unit: Option<String>,
    /// What it is about: a bill, a booked time.
    pub object: Option<String>,
    /// Who answered.
    pub actor: Option<String>,
    /// Since when it is waited for.
    pub opened_at: Timestamp,
    /// When its clock runs out; the time of an appointment.
    pub due_at: Option<Timestamp>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Yes or no, once it ended with either.
    pub yes: Option<bool>,
    whom: Option<Vec<u8>>,
    note: Option<Vec<u8>>,
}

impl Turn {
    fn read(row: &Row) -> Result<Self, Error> {
        let yes = row.get::<Option<String>>(13)?.map(|word| word == "yes");
        Ok(Self {
            id: row.get(0)?,
            case: row.get(1)?,
            step: row.get(2)?,
            round: row.get(3)?,
            name: row.get(4)?,
            kind: TurnKind::parse(&row.get::<String>(5)?)?,
            stage: TurnStage::parse(&row.get::<String>(6)?)?,
            unit: row.get(7)?,
            object: row.get(8)?,
            actor: row.get(9)?,
            opened_at: row.get(10)?,
            due_at: row.get(11)?,
            closed_at: row.get(12)?,
            yes,
            whom: row.get(14)?,
            note: row.get(15)?,
        })
    }

    /// Whether it is still waited for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, TurnStage::Open | TurnStage::Late)
    }
    /// Whether a unit's officers answer it on a page of its own.
    #[must_use]
    pub const fn is_asked_of_a_unit(&self) -> bool {
        match self.kind {
            TurnKind::Clear | TurnKind::Await | TurnKind::Visit | TurnKind::Appointment => true,
            TurnKind::Write => matches!(self.stage, TurnStage::Late),
            TurnKind::Decide | TurnKind::CoSign | TurnKind::Pay | TurnKind::Appeal | TurnKind::Correct => false,
        }
    }
    /// Whether this officer answered it.
    #[must_use]
    pub fn is_by(&self, officer: OfficerId) -> bool {
        self.actor.as_deref() == Some(format!("officer:{officer}").as_str())
    }
    /// What was said with the answer.
    pub(crate) fn note(&self, read: &mut Read<'_>, person: PersonId) -> Result<Option<String>, Error> {
        self.note.as_ref().map(|sealed| read.open_text(person, NOTE, sealed)).transpose()
    }
    /// The ID number of whom it names.
    pub(crate) fn whom(&self, read: &mut Read<'_>, person: PersonId) -> Result<Option<String>, Error> {
        self.whom.as_ref().map(|sealed| read.open_text(person, WHOM, sealed)).transpose()
    }
    fn take(&mut self, event: &'static str) -> Result<&'static str, Refusal> {
        let from = self.stage.as_str();
        let next = TURN.next(from, event).ok_or(Refusal::NotNow(from, event))?;
        self.stage = TurnStage::parse(next)?;
        Ok(from)
    }
}

/// A turn that begins.
pub(crate) struct NewTurn<'a> {
    pub(crate) kind: TurnKind,
    pub(crate) round: i64,
    pub(crate) name: &'a str,
    pub(crate) unit: Option<&'a str>,
    /// The ID number of whom it names.
    pub(crate) whom: Option<&'a str>,
    pub(crate) object: Option<String>,
    pub(crate) due_at: Option<Timestamp>,
}

impl<'a> NewTurn<'a> {
    pub(crate) const fn new(kind: TurnKind, round: i64, name: &'a str) -> Self {
        Self { kind, round, name, unit: None, whom: None, object: None, due_at: None }
    }
}

/// Begins a turn at the case's present step.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &Case, new: NewTurn<'_>) -> Result<TurnId, Error> {
    let id: TurnId = tx.mint();
    let now = tx.now();
    let index = new.whom.map(|number| tx.blind(WHOM, number));
    let whom = new.whom.map(|number| tx.seal_text(case.person, WHOM, number)).transpose()?;
    tx.execute_one(
        &sql::INSERT_TURN,
        &params![
            id,
            case.id,
            case.step,
            new.round,
            new.name,
            new.kind.as_str(),
            TURN.start,
            new.unit,
            index,
            whom,
            new.object,
            now,
            new.due_at
        ],
    )?;
    Ok(id)
}

/// The round that begins when the case's present step does.
pub(crate) fn next_round(read: &mut Read<'_>, case: &Case) -> Result<i64, Error> {
    read.row(&sql::ROUND, &params![case.id, case.step])?.map_or(Ok(1), |row| row.get::<i64>(0).map(|last| last + 1))
}

/// A turn ends by an answer of whoever acts.
pub(crate) fn answer_in(
    tx: &mut Tx<'_>,
    case: &Case,
    turn: &mut Turn,
    yes: bool,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let actor = tx.actor().reference();
    end_in(tx, case, turn, "answer", Some(&actor), Some(yes), note)
}

/// A turn's clock ran out, and its silence means yes or no.
pub(crate) fn lapse_in(tx: &mut Tx<'_>, case: &Case, turn: &mut Turn, yes: bool) -> Result<(), Refusal> {
    end_in(tx, case, turn, "lapse", None, Some(yes), None)
}

/// A turn is not needed any more.
pub(crate) fn drop_in(tx: &mut Tx<'_>, case: &Case, turn: &mut Turn) -> Result<(), Refusal> {
    end_in(tx, case, turn, "drop", None, None, None)
}

/// A turn's clock ran out, and a supervisor has to answer.
pub(crate) fn escalate_in(tx: &mut Tx<'_>, turn: &mut Turn) -> Result<(), Refusal> {
    let from = turn.take("escalate")?;
    tx.execute_one(&sql::MOVE_TURN, &params![turn.stage.as_str(), turn.id, from]).map_err(Refusal::from)
}

/// What a turn is about changes: a time is booked or given back.
pub(crate) fn book_in(tx: &mut Tx<'_>, turn: &Turn, at: Option<Timestamp>) -> Result<(), Refusal> {
    let object = at.map(|_| "booked");
    tx.execute_one(&sql::BOOK_TURN, &params![object, at, turn.id, turn.stage.as_str()]).map_err(Refusal::from)
}

fn end_in(
    tx: &mut Tx<'_>,
    case: &Case,
    turn: &mut Turn,
    event: &'static str,
    actor: Option<&str>,
    yes: Option<bool>,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let from = turn.take(event)?;
    let now = tx.now();
    turn.closed_at = Some(now);
    turn.yes = yes;
    turn.actor = actor.map(str::to_owned);
    turn.note = note.map(|note| tx.seal_text(case.person, NOTE, note)).transpose()?;
    let outcome = yes.map(|yes| if yes { "yes" } else { "no" });
    tx.execute_one(
        &sql::END_TURN,
        &params![turn.stage.as_str(), now, actor, outcome, turn.note.clone(), turn.id, from],
    )?;
    Ok(())
}

/// Whatever is still waited for at a case's present step is not needed any more.
pub(crate) fn drop_open_in(tx: &mut Tx<'_>, case: &Case) -> Result<(), Refusal> {
    for mut turn in current(tx, case)?.into_iter().filter(Turn::is_open) {
        drop_in(tx, case, &mut turn)?;
    }
    Ok(())
}

/// A turn.
pub(crate) fn turn(read: &mut Read<'_>, id: TurnId) -> Result<Option<Turn>, Error> {
    read.row(&sql::TURN, &params![id])?.as_ref().map(Turn::read).transpose()
}

/// Every turn of a case, oldest first.
///
/// # Errors
/// The store's.
pub fn turns(read: &mut Read<'_>, case: CaseId) -> Result<Vec<Turn>, Error> {
    read.rows(&sql::TURNS, &params![case, OF_A_CASE])?.iter().map(Turn::read).collect()
}

/// The turns of a case's present step in its present round.
pub(crate) fn current(read: &mut Read<'_>, case: &Case) -> Result<Vec<Turn>, Error> {
    let mut found = turns(read, case.id)?;
    found.retain(|turn| turn.step == case.step);
    let round = found.iter().map(|turn| turn.round).max();
    found.retain(|turn| Some(turn.round) == round);
    Ok(found)
}

/// The turn of a bill.
pub(crate) fn of_object(read: &mut Read<'_>, case: CaseId, object: &str) -> Result<Option<Turn>, Error> {
    read.row(&sql::TURN_OF_OBJECT, &params![case, object])?.as_ref().map(Turn::read).transpose()
}

/// Turns that wait for a unit, the late ones first, then by their clock.
pub(crate) fn of_unit(read: &mut Read<'_>, unit: &str, limit: i64) -> Result<Vec<Turn>, Error> {
    read.rows(&sql::TURNS_OF_UNIT, &params![unit, limit])?.iter().map(Turn::read).collect()
}

/// How many turns wait for a unit.
pub(crate) fn count_of_unit(read: &mut Read<'_>, unit: &str) -> Result<i64, Error> {
    read.row(&sql::COUNT_TURNS, &params![unit])?.map_or(Ok(0), |row| row.get(0))
}

/// Turns that wait for whoever has this ID number.
pub(crate) fn of_whom(read: &mut Read<'_>, number: &str) -> Result<Vec<Turn>, Error> {
    let index = read.blind(WHOM, number);
    read.rows(&sql::TURNS_OF_WHOM, &params![index, OF_A_CASE])?.iter().map(Turn::read).collect()
}

/// Whether a turn names this ID number.
pub(crate) fn names(read: &mut Read<'_>, id: TurnId, number: &str) -> Result<bool, Error> {
    let index = read.blind(WHOM, number);
    Ok(read.row(&sql::TURN_NAMES, &params![id, index])?.is_some())
}

/// How many people have a time at an office.
pub(crate) fn booked_at(
    read: &mut Read<'_>,
    unit: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Timestamp>, Error> {
    read.rows(&sql::BOOKED, &params![unit, from, until])?.iter().map(|row| row.get(0)).collect()
}
