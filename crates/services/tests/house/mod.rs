//! A whole house under test: every system that a case passes through, over the
//! real store, with registers, a bank and an SMS company that a test sets.

pub mod registers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use audit::{Audit, LogKey};
use base::{Actor, Assurance, CaseId, Currency, Date, IdNumber, Money, OfficerId, PersonName, Phone, Role};
use catalogue::Catalogue;
use documents::{Documents, Template};
use exchange::{Client, ClientConfig};
use identity::password::Hasher;
use identity::{Facts, Identity, NewAccount, NewOfficer, Registry, seed};
use notify::Gateways;
use payments::{Advice, Bank, Fee, Waiver};
use registers::Registers;
use seal::SigningKey;
use services::{Editions, Intake, Services};
use store::{Ctx, Invariant, Key, Schema, Subscriber};
use testkit::{BankSide, PhoneSide, World};
use web::System;
use web::client::HttpClient;

pub const SCHEMAS: &[Schema] = &[
    web::admin::SCHEMA,
    audit::SCHEMA,
    notify::SCHEMA,
    ledger::SCHEMA,
    exchange::SCHEMA,
    ca::SCHEMA,
    identity::SCHEMA,
    documents::SCHEMA,
    payments::SCHEMA,
    services::SCHEMA,
];

/// Head of the first person's ID number.
pub const FIRST: u32 = 90_000_001;

/// How papers look: as they are, or as little as can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The services' own templates.
    Full,
    /// One line: setting a full page takes an unoptimised build seconds.
    Bare,
}

const BARE: &str = "#let data = json(\"data.json\")\n#set document(title: data.title.at(1))\n\
    #set text(lang: \"en\", font: \"IBM Plex Sans Arabic\")\n#set page(width: 80mm, height: 40mm)\n#data.serial\n";

/// Everything that a case stands on.
pub struct House {
    /// Nobody acts.
    pub ctx: Ctx,
    pub services: Arc<Services>,
    /// What its pages and jobs take anew each time.
    pub editions: Arc<Editions>,
    pub systems: Vec<System>,
    pub subscribers: Vec<Subscriber>,
    pub registers: Arc<Registers>,
    pub bank: Arc<BankSide>,
    pub phones: Arc<PhoneSide>,
    /// Those that `hukumati verify` runs.
    pub invariants: Vec<Invariant>,
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services")
}

/// The project's own folders, read and linted once.
pub fn catalogue() -> Arc<Catalogue> {
    static READ: OnceLock<Arc<Catalogue>> = OnceLock::new();
    let read = || Arc::new(Catalogue::read(&directory()).unwrap_or_else(|faults| panic!("{faults:#?}")));
    Arc::clone(READ.get_or_init(read))
}

fn templates(catalogue: &Catalogue, look: Look) -> Vec<Template> {
    let own = |(key, version, text): (&str, u32, String)| {
        let text = if look == Look::Full { text } else { BARE.to_owned() };
        Template { key: key.to_owned(), version, text }
    };
    catalogue.templates().map(own).collect()
}

/// The cheapest hash that argon2 makes: nobody signs in here.
fn cheap() -> Hasher {
    Hasher::of_cost(8, 1)
}

