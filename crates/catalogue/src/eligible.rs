//! How a folder's conditions of applying stand by what registers told.

use rules::Facts;

use crate::folder::{Condition, Service};
use crate::told::Told;

/// How the conditions of a service stand for somebody.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Those that do not hold.
    pub failing: Vec<Condition>,
    /// Whether any could not be looked at.
    pub unknown: bool,
}

impl Verdict {
    /// How they stand by what registers told. A condition whose register was not heard
    /// is unknown, whatever its rule says of nothing.
    #[must_use]
    pub fn of(service: &Service, facts: &Facts, told: &[Told]) -> Self {
        let heard = |lookup: &str| told.iter().any(|one| one.lookup == lookup && one.heard.is_final());
        let mut verdict = Self::default();
        for condition in &service.file.eligible {
            match condition.rule.holds(facts) {
                _ if !condition.rule.lookups().iter().all(|lookup| heard(lookup)) => verdict.unknown = true,
                Ok(true) => {}
                Ok(false) => verdict.failing.push(condition.clone()),
                Err(_) => verdict.unknown = true,
            }
        }
        verdict
    }
}
