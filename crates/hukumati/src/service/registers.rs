//! What stands in for the exchange while examples are played: it speaks REST v1 as
//! a security server does to its own systems, and answers from the sandbox's
//! registers and from the operations' own files.
//!
//! No pair of servers, no signature, no agreement: that is tested over the real
//! pair (`crates/hukumati/tests/exchange`). Each example has a room of its own, by
//! the first word of the address, so that one's silent register is no other's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::IdNumber;
use catalogue::examples::{Change, Changed, Mode};
use exchange::connector::{Connectors, Said};
use http::{StatusCode, Uri};
use sandbox::registry::told::NotTold;
use sandbox::registry::{NoAnswer, Operation, Register, Registers};
use serde_json::{Value as Json, json};

/// Before the codes of a provider's security server (X-Road's names).
const FAILED: &str = "server.serverproxy.service_failed";

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What every room has.
pub(super) struct Shared {
    pub(super) connectors: Connectors,
    /// Operations that registers are told by.
    pub(super) told: BTreeSet<String>,
    /// The folder of operations' files.
    pub(super) operations: PathBuf,
}

impl Shared {
    /// The schema of what an operation answers.
    fn schema(&self, operation: &str) -> Result<jsonschema::Validator> {
        for entry in std::fs::read_dir(&self.operations)? {
            let Ok(file) = std::fs::read_to_string(entry?.path()).unwrap_or_default().parse::<toml::Table>() else {
                continue;
            };
            if file.get("identifier").and_then(toml::Value::as_str) == Some(operation) {
                let schema = file.get("answer").and_then(|answer| answer.get("schema")?.as_str());
                let schema: Json = serde_json::from_str(schema.context("an operation without a schema")?)?;
                return jsonschema::validator_for(&schema).context("the schema of an operation");
            }
        }
        bail!("no operation is called `{operation}`")
    }

    /// Whether an operation is answered at all.
    fn knows(&self, operation: &str) -> bool {
        Operation::ALL.iter().any(|known| known.identifier() == operation)
            || self.told.contains(operation)
            || self.connectors.has(operation)
    }
}

/// The registers of one example.
pub(super) struct Room {
    registers: Arc<Registers>,
    shared: Arc<Shared>,
    modes: Mutex<BTreeMap<String, Mode>>,
    others: Mutex<BTreeMap<String, Other>>,
}

/// What is other in an operation's answers, and what they must fit all the same.
struct Other {
    members: Json,
    schema: jsonschema::Validator,
}

impl Room {
    pub(super) fn new(registers: Arc<Registers>, shared: Arc<Shared>) -> Self {
        Self { registers, shared, modes: Mutex::default(), others: Mutex::default() }
    }

    /// Changes a register, by its operation or by the sandbox's word for it. `whom`
    /// is the person whose death it may record.
    pub(super) fn change(&self, change: &Change, whom: Option<&IdNumber>) -> Result<()> {
        match &change.what {
            Changed::Mode(mode) => self.set(&change.register, *mode),
            Changed::Answer(members) => {
                let schema = self.shared.schema(&change.register)?;
                let other = Other { members: serde_json::to_value(members)?, schema };
                locked(&self.others).insert(change.register.clone(), other);
                Ok(())
            }
            Changed::Death(day) => {
                if Register::parse(&change.register) != Some(Register::Civil) {
                    bail!("deaths are recorded by the register `{}`", Register::Civil.as_str());
                }
                let whom = whom.context("a company does not die")?;
                self.registers.record_death(whom.as_str(), *day).context("a death of somebody whom nobody knows")
            }
        }
    }

    /// How a register answers from now on.
    pub(super) fn set(&self, register: &str, mode: Mode) -> Result<()> {
        let operations: Vec<String> = match Register::parse(register) {
            Some(known) => {
                let own = Operation::ALL.into_iter().filter(|operation| operation.register() == known);
                own.map(|operation| operation.identifier().to_owned()).collect()
            }
            None if self.shared.knows(register) => vec![register.to_owned()],
            None => bail!("no operation or register is called `{register}`"),
        };
        locked(&self.modes).extend(operations.into_iter().map(|operation| (operation, mode)));
        Ok(())
    }

    async fn answer(&self, operation: &str, uri: &Uri, query: &HashMap<String, String>) -> Response {
        match self.mode(operation) {
            Mode::Down => return fault("register"),
            Mode::Slow => return fault("timeout"),
            Mode::Unknown => return said(StatusCode::NOT_FOUND, "nothing is registered under that number"),
            Mode::Up | Mode::Refuses => {}
        }
        let Some(known) = Operation::ALL.into_iter().find(|known| known.identifier() == operation) else {
            return self.connected(operation, uri.query().unwrap_or_default()).await;
        };
        let of = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
        let answered = match known {
            Operation::Company => self.registers.answer(known, of("number")),
            Operation::Person if of("photo") == "true" => self.registers.with_photo(of("id")),
            _ => self.registers.answer(known, of("id")),
        };
        match answered {
            Ok(body) => self.told(operation, body),
            Err(NoAnswer::Malformed) => said(StatusCode::BAD_REQUEST, "the number is not nine digits"),
            Err(NoAnswer::Unknown) => said(StatusCode::NOT_FOUND, "nothing is registered under that number"),
            Err(NoAnswer::Down) => fault("register"),
        }
    }

