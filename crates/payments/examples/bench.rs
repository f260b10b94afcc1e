//! Bill, paid, posted: on one treasury account, as fast as it goes.
//!
//! `cargo xtask bench payments`

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Actor, CaseId, Currency, Date, Locale, Money, OsEntropy, PersonId, SystemClock};
use payments::{Advice, BillRequest, Fee, FeeUse};
use store::{Ctx, Database, Db, Key, Keyring, Options};

/// Payers at once.
const PAYERS: u32 = 64;
/// How long it lasts.
const PHASE: Duration = Duration::from_secs(8);

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::Sqlite(folder.path().to_owned());
    let options = Options { database, blobs: folder.path().join("blobs"), keyring: Keyring::from_bytes(&[1; 64]) };
    let ctx = Ctx {
        db: Db::open(options, &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA]).expect("a database"),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Machine("bench"),
        locale: Locale::AR,
    };
    let fee = Fee {
        code: "sample".to_owned(),
        names: std::collections::BTreeMap::new(),
        valid_from: Date::parse("2020-01-01").expect("a date"),
        amount: Money::from_minor(500, Currency::Ils),
        revenue: "sample".to_owned(),
        decision: "1/2020".to_owned(),
        sample: true,
    };
    ctx.write(Key::once(&ctx), move |tx| payments::set_fee_in(tx, &fee)).await.expect("a fee");
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for payer in 0..PAYERS {
        let ctx = ctx.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < PHASE {
                let began = Instant::now();
                pay(&ctx, &format!("{payer}-{}", times.len())).await;
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

/// One bill in one commit, its payment and postings in another.
async fn pay(ctx: &Ctx, transaction: &str) {
    let request = BillRequest {
        case: ctx.mint::<CaseId>(),
        payer: ctx.mint::<PersonId>(),
        service: "sample".to_owned(),
        fees: vec![FeeUse { code: "sample".to_owned(), quantity: 1 }],
        cohorts: Vec::new(),
    };
    let billed = ctx.write(Key::once(ctx), move |tx| payments::bill_in(tx, &request).map(|bill| bill.code)).await;
    let advice = Advice {
        transaction: transaction.to_owned(),
        code: billed.expect("a bill"),
        quote_id: None,
        amount_minor: 500,
        currency: "ILS".to_owned(),
        business_date: "2026-11-24".to_owned(),
        branch: "1".to_owned(),
    };
    payments::advise(ctx, "sample", advice).await.expect("paid");
}
