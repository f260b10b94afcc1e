//! What registers told for a case: asked over the exchange, kept sealed for the
//! person, with when and by which register.

pub(crate) mod retold;

use std::sync::Arc;

use base::{CaseId, PersonId, Zone};
use catalogue::chosen::Sources;
use catalogue::told::{Heard, Query, Told, Whom};
use catalogue::{Lookup, Service, form};
use exchange::LookupError;
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Read, Tx, Work, params};

use crate::case::{Case, case};
use crate::system::Services;
use crate::{facts, sql};

const BODY: &str = "services_told.body";
/// Where an answer that was asked for with answers is kept: those answers, and it.
const ASKED: &str = "$asked";
const TOLD: &str = "$told";

/// The queue of cases whose answers were corrected: registers are asked with them.
pub(crate) const AGAIN: &str = "services.ask_again";
/// A silent register is asked again after this, seconds.
const AGAIN_S: i64 = 60;

/// A look-up that is about to be made.
struct Asking {
    lookup: String,
    operation: String,
    query: Query,
    /// Whose data it is.
    subject: PersonId,
}

/// On whose behalf registers are asked, and with which answers.
#[derive(Debug, Clone)]
struct About {
    person: PersonId,
    /// None before there is one.
    case: Option<CaseId>,
    answers: Map<String, Value>,
}

/// By what registers know a person; none whose number nobody knows.
pub(crate) fn whom(read: &mut Read<'_>, person: PersonId) -> Result<Option<Whom>, Error> {
    if let Some(number) = identity::company_number(read, person)? {
        return Ok(Some(Whom { parameter: "number", number: number.as_str().to_owned() }));
    }
    let number = identity::id_number(read, person)?;
    Ok(number.map(|number| Whom { parameter: "id", number: number.as_str().to_owned() }))
}

fn asking(read: &mut Read<'_>, about: &About, lookups: &[Lookup]) -> Result<Vec<Asking>, Error> {
    let Some(whom) = whom(read, about.person)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for lookup in lookups {
        let Some(query) = lookup.query(&whom, &about.answers) else { continue };
        // Whoever is asked about sees that it was asked, if they are known here.
        let other = query.about.as_ref().map(|number| identity::person_of_id_number(read, number)).transpose()?;
        let subject = other.flatten().unwrap_or(about.person);
        all.push(Asking { lookup: lookup.id.clone(), operation: lookup.operation.clone(), query, subject });
    }
    Ok(all)
}

/// Asks the registers behind these lookups, all at once, with the case's answers.
/// One that lacks what the register must have is not asked, and nothing is told.
pub(crate) async fn ask(
    ctx: &Ctx,
    client: &exchange::Client,
    case: &Case,
    lookups: &[&Lookup],
    purpose: &'static str,
) -> Result<Vec<Told>, Error> {
    let about = About { person: case.person, case: Some(case.id), answers: case.answers.clone() };
    ask_about(ctx, client, about, lookups, purpose).await
}

/// The same before there is a case: nothing was answered yet.
pub(crate) async fn ask_before(
    ctx: &Ctx,
    client: &exchange::Client,
    person: PersonId,
    lookups: &[&Lookup],
) -> Result<Vec<Told>, Error> {
    let about = About { person, case: None, answers: Map::new() };
    ask_about(ctx, client, about, lookups, "case.form").await
}

async fn ask_about(
    ctx: &Ctx,
    client: &exchange::Client,
    about: About,
    lookups: &[&Lookup],
    purpose: &'static str,
) -> Result<Vec<Told>, Error> {
    let (case, lookups) = (about.case, lookups.iter().map(|lookup| (*lookup).clone()).collect::<Vec<_>>());
    let all = ctx.read(move |read| asking(read, &about, &lookups)).await?;
    let mut asking = tokio::task::JoinSet::new();
    for Asking { lookup, operation, query, subject } in all {
        let (ctx, client) = (ctx.clone(), client.clone());
        let question = exchange::Lookup {
            operation,
            parameters: query.parameters.clone(),
            person: subject,
            purpose: purpose.to_owned(),
            case,
        };
        asking.spawn(async move {
            let answered = client.get(&ctx, question).await;
            let (heard, body) = match answered {
                Ok(answer) if query.is_of_another(&answer.body) => {
                    let case = case.map(tracing::field::display);
                    tracing::error!(case, lookup, message = answer.message, "a register answered about another person");
                    (Heard::Unavailable, Value::Null)
                }
                Ok(answer) => (Heard::Answered, answer.body),
                Err(LookupError::NotFound) => (Heard::NotFound, Value::Null),
                Err(LookupError::Refused(_)) => (Heard::Refused, Value::Null),
                Err(other) => {
                    let case = case.map(tracing::field::display);
                    tracing::warn!(case, lookup, error = %other, "a register was not heard");
                    (Heard::Unavailable, Value::Null)
                }
            };
            Told { lookup, heard, at: ctx.now(), asked: query.asked, body }
        });
    }
    let mut told: Vec<Told> = Vec::new();
    while let Some(one) = asking.join_next().await {
        told.push(one.map_err(|error| Error::Corrupt(error.to_string()))?);
    }
    told.sort_by(|left, right| left.lookup.cmp(&right.lookup));
    Ok(told)
}

