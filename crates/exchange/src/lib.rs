//! Data exchange between agencies, in X-Road's message protocol for REST: the
//! security server, and the client half that systems of ours use.
//!
//! Not here: what an operation means and who agreed to what (interop), the
//! registers themselves, certificates (ca).
//!
//! Invariants: no answer about a person reaches its asker before the look-up is
//! on record for that person; a security server hands on nothing that it has
//! not signed or verified, and logged.

pub mod client;
pub mod connector;
pub mod server;
mod sql;

pub use client::{Answer, Change, Client, ClientConfig, Lookup, LookupError, LookupId, LookupLine, lookups_of};
pub use sql::ALL as STATEMENTS;

use store::{Migration, Schema};
use web::{Link, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_lookup.sql") }];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "exchange", migrations: MIGRATIONS };

/// The record of look-ups, beside whoever asks.
#[must_use]
pub fn records() -> System {
    System {
        name: "exchange",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        links: vec![
            Link { name: "exchange.lookups_are_about_somebody", kind: Some("person"), page: sql::LOOKED_AT_PEOPLE },
            Link { name: "exchange.lookups_are_for_cases", kind: Some("case"), page: sql::LOOKED_FOR_CASES },
            Link { name: "exchange.lookups_have_leaves", kind: Some("leaf"), page: sql::LOOKUP_LEAVES },
            Link { name: "exchange.lookups_have_askers", kind: None, page: sql::LOOKUP_ACTORS },
        ],
        ..System::default()
    }
}
