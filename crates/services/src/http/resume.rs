//! Going on with a draft on another device: a short code, and the page that takes
//! it. And another way for a paper to reach its person.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::Zone;
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, throttle};

use super::around::Around;
use super::case::service_name;
use super::form::Nothing;
use super::{case_id, problem};
use crate::case::{Case, Refusal, Stage, own};
use crate::delivery::{self, deliver_to, deliver_to_wallet};
use crate::messages::Messages;
use crate::resume::{DAYS, code_of, resume, resume_code};
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/resume", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/resume", Right::SignedIn, make),
        Route::get("/resume", Right::SignedIn, enter).states(&["ok", "unknown"]),
        Route::post("/resume", Right::SignedIn, find),
        Route::post("/cases/{case}/delivery", Right::SignedIn, deliver),
    ]
}

/// Codes that one person tries in an hour at most.
const TRIES: u32 = 20;
/// New codes that one person makes in an hour at most.
const CODES: u32 = 20;
const HOUR_S: u32 = 3_600;

#[derive(Template)]
#[template(path = "resume_code.html")]
struct CodePage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    /// The code and its last day.
    code: Option<(String, String)>,
    days: i64,
    go_on: String,
}

#[derive(Template)]
#[template(path = "resume.html")]
struct ResumePage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    unknown: bool,
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (wanted, actor, now) = (case_id(&id)?, ctx.actor.clone(), ctx.now());
    let found = ctx.read(move |read| {
        let case = own(read, wanted, &actor)?;
        if case.stage != Stage::Draft {
            return Err(Refusal::NoCase);
        }
        let code = code_of(read, &case)?.filter(|(_, until)| *until > now);
        Ok::<_, Refusal>((case, code))
    });
    let (case, code) = found.await.map_err(|refusal| problem(page.locale, refusal))?;
    let view = CodePage {
        m: Messages::new(page.locale),
        name: service_name(&services, &case, page.locale),
        code: code.map(|(code, until)| (code, page.date(until.date(Zone::Hebron)))),
        days: DAYS,
        go_on: page.to(&format!("/cases/{id}/form")),
        token,
        id,
        page,
    };
    Ok(Html(view.render()?))
}

async fn make(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let who = ctx.actor.reference();
    throttle::hit(&ctx, "services.resume_code", &who, CODES, HOUR_S).await?.or_problem()?;
    let made = resume_code(&ctx, form.key("services.resume_code"), case_id(&id)?).await;
    made.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}/resume"))))
}

async fn enter(page: Page, token: FormToken) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    Ok(Html(ResumePage { page, m, token, typed: String::new(), unknown: false }.render()?))
}

#[derive(Deserialize)]
struct TypedCode {
    #[serde(default)]
    code: String,
}

async fn find(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    form: Form<TypedCode>,
) -> Result<Response, Problem> {
    throttle::hit(&ctx, "services.resume", &ctx.actor.reference(), TRIES, HOUR_S).await?.or_problem()?;
    let id = match resume(&ctx, &form.code).await {
        Ok(id) => id,
        // Whether it is nobody's, another's or too old: the same words.
        Err(Refusal::NoCase | Refusal::OutOfMandate) => {
            let typed = form.code.chars().take(20).collect();
            let view = ResumePage { m: Messages::new(page.locale), page, token, typed, unknown: true };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
        }
        Err(refusal) => return Err(problem(ctx.locale, refusal)),
    };
    let around = Around::of(&ctx, &services, id).await?;
    let there = match &around.joint {
        Some(joint) => format!("/bundles/{}", joint.bundle.id),
        None => format!("/cases/{id}"),
    };
    Ok(Redirect::to(&page.to(&there)).into_response())
}

/// What the page of a case offers to change about its paper's way.
pub(super) struct DeliveryForm {
    /// Post offices: key, name, and whether it goes there now.
    pub(super) offices: Vec<(String, String, bool)>,
    /// Whether the wallet alone can be chosen, and is.
    pub(super) wallet: Option<bool>,
    /// Where it goes now.
    pub(super) now: String,
    /// Ways that are not open yet.
    pub(super) later: [&'static str; 3],
}

/// The form for another way, as long as one is possible.
pub(super) async fn delivery_form(
    ctx: &Ctx,
    services: &Arc<Services>,
    case: &Case,
    page: &Page,
) -> Result<Option<DeliveryForm>, store::Error> {
    let (moved, asked, actor) = (Arc::clone(services), case.clone(), ctx.actor.clone());
    let today = ctx.now().date(Zone::Hebron);
    let read = ctx.read(move |read| {
        let Some(service) = moved.catalogue.of(&asked) else { return Ok(None) };
        delivery::ways(read, service, &asked, today, &actor)
    });
    let Some(ways) = read.await? else { return Ok(None) };
    let m = Messages::new(page.locale);
    let listed = services.catalogue.offices().iter().filter(|office| ways.has_offices() && office.kind == "post");
    let offices = listed.map(|office| {
        let here = ways.office.as_deref() == Some(office.key.as_str());
        (office.key.clone(), office.name(page.locale).to_owned(), here)
    });
    Ok(Some(DeliveryForm {
        offices: offices.collect(),
        wallet: (ways.has_wallet() || ways.office.is_none()).then_some(ways.office.is_none()),
        now: match &ways.office {
            Some(office) => services.catalogue.office_name(office, page.locale),
            None => m.delivery_wallet().to_owned(),
        },
        later: [m.delivery_home(), m.delivery_work(), m.delivery_embassy()],
    }))
}

/// What stands for the wallet among the offices.
const WALLET: &str = "wallet";

#[derive(Deserialize)]
struct Chosen {
    to: String,
}

async fn deliver(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Chosen>,
) -> Result<Redirect, Problem> {
    let (case, key) = (case_id(&id)?, form.key("services.delivery"));
    let changed = match form.to.as_str() {
        WALLET => deliver_to_wallet(&ctx, key, &services.catalogue, case).await,
        office => deliver_to(&ctx, key, &services.catalogue, case, office).await,
    };
    changed.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}
