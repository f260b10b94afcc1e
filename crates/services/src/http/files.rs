//! Attaching files. Without scripts one multipart form: each file is kept or refused by
//! itself, with why and what to do. With scripts the same page sends them in pieces
//! (`uploads.rs`) and goes on after a cut. How files are listed is `listed.rs`, how they
//! are handed out `hand_out.rs`.

mod hand_out;
mod listed;

pub(super) use listed::{CaseFiles, FileLine, officers_lines};

use std::sync::Arc;

use askama::Template;
use attachments::{Bad, CASE_BYTES_MAX, FILE_BYTES_MAX, FileType};
use axum::http::StatusCode;
use axum::response::Html;
use base::{CaseId, Locale, Zone};
use catalogue::form::pages;
use catalogue::{FieldFile, PageFile, Service};
use serde::Deserialize;
use store::Ctx;
use web::throttle;
use web::upload::{UPLOAD_BYTES_MAX, Upload};
use web::{
    Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Query, Redirect, Response, Right, Route, Visit,
};

use self::listed::own_line;
use super::around::Around;
use super::desk::{CLERKS, DESKS};
use super::form::{BACK_TO_CHECK, From, there_after};
use super::open_draft::{Draft, draft};
use super::{case_id, problem};
use crate::case::{Case, Refusal, Stage, own};
use crate::files::receive::{self, PIECE_BYTES};
use crate::files::{File, FileId, FileStage, REPLY, Slot, files_of, slot};
use crate::messages::Messages;
use crate::system::Services;

const MEGABYTE: u64 = 1024 * 1024;
/// Files that one person may send, refused ones too.
const FILES_AN_HOUR: u32 = 100;
const HOUR: u32 = 3_600;
/// The name of the form's field of files.
const FILES: &str = "file";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/cases/{case}/attach/{field}", Right::SignedIn, show).states(&["ok", "404"]),
        Route::post("/cases/{case}/attach/{field}", Right::SignedIn, attach),
        Route::get("/cases/{case}/files/{file}", Right::SignedIn, hand_out::download).states(&["404"]),
        Route::post("/cases/{case}/files/{file}/remove", Right::SignedIn, remove),
        Route::get("/desk/cases/{case}/files/{file}", Right::Officer(CLERKS), hand_out::open_case).states(&["404"]),
        Route::get("/desk/turns/{turn}/files/{file}", Right::Officer(DESKS), hand_out::open_turn).states(&["404"]),
        Route::get("/co-sign/{turn}/files/{file}", Right::Oneself, hand_out::open_co_sign).states(&["404"]),
    ]
}

#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    action: String,
    uploads: String,
    back: String,
    service: String,
    title: String,
    hint: String,
    saved: String,
    from_check: bool,
    /// Nothing was attached where something must be.
    missing: Option<String>,
    /// Files that are not taken: name and why.
    bad: Vec<(String, String)>,
    files: Vec<FileLine>,
    accept: String,
    limits: String,
    /// Whether one more is taken.
    more: bool,
    /// Whether the form goes on from here: a draft's page.
    goes_on: bool,
    piece: usize,
    most_bytes: u64,
}

/// One more file of whoever acts: reading one takes a core for up to a second.
pub(super) async fn one_more(ctx: &Ctx) -> Result<(), Problem> {
    throttle::hit(ctx, "services.files", &ctx.actor.reference(), FILES_AN_HOUR, HOUR).await?.or_problem()
}

/// Where files are attached: what the page says, and where it leads.
struct Place<'s> {
    service: &'s Service,
    case: Case,
    slot: Slot,
    files: Vec<File>,
    /// The page of a draft's form, with what its rules look at.
    here: Option<Here<'s>>,
    from_check: bool,
}

/// A page of a draft's form that asks for files.
struct Here<'s> {
    page: &'s PageFile,
    draft: Draft<'s>,
    around: Around<'s>,
}

