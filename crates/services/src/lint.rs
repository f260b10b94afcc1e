//! What must hold of a folder before anybody can apply.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base::{Assurance, Currency, Date, Locale, Money};

use crate::folder::{Decider, Fault, FieldKind, Service, StepFile, fault};
use crate::rules;

/// Pages of one form at most.
const PAGES: usize = 60;

/// Every fault of a folder, with the remedy.
pub(crate) fn faults(service: &Service, folder: &Path) -> Vec<Fault> {
    let path = folder.join("service.toml");
    let mut reasons = Vec::new();
    general(service, folder, &mut reasons);
    form(service, &mut reasons);
    steps(service, &mut reasons);
    register(service, &mut reasons);
    let mut faults: Vec<Fault> = reasons.into_iter().map(|reason| fault(&path, reason)).collect();
    for locale in Locale::all() {
        let file = folder.join(format!("{}.ftl", locale.tag()));
        let known: BTreeSet<&str> = service
            .texts
            .get(locale.index())
            .map(|bundle| bundle.keys().map(AsRef::as_ref).collect())
            .unwrap_or_default();
        for key in needed_texts(service) {
            if !known.contains(key.as_str()) {
                faults.push(fault(&file, format!("the text `{key}` is missing; add it")));
            }
        }
    }
    faults
}

fn general(service: &Service, folder: &Path, reasons: &mut Vec<String>) {
    let file = &service.file;
    if folder.file_name().is_none_or(|name| name.to_string_lossy() != file.key) {
        reasons.push(format!("the folder must be named `{}`, as its key", file.key));
    }
    if Assurance::parse(&file.assurance).is_none() {
        reasons.push(format!("assurance `{}`: use low, substantial or high", file.assurance));
    }
    if file.audience.is_empty() {
        reasons.push("audience: name person, company or both".to_owned());
    }
    if file.promise.minutes.is_some() == file.promise.working_days.is_some() {
        reasons.push("promise: give minutes or working_days, one of the two".to_owned());
    }
    for way in &file.delivery {
        if !matches!(way.as_str(), "wallet" | "post" | "office") {
            reasons.push(format!("delivery `{way}`: use wallet, post or office"));
        }
    }
    if file.delivery.is_empty() {
        reasons.push("delivery: name one way at least".to_owned());
    }
}

fn form(service: &Service, reasons: &mut Vec<String>) {
    let file = &service.file;
    let lookups: BTreeSet<&str> = file.lookups.iter().map(|lookup| lookup.id.as_str()).collect();
    let (mut pages, mut fields) = (BTreeSet::new(), BTreeSet::new());
    if file.pages.len() > PAGES {
        reasons.push(format!("{} pages are too many; {PAGES} at most", file.pages.len()));
    }
    for page in &file.pages {
        if !pages.insert(page.id.as_str()) {
            reasons.push(format!("the page `{}` is there twice", page.id));
        }
        if page.known.is_empty() == page.field.is_none() {
            reasons.push(format!("the page `{}` needs a field or known values, one of the two", page.id));
        }
        for known in page.known.iter().filter(|known| !lookups.contains(known.lookup.as_str())) {
            reasons.push(format!("the page `{}` shows the lookup `{}`, which is not declared", page.id, known.lookup));
        }
        if let Some(Err(error)) = page.when.as_deref().map(rules::check) {
            reasons.push(format!("the page `{}`: {error}", page.id));
        }
        if let Some(field) = &page.field {
            if !fields.insert(field.id.as_str()) {
                reasons.push(format!("the field `{}` is there twice", field.id));
            }
            if (field.kind == FieldKind::Choice) == field.options.is_empty() {
                reasons.push(format!("the field `{}`: options belong to a choice, and a choice needs them", field.id));
            }
        }
    }
}

