//! Double-entry accounts, append only. An entry's postings sum to zero in each
//! currency; a balance is a sum, never a stored number, so that no row is hot.
//!
//! Not here: what money is for (payments), banks, rates of exchange.
//!
//! Invariants: every entry has two postings or more and sums to zero in each
//! currency; nothing is ever changed or deleted; a reversal mirrors its entry,
//! once.

mod model;
mod post;
mod sql;

pub use model::{Account, Entry, EntryId, Posting, Refusal};
pub use post::{about, balance, debited, post_in, reverse_in};
pub use sql::ALL as STATEMENTS;

use store::{Invariant, Migration, Schema, params};
use web::{Home, Link, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_ledger.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_reverses.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "ledger", migrations: MIGRATIONS };

/// The system as the binary mounts it: tables and invariants, no pages.
#[must_use]
pub fn system() -> System {
    System {
        name: "ledger",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        invariants: vec![
            broken("ledger.entries_sum_to_zero", &sql::UNBALANCED),
            broken("ledger.entries_have_two_postings", &sql::THIN),
            broken("ledger.reversals_mirror", &sql::CROOKED_REVERSALS),
            broken("ledger.currencies_sum_to_zero", &sql::CROOKED_CURRENCIES),
        ],
        homes: vec![Home { kind: "entry", find: sql::FIND_ENTRY }],
        links: vec![Link { name: "ledger.entries_are_about_something", kind: None, page: sql::ABOUTS }],
        ..System::default()
    }
}

/// An invariant whose statement lists what breaks it.
fn broken(name: &'static str, statement: &'static store::Statement) -> Invariant {
    Invariant::new(name, move |read| read.rows(statement, &params![])?.iter().map(|row| row.get::<String>(0)).collect())
}
