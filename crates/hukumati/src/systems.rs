//! The list of systems, in the order of the house. A role of `--only` is a name
//! of this list.

use std::sync::Arc;

use anyhow::Result;
use audit::{Audit, LogKey};
use catalogue::Catalogue;
use identity::{Identity, Question, Registry, Unanswered};
use notify::Gateways;
use payments::{Bank, Collectors};
use seal::SigningKey;
use services::{Editions, Intake, Services};
use store::Schema;
use web::System;

use crate::config::Config;
use crate::house::House;
use crate::personal;

/// Every system, configured.
pub(crate) fn all(
    config: &Config,
    log: LogKey,
    house: &House,
    (bank, collectors): (Option<Bank>, Collectors),
) -> Vec<System> {
    let gateways = Gateways {
        sms_url: config.notify.sms_url.clone(),
        voice_url: config.notify.voice_url.clone(),
        smtp_url: config.notify.smtp_url.clone(),
        mail_from: config.notify.mail_from.clone(),
    };
    let systems = vec![
        identity::system(Arc::clone(&house.identity)),
        relying_party::system(Arc::clone(&house.party)),
        documents::system(&house.documents),
        payments::system(bank, collectors),
    ];
    let mut authority = ca::system(Arc::clone(&house.authority));
    authority.subscribers.push(personal::revocations(&house.authority));
    let upper = vec![authority, interop::system(Arc::clone(&house.central))];
    assemble(log, gateways, upper, systems, &house.editions)
}

/// Every system as its tables need it: no configuration, a key that signs nothing.
pub(crate) fn for_tables() -> Result<Vec<System>> {
    let log = LogKey::new("tables", 1, SigningKey::ed25519_from_seed(&[0; 32])?);
    let outside: Vec<System> = vec![
        #[cfg(feature = "sandbox")]
        sandbox::routes_only(),
        #[cfg(feature = "sandbox")]
        crate::demo_clients::system(),
    ];
    Ok(listed(log).into_iter().chain(outside).collect())
}

/// Every system with nothing behind it, for commands that read.
pub(crate) fn listed(log: LogKey) -> Vec<System> {
    let config = Config::default();
    let catalogue = Arc::new(Catalogue::empty());
    let exchange = exchange::Client::new(config.exchange.clone());
    let editions = Editions::new(Services { catalogue, exchange, intake: Intake::new(None) });
    let systems = vec![
        identity::system(Arc::new(Identity::new(config.identity, Registry::absent()))),
        relying_party::routes_only(),
        documents::routes_only(),
        payments::system(None, Collectors::default()),
    ];
    assemble(log, Gateways::default(), vec![ca::routes_only(), interop::routes_only()], systems, &editions)
}

fn assemble(
    log: LogKey,
    gateways: Gateways,
    upper: Vec<System>,
    systems: Vec<System>,
    editions: &Arc<Editions>,
) -> Vec<System> {
    let kit = web::admin::system();
    let lower = vec![
        audit::system(Audit { key: Arc::new(log) }),
        notify::system(gateways),
        ledger::system(),
        exchange::records(),
    ];
    let last = vec![services::system(editions), portal::system(editions)];
    let mut all: Vec<System> = [vec![kit], lower, upper, systems, last].into_iter().flatten().collect();
    // The kit is part of every role, and knows what all systems name, whichever it serves.
    let named = all.iter().flat_map(|system| system.blobs.iter().copied()).collect();
    all[0].jobs.push(store::collecting(named));
    all
}

/// The registers that identity asks, over the exchange.
pub(crate) fn registry(client: exchange::Client, config: &crate::config::Registers) -> Registry {
    let (config, of_companies) = (config.clone(), (client.clone(), config.company.clone()));
    let humans = Registry::new(move |ctx, question, number, person| {
        let client = client.clone();
        let id = ("id".to_owned(), number.as_str().to_owned());
        let (operation, parameters, purpose) = match question {
            Question::Person => (config.person.clone(), vec![id], "account.open"),
            Question::Numbers => (config.numbers.clone(), vec![id], "account.open"),
            Question::Family => (config.family.clone(), vec![id], "mandate"),
            Question::Signatory => (config.signatory.clone(), vec![id], "mandate"),
            Question::Represented => (config.person.clone(), vec![id], "mandate"),
            Question::Portrait => {
                (config.person.clone(), vec![id, ("photo".to_owned(), "true".to_owned())], "account.counter")
            }
        };
        async move { ask(&ctx, &client, operation, parameters, person, purpose).await }
    });
    humans.with_companies(move |ctx, number, company| {
        let (client, operation) = of_companies.clone();
        let parameters = vec![("number".to_owned(), number.as_str().to_owned())];
        async move { ask(&ctx, &client, operation, parameters, company, "mandate").await }
    })
}

async fn ask(
    ctx: &store::Ctx,
    client: &exchange::Client,
    operation: String,
    parameters: Vec<(String, String)>,
    person: base::PersonId,
    purpose: &str,
) -> Result<serde_json::Value, Unanswered> {
    let lookup = exchange::Lookup { operation, parameters, person, purpose: purpose.to_owned(), case: None };
    match client.get(ctx, lookup).await {
        Ok(answer) => Ok(answer.body),
        Err(exchange::LookupError::NotFound) => Err(Unanswered::NotFound),
        Err(other) => Err(Unanswered::Unavailable(other.to_string())),
    }
}

/// The tables of these systems.
pub(crate) fn schemas(systems: &[System]) -> Vec<Schema> {
    systems.iter().map(|system| Schema { system: system.name, migrations: system.migrations }).collect()
}
