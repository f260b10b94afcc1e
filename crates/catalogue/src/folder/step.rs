//! The steps of a service as its folder says them: what happens after sending,
//! in order, each with the rule under which it is taken at all.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value;

use super::keys::Word;
use super::{Condition, UnitFile, schema};
use crate::lint::{BODIES, DAYS, INSTALMENTS, SEATS};
use rules::Rule;

/// A step after sending.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "toml::Table")]
pub struct StepFile {
    /// Taken only when this rule holds; a step that is not taken is never shown.
    pub when: Option<Rule>,
    /// What is done.
    pub kind: StepKind,
}

impl TryFrom<toml::Table> for StepFile {
    type Error = String;

    fn try_from(mut table: toml::Table) -> Result<Self, String> {
        let when = match table.remove("when") {
            None => None,
            Some(toml::Value::String(rule)) => Some(Rule::parse(&rule).map_err(|error| error.to_string())?),
            Some(other) => return Err(format!("when = {other}: write a rule, as text")),
        };
        let kind = match table.remove("kind") {
            Some(toml::Value::String(kind)) => kind,
            Some(other) => return Err(format!("kind = {other}: write one of the words for a step, as text")),
            None => return Err("missing field `kind`".to_owned()),
        };
        if matches!(kind.as_str(), "issue" | "deliver")
            && let Some(key) = table.keys().next()
        {
            return Err(format!("unknown field `{key}`, expected `when`"));
        }
        // Under its kind, so that a fault names the key that it is about.
        let named = toml::Table::from_iter([(kind, toml::Value::Table(table))]);
        let kind = toml::Value::Table(named).try_into().map_err(|error: toml::de::Error| error.to_string())?;
        Ok(Self { when, kind })
    }
}

impl JsonSchema for StepFile {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let when = generator.subschema_for::<Rule>();
        let mut schema = StepKind::json_schema(generator);
        let ways = schema.get_mut("oneOf").and_then(Value::as_array_mut);
        for way in ways.into_iter().flatten().filter_map(|way| way.get_mut("properties")) {
            way["when"] = when.clone().to_value();
            way["when"]["description"] = WHEN.into();
        }
        schema
    }
}

const WHEN: &str = "Taken only when this rule holds; a step that is not taken is never shown.";

/// What happens after sending. Its kind says what is done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(tag = "kind")]
pub enum StepKind {
    /// A bill of fees that are owed.
    #[schemars(transform = schema::pay)]
    Pay {
        /// Codes of the folder's fees that are owed here; none means all.
        #[serde(default)]
        fees: Vec<String>,
        /// In how many bills: the case goes on after the first.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = INSTALMENTS))]
        instalments: u32,
        /// Days between one instalment and the next.
        #[schemars(range(min = 1, max = DAYS))]
        every_days: Option<u32>,
    },
    /// A rule or officers say yes or no.
    #[schemars(transform = schema::decide)]
    Decide {
        /// Who decides.
        by: Decider,
        /// The rule that must hold, for `rule`.
        rule: Option<Rule>,
        /// The text of the refusal, a key after `reason-`, for `rule`.
        reason: Option<String>,
        /// Or several rules that must hold, each with its reason.
        #[serde(default, rename = "check")]
        #[schemars(length(min = 1, max = super::CONDITIONS))]
        checks: Vec<Condition>,
        /// The unit whose officers decide, for `clerk` and `committee`.
        unit: Option<UnitFile>,
        /// How many officers have to see it, for `clerk`: one, or two.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 2))]
        eyes: u32,
        /// How many members vote, for `committee`.
        #[schemars(range(min = 2, max = SEATS))]
        votes: Option<u32>,
        /// The text, a key after `reason-`, that whoever acts for another reads in
        /// place of what officers wrote, for `clerk` and `committee`.
        discreet: Option<String>,
    },
    /// Many bodies are asked at once, each with its own clock.
    #[schemars(transform = schema::clear)]
    Clear {
        /// Whom.
        #[serde(rename = "body")]
        #[schemars(length(min = 1, max = BODIES))]
        bodies: Vec<BodyFile>,
    },
    /// One body outside has its say, which an officer of the unit writes down.
    Await(BodyFile),
    /// An officer of the unit visits and reports.
    #[schemars(transform = schema::visit)]
    HomeVisit(BodyFile),
    /// Several people agree, each on a page of their own.
    CoSign {
        /// The field that names them by ID number.
        field: String,
        /// How many days they have.
        #[schemars(range(min = 1, max = DAYS))]
        days: u32,
        /// Answers that they read before they sign.
        #[serde(default)]
        sees: Vec<String>,
    },
    /// The person comes to an office at a time that they choose.
    #[schemars(transform = schema::appointment)]
    Appointment {
        /// Which office.
        unit: Option<UnitFile>,
        /// Or the field in which the person chose one.
        field: Option<String>,
        /// How long one takes.
        #[schemars(range(min = 5, max = 480))]
        minutes: u32,
        /// How many people at once.
        #[schemars(range(min = 1, max = 100))]
        capacity: u32,
        /// How many days ahead one can be chosen.
        #[schemars(range(min = 1, max = 90))]
        days: u32,
    },
    /// A register is told, by an operation of the exchange.
    Write {
        /// The text's key after `body-`: what the register is called.
        id: String,
        /// The unit that sees to it when the register refuses.
        unit: UnitFile,
        /// What it is told by, as in `PS/GOV/MOI/CIVIL/moves`; its method is POST.
        #[schemars(extend("pattern" = schema::OPERATION))]
        operation: String,
        /// Fields of the answers that it is told.
        #[serde(default)]
        sends: Vec<String>,
    },
    /// The paper is rendered, sealed and registered.
    Issue,
    /// Into the person's hands: the wallet, or the office that they chose.
    Deliver,
}

