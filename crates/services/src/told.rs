//! What registers told for a case: asked over the exchange, kept sealed for the
//! person, with when and by which register.

use std::sync::Arc;

use base::{CaseId, IdNumber, PersonId, Timestamp, Zone};
use exchange::LookupError;
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Read, Tx, Work, params};

use crate::case::{Case, case};
use crate::chosen::Sources;
use crate::folder::{Lookup, Service};
use crate::system::Services;
use crate::{form, sql};

const BODY: &str = "services_told.body";
/// Where an answer that was asked for with answers is kept: those answers, and it.
const ASKED: &str = "$asked";
const TOLD: &str = "$told";

/// The queue of cases whose answers were corrected: registers are asked with them.
pub(crate) const AGAIN: &str = "services.ask_again";
/// A silent register is asked again after this, seconds.
const AGAIN_S: i64 = 60;

/// How a register answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It told.
    Answered,
    /// It knows nothing of this person.
    NotFound,
    /// The exchange refused: no agreement, or a revoked certificate.
    Refused,
    /// It did not answer: to be checked.
    Unavailable,
}

impl Heard {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
    fn parse(word: &str) -> Self {
        let all = [Self::Answered, Self::NotFound, Self::Refused];
        all.into_iter().find(|heard| heard.as_str() == word).unwrap_or(Self::Unavailable)
    }
    /// Whether the register said all that it has to say.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Answered | Self::NotFound)
    }
}

/// What one register told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The lookup's name in the folder.
    pub lookup: String,
    /// How it answered.
    pub heard: Heard,
    /// When.
    pub at: Timestamp,
    /// The answers that it was asked with, by field; null for one that was not
    /// given. Empty where the number of whoever applies was enough.
    pub asked: Map<String, Value>,
    /// The answer; null without one.
    pub body: Value,
}

impl Told {
    /// Whether it would be asked with the same answers now.
    pub(crate) fn holds(&self, answers: &Map<String, Value>) -> bool {
        self.asked.iter().all(|(field, value)| answers.get(field).unwrap_or(&Value::Null) == value)
    }
}

/// By what registers know the person of a case: a human by `id`, a company by
/// `number`.
pub(crate) struct Whom {
    parameter: &'static str,
    number: String,
}

/// By what registers know a person; none whose number nobody knows.
pub(crate) fn whom(read: &mut Read<'_>, person: PersonId) -> Result<Option<Whom>, Error> {
    if let Some(number) = identity::company_number(read, person)? {
        return Ok(Some(Whom { parameter: "number", number: number.as_str().to_owned() }));
    }
    let number = identity::id_number(read, person)?;
    Ok(number.map(|number| Whom { parameter: "id", number: number.as_str().to_owned() }))
}

/// What a register is asked with.
struct Query {
    parameters: Vec<(String, String)>,
    /// The answers among them, by field.
    asked: Map<String, Value>,
    /// The other person whom it is asked about.
    about: Option<IdNumber>,
}

impl Lookup {
    /// What it is asked with, given these answers; none as long as something that
    /// the register must have is lacking.
    fn query(&self, whom: &Whom, answers: &Map<String, Value>) -> Option<Query> {
        let own = || (whom.parameter.to_owned(), whom.number.clone());
        let mut query = Query { parameters: Vec::new(), asked: Map::new(), about: None };
        let Some(declared) = &self.parameters else {
            query.parameters.push(own());
            return Some(query);
        };
        for parameter in declared {
            let value = match self.asks.get(&parameter.name) {
                Some(field) => {
                    let answer = answers.get(field).cloned().unwrap_or(Value::Null);
                    let value = parameter.spell(&answer);
                    query.about = query.about.or_else(|| parameter.names(value.as_deref()?));
                    query.asked.insert(field.clone(), answer);
                    value
                }
                None => (parameter.name == whom.parameter).then(|| whom.number.clone()),
            };
            match value {
                Some(value) => query.parameters.push((parameter.name.clone(), value)),
                None if parameter.required => return None,
                None => {}
            }
        }
        Some(query)
    }
}

/// A look-up that is about to be made.
struct Asking {
    lookup: String,
    operation: String,
    query: Query,
    /// Whose data it is.
    subject: PersonId,
}

fn asking(read: &mut Read<'_>, case: &Case, lookups: &[Lookup]) -> Result<Vec<Asking>, Error> {
    let Some(whom) = whom(read, case.person)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for lookup in lookups {
        let Some(query) = lookup.query(&whom, &case.answers) else { continue };
        // Whoever is asked about sees that it was asked, if they are known here.
        let other = query.about.as_ref().map(|number| identity::person_of_id_number(read, number)).transpose()?;
        let subject = other.flatten().unwrap_or(case.person);
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
    let (of, lookups): (Case, Vec<Lookup>) = (case.clone(), lookups.iter().map(|lookup| (*lookup).clone()).collect());
    let all = ctx.read(move |read| asking(read, &of, &lookups)).await?;
    let mut asking = tokio::task::JoinSet::new();
    for Asking { lookup: name, operation, query, subject } in all {
        let (ctx, client, id) = (ctx.clone(), client.clone(), case.id);
        let question = exchange::Lookup {
            operation,
            parameters: query.parameters,
            person: subject,
            purpose: purpose.to_owned(),
            case: Some(id),
        };
        asking.spawn(async move {
            let answered = client.get(&ctx, question).await;
            let (heard, body) = match answered {
                Ok(answer) => (Heard::Answered, answer.body),
                Err(LookupError::NotFound) => (Heard::NotFound, Value::Null),
                Err(LookupError::Refused(_)) => (Heard::Refused, Value::Null),
                Err(other) => {
                    tracing::warn!(case = %id, lookup = name, error = %other, "a register was not heard");
                    (Heard::Unavailable, Value::Null)
                }
            };
            Told { lookup: name, heard, at: ctx.now(), asked: query.asked, body }
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
        Some(service) => Sources::with(read, service, of.person, Vec::new(), today, &actor),
        None => Ok(Sources::default()),
    });
    let sources = found.await?;
    let visible = |told: &[Told]| {
        let sources = Sources { told: told.to_vec(), ..sources.clone() };
        form::visible(service, &form::facts(service, today, &case.answers, &sources))
    };
    let mut told: Vec<Told> = Vec::new();
    loop {
        let known = Sources { told: told.clone(), ..sources.clone() };
        let of = Case { answers: known.askable(service, &visible(&told)), ..case.clone() };
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

/// Rules and papers look at this: answers by lookup, absent where none.
pub(crate) fn registers(told: &[Told]) -> Value {
    let known: Map<String, Value> = told
        .iter()
        .filter(|one| one.heard == Heard::Answered)
        .map(|one| (one.lookup.clone(), one.body.clone()))
        .collect();
    json!(known)
}

/// Whether a register has yet to be heard and must be. One that lacks an answer to
/// be asked with has nothing to say.
pub(crate) fn unheard(read: &mut Read<'_>, service: &Service, case: &Case, told: &[Told]) -> Result<bool, Error> {
    let whom = whom(read, case.person)?;
    let answers = Sources { told: told.to_vec(), ..Sources::default() }.askable(service, &case.answers);
    let must =
        |lookup: &&Lookup| !lookup.optional && whom.as_ref().is_none_or(|whom| lookup.query(whom, &answers).is_some());
    Ok(service.file.lookups.iter().filter(must).any(|lookup| {
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
