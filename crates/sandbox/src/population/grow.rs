//! Families, from founding couples on: they marry, have children, part, die.

use std::collections::HashSet;
use std::ops::Range;

use base::{Date, IdNumber, PersonName};

use super::dice::Dice;
use super::names::{FAMILIES, MEN, Spelt, WOMEN};
use super::places::{self, Address};
use super::{Ending, Index, Marriage, Person, Sex, census, demo};

/// Couples of the eldest generation.
const FOUNDERS: usize = 210;
/// Age from which a mother of this sandbox has no further children.
const LAST_CHILD_AGE: i32 = 43;

/// The people while they are being made.
pub(crate) struct Families {
    pub(crate) people: Vec<Person>,
    pub(crate) marriages: Vec<Marriage>,
    pub(crate) dice: Dice,
    taken: HashSet<String>,
}

/// Everybody of a seed.
pub(crate) fn families(seed: u64) -> Families {
    let mut all = Families { people: Vec::new(), marriages: Vec::new(), dice: Dice::new(seed), taken: HashSet::new() };
    demo::settle(&mut all);
    let (known, listed) = (all.people.len(), all.marriages.len());
    for _ in 0..FOUNDERS {
        all.found();
    }
    let first = all.people.len();
    all.bear(listed..all.marriages.len(), 3, 8);
    let second = all.people.len();
    let weddings = all.wed(first..second);
    all.bear(weddings, 2, 6);
    let third = all.people.len();
    let weddings = all.wed(second..third);
    all.bear(weddings, 1, 4);
    let kin = Kin { children: children(&all.people), married: married(all.people.len(), &all.marriages) };
    all.part(listed, &kin);
    all.bury(known, &kin);
    all
}

impl Families {
    /// Adds a person; the number must be free.
    pub(crate) fn add(&mut self, person: Person) -> Index {
        let free = self.taken.insert(person.id_number.as_str().to_owned());
        assert!(free, "an ID number has one holder");
        self.people.push(person);
        self.people.len() - 1
    }

    /// Notes a marriage, and how it ended if it did.
    pub(crate) fn wedding(&mut self, husband: Index, wife: Index, since: Date, ended: Option<Ending>) {
        self.marriages.push(Marriage { husband, wife, since, ended });
    }

    /// Marries two and lets them live in one home.
    fn marry(&mut self, husband: Index, wife: Index, since: Date, home: &Address) {
        self.wedding(husband, wife, since, None);
        for one in [husband, wife] {
            self.people[one].address = home.clone();
        }
    }

    /// A child of a marriage.
    fn child(&mut self, marriage: usize, id_number: IdNumber, given: Spelt, sex: Sex, born: Date) -> Index {
        let Marriage { husband, wife, .. } = self.marriages[marriage];
        let father = &self.people[husband];
        let name = PersonName { arabic: line(given.0, &father.name.arabic), latin: line(given.1, &father.name.latin) };
        let address = father.address.clone();
        let (father, mother) = (Some(husband), Some(wife));
        let (contact, cohorts, died) = (None, Vec::new(), None);
        self.add(Person { id_number, name, sex, born, died, father, mother, address, contact, cohorts })
    }

    /// A free number, beginning as numbers of that region do.
    fn number(&self, address: &Address, born: Date) -> IdNumber {
        let gaza = address.governorate.is_some_and(|governorate| governorate.gaza);
        let region = match (gaza, born.parts().0) {
            (true, ..1995) => 40_000_000,
            (true, _) => 80_000_000,
            (false, _) => 90_000_000,
        };
        loop {
            // The first ten thousand are kept for the listed people.
            let number = IdNumber::complete(region + 10_000 + self.dice.below(90_000));
            if !self.taken.contains(number.as_str()) {
                return number;
            }
        }
    }

