//! Rules as this test knows them: written as CEL for the folder, and answered here by
//! what docs/services.md says of them, never by the engine.

use std::collections::BTreeMap;

use base::Date;
use serde_json::Value;

/// What a rule may look at: answers of pages that show, and what the register told.
pub struct Facts<'a> {
    pub answers: &'a BTreeMap<String, Value>,
    /// None as long as the register is silent.
    pub told: Option<Told>,
    pub today: Date,
}

/// What the civil registry knows of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub alive: bool,
    pub poor: bool,
}

#[derive(Debug, Clone)]
pub enum Rule {
    True,
    /// The answer to a choice is this word.
    Is(String, &'static str),
    /// Something was answered.
    Has(String),
    /// A number is so large at least.
    AtLeast(String, i64),
    /// Among several choices is this word.
    Holds(String, &'static str),
    /// A day is not after today.
    Past(String),
    /// Today is this day, or later.
    From(String),
    Alive,
    Poor,
    Not(Box<Rule>),
    Both(Box<Rule>, Box<Rule>),
    Either(Box<Rule>, Box<Rule>),
}

impl Rule {
    /// As a folder says it.
    pub fn cel(&self) -> String {
        let guarded = |field: &str, rest: String| format!("(has(answers.{field}) && {rest})");
        match self {
            Self::True => "true".to_owned(),
            Self::Is(field, word) => guarded(field, format!("answers.{field} == '{word}'")),
            Self::Has(field) => format!("has(answers.{field})"),
            Self::AtLeast(field, number) => guarded(field, format!("answers.{field} >= {number}")),
            Self::Holds(field, word) => guarded(field, format!("answers.{field}.exists(one, one == '{word}')")),
            Self::Past(field) => guarded(field, format!("answers.{field} <= today")),
            Self::From(day) => format!("today >= '{day}'"),
            Self::Alive => "(has(registers.person) && registers.person.status == 'alive')".to_owned(),
            Self::Poor => "(has(registers.person) && has(registers.person.cohorts) && \
                           registers.person.cohorts.exists(one, one == 'social-assistance'))"
                .to_owned(),
            Self::Not(rule) => format!("!{}", bracketed(rule)),
            Self::Both(one, other) => format!("({} && {})", one.cel(), other.cel()),
            Self::Either(one, other) => format!("({} || {})", one.cel(), other.cel()),
        }
    }

    pub fn holds(&self, facts: &Facts<'_>) -> bool {
        let answer = |field: &String| facts.answers.get(field);
        match self {
            Self::True => true,
            Self::Is(field, word) => answer(field).is_some_and(|value| value == word),
            Self::Has(field) => answer(field).is_some(),
            Self::AtLeast(field, number) => answer(field).and_then(Value::as_i64).is_some_and(|value| value >= *number),
            Self::Holds(field, word) => {
                answer(field).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == word))
            }
            Self::Past(field) => {
                let day = answer(field).and_then(Value::as_str).and_then(Date::parse);
                day.is_some_and(|day| day <= facts.today)
            }
            Self::From(day) => Date::parse(day).is_some_and(|day| facts.today >= day),
            Self::Alive => facts.told.is_some_and(|told| told.alive),
            Self::Poor => facts.told.is_some_and(|told| told.poor),
            Self::Not(rule) => !rule.holds(facts),
            Self::Both(one, other) => one.holds(facts) && other.holds(facts),
            Self::Either(one, other) => one.holds(facts) || other.holds(facts),
        }
    }
}

fn bracketed(rule: &Rule) -> String {
    let cel = rule.cel();
    if cel.starts_with('(') { cel } else { format!("({cel})") }
}
