//! What a person does beside a case's steps: chooses a time, withdraws, appeals;
//! and what others do whom the case names: they sign.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Assurance, Date, Locale, Timestamp, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route};

use super::case::service_name;
use super::desk::answers_seen;
use super::files::{FileLine, officers_lines};
use super::public::weekday;
use super::{case_id, person, problem};
use crate::case::{Refusal, own};
use crate::draft::{assurance, required};
use crate::files::files_of;
use crate::messages::Messages;
use crate::steps::appointment::{Slot, appointment_of};
use crate::steps::{appeal, appeal_unit, appealable_until, bodies, book, co_sign, may_withdraw, sign, slots, withdraw};
use crate::system::Services;
use crate::turn::TurnId;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/appointment", Right::SignedIn, choose).states(&["ok", "404"]),
        Route::post("/cases/{case}/appointment", Right::SignedIn, book_post),
        Route::get("/cases/{case}/withdraw", Right::SignedIn, withdraw_page).states(&["ok", "404"]),
        Route::post("/cases/{case}/withdraw", Right::SignedIn, withdraw_post),
        Route::get("/cases/{case}/appeal", Right::SignedIn, appeal_page).states(&["ok", "404"]),
        Route::post("/cases/{case}/appeal", Right::SignedIn, appeal_post),
        Route::get("/co-sign", Right::Oneself, asked).states(&["ok", "empty"]),
        Route::get("/co-sign/{turn}", Right::Oneself, sign_page).states(&["ok", "404"]),
        Route::post("/co-sign/{turn}", Right::Oneself, sign_post),
    ]
}

struct DayLine {
    day: String,
    slots: Vec<(i64, String)>,
}

#[derive(Template)]
#[template(path = "appointment.html")]
struct AppointmentPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    office: Option<String>,
    address: Option<String>,
    yours: Option<String>,
    days: Vec<DayLine>,
}

/// Free times by day.
/// «الأحد، 29 تشرين الثاني (11) 2026».
fn day_in_words(page: &Page, day: Date) -> String {
    let m = Messages::new(page.locale);
    [weekday(m, day.weekday()), &page.date(day)].join(m.list_comma())
}

/// The same with the time of day.
pub(super) fn time_in_words(page: &Page, at: Timestamp, zone: Zone) -> String {
    let m = Messages::new(page.locale);
    let time = format!("\u{2068}{}\u{2069}", at.local_time(zone));
    [day_in_words(page, at.date(zone)), time].join(m.list_comma())
}

fn by_day(page: &Page, slots: &[Slot], zone: Zone) -> Vec<DayLine> {
    let mut days: Vec<(Date, DayLine)> = Vec::new();
    for slot in slots.iter().filter(|slot| slot.free) {
        let day = slot.at.date(zone);
        if days.last().is_none_or(|(known, _)| *known != day) {
            days.push((day, DayLine { day: day_in_words(page, day), slots: Vec::new() }));
        }
        if let Some((_, line)) = days.last_mut() {
            line.slots.push((slot.at.as_micros(), slot.at.local_time(zone)));
        }
    }
    days.into_iter().map(|(_, line)| line).collect()
}

async fn choose(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (wanted, actor, now, catalogue) =
        (case_id(&id)?, ctx.actor.clone(), ctx.now(), Arc::clone(&services.catalogue));
    let found = ctx.read(move |read| {
        let case = own(read, wanted, &actor)?;
        let turn = appointment_of(read, &case)?.ok_or(Refusal::NoCase)?;
        let slots = slots(read, &catalogue, &turn, &case, now)?;
        Ok::<_, Refusal>((case, turn, slots))
    });
    let (case, turn, slots) = found.await.map_err(|refusal| problem(page.locale, refusal))?;
    let zone = services.catalogue.zone(turn.unit.as_deref());
    let office = services.catalogue.offices().iter().find(|office| Some(&office.key) == turn.unit.as_ref());
    let view = AppointmentPage {
        m: Messages::new(page.locale),
        name: service_name(&services, &case, page.locale),
        office: office.map(|office| office.name(page.locale).to_owned()),
        address: office.map(|office| office.address(page.locale).to_owned()),
        yours: turn.due_at.map(|at| time_in_words(&page, at, zone)),
        days: by_day(&page, &slots, zone),
        token,
        id,
        page,
    };
    Ok(Html(view.render()?))
}

