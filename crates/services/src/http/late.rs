//! Cases that are late or will be: a clerk's own, a unit's for its supervisor,
//! everybody's for the quality office. No answers, and nobody's name.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Role, Zone};
use store::Ctx;
use web::{Extension, Page, Problem, Right, Route};

use super::desk::unit;
use crate::elapsed;
use crate::messages::Messages;
use crate::promise::{Late, LateList, late};
use crate::system::Services;

const READERS: &[Role] = &[Role::Clerk, Role::Supervisor, Role::Quality];

pub(super) fn routes() -> Vec<Route> {
    vec![Route::get("/desk/late", Right::Officer(READERS), show).states(&["ok", "empty"])]
}

struct Line {
    case: String,
    name: String,
    unit: String,
    promise: String,
    over: bool,
    mark: &'static str,
    /// Whether whoever looks may open it.
    open: bool,
}

#[derive(Template)]
#[template(path = "desk_late.html")]
struct LatePage {
    page: Page,
    m: Messages,
    /// Which list it is, in words.
    explained: &'static str,
    lines: Vec<Line>,
    /// For the quality office: each service, its cases that ended, and of them those in time.
    kept: Vec<(String, u64, u64)>,
}

/// What a case has reached of its promised time, in words.
pub(super) fn mark_text(m: Messages, level: i64) -> Option<&'static str> {
    match level {
        100 => Some(m.late()),
        80 => Some(m.mark_near()),
        50 => Some(m.mark_half()),
        _ => None,
    }
}

async fn show(ctx: Ctx, page: Page, Extension(services): Extension<Arc<Services>>) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let officer = ctx.actor.officer().ok_or_else(Problem::forbidden)?;
    let (quality, today) = (ctx.actor.has_role(Role::Quality), ctx.now().date(Zone::Hebron));
    let (list, explained) = if quality {
        (LateList::All, m.late_all())
    } else if ctx.actor.has_role(Role::Supervisor) {
        (LateList::Unit(unit(&ctx)?), m.late_unit())
    } else {
        (LateList::Own(unit(&ctx)?, officer), m.late_own())
    };
    let (cases, kept) = ctx
        .read(move |read| {
            let kept = if quality { elapsed::kept(read, today)? } else { Vec::new() };
            Ok::<_, store::Error>((late(read, &list)?, kept))
        })
        .await?;
    let named = |key: &str| {
        let service = services.catalogue.service(key);
        service.map_or_else(|| key.to_owned(), |service| service.text(page.locale, "name"))
    };
    let line = |one: Late| Line {
        case: one.case.to_string(),
        name: named(&one.service),
        unit: services.catalogue.office_name(&one.unit, page.locale),
        promise: one.due_at.local_minute(one.zone),
        over: one.level >= 100,
        mark: mark_text(m, one.level).unwrap_or_default(),
        open: one.officer == Some(officer),
    };
    let lines = cases.into_iter().map(line).collect();
    let kept = kept.into_iter().map(|one| (named(&one.service), one.total, one.kept)).collect();
    Ok(Html(LatePage { m, explained, lines, kept, page }.render()?))
}
