//! One connection to PostgreSQL, driven by the thread that owns it. Statements
//! whose answer nobody waits for are sent on and answered together: a write of
//! any length that reads nothing takes two flights, its own and its commit's.
//!
//! Not here: what a write or a read is (`postgres_engine`).

use std::collections::HashMap;
use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage};

use crate::db::sql;
use crate::key::hex;
use crate::migrate::Migrates;
use crate::postgres_address::Address;
use crate::{Error, Key, Param, READ_LIMIT_MS, Row, Statement, Value};

/// Opens a write's transaction.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
/// Ends a write's transaction and opens the next one's in the same flight.
const COMMIT_AND_BEGIN: &str = "COMMIT; BEGIN ISOLATION LEVEL SERIALIZABLE";
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// An answer that is on its way.
type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, tokio_postgres::Error>> + Send + 'a>>;

/// A statement that was sent and must turn out to have touched one row.
struct Sent {
    statement: &'static str,
    answer: Answer<'static, u64>,
}

/// A connection with its prepared statements.
pub(crate) struct Session {
    /// None only while it is dropped.
    client: Option<Arc<Client>>,
    /// Reads and writes the socket while this thread waits for an answer.
    driver: JoinHandle<()>,
    runtime: Runtime,
    prepared: HashMap<usize, tokio_postgres::Statement>,
    sent: Vec<Sent>,
    /// Whether a transaction was begun in the flight that committed the one
    /// before. Until its first statement it has no snapshot and holds nothing.
    pub(crate) begun: bool,
    /// Whether the statement that finds a key is prepared here.
    keyed: bool,
    /// The server has ended this connection, or said that it will.
    lost: bool,
    /// The server warned since this was last cleared: a COMMIT that warns may
    /// not be durable (facts, reliability F5).
    warned: Arc<AtomicBool>,
}

/// How a COMMIT ended.
pub(crate) enum Committed {
    /// It is durable.
    Yes,
    /// It is not, for this reason, and the next transaction may be open.
    No(Error),
    /// It is not: somebody else keeps an answer under the same key.
    Taken,
    /// The server warned that it may not be.
    Warned,
    /// The answer never came.
    Lost,
}

