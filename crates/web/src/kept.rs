//! A form that comes after its session has ended is kept for an hour, while its
//! person signs in again: nothing that was typed is lost to a phone call or to a
//! power cut.
//!
//! It opens with a cookie of this browser only, and is shown to nobody but the
//! person whose session it was: others use the same phone.

use askama::Template;
use axum::extract::Request;
use axum::response::Html;
use base::Actor;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use store::{Ctx, Key, params};

use crate::config::FORM_BYTES_MAX;
use crate::cookie::Cookie;
use crate::fields::{self, Fields};
use crate::form::{self, FormToken};
use crate::messages::Messages;
use crate::page::Page;
use crate::problem::Problem;
use crate::secret;
use crate::visit::Visit;
use crate::{extract, session, sql};

/// Where a kept form is.
pub(crate) const PATH: &str = "/kept";
/// How long it is kept, seconds.
const SECONDS: i64 = 3_600;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Whose session it was, and whose matter.
    subject: [String; 2],
    /// Where the form goes.
    action: String,
    fields: Fields,
}

/// Who acts, and for whom: what was typed for a child is not sent for oneself.
fn subject(actor: &Actor) -> [String; 2] {
    [actor.reference(), actor.person().map(|person| person.to_string()).unwrap_or_default()]
}

/// Keeps the form of this request; `false` when there is nothing that can be
/// kept: no form, or not one that this browser was given in a session.
pub(crate) async fn keep(visit: &Visit, request: Request) -> Result<bool, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) {
        return Ok(false);
    }
    let Some(token) = visit.session_token() else { return Ok(false) };
    let ctx = visit.ctx();
    let Some(former) = session::former(&ctx, token).await? else { return Ok(false) };
    let body = extract::body(request, FORM_BYTES_MAX).await?;
    let (form_token, typed) = form::split(fields::parse(&body)?);
    if !form_token.holds(&former.secret.0, ctx.now()) {
        return Ok(false);
    }
    let kept = Kept {
        subject: subject(&former.actor),
        action: visit.localised(&visit.path_and_query()),
        fields: form::kept(typed),
    };
    let token: secret::Secret = ctx.random();
    let plain = serde_json::to_vec(&kept).map_err(Problem::internal)?;
    let data = secret::seal(&secret::code(&token, "kept", &[]), ctx.random(), &plain);
    let data = data.ok_or_else(|| Problem::internal("a form was not sealed"))?;
    let (id, ends_at) = (secret::hash(&token), ctx.now().plus_seconds(SECONDS));
    ctx.write(Key::once(&ctx), move |tx| tx.execute_one(&sql::INSERT_KEPT, &params![id, data, ends_at])).await?;
    visit.set_cookie(Cookie::Kept.set(&secret::text(&token), SECONDS, visit.is_secure()));
    Ok(true)
}

async fn find(ctx: &Ctx, token: &secret::Secret) -> Result<Option<Kept>, Problem> {
    let (id, now) = (secret::hash(token), ctx.now());
    let row = ctx.read(move |read| read.row(&sql::KEPT, &params![id, now])).await?;
    let Some(row) = row else { return Ok(None) };
    let plain = secret::open(&secret::code(token, "kept", &[]), &row.get::<Vec<u8>>(0)?);
    let plain = plain.ok_or_else(|| Problem::internal("a kept form did not open"))?;
    serde_json::from_slice(&plain).map(Some).map_err(Problem::internal)
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    fields: Fields,
}

/// What was kept, to be sent again by whoever typed it.
pub(crate) async fn show(visit: Visit, page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let found = match visit.kept_token() {
        Some(kept) => find(&visit.ctx(), kept).await?,
        None => None,
    };
    let kept = found.filter(|kept| kept.subject == subject(&visit.actor())).ok_or_else(Problem::not_found)?;
    let view = KeptPage { m: page.m, action: kept.action, fields: kept.fields, page, token };
    Ok(Html(view.render()?))
}
