//! What somebody who watches a catalogue sees of a case: how its turns ended.

use std::collections::BTreeSet;

use catalogue::Seen;
use catalogue::coverage::{APPEAL, End, Ending};

use crate::case::Case;
use crate::turn::{Turn, TurnKind, TurnStage};

/// Looks at a case as it stands, with its turns.
pub fn see(seen: &Seen, case: &Case, turns: &[Turn]) {
    seen.look(case.id, &case.service, ended(turns));
}

/// How the turns of a case ended.
fn ended(turns: &[Turn]) -> BTreeSet<Ending> {
    let mut found = BTreeSet::new();
    for turn in turns {
        let Ok(step) = usize::try_from(turn.step) else { continue };
        let mut add = |name: &str, way: End| {
            found.insert((step, name.to_owned(), way));
        };
        let said = turn.yes.map(|yes| if yes { End::Yes } else { End::No });
        match turn.kind {
            TurnKind::Decide => decided(turn, turns).into_iter().for_each(|way| add("", way)),
            TurnKind::Clear | TurnKind::Await | TurnKind::Visit => {
                // Past its clock a supervisor may have answered.
                let over = turn.due_at.zip(turn.closed_at).is_some_and(|(due, closed)| closed >= due);
                if over || matches!(turn.stage, TurnStage::Silent | TurnStage::Late) {
                    add(&turn.name, End::Silent);
                }
                if turn.stage == TurnStage::Answered {
                    said.into_iter().for_each(|way| add(&turn.name, way));
                }
            }
            TurnKind::CoSign if turn.stage == TurnStage::Silent => add("", End::Silent),
            TurnKind::CoSign | TurnKind::Appointment => said.into_iter().for_each(|way| add("", way)),
            TurnKind::Pay if turn.yes == Some(true) => add("", if turn.name == "1" { End::Yes } else { End::Later }),
            TurnKind::Write => {
                let by_officer = turn.actor.as_deref().is_some_and(|actor| actor.starts_with("officer:"));
                if by_officer || turn.stage == TurnStage::Late {
                    add("", End::Refused);
                } else if turn.yes == Some(true) {
                    add("", End::Yes);
                }
            }
            TurnKind::Appeal => {
                turn.yes.into_iter().for_each(|won| add(APPEAL, if won { End::Won } else { End::Lost }));
            }
            TurnKind::Pay | TurnKind::Correct => {}
        }
    }
    found
}

/// How a seat's decision ended, as far as this seat ended it.
fn decided(seat: &Turn, turns: &[Turn]) -> Option<End> {
    let bench: Vec<&Turn> = turns
        .iter()
        .filter(|turn| turn.kind == TurnKind::Decide && turn.step == seat.step && turn.round == seat.round)
        .collect();
    let word = |yes: bool| if yes { End::Yes } else { End::No };
    match seat.name.as_str() {
        "only" => seat.yes.map(word),
        "first" => None,
        "second" => {
            let again = |turn: &&Turn| turn.name == "first" && turn.step == seat.step && turn.round == seat.round + 1;
            let first = bench.iter().find(|turn| turn.name == "first").and_then(|turn| turn.yes);
            match turns.iter().find(again) {
                Some(_) if seat.yes == Some(false) => Some(End::SentBack),
                _ => seat.yes.and(first).map(word),
            }
        }
        _ => {
            let votes = |yes: bool| bench.iter().filter(|turn| turn.yes == Some(yes)).count();
            let open = bench.iter().filter(|turn| turn.is_open()).count();
            let (yes, no) = (votes(true), votes(false));
            (yes > no + open).then_some(End::Yes).or_else(|| (no > yes + open).then_some(End::No))
        }
    }
}
