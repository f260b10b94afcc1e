//! Single sign-on: people's accounts, officers, how they prove who they are,
//! and the OpenID provider that tells it to clients.
//!
//! Not here: the browser's session (web), what somebody may do (each route's
//! right), the registers themselves (asked over the exchange), the sending of
//! messages (notify).
//!
//! Invariants: an ID number is proven for at most one account; a one-time code
//! goes only to a number that a register or a counter bound to the person, or to
//! one that somebody abroad gave for an account that stays `low`, is
//! bound to one transaction, and a new one starts no counter again; a `low`
//! account is told nothing that a register knows; a code, an assertion and a
//! refresh token are taken once, and a second time revokes the family; what an
//! officer at a counter says proves an account and sets no secret; officers keep a
//! second factor, and have none by message; two contacts and a day's wait that any
//! channel stops lead back into one; an officer comes in again by two others, of whom
//! each has half of the code; a client and a locked account change only if
//! two officers agree; nobody acts for another but under a mandate that holds, for
//! a company only as its register says; wrong, unknown and mismatched do the same
//! work and hear the same answer.

pub mod model;
pub mod password;
pub mod totp;

mod authenticator;
mod certificate;
mod code;
mod contact;
mod counter;
mod factors;
mod holder;
mod learn;
mod mission;
mod officer;
mod opening;
mod opening_code;
mod passkey;
mod passport;
mod person;
mod readmission;
mod recover;
mod registry;
mod revocation;
mod sheet;
mod sign_in;
mod spending;
mod vouching;

mod authorize;
mod back_channel;
mod client;
mod consent;
mod device;
mod device_authorization;
mod grant;
mod keys;
mod logout;
mod oauth;
mod pkcs11;
mod security;
mod sso;
mod token;
mod userinfo;

pub mod seed;
mod verify;

mod company;
mod doubt;
mod mandate;
mod network;

mod figures;
mod health;
mod hint;
mod lock;
mod login_hint;
mod proposal;
mod requirement;

mod http;
mod jobs;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod sql;

