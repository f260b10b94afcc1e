//! What registers told for a case: asked over the exchange, kept sealed for the
//! person, with when and by which register.

use base::{CaseId, PersonId, Timestamp};
use exchange::LookupError;
use serde_json::{Map, Value, json};
use store::{Ctx, Error, Read, Tx, params};

use crate::case::Case;
use crate::folder::{Lookup, Service};
use crate::sql;

const BODY: &str = "services_told.body";

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
    /// The answer; null without one.
    pub body: Value,
}

/// Asks the registers behind these lookups, all at once.
pub(crate) async fn ask(
    ctx: &Ctx,
    client: &exchange::Client,
    case: &Case,
    lookups: &[&Lookup],
    purpose: &'static str,
) -> Result<Vec<Told>, Error> {
    let person = case.person;
    // Registers are asked about a human by `id`, about a company by `number`.
    let number = ctx.read(move |read| {
        let company = identity::company_number(read, person)?.map(|number| ("number", number.as_str().to_owned()));
        let human = || Ok(identity::id_number(read, person)?.map(|number| ("id", number.as_str().to_owned())));
        company.map_or_else(human, |company| Ok(Some(company)))
    });
    let Some((name, number)) = number.await? else { return Ok(Vec::new()) };
    let parameter = (name.to_owned(), number);
    let mut asking = tokio::task::JoinSet::new();
    for lookup in lookups {
        let (ctx, client, name, id) = (ctx.clone(), client.clone(), lookup.id.clone(), case.id);
        let question = exchange::Lookup {
            operation: lookup.operation.clone(),
            parameters: vec![parameter.clone()],
            person,
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
            Told { lookup: name, heard, at: ctx.now(), body }
        });
    }
    let mut told: Vec<Told> = Vec::new();
    while let Some(one) = asking.join_next().await {
        told.push(one.map_err(|error| Error::Corrupt(error.to_string()))?);
    }
    told.sort_by(|left, right| left.lookup.cmp(&right.lookup));
    Ok(told)
}

/// Keeps what was told. A silence does not erase an earlier answer, but it is
/// noted that the answer is not of today.
pub(crate) fn keep_in(tx: &mut Tx<'_>, case: CaseId, person: PersonId, told: &[Told]) -> Result<(), Error> {
    for one in told {
        let bytes = serde_json::to_vec(&one.body).map_err(|error| Error::Corrupt(error.to_string()))?;
        let sealed = tx.seal(person, BODY, &bytes)?;
        let statement = if one.heard.is_final() { &sql::KEEP_TOLD } else { &sql::KEEP_SILENCE };
        tx.execute_one(statement, &params![case, one.lookup, one.heard.as_str(), one.at, sealed])?;
    }
    Ok(())
}

/// What registers told for a case so far.
pub(crate) fn told(read: &mut Read<'_>, case: CaseId, person: PersonId) -> Result<Vec<Told>, Error> {
    let rows = read.rows(&sql::TOLD, &params![case])?;
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let body = read.open(person, BODY, &row.get::<Vec<u8>>(3)?)?;
        told.push(Told {
            lookup: row.get(0)?,
            heard: Heard::parse(&row.get::<String>(1)?),
            at: row.get(2)?,
            body: serde_json::from_slice(&body).map_err(|error| Error::Corrupt(error.to_string()))?,
        });
    }
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

/// Lookups of a folder whose register has yet to be heard and must be.
pub(crate) fn unheard(service: &Service, told: &[Told]) -> bool {
    service.file.lookups.iter().filter(|lookup| !lookup.optional).any(|lookup| {
        let heard = told.iter().find(|one| one.lookup == lookup.id).map(|one| one.heard);
        !heard.is_some_and(Heard::is_final)
    })
}
