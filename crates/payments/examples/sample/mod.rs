//! One fee, one bill, one advice: what the figures and the storm pay.

use std::path::Path;

use base::{CaseId, Currency, Date, Money, PersonId};
use payments::{Advice, BillRequest, Fee, FeeUse, Refusal, Wording};
use store::{Ctx, Error, Key};

/// Everything that paying stands on, in this folder.
pub fn open(folder: &Path) -> Ctx {
    testkit::on_disk(folder, &[audit::SCHEMA, ledger::SCHEMA, payments::SCHEMA], "sample")
}

/// Puts the fee there.
pub async fn seed(ctx: &Ctx) -> Result<(), Error> {
    let fee = Fee {
        code: "sample".to_owned(),
        names: Wording::default(),
        valid_from: Date::parse("2020-01-01").expect("a date"),
        amount: Money::from_minor(500, Currency::Ils),
        revenue: "sample".to_owned(),
        decision: Wording::everywhere("1/2020"),
        sample: true,
    };
    ctx.write(Key::once(ctx), move |tx| payments::set_fee_in(tx, &fee)).await
}

/// A new bill; gives its code.
pub async fn bill(ctx: &Ctx) -> Result<String, Refusal> {
    let request = BillRequest {
        case: ctx.mint::<CaseId>(),
        payer: ctx.mint::<PersonId>(),
        service: "sample".to_owned(),
        names: Wording::default(),
        issuer: Wording::default(),
        fees: vec![FeeUse { code: "sample".to_owned(), quantity: 1 }],
        cohorts: Vec::new(),
    };
    ctx.write(Key::once(ctx), move |tx| payments::bill_in(tx, &request).map(|bill| bill.code)).await
}

/// A collector took the money for a bill.
pub fn advice(transaction: &str, code: &str) -> Advice {
    Advice {
        transaction: transaction.to_owned(),
        code: code.to_owned(),
        quote_id: None,
        amount_minor: 500,
        currency: "ILS".to_owned(),
        business_date: "2026-11-24".to_owned(),
        branch: "1".to_owned(),
    }
}
