//! Words that every system shares: ids, time, randomness, money, names, ID
//! numbers, phones, languages. Pure: nothing here does IO, except that
//! [`SystemClock`] and [`OsEntropy`] are the two doors to the ambient world.
//!
//! Not here: storage, crypto, HTML.

pub use serde;

pub mod actor;
pub mod clock;
pub mod code;
pub mod company_number;
pub mod digits;
pub mod entropy;
pub mod id;
pub mod id_number;
pub mod locale;
pub mod money;
pub mod mrz;
pub mod name;
pub mod person;
pub mod phone;
pub mod postcode;

pub use actor::{Actor, Assurance, Mandate, Role};
pub use clock::{Clock, Date, SystemClock, Timestamp, Zone};
pub use company_number::CompanyNumber;
pub use entropy::{Entropy, OsEntropy, SeededEntropy};
pub use id::IdError;
pub use id_number::IdNumber;
pub use locale::{Direction, Locale};
pub use money::{Currency, Money, MoneyError};
pub use mrz::{Mrz, MrzFault};
pub use name::PersonName;
pub use person::{AccountId, CalendarEntryId, CaseId, MandateId, OfficerId, PersonId};
pub use phone::Phone;
