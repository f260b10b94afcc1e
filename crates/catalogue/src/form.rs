//! The form of a service over the answers so far: which pages show, which comes next,
//! what is missing.

use std::borrow::Cow;

use base::Date;
use serde_json::{Map, Value};

use crate::chosen::Sources;
use crate::folder::{PageFile, Service};
use crate::told;
use rules::Facts;

/// The pages that show, given the answers so far.
#[must_use]
pub fn pages<'s>(service: &'s Service, facts: &Facts) -> Vec<&'s PageFile> {
    shown(service, facts).0
}

/// What rules may look at while the form is filled in: the answer of a page that does
/// not show any more is kept, and absent.
fn seen(service: &Service, facts: &Facts) -> Facts {
    shown(service, facts).1.into_owned()
}

/// The pages that show, and what rules may look at. A page that does not show hides
/// its answer from the pages after it, which may not show for that.
fn shown<'s, 'f>(service: &'s Service, facts: &'f Facts) -> (Vec<&'s PageFile>, Cow<'f, Facts>) {
    let (mut shown, mut seen) = (Vec::new(), Cow::Borrowed(facts));
    for page in service.file.pages.iter().filter(|page| !page.officers) {
        if page.when.as_ref().is_none_or(|rule| rule.holds(&seen).unwrap_or(false)) {
            shown.push(page);
        } else if let Some(name) = page.answer().filter(|name| facts.answers.get(name).is_some()) {
            let seen = seen.to_mut();
            for known in [&mut seen.answers, &mut seen.chosen].into_iter().filter_map(Value::as_object_mut) {
                known.remove(name);
            }
        }
    }
    (shown, seen)
}

/// The page after this one; none means that everything was asked.
#[must_use]
pub fn next<'s>(service: &'s Service, facts: &Facts, page: &str) -> Option<&'s PageFile> {
    let pages = pages(service, facts);
    let at = pages.iter().position(|known| known.id == page)?;
    pages.get(at + 1).copied()
}

/// Questions that are shown and not answered as they must be: their answers' names.
#[must_use]
pub fn missing(service: &Service, facts: &Facts) -> Vec<String> {
    let (pages, seen) = shown(service, facts);
    let lacks = |page: &&PageFile| match (&page.field, &page.repeat) {
        (Some(field), _) => (field.required && seen.answers.get(&field.id).is_none()) || field.checked(&seen).is_err(),
        (None, Some(repeat)) => entries(&seen, &repeat.id) < repeat.least,
        (None, None) => false,
    };
    pages.into_iter().filter(lacks).filter_map(|page| page.answer().map(str::to_owned)).collect()
}

/// How many entries a repeated question has.
#[must_use]
pub fn entries(facts: &Facts, id: &str) -> usize {
    facts.answers.get(id).and_then(Value::as_array).map_or(0, Vec::len)
}

/// The answers without those of pages that do not show: a hidden field is absent.
#[must_use]
pub fn visible(service: &Service, facts: &Facts) -> Map<String, Value> {
    let asked = pages(service, facts).into_iter().filter_map(PageFile::answer);
    asked.filter_map(|name| Some((name.to_owned(), facts.answers.get(name)?.clone()))).collect()
}

/// What rules may look at.
#[must_use]
pub fn facts(service: &Service, today: Date, answers: &Map<String, Value>, sources: &Sources) -> Facts {
    let (answers, chosen) = sources.chosen(service, answers);
    Facts { today, answers: Value::Object(answers), registers: told::registers(&sources.told), chosen }
}

/// What the pages of a form go by: a register that fell silent since hides and opens
/// no question, and what does not show any more is kept and absent. Nothing is decided
/// on it.
#[must_use]
pub fn facts_asked(service: &Service, today: Date, answers: &Map<String, Value>, sources: &Sources) -> Facts {
    let told = told::with_earlier(&[], &sources.told);
    seen(service, &facts(service, today, answers, &Sources { told, ..sources.clone() }))
}
