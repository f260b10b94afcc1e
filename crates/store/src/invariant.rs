//! What must always hold of a live database, for `hukumati verify`.

use std::sync::Arc;

use crate::{Error, Read};

type Check = dyn Fn(&mut Read<'_>) -> Result<Vec<String>, Error> + Send + Sync;

/// A named check over a read-only snapshot. It returns what is broken, by id;
/// nothing means that it holds.
#[derive(Clone)]
pub struct Invariant {
    /// `ledger.sums_to_zero`.
    pub name: &'static str,
    check: Arc<Check>,
}

impl Invariant {
    /// A check of this name.
    pub fn new(
        name: &'static str,
        check: impl Fn(&mut Read<'_>) -> Result<Vec<String>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { name, check: Arc::new(check) }
    }
    /// Runs it.
    ///
    /// # Errors
    /// The store's.
    pub fn check(&self, read: &mut Read<'_>) -> Result<Vec<String>, Error> {
        (self.check)(read)
    }
}

/// The engine's own checks as an invariant.
#[must_use]
pub fn integrity() -> Invariant {
    Invariant::new("store.engine_finds_no_damage", |read| read.integrity())
}
