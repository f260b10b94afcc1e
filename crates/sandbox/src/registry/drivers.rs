//! The register of drivers: about 900 licences, most valid, some expired, a
//! few held back.

use std::collections::HashMap;

use base::Date;

use crate::population::{Dice, Index, Person, Population, Sex, Spelt, listed_licences};

/// Decides who drives.
const SEED: u64 = 0x44_52_49_56_45;
/// Drivers in all, the listed ones included.
const DRIVERS: usize = 900;
/// Youngest driver.
const AGE: i32 = 18;
/// Years that a licence holds.
const YEARS: i16 = 5;

/// A class of licence.
#[derive(Debug, PartialEq, Eq)]
pub struct Class {
    /// `B`.
    pub code: &'static str,
    /// In Arabic and English.
    pub name: Spelt,
}

/// The classes of the sample.
pub static CLASSES: [Class; 4] = [
    Class { code: "B", name: ("مركبة خصوصية", "Private vehicle") },
    Class { code: "C1", name: ("شحن خفيف", "Light goods vehicle") },
    Class { code: "D1", name: ("مركبة عمومية", "Public vehicle") },
    Class { code: "A", name: ("دراجة نارية", "Motorcycle") },
];

/// Why a licence is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// `court`, `medical`.
    pub code: &'static str,
    /// In Arabic and English.
    pub reason: Spelt,
    /// Since when.
    pub since: Date,
}

/// A driving licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// `D9000005`.
    pub licence_number: String,
    /// What may be driven.
    pub class: &'static Class,
    /// First day.
    pub issued: Date,
    /// Last day.
    pub expires: Date,
    /// Whether glasses must be worn.
    pub glasses: bool,
    /// What holds it back now.
    pub holds: Vec<Hold>,
}

impl Driver {
    /// The last day on which it can be renewed without a new test: a year
    /// after it ended (sample; the authority's own rule).
    #[must_use]
    pub fn renewable_until(&self) -> Date {
        self.expires.plus_years(1)
    }
    /// `valid`, `expired` or `suspended` on a day.
    #[must_use]
    pub fn status(&self, day: Date) -> &'static str {
        if !self.holds.is_empty() {
            "suspended"
        } else if self.expires < day {
            "expired"
        } else {
            "valid"
        }
    }
}

pub(crate) fn drivers(population: &Population, start: Date) -> HashMap<Index, Driver> {
    let mut drivers: HashMap<Index, Driver> = listed_licences()
        .map(|(holder, listed)| {
            let driver = Driver {
                licence_number: listed.number.clone(),
                class: CLASSES.iter().find(|class| class.code == listed.class).unwrap_or(&CLASSES[0]),
                issued: start.plus_days(listed.issued_days),
                expires: start.plus_days(listed.expires_days),
                glasses: listed.glasses,
                holds: Vec::new(),
            };
            (holder, driver)
        })
        .collect();
    let dice = Dice::new(SEED);
    let reference = Date::new(2026, 11, 1).unwrap_or(start);
    for (holder, person) in population.people().iter().enumerate().skip(population.listed()) {
        if drivers.len() == DRIVERS {
            break;
        }
        if drives(&dice, person, reference) {
            let number = format!("D{:07}", 1_000_000 + 37 * drivers.len());
            drivers.insert(holder, driver(&dice, person, number, reference));
        }
    }
    drivers
}

fn drives(dice: &Dice, person: &Person, reference: Date) -> bool {
    let age = person.born.years_until(reference);
    let share = if person.sex == Sex::Male { 72 } else { 36 };
    person.died.is_none() && (AGE + 1..=78).contains(&age) && dice.percent(share)
}

fn driver(dice: &Dice, person: &Person, licence_number: String, reference: Date) -> Driver {
    // Most were issued within five years, some so long ago that they ended.
    let back = if dice.percent(16) { dice.between(1_830, 2_900) } else { dice.between(1, 1_820) };
    let issued = reference.plus_days(-back).max(person.born.plus_years(18));
    let class = match dice.below(100) {
        0..86 => &CLASSES[0],
        86..92 => &CLASSES[1],
        92..97 => &CLASSES[2],
        _ => &CLASSES[3],
    };
    let hold = match dice.below(100) {
        0..2 => Some(("court", ("قرار محكمة بسحب الرخصة", "Withdrawn by a court"))),
        2..4 => Some(("medical", ("بانتظار فحص طبي", "Awaiting a medical examination"))),
        _ => None,
    };
    let holds = hold.map(|(code, reason)| Hold { code, reason, since: dice.day(reference.plus_days(-300), 299) });
    Driver {
        licence_number,
        class,
        issued,
        expires: issued.plus_years(YEARS),
        glasses: dice.percent(22),
        holds: holds.into_iter().collect(),
    }
}
