//! The quality office's calendar: what holds and comes, what waits for a second
//! officer, and how a decree is confirmed, refused or ended. The form by which it adds,
//! moves or confirms a holiday, other hours, a closure or the weekend is `form.rs`.

mod form;

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{CalendarEntryId, Date, OfficerId, Role, Zone};
use catalogue::Catalogue;
use catalogue::calendar::{Content, Entry, Scope};
use serde::Deserialize;
use store::{Ctx, Read};
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route};

use self::form::{date, fault};
use super::public::{days_in_words, weekdays};
use crate::calendar::decree::{self, Decided, Kept, Refusal, approve, propose_end, refuse};
use crate::messages::Messages;

const QUALITY: &[Role] = &[Role::Quality];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/calendar", Right::Officer(QUALITY), list).states(&["ok"]),
        Route::get("/desk/calendar/new/{kind}", Right::Officer(QUALITY), form::new).states(&["ok", "404"]),
        Route::post("/desk/calendar/new/{kind}", Right::Officer(QUALITY), form::new_post),
        Route::get("/desk/calendar/{entry}", Right::Officer(QUALITY), show)
            .states(&["ok", "own", "waiting", "decided", "404"]),
        Route::get("/desk/calendar/{entry}/change", Right::Officer(QUALITY), form::change).states(&["ok", "404"]),
        Route::post("/desk/calendar/{entry}/change", Right::Officer(QUALITY), form::change_post),
        Route::post("/desk/calendar/{entry}/end", Right::Officer(QUALITY), end_post),
        Route::post("/desk/calendar/{entry}/approve", Right::Officer(QUALITY), approve_post),
        Route::post("/desk/calendar/{entry}/refuse", Right::Officer(QUALITY), refuse_post),
    ]
}

/// An entry as pages show it.
struct Line {
    id: String,
    name: String,
    kind: &'static str,
    days: String,
    more: Option<String>,
    scope: String,
    provisional: bool,
    hijri: Option<String>,
    decree: Option<(String, String)>,
    sample: bool,
    stage: &'static str,
    ends: bool,
}

#[derive(Template)]
#[template(path = "desk_calendar.html")]
struct ListPage {
    page: Page,
    m: Messages,
    waiting: Vec<Line>,
    lines: Vec<Line>,
    decided: Vec<Line>,
    /// The coming year, if nobody has set a holiday in it.
    bare_year: Option<String>,
}

#[derive(Template)]
#[template(path = "desk_calendar_entry.html")]
struct EntryPage {
    page: Page,
    m: Messages,
    token: FormToken,
    line: Line,
    /// What it would replace, or has replaced.
    former: Option<Line>,
    proposed: Option<(String, String)>,
    decided: Option<(String, String)>,
    waits: bool,
    own: bool,
    /// It holds and is not over: a decree may change or end it.
    open: bool,
    today: String,
}

fn entry_id(text: &str) -> Result<CalendarEntryId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn kind_text(m: Messages, kind: &str) -> &'static str {
    match kind {
        "holiday" => m.kind_holiday(),
        "hours" => m.kind_hours(),
        "closure" => m.kind_closure(),
        _ => m.kind_weekend(),
    }
}

fn scope_text(m: Messages, catalogue: &Catalogue, page: &Page, scope: &Scope) -> String {
    match scope {
        Scope::All => m.scope_all().to_owned(),
        Scope::Governorate(code) => {
            let area = catalogue.governorates().iter().find(|area| area.code == *code);
            area.map_or_else(|| code.clone(), |area| m.scope_governorate(area.name(page.locale)))
        }
        Scope::Office(key) => catalogue.office_name(key, page.locale),
    }
}

fn line(catalogue: &Catalogue, page: &Page, kept: &Kept) -> Line {
    let (m, entry) = (Messages::new(page.locale), &kept.entry);
    let (days, more) = match &entry.content {
        Content::Weekend(free) => (m.from_day(messages::plain(&page.date(entry.first))), Some(weekdays(m, free))),
        Content::Hours(opens, closes) => (
            days_in_words(m, page, (entry.first, entry.last)),
            Some(m.hours_between(closes.to_string(), opens.to_string())),
        ),
        _ => (days_in_words(m, page, (entry.first, entry.last)), None),
    };
    Line {
        id: entry.id.to_string(),
        name: entry.name(page.locale).to_owned(),
        kind: kind_text(m, entry.content.kind()),
        days,
        more,
        scope: scope_text(m, catalogue, page, &entry.scope),
        provisional: entry.is_provisional(),
        hijri: entry.hijri.clone(),
        decree: entry.decree.as_ref().map(|(number, day)| (number.clone(), day.to_string())),
        sample: entry.sample,
        stage: match kept.stage.as_str() {
            "proposed" => m.decree_proposed(),
            "in-force" => m.decree_in_force(),
            "ended" => m.decree_ended(),
            "rejected" => m.decree_rejected(),
            "withdrawn" => m.decree_withdrawn(),
            "overtaken" => m.decree_overtaken(),
            _ => m.decree_replaced(),
        },
        ends: kept.ends,
    }
}

