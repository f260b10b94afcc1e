//! `hukumati service publish`: folders are put up for the four signatures, which
//! officers give on `/desk/services`.

use std::path::Path;

use anyhow::{Context, Result};
use base::Locale;
use catalogue::{Checked, Saved};
use services::{NoEdition, as_signed, version};

use crate::cli::{Place, print};
use crate::folder::{self, Holds};
use crate::serve::context;
use crate::systems;

/// Puts every folder of a directory up, and prints what waits.
///
/// # Errors
/// A folder with a fault, one that was altered under the same number, or a
/// database that cannot be opened.
pub(crate) fn put_up(place: &Place, directory: &Path) -> Result<()> {
    let schemas = systems::schemas(&systems::for_tables()?);
    let opened = folder::open(place, folder::purpose(place)?, Holds::Portal, &schemas)?;
    let ctx = context(opened.db, Locale::AR).as_machine("service-publish");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    let saved = Saved::read(directory, &Checked::default()).map_err(NoEdition::Faults)?;
    let edition = runtime.block_on(as_signed(&ctx, saved))?;
    let waiting = runtime.block_on(ctx.read(version::waiting)).context("what waits for signatures")?;
    for one in &waiting {
        print(&format!(
            "{}, version {}: waits for signatures at /desk/services, {}",
            one.service, one.version, one.digest
        ));
    }
    if waiting.is_empty() {
        print("nothing waits for signatures");
    }
    if !edition.altered.is_empty() {
        anyhow::bail!("{}: put up earlier with other files; count the version up", edition.altered.join("; "));
    }
    Ok(())
}
