//! Cash at points of sale, by the biller interface (facts, payments §3.1):
//! inquire, advise, reverse, status. We are the biller; companies collect.

use base::{Currency, Money, PersonId, code, digits};
use ledger::Account;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::bill::bill_by_code;
use crate::model::{Bill, BillId, BillStage, QuoteId, Refusal};
use crate::receive::{Received, receive_in};
use crate::sql;

/// How long a quoted amount is frozen, seconds.
pub const QUOTE_S: i64 = 15 * 60;
/// Digits of a bill's code.
pub const CODE_DIGITS: usize = 14;

/// What a collector may show and take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The frozen amount's id; absent when nothing is payable.
    pub quote_id: Option<QuoteId>,
    /// `payable`, `paid`, `cancelled`, `unknown_code`, `wrong_check_digit`.
    pub state: String,
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Digits after the point.
    pub exponent: u32,
    /// The service's key.
    pub service: String,
}

/// What a collector reports: the cash is already taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// The collector's own transaction number.
    pub transaction: String,
    /// The 14 digits that the payer gave.
    pub code: String,
    /// From [`inquire`], if the collector asked before.
    pub quote_id: Option<QuoteId>,
    /// Minor units taken.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// The collector's business day, `2026-11-24`.
    pub business_date: String,
    /// The shop.
    pub branch: String,
}

/// The answer to an advice: the same bytes for the same transaction, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdviceAnswer {
    /// `accepted` (the bill is settled), `held` (kept in suspense, a person
    /// looks at it), or `reversed` (the reversal came first).
    pub outcome: String,
    /// Our receipt's number; empty when nothing was taken.
    pub receipt: String,
}

/// Asks what is payable under a code. Without side effects but for the frozen
/// amount.
///
/// # Errors
/// The store's.
pub async fn inquire(ctx: &Ctx, collector: &str, typed: &str) -> Result<Quote, Refusal> {
    let Some(code) = digits::only_digits(typed).filter(|code| code.len() == CODE_DIGITS) else {
        return Ok(nothing("unknown_code"));
    };
    if code::damm(&code) != Some(0) {
        return Ok(nothing("wrong_check_digit"));
    }
    let Some(bill) = ctx.read(move |read| bill_by_code(read, &code)).await? else {
        return Ok(nothing("unknown_code"));
    };
    if bill.stage != BillStage::Open {
        return Ok(nothing(bill.stage.as_str()));
    }
    let (collector, id, amount) = (collector.to_owned(), bill.id, bill.total);
    let quote_id = ctx.write(Key::once(ctx), move |tx| freeze(tx, &collector, id, amount)).await?;
    Ok(Quote {
        quote_id: Some(quote_id),
        state: "payable".to_owned(),
        amount_minor: bill.total.minor(),
        currency: bill.total.currency().code().to_owned(),
        exponent: bill.total.currency().decimals(),
        service: bill.service,
    })
}

/// Takes note of cash that a collector has taken. It is never refused: what
/// fits no bill rests in suspense.
///
/// # Errors
/// [`Refusal::OtherBody`] when the transaction number was used for something
/// else, a malformed amount, or the store's.
pub async fn advise(ctx: &Ctx, collector: &str, advice: Advice) -> Result<AdviceAnswer, Refusal> {
    let collector = collector.to_owned();
    let body = serde_json::to_vec(&advice).map_err(|error| Error::Corrupt(error.to_string()))?;
    let hash = seal::digest::sha256(&body);
    let currency = Currency::from_code(&advice.currency).ok_or(base::MoneyError::NotAnAmount(Currency::Ils))?;
    if advice.amount_minor <= 0 {
        return Err(base::MoneyError::NotAnAmount(currency).into());
    }
    let amount = Money::from_minor(advice.amount_minor, currency);
    // The key holds the hash too: a clash must reach the check below.
    let key = Key::new("payments.advise", format!("{collector}:{}:{}", advice.transaction, seal::digest::hex(&hash)));
    ctx.write(key, move |tx| advise_in(tx, &collector, &advice, amount, hash)).await
}

/// Takes back an advice: possible only for money that settled nothing. A
/// reversal that comes before its advice leaves a tombstone.
///
/// # Errors
/// The store's.
pub async fn reverse(ctx: &Ctx, collector: &str, transaction: &str, reversal: &str) -> Result<String, Refusal> {
    let (collector, transaction, reversal) = (collector.to_owned(), transaction.to_owned(), reversal.to_owned());
    let key = Key::new("payments.reverse", format!("{collector}:{transaction}:{reversal}"));
    ctx.write(key, move |tx| reverse_in(tx, &collector, &transaction, &reversal)).await
}

