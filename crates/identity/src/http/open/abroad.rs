//! What people abroad are asked when they open an account: where they live, the
//! zone of a passport, a telephone or an address of their own, a passkey. Whoever
//! gets no further is told which mission sees them, and what to bring.

mod passkey;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use base::{IdNumber, Locale, Mrz, MrzFault, Phone};
use serde::Deserialize;
use store::Ctx;
use tokio::time::Instant;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, ReturnPath, Right, Route,
    Visit,
};

use super::super::account::Nothing;
use super::super::{browser_of, host_of, html, problem};
use super::{Stand, back, load, parse, render, settled};
use crate::Identity;
use crate::messages::Messages;
use crate::mission::Mission;
use crate::model::Refusal;
use crate::opening::abroad::{self, Given};
use crate::opening::{self, Opening};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/account/open/abroad", Right::Public, country).states(&["ok"]),
        Route::post("/account/open/abroad", Right::Public, take_country),
        Route::get("/account/open/missions", Right::Public, show_missions).states(&["ok", "elsewhere"]),
        Route::post("/account/open/{opening}/passport", Right::Public, take_passport),
        Route::post("/account/open/{opening}/elsewhere", Right::Public, elsewhere),
        Route::post("/account/open/{opening}/phone", Right::Public, take_phone),
        Route::post("/account/open/{opening}/email", Right::Public, take_email),
        Route::post("/account/open/{opening}/passkey", Right::Public, passkey::take),
    ]
}

/// A mission as a page names it.
pub(super) struct MissionLine {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) hours: String,
    pub(super) phone: String,
    pub(super) sample: bool,
}

#[derive(Template)]
#[template(path = "open_abroad.html")]
struct CountryPage {
    page: Page,
    m: Messages,
    token: FormToken,
    return_to: String,
    /// Code and name.
    countries: Vec<(String, String)>,
    chosen: String,
    typed: String,
    asked_again: bool,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "open_passport.html")]
struct PassportPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    typed: [String; 2],
    error: Option<WrongPassport>,
    missions: Vec<MissionLine>,
}

/// What is wrong with a zone, and in which line.
struct WrongPassport {
    said: String,
    line: u8,
}

#[derive(Template)]
#[template(path = "open_contact.html")]
struct ContactPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    typed: [String; 2],
    /// What is wrong with the number, and with the address.
    errors: [Option<&'static str>; 2],
    missions: Vec<MissionLine>,
}

#[derive(Template)]
#[template(path = "open_email.html")]
struct EmailPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    address: String,
    late: bool,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "open_missions.html")]
struct MissionsPage {
    page: Page,
    m: Messages,
    /// The country's name; nothing when no mission is listed for it.
    country: String,
    missions: Vec<MissionLine>,
}

