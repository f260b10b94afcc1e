//! A batch of prints as its unit sees it: how far it is counted, its manifest, and
//! the file for the printer. What waits to be printed, `services` knows.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::http::header;
use axum::response::Html;
use base::{Role, Zone};
use store::Ctx;
use web::{Extension, IntoResponse, Page, Path, Problem, Response};

use super::unit;
use crate::house::Documents;
use crate::messages::Messages;
use crate::model::{BatchId, Refusal};
use crate::prints::{self, Listed, OPEN_S, batch, manifest};

/// Who prints: whoever sends papers on their way, or hands them over.
pub(crate) const PRINTERS: &[Role] = &[Role::Clerk, Role::Supervisor, Role::PostAgent];

#[derive(Template)]
#[template(path = "desk_batch.html")]
struct BatchPage {
    page: Page,
    m: Messages,
    id: BatchId,
    code: String,
    at: String,
    /// How many papers are counted, and of how many.
    done: i64,
    papers: i64,
    ready: bool,
    open: bool,
    minutes: i64,
    sheets: i64,
    lines: Vec<Listed>,
}

pub(crate) async fn show(ctx: Ctx, page: Page, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let (unit, id, now) = (unit(&ctx)?, batch_id(&id)?, ctx.now());
    let found = ctx.read(move |read| {
        let Some(found) = batch(read, id)?.filter(|batch| batch.unit == unit) else { return Ok(None) };
        // The manifest names people: it is shown as long as the sheets can be had.
        let lines = if found.is_open(now) { manifest(read, id)? } else { Vec::new() };
        Ok::<_, store::Error>(Some((found, lines)))
    });
    let (found, lines) = found.await?.ok_or_else(Problem::not_found)?;
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let view = BatchPage {
        m: Messages::new(page.locale),
        page,
        id,
        at: found.at.local_minute(Zone::Hebron),
        done: count(found.done),
        papers: count(found.papers.len()),
        ready: found.ready_at.is_some(),
        open: found.is_open(now),
        minutes: OPEN_S / 60,
        sheets: count(lines.iter().filter(|line| line.holds).count()),
        code: found.code,
        lines,
    };
    Ok(Html(view.render()?))
}

/// The manifest and the sheets, as one PDF that is made while it is sent.
pub(crate) async fn sheets(
    ctx: Ctx,
    page: Page,
    Extension(documents): Extension<Arc<Documents>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let opened = prints::open(&ctx, batch_id(&id)?, &unit(&ctx)?).await.map_err(|refusal| match refusal {
        Refusal::NoPaper => Problem::not_found().explain(m.desk_batch_gone()).link("/desk/prints", m.desk_prints()),
        Refusal::Store(error) => error.into(),
        other => Problem::internal(other),
    })?;
    let name = format!("inline; filename=\"{}.pdf\"", opened.code);
    let head = [(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((head, Body::from_stream(prints::printed(ctx, documents, opened))).into_response())
}

fn batch_id(text: &str) -> Result<BatchId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
