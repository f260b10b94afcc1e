//! SQLite: one thread writes, several read. The writer drains its queue into
//! one commit, each closure in its own savepoint, and answers after the commit.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use crate::db::{Outcome, ReadJob, Shared, WriteJob, sql};
use crate::migrate::Migrator;
use crate::queue::{Batch, Queue};
use crate::tx::{Connection as Under, Tx};
use crate::{Error, Param, Read, Row, SLOW_WRITE_MS, SQLITE_FLOOR, Schema, Statement, Value, migrate};

/// Writes that may share a commit.
const BATCH: usize = 256;
/// Threads that read.
const READERS: usize = 3;
/// Statements each connection keeps prepared.
const PREPARED: usize = 1_024;
/// A WAL above this is checkpointed, bytes.
const CHECKPOINT_BYTES: u64 = 16 << 20;
/// Commits between two looks at the WAL's size.
const CHECKPOINT_EVERY: u64 = 32;
/// Virtual-machine steps between two looks at a read's clock.
const STEPS: i32 = 20_000;

thread_local! {
    static READ_ENDS: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Opens and migrates the file, then starts the threads.
pub(crate) fn start(
    folder: &Path,
    schemas: &[Schema],
    shared: &Arc<Shared>,
    writes: &Arc<Queue<WriteJob>>,
    reads: &Arc<Queue<ReadJob>>,
) -> Result<Vec<JoinHandle<()>>, Error> {
    let path = folder.join("hukumati.db");
    let writer = open(folder)?;
    migrate::run(&mut Migrator(&writer), schemas)?;
    let mut threads = Vec::with_capacity(1 + READERS);
    for number in 0..READERS {
        let (connection, shared, reads) = (connect(&path)?, Arc::clone(shared), Arc::clone(reads));
        threads.push(spawn(&format!("read-{number}"), move || read_loop(connection, &shared, &reads))?);
    }
    let writer = Writer { connection: writer, shared: Arc::clone(shared), wal: wal_path(&path), commits: 0 };
    let writes = Arc::clone(writes);
    threads.push(spawn("write", move || writer.run(&writes))?);
    Ok(threads)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let named = std::thread::Builder::new().name(format!("store-{name}"));
    named.spawn(run).map_err(|error| Error::ReadOnly(format!("no thread for the database: {error}")))
}

fn wal_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// A connection to a data folder's file, which is made if there is none.
pub(crate) fn open(folder: &Path) -> Result<Connection, Error> {
    let version = rusqlite::version_number();
    if version < SQLITE_FLOOR {
        return Err(Error::Corrupt(format!(
            "SQLite {version} can corrupt its log; {SQLITE_FLOOR} is the oldest allowed"
        )));
    }
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    connect(&folder.join("hukumati.db"))
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;
             PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;
             PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;",
        )?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(connection)
    };
    open().map_err(|error| Error::file(path, error))
}

struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    wal: PathBuf,
    commits: u64,
}

/// What a write came to inside the open transaction.
enum Tried {
    Fresh { woke: bool },
    Replayed(Vec<u8>),
    Refused,
    Failed(Error),
}

impl Writer {
    fn run(mut self, writes: &Queue<WriteJob>) {
        while let Some(Batch { fresh, stale }) = writes.take(BATCH) {
            self.shared.figures.shed.fetch_add(stale.len() as u64, Ordering::Relaxed);
            for job in stale {
                drop(job.done.send(Outcome::Failed(Error::Busy)));
            }
            if !fresh.is_empty() && !self.commit(fresh) {
                writes.close();
                return;
            }
        }
        self.checkpoint("TRUNCATE");
    }

