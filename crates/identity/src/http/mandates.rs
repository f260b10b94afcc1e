//! `/account/mandates`: what one gave and was given, and the form that gives
//! one. `/account/acting`: for whom one acts; taking a mandate up is the portal's
//! (`relying_party`), since it is a sign-in.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use base::{Currency, Date, IdNumber, Locale, MandateId, Money, Zone};
use serde::Deserialize;
use store::{Ctx, Error, Read};
use tokio::time::Instant;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, Visit};

use super::account::{owner, refused};
use super::html;
use crate::Identity;
use crate::mandate::{self, Kept, Kind, Scope, answer, family, give};
use crate::messages::Messages;
use crate::model::Refusal;
use crate::requirement;

pub(super) fn routes() -> Vec<Route> {
    const OWNER: Right = Right::Oneself;
    vec![
        Route::get("/account/mandates", OWNER, list).states(&["ok", "empty"]),
        Route::get("/account/mandates/new", OWNER, new).states(&["ok", "low"]),
        Route::post("/account/mandates/new", OWNER, take_new),
        Route::post("/account/mandates/{mandate}/accept", OWNER, accept),
        Route::post("/account/mandates/{mandate}/refuse", OWNER, refuse),
        Route::post("/account/mandates/{mandate}/end", OWNER, end),
        Route::get("/account/acting", OWNER, acting).states(&["ok", "empty"]),
        Route::post("/account/mandates/children", OWNER, children),
    ]
}

/// One mandate as a person reads it.
pub(super) struct Line {
    pub(super) id: MandateId,
    pub(super) who: String,
    pub(super) kind: &'static str,
    /// Whether a company is acted for.
    pub(super) company: bool,
    pub(super) document: Option<String>,
    pub(super) services: Vec<String>,
    pub(super) ceiling: String,
    pub(super) days: String,
    pub(super) stage: &'static str,
    /// Whether it holds, or may still be accepted.
    pub(super) open: bool,
    pub(super) offered: bool,
    pub(super) endable: bool,
}

#[derive(Template)]
#[template(path = "mandates.html")]
struct ListPage {
    page: Page,
    m: Messages,
    token: FormToken,
    given: Vec<Line>,
    received: Vec<Line>,
}

#[derive(Template)]
#[template(path = "acting.html")]
struct ActingPage {
    page: Page,
    m: Messages,
    token: FormToken,
    lines: Vec<Line>,
    /// Who has shown a password alone signs in again with a code.
    low: bool,
}

#[derive(Template)]
#[template(path = "mandate_new.html")]
struct NewPage {
    page: Page,
    m: Messages,
    token: FormToken,
    low: bool,
    form: Typed,
    services: Vec<(String, String)>,
    error: Option<String>,
}

/// What is typed of a new mandate.
#[derive(Deserialize, Default)]
pub(super) struct Typed {
    pub(super) id_number: String,
    /// `all` or `some`.
    #[serde(default)]
    pub(super) scope: String,
    #[serde(default)]
    pub(super) services: Vec<String>,
    #[serde(default)]
    pub(super) ceiling: String,
    pub(super) valid_from: String,
    pub(super) valid_until: String,
}

impl Typed {
    /// The form as it stands before anything is typed: one year from today.
    pub(super) fn from_today(today: Date) -> Self {
        Self {
            scope: "some".to_owned(),
            valid_from: today.to_string(),
            valid_until: today.plus_years(1).to_string(),
            ..Self::default()
        }
    }
    /// For whom, and how far; or the part that cannot be read.
    pub(super) fn read(&self) -> Result<(IdNumber, Scope), &'static str> {
        let number = IdNumber::parse(&self.id_number).ok_or("number")?;
        let days = [self.valid_from.as_str(), self.valid_until.as_str()];
        Ok((number, scope_of(self.scope == "all", &self.services, &self.ceiling, days)?))
    }
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// What a mandate rests on, in words.
pub(super) fn kind(m: Messages, kind: Kind) -> &'static str {
    match kind {
        Kind::Given => m.kind_given(),
        Kind::Parent => m.kind_parent(),
        Kind::Guardian => m.kind_guardian(),
        Kind::Attorney => m.kind_attorney(),
        Kind::Heir => m.kind_heir(),
        Kind::Signatory => m.kind_signatory(),
        Kind::Delegate => m.kind_delegate(),
    }
}

pub(super) fn stage(m: Messages, kept: &Kept, today: Date) -> &'static str {
    match kept.stage.as_str() {
        "proposed" => m.mandate_waits(),
        "awaiting" => m.mandate_second_waits(),
        "accepted" if kept.until < today => m.mandate_over(),
        "accepted" if kept.from > today => m.mandate_comes(),
        "accepted" => m.mandate_holds(),
        "refused" => m.mandate_refused(),
        "revoked" => m.mandate_revoked(),
        "expired" => m.mandate_over(),
        _ => m.mandate_ended(),
    }
}

