//! The fees of a service as its folder says them: which, how many, and when one
//! is owed at all. Amounts are the finance register's.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use rules::{Facts, Rule, RuleError};

/// How often a fee can be owed in one bill.
pub const QUANTITY: RangeInclusive<u32> = 1..=200;

/// A fee that may be owed; its amount is the finance register's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeFile {
    /// Its code in the finance register.
    pub code: String,
    /// How many of it: a number, or a rule that gives one. One, unless it is said.
    #[serde(default)]
    pub quantity: Quantity,
    /// Owed only when this rule holds.
    pub when: Option<Rule>,
}

/// How often a fee is owed.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum Quantity {
    /// Always as often.
    Fixed(u32),
    /// As often as a rule says.
    Counted(Rule),
}

impl Default for Quantity {
    fn default() -> Self {
        Self::Fixed(1)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (rule, range) = (generator.subschema_for::<Rule>(), QUANTITY);
        json_schema!({
            "anyOf": [{ "type": "integer", "minimum": range.start(), "maximum": range.end() }, rule],
            "default": 1,
        })
    }
}

impl TryFrom<toml::Value> for Quantity {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::Integer(number) => {
                let number =
                    u32::try_from(number).map_err(|_| format!("quantity = {number}: it is too large or small"));
                number.map(Self::Fixed)
            }
            toml::Value::String(rule) => Rule::parse(&rule).map(Self::Counted).map_err(|error| error.to_string()),
            other => Err(format!("quantity = {other}: write a whole number, or a rule as text")),
        }
    }
}

impl Quantity {
    /// How many.
    ///
    /// # Errors
    /// The rule has no answer, or one that is not within [`QUANTITY`].
    pub fn of(&self, facts: &Facts) -> Result<u32, RuleError> {
        match self {
            Self::Fixed(number) => Ok(*number),
            Self::Counted(rule) => rule.counts(facts, &QUANTITY),
        }
    }

    /// Its rule, if it has one.
    #[must_use]
    pub const fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Fixed(_) => None,
            Self::Counted(rule) => Some(rule),
        }
    }
}

impl FeeFile {
    /// The text that says of what a counted fee is owed for each: «per copy». Keys
    /// of texts have no dots.
    #[must_use]
    pub fn per_text(&self) -> String {
        format!("fee-{}-per", self.code.replace('.', "-"))
    }
}
