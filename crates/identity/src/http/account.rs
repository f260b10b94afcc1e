//! `/account`: open sessions, what services may be told, sign-ins, the password.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use base::{Locale, Zone};
use serde::Deserialize;
use serde_json::Value;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Visit};

use super::{html, problem, unfit};
use crate::messages::Messages;
use crate::model::{Refusal, SsoId};
use crate::network::LOCAL;
use crate::security::{self, Owner};
use crate::{Identity, factors};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    page: Page,
    m: Messages,
    token: FormToken,
    sessions: Vec<SessionLine>,
    /// The names of networks are sample data.
    sample: bool,
    allowed: Vec<AllowedLine>,
    entries: Vec<EntryLine>,
}

struct SessionLine {
    id: SsoId,
    device: String,
    network: String,
    here: bool,
    began: String,
    seen: String,
    services: String,
}

struct AllowedLine {
    client: String,
    name: String,
    profile: bool,
    id_number: bool,
    given: String,
}

struct EntryLine {
    failed: bool,
    service: String,
    when: String,
    /// Nothing for an entry before networks were kept.
    network: Option<String>,
    leaf: String,
}

#[derive(Template)]
#[template(path = "account_password.html")]
struct PasswordPage {
    page: Page,
    m: Messages,
    token: FormToken,
    error: Option<String>,
    chars_min: usize,
    /// Who came in with a passkey need not know the present one.
    by_passkey: bool,
}

#[derive(Template)]
#[template(path = "account_ended.html")]
struct EndedPage {
    page: Page,
    m: Messages,
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    password: String,
    new_password: String,
    again_password: String,
}

pub(crate) fn owner(ctx: &Ctx) -> Result<Owner, Problem> {
    Owner::of(&ctx.actor).ok_or_else(Problem::forbidden)
}

/// The provider's session that this browser's hangs on.
pub(crate) fn here(visit: &Visit) -> Option<SsoId> {
    visit.session()?.notes.get("sid")?.parse().ok()
}

pub(crate) fn refused(ctx: &Ctx) -> impl Fn(Refusal) -> Problem {
    let locale = ctx.locale;
    move |refusal| problem(refusal, locale)
}

/// A network as pages name it.
fn network(m: Messages, kept: &str) -> String {
    match kept {
        "" => m.network_unknown().to_owned(),
        LOCAL => m.network_local().to_owned(),
        name => name.to_owned(),
    }
}

pub(crate) async fn show(
    ctx: Ctx,
    visit: Visit,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    let owner = owner(&ctx)?;
    let (m, here, index) = (Messages::new(ctx.locale), here(&visit), ctx.locale.index());
    let comma = if ctx.locale == Locale::EN { ", " } else { "، " };
    let named = |names: &[String]| names.get(index).or(names.first()).cloned().unwrap_or_default();
    let minute = |at: base::Timestamp| at.local_minute(Zone::Hebron);
    let open = security::sessions(&ctx, owner).await?;
    let (allowed, entries) = ctx
        .read(move |read| Ok::<_, store::Error>((security::allowed(read, owner)?, security::entries(read, owner)?)))
        .await?;
    let sessions = open.into_iter().map(|open| SessionLine {
        id: open.id,
        here: here == Some(open.id),
        network: network(m, &open.network),
        device: if open.device.is_empty() { m.device_unknown().to_owned() } else { open.device },
        began: minute(open.began_at),
        seen: minute(open.seen_at),
        services: open.clients.iter().map(|names| named(names)).collect::<Vec<_>>().join(comma),
    });
    let allowed = allowed.into_iter().map(|allowed| AllowedLine {
        name: named(&allowed.names),
        profile: allowed.scopes.iter().any(|scope| scope == "profile"),
        id_number: allowed.scopes.iter().any(|scope| scope == "id_number"),
        given: minute(allowed.given_at),
        client: allowed.client,
    });
    let entries = entries.into_iter().map(|entry| EntryLine {
        failed: entry.act.act == "identity.sign_in_failed",
        service: named(&entry.names),
        when: minute(entry.act.at),
        network: entry.act.detail.get("network").and_then(Value::as_str).map(|kept| network(m, kept)),
        leaf: entry.act.leaf.to_string(),
    });
    let (sessions, allowed, entries) = (sessions.collect(), allowed.collect(), entries.collect());
    let sample = identity.networks.sample;
    let page = AccountPage { page: Page::of(&visit), m, token, sessions, sample, allowed, entries };
    Ok(html(page.render()?, StatusCode::OK))
}

