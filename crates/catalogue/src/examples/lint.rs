//! What must hold of a folder's examples before anybody plays them: each names
//! fields, bodies, steps and offices that are there, and says what must follow.

use std::collections::BTreeSet;
use std::path::Path;

use base::{Currency, Money};

use super::{Act, Example, FILE, Outcome, Refused, read};
use crate::catalogue::Catalogue;
use crate::folder::{Fault, PageFile, Service, StepKind, fault};

/// Every fault of the examples of all folders, with the remedy.
///
/// # Errors
/// None; a folder without examples is a fault too.
#[must_use]
pub fn faults(directory: &Path, catalogue: &Catalogue) -> Vec<Fault> {
    let mut found = Vec::new();
    for service in catalogue.services() {
        let folder = directory.join(&service.file.key);
        let examples = match read(&folder) {
            Ok(examples) => examples,
            Err(fault) => {
                found.push(fault);
                continue;
            }
        };
        let path = folder.join(FILE);
        if examples.is_empty() {
            found.push(fault(&path, "there is no example: write one for the straight way at least"));
        }
        let mut names = BTreeSet::new();
        for example in &examples {
            let mut reasons = Vec::new();
            if !names.insert(example.name.as_str()) {
                reasons.push("another example has the same name".to_owned());
            }
            Looked { catalogue, service, example, reasons: &mut reasons }.look();
            found.extend(reasons.into_iter().map(|why| fault(&path, format!("“{}”: {why}", example.name))));
        }
    }
    found
}

struct Looked<'a> {
    catalogue: &'a Catalogue,
    service: &'a Service,
    example: &'a Example,
    reasons: &'a mut Vec<String>,
}

impl Looked<'_> {
    fn look(&mut self) {
        self.expected();
        let example = self.example;
        let typed = example.answers.keys().chain(&example.absent);
        let corrected = example.acts.iter().filter_map(|act| match act {
            Act::Correct(answers) => Some(answers.keys()),
            _ => None,
        });
        for field in typed.chain(corrected.flatten()) {
            self.field(field);
        }
        for act in &example.acts {
            self.act(act);
        }
        if example.acting_for.is_some() && example.company.is_some() {
            self.reasons.push("it is for a person or for a company: acting_for or company".to_owned());
        }
    }

    fn expected(&mut self) {
        let example = self.example;
        let course = example.steps.is_some() || example.outcome.is_some();
        if example.fault.is_some() == (example.steps.is_some() && example.outcome.is_some())
            || (example.fault.is_some() && course)
        {
            self.reasons.push("give steps and outcome, or fault: one of the two".to_owned());
        }
        for kind in example.steps.iter().flatten() {
            if !self.service.file.steps.iter().any(|step| step.kind.word() == kind) {
                self.reasons.push(format!("no step of the folder is of the kind `{kind}`"));
            }
        }
        let fee = example.fee.as_deref().map(|fee| {
            let (amount, currency) = fee.split_once(' ').unwrap_or((fee, ""));
            Currency::from_code(currency).and_then(|currency| Money::parse(amount, currency).ok())
        });
        if fee == Some(None) {
            self.reasons.push("fee: write an amount and its currency, 5.00 ILS".to_owned());
        }
        if example.reason.is_some() && example.outcome != Some(Outcome::Refused) {
            self.reasons.push("a reason belongs to the outcome refused".to_owned());
        }
        if let Some(place) = example.delivered.as_deref().filter(|place| *place != "wallet")
            && !self.catalogue.offices().iter().any(|office| office.key == place)
        {
            self.reasons.push(format!("delivered: `{place}` is neither wallet nor one of offices.toml"));
        }
        let values = self.service.file.paper.iter().flat_map(|paper| &paper.values);
        let known: BTreeSet<&str> = values.map(|value| value.id.as_str()).collect();
        for name in example.paper.keys().filter(|name| !known.contains(name.as_str())) {
            self.reasons.push(format!("the paper has no value `{name}`"));
        }
        match &example.fault {
            Some(Refused::Field(field)) if self.service.field(field).is_none() => self.field(field),
            Some(Refused::Lookup(id)) if !self.service.file.lookups.iter().any(|lookup| lookup.id == *id) => {
                self.reasons.push(format!("the folder has no lookup `{id}`"));
            }
            Some(Refused::Eligible(reason)) => {
                let key = format!("reason-{reason}");
                if !self.service.texts.iter().all(|texts| texts.get(&key).is_some()) {
                    self.reasons.push(format!("the text `{key}` is missing"));
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, id: &str) {
        if !self.service.file.pages.iter().filter_map(PageFile::answer).any(|known| known == id) {
            self.reasons.push(format!("the form does not ask `{id}`"));
        }
    }

    fn act(&mut self, act: &Act) {
        let file = &self.service.file;
        match act {
            Act::Answer { body, yes, text, .. } => {
                let visits = |step: &StepKind| matches!(step, StepKind::HomeVisit(visit) if visit.id == *body);
                let tells = |step: &StepKind| matches!(step, StepKind::Write { id, .. } if id == body);
                if file.steps.iter().any(|step| visits(&step.kind)) && !yes {
                    self.reasons.push(format!("`{body}` is a visit, whose report is a yes: others decide after it"));
                }
                if file.steps.iter().any(|step| visits(&step.kind) || tells(&step.kind)) && text.trim().is_empty() {
                    self.reasons.push(format!("the answer of `{body}` needs text: what was found, or done"));
                }
                let bodies = file.steps.iter().flat_map(|step| step.kind.bodies()).map(|body| &body.id);
                let written = file.steps.iter().filter_map(|step| match &step.kind {
                    StepKind::Write { id, .. } => Some(id),
                    _ => None,
                });
                if !bodies.chain(written).any(|id| id == body) {
                    self.reasons.push(format!("no step asks the body `{body}`"));
                }
            }
            Act::Desk { field: Some(field), .. } => self.field(field),
            Act::Appeal(_) if file.appeal.is_none() => self.reasons.push("the folder knows no appeal".to_owned()),
            Act::Book | Act::Attend { .. }
                if !file.steps.iter().any(|step| matches!(step.kind, StepKind::Appointment { .. })) =>
            {
                self.reasons.push("the folder has no appointment".to_owned());
            }
            _ => {}
        }
    }
}
