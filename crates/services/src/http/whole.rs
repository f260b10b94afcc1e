//! All questions of a draft on one page, by its person's choice. What is right is
//! kept, what is wrong is named; a question that an answer opens comes after saving.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{Assurance, Zone};
use catalogue::form::{entries as entries_of, pages};
use catalogue::told::{Heard, Told};
use catalogue::{FieldKind, Lookup, PageFile, Service, Typed, Wrong, needs};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route};

use super::around::{Around, InBundle};
use super::entries::{self, Entries};
use super::form::{Asked, begins, known_value};
use super::open_draft::{Draft, draft};
use super::question::{self, Field};
use super::{case_id, problem};
use crate::case::Stage;
use crate::draft::{answer_all, assurance};
use crate::messages::Messages;
use crate::resume::{show_by_page, show_whole};
use crate::system::Services;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/form", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/form", Right::SignedIn, save),
        Route::post("/cases/{case}/view", Right::SignedIn, arrange),
    ]
}

/// The pages whose questions a form showed: only those are read from it. No field
/// of a folder has a dot in its name.
const ASKED: &str = "form.asked";
/// Where to go after saving: an entry of a list.
const THEN: &str = "form.then";

/// A part of the page: what was a page of its own.
struct Section {
    /// `page-…`.
    anchor: String,
    title: String,
    known: Vec<(String, Option<String>)>,
    source: String,
    heard_at: Option<String>,
    silent: bool,
    refused: bool,
    field: Option<Field>,
    entries: Option<List>,
    /// Where files are attached: the question, its hint, and the page.
    attach: Option<(String, String, String)>,
}

/// A list of things: each is changed on its own page, after saving.
struct List {
    shown: Entries,
    /// What the buttons send: the entry's part of the address.
    change: Vec<String>,
    add: String,
}

#[derive(Template)]
#[template(path = "whole.html")]
struct WholePage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    back: String,
    service: String,
    saved: String,
    asked: String,
    sections: Vec<Section>,
    /// What is wrong: where, and why.
    wrong: Vec<(String, String)>,
    /// Answers open more questions.
    may_grow: bool,
    /// They just did.
    grew: bool,
    low: bool,
    bundle: Option<InBundle>,
}

/// What the person wrote and what is wrong with it.
#[derive(Default)]
struct Judged {
    typed: Option<Typed>,
    /// By field or list.
    wrong: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Grown {
    more: Option<String>,
}

/// A draft as the page shows it.
struct Whole<'a> {
    services: &'a Services,
    draft: Draft<'a>,
    around: Around<'a>,
    /// Pages that an earlier service of the bundle asked.
    asked_before: BTreeSet<String>,
}

