//! Handing files out: to their person, and to officers who have the case or the turn.

use std::sync::Arc;

use attachments::FileType;
use axum::http::{HeaderName, header};
use store::Ctx;
use web::headers::Foreign;
use web::{Extension, IntoResponse, Path, Problem, Response};

use super::file_id;
use crate::files::{File, open};
use crate::http::desk::unit;
use crate::http::{case_id, problem};
use crate::system::Services;

/// Octets of a name in a header, as RFC 8187 writes it.
const DISPOSITION: HeaderName = header::CONTENT_DISPOSITION;

pub(super) async fn download(ctx: Ctx, Path((id, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let opened = open::own_file(&ctx, case_id(&id)?, file_id(&file)?).await;
    opened.map(handed_out).map_err(|refusal| problem(ctx.locale, refusal))
}

pub(super) async fn open_case(ctx: Ctx, Path((id, file)): Path<(String, String)>) -> Result<Response, Problem> {
    let opened = open::for_unit(&ctx, case_id(&id)?, file_id(&file)?, &unit(&ctx)?).await;
    opened.map(handed_out).map_err(|refusal| problem(ctx.locale, refusal))
}

pub(super) async fn open_turn(
    ctx: Ctx,
    Extension(services): Extension<Arc<Services>>,
    Path((turn, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let turn = turn.parse().map_err(|_| Problem::not_found())?;
    let opened = open::for_turn(&ctx, &services.catalogue, turn, file_id(&file)?, &unit(&ctx)?).await;
    opened.map(handed_out).map_err(|refusal| problem(ctx.locale, refusal))
}

pub(super) async fn open_co_sign(
    ctx: Ctx,
    Extension(services): Extension<Arc<Services>>,
    Path((turn, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let turn = turn.parse().map_err(|_| Problem::not_found())?;
    let opened = open::for_signer(&ctx, &services.catalogue, turn, file_id(&file)?).await;
    opened.map(handed_out).map_err(|refusal| problem(ctx.locale, refusal))
}

/// A stranger's file: in a sandbox, a picture to be looked at, a PDF to be kept.
fn handed_out((file, bytes): (File, Vec<u8>)) -> Response {
    let kind = file.kind.unwrap_or(FileType::Pdf);
    let how = if kind == FileType::Pdf { "attachment" } else { "inline" };
    // RFC 6266: a name for all, and the right one.
    let name = format!("{how}; filename=\"file.{}\"; filename*=UTF-8''{}", kind.ending(), percent(&file.name));
    let headers = [(header::CONTENT_TYPE, kind.media().to_owned()), (DISPOSITION, name)];
    let mut response = (headers, bytes).into_response();
    response.extensions_mut().insert(Foreign);
    response
}

/// RFC 8187 §3.2.1.
fn percent(name: &str) -> String {
    let octet = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    name.bytes().map(octet).collect()
}
