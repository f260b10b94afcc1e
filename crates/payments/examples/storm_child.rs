//! The process that the storm test kills: bills and cash payments without end
//! on the database of the folder given, one line for each acknowledged act.
//!
//! `storm_child FOLDER RUN`; lines are `paid TRANSACTION CODE RECEIPT` and
//! `unknown TRANSACTION CODE`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use base::{Actor, CaseId, Currency, Date, Locale, Money, OsEntropy, PersonId, SystemClock};
use payments::{Advice, BillRequest, Fee, FeeUse, Refusal};
use store::{Ctx, Database, Db, Error, Key, Keyring, Options};

/// Clients at once.
const CLIENTS: u32 = 8;

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().expect("a folder"));
    let run = words.next().expect("a run's number");
    let options = Options {
        database: Database::Sqlite(folder.clone()),
        blobs: folder.join("blobs"),
        keyring: Keyring::from_bytes(&[7; 64]),
    };
    let db = Db::open(options, &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA]).expect("the database opens");
    let ctx = Ctx {
        db,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        actor: Actor::Machine("storm"),
        locale: Locale::AR,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        seed(&ctx).await;
        for client in 0..CLIENTS {
            let (ctx, run) = (ctx.clone(), run.clone());
            tokio::spawn(async move {
                for number in 0_u64.. {
                    act(&ctx, &format!("{run}-{client}-{number}")).await;
                }
            });
        }
        let reason = ctx.db.fatal().await;
        say(&format!("fatal {reason}"));
        std::process::abort();
    });
}

async fn seed(ctx: &Ctx) {
    let fee = Fee {
        code: "sample".to_owned(),
        names: std::collections::BTreeMap::new(),
        valid_from: Date::parse("2020-01-01").expect("a date"),
        amount: Money::from_minor(500, Currency::Ils),
        revenue: "sample".to_owned(),
        decision: "1/2020".to_owned(),
        sample: true,
    };
    let seeded = ctx.write(Key::once(ctx), move |tx| payments::set_fee_in(tx, &fee)).await;
    if let Err(error) = seeded {
        say(&format!("not seeded {error}"));
    }
}

async fn act(ctx: &Ctx, transaction: &str) {
    let request = BillRequest {
        case: ctx.mint::<CaseId>(),
        payer: ctx.mint::<PersonId>(),
        service: "sample".to_owned(),
        fees: vec![FeeUse { code: "sample".to_owned(), quantity: 1 }],
        cohorts: Vec::new(),
    };
    let billed = ctx.write(Key::once(ctx), move |tx| payments::bill_in(tx, &request).map(|bill| bill.code)).await;
    let Ok(code) = billed else { return };
    let advice = Advice {
        transaction: transaction.to_owned(),
        code: code.clone(),
        quote_id: None,
        amount_minor: 500,
        currency: "ILS".to_owned(),
        business_date: "2026-11-24".to_owned(),
        branch: "1".to_owned(),
    };
    match payments::advise(ctx, "sample", advice).await {
        Ok(answer) => say(&format!("paid {transaction} {code} {}", answer.receipt)),
        Err(Refusal::Store(Error::Unknown(_))) => say(&format!("unknown {transaction} {code}")),
        Err(error) => say(&format!("refused {transaction} {error}")),
    }
}

/// Whole lines, at once: what was acknowledged is what was printed.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if written.is_err() {
        // Nobody listens any more: the storm is over.
        std::process::exit(0);
    }
}