impl Session {
    pub(crate) fn connect(address: &Address) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::ReadOnly(format!("no thread for the database: {error}")))?;
        let warned = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&warned);
        let on_message = move |message: &AsyncMessage| {
            if let AsyncMessage::Notice(notice) = message
                && notice.severity() == "WARNING"
            {
                seen.store(true, Ordering::SeqCst);
            }
        };
        let connected = runtime.block_on(address.connect(on_message));
        let (client, driver) = connected.map_err(|error| Error::ReadOnly(describe(&error)))?;
        let mut session = Self {
            client: Some(Arc::new(client)),
            driver: runtime.spawn(driver),
            runtime,
            prepared: HashMap::new(),
            sent: Vec::new(),
            begun: false,
            keyed: false,
            lost: false,
            warned,
        };
        session.simple(&format!(
            "SET client_min_messages = warning; SET statement_timeout = {}; SET synchronous_commit = on; \
             SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = 0",
            READ_LIMIT_MS * 5
        ))?;
        Ok(session)
    }

    fn client(&self) -> Result<Arc<Client>, Error> {
        self.client.clone().ok_or_else(|| Error::ReadOnly("the connection is closed".to_owned()))
    }

    /// Whether nothing more will come over this connection.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost || self.client.as_ref().is_none_or(|client| client.is_closed())
    }

    /// Waits for an answer, after everything that was sent before it.
    fn wait<T>(&mut self, statement: &'static str, answer: Answer<'_, T>) -> Result<T, Error> {
        let sent = std::mem::take(&mut self.sent);
        let (broken, answer) = self.runtime.block_on(async {
            let mut broken = None;
            for Sent { statement, answer } in sent {
                let touched = answer.await;
                // The first failure is the cause of those after it.
                if broken.is_none() && !matches!(touched, Ok(1)) {
                    broken = Some((statement, touched));
                }
            }
            (broken, answer.await)
        });
        match broken {
            Some((statement, Ok(touched))) => Err(Error::Rows { statement, touched }),
            Some((statement, Err(error))) => Err(self.failed(statement, &error)),
            None => answer.map_err(|error| self.failed(statement, &error)),
        }
    }

    /// Waits for the answers of all that was sent.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        if self.sent.is_empty() { Ok(()) } else { self.wait("", Box::pin(std::future::ready(Ok(())))) }
    }

    fn failed(&mut self, statement: &'static str, error: &tokio_postgres::Error) -> Error {
        let severity = error.as_db_error().and_then(|error| error.parsed_severity());
        self.lost |= matches!(severity, Some(Severity::Fatal | Severity::Panic));
        map(statement, error)
    }

    /// The prepared statement, made once for each connection.
    pub(crate) fn prepare(&mut self, statement: &Statement) -> Result<tokio_postgres::Statement, Error> {
        let place = statement.postgres.as_ptr().addr();
        if let Some(prepared) = self.prepared.get(&place) {
            return Ok(prepared.clone());
        }
        self.settle()?;
        let client = self.client()?;
        let prepared = self.wait(statement.name, Box::pin(client.prepare(statement.postgres)))?;
        self.prepared.insert(place, prepared.clone());
        Ok(prepared)
    }

    /// Rows of a statement, for [`crate::Read`].
    pub(crate) fn rows(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let prepared = self.prepare(statement)?;
        let client = self.client()?;
        let references = references(params);
        let found = self.wait(statement.name, send(client.query(&prepared, &references)))?;
        let read = |row| {
            values(row)
                .map(|values| Row { statement: statement.name, values })
                .map_err(|error| map(statement.name, &error))
        };
        found.iter().map(read).collect()
    }

    /// Runs a statement and counts, for [`crate::Tx`].
    pub(crate) fn execute(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        let prepared = self.prepare(statement)?;
        let client = self.client()?;
        let references = references(params);
        self.wait(statement.name, send(client.execute(&prepared, &references)))
    }

    /// Sends a statement that must touch one row. Whether it did is known at the
    /// next answer that is waited for, before the commit at the latest.
    pub(crate) fn execute_one(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<(), Error> {
        let prepared = self.prepare(statement)?;
        let client = self.client()?;
        let params: Vec<Param<'static>> = params.iter().map(Param::owned).collect();
        let answer = send(async move { client.execute_raw(&prepared, params).await });
        self.sent.push(Sent { statement: statement.name, answer });
        Ok(())
    }

    /// The text that finds a key's answer, for [`Session::simple`]. It is prepared
    /// in SQL itself, so that it can share a flight with BEGIN.
    pub(crate) fn find_key(&mut self, key: &Key) -> Result<String, Error> {
        if !self.keyed {
            self.simple(
                "PREPARE store_find_key (bytea) AS SELECT encode(answer, 'hex') FROM store_key WHERE key = $1",
            )?;
            self.keyed = true;
        }
        Ok(format!("EXECUTE store_find_key ('\\x{}')", hex(&key.bytes)))
    }

    /// Keeps the key with its answer, commits, and begins the next transaction,
    /// all in one flight. Where the key is refused, the COMMIT rolls back.
    pub(crate) fn commit(&mut self, key: &Key, answer: &[u8]) -> Committed {
        self.warned.store(false, Ordering::SeqCst);
        let ready = self.prepare(&sql::INSERT_KEY).and_then(|keep| self.client().map(|client| (keep, client)));
        let (keep, client) = match ready {
            Ok(ready) => ready,
            Err(error) => return Committed::No(error),
        };
        let (key, answer): (&[u8], &[u8]) = (&key.bytes, answer);
        let kept = send(client.execute_raw(&keep, [key, answer]));
        let ended = send(client.simple_query(COMMIT_AND_BEGIN));
        let (kept, ended) = self.runtime.block_on(async { (kept.await, ended.await) });
        self.begun = ended.is_ok();
        let warned = self.warned.load(Ordering::SeqCst);
        match (kept, ended) {
            (Ok(_), Ok(_)) if warned => Committed::Warned,
            (Ok(_), Ok(_)) => Committed::Yes,
            (Err(error), _) => match self.failed(sql::INSERT_KEY.name, &error) {
                _ if self.is_lost() => Committed::Lost,
                Error::Conflict(_) => Committed::Taken,
                reason => Committed::No(reason),
            },
            (Ok(_), Err(error)) => {
                let reason = self.failed("COMMIT", &error);
                if self.is_lost() { Committed::Lost } else { Committed::No(reason) }
            }
        }
    }

    /// Statements without parameters, in one flight; the last row's first column.
    pub(crate) fn simple(&mut self, text: &str) -> Result<Option<String>, Error> {
        let client = self.client()?;
        let messages = self.wait("a control statement", send(client.simple_query(text)))?;
        Ok(messages.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    /// Ends the transaction, whatever was sent in it.
    pub(crate) fn roll_back(&mut self) -> Result<(), Error> {
        self.begun = false;
        self.sent.clear();
        self.simple("ROLLBACK").map(drop)
    }
}

/// For `copy`, whose statements are made of tables' names.
impl Session {
    pub(crate) fn columns(&mut self, text: &str) -> Result<Vec<String>, Error> {
        let client = self.client()?;
        let prepared = self.wait("a copy", Box::pin(client.prepare(text)))?;
        Ok(prepared.columns().iter().map(|column| column.name().to_owned()).collect())
    }

    pub(crate) fn fetch(&mut self, text: &str) -> Result<Vec<Vec<Value>>, Error> {
        let client = self.client()?;
        let found = self.wait("a copy", Box::pin(client.query(text, &[])))?;
        found.iter().map(values).collect::<Result<_, _>>().map_err(|error| map("a copy", &error))
    }

    /// Inserts rows, all in one flight.
    pub(crate) fn insert(&mut self, text: &str, rows: &[Vec<Value>]) -> Result<(), Error> {
        let client = self.client()?;
        let prepared = self.wait("a copy", Box::pin(client.prepare(text)))?;
        for row in rows {
            let (client, prepared) = (Arc::clone(&client), prepared.clone());
            let params: Vec<Param<'static>> = row.iter().map(|value| value.as_param().owned()).collect();
            let answer = send(async move { client.execute_raw(&prepared, params).await });
            self.sent.push(Sent { statement: "a copy", answer });
        }
        self.settle()
    }
}

impl Drop for Session {
    /// Says goodbye, so that the server does not log a lost client.
    fn drop(&mut self) {
        self.sent.clear();
        self.client = None;
        let (runtime, driver) = (&self.runtime, &mut self.driver);
        if runtime.block_on(async { tokio::time::timeout(GOODBYE, driver).await }).is_err() {
            tracing::debug!("the database did not say goodbye");
        }
    }
}

/// Sends without waiting: the first look at a future puts its request into the
/// connection's queue.
fn send<'a, T: Send + 'a>(
    request: impl Future<Output = Result<T, tokio_postgres::Error>> + Send + 'a,
) -> Answer<'a, T> {
    let mut request = Box::pin(request);
    match request.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Box::pin(std::future::ready(answer)),
        Poll::Pending => request,
    }
}

