//! Several people agree, each signed in as themselves on a page of their own. One
//! refusal ends the case with its reason; so does a day that passes without all.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{Actor, Assurance, IdNumber, Locale, PersonId};
use catalogue::{Catalogue, Service, StepKind};
use notify::Notice;
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Key, Read, Tx};

use super::{CLOCK, needed, step_of, waiting};
use crate::case::{Case, Refusal, Stage, case};
use crate::messages::Messages;
use crate::timeline::{Kind, add_in};
use crate::turn::{self, NewTurn, Turn, TurnId, TurnKind, current};
use crate::way::{go_on_in, refuse_in};

/// The person's own number, which nobody signs beside.
fn others(numbers: &Value, own: Option<&IdNumber>) -> BTreeSet<String> {
    let several = numbers.as_array().map_or(std::slice::from_ref(numbers), Vec::as_slice);
    several
        .iter()
        .filter_map(Value::as_str)
        .filter(|number| own.is_none_or(|own| own.as_str() != *number))
        .map(str::to_owned)
        .collect()
}

/// Whether a field names somebody else than the person who applies.
pub(crate) fn names_others(read: &mut Read<'_>, case: &Case, field: &str) -> Result<bool, Error> {
    let own = identity::id_number(read, case.person)?;
    Ok(case.answers.get(field).is_some_and(|numbers| !others(numbers, own.as_ref()).is_empty()))
}

/// Asks each of them.
pub(crate) fn open_in(tx: &mut Tx<'_>, case: &mut Case, field: &str, days: u32) -> Result<(), Refusal> {
    let own = identity::id_number(tx, case.person)?;
    let numbers = case.answers.get(field).map(|numbers| others(numbers, own.as_ref())).unwrap_or_default();
    if numbers.is_empty() {
        // Sent only with somebody named: nobody signs alone for several.
        let nobody = Messages::new(case.locale).co_sign_nobody();
        return refuse_in(tx, case, nobody, "co-sign");
    }
    case.take("wait")?;
    (case.unit, case.officer) = (None, None);
    let round = turn::next_round(tx, case)?;
    let due = tx.now().plus_seconds(i64::from(days) * 86_400);
    for (at, number) in numbers.iter().enumerate() {
        let name = format!("person-{}", at + 1);
        let new = NewTurn { whom: Some(number), due_at: Some(due), ..NewTurn::new(TurnKind::CoSign, round, &name) };
        let id = turn::open_in(tx, case, new)?;
        tx.enqueue(CLOCK, &id.to_string(), &id, due)?;
        if let Some(whom) = IdNumber::parse(number) {
            ask_in(tx, case, id, &whom)?;
        }
    }
    add_in(tx, case, Kind::CoSignAsked, None, json!({ "people": numbers.len() }))?;
    Ok(())
}

/// Whoever has an account is told; others find it when they first sign in.
fn ask_in(tx: &mut Tx<'_>, case: &Case, id: TurnId, number: &IdNumber) -> Result<(), Error> {
    let Some(person) = identity::person_of_id_number(tx, number)? else { return Ok(()) };
    let m = Messages::new;
    notify::notice_in(
        tx,
        &Notice {
            person,
            topic: Kind::CoSignAsked.act(),
            about: case.object(),
            link: format!("/co-sign/{id}"),
            title: Locale::all().map(|locale| m(locale).co_sign_notice_title().to_owned()).collect(),
            body: Locale::all().map(|locale| m(locale).co_sign_notice().to_owned()).collect(),
            short: m(case.locale).notice_short().to_owned(),
        },
    )
}

/// What waits for a person's signature: each turn with its case.
pub(crate) fn asked_of(read: &mut Read<'_>, person: PersonId) -> Result<Vec<(Turn, Case)>, Error> {
    let Some(number) = identity::id_number(read, person)? else { return Ok(Vec::new()) };
    let mut asked = Vec::new();
    for turn in turn::of_whom(read, number.as_str())? {
        asked.extend(waiting(read, turn.id)?);
    }
    Ok(asked)
}

/// The turn, its case and whose it is, if it names this person.
pub(crate) fn of_person(read: &mut Read<'_>, id: TurnId, person: PersonId) -> Result<(Turn, Case), Refusal> {
    let number = identity::id_number(read, person)?.ok_or(Refusal::NoCase)?;
    if !turn::names(read, id, number.as_str())? {
        return Err(Refusal::NoCase);
    }
    let turn = turn::turn(read, id)?.ok_or(Refusal::NoCase)?;
    let case = case(read, turn.case)?.ok_or(Refusal::NoCase)?;
    Ok((turn, case))
}

