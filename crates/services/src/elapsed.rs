//! How long cases took, and how often they kept their promise: counted by day and
//! service, without persons; a handful says nothing and is not shown.

use base::{Date, Zone};
use catalogue::calendar::DAY;
use catalogue::promise::{Measure, Promise};
use store::{Error, Read, Tx, params};

use crate::sql;

/// Days that count.
const DAYS: i32 = 90;
/// Fewer cases than this are not shown: one could guess whose they were.
const FEW: u64 = 10;
/// Minutes to which a duration is rounded up.
const MINUTES: [i64; 18] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 480, 720, 1_440, 2_880];

/// What people may expect of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// Half of the cases took at most so many working days or minutes.
    pub amount: i64,
    /// In what it is counted.
    pub measure: Measure,
    /// Of a hundred cases, how many kept their promise; rounded down.
    pub kept_percent: u64,
}

/// Counts a case that ended.
pub(crate) fn add_in(tx: &mut Tx<'_>, service: &str, promise: &Promise, kept: bool) -> Result<(), Error> {
    let amount = match promise.measure {
        Measure::Days => rounded_up(promise.used, DAY),
        Measure::Minutes => {
            let minutes = rounded_up(promise.used, 60_000_000);
            MINUTES.into_iter().find(|step| *step >= minutes).unwrap_or(minutes)
        }
    };
    let day = tx.now().date(Zone::Hebron);
    tx.execute_one(&sql::COUNT_ELAPSED, &params![day, service, promise.measure.as_str(), amount.max(1), kept])
}

const fn rounded_up(time: i64, whole: i64) -> i64 {
    time.saturating_add(whole - 1) / whole
}

/// What the last ninety days say of a service; nothing while they were few.
///
/// # Errors
/// The store's.
pub fn usual(read: &mut Read<'_>, service: &str, measure: Measure, today: Date) -> Result<Option<Usual>, Error> {
    let rows = read.rows(&sql::ELAPSED, &params![service, today.plus_days(-DAYS), measure.as_str()])?;
    let mut counted: Vec<(i64, bool, u64)> = Vec::with_capacity(rows.len());
    for row in rows {
        counted.push((row.get(0)?, row.get(1)?, row.get(2)?));
    }
    let total: u64 = counted.iter().map(|(.., total)| total).sum();
    if total < FEW {
        return Ok(None);
    }
    let mut seen = 0;
    let middle = counted.iter().find(|(.., many)| {
        seen += many;
        seen * 2 >= total
    });
    let kept: u64 = counted.iter().filter(|(_, kept, _)| *kept).map(|(.., total)| total).sum();
    Ok(middle.map(|(amount, ..)| Usual { amount: *amount, measure, kept_percent: kept * 100 / total }))
}

/// How often a service kept its promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The service's key.
    pub service: String,
    /// Cases that ended.
    pub total: u64,
    /// Those of them that ended in time.
    pub kept: u64,
}

/// The last ninety days, by service: for the quality office, which sees small
/// numbers too.
///
/// # Errors
/// The store's.
pub fn kept(read: &mut Read<'_>, today: Date) -> Result<Vec<Kept>, Error> {
    let rows = read.rows(&sql::KEPT, &params![today.plus_days(-DAYS)])?;
    rows.iter().map(|row| Ok(Kept { service: row.get(0)?, total: row.get(1)?, kept: row.get(2)? })).collect()
}
