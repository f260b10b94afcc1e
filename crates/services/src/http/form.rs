//! Applying: one question a page. How it begins is `start.rs`, how it is sent `check.rs`.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{Assurance, CaseId, Zone};
use catalogue::chosen::{Sources, are_offered};
use catalogue::folder::KnownFile;
use catalogue::form::{entries as entries_of, next, pages};
use catalogue::needs::{self, CHOSEN};
use catalogue::told::{Heard, Told};
use catalogue::{FieldFile, FieldKind, Lookup, PageFile, Service, Typed, Wrong};
use serde::Deserialize;
use serde_json::Value;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route};

use super::around::{Around, InBundle};
use super::entries::{self, Entries};
use super::open_draft::{Draft, draft};
use super::question::{self, Field};
use super::{problem, shown};
use crate::case::Stage;
use crate::draft::{answer_anew, assurance};
use crate::messages::Messages;
use crate::system::Services;
use rules::Facts;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/form/{page}", Right::SignedIn, step).states(&["ok", "known", "silent", "404"]),
        Route::post("/cases/{case}/form/{page}", Right::SignedIn, step_post),
    ]
}

/// The wider choice of a form's hidden words: where to go after saving.
pub(super) const BACK_TO_CHECK: &str = "check";

#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
pub(super) struct From {
    pub(super) from: Option<String>,
}

/// A value that a register knows.
struct Known {
    label: String,
    value: Option<String>,
}

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    back: String,
    service: String,
    title: String,
    saved: String,
    from_check: bool,
    known: Vec<Known>,
    source: String,
    heard_at: Option<String>,
    silent: bool,
    refused: bool,
    low: bool,
    /// A register was asked with answers, and knows nothing of them, or lacks one:
    /// the questions to go back to.
    unknown: Vec<(String, String)>,
    unasked: Vec<(String, String)>,
    /// There is nothing to choose: what to do then.
    nothing: Option<String>,
    /// Whether the question must be answered.
    required: bool,
    field: Option<Field>,
    entries: Option<Entries>,
    id: String,
    bundle: Option<InBundle>,
}

impl StepPage {
    /// Whether the question cannot be asked now, for a reason that the page says.
    fn is_hindered(&self) -> bool {
        let register = self.low || self.silent || self.refused || !self.unknown.is_empty() || !self.unasked.is_empty();
        register || self.nothing.is_some()
    }
    /// Whether one can go on from here.
    fn goes_on(&self) -> bool {
        let nothing = self.nothing.is_some() || !self.unasked.is_empty();
        !(self.field.is_some() && self.required && nothing)
    }
    fn is_wrong(&self) -> bool {
        let field = self.field.as_ref().is_some_and(|field| field.error.is_some());
        field || self.entries.as_ref().is_some_and(|entries| entries.error.is_some())
    }
}

async fn step(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name)): Path<(String, String)>,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let mut draft = draft(&ctx, &services, &id).await?;
    if draft.case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let service = draft.service;
    let at = service.file.pages.iter().position(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let around = Around::of(&ctx, &services, draft.case.id).await?;
    let from_check = from.from.as_deref() == Some(BACK_TO_CHECK);
    let asks_for_files = service.file.pages[at].field.as_ref().filter(|field| field.kind == FieldKind::Files);
    if around.whole && from.from.is_none() && asks_for_files.is_none() {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}/form#page-{name}"))).into_response());
    }
    if let Some(field) = asks_for_files {
        return super::files::step(&ctx, &services, page, token, &id, field, from_check).await;
    }
    let wanted: Vec<&Lookup> =
        service.file.pages.iter().take(at + 1).flat_map(|page| needs::of_rules(service, page)).collect();
    draft.hear(&ctx, &services, &wanted).await?;
    let here = pages(service, &draft.facts).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    draft.hear_anew(&ctx, &services, &needs::of_values(service, here)).await?;
    let asked = Asked::new(&ctx, &services, &draft, here, &around);
    let view = asked.view(page, token, from_check);
    Ok(Html(view.render()?).into_response())
}