fn references<'p>(params: &'p [Param<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }
    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA)
    }
    to_sql_checked!();
}

fn value(row: &tokio_postgres::Row, column: usize) -> Result<Value, tokio_postgres::Error> {
    Ok(match *row.columns()[column].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map_or(Value::Null, Value::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map_or(Value::Null, |number| Value::Int(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map_or(Value::Null, |truth| Value::Int(truth.into())),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Value::Null, Value::Bytes),
        _ => row.try_get::<_, Option<String>>(column)?.map_or(Value::Null, Value::Text),
    })
}

fn values(row: &tokio_postgres::Row) -> Result<Vec<Value>, tokio_postgres::Error> {
    (0..row.len()).map(|column| value(row, column)).collect()
}

fn describe(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn map(statement: &'static str, error: &tokio_postgres::Error) -> Error {
    let Some(code) = error.code() else {
        return Error::Sql { statement, reason: describe(error) };
    };
    match code.code().get(..2) {
        Some("40") => Error::Contention,
        Some("23") => Error::Conflict(describe(error)),
        Some("53") => Error::ReadOnly(describe(error)),
        _ if *code == SqlState::QUERY_CANCELED => Error::Slow,
        _ => Error::Sql { statement, reason: describe(error) },
    }
}

impl Migrates for Session {
    fn apply(&mut self, statements: &[String]) -> Result<(), Error> {
        let text = format!("BEGIN;\n{};\nCOMMIT;", statements.join(";\n"));
        self.simple(&text).map(drop).inspect_err(|_| {
            if self.roll_back().is_err() {
                tracing::error!("a migration could not be rolled back");
            }
        })
    }
    fn applied(&mut self, system: &str, version: u32) -> Result<Option<String>, Error> {
        // Both are words of our own.
        self.simple(&format!("SELECT checksum FROM store_migration WHERE system = '{system}' AND version = {version}"))
    }
    fn spell(&self, statement: &str) -> String {
        deferred(&statement.replace("TEXT", "TEXT COLLATE \"C\""))
    }
}

/// Lets rows find their parents at COMMIT. Looked for at once, a parent's index page
/// would be read long before the commit, and everybody who meanwhile puts a row on that
/// page would collide with this write (predicate locks are by page; docs/benchmarks.md).
fn deferred(statement: &str) -> String {
    let mut spelled = String::with_capacity(statement.len());
    let mut rest = statement;
    while let Some((before, after)) = rest.split_once("REFERENCES ") {
        let (parent, more) = after.split_once(')').unwrap_or((after, ""));
        spelled.push_str(&format!("{before}REFERENCES {parent}) DEFERRABLE INITIALLY DEFERRED"));
        rest = more;
    }
    spelled + rest
}

#[cfg(test)]
mod tests {
    use super::deferred;

    #[test]
    fn every_reference_waits_for_the_commit() {
        let spelled = deferred("CREATE TABLE a (b TEXT REFERENCES c (id), d TEXT NOT NULL REFERENCES e (id))");
        let expected = "CREATE TABLE a (b TEXT REFERENCES c (id) DEFERRABLE INITIALLY DEFERRED, \
                        d TEXT NOT NULL REFERENCES e (id) DEFERRABLE INITIALLY DEFERRED)";
        assert_eq!(spelled, expected);
        assert_eq!(deferred("SELECT 1"), "SELECT 1");
    }
}
