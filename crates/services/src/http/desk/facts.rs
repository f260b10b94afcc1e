//! What officers read of a case: the answers, what registers told beside what they told
//! before, in what they contradict each other, and what the folder's rules find in it.

use catalogue::chosen::{gone, in_words};
use catalogue::folder::KnownFile;
use catalogue::needs::CHOSEN;
use catalogue::told::disagreements;
use catalogue::{Condition, FieldKind, Service};
use rules::Part;
use serde_json::Value;
use web::Page;

use crate::case::Case;
use crate::desk::Opened;
use crate::http::form::known_value;
use crate::http::question::answered;
use crate::http::shown;
use crate::messages::Messages;
use crate::steps::co_sign::with_names;
use crate::system::Services;

/// An answer or a register's value, as officers read it.
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) source: Option<String>,
    /// What the register told before it changed its answer.
    pub(super) before: Option<String>,
    /// What was chosen is not on the register's list any more.
    pub(super) gone: bool,
    /// Papers of the person's own that the answer names.
    pub(super) papers: Vec<String>,
}

/// A condition as officers read it: its reason, how it stands, and its parts.
pub(super) struct Traced {
    pub(super) reason: String,
    pub(super) holds: Option<bool>,
    pub(super) parts: Vec<Part>,
}

/// The answers, in words.
pub(super) fn answers(services: &Services, service: &Service, opened: &Opened, page: &Page) -> Vec<Fact> {
    let case = &opened.case;
    let words = with_names(in_words(service, &case.answers, &opened.facts.chosen), &opened.signed);
    let gone = gone(service, &case.answers, &opened.facts);
    let answers = service.file.pages.iter().flat_map(|asked| {
        let paper = asked.field.as_ref().filter(|field| field.kind == FieldKind::Paper);
        let papers = paper.map(|field| paper_hrefs(page, case, &field.id)).unwrap_or_default();
        let all = answered(services, service, page, asked, &words).into_iter();
        let gone = asked.answer().is_some_and(|name| gone.iter().any(|field| field == name));
        all.filter_map(move |one| {
            let papers = papers.clone();
            Some(Fact { label: one.label, value: one.value?, source: None, before: None, gone, papers })
        })
    });
    answers.collect()
}

/// What registers told, and in what they contradict each other.
pub(super) fn of_registers(service: &Service, opened: &Opened, page: &Page) -> Vec<Fact> {
    let known = service.file.pages.iter().flat_map(|page| &page.known);
    let known = known.filter_map(|known| known_fact(service, opened, page, known));
    known.chain(differing(service, opened, page)).collect()
}

/// A value of a register, beside what it told before it changed its answer.
fn known_fact(service: &Service, opened: &Opened, page: &Page, known: &KnownFile) -> Option<Fact> {
    let text = |key: &str| service.text(page.locale, key);
    let before = opened.before.as_ref().and_then(|(told, facts)| known_value(page, known, told, facts));
    let now = known_value(page, known, &opened.told, &opened.facts);
    if now.is_none() && before.is_none() {
        return None;
    }
    Some(Fact {
        label: text(&format!("known-{}", known.id)),
        source: (known.lookup != CHOSEN).then(|| text(&format!("source-{}", known.lookup))),
        before: before.filter(|before| Some(before) != now.as_ref()),
        value: now.unwrap_or_else(|| Messages::new(page.locale).not_registered().to_owned()),
        gone: false,
        papers: Vec::new(),
    })
}

/// What registers contradict each other in, each with its source.
fn differing(service: &Service, opened: &Opened, page: &Page) -> Vec<Fact> {
    let m = Messages::new(page.locale);
    let said = disagreements(service, &opened.told).into_iter().flat_map(|one| {
        let label = m.registers_disagree(one.about.name(page.locale));
        one.said.into_iter().filter_map(move |(lookup, value)| {
            let source = Some(service.text(page.locale, &format!("source-{lookup}")));
            let value = shown(page, &value)?;
            Some(Fact { label: label.clone(), value, source, before: None, gone: false, papers: Vec::new() })
        })
    });
    said.collect()
}

/// The conditions that counted so far, over what is known of the case now.
pub(super) fn traced(service: &Service, opened: &Opened, page: &Page) -> Vec<Traced> {
    let begun = usize::try_from(opened.case.step + 1).unwrap_or(0);
    let steps = service.file.steps.iter().take(begun).flat_map(|step| step.kind.conditions());
    let told = |condition: Condition| Traced {
        reason: condition.why(service, page.locale),
        holds: condition.rule.holds(&opened.facts).ok(),
        parts: condition.rule.parts(&opened.facts),
    };
    service.file.eligible.iter().cloned().chain(steps).map(told).collect()
}

/// Where the papers that an answer names are shown.
fn paper_hrefs(page: &Page, case: &Case, field: &str) -> Vec<String> {
    let ids = match case.answers.get(field) {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    ids.iter().map(|paper| page.to(&format!("/desk/cases/{}/papers/{paper}", case.id))).collect()
}
