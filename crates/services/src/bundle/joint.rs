//! The form of a bundle: the pages of its members one after another, each shared
//! question once. Pure: what it looks at was read before.

use std::collections::BTreeSet;

use base::{Actor, CaseId, Date};
use catalogue::form::{self, facts_asked, pages};
use catalogue::told::Told;
use catalogue::{Catalogue, LifeEvent, PageFile, Service};
use serde_json::{Map, Value};

use super::{Bundle, Held, Member, MemberState, is_draft};
use crate::case::{Case, Stage};
use rules::Facts;

/// A bundle with its members' folders.
pub(crate) struct Joint<'s> {
    pub(crate) bundle: Bundle,
    /// The life event, as long as it is listed.
    pub(crate) event: Option<&'s LifeEvent>,
    /// Its members, in order.
    pub(crate) parts: Vec<Part<'s>>,
}

/// A member with its folder and its case.
pub(crate) struct Part<'s> {
    pub(crate) member: Member,
    /// Absent when the service is not offered any more.
    pub(crate) service: Option<&'s Service>,
    pub(crate) begun: Option<Begun>,
    pub(crate) optional: bool,
    /// Whether whoever acts may see and send it: a mandate may leave it out.
    pub(crate) covered: bool,
    /// Whether the answers so far call for it; none as long as they do not say.
    pub(crate) needed: Option<bool>,
    /// Whether what it waits for has ended without what it asked for.
    pub(crate) in_vain: bool,
}

/// A member's case, and what its rules look at.
pub(crate) struct Begun {
    pub(crate) case: Case,
    pub(crate) told: Vec<Told>,
    pub(crate) facts: Facts,
}

impl<'s> Part<'s> {
    /// What is still asked and sent: its folder and its draft.
    pub(crate) fn open(&self) -> Option<(&'s Service, &Begun)> {
        let begun = self.begun.as_ref().filter(|begun| is_draft(&begun.case))?;
        let open = self.member.state == MemberState::In && self.covered && self.needed != Some(false);
        open.then_some((self.service?, begun))
    }
}

/// Where the form goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A page of a member's form.
    Page(CaseId, String),
    /// Everything was asked.
    Check,
}

/// A page of the joint form.
struct Stop<'s> {
    case: CaseId,
    page: &'s PageFile,
    /// An earlier member asked, or showed, the same.
    asked: bool,
}

/// What a page shows of registers: operations, and where in their answers.
fn told_on<'s>(service: &'s Service, page: &'s PageFile) -> impl Iterator<Item = Option<(&'s str, &'s str)>> {
    page.known.iter().map(|known| {
        let lookup = service.file.lookups.iter().find(|lookup| lookup.id == known.lookup);
        // One that is asked with an answer tells of that answer.
        let lookup = lookup.filter(|lookup| lookup.asks.is_empty())?;
        Some((lookup.operation.as_str(), known.path.as_str()))
    })
}

impl<'s> Joint<'s> {
    /// Puts folders beside what was read.
    pub(crate) fn of(held: Held, catalogue: &'s Catalogue, actor: &Actor, today: Date) -> Self {
        let event = catalogue.event(&held.bundle.event);
        let mut parts: Vec<Part<'s>> = Vec::new();
        // What the members so far were answered of the questions that all share, and
        // which of those they ask.
        let (mut answers, mut asked) = (Map::new(), BTreeSet::new());
        for (member, whole) in held.members {
            let listed = event.and_then(|event| event.member(&member.service));
            let rule = listed.and_then(|listed| listed.when.as_ref());
            let needed = rule.map_or(Some(true), |rule| {
                let mut known = answers.clone();
                // Where no member before it asks, its own answer says whether it is needed.
                let own = whole.iter().flat_map(|(case, _)| &case.answers);
                let own = own.filter_map(|(field, value)| Some((member.name_of(field)?, value)));
                let own = own.filter(|(name, _)| !asked.contains(*name));
                known.extend(own.map(|(name, value)| (name.to_owned(), value.clone())));
                rule.holds(&Facts { today, answers: Value::Object(known), registers: Value::Null, chosen: Value::Null })
                    .ok()
            });
            let service = match &whole {
                Some((case, _)) => catalogue.of(case),
                None => catalogue.service(&member.service),
            };
            let begun = service.zip(whole).map(|(service, (case, sources))| {
                let facts = facts_asked(service, today, &case.answers, &sources);
                Begun { case, told: sources.told, facts }
            });
            let optional = listed.is_none_or(|listed| listed.optional);
            let covered = actor.covers(&member.service);
            let after = listed.and_then(|listed| listed.after.as_deref());
            let in_vain = after.is_some_and(|after| has_failed(&parts, after));
            let part = Part { member, service, begun, optional, covered, needed, in_vain };
            if let Some((service, begun)) = part.open() {
                let visible = form::visible(service, &begun.facts);
                let shared = visible
                    .into_iter()
                    .filter_map(|(field, value)| Some((part.member.name_of(&field)?.to_owned(), value)));
                answers.extend(shared);
                asked.extend(part.member.shared.iter().map(|shared| shared.name.clone()));
            }
            parts.push(part);
        }
        Self { bundle: held.bundle, event, parts }
    }