/// The services that a mandate covers, by name.
pub(super) fn services(
    read: &mut Read<'_>,
    m: Messages,
    keys: Option<&[String]>,
    locale: Locale,
) -> Result<Vec<String>, Error> {
    let Some(keys) = keys else { return Ok(vec![m.services_all().to_owned()]) };
    let known = known(read, locale)?;
    let name = |key: &String| known.iter().find(|one| one.0 == *key).map_or_else(|| key.clone(), |one| one.1.clone());
    Ok(keys.iter().map(name).collect())
}

/// Every service with its name.
pub(super) fn known(read: &mut Read<'_>, locale: Locale) -> Result<Vec<(String, String)>, Error> {
    let mut all: Vec<(String, String)> = Vec::new();
    for one in requirement::requirements(read)? {
        if all.last().is_none_or(|(key, _)| *key != one.service) {
            let name = one.names.get(locale.tag()).cloned().unwrap_or_else(|| one.service.clone());
            all.push((one.service, name));
        }
    }
    Ok(all)
}

/// The most that a bill may ask for, in words.
pub(super) fn ceiling(m: Messages, minor: Option<i64>) -> String {
    minor.map_or_else(
        || m.ceiling_none().to_owned(),
        |minor| m.ceiling_of(Money::from_minor(minor, Currency::Ils).number()),
    )
}

/// What is wrong with what was typed.
pub(super) fn unfit(m: Messages, part: &str) -> &'static str {
    match part {
        "oneself" => m.unfit_oneself(),
        "many" => m.unfit_many(),
        "recovered" => m.unfit_recovered(),
        "days" => m.unfit_days(),
        "ceiling" => m.unfit_ceiling(),
        "services" => m.unfit_services(),
        "document" => m.unfit_document(),
        "agent" => m.unfit_agent(),
        "principal" => m.unfit_principal(),
        "alive" => m.unfit_alive(),
        _ => m.id_number_wrong(),
    }
}

pub(super) fn line(
    read: &mut Read<'_>,
    m: Messages,
    kept: &Kept,
    own: bool,
    (locale, today): (Locale, Date),
) -> Result<Line, Error> {
    let who = match (own, kept.agent) {
        // Whether that number has an account is not told before it accepts.
        (true, None) => m.mandate_number_ending(kept.tail(read)?),
        (true, Some(agent)) => mandate::name_of(read, agent, locale)?,
        (false, _) => mandate::name_of(read, kept.principal, locale)?,
    };
    let waits = kept.stage == "proposed" && kept.until >= today;
    let open = waits || (matches!(kept.stage.as_str(), "awaiting" | "accepted") && kept.until >= today);
    Ok(Line {
        id: kept.id,
        who,
        kind: kind(m, kept.kind),
        company: kept.kind.is_a_companys(),
        document: if Kind::SHOWN.contains(&kept.kind) { kept.document(read)? } else { None },
        services: services(read, m, kept.services.as_deref(), locale)?,
        ceiling: ceiling(m, kept.ceiling_minor),
        days: m.from_until(kept.from.to_string(), kept.until.to_string()),
        stage: stage(m, kept, today),
        open,
        offered: !own && waits,
        endable: open && if own { kept.kind.is_the_principals() } else { !waits },
    })
}

async fn list(ctx: Ctx, visit: Visit, token: FormToken) -> Result<Response, Problem> {
    let (owner, m, locale) = (owner(&ctx)?, Messages::new(ctx.locale), ctx.locale);
    let now = (locale, ctx.now().date(Zone::Hebron));
    let [given, received] = ctx
        .read(move |read| {
            let person = owner.person;
            let both = [(true, mandate::given(read, person)?), (false, mandate::received(read, person)?)];
            let mut lines = [Vec::new(), Vec::new()];
            for (place, (own, all)) in lines.iter_mut().zip(both) {
                for kept in &all {
                    place.push(line(read, m, kept, own, now)?);
                }
                place.sort_by_key(|line| !line.open);
            }
            Ok::<_, Error>(lines)
        })
        .await?;
    let page = ListPage { page: Page::of(&visit), m, token, given, received };
    Ok(html(page.render()?, StatusCode::OK))
}

