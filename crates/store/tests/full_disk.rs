//! A full disk, in the middle of a batch and at its commit. SQLite itself runs
//! out of room: first because the test forbids it more pages, then because the
//! kernel says so (`strace` answers for it).
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier, mpsc};

use store::{Ctx, Error, Key, Migration, Schema, Tx, params};
use testkit::{Engine, World, world};

mod sql {
    store::statements! {
        /// Puts a row.
        PUT = "INSERT INTO disk_row (id, body) VALUES ($1, $2)";
        /// All rows.
        IDS = "SELECT id FROM disk_row ORDER BY id";
        /// Leaves a few pages of room. It holds for the connection that runs it: the writer's.
        FILL = "PRAGMA max_page_count = 70";
        /// Makes room.
        CLEAR = "PRAGMA max_page_count = 100000";
    }
}

const SCHEMA: Schema = Schema {
    system: "disk",
    migrations: &[Migration {
        version: 1,
        sql: "CREATE TABLE disk_row (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL);\n",
    }],
};
/// Writes at once.
const WRITES: usize = 40;
/// Bytes of a row that takes pages of its own.
const LARGE: usize = 9_000;

#[derive(Debug)]
enum Refused {
    No,
    Store(Error),
}
impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// Two rows, a small one and a large one. The fourth of each five swallows what
/// the store says and writes on; the fifth refuses after it wrote.
fn act(tx: &mut Tx<'_>, number: usize) -> Result<(), Refused> {
    tx.execute_one(&sql::PUT, &params![format!("{number:02} first"), "small"])?;
    let large = tx.execute_one(&sql::PUT, &params![format!("{number:02} second"), "x".repeat(LARGE)]);
    match number % 5 {
        3 => drop(tx.execute(&sql::PUT, &params![format!("{number:02} third"), "small"])),
        4 => return Err(Refused::No),
        _ => large?,
    }
    Ok(())
}

/// The rows that a write of this number leaves.
fn rows_of(number: usize) -> Vec<String> {
    let rows: &[&str] = match number % 5 {
        3 => &["first", "second", "third"],
        4 => &[],
        _ => &["first", "second"],
    };
    rows.iter().map(|row| format!("{number:02} {row}")).collect()
}

/// Runs all writes in one batch: the writer is kept busy until all of them wait.
async fn batch(ctx: &Ctx) -> Vec<Result<(), Refused>> {
    let (entered, is_in) = mpsc::channel();
    let gate = Arc::new(Barrier::new(2));
    let (held, key) = (Arc::clone(&gate), Key::once(ctx));
    let holding = tokio::spawn({
        let ctx = ctx.clone();
        async move {
            ctx.write(key, move |_| {
                entered.send(()).unwrap();
                held.wait();
                Ok::<_, Error>(())
            })
            .await
        }
    });
    // One thread runs all of this: after it has yielded, each task has begun.
    tokio::task::yield_now().await;
    is_in.recv().unwrap();
    let begin = |number: usize| {
        let ctx = ctx.clone();
        tokio::spawn(async move { ctx.write(Key::new("disk", format!("{number}")), move |tx| act(tx, number)).await })
    };
    let writes: Vec<_> = (0..WRITES).map(begin).collect();
    tokio::task::yield_now().await;
    gate.wait();
    holding.await.unwrap().unwrap();
    let mut outcomes = Vec::new();
    for write in writes {
        outcomes.push(write.await.unwrap());
    }
    outcomes
}

async fn ids(ctx: &Ctx) -> Vec<String> {
    let rows = ctx.read(|read| read.rows(&sql::IDS, &params![])).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

/// What is there after these outcomes: the rows of each success, whole, and
/// nothing of a write that failed. Counts both.
async fn check(ctx: &Ctx, outcomes: &[Result<(), Refused>]) -> (usize, usize) {
    let (mut there, mut done, mut full) = (Vec::new(), 0, 0);
    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(()) => {
                there.extend(rows_of(number));
                done += 1;
            }
            Err(Refused::No) => assert_eq!(number % 5, 4, "write {number} refused"),
            Err(Refused::Store(Error::ReadOnly(_))) => full += 1,
            Err(other) => panic!("write {number}: {other:?}"),
        }
    }
    assert_eq!(ids(ctx).await, there);
    (done, full)
}

