//! Applying: begin, one question a page, check the answers, send.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{Assurance, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Visit,
};

use super::entries::{self, Entries};
use super::fees;
use super::question::{self, Field, answered};
use super::{case_id, person, problem, shown};
use crate::case::{Case, Refusal, Stage, drafts_of, own};
use crate::draft::{answer_anew, assurance, discard, hear, prefill, required, start, submit};
use crate::eligible;
use crate::field::{FieldFile, Typed};
use crate::folder::{Condition, Lookup, PageFile, Service};
use crate::form::{entries as entries_of, facts, missing, next, pages};
use crate::messages::Messages;
use crate::needs;
use crate::opening::Doors;
use crate::renew::renewed;
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
const BACK_TO_CHECK: &str = "check";

#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
struct From {
    from: Option<String>,
}

/// Whether one may apply: what does not hold, with what would change it.
struct Eligible {
    failing: Vec<(String, String)>,
    unknown: bool,
}

fn reasons(service: &Service, page: &Page, failing: &[Condition]) -> Vec<(String, String)> {
    failing.iter().map(|one| (one.why(service, page.locale), one.change(service, page.locale))).collect()
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
    fees: Vec<String>,
    /// How the conditions stand; none where there are none.
    eligible: Option<Eligible>,
    low: bool,
    drafts: Vec<DraftLine>,
}

impl StartPage {
    fn is_refused(&self) -> bool {
        self.eligible.as_ref().is_some_and(|eligible| !eligible.failing.is_empty())
    }
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
    /// Why it was not sent, and what would change that.
    refused: Vec<(String, String)>,
    /// What these answers come to: each fee, and how much.
    costs: Vec<(String, String)>,
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
    let (wanted, doors, today) = (key.clone(), Doors::of(&service.file), ctx.now().date(Zone::Hebron));
    let drafts = ctx.read(move |read| {
        doors.admit(read, person, today)?;
        Ok::<_, Refusal>(drafts_of(read, person, &wanted)?)
    });
    let drafts = drafts.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let drafts = drafts.into_iter().map(|(id, saved_at)| DraftLine {
        href: page.to(&format!("/cases/{id}")),
        saved: saved_at.local_minute(Zone::Hebron),
    });
    let low = assurance(&ctx) < required(&ctx, service).await?;
    let eligible = if service.file.eligible.is_empty() {
        None
    } else {
        let verdict = eligible::look(&ctx, &services, service).await?;
        Some(Eligible { failing: reasons(service, &page, &verdict.failing), unknown: verdict.unknown })
    };
    let text = |name: &str| service.text(page.locale, name);
    let view = StartPage {
        m: Messages::new(page.locale),
        token,
        name: text("name"),
        who: text("who-may-apply"),
        needed: text("what-is-needed"),
        fees: fees::lines(service, &page),
        eligible,
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
    person(ctx)?;
    let (id, actor) = (case_id(id)?, ctx.actor.clone());
    let read = ctx.read(move |read| {
        let case = own(read, id, &actor)?;
        let told = told(read, &case)?;
        Ok::<_, Refusal>((case, told))
    });
    let (case, told) = read.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let (case, _) = renewed(ctx, services, case).await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
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
    let (case, service, told, facts_before) = draft(&ctx, &services, &id).await?;
    if case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let at = service.file.pages.iter().position(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let wanted: Vec<&Lookup> =
        service.file.pages.iter().take(at + 1).flat_map(|page| needs::of_rules(service, page)).collect();
    let told = hear(&ctx, &services, &case, told, &wanted).await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let facts = facts(facts_before.today, &case.answers, registers(&told));
    let here = pages(service, &facts).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let wanted = needs::of_values(service, here);
    let told = prefill(&ctx, &services, &case, &wanted, "case.form").await;
    let told = told.map_err(|refusal| problem(ctx.locale, refusal))?;
    let asked = Asked { service, services: &services, case: &case, facts: &facts, here };
    let from_check = from.from.as_deref() == Some(BACK_TO_CHECK);
    let view = asked.view(&ctx, page, token, &told, from_check);
    Ok(Html(view.render()?).into_response())
}

/// How a register was heard, if it was asked.
fn heard_of(told: &[Told], lookup: &Lookup) -> Option<Heard> {
    told.iter().find(|one| one.lookup == lookup.id).map(|one| one.heard)
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
        let low = !self.here.known.is_empty() && assurance(ctx) < Assurance::Substantial;
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
            unknown: self.asked_with(&page, |lookup| heard_of(told, lookup) == Some(Heard::NotFound)),
            unasked: self.asked_with(&page, |lookup| !low && heard_of(told, lookup).is_none()),
            low,
            field: self.here.field.as_ref().map(|field| self.field(&page, field, None)),
            entries: entries::list(self.services, self.service, &page, self.case, self.here, false),
            known: known.collect(),
            page,
        }
    }

