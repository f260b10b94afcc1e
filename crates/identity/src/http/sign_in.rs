//! `/account/sign-in/{request}`: the provider's own pages. The frame of them is
//! in `sign_in/stand.rs`, what a service may be told in `sign_in/consent.rs`.

pub(super) mod consent;
mod stand;

use askama::Template;
use base::IdNumber;
use seal::digest::from_base64url;
use serde::Deserialize;
use web::{Form, FormToken, IntoResponse, Page, Problem, Redirect, Response};

use super::code_step::Resend;
use super::factors::place_of;
use crate::factors::By;
use crate::messages::Messages;
use crate::model::Holders;
use crate::passkey;
use crate::sign_in::{self, Step};
use stand::Due;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    typed: String,
    /// A service of another house sent the person here, who may go back.
    foreign: bool,
    /// For a passkey.
    challenge: String,
    rp_id: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "officer.html")]
struct OfficerPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    typed: String,
    error: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    id_number: String,
    password: String,
}

#[derive(Deserialize)]
pub(crate) struct OfficerForm {
    username: String,
    password: String,
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct CodeForm {
    code: String,
    by: Option<By>,
}

#[derive(Deserialize)]
pub(crate) struct PasskeyForm {
    credential: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) async fn take_password(Due(stand): Due, form: Form<PasswordForm>) -> Result<Response, Problem> {
    if stand.client.holders != Holders::Citizens {
        return Ok(stand.again());
    }
    let m = stand.m();
    let Some(number) = IdNumber::parse(&form.id_number) else {
        return stand.form(Some(m.id_number_wrong().to_owned()), form.id_number.clone(), None).await;
    };
    let step = sign_in::password(&stand.ctx, &stand.identity, &stand.desk(), &number, &form.password).await;
    stand.tried("password", step, m.sign_in_wrong(), number.as_str(), None).await
}

pub(crate) async fn take_officer(Due(stand): Due, form: Form<OfficerForm>) -> Result<Response, Problem> {
    if stand.client.holders != Holders::Officers {
        return Ok(stand.again());
    }
    let typed = [form.username.as_str(), form.password.as_str(), form.code.as_str()];
    let step = sign_in::officer(&stand.ctx, &stand.identity, &stand.desk(), typed).await;
    stand.tried("officer", step, stand.m().officer_wrong(), &form.username, None).await
}

pub(crate) async fn take_code(Due(stand): Due, form: Form<CodeForm>) -> Result<Response, Problem> {
    let (m, by) = (stand.m(), form.by.unwrap_or(By::Sms));
    let step = sign_in::code(&stand.ctx, &stand.identity, &stand.desk(), by, &form.code).await;
    let wrong = if by == By::Sms { m.code_wrong() } else { m.code_other_wrong() };
    stand.tried(by.as_str(), step, wrong, "", Some(by)).await
}

pub(crate) async fn take_passkey(Due(stand): Due, form: Form<PasskeyForm>) -> Result<Response, Problem> {
    if stand.client.holders != Holders::Citizens {
        return Ok(stand.again());
    }
    let read = |text: &str| from_base64url(text).unwrap_or_default();
    let came = passkey::Signed {
        credential: read(&form.credential),
        client_data: read(&form.client_data),
        authenticator_data: read(&form.authenticator_data),
        signature: read(&form.signature),
    };
    let place = place_of(&stand.visit);
    let step = passkey::sign_in(&stand.ctx, &stand.identity, &stand.desk(), &place, came).await;
    stand.tried("passkey", step, stand.m().passkey_unknown(), "", None).await
}

pub(crate) async fn resend(Due(stand): Due, form: Form<Resend>) -> Result<Response, Problem> {
    match sign_in::send(&stand.ctx, &stand.identity, &stand.desk(), form.way).await {
        // Whoever has an app asked for a message or a call instead.
        Ok(Step::Code) => Ok(Redirect::to(&format!("{}?by=sms", stand.action())).into_response()),
        outcome => stand.settle(outcome).await,
    }
}

/// Who does not want to sign in goes back to the service that sent them.
pub(crate) async fn cancel(Due(stand): Due, _form: Form<Nothing>) -> Result<Response, Problem> {
    stand.denied("access_denied", "the person did not sign in")
}

pub(crate) async fn skip(Due(stand): Due, _form: Form<Nothing>) -> Result<Response, Problem> {
    let step = sign_in::without_code(&stand.ctx, &stand.desk()).await;
    stand.tried("password", step, stand.m().sign_in_wrong(), "", None).await
}
