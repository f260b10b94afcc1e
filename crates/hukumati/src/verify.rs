//! `hukumati verify`: one line for each invariant; the exit code is 1 if any is
//! broken.

use std::process::ExitCode;

use anyhow::{Context, Result};
use store::Invariant;

use crate::cli::{Place, print};
use crate::{folder, systems};

/// Offenders that one line names at most.
const NAMED: usize = 5;

/// Runs every invariant.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    let schemas = systems::schemas(&systems::for_tables()?);
    let opened = folder::inspect(place, &schemas)?;
    let systems = systems::listed(opened.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    let mut broken = false;
    for invariant in systems.iter().flat_map(|system| system.invariants.iter()) {
        broken |= !runtime.block_on(check(&opened.db, invariant.clone()))?;
    }
    broken |= !runtime.block_on(check_blobs(&opened.db))?;
    broken |= !runtime.block_on(check(&opened.db, store::integrity()))?;
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn check(db: &store::Db, invariant: Invariant) -> Result<bool> {
    let name = invariant.name;
    let found = db.inspect(move |read| invariant.check(read)).await.with_context(|| name.to_owned())?;
    Ok(report(name, &found))
}

async fn check_blobs(db: &store::Db) -> Result<bool> {
    let mut found = Vec::new();
    for id in db.blobs().list()? {
        if let Err(error) = db.blobs().get(id).await {
            found.push(error.to_string());
        }
    }
    Ok(report("store.blobs_match_their_names", &found))
}

fn report(name: &str, found: &[String]) -> bool {
    if found.is_empty() {
        print(&format!("holds   {name}"));
    } else {
        let more = if found.len() > NAMED { format!(" and {} more", found.len() - NAMED) } else { String::new() };
        let named: Vec<&str> = found.iter().take(NAMED).map(String::as_str).collect();
        print(&format!("BROKEN  {name}: {}{more}", named.join(", ")));
    }
    found.is_empty()
}
