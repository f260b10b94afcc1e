//! What registers' answers look like, by the schemas of their operations, and what
//! they are asked with: folders are checked against both before they are served.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base::IdNumber;
use seal::digest::{hex, sha256};
use serde::Deserialize;
use serde_json::Value;

use crate::folder::{Fault, fault, text};
use rules::Kind;

/// What operations take and answer, by identifier.
#[derive(Debug, Default)]
pub struct Shapes {
    shapes: BTreeMap<String, Shape>,
    digest: String,
}

#[derive(Debug)]
struct Shape {
    parameters: Vec<Parameter>,
    answer: Kind,
}

/// A file under `operations/`; what else it says is for the exchange.
#[derive(Deserialize)]
struct Operation {
    identifier: String,
    #[serde(default, rename = "parameter")]
    parameters: Vec<Parameter>,
    answer: Answer,
}
#[derive(Deserialize)]
struct Answer {
    schema: String,
}

/// What an operation can be asked with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Parameter {
    /// Its name in the query.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: ParameterKind,
    /// Whether nothing is answered without it.
    pub(crate) required: bool,
    /// Whose number it may be, where it is one.
    #[serde(default)]
    pub(crate) about: About,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ParameterKind {
    /// A person's number.
    IdNumber,
    /// A company's.
    CompanyNumber,
    /// `true` or `false`.
    YesNo,
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A day.
    Date,
}

/// Whose number an operation is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum About {
    /// Of whoever applies.
    #[default]
    Oneself,
    /// Also of those whom another register lists for them: a child, a spouse.
    Listed,
}

impl Parameter {
    /// Whether it is somebody's number.
    pub(crate) const fn is_number_of_somebody(&self) -> bool {
        matches!(self.kind, ParameterKind::IdNumber | ParameterKind::CompanyNumber)
    }

    /// An answer as the query spells it.
    pub(crate) fn spell(&self, answer: &Value) -> Option<String> {
        match answer {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The person whom a value names.
    pub(crate) fn names(&self, value: &str) -> Option<IdNumber> {
        if self.kind == ParameterKind::IdNumber { IdNumber::parse(value) } else { None }
    }
}

impl Shapes {
    /// Reads a directory of operations; none is none.
    ///
    /// # Errors
    /// A file that declares no operation.
    pub fn read(directory: &Path) -> Result<Self, Fault> {
        let (mut shapes, mut texts) = (BTreeMap::new(), String::new());
        let Ok(listed) = std::fs::read_dir(directory) else { return Ok(Self::default()) };
        let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let source = text(&path)?;
            let operation: Operation = toml::from_str(&source).map_err(|error| fault(&path, error))?;
            let schema = serde_json::from_str(&operation.answer.schema).map_err(|error| fault(&path, error))?;
            let shape = Shape { parameters: operation.parameters, answer: Kind::of_schema(&schema) };
            shapes.insert(operation.identifier, shape);
            // What ends a text stands in none.
            texts.extend([source.as_str(), "\0"]);
        }
        Ok(Self { shapes, digest: hex(&sha256(texts.as_bytes())) })
    }

    /// SHA-256 over the operations' files, hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What an operation answers.
    pub(crate) fn of(&self, operation: &str) -> Option<&Kind> {
        self.shapes.get(operation).map(|shape| &shape.answer)
    }

    /// What an operation can be asked with.
    pub(crate) fn parameters(&self, operation: &str) -> Option<&[Parameter]> {
        self.shapes.get(operation).map(|shape| shape.parameters.as_slice())
    }
}