impl House {
    /// A house in this world, without people.
    pub async fn new(world: &World, look: Look) -> Self {
        Self::of(world, look, catalogue()).await
    }
    /// A house with other folders than the project's.
    pub async fn of(world: &World, look: Look, catalogue: Arc<Catalogue>) -> Self {
        Self::scanned(world, look, catalogue, None).await
    }
    /// The same with ClamAV at an address.
    pub async fn scanned(world: &World, look: Look, catalogue: Arc<Catalogue>, clamav: Option<&str>) -> Self {
        let ctx = world.ctx.clone();
        let (registers, bank) = (Arc::new(Registers::default()), Arc::new(BankSide::new(Arc::clone(&ctx.clock))));
        let phones = Arc::new(PhoneSide::default());
        let security_server = registers::security_server(&registers).await;
        let exchange = Client::new(ClientConfig { security_server, ..ClientConfig::default() });
        let authority = Arc::new(ca::Authority::prepare(&ctx, "http://localhost:8080").await.unwrap());
        let templates = templates(&catalogue, look);
        let documents =
            Documents::prepare(&ctx, Arc::clone(&authority), templates, "http://localhost:8080").await.unwrap();
        let editions = Editions::new(Services { catalogue, exchange, intake: Intake::new(clamav) });
        let services = editions.now();
        let log = LogKey::new("test/audit", 1, SigningKey::ed25519_from_seed(&[9; 32]).unwrap());
        let acquirer = Bank {
            url: bank.listen().await,
            name: "bank".to_owned(),
            secret: "secret".to_owned(),
            origin: "http://localhost:8080".to_owned(),
            http: HttpClient::public(),
        };
        let gateways = Gateways { sms_url: Some(phones.listen().await), ..Gateways::default() };
        let mut systems = vec![
            web::admin::system(),
            audit::system(Audit { key: Arc::new(log) }),
            notify::system(gateways),
            ledger::system(),
            exchange::records(),
            ca::system(authority),
            identity::system(Arc::new(Identity::new(identity::Config::default(), Registry::absent()))),
            documents::system(&Arc::new(documents)),
            payments::system(Some(acquirer), payments::Collectors::default()),
            services::system(&editions),
        ];
        let named = systems.iter().flat_map(|system| system.blobs.iter().copied()).collect();
        systems[0].jobs.push(store::collecting(named));
        let subscribers: Vec<Subscriber> = systems.iter().flat_map(|system| system.subscribers.clone()).collect();
        ctx.db.set_subscribers(&subscribers);
        fees(&ctx, &services.catalogue).await;
        requirements(&ctx, &services.catalogue).await;
        let own = systems.iter().flat_map(|system| system.invariants.clone());
        let invariants = own.chain(web::ids::invariants(&systems)).chain([store::integrity()]).collect();
        Self { ctx, services, editions, systems, subscribers, registers, bank, phones, invariants }
    }

    /// A person of the registers with an account, signed in at its level.
    pub async fn citizen(&self, head: u32, level: Assurance) -> Ctx {
        let names = |parts: [&str; 4]| parts.map(str::to_owned);
        let name = PersonName {
            arabic: names(["سلمى", "عادل", "خليل", "عواد"]),
            latin: names(["Salma", "Adel", "Khalil", "Awwad"]),
        };
        let (id_number, born) = (IdNumber::complete(head), Date::new(1991, 4, 12).unwrap());
        self.registers.put(id_number.as_str());
        let proven = level > Assurance::Low;
        let new = NewAccount {
            id_number,
            born,
            facts: proven.then(|| Facts { name, born, alive: true, version: "1".to_owned() }),
            phone: proven.then(|| Phone::parse(&format!("0599{:06}", head % 1_000_000)).unwrap()),
            password: "a sample of a password".to_owned(),
            level,
        };
        let (person, account) = seed::account_hashed(&self.ctx, new, &cheap()).await.unwrap();
        self.ctx.as_actor(Actor::Citizen { person, account, assurance: level })
    }

    /// An officer of a unit, signed in.
    pub async fn officer(&self, username: &str, unit: &str, roles: &[Role]) -> Ctx {
        let new = NewOfficer {
            username: username.to_owned(),
            unit: unit.to_owned(),
            roles: roles.to_vec(),
            name: ["موظف".to_owned(), "Officer".to_owned()],
            password: "a sample of a password".to_owned(),
            totp_secret: b"12345678901234567890".to_vec(),
        };
        let officer: OfficerId = seed::new_officer_hashed(&self.ctx, new, &cheap()).await.unwrap().unwrap();
        self.ctx.as_actor(Actor::Officer { officer, unit: unit.to_owned(), roles: roles.to_vec() })
    }

