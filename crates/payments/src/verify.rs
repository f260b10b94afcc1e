//! What must hold of money at any time.

use ledger::EntryId;
use store::{Error, Invariant, Read, params};

use crate::sql;

/// The invariants that `hukumati verify` runs.
pub(crate) fn invariants() -> Vec<Invariant> {
    vec![
        listed("payments.paid_bills_equal_their_payments", &sql::CROOKED_BILLS),
        listed("payments.bills_equal_their_lines", &sql::CROOKED_LINES),
        listed("payments.settled_money_settles_its_bill", &sql::UNCOUNTED),
        Invariant::new("payments.payments_have_their_postings", postings),
    ]
}

fn listed(name: &'static str, statement: &'static store::Statement) -> Invariant {
    Invariant::new(name, move |read| read.rows(statement, &params![])?.iter().map(|row| row.get(0)).collect())
}

/// Each payment's entry is in the ledger and debits exactly its amount.
fn postings(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::PAYMENTS, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let (entry, amount): (EntryId, i64) = (row.get(1)?, row.get(2)?);
            if ledger::debited(read, entry)? != Some(amount) {
                broken.push(row.get(0)?);
            }
        }
    }
}
