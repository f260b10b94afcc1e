//! `/account/factors`: passkeys, the authenticator app, the recovery sheet.

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
use super::{device_of, host_of, html, problem};
use crate::factors::{self, Standing};
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
    /// Everything was shown a moment ago: factors may be changed.
    fresh: bool,
    /// And taken away.
    removable: bool,
    waits_until: Option<String>,
    passkeys: Vec<PasskeyLine>,
    app: bool,
    sheet: u32,
    sheet_made: Option<String>,
    tail: String,
    /// How many certificates hold; none where they cannot be shown.
    certificates: Option<usize>,
    nonce: String,
    challenge: String,
    rp_id: String,
    handle: String,
    name: String,
    /// What the account's devices call their passkeys, so that none makes a second.
    known: String,
    algorithms: String,
}

struct PasskeyLine {
    id: PasskeyId,
    device: String,
    synced: bool,
    made: String,
    used: String,
}

#[derive(Template)]
#[template(path = "factor_app.html")]
struct AppPage {
    page: Page,
    m: Messages,
    token: FormToken,
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
    let owner = owner(ctx)?;
    let now = ctx.now();
    let certificates = ctx.read(move |read| certificate::of(read, owner.account)).await?;
    let certificates = certificates.iter().filter(|one| one.is_live(now)).count();
    let (there, standing) = factors::seen(ctx, owner, here(visit)).await.map_err(refused(ctx))?;
    let Standing { fresh, waits_until } = standing;
    let m = Messages::new(ctx.locale);
    let minute = |at: base::Timestamp| at.local_minute(Zone::Hebron);
    let nonce = hex(&ctx.random::<16>());
    let known: Vec<String> = there.passkeys.iter().map(|one| base64url(&one.credential)).collect();
    let passkeys = there.passkeys.into_iter().map(|one| PasskeyLine {
        id: one.id,
        device: if one.device.is_empty() { m.device_unknown().to_owned() } else { one.device },
        synced: one.synced,
        made: minute(one.made_at),
        used: minute(one.used_at),
    });
    let name = visit.session().map(|session| session.display_name.clone()).unwrap_or_default();
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::of(visit);
    frame.path = "/account/factors".to_owned();
    let body = FactorsPage {
        page: frame,
        m,
        token: visit.form_token(),
        error,
        fresh,
        removable: fresh && waits_until.is_none(),
        waits_until: waits_until.map(minute),
        passkeys: passkeys.collect(),
        app: there.app,
        sheet: there.sheet,
        sheet_made: there.sheet_made.map(minute),
        tail: there.tail,
        certificates: identity.personal().map(|_| certificates),
        challenge: base64url(&passkey::challenge_to_make(ctx, owner.account, &nonce)),
        nonce,
        rp_id: host_of(visit),
        handle: base64url(&passkey::handle(ctx, owner.account)),
        name: if name.is_empty() { m.nameless().to_owned() } else { name },
        known: known.join(" "),
        algorithms: ALGORITHMS.map(|algorithm| algorithm.to_string()).join(" "),
    };
    Ok(html(body.render()?, status))
}

fn back(visit: &Visit) -> Response {
    Redirect::to(&visit.localised("/account/factors")).into_response()
}

/// What follows a change: the page again, which also says why one that came too
/// late was not made.
fn settle(ctx: &Ctx, visit: &Visit, outcome: Result<(), Refusal>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) | Err(Refusal::Gone) => Ok(back(visit)),
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
    let owner = owner(&ctx)?;
    let read = |text: &str| from_base64url(text).unwrap_or_default();
    let (client_data, attestation) = (read(&form.client_data), read(&form.attestation));
    let made = passkey::Made {
        nonce: &form.nonce,
        client_data: &client_data,
        attestation: &attestation,
        device: device_of(&headers),
    };
    match passkey::add(&ctx, owner, here(&visit), &place_of(&visit), &made).await {
        Ok(true) | Err(Refusal::Gone) => Ok(back(&visit)),
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
    Path(id): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let id: PasskeyId = id.parse().map_err(|_| Problem::not_found())?;
    let outcome = passkey::remove(&ctx, owner(&ctx)?, here(&visit), id).await;
    settle(&ctx, &visit, outcome)
}

pub(crate) async fn app(ctx: Ctx, visit: Visit) -> Result<Response, Problem> {
    let owner = owner(&ctx)?;
    let (_, standing) = factors::seen(&ctx, owner, here(&visit)).await.map_err(refused(&ctx))?;
    if !standing.fresh {
        return Ok(back(&visit));
    }
    let nonce = hex(&ctx.random::<16>());
    app_page(&ctx, &visit, nonce, None).await
}

async fn app_page(ctx: &Ctx, visit: &Visit, nonce: String, error: Option<String>) -> Result<Response, Problem> {
    let owner = owner(ctx)?;
    let number = ctx.read(move |read| person::id_number(read, owner.person)).await?;
    let key = authenticator::secret_of(ctx, owner.account, &nonce);
    // The last digits tell several accounts of a family apart in one app.
    let tail = number.map(|number| number.as_str()[5..].to_owned()).unwrap_or_default();
    let uri = totp::uri(&key, &format!("…{tail}"));
    let grouped = base32(&key).as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::of(visit);
    frame.path = "/account/factors/app".to_owned();
    let picture = web::qr::svg(&uri).unwrap_or_default();
    let (m, token) = (Messages::new(ctx.locale), visit.form_token());
    let body = AppPage { page: frame, m, token, picture, uri, secret: grouped, nonce, error };
    Ok(html(body.render()?, status))
}

pub(crate) async fn take_app(ctx: Ctx, visit: Visit, form: Form<AppForm>) -> Result<Response, Problem> {
    let outcome = authenticator::add(&ctx, owner(&ctx)?, here(&visit), &form.nonce, &form.code).await;
    match outcome {
        Ok(true) | Err(Refusal::Gone) => Ok(back(&visit)),
        Ok(false) => {
            let error = Messages::new(ctx.locale).app_wrong().to_owned();
            app_page(&ctx, &visit, form.nonce.clone(), Some(error)).await
        }
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

pub(crate) async fn remove_app(ctx: Ctx, visit: Visit, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = authenticator::remove(&ctx, owner(&ctx)?, here(&visit)).await;
    settle(&ctx, &visit, outcome)
}

pub(crate) async fn make_sheet(ctx: Ctx, visit: Visit, form: Form<SheetForm>) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    let codes = match sheet::make(&ctx, owner(&ctx)?, here(&visit)).await {
        Ok(codes) => codes,
        Err(Refusal::Gone) => return Ok(back(&visit)),
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
