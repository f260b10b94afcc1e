//! How old a leaf gets before the tree has it, while acts come at 0.3 of the
//! store's own rate.
//!
//! `cargo xtask bench audit`

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audit::{Audit, Leaf, LogKey};
use seal::SigningKey;
use store::{Ctx, Error, Key};

/// Writers at once.
const WRITERS: u32 = 64;
/// How long each phase lasts.
const PHASE: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = LogKey::new("bench", 1, SigningKey::ed25519_from_seed(&[1; 32]).expect("a key"));
    let system = audit::system(Audit { key: Arc::new(log) });
    let ctx = testkit::on_disk(folder.path(), &[audit::SCHEMA], "bench");
    let full = acts(&ctx, None).await;
    say(&format!("acts with a leaf, {WRITERS} writers               {full:>9.0}/s"));
    for job in system.jobs {
        tokio::spawn(store::run_job(ctx.clone(), job));
    }
    // What the first phase left is sequenced before the second begins.
    while pending(&ctx).await > Duration::from_millis(500) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let watched = ctx.clone();
    let watch = tokio::spawn(async move {
        let (began, mut ages) = (Instant::now(), Vec::new());
        while began.elapsed() < PHASE {
            ages.push(pending(&watched).await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        ages
    });
    let rate = acts(&ctx, Some(full * 0.3)).await;
    let mut ages = watch.await.expect("the watch");
    ages.sort_unstable();
    let at = |share: usize| ages[ages.len() * share / 100].as_secs_f64() * 1_000.0;
    say(&format!(
        "at 0.3 of that, {rate:.0}/s: the oldest pending leaf is p50 {:.0} ms, p99 {:.0} ms old (bar 2,000 ms)",
        at(50),
        at(99)
    ));
}

/// Acts for one phase, at so many a second or as fast as they go.
async fn acts(ctx: &Ctx, rate: Option<f64>) -> f64 {
    let every = rate.map(|rate| Duration::from_secs_f64(f64::from(WRITERS) / rate));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let ctx = ctx.clone();
        tasks.spawn(async move {
            let (mut done, mut due) =
                (0_u32, started + every.unwrap_or_default().mul_f64(f64::from(number) / f64::from(WRITERS)));
            while started.elapsed() < PHASE {
                if let Some(every) = every {
                    tokio::time::sleep_until(due.into()).await;
                    due += every;
                }
                let act = ctx.write(Key::once(&ctx), |tx| {
                    let leaf = Leaf::new("bench.act", "bench:1");
                    audit::record_in(tx, &leaf).map(drop)
                });
                act.await.map_err(|error: Error| error).expect("an act");
                done += 1;
            }
            done
        });
    }
    let mut done = 0;
    while let Some(one) = tasks.join_next().await {
        done += one.expect("a writer");
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

/// The age of the oldest leaf that the tree does not have.
async fn pending(ctx: &Ctx) -> Duration {
    let now = ctx.now();
    let age = ctx.read(move |read| audit::oldest_pending(read, now)).await.expect("a look");
    Duration::from_micros(u64::try_from(age.unwrap_or(0)).unwrap_or(0))
}

fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
