//! `/desk/readmission`: where an officer who has lost every way to sign in comes in
//! again, with the halves of a code that two others gave them.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use seal::digest::base32;
use serde::Deserialize;
use store::Ctx;
use tokio::time::Instant;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, Visit};

use super::{browser_of, html, problem, unfit};
use crate::messages::Messages;
use crate::model::ProposalId;
use crate::password::CHARS_WITH_SECOND_FACTOR;
use crate::{Identity, readmission, totp};

const PATH: &str = "/desk/readmission";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/readmission", Right::Public, ask).states(&["ok"]),
        Route::post("/desk/readmission", Right::Public, enter),
        Route::get("/desk/readmission/{readmission}", Right::Public, show).states(&["ok", "404"]),
        Route::post("/desk/readmission/{readmission}", Right::Public, finish),
    ]
}

#[derive(Template)]
#[template(path = "readmission.html")]
struct AskPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "readmission_set.html")]
struct SetPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    name: String,
    picture: String,
    uri: String,
    secret: String,
    chars_min: usize,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Halves {
    username: String,
    first: String,
    second: String,
}

#[derive(Deserialize)]
struct Set {
    new_password: String,
    again_password: String,
    code: String,
}

fn asking(visit: &Visit, typed: String, error: Option<&'static str>) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (m, token) = (Messages::new(visit.locale()), visit.form_token());
    Ok(html(AskPage { page: Page::of(visit), m, token, typed, error }.render()?, status))
}

async fn ask(visit: Visit) -> Result<Response, Problem> {
    asking(&visit, String::new(), None)
}

async fn enter(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Halves>,
) -> Result<Response, Problem> {
    let refused_at = Instant::now() + Duration::from_millis(identity.config.refusal_ms);
    let (from, codes) = ((browser_of(&visit), visit.client()), [form.first.clone(), form.second.clone()]);
    let entered = readmission::enter(&ctx, &identity, from, &form.username, codes).await;
    match entered.map_err(|refusal| problem(refusal, ctx.locale))? {
        Some(id) => Ok(Redirect::to(&visit.localised(&format!("{PATH}/{id}"))).into_response()),
        None => {
            tokio::time::sleep_until(refused_at).await;
            asking(&visit, form.username.clone(), Some(Messages::new(ctx.locale).readmission_wrong()))
        }
    }
}

fn id(text: &str) -> Result<ProposalId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

async fn setting(ctx: &Ctx, visit: &Visit, id: ProposalId, error: Option<String>) -> Result<Response, Problem> {
    let seen = readmission::seen(ctx, id, browser_of(visit)).await;
    let (officer, name) = seen.map_err(|refusal| problem(refusal, ctx.locale))?;
    let key = readmission::app_secret(ctx, id, officer);
    let uri = totp::uri(&key, &name);
    let secret = base32(&key).as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = SetPage {
        page: Page::of(visit),
        m: Messages::new(ctx.locale),
        token: visit.form_token(),
        action: visit.localised(&format!("{PATH}/{id}")),
        name,
        picture: web::qr::svg(&uri).unwrap_or_default(),
        uri,
        secret,
        chars_min: CHARS_WITH_SECOND_FACTOR,
        error,
    };
    Ok(html(view.render()?, status))
}

async fn show(ctx: Ctx, visit: Visit, Path(readmission): Path<String>) -> Result<Response, Problem> {
    setting(&ctx, &visit, id(&readmission)?, None).await
}

async fn finish(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(readmission): Path<String>,
    form: Form<Set>,
) -> Result<Response, Problem> {
    let (id, m) = (id(&readmission)?, Messages::new(ctx.locale));
    if let Some(error) = unfit(m, [&form.new_password, &form.again_password], CHARS_WITH_SECOND_FACTOR, &[]) {
        return setting(&ctx, &visit, id, Some(error)).await;
    }
    let set = readmission::finish(&ctx, &identity, id, browser_of(&visit), [&form.new_password, &form.code]).await;
    if set.map_err(|refusal| problem(refusal, ctx.locale))? {
        return Ok(Redirect::to(&visit.localised("/desk/sign-in")).into_response());
    }
    setting(&ctx, &visit, id, Some(m.app_wrong().to_owned())).await
}
