//! Billing: the amount comes from the finance register on the day of billing,
//! less what a waiver takes off. A bill of nothing is settled at once.

use audit::Leaf;
use base::{Actor, CaseId, Money, Zone, code};
use serde_json::json;
use store::{Error, Read, Row, Tx, params};

use crate::fees::{fee_on, waiver_on};
use crate::model::{Bill, BillId, BillLine, BillPaid, BillRequest, BillStage, FeeUse, LineWaiver, Refusal, currency};
use crate::sql;
use crate::wording::Wording;

/// Days that a bill stays payable.
pub const PAYABLE_DAYS: i64 = 30;
/// Lines of one bill at most.
pub const LINES: usize = 40;
/// The first two digits of a bill's code: government fees.
const CODE_TYPE: &str = "10";

/// Makes the bill of a case in the caller's commit.
///
/// # Errors
/// A fee that the register does not know, or amounts that do not add.
pub fn bill_in(tx: &mut Tx<'_>, request: &BillRequest) -> Result<Bill, Refusal> {
    let day = tx.now().date(Zone::Hebron);
    let lines = lines_on(tx, &request.fees, &request.cohorts, day)?;
    let first = lines.first().ok_or_else(|| Refusal::NoFee(String::new()))?;
    let mut total = Money::zero(first.amount.currency());
    for line in &lines {
        total = total.plus(line.amount)?;
    }
    within(tx.actor(), &request.service, total)?;
    let now = tx.now();
    let stage = if total.is_zero() { BillStage::Paid { at: now } } else { BillStage::Open };
    let bill = Bill {
        id: tx.mint(),
        code: fresh_code(tx)?,
        case: request.case,
        payer: request.payer,
        service: request.service.clone(),
        names: request.names.clone(),
        issuer: request.issuer.clone(),
        at: now,
        due: now.plus_seconds(PAYABLE_DAYS * 86_400),
        total,
        stage,
        lines,
    };
    insert(tx, &bill)?;
    let detail = json!({ "service": bill.service, "total": bill.total.to_string(), "code": bill.code });
    audit::record_in(tx, &Leaf::new("payments.billed", format!("case:{}", bill.case)).about(bill.payer).with(detail))?;
    if bill.total.is_zero() {
        tx.emit(&BillPaid { bill: bill.id, case: bill.case })?;
    }
    Ok(bill)
}

/// What fees come to on a day for whom these cohorts hold: the lines of a bill
/// that nobody has made.
///
/// # Errors
/// A fee that the register does not know, or amounts that do not multiply.
pub fn lines_on(
    read: &mut Read<'_>,
    fees: &[FeeUse],
    cohorts: &[String],
    day: base::Date,
) -> Result<Vec<BillLine>, Refusal> {
    fees.iter().take(LINES).map(|wanted| line(read, wanted, cohorts, day)).collect()
}

/// Whether whoever acts may owe or pay so much for a service: always, but under
/// a mandate.
pub(crate) fn within(actor: &Actor, service: &str, total: Money) -> Result<(), Refusal> {
    let Some(mandate) = actor.mandate() else { return Ok(()) };
    if !mandate.covers(service) {
        return Err(Refusal::OutOfMandate);
    }
    if mandate.allows(total) { Ok(()) } else { Err(Refusal::AboveCeiling) }
}

/// Takes back a bill that nobody has paid.
///
/// # Errors
/// It is not open.
pub fn cancel_in(tx: &mut Tx<'_>, id: BillId) -> Result<(), Refusal> {
    let known = bill(tx, id)?.ok_or(Refusal::NoBill)?;
    if known.stage != BillStage::Open {
        return Err(Refusal::NotOpen(known.stage.as_str()));
    }
    let now = tx.now();
    tx.execute_one(&sql::MOVE_BILL, &params!["cancelled", now, id, "open"])?;
    let leaf = Leaf::new("payments.bill_cancelled", format!("case:{}", known.case)).about(known.payer);
    audit::record_in(tx, &leaf).map(drop).map_err(Refusal::from)
}

/// A bill.
///
/// # Errors
/// The store's.
pub fn bill(read: &mut Read<'_>, id: BillId) -> Result<Option<Bill>, Error> {
    let row = read.row(&sql::BILL, &params![id])?;
    row.map(|row| assemble(read, &row)).transpose()
}

/// The newest bill of a case.
///
/// # Errors
/// The store's.
pub fn bill_of_case(read: &mut Read<'_>, case: CaseId) -> Result<Option<Bill>, Error> {
    let row = read.row(&sql::BILL_OF_CASE, &params![case])?;
    row.map(|row| assemble(read, &row)).transpose()
}