    /// From the operation's own file.
    async fn connected(&self, operation: &str, query: &str) -> Response {
        match self.shared.connectors.answer(operation, query).await {
            None => refused("server.clientproxy.unknown_service"),
            Some(Ok(Said::Found(body))) => match serde_json::from_slice(&body) {
                Ok(body) => self.told(operation, body),
                Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            },
            Some(Ok(Said::Nobody)) => said(StatusCode::NOT_FOUND, "nobody is known by that"),
            Some(Ok(Said::Malformed(why))) => said(StatusCode::BAD_REQUEST, &why),
            Some(Err(unable)) => {
                tracing::warn!(operation, why = %unable, "an operation cannot answer");
                fault(unable.code)
            }
        }
    }

    /// An answer, with what the example says otherwise. One that breaks its schema
    /// would not leave the provider's security server.
    fn told(&self, operation: &str, mut body: Json) -> Response {
        if let Some(other) = locked(&self.others).get(operation) {
            merge(&mut body, &other.members);
            if let Err(error) = other.schema.validate(&body) {
                tracing::error!(operation, at = %error.instance_path(), "what an example changes breaks the schema");
                return fault("schema");
            }
        }
        axum::Json(body).into_response()
    }

    fn tell(&self, operation: &str, body: &[u8]) -> Response {
        match self.mode(operation) {
            Mode::Down => return fault("register"),
            Mode::Slow => return fault("timeout"),
            Mode::Refuses => return said(StatusCode::CONFLICT, "the register refuses"),
            Mode::Up | Mode::Unknown => {}
        }
        if !self.shared.told.contains(operation) {
            return refused("server.clientproxy.unknown_service");
        }
        match self.registers.tell(operation, body) {
            Ok(body) => axum::Json(body).into_response(),
            Err(why @ NotTold::Malformed) => said(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
            Err(why @ NotTold::Unknown) => said(StatusCode::NOT_FOUND, &why.to_string()),
            Err(why @ NotTold::Other) => said(StatusCode::CONFLICT, &why.to_string()),
            Err(NotTold::Down) => fault("register"),
        }
    }

    fn mode(&self, operation: &str) -> Mode {
        locked(&self.modes).get(operation).copied().unwrap_or(Mode::Up)
    }
}

/// JSON Merge Patch (RFC 7396), as far as TOML can write it: without null.
fn merge(target: &mut Json, patch: &Json) {
    match (target, patch) {
        (Json::Object(target), Json::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.clone()).or_insert(Json::Null), value);
            }
        }
        (target, patch) => target.clone_from(patch),
    }
}

fn said(status: StatusCode, title: &str) -> Response {
    (status, axum::Json(json!({ "title": title }))).into_response()
}

/// A fault of the provider's security server.
fn fault(code: &str) -> Response {
    let code = format!("{FAILED}.{code}");
    (StatusCode::INTERNAL_SERVER_ERROR, [("x-road-error", code.clone())], axum::Json(json!({ "type": code })))
        .into_response()
}

/// A refusal of our own security server.
fn refused(code: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, [("x-road-error", code)], axum::Json(json!({ "type": code }))).into_response()
}

/// The rooms by name.
#[derive(Default)]
pub(super) struct Rooms(Mutex<HashMap<String, Arc<Room>>>);

impl Rooms {
    pub(super) fn open(&self, name: &str, room: Arc<Room>) {
        locked(&self.0).insert(name.to_owned(), room);
    }
    pub(super) fn close(&self, name: &str) {
        locked(&self.0).remove(name);
    }
    fn room(&self, name: &str) -> Option<Arc<Room>> {
        locked(&self.0).get(name).cloned()
    }
}

type Asked = Path<(String, String)>;

async fn ask(
    State(rooms): State<Arc<Rooms>>,
    Path((room, operation)): Asked,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    match rooms.room(&room) {
        Some(room) => room.answer(&operation, &uri, &query).await,
        None => refused("server.clientproxy.unknown_member"),
    }
}

async fn tell(State(rooms): State<Arc<Rooms>>, Path((room, operation)): Asked, body: Bytes) -> Response {
    match rooms.room(&room) {
        Some(room) => room.tell(&operation, &body),
        None => refused("server.clientproxy.unknown_member"),
    }
}

/// Answers on a free port of this machine until the runtime ends.
pub(super) async fn listen(rooms: &Arc<Rooms>) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no port for the registers")?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/{room}/r1/{*operation}", get(ask).post(tell)).with_state(Arc::clone(rooms));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the registers ended");
        }
    });
    Ok(address)
}
