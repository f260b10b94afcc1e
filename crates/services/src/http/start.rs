//! Beginning: what a service asks of whoever applies, whether they may, and the draft.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::Zone;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route, Visit};

use super::check::reasons;
use super::fees;
use super::form::begins;
use super::open_draft::draft;
use super::{person, problem};
use crate::case::{Refusal, drafts_of};
use crate::draft::{assurance, required, start};
use crate::eligible;
use crate::messages::Messages;
use crate::opening::Doors;
use crate::resume::show_whole;
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/services/{key}/start", Right::SignedIn, begin).states(&["ok", "404"]),
        Route::post("/services/{key}/start", Right::SignedIn, begin_post),
    ]
}

/// How a draft begins: by page, or with all questions on one.
#[derive(Deserialize)]
struct Begin {
    show: Option<String>,
}

/// Whether one may apply: what does not hold, with what would change it.
struct Eligible {
    failing: Vec<(String, String)>,
    unknown: bool,
}

/// A draft that can be continued.
struct DraftLine {
    href: String,
    saved: String,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    page: Page,
    m: Messages,
    token: FormToken,
    key: String,
    name: String,
    who: String,
    needed: String,
    promise: String,
    promises: Vec<(String, String)>,
    fees: Vec<String>,
    /// How the conditions stand; none where there are none.
    eligible: Option<Eligible>,
    low: bool,
    drafts: Vec<DraftLine>,
}

impl StartPage {
    fn is_refused(&self) -> bool {
        self.eligible.as_ref().is_some_and(|eligible| !eligible.failing.is_empty())
    }
}

async fn begin(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let service = services.catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let person = person(&ctx)?;
    if !ctx.actor.covers(&key) {
        return Err(problem(ctx.locale, Refusal::OutOfMandate));
    }
    let (wanted, doors, today) = (key.clone(), Doors::of(&service.file), ctx.now().date(Zone::Hebron));
    let drafts = ctx.read(move |read| {
        doors.admit(read, person, today)?;
        Ok::<_, Refusal>(drafts_of(read, person, &wanted)?)
    });
    let drafts = drafts.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let drafts = drafts.into_iter().map(|(id, saved_at)| DraftLine {
        href: page.to(&format!("/cases/{id}")),
        saved: saved_at.local_minute(Zone::Hebron),
    });
    let low = assurance(&ctx) < required(&ctx, service).await?;
    let eligible = if service.file.eligible.is_empty() {
        None
    } else {
        let verdict = eligible::look(&ctx, &services, service).await?;
        Some(Eligible { failing: reasons(service, &page, &verdict.failing), unknown: verdict.unknown })
    };
    let text = |name: &str| service.text(page.locale, name);
    let view = StartPage {
        m: Messages::new(page.locale),
        token,
        name: text("name"),
        who: text("who-may-apply"),
        needed: text("what-is-needed"),
        promise: service.promise(page.locale),
        promises: service.promises(page.locale),
        fees: fees::lines(service, &page),
        eligible,
        low,
        drafts: drafts.collect(),
        key,
        page,
    };
    Ok(Html(view.render()?))
}

async fn begin_post(
    ctx: Ctx,
    visit: Visit,
    Extension(services): Extension<Arc<Services>>,
    Path(key): Path<String>,
    form: Form<Begin>,
) -> Result<Redirect, Problem> {
    let begun = start(&ctx, form.key("services.start"), &services.catalogue, &key).await;
    let id = begun.map_err(|refusal| problem(ctx.locale, refusal))?;
    if form.show.is_some() {
        let arranged = show_whole(&ctx, form.key("services.arrange"), id).await;
        arranged.map_err(|refusal| problem(ctx.locale, refusal))?;
        return Ok(Redirect::to(&visit.localised(&format!("/cases/{id}/form"))));
    }
    let mut draft = draft(&ctx, &services, &id.to_string()).await?;
    let there = begins(&ctx, &services, &mut draft).await?;
    Ok(Redirect::to(&visit.localised(&there)))
}
