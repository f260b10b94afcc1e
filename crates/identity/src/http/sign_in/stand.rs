//! Where somebody stands on the way through the sign-in of one authorization:
//! the frame of every page and form of it.

use openid::oauth::OauthError;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use base::OfficerId;
use seal::digest::base64url;
use store::{Ctx, Error};
use tokio::time::Instant;
use web::headers::AlsoFormTarget;
use web::{Extension, IntoResponse, Kit, Page, Path, Problem, Redirect, Response, Visit};

use super::super::back::{origin_of, to_client};
use super::super::code_step::CodeStep;
use super::super::{browser_of, device_of, host_of, html, problem};
use super::certificate::CertificatePage;
use super::{OfficerPage, SignInPage};
use crate::Identity;
use crate::authorize::{self, Authorization, seen};
use crate::factors::By;
use crate::holder::Holder;
use crate::messages::Messages;
use crate::model::{AuthorizationId, Client, Holders, Refusal, SsoId};
use crate::sign_in::{self, Desk, Step, account_id};
use crate::sso::{self, Sso};
use crate::{certificate, figures, login_hint, officer, passkey};

/// A visit to the sign-in of one authorization.
pub(in crate::http) struct Stand {
    pub(super) ctx: Ctx,
    pub(super) visit: Visit,
    pub(super) identity: Arc<Identity>,
    pub(super) sso: Option<Sso>,
    pub(super) there: Authorization,
    pub(super) client: Client,
    /// The officer whose desk is locked in this browser, and their session.
    locked: Option<(SsoId, OfficerId)>,
    /// Another one signs in there.
    other: bool,
    device: String,
    came_at: Instant,
}

