//! `/desk/counter`: an officer of an office compares somebody with the registry's
//! photo. Every answer leads back to `/desk/counter/{comparison}`, which shows
//! where one stands.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use base::{Assurance, IdNumber, Locale, Phone, Role, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Visit,
};

use super::code_step::{CodeStep, Resend, wrong};
use super::{host_of, html, problem};
use crate::Identity;
use crate::code::{Tried, Way};
use crate::counter::{self, Asked, Seen, Wanted};
use crate::lock::REASON_CHARS;
use crate::messages::Messages;
use crate::model::{ComparisonId, Refusal};

/// Who sees people. Who looks into doubts does not compare.
const OFFICERS: Right = Right::Officer(&[Role::PostAgent, Role::Clerk, Role::Supervisor]);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/counter", OFFICERS, ask).states(&["ok"]),
        Route::post("/desk/counter", OFFICERS, take_number),
        Route::get("/desk/counter/{comparison}", OFFICERS, show)
            .states(&["ok", "no-photo", "same", "code", "waiting", "404"]),
        Route::post("/desk/counter/{comparison}/same", OFFICERS, take_same),
        Route::post("/desk/counter/{comparison}/doubt", OFFICERS, take_doubt),
        Route::post("/desk/counter/{comparison}/phone", OFFICERS, take_phone),
        Route::post("/desk/counter/{comparison}/code", OFFICERS, take_code),
        Route::post("/desk/counter/{comparison}/resend", OFFICERS, resend),
        Route::post("/desk/counter/{comparison}/print", OFFICERS, take_print),
    ]
}

#[derive(Template)]
#[template(path = "desk_counter.html")]
struct AskPage {
    page: Page,
    m: Messages,
    token: FormToken,
    office: String,
    typed: String,
    error: Option<&'static str>,
    /// Nothing came of the number: what the officer says to the person.
    next: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "desk_counter_person.html")]
struct PersonPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    name: String,
    born: String,
    /// The photo as an address that holds it, and whether it is a drawing.
    photo: Option<(String, bool)>,
    alive: bool,
    level: &'static str,
    doubted: Option<String>,
    characters: usize,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "desk_counter_same.html")]
struct SamePage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    name: String,
    tail: String,
    typed: String,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "desk_counter_doubt.html")]
struct DoubtPage {
    page: Page,
    m: Messages,
    cause: String,
}

#[derive(Template)]
#[template(path = "desk_counter_print.html")]
struct PrintPage {
    page: Page,
    m: Messages,
    name: String,
    office: String,
    day: String,
    address: String,
    code: Option<String>,
    sheet: Vec<String>,
    back: String,
}

#[derive(Deserialize)]
struct Number {
    id_number: String,
}

#[derive(Deserialize)]
struct Same {
    #[serde(default)]
    compared: bool,
}

#[derive(Deserialize)]
struct Doubt {
    reason: String,
}

#[derive(Deserialize)]
struct PhoneForm {
    phone: String,
}

#[derive(Deserialize)]
struct CodeForm {
    code: String,
}

#[derive(Deserialize)]
struct PrintForm {
    #[serde(default)]
    opening: bool,
    #[serde(default)]
    sheet: bool,
}

#[derive(Deserialize)]
struct Shown {
    /// `code`: the number is bound another time.
    without: Option<String>,
}

fn path(id: ComparisonId) -> String {
    format!("/desk/counter/{id}")
}

fn id(text: &str) -> Result<ComparisonId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn refused(locale: Locale) -> impl Fn(Refusal) -> Problem {
    move |refusal| match refusal {
        Refusal::Gone | Refusal::Stage { .. } => {
            let m = Messages::new(locale);
            Problem::not_found().explain(m.counter_gone()).link("/desk/counter", m.counter_title())
        }
        other => problem(other, locale),
    }
}

