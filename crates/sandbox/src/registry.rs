//! The pretend registers behind the ministry's security server: civil
//! registry, operators' register, register of drivers, traffic fines, companies'
//! register.
//!
//! Not here: HTTP (`outside`), and who may ask (that is the exchange's). A test
//! or a visitor of the demo changes names, records a death, makes a register
//! slow or dead; this lies over the people and is gone at the next start.
//!
//! Invariant: every answer fits the JSON Schema of its operation under
//! `services/operations/`.

mod answers;
mod companies;
mod drivers;
mod fines;
mod portrait;
pub mod told;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use base::{CompanyNumber, Date, IdNumber, PersonName, Phone};
use serde_json::Value;

use crate::population::{Index, Line, MaritalStatus, Person, Population};

pub use companies::{COMPANIES, Company, FORMS, Form};
pub use drivers::{CLASSES, Class, Driver, Hold};
pub use fines::Fine;

/// A register that can be slow or dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Register {
    /// Civil registry, Ministry of Interior.
    Civil,
    /// The mobile operators' register.
    Operators,
    /// Register of drivers, Licensing Authority.
    Drivers,
    /// Traffic fines, police.
    Fines,
    /// Companies' register.
    Companies,
}

impl Register {
    /// Every register.
    pub const ALL: [Self; 5] = [Self::Civil, Self::Operators, Self::Drivers, Self::Fines, Self::Companies];

    /// The word in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Civil => "civil",
            Self::Operators => "operators",
            Self::Drivers => "drivers",
            Self::Fines => "fines",
            Self::Companies => "companies",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|register| register.as_str() == word)
    }
}

/// What a register can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Names, birth, sex, marital status, address.
    Person,
    /// Spouses, children, parents, guardians.
    Family,
    /// Mobile numbers.
    Numbers,
    /// The driving licence.
    Driver,
    /// Traffic fines.
    Fines,
    /// The companies that a person signs for.
    Signatory,
    /// A company, asked by its own number.
    Company,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Family, Self::Numbers, Self::Driver, Self::Fines, Self::Signatory, Self::Company];

    /// The exchange's identifier of it.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::Person => "PS/GOV/MOI/CIVIL/person",
            Self::Family => "PS/GOV/MOI/CIVIL/family",
            Self::Numbers => "PS/GOV/MTIT/OPERATORS/numbers",
            Self::Driver => "PS/GOV/MOT/LICENSING/driver",
            Self::Fines => "PS/GOV/POL/TRAFFIC/fines",
            Self::Signatory => "PS/GOV/MONE/COMPANIES/signatory",
            Self::Company => "PS/GOV/MONE/COMPANIES/company",
        }
    }
    /// Its address on the registers' listener; the query is `id`, a company's
    /// `number`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Person => "/moi/civil/person",
            Self::Family => "/moi/civil/family",
            Self::Numbers => "/mtit/operators/numbers",
            Self::Driver => "/mot/licensing/driver",
            Self::Fines => "/pol/traffic/fines",
            Self::Signatory => "/mone/companies/signatory",
            Self::Company => "/mone/companies/company",
        }
    }
    /// Which register answers.
    #[must_use]
    pub const fn register(self) -> Register {
        match self {
            Self::Person | Self::Family => Register::Civil,
            Self::Numbers => Register::Operators,
            Self::Driver => Register::Drivers,
            Self::Fines => Register::Fines,
            Self::Signatory | Self::Company => Register::Companies,
        }
    }
}

/// How a register does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It answers.
    #[default]
    Up,
    /// It answers after this long.
    Slow(Duration),
    /// It does not answer.
    Down,
}

/// Why a register gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Not nine digits.
    #[error("the number is not nine digits")]
    Malformed,
    /// The register knows nobody by that number.
    #[error("nothing is registered under that number")]
    Unknown,
    /// The register is down.
    #[error("the register is out of order")]
    Down,
}

/// What somebody changed since the start.
#[derive(Debug, Default)]
struct Overlay {
    modes: HashMap<Register, Mode>,
    names: HashMap<Index, PersonName>,
    deaths: HashMap<Index, Date>,
    versions: HashMap<Index, u32>,
    /// What the registry was told, by the message's key.
    told: HashMap<String, told::Told>,
    companies: companies::Changes,
}