/// How a register was heard, if it was asked.
fn heard_of(told: &[Told], lookup: &Lookup) -> Option<Heard> {
    told.iter().find(|one| one.lookup == lookup.id).map(|one| one.heard)
}

/// What a form page is made from.
pub(super) struct Asked<'a> {
    services: &'a Services,
    draft: &'a Draft<'a>,
    here: &'a PageFile,
    around: &'a Around<'a>,
    /// What this page may show, and is chosen from on it: nothing to whom nothing
    /// is told.
    sources: Sources,
    low: bool,
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        ctx: &Ctx,
        services: &'a Services,
        draft: &'a Draft<'a>,
        here: &'a PageFile,
        around: &'a Around<'a>,
    ) -> Self {
        let chosen = here.field.as_ref().is_some_and(|field| field.kind.is_chosen());
        let low = (!here.known.is_empty() || chosen) && assurance(ctx) < Assurance::Substantial;
        let mut sources = if low { Sources::default() } else { draft.sources.clone() };
        let shown = needs::of_values(draft.service, here);
        sources.told.retain(|one| shown.iter().any(|lookup| lookup.id == one.lookup));
        Self { services, draft, here, around, sources, low }
    }

    fn view(&self, page: Page, token: FormToken, from_check: bool) -> StepPage {
        let (service, told) = (self.draft.service, &self.sources.told);
        let text = |key: &str| service.text(page.locale, key);
        let known = self.here.known.iter().map(|known| {
            let value = if self.low { None } else { known_value(&page, known, told, &self.draft.facts) };
            Known { label: text(&format!("known-{}", known.id)), value }
        });
        let shown = needs::of_values(service, self.here);
        let source = shown.first().map(|lookup| text(&format!("source-{}", lookup.id)));
        let silent = |heard: Heard| told.iter().any(|one| one.heard == heard);
        let nothing = self.here.field.as_ref().filter(|field| field.kind.is_chosen() && !self.low);
        let nothing = nothing.filter(|field| self.sources.offers(field).is_some_and(|offers| offers.is_empty()));
        StepPage {
            m: Messages::new(page.locale),
            token,
            action: page.to(&format!("/cases/{}/form/{}", self.draft.case.id, self.here.id)),
            back: page.to(&self.back(from_check)),
            service: text("name"),
            title: text(&format!("page-{}-title", self.here.id)),
            saved: self.draft.case.saved_at.local_time(Zone::Hebron),
            from_check,
            source: source.unwrap_or_default(),
            heard_at: told.first().map(|one| one.at.local_minute(Zone::Hebron)),
            silent: silent(Heard::Unavailable),
            refused: silent(Heard::Refused),
            unknown: self.asked_with(&page, |lookup| heard_of(told, lookup) == Some(Heard::NotFound)),
            unasked: self.asked_with(&page, |lookup| !self.low && heard_of(told, lookup).is_none()),
            low: self.low,
            nothing: nothing.map(|field| text(&format!("field-{}-none", field.id))),
            required: self.here.field.as_ref().is_some_and(|field| field.required),
            field: self.here.field.as_ref().map(|field| self.field(&page, field, None)),
            entries: entries::list(self.services, service, &page, &self.draft.case, self.here, false),
            known: known.collect(),
            id: self.draft.case.id.to_string(),
            bundle: self.around.shown(&page, self.draft.case.id, self.here.answer()),
            page,
        }
    }

    /// The questions whose answers these lookups of the page are asked with: label
    /// and address.
    fn asked_with(&self, page: &Page, wanted: impl Fn(&Lookup) -> bool) -> Vec<(String, String)> {
        let lookups = needs::of_values(self.draft.service, self.here).into_iter().filter(|lookup| wanted(lookup));
        let fields: BTreeSet<&str> = lookups.flat_map(|lookup| lookup.asks.values().map(String::as_str)).collect();
        let asked =
            self.draft.service.file.pages.iter().filter(|page| page.answer().is_some_and(|id| fields.contains(id)));
        let line = |asked: &PageFile| {
            let label = self.draft.service.text(page.locale, &format!("field-{}-label", asked.answer()?));
            Some((label, page.to(&format!("/cases/{}/form/{}", self.draft.case.id, asked.id))))
        };
        asked.filter_map(line).collect()
    }

    fn back(&self, from_check: bool) -> String {
        before(self.draft.service, &self.draft.facts, self.around, (self.draft.case.id, self.here), from_check)
    }

    pub(super) fn field(&self, page: &Page, field: &FieldFile, typed: Option<&Typed>) -> Field {
        let answers = &self.draft.case.answers;
        let asked = question::field(self.services, self.draft.service, page, field, answers, typed);
        match self.sources.offers(field).filter(|_| field.kind.is_chosen()) {
            Some(offers) => question::offered(asked, page, field, &offers, answers.get(&field.id), typed),
            None => asked,
        }
    }

    /// Reads the answer to the page's question; none where it cannot be given yet,
    /// since nobody could be asked what there is to choose.
    pub(super) fn read(&self, field: &FieldFile, typed: &Typed) -> Result<Option<Option<Value>>, Wrong> {
        let value = field.read(&self.services.catalogue, typed);
        if !field.kind.is_chosen() {
            return value.map(Some);
        }
        let offers = if self.low { None } else { self.sources.offers(field) };
        match (offers, value) {
            (None, Ok(None) | Err(Wrong::Missing)) => Ok(None),
            (Some(offers), Ok(Some(value))) if are_offered(&offers, &value) => Ok(Some(Some(value))),
            (_, Ok(Some(_))) => Err(Wrong::NoChoice),
            (_, value) => value.map(Some),
        }
    }
}

