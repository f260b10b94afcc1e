//! The context that comes first in every verb: the database, the clock, the
//! entropy, who acts, and in which language.

use std::sync::Arc;

use base::id::TypedId;
use base::{Actor, Clock, Entropy, Locale, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Db, Error, Key, Read, Tx};

/// See the module. Cloning is cheap.
#[derive(Clone)]
pub struct Ctx {
    /// The database, on this caller's lane.
    pub db: Db,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who acts.
    pub actor: Actor,
    /// The language that they read.
    pub locale: Locale,
}

impl Ctx {
    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    /// A new id.
    #[must_use]
    pub fn mint<I: TypedId>(&self) -> I {
        I::from_bits(base::id::mint(self.now(), self.random()))
    }
    /// Random bytes.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        base::entropy::bytes(&*self.entropy)
    }
    /// The same world, with one of our own jobs acting on the background lane.
    #[must_use]
    pub fn as_machine(&self, name: &'static str) -> Self {
        Self { db: self.db.background(), actor: Actor::Machine(name), ..self.clone() }
    }
    /// The same world, with somebody else acting.
    #[must_use]
    pub fn as_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// Runs a closure over one read-only snapshot.
    ///
    /// # Errors
    /// The closure's own, or the store's.
    pub async fn read<T, E>(&self, run: impl Fn(&mut Read<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.db.read(run).await
    }

    /// Runs a closure in one durable commit with its key; the same key again
    /// gives the first answer without running it.
    ///
    /// # Errors
    /// The closure's own (nothing was written), or the store's.
    pub async fn write<T, E>(
        &self,
        key: Key,
        run: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.db.write(self, key, run).await
    }
}
