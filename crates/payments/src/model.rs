//! Bills, attempts, payments and their stages.

use base::id::typed_id;
use base::{CaseId, Currency, Money, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Error, Event};
use web::Transitions;

use crate::wording::Wording;

typed_id! {
    /// What somebody owes for a case.
    BillId
}
typed_id! {
    /// One try to pay on one rail.
    AttemptId
}
typed_id! {
    /// Money that came.
    PaymentId
}
typed_id! {
    /// An amount frozen for a collector for a short while.
    QuoteId
}
typed_id! {
    /// A waiver of a fee.
    WaiverId
}
store::stored_ids!(BillId, AttemptId, PaymentId, QuoteId, WaiverId);

/// How a bill gets settled.
pub const BILL: Transitions = Transitions {
    name: "payments.bill",
    start: "open",
    edges: &[("open", "paid", "paid"), ("open", "cancelled", "cancelled")],
};

/// How one try by card ends. Unknown settles by itself.
pub const ATTEMPT: Transitions = Transitions {
    name: "payments.attempt",
    start: "created",
    edges: &[
        ("created", "opened", "redirected"),
        ("created", "refused", "failed"),
        ("redirected", "authorised", "settled"),
        ("redirected", "declined", "failed"),
        ("redirected", "expired", "failed"),
        ("redirected", "lost", "unknown"),
        ("unknown", "authorised", "settled"),
        ("unknown", "declined", "failed"),
        ("unknown", "expired", "failed"),
    ],
};

/// Where a bill stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillStage {
    /// It is owed.
    Open,
    /// It was paid, or there was nothing to pay.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// It is owed no more.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

impl BillStage {
    /// The word in storage and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid { .. } => "paid",
            Self::Cancelled { .. } => "cancelled",
        }
    }
    pub(crate) fn read(word: &str, settled_at: Option<Timestamp>) -> Result<Self, Error> {
        match (word, settled_at) {
            ("open", None) => Ok(Self::Open),
            ("paid", Some(at)) => Ok(Self::Paid { at }),
            ("cancelled", Some(at)) => Ok(Self::Cancelled { at }),
            _ => Err(Error::Corrupt(format!("a bill's stage {word}"))),
        }
    }
}

/// A fee of the register, so many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeUse {
    /// The fee's code.
    pub code: String,
    /// How many.
    pub quantity: u32,
}

/// What a service asks to be billed. Amounts are not among it.
#[derive(Debug, Clone)]
pub struct BillRequest {
    /// For which case.
    pub case: CaseId,
    /// Who owes it.
    pub payer: PersonId,
    /// The service's key, for figures.
    pub service: String,
    /// What is paid for: what receipts call the service.
    pub names: Wording,
    /// Who asks for the money, as it is called today.
    pub issuer: Wording,
    /// Which fees.
    pub fees: Vec<FeeUse>,
    /// The cohorts that registers place the payer in, for waivers.
    pub cohorts: Vec<String>,
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Its id.
    pub id: BillId,
    /// The 14 digits that any rail takes.
    pub code: String,
    /// For which case.
    pub case: CaseId,
    /// Who owes it.
    pub payer: PersonId,
    /// The service's key.
    pub service: String,
    /// What is paid for.
    pub names: Wording,
    /// Who asks for the money, as it was called on the day of the bill.
    pub issuer: Wording,
    /// Since when.
    pub at: Timestamp,
    /// Until when it is payable without asking again.
    pub due: Timestamp,
    /// How much in all.
    pub total: Money,
    /// Where it stands.
    pub stage: BillStage,
    /// Its lines.
    pub lines: Vec<BillLine>,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// The fee's code.
    pub fee: String,
    /// How many.
    pub quantity: u32,
    /// Before a waiver.
    pub full: Money,
    /// What is owed.
    pub amount: Money,
    /// The revenue account's words after `revenue:`.
    pub revenue: String,
    /// The decision that sets the fee.
    pub decision: Wording,
    /// What takes off some of it, or all.
    pub waiver: Option<LineWaiver>,
}

/// Why less is owed than the fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineWaiver {
    /// The decision that grants it.
    pub decision: Wording,
    /// The reason in words.
    pub names: Wording,
}

impl Bill {
    /// What waived all of it; `None` where money was or is owed.
    #[must_use]
    pub fn waived(&self) -> Option<&LineWaiver> {
        self.lines.iter().find_map(|line| line.waiver.as_ref()).filter(|_| self.total.is_zero())
    }
}

/// A bill was settled: by money, or because all of it was waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPaid {
    /// Which.
    pub bill: BillId,
    /// For which case.
    pub case: CaseId,
}

impl Event for BillPaid {
    const TOPIC: &'static str = "payments.bill_paid";
    fn key(&self) -> String {
        self.case.to_string()
    }
}

/// Money came for a bill that was not open for it: it is kept, and goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyHeld {
    /// For which bill.
    pub bill: BillId,
    /// For which case.
    pub case: CaseId,
    /// What it is called on its receipt.
    pub receipt: String,
    /// How much: `5.00 ILS`.
    pub amount: String,
}

impl MoneyHeld {
    /// How much, unless the event's words are of no known currency.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        let (number, code) = self.amount.split_once(' ')?;
        Money::parse(number, Currency::from_code(code)?).ok()
    }
}

impl Event for MoneyHeld {
    const TOPIC: &'static str = "payments.money_held";
    fn key(&self) -> String {
        self.case.to_string()
    }
}

/// Payments said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// Whoever acts for another may not owe or pay so much for them.
    #[error("the bill is above the mandate's ceiling")]
    AboveCeiling,
    /// The mandate of whoever acts for another does not cover the service.
    #[error("the mandate does not cover this service")]
    OutOfMandate,
    /// The register has no such fee on that day.
    #[error("the finance register has no fee {0} today")]
    NoFee(String),
    /// Two currencies on one bill, or too much money.
    #[error(transparent)]
    Money(#[from] base::MoneyError),
    /// No such bill.
    #[error("there is no such bill")]
    NoBill,
    /// It is not owed any more.
    #[error("the bill is {0}")]
    NotOpen(&'static str),
    /// The collector used a transaction number for two different things.
    #[error("this transaction number was used for something else")]
    OtherBody,
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] ledger::Refusal),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

pub(crate) fn currency(code: &str) -> Result<Currency, Error> {
    Currency::from_code(code).ok_or_else(|| Error::Corrupt(format!("the currency {code}")))
}
