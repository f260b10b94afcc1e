//! SQLite: one thread writes, several read. The writer drains its queue into one
//! commit and answers after it; closures have savepoints only where one may have to
//! be undone alone (docs/adr/0002).
//!
//! Not here: what one connection does (`sqlite_session`).

use std::cell::Cell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::db::{Outcome, ReadJob, Shared, WriteJob, sql};
use crate::error::panic_text;
use crate::migrate::Migrator;
use crate::queue::{Batch, Queue};
use crate::sqlite_session::{code, connect, disk_full, map, open};
use crate::tx::{Connection as Under, Tx};
use crate::{Error, Read, SLOW_WRITE_MS, Schema, migrate};

/// Writes that may share a commit.
const BATCH: usize = 256;
/// Threads that read.
const READERS: usize = 3;
/// A log of more pages is copied into the file: 8 MiB.
const LOG_PAGES: usize = 2_048;
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
    let mut writer = open(folder)?;
    migrate::run(&mut Migrator(&writer), schemas)?;
    let mut threads = Vec::with_capacity(2 + READERS);
    for number in 0..READERS {
        let (connection, shared, reads) = (connect(&path)?, Arc::clone(shared), Arc::clone(reads));
        threads.push(spawn(&format!("read-{number}"), move || read_loop(connection, &shared, &reads))?);
    }
    let (log, due) = Log::of(&mut writer).map_err(|error| map("wal_hook", &error))?;
    let (connection, copied) = (connect(&path)?, Arc::clone(&log.copied));
    threads.push(spawn("log", move || copy_log(&connection, &due, &copied))?);
    let writer = Writer { connection: writer, shared: Arc::clone(shared), log };
    let writes = Arc::clone(writes);
    threads.push(spawn("write", move || writer.run(&writes))?);
    Ok(threads)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let named = std::thread::Builder::new().name(format!("store-{name}"));
    named.spawn(run).map_err(|error| Error::ReadOnly(format!("no thread for the database: {error}")))
}

struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    log: Log,
}

/// The write-ahead log of the writer's connection, and the thread that copies it
/// into the file beside the writer, so that no commit waits for that.
struct Log {
    /// Pages in it, told by SQLite at each commit.
    pages: Arc<AtomicUsize>,
    /// Asks the thread to copy.
    due: SyncSender<()>,
    asked: bool,
    /// The thread has copied what there was when it began.
    copied: Arc<AtomicBool>,
}

impl Log {
    /// Watches the log of this connection; the other end is for [`copy_log`].
    fn of(connection: &mut Connection) -> rusqlite::Result<(Self, Receiver<()>)> {
        let pages = Arc::new(AtomicUsize::new(0));
        let told = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
            told.store(usize::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let (due, asked) = mpsc::sync_channel(1);
        Ok((Self { pages, due, asked: false, copied: Arc::default() }, asked))
    }
}

/// Copies the log whenever it is asked to, until the writer is gone.
fn copy_log(connection: &Connection, due: &Receiver<()>, copied: &AtomicBool) {
    while due.recv().is_ok() {
        checkpoint(connection, "PASSIVE");
        copied.store(true, Ordering::Release);
    }
}

fn checkpoint(connection: &Connection, how: &str) {
    if let Err(error) = connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(())) {
        tracing::warn!(%error, "the log could not be checkpointed; it is tried again");
    }
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
        checkpoint(&self.connection, "TRUNCATE");
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
        match self.run_cached("COMMIT") {
            Ok(()) => {
                self.count_and_wake(&tried);
                answer(batch, tried.into_iter().map(|tried| tried.unwrap_or(Tried::Failed(Error::Busy))));
                self.tend_log();
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
            self.run_cached("BEGIN IMMEDIATE").map_err(|error| map("BEGIN", &error))?;
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
            // Nobody asks for a fresh key again: where an outcome is unknown here, the
            // process ends.
            (Ok(Some(_)), None) if job.key.fresh => Tried::Fresh { woke },
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
        self.run_cached(text).map_err(|error| map(text, &error))
    }

    /// Runs a statement that is prepared once.
    fn run_cached(&self, text: &'static str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(text).and_then(|mut statement| statement.execute([])).map(drop)
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

    /// Has a long log copied. What came while it was copied is little, and copied
    /// here: then the log is empty, and the next commit begins it anew.
    fn tend_log(&mut self) {
        if self.log.copied.swap(false, Ordering::Acquire) {
            checkpoint(&self.connection, "PASSIVE");
            self.log.asked = false;
        } else if !self.log.asked && self.log.pages.load(Ordering::Relaxed) > LOG_PAGES {
            self.log.asked = self.log.due.try_send(()).is_ok();
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
