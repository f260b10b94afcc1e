//! Pages: a person's papers and their files, and the page where a stranger
//! verifies one. The officers' page is in `desk.rs`.

use std::sync::Arc;

use askama::Template;
use axum::http::header;
use axum::response::Html;
use base::{Locale, PersonId, Timestamp, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Slice,
    Visit, throttle,
};

use crate::copy::{self, CertifiedCopy, copies};
use crate::desk::{self, prints::PRINTERS};
use crate::house::{Documents, READER};
use crate::messages::Messages;
use crate::model::{Paper, PaperId, Refusal};
use crate::paper::{copy_file, paper, paper_by_code, papers_of};

/// Codes that one address may try in an hour: far more than a counter needs,
/// far fewer than guessing takes.
const TRIES: u32 = 600;
const HOUR: u32 = 3_600;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/papers", Right::Citizen(READER), list).states(&["ok", "empty"]),
        Route::get("/papers/{paper}", Right::Citizen(READER), download).states(&["404"]),
        Route::post("/papers/{paper}/copies", Right::Citizen(READER), another),
        Route::get("/verify", Right::Public, ask).states(&["ok"]),
        Route::get("/verify/revoked", Right::Public, revoked).without_session(),
        Route::get("/verify/{code}", Right::Public, verify).states(&["holds", "revoked", "no-copy", "404"]),
        Route::get("/desk/papers", Right::Officer(desk::SUPERVISORS), desk::show)
            .states(&["ok", "holds", "revoked", "empty"]),
        Route::post("/desk/papers", Right::Officer(desk::SUPERVISORS), desk::revoke),
        Route::get("/desk/prints/{batch}", Right::Officer(PRINTERS), desk::prints::show).states(&["ok", "404"]),
        Route::get("/desk/prints/{batch}/papers.pdf", Right::Officer(PRINTERS), desk::prints::sheets).states(&["404"]),
    ]
}

struct Line {
    id: PaperId,
    title: String,
    serial: String,
    issued: String,
    valid_until: Option<String>,
    holds: bool,
    /// Every copy, where there is more than one.
    copies: Vec<CopyLine>,
    /// How many more can be asked for.
    more: u32,
}

struct CopyLine {
    number: u32,
    of: u32,
    made: bool,
}

impl CopyLine {
    /// The paper itself and its further copies, as each one says.
    fn all(paper: &Paper, further: &[CertifiedCopy]) -> Vec<Self> {
        if further.is_empty() {
            return Vec::new();
        }
        let first = Self { number: 1, of: paper.content.copies, made: true };
        let further =
            further.iter().map(|copy| Self { number: copy.number, of: copy.of, made: copy.issued_at.is_some() });
        std::iter::once(first).chain(further).collect()
    }
}

#[derive(Template)]
#[template(path = "papers.html")]
struct PapersPage {
    page: Page,
    m: Messages,
    token: FormToken,
    lines: Vec<Line>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    page: Page,
    m: Messages,
    found: Option<Found>,
}

/// What a stranger is told: what is printed on the paper, and whether it holds.
pub(crate) struct Found {
    /// `holds`, `revoked`, `out-of-date`, `no-copy`.
    pub(crate) state: &'static str,
    pub(crate) title: String,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) issued: String,
    pub(crate) valid_until: Option<String>,
    /// Since when it does not hold, if it was revoked.
    pub(crate) revoked_at: Option<String>,
    pub(crate) values: Vec<String>,
    /// How many copies were issued.
    pub(crate) copies: u32,
    /// Which one was asked about, if that was said.
    pub(crate) copy: Option<u32>,
}

impl Found {
    pub(crate) fn new(paper: &Paper, copies: u32, now: Timestamp, locale: Locale) -> Self {
        let content = &paper.content;
        let state = match paper.stage.as_str() {
            "revoked" => "revoked",
            _ if paper.is_out_of_date(now.date(Zone::Hebron)) => "out-of-date",
            _ => "holds",
        };
        let values = content.public.iter().filter_map(|name| content.values.get(name));
        Self {
            state,
            title: in_locale(&content.title, locale),
            issuer: in_locale(&content.issuer, locale),
            values: values.filter_map(crate::code::plain).collect(),
            serial: content.serial.clone(),
            issued: content.issued.clone(),
            valid_until: content.valid_until.clone(),
            revoked_at: paper.revoked_at.map(|at| at.local_minute(Zone::Hebron)),
            copies,
            copy: None,
        }
    }

    /// The same of one copy: a number that was never issued does not hold, whatever the
    /// paper says.
    fn of_copy(self, number: Option<u32>) -> Self {
        let unknown = number.is_some_and(|number| number == 0 || number > self.copies);
        Self { state: if unknown { "no-copy" } else { self.state }, copy: number, ..self }
    }
}

fn in_locale(texts: &[String; 2], locale: Locale) -> String {
    texts[usize::from(locale == Locale::EN)].clone()
}

