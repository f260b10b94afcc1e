//! Traffic fines of drivers: a few each, for a fifth of them.

use std::collections::HashMap;

use base::{Currency, Date, Money};

use super::drivers::Driver;
use crate::population::{Dice, Index, Spelt, listed_fines};

/// Decides who was fined.
const SEED: u64 = 0x46_49_4E_45;

/// A fine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fine {
    /// `T-26-000417`.
    pub number: String,
    /// The day of the offence.
    pub day: Date,
    /// What was done, in Arabic and English.
    pub offence: Spelt,
    /// Where.
    pub place: Spelt,
    /// How much.
    pub amount: Money,
    /// Whether it was paid.
    pub paid: bool,
}

const OFFENCES: [(Spelt, i64); 5] = [
    (("تجاوز السرعة المقررة", "Speeding"), 30_000),
    (("وقوف في مكان ممنوع", "Parking where it is forbidden"), 15_000),
    (("استخدام الهاتف أثناء القيادة", "Using a telephone while driving"), 25_000),
    (("عدم وضع حزام الأمان", "Not wearing the seat belt"), 10_000),
    (("تجاوز الإشارة الضوئية", "Passing a red light"), 50_000),
];

const PLACES: [Spelt; 4] = [("رام الله", "Ramallah"), ("نابلس", "Nablus"), ("الخليل", "Hebron"), ("طولكرم", "Tulkarm")];

pub(crate) fn fines(drivers: &HashMap<Index, Driver>, start: Date) -> HashMap<Index, Vec<Fine>> {
    let mut fines: HashMap<Index, Vec<Fine>> = HashMap::new();
    for (who, listed) in listed_fines() {
        fines.entry(who).or_default().push(Fine {
            number: listed.number.clone(),
            day: start.plus_days(listed.days),
            offence: (&listed.offence[0], &listed.offence[1]),
            place: (&listed.place[0], &listed.place[1]),
            amount: Money::from_minor(listed.amount_minor, Currency::Ils),
            paid: listed.paid,
        });
    }
    let dice = Dice::new(SEED);
    let reference = Date::new(2026, 11, 1).unwrap_or(start);
    // In the order of the list of people: a map has none of its own.
    let mut others: Vec<Index> = drivers.keys().copied().filter(|who| !fines.contains_key(who)).collect();
    others.sort_unstable();
    for who in others {
        let count = if dice.percent(20) { 1 + dice.below(3) } else { 0 };
        for each in 0..count {
            let (offence, minor) = *dice.pick(&OFFENCES);
            fines.entry(who).or_default().push(Fine {
                number: format!("T-26-{who:05}{each}"),
                day: dice.day(reference.plus_days(-700), 690),
                offence,
                place: *dice.pick(&PLACES),
                amount: Money::from_minor(minor, Currency::Ils),
                paid: dice.percent(70),
            });
        }
    }
    fines
}
