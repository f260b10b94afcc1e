//! The finance register: what a thing costs from which day, and who need not
//! pay, each by its numbered decision. The Ministry of Finance owns it.

use base::{Date, Money};
use store::{Error, Read, Tx, params};

use crate::model::{WaiverId, currency};
use crate::sql;
use crate::wording::Wording;

/// A fee from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// Its code, as services name it.
    pub code: String,
    /// What bills call it.
    pub names: Wording,
    /// The first day it holds.
    pub valid_from: Date,
    /// How much.
    pub amount: Money,
    /// The revenue account's words after `revenue:`.
    pub revenue: String,
    /// The decision that sets it.
    pub decision: Wording,
    /// Whether it is sample data.
    pub sample: bool,
}

/// A fee not asked of a cohort, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Which fee.
    pub fee: String,
    /// Whom: a cohort that a register tells.
    pub cohort: String,
    /// What bills and receipts call it: the reason.
    pub names: Wording,
    /// How much of it is not asked, 1 to 100.
    pub share_percent: u32,
    /// The first day.
    pub valid_from: Date,
    /// The last day.
    pub valid_to: Option<Date>,
    /// The decision that grants it.
    pub decision: Wording,
    /// Whether it is sample data.
    pub sample: bool,
}

/// Sets a fee from a day on.
///
/// # Errors
/// The store's.
pub fn set_fee_in(tx: &mut Tx<'_>, fee: &Fee) -> Result<(), Error> {
    let (names, decision) = (fee.names.column(), fee.decision.column());
    tx.execute_one(
        &sql::SET_FEE,
        &params![
            fee.code,
            fee.valid_from,
            fee.amount.minor(),
            fee.amount.currency().code(),
            fee.revenue,
            decision,
            fee.sample,
            names
        ],
    )
}

/// Grants a waiver.
///
/// # Errors
/// The store's.
pub fn set_waiver_in(tx: &mut Tx<'_>, waiver: &Waiver) -> Result<(), Error> {
    let id: WaiverId = tx.mint();
    let (names, decision) = (waiver.names.column(), waiver.decision.column());
    tx.execute_one(
        &sql::INSERT_WAIVER,
        &params![
            id,
            waiver.fee,
            waiver.cohort,
            waiver.share_percent,
            waiver.valid_from,
            waiver.valid_to,
            decision,
            waiver.sample,
            names
        ],
    )
}

/// The fee that holds on a day.
///
/// # Errors
/// The store's.
pub fn fee_on(read: &mut Read<'_>, code: &str, day: Date) -> Result<Option<Fee>, Error> {
    let Some(row) = read.row(&sql::FEE_ON, &params![code, day])? else { return Ok(None) };
    Ok(Some(Fee {
        code: code.to_owned(),
        names: Wording::read(&row.get::<String>(6)?),
        amount: Money::from_minor(row.get(0)?, currency(&row.get::<String>(1)?)?),
        revenue: row.get(2)?,
        decision: Wording::read(&row.get::<String>(3)?),
        sample: row.get(4)?,
        valid_from: row.get(5)?,
    }))
}

/// What a waiver takes off, and why.
pub(crate) struct Waived {
    /// How much of the fee, 1 to 100.
    pub(crate) share_percent: u32,
    pub(crate) decision: Wording,
    pub(crate) names: Wording,
}

/// The largest waiver of a fee for any of these cohorts on a day.
pub(crate) fn waiver_on(
    read: &mut Read<'_>,
    fee: &str,
    cohorts: &[String],
    day: Date,
) -> Result<Option<Waived>, Error> {
    let mut best: Option<Waived> = None;
    for cohort in cohorts {
        if let Some(row) = read.row(&sql::WAIVER_ON, &params![fee, cohort, day])? {
            let found = Waived {
                share_percent: row.get(0)?,
                decision: Wording::read(&row.get::<String>(1)?),
                names: Wording::read(&row.get::<String>(2)?),
            };
            if best.as_ref().is_none_or(|known| found.share_percent > known.share_percent) {
                best = Some(found);
            }
        }
    }
    Ok(best)
}
