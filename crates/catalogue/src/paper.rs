//! What is issued for a case, and where: the paper's values and copies, the office that
//! its serial names and the one where it is collected.

use base::{Currency, Locale, Money};
use serde_json::{Map, Value, json};

use crate::catalogue::Catalogue;
use crate::field::FieldKind;
use crate::folder::{PaperFile, Service, StepKind};
use rules::Facts;

/// What papers call those who signed with the person, in the place of a lookup.
pub(crate) const SIGNED: &str = "signed";

impl PaperFile {
    /// Its values for a case: from a register's answer, from a thing that was chosen, from
    /// who signed, or from the person's own.
    #[must_use]
    pub fn filled(
        &self,
        service: &Service,
        answers: &Map<String, Value>,
        facts: &Facts,
        signed: &Value,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        for wanted in &self.values {
            let value = if wanted.lookup == "answers" {
                let field = wanted.path.trim_start_matches('/');
                answers.get(field).map(|answer| spell(service, field, answer))
            } else if wanted.lookup == SIGNED {
                signed.pointer(&wanted.path).cloned()
            } else if wanted.lookup == "chosen" {
                facts.chosen.pointer(&wanted.path).cloned()
            } else {
                facts.registers.get(&wanted.lookup).and_then(|body| body.pointer(&wanted.path)).cloned()
            };
            values.insert(wanted.id.clone(), value.unwrap_or(Value::Null));
        }
        values
    }

    /// How many certified copies were asked for; one where that was not asked.
    #[must_use]
    pub fn copies_asked(&self, answers: &Map<String, Value>) -> u32 {
        let asked = self.copies.as_ref().and_then(|field| answers.get(field)).and_then(Value::as_u64);
        asked.and_then(|asked| u32::try_from(asked).ok()).unwrap_or(1).max(1)
    }
}

impl Catalogue {
    /// What the serial says of the office that decided, where that depends on the place:
    /// its governorate. The rest of a serial is random, not counted: whoever checks a paper
    /// by its serial must not find the next one by adding one.
    #[must_use]
    pub fn office_code(&self, service: &Service, unit: Option<&str>) -> String {
        let by_place =
            service.file.steps.iter().any(
                |step| matches!(&step.kind, StepKind::Decide { unit: Some(unit), .. } if unit.by_place().is_some()),
            );
        let place = unit.filter(|_| by_place).map(|unit| self.place(unit));
        place.and_then(|place| place.governorate).unwrap_or_default()
    }
}

impl Service {
    /// The office where the person wants to collect, if they chose one. Another office
    /// than a post office hands over where the folder's delivery says so.
    #[must_use]
    pub fn collection_office(&self, answers: &Map<String, Value>) -> Option<String> {
        let at_offices = self.file.delivery.iter().any(|way| way == "office");
        let hands_over = |kind: FieldKind| kind == FieldKind::PostOffice || (kind == FieldKind::Office && at_offices);
        let fields = self.file.pages.iter().rev().filter_map(|page| page.field.as_ref());
        let mut chosen = fields.filter(|field| hands_over(field.kind)).filter_map(|field| answers.get(&field.id));
        chosen.next()?.as_str().map(str::to_owned)
    }
}

/// An answer for a paper: choices in words, in every language, also those in
/// lists and entries; an amount with its decimals; anything else as it was kept.
#[must_use]
pub fn spell(service: &Service, field: &str, answer: &Value) -> Value {
    match answer {
        Value::Array(all) => all.iter().map(|one| spell(service, field, one)).collect(),
        Value::Object(entry) => {
            let own = |(field, value): (&String, &Value)| (field.clone(), spell(service, field, value));
            Value::Object(entry.iter().map(own).collect())
        }
        Value::String(word) => {
            let key = format!("option-{field}-{word}");
            let text = |locale: Locale| service.texts.get(locale.index()).and_then(|bundle| bundle.get(&key));
            match (text(Locale::AR), text(Locale::EN)) {
                (Some(ar), Some(en)) => json!({ "ar": ar, "en": en }),
                _ => answer.clone(),
            }
        }
        Value::Number(number) if service.field(field).is_some_and(|field| field.kind == FieldKind::Money) => {
            json!(Money::from_minor(number.as_i64().unwrap_or_default(), Currency::Ils).number())
        }
        _ => answer.clone(),
    }
}
