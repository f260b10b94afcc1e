//! The quality office's calendar: what holds and comes, what waits for a second
//! officer, and the forms by which a decree adds, moves, confirms or ends a
//! holiday, other hours, a closure or the weekend.

use std::sync::Arc;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use base::{Date, OfficerId, Role, Zone};
use serde::Deserialize;
use store::{Ctx, Read};
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect, Right, Route};

use super::public::{days_in_words, weekday, weekdays};
use crate::calendar::decree::{self, Decided, Draft, Kept, Refusal, approve, propose, propose_end, refuse};
use crate::calendar::{Content, Entry, EntryId, Minute, Scope, seed};
use crate::catalogue::Catalogue;
use crate::messages::Messages;

const QUALITY: &[Role] = &[Role::Quality];
/// What a new decree may be about, as addresses have it.
const KINDS: [&str; 4] = ["holiday", "hours", "closure", "weekend"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/calendar", Right::Officer(QUALITY), list).states(&["ok"]),
        Route::get("/desk/calendar/new/{kind}", Right::Officer(QUALITY), new).states(&["ok", "404"]),
        Route::post("/desk/calendar/new/{kind}", Right::Officer(QUALITY), new_post),
        Route::get("/desk/calendar/{entry}", Right::Officer(QUALITY), show)
            .states(&["ok", "own", "waiting", "decided", "404"]),
        Route::get("/desk/calendar/{entry}/change", Right::Officer(QUALITY), change).states(&["ok", "404"]),
        Route::post("/desk/calendar/{entry}/change", Right::Officer(QUALITY), change_post),
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

#[derive(Template)]
#[template(path = "desk_calendar_form.html")]
struct FormPage {
    page: Page,
    m: Messages,
    token: FormToken,
    title: &'static str,
    kind: String,
    /// Where it is sent.
    action: String,
    /// What it changes; nothing for a new entry.
    former: Option<Line>,
    typed: Typed,
    scopes: Vec<(String, String)>,
    days: Vec<(i8, &'static str, bool)>,
    error: Option<Fault>,
}

impl FormPage {
    /// What is wrong with one part of it.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.error.as_ref().filter(|error| error.field == field).map(|error| error.text)
    }
}

/// What is wrong with what was typed: where, in words.
struct Fault {
    field: &'static str,
    text: &'static str,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Typed {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(default)]
    opens: String,
    #[serde(default)]
    closes: String,
    #[serde(default)]
    d1: bool,
    #[serde(default)]
    d2: bool,
    #[serde(default)]
    d3: bool,
    #[serde(default)]
    d4: bool,
    #[serde(default)]
    d5: bool,
    #[serde(default)]
    d6: bool,
    #[serde(default)]
    d7: bool,
    name_ar: String,
    name_en: String,
    decree: String,
    decree_day: String,
}

impl Typed {
    fn free(&self) -> Vec<i8> {
        let days = [self.d1, self.d2, self.d3, self.d4, self.d5, self.d6, self.d7];
        (1..).zip(days).filter(|(_, free)| *free).map(|(day, _)| day).collect()
    }

    /// What it would set.
    fn draft(&self, kind: &str) -> Result<Draft, &'static str> {
        let content = match kind {
            "holiday" => Content::Holiday,
            "closure" => Content::Closure,
            "hours" => {
                let minute = |text: &str| Minute::parse(&base::digits::to_western(text.trim()));
                let hours = minute(&self.opens).zip(minute(&self.closes)).ok_or("hours")?;
                Content::Hours(hours.0, hours.1)
            }
            _ => Content::Weekend(self.free()),
        };
        // A weekend holds until a later decree.
        let last = if kind == "weekend" { seed::FOR_EVER } else { self.last.as_str() };
        Ok(Draft {
            content,
            scope: Scope::parse(if self.scope.is_empty() { "all" } else { &self.scope }).ok_or("scope")?,
            first: date(&self.first).ok_or("first")?,
            last: date(last).ok_or("last")?,
            names: [self.name_ar.clone(), self.name_en.clone()],
            decree: (self.decree.clone(), date(&self.decree_day).ok_or("decree_day")?),
        })
    }

    /// As an entry stands, to be changed by another decree.
    fn of(entry: &Entry) -> Self {
        let (opens, closes) = match entry.content {
            Content::Hours(opens, closes) => (opens.to_string(), closes.to_string()),
            _ => (String::new(), String::new()),
        };
        let free = match &entry.content {
            Content::Weekend(free) => free.clone(),
            _ => Vec::new(),
        };
        let is = |day: i8| free.contains(&day);
        let [name_ar, name_en] = entry.names.clone();
        Self {
            scope: entry.scope.text(),
            first: entry.first.to_string(),
            last: entry.last.to_string(),
            opens,
            closes,
            d1: is(1),
            d2: is(2),
            d3: is(3),
            d4: is(4),
            d5: is(5),
            d6: is(6),
            d7: is(7),
            name_ar,
            name_en,
            ..Self::default()
        }
    }
}

