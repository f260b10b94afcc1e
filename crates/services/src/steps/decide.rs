//! Officers decide: one, two (the second agrees or sends back), or a committee by
//! majority. Each seat is a turn; no officer ever fills two of one decision, nor
//! judges again what was appealed against them.

use std::sync::Arc;

use base::{CaseId, OfficerId, Role};
use catalogue::{Catalogue, Decider, chosen};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx};

use super::needed;
use crate::case::{Case, Refusal, Stage};
use crate::desk::{of_unit, taken};
use crate::facts::facts_in;
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::told::retold;
use crate::turn::{self, NewTurn, Turn, TurnId, TurnKind, TurnStage, current};
use crate::way::{go_on_in, refuse_in};

const ONLY: &str = "only";
const FIRST: &str = "first";
const SECOND: &str = "second";

/// The seats of a decision that begins.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &Case, by: Decider, eyes: u32, votes: u32) -> Result<(), Refusal> {
    let names = match (by, eyes) {
        (Decider::Committee, _) => (1..=votes).map(seat_name).collect(),
        (_, 2) => vec![FIRST.to_owned(), SECOND.to_owned()],
        _ => vec![ONLY.to_owned()],
    };
    open_seats_in(tx, case, &names)
}

fn seat_name(number: u32) -> String {
    format!("seat-{number}")
}

fn open_seats_in(tx: &mut Tx<'_>, case: &Case, names: &[String]) -> Result<(), Refusal> {
    let round = turn::next_round(tx, case)?;
    for name in names {
        let new = NewTurn { unit: case.unit.as_deref(), ..NewTurn::new(TurnKind::Decide, round, name) };
        turn::open_in(tx, case, new)?;
    }
    Ok(())
}

/// The seat that marks a committee's round.
fn chair(seats: &[Turn]) -> Option<&Turn> {
    seats.iter().find(|seat| seat.name == seat_name(1))
}

/// How a decision stands.
pub(crate) enum Bench {
    /// One officer decides; the seat is absent where the case is older than seats.
    One(Option<Turn>),
    /// Nobody of two has decided yet.
    First(Turn),
    /// The first decided so; another agrees or sends back.
    Second(Box<[Turn; 2]>),
    /// A committee votes.
    Committee(Vec<Turn>),
}

impl Bench {
    /// The mark of the round: what was decided on an older page does not count.
    pub(crate) fn mark(&self) -> Option<TurnId> {
        match self {
            Self::One(seat) => seat.as_ref().map(|seat| seat.id),
            Self::First(seat) => Some(seat.id),
            Self::Second(seats) => Some(seats[0].id),
            Self::Committee(seats) => chair(seats).map(|seat| seat.id),
        }
    }
    /// Whether this officer has filled a seat.
    pub(crate) fn has_sat(&self, officer: OfficerId) -> bool {
        match self {
            Self::One(_) | Self::First(_) => false,
            Self::Second(seats) => seats[0].is_by(officer),
            Self::Committee(seats) => seats.iter().any(|seat| seat.is_by(officer)),
        }
    }
}

/// How a case's decision stands.
pub(crate) fn bench(read: &mut Read<'_>, case: &Case) -> Result<Bench, Error> {
    let mut seats = current(read, case)?;
    seats.retain(|seat| seat.kind == TurnKind::Decide);
    let named = |name: &str| seats.iter().find(|seat| seat.name == name).cloned();
    Ok(match (named(FIRST), named(SECOND)) {
        (Some(first), Some(_)) if first.is_open() => Bench::First(first),
        (Some(first), Some(second)) => Bench::Second(Box::new([first, second])),
        _ if seats.first().is_some_and(|seat| seat.name != ONLY) => Bench::Committee(seats),
        _ => Bench::One(seats.pop()),
    })
}

/// The unit that decided last: what it issued, it revokes.
pub(crate) fn decided_by(read: &mut Read<'_>, case: &Case) -> Result<Option<String>, Error> {
    let mut turns = turn::turns(read, case.id)?;
    turns.retain(|turn| turn.kind == TurnKind::Decide && turn.yes == Some(true));
    Ok(turns.into_iter().max_by_key(|turn| (turn.step, turn.round)).and_then(|turn| turn.unit))
}

/// Whether this officer decided what an appeal overturned.
pub(crate) fn judged_before(read: &mut Read<'_>, case: &Case, officer: OfficerId) -> Result<bool, Error> {
    let turns = turn::turns(read, case.id)?;
    let won = |turn: &&Turn| turn.kind == TurnKind::Appeal && turn.step == case.step && turn.yes == Some(true);
    let Some(overturned) = turns.iter().filter(won).map(|appeal| appeal.round).max() else { return Ok(false) };
    let before = |turn: &&Turn| turn.round < overturned && turn.step == case.step;
    Ok(turns.iter().filter(before).any(|turn| turn.kind == TurnKind::Decide && turn.is_by(officer)))
}

