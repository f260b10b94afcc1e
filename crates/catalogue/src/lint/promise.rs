//! What must hold of a folder's promise: each of its times is one, and what no rule
//! names has a time of its own, so that no case is promised nothing.

use std::collections::BTreeSet;

use crate::folder::{PROMISES, Service};

pub(super) fn faults(service: &Service, reasons: &mut Vec<String>) {
    let file = &service.file.promise;
    let mut one = |what: &str, minutes: Option<u32>, days: Option<u32>| {
        if minutes.is_some() == days.is_some() {
            reasons.push(format!("{what}: give minutes or working_days, one of the two"));
        }
        if minutes.or(days) == Some(0) && what != "promise" {
            reasons.push(format!("{what}: 0 is no time; give 1 at least"));
        }
    };
    one("promise", file.minutes, file.working_days);
    for rule in &file.rules {
        one(&format!("promise, the rule `{}`", rule.id), rule.minutes, rule.working_days);
    }
    let mut seen = BTreeSet::new();
    for rule in &file.rules {
        if !seen.insert(rule.id.as_str()) {
            reasons.push(format!("promise: the rule `{}` is there twice; give one of them another id", rule.id));
        }
        let mut earlier = file.rules.iter().take_while(|other| other.id != rule.id);
        if earlier.any(|other| other.when.source() == rule.when.source()) {
            reasons.push(format!(
                "promise: the rule `{}` is never reached, an earlier one says the same; remove it",
                rule.id
            ));
        }
    }
    if file.rules.len() > PROMISES {
        reasons.push(format!("promise: {} rules are too many; remove some: {PROMISES} at most", file.rules.len()));
    }
}

/// The texts that say how long it takes, and when.
pub(super) fn texts(service: &Service) -> Vec<String> {
    let rules = &service.file.promise.rules;
    if rules.is_empty() {
        return vec!["promise".to_owned()];
    }
    rules.iter().map(|rule| format!("promise-{}", rule.id)).collect()
}
