//! A question on a page, and its answer in words.

use base::{Currency, Money};
use catalogue::chosen::{Offer, label};
use catalogue::{DATE_PARTS, FieldFile, FieldKind, PageFile, Service, Typed, Wrong};
use serde_json::{Map, Value};
use web::Page;

use super::shown;
use crate::messages::Messages;
use crate::system::Services;

/// A question as its page shows it.
pub(super) struct Field {
    pub(super) id: String,
    pub(super) kind: FieldKind,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) typed: String,
    pub(super) length: usize,
    pub(super) choices: Vec<Choice>,
    pub(super) parts: Vec<Part>,
    pub(super) error: Option<String>,
    /// Whether it is the page's only question, and so its heading.
    pub(super) alone: bool,
    /// Whether several things may be chosen.
    pub(super) several: bool,
}

/// One thing to choose.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) label: String,
    pub(super) hint: Option<String>,
    pub(super) chosen: bool,
}

/// One box of several: the day of a date.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) typed: String,
    pub(super) length: usize,
}

impl Field {
    /// Where the error summary leads.
    pub(super) fn anchor(&self) -> String {
        match self.parts.first() {
            Some(part) => part.name.clone(),
            None if self.choices.is_empty() => self.id.clone(),
            None => format!("{}-0", self.id),
        }
    }

    /// Whether it is one box to type in.
    pub(super) fn is_typed(&self) -> bool {
        self.choices.is_empty() && self.parts.is_empty() && !self.kind.is_chosen()
    }

    /// Whether several may be chosen.
    pub(super) const fn is_many(&self) -> bool {
        matches!(self.kind, FieldKind::Choices) || self.several
    }

    /// Whether it takes several lines.
    pub(super) const fn is_long(&self) -> bool {
        matches!(self.kind, FieldKind::LongText | FieldKind::IdNumbers)
    }

    /// The keyboard that a telephone shows; none is that of the language.
    pub(super) const fn keyboard(&self) -> Option<&'static str> {
        match self.kind {
            FieldKind::Number | FieldKind::IdNumber => Some("numeric"),
            FieldKind::Money => Some("decimal"),
            FieldKind::Phone => Some("tel"),
            FieldKind::Postcode => Some("text"),
            _ => None,
        }
    }
}

/// A question with what was typed, or else with what was kept.
pub(super) fn field(
    services: &Services,
    service: &Service,
    page: &Page,
    field: &FieldFile,
    kept: &Map<String, Value>,
    typed: Option<&Typed>,
) -> Field {
    let text = |key: String| service.text(page.locale, &key);
    let kept = kept.get(&field.id);
    let typed_as = |name: &str| typed.map(|typed| typed.get(name).cloned().unwrap_or_default());
    let line = typed_as(&field.id).unwrap_or_else(|| kept.map(|value| spelled(field, value)).unwrap_or_default());
    let is_kept = |option: &str| kept.and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == option));
    let own_choice = |option: &String| {
        let name = match field.kind {
            FieldKind::Choices => format!("{}.{option}", field.id),
            _ => field.id.clone(),
        };
        let chosen = match field.kind {
            FieldKind::Choices => typed.map_or_else(|| is_kept(option), |typed| typed.contains_key(&name)),
            _ => *option == line,
        };
        let label = text(format!("option-{}-{option}", field.id));
        Choice { name, value: option.clone(), label, hint: None, chosen }
    };
    let offices = services.catalogue.offices().iter().filter(|office| Some(office.kind.as_str()) == field.offices());
    let offices = offices.map(|office| Choice {
        name: field.id.clone(),
        label: office.name(page.locale).to_owned(),
        hint: Some(office.address(page.locale).to_owned()),
        chosen: office.key == line,
        value: office.key.clone(),
    });
    let choices = field.options.iter().map(own_choice).chain(offices).collect();
    let m = Messages::new(page.locale);
    let labels = [m.day(), m.month(), m.year()];
    let date: Vec<&str> = kept.and_then(Value::as_str).unwrap_or_default().split('-').rev().collect();
    let part = |(at, part): (usize, &&str)| {
        let name = format!("{}.{part}", field.id);
        let kept = || date.get(at).map(|part| part.trim_start_matches('0').to_owned()).unwrap_or_default();
        Part {
            typed: typed_as(&name).unwrap_or_else(kept),
            label: labels[at],
            length: if at == 2 { 4 } else { 2 },
            name,
        }
    };
    Field {
        id: field.id.clone(),
        kind: field.kind,
        label: text(format!("field-{}-label", field.id)),
        hint: text(format!("field-{}-hint", field.id)),
        typed: line,
        length: field.length,
        choices,
        parts: match field.kind {
            FieldKind::Date => DATE_PARTS.iter().enumerate().map(part).collect(),
            _ => Vec::new(),
        },
        error: None,
        alone: true,
        several: field.several,
    }
}

