//! `/account/sign-in/{request}`: the provider's own pages.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use base::IdNumber;
use seal::digest::{base64url, from_base64url};
use serde::Deserialize;
use store::{Ctx, Key};
use tokio::time::Instant;
use web::headers::AlsoFormTarget;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Visit};

use super::back::{origin_of, to_client};
use super::factors::place_of;
use super::{browser_of, device_of, host_of, html, problem};
use crate::Identity;
use crate::authorize::{self, Authorization, prove_in, seen};
use crate::factors::By;
use crate::messages::Messages;
use crate::model::{AuthorizationId, Client, Holders, Refusal, SsoId};
use crate::oauth::OauthError;
use crate::sign_in::{self, Desk, Step, account_id};
use crate::sso::{self, Sso};
use crate::{code, consent, passkey};

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

#[derive(Template)]
#[template(path = "code.html")]
pub(crate) struct CodePage {
    pub(crate) page: Page,
    pub(crate) m: Messages,
    pub(crate) token: FormToken,
    pub(crate) action: String,
    /// Which code is asked for, and which would do instead.
    pub(crate) by: By,
    pub(crate) others: Vec<By>,
    /// The end of the number that an SMS went to.
    pub(crate) tail: String,
    /// Text messages do not get through now.
    pub(crate) late: bool,
    pub(crate) error: Option<String>,
    /// Whether one may go on without a code.
    pub(crate) skippable: bool,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    client: String,
    profile: bool,
    id_number: bool,
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

/// Which code somebody wants to type.
#[derive(Deserialize)]
pub(crate) struct Wanted {
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

#[derive(Deserialize)]
pub(crate) struct ConsentForm {
    answer: String,
}

/// A visit to the sign-in of one authorization.
struct Stand {
    ctx: Ctx,
    visit: Visit,
    identity: Arc<Identity>,
    sso: Option<Sso>,
    there: Authorization,
    client: Client,
    device: String,
}

impl Stand {
    async fn of(
        ctx: Ctx,
        visit: Visit,
        identity: Arc<Identity>,
        headers: &HeaderMap,
        request: &str,
    ) -> Result<Self, Problem> {
        let id: AuthorizationId = request.parse().map_err(|_| problem(Refusal::Gone, ctx.locale))?;
        let (browser, now) = (browser_of(&visit), ctx.now());
        let found = ctx.read(move |read| {
            let there = seen(read, id, &browser, now)?;
            let client = crate::client::client(read, &there.client)?.ok_or(Refusal::Gone)?;
            Ok((there, client))
        });
        let (there, client) = found.await.map_err(|refusal| problem(refusal, ctx.locale))?;
        let sso = sso::current(&ctx, headers, visit.is_secure()).await?;
        let device = device_of(headers);
        Ok(Self { ctx, visit, identity, sso, there, client, device })
    }
    fn m(&self) -> Messages {
        Messages::new(self.ctx.locale)
    }
    fn action(&self) -> String {
        self.visit.localised(&format!("/account/sign-in/{}", self.there.id))
    }
    /// The frame: the language switch leads to the step that is due, also from
    /// an answer to a form.
    fn frame(&self) -> Page {
        let mut page = Page::of(&self.visit);
        page.path = format!("/account/sign-in/{}", self.there.id);
        page
    }
    fn client_name(&self) -> String {
        let names = &self.client.names;
        names.get(self.ctx.locale.index()).or(names.first()).cloned().unwrap_or_default()
    }
    fn desk(&self) -> Desk {
        Desk {
            id: self.there.id,
            browser: browser_of(&self.visit),
            address: self.visit.client(),
            host: host_of(&self.visit),
            device: self.device.clone(),
            former: self.sso.as_ref().map(|sso| sso.id),
        }
    }
    fn refused(&self, refusal: Refusal) -> Problem {
        problem(refusal, self.ctx.locale)
    }
    /// A page whose form may lead to the client.
    fn page(&self, body: String, status: StatusCode) -> Response {
        let mut response = html(body, status);
        if let Some(origin) = origin_of(&self.there.asked.redirect_uri) {
            response.extensions_mut().insert(AlsoFormTarget(origin));
        }
        response
    }
    /// Back to the client with its code, under this session.
    async fn answer(&self, session: SsoId) -> Result<Response, Problem> {
        let (issuer, id, asked) = (&self.identity.config.issuer, self.there.id, &self.there.asked);
        let level = self.ctx.read(move |read| sso::level(read, session)).await?;
        to_client(&self.visit, authorize::answer(&self.ctx, issuer, id, asked, level))
    }
    /// On to the client, for whoever is through already.
    async fn already(&self) -> Result<Option<Response>, Problem> {
        let Some(session) = self.there.session.filter(|_| self.there.stage == "coded") else { return Ok(None) };
        if let Some(cookie) = sso::cookie(&self.ctx, session, self.visit.is_secure()) {
            self.visit.add_header(header::SET_COOKIE, cookie);
        }
        self.answer(session).await.map(Some)
    }
    /// What follows a step that went well or not: a step that came when another
    /// is due, or twice, leads to where one stands.
    async fn settle(&self, outcome: Result<Step, Refusal>) -> Result<Response, Problem> {
        match outcome {
            Ok(step) => self.after(step).await,
            Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(self.again()),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }
    fn again(&self) -> Response {
        Redirect::to(&self.action()).into_response()
    }

    /// What follows a step: another page, or the client.
    async fn after(&self, step: Step) -> Result<Response, Problem> {
        match step {
            Step::Code => Ok(self.again()),
            Step::Done(session) => {
                if let Some(cookie) = sso::cookie(&self.ctx, session, self.visit.is_secure()) {
                    self.visit.add_header(header::SET_COOKIE, cookie);
                }
                let id = self.there.id;
                let now = self.ctx.read(move |read| authorize::load(read, id)).await?;
                let coded = now.is_some_and(|there| there.stage == "coded");
                if coded { self.answer(session).await } else { Ok(self.again()) }
            }
            Step::Wrong => self.form(Some(self.m().sign_in_wrong().to_owned()), String::new(), None).await,
            Step::Dead => self.form(Some(self.m().code_dead().to_owned()), String::new(), None).await,
        }
    }

    /// The page of the step that is due.
    async fn form(&self, error: Option<String>, typed: String, wanted: Option<By>) -> Result<Response, Problem> {
        let (m, page, token, action) = (self.m(), self.frame(), self.visit.form_token(), self.action());
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let client = self.client_name();
        let body = match (self.client.holders, self.there.stage.as_str()) {
            (Holders::Officers, _) => OfficerPage { page, m, token, action, client, typed, error }.render()?,
            (Holders::Citizens, "known") => {
                let deal = self.there.id.to_string();
                let (tail, late) = code::on_its_way(&self.ctx, deal).await?;
                let mut others =
                    sign_in::ways(&self.ctx, &self.desk()).await.map_err(|refusal| self.refused(refusal))?;
                let by = wanted.filter(|by| others.contains(by)).or(others.first().copied()).unwrap_or(By::Sms);
                others.retain(|other| *other != by);
                CodePage { page, m, token, action, by, others, tail, late, error, skippable: true }.render()?
            }
            (Holders::Citizens, _) => {
                let challenge = base64url(&passkey::challenge_to_sign_in(&self.ctx, self.there.id));
                let (foreign, rp_id) = (!self.client.first_party, host_of(&self.visit));
                SignInPage { page, m, token, action, client, typed, foreign, challenge, rp_id, error }.render()?
            }
        };
        Ok(self.page(body, status))
    }

    /// Back to the client without a code.
    fn denied(&self, why: &str) -> Result<Response, Problem> {
        let error = OauthError::new("access_denied", why);
        to_client(&self.visit, self.there.asked.reply().refuse(&self.identity.config.issuer, &error))
    }

    /// Whether the session that there is answers, but for the person's consent.
    fn is_answered(&self) -> bool {
        let (asked, holders) = (&self.there.asked, self.client.holders);
        // Who has just signed in for this request answers it, however it asks.
        let just_now = self.sso.as_ref().is_some_and(|sso| self.there.holder.as_ref() == Some(&sso.holder))
            && self.sso.as_ref().is_some_and(|sso| sso.proven_at >= began(&self.there));
        let answers = |sso: &Sso| asked.is_answered_by(sso, holders, self.ctx.now());
        just_now || (self.there.stage == "asked" && self.sso.as_ref().is_some_and(answers))
    }
}

/// When an authorization was taken up.
fn began(there: &Authorization) -> base::Timestamp {
    there.ends_at.plus_seconds(-authorize::ASKED_SECONDS)
}

pub(crate) async fn show(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    let answered = stand.is_answered();
    let Some(sso) = stand.sso.clone().filter(|_| answered) else {
        return stand.form(None, String::new(), wanted.by).await;
    };
    let (client, asked, account) = (stand.client.clone(), stand.there.asked.clone(), account_id(&sso.holder));
    if stand.ctx.read(move |read| consent::is_needed(read, &client, &asked, account)).await? {
        let scopes = consent::telling(&stand.there.asked);
        let page = ConsentPage {
            page: stand.frame(),
            m: stand.m(),
            token: stand.visit.form_token(),
            action: stand.action(),
            client: stand.client_name(),
            profile: scopes.contains(&"profile"),
            id_number: scopes.contains(&"id_number"),
        };
        return Ok(stand.page(page.render()?, StatusCode::OK));
    }
    prove(&stand, sso, None).await
}

/// Gives the code to whoever the session says; with what they allowed, if asked.
async fn prove(stand: &Stand, sso: Sso, allowed: Option<base::AccountId>) -> Result<Response, Problem> {
    let (id, client, asked) = (stand.there.id, stand.there.client.clone(), stand.there.asked.clone());
    let session = sso.id;
    let proven = stand.ctx.write(Key::once(&stand.ctx), move |tx| {
        if let Some(account) = allowed {
            consent::give_in(tx, &client, &asked, account)?;
        }
        prove_in(tx, id, &sso.holder, session)
    });
    match proven.await {
        Ok(()) => stand.answer(session).await,
        Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(stand.again()),
        Err(refusal) => Err(stand.refused(refusal)),
    }
}

pub(crate) async fn consent(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    form: Form<ConsentForm>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    let Some(sso) = stand.sso.clone().filter(|_| stand.is_answered()) else { return Ok(stand.again()) };
    if form.answer != "allow" {
        return stand.denied("the person did not allow it");
    }
    let account = account_id(&sso.holder);
    prove(&stand, sso, account).await
}

/// When a refusal of what comes now is answered, whatever it took to find out.
fn refused_at(identity: &Identity) -> Instant {
    Instant::now() + Duration::from_millis(identity.config.refusal_ms)
}

pub(crate) async fn take_password(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    form: Form<PasswordForm>,
) -> Result<Response, Problem> {
    let refused_at = refused_at(&identity);
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    if stand.client.holders != Holders::Citizens {
        return Ok(stand.again());
    }
    let Some(number) = IdNumber::parse(&form.id_number) else {
        let error = stand.m().id_number_wrong().to_owned();
        return stand.form(Some(error), form.id_number.clone(), None).await;
    };
    let step = sign_in::password(&stand.ctx, &stand.identity, &stand.desk(), &number, &form.password).await;
    match step {
        Ok(Step::Wrong) => {
            tokio::time::sleep_until(refused_at).await;
            stand.form(Some(stand.m().sign_in_wrong().to_owned()), number.as_str().to_owned(), None).await
        }
        outcome => stand.settle(outcome).await,
    }
}

pub(crate) async fn take_officer(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    form: Form<OfficerForm>,
) -> Result<Response, Problem> {
    let refused_at = refused_at(&identity);
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    if stand.client.holders != Holders::Officers {
        return Ok(stand.again());
    }
    let typed = [form.username.as_str(), form.password.as_str(), form.code.as_str()];
    let step = sign_in::officer(&stand.ctx, &stand.identity, &stand.desk(), typed).await;
    match step {
        Ok(Step::Wrong) => {
            tokio::time::sleep_until(refused_at).await;
            stand.form(Some(stand.m().officer_wrong().to_owned()), form.username.clone(), None).await
        }
        outcome => stand.settle(outcome).await,
    }
}

pub(crate) async fn take_code(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    form: Form<CodeForm>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    let by = form.by.unwrap_or(By::Sms);
    let step = sign_in::code(&stand.ctx, &stand.identity, &stand.desk(), by, &form.code).await;
    match step {
        Ok(Step::Wrong) => {
            let m = stand.m();
            let error = if by == By::Sms { m.code_wrong() } else { m.code_other_wrong() };
            stand.form(Some(error.to_owned()), String::new(), Some(by)).await
        }
        outcome => stand.settle(outcome).await,
    }
}

pub(crate) async fn take_passkey(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    form: Form<PasskeyForm>,
) -> Result<Response, Problem> {
    let refused_at = refused_at(&identity);
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
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
    match passkey::sign_in(&stand.ctx, &stand.identity, &stand.desk(), &place, came).await {
        Ok(Step::Wrong) => {
            tokio::time::sleep_until(refused_at).await;
            stand.form(Some(stand.m().passkey_unknown().to_owned()), String::new(), None).await
        }
        outcome => stand.settle(outcome).await,
    }
}

pub(crate) async fn resend(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    match sign_in::send(&stand.ctx, &stand.identity, &stand.desk()).await {
        // Whoever has an app asked for an SMS instead.
        Ok(Step::Code) => Ok(Redirect::to(&format!("{}?by=sms", stand.action())).into_response()),
        outcome => stand.settle(outcome).await,
    }
}

/// Who does not want to sign in goes back to the service that sent them.
pub(crate) async fn cancel(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    match stand.already().await? {
        Some(onward) => Ok(onward),
        None => stand.denied("the person did not sign in"),
    }
}

pub(crate) async fn skip(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let stand = Stand::of(ctx, visit, identity, &headers, &request).await?;
    if let Some(onward) = stand.already().await? {
        return Ok(onward);
    }
    let step = sign_in::without_code(&stand.ctx, &stand.desk()).await;
    stand.settle(step).await
}
