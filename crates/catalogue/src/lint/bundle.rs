//! What must hold of a life event's bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::field::{FieldFile, FieldKind};
use crate::folder::{Fault, Service, fault};
use crate::life_event::{LifeEvent, MEMBERS, MemberFile, SharedFile};
use rules::{Known, Member};

/// The services that a bundle names, as far as they are there.
pub(crate) type Members<'s> = BTreeMap<&'s str, &'s Service>;

/// Every fault of a life event's bundle, with the remedy.
pub(crate) fn faults(event: &LifeEvent, services: &Members<'_>, path: &Path) -> Vec<Fault> {
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
        if !services.contains_key(name.as_str()) && !path.with_file_name(name).join("service.toml").is_file() {
            reasons.push(format!(
                "the bundle of `{key}` names `{name}`, and there is no such folder; add it or remove the line"
            ));
        }
    }
    if event.has_bundle() && event.members.iter().all(|member| !is_certain(member)) {
        reasons.push(format!("the bundle of `{key}`: one service at least has no `optional`, `when` or `after`"));
    }
    if event.members.iter().all(|member| services.contains_key(member.service.as_str())) {
        for one in &event.shared {
            shared(event, services, one, &mut reasons);
        }
        followers(event, services, &mut reasons);
        conditions(event, services, &mut reasons);
    }
    reasons.into_iter().map(|reason| fault(path, reason)).collect()
}

/// The services of a bundle that are there, in order.
fn listed<'s>(event: &LifeEvent, services: &Members<'s>) -> Vec<&'s Service> {
    event.members.iter().filter_map(|member| services.get(member.service.as_str()).copied()).collect()
}

/// Whether a service always belongs, from the beginning.
const fn is_certain(member: &MemberFile) -> bool {
    !member.optional && member.when.is_none() && member.after.is_none()
}

/// What begins after another: the other comes before it, and what is taken from it is
/// a question.
fn followers(event: &LifeEvent, services: &Members<'_>, reasons: &mut Vec<String>) {
    for (at, member) in event.members.iter().enumerate() {
        let what = format!("the bundle of `{}`, `{}`", event.key, member.service);
        let Some(after) = &member.after else {
            if !member.takes.is_empty() {
                reasons.push(format!("{what}: `takes` belongs to a service that begins after another; add `after`"));
            }
            continue;
        };
        if !event.members.iter().take(at).any(|other| other.service == *after && is_certain(other)) {
            reasons.push(format!(
                "{what} begins after `{after}`, which is no service before it that always belongs to the bundle"
            ));
        }
        if member.when.is_some() {
            reasons.push(format!("{what}: `after` and `when` do not go together"));
        }
        let Some(service) = services.get(member.service.as_str()) else { continue };
        for field in member.takes.keys().filter(|field| service.question(field).is_none()) {
            reasons.push(format!("{what} takes `{field}`, which it does not ask on a page of its own"));
        }
        let Some(before) = services.get(after.as_str()) else { continue };
        let told = |id: &str| {
            let mut steps = before.file.steps.iter().flat_map(|step| step.kind.answering());
            before.file.lookups.iter().any(|lookup| lookup.id == id) || steps.any(|(known, _)| known == id)
        };
        for path in member.takes.values().filter(|path| !path.split('/').nth(1).is_some_and(told)) {
            reasons.push(format!("{what} takes `{path}`, and `{after}` is told nothing of that name"));
        }
    }
}

fn shared(event: &LifeEvent, services: &Members<'_>, one: &SharedFile, reasons: &mut Vec<String>) {
    let (key, name) = (&event.key, &one.name);
    let listed = listed(event, services);
    for (service, field) in &one.fields {
        let asks = services.get(service.as_str()).is_some_and(|service| service.question(field).is_some());
        if event.member(service).is_none() || !asks {
            reasons.push(format!(
                "`{key}` shares `{name}` as `{field}` of `{service}`, which asks no such question there"
            ));
        }
    }
    let asked: Vec<(&Service, &FieldFile)> =
        listed.iter().filter_map(|service| Some((*service, service.question(one.field(&service.file.key))?))).collect();
    let [first, others @ ..] = asked.as_slice() else {
        reasons.push(format!("`{key}` shares `{name}`, which none of its bundle's services asks on a page of its own"));
        return;
    };
    if others.is_empty() {
        reasons.push(format!("`{key}` shares `{name}`, which only one of its bundle's services asks; take it away"));
    }
    if !is_shareable(first.1.kind) {
        reasons.push(format!("`{key}` shares `{name}`, and an answer of its kind belongs to one case only"));
    }
    if !others.iter().all(|other| is_same(*first, *other)) {
        reasons.push(format!(
            "`{key}` shares `{name}`: its kind, options, office and what it is chosen from must be the same in every service"
        ));
    }
}

/// Whether two services ask the same, so that an answer of one is an answer of the other.
fn is_same((service, field): (&Service, &FieldFile), (other, also): (&Service, &FieldFile)) -> bool {
    let asked = |field: &FieldFile| {
        let FieldFile { kind, options, office, path, key, several, services, .. } = field.clone();
        (kind, options, office, path, key, several, services)
    };
    // The same operation tells the same of the same person.
    let operation = |service: &Service, field: &FieldFile| {
        let lookup = service.file.lookups.iter().find(|lookup| Some(&lookup.id) == field.lookup.as_ref())?;
        Some((lookup.operation.clone(), lookup.asks.clone()))
    };
    asked(field) == asked(also) && operation(service, field) == operation(other, also)
}

/// Kinds whose answer means the same in every case of a person. A file is sealed for its
/// own case.
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
            | FieldKind::Listed
            | FieldKind::Paper
    )
}

/// A condition sees the shared answers of the services before it.
fn conditions(event: &LifeEvent, services: &Members<'_>, reasons: &mut Vec<String>) {
    let mut answers: BTreeMap<String, Member> = BTreeMap::new();
    for member in &event.members {
        if let Some(rule) = &member.when
            && let Some(why) = rule.fault(&Known::new(answers.clone(), BTreeMap::new(), BTreeMap::new()))
        {
            reasons.push(format!("the bundle of `{}`, `when` of `{}`: {why}", event.key, member.service));
        }
        let Some(service) = services.get(member.service.as_str()) else { continue };
        let certain = is_certain(member);
        for page in &service.file.pages {
            let Some(field) = &page.field else { continue };
            let shared = event.shared.iter().find(|one| one.field(&member.service) == field.id);
            let Some(shared) = shared.filter(|_| member.after.is_none()) else { continue };
            let always = certain && field.required && page.when.is_none();
            let known = answers.entry(shared.name.clone()).or_insert(Member { kind: field.rule_kind(), always });
            known.always |= always;
        }
    }
}
