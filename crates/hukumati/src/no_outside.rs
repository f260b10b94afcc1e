//! A program for production: there is no world outside to pretend.

use std::sync::Arc;

use anyhow::{Result, bail};
use catalogue::Catalogue;
use store::Ctx;
use tokio::task::JoinHandle;

use crate::cli::ServeOptions;
use crate::config::Config;
use crate::house::{Added, House, Opened};

/// Nobody suggests anything: amounts and assurance are their owners'.
pub(crate) async fn suggest(_: &Ctx, _: &Catalogue) -> Result<()> {
    Ok(())
}

/// Nothing.
pub(crate) struct Outside;

impl Outside {
    pub(crate) fn bind(options: &ServeOptions) -> Result<Self> {
        if options.demo {
            bail!("this program was built for production and has no demo; build it with the feature sandbox");
        }
        Ok(Self)
    }
    pub(crate) fn configure(&mut self, _: &mut Config, _: &str) {}
    pub(crate) async fn prepare(
        &mut self,
        _: &Ctx,
        _: &Config,
        _: &House,
        _: &Arc<Catalogue>,
        _: &str,
    ) -> Result<Added> {
        Ok(Added::default())
    }
    pub(crate) async fn start(self, _: &Opened<'_>) -> Result<Vec<JoinHandle<()>>> {
        Ok(Vec::new())
    }
}
