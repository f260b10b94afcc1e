//! The project's own chores: `cargo xtask NAME`. What each checks is said at
//! the head of its module.
//!
//! Not here: tests of the product, which are `cargo test`'s and the browser's.

mod arrows;
mod bench;
mod blank;
mod deny;
mod dist;
mod install;
mod keys;
mod postgres;
mod routes;
mod run;
mod rust_source;
mod tables;
mod test;
mod texts;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use run::say;
use workspace::Workspace;

const USAGE: &str = "\
cargo xtask test            install what the tests need, then run them all
cargo xtask install         only the first half of that
cargo xtask with COMMAND…   one command with what `test` gives to all: a PostgreSQL, PyHanko, Chromium
cargo xtask arrows          who uses whom, against the table of ARCHITECTURE.md
cargo xtask tables          each table and statement stays in its own crate
cargo xtask keys            no service, fee or ministry is named in crates/
cargo xtask messages        the rules of writing; with --read, every Arabic text
cargo xtask routes          `hukumati routes` against docs/routes.txt; --write puts it there
cargo xtask deny            licences, bans and sources of all dependencies
cargo xtask bench [CRATE]   figures, each with its limit and ratio
cargo xtask dist            an installable archive under target/dist
cargo xtask blank           that archive on a blank Debian without a network, as docs/operate/install.md says";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<()> {
    let workspace = Workspace::find()?;
    match arguments {
        ["test"] => test::test(&workspace),
        ["install"] => install::install(&workspace).map(|_| ()),
        ["with", command @ ..] if !command.is_empty() => test::with(&workspace, command),
        ["arrows"] => arrows::check(&workspace),
        ["tables"] => tables::check(&workspace),
        ["keys"] => keys::check(&workspace),
        ["messages"] => texts::check(&workspace),
        ["messages", "--read"] => texts::read(&workspace),
        ["routes"] => routes::check(&workspace),
        ["routes", "--write"] => routes::write(&workspace),
        ["deny"] => deny::check(&workspace),
        ["bench"] => bench::all(&workspace),
        ["bench", krate] => bench::one(&workspace, krate),
        ["dist"] => dist::dist(&workspace),
        ["blank"] => blank::try_archive(&workspace),
        _ => bail!("there is no such chore; there are:\n{USAGE}"),
    }
}