impl Whole<'_> {
    /// The pages that show here: not those that an earlier service of the bundle asked.
    fn pages(&self) -> Vec<&PageFile> {
        let all = pages(self.draft.service, &self.draft.facts).into_iter();
        all.filter(|page| !self.asked_before.contains(&page.id)).collect()
    }

    /// Asks the registers behind all pages at once. What they tell can open more.
    async fn hear(&mut self, ctx: &Ctx) -> Result<(), Problem> {
        let service = self.draft.service;
        let mut heard: BTreeSet<&str> = BTreeSet::new();
        loop {
            let rules: Vec<&Lookup> =
                service.file.pages.iter().flat_map(|page| needs::of_rules(service, page)).collect();
            self.draft.hear(ctx, self.services, &rules).await?;
            let shown = pages(service, &self.draft.facts).into_iter();
            let wanted = shown.flat_map(|page| needs::of_values(service, page));
            let wanted: Vec<&Lookup> = wanted.filter(|lookup| heard.insert(lookup.id.as_str())).collect();
            if wanted.is_empty() {
                return Ok(());
            }
            self.draft.hear_anew(ctx, self.services, &wanted).await?;
        }
    }

    fn view(&self, ctx: &Ctx, page: Page, token: FormToken, judged: &Judged, grew: bool) -> WholePage {
        let text = |key: &str| self.draft.service.text(page.locale, key);
        let listed = self.pages();
        let sections: Vec<Section> = listed.iter().map(|listed| self.section(ctx, &page, listed, judged)).collect();
        let wrong = sections.iter().filter_map(|section| {
            let field = section.field.as_ref().and_then(|field| Some((field.anchor(), field.error.clone()?)));
            let list =
                section.entries.as_ref().and_then(|list| Some((section.anchor.clone(), list.shown.error.clone()?)));
            field.or(list)
        });
        WholePage {
            m: Messages::new(page.locale),
            token,
            back: match &self.around.joint {
                Some(joint) => page.to(&format!("/bundles/{}", joint.bundle.id)),
                None => page.to(&format!("/cases/{}", self.draft.case.id)),
            },
            service: text("name"),
            saved: self.draft.case.saved_at.local_time(Zone::Hebron),
            asked: listed.iter().map(|page| page.id.as_str()).collect::<Vec<_>>().join(" "),
            wrong: wrong.collect(),
            may_grow: self.draft.service.file.pages.iter().any(|page| page.when.is_some()),
            grew,
            low: assurance(ctx) < Assurance::Substantial && listed.iter().any(|page| !page.known.is_empty()),
            bundle: self.around.shown(&page, self.draft.case.id, None),
            id: self.draft.case.id.to_string(),
            sections,
            page,
        }
    }

    fn section(&self, ctx: &Ctx, page: &Page, listed: &PageFile, judged: &Judged) -> Section {
        let text = |key: &str| self.draft.service.text(page.locale, key);
        let known_well = assurance(ctx) >= Assurance::Substantial;
        let wanted = needs::of_values(self.draft.service, listed);
        let told: Vec<&Told> = self
            .draft
            .sources
            .told
            .iter()
            .filter(|one| known_well && wanted.iter().any(|lookup| lookup.id == one.lookup))
            .collect();
        let known = listed.known.iter().map(|known| {
            let sources = &self.draft.sources.told;
            let value = if known_well { known_value(page, known, sources, &self.draft.facts) } else { None };
            (text(&format!("known-{}", known.id)), value)
        });
        let heard = |wanted: Heard| told.iter().any(|one| one.heard == wanted);
        let asked = Asked::new(ctx, self.services, &self.draft, listed, &self.around);
        let files = listed.field.as_ref().filter(|field| field.kind == FieldKind::Files);
        let attach = files.map(|field| {
            let (id, own) = (self.draft.case.id, |what: &str| text(&format!("field-{}-{what}", field.id)));
            (own("label"), own("hint"), page.to(&format!("/cases/{id}/form/{}", listed.id)))
        });
        let field = listed.field.as_ref().filter(|_| files.is_none()).map(|field| Field {
            alone: false,
            error: judged.wrong.get(&field.id).cloned(),
            ..asked.field(page, field, judged.typed.as_ref())
        });
        let entries = listed.repeat.as_ref().and_then(|repeat| {
            let lacking = judged.wrong.contains_key(&repeat.id);
            let shown = entries::list(self.services, self.draft.service, page, &self.draft.case, listed, lacking)?;
            let change = (0..shown.lines.len()).map(|number| format!("{}/{number}", listed.id)).collect();
            Some(List { shown, change, add: format!("{}/new", listed.id) })
        });
        Section {
            anchor: format!("page-{}", listed.id),
            title: text(&format!("page-{}-title", listed.id)),
            source: wanted.first().map(|lookup| text(&format!("source-{}", lookup.id))).unwrap_or_default(),
            heard_at: told.first().map(|one| one.at.local_minute(Zone::Hebron)),
            silent: heard(Heard::Unavailable),
            refused: heard(Heard::Refused),
            known: known.collect(),
            field,
            entries,
            attach,
        }
    }

    /// Judges what was typed: the answers that are right, and what is wrong with the
    /// others. A question that an answer above just hid is not judged.
    fn judge(
        &self,
        ctx: &Ctx,
        page: &Page,
        typed: &Typed,
        asked: &BTreeSet<&str>,
    ) -> (Vec<(String, Option<Value>)>, Vec<Fault>) {
        let (mut answers, mut changes, mut faults) = (self.draft.case.answers.clone(), Vec::new(), Vec::new());
        let facts_of = |answers: &Map<String, Value>| self.draft.with(answers);
        let here = self.draft.service.file.pages.iter().filter(|page| asked.contains(page.id.as_str()));
        for listed in here {
            let now = facts_of(&answers);
            let hidden = listed.when.as_ref().is_some_and(|rule| rule.holds(&now) != Ok(true));
            if hidden || self.asked_before.contains(&listed.id) {
                continue;
            }
            if let Some(repeat) = listed.repeat.as_ref().filter(|repeat| entries_of(&now, &repeat.id) < repeat.least) {
                let why = self.draft.service.text(page.locale, &format!("repeat-{}-missing", repeat.id));
                faults.push(Fault { name: repeat.id.clone(), why, missing: true });
            }
            // Files are attached on a page of their own.
            let Some(field) = listed.field.as_ref().filter(|field| field.kind != FieldKind::Files) else { continue };
            let before = answers.get(&field.id).cloned();
            let asked = Asked::new(ctx, self.services, &self.draft, listed, &self.around);
            let read = asked.read(field, typed).and_then(|read| {
                match &read {
                    Some(Some(value)) => drop(answers.insert(field.id.clone(), value.clone())),
                    Some(None) => drop(answers.remove(&field.id)),
                    // Nobody could be asked what there is to choose: it stays as it is.
                    None => return Ok(None),
                }
                field.checked(&facts_of(&answers)).map(|()| read)
            });
            match read {
                Ok(Some(value)) => changes.push((field.id.clone(), value)),
                Ok(None) => {}
                Err(wrong) => {
                    match before {
                        Some(before) => drop(answers.insert(field.id.clone(), before)),
                        None => drop(answers.remove(&field.id)),
                    }
                    let why = question::refusal(self.draft.service, page, field, wrong);
                    faults.push(Fault { name: field.id.clone(), why, missing: wrong == Wrong::Missing });
                }
            }
        }
        (changes, faults)
    }
}