async fn place<'s>(ctx: &Ctx, services: &'s Services, id: &str, field: &str) -> Result<Place<'s>, Problem> {
    let (of, actor, catalogue) = (case_id(id)?, ctx.actor.clone(), Arc::clone(&services.catalogue));
    let (wanted, today) = (field.to_owned(), ctx.now().date(Zone::Hebron));
    let found = ctx.read(move |read| {
        let case = own(read, of, &actor)?;
        let slot = slot(read, &catalogue, &case, &wanted, today, &actor)?;
        let files = files_of(read, &case)?;
        Ok::<_, Refusal>((case, slot, files))
    });
    let (case, slot, files) = found.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    let files = files.into_iter().filter(|file| file.field == slot.field).collect();
    let here = if case.stage == Stage::Draft {
        let draft = draft(ctx, services, id).await?;
        let around = Around::of(ctx, services, case.id).await?;
        let page = pages(draft.service, &draft.facts).into_iter().find(|page| page.answer() == Some(field));
        page.map(|page| Here { page, draft, around })
    } else {
        None
    };
    Ok(Place { service, case, slot, files, here, from_check: false })
}

impl Place<'_> {
    fn page(&self, page: Page, token: FormToken, bad: Vec<(String, Bad)>, missing: bool) -> Result<String, Problem> {
        let m = Messages::new(page.locale);
        let text = |key: String| self.service.text(page.locale, &key);
        let (id, field) = (self.case.id, &self.slot.field);
        let (title, hint) = match field.as_str() {
            REPLY => (m.reply_files().to_owned(), m.reply_files_hint().to_owned()),
            field => (text(format!("field-{field}-label")), text(format!("field-{field}-hint"))),
        };
        let back = match &self.here {
            Some(Here { page, draft, around }) => {
                super::form::before(self.service, &draft.facts, around, (id, page), self.from_check)
            }
            None => format!("/cases/{id}"),
        };
        let kinds: Vec<&str> = self.slot.accept.iter().map(|kind| kind.as_str()).collect();
        let many = |number: usize| i64::try_from(number).unwrap_or(0);
        let limits = m.files_limits(
            kinds.join(m.list_comma()).to_uppercase(),
            i64::try_from(FILE_BYTES_MAX / MEGABYTE).unwrap_or(0),
            many(self.slot.most),
        );
        let view = FilesPage {
            m,
            token,
            id: id.to_string(),
            action: page.to(&format!("/cases/{id}/attach/{field}")),
            uploads: page.to(&format!("/cases/{id}/uploads/{field}")),
            back: page.to(&back),
            service: self.service.text(page.locale, "name"),
            title,
            hint,
            saved: self.case.saved_at.local_time(Zone::Hebron),
            from_check: self.from_check,
            missing: missing.then(|| text(format!("field-{field}-missing"))),
            bad: bad.into_iter().map(|(name, bad)| (name, why(m, bad, &self.slot))).collect(),
            files: self.files.iter().map(|file| own_line(&page, file)).collect(),
            accept: self.slot.accept.iter().map(|kind| kind.media()).collect::<Vec<_>>().join(","),
            limits,
            more: self.files.iter().filter(|file| file.counts()).count() < self.slot.most,
            goes_on: self.here.is_some(),
            piece: PIECE_BYTES,
            most_bytes: FILE_BYTES_MAX,
            page,
        };
        Ok(view.render()?)
    }
}

/// The page of a draft's form that asks for files.
pub(super) async fn step(
    ctx: &Ctx,
    services: &Services,
    page: Page,
    token: FormToken,
    id: &str,
    field: &FieldFile,
    from_check: bool,
) -> Result<Response, Problem> {
    let place = Place { from_check, ..place(ctx, services, id, &field.id).await? };
    Ok(Html(place.page(page, token, Vec::new(), false)?).into_response())
}

async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, field)): Path<(String, String)>,
    Query(from): Query<From>,
) -> Result<Response, Problem> {
    let from_check = from.from.as_deref() == Some(BACK_TO_CHECK);
    let place = Place { from_check, ..place(&ctx, &services, &id, &field).await? };
    Ok(Html(place.page(page, token, Vec::new(), false)?).into_response())
}

/// What follows the files of a form.
const GO_ON: &str = "continue";

