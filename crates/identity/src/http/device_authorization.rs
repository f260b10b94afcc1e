//! `POST /oauth2/device_authorization`, and `/device`, where somebody types the
//! code that a device shows, sees what it asks for, and answers.

use openid::oauth::{OauthError, json, with_query};
use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use base::{Actor, Zone};
use serde::Deserialize;
use serde_json::json;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Visit};

use super::call::{self, Call};
use super::{html, problem};
use crate::Identity;
use crate::consent;
use crate::device_authorization::{self, Answerer, INTERVAL_SECONDS, SECONDS, Shown, Standing, UserCode};
use crate::messages::Messages;
use crate::model::{DeviceId, Refusal};

/// Longest code that is offered again, characters.
const TYPED_CHARS: usize = 20;

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "device_asks.html")]
struct AsksPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    profile: bool,
    id_number: bool,
    /// The device stays signed in.
    stays: bool,
    place: String,
    began: String,
    standing: Standing,
    /// Where a stronger sign-in begins.
    step_up: String,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    user_code: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    user_code: String,
}

#[derive(Deserialize)]
pub(crate) struct AnswerForm {
    answer: String,
}

/// `POST /oauth2/device_authorization` (RFC 8628 §3.1).
pub(crate) async fn begin(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    request: Request,
) -> Response {
    let begun = |call| begun(&ctx, &visit, &identity, call);
    call::answer(&ctx, &identity, "device_authorization", request, begun).await
}

async fn begun(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Identity,
    Call { parameters, proven }: Call,
) -> Result<Response, OauthError> {
    let begun = device_authorization::begin(ctx, proven, &parameters, visit.client()).await?;
    let page = format!("{}{}/device", identity.config.issuer, begun.locale.prefix());
    let user_code = begun.user_code.shown();
    Ok(json(&json!({
        "device_code": begun.device_code, "user_code": user_code, "verification_uri": page,
        "verification_uri_complete": with_query(&page, &[("user_code", &user_code)]),
        "expires_in": SECONDS, "interval": INTERVAL_SECONDS,
    })))
}

/// Who is before the page; an officer is nobody here.
fn answerer(ctx: &Ctx, visit: &Visit) -> Result<Answerer, Problem> {
    let Actor::Citizen { person, account, .. } = ctx.actor else { return Err(Problem::forbidden()) };
    let session = visit.session().and_then(|session| session.notes.get("sid")?.parse().ok());
    let session = session.ok_or_else(Problem::sign_in_first)?;
    Ok(Answerer { account, person, session, address: visit.client() })
}

/// The field. A code that came with the address is only filled in: whoever sent
/// it must not answer for the person, who compares it with the device (§3.3.1).
pub(crate) async fn field(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let typed = asked.user_code.unwrap_or_default();
    field_page(&visit, UserCode::parse(&typed).map(|code| code.shown()).unwrap_or_default(), None)
}

fn field_page(visit: &Visit, typed: String, error: Option<String>) -> Result<Response, Problem> {
    let (m, token) = (Messages::new(visit.locale()), visit.form_token());
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::of(visit);
    page.path = "/device".to_owned();
    Ok(html(DevicePage { page, m, token, typed, error }.render()?, status))
}

pub(crate) async fn take_code(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<CodeForm>,
) -> Result<Response, Problem> {
    let by = answerer(&ctx, &visit)?;
    let taken = device_authorization::take_code(&ctx, &identity, &by, &form.user_code).await;
    match taken.map_err(|refusal| problem(refusal, ctx.locale))? {
        Some(id) => Ok(to(&visit, id)),
        None => {
            let typed = form.user_code.chars().take(TYPED_CHARS).collect();
            field_page(&visit, typed, Some(Messages::new(ctx.locale).device_code_wrong().to_owned()))
        }
    }
}

fn to(visit: &Visit, id: DeviceId) -> Response {
    Redirect::to(&visit.localised(&format!("/device/{id}"))).into_response()
}

fn id(ctx: &Ctx, text: &str) -> Result<DeviceId, Problem> {
    text.parse().map_err(|_| gone(ctx, Refusal::Gone))
}

/// A refusal as a problem; what is over begins again with another code.
fn gone(ctx: &Ctx, refusal: Refusal) -> Problem {
    let m = Messages::new(ctx.locale);
    match refusal {
        Refusal::Gone | Refusal::Stage { .. } => {
            Problem::not_found().explain(m.device_gone()).link("/device", m.device_title())
        }
        other => problem(other, ctx.locale),
    }
}

pub(crate) async fn show(ctx: Ctx, visit: Visit, Path(request): Path<String>) -> Result<Response, Problem> {
    let (by, id) = (answerer(&ctx, &visit)?, id(&ctx, &request)?);
    let Shown { device, client, standing } =
        device_authorization::show(&ctx, &by, id).await.map_err(|refusal| gone(&ctx, refusal))?;
    let scopes = consent::telling(&device.asked);
    let action = visit.localised(&format!("/device/{id}"));
    let level = device.asked.least();
    let step_up = with_query(&visit.localised("/sign-in"), &[("level", level.as_str()), ("return", &action)]);
    let page = AsksPage {
        page: Page::of(&visit),
        m: Messages::new(ctx.locale),
        token: visit.form_token(),
        client: client.names.get(ctx.locale.index()).or(client.names.first()).cloned().unwrap_or_default(),
        profile: scopes.contains(&"profile"),
        id_number: scopes.contains(&"id_number"),
        stays: device.asked.has_scope("offline_access"),
        place: device.place,
        began: device.began_at.local_minute(Zone::Hebron),
        action,
        standing,
        step_up,
    };
    Ok(html(page.render()?, StatusCode::OK))
}

pub(crate) async fn answer(
    ctx: Ctx,
    visit: Visit,
    Path(request): Path<String>,
    form: Form<AnswerForm>,
) -> Result<Response, Problem> {
    let (by, id) = (answerer(&ctx, &visit)?, id(&ctx, &request)?);
    let answered = if form.answer == "allow" {
        device_authorization::allow(&ctx, &by, id).await
    } else {
        device_authorization::refuse(&ctx, &by, id).await
    };
    match answered {
        // Answered a moment ago, in another window: the page says how.
        Ok(()) | Err(Refusal::Stage { .. }) => Ok(to(&visit, id)),
        Err(refusal) => Err(gone(&ctx, refusal)),
    }
}
