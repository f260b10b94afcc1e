//! Cases on both engines, with the project's own folders: a whole way, a silent
//! register that loses nothing, and every edge that must not be taken.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base::{AccountId, Actor, Assurance, CaseId, Currency, Date, IdNumber, Money, PersonName};
use documents::Documents;
use exchange::{Client, ClientConfig};
use identity::model::Facts;
use identity::{NewAccount, seed};
use payments::{Advice, Fee, Waiver};
use serde_json::{Value, json};
use services::{Catalogue, Refusal, Services, Stage};
use store::{Ctx, Key, Schema, Subscriber};
use testkit::{World, answering, on_both_engines};

const SCHEMAS: &[Schema] = &[
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

/// What the registers know of the one person; tests change it.
struct Registers {
    up: AtomicBool,
    person: Mutex<Value>,
}

/// Everything that a case stands on.
struct House {
    ctx: Ctx,
    services: Arc<Services>,
    subscribers: Vec<Subscriber>,
    registers: Arc<Registers>,
}

fn person() -> Value {
    json!({
        "id_number": "900000015",
        "full_name": { "ar": "سلمى عادل خليل عواد", "en": "Salma Adel Khalil Awwad" },
        "birth_date": "1991-04-12",
        "status": "alive",
        "marital_status_text": { "ar": "متزوجة", "en": "Married" },
        "cohorts": [],
    })
}

fn family() -> Value {
    json!({ "members": [{
        "relation_text": { "ar": "صاحبة الشهادة", "en": "Holder" },
        "full_name": { "ar": "سلمى عادل خليل عواد", "en": "Salma Adel Khalil Awwad" },
        "birth_date": "1991-04-12",
    }] })
}

/// Answers as a security server does.
async fn security_server(registers: &Arc<Registers>) -> String {
    let registers = Arc::clone(registers);
    let address = answering(move |head| {
        let body = if head.contains("/family?") { family() } else { registers.person.lock().unwrap().clone() };
        match registers.up.load(Ordering::SeqCst) {
            true => ("200 OK", body.to_string()),
            false => ("503 Service Unavailable", "{}".to_owned()),
        }
    });
    format!("http://{}", address.await)
}

async fn house(world: &World) -> House {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let catalogue = Arc::new(Catalogue::read(&directory).unwrap_or_else(|faults| panic!("{faults:#?}")));
    let registers = Arc::new(Registers { up: AtomicBool::new(true), person: Mutex::new(person()) });
    let security_server = security_server(&registers).await;
    let exchange = Client::new(ClientConfig { security_server, ..ClientConfig::default() });
    let ctx = world.ctx.clone();
    let authority = Arc::new(ca::Authority::prepare(&ctx, "http://localhost:8080").await.unwrap());
    let templates: Vec<_> = catalogue
        .services()
        .map(|service| {
            let key = service.file.key.clone();
            let text = std::fs::read_to_string(directory.join(&key).join("paper.typ")).unwrap();
            (key, text)
        })
        .collect();
    let documents = Documents::prepare(&ctx, authority, templates, "http://localhost:8080").await.unwrap();
    let services = Arc::new(Services { catalogue, exchange });
    let systems = [services::system(&services), documents::system(&Arc::new(documents))];
    let subscribers: Vec<Subscriber> = systems.iter().flat_map(|system| system.subscribers.clone()).collect();
    ctx.db.set_subscribers(&subscribers);
    fees(&ctx, &services.catalogue).await;
    let ctx = citizen(&ctx, 90_000_001).await;
    House { ctx, services, subscribers, registers }
}

/// A person with an account, signed in with two factors.
async fn citizen(ctx: &Ctx, head: u32) -> Ctx {
    let names = |parts: [&str; 4]| parts.map(str::to_owned);
    let name = PersonName {
        arabic: names(["سلمى", "عادل", "خليل", "عواد"]),
        latin: names(["Salma", "Adel", "Khalil", "Awwad"]),
    };
    let born = Date::new(1991, 4, 12).unwrap();
    let new = NewAccount {
        id_number: IdNumber::complete(head),
        born,
        facts: Some(Facts { name, born, alive: true, version: "1".to_owned() }),
        phone: None,
        password: "a sample of a password".to_owned(),
        level: Assurance::Substantial,
    };
    let (person, account): (_, AccountId) = seed::account(ctx, new).await.unwrap();
    ctx.as_actor(Actor::Citizen { person, account, assurance: Assurance::Substantial })
}

async fn fees(ctx: &Ctx, catalogue: &Catalogue) {
    let files: Vec<_> = catalogue.services().map(|service| service.file.register.clone()).collect();
    ctx.write(Key::once(ctx), move |tx| {
        for file in &files {
            for fee in &file.fees {
                let fee = Fee {
                    code: fee.code.clone(),
                    names: std::collections::BTreeMap::new(),
                    valid_from: Date::parse(&fee.valid_from).unwrap(),
                    amount: Money::parse(&fee.amount, Currency::Ils).unwrap(),
                    revenue: fee.code.clone(),
                    decision: fee.decision.clone(),
                    sample: true,
                };
                payments::set_fee_in(tx, &fee)?;
            }
            for waiver in &file.waivers {
                let waiver = Waiver {
                    fee: waiver.fee.clone(),
                    cohort: waiver.cohort.clone(),
                    share_percent: waiver.share_percent,
                    valid_from: Date::parse(&waiver.valid_from).unwrap(),
                    valid_to: None,
                    decision: waiver.decision.clone(),
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

impl House {
    /// The service that a rule decides, whatever it is called.
    fn by_rule(&self) -> String {
        let found = self.services.catalogue.services().find(|service| !service.file.cohorts.is_empty());
        found.unwrap().file.key.clone()
    }
    async fn draft(&self) -> CaseId {
        let ctx = &self.ctx;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, &self.by_rule()).await.unwrap();
        services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("work"))).await.unwrap();
        id
    }
    async fn submit(&self, id: CaseId) -> Result<(), Refusal> {
        services::submit(&self.ctx, Key::once(&self.ctx), &self.services, id).await
    }
    async fn case(&self, id: CaseId) -> services::Case {
        self.ctx.read(move |read| services::case(read, id)).await.unwrap().unwrap()
    }
    async fn settle(&self) {
        store::dispatch_once(&self.ctx.as_machine("test"), &self.subscribers).await.unwrap();
    }
    async fn holds(&self) {
        let systems = [services::system(&self.services), documents::routes_only()];
        let broken = self.ctx.db.inspect(move |read| {
            let invariants = systems.iter().flat_map(|system| &system.invariants);
            invariants.map(|invariant| invariant.check(read)).collect::<Result<Vec<_>, _>>()
        });
        assert_eq!(broken.await.unwrap().concat(), Vec::<String>::new());
    }
}

#[test]
fn a_case_goes_its_whole_way() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        assert_eq!(house.case(id).await.stage, Stage::Paying);
        house.holds().await;
        let bill = house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert_eq!(bill.total.number(), "5.00");
        let advice = Advice {
            transaction: "t1".to_owned(),
            code: bill.code.clone(),
            quote_id: None,
            amount_minor: bill.total.minor(),
            currency: "ILS".to_owned(),
            business_date: "2026-11-24".to_owned(),
            branch: "1".to_owned(),
        };
        payments::advise(&house.ctx.as_machine("till"), "till", advice).await.unwrap();
        house.settle().await;
        let closed = house.case(id).await;
        assert_eq!((closed.stage, closed.outcome.as_deref()), (Stage::Closed, Some("completed")));
        let papers = house.ctx.read(move |read| documents::papers_about(read, &closed.object())).await.unwrap();
        assert_eq!(papers.len(), 1);
        assert_eq!(papers[0].content.values["name_latin"], json!("Salma Adel Khalil Awwad"));
        assert_eq!(papers[0].content.values["purpose"]["ar"], json!("عمل"));
        house.holds().await;
    });
}

#[test]
fn a_full_waiver_needs_no_payment() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        house.registers.person.lock().unwrap()["cohorts"] = json!(["social-assistance"]);
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        house.settle().await;
        assert_eq!(house.case(id).await.stage, Stage::Closed);
        let bill = house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert!(bill.total.is_zero() && bill.lines[0].waiver.is_some());
        house.holds().await;
    });
}