/// What an officer who took the case says: the end of it, or the first of two.
pub(crate) fn say_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    verdict: Option<&str>,
) -> Result<(), Refusal> {
    let yes = verdict.is_none();
    match bench(tx, case)? {
        Bench::One(seat) => {
            if let Some(mut seat) = seat {
                turn::answer_in(tx, case, &mut seat, yes, verdict)?;
            }
            end_in(tx, catalogue, case, verdict, "clerk")
        }
        Bench::First(mut seat) => {
            turn::answer_in(tx, case, &mut seat, yes, verdict)?;
            add_in(tx, case, Kind::FirstDecided, None, json!({ "unit": case.unit }))?;
            // The second one takes it from the queue.
            case.officer = None;
            case.keep_in(tx, Stage::Deciding).map_err(Refusal::from)
        }
        Bench::Second(_) | Bench::Committee(_) => Err(Refusal::NotNow(case.stage.as_str(), "decide")),
    }
}

fn end_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    case: &mut Case,
    refusal: Option<&str>,
    by: &'static str,
) -> Result<(), Refusal> {
    if let Some(reason) = refusal {
        refuse_in(tx, case, reason, by)?;
        return case.keep_in(tx, Stage::Deciding).map_err(Refusal::from);
    }
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    let gone = chosen::gone(service, &case.answers, &facts_in(tx, service, case)?);
    if !gone.is_empty() {
        return Err(Refusal::Gone(gone));
    }
    add_in(tx, case, Kind::Approved, None, json!({ "by": by, "unit": case.unit }))?;
    turn::drop_open_in(tx, case)?;
    go_on_in(tx, catalogue, case, Stage::Deciding)
}

/// The seats of two, if this officer may be the second.
fn seconding(tx: &mut Tx<'_>, case: &Case, officer: OfficerId, mark: TurnId) -> Result<(Turn, Turn), Refusal> {
    let Bench::Second(seats) = bench(tx, case)? else {
        return Err(Refusal::NotNow(case.stage.as_str(), "second"));
    };
    let [first, second] = *seats;
    if first.is_by(officer) {
        return Err(Refusal::SamePerson);
    }
    if first.id != mark {
        return Err(Refusal::NotNow("decided again", "second"));
    }
    Ok((first, second))
}

/// The second officer agrees with the first: what the first said holds.
///
/// # Errors
/// It is not this officer's, there is no first decision, it is their own, or it
/// is another than the one they saw; [`Refusal::Retold`] where a register says
/// something else now.
pub async fn agree(
    ctx: &Ctx,
    key: Key,
    services: &Arc<Services>,
    id: CaseId,
    unit: &str,
    mark: TurnId,
) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    retold::ask_again(ctx, services, id, unit).await?;
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(&services.catalogue));
    ctx.write(key, move |tx| {
        let mut case = taken(tx, id, &unit, officer)?;
        let (first, mut second) = seconding(tx, &case, officer, mark)?;
        let reason = first.note(tx, case.person)?;
        turn::answer_in(tx, &case, &mut second, first.yes == Some(true), None)?;
        let refusal = if first.yes == Some(true) { None } else { Some(reason.unwrap_or_default()) };
        end_in(tx, &catalogue, &mut case, refusal.as_deref(), "two-officers")
    })
    .await
}

/// The second officer sends the case back: it is decided anew.
///
/// # Errors
/// As of [`agree`]; no reason.
pub async fn send_back(ctx: &Ctx, key: Key, id: CaseId, unit: &str, mark: TurnId, text: &str) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let (unit, text) = (unit.to_owned(), needed(text)?);
    ctx.write(key, move |tx| {
        let mut case = taken(tx, id, &unit, officer)?;
        let (_, mut second) = seconding(tx, &case, officer, mark)?;
        turn::answer_in(tx, &case, &mut second, false, Some(&text))?;
        open_seats_in(tx, &case, &[FIRST.to_owned(), SECOND.to_owned()])?;
        add_in(tx, &case, Kind::SentBack, None, json!({ "unit": unit }))?;
        case.officer = None;
        case.keep_in(tx, Stage::Deciding).map_err(Refusal::from)
    })
    .await
}

/// The seats of the committee that this case waits for.
fn sitting(tx: &mut Tx<'_>, id: CaseId, unit: &str, mark: TurnId) -> Result<(Case, Vec<Turn>), Refusal> {
    let case = of_unit(tx, id, unit)?;
    let found = if case.stage == Stage::Deciding { bench(tx, &case)? } else { Bench::One(None) };
    match found {
        Bench::Committee(seats) if chair(&seats).is_some_and(|seat| seat.id == mark) => Ok((case, seats)),
        _ => Err(Refusal::NotNow(case.stage.as_str(), "vote")),
    }
}

