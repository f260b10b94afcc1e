//! Applying: begin, one question a page, check the answers, send.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{Assurance, CaseId, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Visit,
};

use super::entries::{self, Entries};
use super::question::{self, Field, answered};
use super::{case_id, person, problem, shown};
use crate::case::{Case, Refusal, Stage, drafts_of, own};
use crate::draft::{admit, answer, assurance, discard, prefill, required, start, submit};
use crate::field::{FieldFile, FieldKind, Typed};
use crate::folder::{Lookup, PageFile, Service};
use crate::form::{entries as entries_of, facts, missing, next, pages};
use crate::messages::Messages;
use crate::rules::Facts;
use crate::system::Services;
use crate::told::{Heard, Told, registers, told};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/services/{key}/start", Right::SignedIn, begin).states(&["ok", "404"]),
        Route::post("/services/{key}/start", Right::SignedIn, begin_post),
        Route::get("/cases/{case}/form/{page}", Right::SignedIn, step).states(&["ok", "known", "silent", "404"]),
        Route::post("/cases/{case}/form/{page}", Right::SignedIn, step_post),
        Route::get("/cases/{case}/check", Right::SignedIn, check).states(&["ok", "404"]),
        Route::post("/cases/{case}/submit", Right::SignedIn, send),
        Route::post("/cases/{case}/discard", Right::SignedIn, throw_away),
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

/// A draft that can be continued.
struct DraftLine {
    href: String,
    saved: String,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    page: Page,
    m: Messages,
    token: FormToken,
    key: String,
    name: String,
    who: String,
    needed: String,
    low: bool,
    drafts: Vec<DraftLine>,
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
    field: Option<Field>,
    entries: Option<Entries>,
}

impl StepPage {
    fn is_wrong(&self) -> bool {
        let field = self.field.as_ref().is_some_and(|field| field.error.is_some());
        field || self.entries.as_ref().is_some_and(|entries| entries.error.is_some())
    }
}

/// One answer on the check page.
struct Checked {
    label: String,
    value: Option<String>,
    change: Option<String>,
    from_register: bool,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    service: String,
    lines: Vec<Checked>,
    missing: Vec<(String, String)>,
    silent: bool,
    low: bool,
    step_up: String,
}

async fn begin(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let service = services.catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let person = person(&ctx)?;
    if !ctx.actor.covers(&key) {
        return Err(problem(ctx.locale, Refusal::OutOfMandate));
    }
    let (wanted, audience) = (key.clone(), service.file.audience.clone());
    let drafts = ctx.read(move |read| {
        admit(read, &audience, person)?;
        Ok::<_, Refusal>(drafts_of(read, person, &wanted)?)
    });
    let drafts = drafts.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let drafts = drafts.into_iter().map(|(id, saved_at)| DraftLine {
        href: page.to(&format!("/cases/{id}")),
        saved: saved_at.local_minute(Zone::Hebron),
    });
    let low = assurance(&ctx) < required(&ctx, service).await?;
    let text = |name: &str| service.text(page.locale, name);
    let view = StartPage {
        m: Messages::new(page.locale),
        token,
        name: text("name"),
        who: text("who-may-apply"),
        needed: text("what-is-needed"),
        low,
        drafts: drafts.collect(),
        key,
        page,
    };
    Ok(Html(view.render()?))
}

async fn begin_post(
    ctx: Ctx,
    visit: Visit,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let begun = start(&ctx, form.key("services.start"), &services.catalogue, &key).await;
    let id = begun.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let first = service.file.pages.first().map(|page| page.id.as_str()).unwrap_or_default();
    Ok(Redirect::to(&visit.localised(&format!("/cases/{id}/form/{first}"))))
}

/// A draft of whoever is signed in, its folder, and what rules may look at.
pub(super) async fn draft<'s>(
    ctx: &Ctx,
    services: &'s Services,
    id: &str,
) -> Result<(Case, &'s Service, Vec<Told>, Facts), Problem> {
    let (person, id, actor) = (person(ctx)?, case_id(id)?, ctx.actor.clone());
    let read = ctx.read(move |read| {
        let case = own(read, id, &actor)?;
        let told = told(read, id, person)?;
        Ok::<_, Refusal>((case, told))
    });
    let (case, told) = read.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.service(&case.service).ok_or_else(Problem::not_found)?;
    let facts = facts(ctx.now().date(Zone::Hebron), &case.answers, registers(&told));
    Ok((case, service, told, facts))
}