    /// Runs a batch in one commit and answers it. False when the process must end.
    fn commit(&mut self, batch: Vec<WriteJob>) -> bool {
        let mut tried: Vec<Option<Tried>> = batch.iter().map(|_| None).collect();
        if let Err(error) = self.try_all(&batch, &mut tried) {
            tracing::error!(%error, "a batch could not be run");
            self.roll_back();
            answer(batch, tried.into_iter().map(|_| Tried::Failed(error.clone())));
            return true;
        }
        match self.connection.execute_batch("COMMIT") {
            Ok(()) => {
                self.commits += 1;
                self.count_and_wake(&tried);
                answer(batch, tried.into_iter().map(|tried| tried.unwrap_or(Tried::Failed(Error::Busy))));
                if self.commits.is_multiple_of(CHECKPOINT_EVERY) && self.wal_bytes() > CHECKPOINT_BYTES {
                    self.checkpoint("PASSIVE");
                }
                true
            }
            Err(error) if code(&error) == Some(ErrorCode::DiskFull) => {
                self.roll_back();
                answer(batch, tried.into_iter().map(|tried| self.not_written(tried, &disk_full())));
                true
            }
            Err(error) => {
                // After an I/O error the pages may or may not be on the disk: only a
                // fresh open tells (facts, reliability F2). Nothing more is written.
                let reason = format!("{error}");
                tracing::error!(%reason, "an I/O error at a commit: the process must end");
                let unknown = Error::Unknown(reason.clone());
                self.shared.figures.unknown.fetch_add(batch.len() as u64, Ordering::Relaxed);
                answer(batch, tried.into_iter().map(|tried| self.not_written(tried, &unknown)));
                self.shared.fatal.send_replace(Some(reason));
                false
            }
        }
    }

