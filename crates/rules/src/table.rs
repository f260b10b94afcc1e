//! Decision tables: inputs, rows of tests over them, and the word that a row gives.
//! A rule reads the word as `tables.<id>`.
//!
//! A table is served only if every row can be reached, some row always holds, and,
//! unless the first one counts, never two: `regions` proves it.

mod regions;
mod test;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Facts, Kind, Known, Member, Rule, RuleError};
use regions::{Bits, Dimension};
use test::Cell;

/// Rows of a table at most.
pub const ROWS: usize = 200;
/// Inputs of a table at most.
pub const INPUTS: usize = 6;

/// A decision table: inputs, rows of tests over them, and the word that a row gives.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(from = "TableFile")]
#[schemars(with = "TableFile")]
pub struct Table(Arc<TableFile>);

/// A decision table: inputs, rows of tests over them, and the word that a row gives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TableFile {
    /// Its name after `tables.`: small letters, digits and _.
    #[schemars(extend("pattern" = "^[a-z][a-z0-9_]*$"))]
    id: String,
    /// Which row counts.
    hit: Hit,
    /// What is looked at: an expression each, as rules compute it.
    #[serde(rename = "input")]
    #[schemars(length(min = 1, max = INPUTS))]
    inputs: Vec<Rule>,
    /// The rows, in order.
    #[serde(rename = "row")]
    #[schemars(length(min = 1, max = ROWS))]
    rows: Vec<Row>,
    /// Which of them held, once somebody watches it.
    #[serde(skip)]
    held: OnceLock<Mutex<BTreeSet<usize>>>,
}

/// Which row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Hit {
    /// The only one that holds.
    Unique,
    /// The first one that holds.
    First,
}

/// A row of a decision table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Row {
    /// A test for each input, in their order: - for anything, else 'word', 3, true,
    /// '2026-11-24', < 3, <= 3, > 3, >= 3, 3..7, with | between several.
    #[schemars(length(min = 1, max = INPUTS))]
    when: Vec<Cell>,
    /// The word that it gives.
    #[schemars(length(min = 1))]
    gives: String,
}

impl From<TableFile> for Table {
    fn from(file: TableFile) -> Self {
        Self(Arc::new(file))
    }
}

impl Table {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What is looked at.
    pub fn inputs(&self) -> &[Rule] {
        &self.0.inputs
    }

    /// One of the words that its rows give.
    pub(super) fn member(&self) -> Member {
        let words = self.0.rows.iter().map(|row| row.gives.clone()).collect();
        Member { kind: Kind::Word(words), always: true }
    }

    /// The word of the row that holds.
    ///
    /// # Errors
    /// An input has no answer, or no row holds.
    pub fn gives(&self, facts: &Facts) -> Result<&str, RuleError> {
        let values = self.0.inputs.iter().map(|input| input.value(facts)).collect::<Result<Vec<_>, _>>()?;
        let holds = |row: &Row| row.when.iter().zip(&values).all(|(cell, value)| cell.takes(value));
        let row = self.0.rows.iter().enumerate().find(|(_, row)| holds(row));
        if let (Some((at, _)), Some(held)) = (row, self.0.held.get()) {
            held.lock().unwrap_or_else(PoisonError::into_inner).insert(at);
        }
        let none = || RuleError::NoAnswer(format!("tables.{}", self.id()), "no row holds".to_owned());
        row.map(|(_, row)| row.gives.as_str()).ok_or_else(none)
    }

