//! Answers that name one thing of several: of what a register lists for whoever
//! applies, or of their own papers. The answer keeps the thing's key; rules and
//! papers see the thing itself as `chosen.<field>`, as it is today.

use serde_json::{Map, Value};

use crate::field::{FieldFile, FieldKind};
use crate::folder::{PageFile, Service};
use crate::told::{Heard, Told};
use rules::Facts;

/// What pages and papers call a paper that was chosen.
const PAPER_LABEL: [&str; 3] = ["/title", "/serial", "/issued"];

/// One thing to choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What the answer keeps of it.
    pub key: String,
    /// The thing.
    pub thing: Value,
}

/// What answers are chosen from: what registers told, and one's own papers that
/// hold today.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// What registers told.
    pub told: Vec<Told>,
    /// Their papers.
    pub papers: Vec<Offer>,
}

impl Sources {
    /// What a question offers; none as long as its register was not heard.
    #[must_use]
    pub fn offers(&self, field: &FieldFile) -> Option<Vec<Offer>> {
        if field.kind == FieldKind::Paper {
            let of = |paper: &&Offer| match paper.thing.get("service").and_then(Value::as_str) {
                Some(service) => field.services.is_empty() || field.services.iter().any(|known| known == service),
                None => false,
            };
            return Some(self.papers.iter().filter(of).cloned().collect());
        }
        let told = self.told.iter().find(|one| Some(&one.lookup) == field.lookup.as_ref())?;
        match told.heard {
            Heard::NotFound => Some(Vec::new()),
            Heard::Answered => {
                let listed = told.body.pointer(field.path.as_deref().unwrap_or_default()).and_then(Value::as_array);
                let offer = |thing: &Value| {
                    let key = key(thing.pointer(field.key.as_deref()?)?)?;
                    Some(Offer { key, thing: thing.clone() })
                };
                Some(listed.into_iter().flatten().filter_map(offer).collect())
            }
            Heard::Refused | Heard::Unavailable => None,
        }
    }

    /// The things that were chosen, by field; and the answers without those that
    /// name what is not offered any more. As long as a register was not heard, an
    /// answer stays, and its thing is absent.
    #[must_use]
    pub fn chosen(&self, service: &Service, answers: &Map<String, Value>) -> (Map<String, Value>, Value) {
        let (mut answers, mut chosen) = (answers.clone(), Map::new());
        for field in fields(service).filter(|field| field.kind.is_chosen()) {
            let (Some(answer), Some(offers)) = (answers.get(&field.id), self.offers(field)) else { continue };
            let thing = |key: &Value| offers.iter().find(|offer| *key == offer.key);
            match answer {
                Value::Array(keys) => {
                    let there: Vec<&Offer> = keys.iter().filter_map(thing).collect();
                    if there.is_empty() {
                        answers.remove(&field.id);
                        continue;
                    }
                    chosen.insert(field.id.clone(), there.iter().map(|offer| offer.thing.clone()).collect());
                    let keys = there.iter().map(|offer| Value::from(offer.key.clone())).collect();
                    answers.insert(field.id.clone(), keys);
                }
                key => match thing(key) {
                    Some(offer) => drop(chosen.insert(field.id.clone(), offer.thing.clone())),
                    None => drop(answers.remove(&field.id)),
                },
            }
        }
        (answers, Value::Object(chosen))
    }

    /// The answers that registers may be asked with: none names what no register is
    /// known to list.
    #[must_use]
    pub fn askable(&self, service: &Service, answers: &Map<String, Value>) -> Map<String, Value> {
        let (mut answers, chosen) = self.chosen(service, answers);
        for field in fields(service).filter(|field| field.kind.is_chosen()) {
            if chosen.get(&field.id).is_none() {
                answers.remove(&field.id);
            }
        }
        answers
    }
}

/// The questions whose answers name what a register does not list any more.
#[must_use]
pub fn gone(service: &Service, answers: &Map<String, Value>, facts: &Facts) -> Vec<String> {
    let listed = fields(service).filter(|field| field.kind == FieldKind::Listed);
    let gone = listed
        .filter(|field| answers.contains_key(&field.id) && facts.answers.get(&field.id) != answers.get(&field.id));
    gone.map(|field| field.id.clone()).collect()
}

/// Whether everything that an answer names is among these.
#[must_use]
pub fn are_offered(offers: &[Offer], answer: &Value) -> bool {
    let is_one = |key: &Value| offers.iter().any(|offer| *key == offer.key);
    answer.as_array().map_or_else(|| is_one(answer), |keys| keys.iter().all(is_one))
}

/// What a thing is called, part by part.
#[must_use]
pub fn label(field: &FieldFile, thing: &Value) -> Vec<Value> {
    let parts: Vec<&str> = match field.kind {
        FieldKind::Paper => PAPER_LABEL.to_vec(),
        _ => field.label.iter().map(String::as_str).collect(),
    };
    parts.into_iter().filter_map(|part| thing.pointer(part)).cloned().collect()
}

/// The answers with what was chosen by its name, as people read it.
#[must_use]
pub fn in_words(service: &Service, answers: &Map<String, Value>, chosen: &Value) -> Map<String, Value> {
    let mut answers = answers.clone();
    for field in fields(service) {
        match chosen.get(&field.id) {
            Some(Value::Array(things)) => {
                let each = things.iter().map(|thing| Value::Array(label(field, thing)));
                answers.insert(field.id.clone(), each.collect());
            }
            Some(thing) => drop(answers.insert(field.id.clone(), Value::Array(label(field, thing)))),
            None => {}
        }
    }
    answers
}

/// The same for whoever may not read them now, or while a register is silent: what was
/// chosen and cannot be named is said to be so, and its key is shown to nobody.
#[must_use]
pub fn in_words_or(
    service: &Service,
    answers: &Map<String, Value>,
    chosen: &Value,
    unnamed: &str,
) -> Map<String, Value> {
    let mut words = in_words(service, answers, chosen);
    for field in fields(service).filter(|field| field.kind.is_chosen() && chosen.get(&field.id).is_none()) {
        if let Some(answer) = words.get_mut(&field.id) {
            *answer = unnamed.into();
        }
    }
    words
}

/// The questions that stand on pages of their own.
pub fn fields(service: &Service) -> impl Iterator<Item = &FieldFile> {
    service.file.pages.iter().filter_map(|page: &PageFile| page.field.as_ref())
}

/// A key as the answer keeps it.
fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
