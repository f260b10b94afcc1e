//! The one page on which the answers of all services of a bundle are checked.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Assurance, CaseId};
use catalogue::Service;
use catalogue::chosen::in_words_or;
use serde_json::Value;
use store::Ctx;
use web::{Extension, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response};

use super::joint;
use crate::bundle::{Begun, BundleStage};
use crate::draft::{assurance, required};
use crate::http::around::name;
use crate::http::check::{Checked, lacking, step_up};
use crate::http::question::answered;
use crate::http::shown;
use crate::messages::Messages;
use crate::system::Services;

/// A service and its answers on the check page.
struct Section {
    name: String,
    lines: Vec<Checked>,
}

#[derive(Template)]
#[template(path = "bundle_check.html")]
struct CheckPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    sections: Vec<Section>,
    /// What is lacking: where, of which service, and what.
    missing: Vec<(String, String, String)>,
    silent: bool,
    low: bool,
    step_up: String,
    any: bool,
}

pub(super) async fn check(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let joint = joint(&ctx, &services, &id).await?;
    if joint.bundle.stage != BundleStage::Draft {
        return Ok(Redirect::to(&page.to(&format!("/bundles/{id}"))).into_response());
    }
    let mut highest = Assurance::Low;
    for (_, service, _) in joint.open() {
        highest = highest.max(required(&ctx, service).await?);
    }
    let (known, asked_before) = (assurance(&ctx) >= Assurance::Substantial, joint.asked_before());
    let sections: Vec<Section> = joint
        .open()
        .map(|(_, service, begun)| section(&services, &page, (service, begun), known, &asked_before))
        .collect();
    let view = CheckPage {
        m: Messages::new(page.locale),
        name: name(&joint, &page),
        any: !sections.is_empty(),
        sections,
        missing: joint.open().flat_map(|(_, service, begun)| lacking_of(&page, service, begun)).collect(),
        silent: joint.open().any(|(_, _, begun)| begun.told.iter().any(|one| !one.heard.is_final())),
        low: assurance(&ctx) < highest,
        step_up: step_up(&page, highest, &format!("/bundles/{id}/check")),
        token,
        id,
        page,
    };
    Ok(Html(view.render()?).into_response())
}

/// The answers of one member; what members share stands where it was asked first.
fn section(
    services: &Services,
    page: &Page,
    (service, begun): (&Service, &Begun),
    known: bool,
    asked_before: &BTreeSet<(CaseId, String)>,
) -> Section {
    let text = |key: &str| service.text(page.locale, key);
    let unnamed = Messages::new(page.locale).to_be_checked();
    let words = match (&begun.facts.answers, known) {
        (Value::Object(answers), true) => in_words_or(service, answers, &begun.facts.chosen, unnamed),
        _ => in_words_or(service, &begun.case.answers, &Value::Null, unnamed),
    };
    let mut lines = Vec::new();
    for asked in catalogue::form::pages(service, &begun.facts) {
        if asked_before.contains(&(begun.case.id, asked.id.clone())) {
            continue;
        }
        for value in &asked.known {
            // A password alone is not enough to read what a register told at an earlier sign-in.
            let body = begun.told.iter().find(|one| known && one.lookup == value.lookup).map(|one| &one.body);
            let found = body.and_then(|body| body.pointer(&value.path)).and_then(|value| shown(page, value));
            let label = text(&format!("known-{}", value.id));
            lines.push(Checked { label, value: found, change: None, from_register: true });
        }
        for one in answered(services, service, page, asked, &words) {
            let change = page.to(&format!("/cases/{}/form/{}?from=check", begun.case.id, asked.id));
            lines.push(Checked { label: one.label, value: one.value, change: Some(change), from_register: false });
        }
    }
    Section { name: text("name"), lines }
}

/// What one member lacks: where, of which service, and what.
fn lacking_of(page: &Page, service: &Service, begun: &Begun) -> Vec<(String, String, String)> {
    let lines = lacking(service, page, &begun.case.id.to_string(), &begun.facts).into_iter();
    lines.map(|(href, what)| (href, service.text(page.locale, "name"), what)).collect()
}
