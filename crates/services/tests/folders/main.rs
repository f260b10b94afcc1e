//! Whole services put together by the dice and played to their ends.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the dice")]
#[path = "../simulation/dice.rs"]
mod dice;
#[expect(dead_code, reason = "these tests use a part of the house")]
#[path = "../house/mod.rs"]
mod house;
mod model;
mod plan;
mod rule;
mod town;
mod ways;

use std::path::PathBuf;

/// Another seed, by this variable.
const SEED_VARIABLE: &str = "HUKUMATI_FOLDERS_SEED";

/// The project's folder of services.
fn services() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services")
}
