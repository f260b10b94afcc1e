//! The outbox: typed events and other work, written in the commit that caused
//! them, delivered at least once, in order for each key, and dropped when the
//! subscriber is done.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::{Ctx, Error, Key, Tx, params};

/// Deliveries that run at once in one process.
const AT_ONCE: usize = 64;
/// How long a process may keep a delivery before another may take it, seconds.
const LEASE_S: i64 = 120;
/// The longest pause between two tries, seconds.
const PAUSE_S: i64 = 600;
/// How often the outbox is looked at when nothing rings, milliseconds.
const POLL_MS: u64 = 250;

pub(crate) mod sql {
    crate::statements! {
        /// Leaves work.
        INSERT_WORK = "INSERT INTO store_work (id, queue, ordering_key, body, due, attempts, leased_until) \
                       VALUES ($1, $2, $3, $4, $5, 0, 0)";
        /// Work of these queues (`|a|b|`) that is due, free, and first of its key.
        DUE_WORK = "SELECT w.id, w.queue, w.ordering_key, w.body, w.attempts FROM store_work w \
                    WHERE w.due <= $1 AND w.leased_until <= $1 AND $3 LIKE '%|' || w.queue || '|%' AND NOT EXISTS (SELECT 1 FROM store_work e \
                    WHERE e.queue = w.queue AND e.ordering_key = w.ordering_key AND e.id < w.id) \
                    ORDER BY w.due, w.id LIMIT $2";
        /// Whether work of a key waits in a queue.
        HAS_WORK = "SELECT 1 FROM store_work WHERE queue = $1 AND ordering_key = $2 LIMIT 1";
        /// Takes work for a while.
        LEASE_WORK = "UPDATE store_work SET leased_until = $1, attempts = attempts + 1 WHERE id = $2 AND leased_until <= $3";
        /// Frees what a process that is no more had taken.
        FREE_WORK = "UPDATE store_work SET leased_until = 0 WHERE leased_until > 0";
        /// Work that is done.
        DELETE_WORK = "DELETE FROM store_work WHERE id = $1";
        /// Work that failed, for later.
        POSTPONE_WORK = "UPDATE store_work SET leased_until = 0, due = $1 WHERE id = $2";
    }
}

/// Something that happened, told upwards. It carries ids, never personal data.
pub trait Event: Serialize + DeserializeOwned {
    /// `payments.bill_paid`.
    const TOPIC: &'static str;
    /// Deliveries of one key keep their order.
    fn key(&self) -> String;
}

/// One delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    /// Its id, sortable.
    pub id: String,
    /// The subscriber it is for.
    pub queue: String,
    /// Its ordering key.
    pub key: String,
    /// The event or job, JSON.
    pub body: String,
    /// Which try this is, from 1.
    pub attempt: i64,
}

impl Work {
    /// The event or job.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the body is another shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.body).map_err(|error| Error::Corrupt(format!("work {}: {error}", self.id)))
    }
    /// The key for the subscriber's own commit: a second delivery finds the
    /// first one's answer.
    #[must_use]
    pub fn write_key(&self) -> Key {
        Key::new("store.work", &self.id)
    }
}

type Handling = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Who wants to know of a topic, or does the work of a queue.
#[derive(Clone)]
pub struct Subscriber {
    /// The queue's name, `services.bill_paid`; unique.
    pub queue: &'static str,
    /// What it listens to; its own name for a queue of plain work.
    pub topic: &'static str,
    handle: Arc<dyn Fn(Ctx, Work) -> Handling + Send + Sync>,
}

impl Subscriber {
    /// A subscriber of this name for this topic.
    pub fn new<F>(
        queue: &'static str,
        topic: &'static str,
        handle: impl Fn(Ctx, Work) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { queue, topic, handle: Arc::new(move |ctx, work| Box::pin(handle(ctx, work))) }
    }
}

impl crate::Db {
    /// Tells the database who listens, once, before anything is written.
    pub fn set_subscribers(&self, subscribers: &[Subscriber]) {
        let mut topics: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for subscriber in subscribers {
            topics.entry(subscriber.topic).or_default().push(subscriber.queue);
        }
        if self.shared().topics.set(topics).is_err() {
            tracing::error!("the subscribers of a database are set once");
        }
    }
}

impl crate::Read<'_> {
    /// Whether work of this key still waits in this queue, for invariants.
    ///
    /// # Errors
    /// The store's.
    pub fn has_work(&mut self, queue: &str, key: &str) -> Result<bool, Error> {
        Ok(self.row(&sql::HAS_WORK, &params![queue, key])?.is_some())
    }
}

impl Tx<'_> {
    /// Tells an event to whoever listens, in this commit.
    ///
    /// # Errors
    /// The store's.
    pub fn emit<E: Event>(&mut self, event: &E) -> Result<(), Error> {
        let shared = Arc::clone(self.shared());
        let queues = shared.topics.get().and_then(|topics| topics.get(E::TOPIC));
        for queue in queues.into_iter().flatten() {
            self.enqueue(queue, &event.key(), event, self.now())?;
        }
        Ok(())
    }

    /// Leaves work in a queue, in this commit, not to be done before `due`.
    ///
    /// # Errors
    /// The store's.
    pub fn enqueue(
        &mut self,
        queue: &'static str,
        key: &str,
        body: &impl Serialize,
        due: Timestamp,
    ) -> Result<(), Error> {
        let body = serde_json::to_string(body).map_err(|error| Error::Corrupt(format!("work for {queue}: {error}")))?;
        let id = base::id::to_text(base::id::mint(self.now(), self.random()));
        self.woke = true;
        self.execute_one(&sql::INSERT_WORK, &params![id, queue, key, body, due])
    }
}