#[derive(Deserialize)]
pub(crate) struct Way {
    /// `birth` for the day of birth instead of a passport, `another` for another
    /// number or address.
    pub(super) way: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(rename = "return")]
    return_to: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Where {
    country: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct CountryForm {
    country: String,
    #[serde(default)]
    id_number: String,
    return_to: String,
    #[serde(default)]
    asked_again: String,
    /// Set by the button of those who have no number.
    #[serde(default)]
    without: String,
}

#[derive(Deserialize)]
pub(crate) struct PassportForm {
    line_1: String,
    line_2: String,
}

#[derive(Deserialize)]
pub(crate) struct PhoneForm {
    phone: String,
}

#[derive(Deserialize)]
pub(crate) struct EmailForm {
    email: String,
}

/// Where people of a country turn, as a page names it.
pub(super) fn missions(identity: &Arc<Identity>, country: &str, locale: Locale) -> Vec<MissionLine> {
    let line = |mission: &Mission| MissionLine {
        key: mission.key.clone(),
        name: mission.name(locale).to_owned(),
        address: mission.address(locale).to_owned(),
        hours: mission.hours(locale).to_owned(),
        phone: mission.phone.clone(),
        sample: mission.sample,
    };
    identity.missions_for(country).into_iter().map(line).collect()
}

pub(crate) async fn country(
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let return_to =
        asked.return_to.as_deref().and_then(ReturnPath::parse).map_or(String::new(), |path| path.to_string());
    let page = country_page(&visit, &identity, [return_to, String::new(), String::new()]);
    Ok(html(page.render()?, StatusCode::OK))
}

fn country_page(visit: &Visit, identity: &Arc<Identity>, [return_to, chosen, typed]: [String; 3]) -> CountryPage {
    let stand = Stand::of(visit, identity);
    let m = stand.m();
    let countries = identity.countries(stand.page.locale).into_iter();
    let countries = countries.map(|one| (one.code.clone(), one.name(stand.page.locale).to_owned())).collect();
    let (mut page, token) = (stand.page, stand.token);
    "/account/open/abroad".clone_into(&mut page.path);
    CountryPage { page, m, token, return_to, countries, chosen, typed, asked_again: false, error: None }
}

pub(crate) async fn take_country(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    form: Form<CountryForm>,
) -> Result<Response, Problem> {
    let country = identity.country(&form.country).map_or("", |country| country.code.as_str());
    if !form.without.is_empty() {
        let place = visit.localised(&format!("/account/open/missions?country={country}"));
        return Ok(Redirect::to(&place).into_response());
    }
    let number = IdNumber::parse(&form.id_number);
    let fits = |number: &IdNumber| number.check_digit_fits() || form.asked_again == number.as_str();
    let Some(number) = number.clone().filter(fits) else {
        let m = Messages::new(ctx.locale);
        let typed = number.as_ref().map_or_else(|| form.id_number.clone(), |number| number.as_str().to_owned());
        let page = CountryPage {
            asked_again: number.is_some(),
            error: Some(if number.is_some() { m.id_number_looks_wrong() } else { m.id_number_wrong() }),
            ..country_page(&visit, &identity, [form.return_to.clone(), country.to_owned(), typed])
        };
        return Ok(html(page.render()?, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let return_to = ReturnPath::parse(&form.return_to).map_or(String::new(), |path| path.to_string());
    let places = [return_to, opening::counted(visit.client())];
    let key = form.key("identity.open.abroad");
    let begun = abroad::begin(&ctx, &identity, key, (number, country), places, browser_of(&visit)).await;
    Ok(back(&visit, begun.map_err(|refusal| problem(refusal, ctx.locale))?))
}

pub(crate) async fn show_missions(
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Query(asked): Query<Where>,
) -> Result<Response, Problem> {
    let mut page = Page::of(&visit);
    let country = identity.country(asked.country.as_deref().unwrap_or_default());
    // The language switch keeps the country.
    page.path.push_str(&country.map_or(String::new(), |country| format!("?country={}", country.code)));
    let missions = missions(&identity, country.map_or("", |country| country.code.as_str()), page.locale);
    let country = country.map_or(String::new(), |country| country.name(page.locale).to_owned());
    Ok(html(MissionsPage { m: Messages::new(page.locale), page, country, missions }.render()?, StatusCode::OK))
}

/// The page of a step that only people abroad meet, or which they asked for.
pub(super) async fn shown(
    ctx: &Ctx,
    identity: &Arc<Identity>,
    stand: &Stand,
    opening: &Opening,
    way: Option<&str>,
) -> Result<Option<Response>, Problem> {
    let visit = &stand.visit;
    let page = match (opening.stage.as_str(), way) {
        ("number", None) => {
            let page = passport_page(identity, visit, opening, Default::default(), None);
            html(page.render()?, StatusCode::OK)
        }
        ("contact", _) | ("phone code" | "email code" | "passkey", Some("another")) => {
            contact(identity, visit, opening, (Default::default(), Default::default()), StatusCode::OK)?
        }
        // A number that was chosen is given up by a form.
        ("code", Some("another")) => return elsewhere_page(ctx, identity, visit, opening).await.map(Some),
        ("passkey", _) => passkey::page(ctx, identity, visit, opening, None)?,
        _ => return Ok(None),
    };
    Ok(Some(page))
}

/// Of the registered numbers again, with the way on for whoever has none at hand.
async fn elsewhere_page(
    ctx: &Ctx,
    identity: &Arc<Identity>,
    visit: &Visit,
    opening: &Opening,
) -> Result<Response, Problem> {
    render(ctx, Stand::at(visit, identity, opening.id), &opening.choosing(), None).await
}

fn passport_page(
    identity: &Arc<Identity>,
    visit: &Visit,
    opening: &Opening,
    typed: [String; 2],
    error: Option<WrongPassport>,
) -> PassportPage {
    let stand = Stand::at(visit, identity, opening.id);
    let (m, action) = (stand.m(), stand.action(opening.id));
    let missions = missions(identity, opening.country().unwrap_or_default(), stand.page.locale);
    PassportPage { page: stand.page, m, token: stand.token, action, typed, error, missions }
}

/// What is said of a zone that cannot be read: line and field, in the words of the
/// passport's page.
fn wrong(m: Messages, fault: MrzFault) -> WrongPassport {
    let said = match fault {
        MrzFault::Length(line, found) => m.mrz_length(u32::from(line), found),
        MrzFault::Sign(line) => m.mrz_sign(u32::from(line)),
        MrzFault::Kind => m.mrz_kind().to_owned(),
        MrzFault::State => m.mrz_state().to_owned(),
        MrzFault::Name => m.mrz_name().to_owned(),
        MrzFault::Number => m.mrz_number().to_owned(),
        MrzFault::Born => m.mrz_born().to_owned(),
        MrzFault::Expires => m.mrz_expires().to_owned(),
        MrzFault::Optional => m.mrz_optional().to_owned(),
        MrzFault::Whole => m.mrz_whole().to_owned(),
    };
    WrongPassport { said, line: fault.line() }
}

pub(crate) async fn take_passport(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<PassportForm>,
) -> Result<Response, Problem> {
    // Whatever the registers say, the answer comes at this instant.
    let answer_at = Instant::now() + Duration::from_millis(identity.config.patience_ms);
    let id = parse(&id)?;
    let opening = load(&ctx, &visit, id).await?;
    if opening.stage != "number" || !opening.is_abroad() {
        return Ok(back(&visit, id));
    }
    let (m, today) = (Messages::new(ctx.locale), ctx.now().date(base::Zone::Hebron));
    let read = Mrz::parse([&form.line_1, &form.line_2], today).map_err(|fault| wrong(m, fault));
    let read = read.and_then(|mrz| {
        let over = mrz.expires < today;
        if over { Err(WrongPassport { said: m.mrz_over(mrz.expires.to_string()), line: 2 }) } else { Ok(mrz) }
    });
    let mrz = match read {
        Ok(mrz) => mrz,
        Err(error) => {
            let typed = [form.line_1.clone(), form.line_2.clone()];
            let page = passport_page(&identity, &visit, &opening, typed, Some(error));
            return Ok(html(page.render()?, StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let outcome = abroad::passport(&ctx, &identity, id, browser_of(&visit), (&mrz, host_of(&visit))).await;
    tokio::time::sleep_until(answer_at).await;
    settled(outcome, &ctx, &visit, (id, "number")).await
}

pub(crate) async fn elsewhere(
    ctx: Ctx,
    visit: Visit,
    Path(id): Path<String>,
    _form: Form<Nothing>,
) -> Result<Response, Problem> {
    let id = parse(&id)?;
    let outcome = abroad::elsewhere(&ctx, id, browser_of(&visit)).await;
    settled(outcome, &ctx, &visit, (id, "choose")).await
}

/// The question for a number or an address, with what was typed and what is wrong.
fn contact(
    identity: &Arc<Identity>,
    visit: &Visit,
    opening: &Opening,
    (typed, errors): ([String; 2], [Option<&'static str>; 2]),
    status: StatusCode,
) -> Result<Response, Problem> {
    let stand = Stand::at(visit, identity, opening.id);
    let (m, action) = (stand.m(), stand.action(opening.id));
    let missions = missions(identity, opening.country().unwrap_or_default(), stand.page.locale);
    let mut frame = stand.page;
    if opening.stage != "contact" {
        frame.path.push_str("?way=another");
    }
    let page = ContactPage { page: frame, m, token: stand.token, action, typed, errors, missions };
    Ok(html(page.render()?, status))
}

/// Which of the two a person filled in.
#[derive(Clone, Copy)]
enum Field {
    Phone,
    Email,
}

impl Field {
    /// What is wrong with this one, and nothing with the other.
    const fn wrong(self, said: &'static str) -> [Option<&'static str>; 2] {
        match self {
            Self::Phone => [Some(said), None],
            Self::Email => [None, Some(said)],
        }
    }
    fn typed(self, text: &str) -> [String; 2] {
        match self {
            Self::Phone => [text.to_owned(), String::new()],
            Self::Email => [String::new(), text.to_owned()],
        }
    }
    /// Nothing more is sent: of a moment one waits, of hours one is told what works
    /// meanwhile.
    fn late(self, m: Messages, identity: &Arc<Identity>, seconds: u32) -> [Option<&'static str>; 2] {
        let moment = seconds <= identity.config.limits.sms_pause_seconds + 1;
        self.wrong(match self {
            _ if moment => m.abroad_moment(),
            Self::Phone => m.abroad_phone_late(),
            Self::Email => m.abroad_email_late(),
        })
    }
}

/// Another code was asked for, and nothing can be sent just now.
pub(super) fn late(
    ctx: &Ctx,
    identity: &Arc<Identity>,
    visit: &Visit,
    opening: &Opening,
    seconds: u32,
) -> Result<Response, Problem> {
    let field = if opening.given_email().is_some() { Field::Email } else { Field::Phone };
    let errors = field.late(Messages::new(ctx.locale), identity, seconds);
    contact(identity, visit, opening, (Default::default(), errors), StatusCode::TOO_MANY_REQUESTS)
}

async fn take(
    ctx: &Ctx,
    visit: &Visit,
    identity: &Arc<Identity>,
    id: &str,
    (field, given, text): (Field, Option<Given>, &str),
) -> Result<Response, Problem> {
    let id = parse(id)?;
    let opening = load(ctx, visit, id).await?;
    if !matches!(opening.stage.as_str(), "contact" | "phone code" | "email code" | "passkey") {
        return Ok(back(visit, id));
    }
    let (m, typed) = (Messages::new(ctx.locale), field.typed(text));
    let Some(given) = given else {
        let said = match field {
            Field::Phone => m.abroad_phone_wrong(),
            Field::Email => m.abroad_email_wrong(),
        };
        return contact(identity, visit, &opening, (typed, field.wrong(said)), StatusCode::UNPROCESSABLE_ENTITY);
    };
    let places = [opening::counted(visit.client()), host_of(visit)];
    match abroad::give(ctx, identity, id, browser_of(visit), (given, places, crate::code::Way::default())).await {
        // Of two clicks the second waits for nothing: the first one did it.
        Err(Refusal::Wait(_)) if load(ctx, visit, id).await?.stage != opening.stage => Ok(back(visit, id)),
        Err(Refusal::Wait(seconds)) => {
            let errors = field.late(m, identity, seconds);
            contact(identity, visit, &opening, (typed, errors), StatusCode::TOO_MANY_REQUESTS)
        }
        outcome => settled(outcome, ctx, visit, (id, &opening.stage)).await,
    }
}

pub(crate) async fn take_phone(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<PhoneForm>,
) -> Result<Response, Problem> {
    let given = Phone::parse(&form.phone).map(Given::Phone);
    take(&ctx, &visit, &identity, &id, (Field::Phone, given, &form.phone)).await
}

pub(crate) async fn take_email(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<EmailForm>,
) -> Result<Response, Problem> {
    let given = Given::email(&form.email);
    take(&ctx, &visit, &identity, &id, (Field::Email, given, &form.email)).await
}

/// The page that asks for the code of an e-mail.
pub(super) async fn email_code(
    ctx: &Ctx,
    (page, m, token, action): (Page, Messages, FormToken, String),
    opening: &Opening,
    error: Option<String>,
) -> Result<String, Problem> {
    let now = ctx.now();
    let late = ctx.read(move |read| notify::is_late(read, notify::Channel::Email, now)).await?;
    let address = opening.given_email().unwrap_or_default().to_owned();
    Ok(EmailPage { page, m, token, action, address, late, error }.render()?)
}
