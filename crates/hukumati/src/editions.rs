//! Which services are offered, and their versions: in a demo the folders as they
//! are saved, elsewhere what was signed, from its day on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use base::Zone;
use catalogue::{Catalogue, Checked, Saved, fingerprint};
use documents::Documents;
use services::{Editions, NoEdition, as_saved, as_signed, version};
use store::Ctx;

use crate::house::{introduce, templates};
use crate::outside;

/// The file in the data folder that says what was found of folders.
const CHECKED: &str = "services.checked";
/// How soon a demo's saved folder is offered: before whoever saved it has turned
/// to the browser.
const SAVED_LOOK: Duration = Duration::from_millis(200);
/// Looks may take one part of so many of the time.
const LOOKS_SHARE: u32 = 50;
/// How soon a signed version is, in every process.
const SIGNED_LOOK: Duration = Duration::from_secs(5);

/// Where folders are, and whether they hold as they are saved.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) directory: PathBuf,
    pub(crate) demo: bool,
    /// The file in which it is written down what was found of folders.
    checked: PathBuf,
}

impl Source {
    /// Where folders are, and what was found of them before.
    pub(crate) fn new(directory: PathBuf, demo: bool, data: &Path) -> Self {
        Self { directory, demo, checked: data.join(CHECKED) }
    }

    /// Reads the folders.
    ///
    /// # Errors
    /// Every fault that was found.
    pub(crate) fn saved(&self) -> Result<Saved> {
        let checked = Checked::read(&self.checked);
        Saved::read(&self.directory, &checked)
            .map_err(NoEdition::Faults)
            .with_context(|| self.directory.display().to_string())
    }

    /// What is offered now. Folders that are not, and why, are told.
    pub(crate) async fn edition(&self, ctx: &Ctx, saved: Saved) -> Result<Arc<Catalogue>> {
        if let Err(error) = saved.remember(&self.checked) {
            // A later start checks them again.
            tracing::warn!(%error, file = %self.checked.display(), "what was found of folders is not written down");
        }
        let edition = if self.demo { as_saved(ctx, saved).await } else { as_signed(ctx, saved).await };
        let edition = edition.with_context(|| self.directory.display().to_string())?;
        for folder in edition.altered {
            tracing::warn!(%folder, "is not what was put up under this number and is not offered; count its version up");
        }
        Ok(Arc::new(edition.catalogue))
    }

    /// What changes when another edition holds.
    async fn stamp(&self, ctx: &Ctx) -> Result<String, store::Error> {
        if self.demo {
            let directory = self.directory.clone();
            let looked = tokio::task::spawn_blocking(move || fingerprint(&directory)).await;
            return looked.map_err(|error| store::Error::Panicked(error.to_string()));
        }
        let today = ctx.now().date(Zone::Hebron);
        ctx.read(move |read| version::stamp(read, today)).await
    }
}

/// Offers each new edition as soon as there is one. A demo's folder that is saved
/// with a fault is told, and the one before goes on.
pub(crate) async fn follow(ctx: Ctx, source: Source, editions: Arc<Editions>, documents: Arc<Documents>) {
    let mut offered = source.stamp(&ctx).await.ok();
    let mut pause = if source.demo { SAVED_LOOK } else { SIGNED_LOOK };
    loop {
        tokio::time::sleep(pause).await;
        let began = ctx.now();
        let Ok(stamp) = source.stamp(&ctx).await else { continue };
        if source.demo {
            // Of many folders a look takes longer: it must not become all that the program does.
            let took = u64::try_from(ctx.now().as_micros() - began.as_micros()).unwrap_or(0);
            pause = SAVED_LOOK.max(Duration::from_micros(took) * LOOKS_SHARE);
        }
        if offered.as_ref() == Some(&stamp) {
            continue;
        }
        offered = Some(stamp);
        if let Err(error) = again(&ctx, &source, &editions, &documents).await {
            tracing::warn!("what was saved is not offered: {error:#}");
        }
    }
}

async fn again(ctx: &Ctx, source: &Source, editions: &Editions, documents: &Documents) -> Result<()> {
    let reading = source.clone();
    let saved = tokio::task::spawn_blocking(move || reading.saved()).await.context("reading the folders")??;
    let catalogue = source.edition(ctx, saved).await?;
    documents.learn(templates(&catalogue));
    introduce(ctx, &catalogue).await?;
    if source.demo {
        outside::suggest(ctx, &catalogue).await?;
    }
    editions.replace(catalogue);
    Ok(())
}
