//! The officers' page: a paper found by what is printed on it, and its
//! revocation. Each look is a leaf that the paper's person reads.

pub(crate) mod prints;

use std::sync::Arc;

use askama::Template;
use audit::Leaf;
use axum::response::Html;
use base::{Actor, Role};
use serde::Deserialize;
use serde_json::json;
use store::{Ctx, Error, Key};
use web::{Extension, Form, FormToken, Page, Problem, Query, Redirect};

use crate::copy;
use crate::house::Documents;
use crate::http::{Found, written};
use crate::messages::Messages;
use crate::model::{Paper, PaperId, Refusal};
use crate::paper::{self, REASON_CHARS, paper_by_print};
use crate::prints::prints_of;

pub(crate) const SUPERVISORS: &[Role] = &[Role::Supervisor];
/// The act of looking at somebody's paper.
pub const READ: &str = "documents.read";

#[derive(Template)]
#[template(path = "desk_papers.html")]
struct PapersPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    found: Option<Beheld>,
    characters: usize,
}

/// A paper as a supervisor sees it.
struct Beheld {
    id: PaperId,
    public: Found,
    /// The unit that decided it; none where a rule did.
    unit: Option<String>,
    revocable: bool,
    reason: Option<String>,
    /// How often offices printed it, all copies together.
    prints: i64,
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    paper: String,
}

pub(crate) fn unit(ctx: &Ctx) -> Result<String, Problem> {
    match &ctx.actor {
        Actor::Officer { unit, .. } => Ok(unit.clone()),
        _ => Err(Problem::forbidden()),
    }
}

pub(crate) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Query(typed): Query<Typed>,
) -> Result<Html<String>, Problem> {
    let unit = unit(&ctx)?;
    let found = match typed.paper.trim() {
        "" => None,
        printed => look(&ctx, &written(printed), &unit).await?,
    };
    let found = found.map(|(paper, copies, prints)| Beheld {
        id: paper.id,
        public: Found::new(&paper, copies, ctx.now(), page.locale),
        prints,
        revocable: paper.stage == "issued" && paper.is_in_hand_of(&unit),
        unit: paper.unit,
        reason: paper.reason,
    });
    let m = Messages::new(page.locale);
    Ok(Html(PapersPage { page, m, token, typed: typed.paper, found, characters: REASON_CHARS }.render()?))
}

/// A paper; the look is recorded before it is shown.
async fn look(ctx: &Ctx, printed: &str, unit: &str) -> Result<Option<(Paper, u32, i64)>, Problem> {
    let (printed, unit) = (printed.to_owned(), unit.to_owned());
    let seen = ctx.write(Key::once(ctx), move |tx| {
        let paper = match paper_by_print(tx, &printed) {
            Ok(paper) => paper.filter(|paper| paper.stage != "ordered"),
            // Its person was erased: there is nothing left to see.
            Err(Error::Sealed) => None,
            Err(error) => return Err(error),
        };
        let Some(paper) = paper else { return Ok(None) };
        let detail = json!({ "paper": paper.id.to_string(), "unit": unit });
        audit::record_in(tx, &Leaf::new(READ, &paper.about).about(paper.person).with(detail))?;
        Ok(Some(paper.id))
    });
    let Some(id) = seen.await? else { return Ok(None) };
    let found = ctx.read(move |read| {
        let Some(paper) = paper::paper(read, id)? else { return Ok(None) };
        let (copies, prints) = (copy::issued(read, &paper)?, prints_of(read, id)?);
        Ok::<_, Error>(Some((paper, copies, prints.iter().map(|(_, many)| many).sum())))
    });
    Ok(found.await?)
}

#[derive(Deserialize)]
pub(crate) struct Revocation {
    paper: PaperId,
    serial: String,
    reason: String,
}

pub(crate) async fn revoke(
    ctx: Ctx,
    page: Page,
    Extension(documents): Extension<Arc<Documents>>,
    form: Form<Revocation>,
) -> Result<Redirect, Problem> {
    let m = Messages::new(page.locale);
    let back = format!("/desk/papers?paper={}", web::fields::encode(&form.serial));
    let revoked = paper::revoke(&ctx, form.key("documents.revoke"), form.paper, &unit(&ctx)?, &form.reason).await;
    revoked.map_err(|refusal| match refusal {
        Refusal::NoPaper => Problem::conflict(m.desk_papers_not_now()).link(&back, m.desk_papers_back()),
        Refusal::NotYours => Problem::conflict(m.desk_papers_foreign()).link(&back, m.desk_papers_back()),
        Refusal::NoReason => Problem::refused(m.desk_papers_no_reason()).link(&back, m.desk_papers_back()),
        Refusal::Store(error) => error.into(),
        other => Problem::internal(other),
    })?;
    documents.forget_list();
    Ok(Redirect::to(&page.to(&back)))
}
