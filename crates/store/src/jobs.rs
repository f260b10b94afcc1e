//! Work that recurs: each job runs in one process at a time, by a lease with an
//! epoch that its own commits can check.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Ctx, Error, Key, Read, Tx, params};

/// How long a lease lasts, seconds; it is renewed at half of it.
const LEASE_S: i64 = 10;

pub(crate) mod sql {
    crate::statements! {
        /// A job's lease.
        LEASE = "SELECT holder, epoch, expires FROM store_lease WHERE name = $1";
        /// The first lease of a job.
        INSERT_LEASE = "INSERT INTO store_lease (name, holder, epoch, expires) VALUES ($1, $2, 1, $3)";
        /// A lease that goes on or changes hands.
        UPDATE_LEASE = "UPDATE store_lease SET holder = $1, epoch = $2, expires = $3 WHERE name = $4";
    }
}

/// A held lease.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lease {
    name: String,
    epoch: i64,
    expires_micros: i64,
}

impl Lease {
    /// How often the lease changed hands; larger is newer.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.epoch
    }
    /// Refuses, inside a commit, when somebody else holds the lease by now.
    ///
    /// # Errors
    /// [`Error::Conflict`], or the store's.
    pub fn hold(&self, read: &mut Read<'_>) -> Result<(), Error> {
        let row = read.row(&sql::LEASE, &params![self.name])?;
        let epoch = row.map(|row| row.get::<i64>(1)).transpose()?;
        if epoch == Some(self.epoch) {
            Ok(())
        } else {
            Err(Error::Conflict(format!("the lease of {} moved on", self.name)))
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A recurring job.
#[derive(Clone)]
pub struct Job {
    /// `audit.sequence`.
    pub name: &'static str,
    /// The pause between two runs.
    pub every: Duration,
    run: Arc<dyn Fn(Ctx, Lease) -> Running + Send + Sync>,
}

impl Job {
    /// A job that runs again and again with this pause between.
    pub fn every<F>(name: &'static str, every: Duration, run: impl Fn(Ctx, Lease) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { name, every, run: Arc::new(move |ctx, lease| Box::pin(run(ctx, lease))) }
    }

    /// Runs it once if the lease can be had; false if another process has it.
    ///
    /// # Errors
    /// The job's, or the store's.
    pub async fn run_once(&self, ctx: &Ctx, holder: &str) -> Result<bool, Error> {
        match take_lease(ctx, self.name, holder).await? {
            Some(lease) => (self.run)(ctx.clone(), lease).await.map(|()| true),
            None => Ok(false),
        }
    }
}

/// Runs a job for ever; drop the future to stop.
pub async fn run_job(ctx: Ctx, job: Job) {
    let ctx = ctx.as_machine(job.name);
    // A process that is alone goes on where a killed one was.
    let holder = if ctx.db.is_alone() { "alone".to_owned() } else { crate::key::hex(&ctx.random::<8>()) };
    let mut lease: Option<Lease> = None;
    let mut timer = tokio::time::interval(job.every);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let half_gone = ctx.now().plus_seconds(LEASE_S / 2).as_micros();
        if lease.as_ref().is_none_or(|lease| lease.expires_micros < half_gone) {
            lease = take_lease(&ctx, job.name, &holder).await.unwrap_or_else(|error| {
                tracing::warn!(job = job.name, %error, "no lease");
                None
            });
        }
        let Some(held) = lease.clone() else { continue };
        if let Err(error) = (job.run)(ctx.clone(), held).await {
            tracing::error!(job = job.name, %error, "a job failed; it runs again");
            lease = None;
        }
    }
}

async fn take_lease(ctx: &Ctx, name: &'static str, holder: &str) -> Result<Option<Lease>, Error> {
    let holder = holder.to_owned();
    ctx.write(Key::once(ctx), move |tx| take_in(tx, name, &holder)).await
}

fn take_in(tx: &mut Tx<'_>, name: &'static str, holder: &str) -> Result<Option<Lease>, Error> {
    let expires = tx.now().plus_seconds(LEASE_S);
    let epoch = match tx.row(&sql::LEASE, &params![name])? {
        None => {
            tx.execute_one(&sql::INSERT_LEASE, &params![name, holder, expires])?;
            1
        }
        Some(row) => {
            let (known, epoch, ends): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if known != holder && ends > tx.now().as_micros() {
                return Ok(None);
            }
            let epoch = if known == holder { epoch } else { epoch + 1 };
            tx.execute_one(&sql::UPDATE_LEASE, &params![holder, epoch, expires, name])?;
            epoch
        }
    };
    Ok(Some(Lease { name: name.to_owned(), epoch, expires_micros: expires.as_micros() }))
}
