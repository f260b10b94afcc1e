//! The people: the same ones at every start, in families over three
//! generations and more, with names, numbers, homes and telephones.
//!
//! Not here: what a register says about them (`registry`), and whatever a test
//! changes (it lies over this, there).
//!
//! Invariants: a child carries its father's line in its name, is born in the
//! marriage of its parents and after both were at least seventeen; every ID
//! number has its check digit and one holder.

mod demo;
mod dice;
mod grow;
mod lines;
mod names;
mod places;

use std::collections::HashMap;

use base::{Date, IdNumber, PersonName, Phone};

pub use demo::{DemoAccount, DemoOfficer, DemoPerson, OFFICERS, PEOPLE, Text, listed};
pub(crate) use demo::{companies as listed_companies, fines as listed_fines, licences as listed_licences};
pub(crate) use dice::Dice;
pub use lines::{Line, Operator};
pub use names::Spelt;
pub use places::{Address, GOVERNORATES, Governorate, governorate};

/// Decides everything that chance decides about the people.
const SEED: u64 = 0x48_55_4B_55_4D_41_54_49;

/// A person's place in the list of people.
pub type Index = usize;

/// Female or male, as the civil registry has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// With a check digit that fits.
    pub id_number: IdNumber,
    /// Four parts, Arabic and Latin.
    pub name: PersonName,
    /// Female or male.
    pub sex: Sex,
    /// The day of birth.
    pub born: Date,
    /// The day of death.
    pub died: Option<Date>,
    /// The father, if the registry knows him.
    pub father: Option<Index>,
    /// The mother, if the registry knows her.
    pub mother: Option<Index>,
    /// The home.
    pub address: Address,
    /// A number that the civil registry itself noted, as for people abroad.
    pub contact: Option<Phone>,
    /// Groups that a decree may waive a fee for.
    pub cohorts: Vec<&'static str>,
}

/// How a marriage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One of the two died on that day.
    Death(Date),
    /// They were divorced on that day.
    Divorce(Date),
}

/// A marriage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marriage {
    /// The husband.
    pub husband: Index,
    /// The wife.
    pub wife: Index,
    /// The day of the contract.
    pub since: Date,
    /// Whether and how it ended.
    pub ended: Option<Ending>,
}

/// What one is by one's marriages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaritalStatus {
    /// Never married.
    Single,
    /// Married now.
    Married,
    /// The last spouse died.
    Widowed,
    /// The last marriage was dissolved.
    Divorced,
}

impl MaritalStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Married => "married",
            Self::Widowed => "widowed",
            Self::Divorced => "divorced",
        }
    }
}

/// Everybody.
#[derive(Debug, PartialEq, Eq)]
pub struct Population {
    people: Vec<Person>,
    marriages: Vec<Marriage>,
    lines: Vec<Line>,
    by_number: HashMap<String, Index>,
    /// Each one's children, eldest first.
    children: Vec<Vec<Index>>,
    /// Each one's marriages, by their places in the list, in order of their contracts.
    married: Vec<Vec<usize>>,
}

impl Population {
    /// Grows the people from the constant seed.
    #[must_use]
    pub fn grow() -> Self {
        let families = grow::families(SEED);
        let (people, marriages) = (families.people, families.marriages);
        let lines = lines::lines(&people, &marriages);
        let by_number = people.iter().enumerate().map(|(index, person)| (person.id_number.as_str().to_owned(), index));
        let by_number = by_number.collect();
        let mut children = grow::children(&people);
        children.iter_mut().for_each(|children| children.sort_by_key(|&child| people[child].born));
        let mut married = grow::married(people.len(), &marriages);
        married.iter_mut().for_each(|married| married.sort_by_key(|&place| marriages[place].since));
        Self { people, marriages, lines, by_number, children, married }
    }
    /// Everybody, the demo's listed people and their families first.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }
    /// How many of the first people are listed in `demo.toml`.
    #[must_use]
    pub fn listed(&self) -> usize {
        demo::settled()
    }
    /// Every marriage that was.
    #[must_use]
    pub fn marriages(&self) -> &[Marriage] {
        &self.marriages
    }
    /// Every telephone line.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
    /// Who has this number.
    #[must_use]
    pub fn find(&self, id_number: &str) -> Option<(Index, &Person)> {
        let index = *self.by_number.get(id_number)?;
        Some((index, self.people.get(index)?))
    }
    /// The person at a place of the list.
    #[must_use]
    pub fn person(&self, index: Index) -> Option<&Person> {
        self.people.get(index)
    }
    /// Somebody's marriages, in order of their contracts.
    #[must_use]
    pub fn marriages_of(&self, index: Index) -> Vec<&Marriage> {
        self.married.get(index).into_iter().flatten().map(|&place| &self.marriages[place]).collect()
    }
    /// Somebody's children, eldest first.
    #[must_use]
    pub fn children_of(&self, index: Index) -> Vec<Index> {
        self.children.get(index).cloned().unwrap_or_default()
    }
    /// What somebody is by their marriages.
    #[must_use]
    pub fn marital_status(&self, index: Index) -> MaritalStatus {
        let marriages = self.marriages_of(index);
        if marriages.iter().any(|marriage| marriage.ended.is_none()) {
            return MaritalStatus::Married;
        }
        match marriages.last().and_then(|marriage| marriage.ended) {
            None => MaritalStatus::Single,
            Some(Ending::Divorce(_)) => MaritalStatus::Divorced,
            // Whoever died married stays so in the registry.
            Some(Ending::Death(day)) if self.people[index].died == Some(day) => MaritalStatus::Married,
            Some(Ending::Death(_)) => MaritalStatus::Widowed,
        }
    }
}

/// The day on which the people were counted; nobody is born after it.
fn census() -> Date {
    Date::new(2026, 11, 1).expect("a date of the calendar")
}

#[cfg(test)]
mod tests;
