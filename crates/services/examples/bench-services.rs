//! What a state transition of a case costs with its leaf, durable: drafts are begun and
//! thrown away by their verbs, beside the store's own four-row transactions; and how old
//! a leaf gets meanwhile before the tree has it.
//!
//! `cargo xtask bench services`
#![expect(clippy::unwrap_used, reason = "a bench stops at the first fault")]

#[expect(dead_code, reason = "a bench uses a part of the house")]
#[path = "../tests/house/mod.rs"]
mod house;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base::Assurance;
use catalogue::Catalogue;
use house::{FIRST, House, Look, SCHEMAS};
use store::{Ctx, Error, Key, Migration, Schema, params};
use testkit::{Engine, FakeClock, START, World};

/// Writers at once.
const WRITERS: u32 = 64;
/// People whose cases move.
const PEOPLE: u32 = 16;
/// How long each phase lasts, and how often it is measured.
const PHASE: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;
/// Bytes of the body in a four-row transaction.
const BODY_BYTES: usize = 1_500;

mod sql {
    store::statements! {
        /// A case.
        CASE = "INSERT INTO bench_case (id, person, at, body) VALUES ($1, $2, $3, $4)";
        /// An act.
        ACT = "INSERT INTO bench_act (id, case_id, at, what) VALUES ($1, $2, $3, $4)";
        /// A posting.
        POSTING = "INSERT INTO bench_posting (id, case_id, account, amount) VALUES ($1, $2, $3, $4)";
    }
}

/// The tables of the store's own bench.
const FOUR: Schema = Schema {
    system: "bench",
    migrations: &[Migration {
        version: 1,
        sql: "CREATE TABLE bench_case (id TEXT NOT NULL PRIMARY KEY, person BIGINT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL);\n\
            CREATE INDEX bench_case_person ON bench_case (person, at);\n\
            CREATE TABLE bench_act (id TEXT NOT NULL PRIMARY KEY, case_id TEXT NOT NULL REFERENCES bench_case (id), at BIGINT NOT NULL, what TEXT NOT NULL);\n\
            CREATE INDEX bench_act_case ON bench_act (case_id);\n\
            CREATE TABLE bench_posting (id TEXT NOT NULL PRIMARY KEY, case_id TEXT NOT NULL REFERENCES bench_case (id), account TEXT NOT NULL, amount BIGINT NOT NULL);\n\
            CREATE INDEX bench_posting_account ON bench_posting (account);\n",
    }],
};

#[tokio::main]
async fn main() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let catalogue = Arc::new(Catalogue::read(&directory).unwrap_or_else(|faults| panic!("{faults:#?}")));
    let folder = tempfile::tempdir().unwrap();
    // The machine's own clock: leaves grow old by it.
    let ctx = testkit::on_disk(folder.path(), SCHEMAS, "bench");
    let world = World { ctx, clock: FakeClock::at(START), folder, engine: Engine::Sqlite };
    let house = House::of(&world, Look::Bare, catalogue).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(house.citizen(FIRST + number, Assurance::Substantial).await);
    }
    let rows = tempfile::tempdir().unwrap();
    let bare = testkit::on_disk(rows.path(), &[FOUR], "bench");
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        limit.push(four_rows(&bare).await);
        ours.push(transitions(&house, &people, None).await);
    }
    let (ours, limit) = (median(ours), median(limit));
    say(&format!("the store's four-row transactions, {WRITERS} writers  {limit:>8.0}/s"));
    say(&format!("state transitions with their leaves           {ours:>8.0}/s: ratio {:.2} (bar 0.30)", ours / limit));
    let ctx = house.ctx.as_machine("bench");
    for job in house.systems.iter().flat_map(|system| &system.jobs).filter(|job| job.name == "audit.sequence") {
        tokio::spawn(store::run_job(ctx.clone(), job.clone()));
    }
    // What the phases before left is sequenced first.
    while pending(&ctx).await > Duration::from_millis(500) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let watch = tokio::spawn(watch(ctx));
    let rate = transitions(&house, &people, Some(limit * 0.3)).await;
    let mut ages = watch.await.unwrap();
    ages.sort_unstable();
    let at = |share: usize| ages[ages.len() * share / 100].as_secs_f64() * 1_000.0;
    say(&format!(
        "at {rate:.0}/s the oldest pending leaf is p50 {:.0} ms, p99 {:.0} ms old (bar 2,000 ms)",
        at(50),
        at(99)
    ));
}