/// The question with what there is to choose.
pub(super) fn offered(
    asked: Field,
    page: &Page,
    field: &FieldFile,
    offers: &[Offer],
    kept: Option<&Value>,
    typed: Option<&Typed>,
) -> Field {
    let is_kept = |key: &str| match kept {
        Some(Value::Array(keys)) => keys.iter().any(|kept| kept == key),
        Some(kept) => kept == key,
        None => false,
    };
    let choice = |(at, offer): (usize, &Offer)| {
        let name = if field.several { format!("{}.{at}", field.id) } else { field.id.clone() };
        // Plates and numbers keep their order in a line of either direction.
        let parts = label(field, &offer.thing).into_iter().filter_map(|part| shown(page, &part));
        let mut parts = parts.map(|part| format!("\u{2068}{part}\u{2069}"));
        let first = parts.next().unwrap_or_else(|| offer.key.clone());
        let rest = parts.collect::<Vec<_>>().join(" · ");
        Choice {
            chosen: typed.map_or_else(|| is_kept(&offer.key), |typed| typed.get(&name) == Some(&offer.key)),
            value: offer.key.clone(),
            label: first,
            hint: (!rest.is_empty()).then_some(rest),
            name,
        }
    };
    Field { choices: offers.iter().enumerate().map(choice).collect(), ..asked }
}

/// A kept answer as one types it.
fn spelled(field: &FieldFile, value: &Value) -> String {
    match (field.kind, value) {
        (FieldKind::Money, Value::Number(number)) => money(number.as_i64()).number(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Array(all)) => all.iter().map(|one| spelled(field, one)).collect::<Vec<_>>().join("\n"),
        (_, value) => value.to_string(),
    }
}

fn money(minor: Option<i64>) -> Money {
    Money::from_minor(minor.unwrap_or_default(), Currency::Ils)
}

/// Why an answer is refused, and how to mend it.
pub(super) fn refusal(service: &Service, page: &Page, field: &FieldFile, wrong: Wrong) -> String {
    let m = Messages::new(page.locale);
    match wrong {
        Wrong::Missing | Wrong::NoChoice => service.text(page.locale, &format!("field-{}-missing", field.id)),
        Wrong::Refused => service.text(page.locale, &format!("field-{}-refused", field.id)),
        Wrong::TooLong => m.too_long(i64::try_from(field.length).unwrap_or(i64::MAX)),
        Wrong::NoNumber => m.no_number().to_owned(),
        Wrong::NoMoney => m.no_money().to_owned(),
        Wrong::NoDate => m.no_date().to_owned(),
        Wrong::NoIdNumber => m.no_id_number().to_owned(),
        Wrong::NoIdNumbers => m.no_id_numbers().to_owned(),
        Wrong::NoPhone => m.no_phone().to_owned(),
        Wrong::NoPostcode => m.no_postcode().to_owned(),
    }
}

/// An answer in words.
pub(super) fn said(
    services: &Services,
    service: &Service,
    page: &Page,
    field: &FieldFile,
    value: &Value,
) -> Option<String> {
    let one = |value: &Value| shown(page, &catalogue::spell(service, &field.id, value));
    match (field.kind, value) {
        (FieldKind::PostOffice | FieldKind::Office, Value::String(key)) => {
            let office = services.catalogue.offices().iter().find(|office| office.key == *key);
            office.map(|office| office.name(page.locale).to_owned())
        }
        (FieldKind::Money, Value::Number(number)) => Some(page.money(money(number.as_i64()))),
        (FieldKind::Files, Value::Array(all)) => {
            let comma = Messages::new(page.locale).list_comma();
            let names = all.iter().filter_map(|file| Some(format!("\u{2068}{}\u{2069}", file["name"].as_str()?)));
            Some(names.collect::<Vec<_>>().join(comma))
        }
        (_, Value::Array(all)) => {
            let comma = Messages::new(page.locale).list_comma();
            Some(all.iter().filter_map(one).collect::<Vec<_>>().join(comma))
        }
        _ => one(value),
    }
}

/// What a page asked, and the answer.
pub(super) struct Answered {
    pub(super) label: String,
    pub(super) value: Option<String>,
}

/// The answers of a page, one a line: of its question, or of each entry.
pub(super) fn answered(
    services: &Services,
    service: &Service,
    page: &Page,
    asked: &PageFile,
    answers: &Map<String, Value>,
) -> Vec<Answered> {
    let text = |key: String| service.text(page.locale, &key);
    if let Some(field) = &asked.field {
        let value = answers.get(&field.id).and_then(|value| said(services, service, page, field, value));
        return vec![Answered { label: text(format!("field-{}-label", field.id)), value }];
    }
    let Some(repeat) = &asked.repeat else { return Vec::new() };
    let entries = answers.get(&repeat.id).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let comma = Messages::new(page.locale).list_comma();
    let line = |(at, entry): (usize, &Value)| {
        let parts =
            repeat.fields.iter().filter_map(|field| said(services, service, page, field, entry.get(&field.id)?));
        let label = format!("{} \u{2068}{}\u{2069}", text(format!("repeat-{}-one", repeat.id)), at + 1);
        Answered { label, value: Some(parts.collect::<Vec<_>>().join(comma)) }
    };
    if entries.is_empty() {
        return vec![Answered { label: text(format!("page-{}-title", asked.id)), value: None }];
    }
    entries.iter().enumerate().map(line).collect()
}
