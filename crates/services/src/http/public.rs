//! Public pages: a service, the search, life events, offices.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{CaseId, Date, Locale, Zone};
use catalogue::calendar::{Calendar, Content, Entry, Place};
use catalogue::{Catalogue, Group, Office, OpeningFile, Service, Summary};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Visit};

use super::fees;
use crate::calendar::decree;
use crate::count::count;
use crate::messages::Messages;

/// Services on one page of a list; found ones at most.
const LINES: usize = 30;

/// Days ahead whose changes an office's page shows, and how many at most.
const CHANGES_DAYS: i32 = 120;
const CHANGES: usize = 12;
/// Days ahead in which an office that is closed today will open.
const HOURS_DAYS: i32 = 30;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/services", Right::Public, all).states(&["ok"]),
        Route::get("/services/{key}", Right::Public, service).states(&["ok", "404"]),
        Route::get("/search", Right::Public, search).states(&["found", "empty"]),
        Route::get("/life-events/{key}", Right::Public, life_event).states(&["ok", "404"]),
        Route::get("/offices", Right::Public, offices).states(&["ok"]),
        Route::get("/offices/{key}", Right::Public, office).states(&["ok", "404"]),
    ]
}

/// A service in a list.
struct Line {
    key: String,
    name: String,
    summary: String,
    promise: String,
    fee: Option<String>,
}

impl Line {
    fn of(service: &Service, page: &Page) -> Self {
        Self {
            key: service.file.key.clone(),
            name: service.text(page.locale, "name"),
            summary: service.text(page.locale, "summary"),
            promise: service.promise(page.locale),
            fee: fees::short(service, page),
        }
    }
}

#[derive(Template)]
#[template(path = "service.html")]
struct ServicePage {
    page: Page,
    m: Messages,
    key: String,
    name: String,
    summary: String,
    provider: String,
    who: String,
    needed: String,
    promise: String,
    /// Each time that it promises, with when, where it is not one for all.
    promises: Vec<(String, String)>,
    collection: String,
    /// Whether a paper is carried to an office: it could be carried elsewhere one day.
    is_carried: bool,
    fees: Vec<String>,
    /// The same in a word or two, where there are many.
    fee_short: String,
    /// To whom it opens on which day, of those to come.
    opens: Vec<(&'static str, String)>,
    sample: bool,
}

/// What a group is called.
fn group_text(m: Messages, group: Group) -> &'static str {
    match group {
        Group::Staff => m.group_staff(),
        Group::Invited => m.group_invited(),
        Group::Residents => m.group_residents(),
        Group::Abroad => m.group_abroad(),
        Group::Business => m.group_business(),
    }
}

/// To whom a service opens later than today, and when.
fn opens(service: &Service, page: &Page, today: &str) -> Vec<(&'static str, String)> {
    let later = service.file.opens.iter().filter(|one| one.from.as_str() > today);
    let line =
        |one: &OpeningFile| Some((group_text(Messages::new(page.locale), one.to), page.date(Date::parse(&one.from)?)));
    later.filter_map(line).collect()
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    page: Page,
    m: Messages,
    title: String,
    query: Option<String>,
    lines: Vec<Line>,
    /// Where the list goes on.
    next: Option<String>,
    /// There are more than are shown: one more word helps.
    cut: bool,
}

struct OfficeLine {
    key: String,
    name: String,
    address: String,
    step_free: bool,
    open_today: bool,
}

#[derive(Template)]
#[template(path = "offices.html")]
struct OfficesPage {
    page: Page,
    m: Messages,
    offices: Vec<OfficeLine>,
}

#[derive(Template)]
#[template(path = "life_event.html")]
struct LifeEventPage {
    page: Page,
    m: Messages,
    key: String,
    title: String,
    /// The services of its bundle, each with what is to be said of it.
    bundled: Vec<(String, Option<&'static str>)>,
    lines: Vec<Line>,
    /// Where the list goes on.
    next: Option<String>,
}

/// A holiday, a closure or other hours that come.
struct ChangeLine {
    days: String,
    name: String,
    hours: Option<String>,
    /// The moon may still move it.
    provisional: bool,
}

#[derive(Template)]
#[template(path = "office.html")]
struct OfficePage {
    page: Page,
    m: Messages,
    name: String,
    address: String,
    phone: String,
    step_free: bool,
    hours: String,
    days: String,
    closures: Vec<ChangeLine>,
    /// The moon may still move one of them.
    provisional: bool,
    sample: bool,
}

/// After which service a list goes on.
#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: String,
}

