//! The world outside: pretend registers, a bank, points of sale, telephones,
//! for the demo and for tests. It speaks wire protocols only.
//!
//! Not here: anything that a production start needs; `cargo xtask dist` builds
//! without this crate. Nobody here is real, and nothing here is a default.
//!
//! Invariants: the same people at every start; what the outside keeps in the
//! database names no person.

/// The client id of a municipality that signs people in with the portal.
pub const MUNICIPALITY: &str = "demo-municipality";

pub mod population;
pub mod registry;
pub mod samples;

mod bank;
mod demo_page;
mod outages;
mod outside;
mod phones;
mod register_http;
mod sql;
mod till;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}

pub use outages::{Company, Outages};
pub use outside::{Config, NAME, Sandbox, routes_only, system};
pub use phones::{Mailbox, serve_mail};
pub use sql::ALL as STATEMENTS;
