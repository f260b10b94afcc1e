//! What a unit can print, and what it printed last.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Locale, Zone};
use documents::PaperId;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Problem, Redirect};

use super::unit;
use crate::case::Refusal;
use crate::http::problem;
use crate::messages::Messages;
use crate::printing::{print, printable};
use crate::system::Services;

/// Batches that the page lists.
const BATCHES: i64 = 20;

#[derive(Template)]
#[template(path = "desk_prints.html")]
struct PrintsPage {
    page: Page,
    m: Messages,
    token: FormToken,
    unit: String,
    lines: Vec<Line>,
    batches: Vec<Printed>,
}

/// A paper that can be printed. Whose it is, the manifest says.
struct Line {
    id: PaperId,
    title: String,
    serial: String,
    office: String,
    copies: i64,
    /// How many of its copies were printed; none is new.
    printed: i64,
    new: bool,
}

struct Printed {
    id: String,
    code: String,
    at: String,
    papers: i64,
}

pub(super) async fn list(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
) -> Result<Html<String>, Problem> {
    let key = unit(&ctx)?;
    let unit = services.catalogue.office_name(&key, page.locale);
    let (found, batches) = ctx
        .read(move |read| Ok::<_, store::Error>((printable(read, &key)?, documents::batches_of(read, &key, BATCHES)?)))
        .await?;
    let lines = found.into_iter().map(|one| Line {
        new: one.is_new(),
        id: one.paper.id,
        title: one.paper.content.title[usize::from(page.locale == Locale::EN)].clone(),
        serial: one.paper.content.serial,
        office: services.catalogue.office_name(&one.office, page.locale),
        copies: i64::from(one.paper.copies),
        printed: i64::from(one.printed),
    });
    let batches = batches.into_iter().map(|batch| Printed {
        id: batch.id.to_string(),
        code: batch.code,
        at: batch.at.local_minute(Zone::Hebron),
        papers: i64::try_from(batch.papers.len()).unwrap_or(i64::MAX),
    });
    let (lines, batches) = (lines.collect(), batches.collect());
    Ok(Html(PrintsPage { m: Messages::new(page.locale), page, token, unit, lines, batches }.render()?))
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    paper: Vec<PaperId>,
}

pub(super) async fn print_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    form: Form<Chosen>,
) -> Result<Redirect, Problem> {
    let m = Messages::new(page.locale);
    let printed = print(&ctx, form.key("services.print"), &services.catalogue, form.paper.clone()).await;
    let batch = printed.map_err(|refusal| match refusal {
        Refusal::Incomplete(_) => Problem::refused(m.prints_choose()).link("/desk/prints", m.desk_prints()),
        other => problem(page.locale, other),
    })?;
    Ok(Redirect::to(&page.to(&format!("/desk/prints/{batch}"))))
}