/// Asks every register of a folder for a case that is sent or was sent: first with
/// what is known, then with the answers of pages that only what was told lets show.
pub(crate) async fn ask_all(
    ctx: &Ctx,
    services: &Services,
    service: &Service,
    case: &Case,
    purpose: &'static str,
) -> Result<Vec<Told>, Error> {
    let today = ctx.now().date(Zone::Hebron);
    let (of, actor, catalogue) = (case.clone(), ctx.actor.clone(), Arc::clone(&services.catalogue));
    let found = ctx.read(move |read| match catalogue.of(&of) {
        Some(service) => facts::sources_with(read, service, of.person, Vec::new(), today, &actor),
        None => Ok(Sources::default()),
    });
    let sources = found.await?;
    let visible = |told: &[Told]| {
        let sources = Sources { told: told.to_vec(), ..sources.clone() };
        form::visible(service, &form::facts(service, today, &case.answers, &sources))
    };
    let mut told: Vec<Told> = Vec::new();
    // What one register tells lets a page show whose answer another is asked with.
    for _ in 0..=service.file.lookups.len() {
        let known = Sources { told: told.clone(), ..sources.clone() };
        let of = Case { answers: known.askable(service, &visible(&told)), ..case.clone() };
        // Without that answer it was another question: it is asked again.
        told.retain(|one| one.holds(&of.answers));
        let is_new = |lookup: &&Lookup| !told.iter().any(|one| one.lookup == lookup.id);
        let open: Vec<&Lookup> = service.file.lookups.iter().filter(is_new).collect();
        let more = if open.is_empty() { Vec::new() } else { ask(ctx, &services.exchange, &of, &open, purpose).await? };
        if more.is_empty() {
            break;
        }
        told.extend(more);
    }
    let answers = visible(&told);
    told.retain(|one| one.holds(&answers));
    Ok(told)
}

/// Keeps what was told. A silence does not erase an earlier answer to the same
/// question, but it is noted that the answer is not of today.
pub(crate) fn keep_in(tx: &mut Tx<'_>, case: CaseId, person: PersonId, told: &[Told]) -> Result<(), Error> {
    for one in told {
        let body = match one.asked.is_empty() {
            true => one.body.clone(),
            false => json!({ ASKED: one.asked, TOLD: one.body }),
        };
        let bytes = serde_json::to_vec(&body).map_err(|error| Error::Corrupt(error.to_string()))?;
        let sealed = tx.seal(person, BODY, &bytes)?;
        if !one.heard.is_final() && !one.asked.is_empty() {
            let before = kept(tx, case, person)?;
            if before.iter().any(|known| known.lookup == one.lookup && known.asked != one.asked) {
                forget_in(tx, case, &one.lookup)?;
            }
        }
        let statement = if one.heard.is_final() { &sql::KEEP_TOLD } else { &sql::KEEP_SILENCE };
        tx.execute_one(statement, &params![case, one.lookup, one.heard.as_str(), one.at, sealed])?;
    }
    Ok(())
}

/// Forgets what a register told for a case.
pub(crate) fn forget_in(tx: &mut Tx<'_>, case: CaseId, lookup: &str) -> Result<(), Error> {
    tx.execute(&sql::FORGET_LOOKUP, &params![case, lookup]).map(drop)
}

