//! PostgreSQL: worker threads that each own a connection. Every write is
//! SERIALIZABLE and run again when it collides; every read is one read-only
//! snapshot. The first and last statements of a write share a flight with BEGIN
//! and COMMIT, so that keys cost no round trip.

use std::collections::HashMap;
use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use postgres::error::{DbError, SqlState};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::db::{Outcome, ReadJob, Shared, WriteJob};
use crate::key::hex;
use crate::migrate::Migrates;
use crate::queue::{Batch, Queue};
use crate::sqlite_engine::panic_text;
use crate::tx::{Connection as Under, Tx};
use crate::{Error, Param, READ_LIMIT_MS, Read, Row, SLOW_WRITE_MS, Schema, Statement, Value, migrate};

/// Connections that write.
const WRITERS: usize = 16;
/// Connections that read.
const READERS: usize = 6;
/// Times a colliding write is run again.
const TRIES: u32 = 10;
/// Longest pause between two tries, milliseconds.
const PAUSE_MS: u64 = 40;

/// Migrates and starts the threads; each connects when it first has work.
pub(crate) fn start(
    url: &str,
    schemas: &[Schema],
    shared: &Arc<Shared>,
    writes: &Arc<Queue<WriteJob>>,
    reads: &Arc<Queue<ReadJob>>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let mut first = Session::connect(url)?;
    migrate::run(&mut first, schemas)?;
    drop(first);
    let mut threads = Vec::with_capacity(WRITERS + READERS);
    for number in 0..WRITERS {
        let (url, shared, writes) = (url.to_owned(), Arc::clone(shared), Arc::clone(writes));
        threads.push(spawn(&format!("write-{number}"), move || Writer { url, shared, session: None }.run(&writes))?);
    }
    for number in 0..READERS {
        let (url, shared, reads) = (url.to_owned(), Arc::clone(shared), Arc::clone(reads));
        threads.push(spawn(&format!("read-{number}"), move || read_loop(&url, &shared, &reads))?);
    }
    Ok(threads)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let named = std::thread::Builder::new().name(format!("store-{name}"));
    named.spawn(run).map_err(|error| Error::ReadOnly(format!("no thread for the database: {error}")))
}

/// A connection with its prepared statements.
pub(crate) struct Session {
    client: Client,
    prepared: HashMap<usize, postgres::Statement>,
    /// Whether a transaction was begun in the flight that committed the one
    /// before. Until its first statement it has no snapshot and holds nothing.
    begun: bool,
    /// Whether the two statements about keys are prepared here.
    keyed: bool,
    /// The server warned since this was last cleared: a COMMIT that warns may
    /// not be durable (facts, reliability F5).
    warned: Arc<AtomicBool>,
}