async fn watch(ctx: Ctx) -> Vec<Duration> {
    let (began, mut ages) = (Instant::now(), Vec::new());
    while began.elapsed() < PHASE {
        ages.push(pending(&ctx).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ages
}

/// The age of the oldest leaf that the tree does not have.
async fn pending(ctx: &Ctx) -> Duration {
    let now = ctx.now();
    let age = ctx.read(move |read| audit::oldest_pending(read, now)).await.unwrap();
    Duration::from_micros(u64::try_from(age.unwrap_or(0)).unwrap_or(0))
}

async fn four_rows(ctx: &Ctx) -> f64 {
    let (body, next): (Arc<str>, _) = (Arc::from("ل".repeat(BODY_BYTES / 2)), Arc::new(AtomicU64::new(0)));
    // Ids of another phase are others.
    let first = u64::from_be_bytes(ctx.random()) >> 24;
    measured(None, |_| {
        let (ctx, body, number) = (ctx.clone(), Arc::clone(&body), first + next.fetch_add(1, Ordering::Relaxed));
        async move {
            let wrote = ctx.write(Key::once(&ctx), move |tx| {
                let (id, at) = (format!("c{number:020}"), i64::try_from(number).unwrap_or(0));
                tx.execute_one(&sql::CASE, &params![id, at % 1_000, at, &*body])?;
                tx.execute_one(&sql::ACT, &params![format!("a{number:020}"), id, at, "submitted"])?;
                tx.execute_one(&sql::POSTING, &params![format!("p{number:020}"), id, "collector", 500_i64])?;
                tx.execute_one(&sql::POSTING, &params![format!("q{number:020}"), id, "revenue", -500_i64])
            });
            wrote.await.map_err(|error: Error| error).unwrap();
            1
        }
    })
    .await
}

/// Begins drafts and throws them away: two transitions each.
async fn transitions(house: &House, people: &[Ctx], rate: Option<f64>) -> f64 {
    let service = house.by_rule();
    measured(rate.map(|rate| rate / 2.0), |number| {
        let (ctx, service) = (people[number % people.len()].clone(), service.clone());
        let catalogue = Arc::clone(&house.services.catalogue);
        async move {
            let id = services::start(&ctx, Key::once(&ctx), &catalogue, &service).await.unwrap();
            services::discard(&ctx, Key::once(&ctx), id).await.unwrap();
            2
        }
    })
    .await
}

/// What is done in a phase by all writers, as fast as they go or so many a second.
async fn measured<F>(rate: Option<f64>, act: impl Fn(usize) -> F) -> f64
where
    F: Future<Output = u32> + Send + 'static,
{
    let every = rate.map(|rate| Duration::from_secs_f64(f64::from(WRITERS) / rate));
    let (started, mut done, mut number) = (Instant::now(), 0_u32, 0_usize);
    let mut under_way = tokio::task::JoinSet::new();
    let mut begin = |due: Instant| {
        number += 1;
        let act = act(number);
        async move {
            tokio::time::sleep_until(due.into()).await;
            (act.await, due)
        }
    };
    for writer in 0..WRITERS {
        let due = started + every.unwrap_or_default().mul_f64(f64::from(writer) / f64::from(WRITERS));
        under_way.spawn(begin(due));
    }
    while let Some(ended) = under_way.join_next().await {
        let (acts, due) = ended.unwrap();
        done += acts;
        if started.elapsed() < PHASE {
            under_way.spawn(begin(every.map_or_else(Instant::now, |every| due + every)));
        }
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn say(line: &str) {
    // A closed pipe is nobody's loss.
    drop(writeln!(std::io::stdout(), "{line}"));
}
