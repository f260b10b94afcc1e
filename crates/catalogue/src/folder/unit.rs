//! The unit whose officers act: one by name, or the office of a place. Which
//! offices there are, and where, is said in `offices.toml` alone.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::schema;
use rules::Facts;

/// A unit as a folder names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum UnitFile {
    /// Always this one.
    Named(String),
    /// The office of a place.
    ByPlace(ByPlace),
}

/// An office by the place of a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::by_place)]
pub struct ByPlace {
    /// The kind of office, as `offices.toml` says it.
    pub office: String,
    /// The question whose answer is the place: an office, or a governorate's code.
    pub field: Option<String>,
    /// Or the lookup that knows the governorate,
    pub lookup: Option<String>,
    /// and where its code stands in the answer, a JSON Pointer.
    pub path: Option<String>,
    /// The unit where the place is not known, or has no such office.
    pub default: String,
}

impl JsonSchema for UnitFile {
    fn schema_name() -> Cow<'static, str> {
        "Unit".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let by_place = generator.subschema_for::<ByPlace>();
        json_schema!({ "anyOf": [{ "type": "string", "minLength": 1 }, by_place] })
    }
}

impl TryFrom<toml::Value> for UnitFile {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(name) => Ok(Self::Named(name)),
            toml::Value::Table(table) => {
                table.try_into().map(Self::ByPlace).map_err(|error: toml::de::Error| error.message().to_owned())
            }
            other => Err(format!("unit = {other}: name one, or write a table with office, field and default")),
        }
    }
}

impl UnitFile {
    /// The unit as long as no place is known.
    #[must_use]
    pub fn default(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::ByPlace(place) => &place.default,
        }
    }
    /// What it says of a place, where it depends on one.
    #[must_use]
    pub const fn by_place(&self) -> Option<&ByPlace> {
        match self {
            Self::Named(_) => None,
            Self::ByPlace(place) => Some(place),
        }
    }
}

impl ByPlace {
    /// The place of a case: an office's key, or a governorate's code.
    pub(crate) fn place<'f>(&self, facts: &'f Facts) -> Option<&'f str> {
        let told = |lookup: &String| facts.registers.get(lookup)?.pointer(self.path.as_deref().unwrap_or_default());
        let answered = self.field.as_ref().and_then(|field| facts.answers.get(field));
        answered.or_else(|| self.lookup.as_ref().and_then(told)).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        unit: UnitFile,
    }

    #[test]
    fn a_unit_is_named_or_has_a_place() {
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.unit);
        assert_eq!(read("unit = \"a\"").unwrap(), UnitFile::Named("a".to_owned()));
        let by = read("unit = { office = \"civil\", field = \"office\", default = \"a\" }").unwrap();
        assert_eq!((by.default(), by.by_place().map(|by| by.office.as_str())), ("a", Some("civil")));
        for (text, about) in [
            ("unit = 1", "name one"),
            ("unit = { office = \"civil\", field = \"office\" }", "default"),
            ("unit = { office = \"civil\", place = \"x\", default = \"a\" }", "place"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(about), "{error}");
        }
    }
}