    /// The members that are still asked and sent.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&Part<'s>, &'s Service, &Begun)> {
        self.parts.iter().filter_map(|part| part.open().map(|(service, begun)| (part, service, begun)))
    }

    /// Every page that shows, member after member.
    fn stops(&self) -> Vec<Stop<'s>> {
        let (mut stops, mut asked, mut told) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (part, service, begun) in self.open() {
            let (mut own, mut own_told) = (Vec::new(), Vec::new());
            for page in pages(service, &begun.facts) {
                let shared = page.field.as_ref().and_then(|field| Some((field, part.member.name_of(&field.id)?)));
                let is_asked = shared.is_some_and(|(field, name)| {
                    // An answer that only the earlier member takes is asked for again.
                    let answered = begun.facts.answers.get(&field.id).is_some() || !field.required;
                    asked.contains(name) && answered && field.checked(&begun.facts).is_ok()
                });
                let is_told = !page.known.is_empty()
                    && told_on(service, page).all(|value| value.is_some_and(|value| told.contains(&value)));
                stops.push(Stop { case: begun.case.id, page, asked: is_asked || is_told });
                own.extend(shared.map(|(_, name)| name.to_owned()));
                own_told.extend(told_on(service, page).flatten());
            }
            asked.extend(own);
            told.extend(own_told);
        }
        stops
    }

    /// The pages of members that ask or show what an earlier one did.
    pub(crate) fn asked_before(&self) -> BTreeSet<(CaseId, String)> {
        let asked = self.stops().into_iter().filter(|stop| stop.asked);
        asked.map(|stop| (stop.case, stop.page.id.clone())).collect()
    }

    fn at(&self, case: CaseId, page: &str) -> (Vec<Stop<'s>>, Option<usize>) {
        let stops = self.stops();
        let at = stops.iter().position(|stop| stop.case == case && stop.page.id == page);
        (stops, at)
    }

    /// Where the form goes on after a page.
    pub(crate) fn after(&self, case: CaseId, page: &str) -> Place {
        let (stops, at) = self.at(case, page);
        let Some(at) = at else { return self.opens_at() };
        let next = stops.iter().skip(at + 1).find(|stop| !stop.asked);
        next.map_or(Place::Check, |stop| Place::Page(stop.case, stop.page.id.clone()))
    }

    /// Where the form goes on after all pages of a member.
    pub(crate) fn after_all(&self, case: CaseId) -> Place {
        let stops = self.stops();
        let last = stops.iter().rposition(|stop| stop.case == case);
        let next = stops.iter().skip(last.map_or(0, |last| last + 1)).find(|stop| !stop.asked);
        next.map_or(Place::Check, |stop| Place::Page(stop.case, stop.page.id.clone()))
    }

    /// The page before a page; none before the first.
    pub(crate) fn before(&self, case: CaseId, page: &str) -> Option<Place> {
        let (stops, at) = self.at(case, page);
        let before = stops.iter().take(at?).rev().find(|stop| !stop.asked)?;
        Some(Place::Page(before.case, before.page.id.clone()))
    }

    /// Where a bundle is gone on with: at its first page, then at the first
    /// question that is open.
    pub(crate) fn opens_at(&self) -> Place {
        let stops = self.stops();
        let begun = self.open().any(|(_, _, begun)| !begun.case.answers.is_empty());
        let page = |stop: &Stop<'_>| Place::Page(stop.case, stop.page.id.clone());
        if !begun {
            return stops.first().map_or(Place::Check, page);
        }
        let missing = self.missing();
        let lacks = |stop: &&Stop<'_>| {
            missing.iter().any(|(case, name)| *case == stop.case && stop.page.answer() == Some(name))
        };
        stops.iter().find(lacks).map_or(Place::Check, page)
    }

    /// Questions that are shown and not answered as they must be: each with its
    /// member's case.
    pub(crate) fn missing(&self) -> Vec<(CaseId, String)> {
        let each = |(_, service, begun): (&Part<'s>, &'s Service, &Begun)| {
            let id = begun.case.id;
            form::missing(service, &begun.facts).into_iter().map(move |name| (id, name)).collect::<Vec<_>>()
        };
        self.open().flat_map(each).collect()
    }

    /// The other members that a member's answer goes to.
    pub(crate) fn sharing(&self, case: CaseId, field: &str) -> Vec<&'s Service> {
        let own = self.parts.iter().find(|part| part.member.case == Some(case));
        let Some(name) = own.and_then(|part| part.member.name_of(field)) else { return Vec::new() };
        let other = |(part, service, begun): (&Part<'s>, &'s Service, &Begun)| {
            (begun.case.id != case && part.member.field_of(name).is_some()).then_some(service)
        };
        self.open().filter_map(other).collect()
    }
}

/// Whether a member's case has ended without what it asked for, or is not there.
fn has_failed(parts: &[Part<'_>], service: &str) -> bool {
    let part = parts.iter().find(|part| part.member.service == service);
    let case = part.and_then(|part| part.begun.as_ref()).map(|begun| &begun.case);
    case.is_none_or(|case| {
        let ended = matches!(case.stage, Stage::Closed | Stage::Discarded);
        ended && case.outcome.as_deref() != Some("completed")
    })
}
