//! The certification authority: issues, revokes, answers about revocation,
//! stamps times.
//!
//! Not here: ASN.1 and signatures (seal), whom a certificate is for (the systems
//! that ask for one).
//!
//! Two authorities issue under one root: one for systems and seals, one for
//! people, so that who trusts the one need not trust the other.
//!
//! Invariants: a private key of the authority lies sealed and leaves it never;
//! whatever is issued or revoked is a leaf; what was not issued here is
//! `unknown`, never `good`.

mod authority;
mod http;
mod person;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod sql;

pub use authority::{Authority, Refusal, Request, trusted_root};
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;

use store::{Migration, Schema};
use web::System;

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_ca.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_newest.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_persons.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "ca", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(authority: Arc<Authority>) -> System {
    routes_only().with_state(authority)
}

/// The same with nothing behind it, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System { name: "ca", statements: STATEMENTS, migrations: MIGRATIONS, routes: http::routes(), ..System::default() }
}
