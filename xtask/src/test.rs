//! `cargo xtask test`: all that must hold before a change lands, in the order
//! in which a mistake is cheapest to learn. The first failure ends it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::install::{self, Tools};
use crate::postgres::Cluster;
use crate::run::{read, run, run_keeping, say};
use crate::workspace::{Workspace, cargo, linting_cargo};
use crate::{arrows, deny, keys, routes, tables, texts};

/// What a run has come to.
#[derive(Default)]
struct Report {
    seconds: Vec<(&'static str, Duration)>,
    /// The runners' own closing lines.
    closing: Vec<String>,
}

impl Report {
    fn stage<T>(&mut self, name: &'static str, act: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        say(format!("\n── {name}"));
        let began = Instant::now();
        let outcome = act(self);
        let took = began.elapsed();
        self.seconds.push((name, took));
        say(format!("── {name}: {:.1} s", took.as_secs_f64()));
        outcome.with_context(|| format!("stopped at {name}"))
    }

    fn print(&self) {
        let stages: Vec<String> =
            self.seconds.iter().map(|(name, took)| format!("{name} {:.0} s", took.as_secs_f64())).collect();
        say(format!("\n── stages: {}", stages.join(", ")));
        for line in &self.closing {
            say(line);
        }
    }
}

/// Installs, starts a PostgreSQL, runs every stage.
pub fn test(workspace: &Workspace) -> Result<()> {
    let mut report = Report::default();
    let outcome = stages(workspace, &mut report);
    report.print();
    outcome
}

/// Runs one command with what the tests find in their environment.
pub fn with(workspace: &Workspace, command: &[&str]) -> Result<()> {
    let tools = install::install(workspace)?;
    let cluster = Cluster::start()?;
    run(equipped(Command::new(command[0]).args(&command[1..]), &tools, &cluster))
}

/// The environment in which tests find their PostgreSQL, PyHanko, Chromium, SoftHSM
/// and what the samples stand on.
fn equipped<'a>(command: &'a mut Command, tools: &Tools, cluster: &Cluster) -> &'a mut Command {
    command
        .env("HUKUMATI_TEST_POSTGRES", &cluster.url)
        .env("HUKUMATI_TEST_POSTGRES_ROOT", &cluster.root)
        .env("HUKUMATI_TEST_PYHANKO", &tools.pyhanko)
        .env("HUKUMATI_TEST_CHROMIUM", &tools.chromium)
        .env("HUKUMATI_TEST_SAMPLE_PYTHON", &tools.sample_python)
        .env("HUKUMATI_TEST_SAMPLE_JARS", &tools.sample_jars)
        .env("HUKUMATI_TEST_PKCS11", &tools.softhsm)
}

/// What a clean build of everything and its tests takes, octets.
const ROOM: u64 = 12 << 30;

/// Says so at once when the disk is too small for a build from nothing: linkers
/// that meet a full disk speak of something else.
fn has_room(workspace: &Workspace) -> Result<()> {
    if workspace.path("target/debug/deps").exists() {
        return Ok(());
    }
    let told = read(Command::new("df").args(["--output=avail", "--block-size=1"]).arg(&workspace.root))?;
    let free: u64 = told.lines().last().unwrap_or_default().trim().parse().context("what df says")?;
    if free < ROOM {
        bail!(
            "the tests need {} GB and {} GB are free here: make room, or let CARGO_TARGET_DIR name a folder of a larger disk",
            ROOM >> 30,
            free >> 30
        );
    }
    Ok(())
}

fn stages(workspace: &Workspace, report: &mut Report) -> Result<()> {
    has_room(workspace)?;
    let tools = report.stage("install", |_| install::install(workspace))?;
    report.stage("format", |_| run(cargo().args(["fmt", "--all", "--check"])))?;
    // Just what the tests' stage runs, so that nothing is built for it again.
    report.stage("lints", |_| run(linting_cargo().args(["test", "--workspace", "--no-run", "--locked"])))?;
    report.stage("arrows", |_| arrows::check(workspace))?;
    report.stage("tables", |_| tables::check(workspace))?;
    report.stage("keys", |_| keys::check(workspace))?;
    report.stage("messages", |_| texts::check(workspace))?;
    report.stage("deny", |_| deny::check(workspace))?;
    let cluster = report.stage("postgres", |_| Cluster::start())?;
    report.stage("tests", |report| cargo_tests(&tools, &cluster, report))?;
    if workspace.member("hukumati").is_some() {
        report.stage("routes", |_| routes::check(workspace))?;
        report.stage("certification and browser", |report| {
            node_tests(workspace, &["tests/certification", "tests/browser"], &tools, &cluster, report)
        })?;
    }
    Ok(())
}

fn cargo_tests(tools: &Tools, cluster: &Cluster, report: &mut Report) -> Result<()> {
    let (closing, outcome) =
        run_keeping(equipped(linting_cargo().args(["test", "--workspace", "--locked"]), tools, cluster), |line| {
            line.starts_with("test result: ")
        });
    if outcome.is_ok() && closing.is_empty() {
        bail!("cargo test ran no test");
    }
    report.closing.extend(closing);
    outcome
}

/// Files of Node's that run at once, each with a server and a browser of its own. One
/// alone leaves a core idle: it waits for its server, for a standard's time to pass, for
/// an officer's next code.
const FILES_AT_ONCE: &str = "2";

/// Runs the test files of these folders by Node's runner, the first folder's first, and
/// keeps its closing lines.
fn node_tests(
    workspace: &Workspace,
    folders: &[&str],
    tools: &Tools,
    cluster: &Cluster,
    report: &mut Report,
) -> Result<()> {
    let mut node = Command::new("node");
    node.current_dir(&workspace.root).args(["tests/run.mjs", FILES_AT_ONCE]);
    for folder in folders {
        let files = workspace.files(folder, &["mjs"])?;
        let mut tests = files.iter().filter(|path| path.to_string_lossy().ends_with(".test.mjs")).peekable();
        if tests.peek().is_none() {
            bail!("{folder} has no test");
        }
        node.args(tests);
    }
    let (closing, outcome) = run_keeping(equipped(&mut node, tools, cluster), |line| line.starts_with("ℹ "));
    report.closing.extend(closing);
    outcome
}
