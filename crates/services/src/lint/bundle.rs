//! What must hold of a life event's bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::bundle::MEMBERS;
use crate::catalogue::LifeEvent;
use crate::field::{FieldFile, FieldKind};
use crate::folder::{Fault, Service, fault};
use rules::{Known, Member};

/// Every fault of a life event's bundle, with the remedy.
pub(crate) fn faults(event: &LifeEvent, services: &BTreeMap<String, Service>, path: &Path) -> Vec<Fault> {
    let mut reasons = Vec::new();
    let key = &event.key;
    let count = event.members.len();
    if count == 1 || count > MEMBERS {
        reasons.push(format!("the bundle of `{key}` has {count} services; give 2 to {MEMBERS}"));
    }
    let mut seen = BTreeSet::new();
    for member in &event.members {
        if !seen.insert(&member.service) {
            reasons.push(format!("the bundle of `{key}` names `{}` twice", member.service));
        }
        let name = &member.service;
        // A folder that is there and faulty says so itself.
        if !services.contains_key(name) && !path.with_file_name(name).join("service.toml").is_file() {
            reasons.push(format!(
                "the bundle of `{key}` names `{name}`, and there is no such folder; add it or remove the line"
            ));
        }
    }
    if event.has_bundle() && event.members.iter().all(|member| member.optional || member.when.is_some()) {
        reasons.push(format!("the bundle of `{key}`: one service at least has neither `optional` nor `when`"));
    }
    if event.members.iter().all(|member| services.contains_key(&member.service)) {
        for name in &event.shared {
            shared(event, services, name, &mut reasons);
        }
        conditions(event, services, &mut reasons);
    }
    reasons.into_iter().map(|reason| fault(path, reason)).collect()
}

/// The services of a bundle that are there, in order.
fn listed<'s>(event: &LifeEvent, services: &'s BTreeMap<String, Service>) -> Vec<&'s Service> {
    event.members.iter().filter_map(|member| services.get(&member.service)).collect()
}

fn shared(event: &LifeEvent, services: &BTreeMap<String, Service>, name: &str, reasons: &mut Vec<String>) {
    let key = &event.key;
    let listed = listed(event, services);
    let asked: Vec<&FieldFile> = listed.iter().filter_map(|service| service.question(name)).collect();
    let [first, others @ ..] = asked.as_slice() else {
        reasons.push(format!("`{key}` shares `{name}`, which none of its bundle's services asks on a page of its own"));
        return;
    };
    if others.is_empty() {
        reasons.push(format!("`{key}` shares `{name}`, which only one of its bundle's services asks; take it away"));
    }
    if !is_shareable(first.kind) {
        reasons.push(format!("`{key}` shares `{name}`, and an answer of its kind belongs to one case only"));
    }
    let same =
        |other: &&FieldFile| (other.kind, &other.options, &other.office) == (first.kind, &first.options, &first.office);
    if !others.iter().all(same) {
        reasons
            .push(format!("`{key}` shares `{name}`: its kind, options and office must be the same in every service"));
    }
}

/// Kinds whose answer is a plain value, the same for every service.
const fn is_shareable(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Choice
            | FieldKind::Choices
            | FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Number
            | FieldKind::Money
            | FieldKind::Date
            | FieldKind::IdNumber
            | FieldKind::IdNumbers
            | FieldKind::Phone
            | FieldKind::Postcode
            | FieldKind::PostOffice
            | FieldKind::Office
    )
}

/// A condition sees the shared answers of the services before it.
fn conditions(event: &LifeEvent, services: &BTreeMap<String, Service>, reasons: &mut Vec<String>) {
    let mut answers: BTreeMap<String, Member> = BTreeMap::new();
    for member in &event.members {
        if let Some(rule) = &member.when
            && let Some(why) = rule.fault(&Known::new(answers.clone(), BTreeMap::new(), BTreeMap::new()))
        {
            reasons.push(format!("the bundle of `{}`, `when` of `{}`: {why}", event.key, member.service));
        }
        let Some(service) = services.get(&member.service) else { continue };
        let certain = !member.optional && member.when.is_none();
        for page in &service.file.pages {
            let Some(field) = page.field.as_ref().filter(|field| event.shared.contains(&field.id)) else { continue };
            let always = certain && field.required && page.when.is_none();
            let known = answers.entry(field.id.clone()).or_insert(Member { kind: field.rule_kind(), always });
            known.always |= always;
        }
    }
}