    /// Runs every closure of the batch that has no final answer yet: first without
    /// savepoints, because nearly all go well. Only when one has written and then
    /// failed does the batch run again, each closure in its own savepoint. When
    /// one of them makes SQLite roll back everything (a full disk), it alone is
    /// failed and the others run again.
    fn try_all(&self, batch: &[WriteJob], tried: &mut [Option<Tried>]) -> Result<(), Error> {
        let mut guarded = false;
        'again: loop {
            self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| map("BEGIN", &error))?;
            for place in 0..batch.len() {
                if matches!(tried[place], Some(Tried::Failed(_))) {
                    continue;
                }
                let result =
                    if guarded { Some(self.try_guarded(&batch[place])?) } else { self.try_bare(&batch[place])? };
                let Some(result) = result else {
                    self.roll_back();
                    forget(tried);
                    guarded = true;
                    continue 'again;
                };
                if self.connection.is_autocommit() {
                    let error = if let Tried::Failed(error) = result { error } else { disk_full() };
                    forget(tried);
                    tried[place] = Some(Tried::Failed(error));
                    continue 'again;
                }
                tried[place] = Some(result);
            }
            return Ok(());
        }
    }

    /// Runs a closure in the batch's own transaction; none when it left something
    /// that must be taken back.
    fn try_bare(&self, job: &WriteJob) -> Result<Option<Tried>, Error> {
        let before = self.connection.total_changes();
        let result = self.try_one(job)?;
        let clean = matches!(result, Tried::Fresh { .. } | Tried::Replayed(_))
            || self.connection.is_autocommit()
            || self.connection.total_changes() == before;
        Ok(clean.then_some(result))
    }

    /// Runs a closure in a savepoint of its own.
    fn try_guarded(&self, job: &WriteJob) -> Result<Tried, Error> {
        self.savepoint("SAVEPOINT closure")?;
        let result = self.try_one(job)?;
        if self.connection.is_autocommit() {
            return Ok(result);
        }
        if !matches!(result, Tried::Fresh { .. }) {
            self.savepoint("ROLLBACK TO closure")?;
        }
        self.savepoint("RELEASE closure")?;
        Ok(result)
    }

    fn try_one(&self, job: &WriteJob) -> Result<Tried, Error> {
        if !job.key.fresh
            && let Some(answer) = self.answer_of(job)?
        {
            return Ok(Tried::Replayed(answer));
        }
        let started = Instant::now();
        let read = Read::new(Under::Sqlite(&self.connection), Arc::clone(&self.shared));
        let mut tx = Tx::new(read, &job.plan);
        let ran = catch_unwind(AssertUnwindSafe(|| (job.run)(&mut tx)));
        let (failure, woke) = (tx.take_failure(), tx.woke);
        let result = match (ran, failure) {
            (_, Some(error)) => Tried::Failed(error),
            (Err(panic), None) => Tried::Failed(Error::Panicked(panic_text(&panic))),
            (Ok(None), None) => Tried::Refused,
            (Ok(Some(answer)), None) => match self.keep_answer(job, &answer) {
                Ok(()) => Tried::Fresh { woke },
                Err(error) => Tried::Failed(error),
            },
        };
        if started.elapsed().as_millis() > SLOW_WRITE_MS {
            tracing::warn!(key = %job.key.reference(), elapsed_ms = started.elapsed().as_millis(), "a slow write");
        }
        Ok(result)
    }

    fn answer_of(&self, job: &WriteJob) -> Result<Option<Vec<u8>>, Error> {
        let prepared = self.connection.prepare_cached(sql::ANSWER.sqlite);
        let answer =
            prepared.and_then(|mut statement| statement.query_row([&job.key.bytes[..]], |row| row.get(0)).optional());
        answer.map_err(|error| map(sql::ANSWER.name, &error))
    }

    fn keep_answer(&self, job: &WriteJob, answer: &[u8]) -> Result<(), Error> {
        let prepared = self.connection.prepare_cached(sql::INSERT_KEY.sqlite);
        let inserted = prepared.and_then(|mut statement| statement.execute([&job.key.bytes[..], answer]));
        inserted.map(drop).map_err(|error| map(sql::INSERT_KEY.name, &error))
    }

    fn savepoint(&self, text: &'static str) -> Result<(), Error> {
        let prepared = self.connection.prepare_cached(text);
        prepared.and_then(|mut statement| statement.execute([])).map(drop).map_err(|error| map(text, &error))
    }

    /// What a write comes to when the commit around it did not.
    fn not_written(&self, tried: Option<Tried>, error: &Error) -> Tried {
        match tried {
            Some(Tried::Refused) => Tried::Refused,
            Some(Tried::Failed(own)) => Tried::Failed(own),
            _ => Tried::Failed(error.clone()),
        }
    }

    fn count_and_wake(&self, tried: &[Option<Tried>]) {
        let figures = &self.shared.figures;
        let (mut fresh, mut replayed, mut woke) = (0, 0, false);
        for tried in tried.iter().flatten() {
            match tried {
                Tried::Fresh { woke: left_work } => {
                    fresh += 1;
                    woke |= left_work;
                }
                Tried::Replayed(_) => replayed += 1,
                _ => {}
            }
        }
        figures.committed.fetch_add(fresh, Ordering::Relaxed);
        figures.replayed.fetch_add(replayed, Ordering::Relaxed);
        figures.commits.fetch_add(1, Ordering::Relaxed);
        if woke {
            self.shared.work.notify_one();
        }
    }

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }

    fn wal_bytes(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |file| file.len())
    }

    fn checkpoint(&self, how: &str) {
        if let Err(error) = self.connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(())) {
            tracing::warn!(%error, "the log could not be checkpointed; it is tried again");
        }
    }
}

/// What was tried in a transaction that was rolled back is open again; what
/// failed for good is not.
fn forget(tried: &mut [Option<Tried>]) {
    for tried in tried.iter_mut().filter(|tried| !matches!(tried, Some(Tried::Failed(_)))) {
        *tried = None;
    }
}

fn answer(batch: Vec<WriteJob>, tried: impl Iterator<Item = Tried>) {
    for (job, tried) in batch.into_iter().zip(tried) {
        let outcome = match tried {
            Tried::Fresh { .. } => Outcome::Committed,
            Tried::Replayed(bytes) => Outcome::Replayed(bytes),
            Tried::Refused => Outcome::Refused,
            Tried::Failed(error) => Outcome::Failed(error),
        };
        // A dropped request withdraws nothing: its answer waits under its key.
        drop(job.done.send(outcome));
    }
}

