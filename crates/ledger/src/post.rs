//! Entering, reversing, and reading balances.

use base::{Currency, Money};
use store::{Error, Read, Tx, params};

use crate::model::{Account, Entry, EntryId, Posting, Refusal};
use crate::sql;

/// Enters an entry in the caller's commit.
///
/// # Errors
/// The rule of double entry, or the store's.
pub fn post_in(tx: &mut Tx<'_>, entry: &Entry) -> Result<EntryId, Refusal> {
    insert(tx, entry, None)
}

/// Undoes an entry by its mirror, once.
///
/// # Errors
/// No such entry, reversed already, or the store's.
pub fn reverse_in(tx: &mut Tx<'_>, entry: EntryId, kind: &'static str) -> Result<EntryId, Refusal> {
    let about: String = tx.row(&sql::ENTRY, &params![entry])?.ok_or(Refusal::NoEntry)?.get(0)?;
    if tx.row(&sql::REVERSAL, &params![entry])?.is_some() {
        return Err(Refusal::Reversed);
    }
    let mut postings = Vec::new();
    for (account, amount) in lines(tx, &sql::POSTINGS, &entry.to_string())? {
        postings.push(Posting::credit(account, amount)?);
    }
    insert(tx, &Entry { kind, about, postings }, Some(entry))
}

/// All lines that concern a thing, such as `bill:01J…`, oldest first.
///
/// # Errors
/// The store's.
pub fn about(read: &mut Read<'_>, about: &str) -> Result<Vec<(Account, Money)>, Refusal> {
    lines(read, &sql::ABOUT, about)
}

/// What an account holds in a currency; debits are positive.
///
/// # Errors
/// The store's.
pub fn balance(read: &mut Read<'_>, account: &Account, currency: Currency) -> Result<Money, Error> {
    let row = read.row(&sql::BALANCE, &params![account.as_str(), currency.code()])?;
    let minor = row.map(|row| row.get::<i64>(0)).transpose()?;
    Ok(Money::from_minor(minor.unwrap_or(0), currency))
}

/// What an entry debits in all, minor units; `None` when there is no such entry.
///
/// # Errors
/// The store's.
pub fn debited(read: &mut Read<'_>, entry: EntryId) -> Result<Option<i64>, Error> {
    read.row(&sql::DEBITED, &params![entry])?.map_or(Ok(None), |row| row.get(0))
}

fn insert(tx: &mut Tx<'_>, entry: &Entry, reverses: Option<EntryId>) -> Result<EntryId, Refusal> {
    entry.check()?;
    let id: EntryId = tx.mint();
    let now = tx.now();
    tx.execute_one(&sql::INSERT_ENTRY, &params![id, now, entry.kind, entry.about, reverses])?;
    for (line, posting) in (1_i64..).zip(&entry.postings) {
        let (account, amount) = (posting.account.as_str(), posting.amount);
        tx.execute_one(&sql::INSERT_POSTING, &params![id, line, account, amount.currency().code(), amount.minor()])?;
    }
    Ok(id)
}

fn lines(read: &mut Read<'_>, statement: &store::Statement, key: &str) -> Result<Vec<(Account, Money)>, Refusal> {
    let rows = read.rows(statement, &params![key])?;
    rows.iter()
        .map(|row| {
            let currency: String = row.get(1)?;
            let currency = Currency::from_code(&currency)
                .ok_or_else(|| Error::Corrupt(format!("a posting about {key} has the currency {currency}")))?;
            Ok((Account::new(row.get::<String>(0)?)?, Money::from_minor(row.get(2)?, currency)))
        })
        .collect()
}
