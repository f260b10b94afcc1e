//! What must hold of a folder's steps: each has what its kind needs, names what
//! is there, and nothing is issued that nobody decided.

use std::collections::BTreeSet;

use crate::field::FieldKind;
use crate::folder::keys::{OF_A_DECISION, Word as _, misplaced};
use crate::folder::{
    BodyFile, CONDITIONS, Decider, QUANTITY, Quantity, Service, Silence, StepFile, StepKind, UnitFile,
};

/// Bodies of one clearance at most.
pub(crate) const BODIES: usize = 20;
/// Fees of one service at most: a bill has no more lines.
pub(crate) const FEES: usize = 40;
/// Seats of one committee at most.
pub(crate) const SEATS: u32 = 15;
/// Instalments at most.
pub(crate) const INSTALMENTS: u32 = 24;
/// Days of a clock at most.
pub(crate) const DAYS: u32 = 365;

pub(super) fn faults(service: &Service, reasons: &mut Vec<String>) {
    let file = &service.file;
    if file.steps.is_empty() {
        reasons.push("a service needs steps; add one at least".to_owned());
    }
    let (mut decided, mut ended, mut bodies) = (false, false, BTreeSet::new());
    for step in &file.steps {
        if ended {
            reasons.push("nothing comes after a deliver step: put it before".to_owned());
        }
        ended |= matches!(step.kind, StepKind::Deliver);
        let written = match &step.kind {
            StepKind::Write { id, .. } => Some(id),
            _ => None,
        };
        for id in step.kind.bodies().iter().map(|body| &body.id).chain(written) {
            if !bodies.insert(id.as_str()) || file.lookups.iter().any(|lookup| lookup.id == *id) {
                reasons.push(format!("the body `{id}` is there twice, or is a lookup's name; give it another id"));
            }
        }
        if matches!(step.kind, StepKind::Issue | StepKind::Write { .. }) && !decided {
            let word = step.kind.word();
            reasons.push(format!(
                "the step `{word}` comes before a decide step that is always taken: add one without `when`"
            ));
        }
        decided |= decides(step);
        of_kind(service, &step.kind, reasons);
    }
    if file.fees.len() > FEES {
        reasons.push(format!("{} fees are too many; {FEES} at most", file.fees.len()));
    }
    for fee in &file.fees {
        if let Quantity::Fixed(number) = fee.quantity {
            within(&format!("the fee `{}`", fee.code), "quantity", number, *QUANTITY.start(), *QUANTITY.end(), reasons);
        }
        if file.fees.iter().filter(|other| other.code == fee.code).count() > 1 && fee.when.is_none() {
            reasons.push(format!("the fee `{}` is there twice: give each a `when`, or one a quantity", fee.code));
        }
    }
    if let Some(appeal) = &file.appeal {
        let to = appeal.unit.default();
        within(&format!("the appeal to `{to}`"), "days", appeal.days, 1, DAYS, reasons);
        let kind = |unit: &UnitFile| unit.by_place().map(|place| place.office.clone());
        let is_same =
            |unit: &UnitFile| unit.default() == to || kind(unit).is_some_and(|own| Some(own) == kind(&appeal.unit));
        let own = |step: &StepFile| matches!(&step.kind, StepKind::Decide { unit: Some(unit), .. } if is_same(unit));
        if file.steps.iter().any(own) {
            reasons
                .push(format!("the appeal goes to `{to}`, or to its kind of office, which decides: name another unit"));
        }
    }
}

fn decides(step: &StepFile) -> bool {
    step.when.is_none() && matches!(step.kind, StepKind::Decide { .. })
}

fn within(what: &str, key: &str, value: u32, least: u32, most: u32, reasons: &mut Vec<String>) {
    if !(least..=most).contains(&value) {
        reasons.push(format!("{what}: {key} = {value}; give {least} to {most}"));
    }
}

fn of_kind(service: &Service, step: &StepKind, reasons: &mut Vec<String>) {
    match step {
        StepKind::Pay { fees, instalments, every_days } => pay(service, fees, *instalments, *every_days, reasons),
        StepKind::Decide { .. } => decide(step, reasons),
        StepKind::Clear { bodies } => {
            if bodies.is_empty() || bodies.len() > BODIES {
                reasons.push(format!("a clear step asks {} bodies; name 1 to {BODIES}", bodies.len()));
            }
            for body in bodies {
                if body.days.is_none() || body.silence.is_none() {
                    reasons.push(format!("the body `{}` needs days and what its silence means", body.id));
                }
                self::body(service, body, reasons);
            }
        }
        StepKind::Await(body) => self::body(service, body, reasons),
        StepKind::HomeVisit(body) => {
            if body.operation.is_some() || matches!(body.silence, Some(Silence::Yes | Silence::No)) {
                reasons.push(format!("the visit `{}` is made by officers: give unit, and escalate at most", body.id));
            }
            self::body(service, body, reasons);
        }
        StepKind::CoSign { field, days, sees } => {
            within("a co-sign step", "days", *days, 1, DAYS, reasons);
            let typed = has_field(service, field, FieldKind::IdNumbers);
            // Listed by a register: its key is the number of a person.
            let listed = service.question(field).and_then(|field| field.key.as_deref()) == Some("/id_number");
            let names = typed || (listed && has_field(service, field, FieldKind::Listed));
            if !names {
                reasons.push(format!(
                    "a co-sign step names `{field}`, which is no required field of the kind id-numbers, nor of the \
                     kind listed with the key /id_number; add such a question"
                ));
            }
            named(service, "a co-sign step", sees, reasons);
        }
        StepKind::Appointment { unit, field, minutes, capacity, days } => {
            within("an appointment", "minutes", *minutes, 5, 480, reasons);
            within("an appointment", "capacity", *capacity, 1, 100, reasons);
            within("an appointment", "days", *days, 1, 90, reasons);
            let chosen = |field: &str| {
                [FieldKind::PostOffice, FieldKind::Office].into_iter().any(|kind| has_field(service, field, kind))
            };
            if unit.is_some() == field.is_some() || !field.as_deref().is_none_or(chosen) {
                reasons.push(
                    "an appointment needs unit, or a required field of the kind office or post-office".to_owned(),
                );
            }
        }
        StepKind::Write { sends, operation, .. } => {
            if operation.split('/').count() != 5 {
                reasons.push(format!("a write step tells `{operation}`, which names no operation; write its five parts, as in PS/GOV/MOI/CIVIL/moves"));
            }
            named(service, "a write step", sends, reasons);
        }
        StepKind::Issue if service.file.paper.is_none() => reasons.push("an issue step needs a paper".to_owned()),
        StepKind::Issue | StepKind::Deliver => {}
    }
}

