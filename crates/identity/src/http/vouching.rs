//! `/account/recover/contacts`: back into an account by trusted contacts, and
//! `/account/recover/cancel`, where whoever has a message of it stops it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use base::{IdNumber, Zone};
use serde::Deserialize;
use store::Ctx;
use tokio::time::Instant;
use web::cookie::{read_cookie, set_cookie};
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, Visit};

use super::{browser_of, html, problem};
use crate::Identity;
use crate::messages::Messages;
use crate::model::{Refusal, VouchingId};
use crate::vouching::{self, BROWSER_SECONDS, Finished, Vouching};

/// Longest code that is shown again in its field.
const CODE_CHARS: usize = 40;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/account/recover/contacts", Right::Public, begin).states(&["ok"]),
        Route::post("/account/recover/contacts", Right::Public, take_number),
        Route::get("/account/recover/contacts/{vouching}", Right::Public, show).states(&["ok", "waiting", "404"]),
        Route::post("/account/recover/contacts/{vouching}", Right::Public, take_code),
        Route::get("/account/recover/cancel", Right::Public, cancel).states(&["ok"]),
        Route::get("/account/recover/cancel/{code}", Right::Public, cancel_link).states(&["ok"]),
        Route::post("/account/recover/cancel", Right::Public, take_cancel),
    ]
}

#[derive(Template)]
#[template(path = "recover_contacts.html")]
struct BeginPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recover_vouching.html")]
struct VouchingPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    /// The code to be spoken, until two have vouched.
    code: String,
    until: String,
    /// From when on the code is asked for.
    ready: Option<String>,
    is_ready: bool,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recover_cancel.html")]
struct CancelPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    stopped: bool,
    error: Option<&'static str>,
}

#[derive(Deserialize)]
struct Number {
    id_number: String,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-hukumati-way" } else { "hukumati-way" }
}

/// What this browser keeps of the way that it began.
fn kept(visit: &Visit, headers: &HeaderMap) -> String {
    read_cookie(headers, cookie_name(visit.is_secure())).unwrap_or_default().to_owned()
}

fn path(id: VouchingId) -> String {
    format!("/account/recover/contacts/{id}")
}

async fn begin(visit: Visit) -> Result<Response, Problem> {
    begin_page(&visit, String::new(), None)
}

fn begin_page(visit: &Visit, typed: String, error: Option<&'static str>) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token, mut page) = (Messages::new(visit.locale()), visit.form_token(), Page::of(visit));
    page.path = "/account/recover/contacts".to_owned();
    Ok(html(BeginPage { page, m, token, typed, error }.render()?, status))
}

async fn take_number(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Number>,
) -> Result<Response, Problem> {
    // Whether contacts are told or nobody is, the answer comes at this instant.
    let answer_at = Instant::now() + Duration::from_millis(identity.config.refusal_ms);
    let Some(number) = IdNumber::parse(&form.id_number) else {
        return begin_page(&visit, form.id_number.clone(), Some(Messages::new(ctx.locale).id_number_wrong()));
    };
    let begun = vouching::begin(&ctx, &identity, form.key("identity.vouching"), &number, visit.client()).await;
    tokio::time::sleep_until(answer_at).await;
    let begun = begun.map_err(|refusal| problem(refusal, ctx.locale))?;
    let secure = visit.is_secure();
    if let Some(cookie) = set_cookie(cookie_name(secure), &begun.kept, BROWSER_SECONDS, secure) {
        visit.add_header(header::SET_COOKIE, cookie);
    }
    Ok(Redirect::to(&visit.localised(&path(begun.id))).into_response())
}

async fn found(ctx: &Ctx, visit: &Visit, headers: &HeaderMap, id: &str) -> Result<Vouching, Problem> {
    let id: VouchingId = id.parse().map_err(|_| problem(Refusal::Gone, ctx.locale))?;
    vouching::seen(ctx, id, kept(visit, headers)).await.map_err(|refusal| problem(refusal, ctx.locale))
}

async fn show(ctx: Ctx, visit: Visit, headers: HeaderMap, Path(id): Path<String>) -> Result<Response, Problem> {
    let there = found(&ctx, &visit, &headers, &id).await?;
    page(&ctx, &visit, &there, None)
}

fn page(ctx: &Ctx, visit: &Visit, there: &Vouching, error: Option<&'static str>) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token, mut page) = (Messages::new(ctx.locale), visit.form_token(), Page::of(visit));
    page.path = path(there.id);
    let minute = |at: base::Timestamp| at.local_minute(Zone::Hebron);
    let view = VouchingPage {
        page,
        m,
        token,
        action: visit.localised(&path(there.id)),
        // From then on only whoever noted it has it.
        code: if there.ready_at.is_none() { vouching::code(ctx, there.id) } else { String::new() },
        until: minute(there.ends_at),
        ready: there.ready_at.map(minute),
        is_ready: there.ready_at.is_some_and(|at| at <= ctx.now()),
        error,
    };
    Ok(html(view.render()?, status))
}

async fn take_code(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: Form<Code>,
) -> Result<Response, Problem> {
    let there = found(&ctx, &visit, &headers, &id).await?;
    let m = Messages::new(ctx.locale);
    let done = vouching::finish(&ctx, there.id, kept(&visit, &headers), browser_of(&visit), &form.code).await;
    match done.map_err(|refusal| problem(refusal, ctx.locale))? {
        Finished::Recovery(id) => Ok(Redirect::to(&visit.localised(&format!("/account/recover/{id}"))).into_response()),
        Finished::Early => Ok(Redirect::to(&visit.localised(&path(there.id))).into_response()),
        Finished::Wrong => page(&ctx, &visit, &there, Some(m.vouching_code_wrong())),
        Finished::Over => Err(problem(Refusal::Gone, ctx.locale)),
    }
}

fn cancel_page(visit: &Visit, typed: String, stopped: bool, error: Option<&'static str>) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token, mut page) = (Messages::new(visit.locale()), visit.form_token(), Page::of(visit));
    page.path = "/account/recover/cancel".to_owned();
    Ok(html(CancelPage { page, m, token, typed, stopped, error }.render()?, status))
}

async fn cancel(visit: Visit) -> Result<Response, Problem> {
    cancel_page(&visit, String::new(), false, None)
}

/// The link of a message: nothing is stopped before the button.
async fn cancel_link(visit: Visit, Path(code): Path<String>) -> Result<Response, Problem> {
    cancel_page(&visit, code.chars().take(CODE_CHARS).collect(), false, None)
}

async fn take_cancel(ctx: Ctx, visit: Visit, form: Form<Code>) -> Result<Response, Problem> {
    let stopped = vouching::cancel_by(&ctx, visit.client(), &form.code).await;
    if stopped.map_err(|refusal| problem(refusal, ctx.locale))? {
        return cancel_page(&visit, String::new(), true, None);
    }
    cancel_page(&visit, form.code.clone(), false, Some(Messages::new(ctx.locale).cancel_wrong()))
}
