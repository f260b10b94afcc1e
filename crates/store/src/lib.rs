//! Storage for every system: one SQLite file or a PostgreSQL database behind
//! the same plain, synchronous closures, with blobs, sealed columns, events
//! and jobs.
//!
//! Not here: SQL of any system (it lives with the system), repositories, an
//! ORM, a query builder.
//!
//! Invariants:
//! * a write answers only after its commit is durable, and its key and answer
//!   are in that same commit: the same key again gives the same answer;
//! * an outcome is success, failure or unknown, and unknown is never reported
//!   as failure;
//! * a closure may run again: it is `Fn` and has nothing but its transaction.

mod backup;
mod blobs;
mod collect;
mod copy;
mod ctx;
mod db;
mod error;
mod events;
mod invariant;
mod jobs;
mod key;
mod keyring;
mod lock;
mod migrate;
mod postgres_address;
mod postgres_engine;
mod postgres_session;
mod postgres_tls;
mod queue;
mod sealed;
mod sqlite_engine;
mod sqlite_session;
mod statement;
mod tx;
mod value;

pub use backup::copy_database;
pub use blobs::{BlobId, Blobs};
pub use collect::collecting;
pub use copy::{Copied, copy};
pub use ctx::Ctx;
pub use db::{Database, Db, Figures, Options};
pub use error::Error;
pub use events::{Event, Subscriber, Work, dispatch_once, run_dispatcher};
pub use invariant::{Invariant, integrity};
pub use jobs::{Job, Lease, run_job};
pub use key::Key;
pub use keyring::Keyring;
pub use lock::FolderLock;
pub use migrate::{Migration, Schema};
pub use postgres_address::{Address as PostgresAddress, Driver as PostgresDriver};
pub use statement::Statement;
#[doc(hidden)]
pub use statement::{for_sqlite, text};
pub use tx::{Read, Tx};
pub use value::{FromValue, Param, Row, ToParam, Value};

/// Rows that one write may touch (DESIGN §4, bounds).
pub const ROWS_PER_WRITE: u64 = 500;
/// Writes and reads that may wait, each.
pub const QUEUE_LENGTH: usize = 1_024;
/// How long one may wait before it is refused, milliseconds.
pub const QUEUE_WAIT_MS: u64 = 2_000;
/// How long one read may run, milliseconds.
pub const READ_LIMIT_MS: u64 = 2_000;
/// A write slower than this is logged, milliseconds.
pub const SLOW_WRITE_MS: u128 = 20;
/// The oldest SQLite that does not corrupt a WAL (facts, reliability F3).
pub const SQLITE_FLOOR: i32 = 3_051_003;

/// The store's own tables, first of all migrations.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_store.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_blobs_left.sql") },
];
/// The store's own statements.
pub const STATEMENTS: &[&[Statement]] =
    &[collect::sql::ALL, db::sql::ALL, events::sql::ALL, jobs::sql::ALL, sealed::sql::ALL];
