//! What registers' answers look like, by the schemas of their operations: rules
//! are checked against them before a folder is served.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::folder::{Fault, fault, text};
use crate::rules::Kind;

/// The kinds of answers, by operation.
#[derive(Debug, Default)]
pub(crate) struct Shapes(BTreeMap<String, Kind>);

/// A file under `operations/`; what else it says is for the exchange.
#[derive(Deserialize)]
struct Operation {
    identifier: String,
    answer: Answer,
}
#[derive(Deserialize)]
struct Answer {
    schema: String,
}

impl Shapes {
    /// Reads a directory of operations; none is none.
    ///
    /// # Errors
    /// A file that declares no operation.
    pub(crate) fn read(directory: &Path) -> Result<Self, Fault> {
        let mut shapes = BTreeMap::new();
        let Ok(listed) = std::fs::read_dir(directory) else { return Ok(Self::default()) };
        for path in listed.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let operation: Operation = toml::from_str(&text(&path)?).map_err(|error| fault(&path, error))?;
            let schema = serde_json::from_str(&operation.answer.schema).map_err(|error| fault(&path, error))?;
            shapes.insert(operation.identifier, Kind::of_schema(&schema));
        }
        Ok(Self(shapes))
    }

    /// What an operation answers.
    pub(crate) fn of(&self, operation: &str) -> Option<&Kind> {
        self.0.get(operation)
    }
}
