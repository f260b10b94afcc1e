//! The form by which a decree adds or changes an entry of the calendar.

use std::sync::Arc;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use base::{CalendarEntryId, Date, Zone};
use catalogue::Catalogue;
use catalogue::calendar::{Content, Entry, FOR_EVER, Minute, Scope};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect};

use super::{Line, is_open, kept, line, problem};
use crate::calendar::decree::{Draft, Kept, Refusal, propose};
use crate::http::public::weekday;
use crate::messages::Messages;

/// What a new decree may be about, as addresses have it.
const KINDS: [&str; 4] = ["holiday", "hours", "closure", "weekend"];

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
pub(super) struct Fault {
    field: &'static str,
    pub(super) text: &'static str,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Typed {
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
        let last = if kind == "weekend" { FOR_EVER } else { self.last.as_str() };
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

pub(super) fn date(text: &str) -> Option<Date> {
    Date::parse(&base::digits::to_western(text.trim()))
}

pub(super) fn fault(m: Messages, field: &'static str) -> Fault {
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

pub(super) async fn new(
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

pub(super) async fn new_post(
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
    proposed: Result<CalendarEntryId, Refusal>,
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

pub(super) async fn change(
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

pub(super) async fn change_post(
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
