//! `/account/factors`: passkeys, the authenticator app, the recovery sheet. What an
//! officer has of these is at `/desk/account` (`http/staff.rs`) and changed here too.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base::Zone;
use seal::digest::{base32, base64url, from_base64url, hex};
use seal::webauthn::ALGORITHMS;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Visit};

use super::account::{here, owner, refused};
use super::{device_of, host_of, html, problem, staff};
use crate::factors::{self, Factors, Standing};
use crate::holder::Holder;
use crate::messages::Messages;
use crate::model::{PasskeyId, Refusal};
use crate::passkey::{self, Place};
use crate::{Identity, authenticator, certificate, person, sheet, totp};

/// What fills the form of a passkey.
const SCRIPT: &str = include_str!("../../assets/passkey.js");

#[derive(Template)]
#[template(path = "factors.html")]
struct FactorsPage {
    page: Page,
    m: Messages,
    token: FormToken,
    error: Option<String>,
    own: Own,
    waits_until: Option<String>,
    sheet: u32,
    sheet_made: Option<String>,
    tail: String,
    /// How many certificates hold; none where they cannot be shown.
    certificates: Option<usize>,
}

/// Passkeys and the app, as their holder sees and changes them.
pub(super) struct Own {
    /// Where they are.
    pub(super) base: String,
    /// Everything was shown a moment ago: factors may be changed.
    pub(super) fresh: bool,
    /// And taken away.
    pub(super) removable: bool,
    /// Of an officer, and the only one beside the password.
    pub(super) last: bool,
    pub(super) passkeys: Vec<PasskeyLine>,
    pub(super) app: bool,
    pub(super) nonce: String,
    pub(super) challenge: String,
    pub(super) rp_id: String,
    pub(super) handle: String,
    pub(super) name: String,
    /// What the holder's devices call their passkeys, so that none makes a second.
    pub(super) known: String,
    pub(super) algorithms: String,
}

pub(super) struct PasskeyLine {
    pub(super) id: PasskeyId,
    pub(super) device: String,
    pub(super) synced: bool,
    pub(super) made: String,
    pub(super) used: String,
}

#[derive(Template)]
#[template(path = "factor_app.html")]
struct AppPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    picture: String,
    uri: String,
    secret: String,
    nonce: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "factor_sheet.html")]
