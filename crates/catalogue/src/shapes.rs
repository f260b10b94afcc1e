//! What registers' answers look like, by the schemas of their operations, and what
//! they are asked with: folders are checked against both before they are served. And
//! under which concepts they tell what, so that registers can be held against each other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{IdNumber, Locale};
use seal::digest::{hex, sha256};
use serde::Deserialize;
use serde_json::Value;

use crate::folder::{Fault, fault, text};
use crate::office::Texts;
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
    tells: Vec<Tells>,
}

/// What several registers may tell of the same person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    key: String,
    name: Texts,
    /// Whether two values mean two persons.
    #[serde(default)]
    identifies: bool,
}

impl Concept {
    /// What it is called.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        self.name.get(locale)
    }
    /// Whether two values mean two persons.
    #[must_use]
    pub const fn identifies(&self) -> bool {
        self.identifies
    }
}

/// `concepts.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConceptsFile {
    #[serde(rename = "concept")]
    concepts: Vec<Concept>,
}

/// What registers are held against each other by.
#[derive(Default)]
struct Concepts(Vec<Arc<Concept>>);

/// Where an answer tells a concept.
#[derive(Debug, Clone)]
pub struct Tells {
    pub(crate) concept: Arc<Concept>,
    /// JSON Pointer (RFC 6901) into the answer.
    pub(crate) path: String,
}

/// The keyword of a schema that names the concept of a value.
const CONCEPT: &str = "x-concept";
/// Objects within objects that are looked into.
const DEPTH: usize = 16;

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
    /// Reads the operations and the concepts of a directory of services; none is none.
    ///
    /// # Errors
    /// A file that declares no operation, or one that tells an unknown concept.
    pub fn read(directory: &Path) -> Result<Self, Fault> {
        let (mut shapes, mut texts) = (BTreeMap::new(), String::new());
        let Ok(listed) = std::fs::read_dir(directory.join("operations")) else { return Ok(Self::default()) };
        let path = directory.join("concepts.toml");
        let named = if path.exists() { text(&path)? } else { String::new() };
        let concepts = match named.is_empty() {
            true => Concepts::default(),
            false => Concepts::parse(&named).map_err(|error| fault(&path, error))?,
        };
        texts.extend([named.as_str(), "\0"]);
        let mut paths: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let source = text(&path)?;
            let operation: Operation = toml::from_str(&source).map_err(|error| fault(&path, error))?;
            let schema = serde_json::from_str(&operation.answer.schema).map_err(|error| fault(&path, error))?;
            let tells = concepts.told_by(&schema).map_err(|why| fault(&path, why))?;
            let shape = Shape { parameters: operation.parameters, answer: Kind::of_schema(&schema), tells };
            shapes.insert(operation.identifier, shape);
            // What ends a text stands in none.
            texts.extend([source.as_str(), "\0"]);
        }
        Ok(Self { shapes, digest: hex(&sha256(texts.as_bytes())) })
    }

    /// SHA-256 over the files of concepts and operations, hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What an operation answers.
    pub(crate) fn of(&self, operation: &str) -> Option<&Kind> {
        self.shapes.get(operation).map(|shape| &shape.answer)
    }

    /// Under which concepts an operation tells what.
    pub(crate) fn tells(&self, operation: &str) -> &[Tells] {
        self.shapes.get(operation).map_or(&[], |shape| &shape.tells)
    }

    /// What an operation can be asked with.
    pub(crate) fn parameters(&self, operation: &str) -> Option<&[Parameter]> {
        self.shapes.get(operation).map(|shape| shape.parameters.as_slice())
    }
}

impl Concepts {
    fn parse(toml: &str) -> Result<Self, toml::de::Error> {
        let file: ConceptsFile = toml::from_str(toml)?;
        Ok(Self(file.concepts.into_iter().map(Arc::new).collect()))
    }

    /// What a schema says of concepts, in objects within objects. In a list it may be
    /// another person's.
    fn told_by(&self, schema: &Value) -> Result<Vec<Tells>, String> {
        self.told_at(schema, schema, "", DEPTH)
    }

    fn told_at(&self, root: &Value, schema: &Value, at: &str, depth: usize) -> Result<Vec<Tells>, String> {
        let mut tells = Vec::new();
        let Some(depth) = depth.checked_sub(1) else { return Ok(tells) };
        if let Some(key) = schema.get(CONCEPT).and_then(Value::as_str) {
            let known = self.0.iter().find(|concept| concept.key == key);
            let concept = known.ok_or_else(|| format!("`{key}` is no concept of concepts.toml; add it there"))?;
            tells.push(Tells { concept: Arc::clone(concept), path: at.to_owned() });
        }
        let named = schema.get("$ref").and_then(Value::as_str).and_then(|there| root.pointer(there.strip_prefix('#')?));
        if let Some(there) = named {
            tells.extend(self.told_at(root, there, at, depth)?);
        }
        for (name, part) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let name = name.replace('~', "~0").replace('/', "~1");
            tells.extend(self.told_at(root, part, &format!("{at}/{name}"), depth)?);
        }
        Ok(tells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concepts_are_found_in_objects_and_not_in_lists() {
        let concepts =
            Concepts::parse("[[concept]]\nkey = \"born\"\nname = { ar = \"م\", en = \"Born\" }\nidentifies = true\n")
                .unwrap();
        let born = serde_json::json!({ "type": "string", "x-concept": "born" });
        let holder = serde_json::json!({ "properties": { "born/on": born } });
        let children = serde_json::json!({ "items": { "properties": { "born": born } } });
        let named = serde_json::json!({ "$ref": "#/$defs/holder" });
        let schema = serde_json::json!({
            "properties": { "holder": named, "children": children }, "$defs": { "holder": holder },
        });
        let tells = concepts.told_by(&schema).unwrap();
        let found: Vec<(&str, bool)> = tells.iter().map(|one| (one.path.as_str(), one.concept.identifies())).collect();
        assert_eq!(found, [("/holder/born~1on", true)]);
        let unknown = serde_json::json!({ "x-concept": "moon" });
        assert!(concepts.told_by(&unknown).unwrap_err().contains("`moon`"));
    }
}