/// All registers over one population.
#[derive(Debug)]
pub struct Registers {
    population: Population,
    drivers: HashMap<Index, Driver>,
    fines: HashMap<Index, Vec<Fine>>,
    companies: Vec<Company>,
    start: Date,
    overlay: RwLock<Overlay>,
}

impl Registers {
    /// The registers as they stand on the day of the start. People are the same
    /// on any day; the listed people's licences are counted from it, so that
    /// the demo's stories stay true.
    #[must_use]
    pub fn new(start: Date) -> Self {
        let population = Population::grow();
        let drivers = drivers::drivers(&population, start);
        let fines = fines::fines(&drivers, start);
        let companies = companies::companies(&population);
        Self { population, drivers, fines, companies, start, overlay: RwLock::default() }
    }
    /// The people underneath, without changes.
    #[must_use]
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// The day from which stories are counted.
    pub(crate) fn start(&self) -> Date {
        self.start
    }

    /// What a register answers, as JSON that fits the operation's schema.
    ///
    /// # Errors
    /// See [`NoAnswer`]. Slowness is the caller's to keep: see [`Self::mode`].
    pub fn answer(&self, operation: Operation, number: &str) -> Result<Value, NoAnswer> {
        if self.mode(operation.register()) == Mode::Down {
            return Err(NoAnswer::Down);
        }
        let number = IdNumber::parse(number).ok_or(NoAnswer::Malformed)?;
        if operation == Operation::Company {
            let company = self.company(number.as_str()).ok_or(NoAnswer::Unknown)?;
            return Ok(answers::company(self, &company));
        }
        let (index, _) = self.population.find(number.as_str()).ok_or(NoAnswer::Unknown)?;
        match operation {
            Operation::Person => Ok(answers::person(self, index)),
            Operation::Family => Ok(answers::family(self, index)),
            Operation::Numbers => Ok(answers::numbers(self, index)),
            Operation::Driver => answers::driver(self, index).ok_or(NoAnswer::Unknown),
            Operation::Fines => Ok(answers::fines(self, index)),
            Operation::Signatory => Ok(answers::signatory(self, index)),
            Operation::Company => Err(NoAnswer::Unknown),
        }
    }

