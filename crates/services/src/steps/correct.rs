//! A person corrects an answer that an officer asked about, or gives one to a question
//! that a register opened after the case was sent. The rest of what was
//! sent stays as it was; what no longer shows is absent from then on.

use std::sync::Arc;

use base::{CaseId, Zone};
use catalogue::chosen::{Sources, are_offered};
use catalogue::{Catalogue, FieldKind, Typed, Wrong, form};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx};

use crate::case::{Case, Refusal, Stage, own};
use crate::timeline::{Kind, add_in};
use crate::turn::{self, NewTurn, Turn, TurnKind, current};
use crate::{facts, told, way};

/// The answer to a field is to be corrected, or given.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &Case, field: &str) -> Result<(), Refusal> {
    // It belongs to the round in which it is asked: the seats of a decision stay.
    let round = current(tx, case)?.first().map_or(1, |turn| turn.round);
    turn::open_in(tx, case, NewTurn::new(TurnKind::Correct, round, field))?;
    Ok(())
}

/// The field whose answer is to be corrected now, if one is.
pub(crate) fn wanted(read: &mut Read<'_>, case: &Case) -> Result<Option<Turn>, Error> {
    if case.stage != Stage::Asked {
        return Ok(None);
    }
    Ok(current(read, case)?.into_iter().find(|turn| turn.kind == TurnKind::Correct && turn.is_open()))
}

/// Whether no officer asked, but a register's answer opened the question.
const fn is_before_first_step(case: &Case) -> bool {
    case.step < 0
}

/// The person corrects the answer; whoever asked goes on.
///
/// # Errors
/// Not theirs, nothing is to be corrected, or the new answer is none.
pub async fn correct(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    typed: &Typed,
) -> Result<(), Refusal> {
    let (actor, typed, catalogue) = (ctx.actor.clone(), typed.clone(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        let mut turn = wanted(tx, &case)?.ok_or(Refusal::NotNow(case.stage.as_str(), "correct"))?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let field = service.field(&turn.name).ok_or(Refusal::NoCase)?;
        let wrong = |_: Wrong| Refusal::Incomplete(vec![field.id.clone()]);
        let (today, actor) = (tx.now().date(Zone::Hebron), tx.actor().clone());
        let sources = facts::sources(tx, service, &case, today, &actor)?;
        // What was attached meanwhile is the answer.
        let typed = match field.kind {
            FieldKind::Files => None,
            _ => Some(field.read(&catalogue, &typed).map_err(wrong)?),
        };
        if let (true, Some(Some(value))) = (field.kind.is_chosen(), &typed)
            && !sources.offers(field).is_some_and(|offers| are_offered(&offers, value))
        {
            return Err(wrong(Wrong::NoChoice));
        }
        match typed {
            None => {}
            Some(Some(value)) => drop(case.answers.insert(field.id.clone(), value)),
            Some(None) => drop(case.answers.remove(&field.id)),
        }
        let sources = Sources { told: told::told(tx, &case)?, ..sources };
        let facts = form::facts(service, today, &case.answers, &sources);
        let mut missing = form::missing(service, &facts);
        if is_before_first_step(&case) {
            // Each question that registers opened is asked by itself.
            missing.retain(|name| *name == field.id);
        }
        if !missing.is_empty() {
            return Err(Refusal::Incomplete(missing));
        }
        case.answers = form::visible(service, &facts);
        case.keep_answers_in(tx)?;
        told::forget_others_in(tx, &case)?;
        if service.file.lookups.iter().any(|lookup| lookup.asks.values().any(|asked| *asked == field.id)) {
            // Whoever decides reads what the register says to the new answer.
            tx.enqueue(told::AGAIN, &case.id.to_string(), &case.id, tx.now())?;
        }
        turn::answer_in(tx, &case, &mut turn, true, None)?;
        if is_before_first_step(&case) {
            case.take("check")?;
            case.marked = true;
            tx.enqueue(way::CHECK, &case.id.to_string(), &case.id, tx.now())?;
        } else {
            case.take("answer")?;
        }
        add_in(tx, &case, Kind::Corrected, None, json!({ "field": turn.name }))?;
        case.keep_in(tx, Stage::Asked).map_err(Refusal::from)
    })
    .await
}
