//! What relying parties fetch: the anchors, the list, answers about revocation,
//! time stamps.

use std::sync::Arc;

use axum::extract::Request as HttpRequest;
use axum::http::header;
use seal::digest::from_base64;
use seal::x509::{OcspFailure, ocsp_failure};
use store::Ctx;
use web::{Extension, IntoResponse, Path, Problem, Response, Right, Route};

use crate::Authority;

/// Longest question, bytes.
const QUESTION_BYTES: usize = 16 << 10;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/ca/root.crt", Right::Public, root).without_session(),
        Route::get("/ca/issuing.crt", Right::Public, issuing).without_session(),
        Route::get("/ca/crl", Right::Public, list).without_session(),
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
