//! Officers who have lost every way to sign in: one authentication officer
//! proposes that they come in again, and the proposal's page shows each of the two
//! their half of the code.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Problem, Redirect, Response};

use super::super::html;
use super::refused;
use crate::lock::REASON_CHARS;
use crate::messages::Messages;
use crate::proposal::{self, Change};
use crate::{Identity, officer};

#[derive(Template)]
#[template(path = "desk_identity_officers.html")]
struct AskPage {
    page: Page,
    m: Messages,
    token: FormToken,
    username: String,
    reason: String,
    characters: usize,
    none: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    username: String,
    reason: String,
}

fn asking(page: Page, token: FormToken, asked: Asked, none: bool) -> Result<Response, Problem> {
    let (m, Asked { username, reason }) = (Messages::new(page.locale), asked);
    let status = if none { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(html(AskPage { page, m, token, username, reason, characters: REASON_CHARS, none }.render()?, status))
}

pub(super) async fn ask(page: Page, token: FormToken) -> Result<Response, Problem> {
    asking(page, token, Asked { username: String::new(), reason: String::new() }, false)
}

pub(super) async fn propose(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Asked>,
) -> Result<Response, Problem> {
    let username = form.username.clone();
    let known = ctx.read(move |read| officer::factors_of(read, &username)).await?;
    let key = form.key("identity.propose_readmission");
    let Some(known) = known else { return asking(page, token, form.into_inner(), true) };
    let change = Change::Readmit { officer: known.officer, reason: form.reason.clone() };
    let proposed = proposal::propose(&ctx, key, change, identity.here).await.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{proposed}"))).into_response())
}