pub use certificate::PersonalAuthority;
pub use client::{client, register_in};
pub use company::company_number;
pub use lock::READ;
pub use mandate::acts_for;
pub use mandate::take::TAKEN_UP;
pub use mission::{Country, Mission};
pub use model::{
    Account, AccountOpened, CertificateRevoked, FactorChanged, Facts, Method, NewAccount, NewOfficer, Officer, Refusal,
};
pub use network::Networks;
pub use officer::officer;
pub use openid::{Client, Fault, Grant, Holders, Policy, Preset, Why};
pub use passport::came_from_abroad;
pub use person::{
    account, account_of, bind_phone_in, birth_date, display_name, id_number, keep_facts_in, person_of_id_number,
    raise_in,
};
pub use pkcs11::TokenConfig;
pub use registry::{Question, Registry, Unanswered};
pub use requirement::{Introduced, introduce as introduce_services, required_on, undecided};
pub use sql::ALL as STATEMENTS;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use store::{Ctx, Migration, Schema};
use web::client::HttpClient;
use web::{Home, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_identity.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_clients.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_devices.sql") },
    Migration { version: 4, sql: include_str!("../migrations/0004_factors.sql") },
    Migration { version: 5, sql: include_str!("../migrations/0005_device_authorization.sql") },
    Migration { version: 6, sql: include_str!("../migrations/0006_officers.sql") },
    Migration { version: 7, sql: include_str!("../migrations/0007_mandates.sql") },
    Migration { version: 8, sql: include_str!("../migrations/0008_counter.sql") },
    Migration { version: 9, sql: include_str!("../migrations/0009_staff.sql") },
    Migration { version: 10, sql: include_str!("../migrations/0010_abroad.sql") },
    Migration { version: 11, sql: include_str!("../migrations/0011_companies.sql") },
    Migration { version: 12, sql: include_str!("../migrations/0012_certificates.sql") },
    Migration { version: 13, sql: include_str!("../migrations/0013_calls.sql") },
    Migration { version: 14, sql: include_str!("../migrations/0014_withdrawn.sql") },
    Migration { version: 15, sql: include_str!("../migrations/0015_clients.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "identity", migrations: MIGRATIONS };

/// The provider's configuration: `[identity]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The provider's name in tokens: scheme, host and port of the portal.
    #[serde(skip)]
    pub issuer: String,
    /// Where the portal's process reaches the provider's; empty in one process.
    pub reach: String,
    /// Where agencies' servers with certificates call: `https://machines.example.ps`,
    /// which leads to the listener for machines; empty if nowhere.
    pub machines: String,
    /// Where people's browsers show their certificates: `https://id.example.ps:8443`,
    /// which leads to the listener for machines; empty if nowhere, and then no
    /// certificate is offered.
    pub certificates: String,
    /// An answer about somebody's data comes no sooner than this, milliseconds,
    /// so that its time says nothing. Longer than the look-up's limit.
    pub patience_ms: u64,
    /// A sign-in that is refused is answered no sooner than this, milliseconds:
    /// the few reads more that a known number costs do not show. Longer than
    /// the work of one try.
    pub refusal_ms: u64,
    /// How long the registers may take, milliseconds; then the account is
    /// opened as if they were silent.
    pub lookup_limit_ms: u64,
    /// Where the signing keys are made and used, if not in our own table.
    pub pkcs11: Option<TokenConfig>,
    /// Whether a gateway makes calls: then codes can be asked for by one.
    #[serde(skip)]
    pub calls: bool,
    /// A file of address ranges with the names of their networks, for the list of
    /// sessions; empty for the sample that comes with the program.
    pub networks: String,
    /// What one text message costs, in agorot: the figures multiply by it.
    pub sms_price_minor: u32,
    /// What one call costs, in agorot.
    pub call_price_minor: u32,
    /// How often one may try.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "http://localhost:8080".to_owned(),
            reach: String::new(),
            machines: String::new(),
            certificates: String::new(),
            patience_ms: 2_500,
            refusal_ms: 400,
            lookup_limit_ms: 2_200,
            pkcs11: None,
            calls: false,
            networks: String::new(),
            sms_price_minor: 0,
            call_price_minor: 0,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// How a caller names this provider: those with a certificate call elsewhere.
    pub(crate) fn origin_for(&self, certificate: Option<&String>) -> &str {
        let elsewhere = certificate.is_some() && !self.machines.is_empty();
        if elsewhere { &self.machines } else { &self.issuer }
    }
}

/// How often one may try (facts, identity §3.4; NIST SP 800-63B-4 §3.2.2).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Sign-ins from one address, a minute.
    pub address_per_minute: u32,
    /// Sign-ins to one name from one address, a minute.
    pub pair_per_minute: u32,
    /// The same in half a day.
    pub pair_per_half_day: u32,
    /// Failures to one name without a success between, a day.
    pub failures_in_a_row: u32,
    /// Tries of codes about one person, in ten minutes.
    pub code_tries_per_person: u32,
    /// Seconds between two messages or calls to one number: they count together.
    pub sms_pause_seconds: u32,
    /// Messages to one number, an hour.
    pub sms_per_hour: u32,
    /// Messages to one number, a day.
    pub sms_per_day: u32,
    /// Openings begun from one address, an hour.
    pub openings_per_address_per_hour: u32,
    /// Look-ups for one ID number, a day.
    pub openings_per_number_per_day: u32,
    /// Devices' codes that one account types, in ten minutes.
    pub user_codes_per_account: u32,
    /// Devices' codes that are typed from one address, in ten minutes.
    pub user_codes_per_address: u32,
    /// People whom one officer compares at a counter, a day.
    pub comparisons_per_officer: u32,
    /// Messages to one number abroad, a day.
    pub sms_abroad_per_number_per_day: u32,
    /// Messages to numbers abroad that lie side by side, an hour.
    pub sms_abroad_per_block_per_hour: u32,
    /// Messages to numbers of one country abroad, a day.
    pub sms_abroad_per_country_per_day: u32,
    /// Messages abroad, a day: what the state spends on them at most.
    pub sms_abroad_per_day: u32,
    /// Of these, to numbers that nobody has proven: of one country, a day.
    pub claimed_abroad_per_country_per_day: u32,
    /// And of all countries.
    pub claimed_abroad_per_day: u32,
    /// Codes that one address has sent to numbers and addresses of its choice, a day.
    pub claimed_per_address_per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address_per_minute: 20,
            pair_per_minute: 5,
            pair_per_half_day: 50,
            failures_in_a_row: 100,
            code_tries_per_person: 10,
            sms_pause_seconds: 30,
            sms_per_hour: 5,
            sms_per_day: 10,
            openings_per_address_per_hour: 60,
            openings_per_number_per_day: 10,
            user_codes_per_account: 10,
            user_codes_per_address: 60,
            comparisons_per_officer: 60,
            sms_abroad_per_number_per_day: 5,
            sms_abroad_per_block_per_hour: 10,
            sms_abroad_per_country_per_day: 400,
            sms_abroad_per_day: 1_000,
            claimed_abroad_per_country_per_day: 60,
            claimed_abroad_per_day: 200,
            claimed_per_address_per_day: 10,
        }
    }
}

