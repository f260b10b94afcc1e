//! Questions that are asked again for each of several things: the list of what
//! was given so far, and one entry a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use catalogue::folder::RepeatFile;
use catalogue::form::pages;
use catalogue::{PageFile, Service, Typed};
use serde_json::{Map, Value};
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route};

use super::form::Nothing;
use super::open_draft::{Draft, draft};
use super::problem;
use super::question::{self, Answered, Field, answered};
use crate::case::{Case, Stage};
use crate::draft::{Entry, answer_entry};
use crate::messages::Messages;
use crate::system::Services;
use rules::Facts;

/// The address of an entry that is not there yet.
const NEW: &str = "new";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/form/{page}/{entry}", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/form/{page}/{entry}", Right::SignedIn, save),
        Route::post("/cases/{case}/form/{page}/{entry}/remove", Right::SignedIn, remove),
    ]
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    page: Page,
    m: Messages,
    token: FormToken,
    action: String,
    back: String,
    service: String,
    title: String,
    fields: Vec<Field>,
    /// Where it is taken away; none for one that is not there yet.
    gone: Option<String>,
}

impl EntryPage {
    fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

/// The entries so far, for the page of the list.
pub(super) struct Entries {
    pub(super) lines: Vec<EntryLine>,
    pub(super) add: Option<(String, String)>,
    /// Whether the form goes on only with one at least.
    pub(super) needed: bool,
    pub(super) error: Option<String>,
}

/// One entry.
pub(super) struct EntryLine {
    pub(super) answered: Answered,
    pub(super) change: String,
}

/// What the page of the list shows.
pub(super) fn list(
    services: &Services,
    service: &Service,
    page: &Page,
    case: &Case,
    here: &PageFile,
    error: bool,
) -> Option<Entries> {
    let repeat = here.repeat.as_ref()?;
    let count = case.answers.get(&repeat.id).and_then(Value::as_array).map_or(0, Vec::len);
    let at = |entry: &str| page.to(&format!("/cases/{}/form/{}/{entry}", case.id, here.id));
    let text = |part: &str| service.text(page.locale, &format!("repeat-{}-{part}", repeat.id));
    let lines = answered(services, service, page, here, &case.answers).into_iter().take(count).enumerate();
    Some(Entries {
        lines: lines.map(|(number, answered)| EntryLine { answered, change: at(&number.to_string()) }).collect(),
        add: (count < repeat.most).then(|| (at(NEW), text("add"))),
        needed: repeat.least > 0,
        error: error.then(|| text("missing")),
    })
}

/// A page of entries that shows, and the entry that an address names.
struct Open<'s> {
    case: Case,
    service: &'s Service,
    facts: Facts,
    here: &'s PageFile,
    repeat: &'s RepeatFile,
    /// Which, and its answers; none is a new one.
    entry: Option<(usize, Map<String, Value>)>,
}

async fn open<'s>(
    ctx: &Ctx,
    services: &'s Services,
    (id, name, entry): (&str, &str, &str),
) -> Result<Open<'s>, Problem> {
    let Draft { case, service, facts, .. } = draft(ctx, services, id).await?;
    let here = pages(service, &facts).into_iter().find(|page| page.id == name).ok_or_else(Problem::not_found)?;
    let repeat = here.repeat.as_ref().ok_or_else(Problem::not_found)?;
    if case.stage != Stage::Draft {
        return Err(Problem::not_found());
    }
    let kept = case.answers.get(&repeat.id).and_then(Value::as_array);
    let entry = match entry {
        NEW => None,
        number => {
            let number: usize = number.parse().map_err(|_| Problem::not_found())?;
            let kept = kept.and_then(|all| all.get(number)).and_then(Value::as_object);
            Some((number, kept.cloned().ok_or_else(Problem::not_found)?))
        }
    };
    Ok(Open { case, service, facts, here, repeat, entry })
}

impl Open<'_> {
    fn view(&self, services: &Services, page: Page, token: FormToken, typed: Option<&Typed>) -> EntryPage {
        let none = Map::new();
        let kept = self.entry.as_ref().map_or(&none, |(_, kept)| kept);
        let fields = self
            .repeat
            .fields
            .iter()
            .map(|field| Field { alone: false, ..question::field(services, self.service, &page, field, kept, typed) });
        let list = format!("/cases/{}/form/{}", self.case.id, self.here.id);
        let which = self.entry.as_ref().map_or_else(|| NEW.to_owned(), |(number, _)| number.to_string());
        EntryPage {
            m: Messages::new(page.locale),
            token,
            action: page.to(&format!("{list}/{which}")),
            back: page.to(&list),
            service: self.service.text(page.locale, "name"),
            title: self.service.text(page.locale, &format!("repeat-{}-one", self.repeat.id)),
            fields: fields.collect(),
            gone: self.entry.as_ref().map(|_| page.to(&format!("{list}/{which}/remove"))),
            page,
        }
    }
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name, entry)): Path<(String, String, String)>,
) -> Result<Html<String>, Problem> {
    let open = open(&ctx, &services, (&id, &name, &entry)).await?;
    Ok(Html(open.view(&services, page, token, None).render()?))
}

async fn save(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name, entry)): Path<(String, String, String)>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let open = open(&ctx, &services, (&id, &name, &entry)).await?;
    let (mut answers, mut wrong) = (Map::new(), Vec::new());
    for field in &open.repeat.fields {
        match field.read(&services.catalogue, &form) {
            Ok(Some(value)) => drop(answers.insert(field.id.clone(), value)),
            Ok(None) => {}
            Err(found) => wrong.push((field, found)),
        }
    }
    let own = Facts { answers: Value::Object(answers.clone()), ..open.facts.clone() };
    for field in &open.repeat.fields {
        if let Err(found) = field.checked(&own) {
            wrong.push((field, found));
        }
    }
    if !wrong.is_empty() {
        let refused = wrong
            .iter()
            .map(|(field, found)| (field.id.clone(), question::refusal(open.service, &page, field, *found)));
        let refused: BTreeMap<String, String> = refused.collect();
        let mut view = open.view(&services, page, token, Some(&form));
        for field in &mut view.fields {
            field.error = refused.get(&field.id).cloned();
        }
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
    }
    let entry = match open.entry {
        Some((number, _)) => Entry::Changed(number, Value::Object(answers)),
        None => Entry::New(Value::Object(answers)),
    };
    let key = form.key("services.entry");
    let kept = answer_entry(&ctx, key, open.case.id, &open.repeat.id, open.repeat.most, entry).await;
    kept.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}/form/{name}"))).into_response())
}

async fn remove(
    ctx: Ctx,
    page: Page,
    Extension(services): Extension<Arc<Services>>,
    Path((id, name, entry)): Path<(String, String, String)>,
    form: Form<Nothing>,
) -> Result<Redirect, Problem> {
    let open = open(&ctx, &services, (&id, &name, &entry)).await?;
    let number = open.entry.map(|(number, _)| number).ok_or_else(Problem::not_found)?;
    let (key, repeat) = (form.key("services.entry_gone"), open.repeat);
    let gone = answer_entry(&ctx, key, open.case.id, &repeat.id, repeat.most, Entry::Gone(number)).await;
    gone.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}/form/{name}"))))
}
