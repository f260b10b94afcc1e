//! What tests stand on: a clock that they move, seeded entropy, and a fresh
//! database on each engine. A dev-dependency only.
//!
//! PostgreSQL's address comes from `HUKUMATI_TEST_POSTGRES`, which
//! `cargo xtask test` sets; each database of a test is a schema of its own.

mod answering;
mod breaking;
mod dice;
mod outside;
mod reading;

pub use answering::{answering, answering_to};
pub use breaking::broken_by;
pub use dice::Dice;
pub use outside::{BankSide, PhoneSide, Session};
pub use reading::Reading;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use base::{Actor, Clock, Locale, OsEntropy, SeededEntropy, SystemClock, Timestamp};
use store::{Ctx, Database, Db, Keyring, Options, Schema};
use tempfile::TempDir;

/// Where PostgreSQL listens for tests.
pub const POSTGRES_VARIABLE: &str = "HUKUMATI_TEST_POSTGRES";

/// 2026-11-24 10:00 in Hebron: a Tuesday, offices open.
pub const START: Timestamp = Timestamp::from_seconds(1_795_507_200);

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that shows this instant.
    #[must_use]
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.as_micros())))
    }
    /// Moves it by seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The engines under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A schema of its own in the test cluster.
    Postgres,
}

/// A fresh world: database, blobs, clock, entropy. The folder goes with it.
pub struct World {
    /// Anonymous, Arabic.
    pub ctx: Ctx,
    /// The clock of `ctx`.
    pub clock: Arc<FakeClock>,
    /// Where its files lie.
    pub folder: TempDir,
    /// Its engine.
    pub engine: Engine,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// A fresh world with these systems' tables.
///
/// # Panics
/// When no temporary folder or no PostgreSQL can be had.
#[must_use]
pub fn world(engine: Engine, schemas: &[Schema]) -> World {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = match engine {
        Engine::Sqlite => Database::Sqlite(folder.path().to_owned()),
        Engine::Postgres => Database::Postgres(postgres_schema()),
    };
    let options = Options { database, blobs: folder.path().join("blobs"), keyring: Keyring::from_bytes(&[7; 64]) };
    let db = Db::open(options, schemas).expect("a fresh database opens");
    let clock = FakeClock::at(START);
    let ctx = Ctx {
        db,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        entropy: Arc::new(SeededEntropy::new(NEXT.fetch_add(1, Ordering::SeqCst))),
        actor: Actor::Anonymous,
        locale: Locale::AR,
    };
    World { ctx, clock, folder, engine }
}

/// A database in this folder with the machine's own clock and randomness: for
/// figures, and for processes that are killed.
///
/// # Panics
/// When it does not open.
#[must_use]
pub fn on_disk(folder: &Path, schemas: &[Schema], actor: &'static str) -> Ctx {
    let database = Database::Sqlite(folder.to_owned());
    let options = Options { database, blobs: folder.join("blobs"), keyring: Keyring::from_bytes(&[7; 64]) };
    Ctx {
        db: Db::open(options, schemas).expect("the database opens"),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Machine(actor),
        locale: Locale::AR,
    }
}

/// The address of a fresh schema in the test cluster.
///
/// # Panics
/// When `HUKUMATI_TEST_POSTGRES` is missing or nothing listens there.
#[must_use]
pub fn postgres_schema() -> String {
    let url = std::env::var(POSTGRES_VARIABLE).unwrap_or_else(|_| {
        panic!("{POSTGRES_VARIABLE} is not set: run `cargo xtask test`, which starts PostgreSQL for the tests")
    });
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let schema = format!("t{}_{number}", std::process::id());
    let made = std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).expect("the test cluster answers");
        client
            .batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}"))
            .expect("a schema for the test");
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-c%20search_path%3D{schema}")
    });
    made.join().expect("the schema's thread")
}

/// Runs an asynchronous test body once on each engine, each in a fresh world.
///
/// # Panics
/// When the body does.
pub fn on_both_engines<F: Future<Output = ()>>(schemas: &[Schema], body: impl Fn(World) -> F) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(body(world(engine, schemas)));
    }
}