/// The office where the officer stands, in the reader's language.
fn office(ctx: &Ctx, identity: &Identity) -> String {
    let names = identity.counters.get(crate::lock::unit(&ctx.actor));
    names.and_then(|names| names.get(ctx.locale.index())).cloned().unwrap_or_default()
}

/// What a shared screen must not keep.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn ask(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Response, Problem> {
    counter::is_here(&ctx, &identity).map_err(refused(page.locale))?;
    let (m, office) = (Messages::new(page.locale), office(&ctx, &identity));
    let view = AskPage { page, m, token, office, typed: String::new(), error: None, next: None };
    Ok(html(view.render()?, StatusCode::OK))
}

async fn take_number(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<Number>,
) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let (error, next) = match IdNumber::parse(&form.id_number) {
        None => (Some(m.id_number_wrong()), None),
        Some(number) => {
            let asked = counter::begin(&ctx, &identity, form.key("identity.counter"), &number).await;
            match asked.map_err(refused(page.locale))? {
                Asked::Shown(id) => return Ok(Redirect::to(&page.to(&path(id))).into_response()),
                Asked::Unknown => (None, Some(m.counter_unknown())),
                Asked::Silent => (None, Some(m.counter_silent())),
            }
        }
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (office, typed) = (office(&ctx, &identity), form.id_number.clone());
    Ok(html(AskPage { page, m, token, office, typed, error, next }.render()?, status))
}

async fn show(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    let seen = found(&ctx, &identity, &comparison).await?;
    if seen.comparison.awaits_code() && shown.without.is_none() {
        return code_page(&ctx, &visit, &identity, seen.comparison.id, None).await;
    }
    render(&ctx, &visit, seen, (String::new(), None))
}

async fn found(ctx: &Ctx, identity: &Identity, comparison: &str) -> Result<Seen, Problem> {
    counter::seen(ctx, identity, id(comparison)?).await.map_err(refused(ctx.locale))
}

/// The page where somebody stands: the language switch leads there too.
fn frame(visit: &Visit, id: ComparisonId) -> Page {
    let mut page = Page::of(visit);
    page.path = path(id);
    page
}

async fn code_page(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Identity,
    id: ComparisonId,
    error: Option<String>,
) -> Result<Response, Problem> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (page, token, action) = (frame(visit, id), visit.form_token(), visit.localised(&path(id)));
    let back = format!("{action}?without=code");
    let step = CodeStep::new(identity, page, token, [action, id.to_string()])
        .with_back(back, Messages::new(ctx.locale).counter_without_code());
    Ok(html(step.render(ctx, error).await?, status))
}

/// The page of the stage, with what was typed and what is wrong with it.
fn render(
    ctx: &Ctx,
    visit: &Visit,
    seen: Seen,
    (typed, error): (String, Option<&'static str>),
) -> Result<Response, Problem> {
    let (m, there) = (Messages::new(ctx.locale), seen.comparison);
    let (page, token, action) = (frame(visit, there.id), visit.form_token(), visit.localised(&path(there.id)));
    let facts = there.data.facts().map_err(refused(ctx.locale))?;
    let name = if ctx.locale == Locale::EN { facts.name.latin } else { facts.name.arabic }.join(" ");
    let body = match there.stage.as_str() {
        "shown" => {
            let photo = there.data.photo.as_ref().filter(|_| there.data.alive);
            let level = match seen.level {
                None => m.counter_no_account(),
                Some(Assurance::Low) => m.counter_low(),
                Some(level) => super::desk::level(m, level.as_str()),
            };
            PersonPage {
                photo: photo.map(|one| (format!("data:{};base64,{}", one.media_type, one.base64), one.sample)),
                born: facts.born.to_string(),
                alive: facts.alive,
                doubted: seen.doubted_at.map(|at| at.local_minute(Zone::Hebron)),
                characters: REASON_CHARS,
                page,
                m,
                token,
                action,
                name,
                level,
                error,
            }
            .render()?
        }
        "same" => SamePage { page, m, token, action, name, tail: seen.tail, typed, error }.render()?,
        _ => DoubtPage { page, m, cause: there.cause }.render()?,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(unkept(html(body, status)))
}

fn back(visit: &Visit, id: ComparisonId) -> Response {
    Redirect::to(&visit.localised(&path(id))).into_response()
}

/// A step that was taken already leads to where one stands.
fn settled(ctx: &Ctx, visit: &Visit, id: ComparisonId, outcome: Result<(), Refusal>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) | Err(Refusal::Stage { .. }) => Ok(back(visit, id)),
        Err(refusal) => Err(refused(ctx.locale)(refusal)),
    }
}

