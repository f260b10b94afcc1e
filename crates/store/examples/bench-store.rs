//! What the store costs beside the bare engine, in the same run: four-row
//! transactions (a case, an act, two postings), 64 writers, durable.
//!
//! `cargo xtask bench store`; PostgreSQL is measured too when
//! `HUKUMATI_TEST_POSTGRES` names one (its `pgbench` is the limit there).

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base::{Actor, Locale, OsEntropy, SystemClock};
use store::{Ctx, Database, Db, Error, Key, Keyring, Migration, Options, Schema, params};

/// Writers at once.
const WRITERS: u64 = 64;
/// How long each phase lasts.
const PHASE: Duration = Duration::from_secs(4);
/// Bytes of a case's answers.
const BODY_BYTES: usize = 1_500;

mod sql {
    store::statements! {
        /// A case.
        CASE = "INSERT INTO bench_case (id, person, at, body) VALUES ($1, $2, $3, $4)";
        /// An act.
        ACT = "INSERT INTO bench_act (id, case_id, at, what) VALUES ($1, $2, $3, $4)";
        /// A posting.
        POSTING = "INSERT INTO bench_posting (id, case_id, account, amount) VALUES ($1, $2, $3, $4)";
        /// A case by its id.
        GET = "SELECT body FROM bench_case WHERE id = $1";
    }
}

const TABLES: &str = "CREATE TABLE bench_case (id TEXT NOT NULL PRIMARY KEY, person BIGINT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL);\n\
    CREATE INDEX bench_case_person ON bench_case (person, at);\n\
    CREATE TABLE bench_act (id TEXT NOT NULL PRIMARY KEY, case_id TEXT NOT NULL REFERENCES bench_case (id), at BIGINT NOT NULL, what TEXT NOT NULL);\n\
    CREATE INDEX bench_act_case ON bench_act (case_id);\n\
    CREATE TABLE bench_posting (id TEXT NOT NULL PRIMARY KEY, case_id TEXT NOT NULL REFERENCES bench_case (id), account TEXT NOT NULL, amount BIGINT NOT NULL);\n\
    CREATE INDEX bench_posting_account ON bench_posting (account);\n";
const SCHEMA: Schema = Schema { system: "bench", migrations: &[Migration { version: 1, sql: TABLES }] };

fn main() {
    let body = "ل".repeat(BODY_BYTES / 2);
    let grouped = raw_sqlite(500, &body);
    let single = raw_sqlite(1, &body);
    let folder = tempfile::tempdir().expect("a folder");
    let ours = store_rate(Database::Sqlite(folder.path().to_owned()), folder.path(), &body);
    say(&format!("sqlite raw, 500 transactions a commit   {grouped:>9.0}/s"));
    say(&format!("sqlite raw, one transaction a commit    {single:>9.0}/s"));
    say(&format!("store on sqlite, {WRITERS} writers            {:>9.0}/s   p99 {:.1} ms", ours.rate, ours.p99_ms));
    say(&format!(
        "  ratio to grouped {:.2} (bar 0.60), to single {:.1} (bar 4)",
        ours.rate / grouped,
        ours.rate / single
    ));
    say(&format!("  point reads {:>9.0}/s", ours.reads));
    match std::env::var("HUKUMATI_TEST_POSTGRES") {
        Ok(url) => postgres(&url, folder.path(), &body),
        Err(_) => say("postgres: not measured; HUKUMATI_TEST_POSTGRES names none"),
    }
}

/// The bare engine: prepared statements on one connection, nothing else.
fn raw_sqlite(per_commit: u64, body: &str) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = rusqlite::Connection::open(folder.path().join("raw.db")).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=4000;",
        )
        .expect("pragmas");
    connection.execute_batch(&TABLES.replace("BIGINT", "INTEGER")).expect("tables");
    let mut case = connection.prepare(sql::CASE.sqlite).expect("a statement");
    let mut act = connection.prepare(sql::ACT.sqlite).expect("a statement");
    let mut posting = connection.prepare(sql::POSTING.sqlite).expect("a statement");
    let started = Instant::now();
    let mut done = 0_u64;
    while started.elapsed() < PHASE {
        connection.execute_batch("BEGIN IMMEDIATE").expect("begin");
        for _ in 0..per_commit {
            let id = format!("c{done:020}");
            let at = i64::try_from(done).unwrap_or(0);
            case.execute(rusqlite::params![id, at % 1_000, at, body]).expect("a case");
            act.execute(rusqlite::params![format!("a{done:020}"), id, at, "submitted"]).expect("an act");
            posting.execute(rusqlite::params![format!("p{done:020}"), id, "collector", 500]).expect("a posting");
            posting.execute(rusqlite::params![format!("q{done:020}"), id, "revenue", -500]).expect("a posting");
            done += 1;
        }
        connection.execute_batch("COMMIT").expect("commit");
    }
    rate(done, started.elapsed())
}

struct Measured {
    rate: f64,
    p99_ms: f64,
    reads: f64,
}

