//! Mandates that are shown at a counter: the form that proposes one, and the
//! one that ends one. The numbers come by form, so that they stand in no address.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use base::{IdNumber, MandateId, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Problem, Redirect, Response};

use super::super::html;
use super::super::mandates::{kind, known, scope_of, unfit};
use super::refused;
use crate::Identity;
use crate::mandate::counter::{self, DOCUMENT_CHARS, Shown};
use crate::mandate::{Kind, end as ending};
use crate::messages::Messages;
use crate::model::Refusal;
use crate::proposal;

#[derive(Template)]
#[template(path = "desk_identity_mandates.html")]
struct AskPage {
    page: Page,
    m: Messages,
    token: FormToken,
    form: Typed,
    kinds: Vec<(&'static str, &'static str)>,
    services: Vec<(String, String)>,
    characters: usize,
    error: Option<&'static str>,
}

#[derive(Deserialize, Default)]
pub(super) struct Typed {
    kind: String,
    principal: String,
    agent: String,
    document: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    ceiling: String,
    valid_from: String,
    valid_until: String,
}

#[derive(Deserialize)]
pub(super) struct Ending {
    mandate: String,
    reason: String,
}

async fn asking(
    ctx: &Ctx,
    page: Page,
    token: FormToken,
    form: Typed,
    error: Option<&'static str>,
) -> Result<Response, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let services = ctx.read(move |read| known(read, locale)).await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let kinds = Kind::SHOWN.map(|one| (one.as_str(), kind(m, one))).to_vec();
    let view = AskPage { page, m, token, form, kinds, services, characters: DOCUMENT_CHARS, error };
    Ok(html(view.render()?, status))
}

pub(super) async fn ask(ctx: Ctx, page: Page, token: FormToken) -> Result<Response, Problem> {
    let today = ctx.now().date(Zone::Hebron);
    let form = Typed {
        scope: "all".to_owned(),
        valid_from: today.to_string(),
        valid_until: today.plus_years(1).to_string(),
        ..Typed::default()
    };
    asking(&ctx, page, token, form, None).await
}

/// What was typed, if it can be read.
fn shown(form: &Typed) -> Result<Shown, &'static str> {
    let number = |typed: &str| IdNumber::parse(typed).ok_or("number");
    let days = [form.valid_from.as_str(), form.valid_until.as_str()];
    Ok(Shown {
        kind: Kind::parse(&form.kind).filter(|kind| Kind::SHOWN.contains(kind)).ok_or("document")?,
        principal: number(&form.principal)?,
        agent: number(&form.agent)?,
        document: form.document.trim().to_owned(),
        scope: scope_of(form.scope == "all", &form.services, &form.ceiling, days)?,
    })
}

pub(super) async fn propose(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let key = form.key("identity.propose_mandate");
    let form = form.into_inner();
    let proposed = match shown(&form) {
        Ok(shown) => match counter::prepare(&ctx, &identity, shown).await {
            Ok(change) => proposal::propose(&ctx, key, change, identity.here).await,
            Err(refusal) => Err(refusal),
        },
        Err(part) => Err(Refusal::Unfit(part)),
    };
    match proposed {
        Ok(id) => Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{id}"))).into_response()),
        Err(Refusal::Unfit(part)) => asking(&ctx, page, token, form, Some(unfit(m, part))).await,
        Err(refusal) => Err(refused(page.locale)(refusal).link("/desk/identity/mandates", m.shown_mandates_title())),
    }
}

/// Ends a mandate by the number that both people read on their page.
pub(super) async fn end(ctx: Ctx, page: Page, form: Form<Ending>) -> Result<Redirect, Problem> {
    let m = Messages::new(page.locale);
    let back = |problem: Problem| problem.link("/desk/identity/mandates", m.shown_mandates_title());
    let id: MandateId = form.mandate.trim().parse().map_err(|_| back(Problem::refused(m.mandate_unknown())))?;
    let ended = ending::by_officer(&ctx, form.key("identity.end_mandate"), id, &form.reason).await;
    match ended {
        Ok(()) => Ok(Redirect::to(&page.to("/desk/identity"))),
        Err(Refusal::Gone) => Err(back(Problem::refused(m.mandate_unknown()))),
        Err(refusal) => Err(back(refused(page.locale)(refusal))),
    }
}