    /// Remembers from now on which rows hold. For whoever plays examples.
    pub fn watch(&self) {
        self.0.held.get_or_init(Mutex::default);
    }
    /// For each row, its word and whether it held since the table is watched.
    pub fn held(&self) -> Vec<(&str, bool)> {
        let held = self.0.held.get().map(|held| held.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let held = held.unwrap_or_default();
        self.0.rows.iter().enumerate().map(|(at, row)| (row.gives.as_str(), held.contains(&at))).collect()
    }

    /// Why an input might have no answer where these are known.
    pub(super) fn unanswered(&self, known: &Known) -> Option<String> {
        let why = self.0.inputs.iter().find_map(|input| input.kind(known).err())?;
        Some(format!("it reads the table `{}`, of which an input might have no answer here: {why}", self.id()))
    }

    /// What is wrong with it, and what to do about it.
    pub fn faults(&self, known: &Known) -> Vec<String> {
        let file = &self.0;
        let mut faults = Vec::new();
        let named = |id: &str| id.chars().all(|mark| mark.is_ascii_lowercase() || mark.is_ascii_digit() || mark == '_');
        if !named(&file.id) || !file.id.starts_with(|mark: char| mark.is_ascii_lowercase()) {
            faults.push("name it by small letters, digits and _, so that rules can read it".to_owned());
        }
        if file.inputs.is_empty() || file.inputs.len() > INPUTS || file.rows.is_empty() || file.rows.len() > ROWS {
            faults.push(format!("give 1 to {INPUTS} inputs and 1 to {ROWS} rows"));
        }
        for (at, row) in (1..).zip(&file.rows) {
            if row.when.len() != file.inputs.len() {
                faults.push(format!("row {at} has {} tests for {} inputs", row.when.len(), file.inputs.len()));
            }
            if row.gives.is_empty() {
                faults.push(format!("row {at} gives no word"));
            }
        }
        if faults.is_empty() {
            match self.dimensions(known) {
                Ok(dimensions) => faults.extend(self.regions(&dimensions).err()),
                Err(found) => faults = found,
            }
        }
        faults.into_iter().map(|why| format!("the table `{}`: {why}", file.id)).collect()
    }

    /// Each input's values, cut where a test cuts them.
    fn dimensions(&self, known: &Known) -> Result<Vec<Dimension>, Vec<String>> {
        let (mut dimensions, mut faults) = (Vec::new(), Vec::new());
        for (at, input) in self.0.inputs.iter().enumerate() {
            let cells: Vec<&Cell> = self.0.rows.iter().map(|row| &row.when[at]).collect();
            let kind = input.kind(known);
            match kind
                .and_then(|kind| Dimension::new(&kind, &cells).map_err(|why| format!("{}: {why}", input.source())))
            {
                Ok(dimension) => dimensions.push(dimension),
                Err(why) => faults.push(why),
            }
        }
        if faults.is_empty() { Ok(dimensions) } else { Err(faults) }
    }

    /// # Errors
    /// A row that never holds, two that hold at once, a gap: with a case in point.
    fn regions(&self, dimensions: &[Dimension]) -> Result<(), String> {
        let file = &self.0;
        let row = |row: &Row| -> Vec<Bits> {
            dimensions.iter().zip(&row.when).map(|(each, cell)| each.taken(cell)).collect()
        };
        let rows: Vec<Vec<Bits>> = file.rows.iter().map(row).collect();
        let case = |region: &[Bits]| {
            let each = self.0.inputs.iter().zip(dimensions).zip(region);
            each.map(|((input, dimension), bits)| format!("{} = {}", input.source(), dimension.example(bits)))
                .collect::<Vec<_>>()
                .join(" and ")
        };
        if file.hit == Hit::Unique
            && let Some((one, two, both)) = regions::overlap(&rows)
        {
            let (one, two) = (one + 1, two + 1);
            return Err(format!(
                "rows {one} and {two} both hold for {}; narrow one, or say hit = \"first\"",
                case(&both)
            ));
        }
        let everything: Vec<Bits> = dimensions.iter().map(Dimension::all).collect();
        match regions::uncovered(everything, &rows) {
            regions::Cover::Whole => Ok(()),
            regions::Cover::Idle(row) => {
                Err(format!("row {} is never reached: the rows before it hold wherever it does; remove it", row + 1))
            }
            regions::Cover::Gap(region) => {
                Err(format!("no row for {}; add one, or a last row of \"-\" with hit = \"first\"", case(&region)))
            }
            regions::Cover::TooMany => Err(
                "its rows cross each other too often to be checked: order them by the first input, or make two tables"
                    .to_owned(),
            ),
        }
    }
}

/// Tables that are there twice.
pub fn doubled(tables: &[Table]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let twice = tables.iter().filter(|table| !seen.insert(table.id()));
    twice.map(|table| format!("the table `{}` is there twice; give one of the two another id", table.id())).collect()
}
