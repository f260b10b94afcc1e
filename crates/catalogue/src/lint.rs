//! What must hold of a folder before anybody can apply.

mod asks;
mod bundle;
mod chosen;
mod place;
mod promise;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use attachments::FILES_MOST;
use base::{Assurance, Currency, Date, Locale, Money};

use crate::field::{FieldFile, FieldKind};
use crate::folder::keys::{OF_A_FIELD, misplaced};
use crate::folder::schema::DELIVERIES;
use crate::folder::{CONDITIONS, Fault, FeeFile, KnownFile, QUANTITY, Service, StepFile, StepKind, fault};
use crate::needs::CHOSEN;
use crate::paper::SIGNED;
use crate::shapes::Shapes;
pub(crate) use bundle::{Members, faults as bundle_faults};
pub(crate) use place::faults as place_faults;
use rules::{Kind, Known, Member, Rule, doubled};
pub(crate) use steps::{BODIES, DAYS, FEES, INSTALMENTS, SEATS};

/// Pages of one form at most.
pub(crate) const PAGES: usize = 60;
/// Entries of one list at most.
pub(crate) const ENTRIES: usize = 50;
/// Certified copies of one paper at most, and as many again later.
pub const COPIES_MOST: u32 = 99;
/// Digits of [`COPIES_MOST`].
const COPIES_DIGITS: usize = 2;

/// Every fault of a folder, with the remedy.
pub(crate) fn faults(service: &Service, folder: &Path, toml: &str, shapes: &Shapes) -> Vec<Fault> {
    let path = folder.join("service.toml");
    let mut reasons = Vec::new();
    general(service, folder, &mut reasons);
    form(service, &mut reasons);
    asks::faults(service, &mut reasons);
    chosen::faults(service, shapes, &mut reasons);
    steps::faults(service, &mut reasons);
    place::unknown(service, shapes, &mut reasons);
    promise::faults(service, &mut reasons);
    papers(service, &mut reasons);
    register(service, &mut reasons);
    let mut faults: Vec<Fault> = reasons.into_iter().map(|reason| fault(&path, reason)).collect();
    rules(service, &path, toml, shapes, &mut faults);
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
    let days = file.takes_effect.iter().map(|day| ("takes_effect", day));
    for (what, day) in days.chain(file.opens.iter().map(|one| ("opens", &one.from))) {
        if Date::parse(day).is_none() {
            reasons.push(format!("{what} `{day}`: write a day, as in 2027-01-01"));
        }
    }
    for way in &file.delivery {
        if !DELIVERIES.contains(&way.as_str()) {
            reasons.push(format!("delivery `{way}`: use wallet, post or office"));
        }
    }
    if file.eligible.len() > CONDITIONS {
        reasons.push(format!("{} conditions are too many; {CONDITIONS} at most", file.eligible.len()));
    }
    let asked = |id: &&str| !file.lookups.iter().any(|lookup| lookup.id == **id);
    for id in file.eligible.iter().flat_map(|condition| condition.rule.lookups()).filter(asked).collect::<BTreeSet<_>>()
    {
        reasons.push(format!(
            "eligible reads `registers.{id}`, which is no lookup: nobody has been asked before starting"
        ));
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
            reasons.push(format!("the page `{}` is there twice; give one of the two another id", page.id));
        }
        let asks = [!page.known.is_empty(), page.field.is_some(), page.repeat.is_some()];
        if asks.into_iter().filter(|asks| *asks).count() != 1 {
            reasons.push(format!("the page `{}` needs a field, known values, or repeat: one of the three", page.id));
        }
        if page.officers && (page.known.is_empty() || page.when.is_some()) {
            reasons.push(format!("the page `{}` is for officers: give it known values, and no when", page.id));
        }
        let declared = |known: &&KnownFile| known.lookup == CHOSEN || lookups.contains(known.lookup.as_str());
        for known in page.known.iter().filter(|known| !declared(known)) {
            reasons.push(format!(
                "the page `{}` shows the lookup `{}`, which is not declared; add a [[lookup]] of that id",
                page.id, known.lookup
            ));
        }
        if let Some(repeat) = &page.repeat {
            if !fields.insert(repeat.id.as_str()) {
                reasons.push(format!("the answer `{}` is there twice; give one of the two another id", repeat.id));
            }
            if repeat.fields.is_empty() || repeat.most == 0 || repeat.least > repeat.most || repeat.most > ENTRIES {
                reasons.push(format!(
                    "repeat `{}`: give fields, and least and most so that least ≤ most ≤ {ENTRIES}",
                    repeat.id
                ));
            }
        }
        for field in page.fields() {
            if !fields.insert(field.id.as_str()) {
                reasons.push(format!("the field `{}` is there twice; give one of the two another id", field.id));
            }
            let misplaced = misplaced(OF_A_FIELD, field.kind, field);
            reasons.extend(misplaced.map(|why| format!("the field `{}`: {why}", field.id)));
            let files = field.kind == FieldKind::Files;
            if files && field.most.is_some_and(|most| !(1..=FILES_MOST).contains(&most)) {
                reasons.push(format!("the field `{}`: most is 1 to {FILES_MOST}", field.id));
            }
            if files && page.repeat.is_some() {
                reasons.push(format!(
                    "the field `{}`: files are asked for on a page of their own, not in repeat; put them there",
                    field.id
                ));
            }
        }
    }
}