fn steps(service: &Service, reasons: &mut Vec<String>) {
    let file = &service.file;
    let mut decided = false;
    for step in &file.steps {
        match step {
            StepFile::Pay if file.fees.is_empty() => reasons.push("a pay step needs a fee".to_owned()),
            StepFile::Issue if file.paper.is_none() => reasons.push("an issue step needs a paper".to_owned()),
            StepFile::Issue if !decided => reasons.push("nothing is issued before it is decided".to_owned()),
            StepFile::Decide { by: Decider::Rule, rule: Some(rule), reason: Some(_), .. } => {
                decided = true;
                if let Err(error) = rules::check(rule) {
                    reasons.push(error.to_string());
                }
            }
            StepFile::Decide { by: Decider::Clerk, unit: Some(_), .. } => decided = true,
            StepFile::Decide { .. } => {
                reasons.push("a decide step by rule needs rule and reason, one by clerk needs unit".to_owned());
            }
            _ => {}
        }
    }
    if file.steps.is_empty() {
        reasons.push("a service needs steps".to_owned());
    }
    for rule in file.cohorts.values() {
        if let Err(error) = rules::check(rule) {
            reasons.push(error.to_string());
        }
    }
    if let Some(paper) = &file.paper {
        let there = |name: &String| paper.values.iter().any(|value| value.id == *name);
        for name in paper.public.iter().filter(|name| !there(name)) {
            reasons.push(format!("the paper tells strangers `{name}`, which is not among its values"));
        }
    }
    for value in file.paper.iter().flat_map(|paper| &paper.values) {
        let known = value.lookup == "answers" || file.lookups.iter().any(|lookup| lookup.id == value.lookup);
        if !known {
            reasons.push(format!("the paper's `{}` comes from `{}`, which is not declared", value.id, value.lookup));
        }
    }
}

fn register(service: &Service, reasons: &mut Vec<String>) {
    let spoken = |texts: &BTreeMap<String, String>| Locale::all().all(|locale| texts.contains_key(locale.tag()));
    for fee in &service.file.register.fees {
        if !spoken(&fee.name) || !spoken(&fee.decision) {
            reasons.push(format!("the fee `{}`: give name and decision in every language", fee.code));
        }
        let amount = Currency::from_code(&fee.currency).map(|currency| Money::parse(&fee.amount, currency));
        if !matches!(amount, Some(Ok(_))) {
            reasons.push(format!("the fee `{}`: {} {} is no amount", fee.code, fee.amount, fee.currency));
        }
        if Date::parse(&fee.valid_from).is_none() {
            reasons.push(format!("the fee `{}`: {} is no date", fee.code, fee.valid_from));
        }
    }
    for waiver in &service.file.register.waivers {
        if !spoken(&waiver.name) || !spoken(&waiver.decision) {
            reasons.push(format!("the waiver of `{}`: give name and decision in every language", waiver.fee));
        }
        if Date::parse(&waiver.valid_from).is_none() || !(1..=100).contains(&waiver.share_percent) {
            reasons.push(format!("the waiver of `{}`: give a date and 1 to 100 percent", waiver.fee));
        }
        if !service.file.cohorts.contains_key(&waiver.cohort) {
            reasons.push(format!(
                "the waiver of `{}` names the cohort `{}`, which has no rule",
                waiver.fee, waiver.cohort
            ));
        }
    }
}

/// The keys that the pages of this service show.
fn needed_texts(service: &Service) -> Vec<String> {
    let file = &service.file;
    let mut keys: Vec<String> = ["name", "summary", "who-may-apply", "what-is-needed", "promise", "collection"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    for page in &file.pages {
        keys.push(format!("page-{}-title", page.id));
        keys.extend(page.known.iter().map(|known| format!("known-{}", known.id)));
        if let Some(field) = &page.field {
            keys.push(format!("field-{}-label", field.id));
            keys.push(format!("field-{}-hint", field.id));
            keys.push(format!("field-{}-missing", field.id));
            keys.extend(field.options.iter().map(|option| format!("option-{}-{option}", field.id)));
        }
    }
    keys.extend(file.lookups.iter().map(|lookup| format!("source-{}", lookup.id)));
    for step in &file.steps {
        if let StepFile::Decide { reason: Some(reason), .. } = step {
            keys.push(format!("reason-{reason}"));
        }
    }
    if file.paper.is_some() {
        keys.push("paper-title".to_owned());
    }
    keys
}
