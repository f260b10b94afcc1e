//! Entries and postings. Debits are positive, credits negative.

use base::id::typed_id;
use base::{Currency, Money};
use store::Error;

typed_id! {
    /// One entry of the ledger.
    EntryId
}
store::stored_ids!(EntryId);

/// An account's name: words of `a-z`, `0-9`, `.`, `-`, joined by `:`, the kind
/// first: `collector:palpay`, `acquirer:bank`, `revenue:mot.licence`, `suspense`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(String);

/// Longest account name, bytes.
pub const NAME_BYTES: usize = 96;

impl Account {
    /// The account of this name.
    ///
    /// # Errors
    /// [`Refusal::Account`] for a malformed name.
    pub fn new(name: impl Into<String>) -> Result<Self, Refusal> {
        let name = name.into();
        let word = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
        };
        let good = name.len() <= NAME_BYTES && name.split(':').all(word);
        if good { Ok(Self(name)) } else { Err(Refusal::Account(name)) }
    }
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One line: so much on that account; positive is debit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub account: Account,
    /// How much.
    pub amount: Money,
}

impl Posting {
    /// A debit of this account.
    #[must_use]
    pub fn debit(account: Account, amount: Money) -> Self {
        Self { account, amount }
    }
    /// A credit of this account.
    ///
    /// # Errors
    /// [`Refusal::Amount`] for the one amount without an opposite.
    pub fn credit(account: Account, amount: Money) -> Result<Self, Refusal> {
        let amount = amount.negated().map_err(|_| Refusal::Amount)?;
        Ok(Self { account, amount })
    }
}

/// What is to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Why: `payment`, `refund`.
    pub kind: &'static str,
    /// What it is about: `bill:01J…`.
    pub about: String,
    /// Its lines.
    pub postings: Vec<Posting>,
}

/// Postings in one entry at most.
pub const POSTINGS: usize = 100;

impl Entry {
    /// Checks the rule of double entry.
    ///
    /// # Errors
    /// Fewer than two postings, too many, a zero line, or a currency that does
    /// not sum to zero.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.postings.len() < 2 || self.postings.len() > POSTINGS {
            return Err(Refusal::Postings(self.postings.len()));
        }
        if self.postings.iter().any(|posting| posting.amount.is_zero()) {
            return Err(Refusal::Amount);
        }
        for currency in Currency::ALL {
            let of_currency = self.postings.iter().filter(|posting| posting.amount.currency() == currency);
            let sum: i128 = of_currency.map(|posting| i128::from(posting.amount.minor())).sum();
            if sum != 0 {
                return Err(Refusal::Unbalanced(currency));
            }
        }
        Ok(())
    }
}

/// The ledger said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// Not an account's name.
    #[error("{0:?} is no account")]
    Account(String),
    /// A line of nothing, or an amount that cannot be turned.
    #[error("a posting needs an amount that is not zero")]
    Amount,
    /// Too few or too many lines.
    #[error("an entry needs 2 to {POSTINGS} postings, not {0}")]
    Postings(usize),
    /// Debits and credits differ.
    #[error("the postings in {0} do not sum to zero")]
    Unbalanced(Currency),
    /// Nothing to reverse.
    #[error("there is no such entry")]
    NoEntry,
    /// It was reversed before.
    #[error("the entry is reversed already")]
    Reversed,
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}
