//! The finance register: what a thing costs from which day, and who need not
//! pay, each by its numbered decision. The Ministry of Finance owns it.

use std::collections::BTreeMap;

use base::{Date, Money};
use serde_json::json;
use store::{Error, Read, Tx, params};

use crate::model::{WaiverId, currency};
use crate::sql;

/// A fee from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// Its code, as services name it.
    pub code: String,
    /// What bills call it, by language.
    pub names: BTreeMap<String, String>,
    /// The first day it holds.
    pub valid_from: Date,
    /// How much.
    pub amount: Money,
    /// The revenue account's words after `revenue:`.
    pub revenue: String,
    /// The decision that sets it.
    pub decision: String,
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
    /// How much of it is not asked, 1 to 100.
    pub share_percent: u32,
    /// The first day.
    pub valid_from: Date,
    /// The last day.
    pub valid_to: Option<Date>,
    /// The decision that grants it.
    pub decision: String,
    /// Whether it is sample data.
    pub sample: bool,
}

/// Sets a fee from a day on.
///
/// # Errors
/// The store's.
pub fn set_fee_in(tx: &mut Tx<'_>, fee: &Fee) -> Result<(), Error> {
    let names = json!(fee.names).to_string();
    tx.execute_one(
        &sql::SET_FEE,
        &params![
            fee.code,
            fee.valid_from,
            fee.amount.minor(),
            fee.amount.currency().code(),
            fee.revenue,
            fee.decision,
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
    tx.execute_one(
        &sql::INSERT_WAIVER,
        &params![
            id,
            waiver.fee,
            waiver.cohort,
            waiver.share_percent,
            waiver.valid_from,
            waiver.valid_to,
            waiver.decision,
            waiver.sample
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
        names: serde_json::from_str(&row.get::<String>(6)?).map_err(|error| Error::Corrupt(error.to_string()))?,
        amount: Money::from_minor(row.get(0)?, currency(&row.get::<String>(1)?)?),
        revenue: row.get(2)?,
        decision: row.get(3)?,
        sample: row.get(4)?,
        valid_from: row.get(5)?,
    }))
}

/// The largest waiver of a fee for any of these cohorts on a day: its share in
/// percent and its decision.
pub(crate) fn waiver_on(
    read: &mut Read<'_>,
    fee: &str,
    cohorts: &[String],
    day: Date,
) -> Result<Option<(u32, String)>, Error> {
    let mut best: Option<(u32, String)> = None;
    for cohort in cohorts {
        if let Some(row) = read.row(&sql::WAIVER_ON, &params![fee, cohort, day])? {
            let found: (u32, String) = (row.get(0)?, row.get(1)?);
            if best.as_ref().is_none_or(|known| found.0 > known.0) {
                best = Some(found);
            }
        }
    }
    Ok(best)
}
