//! Conditions: rules that must hold, each with the texts that say why not and what
//! would change it.

use base::Locale;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Service;
use rules::{Facts, Rule, RuleError};

/// Conditions in one place at most.
pub const CONDITIONS: usize = 20;

/// A rule that must hold.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The rule.
    pub rule: Rule,
    /// The end of the keys of its two texts, `reason-` and `change-`: why not, and what
    /// would change it.
    #[schemars(length(min = 1))]
    pub reason: String,
}

impl Condition {
    /// Why not.
    #[must_use]
    pub fn why(&self, service: &Service, locale: Locale) -> String {
        service.text(locale, &format!("reason-{}", self.reason))
    }
    /// What would change it.
    #[must_use]
    pub fn change(&self, service: &Service, locale: Locale) -> String {
        service.text(locale, &format!("change-{}", self.reason))
    }
}

/// The conditions that do not hold.
///
/// # Errors
/// One has no answer: it is neither a yes nor a no.
pub fn failing(conditions: &[Condition], facts: &Facts) -> Result<Vec<Condition>, RuleError> {
    let mut failing = Vec::new();
    for condition in conditions {
        if !condition.rule.holds(facts)? {
            failing.push(condition.clone());
        }
    }
    Ok(failing)
}

/// Every reason with what would change it, a line each.
#[must_use]
pub fn words(failing: &[Condition], service: &Service, locale: Locale) -> String {
    let line = |one: &Condition| format!("{} {}", one.why(service, locale), one.change(service, locale));
    failing.iter().map(line).collect::<Vec<_>>().join("\n")
}
