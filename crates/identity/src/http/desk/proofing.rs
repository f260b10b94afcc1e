//! The proofing queue: what did not fit at a counter.

use std::sync::Arc;

use askama::Template;
use axum::response::Html;
use base::{Locale, Zone};
use serde::Deserialize;
use store::{Ctx, Error};
use web::{Extension, Form, FormToken, Page, Path, Problem, Redirect};

use super::{named, officer_name, refused};
use crate::Identity;
use crate::doubt::{self, Outcome};
use crate::lock::REASON_CHARS;
use crate::messages::Messages;
use crate::model::ComparisonId;
use crate::person;

struct Line {
    id: ComparisonId,
    cause: &'static str,
    office: String,
    when: String,
}

#[derive(Template)]
#[template(path = "desk_identity_proofing.html")]
struct ListPage {
    page: Page,
    m: Messages,
    waiting: Vec<Line>,
    decided: Vec<Line>,
}

#[derive(Template)]
#[template(path = "desk_identity_doubt.html")]
struct DoubtPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: ComparisonId,
    name: String,
    number: String,
    born: String,
    cause: &'static str,
    reason: String,
    office: String,
    by: String,
    when: String,
    stage: String,
    decision: String,
    decided_by: String,
    /// The account of the number, if there is one and it can be locked.
    account: Option<String>,
    lockable: bool,
    characters: usize,
}

#[derive(Deserialize)]
pub(super) struct Decision {
    outcome: String,
    reason: String,
}

fn cause(m: Messages, word: &str) -> &'static str {
    match word {
        "different" => m.cause_different(),
        "no-photo" => m.cause_no_photo(),
        _ => m.cause_not_alive(),
    }
}

fn office(identity: &Identity, unit: &str, locale: Locale) -> String {
    identity.counters.get(unit).map_or_else(|| unit.to_owned(), |names| named(names, locale))
}

pub(super) async fn list(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
) -> Result<Html<String>, Problem> {
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let lines = |lines: Vec<doubt::Line>| {
        let line = |line: doubt::Line| Line {
            id: line.id,
            cause: cause(m, &line.cause),
            office: office(&identity, &line.unit, locale),
            when: line.began_at.local_minute(Zone::Hebron),
        };
        lines.into_iter().map(line).collect()
    };
    let [waiting, decided] = ctx.read(doubt::queue).await?;
    Ok(Html(ListPage { page, m, waiting: lines(waiting), decided: lines(decided) }.render()?))
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Extension(identity): Extension<Arc<Identity>>,
    Path(comparison): Path<String>,
) -> Result<Html<String>, Problem> {
    let id: ComparisonId = comparison.parse().map_err(|_| Problem::not_found())?;
    let (m, locale) = (Messages::new(page.locale), page.locale);
    let (there, decided) = doubt::look(&ctx, id).await.map_err(refused(locale))?;
    let (officer, account) = (there.officer, there.account);
    let (by, decided_by, stage) = ctx
        .read(move |read| {
            let by = officer_name(read, officer, locale)?;
            let decided = decided.map(|officer| officer_name(read, officer, locale)).transpose()?;
            let account = account.map(|account| person::account(read, account)).transpose()?.flatten();
            Ok::<_, Error>((by, decided.unwrap_or_default(), account.map(|account| account.stage)))
        })
        .await?;
    let facts = there.data.facts().map_err(refused(locale))?;
    let view = DoubtPage {
        name: if locale == Locale::EN { facts.name.latin } else { facts.name.arabic }.join(" "),
        number: there.data.number().map_err(refused(locale))?.as_str().to_owned(),
        born: facts.born.to_string(),
        cause: cause(m, &there.cause),
        reason: there.data.reason,
        office: office(&identity, &there.unit, locale),
        when: there.began_at.local_minute(Zone::Hebron),
        stage: there.stage,
        decision: there.data.decision,
        account: account.map(|account| account.to_string()),
        lockable: stage.as_deref() == Some("open"),
        characters: REASON_CHARS,
        page,
        m,
        token,
        id,
        by,
        decided_by,
    };
    Ok(Html(view.render()?))
}

pub(super) async fn decide(
    ctx: Ctx,
    page: Page,
    Path(comparison): Path<String>,
    form: Form<Decision>,
) -> Result<Redirect, Problem> {
    let id: ComparisonId = comparison.parse().map_err(|_| Problem::not_found())?;
    let outcome = Outcome::parse(&form.outcome).ok_or_else(|| Problem::bad_request(Vec::new()))?;
    let decided = doubt::decide(&ctx, form.key("identity.doubt"), id, outcome, &form.reason).await;
    decided.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to("/desk/identity/proofing")))
}
