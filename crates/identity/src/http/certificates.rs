//! `/account/certificates`: one's certificates, asked for and revoked; and
//! at the listener for certificates `/account/certificate/{request}`, which shows
//! no page: it leads back to the sign-in with what came of it.

use std::sync::Arc;

use askama::Template;
use axum::http::{StatusCode, header};
use base::{Assurance, Locale, Timestamp, Zone};
use serde::Deserialize;
use store::{Ctx, Error};
use web::visit::PeerCertificate;
use web::{
    Extension, Form, FormToken, IntoResponse, Listener, Page, Path, Problem, Query, Redirect, Response, Right, Route,
    Visit,
};

use super::account::{here, owner, refused};
use super::{html, problem};
use crate::certificate::{self, MOST, Personal, Shown, Unfit};
use crate::messages::Messages;
use crate::model::{AuthorizationId, CertificateId, Refusal};
use crate::{Identity, factors, person};

pub(super) fn routes() -> Vec<Route> {
    const OWNER: Right = Right::Oneself;
    const SHOWN: Right = Right::Credential("personal certificate");
    vec![
        Route::get("/account/certificates", OWNER, show).states(&["ok", "fresh", "low"]),
        Route::post("/account/certificates", OWNER, take),
        Route::get("/account/certificates/{certificate}/pem", OWNER, download),
        Route::post("/account/certificates/{certificate}/revoke", OWNER, revoke),
        Route::get("/account/certificate.js", Right::Public, script).without_session(),
        Route::get("/account/certificate/{request}", SHOWN, present).on(Listener::Mtls),
    ]
}

/// What reads a request from a file.
const SCRIPT: &str = include_str!("../../assets/certificate.js");
const PATH: &str = "/account/certificates";

#[derive(Template)]
#[template(path = "certificates.html")]
struct CertificatesPage {
    page: Page,
    m: Messages,
    token: FormToken,
    error: Option<String>,
    /// What was typed, unless a private key was in it.
    typed: String,
    /// Everything was shown a moment ago.
    fresh: bool,
    /// An office has seen the person.
    seen: bool,
    /// No more hold at a time.
    full: bool,
    /// The name of a file that was downloaded, or one as it will be.
    example: String,
    lines: Vec<Line>,
}

struct Line {
    id: CertificateId,
    name: String,
    live: bool,
    made: String,
    until: String,
    used: Option<String>,
    revoked: Option<String>,
}

impl Line {
    fn of(one: Personal, now: Timestamp) -> Self {
        let minute = |at: Timestamp| at.local_minute(Zone::Hebron);
        Self {
            live: one.is_live(now),
            id: one.id,
            name: one.name,
            made: minute(one.made_at),
            until: minute(one.ends_at),
            used: one.used_at.map(minute),
            revoked: one.revoked_at.map(minute),
        }
    }
}

#[derive(Deserialize)]
struct RequestForm {
    request: String,
}

#[derive(Deserialize)]
struct Nothing {}

/// In which language one goes on.
#[derive(Deserialize)]
struct Asked {
    locale: Option<String>,
}

/// `GET /account/certificate.js`.
async fn script() -> Response {
    super::factors::as_script(SCRIPT)
}

async fn show(ctx: Ctx, visit: Visit, Extension(identity): Extension<Arc<Identity>>) -> Result<Response, Problem> {
    page(&ctx, &visit, &identity, String::new(), None).await
}

