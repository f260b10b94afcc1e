//! Papers: set, sealed, registered, verified, revoked.
//!
//! Not here: what a paper says (the service's folder and case), who may have one
//! (services), certificates (ca).
//!
//! Invariants: a paper is ordered in the commit that decides it and made once;
//! its file and content lie encrypted under its person's key; the seal covers
//! the whole file; a stranger with its code reads what is printed on it, and
//! whether it holds, and nothing more; who revokes one says why, and its person
//! is told; certified copies are numbered through, and each print that an office
//! makes is counted before it can be made.

pub mod check;
mod code;
mod copy;
mod desk;
mod house;
mod http;
mod joined;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod model;
mod pades;
mod paper;
mod press;
mod prints;
mod proof;
mod revoked;
mod sql;
mod verify;

pub use code::{CopyNumber, Said};
pub use copy::{CertifiedCopy, copies, order as order_copy, order_paid_in as order_paid_copy_in};
pub use desk::READ;
pub use house::{Documents, trusted_code_key};
pub use model::{BatchId, COPIES_MOST, Content, NewPaper, Paper, PaperId, PaperIssued, PaperRevoked, Refusal};
pub use paper::{copy_file, file, held_by, order_in, own_paper, paper, papers_about, papers_of, revoke};
pub use press::{Press, Template};
pub use prints::{BATCH_PAPERS, Batch, PRINTED, batch, batch_in, batches_of, printed, prints_of};
pub use proof::Proof;
pub use revoked::{LIST_DAYS, Listed, RevokedList};
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;

use store::{Migration, Schema, Subscriber};
use web::{Home, Link, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_documents.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_revoked.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_version.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_copies.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "documents", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(documents: &Arc<Documents>) -> System {
    let maker = Arc::clone(documents);
    let make = Subscriber::new(paper::MAKE, paper::MAKE, move |ctx, work| paper::make(ctx, Arc::clone(&maker), work));
    let fill = Subscriber::new(prints::FILL, prints::FILL, prints::fill);
    System { subscribers: vec![make, fill], ..routes_only() }.with_state(Arc::clone(documents))
}

/// The same with nothing to make papers with, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System {
        name: "documents",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        transitions: vec![model::PAPER, model::BATCH],
        invariants: verify::invariants(),
        blobs: vec![sql::PAPER_BLOBS, sql::COPY_BLOBS],
        homes: vec![Home { kind: "paper", find: sql::FIND_PAPER }, Home { kind: "batch", find: sql::FIND_BATCH }],
        links: vec![
            Link { name: "documents.papers_have_holders", kind: Some("person"), page: sql::HOLDERS },
            Link { name: "documents.papers_have_cases", kind: None, page: sql::ABOUTS },
            Link { name: "documents.papers_have_leaves", kind: Some("leaf"), page: sql::LEAVES },
            Link { name: "documents.copies_have_leaves", kind: Some("leaf"), page: sql::COPY_LEAVES },
            Link { name: "documents.prints_have_leaves", kind: Some("leaf"), page: sql::PRINT_LEAVES },
            Link { name: "documents.batches_have_officers", kind: Some("officer"), page: sql::BATCH_OFFICERS },
        ],
        ..System::default()
    }
}
