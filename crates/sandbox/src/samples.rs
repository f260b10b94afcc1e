//! The sample registers that a security server reads itself, as CSV written
//! from the same people as everything else of the sandbox. Days of the listed
//! people's stories are counted from the day of the start.
//!
//! Not here: what is asked of them and how they answer: that is data, the files
//! of operations under `services/operations/`.
//!
//! Invariant: the same people and the same day give the same files.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use base::Date;

use crate::population::{Dice, Ending, Index, PEOPLE, Person, Population, Sex, Spelt};
use crate::registry::Registers;

pub use newborn::{Entered, enter};

mod money;
mod newborn;
mod people;
mod work;

/// Which file a register of an operation is: without it, it does not answer.
const FILES: [(&str, &str); 24] = [
    ("PS/GOV/MOI/CIVIL/events", "civil-events.csv"),
    ("PS/GOV/MOH/BIRTHS/notice", "birth-notices.csv"),
    ("PS/GOV/MOT/LICENSING/vehicles", "vehicles.csv"),
    ("PS/GOV/MOH/FITNESS/driver", "driver-examinations.csv"),
    ("PS/GOV/MOJ/RECORD/convictions", "convictions.csv"),
    ("PS/GOV/HJC/COURTS/cases", "court-cases.csv"),
    ("PS/GOV/AGO/ORDERS/holds", "prosecution-orders.csv"),
    ("PS/GOV/MOH/INSURANCE/policy", "insurance-policies.csv"),
    ("PS/GOV/MOF/TAX/account", "tax-accounts.csv"),
    ("PS/GOV/MOF/PROPERTY/holdings", "properties.csv"),
    ("PS/GOV/MOL/EMPLOYMENT/status", "employment.csv"),
    ("PS/GOV/MOSD/HOUSEHOLDS/household", "households.csv"),
    ("PS/GOV/MONE/COMPANIES/names", "company-names.csv"),
    ("PS/GOV/MONE/COMPANIES/free", "company-names.csv"),
    ("PS/GOV/PLA/LAND/parcel", "parcels.csv"),
    ("PS/GOV/MOE/EXAMS/results", "exam-results.csv"),
    ("PS/GOV/LG/MUNICIPALITIES/dues", "municipal-accounts.csv"),
    ("PS/GOV/PPA/PENSIONS/pension", "pensions.csv"),
    ("PS/GOV/CHAMBERS/MEMBERS/member", "chamber-members.csv"),
    ("PS/GOV/POST/ADDRESSES/address", "addresses.csv"),
    ("PS/GOV/MOI/CIVIL/births", "birth-entries.csv"),
    ("PS/GOV/MOI/CIVIL/spouses", "spouses.csv"),
    ("PS/GOV/MOI/CIVIL/cards", "id-cards.csv"),
    ("PS/GOV/MOI/PASSPORTS/passport", "passports.csv"),
];

/// What a register that is out of order is called meanwhile.
const DOWN: &str = "down";

/// Says what the folder is to whoever finds it.
const NOTE: &str = "Sample registers of the demo, invented from end to end. They are written anew at every start.\n";

/// Writes every register into a folder.
///
/// # Errors
/// The disk's.
pub fn write(registers: &Registers, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("README.txt"), NOTE)?;
    let world = World { people: registers.population(), registers, start: registers.start() };
    for sheet in sheets(&world) {
        replace(folder, &sheet)?;
        match fs::remove_file(folder.join(format!("{}.{DOWN}", sheet.name))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// A reader sees the old file or the new one.
fn replace(folder: &Path, Sheet { name, text }: &Sheet) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    fs::write(&new, text)?;
    fs::rename(new, folder.join(name))
}

/// Puts the register of an operation out of order, or in order again. Whether
/// there is such a register.
///
/// # Errors
/// The disk's.
pub fn switch(folder: &Path, operation: &str, down: bool) -> io::Result<bool> {
    let Some((_, name)) = FILES.iter().find(|(known, _)| *known == operation) else { return Ok(false) };
    let (up, out) = (folder.join(name), folder.join(format!("{name}.{DOWN}")));
    let (from, to) = if down { (up, out) } else { (out, up) };
    match fs::rename(from, to) {
        // It is so already.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(()) => Ok(true),
    }
}

/// Every operation with such a register, and whether that is in order.
#[must_use]
pub fn states(folder: &Path) -> Vec<(&'static str, bool)> {
    FILES.iter().map(|(operation, name)| (*operation, folder.join(name).exists())).collect()
}

fn sheets(world: &World<'_>) -> Vec<Sheet> {
    [people::sheets(world), work::sheets(world), money::sheets(world)].concat()
}

/// What the samples are made from.
struct World<'w> {
    people: &'w Population,
    registers: &'w Registers,
    start: Date,
}

impl World<'_> {
    /// Everybody with their place in the list.
    fn everybody(&self) -> impl Iterator<Item = (Index, &Person)> {
        self.people.people().iter().enumerate()
    }
    /// Who lives and is so old, from the generated people.
    fn living(&self, ages: std::ops::RangeInclusive<i32>) -> impl Iterator<Item = (Index, &Person)> {
        let listed = self.people.listed();
        let old = move |person: &Person| ages.contains(&person.born.years_until(self.start));
        self.everybody().skip(listed).filter(move |(_, person)| person.died.is_none() && old(person))
    }
    /// A listed citizen, by the word that tests use.
    fn listed(&self, key: &str) -> (Index, &Person) {
        let known = PEOPLE.iter().find(|person| person.key == key).expect("demo.toml lists this citizen");
        self.people.find(known.id_number.as_str()).expect("the listed people are in the population")
    }
    fn person(&self, index: Index) -> &Person {
        &self.people.people()[index]
    }
    /// A day so many days from the start, as text.
    fn day(&self, days: i32) -> String {
        self.start.plus_days(days).to_string()
    }
}

/// A file in the making.
#[derive(Clone)]
struct Sheet {
    name: &'static str,
    text: String,
}

impl Sheet {
    fn new(name: &'static str, columns: &str) -> Self {
        Self { name, text: format!("{columns}\n") }
    }
    /// Adds a line; values with a comma or a quotation mark are quoted.
    fn line(&mut self, values: &[&str]) {
        for (place, value) in values.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // A String takes whatever is written to it.
            let _ = if value.contains([',', '"', '\n']) {
                write!(self.text, "{comma}\"{}\"", value.replace('"', "\"\""))
            } else {
                write!(self.text, "{comma}{value}")
            };
        }
        self.text.push('\n');
    }
}

fn id(person: &Person) -> &str {
    person.id_number.as_str()
}

/// Number and both names of somebody, or nothing of nobody.
fn named(world: &World<'_>, index: Option<Index>) -> [String; 3] {
    index.map_or_else(Default::default, |index| {
        let person = world.person(index);
        [id(person).to_owned(), person.name.arabic_full(), person.name.latin_full()]
    })
}

/// The governorate's chief town, or the town itself of somebody abroad.
fn governorate(person: &Person) -> (&'static str, Spelt) {
    person.address.governorate.map_or(("RBH", person.address.locality), |one| (one.code, one.name))
}
