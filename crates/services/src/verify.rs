//! What must hold of every case.

use base::CaseId;
use payments::BillStage;
use store::{Error, Invariant, Read, params};

use crate::bundle::unsent;
use crate::case::{Refusal, case};
use crate::files::{self, FileId, FileStage};
use crate::sql;
use crate::steps::pay;

pub(crate) fn invariants() -> Vec<Invariant> {
    vec![
        listed("services.stages_and_dates_agree", &sql::STRAY_CASES),
        listed("services.nothing_is_of_no_case", &sql::ORPHANS),
        listed("services.waiting_cases_wait_for_somebody", &sql::FORGOTTEN_CASES),
        listed("services.nobody_waits_for_what_ended", &sql::IDLE_TURNS),
        listed("services.no_officer_decides_twice", &sql::TWICE_SEATED),
        listed("services.promises_agree_with_their_cases", &sql::STRAY_PROMISES),
        listed("services.decrees_have_two_officers", &sql::LONE_ENTRIES),
        listed("services.bundles_agree_with_their_cases", &sql::STRAY_BUNDLES),
        Invariant::new("services.sent_bundles_are_under_way", unsent),
        Invariant::new("services.cases_that_wait_for_money_have_a_bill", unbilled),
        Invariant::new("services.files_are_whole_and_sealed", damaged),
    ]
}

fn listed(name: &'static str, statement: &'static store::Statement) -> Invariant {
    Invariant::new(name, move |read| read.rows(statement, &params![])?.iter().map(|row| row.get(0)).collect())
}

/// A case that waits for money has an open bill, or its payment's news is on
/// the way.
fn unbilled(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::PAYING_CASES, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let id: CaseId = row.get(0)?;
            let Some(case) = case(read, id)? else { continue };
            let stages: Vec<BillStage> = pay::bills(read, &case)?.into_iter().map(|bill| bill.stage).collect();
            let waits = stages.contains(&BillStage::Open)
                || (stages.iter().any(|stage| matches!(stage, BillStage::Paid { .. }))
                    && read.has_work("services.bill_paid", &id.to_string())?);
            if !waits {
                broken.push(id.to_string());
            }
        }
    }
}

/// A file that was kept lies in a blob, which opens with the file's key and is as long
/// as it is said to be; one that waits for a scanner has its turn coming.
fn damaged(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::KEPT_FILES, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let (id, of): (FileId, CaseId) = (row.get(0)?, row.get(1)?);
            let case = match case(read, of) {
                Ok(Some(case)) => case,
                // Of no case: named by another invariant. Its person was erased: nothing is left to hold.
                Ok(None) | Err(Error::Sealed) => continue,
                Err(error) => return Err(error),
            };
            let whole = match files::file(read, &case, id) {
                Ok(found) => {
                    let waits = found.stage == FileStage::Waiting;
                    found.is_whole(&read.blobs())? && (!waits || read.has_work(files::scan::SCAN, &id.to_string())?)
                }
                Err(Refusal::Store(Error::Sealed | Error::Corrupt(_))) => false,
                Err(Refusal::Store(error)) => return Err(error),
                Err(_) => continue,
            };
            if !whole {
                broken.push(id.to_string());
            }
        }
    }
}
