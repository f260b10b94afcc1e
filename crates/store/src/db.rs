//! The database's face: opening it, reading, writing, its figures.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, oneshot, watch};

use crate::queue::{Lane, Queue};
use crate::tx::Plan;
use crate::{Blobs, Ctx, Error, Key, Keyring, Read, Schema, Tx, postgres_engine, sqlite_engine};

pub(crate) mod sql {
    crate::statements! {
        /// The answer that was given under a key.
        ANSWER = "SELECT answer FROM store_key WHERE key = $1";
        /// Keeps the answer given under a key.
        INSERT_KEY = "INSERT INTO store_key (key, answer) VALUES ($1, $2)";
    }
}

/// Which engine, and where.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file, `hukumati.db`, in this folder.
    Sqlite(PathBuf),
    /// A PostgreSQL URL; `options=-c search_path=…` chooses a schema.
    Postgres(String),
}

/// How to open a database.
pub struct Options {
    /// Which engine, and where.
    pub database: Database,
    /// Where blobs lie.
    pub blobs: PathBuf,
    /// Opens sealed columns.
    pub keyring: Keyring,
}

/// Counts since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Figures {
    /// Writes that committed.
    pub committed: AtomicU64,
    /// Commits; several writes share one on SQLite.
    pub commits: AtomicU64,
    /// Writes answered from their key.
    pub replayed: AtomicU64,
    /// Writes and reads refused because too much waited.
    pub shed: AtomicU64,
    /// Reads done.
    pub reads: AtomicU64,
    /// Outcomes reported as unknown.
    pub unknown: AtomicU64,
}

/// What all threads of a database share.
pub(crate) struct Shared {
    pub(crate) keyring: Keyring,
    pub(crate) blobs: Blobs,
    /// Which queues listen to a topic.
    pub(crate) topics: OnceLock<HashMap<&'static str, Vec<&'static str>>>,
    /// Rung after a commit that left work behind.
    pub(crate) work: Notify,
    pub(crate) figures: Figures,
    /// Set when the engine can no longer be trusted and the process must end.
    pub(crate) fatal: watch::Sender<Option<String>>,
}

