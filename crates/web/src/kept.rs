//! What was typed when a session ended is kept for an hour, while its person signs
//! in again: nothing is lost to a phone call or to a power cut. A form that comes
//! too late is kept by the guard of its route; what stands in a form when a desk
//! locks itself is sent here by the page (`assets/lock.js`), which also puts it
//! back where it stood.
//!
//! It opens with a cookie of this browser only, and is shown to nobody but the
//! person whose session it was: others use the same phone.

use askama::Template;
use axum::Json;
use axum::extract::Request;
use axum::response::{Html, IntoResponse, Response};
use base::{Actor, Timestamp};
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, REFERER};
use http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Key, params};

use crate::config::FORM_BYTES_MAX;
use crate::cookie::Cookie;
use crate::extract::{self, Query};
use crate::fields::{self, Fields};
use crate::form::{self, FormToken};
use crate::messages::Messages;
use crate::page::Page;
use crate::problem::Problem;
use crate::return_path::ReturnPath;
use crate::secret::{self, Secret};
use crate::session::{self, Session};
use crate::sql;
use crate::throttle::{self, Throttle};
use crate::visit::Visit;

/// Where kept forms are; `?form=` names one.
pub(crate) const PATH: &str = "/kept";
/// How long one is kept, seconds.
pub(crate) const SECONDS: i64 = 3_600;
/// Forms that one session keeps, an hour.
const MOST: u32 = 60;
/// Says the name of a form that was kept.
const KEPT: HeaderName = HeaderName::from_static("kept-form");
/// What a page says beside the fields of an unsent form: where the form goes, and
/// where the page is.
const FORM_FIELD: &str = "_form";
const PAGE_FIELD: &str = "_page";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Whose session it was, and whose matter.
    subject: [String; 2],
    /// Where the form goes.
    action: String,
    /// The page that it stands on, if that is known.
    page: Option<String>,
    /// Whether it was sent, and not only typed.
    sent: bool,
    fields: Fields,
}

/// Who acts, and for whom: what was typed for a child is not sent for oneself.
fn subject(actor: &Actor) -> [String; 2] {
    [actor.reference(), actor.person().map(|person| person.to_string()).unwrap_or_default()]
}

fn path_of(name: &str) -> String {
    format!("{PATH}?form={name}")
}

/// The page of ours that a request says it comes from.
fn page_of(headers: &HeaderMap) -> Option<String> {
    let came: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(HOST)?.to_str().ok()?;
    let path = came.path_and_query().filter(|_| came.authority().is_some_and(|known| known.as_str() == host))?;
    ReturnPath::parse(path.as_str()).map(|path| path.as_str().to_owned())
}

/// The fields of a request, if it is a form that this browser was given in this
/// session.
async fn typed(former: &Session, request: Request, now: Timestamp) -> Result<Option<Fields>, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) {
        return Ok(None);
    }
    let body = extract::body(request, FORM_BYTES_MAX).await?;
    let (token, typed) = form::split(fields::parse(&body)?);
    Ok(token.holds(&former.secret.0, now).then_some(typed))
}

/// Keeps the form of this request and says where; nothing when it cannot be kept:
/// no form, or not one that this browser was given in a session.
pub(crate) async fn keep(visit: &Visit, request: Request) -> Result<Option<String>, Problem> {
    let Some(token) = visit.session_token() else { return Ok(None) };
    let ctx = visit.ctx();
    let Some(former) = session::former(&ctx, token).await? else { return Ok(None) };
    let page = page_of(request.headers());
    let Some(typed) = typed(&former, request, ctx.now()).await? else { return Ok(None) };
    let kept = Kept {
        subject: subject(&former.actor),
        action: visit.localised(&visit.path_and_query()),
        page,
        sent: true,
        fields: form::kept(typed),
    };
    Ok(Some(path_of(&put(visit, token, &kept).await?)))
}

