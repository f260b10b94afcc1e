//! Bills, cash and suspense on both engines.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use base::{CaseId, Currency, Date, Locale, Money, PersonId};
use payments::{Advice, Bill, BillPaid, BillRequest, BillStage, Fee, FeeUse, Refusal, Waiver, Wording};
use std::sync::{Arc, Mutex};
use store::{Ctx, Key, Schema, Subscriber, Work};
use testkit::{World, on_both_engines};

const SCHEMAS: &[Schema] = &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA];

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn wording(arabic: &str, english: &str) -> Wording {
    [("ar", arabic), ("en", english)].map(|(tag, text)| (tag.to_owned(), text.to_owned())).into_iter().collect()
}

async fn register(ctx: &Ctx) {
    let seeded = ctx.write(Key::once(ctx), |tx| {
        for (from, minor) in [("2026-01-01", 500), ("2027-01-01", 700)] {
            let fee = Fee {
                code: "sample.extract".to_owned(),
                names: Wording::default(),
                valid_from: day(from),
                amount: Money::from_minor(minor, Currency::Ils),
                revenue: "sample.extract".to_owned(),
                decision: Wording::everywhere("1/2026"),
                sample: true,
            };
            payments::set_fee_in(tx, &fee)?;
        }
        for (cohort, share) in [("poor", 100), ("student", 33)] {
            let waiver = Waiver {
                fee: "sample.extract".to_owned(),
                cohort: cohort.to_owned(),
                names: wording("إعفاء تجريبي", "A sample waiver"),
                share_percent: share,
                valid_from: day("2026-06-01"),
                valid_to: None,
                decision: wording("قرار 2/2026", "Decision 2/2026"),
                sample: true,
            };
            payments::set_waiver_in(tx, &waiver)?;
        }
        Ok::<_, store::Error>(())
    });
    seeded.await.unwrap();
}

async fn bill(ctx: &Ctx, cohorts: &[&str]) -> Bill {
    let request = BillRequest {
        case: ctx.mint::<CaseId>(),
        payer: ctx.mint::<PersonId>(),
        service: "sample".to_owned(),
        names: wording("خدمة", "A service"),
        issuer: Wording::default(),
        fees: vec![FeeUse { code: "sample.extract".to_owned(), quantity: 1 }],
        cohorts: cohorts.iter().map(|&cohort| cohort.to_owned()).collect(),
    };
    let made = ctx.write(Key::once(ctx), move |tx| payments::bill_in(tx, &request).map(|bill| bill.id)).await.unwrap();
    ctx.read(move |read| payments::bill(read, made)).await.unwrap().unwrap()
}

fn advice(transaction: &str, code: &str, minor: i64) -> Advice {
    Advice {
        transaction: transaction.to_owned(),
        code: code.to_owned(),
        quote_id: None,
        amount_minor: minor,
        currency: "ILS".to_owned(),
        business_date: "2026-11-24".to_owned(),
        branch: "7".to_owned(),
    }
}

fn listen(ctx: &Ctx) -> (Vec<Subscriber>, Arc<Mutex<Vec<BillPaid>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let subscriber = Subscriber::new("test.bill_paid", "payments.bill_paid", move |_: Ctx, work: Work| {
        let log = Arc::clone(&log);
        async move {
            log.lock().unwrap().push(work.parse()?);
            Ok(())
        }
    });
    let subscribers = vec![subscriber];
    ctx.db.set_subscribers(&subscribers);
    (subscribers, heard)
}

async fn holds(ctx: &Ctx) {
    let systems = [payments::system(None, payments::Collectors::default()), ledger::system()];
    for invariant in systems.iter().flat_map(|system| system.invariants.clone()) {
        let name = invariant.name;
        let broken = ctx.read(move |read| invariant.check(read)).await.unwrap();
        assert!(broken.is_empty(), "{name}: {broken:?}");
    }
}

#[test]
fn cash_settles_its_bill_once_whatever_is_repeated() {
    on_both_engines(SCHEMAS, |World { ctx, .. }| async move {
        register(&ctx).await;
        let (subscribers, heard) = listen(&ctx);
        let bill = bill(&ctx, &[]).await;
        assert_eq!((bill.total.to_string().as_str(), bill.stage), ("5.00 ILS", BillStage::Open));
        let quote = payments::inquire(&ctx, "palpay", &bill.code).await.unwrap();
        assert_eq!((quote.state.as_str(), quote.amount_minor), ("payable", 500));
        let first = payments::advise(&ctx, "palpay", advice("t1", &bill.code, 500)).await.unwrap();
        assert_eq!(first.outcome, "accepted");
        for _ in 0..3 {
            assert_eq!(payments::advise(&ctx, "palpay", advice("t1", &bill.code, 500)).await.unwrap(), first);
        }
        let clash = payments::advise(&ctx, "palpay", advice("t1", &bill.code, 600)).await;
        assert!(matches!(clash, Err(Refusal::OtherBody)), "{clash:?}");
        assert_eq!(payments::status(&ctx, "palpay", "t1").await.unwrap(), Some(first));
        store::dispatch_once(&ctx, &subscribers).await.unwrap();
        assert_eq!(heard.lock().unwrap().len(), 1);
        assert_eq!(payments::inquire(&ctx, "palpay", &bill.code).await.unwrap().state, "paid");
        holds(&ctx).await;
    });
}

