//! People's accounts. The ID number comes by form, so that it stands in no
//! address; each look is recorded before it is shown, and its person sees it.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use base::{AccountId, IdNumber, Locale, PersonId};
use serde::Deserialize;
use store::{Ctx, Error, Key};
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response};

use super::super::html;
use super::{Reason, level, refused};
use crate::Identity;
use crate::lock::{self, REASON_CHARS};
use crate::messages::Messages;
use crate::model::Refusal;
use crate::person;
use crate::proposal::{self, Change};
use crate::revocation::{self, What};

#[derive(Template)]
#[template(path = "desk_identity_accounts.html")]
struct AskPage {
    page: Page,
    m: Messages,
    token: FormToken,
    typed: String,
    error: Option<&'static str>,
    none: bool,
}

#[derive(Template)]
#[template(path = "desk_identity_account.html")]
struct AccountPage {
    page: Page,
    m: Messages,
    token: FormToken,
    id: String,
    name: String,
    level: &'static str,
    locked: bool,
    /// Each way to sign in: what a form names it by, and in words.
    held: Vec<[String; 2]>,
    sessions: usize,
    waiting: bool,
    characters: usize,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    id_number: String,
}

fn asking(page: Page, token: FormToken, typed: String, error: Option<&'static str>) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let (none, status) = match (&error, typed.is_empty()) {
        (Some(_), _) => (false, StatusCode::UNPROCESSABLE_ENTITY),
        (None, empty) => (!empty, StatusCode::OK),
    };
    Ok(html(AskPage { page, m, token, typed, error, none }.render()?, status))
}

pub(super) async fn ask(page: Page, token: FormToken) -> Result<Response, Problem> {
    asking(page, token, String::new(), None)
}

pub(super) async fn find(ctx: Ctx, page: Page, token: FormToken, form: Form<Typed>) -> Result<Response, Problem> {
    let m = Messages::new(page.locale);
    let typed = form.into_inner().id_number;
    let Some(number) = IdNumber::parse(&typed) else {
        return asking(page, token, typed, Some(m.id_number_wrong()));
    };
    match lock::find(&ctx, &number).await.map_err(refused(page.locale))? {
        Some(account) => Ok(Redirect::to(&page.to(&path(account))).into_response()),
        None => asking(page, token, typed, None),
    }
}

fn path(account: AccountId) -> String {
    format!("/desk/identity/accounts/{account}")
}

fn id(text: &str) -> Result<AccountId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

pub(super) async fn show(
    ctx: Ctx,
    page: Page,
    token: FormToken,
    Path(account): Path<String>,
) -> Result<Html<String>, Problem> {
    let m = Messages::new(page.locale);
    let seen = lock::look(&ctx, id(&account)?).await.map_err(refused(page.locale))?;
    let name = seen.name.map(|name| if page.locale == Locale::EN { name.latin } else { name.arabic });
    let view = AccountPage {
        name: name.map_or_else(|| m.nameless().to_owned(), |parts| parts.join(" ")),
        level: level(m, seen.level.as_str()),
        locked: seen.stage == "locked",
        held: seen.held.iter().map(|one| [one.factor.to_string(), revocation::line(m, one)]).collect(),
        sessions: seen.sessions,
        waiting: seen.waiting,
        characters: REASON_CHARS,
        id: account,
        page,
        m,
        token,
    };
    Ok(Html(view.render()?))
}

/// What was done with an account, then the account again.
async fn done(page: &Page, id: AccountId, act: impl Future<Output = Result<(), Refusal>>) -> Result<Redirect, Problem> {
    act.await.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&path(id))))
}

pub(super) async fn lock(
    ctx: Ctx,
    page: Page,
    Path(account): Path<String>,
    form: Form<Reason>,
) -> Result<Redirect, Problem> {
    let id = id(&account)?;
    done(&page, id, lock::lock(&ctx, form.key("identity.lock"), id, &form.reason)).await
}

pub(super) async fn end_sessions(
    ctx: Ctx,
    page: Page,
    Path(account): Path<String>,
    form: Form<Reason>,
) -> Result<Redirect, Problem> {
    let id = id(&account)?;
    done(&page, id, lock::end_sessions(&ctx, form.key("identity.end_sessions"), id, &form.reason)).await
}

#[derive(Deserialize)]
pub(super) struct Ending {
    #[serde(default)]
    factor: String,
    reason: String,
}

/// One way to sign in ends at once; where none would be left beside the password,
/// it is proposed to a second officer.
pub(super) async fn revoke(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
    Path(account): Path<String>,
    form: Form<Ending>,
) -> Result<Redirect, Problem> {
    let account = id(&account)?;
    let what = What::parse(&form.factor).ok_or_else(|| Problem::refused(Messages::new(page.locale).revoke_which()))?;
    match revocation::revoke(&ctx, form.key("identity.revoke"), account, what, &form.reason).await {
        Err(Refusal::LastFactor) => {}
        done => {
            done.map_err(refused(page.locale))?;
            return Ok(Redirect::to(&page.to(&path(account))));
        }
    }
    let (person, factor) = (person_of(&ctx, &page, account).await?, what.to_string());
    let change = Change::Revoke { account, person, factor, reason: form.reason.clone() };
    propose(&ctx, &page, form.key("identity.propose_revocation"), change, &identity).await
}

async fn person_of(ctx: &Ctx, page: &Page, account: AccountId) -> Result<PersonId, Problem> {
    let there = ctx.read(move |read| person::account(read, account)).await;
    let there = there.map_err(|error: Error| refused(page.locale)(Refusal::from(error)))?;
    there.map(|there| there.person).ok_or_else(Problem::not_found)
}

async fn propose(ctx: &Ctx, page: &Page, key: Key, change: Change, identity: &Identity) -> Result<Redirect, Problem> {
    let proposed = proposal::propose(ctx, key, change, identity.here).await.map_err(refused(page.locale))?;
    Ok(Redirect::to(&page.to(&format!("/desk/identity/proposals/{proposed}"))))
}

pub(super) async fn unlock(
    ctx: Ctx,
    page: Page,
    Extension(identity): Extension<Arc<Identity>>,
    Path(account): Path<String>,
    form: Form<Reason>,
) -> Result<Redirect, Problem> {
    let account = id(&account)?;
    let person = person_of(&ctx, &page, account).await?;
    let change = Change::Unlock { account, person, reason: form.reason.clone() };
    propose(&ctx, &page, form.key("identity.propose_unlock"), change, &identity).await
}
