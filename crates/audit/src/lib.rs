//! The transparency log: who did what to whom, and why, in a tree that nobody
//! can quietly change (RFC 6962), with receipts that people can check offline.
//!
//! Not here: the ordinary log of the program, figures, and anything that
//! decides.
//!
//! Invariants: an act's leaf is in the act's own commit; positions have no
//! gaps; a checkpoint is signed only after what it covers is durable; what the
//! tree holds of a person is a salted hash, and its body can be erased.

mod checkpoint;
mod http;
mod model;
mod receipt;
mod record;
mod sequence;
mod sql;

pub use checkpoint::{Checkpoint, LogKey, begin_after_restore, consistency};
pub use model::{Act, Leaf, LeafId};
pub use receipt::{Receipt, ReceiptError, Trust, check_receipt, receipt, verify_checkpoint};
pub use record::{acts_about, acts_of, is_about, latest_acts_of, record_in};
pub use sequence::oldest_pending;
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;
use std::time::Duration;

use store::{Invariant, Job, Migration, Schema};
use web::{Home, Link, Right, Route, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_audit.sql") }];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "audit", migrations: MIGRATIONS };
/// How often pending leaves are put in order.
pub const SEQUENCE_EVERY: Duration = Duration::from_millis(200);
/// A leaf that waits longer is a broken promise, seconds.
pub const PENDING_LIMIT_S: i64 = 10;

/// The log: its name and the key that signs its checkpoints.
#[derive(Clone)]
pub struct Audit {
    /// Signs checkpoints.
    pub key: Arc<LogKey>,
}

/// The system as the binary mounts it.
#[must_use]
pub fn system(audit: Audit) -> System {
    let key = Arc::clone(&audit.key);
    let checked = Arc::clone(&audit.key);
    System {
        name: "audit",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: vec![
            Route::get("/receipts/{leaf}", Right::SignedIn, http::receipt).states(&["404"]),
            Route::get("/audit/checkpoint", Right::Public, http::checkpoint).without_session(),
            Route::get("/audit/consistency/{old}/{new}", Right::Public, http::consistency).without_session(),
        ],
        jobs: vec![Job::every("audit.sequence", SEQUENCE_EVERY, move |ctx, lease| {
            let key = Arc::clone(&key);
            async move { sequence::sequence(&ctx, &key, &lease).await }
        })],
        invariants: vec![
            Invariant::new("audit.tree_recomputes_to_its_checkpoints", move |read| sequence::recompute(read, &checked)),
            Invariant::new("audit.bodies_match_their_leaves", record::bodies_match),
            Invariant::new("audit.no_leaf_pends_long", sequence::long_pending),
        ],
        homes: vec![Home { kind: "leaf", find: sql::LEAF }],
        links: vec![
            Link { name: "audit.acts_have_actors", kind: None, page: sql::ACTORS },
            Link { name: "audit.acts_on_cases_have_cases", kind: None, page: sql::CASE_ACTS },
        ],
        ..System::default()
    }
    .with_state(Arc::new(audit))
}
