//! What relying parties fetch: the anchors, the list, answers about revocation,
//! time stamps.

use std::sync::Arc;

use askama::Template;
use axum::extract::Request as HttpRequest;
use axum::http::header;
use axum::response::Html;
use base::{Role, Timestamp, Zone};
use seal::digest::{from_base64, from_hex};
use seal::x509::{OcspFailure, Reason, ocsp_failure};
use serde::Deserialize;
use store::{Ctx, params};
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route};

use crate::messages::Messages;
use crate::{Authority, sql};

/// Longest question, bytes.
const QUESTION_BYTES: usize = 16 << 10;

/// Certificates on the officers' page at most.
const LISTED: i64 = 200;
const TECHNICAL: &[Role] = &[Role::TechnicalOperator];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/certificates", Right::Officer(TECHNICAL), show).states(&["ok"]),
        Route::post("/desk/certificates", Right::Officer(TECHNICAL), revoke),
        Route::get("/ca/root.crt", Right::Public, root).without_session(),
        Route::get("/ca/issuing.crt", Right::Public, issuing).without_session(),
        Route::get("/ca/persons.crt", Right::Public, persons).without_session(),
        Route::get("/ca/crl", Right::Public, list).without_session(),
        Route::get("/ca/persons.crl", Right::Public, persons_list).without_session(),
        Route::get("/ca/ocsp/{*question}", Right::Public, ocsp_get).without_session(),
        Route::post("/ca/ocsp", Right::Credential("none: answers are public"), ocsp),
        Route::post("/ca/tsa", Right::Credential("none: a digest tells nothing"), stamp),
    ]
}

fn typed(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], bytes).into_response()
}

async fn root(Extension(ca): Extension<Arc<Authority>>) -> Response {
    typed("application/pkix-cert", ca.root().to_vec())
}

async fn issuing(Extension(ca): Extension<Arc<Authority>>) -> Response {
    typed("application/pkix-cert", ca.issuing().to_vec())
}

async fn list(ctx: Ctx, Extension(ca): Extension<Arc<Authority>>) -> Result<Response, Problem> {
    let list = ca.list(&ctx).await.map_err(Problem::internal)?;
    Ok(typed("application/pkix-crl", list))
}

async fn persons(Extension(ca): Extension<Arc<Authority>>) -> Response {
    typed("application/pkix-cert", ca.persons().to_vec())
}

async fn persons_list(ctx: Ctx, Extension(ca): Extension<Arc<Authority>>) -> Result<Response, Problem> {
    let list = ca.persons_list(&ctx).await.map_err(Problem::internal)?;
    Ok(typed("application/pkix-crl", list))
}

async fn answer(ctx: &Ctx, ca: &Authority, question: &[u8]) -> Response {
    let bytes = match ca.answer(ctx, question).await {
        Ok(answer) => answer,
        Err(crate::Refusal::Store(error)) => {
            tracing::error!(%error, "a question about revocation has no answer");
            ocsp_failure(OcspFailure::InternalError)
        }
        Err(_) => ocsp_failure(OcspFailure::MalformedRequest),
    };
    typed("application/ocsp-response", bytes)
}

async fn ocsp(ctx: Ctx, Extension(ca): Extension<Arc<Authority>>, request: HttpRequest) -> Result<Response, Problem> {
    let question = web::extract::body(request, QUESTION_BYTES).await?;
    Ok(answer(&ctx, &ca, &question).await)
}

/// RFC 6960 appendix A.1: base64 in the path.
async fn ocsp_get(ctx: Ctx, Extension(ca): Extension<Arc<Authority>>, Path(question): Path<String>) -> Response {
    match from_base64(&question) {
        Ok(question) => answer(&ctx, &ca, &question).await,
        Err(_) => typed("application/ocsp-response", ocsp_failure(OcspFailure::MalformedRequest)),
    }
}

async fn stamp(ctx: Ctx, Extension(ca): Extension<Arc<Authority>>, request: HttpRequest) -> Result<Response, Problem> {
    let question = web::extract::body(request, QUESTION_BYTES).await?;
    let stamped = ca.stamp(&ctx, &question);
    let bytes = stamped.unwrap_or_else(|_| seal::tsp::response_rejected(seal::tsp::Failure::BadDataFormat));
    Ok(typed("application/timestamp-reply", bytes))
}

struct Line {
    serial: String,
    profile: String,
    /// What that is called.
    name: String,
    subject: String,
    since: String,
    until: String,
    revoked: Option<String>,
}

#[derive(Template)]
#[template(path = "desk_certificates.html")]
struct CertificatesPage {
    page: Page,
    m: Messages,
    token: FormToken,
    lines: Vec<Line>,
}

/// What a certificate is for, as people say it.
fn named(m: Messages, profile: String) -> String {
    let words = match profile.as_str() {
        "TlsPeer" => m.profile_tls_peer(),
        "MessageSigning" => m.profile_message_signing(),
        "TlsClient" => m.profile_tls_client(),
        "TlsServer" => m.profile_tls_server(),
        "DocumentSeal" => m.profile_document_seal(),
        _ => return profile,
    };
    words.to_owned()
}

async fn show(ctx: Ctx, page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let (m, day) = (Messages::new(page.locale), |at: Timestamp| at.local_minute(Zone::Hebron));
    let lines = ctx
        .read(move |read| {
            let rows = read.rows(&sql::NEWEST, &params![LISTED])?;
            let line = |row: &store::Row| {
                Ok::<_, store::Error>(Line {
                    serial: row.get(0)?,
                    profile: row.get(1)?,
                    name: named(m, row.get(1)?),
                    subject: row.get(2)?,
                    since: day(row.get(3)?),
                    until: day(row.get(4)?),
                    revoked: row.get::<Option<Timestamp>>(5)?.map(day),
                })
            };
            rows.iter().map(line).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    Ok(Html(CertificatesPage { m, page, token, lines }.render()?))
}

#[derive(Deserialize)]
struct Revocation {
    serial: String,
    reason: u8,
}

async fn revoke(
    ctx: Ctx,
    page: Page,
    Extension(ca): Extension<Arc<Authority>>,
    form: Form<Revocation>,
) -> Result<Redirect, Problem> {
    let serial = from_hex(&form.serial).map_err(|_| Problem::not_found())?;
    let reason = Reason::from_number(form.reason).ok_or_else(|| Problem::bad_request(Vec::new()))?;
    ca.revoke(&ctx, &serial, reason).await.map_err(|refusal| match refusal {
        crate::Refusal::Unknown => Problem::not_found(),
        crate::Refusal::Store(error) => error.into(),
        other => Problem::internal(other),
    })?;
    Ok(Redirect::to(&page.to("/desk/certificates")))
}