#[test]
fn what_the_rule_refuses_costs_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        house.registers.person.lock().unwrap()["status"] = json!("dead");
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        let closed = house.case(id).await;
        assert_eq!((closed.stage, closed.outcome.as_deref()), (Stage::Closed, Some("refused")));
        assert!(house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().is_none());
        house.holds().await;
    });
}

#[test]
fn a_silent_register_loses_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        let id = house.draft().await;
        house.registers.up.store(false, Ordering::SeqCst);
        house.submit(id).await.unwrap();
        let marked = house.case(id).await;
        assert_eq!((marked.stage, marked.marked), (Stage::Checking, true));
        house.settle().await;
        assert_eq!(house.case(id).await.stage, Stage::Checking);
        house.holds().await;
        house.registers.up.store(true, Ordering::SeqCst);
        world.clock.advance_seconds(60);
        house.settle().await;
        let heard = house.case(id).await;
        assert_eq!((heard.stage, heard.marked), (Stage::Paying, false));
        assert_eq!(heard.answers["purpose"], json!("work"));
        house.holds().await;
    });
}

#[test]
fn nothing_is_done_twice_or_by_somebody_else() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        let ctx = &house.ctx;
        let empty = services::start(ctx, Key::once(ctx), &house.services.catalogue, &house.by_rule()).await.unwrap();
        assert!(matches!(house.submit(empty).await, Err(Refusal::Incomplete(fields)) if fields == ["purpose"]));
        let id = house.draft().await;
        let stranger = citizen(&world.ctx, 90_000_002).await;
        let theirs = services::answer(&stranger, Key::once(ctx), id, "purpose", None).await;
        assert!(matches!(theirs, Err(Refusal::NoCase)));
        let theirs = services::submit(&stranger, Key::once(ctx), &house.services, id).await;
        assert!(matches!(theirs, Err(Refusal::NoCase)));
        house.submit(id).await.unwrap();
        assert!(matches!(house.submit(id).await, Err(Refusal::NotNow("paying", _))));
        let late = services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("study"))).await;
        assert!(matches!(late, Err(Refusal::NotNow("paying", _))));
        services::discard(ctx, Key::once(ctx), empty).await.unwrap();
        assert!(services::discard(ctx, Key::once(ctx), id).await.is_err());
        assert_eq!(house.case(id).await.answers["purpose"], json!("work"));
        house.holds().await;
    });
}