fn run<F: Future<Output = ()>>(body: impl FnOnce(World) -> F) {
    let world = world(Engine::Sqlite, &[SCHEMA]);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body(world));
}

#[test]
fn a_batch_that_does_not_fit_is_there_as_far_as_it_fits() {
    run(|World { ctx, .. }| async move {
        ctx.write(Key::once(&ctx), |tx| tx.rows(&sql::FILL, &params![]).map(drop)).await.unwrap();
        let commits = ctx.db.figures().commits.load(Ordering::Relaxed);
        let outcomes = batch(&ctx).await;
        let (done, full) = check(&ctx, &outcomes).await;
        assert!(done > 2 && full > 2, "{done} fitted and {full} did not");
        assert_eq!(ctx.db.figures().commits.load(Ordering::Relaxed), commits + 2, "the gate's commit and the batch's");

        ctx.write(Key::once(&ctx), |tx| tx.rows(&sql::CLEAR, &params![]).map(drop)).await.unwrap();
        let again = batch(&ctx).await;
        assert_eq!(check(&ctx, &again).await, (WRITES / 5 * 4, 0));
        assert_eq!(ctx.db.figures().replayed.load(Ordering::Relaxed), u64::try_from(done).unwrap());
    });
}

/// Answers every write to this file with "no space left" until its input is
/// closed. A shell ends `strace`, because a process that is traced must not
/// start one of its own: `strace` would follow that, and neither goes on.
fn fill_disk(file: &Path) -> (Child, BufReader<ChildStderr>) {
    const HELD: &str = "strace \"$@\" & read -r _; kill $!; wait $!";
    let mut command = Command::new("sh");
    command.args(["-c", HELD, "sh", "-f", "-o", "/dev/null", "-e", "trace=write,pwrite64"]);
    command.args(["-e", "inject=write,pwrite64:error=ENOSPC", "-P"]).arg(file);
    command.args(["-p", &std::process::id().to_string()]);
    let mut shell = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh is there");
    let mut said = BufReader::new(shell.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("attached") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "strace did not attach; is it installed?");
    }
    (shell, said)
}

fn make_room((mut shell, _said): (Child, BufReader<ChildStderr>)) {
    drop(shell.stdin.take());
    shell.wait().unwrap();
}

#[test]
fn a_commit_that_does_not_fit_refuses_all_of_it_and_reads_go_on() {
    run(|World { ctx, folder, .. }| async move {
        ctx.write(Key::once(&ctx), |tx| tx.execute_one(&sql::PUT, &params!["00 before", "small"])).await.unwrap();
        let strace = fill_disk(&folder.path().canonicalize().unwrap().join("hukumati.db-wal"));
        let outcomes = batch_on_full_disk(&ctx).await;
        assert_eq!(ids(&ctx).await, ["00 before"]);
        make_room(strace);
        for outcome in outcomes {
            assert!(matches!(outcome, Err(Error::ReadOnly(_))), "{outcome:?}");
        }
        for outcome in batch_on_full_disk(&ctx).await {
            outcome.unwrap();
        }
        let (there, blobs) = (ids(&ctx).await, folder.path().join("blobs"));
        assert_eq!(there.len(), 1 + WRITES);
        // What lies on the disk is what was said.
        let database = ctx.db.database().clone();
        drop(ctx.db);
        let options = store::Options { database, blobs, keyring: store::Keyring::from_bytes(&[7; 64]) };
        let opened = store::Db::open(options, &[SCHEMA]).unwrap();
        let rows = opened.inspect(|read| read.rows(&sql::IDS, &params![])).await.unwrap();
        assert_eq!(rows.len(), there.len());
    });
}

/// One row each, all at once.
async fn batch_on_full_disk(ctx: &Ctx) -> Vec<Result<(), Error>> {
    let begin = |number: usize| {
        let ctx = ctx.clone();
        tokio::spawn(async move {
            let put = move |tx: &mut Tx<'_>| tx.execute_one(&sql::PUT, &params![format!("{number:02}"), "small"]);
            ctx.write(Key::new("full", format!("{number}")), put).await
        })
    };
    let writes: Vec<_> = (0..WRITES).map(begin).collect();
    let mut outcomes = Vec::new();
    for write in writes {
        outcomes.push(write.await.unwrap());
    }
    outcomes
}
