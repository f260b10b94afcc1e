//! Bill, paid, posted: on one treasury account, as fast as it goes.
//!
//! `cargo xtask bench payments`

mod sample;

use std::io::Write;
use std::time::{Duration, Instant};

/// Payers at once.
const PAYERS: u32 = 64;
/// How long it lasts.
const PHASE: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let ctx = sample::open(folder.path());
    sample::seed(&ctx).await.expect("a fee");
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for payer in 0..PAYERS {
        let ctx = ctx.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < PHASE {
                let began = Instant::now();
                // One bill in one commit, its payment and postings in another.
                let code = sample::bill(&ctx).await.expect("a bill");
                let advice = sample::advice(&format!("{payer}-{}", times.len()), &code);
                payments::advise(&ctx, "sample", advice).await.expect("paid");
                times.push(began.elapsed());
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.expect("a payer"));
    }
    times.sort_unstable();
    let done = u32::try_from(times.len()).expect("a number of payments");
    let rate = f64::from(done) / started.elapsed().as_secs_f64();
    let p99 = times[times.len() * 99 / 100].as_secs_f64() * 1_000.0;
    drop(writeln!(
        std::io::stdout(),
        "bill, paid, posted, {PAYERS} payers {rate:>9.0}/s   p99 {p99:.1} ms   (bar 1,000/s)"
    ));
}
