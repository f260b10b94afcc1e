//! Files in pieces, for the script of the page that asks for them (`assets/files.js`):
//! the core of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>) with creation.
//! POST announces (`Upload-Length`, `Upload-Metadata: filename <base64>`), HEAD says how
//! much is there, PATCH brings the next piece at `Upload-Offset`; the last one has the
//! file read. Every piece but the last has 64 KB. The token of the page's form comes in
//! the headers `form-code` and `form-key`.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base::Zone;
use seal::digest::from_base64;
use store::Ctx;
use web::upload::FromForm;
use web::{Extension, IntoResponse, Page, Path, Problem, Response, Right, Route};

use super::files::{file_id, one_more, why};
use super::{case_id, problem};
use crate::case::{Refusal, own};
use crate::files::receive::{self, PIECE_BYTES};
use crate::files::slot;
use crate::messages::Messages;
use crate::system::Services;

const VERSION: HeaderName = HeaderName::from_static("tus-resumable");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const TUS: HeaderValue = HeaderValue::from_static("1.0.0");
const PIECE: &str = "application/offset+octet-stream";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/cases/{case}/uploads/{name}", Right::SignedIn, create),
        Route::get("/cases/{case}/uploads/{name}", Right::SignedIn, offset).states(&["404"]),
        Route::patch("/cases/{case}/uploads/{name}", Right::SignedIn, append),
        Route::get("/files.js", Right::Public, script).without_session(),
    ]
}

async fn script() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, include_str!("../../assets/files.js"))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    value.ok_or_else(|| Problem::bad_request(Vec::new()).because(format!("{name} is no number")))
}

/// `filename d29ybGQ=,…`
fn called(headers: &HeaderMap) -> Option<String> {
    let metadata = headers.get(METADATA)?.to_str().ok()?;
    let name = metadata.split(',').find_map(|pair| pair.trim().strip_prefix("filename "))?;
    String::from_utf8(from_base64(name.trim()).ok()?).ok()
}

/// Why a file is not taken, as a script shows it.
async fn refused(ctx: &Ctx, services: &Services, of: &str, field: &str, refusal: Refusal) -> Problem {
    let Refusal::File(bad) = refusal else { return problem(ctx.locale, refusal) };
    let Ok(of) = case_id(of) else { return Problem::not_found() };
    let (actor, catalogue, field) = (ctx.actor.clone(), Arc::clone(&services.catalogue), field.to_owned());
    let today = ctx.now().date(Zone::Hebron);
    let slot = ctx.read(move |read| {
        let case = own(read, of, &actor)?;
        slot(read, &catalogue, &case, &field, today, &actor)
    });
    match slot.await {
        Ok(slot) => Problem::refused(why(Messages::new(ctx.locale), bad, &slot)),
        Err(refusal) => problem(ctx.locale, refusal),
    }
}

async fn create(
    ctx: Ctx,
    page: Page,
    _: FromForm,
    Extension(services): Extension<Arc<Services>>,
    Path((id, field)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (of, length) = (case_id(&id)?, number(&headers, &LENGTH)?);
    let name = called(&headers).unwrap_or_default();
    one_more(&ctx).await?;
    let begun = receive::begin(&ctx, &services.catalogue, of, &field, &name, Some(length)).await;
    let file = match begun {
        Ok(file) => file,
        Err(refusal) => return Err(refused(&ctx, &services, &id, &field, refusal).await),
    };
    let there = page.to(&format!("/cases/{id}/uploads/{file}"));
    Ok((StatusCode::CREATED, [(VERSION, TUS)], [(header::LOCATION, there)]).into_response())
}

async fn offset(ctx: Ctx, Path((id, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let file = receive::arriving(&ctx, case_id(&id)?, file_id(&name)?).await;
    let file = file.map_err(|refusal| problem(ctx.locale, refusal))?;
    let length = file.length.map(|length| (LENGTH, length.to_string()));
    let mut response = (StatusCode::OK, [(VERSION, TUS)], [(OFFSET, file.arrived.to_string())]).into_response();
    if let Some((name, value)) = length {
        response.headers_mut().insert(name, HeaderValue::from_str(&value).map_err(Problem::internal)?);
    }
    Ok(response)
}

async fn append(
    ctx: Ctx,
    _: FromForm,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (of, headers) = (case_id(&id)?, request.headers());
    if headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != PIECE) {
        return Err(Problem::new(web::problem::Kind::UnsupportedType));
    }
    let at = number(headers, &OFFSET)?;
    let file = receive::arriving(&ctx, of, file_id(&name)?).await;
    let file = file.map_err(|refusal| problem(ctx.locale, refusal))?;
    let length = file.length.ok_or_else(Problem::not_found)?;
    let piece = web::extract::body(request, PIECE_BYTES).await?;
    let next = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    // Only the last piece is short: a file has a known number of them. None at the end asks once more.
    if piece.len() != PIECE_BYTES && next != length {
        return Err(Problem::bad_request(Vec::new()).because("a piece of another size"));
    }
    if !piece.is_empty() {
        receive::append(&ctx, &file, at, &piece).await.map_err(|refusal| problem(ctx.locale, refusal))?;
    }
    if next == length
        && let Err(refusal) = receive::finish(&ctx, &services, of, file.id).await
    {
        return Err(refused(&ctx, &services, &id, &file.field, refusal).await);
    }
    Ok((StatusCode::NO_CONTENT, [(VERSION, TUS)], [(OFFSET, next.to_string())]).into_response())
}
