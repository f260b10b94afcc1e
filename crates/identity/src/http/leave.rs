//! `/oauth2/end-session`: signing out at the provider.

use openid::oauth::Parameters;
use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Problem, Redirect, Response, Visit};

use super::{html, problem};
use crate::Identity;
use crate::logout::{self, Farewell};
use crate::messages::Messages;
use crate::sso::{self, Sso};

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage {
    page: Page,
    m: Messages,
    token: FormToken,
    /// Carried on by the form.
    query: String,
    signed_in: bool,
    /// Who asks, and which other services were entered with the session.
    client: String,
    others: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct LeaveForm {
    query: String,
    /// To leave only the service that asks.
    only: Option<String>,
}

/// Somebody who wants to leave.
struct Leaving {
    ctx: Ctx,
    visit: Visit,
    sso: Option<Sso>,
    farewell: Farewell,
}

impl Leaving {
    async fn of(
        ctx: Ctx,
        visit: Visit,
        headers: &HeaderMap,
        identity: &Identity,
        query: &str,
    ) -> Result<Self, Problem> {
        let parameters = Parameters::parse(query.as_bytes()).unwrap_or_default();
        let farewell = logout::read(&ctx, identity, &parameters).await;
        let farewell = farewell.map_err(|refusal| problem(refusal, ctx.locale))?;
        let sso = sso::current(&ctx, headers, visit.is_secure()).await?;
        Ok(Self { ctx, visit, sso, farewell })
    }

    fn named(&self, names: &[String]) -> String {
        names.get(self.ctx.locale.index()).or(names.first()).cloned().unwrap_or_default()
    }

    fn page(&self, query: &str, signed_in: bool, others: Vec<String>) -> Result<Response, Problem> {
        let client = self.farewell.client.as_ref().map(|client| self.named(&client.names)).unwrap_or_default();
        let (page, m, token) = (Page::of(&self.visit), Messages::new(self.ctx.locale), self.visit.form_token());
        let query = query.to_owned();
        Ok(html(SignOutPage { page, m, token, query, signed_in, client, others }.render()?, StatusCode::OK))
    }

    /// The whole session is over.
    async fn end(self) -> Result<Response, Problem> {
        if let Some(sso) = &self.sso {
            logout::end(&self.ctx, sso).await.map_err(|refusal| problem(refusal, self.ctx.locale))?;
        }
        if let Some(cookie) = sso::no_cookie(self.visit.is_secure()) {
            self.visit.add_header(header::SET_COOKIE, cookie);
        }
        self.farewell()
    }

    fn farewell(self) -> Result<Response, Problem> {
        match &self.farewell.address {
            Some(address) => Ok(Redirect::to(address).into_response()),
            None => self.page("", false, Vec::new()),
        }
    }
}

/// At once when the client names the session and nothing else hangs on it, else
/// it asks: this service, or all.
pub(crate) async fn leave(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    uri: Uri,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    let query = uri.query().unwrap_or_default();
    let leaving = Leaving::of(ctx, visit, &headers, &identity, query).await?;
    let Some(sso) = &leaving.sso else { return leaving.end().await };
    let others = match &leaving.farewell.client {
        Some(client) => logout::others(&leaving.ctx, sso, client).await?,
        None => Vec::new(),
    };
    if others.is_empty() && leaving.farewell.means(&leaving.ctx, sso) {
        return leaving.end().await;
    }
    let others = others.iter().map(|names| leaving.named(names)).collect();
    leaving.page(query, true, others)
}

/// Answers the page that asked.
pub(crate) async fn take_leave(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<LeaveForm>,
) -> Result<Response, Problem> {
    let leaving = Leaving::of(ctx, visit, &headers, &identity, &form.query).await?;
    let (Some(sso), Some(client), Some(_)) = (&leaving.sso, &leaving.farewell.client, &form.only) else {
        return leaving.end().await;
    };
    let left = logout::end_client(&leaving.ctx, sso, client).await;
    left.map_err(|refusal| problem(refusal, leaving.ctx.locale))?;
    leaving.farewell()
}
