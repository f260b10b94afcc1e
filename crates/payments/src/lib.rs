//! Bills, the rails that settle them, receipts.
//!
//! Not here: what a fee is for (services), the accounts (ledger), card numbers
//! (they never enter this process: the bank's own page takes them).
//!
//! Invariants: a bill's amount is computed here from the finance register's
//! dated fee and never taken from a page or a collector; a paid bill equals its
//! postings; money once taken is never refused, what fits no bill is kept in
//! suspense; one collector's transaction counts once, with one answer for ever.

mod bill;
mod biller;
mod card;
mod cash;
mod fees;
mod http;
pub mod messages {
    //! What this crate says to people, generated from `messages/*.ftl`.
    include!(concat!(env!("OUT_DIR"), "/messages.rs"));
}
mod model;
mod receive;
mod sql;
mod verify;
mod wording;

pub use bill::{bill, bill_in, bill_of_case, cancel_in, lines_on};
pub use biller::{Collectors, Unregistered};
pub use card::{Attempt, Bank, ask_bank, attempt, begin as begin_card};
pub use cash::{Advice, AdviceAnswer, Quote, advise, inquire, reverse, status};
pub use fees::{Fee, Waiver, fee_on, set_fee_in, set_waiver_in};
pub use http::above_ceiling;
pub use model::{
    AttemptId, Bill, BillId, BillLine, BillPaid, BillRequest, BillStage, FeeUse, LineWaiver, MoneyHeld, PaymentId,
    Refusal,
};
pub use sql::ALL as STATEMENTS;
pub use wording::Wording;

use std::sync::Arc;

use store::{Migration, Schema, Subscriber};
use web::{Home, Link, System};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_payments.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_fee_name.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_wording.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "payments", migrations: MIGRATIONS };

/// The system as the binary mounts it.
#[must_use]
pub fn system(bank: Option<Bank>, collectors: Collectors) -> System {
    let bank = Arc::new(bank);
    let (opening, asking) = (Arc::clone(&bank), Arc::clone(&bank));
    System {
        name: "payments",
        statements: STATEMENTS,
        migrations: MIGRATIONS,
        routes: http::routes(),
        subscribers: vec![
            Subscriber::new(card::OPEN, card::OPEN, move |ctx, work| {
                let bank = Arc::clone(&opening);
                async move { card::open(ctx, bank.as_ref().as_ref(), work).await }
            }),
            Subscriber::new(card::ASK, card::ASK, move |ctx, work| {
                let bank = Arc::clone(&asking);
                async move { card::ask(ctx, bank.as_ref().as_ref(), work).await }
            }),
        ],
        transitions: vec![model::BILL, model::ATTEMPT],
        invariants: verify::invariants(),
        homes: vec![Home { kind: "bill", find: sql::FIND_BILL }, Home { kind: "payment", find: sql::FIND_PAYMENT }],
        links: vec![
            Link { name: "payments.bills_have_cases", kind: Some("case"), page: sql::BILLED_CASES },
            Link { name: "payments.bills_have_payers", kind: Some("person"), page: sql::PAYERS },
            Link { name: "payments.payments_have_entries", kind: Some("entry"), page: sql::ENTRIES },
        ],
        ..System::default()
    }
    .with_state(bank)
    .with_state(Arc::new(collectors))
}