fn read_loop(mut connection: Connection, shared: &Arc<Shared>, reads: &Queue<ReadJob>) {
    let over = || READ_ENDS.get().is_some_and(|ends| Instant::now() > ends);
    if let Err(error) = connection.progress_handler(STEPS, Some(over)) {
        tracing::error!(%error, "reads have no time limit");
    }
    while let Some(Batch { fresh, stale }) = reads.take_one() {
        for job in stale {
            shared.figures.shed.fetch_add(1, Ordering::Relaxed);
            (job.run)(Err(Error::Busy));
        }
        for job in fresh {
            READ_ENDS.set(job.limit.map(|limit| Instant::now() + limit));
            read_one(&connection, shared, job);
            READ_ENDS.set(None);
            shared.figures.reads.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn read_one(connection: &Connection, shared: &Arc<Shared>, job: ReadJob) {
    let run = |text: &'static str| {
        let prepared = connection.prepare_cached(text);
        prepared.and_then(|mut statement| statement.execute([])).map_err(|error| map(text, &error))
    };
    if let Err(error) = run("BEGIN") {
        return (job.run)(Err(error));
    }
    let mut read = Read::new(Under::Sqlite(connection), Arc::clone(shared));
    if catch_unwind(AssertUnwindSafe(|| (job.run)(Ok(&mut read)))).is_err() {
        tracing::error!("a read panicked");
    }
    if let Err(error) = run("COMMIT") {
        tracing::error!(%error, "a snapshot did not end");
    }
}

/// Rows of a statement, for [`Read`].
pub(crate) fn rows(connection: &Connection, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
    let run = || -> rusqlite::Result<Vec<Row>> {
        let mut prepared = connection.prepare_cached(statement.sqlite)?;
        let columns = prepared.column_count();
        let mut found = prepared.query(rusqlite::params_from_iter(params))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(Row { statement: statement.name, values: values(row, columns)? });
        }
        Ok(rows)
    };
    run().map_err(|error| map(statement.name, &error))
}

/// A row's values.
pub(crate) fn values(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns).map(|column| row.get_ref(column).map(value)).collect()
}

/// Prepares a statement without running it.
pub(crate) fn prepare(connection: &Connection, statement: &Statement) -> Result<(), Error> {
    connection.prepare_cached(statement.sqlite).map(drop).map_err(|error| map(statement.name, &error))
}

/// What SQLite's own checks find: damaged pages, rows without their parents.
pub(crate) fn integrity(connection: &Connection) -> Result<Vec<String>, Error> {
    let run = || -> rusqlite::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut pages = connection.prepare("PRAGMA integrity_check(20)")?;
        let lines = pages.query_map([], |row| row.get::<_, String>(0))?;
        found.extend(lines.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|line| line != "ok"));
        let mut orphans = connection.prepare("PRAGMA foreign_key_check")?;
        let lines = orphans.query_map([], |row| row.get::<_, String>(0))?;
        found.extend(
            lines
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .map(|table| format!("a row of {table} without its parent")),
        );
        Ok(found)
    };
    run().map_err(|error| map("integrity_check", &error))
}

/// Runs a statement, for [`Tx`].
pub(crate) fn execute(connection: &Connection, statement: &Statement, params: &[Param<'_>]) -> Result<u64, Error> {
    let prepared = connection.prepare_cached(statement.sqlite);
    let touched = prepared.and_then(|mut prepared| prepared.execute(rusqlite::params_from_iter(params)));
    touched.map(|touched| touched as u64).map_err(|error| map(statement.name, &error))
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        // STRICT tables hold no floats; a computed one is shown as what it is.
        ValueRef::Real(number) => Value::Text(number.to_string()),
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

fn disk_full() -> Error {
    Error::ReadOnly("the disk is full".to_owned())
}

pub(crate) fn map(statement: &'static str, error: &rusqlite::Error) -> Error {
    match code(error) {
        Some(ErrorCode::DiskFull) => disk_full(),
        Some(ErrorCode::ConstraintViolation) => Error::Conflict(error.to_string()),
        Some(ErrorCode::OperationInterrupted) => Error::Slow,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
        _ => Error::Sql { statement, reason: error.to_string() },
    }
}

pub(crate) fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
