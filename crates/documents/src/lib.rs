//! Papers: set, sealed, registered, verified, revoked.
//!
//! Not here: what a paper says (the service's folder and case), who may have one
//! (services), certificates (ca).
//!
//! Invariants: a paper is ordered in the commit that decides it and made once;
//! its file and content lie encrypted under its person's key; the seal covers
//! the whole file; a stranger with its code reads what is printed on it, and
//! whether it holds, and nothing more; who revokes one says why, and its person
//! is told.

pub mod check;
mod code;
mod desk;
mod house;
mod http;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod model;
mod pades;
mod paper;
mod press;
mod proof;
mod revoked;
mod sql;
mod verify;

pub use code::Said;
pub use desk::READ;
pub use house::{Documents, trusted_code_key};
pub use model::{Content, NewPaper, Paper, PaperId, PaperIssued, PaperRevoked, Refusal};
pub use paper::{file, held_by, order_in, own_paper, paper, papers_about, papers_of, revoke};
pub use press::{Press, Template};
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
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "documents", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(documents: &Arc<Documents>) -> System {
    let maker = Arc::clone(documents);
    let make = Subscriber::new(paper::MAKE, paper::MAKE, move |ctx, work| paper::make(ctx, Arc::clone(&maker), work));
    System { subscribers: vec![make], ..routes_only() }.with_state(Arc::clone(documents))
}

/// The same with nothing to make papers with, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System {
        name: "documents",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        transitions: vec![model::PAPER],
        invariants: verify::invariants(),
        homes: vec![Home { kind: "paper", find: sql::FIND_PAPER }],
        links: vec![
            Link { name: "documents.papers_have_holders", kind: Some("person"), page: sql::HOLDERS },
            Link { name: "documents.papers_have_cases", kind: None, page: sql::ABOUTS },
            Link { name: "documents.papers_have_leaves", kind: Some("leaf"), page: sql::LEAVES },
        ],
        ..System::default()
    }
}