/// The bill of a 14-digit code.
pub(crate) fn bill_by_code(read: &mut Read<'_>, code: &str) -> Result<Option<Bill>, Error> {
    let row = read.row(&sql::BILL_BY_CODE, &params![code])?;
    row.map(|row| assemble(read, &row)).transpose()
}

fn line(read: &mut Read<'_>, wanted: &FeeUse, cohorts: &[String], day: base::Date) -> Result<BillLine, Refusal> {
    let fee = fee_on(read, &wanted.code, day)?.ok_or_else(|| Refusal::NoFee(wanted.code.clone()))?;
    let minor = fee.amount.minor().checked_mul(i64::from(wanted.quantity)).ok_or(base::MoneyError::TooLarge)?;
    let full = Money::from_minor(minor, fee.amount.currency());
    let waiver = waiver_on(read, &wanted.code, cohorts, day)?;
    let amount = match &waiver {
        // A part of a minor unit is rounded in the payer's favour.
        Some(waiver) => {
            let owed = i128::from(full.minor()) * i128::from(100_u32.saturating_sub(waiver.share_percent)) / 100;
            Money::from_minor(i64::try_from(owed).map_err(|_| base::MoneyError::TooLarge)?, full.currency())
        }
        None => full,
    };
    Ok(BillLine {
        fee: wanted.code.clone(),
        quantity: wanted.quantity,
        full,
        amount,
        revenue: fee.revenue,
        decision: fee.decision,
        waiver: waiver.map(|waiver| LineWaiver { decision: waiver.decision, names: waiver.names }),
    })
}

/// A code that no bill has: two digits of type, eleven random, one check digit
/// (Damm), so that a slip of the hand is caught before money moves.
fn fresh_code(tx: &mut Tx<'_>) -> Result<String, Error> {
    for _ in 0..8 {
        let number = u64::from_be_bytes(tx.random()) % 100_000_000_000;
        let digits = format!("{CODE_TYPE}{number:011}");
        let check = code::damm(&digits).unwrap_or(0);
        let full = format!("{digits}{check}");
        if tx.row(&sql::BILL_BY_CODE, &params![full])?.is_none() {
            return Ok(full);
        }
    }
    Err(Error::Contention)
}

fn insert(tx: &mut Tx<'_>, bill: &Bill) -> Result<(), Error> {
    let settled = match bill.stage {
        BillStage::Open => None,
        BillStage::Paid { at } | BillStage::Cancelled { at } => Some(at),
    };
    tx.execute_one(
        &sql::INSERT_BILL,
        &params![
            bill.id,
            bill.code,
            bill.case,
            bill.payer,
            bill.service,
            bill.at,
            bill.due,
            bill.total.currency().code(),
            bill.total.minor(),
            bill.stage.as_str(),
            settled,
            bill.names.column(),
            bill.issuer.column()
        ],
    )?;
    for (number, line) in (1_i64..).zip(&bill.lines) {
        let (full, amount, decision) = (line.full.minor(), line.amount.minor(), line.decision.column());
        let waiver = line.waiver.as_ref().map(|waiver| waiver.decision.column());
        let names = line.waiver.as_ref().map_or_else(|| "{}".to_owned(), |waiver| waiver.names.column());
        tx.execute_one(
            &sql::INSERT_LINE,
            &params![bill.id, number, line.fee, line.quantity, full, amount, line.revenue, decision, waiver, names],
        )?;
    }
    Ok(())
}

fn assemble(read: &mut Read<'_>, row: &Row) -> Result<Bill, Error> {
    let id: BillId = row.get(0)?;
    let currency = currency(&row.get::<String>(7)?)?;
    let lines = read.rows(&sql::LINES, &params![id])?;
    let lines = lines.iter().map(|row| {
        Ok(BillLine {
            fee: row.get(0)?,
            quantity: row.get(1)?,
            full: Money::from_minor(row.get(2)?, currency),
            amount: Money::from_minor(row.get(3)?, currency),
            revenue: row.get(4)?,
            decision: Wording::read(&row.get::<String>(5)?),
            waiver: match row.get::<Option<String>>(6)? {
                Some(decision) => Some(LineWaiver {
                    decision: Wording::read(&decision),
                    names: Wording::read(&row.get::<String>(7)?),
                }),
                None => None,
            },
        })
    });
    Ok(Bill {
        id,
        code: row.get(1)?,
        case: row.get(2)?,
        payer: row.get(3)?,
        service: row.get(4)?,
        names: Wording::read(&row.get::<String>(11)?),
        issuer: Wording::read(&row.get::<String>(12)?),
        at: row.get(5)?,
        due: row.get(6)?,
        total: Money::from_minor(row.get(8)?, currency),
        stage: BillStage::read(&row.get::<String>(9)?, row.get(10)?)?,
        lines: lines.collect::<Result<_, Error>>()?,
    })
}