/// A page of a list of services in the order of their keys, and where it goes on.
fn slice<'c>(
    catalogue: &Catalogue,
    services: impl Iterator<Item = &'c Summary>,
    After { after }: &After,
    page: &Page,
    path: &str,
) -> (Vec<Line>, Option<String>) {
    let mut rest = services.filter(|service| service.key > *after).peekable();
    let shown = rest.by_ref().take(LINES).filter_map(|service| catalogue.service(&service.key));
    let lines: Vec<Line> = shown.map(|service| Line::of(service, page)).collect();
    let last = rest.peek().and(lines.last());
    let next = last.map(|line| page.to(&format!("{path}?after={}", web::fields::encode(&line.key))));
    (lines, next)
}

async fn all(
    visit: Visit,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Query(after): Query<After>,
) -> Result<Response, Problem> {
    let version = catalogue.version().to_owned();
    visit
        .public_page(&version, |page| {
            let m = Messages::new(page.locale);
            let (lines, next) = slice(&catalogue, catalogue.summaries(), &after, &page, "/services");
            ListPage { m, title: m.all_services().to_owned(), query: None, lines, next, cut: false, page }.render()
        })
        .await
}

async fn service(
    visit: Visit,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let service = catalogue.service(&key).ok_or_else(Problem::not_found)?;
    let today = visit.now().date(Zone::Hebron).to_string();
    let version = format!("{}:{today}", catalogue.version());
    visit
        .public_page(&version, |page| {
            let text = |name: &str| service.text(page.locale, name);
            let view = ServicePage {
                m: Messages::new(page.locale),
                key: key.clone(),
                name: text("name"),
                summary: text("summary"),
                provider: catalogue.agency(&service.file.provider, &today, page.locale),
                who: text("who-may-apply"),
                needed: text("what-is-needed"),
                promise: service.promise(page.locale),
                promises: service.promises(page.locale),
                collection: text("collection"),
                is_carried: service.file.delivery.iter().any(|way| way != "wallet"),
                fees: fees::lines(service, &page),
                fee_short: fees::short(service, &page).unwrap_or_default(),
                opens: opens(service, &page, &today),
                sample: service.file.sample,
                page,
            };
            view.render()
        })
        .await
}

async fn life_event(
    visit: Visit,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(key): Path<String>,
    Query(after): Query<After>,
) -> Result<Response, Problem> {
    let event = catalogue.life_events().find(|event| event.key == key).ok_or_else(Problem::not_found)?;
    let version = catalogue.version().to_owned();
    visit
        .public_page(&version, |page| {
            let m = Messages::new(page.locale);
            let path = format!("/life-events/{key}");
            let (lines, next) = slice(&catalogue, catalogue.of_event(&key), &after, &page, &path);
            let bundled = event.members.iter().filter_map(|member| {
                let note = if member.optional {
                    Some(m.bundle_optional())
                } else {
                    member.when.is_some().then(|| m.bundle_if_needed())
                };
                Some((catalogue.summary(&member.service)?.name(page.locale).to_owned(), note))
            });
            let (title, bundled) = (event.name(page.locale).to_owned(), bundled.collect());
            LifeEventPage { m, key: key.clone(), title, bundled, lines, next, page }.render()
        })
        .await
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    q: String,
}

async fn search(
    ctx: Ctx,
    page: Page,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Query(words): Query<Words>,
) -> Result<Response, Problem> {
    // Whoever types a case's number wants the case.
    if let Ok(case) = words.q.trim().parse::<CaseId>() {
        return Ok(Redirect::to(&page.to(&format!("/cases/{case}"))).into_response());
    }
    let m = Messages::new(page.locale);
    let hits = catalogue.find(&words.q);
    if hits.is_empty() && !words.q.trim().is_empty() {
        count(&ctx, "search_empty", "", &base::name::fold(&words.q)).await?;
    }
    let found = hits.iter().take(LINES).filter_map(|hit| catalogue.service(&hit.key));
    let lines = found.map(|service| Line::of(service, &page)).collect();
    let (title, cut) = (m.search_results().to_owned(), hits.len() > LINES);
    Ok(Html(ListPage { page, m, title, query: Some(words.q), lines, next: None, cut }.render()?).into_response())
}

/// The calendar from a day on, and what names this state of it.
async fn calendar(ctx: &Ctx, catalogue: &Catalogue, today: Date) -> Result<(Calendar, String), Problem> {
    let read = ctx.read(move |read| Ok::<_, store::Error>((decree::calendar(read, today)?, decree::version(read)?)));
    let (calendar, changed) = read.await?;
    Ok((calendar, format!("{}:{today}:{changed}", catalogue.version())))
}

