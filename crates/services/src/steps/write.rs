//! A register is told, by an operation of the exchange. The intent is the turn;
//! its id goes with the message, so a register that was told without our knowing
//! does it once. A register that refuses leaves it to the unit's officers.

use std::sync::Arc;

use catalogue::told::{Heard, Told};
use catalogue::{Catalogue, Service, StepKind};
use exchange::{Change, LookupError};
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Tx, Work};

use super::bodies::Answer;
use super::{step_of, waiting};
use crate::case::{Case, Refusal, Stage};
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::told;
use crate::turn::{self, NewTurn, TurnId, TurnKind, TurnStage};
use crate::way::{go_on_in, store_error};

/// The queue of registers that are told.
pub(crate) const WRITE: &str = "services.register_told";
/// A register of which nothing was heard is told again after this, seconds.
const AGAIN_S: i64 = 10;
/// And at least this often, seconds.
const SELDOM_S: i64 = 600;
/// Longest number in a register that is written down by hand, characters.
const NUMBER: usize = 100;

/// The intent; the telling is a job's.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &mut Case, register: &str, unit: &str) -> Result<(), Refusal> {
    case.take("wait")?;
    (case.unit, case.officer) = (None, None);
    let round = turn::next_round(tx, case)?;
    let id = turn::open_in(tx, case, NewTurn { unit: Some(unit), ..NewTurn::new(TurnKind::Write, round, register) })?;
    let now = tx.now();
    tx.enqueue(WRITE, &id.to_string(), &id, now)?;
    add_in(tx, case, Kind::Writing, None, json!({ "turn": id.to_string() }))?;
    Ok(())
}

/// Tells the register, until it is known to have taken or refused it.
pub(crate) async fn tell(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: TurnId = work.parse()?;
    let Some((turn, found)) = ctx.read(move |read| waiting(read, id)).await? else { return Ok(()) };
    let Some(service) = services.catalogue.of(&found) else { return Ok(()) };
    let Some(StepKind::Write { operation, sends, .. }) = step_of(service, &turn) else { return Ok(()) };
    if turn.stage == TurnStage::Late {
        return Ok(());
    }
    let person = found.person;
    let answered = match ctx.read(move |read| told::whom(read, person)).await? {
        Some(whom) => {
            let mut body = json!({ "key": id.to_string(), "values": values(&found, sends) });
            body[whom.parameter] = whom.number.into();
            let (operation, purpose) = (operation.clone(), "case.write".to_owned());
            services.exchange.post(&ctx, Change { operation, person, purpose, case: Some(found.id), body }).await
        }
        // Nobody knows by what the register would: the unit's officers see to it.
        None => Err(LookupError::Refused("whoever applies has no number".to_owned())),
    };
    let settled = ctx.write(work.write_key(), move |tx| {
        let Some((mut turn, mut case)) = waiting(tx, id)? else { return Ok(()) };
        let service = services.catalogue.of(&case).ok_or(Refusal::NoService)?;
        let name = named(service, &case, &turn.name);
        match &answered {
            Ok(answer) => {
                turn::answer_in(tx, &case, &mut turn, true, None)?;
                // What it gave, a number above all, is on papers and in later rules.
                let (lookup, at, body) = (turn.name.clone(), answer.at, answer.body.clone());
                let given = Told { lookup, heard: Heard::Answered, at, asked: Map::new(), body };
                told::keep_in(tx, case.id, case.person, &[given])?;
                add_in(tx, &case, Kind::Written, Some(&name), json!({ "turn": id.to_string() }))?;
                go_on_in(tx, &services.catalogue, &mut case, Stage::Waiting)
            }
            Err(LookupError::Refused(why)) => {
                turn::escalate_in(tx, &mut turn)?;
                let detail = json!({ "turn": id.to_string(), "why": why });
                add_in(tx, &case, Kind::Escalated, Some(&name), detail).map(drop).map_err(Refusal::from)
            }
            // Nothing is known: it is told again, with the same key.
            Err(other) => {
                tracing::warn!(case = %case.id, error = %other, "a register was not told yet");
                let silent = tx.now().seconds_since(turn.opened_at);
                let again = tx.now().plus_seconds((silent / 4).clamp(AGAIN_S, SELDOM_S));
                tx.enqueue(WRITE, &id.to_string(), &id, again).map_err(Refusal::from)
            }
        }
    });
    settled.await.map_err(store_error)
}

/// An officer of the unit entered by hand what the register refused, and the number that
/// it has there: later rules and the paper read it as the register's own answer.
///
/// # Errors
/// As of [`super::answer_turn`], or no register is told at that turn.
pub(crate) async fn enter(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: TurnId,
    unit: &str,
    text: &str,
    number: &str,
) -> Result<(), Refusal> {
    let (answer, catalogue) = (Answer::of(ctx, unit, true, text), Arc::clone(catalogue));
    let number: String = number.trim().chars().take(NUMBER).collect();
    ctx.write(key, move |tx| {
        let (turn, case) = waiting(tx, id)?.ok_or(Refusal::NoCase)?;
        if turn.kind != TurnKind::Write {
            return Err(Refusal::NotNow(turn.kind.as_str(), "enter"));
        }
        let (lookup, at, body) = (turn.name, tx.now(), json!({ "key": id.to_string(), "number": number }));
        let given = Told { lookup, heard: Heard::Answered, at, asked: Map::new(), body };
        told::keep_in(tx, case.id, case.person, &[given])?;
        answer.give_in(tx, &catalogue, id)
    })
    .await
}

fn named(service: &Service, case: &Case, register: &str) -> String {
    service.text(case.locale, &format!("body-{register}"))
}

fn values(case: &Case, sends: &[String]) -> Map<String, Value> {
    let sent = sends.iter().filter_map(|field| Some((field.clone(), case.answers.get(field)?.clone())));
    sent.collect()
}
