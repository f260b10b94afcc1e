//! Rules: CEL over the answers, what registers told, and an injected `today`.

use base::Date;
use cel::{Context, Program, Value};
use serde_json::Value as Json;

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

/// Whether it is a rule at all.
///
/// # Errors
/// [`RuleError::Malformed`].
pub fn check(rule: &str) -> Result<(), RuleError> {
    compile(rule).map(drop)
}

/// Whether a rule holds.
///
/// # Errors
/// See [`RuleError`].
pub fn holds(rule: &str, facts: &Facts) -> Result<bool, RuleError> {
    let program = compile(rule)?;
    let none = |why: String| RuleError::NoAnswer(rule.to_owned(), why);
    let mut context = Context::default();
    context.add_variable("today", facts.today.to_string()).map_err(|error| none(error.to_string()))?;
    context.add_variable("answers", &facts.answers).map_err(|error| none(error.to_string()))?;
    context.add_variable("registers", &facts.registers).map_err(|error| none(error.to_string()))?;
    match program.execute(&context) {
        Ok(Value::Bool(truth)) => Ok(truth),
        Ok(other) => Err(none(format!("it gives {other:?}, not true or false"))),
        Err(error) => Err(none(error.to_string())),
    }
}

fn compile(rule: &str) -> Result<Program, RuleError> {
    if rule.len() > RULE_BYTES {
        return Err(RuleError::Malformed(rule.chars().take(40).collect(), "it is too long".to_owned()));
    }
    Program::compile(rule).map_err(|error| RuleError::Malformed(rule.to_owned(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts() -> Facts {
        Facts {
            today: Date::new(2026, 11, 24).unwrap(),
            answers: json!({ "purpose": "work" }),
            registers: json!({ "person": { "alive": true, "born": "1990-01-02" } }),
        }
    }

    #[test]
    fn rules_see_answers_registers_and_the_day() {
        for (rule, expected) in [
            ("registers.person.alive", true),
            ("answers.purpose == 'school'", false),
            ("registers.person.born < today", true),
            ("has(answers.other)", false),
        ] {
            assert_eq!(holds(rule, &facts()), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn what_has_no_answer_is_never_a_yes() {
        for rule in ["1 + 'a' == 2", "registers.nobody.alive", "1/0 == 1", "1", "answers.purpose"] {
            assert!(matches!(holds(rule, &facts()), Err(RuleError::NoAnswer(..))), "{rule}");
        }
        for rule in ["", "a b", "((("] {
            assert!(matches!(check(rule), Err(RuleError::Malformed(..))), "{rule}");
        }
    }
}
