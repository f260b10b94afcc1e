//! Answers that name one thing of several: of what a register lists for whoever
//! applies, or of their own papers. The answer keeps the thing's key; rules and
//! papers see the thing itself as `chosen.<field>`, as it is today.

use base::{Actor, Date, PersonId};
use serde_json::{Map, Value, json};
use store::{Error, Read};

use crate::case::Case;
use crate::field::{FieldFile, FieldKind};
use crate::folder::{PageFile, Service};
use crate::told::{self, Heard, Told};
use rules::Facts;

/// Papers that one person chooses from at most, the newest.
const PAPERS: i64 = 200;
/// What pages and papers call a paper that was chosen.
const PAPER_LABEL: [&str; 3] = ["/title", "/serial", "/issued"];

/// One thing to choose.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    /// What the answer keeps of it.
    pub(crate) key: String,
    /// The thing.
    pub(crate) thing: Value,
}

/// What answers are chosen from: what registers told, and one's own papers that
/// hold today.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    pub(crate) told: Vec<Told>,
    pub(crate) papers: Vec<Offer>,
}

impl Sources {
    /// What there is for a case. Whoever acts for another sees the papers of those
    /// services that their mandate covers.
    pub(crate) fn of(
        read: &mut Read<'_>,
        service: &Service,
        case: &Case,
        today: Date,
        actor: &Actor,
    ) -> Result<Self, Error> {
        let told = told::told(read, case)?;
        Self::with(read, service, case.person, told, today, actor)
    }

    /// The same with what was told just now.
    pub(crate) fn with(
        read: &mut Read<'_>,
        service: &Service,
        person: PersonId,
        told: Vec<Told>,
        today: Date,
        actor: &Actor,
    ) -> Result<Self, Error> {
        let asks_for_papers = fields(service).any(|field| field.kind == FieldKind::Paper);
        let held = if asks_for_papers { documents::held_by(read, person, today, PAPERS)? } else { Vec::new() };
        let papers = held.into_iter().filter(|paper| actor.covers(&paper.template)).map(|paper| {
            let [ar, en] = paper.content.title;
            let mut thing = json!({
                "serial": paper.content.serial, "service": paper.template, "title": { "ar": ar, "en": en },
                "issued": paper.content.issued,
            });
            if let Some(last) = paper.content.valid_until {
                thing["valid_until"] = last.into();
            }
            Offer { key: paper.id.to_string(), thing }
        });
        Ok(Self { told, papers: papers.collect() })
    }

    /// What a question offers; none as long as its register was not heard.
    pub(crate) fn offers(&self, field: &FieldFile) -> Option<Vec<Offer>> {
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
    pub(crate) fn chosen(&self, service: &Service, answers: &Map<String, Value>) -> (Map<String, Value>, Value) {
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
    pub(crate) fn askable(&self, service: &Service, answers: &Map<String, Value>) -> Map<String, Value> {
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
pub(crate) fn gone(service: &Service, answers: &Map<String, Value>, facts: &Facts) -> Vec<String> {
    let listed = fields(service).filter(|field| field.kind == FieldKind::Listed);
    let gone = listed
        .filter(|field| answers.contains_key(&field.id) && facts.answers.get(&field.id) != answers.get(&field.id));
    gone.map(|field| field.id.clone()).collect()
}

/// Whether everything that an answer names is among these.
pub(crate) fn are_offered(offers: &[Offer], answer: &Value) -> bool {
    let is_one = |key: &Value| offers.iter().any(|offer| *key == offer.key);
    answer.as_array().map_or_else(|| is_one(answer), |keys| keys.iter().all(is_one))
}

/// What a thing is called, part by part.
pub(crate) fn label(field: &FieldFile, thing: &Value) -> Vec<Value> {
    let parts: Vec<&str> = match field.kind {
        FieldKind::Paper => PAPER_LABEL.to_vec(),
        _ => field.label.iter().map(String::as_str).collect(),
    };
    parts.into_iter().filter_map(|part| thing.pointer(part)).cloned().collect()
}

/// The answers with what was chosen by its name, as people read it.
pub(crate) fn in_words(service: &Service, answers: &Map<String, Value>, chosen: &Value) -> Map<String, Value> {
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
pub(crate) fn in_words_or(
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

/// The questions of pages.
fn fields(service: &Service) -> impl Iterator<Item = &FieldFile> {
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