/// `POST /kept`: what a page holds when its time is over. 201 with its name, 204
/// when there is nothing to keep, 200 while the session still holds, as another
/// window was used. Asking is no use of the session, and no answer is a problem: a
/// problem's page would be one.
pub(crate) async fn take(visit: Visit, request: Request) -> Result<Response, Problem> {
    let ctx = visit.ctx();
    let nothing = || Ok(StatusCode::NO_CONTENT.into_response());
    let Some(token) = visit.session_token() else { return nothing() };
    let Some(former) = session::find(&ctx, token).await? else { return nothing() };
    if former.holds(ctx.now()) {
        return Ok(StatusCode::OK.into_response());
    }
    let Some(mut fields) = typed(&former, request, ctx.now()).await? else { return nothing() };
    let mut path = |name: &str| {
        let at = fields.iter().position(|(known, _)| known == name)?;
        ReturnPath::parse(&fields.remove(at).1).map(|path| path.as_str().to_owned())
    };
    let (action, page) = (path(FORM_FIELD), path(PAGE_FIELD));
    let Some(action) = action else { return nothing() };
    let kept = Kept { subject: subject(&former.actor), action, page, sent: false, fields: form::kept(fields) };
    let name = put(&visit, token, &kept).await?;
    Ok((StatusCode::CREATED, [(KEPT, name)]).into_response())
}

/// Keeps a form under a name of its own. All that one browser keeps opens with one
/// cookie: several windows lock themselves at once.
async fn put(visit: &Visit, session: &Secret, kept: &Kept) -> Result<String, Problem> {
    let ctx = visit.ctx();
    if let Throttle::Wait(seconds) = throttle::hit(&ctx, "web.kept", &secret::text(session), MOST, 3_600).await? {
        return Err(Problem::too_many(seconds));
    }
    let token = visit.kept_token().copied().unwrap_or_else(|| secret::code(session, "kept", &[]));
    let name = secret::text(&ctx.random::<16>());
    let key = key_of(&token, &name);
    let plain = serde_json::to_vec(kept).map_err(Problem::internal)?;
    let data = secret::seal(&key, ctx.random(), &plain);
    let data = data.ok_or_else(|| Problem::internal("a form was not sealed"))?;
    let (id, ends_at) = (secret::hash(&key), ctx.now().plus_seconds(SECONDS));
    ctx.write(Key::once(&ctx), move |tx| tx.execute_one(&sql::INSERT_KEPT, &params![id, data, ends_at])).await?;
    visit.set_cookie(Cookie::Kept.set(&secret::text(&token), SECONDS, visit.is_secure()));
    Ok(name)
}

/// What one kept form is found by, hashed, and opens with.
fn key_of(token: &Secret, name: &str) -> Secret {
    secret::code(token, "kept form", &[name.as_bytes()])
}

async fn find(ctx: &Ctx, key: &Secret) -> Result<Option<Kept>, Problem> {
    let (id, now) = (secret::hash(key), ctx.now());
    let row = ctx.read(move |read| read.row(&sql::KEPT, &params![id, now])).await?;
    let Some(row) = row else { return Ok(None) };
    let plain = secret::open(key, &row.get::<Vec<u8>>(0)?);
    let plain = plain.ok_or_else(|| Problem::internal("a kept form did not open"))?;
    serde_json::from_slice(&plain).map(Some).map_err(Problem::internal)
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage {
    page: Page,
    m: Messages,
    token: FormToken,
    kept: Kept,
    /// The page that the form stands on, with what was typed put back by a script.
    back: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    form: Option<String>,
}

/// What was kept, for whoever typed it: a page to send it from, or as JSON for the
/// page that it is put back into.
pub(crate) async fn show(
    visit: Visit,
    page: Page,
    token: FormToken,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let found = match (visit.kept_token(), &wanted.form) {
        (Some(kept), Some(name)) => find(&visit.ctx(), &key_of(kept, name)).await?,
        _ => None,
    };
    let kept = found.filter(|kept| kept.subject == subject(&visit.actor())).ok_or_else(Problem::not_found)?;
    if visit.wants_json() {
        return Ok(Json(json!({ "action": kept.action, "fields": kept.fields })).into_response());
    }
    let name = wanted.form.unwrap_or_default();
    let back = kept.page.as_ref().filter(|_| page.is_officer).map(|page| format!("{page}#kept={name}"));
    Ok(Html(KeptPage { m: page.m, kept, back, page, token }.render()?).into_response())
}