async fn step(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name)): Path<(String, String)>,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let (case, service, _, facts) = draft(&ctx, &services, &id).await?;
    if case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let here = pages(service, &facts).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    if let Some(field) = here.field.as_ref().filter(|field| field.kind == FieldKind::Files) {
        let from_check = from.from.as_deref() == Some(BACK_TO_CHECK);
        return super::files::step(&ctx, &services, page, token, &id, field, from_check).await;
    }
    let wanted: Vec<&Lookup> =
        service.file.lookups.iter().filter(|lookup| here.known.iter().any(|known| known.lookup == lookup.id)).collect();
    let told = prefill(&ctx, &services, &case, &wanted, "case.form").await;
    let told = told.map_err(|refusal| problem(ctx.locale, refusal))?;
    let asked = Asked { service, services: &services, case: &case, facts: &facts, here };
    let from_check = from.from.as_deref() == Some(BACK_TO_CHECK);
    let view = asked.view(&ctx, page, token, &told, from_check);
    Ok(Html(view.render()?).into_response())
}

/// What a form page is made from.
struct Asked<'a> {
    service: &'a Service,
    services: &'a Services,
    case: &'a Case,
    facts: &'a Facts,
    here: &'a PageFile,
}

impl Asked<'_> {
    fn view(&self, ctx: &Ctx, page: Page, token: FormToken, told: &[Told], from_check: bool) -> StepPage {
        let text = |key: &str| self.service.text(page.locale, key);
        let known = self.here.known.iter().map(|known| {
            let body = told.iter().find(|one| one.lookup == known.lookup).map(|one| &one.body);
            let value = body.and_then(|body| body.pointer(&known.path)).and_then(|value| shown(&page, value));
            Known { label: text(&format!("known-{}", known.id)), value }
        });
        let source = self.here.known.first().map(|known| text(&format!("source-{}", known.lookup)));
        let silent = |heard: Heard| told.iter().any(|one| one.heard == heard);
        StepPage {
            m: Messages::new(page.locale),
            token,
            action: page.to(&format!("/cases/{}/form/{}", self.case.id, self.here.id)),
            back: page.to(&self.back(from_check)),
            service: text("name"),
            title: text(&format!("page-{}-title", self.here.id)),
            saved: self.case.saved_at.local_time(Zone::Hebron),
            from_check,
            source: source.unwrap_or_default(),
            heard_at: told.first().map(|one| one.at.local_minute(Zone::Hebron)),
            silent: silent(Heard::Unavailable),
            refused: silent(Heard::Refused),
            low: !self.here.known.is_empty() && assurance(ctx) < Assurance::Substantial,
            field: self.here.field.as_ref().map(|field| self.field(&page, field, None)),
            entries: entries::list(self.services, self.service, &page, self.case, self.here, false),
            known: known.collect(),
            page,
        }
    }

    fn back(&self, from_check: bool) -> String {
        before(self.service, self.facts, self.case.id, self.here, from_check)
    }

    fn field(&self, page: &Page, field: &FieldFile, typed: Option<&Typed>) -> Field {
        question::field(self.services, self.service, page, field, &self.case.answers, typed)
    }
}

