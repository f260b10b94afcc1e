//! `/oauth2/end-session`: signing out at the provider.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Problem, Redirect, Response, Visit};

use super::{html, problem};
use crate::messages::Messages;
use crate::oauth::Parameters;
use crate::sso::{self, Sso};
use crate::{Identity, logout};

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage {
    page: Page,
    m: Messages,
    token: FormToken,
    /// Carried on by the form.
    query: String,
    signed_in: bool,
}

#[derive(Deserialize)]
pub(crate) struct LeaveForm {
    query: String,
}

/// At once when the client names the session, else it asks.
pub(crate) async fn leave(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    uri: Uri,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    let query = uri.query().unwrap_or_default();
    let parameters = Parameters::parse(query.as_bytes()).unwrap_or_default();
    let farewell = logout::read(&ctx, &identity, &parameters).await.map_err(|refusal| problem(refusal, ctx.locale))?;
    let sso = sso::current(&ctx, &headers, visit.is_secure()).await?;
    match &sso {
        Some(sso) if !farewell.means(&ctx, sso) => {
            let page = Page::of(&visit);
            let (m, token) = (Messages::new(ctx.locale), visit.form_token());
            let body = SignOutPage { page, m, token, query: query.to_owned(), signed_in: true }.render()?;
            Ok(html(body, StatusCode::OK))
        }
        _ => gone(&ctx, &visit, sso, farewell.address).await,
    }
}

/// Answers the page that asked.
pub(crate) async fn take_leave(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<LeaveForm>,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(form.query.as_bytes()).unwrap_or_default();
    let farewell = logout::read(&ctx, &identity, &parameters).await.map_err(|refusal| problem(refusal, ctx.locale))?;
    let sso = sso::current(&ctx, &headers, visit.is_secure()).await?;
    gone(&ctx, &visit, sso, farewell.address).await
}

async fn gone(ctx: &Ctx, visit: &Visit, sso: Option<Sso>, address: Option<String>) -> Result<Response, Problem> {
    if let Some(sso) = sso {
        logout::end(ctx, &sso).await.map_err(|refusal| problem(refusal, ctx.locale))?;
    }
    if let Some(cookie) = sso::no_cookie(visit.is_secure()) {
        visit.add_header(header::SET_COOKIE, cookie);
    }
    if let Some(address) = address {
        return Ok(Redirect::to(&address).into_response());
    }
    let page = Page::of(visit);
    let (m, token) = (Messages::new(ctx.locale), visit.form_token());
    let body = SignOutPage { page, m, token, query: String::new(), signed_in: false }.render()?;
    Ok(html(body, StatusCode::OK))
}
