//! Before sending: every answer on one page, what is lacking, what it costs, and the
//! button that sends.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::Assurance;
use catalogue::chosen::in_words_or;
use catalogue::form::{missing, pages};
use catalogue::told::Heard;
use catalogue::{Condition, Lookup, Service, needs};
use serde_json::Value;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route};

use super::around::Around;
use super::fees;
use super::form::{BACK_TO_CHECK, Nothing, known_value};
use super::open_draft::{Draft, draft};
use super::question::answered;
use super::{case_id, problem};
use crate::case::{Refusal, Stage};
use crate::draft::{assurance, discard, required, submit};
use crate::messages::Messages;
use crate::system::Services;
use rules::Facts;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/check", Right::SignedIn, check).states(&["ok", "404"]),
        Route::post("/cases/{case}/submit", Right::SignedIn, send),
        Route::post("/cases/{case}/discard", Right::SignedIn, throw_away),
    ]
}

/// One answer on the check page.
pub(super) struct Checked {
    pub(super) label: String,
    pub(super) value: Option<String>,
    pub(super) change: Option<String>,
    pub(super) from_register: bool,
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

/// Conditions that do not hold: why, and what would change it.
pub(super) fn reasons(service: &Service, page: &Page, failing: &[Condition]) -> Vec<(String, String)> {
    failing.iter().map(|one| (one.why(service, page.locale), one.change(service, page.locale))).collect()
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
    let mut draft = draft(&ctx, &services, &id).await?;
    if draft.case.stage != Stage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
    }
    let service = draft.service;
    // A service of a bundle is checked and sent with the others.
    let around = Around::of(&ctx, &services, draft.case.id).await?;
    if let Some(there) = around.check() {
        return Ok(Redirect::to(&page.to(&there)).into_response());
    }
    let wanted: Vec<&Lookup> = service.file.pages.iter().flat_map(|page| needs::of_rules(service, page)).collect();
    draft.hear(&ctx, &services, &wanted).await?;
    // What was told for an answer that has changed since is asked anew.
    let asked = pages(service, &draft.facts).into_iter().flat_map(|page| needs::of_values(service, page));
    let asked: Vec<&Lookup> = asked.filter(|lookup| !lookup.asks.is_empty()).collect();
    draft.hear(&ctx, &services, &asked).await?;
    let facts = &draft.facts;
    let text = |key: &str| service.text(page.locale, key);
    // A password alone is not enough to read what a register told at an earlier sign-in.
    let proven = assurance(&ctx) >= Assurance::Substantial;
    let told = if proven { draft.sources.told.clone() } else { Vec::new() };
    let unnamed = Messages::new(page.locale).to_be_checked();
    let words = match (&facts.answers, proven) {
        (Value::Object(answers), true) => in_words_or(service, answers, &facts.chosen, unnamed),
        _ => in_words_or(service, &draft.case.answers, &Value::Null, unnamed),
    };
    let mut lines = Vec::new();
    for shown_page in pages(service, facts) {
        for known in &shown_page.known {
            let unknown = told.iter().any(|one| one.lookup == known.lookup && one.heard == Heard::NotFound);
            let value = match (proven, unknown) {
                (true, true) => Some(Messages::new(page.locale).not_registered().to_owned()),
                (true, false) => known_value(&page, known, &told, facts),
                (false, _) => None,
            };
            let label = text(&format!("known-{}", known.id));
            lines.push(Checked { label, value, change: None, from_register: true });
        }
        for one in answered(&services, service, &page, shown_page, &words) {
            let change = page.to(&format!("/cases/{id}/form/{}?from={BACK_TO_CHECK}", shown_page.id));
            lines.push(Checked { label: one.label, value: one.value, change: Some(change), from_register: false });
        }
    }
    let required = required(&ctx, service).await?;
    let seen = Facts { registers: catalogue::told::registers(&told), ..facts.clone() };
    let costs = fees::estimate(&ctx, &services, service, &seen, &page).await;
    let view = CheckPage {
        m: Messages::new(page.locale),
        token,
        service: text("name"),
        missing: lacking(service, &page, &id, facts),
        refused: reasons(service, &page, refused),
        costs: costs.map_err(|refusal| problem(ctx.locale, refusal))?,
        silent: told.iter().any(|one| !one.heard.is_final()),
        low: assurance(&ctx) < required,
        step_up: step_up(&page, required, &format!("/cases/{id}/check")),
        lines,
        id,
        page,
    };
    let status = if refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, Html(view.render()?)).into_response())
}

/// What a draft lacks: where it is answered, and what is wrong with it.
pub(super) fn lacking(service: &Service, page: &Page, id: &str, facts: &Facts) -> Vec<(String, String)> {
    let lines = missing(service, facts).into_iter().filter_map(|name| {
        let at = service.file.pages.iter().find(|page| page.answer() == Some(&name))?;
        let href = page.to(&format!("/cases/{id}/form/{}?from={BACK_TO_CHECK}", at.id));
        let (what, why) = match &at.field {
            Some(field) if facts.answers.get(&field.id).is_some() => ("field", "refused"),
            Some(_) => ("field", "missing"),
            None => ("repeat", "missing"),
        };
        Some((href, service.text(page.locale, &format!("{what}-{name}-{why}"))))
    });
    lines.collect()
}

/// Where one proves who one is, to come back to the check page.
pub(super) fn step_up(page: &Page, required: Assurance, back: &str) -> String {
    let back = web::fields::encode(&page.to(back));
    page.to(&format!("/sign-in?level={}&return={back}", required.as_str()))
}

async fn send(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Nothing>,
) -> Result<Response, Problem> {
    let Draft { case, service, facts, .. } = draft(&ctx, &services, &id).await?;
    if case.stage == Stage::Draft {
        if let Some(there) = Around::of(&ctx, &services, case.id).await?.check() {
            return Ok(Redirect::to(&page.to(&there)).into_response());
        }
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
