//! The plug: what a system hands to the binary. Plain data; nothing here runs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use store::{Ctx, Invariant, Job, Migration, Statement, Subscriber};

use crate::ids::{Home, Link};
use crate::route::Route;
use crate::transitions::Transitions;

/// One system of the house, as `crates/hukumati/src/systems.rs` lists it.
#[derive(Default)]
pub struct System {
    /// The crate's name, which is also the role of `serve --only`.
    pub name: &'static str,
    /// Every SQL statement that the system runs.
    pub statements: &'static [Statement],
    /// Its tables, in order of version.
    pub migrations: &'static [Migration],
    /// Its pages and interfaces.
    pub routes: Vec<Route>,
    /// What it does by the clock.
    pub jobs: Vec<Job>,
    /// What it does about other systems' events and its own queues.
    pub subscribers: Vec<Subscriber>,
    /// The stages of what it keeps.
    pub transitions: Vec<Transitions>,
    /// What must always hold.
    pub invariants: Vec<Invariant>,
    /// Ids that are at home here and that others name.
    pub homes: Vec<Home>,
    /// Its columns that name ids of other systems.
    pub links: Vec<Link>,
    /// Its columns that name blobs: for each, the rows after `$1`, a page of them in
    /// order, the row's own id and the blob. A blob that none of them gives is collected.
    pub blobs: Vec<Statement>,
    /// What runs as long as the process does.
    pub tasks: Vec<Task>,
    /// What its handlers take as `Extension<…>`.
    pub state: http::Extensions,
    /// What they take as it is when the request comes.
    pub live: Vec<Live>,
}

/// Puts what holds now among a request's extensions.
pub type Live = Arc<dyn Fn(&mut http::Extensions) + Send + Sync>;

impl System {
    /// Hands a value to the handlers of this system: they take it as
    /// `Extension<T>`. Usually an `Arc` of the system itself.
    #[must_use]
    pub fn with_state<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// Hands over what holds when a request comes, and for that request: a value
    /// that is replaced meanwhile reaches the next one.
    #[must_use]
    pub fn with_live<T: Clone + Send + Sync + 'static>(mut self, now: impl Fn() -> T + Send + Sync + 'static) -> Self {
        self.live.push(Arc::new(move |extensions| drop(extensions.insert(now()))));
        self
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("name", &self.name).field("routes", &self.routes).finish_non_exhaustive()
    }
}

type TaskFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Something that runs as long as the process does, such as a further listener.
/// It ends by itself only in failure: the sentence says why and what to do.
#[derive(Clone)]
pub struct Task {
    /// `exchange.listener`.
    pub name: &'static str,
    run: Arc<dyn Fn(Ctx) -> TaskFuture + Send + Sync>,
}

impl Task {
    /// Names the task and says what it does.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: Fn(Ctx) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, run: Arc::new(move |ctx| Box::pin(run(ctx))) }
    }
    /// Runs the task.
    ///
    /// # Errors
    /// One sentence: why it ended and what to do.
    pub async fn run(&self, ctx: Ctx) -> Result<(), String> {
        (self.run)(ctx).await
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.name).finish()
    }
}
