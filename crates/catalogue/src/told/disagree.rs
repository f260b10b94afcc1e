//! Registers that say different things of the same person. Officers see each; a rule
//! alone decides nothing on it.

use base::Locale;
use serde_json::Value;

use super::{Heard, Told};
use crate::folder::{Lookup, Service};
use crate::messages::Messages;

/// What any register may say, at the top of its answer, of the person whom it was
/// asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// `full_name`. Registers spell names differently: it is shown, and stops nothing.
    Name,
    /// `birth_date`.
    Birth,
}

impl About {
    const ALL: [Self; 2] = [Self::Name, Self::Birth];

    const fn member(self) -> &'static str {
        match self {
            Self::Name => "full_name",
            Self::Birth => "birth_date",
        }
    }
    /// What it is called.
    #[must_use]
    pub fn text(self, locale: Locale) -> &'static str {
        let m = Messages::new(locale);
        match self {
            Self::Name => m.about_name(),
            Self::Birth => m.about_birth(),
        }
    }
    /// Whether two persons would be meant.
    #[must_use]
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::Birth)
    }
}

/// What registers say of one thing: each by its lookup.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// Of what.
    pub about: About,
    /// By lookup, what its register says.
    pub said: Vec<(String, Value)>,
}

/// In what the registers of a case disagree.
#[must_use]
pub fn disagreements(service: &Service, told: &[Told]) -> Vec<Disagreement> {
    let of_oneself = |one: &&Told| {
        let lookup = service.file.lookups.iter().find(|lookup| lookup.id == one.lookup);
        one.heard == Heard::Answered && lookup.is_some_and(Lookup::is_about_oneself)
    };
    let told: Vec<&Told> = told.iter().filter(of_oneself).collect();
    let differing = About::ALL.into_iter().filter_map(|about| {
        let said = told.iter().filter_map(|one| Some((one.lookup.clone(), one.body.get(about.member())?.clone())));
        let said: Vec<(String, Value)> = said.filter(|(_, value)| !value.is_null()).collect();
        let differs = said.iter().any(|(_, value)| *value != said[0].1);
        differs.then_some(Disagreement { about, said })
    });
    differing.collect()
}