/// Forgets what was asked with other answers than a case has.
pub(crate) fn forget_others_in(tx: &mut Tx<'_>, case: &Case) -> Result<(), Error> {
    for one in kept(tx, case.id, case.person)?.iter().filter(|one| !one.holds(&case.answers)) {
        forget_in(tx, case.id, &one.lookup)?;
    }
    Ok(())
}

fn kept(read: &mut Read<'_>, case: CaseId, person: PersonId) -> Result<Vec<Told>, Error> {
    let rows = read.rows(&sql::TOLD, &params![case])?;
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let body = read.open(person, BODY, &row.get::<Vec<u8>>(3)?)?;
        let mut body: Value = serde_json::from_slice(&body).map_err(|error| Error::Corrupt(error.to_string()))?;
        let asked = match body.get_mut(ASKED).map(Value::take) {
            Some(Value::Object(asked)) => asked,
            _ => Map::new(),
        };
        let body = if asked.is_empty() { body } else { body.get_mut(TOLD).map(Value::take).unwrap_or_default() };
        let (lookup, heard) = (row.get(0)?, Heard::parse(&row.get::<String>(1)?));
        told.push(Told { lookup, heard, at: row.get(2)?, asked, body });
    }
    Ok(told)
}

/// What registers told for a case so far, and would be asked for in the same way now.
pub(crate) fn told(read: &mut Read<'_>, case: &Case) -> Result<Vec<Told>, Error> {
    let mut told = kept(read, case.id, case.person)?;
    told.retain(|one| one.holds(&case.answers));
    Ok(told)
}

/// Whether a register has yet to be heard and must be. One that lacks an answer to
/// be asked with has nothing to say. One that the case can do without must be heard
/// where the form was filled in by what it told before.
pub(crate) fn unheard(tx: &mut Tx<'_>, service: &Service, case: &Case, told: &[Told]) -> Result<bool, Error> {
    let whom = whom(tx, case.person)?;
    let (today, actor) = (tx.now().date(Zone::Hebron), tx.actor().clone());
    let sources = facts::sources_with(tx, service, case.person, told.to_vec(), today, &actor)?;
    let answers = sources.askable(service, &case.answers);
    let is_relied_on = if form::missing(service, &form::facts(service, today, &case.answers, &sources)).is_empty() {
        Vec::new()
    } else {
        kept(tx, case.id, case.person)?.into_iter().filter(Told::is_lapsed).map(|one| one.lookup).collect()
    };
    let must = |lookup: &&Lookup| !lookup.optional || is_relied_on.contains(&lookup.id);
    let asks = |lookup: &&Lookup| whom.as_ref().is_none_or(|whom| lookup.query(whom, &answers).is_some());
    Ok(service.file.lookups.iter().filter(must).filter(asks).any(|lookup| {
        let of = |one: &&Told| one.lookup == lookup.id && one.holds(&case.answers);
        !told.iter().find(of).is_some_and(|one| one.heard.is_final())
    }))
}

/// Asks the registers that an answer was corrected for, until they are heard or the
/// case has ended.
pub(crate) async fn ask_again(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: CaseId = work.parse()?;
    let found = ctx.read(move |read| match case(read, id)?.filter(|case| case.closed_at.is_none()) {
        Some(case) => Ok::<_, Error>(Some((told(read, &case)?, case))),
        None => Ok(None),
    });
    let Some((known, found)) = found.await? else { return Ok(()) };
    let Some(service) = services.catalogue.of(&found) else { return Ok(()) };
    let is_open = |lookup: &&Lookup| !known.iter().any(|one| one.lookup == lookup.id && one.heard.is_final());
    let open: Vec<&Lookup> = service.file.lookups.iter().filter(is_open).collect();
    let sources = Sources { told: known.clone(), ..Sources::default() };
    let of = Case { answers: sources.askable(service, &found.answers), ..found };
    let heard = ask(&ctx, &services.exchange, &of, &open, "case.check").await?;
    ctx.write(work.write_key(), move |tx| {
        let Some(now) = case(tx, id)?.filter(|case| case.closed_at.is_none()) else { return Ok(()) };
        let heard: Vec<Told> = heard.iter().filter(|one| one.holds(&now.answers)).cloned().collect();
        keep_in(tx, id, now.person, &heard)?;
        if heard.iter().all(|one| one.heard.is_final()) {
            return Ok(());
        }
        tx.enqueue(AGAIN, &id.to_string(), &id, tx.now().plus_seconds(AGAIN_S))
    })
    .await
}