/// A value that a page shows: a register's, or of a thing that was chosen.
pub(super) fn known_value(page: &Page, known: &KnownFile, told: &[Told], facts: &Facts) -> Option<String> {
    let whole = match known.lookup.as_str() {
        CHOSEN => Some(&facts.chosen),
        lookup => told.iter().find(|one| one.lookup == lookup).map(|one| &one.body),
    };
    whole.and_then(|whole| whole.pointer(&known.path)).and_then(|value| shown(page, value))
}

/// The page before this one.
pub(super) fn before(
    service: &Service,
    facts: &Facts,
    around: &Around<'_>,
    (id, here): (CaseId, &PageFile),
    from_check: bool,
) -> String {
    if let Some(back) = around.back(id, &here.id, from_check) {
        return back;
    }
    if from_check {
        return format!("/cases/{id}/check");
    }
    let shown = pages(service, facts);
    let at = shown.iter().position(|page| page.id == here.id).unwrap_or(0);
    match at.checked_sub(1).and_then(|before| shown.get(before)) {
        Some(before) => format!("/cases/{id}/form/{}", before.id),
        None => format!("/cases/{id}"),
    }
}

/// The page after this one, with the answer that it has now. What it means for the
/// other services of a bundle is read again.
pub(super) async fn there_after(
    ctx: &Ctx,
    services: &Services,
    draft: &mut Draft<'_>,
    around: &Around<'_>,
    (name, from_check): (&str, bool),
) -> Result<String, Problem> {
    let (id, service) = (draft.case.id, draft.service);
    follow(ctx, services, draft, service.file.pages.iter().skip_while(|page| page.id != name).skip(1)).await?;
    if around.joint.is_some()
        && let Some(there) = Around::of(ctx, services, id).await?.after(id, name, from_check)
    {
        return Ok(there);
    }
    Ok(match next(service, &draft.facts, name) {
        Some(next) if !from_check || next_is_new(next, &draft.facts) => format!("/cases/{id}/form/{}", next.id),
        _ => format!("/cases/{id}/check"),
    })
}

