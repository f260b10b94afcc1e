//! The process that the storm test kills: bills and cash payments without end
//! on the database of the folder given, one line for each acknowledged act.
//!
//! `storm_child FOLDER RUN`; lines are `paid TRANSACTION CODE RECEIPT` and
//! `unknown TRANSACTION CODE`.

mod sample;

use std::io::Write;
use std::path::PathBuf;

use payments::Refusal;
use store::{Ctx, Error};

/// Clients at once.
const CLIENTS: u32 = 8;

fn main() {
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().expect("a folder"));
    let run = words.next().expect("a run's number");
    let ctx = sample::open(&folder);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if let Err(error) = sample::seed(&ctx).await {
            say(&format!("not seeded {error}"));
        }
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

async fn act(ctx: &Ctx, transaction: &str) {
    let Ok(code) = sample::bill(ctx).await else { return };
    match payments::advise(ctx, "sample", sample::advice(transaction, &code)).await {
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
