//! What registers told for a case, and what is known by it.
//!
//! Not here: how they are asked and where it is kept (services).

mod disagree;
mod query;

pub use disagree::{Disagreement, disagreements};
pub use query::{Query, Whom};

use base::Timestamp;
use serde_json::{Map, Value, json};

/// How a register answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It told.
    Answered,
    /// It knows nothing of this person.
    NotFound,
    /// The exchange refused: no agreement, or a revoked certificate.
    Refused,
    /// It did not answer: to be checked.
    Unavailable,
}

impl Heard {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
    /// The answer of this word; one that is not known is none.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let all = [Self::Answered, Self::NotFound, Self::Refused];
        all.into_iter().find(|heard| heard.as_str() == word).unwrap_or(Self::Unavailable)
    }
    /// Whether the register said all that it has to say.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Answered | Self::NotFound)
    }
    /// How it was heard when it told what is kept.
    const fn before(self) -> Self {
        match self {
            Self::NotFound => Self::NotFound,
            _ => Self::Answered,
        }
    }
}

/// What one register told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The lookup's name in the folder.
    pub lookup: String,
    /// How it answered.
    pub heard: Heard,
    /// When.
    pub at: Timestamp,
    /// The answers that it was asked with, by field; null for one that was not
    /// given. Empty where the number of whoever applies was enough.
    pub asked: Map<String, Value>,
    /// The answer; null without one.
    pub body: Value,
}

impl Told {
    /// Whether the register is silent now, and told this before.
    #[must_use]
    pub fn is_lapsed(&self) -> bool {
        !self.heard.is_final() && !self.body.is_null()
    }
    /// Whether it would be asked with the same answers now.
    #[must_use]
    pub fn holds(&self, answers: &Map<String, Value>) -> bool {
        self.asked.iter().all(|(field, value)| answers.get(field).unwrap_or(&Value::Null) == value)
    }
}

/// What is known when registers were asked anew: a silence leaves what was told before
/// to the same question, as it does in what is kept.
#[must_use]
pub fn heard_after(before: &[Told], new: Vec<Told>) -> Vec<Told> {
    let same = |one: &Told| {
        let mut known = before.iter().filter(|known| known.lookup == one.lookup && known.asked == one.asked);
        known.next().filter(|_| !one.heard.is_final()).cloned()
    };
    let stays = |one: &&Told| !new.iter().any(|new| new.lookup == one.lookup);
    let rest: Vec<Told> = before.iter().filter(stays).cloned().collect();
    let new = new.into_iter().map(|one| match same(&one) {
        Some(known) => Told { heard: one.heard, ..known },
        None => one,
    });
    rest.into_iter().chain(new).collect()
}

/// What a form was filled in by, when registers fell silent since: what these told
/// before, to the same question, stands in. Nothing is decided on it.
#[must_use]
pub fn with_earlier(told: &[Told], earlier: &[Told]) -> Vec<Told> {
    let is_heard = |lookup: &str| told.iter().any(|one| one.lookup == lookup && one.heard.is_final());
    let stands_in = |one: &&Told| !is_heard(&one.lookup) && (one.heard.is_final() || one.is_lapsed());
    let earlier: Vec<Told> =
        earlier.iter().filter(stands_in).map(|one| Told { heard: one.heard.before(), ..one.clone() }).collect();
    let stays = |one: &&Told| !earlier.iter().any(|known| known.lookup == one.lookup);
    told.iter().filter(stays).chain(&earlier).cloned().collect()
}

/// Rules and papers look at this: answers by lookup, absent where none.
#[must_use]
pub fn registers(told: &[Told]) -> Value {
    let known: Map<String, Value> = told
        .iter()
        .filter(|one| one.heard == Heard::Answered)
        .map(|one| (one.lookup.clone(), one.body.clone()))
        .collect();
    json!(known)
}