async fn step_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name)): Path<(String, String)>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let mut draft = draft(&ctx, &services, &id).await?;
    let service = draft.service;
    let here = pages(service, &draft.facts).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let from_check = form.get("from").map(String::as_str) == Some(BACK_TO_CHECK);
    // Files are attached where their page's form says, and nowhere typed.
    if here.field.as_ref().is_some_and(|field| field.kind == FieldKind::Files) {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}/form/{name}"))).into_response());
    }
    if here.field.as_ref().is_some_and(|field| field.kind.is_chosen()) {
        draft.hear(&ctx, &services, &needs::of_values(service, here)).await?;
    }
    let mut answers = draft.case.answers.clone();
    let around = Around::of(&ctx, &services, draft.case.id).await?;
    let asked = Asked::new(&ctx, &services, &draft, here, &around);
    if let Some(field) = &here.field {
        // Only this page's own question is read: nothing that a register knows is ever typed.
        let value = asked.read(field, &form).and_then(|read| {
            match &read {
                Some(Some(value)) => drop(answers.insert(field.id.clone(), value.clone())),
                Some(None) => drop(answers.remove(&field.id)),
                None => return Ok(None),
            }
            field.checked(&draft.with(&answers))?;
            Ok(read)
        });
        match value {
            Ok(Some(value)) => {
                let asks = |lookup: &&Lookup| lookup.asks.values().any(|asked| *asked == field.id);
                let changed = draft.case.answers.get(&field.id) != value.as_ref();
                let stale = service.file.lookups.iter().filter(|lookup| changed && asks(lookup));
                let stale = stale.map(|lookup| lookup.id.clone()).collect();
                let key = form.key("services.answer");
                let kept = answer_anew(&ctx, key, draft.case.id, &field.id, value, stale).await;
                kept.map_err(|refusal| problem(ctx.locale, refusal))?;
            }
            Ok(None) => {}
            Err(wrong) => {
                let error = question::refusal(service, &page, field, wrong);
                let again = Field { error: Some(error), ..asked.field(&page, field, Some(&form)) };
                let mut view = asked.view(page, token, from_check);
                view.field = Some(again);
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
            }
        }
    }
    if here.repeat.as_ref().is_some_and(|repeat| entries_of(&draft.facts, &repeat.id) < repeat.least) {
        let lacking = entries::list(&services, service, &page, &draft.case, here, true);
        let mut view = asked.view(page, token, from_check);
        view.entries = lacking;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
    }
    draft.answer(answers);
    let there = there_after(&ctx, &services, &mut draft, &around, (&name, from_check)).await?;
    Ok(Redirect::to(&page.to(&there)).into_response())
}

/// Where a draft's form begins: at the first page that shows, or where it is checked.
pub(super) async fn begins(ctx: &Ctx, services: &Services, draft: &mut Draft<'_>) -> Result<String, Problem> {
    let (id, service) = (draft.case.id, draft.service);
    follow(ctx, services, draft, service.file.pages.iter()).await?;
    Ok(match pages(service, &draft.facts).first() {
        Some(first) => format!("/cases/{id}/form/{}", first.id),
        None => format!("/cases/{id}/check"),
    })
}

/// Asks registers what decides which of these pages shows first.
async fn follow<'s>(
    ctx: &Ctx,
    services: &Services,
    draft: &mut Draft<'_>,
    pages: impl Iterator<Item = &'s PageFile>,
) -> Result<(), Problem> {
    let service = draft.service;
    for page in pages.filter(|page| !page.officers) {
        let wanted = needs::of_when(service, page);
        if !wanted.is_empty() {
            draft.hear(ctx, services, &wanted).await?;
        }
        if page.when.as_ref().is_none_or(|rule| rule.holds(&draft.facts).unwrap_or(false)) {
            break;
        }
    }
    Ok(())
}

/// A change on the check page can open a question that was hidden before.
fn next_is_new(page: &PageFile, facts: &Facts) -> bool {
    let field = page.field.as_ref().is_some_and(|field| field.required && facts.answers.get(&field.id).is_none());
    field || page.repeat.as_ref().is_some_and(|repeat| entries_of(facts, &repeat.id) < repeat.least)
}
