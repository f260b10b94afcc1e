//! What identity does by the clock: it forgets what is over, takes new keys, looks
//! at clients by night, and asks about companies that are acted for.

use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use store::{Ctx, Error, Job, Key, Statement, params};

use crate::{Identity, contact, counter, health, mandate, opening, sql};

/// What is over is kept this long: the last code of a transaction outlives it
/// by ten minutes at most.
const KEPT_SECONDS: i64 = 900;
/// How often.
const EVERY: Duration = Duration::from_secs(300);

/// Commits in which one run forgets what was brought once: those of 4,000 calls a second.
const ROUNDS: usize = 3_000;

/// How often clients are looked for that were not looked at tonight.
const LOOK_EVERY: Duration = Duration::from_secs(900);

pub(crate) fn jobs(identity: &Arc<Identity>) -> Vec<Job> {
    let keeper = Arc::clone(identity);
    let rotate = move |ctx: Ctx, _lease| {
        let identity = Arc::clone(&keeper);
        async move { identity.keys.rotate(&ctx).await }
    };
    let asker = Arc::clone(identity);
    let identity = Arc::clone(identity);
    vec![
        Job::every("identity.companies", EVERY, move |ctx, _lease| {
            let identity = Arc::clone(&asker);
            async move { mandate::company::ask_again(&ctx, &identity).await }
        }),
        Job::every("identity.health", LOOK_EVERY, move |ctx, _lease| {
            let identity = Arc::clone(&identity);
            async move { health::check(&ctx, &identity).await }
        }),
        Job::every("identity.clear", EVERY, |ctx, _lease| async move { clear(&ctx).await }),
        Job::every("identity.mandates", EVERY, |ctx, _lease| async move { mandate::end::expire(&ctx).await }),
        Job::every("identity.rotate", EVERY, rotate),
    ]
}

/// Tokens and devices before their authorizations, these before their sessions.
pub(crate) async fn clear(ctx: &Ctx) -> Result<(), Error> {
    let before = ctx.now().plus_seconds(-KEPT_SECONDS);
    for statement in [
        &sql::DELETE_OVER_CODES,
        &sql::DELETE_OVER_RECOVERIES,
        &sql::DELETE_OVER_READMISSIONS,
        &sql::DELETE_OVER_OPENING_CODES,
        &sql::DELETE_OVER_VOUCHES,
        &sql::DELETE_OVER_VOUCHINGS,
        &sql::DELETE_OVER_REVOKED,
        &sql::DELETE_OVER_EXCHANGED,
        &sql::DELETE_RETIRED_KEYS,
        &sql::DELETE_OVER_TOKENS,
        &sql::DELETE_OVER_DEVICES,
        &sql::DELETE_OVER_SHOWINGS,
        &sql::DELETE_OVER_AUTHORIZATIONS,
        &sql::DELETE_OVER_SESSIONS,
    ] {
        remove(ctx, statement, before).await?;
    }
    // Every call of every system leaves one of these.
    for _ in 0..ROUNDS {
        if remove(ctx, &sql::DELETE_OVER_ASSERTIONS, before).await? == 0 {
            break;
        }
    }
    counter::clear(ctx, before).await?;
    contact::clear(ctx, before).await?;
    opening::clear(ctx, before).await
}

async fn remove(ctx: &Ctx, statement: &'static Statement, before: Timestamp) -> Result<u64, Error> {
    ctx.write(Key::once(ctx), move |tx| tx.execute(statement, &params![before])).await
}