async fn acting(ctx: Ctx, visit: Visit, token: FormToken) -> Result<Response, Problem> {
    let (owner, m, locale) = (owner(&ctx)?, Messages::new(ctx.locale), ctx.locale);
    let today = ctx.now().date(Zone::Hebron);
    let lines = ctx
        .read(move |read| {
            let mut lines = Vec::new();
            for kept in mandate::received(read, owner.person)?.iter().filter(|kept| kept.holds_on(today)) {
                lines.push(line(read, m, kept, false, (locale, today))?);
            }
            Ok::<_, Error>(lines)
        })
        .await?;
    let low = ctx.actor.assurance() < base::Assurance::Substantial;
    Ok(html(ActingPage { page: Page::of(&visit), m, token, lines, low }.render()?, StatusCode::OK))
}

async fn form_page(ctx: &Ctx, visit: &Visit, form: Typed, error: Option<String>) -> Result<Response, Problem> {
    let (m, locale, token) = (Messages::new(ctx.locale), ctx.locale, visit.form_token());
    let services = ctx.read(move |read| known(read, locale)).await?;
    let low = ctx.actor.assurance() < base::Assurance::Substantial;
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut page = Page::of(visit);
    page.path = "/account/mandates/new".to_owned();
    Ok(html(NewPage { page, m, token, low, form, services, error }.render()?, status))
}

async fn new(ctx: Ctx, visit: Visit) -> Result<Response, Problem> {
    let today = ctx.now().date(Zone::Hebron);
    form_page(&ctx, &visit, Typed::from_today(today), None).await
}

/// The scope that was typed; the part of it that cannot be read.
pub(super) fn scope_of(
    all: bool,
    services: &[String],
    typed: &str,
    [from, until]: [&str; 2],
) -> Result<Scope, &'static str> {
    let day = |typed: &str| {
        let typed = base::digits::to_western(typed.trim());
        Date::parse(&typed).map(|day| day.to_string()).ok_or("days")
    };
    let typed = base::digits::to_western(typed.trim());
    let ceiling_minor = match typed.as_str() {
        "" => None,
        typed => Some(Money::parse(typed, Currency::Ils).map_err(|_| "ceiling")?.minor()),
    };
    let services = if all { None } else { Some(services.to_vec()) };
    Ok(Scope { services, ceiling_minor, from: day(from)?, until: day(until)? })
}

async fn take_new(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    // Whoever has that number, and whether anybody has it here: the answer comes now.
    let answer_at = Instant::now() + Duration::from_millis(identity.config.patience_ms);
    let (m, key) = (Messages::new(ctx.locale), form.key("identity.mandate"));
    let form = form.into_inner();
    let given = match form.read() {
        Ok((number, scope)) => give::give(&ctx, key, number, scope).await,
        Err(part) => Err(Refusal::Unfit(part)),
    };
    tokio::time::sleep_until(answer_at).await;
    match given {
        Ok(_) => Ok(Redirect::to(&visit.localised("/account/mandates")).into_response()),
        Err(Refusal::Unfit(part)) => form_page(&ctx, &visit, form, Some(unfit(m, part).to_owned())).await,
        Err(refusal) => Err(refused(&ctx)(refusal)),
    }
}

pub(super) fn id(text: &str) -> Result<MandateId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn back(ctx: &Ctx, visit: &Visit, done: Result<(), Refusal>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to(&visit.localised("/account/mandates")).into_response()),
        // The page was older than the mandate.
        Err(Refusal::Stage { .. }) => Err(Problem::conflict(Messages::new(ctx.locale).mandate_gone())
            .link("/account/mandates", Messages::new(ctx.locale).mandates_title())),
        Err(Refusal::Gone) => Err(Problem::not_found()),
        Err(refusal) => Err(refused(ctx)(refusal)),
    }
}

async fn accept(ctx: Ctx, visit: Visit, Path(mandate): Path<String>, form: Form<Nothing>) -> Result<Response, Problem> {
    let done = answer::accept(&ctx, form.key("identity.mandate_accept"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

async fn refuse(ctx: Ctx, visit: Visit, Path(mandate): Path<String>, form: Form<Nothing>) -> Result<Response, Problem> {
    let done = answer::refuse(&ctx, form.key("identity.mandate_refuse"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

async fn end(ctx: Ctx, visit: Visit, Path(mandate): Path<String>, form: Form<Nothing>) -> Result<Response, Problem> {
    let done = answer::give_up(&ctx, form.key("identity.mandate_end"), id(&mandate)?).await;
    back(&ctx, &visit, done)
}

async fn children(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    match family::find(&ctx, &identity).await {
        Ok(0) => Err(Problem::refused(m.no_children()).link("/account/acting", m.acting_title())),
        Ok(_) => Ok(Redirect::to(&visit.localised("/account/acting")).into_response()),
        Err(refusal) => Err(refused(&ctx)(refusal).link("/account/acting", m.acting_title())),
    }
}