/// The provider.
pub struct Identity {
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) hasher: password::Hasher,
    pub(crate) keys: keys::KeyCache,
    pub(crate) clients: client::Clients,
    /// The door to what clients' owners named.
    pub(crate) http: HttpClient,
    /// Whether clients may live on this machine.
    pub(crate) here: bool,
    /// The offices that people visit, each with its name in every language.
    pub(crate) counters: BTreeMap<String, Vec<String>>,
    /// The names of networks.
    pub(crate) networks: Networks,
    /// Who makes people's certificates.
    pub(crate) personal: Option<PersonalAuthority>,
    /// The missions abroad, and whoever sees people for all other countries.
    pub(crate) missions: Vec<Mission>,
}

impl Identity {
    /// A provider that asks these registers.
    #[must_use]
    pub fn new(config: Config, registry: Registry) -> Self {
        let (hasher, keys) = (password::Hasher::default(), keys::KeyCache::new(config.pkcs11.clone()));
        Self {
            config,
            registry,
            hasher,
            keys,
            clients: client::Clients::default(),
            http: HttpClient::outside(),
            here: false,
            counters: BTreeMap::new(),
            missions: Vec::new(),
            networks: Networks::shipped(),
            personal: None,
        }
    }

    /// The same with the operator's own table of networks.
    #[must_use]
    pub fn with_networks(self, networks: Networks) -> Self {
        Self { networks, ..self }
    }

    /// The same with the offices whose officers see people: the unit and its
    /// name in every language, in the order of [`base::Locale::all`].
    #[must_use]
    pub fn with_counters(self, counters: BTreeMap<String, Vec<String>>) -> Self {
        Self { counters, ..self }
    }

    /// The same with the authority of people's certificates.
    #[must_use]
    pub fn with_personal_authority(self, authority: PersonalAuthority) -> Self {
        Self { personal: Some(authority), ..self }
    }

    /// The same with the missions to which people abroad are sent.
    #[must_use]
    pub fn with_missions(self, missions: Vec<Mission>) -> Self {
        Self { missions, ..self }
    }

    /// The same reaching clients on this machine too: for the demo and for tests.
    #[must_use]
    pub fn with_http(self, http: HttpClient) -> Self {
        Self { http, here: true, ..self }
    }

    /// The same with another cost of passwords: for tests that sign in often.
    #[must_use]
    pub fn with_hasher(self, hasher: password::Hasher) -> Self {
        Self { hasher, ..self }
    }

    /// Makes the signing keys if there are none, so that the first sign-in does
    /// not wait for them.
    ///
    /// # Errors
    /// The store's.
    pub async fn prepare(&self, ctx: &Ctx) -> Result<(), Refusal> {
        self.keys.get(ctx).await.map(drop)
    }
}

/// The system as the binary mounts it.
#[must_use]
pub fn system(identity: Arc<Identity>) -> System {
    System {
        name: "identity",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        jobs: jobs::jobs(&identity),
        subscribers: vec![learn::subscriber(Arc::clone(&identity)), back_channel::subscriber(Arc::clone(&identity))],
        transitions: vec![
            model::AUTHORIZATION,
            model::DEVICE,
            model::CODE,
            model::SESSION,
            model::OPENING,
            model::RECOVERY,
            model::COMPARISON,
            model::CONTACT,
            model::VOUCHING,
            model::ACCOUNT,
            model::PROPOSAL,
            model::READMISSION,
            model::MANDATE,
            model::CLIENT,
            model::CERTIFICATE,
            model::SHOWING,
        ],
        invariants: verify::invariants(),
        homes: vec![
            Home { kind: "person", find: sql::FIND_PERSON },
            Home { kind: "officer", find: sql::FIND_OFFICER },
            Home { kind: "account", find: sql::FIND_ACCOUNT },
            Home { kind: "mandate", find: sql::FIND_MANDATE },
        ],
        ..System::default()
    }
    .with_state(identity)
}
