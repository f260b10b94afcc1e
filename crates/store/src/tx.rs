//! What a closure has: a snapshot to read ([`Read`]), or a transaction to
//! write in ([`Tx`]), on either engine.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use base::id::TypedId;
use base::{Actor, SeededEntropy, Timestamp};

use crate::db::Shared;
use crate::postgres_session::Session;
use crate::{Error, Keyring, Param, ROWS_PER_WRITE, Row, Statement, sqlite_session};

/// The engine's connection under a closure.
pub(crate) enum Connection<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut Session),
}

/// A read-only snapshot.
pub struct Read<'c> {
    connection: Connection<'c>,
    shared: Arc<Shared>,
    /// The first failure below: whatever the closure makes of it, this
    /// transaction does not commit.
    failure: Option<Error>,
}

impl<'c> Read<'c> {
    pub(crate) fn new(connection: Connection<'c>, shared: Arc<Shared>) -> Self {
        Self { connection, shared, failure: None }
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// The store's; after one, the transaction will not commit.
    pub fn rows(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
        self.go_on()?;
        let rows = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_session::rows(connection, statement, params),
            Connection::Postgres(session) => session.rows(statement, params),
        };
        rows.inspect_err(|error| self.fail(error))
    }

    /// The first row, if any.
    ///
    /// # Errors
    /// As [`Read::rows`].
    pub fn row(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement, params)?.into_iter().next())
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.shared.keyring
    }
    /// The blobs beside the database, for invariants that look into them.
    #[must_use]
    pub fn blobs(&self) -> crate::Blobs {
        self.shared.blobs.clone()
    }
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }
    /// Refuses whatever comes after a failure: where that made SQLite end the
    /// transaction (a full disk does), a later statement would commit alone.
    fn go_on(&self) -> Result<(), Error> {
        self.failure.clone().map_or(Ok(()), Err)
    }
    fn fail(&mut self, error: &Error) {
        if self.failure.is_none() {
            self.failure = Some(error.clone());
        }
    }
}

/// What is fixed for a write before its closure first runs, so that a second
/// run does the same.
pub(crate) struct Plan {
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) seed: [u8; 32],
}

/// A transaction that will commit, with its key, if the closure returns `Ok`.
pub struct Tx<'c> {
    read: Read<'c>,
    plan: &'c Plan,
    entropy: SeededEntropy,
    touched: u64,
    pub(crate) woke: bool,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(read: Read<'c>, plan: &'c Plan) -> Self {
        Self { read, plan, entropy: SeededEntropy::from_bytes(plan.seed), touched: 0, woke: false }
    }

    /// The instant of this write.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.plan.now
    }
    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.plan.actor
    }
    /// A new id; the same one if the closure runs again.
    pub fn mint<I: TypedId>(&mut self) -> I {
        I::from_bits(base::id::mint(self.plan.now, self.random()))
    }
    /// Random bytes; the same ones if the closure runs again.
    pub fn random<const N: usize>(&mut self) -> [u8; N] {
        base::entropy::bytes(&self.entropy)
    }

    /// Runs a statement and returns how many rows it touched.
    ///
    /// # Errors
    /// The store's; after one, the transaction will not commit.
    pub fn execute(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<u64, Error> {
        self.read.go_on()?;
        let touched = match &mut self.read.connection {
            Connection::Sqlite(connection) => sqlite_session::execute(connection, statement, params),
            Connection::Postgres(session) => session.execute(statement, params),
        };
        touched.and_then(|touched| self.count(touched).map(|()| touched)).inspect_err(|error| self.read.fail(error))
    }

    fn count(&mut self, touched: u64) -> Result<(), Error> {
        self.touched = self.touched.saturating_add(touched);
        if self.touched > ROWS_PER_WRITE { Err(Error::TooManyRows) } else { Ok(()) }
    }

    /// Runs a statement that must touch exactly one row. On PostgreSQL it is sent
    /// and not waited for: that it failed may be learnt only at a later statement,
    /// or before the commit, which then does not happen.
    ///
    /// # Errors
    /// [`Error::Rows`] for another count, or the store's.
    pub fn execute_one(&mut self, statement: &Statement, params: &[Param<'_>]) -> Result<(), Error> {
        if let Connection::Postgres(session) = &mut self.read.connection
            && self.read.failure.is_none()
        {
            let sent = session.execute_one(statement, params);
            return sent.and_then(|()| self.count(1)).inspect_err(|error| self.read.fail(error));
        }
        match self.execute(statement, params)? {
            1 => Ok(()),
            touched => {
                let error = Error::Rows { statement: statement.name, touched };
                self.read.fail(&error);
                Err(error)
            }
        }
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Read<'c>;
    fn deref(&self) -> &Self::Target {
        &self.read
    }
}
impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

/// For the test that prepares every registered statement on both engines.
impl Read<'_> {
    /// Prepares a statement without running it.
    ///
    /// # Errors
    /// The engine's words about the statement.
    pub fn prepare(&mut self, statement: &Statement) -> Result<(), Error> {
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_session::prepare(connection, statement),
            Connection::Postgres(session) => session.prepare(statement).map(drop),
        }
    }
}

/// For `verify`.
impl Read<'_> {
    /// What the engine's own checks find. PostgreSQL checks its pages as it
    /// reads them (`data_checksums`), so there is nothing to ask there.
    pub(crate) fn integrity(&mut self) -> Result<Vec<String>, Error> {
        match &mut self.connection {
            Connection::Sqlite(connection) => sqlite_session::integrity(connection),
            Connection::Postgres(_) => Ok(Vec::new()),
        }
    }
}