#[test]
fn a_draft_that_was_left_is_counted_once_and_stays() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = house(&world).await;
        let ctx = &house.ctx;
        let left = services::start(ctx, Key::once(ctx), &house.services.catalogue, &house.by_rule()).await.unwrap();
        let sent = house.draft().await;
        house.submit(sent).await.unwrap();
        world.clock.advance_seconds(31 * 86_400);
        for _ in 0..2 {
            for job in services::system(&house.services).jobs {
                assert!(job.run_once(&world.ctx.as_machine("test"), "test").await.unwrap());
            }
        }
        let day = Date::new(2020, 1, 1).unwrap();
        let counted = ctx.read(move |read| services::counts(read, day)).await.unwrap();
        let lines = |event: &str| {
            let lines = counted.iter().filter(|line| line.event == event);
            lines.map(|line| (line.detail.clone(), line.channel.clone(), line.total)).collect::<Vec<_>>()
        };
        assert_eq!(lines("abandoned"), [("purpose".to_owned(), "system".to_owned(), 1)]);
        assert_eq!(lines("started"), [(String::new(), "web".to_owned(), 2)]);
        assert_eq!(house.case(left).await.stage, Stage::Draft);
        house.holds().await;
    });
}

#[test]
fn the_tables_of_stages_have_no_dead_ends() {
    for table in [services::CASE, services::PARCEL] {
        assert!(table.faults().is_empty(), "{}: {:?}", table.name, table.faults());
        for stage in table.stages() {
            for event in table.events() {
                let edge = table.edges.iter().find(|edge| edge.0 == stage && edge.1 == event);
                assert_eq!(table.next(stage, event), edge.map(|edge| edge.2), "{} {stage} {event}", table.name);
            }
        }
    }
}
