//! The bank is out for an hour, loses answers, speaks of other sums: a try by card
//! is unknown, is asked for patiently, and settles by itself, once.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{AccountId, Actor, Assurance, CaseId, Currency, Date, Money, PersonId};
use payments::{AttemptId, Bank, Bill, BillRequest, BillStage, Fee, FeeUse, Wording};
use store::{Ctx, Key, Schema, Subscriber};
use testkit::{BankSide, World, on_both_engines};
use web::System;

const SCHEMAS: &[Schema] = &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA];
/// How long the bank is out, seconds.
const OUTAGE_S: i64 = 3_600;
/// The longest pause of the outbox between two tries, seconds.
const PAUSE_S: i64 = 600;

struct Till {
    world: World,
    ctx: Ctx,
    bank: Arc<BankSide>,
    systems: Vec<System>,
    subscribers: Vec<Subscriber>,
    bill: Bill,
}

impl Till {
    /// A person with an open bill of 5.00.
    async fn new(world: World) -> Self {
        let bank = Arc::new(BankSide::new(Arc::clone(&world.ctx.clock)));
        let acquirer = Bank {
            url: bank.listen().await,
            name: "bank".to_owned(),
            secret: "secret".to_owned(),
            origin: "http://localhost:8080".to_owned(),
            http: web::client::HttpClient::public(),
        };
        let systems = vec![payments::system(Some(acquirer), payments::Collectors::default()), ledger::system()];
        let subscribers: Vec<Subscriber> = systems.iter().flat_map(|system| system.subscribers.clone()).collect();
        world.ctx.db.set_subscribers(&subscribers);
        let (person, account): (PersonId, AccountId) = (world.ctx.mint(), world.ctx.mint());
        let ctx = world.ctx.as_actor(Actor::Citizen { person, account, assurance: Assurance::Substantial });
        let request = BillRequest {
            case: ctx.mint::<CaseId>(),
            payer: person,
            service: "sample".to_owned(),
            names: Wording::default(),
            issuer: Wording::default(),
            fees: vec![FeeUse { code: "sample".to_owned(), quantity: 1 }],
            cohorts: Vec::new(),
        };
        let fee = Fee {
            code: "sample".to_owned(),
            names: Wording::default(),
            valid_from: Date::new(2026, 1, 1).unwrap(),
            amount: Money::from_minor(500, Currency::Ils),
            revenue: "sample".to_owned(),
            decision: Wording::everywhere("1/2026"),
            sample: true,
        };
        let billed = ctx.write(Key::once(&ctx), move |tx| {
            payments::set_fee_in(tx, &fee)?;
            payments::bill_in(tx, &request).map(|bill| bill.id)
        });
        let id = billed.await.unwrap();
        let bill = ctx.read(move |read| payments::bill(read, id)).await.unwrap().unwrap();
        Self { world, ctx, bank, systems, subscribers, bill }
    }
    async fn begin(&self) -> AttemptId {
        payments::begin_card(&self.ctx, Key::once(&self.ctx), self.bill.id, self.ctx.locale).await.unwrap()
    }
    async fn deliver(&self) {
        store::dispatch_once(&self.ctx.as_machine("test"), &self.subscribers).await.unwrap();
    }
    /// Time passes; somebody looks at the page that waits for the bank all along.
    async fn pass(&self, seconds: i64, attempt: AttemptId) {
        for _ in 0..seconds / 10 {
            self.world.clock.advance_seconds(10);
            payments::ask_bank(&self.ctx, attempt).await.unwrap();
            self.deliver().await;
        }
        let invariants: Vec<_> = self.systems.iter().flat_map(|system| system.invariants.clone()).collect();
        let checked = self
            .ctx
            .read(move |read| invariants.iter().map(|invariant| invariant.check(read)).collect::<Result<Vec<_>, _>>());
        assert_eq!(checked.await.unwrap().concat(), Vec::<String>::new());
    }
    async fn stage(&self, id: AttemptId) -> String {
        self.ctx.read(move |read| payments::attempt(read, id)).await.unwrap().unwrap().stage
    }
    async fn is_paid(&self) -> bool {
        let id = self.bill.id;
        let bill = self.ctx.read(move |read| payments::bill(read, id)).await.unwrap().unwrap();
        matches!(bill.stage, BillStage::Paid { .. })
    }
    async fn owed(&self) -> i64 {
        let account = ledger::Account::new("acquirer:bank").unwrap();
        self.ctx.read(move |read| ledger::balance(read, &account, Currency::Ils)).await.unwrap().minor()
    }
}