    /// A couple without known parents, in a home of their own.
    fn found(&mut self) {
        let governorate = places::any_governorate(&self.dice);
        let home = places::home(&self.dice, governorate);
        let eldest = Date::new(1936, 1, 1).expect("a date of the calendar");
        let his = self.dice.day(eldest, 365 * 20);
        let hers = self.dice.day(his, 365 * 6);
        let his_family = *self.dice.pick(&FAMILIES);
        let her_family = self.other(&FAMILIES, &[his_family.0]);
        let husband = self.founder(&MEN, his_family, Sex::Male, his, &home);
        let wife = self.founder(&WOMEN, her_family, Sex::Female, hers, &home);
        let since = self.dice.day(hers.plus_years(19), 365 * 6);
        self.marry(husband, wife, since, &home);
    }

    fn founder(&mut self, given: &[Spelt], family: Spelt, sex: Sex, born: Date, home: &Address) -> Index {
        let own = *self.dice.pick(given);
        let father = self.other(&MEN, &[own.0]);
        let grandfather = self.other(&MEN, &[own.0, father.0]);
        let id_number = self.number(home, born);
        self.add(Person {
            id_number,
            name: PersonName {
                arabic: [own, father, grandfather, family].map(|part| part.0.to_owned()),
                latin: [own, father, grandfather, family].map(|part| part.1.to_owned()),
            },
            sex,
            born,
            died: None,
            father: None,
            mother: None,
            address: home.clone(),
            contact: None,
            cohorts: Vec::new(),
        })
    }

    fn other(&self, table: &[Spelt], not: &[&str]) -> Spelt {
        loop {
            let picked = *self.dice.pick(table);
            if !not.contains(&picked.0) {
                return picked;
            }
        }
    }

    /// The children of these marriages.
    fn bear(&mut self, marriages: Range<usize>, least: i32, most: i32) {
        for marriage in marriages {
            let Marriage { husband, wife, since, .. } = self.marriages[marriage];
            let wished = self.dice.between(least, most);
            let mut born = self.dice.day(since.plus_days(290), 700);
            let mut names = vec![self.people[husband].name.arabic[0].clone(), self.people[wife].name.arabic[0].clone()];
            for _ in 0..wished {
                if born > census() || self.people[wife].born.years_until(born) >= LAST_CHILD_AGE {
                    break;
                }
                let sex = if self.dice.percent(51) { Sex::Male } else { Sex::Female };
                let table = if sex == Sex::Male { &MEN } else { &WOMEN };
                let used: Vec<&str> = names.iter().map(String::as_str).collect();
                let given = self.other(table, &used);
                names.push(given.0.to_owned());
                let home = self.people[husband].address.clone();
                let number = self.number(&home, born);
                self.child(marriage, number, given, sex, born);
                born = self.dice.day(born.plus_days(420), 1_100);
            }
        }
    }

    /// Weddings among the people of a generation; gives the new marriages.
    fn wed(&mut self, generation: Range<Index>) -> Range<usize> {
        let before = self.marriages.len();
        let grown = |person: &Person, age| person.born.years_until(census()) >= age;
        let of = |sex, age| {
            let mut found: Vec<Index> = generation
                .clone()
                .filter(|&one| {
                    let person = &self.people[one];
                    person.sex == sex && grown(person, age)
                })
                .collect();
            found.sort_by_key(|&one| self.people[one].born);
            found
        };
        let (men, mut women) = (of(Sex::Male, 24), of(Sex::Female, 20));
        for man in men {
            if self.dice.percent(9) {
                continue;
            }
            let near = women.iter().position(|&woman| self.suits(man, woman, true));
            let Some(place) = near.or_else(|| women.iter().position(|&woman| self.suits(man, woman, false))) else {
                continue;
            };
            let woman = women[place];
            let his = self.dice.day(self.people[man].born.plus_years(23), 365 * 8);
            let hers = self.dice.day(self.people[woman].born.plus_years(19), 365 * 8);
            let since = his.max(hers);
            let Some(governorate) = self.people[man].address.governorate else { continue };
            if since < census() {
                women.remove(place);
                let home = places::home(&self.dice, governorate);
                self.marry(man, woman, since, &home);
            }
        }
        before..self.marriages.len()
    }