/// One of those who were named agrees, or refuses with a reason.
///
/// # Errors
/// It names another, is not waited for, or a refusal has no reason.
pub async fn sign(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: TurnId,
    yes: bool,
    text: &str,
) -> Result<(), Refusal> {
    // Nobody signs for another, and a number that was only typed may be another's.
    let Actor::Citizen { person, assurance, .. } = ctx.actor else { return Err(Refusal::NoCase) };
    if assurance < Assurance::Substantial {
        return Err(Refusal::TooLow);
    }
    let reason = if yes { None } else { Some(needed(text)?) };
    let catalogue = Arc::clone(catalogue);
    ctx.write(key, move |tx| {
        let (known, _) = of_person(tx, id, person)?;
        let (mut turn, mut case) = waiting(tx, id)?.ok_or(Refusal::NotNow(known.stage.as_str(), "sign"))?;
        turn::answer_in(tx, &case, &mut turn, yes, reason.as_deref())?;
        let kind = if yes { Kind::CoSigned } else { Kind::CoSignRefused };
        add_in(tx, &case, kind, None, json!({ "turn": id.to_string(), "yes": yes }))?;
        if let Some(reason) = &reason {
            let m = Messages::new(case.locale);
            refuse_in(tx, &mut case, &format!("{} {reason}", m.co_sign_refused_reason()), "co-sign")?;
            return case.keep_in(tx, Stage::Waiting).map_err(Refusal::from);
        }
        if current(tx, &case)?.iter().any(Turn::is_open) {
            return Ok(());
        }
        go_on_in(tx, &catalogue, &mut case, Stage::Waiting)
    })
    .await
}

/// Who signed with the person, by the field that names them: their numbers, and their names
/// as the registry gave them when they proved who they are. A number that was only typed
/// tells nobody's name.
pub(crate) fn signed(read: &mut Read<'_>, service: &Service, case: &Case) -> Result<Map<String, Value>, Error> {
    let mut signed: Map<String, Value> = Map::new();
    let turns = turn::turns(read, case.id)?;
    for turn in turns.iter().filter(|turn| turn.kind == TurnKind::CoSign && turn.yes == Some(true)) {
        let Some(StepKind::CoSign { field, .. }) = step_of(service, turn) else { continue };
        let number = turn.whom(read, case.person)?.and_then(|number| IdNumber::parse(&number));
        let Some(number) = number else { continue };
        let name = match identity::person_of_id_number(read, &number)? {
            Some(person) => match identity::display_name(read, person) {
                // Who was erased has no name any more.
                Err(Error::Sealed) => None,
                found => found?,
            },
            None => None,
        };
        let Some(name) = name else { continue };
        let full_name = json!({ "ar": name.arabic.join(" "), "en": name.latin.join(" ") });
        let one = json!({ "id_number": number.as_str(), "full_name": full_name });
        if let Some(all) = signed.entry(field.clone()).or_insert_with(|| json!([])).as_array_mut() {
            all.push(one);
        }
    }
    Ok(signed)
}

/// The answers with the names of those who signed beside their numbers.
pub(crate) fn with_names(mut answers: Map<String, Value>, signed: &Map<String, Value>) -> Map<String, Value> {
    for (field, people) in signed {
        let people = people.as_array().map_or(&[][..], Vec::as_slice);
        let named = |number: &Value| {
            let known = people.iter().find(|one| one.get("id_number") == Some(number));
            known.map_or_else(|| number.clone(), |one| json!([number, one["full_name"]]))
        };
        match answers.get_mut(field) {
            Some(Value::Array(all)) => all.iter_mut().for_each(|number| *number = named(number)),
            Some(number @ Value::String(_)) => *number = named(number),
            _ => {}
        }
    }
    answers
}

/// The days passed, and somebody did not sign.
pub(crate) fn ran_out_in(tx: &mut Tx<'_>, case: &mut Case, mut turn: Turn) -> Result<(), Refusal> {
    turn::lapse_in(tx, case, &mut turn, false)?;
    add_in(tx, case, Kind::CoSignLapsed, None, json!({ "turn": turn.id.to_string() }))?;
    let reason = Messages::new(case.locale).co_sign_lapsed_reason();
    refuse_in(tx, case, reason, "co-sign")?;
    case.keep_in(tx, Stage::Waiting).map_err(Refusal::from)
}