async fn offices(ctx: Ctx, visit: Visit, Extension(catalogue): Extension<Arc<Catalogue>>) -> Result<Response, Problem> {
    let now = visit.now();
    let (calendar, version) = calendar(&ctx, &catalogue, now.date(Zone::Hebron)).await?;
    visit
        .public_page(&version, |page| {
            let line = |office: &Office| {
                let place = catalogue.place(&office.key);
                OfficeLine {
                    key: office.key.clone(),
                    name: office.name(page.locale).to_owned(),
                    address: office.address(page.locale).to_owned(),
                    step_free: office.step_free,
                    open_today: calendar.hours(&place, now.date(place.zone)).is_some(),
                }
            };
            let offices = catalogue.offices().iter().map(line).collect();
            OfficesPage { m: Messages::new(page.locale), offices, page }.render()
        })
        .await
}

async fn office(
    ctx: Ctx,
    visit: Visit,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(key): Path<String>,
) -> Result<Response, Problem> {
    let office = catalogue.offices().iter().find(|office| office.key == key).ok_or_else(Problem::not_found)?;
    let place = catalogue.place(&office.key);
    let today = visit.now().date(place.zone);
    let (calendar, version) = calendar(&ctx, &catalogue, today).await?;
    visit
        .public_page(&version, |page| {
            let m = Messages::new(page.locale);
            let closures = changes(m, &calendar, &place, today, &page);
            let view = OfficePage {
                m,
                name: office.name(page.locale).to_owned(),
                address: office.address(page.locale).to_owned(),
                phone: office.phone.clone(),
                step_free: office.step_free,
                hours: hours_of(m, &calendar, &place, today),
                days: weekdays(m, &calendar.week(&place, today)),
                provisional: closures.iter().any(|line| line.provisional),
                closures,
                sample: office.sample,
                page,
            };
            view.render()
        })
        .await
}

/// An office's days and hours in one line, by the clock there.
pub fn open_hours(office: &Office, locale: Locale) -> String {
    let m = Messages::new(locale);
    let (days, hours) = (weekdays(m, &office.days), m.hours_between(&office.closes, &office.opens));
    [days, hours].join(m.list_comma())
}

/// The hours of the first day from today on that has any: today's, if it is open.
fn hours_of(m: Messages, calendar: &Calendar, place: &Place, today: Date) -> String {
    let days = (0..HOURS_DAYS).map(|ahead| today.plus_days(ahead));
    let (opens, closes) =
        days.filter_map(|day| calendar.hours(place, day)).next().unwrap_or((place.opens, place.closes));
    m.hours_between(closes.to_string(), opens.to_string())
}

/// What will change an office's days and hours.
fn changes(m: Messages, calendar: &Calendar, place: &Place, today: Date, page: &Page) -> Vec<ChangeLine> {
    let coming = calendar.coming(place, today, today.plus_days(CHANGES_DAYS)).into_iter().take(CHANGES);
    let line = |entry: &Entry| ChangeLine {
        days: days_in_words(m, page, (entry.first, entry.last)),
        name: entry.name(page.locale).to_owned(),
        hours: match entry.content {
            Content::Hours(opens, closes) => Some(m.hours_between(closes.to_string(), opens.to_string())),
            _ => None,
        },
        provisional: entry.is_provisional(),
    };
    coming.map(line).collect()
}

/// «5 يناير 2027», or from one day to another.
pub(super) fn days_in_words(m: Messages, page: &Page, (first, last): (Date, Date)) -> String {
    let words = |day| messages::plain(&page.date(day));
    if first == last { page.date(first) } else { m.days_between(words(first), words(last)) }
}

/// «من الأحد إلى الخميس» for days one after another, else each by its name.
pub(super) fn weekdays(m: Messages, days: &[i8]) -> String {
    let in_a_row = days.len() > 2 && days.windows(2).all(|pair| pair[1] == pair[0] % 7 + 1);
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if in_a_row => m.days_between(weekday(m, *first), weekday(m, *last)),
        _ => days.iter().map(|day| weekday(m, *day)).collect::<Vec<_>>().join(m.list_comma()),
    }
}

pub(super) fn weekday(m: Messages, day: i8) -> &'static str {
    match day {
        1 => m.monday(),
        2 => m.tuesday(),
        3 => m.wednesday(),
        4 => m.thursday(),
        5 => m.friday(),
        6 => m.saturday(),
        _ => m.sunday(),
    }
}
