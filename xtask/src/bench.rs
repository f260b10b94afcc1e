//! Figures. A crate that has some keeps them in its example `bench-<crate>`,
//! which prints each with its limit, measured in the same run, and their ratio.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run::{run, say};
use crate::workspace::{Member, Workspace, cargo};

/// Every crate's figures.
pub fn all(workspace: &Workspace) -> Result<()> {
    let crates = with_figures(workspace);
    if crates.is_empty() {
        bail!("no crate has an example called bench-<crate>");
    }
    crates.iter().try_for_each(|krate| measure(workspace, krate))
}

/// One crate's figures.
pub fn one(workspace: &Workspace, krate: &str) -> Result<()> {
    let crates = with_figures(workspace);
    if !crates.contains(&krate) {
        bail!("{krate} has no figures; these have: {}", crates.join(", "));
    }
    measure(workspace, krate)
}

fn with_figures(workspace: &Workspace) -> Vec<&str> {
    let has = |member: &&Member| {
        let wanted = example(&member.name);
        member.targets.iter().any(|(kind, name)| kind == "example" && *name == wanted)
    };
    workspace.members.iter().filter(has).map(|member| member.name.as_str()).collect()
}

/// Named after the crate: examples of all crates lie in one folder when they are built.
fn example(krate: &str) -> String {
    format!("bench-{krate}")
}

fn measure(workspace: &Workspace, krate: &str) -> Result<()> {
    say(format!("── bench {krate}"));
    // All of them at once: alone each would choose other features of the same
    // libraries, and compile those again. What one measures may be the program.
    run(cargo().args(["build", "--release", "--workspace", "--bins", "--examples", "--locked"]))?;
    run(&mut Command::new(workspace.path("target/release/examples").join(example(krate))))
}
