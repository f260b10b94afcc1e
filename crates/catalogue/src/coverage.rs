//! What examples have not hit of a folder: rules of which a part came out one way
//! only, steps that no case entered, ways in which a step can end and did not.

use std::collections::BTreeSet;

use crate::folder::{Decider, Service, StepKind};
use crate::seen::Seen;
use rules::{Gives, Rule};

/// How a part of a step ended: the step, the part's name, and the way.
pub type Ending = (usize, String, End);

/// The ways in which a part of a step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Somebody said yes, signed, came, paid.
    Yes,
    /// Somebody said no, or did not come.
    No,
    /// Its clock ran out.
    Silent,
    /// The second officer sent it back.
    SentBack,
    /// The register refused what it was told.
    Refused,
    /// A later instalment was settled.
    Later,
    /// An appeal won.
    Won,
    /// An appeal lost.
    Lost,
}

/// The name under which an appeal ends.
pub const APPEAL: &str = "appeal";

/// What was hit of a folder, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// How many things there are to be hit.
    pub all: usize,
    /// Those that were not, each in a sentence.
    pub missing: Vec<String>,
}

impl Coverage {
    /// How much of it was hit, percent, rounded down.
    #[must_use]
    pub fn percent(&self) -> usize {
        ((self.all - self.missing.len()) * 100).checked_div(self.all).unwrap_or(100)
    }

    /// What the cases that were seen have hit of a folder whose catalogue is watched.
    #[must_use]
    pub fn of(service: &Service, seen: &Seen) -> Self {
        let mut coverage = Self { all: 0, missing: Vec::new() };
        let rules: Vec<_> =
            rules(service).into_iter().map(|(place, rule, gives)| (place, rule, rule.ways(gives))).collect();
        // What every rule has to ask before it reads is asked once for all of them.
        let asked: BTreeSet<(&str, bool)> = rules
            .iter()
            .flat_map(|(_, _, ways)| ways)
            .filter(|way| way.asks && way.seen)
            .map(|way| (way.part.as_str(), way.truth))
            .collect();
        for (place, rule, ways) in &rules {
            for way in ways {
                let hit = way.seen || (way.asks && asked.contains(&(way.part.as_str(), way.truth)));
                coverage.one(hit, || {
                    let part = if way.part == rule.source() { String::new() } else { format!(" `{}`", way.part) };
                    format!("{place}, the rule “{}”:{part} is never {}", rule.source(), way.truth)
                });
            }
        }
        for table in &service.file.tables {
            for (at, (gives, held)) in (1..).zip(table.held()) {
                coverage.one(held, || format!("the table `{}`, row {at} (`{gives}`): it never holds", table.id()));
            }
        }
        let (entered, ended) = seen.of_service(&service.file.key);
        for (at, step) in service.file.steps.iter().enumerate() {
            let place = format!("step {} ({})", at + 1, step.kind.word());
            coverage.one(entered.contains(&at), || format!("{place}: no case enters it"));
            for (name, way, words) in endings(service, at) {
                coverage.one(ended.contains(&(at, name.clone(), way)), || match name.as_str() {
                    "" => format!("{place}: {words}"),
                    name => format!("{place}, `{name}`: {words}"),
                });
            }
        }
        if service.file.appeal.is_some() {
            for (way, words) in [(End::Won, "no appeal wins"), (End::Lost, "no appeal loses")] {
                let hit = ended.iter().any(|(_, name, known)| name == APPEAL && *known == way);
                coverage.one(hit, || format!("the appeal: {words}"));
            }
        }
        coverage
    }

    fn one(&mut self, hit: bool, words: impl FnOnce() -> String) {
        self.all += 1;
        if !hit {
            self.missing.push(words());
        }
    }
}

