//! Government services as data: the catalogue, its search, the pages that say
//! what one gets, what it costs and how long it takes, and where the offices
//! are.
//!
//! Not here: any service's name, fee or rule (they are folders), the citizens'
//! shell (portal), money (payments).
//!
//! Invariants: a folder with a fault is not served at all; a page shows nothing
//! that its folder does not say; what people look for in vain is counted,
//! without persons.

mod catalogue;
mod count;
mod folder;
mod http;
mod lint;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod office;
pub mod rules;
mod search;
mod sql;

pub use catalogue::{Catalogue, LifeEvent};
pub use count::{Counted, counts};
pub use folder::{Fault, Service, ServiceFile};
pub use office::Office;
pub use search::{Golden, Hit};
pub use sql::ALL as STATEMENTS;

use std::sync::Arc;

use store::{Migration, Schema};
use web::System;

/// The tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_services.sql") }];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "services", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(catalogue: Arc<Catalogue>) -> System {
    System {
        name: "services",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        ..System::default()
    }
    .with_state(catalogue)
}
