//! Rules: CEL over the answers, what registers told, and an injected `today`.
//!
//! A rule is compiled once, when its folder is read, and served only if it
//! always has an answer (`check`). What it does not look at is not converted
//! for it.

mod check;
mod kind;
mod reads;
mod short;
mod table;
mod trace;
mod truths;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock, OnceLock};

use base::Date;
use cel::common::types::{CelInt, CelString};
use cel::{Context, Env, ExecutionError, Program, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value as Json;

use check::{Scope, Wrong};
pub use kind::{Kind, Member, Members};
use reads::Reads;
pub use table::Table;
pub use table::doubled;
pub use trace::Part;
use truths::Truths;
pub use truths::{Gives, Way};

/// Longest rule, bytes.
pub const RULE_BYTES: usize = 2_000;

/// What a rule may look at.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The day, on the office's clocks.
    pub today: Date,
    /// The person's answers by field; a hidden field is absent.
    pub answers: Json,
    /// The registers' answers by lookup.
    pub registers: Json,
    /// The things that answers name, by field; absent where there is no such thing.
    pub chosen: Json,
}

/// Why a rule has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It is not a rule.
    #[error("“{0}” is not a rule: {1}")]
    Malformed(String, String),
    /// It needs something that is not there, or is not true or false.
    #[error("“{0}” has no answer: {1}")]
    NoAnswer(String, String),
}

/// A rule that was parsed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Rule(Arc<Parsed>);

struct Parsed {
    source: String,
    program: Program,
    reads: Reads,
    /// How its parts came out, once somebody watches it.
    truths: OnceLock<Truths>,
    /// The tables that it reads, once its folder is whole.
    tables: OnceLock<Vec<Table>>,
}

/// What rules of a folder may name, and of which kind it is.
pub struct Known(BTreeMap<String, Kind>);

impl Known {
    /// The day, and these answers, registers and chosen things.
    pub fn new(
        answers: BTreeMap<String, Member>,
        registers: BTreeMap<String, Member>,
        chosen: BTreeMap<String, Member>,
    ) -> Self {
        Self(BTreeMap::from([
            ("today".to_owned(), Kind::Day),
            ("answers".to_owned(), Kind::Record(answers.into())),
            ("registers".to_owned(), Kind::Record(registers.into())),
            ("chosen".to_owned(), Kind::Record(chosen.into())),
        ]))
    }