async fn list(ctx: Ctx, page: Page, token: FormToken, Query(slice): Query<Slice>) -> Result<Html<String>, Problem> {
    let person = person(&ctx)?;
    let asked = slice.clone();
    let papers = ctx.read(move |read| {
        let mut found = Vec::new();
        for paper in papers_of(read, person, &asked)? {
            let further = if paper.copies > 1 { copies(read, paper.id)? } else { Vec::new() };
            found.push((paper, further));
        }
        Ok::<_, store::Error>(found)
    });
    let (papers, next) = slice.cut(papers.await?, |(paper, _)| paper.id.to_string());
    let now = ctx.now();
    let line = |(paper, further): (Paper, Vec<CertifiedCopy>)| Line {
        id: paper.id,
        title: in_locale(&paper.content.title, page.locale),
        holds: paper.stage == "issued" && !paper.is_out_of_date(now.date(Zone::Hebron)),
        copies: CopyLine::all(&paper, &further),
        more: if paper.may_be_copied(now) { paper.copies_most - paper.copies } else { 0 },
        serial: paper.content.serial,
        issued: paper.content.issued,
        valid_until: paper.content.valid_until,
    };
    let lines = papers.into_iter().filter(|(paper, _)| ctx.actor.covers(&paper.template)).map(line).collect();
    let older = next.map(|after| page.older(&after));
    Ok(Html(PapersPage { m: Messages::new(page.locale), page, token, lines, older }.render()?))
}

#[derive(Deserialize)]
struct WhichCopy {
    copy: Option<u32>,
}

async fn download(ctx: Ctx, Path(id): Path<String>, Query(asked): Query<WhichCopy>) -> Result<Response, Problem> {
    let person = person(&ctx)?;
    let id: PaperId = id.parse().map_err(|_| Problem::not_found())?;
    let paper = ctx.read(move |read| paper(read, id)).await?;
    let paper = paper
        .filter(|paper| paper.person == person && ctx.actor.covers(&paper.template))
        .ok_or_else(Problem::not_found)?;
    let number = asked.copy.unwrap_or(1);
    let pdf = copy_file(&ctx, &paper, number).await.map_err(|refusal| match refusal {
        Refusal::NoPaper => Problem::not_found(),
        Refusal::Store(error) => Problem::from(error),
        other => Problem::internal(other),
    })?;
    let name = match number {
        1 => format!("inline; filename=\"{}.pdf\"", paper.content.serial),
        _ => format!("inline; filename=\"{}-{number}.pdf\"", paper.content.serial),
    };
    Ok(([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, name)], pdf)
        .into_response())
}

#[derive(Deserialize)]
struct Nothing {}

/// One more copy of a paper.
async fn another(ctx: Ctx, page: Page, Path(id): Path<String>, form: Form<Nothing>) -> Result<Redirect, Problem> {
    let m = Messages::new(page.locale);
    let id: PaperId = id.parse().map_err(|_| Problem::not_found())?;
    let ordered = copy::order(&ctx, form.key("documents.copy"), id, person(&ctx)?).await;
    ordered.map_err(|refusal| match refusal {
        Refusal::NoPaper => Problem::not_found(),
        Refusal::NoMoreCopies => Problem::conflict(m.papers_no_more()).link("/papers", m.papers_title()),
        Refusal::Store(error) => error.into(),
        other => Problem::internal(other),
    })?;
    Ok(Redirect::to(&page.to("/papers")))
}

fn person(ctx: &Ctx) -> Result<PersonId, Problem> {
    ctx.actor.person().ok_or_else(Problem::not_found)
}

#[derive(Deserialize)]
struct Typed {
    code: Option<String>,
}

async fn ask(visit: Visit, page: Page, Query(typed): Query<Typed>) -> Result<Response, Problem> {
    if let Some(code) = typed.code.filter(|code| !code.trim().is_empty()) {
        let code = written(&code);
        return Ok(Redirect::to(&visit.localised(&format!("/verify/{}", web::fields::encode(&code)))).into_response());
    }
    Ok(Html(VerifyPage { m: Messages::new(page.locale), page, found: None }.render()?).into_response())
}

/// `p 1abc-2def` as it is printed: `P-1ABC-2DEF`; a serial number likewise, whose
/// prefix is longer.
pub(crate) fn written(typed: &str) -> String {
    let symbols = base::code::normalise(typed);
    match symbols.len().checked_sub(8) {
        Some(prefix) if prefix > 0 => {
            let (first, second) = (prefix + 4, prefix + 8);
            format!("{}-{}-{}", &symbols[..prefix], &symbols[prefix..first], &symbols[first..second])
        }
        _ => symbols,
    }
}

async fn verify(
    ctx: Ctx,
    visit: Visit,
    page: Page,
    Path(code): Path<String>,
    Query(asked): Query<WhichCopy>,
) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    throttle::hit(&ctx, "documents.verify", &visit.client().to_string(), TRIES, HOUR).await?.or_problem()?;
    let wanted = written(&code);
    let found = ctx.read(move |read| {
        let paper = paper_by_code(read, &wanted)?.filter(|paper| paper.stage != "ordered");
        let Some(paper) = paper else { return Ok(None) };
        let copies = copy::issued(read, &paper)?;
        Ok::<_, store::Error>(Some((paper, copies)))
    });
    let (paper, copies) = found.await?.ok_or_else(|| {
        Problem::not_found()
            .title(m.verify_unknown())
            .explain(m.verify_unknown_explained())
            .link("/verify", m.verify_again())
    })?;
    let found = Found::new(&paper, copies, ctx.now(), page.locale).of_copy(asked.copy);
    Ok(Html(VerifyPage { page, m, found: Some(found) }.render()?))
}

/// The list of what is revoked, for checks without a network.
async fn revoked(ctx: Ctx, Extension(documents): Extension<Arc<Documents>>) -> Result<Response, Problem> {
    let list = documents.revoked_list(&ctx).await.map_err(|refusal| match refusal {
        Refusal::Store(error) => Problem::from(error),
        other => Problem::internal(other),
    })?;
    let name = "attachment; filename=\"revoked.cose\"";
    Ok(([(header::CONTENT_TYPE, "application/cose"), (header::CONTENT_DISPOSITION, name)], list).into_response())
}