/// A body that is asked, its clock, and what its silence means.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::body)]
pub struct BodyFile {
    /// The text's key after `body-`: what it is called.
    #[schemars(length(min = 1))]
    pub id: String,
    /// The unit whose officers answer.
    pub unit: Option<UnitFile>,
    /// Or the operation that answers by itself.
    #[schemars(extend("pattern" = schema::OPERATION))]
    pub operation: Option<String>,
    /// The rule over its answer, `registers.<id>`, that must hold.
    pub rule: Option<Rule>,
    /// Its clock, calendar days; none means that it is waited for.
    #[schemars(range(min = 1, max = DAYS))]
    pub days: Option<u32>,
    /// What it means when the clock ran out, by decree.
    pub silence: Option<Silence>,
    /// Answers that it reads beside the person's name and number.
    #[serde(default)]
    pub sees: Vec<String>,
}

/// What silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Silence {
    /// There is no objection.
    Yes,
    /// It is a refusal.
    No,
    /// A supervisor of the unit has to answer.
    Escalate,
}

const fn one() -> u32 {
    1
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decider {
    /// The folder's rule.
    Rule,
    /// A clerk of the unit, or two.
    Clerk,
    /// Members of the unit, by majority.
    Committee,
}

impl Word for Decider {
    fn word(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Clerk => "clerk",
            Self::Committee => "committee",
        }
    }
}

impl StepFile {
    /// Its rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let own: Vec<&Rule> = match &self.kind {
            StepKind::Decide { rule, checks, .. } => {
                rule.iter().chain(checks.iter().map(|check| &check.rule)).collect()
            }
            other => other.bodies().iter().filter_map(|body| body.rule.as_ref()).collect(),
        };
        self.when.iter().chain(own)
    }
}

impl StepKind {
    /// What must hold for a decision by rule.
    #[must_use]
    pub fn conditions(&self) -> Vec<Condition> {
        let Self::Decide { rule, reason, checks, .. } = self else { return Vec::new() };
        let one = rule.clone().zip(reason.clone()).map(|(rule, reason)| Condition { rule, reason });
        one.into_iter().chain(checks.iter().cloned()).collect()
    }

    /// The word in storage and texts.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pay { .. } => "pay",
            Self::Decide { .. } => "decide",
            Self::Clear { .. } => "clear",
            Self::Await(_) => "await",
            Self::HomeVisit(_) => "home-visit",
            Self::CoSign { .. } => "co-sign",
            Self::Appointment { .. } => "appointment",
            Self::Write { .. } => "write",
            Self::Issue => "issue",
            Self::Deliver => "deliver",
        }
    }

    /// The operations of the exchange that this step calls.
    #[must_use]
    pub fn operations(&self) -> Vec<&str> {
        match self {
            Self::Write { operation, .. } => vec![operation],
            other => other.bodies().iter().filter_map(|body| body.operation.as_deref()).collect(),
        }
    }

    /// The operations whose answers are kept, each under its name: `registers.<name>`.
    pub fn answering(&self) -> impl Iterator<Item = (&String, &str)> {
        let told = match self {
            Self::Write { id, operation, .. } => Some((id, operation.as_str())),
            _ => None,
        };
        let asked = self.bodies().iter().filter_map(|body| Some((&body.id, body.operation.as_deref()?)));
        told.into_iter().chain(asked)
    }

    /// The units that it names.
    pub fn units(&self) -> impl Iterator<Item = &UnitFile> {
        let own = match self {
            Self::Decide { unit, .. } | Self::Appointment { unit, .. } => unit.as_ref(),
            Self::Write { unit, .. } => Some(unit),
            _ => None,
        };
        own.into_iter().chain(self.bodies().iter().filter_map(|body| body.unit.as_ref()))
    }

    /// The bodies that are asked at this step.
    #[must_use]
    pub fn bodies(&self) -> &[BodyFile] {
        match self {
            Self::Clear { bodies } => bodies,
            Self::Await(body) | Self::HomeVisit(body) => std::slice::from_ref(body),
            _ => &[],
        }
    }
}

/// Who hears an appeal against a refusal, and how long one can be lodged.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealFile {
    /// Another unit than the one that decided.
    pub unit: UnitFile,
    /// Calendar days after the refusal.
    #[schemars(range(min = 1, max = DAYS))]
    pub days: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        step: Vec<StepFile>,
    }

    #[test]
    fn a_step_says_when_it_is_taken_and_knows_its_keys() {
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.step);
        let steps = read("[[step]]\nkind = \"issue\"\nwhen = \"today > '2026'\"\n").unwrap();
        assert_eq!((steps[0].when.as_ref().map(Rule::source), steps[0].kind.word()), (Some("today > '2026'"), "issue"));
        let clear =
            "[[step]]\nkind = \"clear\"\nbody = [{ id = \"tax\", unit = \"tax\", days = 3, silence = \"yes\" }]\n";
        assert_eq!(read(clear).unwrap()[0].kind.bodies().len(), 1);
        for (text, about) in [
            ("[[step]]\nkind = \"issue\"\nwhen = 1\n", "rule"),
            ("[[step]]\nkind = \"dance\"\n", "dance"),
            ("[[step]]\nkind = \"await\"\nid = \"a\"\nunits = \"b\"\n", "units"),
            ("[[step]]\nkind = \"decide\"\nby = \"dice\"\n", "dice"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(about), "{error}");
        }
    }
}