async fn page(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Identity,
    typed: String,
    error: Option<String>,
) -> Result<Response, Problem> {
    if identity.personal().is_none() {
        return Err(Problem::not_found());
    }
    let (owner, now) = (owner(ctx)?, ctx.now());
    let (_, standing) = factors::seen(ctx, owner.into(), here(visit)).await.map_err(refused(ctx))?;
    let (level, all) = ctx
        .read(move |read| {
            let account = person::account(read, owner.account)?;
            Ok::<_, Error>((account.map(|account| account.level), certificate::of(read, owner.account)?))
        })
        .await?;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::of(visit);
    frame.path = PATH.to_owned();
    let body = CertificatesPage {
        page: frame,
        m: Messages::new(ctx.locale),
        token: visit.form_token(),
        error,
        typed,
        fresh: standing.fresh,
        seen: level == Some(Assurance::High),
        example: all.iter().find(|one| one.is_live(now)).map_or("HK-0000-0000".to_owned(), |one| one.name.clone()),
        full: all.iter().filter(|one| one.is_live(now)).count() >= MOST,
        lines: all.into_iter().map(|one| Line::of(one, now)).collect(),
    };
    Ok(html(body.render()?, status))
}

fn back(visit: &Visit) -> Response {
    Redirect::to(&visit.localised(PATH)).into_response()
}

/// Why a request is not granted, in a sentence.
fn sentence(m: Messages, unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::NotOne => m.cert_not_one(),
        Unfit::PrivateKey => m.cert_private_key(),
        Unfit::Malformed => m.cert_malformed(),
        Unfit::Signature => m.cert_signature(),
        Unfit::Kind => m.cert_kind(),
        Unfit::Length => m.cert_length(),
        Unfit::KnownKey => m.cert_key_known(),
        Unfit::Most => m.cert_most(),
        Unfit::Unseen => m.cert_unseen(),
    }
}

async fn take(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<RequestForm>,
) -> Result<Response, Problem> {
    match certificate::add(&ctx, &identity, owner(&ctx)?, here(&visit), &form.request).await {
        Ok(Err(unfit)) => {
            // A private key is not sent around once more.
            let typed = if unfit == Unfit::PrivateKey { String::new() } else { form.request.clone() };
            let error = sentence(Messages::new(ctx.locale), unfit).to_owned();
            page(&ctx, &visit, &identity, typed, Some(error)).await
        }
        Ok(Ok(())) | Err(Refusal::Gone) => Ok(back(&visit)),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

async fn revoke(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let id: CertificateId = id.parse().map_err(|_| Problem::not_found())?;
    match certificate::revoke(&ctx, owner(&ctx)?, here(&visit), id).await {
        Ok(()) | Err(Refusal::Gone) => Ok(back(&visit)),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

async fn download(
    ctx: Ctx,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: CertificateId = id.parse().map_err(|_| Problem::not_found())?;
    let file = certificate::file(&ctx, &identity, owner(&ctx)?, id).await;
    let (name, pem) = file.map_err(|refusal| problem(refusal, ctx.locale))?;
    let headers = [
        (header::CONTENT_TYPE, "application/pem-certificate-chain".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.pem\"")),
    ];
    Ok((headers, pem).into_response())
}

/// `GET /account/certificate/{request}` where TLS asks for a certificate.
async fn present(
    ctx: Ctx,
    visit: Visit,
    certificate: Option<Extension<PeerCertificate>>,
    Extension(identity): Extension<Arc<Identity>>,
    Path(request): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let id: AuthorizationId = request.parse().map_err(|_| Problem::not_found())?;
    if identity.personal().is_none() {
        return Err(Problem::not_found());
    }
    let locale = asked.locale.as_deref().and_then(Locale::from_tag).unwrap_or_default();
    let there = format!("{}{}/account/sign-in/{id}", identity.config.issuer, locale.prefix());
    let next = match certificate {
        None => format!("{there}?certificate=none"),
        Some(Extension(shown)) => match certificate::show(&ctx, &identity, id, visit.client(), shown.der()).await {
            Ok(Shown::Ticket(ticket)) => format!("{there}/certificate?ticket={ticket}"),
            Ok(Shown::Refused) => format!("{there}?certificate=refused"),
            Err(Refusal::Wait(_)) => format!("{there}?certificate=wait"),
            // That page says that there is nothing to go on with.
            Err(Refusal::Gone) => there,
            Err(refusal) => return Err(problem(refusal, ctx.locale)),
        },
    };
    Ok(Redirect::to(&next).into_response())
}