    /// The questions whose answers these lookups of the page are asked with: label
    /// and address.
    fn asked_with(&self, page: &Page, wanted: impl Fn(&Lookup) -> bool) -> Vec<(String, String)> {
        let lookups = needs::of_values(self.service, self.here).into_iter().filter(|lookup| wanted(lookup));
        let fields: BTreeSet<&str> = lookups.flat_map(|lookup| lookup.asks.values().map(String::as_str)).collect();
        let asked = self.service.file.pages.iter().filter(|page| page.answer().is_some_and(|id| fields.contains(id)));
        let line = |asked: &PageFile| {
            let label = self.service.text(page.locale, &format!("field-{}-label", asked.answer()?));
            Some((label, page.to(&format!("/cases/{}/form/{}", self.case.id, asked.id))))
        };
        asked.filter_map(line).collect()
    }

    fn back(&self, from_check: bool) -> String {
        let id = self.case.id;
        if from_check {
            return format!("/cases/{id}/check");
        }
        let shown = pages(self.service, self.facts);
        let at = shown.iter().position(|page| page.id == self.here.id).unwrap_or(0);
        match at.checked_sub(1).and_then(|before| shown.get(before)) {
            Some(before) => format!("/cases/{id}/form/{}", before.id),
            None => format!("/cases/{id}"),
        }
    }

    fn field(&self, page: &Page, field: &FieldFile, typed: Option<&Typed>) -> Field {
        question::field(self.services, self.service, page, field, &self.case.answers, typed)
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
    let (case, service, told, facts_before) = draft(&ctx, &services, &id).await?;
    let here = pages(service, &facts_before).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let from_check = form.get("from").map(String::as_str) == Some(BACK_TO_CHECK);
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
                let asks = |lookup: &&Lookup| lookup.asks.values().any(|asked| *asked == field.id);
                let changed = case.answers.get(&field.id) != value.as_ref();
                let stale = service.file.lookups.iter().filter(|lookup| changed && asks(lookup));
                let stale = stale.map(|lookup| lookup.id.clone()).collect();
                let kept = answer_anew(&ctx, form.key("services.answer"), case.id, &field.id, value, stale).await;
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
    let case = Case { answers, ..case };
    let after = following(&ctx, &services, service, &case, told, (&facts_before, &name)).await?;
    let there = match next(service, &after, &name) {
        Some(next) if !from_check || next_is_new(next, &after) => format!("/cases/{id}/form/{}", next.id),
        _ => format!("/cases/{id}/check"),
    };
    Ok(Redirect::to(&page.to(&there)).into_response())
}

/// What rules may look at once registers were asked what decides which page follows.
async fn following(
    ctx: &Ctx,
    services: &Services,
    service: &Service,
    case: &Case,
    told: Vec<Told>,
    (before, name): (&Facts, &str),
) -> Result<Facts, Problem> {
    let mut told: Vec<Told> = told.into_iter().filter(|one| one.holds(&case.answers)).collect();
    let mut after = facts(before.today, &case.answers, registers(&told));
    for page in service.file.pages.iter().skip_while(|page| page.id != name).skip(1) {
        let wanted = needs::of_when(service, page);
        if !wanted.is_empty() {
            let heard = hear(ctx, services, case, told, &wanted).await;
            told = heard.map_err(|refusal| problem(ctx.locale, refusal))?;
            after = facts(before.today, &case.answers, registers(&told));
        }
        if page.when.as_ref().is_none_or(|rule| rule.holds(&after).unwrap_or(false)) {
            break;
        }
    }
    Ok(after)
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
    checked(ctx, page, token, services, id, &[]).await
}

/// The check page, again with the conditions for which it was not sent.
async fn checked(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    services: Arc<Services>,
    id: String,
    refused: &[Condition],
) -> Result<Response, Problem> {
    let (case, service, told, facts_before) = draft(&ctx, &services, &id).await?;
    if case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let wanted: Vec<&Lookup> = service.file.pages.iter().flat_map(|page| needs::of_rules(service, page)).collect();
    let told = hear(&ctx, &services, &case, told, &wanted).await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let facts = facts(facts_before.today, &case.answers, registers(&told));
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
    let seen = Facts { registers: registers(&told), ..facts.clone() };
    let costs = fees::estimate(&ctx, &services, service, &seen, &page).await;
    let view = CheckPage {
        m: Messages::new(page.locale),
        token,
        service: text("name"),
        missing: missing.collect(),
        refused: reasons(service, &page, refused),
        costs: costs.map_err(|refusal| problem(ctx.locale, refusal))?,
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
    let status = if refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(view.render()?)).into_response())
}

async fn send(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Nothing>,
) -> Result<Response, Problem> {
    let (case, service, _, facts) = draft(&ctx, &services, &id).await?;
    if case.stage == Stage::Draft {
        if !missing(service, &facts).is_empty() {
            return Ok(Redirect::to(&page.to(&format!("/cases/{id}/check"))).into_response());
        }
        match submit(&ctx, form.key("services.submit"), &services, case.id).await {
            Err(Refusal::NotEligible(failing)) => return checked(ctx, page, token, services, id, &failing).await,
            sent => sent.map_err(|refusal| problem(ctx.locale, refusal))?,
        }
    }
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response())
}

async fn throw_away(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let gone = discard(&ctx, form.key("services.discard"), case_id(&id)?).await;
    gone.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to("/cases")))
}
