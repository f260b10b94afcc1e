//! The world outside: pretend registers, a bank, points of sale, telephones,
//! for the demo and for tests. It speaks wire protocols only.
//!
//! Not here: anything that a production start needs; `cargo xtask dist` builds
//! without this crate. Nobody here is real, and nothing here is a default.
//!
//! Invariants: the same people at every start; what the outside keeps in the
//! database names no person.

pub mod population;
pub mod registry;
