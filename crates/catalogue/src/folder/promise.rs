//! How long a service takes, as its folder promises it: one time for all cases, or
//! another one where a rule holds.

use base::Locale;
use rules::{Facts, Rule};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Service, schema};
use crate::messages::Messages;
use crate::promise::Measure;

/// Rules of one promise at most.
pub const PROMISES: usize = 10;

/// How long it takes from complete and paid: minutes or working days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::promise)]
pub struct PromiseFile {
    /// By rule: minutes.
    pub minutes: Option<u32>,
    /// By people: working days of the office.
    pub working_days: Option<u32>,
    /// Where a case is promised another time; the first that holds counts.
    #[serde(default, rename = "rule")]
    #[schemars(length(max = PROMISES))]
    pub rules: Vec<PromiseRule>,
}

/// Another time, and when it is promised.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::promise)]
pub struct PromiseRule {
    /// The end of the key of its text, `promise-`, which says when.
    pub id: String,
    /// The rule that must hold.
    pub when: Rule,
    /// Minutes.
    pub minutes: Option<u32>,
    /// Or working days of the office.
    pub working_days: Option<u32>,
}

/// In what, and how many.
pub type Span = (Measure, u32);

const fn span(minutes: Option<u32>, working_days: Option<u32>) -> Span {
    match (minutes, working_days) {
        (Some(minutes), _) => (Measure::Minutes, minutes),
        (None, Some(days)) => (Measure::Days, days),
        (None, None) => (Measure::Days, 0),
    }
}

impl PromiseRule {
    /// What it promises.
    #[must_use]
    pub const fn span(&self) -> Span {
        span(self.minutes, self.working_days)
    }
}

impl PromiseFile {
    /// What is promised where no rule holds.
    #[must_use]
    pub const fn default_span(&self) -> Span {
        span(self.minutes, self.working_days)
    }

    /// What a case is promised. A rule without an answer promises nothing of its own.
    #[must_use]
    pub fn of(&self, facts: &Facts) -> Span {
        let held = self.rules.iter().find(|rule| rule.when.holds(facts).unwrap_or(false));
        held.map_or_else(|| self.default_span(), PromiseRule::span)
    }

    /// The longest time that it gives.
    #[must_use]
    pub fn longest(&self) -> Span {
        self.range().1
    }

    /// The shortest and the longest time that it gives.
    fn range(&self) -> (Span, Span) {
        let weight = |(measure, amount): &Span| match measure {
            Measure::Minutes => u64::from(*amount),
            // A working day is longer than any promise in minutes would be.
            Measure::Days => u64::from(*amount) << 32,
        };
        let all = || self.rules.iter().map(PromiseRule::span).chain([self.default_span()]);
        let first = self.default_span();
        (all().min_by_key(weight).unwrap_or(first), all().max_by_key(weight).unwrap_or(first))
    }
}

impl Service {
    /// How long it takes: the folder's own words, or from the shortest to the longest time.
    #[must_use]
    pub fn promise(&self, locale: Locale) -> String {
        if self.file.promise.rules.is_empty() {
            return self.text(locale, "promise");
        }
        let m = Messages::new(locale);
        let (least, most) = self.file.promise.range();
        let spelled = |(measure, amount): Span| measure.spelled(amount.into(), locale);
        if least == most { spelled(least) } else { m.promise_range(spelled(least), spelled(most)) }
    }

    /// Each time that it promises, with when; none where it is one for all.
    #[must_use]
    pub fn promises(&self, locale: Locale) -> Vec<(String, String)> {
        let (file, m) = (&self.file.promise, Messages::new(locale));
        if file.rules.is_empty() {
            return Vec::new();
        }
        let spelled = |(measure, amount): Span| measure.spelled(amount.into(), locale);
        let line = |one: &PromiseRule| (self.text(locale, &format!("promise-{}", one.id)), spelled(one.span()));
        let rest = (m.promise_else().to_owned(), spelled(file.default_span()));
        file.rules.iter().map(line).chain([rest]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_holds_counts_and_the_rest_is_the_default() {
        let file: PromiseFile = toml::from_str(
            "working_days = 7\n[[rule]]\nid = \"now\"\nwhen = \"answers.speed == 'now'\"\nminutes = 30\n\
             [[rule]]\nid = \"fast\"\nwhen = \"answers.speed != 'slow'\"\nworking_days = 2\n",
        )
        .unwrap();
        let facts = |speed: &str| Facts {
            today: base::Date::new(2026, 11, 24).unwrap(),
            answers: serde_json::json!({ "speed": speed }),
            registers: serde_json::Value::Null,
            chosen: serde_json::Value::Null,
        };
        assert_eq!(file.of(&facts("now")), (Measure::Minutes, 30));
        assert_eq!(file.of(&facts("fast")), (Measure::Days, 2));
        assert_eq!(file.of(&facts("slow")), (Measure::Days, 7));
        assert_eq!(file.range(), ((Measure::Minutes, 30), (Measure::Days, 7)));
    }
}