fn pay(service: &Service, fees: &[String], instalments: u32, every_days: Option<u32>, reasons: &mut Vec<String>) {
    let file = &service.file;
    if file.fees.is_empty() {
        reasons.push("a pay step needs a fee".to_owned());
    }
    for code in fees.iter().filter(|code| !file.fees.iter().any(|fee| fee.code == **code)) {
        reasons.push(format!("a pay step owes `{code}`, which is not among the fees; add a [[fee]] of that code"));
    }
    within("a pay step", "instalments", instalments, 1, INSTALMENTS, reasons);
    if (instalments > 1) != every_days.is_some_and(|days| (1..=DAYS).contains(&days)) {
        reasons.push("a pay step in instalments needs every_days, and only such a one".to_owned());
    }
    let owed = file.fees.iter().filter(|fee| fees.is_empty() || fees.contains(&fee.code));
    for fee in owed.filter(|_| instalments > 1) {
        match fee.quantity {
            Quantity::Fixed(number) if number % instalments == 0 => {}
            Quantity::Fixed(number) => {
                reasons.push(format!(
                    "the fee `{}`: its quantity {number} does not divide by {instalments}; give one that does",
                    fee.code
                ));
            }
            Quantity::Counted(_) => reasons.push(format!(
                "the fee `{}` is paid in instalments: give a number that divides by {instalments}, not a rule",
                fee.code
            )),
        }
    }
}

fn decide(step: &StepKind, reasons: &mut Vec<String>) {
    let StepKind::Decide { by, rule, reason, checks, eyes, votes, .. } = step else { return };
    let misplaced = misplaced(OF_A_DECISION, *by, step);
    reasons.extend(misplaced.map(|why| format!("a decide step by {}: {why}", by.word())));
    match by {
        Decider::Rule if rule.is_some() != reason.is_some() || rule.is_some() != checks.is_empty() => {
            reasons.push("a decide step by rule needs rule and reason, or several checks with both".to_owned());
        }
        Decider::Rule if checks.len() > CONDITIONS => {
            reasons.push(format!("{} checks are too many; {CONDITIONS} at most", checks.len()));
        }
        Decider::Rule => {}
        Decider::Clerk => within("a decide step", "eyes", *eyes, 1, 2, reasons),
        Decider::Committee => within("a decide step", "votes", votes.unwrap_or(2), 2, SEATS, reasons),
    }
}

fn body(service: &Service, body: &BodyFile, reasons: &mut Vec<String>) {
    let what = format!("the body `{}`", body.id);
    if body.operation.is_some() != body.rule.is_some() {
        reasons.push(format!("{what}: an operation needs a rule over its answer, and a rule an operation"));
    }
    if body.unit.is_none() && (body.operation.is_none() || body.silence == Some(Silence::Escalate)) {
        reasons.push(format!("{what} needs a unit whose officers answer"));
    }
    if body.days.is_some() != body.silence.is_some() {
        reasons.push(format!("{what}: days and silence belong together; give both, or none"));
    }
    if let Some(days) = body.days {
        within(&what, "days", days, 1, DAYS, reasons);
    }
    named(service, &what, &body.sees, reasons);
}

fn has_field(service: &Service, id: &str, kind: FieldKind) -> bool {
    let mut fields = service.file.pages.iter().filter_map(|page| page.field.as_ref());
    fields.any(|field| field.id == id && field.kind == kind && field.required)
}

fn named(service: &Service, what: &str, fields: &[String], reasons: &mut Vec<String>) {
    let there = |id: &String| service.file.pages.iter().any(|page| page.answer() == Some(id));
    for id in fields.iter().filter(|id| !there(id)) {
        reasons.push(format!("{what} shows the field `{id}`, which is not there; name a question of the form"));
    }
}

/// The texts that steps show.
pub(super) fn texts(service: &Service) -> Vec<String> {
    let mut keys = Vec::new();
    for step in &service.file.steps {
        match &step.kind {
            StepKind::Decide { discreet, .. } => {
                for condition in step.kind.conditions() {
                    keys.extend(["reason", "change"].map(|part| format!("{part}-{}", condition.reason)));
                }
                keys.extend(discreet.iter().map(|reason| format!("reason-{reason}")));
            }
            StepKind::Write { id, .. } => keys.push(format!("body-{id}")),
            _ => {}
        }
        for body in step.kind.bodies() {
            keys.push(format!("body-{}", body.id));
            if body.operation.is_some() {
                keys.push(format!("reason-{}", body.id));
            }
        }
    }
    keys
}