impl Stand {
    /// The stand of a request that came with these parts.
    async fn of(parts: &mut Parts, kit: &Kit) -> Result<Self, Problem> {
        let came_at = Instant::now();
        let visit = Visit::from_request_parts(parts, kit).await?;
        let identity = Extension::<Arc<Identity>>::from_request_parts(parts, kit).await;
        let Extension(identity) = identity?;
        let Path(request) = Path::<String>::from_request_parts(parts, kit).await?;
        let ctx = visit.ctx();
        let id: AuthorizationId = request.parse().map_err(|_| problem(Refusal::Gone, ctx.locale))?;
        let (browser, now) = (browser_of(&visit), ctx.now());
        let found = ctx.read(move |read| {
            let there = seen(read, id, &browser, now)?;
            let client = crate::client::client(read, &there.client)?.ok_or(Refusal::Gone)?;
            Ok((there, client))
        });
        let (there, client) = found.await.map_err(|refusal| problem(refusal, ctx.locale))?;
        let sso = sso::current(&ctx, &parts.headers, visit.is_secure()).await?;
        let locked = match client.holders {
            Holders::Officers => sso::locked(&ctx, &parts.headers, visit.is_secure()).await?,
            Holders::Citizens => None,
        };
        let other = parts.uri.query() == Some("other=1");
        let device = device_of(&parts.headers);
        Ok(Self { ctx, visit, identity, sso, there, client, locked, other, device, came_at })
    }
    pub(super) fn m(&self) -> Messages {
        Messages::new(self.ctx.locale)
    }
    pub(super) fn action(&self) -> String {
        self.visit.localised(&format!("/account/sign-in/{}", self.there.id))
    }
    /// The frame: the language switch leads to the step that is due, also from
    /// an answer to a form.
    pub(super) fn frame(&self) -> Page {
        let mut page = Page::of(&self.visit);
        page.path = format!("/account/sign-in/{}", self.there.id);
        page
    }
    pub(super) fn client_name(&self) -> String {
        let names = &self.client.names;
        names.get(self.ctx.locale.index()).or(names.first()).cloned().unwrap_or_default()
    }
    pub(super) fn desk(&self) -> Desk {
        Desk {
            id: self.there.id,
            browser: browser_of(&self.visit),
            address: self.visit.client(),
            host: host_of(&self.visit),
            device: self.device.clone(),
            network: self.identity.networks.name(self.visit.client()).to_owned(),
            former: self.sso.as_ref().map(|sso| sso.id).or(self.locked.map(|(id, _)| id)),
        }
    }
    pub(super) fn refused(&self, refusal: Refusal) -> Problem {
        problem(refusal, self.ctx.locale)
    }
    /// What follows a factor that was shown, which is counted for the officers'
    /// figures. A wrong one gets the form again, with what is `wrong`, in the same
    /// time whatever it took to find out.
    pub(super) async fn tried(
        &self,
        factor: &str,
        outcome: Result<Step, Refusal>,
        wrong: &str,
        typed: &str,
        by: Option<By>,
    ) -> Result<Response, Problem> {
        figures::count_step(&self.ctx, &self.client.id, factor, &outcome).await;
        match outcome {
            Ok(Step::Wrong) => {
                let due = self.came_at + Duration::from_millis(self.identity.config.refusal_ms);
                tokio::time::sleep_until(due).await;
                self.form(Some(wrong.to_owned()), typed.to_owned(), by).await
            }
            outcome => self.settle(outcome).await,
        }
    }
    /// A page whose form may lead to the client.
    pub(super) fn page(&self, body: String, status: StatusCode) -> Response {
        let mut response = html(body, status);
        if let Some(origin) = origin_of(&self.there.asked.redirect_uri) {
            response.extensions_mut().insert(AlsoFormTarget(origin));
        }
        response
    }
    /// Back to the client with its code, under this session.
    pub(super) async fn answer(&self, session: SsoId) -> Result<Response, Problem> {
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
    pub(super) async fn settle(&self, outcome: Result<Step, Refusal>) -> Result<Response, Problem> {
        match outcome {
            Ok(step) => self.after(step).await,
            Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(self.again()),
            Err(refusal) => Err(self.refused(refusal)),
        }
    }
    pub(super) fn again(&self) -> Response {
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
    pub(super) async fn form(
        &self,
        error: Option<String>,
        typed: String,
        wanted: Option<By>,
    ) -> Result<Response, Problem> {
        let (m, page, token, action) = (self.m(), self.frame(), self.visit.form_token(), self.action());
        let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let client = self.client_name();
        let (challenge, rp_id) =
            (base64url(&passkey::challenge_to_sign_in(&self.ctx, self.there.id)), host_of(&self.visit));
        // Who went back and typed another number is told of that, not of the code.
        let retyped = !typed.is_empty();
        let typed = if typed.is_empty() && error.is_none() { self.expected().await? } else { typed };
        let body = match (self.client.holders, self.there.stage.as_str()) {
            (Holders::Officers, _) => {
                let (locked, known) = self.locked().await?;
                OfficerPage { page, m, token, action, client, typed, locked, challenge, rp_id, known, error }
                    .render()?
            }
            (Holders::Citizens, "known") if !retyped => {
                let mut others =
                    sign_in::ways(&self.ctx, &self.desk()).await.map_err(|refusal| self.refused(refusal))?;
                let certificate = self.own_certificate().await?;
                if others.is_empty() && certificate.is_some() {
                    CertificatePage { page, m, token, action, shown: None, certificate, error }.render()?
                } else {
                    let by = wanted.filter(|by| others.contains(by)).or(others.first().copied()).unwrap_or(By::Sms);
                    others.retain(|other| *other != by);
                    let step = CodeStep::new(&self.identity, page, token, [action, self.there.id.to_string()]);
                    step.among(by, others, certificate).render(&self.ctx, error).await?
                }
            }
            (Holders::Citizens, _) => {
                let (id, now, identity) = (self.there.id, self.ctx.now(), Arc::clone(&self.identity));
                let taken = self.ctx.read(move |read| certificate::taken(read, &identity, id, now)).await?;
                let shown = taken.map(|held| held.name);
                let certificate = self.certificate_address();
                if shown.is_some() {
                    CertificatePage { page, m, token, action, shown, certificate, error }.render()?
                } else {
                    let foreign = !self.client.first_party;
                    SignInPage { page, m, token, action, client, typed, foreign, challenge, rp_id, certificate, error }
                        .render()?
                }
            }
        };
        Ok(self.page(body, status))
    }

    /// Who the client expects, for the first field.
    async fn expected(&self) -> Result<String, Problem> {
        let Some(masked) = self.there.asked.masked_hint.clone() else { return Ok(String::new()) };
        let id = self.there.id;
        let hint = self.ctx.read(move |read| Ok::<_, store::Error>(login_hint::unmasked(read, id, &masked)));
        Ok(hint.await?.unwrap_or_default())
    }

    /// Whose desk is locked here, by name, and what their devices call the passkeys
    /// that open it: with these one touch is enough, nobody has to be chosen.
    async fn locked(&self) -> Result<(Option<String>, String), Problem> {
        let Some((_, id)) = self.locked.filter(|_| !self.other) else { return Ok((None, String::new())) };
        let locale = self.ctx.locale;
        let found = self.ctx.read(move |read| {
            let name = officer::name_in(read, id, locale)?;
            Ok::<_, Error>((name, passkey::of(read, Holder::Officer(id))?))
        });
        let (name, passkeys) = found.await?;
        let known: Vec<String> = passkeys.iter().map(|one| base64url(&one.credential)).collect();
        Ok((Some(name), known.join(" ")))
    }

    /// Where a certificate is shown for this request, if anywhere.
    fn certificate_address(&self) -> Option<String> {
        self.identity.certificate_address(self.ctx.locale, self.there.id)
    }
    /// The same if the account whose password was right has one.
    async fn own_certificate(&self) -> Result<Option<String>, Problem> {
        let Some(account) = self.there.holder.as_deref().and_then(account_id) else { return Ok(None) };
        let now = self.ctx.now();
        let there = self.ctx.read(move |read| certificate::is_there(read, account, now)).await?;
        Ok(self.certificate_address().filter(|_| there))
    }

    /// Back to the client without a code.
    pub(super) fn denied(&self, code: &'static str, why: &str) -> Result<Response, Problem> {
        let error = OauthError::new(code, why);
        to_client(&self.visit, self.there.asked.reply().refuse(&self.identity.config.issuer, &error))
    }

    /// Whether the session that there is answers, but for the person's consent.
    pub(super) fn is_answered(&self) -> bool {
        let asked = &self.there.asked;
        // Who has just signed in for this request answers it, however it asks.
        let just_now = self.sso.as_ref().is_some_and(|sso| self.there.holder.as_ref() == Some(&sso.holder))
            && self.sso.as_ref().is_some_and(|sso| sso.proven_at >= began(&self.there));
        let answers = |sso: &Sso| authorize::is_answered(&self.ctx, asked, &self.client, sso);
        just_now || (self.there.stage == "asked" && self.sso.as_ref().is_some_and(answers))
    }
}

/// A stand of whoever is not through yet; who is goes on to the client.
pub(in crate::http) struct Due(pub(super) Stand);

impl FromRequestParts<Kit> for Due {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, kit: &Kit) -> Result<Self, Response> {
        let stand = Stand::of(parts, kit).await.map_err(IntoResponse::into_response)?;
        match stand.already().await {
            Ok(None) => Ok(Self(stand)),
            Ok(Some(onward)) => Err(onward),
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// When an authorization was taken up.
fn began(there: &Authorization) -> base::Timestamp {
    there.ends_at.plus_seconds(-authorize::ASKED_SECONDS)
}
