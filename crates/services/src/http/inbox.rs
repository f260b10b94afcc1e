//! What a person was told, newest first.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{CaseId, Zone};
use store::Ctx;
use web::{Extension, Page, Problem, Query, Right, Route, Slice};

use super::case::service_name;
use super::person;
use crate::case::{case, case_of};
use crate::messages::Messages;
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/inbox", Right::Oneself, inbox).states(&["ok", "empty"])]
}

struct InboxLine {
    /// Which service the case is of.
    service: Option<String>,
    title: String,
    body: String,
    href: String,
    when: String,
    seen: bool,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    page: Page,
    m: Messages,
    lines: Vec<InboxLine>,
    older: Option<String>,
}

async fn inbox(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Query(slice): Query<Slice>,
) -> Result<Html<String>, Problem> {
    let (person, locale) = (person(&ctx)?, page.locale);
    let (items, next, cases) = ctx
        .read(move |read| {
            let (items, next) = slice.cut(notify::inbox(read, person, locale, &slice)?, |item| item.id.to_string());
            let ids: BTreeSet<CaseId> = items.iter().filter_map(|item| case_of(&item.about)).collect();
            let cases = ids.into_iter().map(|id| case(read, id)).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, store::Error>((items, next, cases))
        })
        .await?;
    let service = |about: &str| {
        let case = cases.iter().flatten().find(|case| case.object() == about)?;
        Some(service_name(&services, case, locale))
    };
    if items.iter().any(|item| !item.seen) {
        ctx.write(store::Key::once(&ctx), move |tx| notify::mark_read_in(tx, person)).await?;
    }
    let lines = items.into_iter().map(|item| InboxLine {
        service: service(&item.about),
        title: item.title,
        body: item.body,
        href: page.to(&item.link),
        when: item.at.local_minute(Zone::Hebron),
        seen: item.seen,
    });
    let (lines, older) = (lines.collect(), next.map(|after| page.older(&after)));
    Ok(Html(InboxPage { lines, older, m: Messages::new(page.locale), page }.render()?))
}
