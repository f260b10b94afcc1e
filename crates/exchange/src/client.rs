//! The client half: what a system of ours says to its own security server, in
//! X-Road's message protocol for REST, version 1. Each look-up about a person is
//! recorded for that person, with a leaf, before the caller sees the answer.

use std::time::Duration;

use audit::{Leaf, LeafId};
use base::id::typed_id;
use base::{CaseId, PersonId, Timestamp};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, params};
use web::Slice;
use web::client::{ClientError, HttpClient};

use crate::sql;

typed_id! {
    /// One look into a register.
    LookupId
}
store::stored_ids!(LookupId);

/// How long a look-up may take in all. A page waits for it.
pub const LIMIT: Duration = Duration::from_secs(4);

/// How a register says that it did not do what it was told, and never will.
const REFUSALS: [StatusCode; 5] = [
    StatusCode::BAD_REQUEST,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::UNPROCESSABLE_ENTITY,
];

/// Where the security server is, and as whom we speak: `[exchange]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientConfig {
    /// Our own security server.
    pub security_server: String,
    /// Our subsystem: instance, class, member, subsystem.
    pub subsystem: String,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self { security_server: "http://127.0.0.1:8180".to_owned(), subsystem: "PS/GOV/MTIT/PORTAL".to_owned() }
    }
}

/// A question to a register about a person.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// `PS/GOV/MOI/CIVIL/person`.
    pub operation: String,
    /// The query.
    pub parameters: Vec<(String, String)>,
    /// Whose data it is.
    pub person: PersonId,
    /// What for: `account.open`, `case.form`, `case.decide`.
    pub purpose: String,
    /// For which case.
    pub case: Option<CaseId>,
}

/// What a register is told about a person.
#[derive(Debug, Clone)]
pub struct Change {
    /// `PS/GOV/MOI/CIVIL/address`.
    pub operation: String,
    /// Whose data it is.
    pub person: PersonId,
    /// What for: `case.write`.
    pub purpose: String,
    /// For which case.
    pub case: Option<CaseId>,
    /// The message, JSON. It carries a key by which the register does it once.
    pub body: Value,
}

/// What the register said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The answer.
    pub body: Value,
    /// X-Road's id of the message, in both servers' logs.
    pub message: String,
    /// When it came.
    pub at: Timestamp,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LookupError {
    /// No agreement, a revoked certificate: the exchange said no.
    #[error("the exchange refused the look-up: {0}")]
    Refused(String),
    /// The register or the way to it is out.
    #[error("the register cannot be reached: {0}")]
    Unavailable(String),
    /// The register knows nobody of that number.
    #[error("the register knows nothing of this person")]
    NotFound,
    /// It answered something else than it promised.
    #[error("the register answered another shape: {0}")]
    Malformed(String),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl LookupError {
    /// The word in the record of look-ups.
    const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Unavailable(_) | Self::Store(_) => "unavailable",
            Self::NotFound => "not-found",
            Self::Malformed(_) => "malformed",
        }
    }
}

/// The way to our security server.
#[derive(Clone)]
pub struct Client {
    config: ClientConfig,
    http: HttpClient,
}

impl Client {
    /// A client with kept connections.
    #[must_use]
    pub fn new(config: ClientConfig) -> Self {
        Self { config, http: HttpClient::public().with_limit(LIMIT) }
    }

    /// Whether our security server can be reached at all: for `/ready`. Any answer
    /// will do.
    ///
    /// # Errors
    /// Why not.
    pub async fn reach(&self) -> Result<(), String> {
        let asked = self.http.send(Method::GET, &format!("{}/", self.config.security_server), &[], "").await;
        asked.map(drop).map_err(|error| error.to_string())
    }

    /// Asks a register, and records that it was asked.
    ///
    /// # Errors
    /// See [`LookupError`]; a refusal and a silence are recorded too.
    pub async fn get(&self, ctx: &Ctx, lookup: Lookup) -> Result<Answer, LookupError> {
        self.call(ctx, lookup, Method::GET, String::new()).await
    }

    /// Tells a register, and records that it was told. Without an answer it is
    /// not known whether the register heard: the same message is to be sent again.
    ///
    /// # Errors
    /// See [`LookupError`]; [`LookupError::Refused`] alone says that nothing was done.
    pub async fn post(&self, ctx: &Ctx, change: Change) -> Result<Answer, LookupError> {
        let Change { operation, person, purpose, case, body } = change;
        let lookup = Lookup { operation, parameters: Vec::new(), person, purpose, case };
        self.call(ctx, lookup, Method::POST, body.to_string()).await
    }