/// What is wrong with an answer.
struct Fault {
    /// The field or list.
    name: String,
    why: String,
    /// Nothing was typed.
    missing: bool,
}

/// A draft that its person can still answer; else where it is shown.
async fn open<'s>(ctx: &Ctx, services: &'s Services, id: &str) -> Result<Result<Whole<'s>, String>, Problem> {
    let draft = draft(ctx, services, id).await?;
    if draft.case.stage != Stage::Draft {
        return Ok(Err(format!("/cases/{id}")));
    }
    let around = Around::of(ctx, services, draft.case.id).await?;
    let asked = around.joint.as_ref().map(|joint| joint.asked_before()).unwrap_or_default();
    let asked_before = asked.into_iter().filter(|(of, _)| *of == draft.case.id).map(|(_, page)| page).collect();
    Ok(Ok(Whole { services, draft, around, asked_before }))
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    Query(grown): Query<Grown>,
) -> Result<Response, Problem> {
    let mut whole = match open(&ctx, &services, &id).await? {
        Ok(whole) => whole,
        Err(there) => return Ok(Redirect::to(&page.to(&there)).into_response()),
    };
    if !whole.around.whole {
        let there = begins(&ctx, &services, &mut whole.draft).await?;
        return Ok(Redirect::to(&page.to(&there)).into_response());
    }
    whole.hear(&ctx).await?;
    let view = whole.view(&ctx, page, token, &Judged::default(), grown.more.is_some());
    Ok(Html(view.render()?).into_response())
}

async fn save(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path(id): Path<String>,
    form: Form<Typed>,
) -> Result<Response, Problem> {
    let mut whole = match open(&ctx, &services, &id).await? {
        Ok(whole) => whole,
        Err(there) => return Ok(Redirect::to(&page.to(&there)).into_response()),
    };
    let asked: BTreeSet<&str> = form.get(ASKED).map(|asked| asked.split_whitespace().collect()).unwrap_or_default();
    let then = form.get(THEN).and_then(|then| entry_of(whole.draft.service, then));
    let (changes, mut faults) = whole.judge(&ctx, &page, &form, &asked);
    let kept = answer_all(&ctx, form.key("services.answer_all"), whole.draft.case.id, changes.clone()).await;
    kept.map_err(|refusal| problem(ctx.locale, refusal))?;
    let mut answers = whole.draft.case.answers.clone();
    for (name, value) in changes {
        match value {
            Some(value) => drop(answers.insert(name, value)),
            None => drop(answers.remove(&name)),
        }
    }
    whole.draft.answer(answers);
    // Whoever goes to a list comes back: what is still empty can wait.
    faults.retain(|fault| then.is_none() || !fault.missing);
    if !faults.is_empty() {
        let wrong = faults.into_iter().map(|fault| (fault.name, fault.why)).collect();
        let judged = Judged { typed: Some(form.into_inner()), wrong };
        let view = whole.view(&ctx, page, token, &judged, false);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(view.render()?)).into_response());
    }
    let there = match then {
        Some(then) => format!("/cases/{id}/form/{then}"),
        None => whole.after(&ctx, &asked).await?,
    };
    Ok(Redirect::to(&page.to(&there)).into_response())
}

impl Whole<'_> {
    /// Where to go when all is right: to the questions that the answers opened, or on.
    async fn after(&self, ctx: &Ctx, asked: &BTreeSet<&str>) -> Result<String, Problem> {
        let id = self.draft.case.id;
        if let Some(new) = self.pages().into_iter().find(|page| !asked.contains(page.id.as_str())) {
            return Ok(format!("/cases/{id}/form?more=yes#page-{}", new.id));
        }
        let around = Around::of(ctx, self.services, id).await?;
        Ok(around.after_all(id).unwrap_or_else(|| format!("/cases/{id}/check")))
    }
}

/// The entry of a list that a button names: `children/new`, `children/0`.
fn entry_of(service: &Service, then: &str) -> Option<String> {
    let (page, entry) = then.split_once('/')?;
    service.page(page)?.repeat.as_ref()?;
    let number = entry.parse::<usize>().ok().map(|number| number.to_string());
    let entry = if entry == "new" { Some(entry.to_owned()) } else { number };
    Some(format!("{page}/{}", entry?))
}

/// How the questions are shown from now on.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shown {
    Whole,
    ByPage,
}

#[derive(Deserialize)]
struct Arranged {
    show: Shown,
}

async fn arrange(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Arranged>) -> Result<Redirect, Problem> {
    let (case, key) = (case_id(&id)?, form.key("services.arrange"));
    let arranged = match form.show {
        Shown::Whole => show_whole(&ctx, key, case).await,
        Shown::ByPage => show_by_page(&ctx, key, case).await,
    };
    arranged.map_err(|refusal| problem(ctx.locale, refusal))?;
    Ok(Redirect::to(&page.to(&format!("/cases/{id}/form"))))
}