fn back(visit: &Visit) -> Response {
    Redirect::to(&visit.localised("/account")).into_response()
}

/// What follows the end of one's own session too.
fn gone(visit: &Visit) -> Response {
    Redirect::to(&visit.localised("/account/ended")).into_response()
}

pub(crate) async fn end_session(
    ctx: Ctx,
    visit: Visit,
    Path(id): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let id: SsoId = id.parse().map_err(|_| Problem::not_found())?;
    if !security::end(&ctx, owner(&ctx)?, id).await.map_err(refused(&ctx))? {
        return Err(Problem::not_found());
    }
    Ok(if here(&visit) == Some(id) { gone(&visit) } else { back(&visit) })
}

pub(crate) async fn end_sessions(ctx: Ctx, visit: Visit, _form: Form<Nothing>) -> Result<Response, Problem> {
    security::end_all(&ctx, owner(&ctx)?, false, None).await.map_err(refused(&ctx))?;
    Ok(gone(&visit))
}

pub(crate) async fn disown(ctx: Ctx, visit: Visit, _form: Form<Nothing>) -> Result<Response, Problem> {
    security::end_all(&ctx, owner(&ctx)?, true, None).await.map_err(refused(&ctx))?;
    Ok(gone(&visit))
}

pub(crate) async fn withdraw(
    ctx: Ctx,
    visit: Visit,
    Path(client): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    match security::withdraw(&ctx, owner(&ctx)?, &client).await {
        // Withdrawn a moment ago, in another window.
        Ok(()) | Err(Refusal::Gone) => Ok(back(&visit)),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn ended(visit: Visit) -> Result<Response, Problem> {
    let m = Messages::new(visit.locale());
    Ok(html(EndedPage { page: Page::of(&visit), m }.render()?, StatusCode::OK))
}

pub(crate) async fn password(ctx: Ctx, visit: Visit) -> Result<Response, Problem> {
    let (chars_min, _) = security::password_rules(&ctx, owner(&ctx)?).await?;
    password_page(&ctx, &visit, chars_min, None).await
}

async fn password_page(ctx: &Ctx, visit: &Visit, chars_min: usize, error: Option<String>) -> Result<Response, Problem> {
    let (owner, here, now) = (owner(ctx)?, here(visit), ctx.now());
    let by_passkey = ctx.read(move |read| factors::is_by_passkey(read, owner, here, now)).await?;
    let (m, token) = (Messages::new(visit.locale()), visit.form_token());
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::of(visit);
    page.path = "/account/password".to_owned();
    Ok(html(PasswordPage { page, m, token, error, chars_min, by_passkey }.render()?, status))
}

pub(crate) async fn take_password(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<PasswordForm>,
) -> Result<Response, Problem> {
    let (m, owner) = (Messages::new(ctx.locale), owner(&ctx)?);
    let (chars_min, words) = security::password_rules(&ctx, owner).await?;
    if let Some(error) = unfit(m, [&form.new_password, &form.again_password], chars_min, &words) {
        return password_page(&ctx, &visit, chars_min, Some(error)).await;
    }
    let typed = [form.password.as_str(), form.new_password.as_str()];
    let changed = security::change_password(&ctx, &identity, owner, typed, here(&visit)).await;
    if changed.map_err(refused(&ctx))? {
        return Ok(back(&visit));
    }
    password_page(&ctx, &visit, chars_min, Some(m.password_present_wrong().to_owned())).await
}
