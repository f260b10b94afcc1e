//! A certificate in the sign-in: the ticket that comes from the listener for
//! certificates, and the password beside it.

use askama::Template;
use serde::Deserialize;
use web::{Form, FormToken, Page, Problem, Query, Response, Right, Route};

use super::Nothing;
use super::stand::Due;
use crate::certificate;
use crate::messages::Messages;
use crate::model::Holders;

/// How long to wait when too many came from one address, seconds.
const WAIT_SECONDS: u32 = 60;

pub(in crate::http) fn routes() -> Vec<Route> {
    vec![
        Route::get("/account/sign-in/{request}/certificate", Right::Public, take).states(&["404"]),
        Route::post("/account/sign-in/{request}/certificate", Right::Public, take_password),
        Route::post("/account/sign-in/{request}/certificate/leave", Right::Public, leave),
    ]
}

#[derive(Template)]
#[template(path = "sign_in_certificate.html")]
pub(super) struct CertificatePage {
    pub(super) page: Page,
    pub(super) m: Messages,
    pub(super) token: FormToken,
    pub(super) action: String,
    /// The certificate that was shown: the password is due. Otherwise the
    /// certificate is, after the password.
    pub(super) shown: Option<String>,
    /// Where it is shown.
    pub(super) certificate: Option<String>,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
struct Ticket {
    #[serde(default)]
    ticket: String,
}

#[derive(Deserialize)]
struct PasswordForm {
    password: String,
}

/// What is said of how it went at the listener for certificates.
pub(super) fn said(m: Messages, how: &str) -> Result<&'static str, Problem> {
    match how {
        "none" => Ok(m.cert_not_shown()),
        "wait" => Err(Problem::too_many(WAIT_SECONDS)),
        _ => Ok(m.cert_refused()),
    }
}

/// A redirect brings it here, so it is a GET; it acts once, and only in the
/// browser that began the request.
async fn take(Due(stand): Due, Query(query): Query<Ticket>) -> Result<Response, Problem> {
    if stand.client.holders != Holders::Citizens {
        return Ok(stand.again());
    }
    let step = certificate::take(&stand.ctx, &stand.identity, &stand.desk(), &query.ticket).await;
    stand.tried("certificate", step, stand.m().cert_refused(), "", None).await
}

async fn take_password(Due(stand): Due, form: Form<PasswordForm>) -> Result<Response, Problem> {
    let step = certificate::password(&stand.ctx, &stand.identity, &stand.desk(), &form.password).await;
    stand.tried("certificate", step, stand.m().cert_password_wrong(), "", None).await
}

async fn leave(Due(stand): Due, _form: Form<Nothing>) -> Result<Response, Problem> {
    let step = certificate::leave(&stand.ctx, &stand.desk()).await;
    stand.settle(step).await
}
