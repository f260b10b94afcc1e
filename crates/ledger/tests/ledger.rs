//! Double entry on both engines, and each invariant broken by raw SQL.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use base::{Currency, Money};
use ledger::{Account, Entry, Posting, Refusal};
use proptest::prelude::*;
use store::{Ctx, Key, params};
use testkit::{Engine, on_both_engines, world};

mod sql {
    store::statements! {
        /// Spoils an amount.
        SPOIL = "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE line = 1";
        /// Removes a line.
        REMOVE = "DELETE FROM ledger_posting WHERE line = 2";
    }
}

fn account(name: &str) -> Account {
    Account::new(name).unwrap()
}

fn payment(minor: i64, about: &str) -> Entry {
    let amount = Money::from_minor(minor, Currency::Ils);
    Entry {
        kind: "payment",
        about: about.to_owned(),
        postings: vec![
            Posting::debit(account("collector:sample"), amount),
            Posting::credit(account("revenue:sample"), amount).unwrap(),
        ],
    }
}

async fn broken(ctx: &Ctx) -> Vec<&'static str> {
    let mut names = Vec::new();
    for invariant in ledger::system().invariants {
        let checked = invariant.clone();
        if !ctx.read(move |read| checked.check(read)).await.unwrap().is_empty() {
            names.push(invariant.name);
        }
    }
    names
}

#[test]
fn an_entry_and_its_reversal_leave_nothing() {
    on_both_engines(&[ledger::SCHEMA], |world| async move {
        let ctx = &world.ctx;
        let id = ctx.write(Key::once(ctx), |tx| ledger::post_in(tx, &payment(500, "bill:1"))).await.unwrap();
        let balance = |ctx: &Ctx| {
            let ctx = ctx.clone();
            async move {
                let read = ctx.read(|read| ledger::balance(read, &account("collector:sample"), Currency::Ils));
                read.await.unwrap().minor()
            }
        };
        assert_eq!(balance(ctx).await, 500);
        ctx.write(Key::once(ctx), move |tx| ledger::reverse_in(tx, id, "refund")).await.unwrap();
        assert_eq!(balance(ctx).await, 0);
        let again = ctx.write(Key::once(ctx), move |tx| ledger::reverse_in(tx, id, "refund")).await;
        assert!(matches!(again, Err(Refusal::Reversed)));
        assert_eq!(ctx.read(|read| ledger::about(read, "bill:1")).await.unwrap().len(), 4);
        assert!(broken(ctx).await.is_empty());
    });
}

#[test]
fn what_does_not_balance_is_refused() {
    let mut crooked = payment(500, "bill:1");
    crooked.postings[0].amount = Money::from_minor(501, Currency::Ils);
    assert!(matches!(crooked.check(), Err(Refusal::Unbalanced(Currency::Ils))));
    let mut mixed = payment(500, "bill:1");
    mixed.postings[0].amount = Money::from_minor(500, Currency::Jod);
    assert!(matches!(mixed.check(), Err(Refusal::Unbalanced(_))));
    let mut thin = payment(500, "bill:1");
    thin.postings.pop();
    assert!(matches!(thin.check(), Err(Refusal::Postings(1))));
    for name in ["", "Revenue", "a:", "a b", "إيراد"] {
        assert!(Account::new(name).is_err(), "{name}");
    }
}

#[test]
fn spoilt_rows_are_named() {
    on_both_engines(&[ledger::SCHEMA], |world| async move {
        let ctx = &world.ctx;
        let id = ctx.write(Key::once(ctx), |tx| ledger::post_in(tx, &payment(500, "bill:1"))).await.unwrap();
        ctx.write(Key::once(ctx), move |tx| ledger::reverse_in(tx, id, "refund")).await.unwrap();
        ctx.write(Key::once(ctx), |tx| ledger::post_in(tx, &payment(700, "bill:2"))).await.unwrap();
        ctx.write(Key::once(ctx), |tx| tx.execute(&sql::SPOIL, &params![])).await.unwrap();
        let all = broken(ctx).await;
        assert!(all.contains(&"ledger.entries_sum_to_zero"), "{all:?}");
        assert!(all.contains(&"ledger.currencies_sum_to_zero"), "{all:?}");
        assert!(all.contains(&"ledger.reversals_mirror"), "{all:?}");
        ctx.write(Key::once(ctx), |tx| tx.execute(&sql::REMOVE, &params![])).await.unwrap();
        assert!(broken(ctx).await.contains(&"ledger.entries_have_two_postings"));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_course_of_entries_conserves_money(amounts in proptest::collection::vec(1_i64..1_000_000, 1..12), undo in 0_usize..12) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let world = world(Engine::Sqlite, &[ledger::SCHEMA]);
            let mut ids = Vec::new();
            for (number, minor) in amounts.iter().copied().enumerate() {
                let entry = payment(minor, &format!("bill:{number}"));
                ids.push(world.ctx.write(Key::once(&world.ctx), move |tx| ledger::post_in(tx, &entry)).await.unwrap());
            }
            let undone = ids[undo % ids.len()];
            world.ctx.write(Key::once(&world.ctx), move |tx| ledger::reverse_in(tx, undone, "refund")).await.unwrap();
            let total = world.ctx.read(|read| ledger::balance(read, &account("collector:sample"), Currency::Ils)).await.unwrap();
            let expected: i64 = amounts.iter().sum::<i64>() - amounts[undo % amounts.len()];
            assert_eq!(total.minor(), expected);
            assert!(broken(&world.ctx).await.is_empty());
        });
    }
}