    /// The civil registry's record with the portrait, for a counter.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn with_photo(&self, id_number: &str) -> Result<Value, NoAnswer> {
        let mut answer = self.answer(Operation::Person, id_number)?;
        // Somebody whose photo the registry lacks, as for people abroad.
        if let Some(person) = self.person(id_number).filter(|person| person.contact.is_none()) {
            answer["photo"] = portrait::photo(&person);
        }
        Ok(answer)
    }

    /// The civil registry's entry as it stands now, changes included.
    #[must_use]
    pub fn person(&self, id_number: &str) -> Option<Person> {
        let (index, _) = self.population.find(id_number)?;
        Some(self.current(index))
    }
    /// What somebody is by their marriages, deaths recorded since the start
    /// included.
    #[must_use]
    pub fn marital_status(&self, index: Index) -> MaritalStatus {
        let status = self.population.marital_status(index);
        let bereaved =
            status == MaritalStatus::Married && self.current(index).died.is_none() && self.spouses(index).is_empty();
        if bereaved { MaritalStatus::Widowed } else { status }
    }
    /// Living spouses of somebody.
    #[must_use]
    pub fn spouses(&self, index: Index) -> Vec<Index> {
        let marriages = self.population.marriages_of(index);
        let lasting = marriages.into_iter().filter(|marriage| marriage.ended.is_none());
        let other = lasting.map(|marriage| if marriage.husband == index { marriage.wife } else { marriage.husband });
        other.filter(|&spouse| self.current(spouse).died.is_none()).collect()
    }
    /// Who answers for a minor: the father, else the paternal grandfather,
    /// else the mother, of those who live. Nobody for adults.
    #[must_use]
    pub fn guardian(&self, index: Index) -> Option<Index> {
        let person = self.current(index);
        if person.born.years_until(self.start) >= 18 {
            return None;
        }
        let grandfather = person.father.and_then(|father| self.population.people()[father].father);
        let lives = |one: &Index| self.current(*one).died.is_none();
        [person.father, grandfather, person.mother].into_iter().flatten().find(lives)
    }
    /// The numbers that are somebody's, or a relative's whom they use it with.
    #[must_use]
    pub fn lines_of(&self, index: Index) -> Vec<&Line> {
        let lines = self.population.lines().iter();
        lines.filter(|line| line.holder == index || line.users.contains(&index)).collect()
    }
    /// Every number that a code for this person may go to: the operators' and
    /// the one that the civil registry noted.
    #[must_use]
    pub fn reachable_at(&self, id_number: &str) -> Vec<Phone> {
        let Some((index, person)) = self.population.find(id_number) else { return Vec::new() };
        let lines = self.lines_of(index).into_iter().map(|line| line.number.clone());
        lines.chain(person.contact.clone()).collect()
    }
    /// Somebody's driving licence.
    #[must_use]
    pub fn driver(&self, index: Index) -> Option<&Driver> {
        self.drivers.get(&index)
    }
    /// How many drivers there are.
    #[must_use]
    pub fn driver_count(&self) -> usize {
        self.drivers.len()
    }
    /// Somebody's traffic fines, paid ones included.
    #[must_use]
    pub fn fines(&self, index: Index) -> &[Fine] {
        self.fines.get(&index).map_or(&[], Vec::as_slice)
    }

    /// Every company as it stands now.
    #[must_use]
    pub fn companies(&self) -> Vec<Company> {
        let overlay = self.read();
        self.companies.iter().map(|company| overlay.companies.applied(company)).collect()
    }
    /// A company as it stands now.
    #[must_use]
    pub fn company(&self, number: &str) -> Option<Company> {
        self.companies().into_iter().find(|company| company.number.as_str() == number)
    }
    /// Strikes a company off the register.
    ///
    /// # Errors
    /// [`NoAnswer::Unknown`].
    pub fn strike_off(&self, number: &str) -> Result<(), NoAnswer> {
        let number = self.company(number).ok_or(NoAnswer::Unknown)?.number;
        self.write().companies.strike_off(number);
        Ok(())
    }
    /// Somebody does not sign for a company any more.
    ///
    /// # Errors
    /// [`NoAnswer::Unknown`].
    pub fn release(&self, number: &str, id_number: &str) -> Result<(), NoAnswer> {
        let number: CompanyNumber = self.company(number).ok_or(NoAnswer::Unknown)?.number;
        let (index, _) = self.population.find(id_number).ok_or(NoAnswer::Unknown)?;
        self.write().companies.release(number, index);
        Ok(())
    }

    /// How a register does.
    #[must_use]
    pub fn mode(&self, register: Register) -> Mode {
        self.read().modes.get(&register).copied().unwrap_or_default()
    }
    /// Makes a register slow, dead, or well again.
    pub fn set_mode(&self, register: Register, mode: Mode) {
        self.write().modes.insert(register, mode);
    }
    /// Changes a person's name, as after a correction at the registry.
    ///
    /// # Errors
    /// [`NoAnswer::Unknown`].
    pub fn rename(&self, id_number: &str, name: PersonName) -> Result<(), NoAnswer> {
        self.change(id_number, |overlay, index| drop(overlay.names.insert(index, name)))
    }
    /// Records a death.
    ///
    /// # Errors
    /// [`NoAnswer::Unknown`].
    pub fn record_death(&self, id_number: &str, day: Date) -> Result<(), NoAnswer> {
        self.change(id_number, |overlay, index| {
            overlay.deaths.insert(index, day);
        })
    }
    /// Takes every change back and makes every register well.
    pub fn restore(&self) {
        *self.write() = Overlay::default();
    }

    fn change(&self, id_number: &str, change: impl FnOnce(&mut Overlay, Index)) -> Result<(), NoAnswer> {
        let (index, _) = self.population.find(id_number).ok_or(NoAnswer::Unknown)?;
        let mut overlay = self.write();
        change(&mut overlay, index);
        *overlay.versions.entry(index).or_insert(1) += 1;
        Ok(())
    }
    /// A person as they stand now.
    fn current(&self, index: Index) -> Person {
        let mut person = self.population.people()[index].clone();
        let overlay = self.read();
        if let Some(name) = overlay.names.get(&index) {
            person.name = name.clone();
        }
        person.died = overlay.deaths.get(&index).copied().or(person.died);
        person
    }
    /// The version of a person's entry; it counts changes.
    fn version(&self, index: Index) -> u32 {
        self.read().versions.get(&index).copied().unwrap_or(1)
    }
    fn read(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn write(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
