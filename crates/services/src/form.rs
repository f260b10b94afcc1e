//! The form of a service over one case: which pages show, which comes next,
//! what an answer must be.

use std::collections::BTreeSet;

use base::{Date, IdNumber};
use serde_json::{Map, Value, json};

use crate::catalogue::Catalogue;
use crate::folder::{FieldFile, FieldKind, PageFile, Service};
use crate::rules::{Facts, holds};

/// People whom one answer names at most.
const PEOPLE: usize = 12;
/// Largest number that an answer may hold.
const NUMBER_MAX: i64 = 1_000_000_000;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is missing.
    Missing,
    /// It is none of the choices.
    NoChoice,
    /// It is too long.
    TooLong,
    /// It is not a whole number.
    NoNumber,
    /// It is not an ID number, or there are too many.
    NoIdNumber,
}

/// The pages that show, given the answers so far.
pub(crate) fn pages<'s>(service: &'s Service, facts: &Facts) -> Vec<&'s PageFile> {
    let shown = |page: &&PageFile| page.when.as_deref().is_none_or(|rule| holds(rule, facts).unwrap_or(false));
    service.file.pages.iter().filter(shown).collect()
}

/// The page after this one; none means that everything was asked.
pub(crate) fn next<'s>(service: &'s Service, facts: &Facts, page: &str) -> Option<&'s PageFile> {
    let pages = pages(service, facts);
    let at = pages.iter().position(|known| known.id == page)?;
    pages.get(at + 1).copied()
}

/// Reads a typed answer.
///
/// # Errors
/// What is wrong with it.
pub fn read(catalogue: &Catalogue, field: &FieldFile, typed: &str) -> Result<Option<Value>, Wrong> {
    let typed = typed.trim();
    if typed.is_empty() {
        return if field.required { Err(Wrong::Missing) } else { Ok(None) };
    }
    if typed.chars().count() > field.length {
        return Err(Wrong::TooLong);
    }
    let value = match field.kind {
        FieldKind::Choice if !field.options.iter().any(|option| option == typed) => return Err(Wrong::NoChoice),
        FieldKind::PostOffice if !is_post_office(catalogue, typed) => return Err(Wrong::NoChoice),
        FieldKind::Number => {
            let number: i64 = base::digits::to_western(typed).parse().map_err(|_| Wrong::NoNumber)?;
            if number.abs() > NUMBER_MAX {
                return Err(Wrong::NoNumber);
            }
            json!(number)
        }
        FieldKind::IdNumbers => json!(id_numbers(typed)?),
        _ => json!(typed),
    };
    Ok(Some(value))
}

/// ID numbers between spaces, commas or lines, each once, in order.
fn id_numbers(typed: &str) -> Result<Vec<String>, Wrong> {
    let parts = typed.split(|mark: char| mark.is_whitespace() || matches!(mark, ',' | '،' | ';' | '؛'));
    let parsed = parts.filter(|part| !part.is_empty()).map(|part| IdNumber::parse(part).ok_or(Wrong::NoIdNumber));
    let parsed = parsed.map(|number| number.map(|number| number.as_str().to_owned()));
    let numbers = parsed.collect::<Result<BTreeSet<String>, Wrong>>()?;
    if numbers.is_empty() || numbers.len() > PEOPLE {
        return Err(Wrong::NoIdNumber);
    }
    Ok(numbers.into_iter().collect())
}

fn is_post_office(catalogue: &Catalogue, key: &str) -> bool {
    catalogue.offices().iter().any(|office| office.kind == "post" && office.key == key)
}

/// Required questions that are shown and not answered: their fields.
pub(crate) fn missing(service: &Service, facts: &Facts) -> Vec<String> {
    let asked = pages(service, facts).into_iter().filter_map(|page| page.field.as_ref());
    asked
        .filter(|field| field.required && facts.answers.get(&field.id).is_none())
        .map(|field| field.id.clone())
        .collect()
}

/// The answers without those of pages that do not show: a hidden field is absent.
pub(crate) fn visible(service: &Service, facts: &Facts) -> Map<String, Value> {
    let mut kept = Map::new();
    for field in pages(service, facts).into_iter().filter_map(|page| page.field.as_ref()) {
        if let Some(answer) = facts.answers.get(&field.id) {
            kept.insert(field.id.clone(), answer.clone());
        }
    }
    kept
}

/// What rules may look at.
pub(crate) fn facts(today: Date, answers: &Map<String, Value>, registers: Value) -> Facts {
    Facts { today, answers: Value::Object(answers.clone()), registers }
}