#[test]
fn an_hour_of_unknown_settles_by_asking_once() {
    on_both_engines(SCHEMAS, |world| async move {
        let till = Till::new(world).await;
        let attempt = till.begin().await;
        till.deliver().await;
        assert_eq!(till.stage(attempt).await, "redirected");
        assert!(till.bank.answer(&attempt.to_string(), "authorised"));
        till.bank.up.store(false, Ordering::SeqCst);
        till.pass(OUTAGE_S, attempt).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.is_paid().await), ("unknown", false));
        // Somebody looked every ten seconds: each look asks once, and leaves no more behind.
        let asked = till.bank.asked.load(Ordering::SeqCst);
        assert!(asked < 700, "asked {asked} times in an hour");
        till.bank.up.store(true, Ordering::SeqCst);
        till.pass(60, attempt).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.is_paid().await), ("settled", true));
        till.pass(OUTAGE_S, attempt).await;
        assert_eq!(till.owed().await, 500);
    });
}

#[test]
fn nobody_has_to_look_for_it_to_settle() {
    on_both_engines(SCHEMAS, |world| async move {
        let till = Till::new(world).await;
        let attempt = till.begin().await;
        till.deliver().await;
        till.bank.answer(&attempt.to_string(), "authorised");
        till.bank.up.store(false, Ordering::SeqCst);
        let wait = async |seconds: i64| {
            for _ in 0..seconds / 60 {
                till.world.clock.advance_seconds(60);
                till.deliver().await;
            }
        };
        wait(OUTAGE_S).await;
        assert_eq!(till.stage(attempt).await, "unknown");
        till.bank.up.store(true, Ordering::SeqCst);
        wait(OUTAGE_S).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.owed().await), ("settled", 500));
    });
}

#[test]
fn a_bank_that_is_out_when_a_try_begins_opens_it_later() {
    on_both_engines(SCHEMAS, |world| async move {
        let till = Till::new(world).await;
        till.bank.up.store(false, Ordering::SeqCst);
        let attempt = till.begin().await;
        till.deliver().await;
        till.pass(OUTAGE_S, attempt).await;
        assert_eq!(till.stage(attempt).await, "created");
        till.bank.up.store(true, Ordering::SeqCst);
        till.pass(PAUSE_S + 10, attempt).await;
        assert_eq!(till.stage(attempt).await, "redirected");
        assert_eq!(till.bank.sessions().len(), 1);
        till.bank.answer(&attempt.to_string(), "declined");
        till.pass(60, attempt).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.owed().await), ("failed", 0));
    });
}

#[test]
fn a_bank_that_speaks_of_another_sum_is_not_believed_until_it_speaks_of_ours() {
    on_both_engines(SCHEMAS, |world| async move {
        let till = Till::new(world).await;
        let attempt = till.begin().await;
        till.deliver().await;
        till.bank.answer(&attempt.to_string(), "authorised");
        till.bank.lies.store(true, Ordering::SeqCst);
        till.pass(60, attempt).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.owed().await), ("unknown", 0));
        till.bank.lies.store(false, Ordering::SeqCst);
        till.pass(60, attempt).await;
        assert_eq!((till.stage(attempt).await.as_str(), till.owed().await), ("settled", 500));
    });
}