async fn attach(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(services): Extension<Arc<Services>>,
    Path((id, field)): Path<(String, String)>,
    mut upload: Upload,
) -> Result<Response, Problem> {
    let before = place(&ctx, &services, &id, &field).await?;
    let of = before.case.id;
    let (mut bad, mut goes_on, mut from_check) = (Vec::new(), false, false);
    while let Some(part) = upload.next().await? {
        match (part.name.as_str(), part.file_name) {
            (FILES, Some(name)) => bad.extend(take_in(&ctx, &services, of, &field, &name, &mut upload).await?),
            ("then", None) => goes_on = upload.text().await? == GO_ON,
            ("from", None) => from_check = upload.text().await? == BACK_TO_CHECK,
            _ => return Err(Problem::bad_request(Vec::new())),
        }
    }
    let now = match place(&ctx, &services, &id, &field).await {
        // The one that was asked for is there: nothing more is taken.
        Err(_) if bad.is_empty() && before.here.is_none() => {
            return Ok(Redirect::to(&page.to(&format!("/cases/{id}"))).into_response());
        }
        now => now?,
    };
    let place = Place { from_check, ..now };
    let required = place.service.field(&field).is_some_and(|field| field.required);
    let lacks =
        goes_on && required && !place.files.iter().any(|file| file.counts() && file.stage != FileStage::Arriving);
    if !bad.is_empty() || lacks {
        let page = place.page(page, token, bad, lacks)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    }
    let there = match place.here {
        Some(Here { page, mut draft, around }) if goes_on => {
            there_after(&ctx, &services, &mut draft, &around, (&page.id, from_check)).await?
        }
        Some(Here { page, .. }) if from_check => format!("/cases/{id}/form/{}?from={BACK_TO_CHECK}", page.id),
        Some(Here { page, .. }) => format!("/cases/{id}/form/{}", page.id),
        None if goes_on => format!("/cases/{id}"),
        None => format!("/cases/{id}/attach/{field}"),
    };
    Ok(Redirect::to(&page.to(&there)).into_response())
}

/// One file of a form: kept, or why not. What broke off is forgotten.
async fn take_in(
    ctx: &Ctx,
    services: &Arc<Services>,
    of: CaseId,
    field: &str,
    name: &str,
    upload: &mut Upload,
) -> Result<Option<(String, Bad)>, Problem> {
    let fail = |refusal| problem(ctx.locale, refusal);
    let shown = || attachments::name::cleaned(name);
    let Some(mut piece) = upload.chunk().await?.map(Vec::from) else {
        // A form whose field of files was left empty sends one without a name.
        return Ok((!name.is_empty()).then(|| (shown(), Bad::Empty)));
    };
    one_more(ctx).await?;
    let begun = match receive::begin(ctx, &services.catalogue, of, field, name, None).await {
        Ok(id) => receive::arriving(ctx, of, id).await.map_err(fail)?,
        Err(Refusal::File(bad)) => return Ok(Some((shown(), bad))),
        Err(refusal) => return Err(fail(refusal)),
    };
    let mut at = 0;
    let taken = loop {
        let full = piece.len() >= PIECE_BYTES;
        let next = if full { Ok(None) } else { upload.chunk().await };
        match next {
            Ok(Some(more)) => piece.extend_from_slice(&more),
            Ok(None) if piece.is_empty() => break receive::finish(ctx, services, of, begun.id).await,
            Ok(None) => {
                let rest = piece.split_off(piece.len().min(PIECE_BYTES));
                match receive::append(ctx, &begun, at, &piece).await {
                    Ok(next) => (at, piece) = (next, rest),
                    Err(refusal) => break Err(refusal),
                }
            }
            Err(broken) => {
                receive::forget(ctx, of, begun.id).await.map_err(fail)?;
                return Err(broken);
            }
        }
    };
    match taken {
        Ok(()) => Ok(None),
        Err(Refusal::File(bad)) => {
            receive::forget(ctx, of, begun.id).await.or_else(already_gone).map_err(fail)?;
            Ok(Some((shown(), bad)))
        }
        Err(refusal) => Err(fail(refusal)),
    }
}