async fn list(ctx: Ctx, page: Page, Extension(catalogue): Extension<Arc<Catalogue>>) -> Result<Html<String>, Problem> {
    let today = ctx.now().date(Zone::Hebron);
    let ([waiting, decided], calendar) =
        ctx.read(move |read| Ok::<_, store::Error>((decree::proposals(read)?, decree::calendar(read, today)?))).await?;
    let mut entries: Vec<&Entry> = calendar.entries().iter().collect();
    entries.sort_by_key(|entry| (matches!(entry.content, Content::Weekend(_)), entry.first, entry.id));
    let (year, ..) = today.plus_years(1).parts();
    let bare = !entries.iter().any(|entry| entry.content == Content::Holiday && entry.first.parts().0 == year);
    let shown = |kept: &[Kept]| kept.iter().map(|kept| line(&catalogue, &page, kept)).collect();
    let view = ListPage {
        m: Messages::new(page.locale),
        waiting: shown(&waiting),
        decided: shown(&decided),
        lines: entries.into_iter().map(|entry| line(&catalogue, &page, &holding(entry))).collect(),
        bare_year: bare.then(|| year.to_string()),
        page,
    };
    Ok(Html(view.render()?))
}

fn holding(entry: &Entry) -> Kept {
    Kept {
        entry: entry.clone(),
        ends: false,
        replaces: None,
        stage: "in-force".to_owned(),
        proposed_by: None,
        proposed_at: base::Timestamp::default(),
        decided_by: None,
        decided_at: None,
    }
}

fn problem(page: &Page, refusal: Refusal) -> Problem {
    let m = Messages::new(page.locale);
    match refusal {
        Refusal::Gone => Problem::conflict(m.entry_gone()).link("/desk/calendar", m.desk_calendar()),
        Refusal::Own => Problem::conflict(m.entry_own()).link("/desk/calendar", m.desk_calendar()),
        Refusal::Wrong(field) => Problem::refused(fault(m, field).text).link("/desk/calendar", m.desk_calendar()),
        Refusal::Store(error) => Problem::from(error),
    }
}

async fn kept(ctx: &Ctx, id: &str) -> Result<Kept, Problem> {
    let id = entry_id(id)?;
    ctx.read(move |read| decree::entry(read, id)).await?.ok_or_else(Problem::not_found)
}

fn is_open(kept: &Kept, today: Date) -> bool {
    kept.stage == "in-force" && kept.entry.last >= today
}

#[derive(Deserialize)]
struct Ending {
    decree: String,
    decree_day: String,
}

async fn end_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Ending>) -> Result<Redirect, Problem> {
    let Some(day) = date(&form.decree_day) else { return Err(problem(&page, Refusal::Wrong("decree_day"))) };
    let ended = propose_end(&ctx, form.key("services.decree_end"), entry_id(&id)?, (form.decree.clone(), day)).await;
    let proposed = ended.map_err(|refusal| problem(&page, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/desk/calendar/{proposed}"))))
}

#[derive(Deserialize)]
struct Nothing {}

async fn approve_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let approved = approve(&ctx, form.key("services.decree_approve"), entry_id(&id)?).await;
    match approved.map_err(|refusal| problem(&page, refusal))? {
        Decided::InForce => Ok(Redirect::to(&page.to(&format!("/desk/calendar/{id}")))),
        Decided::Overtaken => Err(problem(&page, Refusal::Gone)),
    }
}

async fn refuse_post(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let refused = refuse(&ctx, form.key("services.decree_refuse"), entry_id(&id)?).await;
    refused.map_err(|refusal| problem(&page, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/desk/calendar/{id}"))))
}

/// An officer's name in the page's language.
pub(super) fn officer_name(read: &mut Read<'_>, page: &Page, id: OfficerId) -> Result<String, store::Error> {
    let officer = identity::officer(read, id)?;
    let named = officer.map(|officer| officer.name[usize::from(page.locale == base::Locale::EN)].clone());
    Ok(named.unwrap_or_else(|| Messages::new(page.locale).who_officer().to_owned()))
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (kept, today) = (kept(&ctx, &id).await?, ctx.now().date(Zone::Hebron));
    let (wanted, frame) = (kept.clone(), page.clone());
    let (former, proposer, decider) = ctx
        .read(move |read| {
            let former = wanted.replaces.map(|id| decree::entry(read, id)).transpose()?.flatten();
            let proposer = wanted.proposed_by.map(|id| officer_name(read, &frame, id)).transpose()?;
            let decider = wanted.decided_by.map(|id| officer_name(read, &frame, id)).transpose()?;
            Ok::<_, store::Error>((former, proposer, decider))
        })
        .await?;
    let at = |at: base::Timestamp| at.local_minute(Zone::Hebron);
    let view = EntryPage {
        m: Messages::new(page.locale),
        line: line(&catalogue, &page, &kept),
        former: former.as_ref().map(|former| line(&catalogue, &page, former)),
        proposed: proposer.map(|name| (name, at(kept.proposed_at))),
        decided: decider.zip(kept.decided_at.map(at)),
        waits: kept.stage == decree::DECREE.start,
        own: kept.proposed_by == ctx.actor.officer(),
        open: is_open(&kept, today),
        today: today.to_string(),
        token,
        page,
    };
    Ok(Html(view.render()?))
}
