//! Which routes there are, under which right, for which roles: the binary
//! prints it, `docs/routes.txt` says what is expected.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{read, run, say};
use crate::workspace::{Workspace, linting_cargo};

const EXPECTED: &str = "docs/routes.txt";

/// Compares the two.
pub fn check(workspace: &Workspace) -> Result<()> {
    let expected =
        fs::read_to_string(workspace.path(EXPECTED)).with_context(|| format!("{EXPECTED} cannot be read"))?;
    let found = routes(workspace)?;
    let differences = differences(&expected, &found);
    if !differences.is_empty() {
        bail!(
            "routes differ from {EXPECTED} (`-` expected, `+` found); \
             if they are meant, `cargo xtask routes --write` puts them there:\n{}",
            differences.join("\n")
        );
    }
    say(format!("routes: {} lines as expected", found.lines().count()));
    Ok(())
}

/// Makes what the binary prints the expectation.
pub fn write(workspace: &Workspace) -> Result<()> {
    fs::write(workspace.path(EXPECTED), routes(workspace)?).with_context(|| format!("{EXPECTED} cannot be written"))?;
    say(format!("routes: {EXPECTED} is written"));
    Ok(())
}

/// Built as the tests are: after them there is nothing left to build.
fn routes(workspace: &Workspace) -> Result<String> {
    run(linting_cargo().args(["build", "--quiet", "--workspace", "--tests", "--locked"]))?;
    read(Command::new(workspace.path("target/debug/hukumati")).arg("routes"))
}

/// Lines that only one side has, in their order.
fn differences(expected: &str, found: &str) -> Vec<String> {
    let missing = expected.lines().filter(|line| found.lines().all(|other| other != *line));
    let new = found.lines().filter(|line| expected.lines().all(|other| other != *line));
    missing.map(|line| format!("- {line}")).chain(new.map(|line| format!("+ {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_from_both_sides() {
        assert!(differences("GET /\nGET /a\n", "GET /\nGET /a\n").is_empty());
        assert_eq!(differences("GET /\nGET /a\n", "GET /\nGET /b\n"), ["- GET /a", "+ GET /b"]);
    }
}
