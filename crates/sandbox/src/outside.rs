//! The outside as one system of the demo: its routes under `/demo`, its state.

use std::path::PathBuf;
use std::sync::Arc;

use base::Date;
use store::{Migration, Subscriber};
use web::System;
use web::client::HttpClient;

use crate::outages::Outages;
use crate::phones::Mailbox;
use crate::registry::Registers;
use crate::{bank, demo_page, outages, phones, register_http, sql, till};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_sandbox.sql") }];

/// How the outside reaches the portal.
#[derive(Clone)]
pub struct Config {
    /// How browsers reach the portal: what the bank leads back to.
    pub portal_origin: String,
    /// How this machine reaches it.
    pub portal_reach: String,
    /// What the bank and the portal share.
    pub bank_secret: String,
    /// The biller interface and a client with the till's certificate.
    pub biller: Option<(String, HttpClient)>,
    /// The day from which stories are counted.
    pub start: Date,
    /// Where the registers lie that a security server reads itself.
    pub registers: PathBuf,
}

/// See the module.
pub struct Sandbox {
    config: Config,
    /// The registers.
    pub registers: Registers,
    /// Everything that was sent to anybody.
    pub mailbox: Arc<Mailbox>,
    /// Who else is out.
    pub outages: Outages,
}

impl Sandbox {
    /// The outside as it stands at the start.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            registers: Registers::new(config.start),
            mailbox: Arc::new(Mailbox::default()),
            outages: Outages::default(),
            config,
        }
    }
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }
}

/// The name of its role.
pub const NAME: &str = "sandbox";

/// The system as the binary mounts it in a demo.
#[must_use]
pub fn system(sandbox: &Arc<Sandbox>) -> System {
    let teller = Arc::clone(sandbox);
    let tell = Subscriber::new(bank::TELL, bank::TELL, move |ctx, work| {
        let sandbox = Arc::clone(&teller);
        async move { bank::tell(ctx, &sandbox, work).await }
    });
    System { subscribers: vec![tell], ..routes_only() }.with_state(Arc::clone(sandbox))
}

/// The same with nothing behind it, for tables that are printed.
#[must_use]
pub fn routes_only() -> System {
    System {
        name: NAME,
        statements: sql::ALL,
        migrations: MIGRATIONS,
        routes: [
            demo_page::routes(),
            phones::routes(),
            register_http::routes(),
            outages::routes(),
            bank::http::routes(),
            till::routes(),
        ]
        .concat(),
        transitions: vec![bank::SESSION],
        ..System::default()
    }
}