/// What a committee's seats come to.
#[derive(Debug, PartialEq, Eq)]
enum Tally {
    /// A majority, whatever the others say.
    Decided(bool),
    /// As many for as against: one more seat.
    Tied,
    /// Votes are missing.
    Open,
}

fn tally(yes: usize, no: usize, open: usize) -> Tally {
    match (yes, no, open) {
        _ if yes > no + open => Tally::Decided(true),
        _ if no > yes + open => Tally::Decided(false),
        (_, _, 0) => Tally::Tied,
        _ => Tally::Open,
    }
}

/// A member votes, with a reason; a majority decides at once.
///
/// # Errors
/// Another unit's, no committee, an older page, no reason, or they voted already;
/// [`Refusal::Retold`] where a register says something else now.
#[expect(clippy::too_many_arguments, reason = "a vote, and which page it was given on")]
pub async fn vote(
    ctx: &Ctx,
    key: Key,
    services: &Arc<Services>,
    id: CaseId,
    unit: &str,
    mark: TurnId,
    yes: bool,
    text: &str,
) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let text = needed(text)?;
    retold::ask_again(ctx, services, id, unit).await?;
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(&services.catalogue));
    ctx.write(key, move |tx| {
        let (mut case, mut seats) = sitting(tx, id, &unit, mark)?;
        if seats.iter().any(|seat| seat.is_by(officer)) || judged_before(tx, &case, officer)? {
            return Err(Refusal::SamePerson);
        }
        let seat = seats.iter_mut().find(|seat| seat.is_open()).ok_or(Refusal::NotNow("voted", "vote"))?;
        turn::answer_in(tx, &case, seat, yes, Some(&text))?;
        add_in(tx, &case, Kind::Voted, None, json!({ "unit": unit, "yes": yes }))?;
        count_in(tx, &catalogue, &mut case, &seats)
    })
    .await
}

/// A supervisor says that a member is absent; most of the seats have to vote.
///
/// # Errors
/// As of [`vote`]; not a supervisor, or too many would be absent.
pub async fn mark_absent(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    unit: &str,
    mark: TurnId,
) -> Result<(), Refusal> {
    if !ctx.actor.has_role(Role::Supervisor) {
        return Err(Refusal::Supervisor);
    }
    let (unit, catalogue) = (unit.to_owned(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let (mut case, mut seats) = sitting(tx, id, &unit, mark)?;
        let absent = seats.iter().filter(|seat| seat.stage == TurnStage::Dropped).count() + 1;
        if absent * 2 >= seats.len() {
            return Err(Refusal::NotNow("few", "be absent"));
        }
        let seat = seats.iter_mut().rfind(|seat| seat.is_open()).ok_or(Refusal::NotNow("voted", "be absent"))?;
        turn::drop_in(tx, &case, seat)?;
        add_in(tx, &case, Kind::Absent, None, json!({ "unit": unit }))?;
        count_in(tx, &catalogue, &mut case, &seats)
    })
    .await
}

fn count_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, seats: &[Turn]) -> Result<(), Refusal> {
    let said = |yes: bool| seats.iter().filter(|seat| seat.yes == Some(yes)).count();
    let open = seats.iter().filter(|seat| seat.is_open()).count();
    match tally(said(true), said(false), open) {
        Tally::Open => Ok(()),
        Tally::Tied => {
            let name = seat_name(u32::try_from(seats.len() + 1).unwrap_or(u32::MAX));
            let round = seats.first().map_or(1, |seat| seat.round);
            let new = NewTurn { unit: case.unit.as_deref(), ..NewTurn::new(TurnKind::Decide, round, &name) };
            turn::open_in(tx, case, new)?;
            add_in(tx, case, Kind::Tied, None, json!({ "unit": case.unit }))?;
            Ok(())
        }
        Tally::Decided(true) => end_in(tx, catalogue, case, None, "committee"),
        Tally::Decided(false) => {
            let mut reasons = Vec::new();
            for seat in seats.iter().filter(|seat| seat.yes == Some(false)) {
                reasons.extend(seat.note(tx, case.person)?);
            }
            end_in(tx, catalogue, case, Some(&reasons.join(" · ")), "committee")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_decides_and_a_tie_goes_on() {
        for ((yes, no, open), expected) in [
            ((0, 0, 3), Tally::Open),
            ((1, 0, 2), Tally::Open),
            ((2, 0, 1), Tally::Decided(true)),
            ((1, 1, 1), Tally::Open),
            ((1, 2, 0), Tally::Decided(false)),
            ((1, 1, 0), Tally::Tied),
            ((2, 2, 0), Tally::Tied),
            ((2, 3, 0), Tally::Decided(false)),
        ] {
            assert_eq!(tally(yes, no, open), expected, "{yes} {no} {open}");
        }
    }
}