async fn take_same(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<Same>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    if !form.compared {
        let seen = found(&ctx, &identity, &comparison).await?;
        let error = Messages::new(ctx.locale).counter_compare_first();
        return render(&ctx, &visit, seen, (String::new(), Some(error)));
    }
    let outcome = counter::same(&ctx, &identity, form.key("identity.counter.same"), id).await;
    settled(&ctx, &visit, id, outcome)
}

async fn take_doubt(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<Doubt>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    match counter::doubt(&ctx, &identity, form.key("identity.counter.doubt"), id, &form.reason).await {
        Err(Refusal::NoReason) => {
            let seen = found(&ctx, &identity, &comparison).await?;
            let error = Messages::new(ctx.locale).reason_missing();
            render(&ctx, &visit, seen, (String::new(), Some(error)))
        }
        outcome => settled(&ctx, &visit, id, outcome),
    }
}

async fn take_phone(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<PhoneForm>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    let phone = Phone::parse(&form.phone).filter(|phone| identity.config.calls || phone.takes_messages());
    let Some(phone) = phone else {
        let seen = found(&ctx, &identity, &comparison).await?;
        let error = Messages::new(ctx.locale).phone_wrong();
        return render(&ctx, &visit, seen, (form.phone.clone(), Some(error)));
    };
    let outcome = counter::send(&ctx, &identity, id, (phone, host_of(&visit), Way::Sms)).await;
    settled(&ctx, &visit, id, outcome)
}

async fn take_code(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<CodeForm>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    match counter::code(&ctx, &identity, id, &form.code).await {
        Ok(Tried::Right) => Ok(back(&visit, id)),
        Ok(tried) => code_page(&ctx, &visit, &identity, id, wrong(Messages::new(ctx.locale), tried)).await,
        Err(refusal) => Err(refused(ctx.locale)(refusal)),
    }
}

async fn resend(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<Resend>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    let outcome = counter::resend(&ctx, &identity, id, (host_of(&visit), form.way)).await;
    settled(&ctx, &visit, id, outcome)
}

async fn take_print(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
    form: Form<PrintForm>,
) -> Result<Response, Problem> {
    let id = id(&comparison)?;
    let wanted = Wanted { code: form.opening, sheet: form.sheet };
    if !wanted.code && !wanted.sheet {
        let seen = found(&ctx, &identity, &comparison).await?;
        let error = Messages::new(ctx.locale).print_nothing();
        return render(&ctx, &visit, seen, (String::new(), Some(error)));
    }
    let printed = counter::print(&ctx, &identity, form.key("identity.counter.print"), id, wanted).await;
    let printed = printed.map_err(refused(ctx.locale))?;
    let name = if ctx.locale == Locale::EN { printed.name.latin } else { printed.name.arabic };
    let view = PrintPage {
        page: frame(&visit, id),
        m: Messages::new(ctx.locale),
        name: name.join(" "),
        office: office(&ctx, &identity),
        day: ctx.now().date(Zone::Hebron).to_string(),
        address: format!("{}{}", visit.origin(), visit.localised("/account/recover")),
        code: printed.code,
        sheet: printed.sheet,
        back: visit.localised(&path(id)),
    };
    Ok(unkept(html(view.render()?, StatusCode::OK)))
}
