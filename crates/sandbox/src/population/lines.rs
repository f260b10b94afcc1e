//! Mobile numbers as the operators' register holds them: one holder each, and
//! sometimes a relative who uses it too. Some people have none.

use base::{Date, Phone};

use super::dice::Dice;
use super::names::Spelt;
use super::{Index, Marriage, Person, census, demo};

/// Decides who has a telephone.
const SEED: u64 = 0x4C_49_4E_45_53;
/// The youngest in whose own name a line is registered.
const AGE: i32 = 16;

/// A mobile operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// 059.
    Jawwal,
    /// 056.
    Ooredoo,
}

impl Operator {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jawwal => "jawwal",
            Self::Ooredoo => "ooredoo",
        }
    }
    /// Its name.
    #[must_use]
    pub const fn name(self) -> Spelt {
        match self {
            Self::Jawwal => ("جوال", "Jawwal"),
            Self::Ooredoo => ("أوريدو", "Ooredoo"),
        }
    }
    /// The operator of a Palestinian number.
    #[must_use]
    pub fn of(number: &Phone) -> Option<Self> {
        [("+97059", Self::Jawwal), ("+97056", Self::Ooredoo)]
            .into_iter()
            .find_map(|(prefix, operator)| number.as_str().starts_with(prefix).then_some(operator))
    }
}

/// A registered number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The number.
    pub number: Phone,
    /// Whose network.
    pub operator: Operator,
    /// In whose name.
    pub holder: Index,
    /// Relatives whom the holder registered as using it too.
    pub users: Vec<Index>,
    /// Since when.
    pub since: Date,
}

/// The lines of all people; the demo's listed people have theirs.
pub(crate) fn lines(people: &[Person], marriages: &[Marriage]) -> Vec<Line> {
    let mut lines = demo::lines();
    let dice = Dice::new(SEED);
    let mut next = [1_000_u32; 2];
    let listed = demo::settled();
    let grown = |person: &Person| person.died.is_none() && person.born.years_until(census()) >= AGE;
    for (holder, person) in people.iter().enumerate().skip(listed).filter(|(_, person)| grown(person)) {
        let count = match dice.below(100) {
            0..70 => 1,
            70..76 => 2,
            _ => 0,
        };
        for _ in 0..count {
            lines.extend(line(&dice, &mut next, holder, person));
        }
    }
    share(&dice, people, marriages, listed, &mut lines);
    lines
}

fn line(dice: &Dice, next: &mut [u32; 2], holder: Index, person: &Person) -> Option<Line> {
    let second = dice.percent(38);
    let (prefix, counter) = if second { ("056", &mut next[1]) } else { ("059", &mut next[0]) };
    *counter += 1 + dice.below(3);
    let number = Phone::parse(&format!("{prefix}000{counter:04}"))?;
    let since = dice.day(person.born.plus_years(16), 3_000).min(census());
    Some(Line { operator: Operator::of(&number)?, number, holder, users: Vec::new(), since })
}

/// Some of those without a line use their spouse's or a parent's.
fn share(dice: &Dice, people: &[Person], marriages: &[Marriage], listed: Index, lines: &mut [Line]) {
    for (user, person) in people.iter().enumerate().skip(listed) {
        let without = person.died.is_none()
            && person.born.years_until(census()) >= AGE
            && !lines.iter().any(|line| line.holder == user);
        if !without || !dice.percent(40) {
            continue;
        }
        let spouses = marriages.iter().filter(|marriage| marriage.ended.is_none()).filter_map(|marriage| {
            [(marriage.husband, marriage.wife), (marriage.wife, marriage.husband)]
                .into_iter()
                .find_map(|(one, other)| (one == user).then_some(other))
        });
        let relatives: Vec<Index> = spouses.chain(person.mother).chain(person.father).collect();
        if let Some(line) = lines.iter_mut().find(|line| relatives.contains(&line.holder)) {
            line.users.push(user);
        }
    }
}
