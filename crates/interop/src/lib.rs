//! The interoperability framework, the least of it: operations with the schemas
//! of their answers, agreements, the instance's security servers, and the signed
//! configuration that tells them all.
//!
//! Not here: messages (exchange), certificates (ca).
//!
//! Invariants: no agreement, no call; every change is a leaf and counts up the
//! configuration's number, which never goes back.

mod central;
mod http;
mod join;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod sql;

pub use central::{Central, Refusal, Trust, agree, end_agreement, publish_folder, suggested_agreements, was_agreed};
pub use join::{Certified, Certify, Host, Purpose, Wanted, remove_server};
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;

use store::{Migration, Schema};
use web::System;

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_interop.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_invitation.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "interop", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(central: Arc<Central>) -> System {
    routes_only().with_state(central)
}

/// The same with nothing behind it, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System {
        name: "interop",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        ..System::default()
    }
}