    fn suits(&self, man: Index, woman: Index, near: bool) -> bool {
        let (his, hers) = (&self.people[man], &self.people[woman]);
        let related = his.father == hers.father || his.name.arabic[3] == hers.name.arabic[3];
        let aged = hers.born >= his.born.plus_years(-1) && hers.born <= his.born.plus_years(9);
        let same_place = his.address.governorate == hers.address.governorate;
        aged && !related && (same_place || !near)
    }

    /// Divorces, after the last child.
    fn part(&mut self, from: usize, kin: &Kin) {
        for place in from..self.marriages.len() {
            if self.dice.percent(6) {
                let latest = self.latest_of(self.marriages[place].wife, kin);
                let day = self.dice.day(latest.plus_days(200), 2_000);
                if day < census() {
                    self.marriages[place].ended = Some(Ending::Divorce(day));
                    let home = self.people[self.marriages[place].husband].address.governorate;
                    if let Some(governorate) = home {
                        self.people[self.marriages[place].wife].address = places::home(&self.dice, governorate);
                    }
                }
            }
        }
    }

    /// Deaths, after the last child and the last wedding.
    fn bury(&mut self, from: Index, kin: &Kin) {
        for one in from..self.people.len() {
            let latest = self.latest_of(one, kin);
            let born = self.people[one].born;
            let (share, least) = match born.years_until(census()) {
                85.. => (80, born.plus_years(58)),
                75.. => (45, born.plus_years(52)),
                65.. => (17, born.plus_years(45)),
                45.. => (4, born.plus_years(30)),
                _ => (1, born.plus_days(1)),
            };
            if !self.dice.percent(share) {
                continue;
            }
            let first = least.max(latest.plus_days(300));
            let span =
                i32::try_from((census().start(base::Zone::Utc)).seconds_since(first.start(base::Zone::Utc)) / 86_400);
            let Ok(span @ 1..) = span else { continue };
            let day = self.dice.day(first, span - 1);
            self.people[one].died = Some(day);
            for &marriage in &kin.married[one] {
                let ended = &mut self.marriages[marriage].ended;
                if ended.is_none_or(|ending| matches!(ending, Ending::Death(before) if before > day)) {
                    *ended = Some(Ending::Death(day));
                }
            }
        }
    }

    /// The day of somebody's last wedding, divorce or child, or of their birth.
    fn latest_of(&self, one: Index, kin: &Kin) -> Date {
        let own = kin.married[one].iter().map(|&place| &self.marriages[place]);
        let divorces = own.clone().filter_map(|marriage| match marriage.ended {
            Some(Ending::Divorce(day)) => Some(day),
            _ => None,
        });
        let births = kin.children[one].iter().map(|&child| self.people[child].born);
        let weddings = own.map(|marriage| marriage.since);
        weddings.chain(divorces).chain(births).max().unwrap_or(self.people[one].born)
    }
}

/// Who belongs to whom, once nobody marries or is born any more.
struct Kin {
    children: Vec<Vec<Index>>,
    married: Vec<Vec<usize>>,
}

/// Each one's children, in the list's order.
pub(super) fn children(people: &[Person]) -> Vec<Vec<Index>> {
    let mut children = vec![Vec::new(); people.len()];
    for (child, person) in people.iter().enumerate() {
        for parent in [person.father, person.mother].into_iter().flatten() {
            children[parent].push(child);
        }
    }
    children
}

/// Each one's marriages by their places in the list, of so many people.
pub(super) fn married(people: usize, marriages: &[Marriage]) -> Vec<Vec<usize>> {
    let mut married = vec![Vec::new(); people];
    for (place, marriage) in marriages.iter().enumerate() {
        for one in [marriage.husband, marriage.wife] {
            married[one].push(place);
        }
    }
    married
}

/// A child's four parts: its own, and its father's first two and family.
fn line(given: &str, father: &[String; 4]) -> [String; 4] {
    [given.to_owned(), father[0].clone(), father[1].clone(), father[3].clone()]
}
