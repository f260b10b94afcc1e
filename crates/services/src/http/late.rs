//! Cases that are late or will be: a clerk's own, a unit's for its supervisor,
//! everybody's for the quality office. No answers, and nobody's name.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::Role;
use store::Ctx;
use web::{Extension, Page, Problem, Right, Route};

use super::desk::unit;
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
    let (list, explained) = if ctx.actor.has_role(Role::Quality) {
        (LateList::All, m.late_all())
    } else if ctx.actor.has_role(Role::Supervisor) {
        (LateList::Unit(unit(&ctx)?), m.late_unit())
    } else {
        (LateList::Own(unit(&ctx)?, officer), m.late_own())
    };
    let cases = ctx.read(move |read| late(read, &list)).await?;
    let line = |one: Late| {
        let service = services.catalogue.service(&one.service);
        Line {
            case: one.case.to_string(),
            name: service.map_or_else(|| one.service.clone(), |service| service.text(page.locale, "name")),
            unit: services.catalogue.office_name(&one.unit, page.locale),
            promise: one.due_at.local_minute(one.zone),
            over: one.level >= 100,
            mark: mark_text(m, one.level).unwrap_or_default(),
            open: one.officer == Some(officer),
        }
    };
    let lines = cases.into_iter().map(line).collect();
    Ok(Html(LatePage { page, m, explained, lines }.render()?))
}