fn papers(service: &Service, reasons: &mut Vec<String>) {
    let file = &service.file;
    if file.paper.is_some() && service.template.is_none() {
        reasons.push("the paper has no paper.typ that says how it looks; add it to the folder".to_owned());
    }
    if let Some(paper) = &file.paper {
        let there = |name: &String| paper.values.iter().any(|value| value.id == *name);
        for name in paper.public.iter().filter(|name| !there(name)) {
            reasons.push(format!(
                "the paper tells strangers `{name}`, which is not among its values; add it there, or remove it here"
            ));
        }
        if let Some(name) = &paper.copies {
            // Two digits are as many copies as there may be: none that was paid for is left out.
            let counts = |field: &FieldFile| field.kind == FieldKind::Number && field.length <= COPIES_DIGITS;
            if !service.question(name).is_some_and(counts) {
                reasons.push(format!(
                    "copies: `{name}` is no question of the kind number with length = {COPIES_DIGITS} or less; add one"
                ));
            }
        }
        if paper.more > COPIES_MOST {
            reasons.push(format!("the paper's more is above {COPIES_MOST}; lessen it: {COPIES_MOST} at most"));
        }
        if let Some(fee) = &paper.more_fee {
            if !file.fees.iter().any(|known| known.code == *fee) {
                reasons.push(format!("more_fee: `{fee}` is no fee of this folder; name the code of a [[fee]]"));
            }
            if paper.more == 0 {
                reasons
                    .push("more_fee is the fee of copies that are asked for later; say how many with more".to_owned());
            }
        }
    }
    let kept = |name: &str| file.steps.iter().flat_map(|step| step.kind.answering()).any(|(id, _)| id == name);
    let signs = |path: &str| {
        let named = |step: &StepFile| matches!(&step.kind, StepKind::CoSign { field, .. } if path.split('/').nth(1) == Some(field));
        file.steps.iter().any(named)
    };
    for value in file.paper.iter().flat_map(|paper| &paper.values) {
        let known = value.lookup == "answers"
            || value.lookup == CHOSEN
            || (value.lookup == SIGNED && signs(&value.path))
            || file.lookups.iter().any(|lookup| lookup.id == value.lookup)
            || kept(&value.lookup);
        if !known {
            reasons.push(format!(
                "the paper's `{}` comes from `{}`, which is not declared; name a lookup, answers, chosen, or signed with the field of a co-sign step",
                value.id, value.lookup
            ));
        }
    }
}

/// Every rule of the folder always has an answer.
fn rules(service: &Service, path: &Path, toml: &str, shapes: &Shapes, faults: &mut Vec<Fault>) {
    let file = &service.file;
    let mut registers = BTreeMap::new();
    let lookups = file.lookups.iter().map(|lookup| (&lookup.id, lookup.operation.as_str()));
    let steps = file.steps.iter().flat_map(|step| step.kind.answering());
    for (id, operation) in lookups.chain(steps) {
        let Some(kind) = shapes.of(operation) else {
            faults.push(fault(
                path,
                format!("`{id}`: no file under operations/ declares {operation}; add one, or name another operation"),
            ));
            continue;
        };
        // A register that knows nothing of the person leaves no answer.
        registers.insert(id.clone(), Member { kind: kind.clone(), always: false });
    }
    let (mut answers, mut chosen) = (BTreeMap::new(), BTreeMap::new());
    let mut found = Vec::new();
    let mut check = |rule: &Rule, answers: &BTreeMap<String, Member>, chosen: &BTreeMap<String, Member>| {
        let known = Known::new(answers.clone(), registers.clone(), chosen.clone()).with_tables(&file.tables);
        found.extend(rule.fault(&known).map(|why| (rule.clone(), why)));
    };
    // Before there is a draft nobody has answered anything.
    file.eligible.iter().for_each(|condition| check(&condition.rule, &BTreeMap::new(), &BTreeMap::new()));
    for page in &file.pages {
        if let Some(rule) = &page.when {
            check(rule, &answers, &chosen);
        }
        let shown = page.when.is_none();
        if let Some(field) = &page.field {
            let kind = field.rule_kind();
            if let Some(kind) = chosen::kind(service, shapes, field) {
                chosen.insert(field.id.clone(), Member { kind, always: false });
            }
            if let Some(rule) = &field.check {
                answers.insert(field.id.clone(), Member { kind: kind.clone(), always: true });
                check(rule, &answers, &chosen);
            }
            answers.insert(field.id.clone(), Member { kind, always: field.is_always_answered() && shown });
        }
        if let Some(repeat) = &page.repeat {
            let member =
                |field: &FieldFile| (field.id.clone(), Member { kind: field.rule_kind(), always: field.required });
            let entry = Kind::Record(repeat.fields.iter().map(member).collect());
            for field in &repeat.fields {
                // An entry is checked by itself: its own fields are the answers.
                if let (Some(rule), Kind::Record(members)) = (&field.check, &entry) {
                    let mut own = BTreeMap::clone(members);
                    own.insert(field.id.clone(), Member { kind: field.rule_kind(), always: true });
                    check(rule, &own, &chosen);
                }
            }
            let always = repeat.least > 0 && shown;
            answers.insert(repeat.id.clone(), Member { kind: Kind::List(Box::new(entry)), always });
        }
    }
    for step in &file.steps {
        step.rules().for_each(|rule| check(rule, &answers, &chosen));
    }
    file.cohorts.values().for_each(|rule| check(rule, &answers, &chosen));
    file.promise.rules.iter().for_each(|one| check(&one.when, &answers, &chosen));
    file.fees.iter().filter_map(|fee| fee.when.as_ref()).for_each(|rule| check(rule, &answers, &chosen));
    let known = Known::new(answers.clone(), registers.clone(), chosen.clone());
    for table in &file.tables {
        let named = format!("id = \"{}\"", table.id());
        faults.extend(table.faults(&known).iter().map(|why| fault_at(path, toml, &named, why)));
    }
    faults.extend(doubled(&file.tables).iter().map(|why| fault(path, why)));
    let known = known.with_tables(&file.tables);
    for rule in file.fees.iter().filter_map(|fee| fee.quantity.rule()) {
        found.extend(rule.fault_as_number(&known, &QUANTITY).map(|why| (rule.clone(), why)));
    }
    faults.extend(found.iter().map(|(rule, why)| fault_at(path, toml, rule.source(), why)));
}