fn date(text: &str) -> Option<Date> {
    Date::parse(&base::digits::to_western(text.trim()))
}

fn fault(m: Messages, field: &'static str) -> Fault {
    let (field, text) = match field {
        "name" => ("name_ar", m.wrong_name()),
        "decree" => ("decree", m.wrong_decree()),
        "decree_day" => ("decree_day", m.wrong_decree_day()),
        "first" => ("first", m.wrong_first()),
        "last" => ("last", m.wrong_last()),
        "hours" => ("opens", m.wrong_hours()),
        "weekdays" => ("d7", m.wrong_weekdays()),
        _ => ("scope", m.wrong_scope()),
    };
    Fault { field, text }
}

fn entry_id(text: &str) -> Result<EntryId, Problem> {
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

fn form_page(
    (page, token): (Page, FormToken),
    catalogue: &Catalogue,
    kind: &str,
    former: Option<&Kept>,
    typed: Typed,
    error: Option<&'static str>,
) -> FormPage {
    let m = Messages::new(page.locale);
    let title = match (kind, former) {
        (_, Some(_)) => m.change_entry(),
        ("holiday", _) => m.new_holiday(),
        ("hours", _) => m.new_hours(),
        ("closure", _) => m.new_closure(),
        _ => m.new_weekend(),
    };
    let action = match former {
        Some(former) => page.to(&format!("/desk/calendar/{}/change", former.entry.id)),
        None => page.to(&format!("/desk/calendar/new/{kind}")),
    };
    let mut scopes = vec![("all".to_owned(), m.scope_all().to_owned())];
    for area in catalogue.governorates() {
        let name = m.scope_governorate(area.name(page.locale));
        scopes.push((Scope::Governorate(area.code.clone()).text(), name));
    }
    for office in catalogue.offices() {
        scopes.push((Scope::Office(office.key.clone()).text(), office.name(page.locale).to_owned()));
    }
    let free = typed.free();
    FormPage {
        title,
        kind: kind.to_owned(),
        action,
        former: former.map(|former| line(catalogue, &page, former)),
        scopes,
        days: [7, 1, 2, 3, 4, 5, 6].map(|day| (day, weekday(m, day), free.contains(&day))).to_vec(),
        error: error.map(|field| fault(m, field)),
        typed,
        token,
        m,
        page,
    }
}

async fn new(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(kind): Path<String>,
) -> Result<Html<String>, Problem> {
    if !KINDS.contains(&kind.as_str()) {
        return Err(Problem::not_found());
    }
    let typed = Typed { decree_day: ctx.now().date(Zone::Hebron).to_string(), ..Typed::default() };
    Ok(Html(form_page((page, token), &catalogue, &kind, None, typed, None).render()?))
}

async fn new_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(kind): Path<String>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    if !KINDS.contains(&kind.as_str()) {
        return Err(Problem::not_found());
    }
    let proposed = match form.draft(&kind) {
        Ok(draft) => propose(&ctx, form.key("services.decree"), &catalogue, draft, None).await,
        Err(field) => Err(Refusal::Wrong(field)),
    };
    proposed_or_again(proposed, (page, token), &catalogue, &kind, None, Typed::clone(&form))
}

/// To the proposal; or the form again, with what was typed and what is wrong.
fn proposed_or_again(
    proposed: Result<EntryId, Refusal>,
    (page, token): (Page, FormToken),
    catalogue: &Catalogue,
    kind: &str,
    former: Option<&Kept>,
    typed: Typed,
) -> Result<Response, Problem> {
    match proposed {
        Ok(id) => Ok(Redirect::to(&page.to(&format!("/desk/calendar/{id}"))).into_response()),
        Err(Refusal::Wrong(field)) => {
            Ok(Html(form_page((page, token), catalogue, kind, former, typed, Some(field)).render()?).into_response())
        }
        Err(other) => Err(problem(&page, other)),
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

async fn change(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (kept, today) = (kept(&ctx, &id).await?, ctx.now().date(Zone::Hebron));
    if !is_open(&kept, today) {
        return Err(Problem::not_found());
    }
    let typed = Typed { decree_day: today.to_string(), ..Typed::of(&kept.entry) };
    let kind = kept.entry.content.kind();
    Ok(Html(form_page((page, token), &catalogue, kind, Some(&kept), typed, None).render()?))
}

async fn change_post(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(catalogue): Extension<Arc<Catalogue>>,
    Path(id): Path<String>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let kept = kept(&ctx, &id).await?;
    let kind = kept.entry.content.kind();
    let typed = Typed { scope: kept.entry.scope.text(), ..Typed::clone(&form) };
    let proposed = match typed.draft(kind) {
        Ok(draft) => propose(&ctx, form.key("services.decree"), &catalogue, draft, Some(kept.entry.id)).await,
        Err(field) => Err(Refusal::Wrong(field)),
    };
    proposed_or_again(proposed, (page, token), &catalogue, kind, Some(&kept), typed)
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