    /// A service that a rule decides.
    pub fn by_rule(&self) -> String {
        "moi.family.extract".to_owned()
    }
    /// A service that a clerk decides.
    pub fn by_clerk(&self) -> String {
        "mot.licence.renew".to_owned()
    }
    /// Cash is taken at a till for a case's newest bill.
    pub async fn pay(&self, id: CaseId, transaction: &str) {
        let bill = self.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        let advice = Advice {
            transaction: transaction.to_owned(),
            code: bill.code.clone(),
            quote_id: None,
            amount_minor: bill.total.minor(),
            currency: "ILS".to_owned(),
            business_date: "2026-11-24".to_owned(),
            branch: "1".to_owned(),
        };
        payments::advise(&self.ctx.as_machine("till"), "till", advice).await.unwrap();
        self.settle().await;
    }
    pub async fn case(&self, id: CaseId) -> services::Case {
        self.ctx.read(move |read| services::case(read, id)).await.unwrap().unwrap()
    }
    /// Delivers everything that is due.
    pub async fn settle(&self) {
        store::dispatch_once(&self.ctx.as_machine("test"), &self.subscribers).await.unwrap();
    }
    /// Runs every job of the house once.
    pub async fn work(&self) {
        let ctx = self.ctx.as_machine("test");
        for job in self.systems.iter().flat_map(|system| &system.jobs) {
            assert!(job.run_once(&ctx, "test").await.unwrap(), "{} was not run", job.name);
        }
    }
    /// What `hukumati verify` would find broken: names and ids.
    pub async fn broken(&self) -> Vec<String> {
        self.broken_of(self.invariants.clone()).await
    }
    /// The same without what reads every leaf, every paper and every id again.
    pub async fn broken_lately(&self) -> Vec<String> {
        let quick = ["payments.", "ledger.entries_sum", "ledger.currencies", "services.", "notify.", "audit.no_leaf"];
        let links: Vec<&str> = self.systems.iter().flat_map(|system| &system.links).map(|link| link.name).collect();
        let is_quick = |name: &str| quick.iter().any(|start| name.starts_with(start)) && !links.contains(&name);
        let invariants = self.invariants.iter().filter(|invariant| is_quick(invariant.name));
        self.broken_of(invariants.cloned().collect()).await
    }
    async fn broken_of(&self, invariants: Vec<Invariant>) -> Vec<String> {
        let found = self.ctx.db.inspect(move |read| {
            let mut broken = Vec::new();
            for invariant in &invariants {
                let ids = invariant.check(read)?;
                broken.extend(ids.into_iter().map(|id| format!("{}: {id}", invariant.name)));
            }
            Ok(broken)
        });
        found.await.unwrap()
    }
    /// The sequencer's turn, which it has five times a second.
    pub async fn sequence(&self) {
        let ctx = self.ctx.as_machine("audit.sequence");
        let job = self.systems.iter().flat_map(|system| &system.jobs).find(|job| job.name == "audit.sequence");
        assert!(job.unwrap().run_once(&ctx, "test").await.unwrap());
    }
    pub async fn holds(&self) {
        self.sequence().await;
        assert_eq!(self.broken().await, Vec::<String>::new());
    }
}

/// What each service asks for, as its folder suggests.
async fn requirements(ctx: &Ctx, catalogue: &Catalogue) {
    let suggested = catalogue.summaries().map(|one| identity::Introduced {
        service: one.key.clone(),
        names: BTreeMap::new(),
        suggested: Some(one.assurance()),
    });
    identity::introduce_services(ctx, suggested.collect()).await.unwrap();
}

async fn fees(ctx: &Ctx, catalogue: &Catalogue) {
    let files: Vec<_> = catalogue.summaries().map(|one| one.register.clone()).collect();
    ctx.write(Key::once(ctx), move |tx| {
        for file in &files {
            for fee in &file.fees {
                let fee = Fee {
                    code: fee.code.clone(),
                    names: fee.name.clone().into(),
                    valid_from: Date::parse(&fee.valid_from).unwrap(),
                    amount: Money::parse(&fee.amount, Currency::Ils).unwrap(),
                    revenue: fee.code.clone(),
                    decision: fee.decision.clone().into(),
                    sample: true,
                };
                payments::set_fee_in(tx, &fee)?;
            }
            for waiver in &file.waivers {
                let waiver = Waiver {
                    fee: waiver.fee.clone(),
                    cohort: waiver.cohort.clone(),
                    names: waiver.name.clone().into(),
                    share_percent: waiver.share_percent,
                    valid_from: Date::parse(&waiver.valid_from).unwrap(),
                    valid_to: None,
                    decision: waiver.decision.clone().into(),
                    sample: true,
                };
                payments::set_waiver_in(tx, &waiver)?;
            }
        }
        Ok::<_, store::Error>(())
    })
    .await
    .unwrap();
}
