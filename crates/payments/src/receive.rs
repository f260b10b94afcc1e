//! Money that came, on any rail: it settles its bill, or rests in suspense
//! until a person gives it back. It is never refused.

use audit::Leaf;
use base::{Money, code};
use ledger::{Account, Entry, EntryId, Posting};
use serde_json::json;
use store::{Tx, params};

use crate::model::{Bill, BillPaid, BillStage, MoneyHeld, PaymentId, Refusal};
use crate::sql;

/// Money as a rail reports it.
pub(crate) struct Received<'r> {
    /// `cash` or `card`.
    pub(crate) rail: &'static str,
    /// The ledger account that owes it to the treasury: `collector:palpay`.
    pub(crate) account: Account,
    /// Who took it.
    pub(crate) party: &'r str,
    /// Their transaction number: it counts once.
    pub(crate) reference: &'r str,
    /// The bill that it names, if there is one.
    pub(crate) bill: Option<&'r Bill>,
    /// How much.
    pub(crate) amount: Money,
    /// SHA-256 of their message, to tell a repeat from a clash.
    pub(crate) request_hash: [u8; 32],
}

/// What became of it.
pub(crate) struct Taken {
    pub(crate) receipt: String,
    /// Settled its bill; otherwise it rests in suspense.
    pub(crate) settled: bool,
}

/// Posts the money, settles the bill if it fits, and keeps the answer that
/// `answer` makes of it.
pub(crate) fn receive_in(
    tx: &mut Tx<'_>,
    received: &Received<'_>,
    answer: impl Fn(&Taken) -> String,
) -> Result<Taken, Refusal> {
    let fits = received.bill.filter(|bill| bill.stage == BillStage::Open && bill.total == received.amount);
    let id: PaymentId = tx.mint();
    let entry = match fits {
        Some(bill) => post_revenue(tx, received, bill)?,
        None => post_suspense(tx, received, id)?,
    };
    let taken = Taken { receipt: receipt_number(tx), settled: fits.is_some() };
    let stage = if taken.settled { "settled" } else { "suspense" };
    let now = tx.now();
    tx.execute_one(
        &sql::INSERT_PAYMENT,
        &params![
            id,
            received.bill.map(|bill| bill.id),
            received.rail,
            received.party,
            received.reference,
            now,
            received.amount.currency().code(),
            received.amount.minor(),
            stage,
            entry,
            taken.receipt,
            received.request_hash,
            answer(&taken)
        ],
    )?;
    if let Some(bill) = fits {
        tx.execute_one(&sql::MOVE_BILL, &params!["paid", now, bill.id, "open"])?;
        tx.emit(&BillPaid { bill: bill.id, case: bill.case })?;
    }
    if let (None, Some(bill)) = (fits, received.bill) {
        let (receipt, amount) = (taken.receipt.clone(), received.amount.to_string());
        tx.emit(&MoneyHeld { bill: bill.id, case: bill.case, receipt, amount })?;
    }
    record(tx, received, &taken)?;
    Ok(taken)
}

fn post_revenue(tx: &mut Tx<'_>, received: &Received<'_>, bill: &Bill) -> Result<EntryId, Refusal> {
    let mut postings = vec![Posting::debit(received.account.clone(), received.amount)];
    for line in bill.lines.iter().filter(|line| !line.amount.is_zero()) {
        postings.push(Posting::credit(Account::new(format!("revenue:{}", line.revenue))?, line.amount)?);
    }
    let entry = Entry { kind: "payment", about: format!("bill:{}", bill.id), postings };
    Ok(ledger::post_in(tx, &entry)?)
}

fn post_suspense(tx: &mut Tx<'_>, received: &Received<'_>, id: PaymentId) -> Result<EntryId, Refusal> {
    let postings = vec![
        Posting::debit(received.account.clone(), received.amount),
        Posting::credit(Account::new("suspense")?, received.amount)?,
    ];
    Ok(ledger::post_in(tx, &Entry { kind: "suspense", about: format!("payment:{id}"), postings })?)
}

fn record(tx: &mut Tx<'_>, received: &Received<'_>, taken: &Taken) -> Result<(), Refusal> {
    let act = if taken.settled { "payments.paid" } else { "payments.held_in_suspense" };
    let detail = json!({ "amount": received.amount.to_string(), "rail": received.rail, "receipt": taken.receipt });
    let leaf = match received.bill {
        Some(bill) => Leaf::new(act, format!("case:{}", bill.case)).about(bill.payer),
        None => Leaf::new(act, format!("reference:{}:{}", received.party, received.reference)),
    };
    audit::record_in(tx, &leaf.with(detail)).map(drop).map_err(Refusal::from)
}

/// `R-7Q4M-29XD`, for people to read out.
fn receipt_number(tx: &mut Tx<'_>) -> String {
    format!("{}{}", code::short_code("R", tx.random()), code::symbol(tx.random::<1>()[0]))
}