#[derive(Deserialize)]
struct Chosen {
    at: i64,
}

async fn book_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Chosen>,
) -> Result<Redirect, Problem> {
    let at = Timestamp::from_micros(form.at);
    let booked = book(&ctx, form.key("services.book"), &services.catalogue, case_id(&id)?, at).await;
    match booked {
        Ok(()) => Ok(Redirect::to(&page.to(&format!("/cases/{id}")))),
        Err(Refusal::NotFree) => {
            let m = Messages::new(page.locale);
            Err(problem(page.locale, Refusal::NotFree).link(format!("/cases/{id}/appointment"), m.appointment_title()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}

#[derive(Template)]
#[template(path = "withdraw.html")]
struct WithdrawPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
}

async fn withdraw_page(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (wanted, actor) = (case_id(&id)?, ctx.actor.clone());
    let found = ctx.read(move |read| {
        let case = own(read, wanted, &actor)?;
        if may_withdraw(read, &case)? { Ok(case) } else { Err(Refusal::NoCase) }
    });
    let case = found.await.map_err(|refusal| problem(page.locale, refusal))?;
    let name = service_name(&services, &case, page.locale);
    Ok(Html(WithdrawPage { m: Messages::new(page.locale), page, token, id, name }.render()?))
}

#[derive(Deserialize)]
struct Nothing {}

async fn withdraw_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let gone = withdraw(&ctx, form.key("services.withdraw"), case_id(&id)?).await;
    gone.map_err(|refusal| problem(page.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}"))))
}

#[derive(Template)]
#[template(path = "appeal.html")]
struct AppealPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    unit: String,
    until: String,
}

async fn appeal_page(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (wanted, actor, catalogue, now) =
        (case_id(&id)?, ctx.actor.clone(), Arc::clone(&services.catalogue), ctx.now());
    let found = ctx.read(move |read| {
        let case = own(read, wanted, &actor)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let until = appealable_until(read, service, &case)?.filter(|until| now <= *until);
        let unit = appeal_unit(read, &catalogue, service, &case, &actor)?;
        Ok::<_, Refusal>((case, until.ok_or(Refusal::NoCase)?, unit))
    });
    let (case, until, unit) = found.await.map_err(|refusal| problem(page.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    let unit = unit.map(|unit| services.catalogue.office_name(&unit, page.locale));
    let view = AppealPage {
        m: Messages::new(page.locale),
        name: service.text(page.locale, "name"),
        unit: unit.unwrap_or_default(),
        until: until.local_minute(Zone::Hebron),
        token,
        id,
        page,
    };
    Ok(Html(view.render()?))
}

#[derive(Deserialize)]
struct Reasons {
    #[serde(default)]
    text: String,
}

async fn appeal_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Reasons>,
) -> Result<Redirect, Problem> {
    let lodged = appeal(&ctx, form.key("services.appeal"), &services.catalogue, case_id(&id)?, &form.text).await;
    let m = Messages::new(page.locale);
    match lodged {
        Ok(()) => Ok(Redirect::to(&page.to(&format!("/cases/{id}")))),
        Err(Refusal::Incomplete(_)) => {
            Err(Problem::refused(m.words_missing()).link(format!("/cases/{id}/appeal"), m.appeal_title()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}

struct AskedLine {
    id: String,
    name: String,
    until: Option<String>,
}

#[derive(Template)]
#[template(path = "co_sign_list.html")]
struct AskedPage {
    page: Page,
    m: Messages,
    lines: Vec<AskedLine>,
}

/// A number that was only typed signs nothing: it may be another's.
fn proven(ctx: &Ctx, page: &Page) -> Result<(), Problem> {
    if assurance(ctx) < Assurance::Substantial { Err(problem(page.locale, Refusal::TooLow)) } else { Ok(()) }
}

async fn asked(ctx: Ctx, page: Page, Extension(services): Extension<Arc<Services>>) -> Result<Html<String>, Problem> {
    proven(&ctx, &page)?;
    let person = person(&ctx)?;
    let found = ctx.read(move |read| co_sign::asked_of(read, person)).await?;
    let lines = found.into_iter().map(|(turn, case)| AskedLine {
        id: turn.id.to_string(),
        name: service_name(&services, &case, page.locale),
        until: turn.due_at.map(|at| at.local_minute(Zone::Hebron)),
    });
    Ok(Html(AskedPage { lines: lines.collect(), m: Messages::new(page.locale), page }.render()?))
}

#[derive(Template)]
#[template(path = "co_sign.html")]
struct SignPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    applicant: String,
    answers: Vec<(String, String)>,
    /// What was attached to the answers that they see.
    files: Vec<FileLine>,
    until: Option<String>,
    /// Nothing is to be signed any more.
    done: bool,
}

async fn sign_page(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    proven(&ctx, &page)?;
    let (person, wanted) = (person(&ctx)?, id.parse::<TurnId>().map_err(|_| Problem::not_found())?);
    let found = ctx.read(move |read| {
        let (turn, case) = co_sign::of_person(read, wanted, person)?;
        let name = identity::display_name(read, case.person)?;
        let files = files_of(read, &case)?;
        Ok::<_, Refusal>((turn, case, name, files))
    });
    let (turn, case, applicant, mut files) = found.await.map_err(|refusal| problem(page.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    let m = Messages::new(page.locale);
    let applicant = applicant.map(|name| {
        let parts = if page.locale == Locale::EN { name.latin } else { name.arabic };
        parts.join(" ")
    });
    // Once it was answered, or came to nothing, it shows no more of another's case.
    files.retain(|file| turn.is_open() && bodies::sees(service, &turn).contains(&file.field));
    let view = SignPage {
        m,
        files: officers_lines(&page, &case, &files, &format!("/co-sign/{id}")),
        name: service.text(page.locale, "name"),
        applicant: applicant.unwrap_or_else(|| m.who_other().to_owned()),
        answers: if turn.is_open() {
            answers_seen(&ctx, &services, service, &page, &case, &turn).await?
        } else {
            Vec::new()
        },
        until: turn.due_at.map(|at| at.local_minute(Zone::Hebron)),
        done: !turn.is_open(),
        token,
        id,
        page,
    };
    Ok(Html(view.render()?))
}

#[derive(Deserialize)]
struct Signed {
    answer: String,
    #[serde(default)]
    text: String,
}

async fn sign_post(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Signed>,
) -> Result<Redirect, Problem> {
    proven(&ctx, &page)?;
    let wanted = id.parse::<TurnId>().map_err(|_| Problem::not_found())?;
    let person = person(&ctx)?;
    let (_, case) = ctx
        .read(move |read| co_sign::of_person(read, wanted, person))
        .await
        .map_err(|refusal| problem(page.locale, refusal))?;
    // Whoever signs is known as well as whoever applies.
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    if assurance(&ctx) < required(&ctx, service).await? {
        return Err(problem(page.locale, Refusal::TooLow));
    }
    let yes = match form.answer.as_str() {
        "agree" => true,
        "refuse" => false,
        _ => return Err(Problem::bad_request(Vec::new())),
    };
    let signed = sign(&ctx, form.key("services.sign"), &services.catalogue, wanted, yes, &form.text).await;
    let m = Messages::new(page.locale);
    match signed {
        Ok(()) => Ok(Redirect::to(&page.to(&format!("/co-sign/{id}")))),
        Err(Refusal::Incomplete(_)) => {
            Err(Problem::refused(m.words_missing()).link(format!("/co-sign/{id}"), m.co_sign_one()))
        }
        Err(refusal) => Err(problem(page.locale, refusal)),
    }
}
