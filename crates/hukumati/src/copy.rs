//! `hukumati copy`: every table into another, empty database, from one engine to
//! the other. Blobs stay in the data folder, which is served with `--database`
//! from then on, or without it; keys stay where they are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use store::{Database, FolderLock, Schema};

use crate::cli::{Place, print};
use crate::folder::{self, Holds};
use crate::{security_server, systems};

/// Copies one database into the other; nobody may serve a folder of either meanwhile.
pub(crate) fn run(from: &str, to: &str) -> Result<()> {
    let (source, target) = (database(from), database(to));
    let folders = [&source, &target].map(folder_of);
    if let [Some(from), Some(to)] = folders {
        bail!(
            "{} and {} are both folders: `hukumati backup` and `restore` copy one into the other, blobs included",
            from.display(),
            to.display()
        );
    }
    let mut locks = Vec::new();
    let mut holds = Holds::Portal;
    for folder in folders.into_iter().flatten() {
        holds = folder::holds(&Place { data: folder.clone(), keys: None, database: None })?;
        locks.push(FolderLock::take(folder)?);
    }
    // The addresses are not said with it: they may hold a password.
    let copied = store::copy(&source, &target, &schemas(holds)?).context("nothing was copied")?;
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    print(&format!(
        "Copied {} tables with {rows} rows, and compared them. Blobs and keys stay where they are: serve the same \
         folder {}.",
        copied.len(),
        if folder_of(&target).is_some() { "without --database" } else { "with --database" }
    ));
    Ok(())
}

fn schemas(holds: Holds) -> Result<Vec<Schema>> {
    Ok(match holds {
        Holds::Portal => systems::schemas(&systems::for_tables()?),
        Holds::SecurityServer => security_server::schemas().to_vec(),
    })
}

/// A PostgreSQL address, or a data folder (`sqlite:` before it may be left out).
fn database(url: &str) -> Database {
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        Database::Postgres(url.to_owned())
    } else {
        Database::Sqlite(Path::new(url.strip_prefix("sqlite:").unwrap_or(url)).to_owned())
    }
}

fn folder_of(database: &Database) -> Option<&PathBuf> {
    match database {
        Database::Sqlite(folder) => Some(folder),
        Database::Postgres(_) => None,
    }
}
