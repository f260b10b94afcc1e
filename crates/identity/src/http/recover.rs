//! `/account/recover`: back into an account whose password is forgotten.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use base::IdNumber;
use serde::Deserialize;
use store::Ctx;
use tokio::time::Instant;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Visit};

use super::code_step::{CodeStep, Resend, wrong};
use super::{browser_of, host_of, html, problem, unfit};
use crate::Identity;
use crate::code::Tried;
use crate::messages::Messages;
use crate::model::{RecoveryId, Refusal};
use crate::recover::{self, Begun, Recovery, Stranger};

#[derive(Template)]
#[template(path = "recover.html")]
struct RecoverPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    /// Right, but no telephone is bound.
    alone: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "recover_password.html")]
struct PasswordPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    chars_min: usize,
    error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct BeginForm {
    id_number: String,
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    new_password: String,
    again_password: String,
}

fn stranger(visit: &Visit) -> Stranger {
    Stranger { browser: browser_of(visit), address: visit.client(), host: host_of(visit) }
}

fn action(visit: &Visit, id: RecoveryId) -> String {
    visit.localised(&format!("/account/recover/{id}"))
}

pub(crate) async fn begin(visit: Visit) -> Result<Response, Problem> {
    begin_page(&visit, String::new(), false, None)
}

fn begin_page(visit: &Visit, typed: String, alone: bool, error: Option<String>) -> Result<Response, Problem> {
    let status = if error.is_some() || alone { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token) = (Messages::new(visit.locale()), visit.form_token());
    let mut page = Page::of(visit);
    page.path = "/account/recover".to_owned();
    Ok(html(RecoverPage { page, m, token, typed, alone, error }.render()?, status))
}

pub(crate) async fn take_first(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<BeginForm>,
) -> Result<Response, Problem> {
    let refused_at = Instant::now() + Duration::from_millis(identity.config.refusal_ms);
    let m = Messages::new(ctx.locale);
    let Some(number) = IdNumber::parse(&form.id_number) else {
        return begin_page(&visit, form.id_number.clone(), false, Some(m.id_number_wrong().to_owned()));
    };
    match recover::begin(&ctx, &identity, &stranger(&visit), &number, &form.code).await {
        Ok(Begun::Sent(id) | Begun::Proven(id)) => Ok(Redirect::to(&action(&visit, id)).into_response()),
        Ok(Begun::Alone) => begin_page(&visit, number.as_str().to_owned(), true, None),
        Ok(Begun::Wrong) => {
            tokio::time::sleep_until(refused_at).await;
            begin_page(&visit, number.as_str().to_owned(), false, Some(m.recover_wrong().to_owned()))
        }
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

/// The way back that the address names.
async fn found(ctx: &Ctx, visit: &Visit, id: &str) -> Result<Recovery, Problem> {
    let id: RecoveryId = id.parse().map_err(|_| problem(Refusal::Gone, ctx.locale))?;
    recover::of(ctx, id, browser_of(visit)).await.map_err(|refusal| problem(refusal, ctx.locale))
}

pub(crate) async fn show(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let recovery = found(&ctx, &visit, &id).await?;
    page(&ctx, &visit, &identity, &recovery, None).await
}

/// The page of the step that is due.
async fn page(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Identity,
    recovery: &Recovery,
    error: Option<String>,
) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token, action) = (Messages::new(ctx.locale), visit.form_token(), action(visit, recovery.id));
    let mut page = Page::of(visit);
    page.path = format!("/account/recover/{}", recovery.id);
    let body = if recovery.stage == "proven" {
        let (chars_min, _) =
            recover::password_rules(ctx, recovery).await.map_err(|refusal| problem(refusal, ctx.locale))?;
        PasswordPage { page, m, token, action, chars_min, error }.render()?
    } else {
        CodeStep::new(identity, page, token, [action, recovery.id.to_string()]).render(ctx, error).await?
    };
    Ok(html(body, status))
}

pub(crate) async fn take_code(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<CodeForm>,
) -> Result<Response, Problem> {
    let recovery = found(&ctx, &visit, &id).await?;
    match recover::code(&ctx, &identity, &stranger(&visit), recovery.id, &form.code).await {
        Ok(Tried::Right) | Err(Refusal::Stage { .. }) => Ok(Redirect::to(&action(&visit, recovery.id)).into_response()),
        Ok(tried) => page(&ctx, &visit, &identity, &recovery, wrong(Messages::new(ctx.locale), tried)).await,
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn resend(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<Resend>,
) -> Result<Response, Problem> {
    let recovery = found(&ctx, &visit, &id).await?;
    let sent = recover::send(&ctx, &identity, &stranger(&visit), recovery.id, form.way).await;
    sent.map_err(|refusal| problem(refusal, ctx.locale))?;
    Ok(Redirect::to(&action(&visit, recovery.id)).into_response())
}

pub(crate) async fn take_password(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<PasswordForm>,
) -> Result<Response, Problem> {
    let (m, recovery) = (Messages::new(ctx.locale), found(&ctx, &visit, &id).await?);
    let refused = |refusal| problem(refusal, ctx.locale);
    let (chars_min, words) = recover::password_rules(&ctx, &recovery).await.map_err(refused)?;
    if let Some(error) = unfit(m, [&form.new_password, &form.again_password], chars_min, &words) {
        return page(&ctx, &visit, &identity, &recovery, Some(error)).await;
    }
    match recover::password(&ctx, &identity, browser_of(&visit), recovery.id, &form.new_password).await {
        Ok(()) => {
            let next = visit.localised("/account");
            Ok(Redirect::to(&format!("{}?return={next}", visit.localised("/sign-in"))).into_response())
        }
        // The code comes first.
        Err(Refusal::Stage { .. }) => Ok(Redirect::to(&action(&visit, recovery.id)).into_response()),
        Err(refusal) => Err(refused(refusal)),
    }
}