fn store_rate(database: Database, folder: &std::path::Path, body: &str) -> Measured {
    let options = Options { database, blobs: folder.join("blobs"), keyring: Keyring::from_bytes(&[1; 64]) };
    let ctx = Ctx {
        db: Db::open(options, &[SCHEMA]).expect("a database"),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Machine("bench"),
        locale: Locale::AR,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (writes, mut times) = phase(&ctx, body, write_one).await;
        times.sort_unstable();
        let figures = ctx.db.figures();
        let batch = rate(figures.committed.load(Ordering::Relaxed), Duration::from_secs(1))
            / rate(figures.commits.load(Ordering::Relaxed).max(1), Duration::from_secs(1));
        say(&format!("  {batch:.1} writes a commit"));
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        let (reads, _) = phase(&ctx, body, read_one).await;
        Measured { rate: writes, p99_ms: p99.as_secs_f64() * 1_000.0, reads }
    })
}

async fn phase<F: Future<Output = Result<(), Error>> + Send>(
    ctx: &Ctx,
    body: &str,
    act: impl Fn(Ctx, u64, Arc<str>) -> F + Copy + Send + 'static,
) -> (f64, Vec<Duration>) {
    let (next, body): (_, Arc<str>) = (Arc::new(AtomicU64::new(0)), Arc::from(body));
    let started = Instant::now();
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (ctx, next, body) = (ctx.clone(), Arc::clone(&next), Arc::clone(&body));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < PHASE {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let began = Instant::now();
                    act(ctx.clone(), number, Arc::clone(&body)).await.expect("an act");
                    times.push(began.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for writer in writers {
        times.extend(writer.await.expect("a writer"));
    }
    (rate(times.len() as u64, started.elapsed()), times)
}

async fn write_one(ctx: Ctx, number: u64, body: Arc<str>) -> Result<(), Error> {
    ctx.write(Key::once(&ctx), move |tx| {
        let id = format!("c{number:020}");
        let at = i64::try_from(number).unwrap_or(0);
        tx.execute_one(&sql::CASE, &params![id, at % 1_000, at, &*body])?;
        tx.execute_one(&sql::ACT, &params![format!("a{number:020}"), id, at, "submitted"])?;
        tx.execute_one(&sql::POSTING, &params![format!("p{number:020}"), id, "collector", 500_i64])?;
        tx.execute_one(&sql::POSTING, &params![format!("q{number:020}"), id, "revenue", -500_i64])
    })
    .await
}

async fn read_one(ctx: Ctx, number: u64, _: Arc<str>) -> Result<(), Error> {
    let id = format!("c{:020}", number % 1_000);
    ctx.read(move |read| read.row(&sql::GET, &params![id]).map(drop)).await
}

fn postgres(url: &str, folder: &std::path::Path, body: &str) {
    let schema = format!("bench_{}", std::process::id());
    let mut client = postgres::Client::connect(url, postgres::NoTls).expect("postgres");
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).expect("a schema");
    let separator = if url.contains('?') { '&' } else { '?' };
    let ours_url = format!("{url}{separator}options=-c%20search_path%3D{schema}");
    let ours = store_rate(Database::Postgres(ours_url), folder, body);
    let limit = pgbench(url, &schema, folder, body);
    say(&format!("pgbench, the same statements            {limit:>9.0}/s"));
    say(&format!("store on postgres, {WRITERS} writers          {:>9.0}/s   p99 {:.1} ms", ours.rate, ours.p99_ms));
    say(&format!("  ratio {:.2} (bar 0.80)", ours.rate / limit));
    say(&format!("  point reads {:>9.0}/s", ours.reads));
    client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).expect("the schema goes");
}

/// The limit: the same four statements in one serializable transaction, by
/// PostgreSQL's own load program with prepared statements.
fn pgbench(url: &str, schema: &str, folder: &std::path::Path, body: &str) -> f64 {
    let script = format!(
        "BEGIN ISOLATION LEVEL SERIALIZABLE;\n\
         \\set n random(1, 2000000000)\n\
         INSERT INTO {schema}.bench_case (id, person, at, body) VALUES ('x' || :n, :n % 1000, :n, '{body}');\n\
         INSERT INTO {schema}.bench_act (id, case_id, at, what) VALUES ('a' || :n, 'x' || :n, :n, 'submitted');\n\
         INSERT INTO {schema}.bench_posting (id, case_id, account, amount) VALUES ('p' || :n, 'x' || :n, 'collector', 500);\n\
         INSERT INTO {schema}.bench_posting (id, case_id, account, amount) VALUES ('q' || :n, 'x' || :n, 'revenue', -500);\n\
         COMMIT;\n"
    );
    let path = folder.join("pgbench.sql");
    std::fs::write(&path, script).expect("a script");
    let output = Command::new("pgbench")
        .args(["-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", "4", "-f"])
        .arg(&path)
        .arg(url)
        // The store's address does not ask for encryption either.
        .env("PGSSLMODE", "disable")
        .output()
        .expect("pgbench is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("pgbench said: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(done: u64, elapsed: Duration) -> f64 {
    done as f64 / elapsed.as_secs_f64()
}

fn say(line: &str) {
    // A closed pipe is nobody's loss.
    drop(writeln!(std::io::stdout(), "{line}"));
}
