//! `cargo xtask test`: all that must hold before a change lands, in the order
//! in which a mistake is cheapest to learn. The first failure ends it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::install::{self, Tools};
use crate::postgres::Cluster;
use crate::run::{run, run_keeping, say};
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

/// The environment in which tests find their PostgreSQL, PyHanko, Chromium and SoftHSM.
fn equipped<'a>(command: &'a mut Command, tools: &Tools, cluster: &Cluster) -> &'a mut Command {
    command
        .env("HUKUMATI_TEST_POSTGRES", &cluster.url)
        .env("HUKUMATI_TEST_POSTGRES_ROOT", &cluster.root)
        .env("HUKUMATI_TEST_PYHANKO", &tools.pyhanko)
        .env("HUKUMATI_TEST_CHROMIUM", &tools.chromium)
        .env("HUKUMATI_TEST_PKCS11", &tools.softhsm)
}

fn stages(workspace: &Workspace, report: &mut Report) -> Result<()> {
    let tools = report.stage("install", |_| install::install(workspace))?;
    report.stage("format", |_| run(cargo().args(["fmt", "--all", "--check"])))?;
    report.stage("lints", |_| {
        run(linting_cargo().args(["test", "--workspace", "--all-targets", "--no-run", "--locked"]))
    })?;
    report.stage("arrows", |_| arrows::check(workspace))?;
    report.stage("tables", |_| tables::check(workspace))?;
    report.stage("keys", |_| keys::check(workspace))?;
    report.stage("messages", |_| texts::check(workspace))?;
    report.stage("deny", |_| deny::check(workspace))?;
    let cluster = report.stage("postgres", |_| Cluster::start())?;
    report.stage("tests", |report| cargo_tests(&tools, &cluster, report))?;
    if workspace.member("hukumati").is_some() {
        report.stage("routes", |_| routes::check(workspace))?;
        report.stage("browser", |report| browser_journeys(workspace, &tools, &cluster, report))?;
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

fn browser_journeys(workspace: &Workspace, tools: &Tools, cluster: &Cluster, report: &mut Report) -> Result<()> {
    let journeys: Vec<_> = workspace
        .files("tests/browser", &["mjs"])?
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    let (closing, outcome) = run_keeping(
        equipped(
            Command::new("node")
                .current_dir(&workspace.root)
                // One file at a time: each has a server and a browser of its own.
                .args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
                .args(&journeys),
            tools,
            cluster,
        ),
        |line| line.starts_with("ℹ "),
    );
    report.closing.extend(closing);
    outcome
}
