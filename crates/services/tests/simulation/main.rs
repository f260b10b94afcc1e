//! Whole cases by the dice: several people, clerks and collectors do what people
//! do, in any order and to anybody's cases, while registers, bank and telephones
//! come and go, events come late and twice, and weeks pass on a virtual clock.
//! After each act the invariants of money, cases and messages must hold, and so must
//! what this test knows to have been promised; after every tenth everything that
//! `hukumati verify` checks. In the end everything settles.
//!
//! `HUKUMATI_SIMULATION_SEED` runs one seed; `HUKUMATI_SIMULATION_SEEDS` so many.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod acts;
mod dice;
#[expect(dead_code, reason = "this test uses a part of the house")]
#[path = "../house/mod.rs"]
mod house;
mod look;
mod money;
mod officers;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use house::SCHEMAS;
use testkit::Engine;
use world::Simulation;

/// Runs this seed alone.
pub const SEED_VARIABLE: &str = "HUKUMATI_SIMULATION_SEED";
/// Runs so many seeds on SQLite.
const SEEDS_VARIABLE: &str = "HUKUMATI_SIMULATION_SEEDS";
/// Seeds, and acts of each.
const SQLITE: (u64, usize) = (20, 200);
const POSTGRES: (u64, usize) = (2, 100);

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

fn run(engine: Engine, seed: u64, acts: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // A database is opened by threads of its own, outside of any runtime.
    let world = testkit::world(engine, SCHEMAS);
    runtime.block_on(async {
        let mut simulation = Simulation::new(world, seed).await;
        for _ in 0..acts {
            simulation.act().await;
            simulation.check().await;
        }
        simulation.settle().await;
    });
}

fn run_all(engine: Engine, seeds: u64, acts: usize) {
    if let Some(seed) = number(SEED_VARIABLE) {
        return run(engine, seed, acts);
    }
    // Two at once: each waits for its disk most of the time.
    let next = AtomicU64::new(1);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed > seeds {
                        return;
                    }
                    eprintln!("seed {seed} on {engine:?}");
                    run(engine, seed, acts);
                }
            });
        }
    });
}

#[test]
fn every_course_keeps_its_promises_on_sqlite() {
    run_all(Engine::Sqlite, number(SEEDS_VARIABLE).unwrap_or(SQLITE.0), SQLITE.1);
}

#[test]
fn every_course_keeps_its_promises_on_postgres() {
    run_all(Engine::Postgres, POSTGRES.0, POSTGRES.1);
}