#[test]
fn money_that_fits_nothing_is_held_and_can_go_back() {
    on_both_engines(SCHEMAS, |World { ctx, .. }| async move {
        register(&ctx).await;
        let bill = bill(&ctx, &[]).await;
        let wrong = payments::advise(&ctx, "palpay", advice("w1", &bill.code, 499)).await.unwrap();
        assert_eq!(wrong.outcome, "held");
        let nobody = payments::advise(&ctx, "palpay", advice("w2", "10000000000000", 500)).await.unwrap();
        assert_eq!(nobody.outcome, "held");
        assert_eq!(payments::advise(&ctx, "palpay", advice("w3", &bill.code, 500)).await.unwrap().outcome, "accepted");
        assert_eq!(payments::advise(&ctx, "maalchat", advice("w4", &bill.code, 500)).await.unwrap().outcome, "held");
        assert_eq!(payments::reverse(&ctx, "palpay", "w1", "r1").await.unwrap(), "reversed");
        assert_eq!(payments::reverse(&ctx, "palpay", "w1", "r2").await.unwrap(), "reversed");
        assert_eq!(payments::reverse(&ctx, "palpay", "w3", "r3").await.unwrap(), "consumed");
        // A reversal that overtakes its payment leaves a tombstone.
        assert_eq!(payments::reverse(&ctx, "palpay", "w9", "r9").await.unwrap(), "reversed");
        assert_eq!(payments::advise(&ctx, "palpay", advice("w9", &bill.code, 500)).await.unwrap().outcome, "reversed");
        let suspense = ledger::Account::new("suspense").unwrap();
        let held = ctx.read(move |read| ledger::balance(read, &suspense, Currency::Ils)).await.unwrap();
        assert_eq!(held.minor(), -1_000);
        holds(&ctx).await;
    });
}

#[test]
fn a_full_waiver_settles_at_once_and_a_part_favours_the_payer() {
    on_both_engines(SCHEMAS, |World { ctx, .. }| async move {
        register(&ctx).await;
        let (subscribers, heard) = listen(&ctx);
        let free = bill(&ctx, &["poor", "student"]).await;
        assert!(free.total.is_zero() && matches!(free.stage, BillStage::Paid { .. }));
        let waiver = free.waived().unwrap();
        assert_eq!(waiver.names.get(Locale::AR), Some("إعفاء تجريبي"));
        assert_eq!(waiver.decision.get(Locale::EN), Some("Decision 2/2026"));
        assert_eq!(free.names.get(Locale::AR), Some("خدمة"));
        assert_eq!(free.lines[0].decision.get(Locale::AR), Some("1/2026"));
        store::dispatch_once(&ctx, &subscribers).await.unwrap();
        assert_eq!(heard.lock().unwrap().as_slice(), [BillPaid { bill: free.id, case: free.case }]);
        let part = bill(&ctx, &["student"]).await;
        assert_eq!((part.total.minor(), part.waived(), part.lines[0].waiver.is_some()), (335, None, true));
        holds(&ctx).await;
    });
}

#[test]
fn codes_with_a_slip_are_caught_and_unknown_fees_refused() {
    on_both_engines(SCHEMAS, |World { ctx, .. }| async move {
        register(&ctx).await;
        let bill = bill(&ctx, &[]).await;
        let mut digits = bill.code.clone().into_bytes();
        digits[5] = b'0' + (digits[5] - b'0' + 1) % 10;
        let slipped = String::from_utf8(digits).unwrap();
        assert_eq!(payments::inquire(&ctx, "palpay", &slipped).await.unwrap().state, "wrong_check_digit");
        assert_eq!(payments::inquire(&ctx, "palpay", "12").await.unwrap().state, "unknown_code");
        let request = BillRequest {
            case: ctx.mint(),
            payer: ctx.mint(),
            service: "sample".to_owned(),
            names: wording("خدمة", "A service"),
            issuer: Wording::default(),
            fees: vec![FeeUse { code: "none".to_owned(), quantity: 1 }],
            cohorts: Vec::new(),
        };
        let refused = ctx.write(Key::once(&ctx), move |tx| payments::bill_in(tx, &request).map(drop)).await;
        assert!(matches!(refused, Err(Refusal::NoFee(_))));
    });
}
