//! Registers that tell different things of the same person under one concept. Officers see
//! each; by what identifies a person, a rule alone decides nothing on it.

use std::sync::Arc;

use serde_json::Value;

use super::{Heard, Told};
use crate::folder::{Lookup, Service};
use crate::shapes::Concept;

/// What registers say of one thing: each by its lookup.
#[derive(Debug, Clone)]
pub struct Disagreement {
    /// Of what.
    pub about: Arc<Concept>,
    /// By lookup, what its register says.
    pub said: Vec<(String, Value)>,
}

/// In what the registers of a case disagree.
#[must_use]
pub fn disagreements(service: &Service, told: &[Told]) -> Vec<Disagreement> {
    let mut all: Vec<Disagreement> = Vec::new();
    for one in told.iter().filter(|one| one.heard == Heard::Answered) {
        let lookup = service.file.lookups.iter().find(|lookup| lookup.id == one.lookup);
        for tells in lookup.filter(|lookup| lookup.is_about_oneself()).map_or(&[][..], |lookup: &Lookup| &lookup.tells)
        {
            let Some(value) = one.body.pointer(&tells.path).filter(|value| !value.is_null()) else { continue };
            let said = (one.lookup.clone(), value.clone());
            match all.iter_mut().find(|known| Arc::ptr_eq(&known.about, &tells.concept)) {
                Some(known) => known.said.push(said),
                None => all.push(Disagreement { about: Arc::clone(&tells.concept), said: vec![said] }),
            }
        }
    }
    all.retain(|one| one.said.iter().any(|(_, value)| *value != one.said[0].1));
    all
}