/// What was refused when it was read is forgotten already.
fn already_gone(refusal: Refusal) -> Result<(), Refusal> {
    if matches!(refusal, Refusal::NoCase) { Ok(()) } else { Err(refusal) }
}

/// Why a file is not taken, and what to do.
pub(super) fn why(m: Messages, bad: Bad, slot: &Slot) -> String {
    let megabytes = |bytes: u64| i64::try_from(bytes / MEGABYTE).unwrap_or(0);
    let kinds: Vec<&str> = slot.accept.iter().map(|kind| kind.as_str()).collect();
    match bad {
        Bad::TooLarge => m.bad_too_large(megabytes(FILE_BYTES_MAX)),
        Bad::NoRoom => m.bad_no_room(megabytes(CASE_BYTES_MAX)),
        Bad::TooMany => m.bad_too_many(i64::try_from(slot.most).unwrap_or(0)),
        Bad::Empty => m.bad_empty().to_owned(),
        Bad::Heic => m.bad_heic().to_owned(),
        Bad::WrongType => m.bad_type(kinds.join(m.list_comma()).to_uppercase()),
        Bad::Lies => m.bad_lies().to_owned(),
        Bad::Broken => m.bad_broken().to_owned(),
        Bad::TooManyPixels => m.bad_pixels().to_owned(),
        Bad::Locked => m.bad_locked().to_owned(),
        Bad::Active => m.bad_active().to_owned(),
        Bad::Marked => m.bad_marked().to_owned(),
        Bad::Sealed => m.bad_sealed().to_owned(),
        Bad::Infected => m.bad_infected().to_owned(),
        Bad::TooMuch => m.bad_too_much().to_owned(),
    }
}

#[derive(Deserialize)]
struct Removal {
    from: Option<String>,
}

async fn remove(
    ctx: Ctx,
    visit: Visit,
    Extension(services): Extension<Arc<Services>>,
    Path((id, file)): Path<(String, String)>,
    form: Form<Removal>,
) -> Result<Redirect, Problem> {
    let (of, file) = (case_id(&id)?, file_id(&file)?);
    let actor = ctx.actor.clone();
    let known = ctx.read(move |read| {
        let case = own(read, of, &actor)?;
        let field = files_of(read, &case)?.into_iter().find(|known| known.id == file).map(|file| file.field);
        Ok::<_, Refusal>((case, field))
    });
    let (case, field) = known.await.map_err(|refusal| problem(ctx.locale, refusal))?;
    let key = form.key("services.file_removed");
    let removed = receive::remove(&ctx, key, &services.catalogue, of, file).await;
    removed.map_err(|refusal| problem(ctx.locale, refusal))?;
    let service = services.catalogue.of(&case).ok_or_else(Problem::not_found)?;
    let page = service.file.pages.iter().find(|page| page.answer() == field.as_deref());
    let there = match (page, field) {
        (Some(page), _) if case.stage == Stage::Draft => format!("/cases/{id}/form/{}", page.id),
        (_, Some(field)) => format!("/cases/{id}/attach/{field}"),
        _ => format!("/cases/{id}"),
    };
    let from = if form.from.as_deref() == Some(BACK_TO_CHECK) { "?from=check" } else { "" };
    Ok(Redirect::to(&visit.localised(&format!("{there}{from}"))))
}

pub(super) fn file_id(text: &str) -> Result<FileId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// Why an act on a file was refused, for pages that name no slot.
pub(super) fn refused(locale: Locale, bad: Bad) -> Problem {
    let slot = Slot { field: REPLY.to_owned(), most: attachments::FILES_USUAL, accept: FileType::ALL.to_vec() };
    let explanation = why(Messages::new(locale), bad, &slot);
    match bad {
        Bad::TooLarge | Bad::NoRoom => Problem::too_large().explain(explanation),
        _ => Problem::refused(explanation),
    }
}

const _: () = assert!(UPLOAD_BYTES_MAX > CASE_BYTES_MAX, "a form may bring all that a case takes");
