//! Crashes: the process is killed while people pay, and the disk fails under a
//! commit. Whatever was acknowledged is there once; money still sums to zero;
//! what was unknown has one outcome.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base::{Entropy, SeededEntropy};
use payments::Advice;
use store::Ctx;
use testkit::FakeClock;

/// Kills in one storm.
const KILLS: u64 = 20;
/// Acts acknowledged between two kills, at least.
const ACTS: usize = 200;
/// Commits under which the disk fails, one after another.
const RUNGS: u32 = 10;
/// Syncs that opening a database takes before its first commit.
const OPENING: u32 = 3;
/// Acts after which a process has plainly outlived its disk.
const LINES: usize = 20_000;

fn child_program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().join("examples").join("storm_child")
}

fn start(mut command: Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// What the child acknowledged: transaction, code, receipt.
#[derive(Default)]
struct Told {
    paid: Vec<(String, String, String)>,
    unknown: Vec<(String, String)>,
    fatal: bool,
}

impl Told {
    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["paid", transaction, code, receipt] => {
                self.paid.push(((*transaction).to_owned(), (*code).to_owned(), (*receipt).to_owned()));
            }
            ["unknown", transaction, code] => self.unknown.push(((*transaction).to_owned(), (*code).to_owned())),
            ["fatal", ..] => self.fatal = true,
            // A line that the kill cut off acknowledges nothing.
            _ => {}
        }
    }
}

fn open(folder: &Path) -> Ctx {
    let ctx = testkit::on_disk(folder, &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA], "storm");
    Ctx { clock: FakeClock::at(testkit::START), ..ctx }
}

/// Opens what the crash left and checks everything that was promised.
fn check(folder: &Path, told: &Told) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ctx = open(folder);
        let systems = [payments::system(None, payments::Collectors::default()), ledger::system()];
        let invariants = systems.iter().flat_map(|system| system.invariants.clone()).chain([store::integrity()]);
        for invariant in invariants {
            let name = invariant.name;
            let broken = ctx.db.inspect(move |read| invariant.check(read)).await.unwrap();
            assert!(broken.is_empty(), "{name}: {broken:?}");
        }
        for (transaction, code, receipt) in &told.paid {
            let known = payments::status(&ctx, "sample", transaction).await.unwrap();
            let known = known.unwrap_or_else(|| panic!("{transaction} was acknowledged and is gone"));
            assert_eq!((known.outcome.as_str(), &known.receipt), ("accepted", receipt), "{transaction} for {code}");
        }
        for (transaction, code) in &told.unknown {
            let advice = Advice {
                transaction: transaction.clone(),
                code: code.clone(),
                quote_id: None,
                amount_minor: 500,
                currency: "ILS".to_owned(),
                business_date: "2026-11-24".to_owned(),
                branch: "1".to_owned(),
            };
            let first = payments::advise(&ctx, "sample", advice.clone()).await.unwrap();
            assert_eq!(first.outcome, "accepted", "{transaction}");
            assert_eq!(payments::advise(&ctx, "sample", advice).await.unwrap(), first);
        }
    });
}

#[test]
fn what_was_acknowledged_survives_twenty_kills() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let entropy = SeededEntropy::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    for run in 0..KILLS {
        let mut command = Command::new(child_program());
        command.arg(folder.path()).arg(format!("k{run}"));
        let (mut child, mut lines) = start(command);
        let mut random = [0_u8];
        entropy.fill(&mut random);
        let before = told.paid.len();
        let mut line = String::new();
        while told.paid.len() < before + ACTS + usize::from(random[0]) {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the child ended by itself");
            told.hear(&line);
        }
        child.kill().unwrap();
        // What it said before it died counts too.
        for line in lines.lines() {
            told.hear(&line.unwrap_or_default());
        }
        child.wait().unwrap();
    }
    assert!(told.paid.len() >= ACTS * usize::try_from(KILLS).unwrap());
    check(folder.path(), &told);
}

#[test]
fn a_failing_disk_ends_the_process_and_each_key_has_one_outcome() {
    for rung in 1..=RUNGS {
        let folder = tempfile::tempdir().unwrap();
        // A first run makes the tables, so that the injected fault hits a commit.
        drop(open(folder.path()));
        let mut command = Command::new("strace");
        command.args(["-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]);
        command.args(["-e", &format!("inject=fsync,fdatasync:error=EIO:when={}+", rung + OPENING)]);
        command.arg(child_program()).arg(folder.path()).arg(format!("e{rung}"));
        let (mut child, lines) = start(command);
        let mut told = Told::default();
        for (number, line) in lines.lines().enumerate() {
            told.hear(&line.unwrap());
            if number > LINES {
                child.kill().unwrap();
                panic!("rung {rung}: the process goes on after a failed sync");
            }
        }
        let ended = child.wait().unwrap();
        assert!(!ended.success(), "rung {rung}: the process went on after a failed fdatasync");
        assert!(told.fatal, "rung {rung}: nobody was told why");
        check(folder.path(), &told);
    }
}