/// Delivers for ever; drop the future to stop. What was running is delivered
/// again after its lease.
pub async fn run_dispatcher(ctx: Ctx, subscribers: Vec<Subscriber>) {
    let dispatcher = Dispatcher::new(ctx, subscribers);
    if dispatcher.ctx.db.is_alone() {
        // What a killed process had under way begins again at once.
        let freed =
            dispatcher.ctx.write(Key::once(&dispatcher.ctx), |tx| tx.execute(&sql::FREE_WORK, &params![])).await;
        if let Err(error) = freed {
            tracing::warn!(%error, "work of an earlier process waits for its leases");
        }
    }
    let mut running = JoinSet::new();
    loop {
        let started = dispatcher.start(&mut running, AT_ONCE).await.unwrap_or_else(|error| {
            tracing::error!(%error, "work could not be taken");
            0
        });
        if started > 0 && running.len() < AT_ONCE {
            continue;
        }
        tokio::select! {
            () = dispatcher.ctx.db.shared().work.notified() => {}
            () = tokio::time::sleep(Duration::from_millis(POLL_MS)) => {}
            Some(_) = running.join_next(), if !running.is_empty() => {}
        }
    }
}

/// Delivers all that is due now, and what that leaves behind; returns how much.
/// For tests, seeds and simulations.
///
/// # Errors
/// The store's; a failing subscriber is not one: its work stays for later.
pub async fn dispatch_once(ctx: &Ctx, subscribers: &[Subscriber]) -> Result<usize, Error> {
    let dispatcher = Dispatcher::new(ctx.clone(), subscribers.to_vec());
    let mut delivered = 0;
    loop {
        let mut running = JoinSet::new();
        let started = dispatcher.start(&mut running, AT_ONCE).await?;
        if started == 0 {
            return Ok(delivered);
        }
        delivered += started;
        while running.join_next().await.is_some() {}
    }
}

struct Dispatcher {
    ctx: Ctx,
    subscribers: Arc<HashMap<&'static str, Subscriber>>,
    /// This process's queues, each between two bars; another role's are left to its own.
    queues: Arc<str>,
}

impl Dispatcher {
    fn new(ctx: Ctx, subscribers: Vec<Subscriber>) -> Self {
        let queues: String = subscribers.iter().map(|subscriber| format!("|{}|", subscriber.queue)).collect();
        let subscribers = subscribers.into_iter().map(|subscriber| (subscriber.queue, subscriber)).collect();
        Self { ctx: ctx.as_machine("dispatcher"), subscribers: Arc::new(subscribers), queues: queues.into() }
    }

    /// Takes what is due, at most `most` in all, and starts it.
    async fn start(&self, running: &mut JoinSet<()>, most: usize) -> Result<usize, Error> {
        while running.try_join_next().is_some() {}
        let free = i64::try_from(most.saturating_sub(running.len())).unwrap_or(0);
        if free == 0 || !self.anything_due().await? {
            return Ok(0);
        }
        let queues = Arc::clone(&self.queues);
        let taken: Vec<Work> = self.ctx.write(Key::once(&self.ctx), move |tx| take(tx, &queues, free)).await?;
        let started = taken.len();
        for work in taken {
            let (ctx, subscribers) = (self.ctx.clone(), Arc::clone(&self.subscribers));
            running.spawn(async move { deliver(ctx, subscribers, work).await });
        }
        Ok(started)
    }

    /// A read first: an idle outbox costs no commit.
    async fn anything_due(&self) -> Result<bool, Error> {
        let (now, queues) = (self.ctx.now(), Arc::clone(&self.queues));
        let first = self.ctx.read(move |read| read.row(&sql::DUE_WORK, &params![now, 1_i64, &*queues])).await?;
        Ok(first.is_some())
    }
}

fn take(tx: &mut Tx<'_>, queues: &str, most: i64) -> Result<Vec<Work>, Error> {
    let now = tx.now();
    let mut taken = Vec::new();
    for row in tx.rows(&sql::DUE_WORK, &params![now, most, queues])? {
        let work = Work {
            id: row.get(0)?,
            queue: row.get(1)?,
            key: row.get(2)?,
            body: row.get(3)?,
            attempt: row.get::<i64>(4)? + 1,
        };
        let until = now.plus_seconds(LEASE_S);
        if tx.execute(&sql::LEASE_WORK, &params![until, work.id, now])? == 1 {
            taken.push(work);
        }
    }
    Ok(taken)
}

async fn deliver(ctx: Ctx, subscribers: Arc<HashMap<&'static str, Subscriber>>, work: Work) {
    let Some(subscriber) = subscribers.get(work.queue.as_str()) else {
        return;
    };
    let handled = (subscriber.handle)(ctx.clone(), work.clone()).await;
    let id = work.id.clone();
    let ended = match handled {
        Ok(()) => ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::DELETE_WORK, &params![id]).map(drop)).await,
        Err(error) => {
            tracing::warn!(queue = %work.queue, work = %work.id, attempt = work.attempt, %error, "work failed; it is tried again");
            let pause =
                1_i64.checked_shl(u32::try_from(work.attempt).unwrap_or(9).min(9)).unwrap_or(PAUSE_S).min(PAUSE_S);
            let due = ctx.now().plus_seconds(pause);
            ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::POSTPONE_WORK, &params![due, id]).map(drop)).await
        }
    };
    if let Err(error) = ended {
        tracing::error!(queue = %work.queue, work = %work.id, %error, "the end of work could not be kept; its lease runs out");
    }
}