/// Every rule of a folder, with where it stands and what it is asked for.
fn rules(service: &Service) -> Vec<(String, &Rule, Gives)> {
    let file = &service.file;
    let mut found: Vec<(String, &Rule)> = Vec::new();
    found.extend(file.eligible.iter().map(|one| (format!("eligible {}", one.reason), &one.rule)));
    for page in &file.pages {
        found.extend(page.when.iter().map(|rule| (format!("page {}", page.id), rule)));
        let checks = page.fields().filter_map(|field| Some((field, field.check.as_ref()?)));
        found.extend(checks.map(|(field, rule)| (format!("field {}", field.id), rule)));
    }
    found.extend(file.fees.iter().filter_map(|fee| Some((format!("fee {}, when", fee.code), fee.when.as_ref()?))));
    found.extend(file.promise.rules.iter().map(|one| (format!("promise {}", one.id), &one.when)));
    found.extend(file.cohorts.iter().map(|(name, rule)| (format!("cohort {name}"), rule)));
    for (at, step) in file.steps.iter().enumerate() {
        let place = format!("step {} ({})", at + 1, step.kind.word());
        found.extend(step.when.iter().map(|rule| (format!("{place}, when"), rule)));
        if let StepKind::Decide { rule, checks, .. } = &step.kind {
            found.extend(rule.iter().map(|rule| (place.clone(), rule)));
            found.extend(checks.iter().map(|check| (format!("{place}, {}", check.reason), &check.rule)));
        }
        let bodies = step.kind.bodies().iter().filter_map(|body| Some((body, body.rule.as_ref()?)));
        found.extend(bodies.map(|(body, rule)| (format!("{place}, `{}`", body.id), rule)));
    }
    let quantities = file.fees.iter().filter_map(|fee| Some((format!("fee {}", fee.code), fee.quantity.rule()?)));
    let inputs = file
        .tables
        .iter()
        .flat_map(|table| table.inputs().iter().map(|input| (format!("the table `{}`", table.id()), input)));
    let values: Vec<_> = quantities.chain(inputs).collect();
    let truths = found.into_iter().map(|(place, rule)| (place, rule, Gives::Truth));
    truths.chain(values.into_iter().map(|(place, rule)| (place, rule, Gives::Value))).collect()
}

/// Remembers from now on what its rules and tables come to.
pub(crate) fn watch(service: &Service) {
    rules(service).into_iter().for_each(|(_, rule, _)| rule.watch());
    service.file.tables.iter().for_each(rules::Table::watch);
}

/// The ways in which a step can end, each with what is said when none did.
fn endings(service: &Service, at: usize) -> Vec<(String, End, &'static str)> {
    let whole = |ways: &[(End, &'static str)]| -> Vec<(String, End, &'static str)> {
        ways.iter().map(|(way, words)| (String::new(), *way, *words)).collect()
    };
    let Some(step) = service.file.steps.get(at) else { return Vec::new() };
    match &step.kind {
        StepKind::Decide { by: Decider::Rule, .. } | StepKind::Issue | StepKind::Deliver => Vec::new(),
        StepKind::Decide { eyes, .. } => {
            let mut ways = whole(&[(End::Yes, "nobody approves"), (End::No, "nobody refuses")]);
            if *eyes == 2 {
                ways.extend(whole(&[(End::SentBack, "the second officer never sends it back")]));
            }
            ways
        }
        StepKind::Pay { instalments, .. } => {
            let mut ways = whole(&[(End::Yes, "no bill is settled")]);
            if *instalments > 1 {
                ways.extend(whole(&[(End::Later, "no later instalment is settled")]));
            }
            ways
        }
        StepKind::Clear { .. } | StepKind::Await(_) | StepKind::HomeVisit(_) => {
            let mut ways = Vec::new();
            for body in step.kind.bodies() {
                ways.push((body.id.clone(), End::Yes, "it never says yes"));
                // A visit is a report, and what follows from it is decided after it.
                if !matches!(step.kind, StepKind::HomeVisit(_)) {
                    ways.push((body.id.clone(), End::No, "it never says no"));
                }
                if body.days.is_some() {
                    ways.push((body.id.clone(), End::Silent, "its clock never runs out"));
                }
            }
            ways
        }
        StepKind::CoSign { .. } => whole(&[
            (End::Yes, "nobody signs"),
            (End::No, "nobody refuses to sign"),
            (End::Silent, "the days for it never pass"),
        ]),
        StepKind::Appointment { .. } => {
            whole(&[(End::Yes, "nobody comes"), (End::No, "nobody misses it until the case ends")])
        }
        StepKind::Write { .. } => {
            whole(&[(End::Yes, "the register never takes it"), (End::Refused, "the register never refuses it")])
        }
    }
}