    async fn call(&self, ctx: &Ctx, lookup: Lookup, method: Method, body: String) -> Result<Answer, LookupError> {
        let id: LookupId = ctx.mint();
        let message = format!("{}-{id}", self.config.subsystem.split('/').next().unwrap_or("PS"));
        let asked = self.ask(ctx, &lookup, &message, method, body).await;
        let outcome = asked.as_ref().map_or_else(LookupError::outcome, |_| "answered");
        let kept = message.clone();
        ctx.write(Key::new("exchange.lookup", id.to_string()), move |tx| {
            let (now, actor) = (tx.now(), tx.actor().reference());
            let object = lookup.case.map_or_else(|| format!("person:{}", lookup.person), |case| format!("case:{case}"));
            let detail = json!({
                "operation": lookup.operation, "purpose": lookup.purpose, "outcome": outcome, "message": kept,
            });
            let leaf = Leaf::new("exchange.looked_up", object).about(lookup.person).with(detail);
            let leaf = audit::record_in(tx, &leaf)?;
            tx.execute_one(
                &sql::INSERT_LOOKUP,
                &params![
                    id,
                    lookup.person,
                    now,
                    actor,
                    lookup.operation,
                    lookup.purpose,
                    lookup.case,
                    outcome,
                    kept,
                    leaf
                ],
            )
        })
        .await?;
        asked.map(|body| Answer { body, message, at: ctx.now() })
    }

    async fn ask(
        &self,
        ctx: &Ctx,
        lookup: &Lookup,
        message: &str,
        method: Method,
        body: String,
    ) -> Result<Value, LookupError> {
        let query: Vec<String> = lookup
            .parameters
            .iter()
            .map(|(name, value)| format!("{}={}", web::fields::encode(name), web::fields::encode(value)))
            .collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let url = format!("{}/r1/{}{query}", self.config.security_server, lookup.operation);
        let told = method != Method::GET;
        let (user, person) = (ctx.actor.reference(), lookup.person.to_string());
        let case = lookup.case.map(|case| case.to_string()).unwrap_or_default();
        let mut headers = vec![
            ("X-Road-Client", self.config.subsystem.as_str()),
            ("X-Road-Id", message),
            ("X-Road-UserId", user.as_str()),
            ("X-Hukumati-Subject", person.as_str()),
            ("X-Hukumati-Purpose", lookup.purpose.as_str()),
            ("Accept", "application/json"),
        ];
        if !case.is_empty() {
            headers.push(("X-Road-Issue", case.as_str()));
        }
        if told {
            headers.push(("Content-Type", "application/json"));
        }
        let answer = self.http.send(method, &url, &headers, body).await.map_err(|error| match error {
            ClientError::Malformed(why) => LookupError::Malformed(why),
            other => LookupError::Unavailable(other.to_string()),
        })?;
        let error = answer.headers.get("x-road-error").and_then(|value| value.to_str().ok()).map(str::to_owned);
        match (answer.status, error) {
            // Of a message only a refusal on the way is known not to have arrived.
            (_, Some(code)) if told => Err(match failure(code) {
                LookupError::Refused(code) if !code.contains("access_denied") => LookupError::Unavailable(code),
                other => other,
            }),
            (_, Some(code)) => Err(failure(code)),
            (status, None) if status.is_success() => {
                serde_json::from_slice(&answer.body).map_err(|error| LookupError::Malformed(error.to_string()))
            }
            (status, None) if told && REFUSALS.contains(&status) => {
                Err(LookupError::Refused(format!("the register answered {status}")))
            }
            (StatusCode::NOT_FOUND, None) => Err(LookupError::NotFound),
            (status, None) => Err(LookupError::Unavailable(format!("the register answered {status}"))),
        }
    }
}

/// What an error code of a security server means for the one who asked.
fn failure(code: String) -> LookupError {
    let refused = ["access_denied", "unknown_member", "unknown_service", "certificate", "ssl_authentication", "ocsp"];
    if refused.iter().any(|word| code.contains(word)) {
        LookupError::Refused(code)
    } else if code.contains("schema") || code.contains("inconsistent_response") {
        LookupError::Malformed(code)
    } else {
        LookupError::Unavailable(code)
    }
}

/// A look-up as the person reads it.
#[derive(Debug, Clone)]
pub struct LookupLine {
    /// Its id; older ones are smaller.
    pub id: LookupId,
    /// When.
    pub at: Timestamp,
    /// Who acted: kind and id.
    pub actor: String,
    /// Which operation.
    pub operation: String,
    /// What for.
    pub purpose: String,
    /// For which case.
    pub case: Option<CaseId>,
    /// `answered`, `not-found`, `refused`, `unavailable`, `malformed`.
    pub outcome: String,
    /// X-Road's id of the message.
    pub message: String,
    /// Its leaf, for the receipt.
    pub leaf: LeafId,
}

/// Look-ups about a person, newest first: a slice, and one more.
///
/// # Errors
/// The store's.
pub fn lookups_of(read: &mut Read<'_>, person: PersonId, slice: &Slice) -> Result<Vec<LookupLine>, Error> {
    let rows = read.rows(&sql::LOOKUPS, &params![person, slice.before(), i64::from(slice.rows_to_read())])?;
    rows.iter()
        .map(|row| {
            Ok(LookupLine {
                id: row.get(0)?,
                at: row.get(1)?,
                actor: row.get(2)?,
                operation: row.get(3)?,
                purpose: row.get(4)?,
                case: row.get(5)?,
                outcome: row.get(6)?,
                message: row.get(7)?,
                leaf: row.get(8)?,
            })
        })
        .collect()
}