impl Session {
    fn connect(url: &str) -> Result<Self, Error> {
        let warned = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&warned);
        let mut config: postgres::Config =
            url.parse().map_err(|error| Error::ReadOnly(format!("the database's address: {error}")))?;
        config.notice_callback(move |notice: DbError| {
            if notice.severity() == "WARNING" {
                seen.store(true, Ordering::SeqCst);
            }
        });
        let client = config.connect(NoTls).map_err(|error| Error::ReadOnly(describe(&error)))?;
        let mut session = Self { client, prepared: HashMap::new(), begun: false, keyed: false, warned };
        session.simple(&format!("SET client_min_messages = warning; SET statement_timeout = {}", READ_LIMIT_MS * 5))?;
        session
            .simple("SET synchronous_commit = on; SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = 0")?;
        Ok(session)
    }

    /// The prepared statement, made once for each connection.
    pub(crate) fn prepare(&mut self, statement: &Statement) -> Result<postgres::Statement, Error> {
        let place = statement.postgres.as_ptr().addr();
        if let Some(prepared) = self.prepared.get(&place) {
            return Ok(prepared.clone());
        }
        let prepared = self.client.prepare(statement.postgres).map_err(|error| map(statement.name, &error))?;
        self.prepared.insert(place, prepared.clone());
        Ok(prepared)
    }

    /// Rows of a statement, for [`Read`].
    pub(crate) fn rows(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        let prepared = self.prepare(statement)?;
        let found = self.client.query(&prepared, &references(params)).map_err(|error| map(statement.name, &error))?;
        let read = |row: &postgres::Row| {
            let values = (0..row.len()).map(|column| value(row, column)).collect::<Result<_, _>>();
            values.map(|values| Row { statement: statement.name, values }).map_err(|error| map(statement.name, &error))
        };
        found.iter().map(read).collect()
    }

    /// Runs a statement, for [`Tx`].
    pub(crate) fn execute(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        let prepared = self.prepare(statement)?;
        self.client.execute(&prepared, &references(params)).map_err(|error| map(statement.name, &error))
    }

    /// Prepares the statements about keys in SQL itself, so that they can share a
    /// flight with BEGIN and COMMIT and are planned once for each connection.
    fn know_keys(&mut self) -> Result<(), Error> {
        if !self.keyed {
            self.simple(
                "PREPARE store_find_key (bytea) AS SELECT encode(answer, 'hex') FROM store_key WHERE key = $1; \
                 PREPARE store_keep_key (bytea, bytea) AS INSERT INTO store_key (key, answer) VALUES ($1, $2)",
            )?;
            self.keyed = true;
        }
        Ok(())
    }

    /// Statements without parameters, in one flight; the last row's first column.
    fn simple(&mut self, text: &str) -> Result<Option<String>, Error> {
        let messages = self.client.simple_query(text).map_err(|error| map("a control statement", &error))?;
        Ok(messages.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    fn roll_back(&mut self) -> Result<(), Error> {
        self.begun = false;
        self.simple("ROLLBACK").map(drop)
    }
}

struct Writer {
    url: String,
    shared: Arc<Shared>,
    session: Option<Session>,
}

/// How one try of a write ended.
enum Tried {
    Done(Outcome, bool),
    /// It collided with another: run it again.
    Again,
    /// The connection went away, before COMMIT or during it.
    Lost {
        at_commit: bool,
    },
}

impl Writer {
    fn run(mut self, writes: &Queue<WriteJob>) {
        while let Some(Batch { fresh, stale }) = writes.take_one() {
            for job in stale {
                self.shared.figures.shed.fetch_add(1, Ordering::Relaxed);
                drop(job.done.send(Outcome::Failed(Error::Busy)));
            }
            for job in fresh {
                let (outcome, woke) = self.settle(&job);
                self.count(&outcome);
                if woke {
                    self.shared.work.notify_one();
                }
                drop(job.done.send(outcome));
            }
        }
    }

    fn count(&self, outcome: &Outcome) {
        let figures = &self.shared.figures;
        match outcome {
            Outcome::Committed => {
                figures.committed.fetch_add(1, Ordering::Relaxed);
                figures.commits.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Replayed(_) => drop(figures.replayed.fetch_add(1, Ordering::Relaxed)),
            Outcome::Failed(Error::Unknown(_)) => drop(figures.unknown.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
    }

    /// Tries until there is an outcome; the flag says whether work was left.
    fn settle(&mut self, job: &WriteJob) -> (Outcome, bool) {
        let mut lost_before = false;
        for number in 0..TRIES {
            let session = match self.session.take().map_or_else(|| Session::connect(&self.url), Ok) {
                Ok(session) => self.session.insert(session),
                Err(error) => return (Outcome::Failed(error), false),
            };
            match attempt(session, &self.shared, job) {
                Tried::Done(outcome, woke) => return (outcome, woke),
                Tried::Again => pause(number, &job.plan.seed),
                Tried::Lost { at_commit: false } if !lost_before => {
                    lost_before = true;
                    self.session = None;
                }
                Tried::Lost { at_commit: false } => {
                    self.session = None;
                    return (Outcome::Failed(Error::ReadOnly("the database went away".to_owned())), false);
                }
                Tried::Lost { at_commit: true } => {
                    self.session = None;
                    return (self.ask(job), false);
                }
            }
        }
        (Outcome::Failed(Error::Contention), false)
    }

    /// After a connection was lost at COMMIT: a new one tells by the key, or
    /// the outcome stays unknown (the old backend may still be committing).
    fn ask(&mut self, job: &WriteJob) -> Outcome {
        let asked = Session::connect(&self.url).and_then(|mut session| {
            session.know_keys()?;
            let answer = session.simple(&find_key(job))?;
            self.session = Some(session);
            Ok(answer)
        });
        match asked {
            Ok(Some(answer)) => unhex(&answer).map_or_else(Outcome::Failed, Outcome::Replayed),
            Ok(None) | Err(_) => Outcome::Failed(Error::Unknown(job.key.reference())),
        }
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";

fn find_key(job: &WriteJob) -> String {
    format!("EXECUTE store_find_key ('\\x{}')", hex(&job.key.bytes))
}

fn attempt(session: &mut Session, shared: &Arc<Shared>, job: &WriteJob) -> Tried {
    if let Err(error) = session.know_keys() {
        return failed(session, error, false);
    }
    // The key is looked up before the transaction, though in the same flight:
    // read inside it, its index page would collide with every other new key. One
    // that was made for this write has no answer yet.
    let begun = std::mem::take(&mut session.begun);
    let end = if begun { "ROLLBACK; " } else { "" };
    let opened = match job.key.fresh {
        true if begun => Ok(None),
        true => session.simple(BEGIN),
        false => session.simple(&format!("{end}{}; COMMIT; {BEGIN}", find_key(job))),
    };
    match opened {
        Ok(None) => {}
        Ok(Some(answer)) => return undo(session, replayed(&answer)),
        Err(error) => return failed(session, error, false),
    }
    let started = Instant::now();
    let read = Read::new(Under::Postgres(session), Arc::clone(shared));
    let mut tx = Tx::new(read, &job.plan);
    let ran = catch_unwind(AssertUnwindSafe(|| (job.run)(&mut tx)));
    let (failure, woke) = (tx.take_failure(), tx.woke);
    drop(tx);
    if started.elapsed().as_millis() > SLOW_WRITE_MS {
        tracing::warn!(key = %job.key.reference(), elapsed_ms = started.elapsed().as_millis(), "a slow write");
    }
    let answer = match (ran, failure) {
        (_, Some(error)) => return failed(session, error, false),
        (Err(panic), None) => {
            return undo(session, Tried::Done(Outcome::Failed(Error::Panicked(panic_text(&panic))), false));
        }
        (Ok(None), None) => return refused(session, job),
        (Ok(Some(answer)), None) => answer,
    };
    session.warned.store(false, Ordering::SeqCst);
    let (key, answer) = (hex(&job.key.bytes), hex(&answer));
    let inserted = format!("EXECUTE store_keep_key ('\\x{key}', '\\x{answer}'); COMMIT; {BEGIN}");
    let committed = session.simple(&inserted);
    session.begun = committed.is_ok();
    match committed {
        Ok(_) if session.warned.load(Ordering::SeqCst) => {
            Tried::Done(Outcome::Failed(Error::Unknown(job.key.reference())), woke)
        }
        Ok(_) => Tried::Done(Outcome::Committed, woke),
        // Somebody else committed under this key meanwhile: the next try finds their answer.
        Err(Error::Conflict(_)) => undo(session, Tried::Again),
        Err(error) => failed(session, error, true),
    }
}

fn replayed(answer: &str) -> Tried {
    Tried::Done(unhex(answer).map_or_else(Outcome::Failed, Outcome::Replayed), false)
}

/// A refusal may only say that the same key was written a moment ago: then its
/// answer is the answer.
fn refused(session: &mut Session, job: &WriteJob) -> Tried {
    if let Tried::Lost { at_commit } = undo(session, Tried::Again) {
        return Tried::Lost { at_commit };
    }
    match session.simple(&find_key(job)) {
        Ok(Some(answer)) => replayed(&answer),
        Ok(None) => Tried::Done(Outcome::Refused, false),
        Err(error) => Tried::Done(Outcome::Failed(error), false),
    }
}

/// Ends the transaction; a connection that cannot even do that is lost.
fn undo(session: &mut Session, tried: Tried) -> Tried {
    match session.roll_back() {
        Ok(()) => tried,
        Err(_) => match tried {
            Tried::Done(outcome, woke) => {
                tracing::warn!("a connection went away after its write ended");
                Tried::Done(outcome, woke)
            }
            _ => Tried::Lost { at_commit: false },
        },
    }
}

fn failed(session: &mut Session, error: Error, at_commit: bool) -> Tried {
    if session.client.is_closed() {
        return Tried::Lost { at_commit };
    }
    match error {
        Error::Contention => undo(session, Tried::Again),
        other => undo(session, Tried::Done(Outcome::Failed(other), false)),
    }
}

/// A pause that grows, with jitter, so that colliding writers part.
fn pause(number: u32, seed: &[u8; 32]) {
    let jitter = u64::from(seed[(number as usize) % seed.len()]);
    let longest = (1_u64 << number.min(5)).min(PAUSE_MS);
    std::thread::park_timeout(Duration::from_micros(longest * (200 + jitter * 4)));
}

fn read_loop(url: &str, shared: &Arc<Shared>, reads: &Queue<ReadJob>) {
    let mut kept: Option<Session> = None;
    while let Some(Batch { fresh, stale }) = reads.take_one() {
        for job in stale {
            shared.figures.shed.fetch_add(1, Ordering::Relaxed);
            (job.run)(Err(Error::Busy));
        }
        for job in fresh {
            kept = read_one(url, shared, kept.take(), job);
            shared.figures.reads.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs one read and gives the connection back if it is still good.
fn read_one(url: &str, shared: &Arc<Shared>, kept: Option<Session>, job: ReadJob) -> Option<Session> {
    // 0 is no limit.
    let limit = job.limit.map_or(0, |limit| limit.as_millis());
    let begin = format!("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY; SET LOCAL statement_timeout = {limit}");
    let opened = kept.map_or_else(|| Session::connect(url), Ok).and_then(|mut session| {
        if session.simple(&begin).is_err() {
            session = Session::connect(url)?;
            session.simple(&begin)?;
        }
        Ok(session)
    });
    let mut session = match opened {
        Ok(session) => session,
        Err(error) => {
            (job.run)(Err(error));
            return None;
        }
    };
    let mut read = Read::new(Under::Postgres(&mut session), Arc::clone(shared));
    if catch_unwind(AssertUnwindSafe(|| (job.run)(Ok(&mut read)))).is_err() {
        tracing::error!("a read panicked");
    }
    drop(read);
    session.roll_back().is_ok().then_some(session)
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

fn value(row: &postgres::Row, column: usize) -> Result<Value, postgres::Error> {
    Ok(match *row.columns()[column].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(column)?.map_or(Value::Null, Value::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map_or(Value::Null, |number| Value::Int(number.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map_or(Value::Null, |truth| Value::Int(truth.into())),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(column)?.map_or(Value::Null, Value::Bytes),
        _ => row.try_get::<_, Option<String>>(column)?.map_or(Value::Null, Value::Text),
    })
}

fn unhex(text: &str) -> Result<Vec<u8>, Error> {
    let broken = || Error::Corrupt("an answer's bytes".to_owned());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).map_err(|_| broken())?;
            u8::from_str_radix(pair, 16).map_err(|_| broken())
        })
        .collect()
}

fn describe(error: &postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn map(statement: &'static str, error: &postgres::Error) -> Error {
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
        self.client.batch_execute(&text).map_err(|error| {
            if self.roll_back().is_err() {
                tracing::error!("a migration could not be rolled back");
            }
            Error::Corrupt(format!("a migration failed: {}", describe(&error)))
        })
    }
    fn applied(&mut self, system: &str, version: u32) -> Result<Option<String>, Error> {
        let text = "SELECT checksum FROM store_migration WHERE system = $1 AND version = $2";
        let row = self.client.query_opt(text, &[&system, &i64::from(version)]);
        row.map(|row| row.map(|row| row.get(0))).map_err(|error| map("store_migration", &error))
    }
    fn spell(&self, statement: &str) -> String {
        statement.replace("TEXT", "TEXT COLLATE \"C\"")
    }
}