    /// And the words of these tables.
    pub fn with_tables(mut self, tables: &[Table]) -> Self {
        let words = tables.iter().map(|table| (table.id().to_owned(), table.member()));
        self.0.insert("tables".to_owned(), Kind::Record(words.collect()));
        self
    }
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleError::Malformed`].
    pub fn parse(source: &str) -> Result<Self, RuleError> {
        if source.len() > RULE_BYTES {
            let start = source.chars().take(40).collect();
            return Err(RuleError::Malformed(start, format!("it is longer than {RULE_BYTES} bytes")));
        }
        let compiled = ENV.compile(source);
        let program = compiled.map_err(|error| RuleError::Malformed(source.to_owned(), error.to_string()))?;
        let reads = Reads::of(program.expression());
        let (truths, tables) = (OnceLock::new(), OnceLock::new());
        Ok(Self(Arc::new(Parsed { source: source.to_owned(), program, reads, truths, tables })))
    }

    /// As it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The members of a name that it reads, its tables' inputs included: `person` of
    /// `registers`. None means that it may read any.
    pub fn members_of(&self, name: &str) -> Option<Vec<&str>> {
        let mut members = self.0.reads.members_of(name)?;
        for input in self.tables().iter().flat_map(Table::inputs) {
            members.extend(input.members_of(name)?);
        }
        Some(members)
    }

    /// Gives it the tables of its folder that it reads.
    pub fn link(&self, tables: &[Table]) {
        let read = self.0.reads.members("tables");
        if !read.is_empty() {
            let read = tables.iter().filter(|table| read.contains(&table.id())).cloned().collect();
            // A rule belongs to one folder, which is linked once.
            drop(self.0.tables.set(read));
        }
    }

    fn tables(&self) -> &[Table] {
        self.0.tables.get().map_or(&[], Vec::as_slice)
    }

    /// The lookups whose answers it reads, its tables' inputs included.
    pub fn lookups(&self) -> BTreeSet<&str> {
        let inputs = self.tables().iter().flat_map(Table::inputs);
        self.0.reads.members("registers").into_iter().chain(inputs.flat_map(Self::lookups)).collect()
    }

    /// Why this rule might have no answer, and what to do about it; none when
    /// it always has one.
    pub fn fault(&self, known: &Known) -> Option<String> {
        let found = check::truth(self.0.program.expression(), &Scope::new(known.0.clone()));
        found.err().map(|wrong| self.said(&wrong)).or_else(|| self.unanswered(known))
    }

    /// The same of a rule that must give a whole number which can be one of these.
    pub fn fault_as_number(&self, known: &Known, range: &RangeInclusive<u32>) -> Option<String> {
        let found = check::number(self.0.program.expression(), range, &Scope::new(known.0.clone()));
        found.err().map(|wrong| self.said(&wrong)).or_else(|| self.unanswered(known))
    }

    /// What it gives, never null.
    ///
    /// # Errors
    /// Why it might have no answer.
    fn kind(&self, known: &Known) -> Result<Kind, String> {
        let found = check::value(self.0.program.expression(), &Scope::new(known.0.clone()));
        found.map_err(|wrong| self.said(&wrong))
    }

    /// Why a table that it reads might have no answer where it stands.
    fn unanswered(&self, known: &Known) -> Option<String> {
        if self.0.tables.get().is_none() && self.0.reads.reads("tables") {
            return Some(format!("the rule “{}” stands where no table can be read", self.source()));
        }
        let why = self.tables().iter().find_map(|table| table.unanswered(known))?;
        Some(format!("the rule “{}”: {why}", self.source()))
    }

    fn said(&self, wrong: &Wrong) -> String {
        let place = self.0.program.source_info().offset_for(wrong.at).map_or(0, |(start, _)| start);
        format!("the rule “{}”, from character {}: {}", self.source(), place + 1, wrong.why)
    }

    /// Remembers from now on how its parts come out. For whoever plays examples.
    pub fn watch(&self) {
        self.0.truths.get_or_init(Truths::default);
    }
    /// The ways in which its parts can come out, and which of them it did since it is watched.
    pub fn ways(&self, gives: Gives) -> Vec<Way> {
        let none = Truths::default();
        let truths = self.0.truths.get().unwrap_or(&none);
        truths.ways(self.0.program.expression(), gives, self.0.program.source_info())
    }

    /// Whether it looks at this answer.
    pub fn reads_answer(&self, field: &str) -> bool {
        self.0.reads.reads_member("answers", field)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// [`RuleError::NoAnswer`].
    pub fn holds(&self, facts: &Facts) -> Result<bool, RuleError> {
        match self.value(facts)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(self.none(&format!("it gives {other:?}, not true or false"))),
        }
    }

    /// The whole number that it gives, if it lies within these.
    ///
    /// # Errors
    /// [`RuleError::NoAnswer`], also for a number outside.
    pub fn counts(&self, facts: &Facts, range: &RangeInclusive<u32>) -> Result<u32, RuleError> {
        let Value::Int(number) = self.value(facts)? else { return Err(self.none("it gives no whole number")) };
        let within = u32::try_from(number).ok().filter(|number| range.contains(number));
        within.ok_or_else(|| self.none(&format!("it gives {number}, not {} to {}", range.start(), range.end())))
    }

    fn none(&self, why: &str) -> RuleError {
        RuleError::NoAnswer(self.source().to_owned(), why.to_owned())
    }

    fn value(&self, facts: &Facts) -> Result<Value, RuleError> {
        // Whoever watches wants to see every part.
        let watched = self.0.truths.get().is_some();
        let short = if watched { None } else { short::value(self.0.program.expression(), facts, self.tables()) };
        short.map_or_else(|| self.evaluated(facts), Ok)
    }

    /// By the crate that evaluates CEL.
    fn evaluated(&self, facts: &Facts) -> Result<Value, RuleError> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        let reads = &self.0.reads;
        if reads.reads("today") {
            context.add_variable_from_value("today", facts.today.to_string());
        }
        for (name, facts) in [("answers", &facts.answers), ("registers", &facts.registers), ("chosen", &facts.chosen)] {
            if let Some(value) = reads.value(name, facts) {
                context.add_variable_from_value(name, value);
            }
        }
        let mut words: HashMap<String, Value> = HashMap::new();
        for table in self.tables() {
            words.insert(table.id().to_owned(), table.gives(facts)?.into());
        }
        if !words.is_empty() {
            context.add_variable_from_value("tables", words);
        }
        if let Some(truths) = self.0.truths.get() {
            truths.follow(self.0.program.expression(), &context);
        }
        self.0.program.execute(&context).map_err(|error| self.none(&error.to_string()))
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> Cow<'static, str> {
        "Rule".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": RULE_BYTES,
            "description": "A rule, in CEL, over answers.<field>, registers.<lookup>, chosen.<field>, tables.<table> and today.",
            "examples": ["answers.purpose == 'work'", "has(registers.person) && years(registers.person.birth_date, today) >= 18"],
        })
    }
}

impl TryFrom<String> for Rule {
    type Error = RuleError;
    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rule({})", self.source())
    }
}

/// The language: CEL's own functions, and those that count with dates.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    let added = [
        cel::add_overload!(env, fn years: (CelString, CelString) -> Result<CelInt>),
        cel::add_overload!(env, fn days: (CelString, CelString) -> Result<CelInt>),
        cel::add_overload!(env, fn plus_days: (CelString, CelInt) -> Result<CelString>, name = "plusDays"),
    ];
    debug_assert!(added.iter().all(Result::is_ok), "{added:?}");
    Arc::new(env)
});

fn day(function: &str, text: &CelString<'_>) -> Result<Date, ExecutionError> {
    let date = Date::parse(text.inner());
    date.ok_or_else(|| ExecutionError::function_error(function, format!("{} is no date", text.inner())))
}

/// Full years from a date to another, as an age is counted.
fn years(from: &CelString<'_>, until: &CelString<'_>) -> Result<CelInt, ExecutionError> {
    Ok(CelInt::from(i64::from(day("years", from)?.years_until(day("years", until)?))))
}

/// Days from a date to another.
fn days(from: &CelString<'_>, until: &CelString<'_>) -> Result<CelInt, ExecutionError> {
    Ok(CelInt::from(i64::from(day("days", from)?.days_until(day("days", until)?))))
}

/// The date so many days later.
fn plus_days(from: &CelString<'_>, days: &CelInt) -> Result<CelString<'static>, ExecutionError> {
    let days = i32::try_from(*days.inner()).map_err(|error| ExecutionError::function_error("plusDays", error))?;
    Ok(CelString::from(day("plusDays", from)?.plus_days(days).to_string()))
}

#[cfg(test)]
mod tests;