/// A fault at the line where this text stands.
fn fault_at(path: &Path, toml: &str, text: &str, why: &str) -> Fault {
    let first = text.lines().next().unwrap_or(text);
    let line = toml.lines().position(|line| line.contains(first)).map_or(0, |at| at + 1);
    Fault { file: format!("{}:{line}", path.display()), reason: why.to_owned() }
}

fn register(service: &Service, reasons: &mut Vec<String>) {
    let spoken = |texts: &BTreeMap<String, String>| Locale::all().all(|locale| texts.contains_key(locale.tag()));
    for fee in &service.file.register.fees {
        if !spoken(&fee.name) || !spoken(&fee.decision) {
            reasons.push(format!("the fee `{}`: give name and decision in every language", fee.code));
        }
        let amount = Currency::from_code(&fee.currency).map(|currency| Money::parse(&fee.amount, currency));
        if !matches!(amount, Some(Ok(_))) {
            reasons.push(format!(
                "the fee `{}`: {} {} is no amount; write one with its decimals, as in 5.00",
                fee.code, fee.amount, fee.currency
            ));
        }
        if Date::parse(&fee.valid_from).is_none() {
            reasons
                .push(format!("the fee `{}`: {} is no date; write a day, as in 2026-01-01", fee.code, fee.valid_from));
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
                "the waiver of `{}` names the cohort `{}`, which has no rule; add it to [cohorts]",
                waiver.fee, waiver.cohort
            ));
        }
    }
}

/// The keys that the pages of this service show.
fn needed_texts(service: &Service) -> Vec<String> {
    let file = &service.file;
    let mut keys: Vec<String> =
        ["name", "summary", "who-may-apply", "what-is-needed", "collection"].into_iter().map(str::to_owned).collect();
    keys.extend(promise::texts(service));
    for page in &file.pages {
        keys.push(format!("page-{}-title", page.id));
        keys.extend(page.known.iter().map(|known| format!("known-{}", known.id)));
        if let Some(repeat) = &page.repeat {
            keys.extend(["one", "add", "missing"].map(|part| format!("repeat-{}-{part}", repeat.id)));
        }
        for field in page.fields() {
            keys.extend(["label", "hint", "missing"].map(|part| format!("field-{}-{part}", field.id)));
            keys.extend(field.options.iter().map(|option| format!("option-{}-{option}", field.id)));
            if field.check.is_some() {
                keys.push(format!("field-{}-refused", field.id));
            }
            if field.kind.is_chosen() {
                keys.push(format!("field-{}-none", field.id));
            }
        }
    }
    keys.extend(file.lookups.iter().map(|lookup| format!("source-{}", lookup.id)));
    keys.extend(file.fees.iter().filter(|fee| fee.quantity.rule().is_some()).map(FeeFile::per_text));
    for condition in &file.eligible {
        keys.extend(["reason", "change"].map(|part| format!("{part}-{}", condition.reason)));
    }
    keys.extend(steps::texts(service));
    if file.paper.is_some() {
        keys.push("paper-title".to_owned());
    }
    keys
}