/// What became of a collector's transaction: its stored answer, if there is one.
///
/// # Errors
/// The store's.
pub async fn status(ctx: &Ctx, collector: &str, transaction: &str) -> Result<Option<AdviceAnswer>, Refusal> {
    let (collector, transaction) = (collector.to_owned(), transaction.to_owned());
    ctx.read(move |read| known(read, &collector, &transaction).map(|known| known.map(|(answer, _)| answer))).await
}

fn nothing(state: &str) -> Quote {
    Quote {
        quote_id: None,
        state: state.to_owned(),
        amount_minor: 0,
        currency: Currency::Ils.code().to_owned(),
        exponent: Currency::Ils.decimals(),
        service: String::new(),
    }
}

fn freeze(tx: &mut Tx<'_>, collector: &str, bill: BillId, amount: Money) -> Result<QuoteId, Refusal> {
    let id: QuoteId = tx.mint();
    let expires = tx.now().plus_seconds(QUOTE_S);
    tx.execute_one(&sql::INSERT_QUOTE, &params![id, collector, bill, amount.minor(), expires])?;
    Ok(id)
}

fn advise_in(
    tx: &mut Tx<'_>,
    collector: &str,
    advice: &Advice,
    amount: Money,
    hash: [u8; 32],
) -> Result<AdviceAnswer, Refusal> {
    if let Some((answer, known_hash)) = known(tx, collector, &advice.transaction)? {
        return if known_hash == hash { Ok(answer) } else { Err(Refusal::OtherBody) };
    }
    if tx.row(&sql::REVERSAL, &params![collector, advice.transaction])?.is_some() {
        return Ok(AdviceAnswer { outcome: "reversed".to_owned(), receipt: String::new() });
    }
    let code = digits::only_digits(&advice.code).unwrap_or_default();
    let bill: Option<Bill> = bill_by_code(tx, &code)?;
    let received = Received {
        rail: "cash",
        account: Account::new(format!("collector:{collector}"))?,
        party: collector,
        reference: &advice.transaction,
        bill: bill.as_ref(),
        amount,
        request_hash: hash,
    };
    let answer = |receipt: &str, settled: bool| AdviceAnswer {
        outcome: if settled { "accepted" } else { "held" }.to_owned(),
        receipt: receipt.to_owned(),
    };
    let taken = receive_in(tx, &received, |taken| json!(answer(&taken.receipt, taken.settled)).to_string())?;
    Ok(answer(&taken.receipt, taken.settled))
}

fn reverse_in(tx: &mut Tx<'_>, collector: &str, transaction: &str, reversal: &str) -> Result<String, Refusal> {
    if let Some(row) = tx.row(&sql::REVERSAL, &params![collector, transaction])? {
        return Ok(row.get(1)?);
    }
    let outcome = match tx.row(&sql::PAYMENT_BY_REFERENCE, &params![collector, transaction])? {
        None => "reversed",
        Some(row) => {
            let stage: String = row.get(2)?;
            if stage == "suspense" {
                ledger::reverse_in(tx, row.get(3)?, "reversal")?;
                let id: crate::PaymentId = row.get(0)?;
                tx.execute_one(&sql::MOVE_PAYMENT, &params!["reversed", id, "suspense"])?;
                "reversed"
            } else {
                // The service went on with this payment: money goes back as a refund.
                "consumed"
            }
        }
    };
    let now = tx.now();
    tx.execute_one(&sql::INSERT_REVERSAL, &params![collector, transaction, now, reversal, outcome])?;
    let detail = json!({ "reversal": reversal, "outcome": outcome });
    audit::record_in(
        tx,
        &audit::Leaf::new("payments.reversal", format!("reference:{collector}:{transaction}")).with(detail),
    )?;
    Ok(outcome.to_owned())
}

fn known(read: &mut Read<'_>, party: &str, reference: &str) -> Result<Option<(AdviceAnswer, [u8; 32])>, Refusal> {
    let Some(row) = read.row(&sql::PAYMENT_BY_REFERENCE, &params![party, reference])? else { return Ok(None) };
    let answer: String = row.get(6)?;
    let answer = serde_json::from_str(&answer).map_err(|error| Error::Corrupt(error.to_string()))?;
    Ok(Some((answer, row.get(5)?)))
}

/// Whose bill a page may show: its payer's.
pub(crate) fn belongs_to(bill: &Bill, person: PersonId) -> bool {
    bill.payer == person
}
