//! Figures. A crate that has some keeps them in its example `bench`, which
//! prints each with its limit, measured in the same run, and their ratio.

use anyhow::{Result, bail};

use crate::run::{run, say};
use crate::workspace::{Workspace, cargo};

/// Every crate's figures.
pub fn all(workspace: &Workspace) -> Result<()> {
    let crates = with_figures(workspace);
    if crates.is_empty() {
        bail!("no crate has an example called bench");
    }
    crates.iter().try_for_each(|krate| measure(krate))
}

/// One crate's figures.
pub fn one(workspace: &Workspace, krate: &str) -> Result<()> {
    let crates = with_figures(workspace);
    if !crates.contains(&krate) {
        bail!("{krate} has no figures; these have: {}", crates.join(", "));
    }
    measure(krate)
}

fn with_figures(workspace: &Workspace) -> Vec<&str> {
    let has = |targets: &[(String, String)]| targets.iter().any(|(kind, name)| kind == "example" && name == "bench");
    workspace.members.iter().filter(|member| has(&member.targets)).map(|member| member.name.as_str()).collect()
}

fn measure(krate: &str) -> Result<()> {
    say(format!("── bench {krate}"));
    // What an example measures may be the program beside it.
    run(cargo().args(["build", "--release", "--package", krate]))?;
    run(cargo().args(["run", "--release", "--package", krate, "--example", "bench"]))
}
