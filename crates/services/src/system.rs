//! What the handlers and subscribers of cases stand on.

use std::sync::Arc;
use std::time::Duration;

use base::CaseId;
use catalogue::{Catalogue, form};
use documents::{PaperIssued, PaperRevoked};
use payments::MoneyHeld;
use store::{Ctx, Error, Event, Job, Key, Lease, Subscriber, params};

use crate::case::case;
use crate::count::count_in;
use crate::edition::Editions;
use crate::facts::facts_in;
use crate::files::{self, Intake};
use crate::{bundle, promise, replay, resume, sql, steps, told, way};

/// The folders, and the way to the registers.
pub struct Services {
    /// Every service.
    pub catalogue: Arc<Catalogue>,
    /// Our own security server.
    pub exchange: exchange::Client,
    /// How files are taken in.
    pub intake: Intake,
}

/// A draft that nobody touched for so long was left, days. It stays where it is.
const LEFT_DAYS: i64 = 30;
/// Drafts that one commit counts.
const LEFT_AT_ONCE: i64 = 50;

/// Counts drafts that were left, with the question at which they stopped.
pub(crate) fn abandoned(editions: &Arc<Editions>) -> Job {
    let editions = Arc::clone(editions);
    Job::every("services.abandoned", Duration::from_secs(3_600), move |ctx, lease| {
        let catalogue = Arc::clone(&editions.now().catalogue);
        async move {
            while abandon(&ctx, &catalogue, &lease).await? == LEFT_AT_ONCE {}
            Ok(())
        }
    })
}

async fn abandon(ctx: &Ctx, catalogue: &Arc<Catalogue>, lease: &Lease) -> Result<i64, Error> {
    let (catalogue, held) = (Arc::clone(catalogue), lease.clone());
    ctx.write(Key::once(ctx), move |tx| {
        held.hold(tx)?;
        resume::forget_in(tx)?;
        let now = tx.now();
        let rows = tx.rows(&sql::LEFT, &params![now.plus_seconds(-LEFT_DAYS * 86_400), LEFT_AT_ONCE])?;
        for row in &rows {
            let id: CaseId = row.get(0)?;
            if tx.execute(&sql::ABANDON, &params![now, id])? == 0 {
                continue;
            }
            let case = match case(tx, id) {
                Ok(Some(case)) => case,
                // Its person was erased: what it said is nobody's to count.
                Ok(None) | Err(Error::Sealed) => continue,
                Err(error) => return Err(error),
            };
            let open = match catalogue.of(&case) {
                Some(service) => form::missing(service, &facts_in(tx, service, &case)?),
                None => Vec::new(),
            };
            let open = open.into_iter().next().unwrap_or_else(|| "check".to_owned());
            count_in(tx, "abandoned", &case.service, &open, case.locale)?;
        }
        Ok(i64::try_from(rows.len()).unwrap_or(0))
    })
    .await
}

/// What cases hear from the systems below.
pub(crate) fn subscribers(editions: &Arc<Editions>) -> Vec<Subscriber> {
    let (checking, issuing, planning) = (Arc::clone(editions), Arc::clone(editions), Arc::clone(editions));
    let (asking, sending, following) = (Arc::clone(editions), Arc::clone(editions), Arc::clone(editions));
    let replaying = Arc::clone(editions);
    let mut subscribers = vec![
        Subscriber::new(way::CHECK, way::CHECK, move |ctx, work| way::check(ctx, checking.now(), work)),
        Subscriber::new(told::AGAIN, told::AGAIN, move |ctx, work| told::ask_again(ctx, asking.now(), work)),
        Subscriber::new("services.money_held", MoneyHeld::TOPIC, way::money_held),
        Subscriber::new("services.paper_issued", PaperIssued::TOPIC, move |ctx, work| {
            way::issued(ctx, issuing.now(), work)
        }),
        Subscriber::new("services.paper_revoked", PaperRevoked::TOPIC, way::revoked),
        Subscriber::new(bundle::FOLLOW, bundle::FOLLOW, move |ctx, work| bundle::follow(ctx, following.now(), work)),
        Subscriber::new(replay::REPLAY, replay::REPLAY, move |ctx, work| replay::go_on(ctx, replaying.now(), work)),
        Subscriber::new(bundle::SEND, bundle::SEND, move |ctx, work| bundle::send_member(ctx, sending.now(), work)),
        Subscriber::new(promise::PLAN, promise::PLAN, move |ctx, work| promise::plan(ctx, planning.now(), work)),
    ];
    subscribers.extend(steps::subscribers(editions));
    subscribers.extend([files::scan::scanning(editions), files::receive::gone()]);
    subscribers
}