/// A write's closure: the answer's bytes, or `None` when it refused.
type WriteClosure = Box<dyn Fn(&mut Tx<'_>) -> Option<Vec<u8>> + Send>;
/// A read's closure: runs on a snapshot, or learns why there is none.
type ReadClosure = Box<dyn FnOnce(Result<&mut Read<'_>, Error>) + Send>;

/// A write on its way.
pub(crate) struct WriteJob {
    pub(crate) key: Key,
    pub(crate) plan: Plan,
    pub(crate) run: WriteClosure,
    pub(crate) done: oneshot::Sender<Outcome>,
}

/// How a write ended.
pub(crate) enum Outcome {
    /// Committed now: the answer lies in the caller's slot.
    Committed,
    /// Committed earlier under the same key: the answer's bytes.
    Replayed(Vec<u8>),
    /// The closure refused: its reason lies in the caller's slot.
    Refused,
    /// The store failed.
    Failed(Error),
}

/// A read on its way.
pub(crate) struct ReadJob {
    pub(crate) run: ReadClosure,
    /// How long it may take; none for what looks at everything.
    pub(crate) limit: Option<Duration>,
}

/// Where a closure leaves its answer for whoever waits for it.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
    fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
    fn fill(&self, answer: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }
    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Inner {
    writes: Arc<Queue<WriteJob>>,
    reads: Arc<Queue<ReadJob>>,
    shared: Arc<Shared>,
    database: Database,
    threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

/// A handle on the database and a lane. Cloning is cheap.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    lane: Lane,
}

impl Db {
    /// Opens the database, migrates it, and starts its threads.
    ///
    /// # Errors
    /// The engine's, or a migration that was changed after it ran.
    pub fn open(options: Options, schemas: &[Schema]) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            keyring: options.keyring,
            blobs: Blobs::open(&options.blobs)?,
            topics: OnceLock::new(),
            work: Notify::new(),
            figures: Figures::default(),
            fatal: watch::Sender::new(None),
        });
        let writes = Arc::new(Queue::new());
        let reads = Arc::new(Queue::new());
        let threads = match &options.database {
            Database::Sqlite(folder) => sqlite_engine::start(folder, schemas, &shared, &writes, &reads)?,
            Database::Postgres(url) => postgres_engine::start(url, schemas, &shared, &writes, &reads)?,
        };
        let threads = Mutex::new(threads);
        let inner = Arc::new(Inner { writes, reads, shared, database: options.database, threads });
        Ok(Self { inner, lane: Lane::People })
    }

    /// The same database on the jobs' lane.
    #[must_use]
    pub fn background(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), lane: Lane::Jobs }
    }
    /// The blobs beside the database.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.inner.shared.blobs
    }
    /// Which engine, and where.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.inner.database
    }
    /// Whether one process alone serves this database: an SQLite folder is locked
    /// by it, and whoever held leases before is no more.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        matches!(self.inner.database, Database::Sqlite(_))
    }
    /// Counts since the start.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.inner.shared.figures
    }
    /// The blind index of a value, as closures make it.
    #[must_use]
    pub fn blind(&self, domain: &str, value: &str) -> Vec<u8> {
        self.inner.shared.keyring.blind(domain, value)
    }
    /// Waits until the engine can no longer be trusted (an I/O error at a
    /// commit), and says why. The process must then end at once: what is on the
    /// disk is known only after it is opened again.
    pub async fn fatal(&self) -> String {
        let mut watched = self.inner.shared.fatal.subscribe();
        let reason = watched.wait_for(Option::is_some).await.map(|reason| reason.clone().unwrap_or_default());
        match reason {
            Ok(reason) => reason,
            Err(_) => std::future::pending().await,
        }
    }

    /// Runs a closure over one read-only snapshot for as long as it takes: for
    /// `verify` and exports, never for a request.
    ///
    /// # Errors
    /// The closure's own, or the store's.
    pub async fn inspect<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.look(None, run).await
    }

    pub(crate) async fn read<T, E>(&self, run: impl Fn(&mut Read<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.look(Some(Duration::from_millis(crate::READ_LIMIT_MS)), run).await
    }

    async fn look<T, E>(
        &self,
        limit: Option<Duration>,
        run: impl Fn(&mut Read<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        // Little here depends on the types: this is compiled for every read of every system.
        let (done, answered) = oneshot::channel::<()>();
        let slot = Slot::new();
        let filled = slot.share();
        let run = Box::new(move |read: Result<&mut Read<'_>, Error>| {
            filled.fill(match read {
                Ok(read) => run(read),
                Err(error) => Err(E::from(error)),
            });
            // A dropped request withdraws nothing and needs no answer.
            done.send(()).ok();
        });
        match self.ask(ReadJob { run, limit }, answered).await {
            Ok(()) => slot.take().unwrap_or_else(|| Err(E::from(Error::Panicked("a read".to_owned())))),
            Err(error) => Err(E::from(error)),
        }
    }

    async fn ask(&self, job: ReadJob, answered: oneshot::Receiver<()>) -> Result<(), Error> {
        if self.inner.reads.push(self.lane, job).is_err() {
            self.figures().shed.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Busy);
        }
        answered.await.map_err(|_| Error::Panicked("a read".to_owned()))
    }

    pub(crate) async fn write<T, E>(
        &self,
        ctx: &Ctx,
        key: Key,
        run: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let slot = Slot::new();
        let filled = slot.share();
        let run = Box::new(move |tx: &mut Tx<'_>| {
            let result = run(tx);
            let bytes = result.as_ref().ok().and_then(|answer| serde_json::to_vec(answer).ok());
            filled.fill(result);
            bytes
        });
        let lost = || Error::Unknown("the writer ended".to_owned());
        match self.submit(ctx, key, run).await {
            Ok(Outcome::Committed | Outcome::Refused) => slot.take().unwrap_or_else(|| Err(E::from(lost()))),
            Ok(Outcome::Replayed(bytes)) => serde_json::from_slice(&bytes)
                .map_err(|error| E::from(Error::Corrupt(format!("the answer of {key:?}: {error}")))),
            Ok(Outcome::Failed(error)) | Err(error) => Err(E::from(error)),
        }
    }

    async fn submit(&self, ctx: &Ctx, key: Key, run: WriteClosure) -> Result<Outcome, Error> {
        let plan = Plan { now: ctx.now(), actor: ctx.actor.clone(), seed: ctx.random() };
        let (done, outcome) = oneshot::channel();
        if self.inner.writes.push(self.lane, WriteJob { key, plan, run, done }).is_err() {
            self.figures().shed.fetch_add(1, Ordering::Relaxed);
            return Err(Error::Busy);
        }
        outcome.await.map_err(|_| Error::Unknown("the writer ended".to_owned()))
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }
}

impl Drop for Inner {
    /// Lets the threads finish what was accepted, so that a folder is free once
    /// its last handle is gone.
    fn drop(&mut self) {
        self.writes.close();
        self.reads.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread ended by a panic");
            }
        }
    }
}