struct SheetPage {
    page: Page,
    m: Messages,
    codes: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
pub(crate) struct MadeForm {
    nonce: String,
    client_data: String,
    attestation: String,
}

#[derive(Deserialize)]
pub(crate) struct AppForm {
    nonce: String,
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct SheetForm {
    /// `text` for a file instead of a page.
    #[serde(rename = "as")]
    form: Option<String>,
}

/// Where our pages are.
pub(crate) fn place_of(visit: &Visit) -> Place {
    Place { origin: visit.origin().to_owned(), rp_id: host_of(visit) }
}

/// Whose factors are looked at or changed.
fn holder(ctx: &Ctx) -> Result<Holder, Problem> {
    Holder::of(&ctx.actor).ok_or_else(Problem::forbidden)
}

/// Where they are.
const fn path_of(holder: Holder) -> &'static str {
    match holder {
        Holder::Citizen(_) => "/account/factors",
        Holder::Officer(_) => "/desk/account",
    }
}

impl Own {
    pub(super) fn of(ctx: &Ctx, visit: &Visit, holder: Holder, there: &Factors, standing: Standing) -> Self {
        let m = Messages::new(ctx.locale);
        let nonce = hex(&ctx.random::<16>());
        let known: Vec<String> = there.passkeys.iter().map(|one| base64url(&one.credential)).collect();
        let passkeys = there.passkeys.iter().map(|one| PasskeyLine {
            id: one.id,
            device: if one.device.is_empty() { m.device_unknown().to_owned() } else { one.device.clone() },
            synced: one.synced,
            made: minute(one.made_at),
            used: minute(one.used_at),
        });
        let name = visit.session().map(|session| session.name_in(ctx.locale).to_owned()).unwrap_or_default();
        let name = match holder {
            Holder::Citizen(_) if name.is_empty() => m.nameless().to_owned(),
            Holder::Citizen(_) => name,
            // The device that offers it has the person's own one too, perhaps.
            Holder::Officer(_) => format!("{name} · {}", m.client_desk()),
        };
        let officer = matches!(holder, Holder::Officer(_));
        Self {
            base: visit.localised(path_of(holder)),
            fresh: standing.fresh,
            removable: standing.fresh && standing.waits_until.is_none(),
            last: officer && there.passkeys.len() + usize::from(there.app) < 2,
            passkeys: passkeys.collect(),
            app: there.app,
            challenge: base64url(&passkey::challenge_to_make(ctx, holder, &nonce)),
            nonce,
            rp_id: host_of(visit),
            handle: base64url(&passkey::handle(ctx, holder)),
            name,
            known: known.join(" "),
            algorithms: ALGORITHMS.map(|algorithm| algorithm.to_string()).join(" "),
        }
    }
}

fn minute(at: base::Timestamp) -> String {
    at.local_minute(Zone::Hebron)
}

/// `GET /account/passkey.js`.
pub(crate) async fn script() -> Response {
    as_script(SCRIPT)
}

/// A script that every browser may keep for a day.
pub(super) fn as_script(text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

pub(crate) async fn show(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    page(&ctx, &visit, &identity, None).await
}

async fn page(ctx: &Ctx, visit: &Visit, identity: &Identity, error: Option<String>) -> Result<Response, Problem> {
    let (holder, now) = (holder(ctx)?, ctx.now());
    let (there, standing) = factors::seen(ctx, holder, here(visit)).await.map_err(refused(ctx))?;
    let own = Own::of(ctx, visit, holder, &there, standing);
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::of(visit);
    frame.path = path_of(holder).to_owned();
    if let Holder::Officer(officer) = holder {
        return Ok(html(staff::page(ctx, visit, frame, officer, own, error).await?, status));
    }
    let owner = owner(ctx)?;
    let certificates = ctx.read(move |read| certificate::of(read, owner.account)).await?;
    let certificates = certificates.iter().filter(|one| one.is_live(now)).count();
    let body = FactorsPage {
        page: frame,
        m: Messages::new(ctx.locale),
        token: visit.form_token(),
        error,
        own,
        waits_until: standing.waits_until.map(minute),
        sheet: there.sheet,
        sheet_made: there.sheet_made.map(minute),
        tail: there.tail,
        certificates: identity.personal().map(|_| certificates),
    };
    Ok(html(body.render()?, status))
}

fn back(visit: &Visit, holder: Holder) -> Response {
    Redirect::to(&visit.localised(path_of(holder))).into_response()
}

/// What follows a change: the page again, which also says why one that came too
/// late was not made.
async fn settle(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Identity,
    holder: Holder,
    outcome: Result<(), Refusal>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(()) | Err(Refusal::Gone) => Ok(back(visit, holder)),
        Err(Refusal::LastFactor) => {
            page(ctx, visit, identity, Some(Messages::new(ctx.locale).last_factor().to_owned())).await
        }
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn take_passkey(
    ctx: Ctx,
    visit: Visit,
    headers: HeaderMap,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<MadeForm>,
) -> Result<Response, Problem> {
    let holder = holder(&ctx)?;
    let read = |text: &str| from_base64url(text).unwrap_or_default();
    let (client_data, attestation) = (read(&form.client_data), read(&form.attestation));
    let made = passkey::Made {
        nonce: &form.nonce,
        client_data: &client_data,
        attestation: &attestation,
        device: device_of(&headers),
    };
    match passkey::add(&ctx, holder, here(&visit), &place_of(&visit), &made).await {
        Ok(true) | Err(Refusal::Gone) => Ok(back(&visit, holder)),
        Ok(false) => {
            let error = Messages::new(ctx.locale).passkey_failed().to_owned();
            page(&ctx, &visit, &identity, Some(error)).await
        }
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn remove_passkey(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let id: PasskeyId = id.parse().map_err(|_| Problem::not_found())?;
    let holder = holder(&ctx)?;
    let outcome = passkey::remove(&ctx, holder, here(&visit), id).await;
    settle(&ctx, &visit, &identity, holder, outcome).await
}

pub(crate) async fn app(ctx: Ctx, visit: Visit) -> Result<Response, Problem> {
    let holder = holder(&ctx)?;
    let (_, standing) = factors::seen(&ctx, holder, here(&visit)).await.map_err(refused(&ctx))?;
    if !standing.fresh {
        return Ok(back(&visit, holder));
    }
    let nonce = hex(&ctx.random::<16>());
    app_page(&ctx, &visit, holder, nonce, None).await
}

/// What an app calls the account: several ones of a family, or of one person at
/// work and at home, stand in one app.
async fn label(ctx: &Ctx, visit: &Visit, holder: Holder) -> Result<String, Problem> {
    let Holder::Citizen(owner) = holder else {
        return Ok(visit.session().map(|session| session.display_name.clone()).unwrap_or_default());
    };
    let number = ctx.read(move |read| person::id_number(read, owner.person)).await?;
    Ok(format!("…{}", number.map(|number| number.as_str()[5..].to_owned()).unwrap_or_default()))
}

async fn app_page(
    ctx: &Ctx,
    visit: &Visit,
    holder: Holder,
    nonce: String,
    error: Option<String>,
) -> Result<Response, Problem> {
    let key = authenticator::secret_of(ctx, holder, &nonce);
    let uri = totp::uri(&key, &label(ctx, visit, holder).await?);
    let grouped = base32(&key).as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::of(visit);
    frame.path = format!("{}/app", path_of(holder));
    let action = frame.to(&frame.path);
    let picture = web::qr::svg(&uri).unwrap_or_default();
    let (m, token) = (Messages::new(ctx.locale), visit.form_token());
    let body = AppPage { page: frame, m, token, action, picture, uri, secret: grouped, nonce, error };
    Ok(html(body.render()?, status))
}

pub(crate) async fn take_app(ctx: Ctx, visit: Visit, form: Form<AppForm>) -> Result<Response, Problem> {
    let holder = holder(&ctx)?;
    let outcome = authenticator::add(&ctx, holder, here(&visit), &form.nonce, &form.code).await;
    match outcome {
        Ok(true) | Err(Refusal::Gone) => Ok(back(&visit, holder)),
        Ok(false) => {
            let error = Messages::new(ctx.locale).app_wrong().to_owned();
            app_page(&ctx, &visit, holder, form.nonce.clone(), Some(error)).await
        }
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn remove_app(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let holder = holder(&ctx)?;
    let outcome = authenticator::remove(&ctx, holder, here(&visit)).await;
    settle(&ctx, &visit, &identity, holder, outcome).await
}

pub(crate) async fn make_sheet(ctx: Ctx, visit: Visit, form: Form<SheetForm>) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    let owner = owner(&ctx)?;
    let codes = match sheet::make(&ctx, owner, here(&visit)).await {
        Ok(codes) => codes,
        Err(Refusal::Gone) => return Ok(back(&visit, owner.into())),
        Err(refusal) => return Err(problem(refusal, ctx.locale)),
    };
    if form.form.as_deref() == Some("text") {
        let text = format!("{}\n\n{}\n\n{}\n{}\n", m.sheet_title(), codes.join("\n"), m.sheet_use(), m.sheet_once());
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"hukumati-recovery.txt\""),
        ];
        return Ok((headers, text).into_response());
    }
    let mut frame = Page::of(&visit);
    frame.path = "/account/factors".to_owned();
    Ok(html(SheetPage { page: frame, m, codes }.render()?, StatusCode::OK))
}
