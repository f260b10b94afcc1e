//! The list of systems, in the order of the house. A role of `--only` is a name
//! of this list.

use std::sync::Arc;

use anyhow::Result;
use audit::{Audit, LogKey};
use notify::Gateways;
use seal::SigningKey;
use services::Catalogue;
use store::Schema;
use web::System;

use crate::config::Config;

/// Every system, configured.
pub(crate) fn all(config: &Config, log: LogKey, catalogue: &Arc<Catalogue>) -> Vec<System> {
    let gateways = Gateways {
        sms_url: config.notify.sms_url.clone(),
        smtp_url: config.notify.smtp_url.clone(),
        mail_from: config.notify.mail_from.clone(),
    };
    vec![
        web::admin::system(),
        audit::system(Audit { key: Arc::new(log) }),
        notify::system(gateways),
        ledger::system(),
        payments::system(None),
        services::system(Arc::clone(catalogue)),
        portal::system(Arc::clone(catalogue)),
    ]
}

/// Every system as its tables need it: no configuration, a key that signs nothing.
pub(crate) fn for_tables() -> Result<Vec<System>> {
    let log = LogKey::new("tables", SigningKey::ed25519_from_seed(&[0; 32])?);
    Ok(all(&Config::default(), log, &Arc::new(Catalogue::empty())))
}

/// The tables of these systems.
pub(crate) fn schemas(systems: &[System]) -> Vec<Schema> {
    systems.iter().map(|system| Schema { system: system.name, migrations: system.migrations }).collect()
}
