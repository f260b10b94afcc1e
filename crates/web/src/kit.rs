//! What all handlers share: configuration, the base context, remembered
//! sessions and pages, figures. It is the router's state; handlers reach it
//! through [`crate::Visit`] and the extractors.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use store::Ctx;

use crate::config::Config;
use crate::figures::Figures;
use crate::headers::Policy;
use crate::public_page::PublicPages;
use crate::secret::{self, Secret};
use crate::session::SessionCache;

type CheckFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Something without which the process is not ready, for `/ready`.
#[derive(Clone)]
pub struct Check {
    pub(crate) name: &'static str,
    pub(crate) run: Arc<dyn Fn(Ctx) -> CheckFuture + Send + Sync>,
}

impl Check {
    /// A check of this name; its error is a sentence without personal data.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: Fn(Ctx) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, run: Arc::new(move |ctx| Box::pin(run(ctx))) }
    }
}

/// See the module. Cloning is cheap.
#[derive(Clone)]
pub struct Kit(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) ctx: Ctx,
    /// From the key file, so that forms outlive a restart.
    pub(crate) secret: Secret,
    pub(crate) sessions: SessionCache,
    pub(crate) pages: PublicPages,
    pub(crate) figures: Figures,
    pub(crate) policy: Policy,
    pub(crate) openapi: Bytes,
    pub(crate) checks: Vec<Check>,
}

impl Kit {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }
    /// The context of nobody: clock, entropy, database.
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.0.ctx
    }
    pub(crate) fn sessions(&self) -> &SessionCache {
        &self.0.sessions
    }
    pub(crate) fn pages(&self) -> &PublicPages {
        &self.0.pages
    }
    pub(crate) fn figures(&self) -> &Figures {
        &self.0.figures
    }
    pub(crate) fn policy(&self) -> &Policy {
        &self.0.policy
    }
    pub(crate) fn openapi(&self) -> Bytes {
        self.0.openapi.clone()
    }
    pub(crate) fn checks(&self) -> &[Check] {
        &self.0.checks
    }
    pub(crate) fn code(&self, purpose: &str, parts: &[&[u8]]) -> Secret {
        secret::code(&self.0.secret, purpose, parts)
    }
}

impl std::fmt::Debug for Kit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kit")
    }
}