/// The page before this one.
pub(super) fn before(service: &Service, facts: &Facts, id: CaseId, here: &PageFile, from_check: bool) -> String {
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

/// The page after this one, with the answer that it has now.
pub(super) fn there_after(service: &Service, after: &Facts, id: CaseId, page: &str, from_check: bool) -> String {
    match next(service, after, page) {
        Some(next) if !from_check || next_is_new(next, after) => format!("/cases/{id}/form/{}", next.id),
        _ => format!("/cases/{id}/check"),
    }
}

async fn step_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name)): Path<(String, String)>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let (case, service, _, facts_before) = draft(&ctx, &services, &id).await?;
    let here = pages(service, &facts_before).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let from_check = form.get("from").map(String::as_str) == Some(BACK_TO_CHECK);
    // Files are attached where their page's form says, and nowhere typed.
    if here.field.as_ref().is_some_and(|field| field.kind == FieldKind::Files) {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}/form/{name}"))).into_response());
    }
    let mut answers = case.answers.clone();
    let asked = Asked { service, services: &services, case: &case, facts: &facts_before, here };
    if let Some(field) = &here.field {
        // Only this page's own question is read: nothing that a register knows is ever typed.
        let value = field.read(&services.catalogue, &form).and_then(|value| {
            match &value {
                Some(value) => drop(answers.insert(field.id.clone(), value.clone())),
                None => drop(answers.remove(&field.id)),
            }
            field.checked(&facts(facts_before.today, &answers, facts_before.registers.clone()))?;
            Ok(value)
        });
        match value {
            Ok(value) => {
                let kept = answer(&ctx, form.key("services.answer"), case.id, &field.id, value).await;
                kept.map_err(|refusal| problem(ctx.locale, refusal))?;
            }
            Err(wrong) => {
                let error = question::refusal(service, &page, field, wrong);
                let again = Field { error: Some(error), ..asked.field(&page, field, Some(&form)) };
                let mut view = asked.view(&ctx, page, token, &[], from_check);
                view.field = Some(again);
                return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
            }
        }
    }
    if here.repeat.as_ref().is_some_and(|repeat| entries_of(&facts_before, &repeat.id) < repeat.least) {
        let lacking = entries::list(&services, service, &page, &case, here, true);
        let mut view = asked.view(&ctx, page, token, &[], from_check);
        view.entries = lacking;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
    }
    let after = facts(facts_before.today, &answers, facts_before.registers.clone());
    let there = there_after(service, &after, case.id, &name, from_check);
    Ok(Redirect::to(&page.to(&there)).into_response())
}

/// A change on the check page can open a question that was hidden before.
fn next_is_new(page: &PageFile, facts: &Facts) -> bool {
    let field = page.field.as_ref().is_some_and(|field| field.required && facts.answers.get(&field.id).is_none());
    field || page.repeat.as_ref().is_some_and(|repeat| entries_of(facts, &repeat.id) < repeat.least)
}

async fn check(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (case, service, told, facts) = draft(&ctx, &services, &id).await?;
    if case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let text = |key: &str| service.text(page.locale, key);
    // A password alone is not enough to read what a register told at an earlier sign-in.
    let told = if assurance(&ctx) < Assurance::Substantial { Vec::new() } else { told };
    let mut lines = Vec::new();
    for shown_page in pages(service, &facts) {
        for known in &shown_page.known {
            let body = told.iter().find(|one| one.lookup == known.lookup).map(|one| &one.body);
            let value = body.and_then(|body| body.pointer(&known.path)).and_then(|value| shown(&page, value));
            let label = text(&format!("known-{}", known.id));
            lines.push(Checked { label, value, change: None, from_register: true });
        }
        for one in answered(&services, service, &page, shown_page, &case.answers) {
            let change = page.to(&format!("/cases/{id}/form/{}?from={BACK_TO_CHECK}", shown_page.id));
            lines.push(Checked { label: one.label, value: one.value, change: Some(change), from_register: false });
        }
    }
    let missing = missing(service, &facts).into_iter().filter_map(|name| {
        let at = service.file.pages.iter().find(|page| page.answer() == Some(&name))?;
        let href = page.to(&format!("/cases/{id}/form/{}?from={BACK_TO_CHECK}", at.id));
        let (what, why) = match &at.field {
            Some(field) if facts.answers.get(&field.id).is_some() => ("field", "refused"),
            Some(_) => ("field", "missing"),
            None => ("repeat", "missing"),
        };
        Some((href, text(&format!("{what}-{name}-{why}"))))
    });
    let required = required(&ctx, service).await?;
    let view = CheckPage {
        m: Messages::new(page.locale),
        token,
        service: text("name"),
        missing: missing.collect(),
        silent: told.iter().any(|one| !one.heard.is_final()),
        low: assurance(&ctx) < required,
        step_up: page.to(&format!(
            "/sign-in?level={}&return={}",
            required.as_str(),
            web::fields::encode(&page.to(&format!("/cases/{id}/check")))
        )),
        lines,
        id,
        page,
    };
    Ok(Html(view.render()?).into_response())
}

async fn send(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let (case, service, _, facts) = draft(&ctx, &services, &id).await?;
    if case.stage == Stage::Draft {
        if !missing(service, &facts).is_empty() {
            return Ok(Redirect::to(&page.to(&format!("/cases/{id}/check"))));
        }
        let sent = submit(&ctx, form.key("services.submit"), &services, case.id).await;
        sent.map_err(|refusal| problem(ctx.locale, refusal))?;
    }
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}

async fn throw_away(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let gone = discard(&ctx, form.key("services.discard"), case_id(&id)?).await;
    gone.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to("/cases")))
}
