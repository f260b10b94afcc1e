//! `/account/contacts`: whom one trusts, who trusts one, and ways back that are
//! under way.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use base::{Assurance, IdNumber, Zone};
use serde::Deserialize;
use store::Ctx;
use web::{Extension, Form, FormToken, IntoResponse, Page, Path, Problem, Redirect, Response, Right, Route, Visit};

use super::account::{here, owner, refused};
use super::{html, problem};
use crate::Identity;
use crate::code::Tried;
use crate::contact::{self, CONTACTS, Named, said};
use crate::factors::{self, Standing};
use crate::messages::Messages;
use crate::model::{ContactId, Refusal, VouchingId};
use crate::vouching;

pub(super) fn routes() -> Vec<Route> {
    const OWNER: Right = Right::Citizen(Assurance::Low);
    vec![
        Route::get("/account/contacts", OWNER, show).states(&["ok", "fresh"]),
        Route::post("/account/contacts", OWNER, name),
        Route::post("/account/contacts/{contact}/accept", OWNER, accept),
        Route::post("/account/contacts/{contact}/refuse", OWNER, refuse),
        Route::post("/account/contacts/{contact}/remove", OWNER, remove),
        Route::post("/account/contacts/{contact}/leave", OWNER, leave),
        Route::post("/account/vouching/{vouching}/vouch", OWNER, vouch),
        Route::post("/account/vouching/{vouching}/decline", OWNER, decline),
        Route::post("/account/vouching/{vouching}/cancel", OWNER, cancel),
    ]
}

struct Mine {
    id: ContactId,
    number: String,
    name: Option<String>,
}

struct Theirs {
    id: ContactId,
    name: String,
}

/// A way back: into this account, or of somebody who trusts its owner.
struct Way {
    id: VouchingId,
    name: String,
    began: String,
    /// From when on another password can be set.
    ready: Option<String>,
}

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    page: Page,
    m: Messages,
    token: FormToken,
    error: Option<&'static str>,
    typed: String,
    /// Everything was shown a moment ago.
    fresh: bool,
    removable: bool,
    full: bool,
    into: Vec<Way>,
    asks: Vec<Way>,
    mine: Vec<Mine>,
    invited: Vec<Theirs>,
    trusted: Vec<Theirs>,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Number {
    id_number: String,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

async fn show(ctx: Ctx, visit: Visit) -> Result<Response, Problem> {
    page(&ctx, &visit, (String::new(), None)).await
}

async fn page(ctx: &Ctx, visit: &Visit, (typed, error): (String, Option<&'static str>)) -> Result<Response, Problem> {
    let (owner, here, now, locale) = (owner(ctx)?, here(visit), ctx.now(), ctx.locale);
    let m = Messages::new(locale);
    let read = ctx.read(move |read| {
        let standing = factors::standing(read, owner, here, now)?;
        let into = vouching::into(read, owner, now)?;
        let asks = vouching::asks(read, owner, now)?;
        Ok::<_, Refusal>((standing, into, asks, contact::mine(read, owner)?, contact::theirs(read, owner)?))
    });
    let (Standing { fresh, waits_until }, into, asks, mine, theirs) = read.await.map_err(refused(ctx))?;
    let minute = |at: base::Timestamp| at.local_minute(Zone::Hebron);
    let mine: Vec<Mine> = mine
        .into_iter()
        .map(|one| {
            let name = one.name.as_ref().map(|name| said(m, locale, Some(name)));
            Mine { id: one.id, number: one.number, name }
        })
        .collect();
    let (trusted, invited): (Vec<_>, Vec<_>) = theirs.into_iter().partition(|one| one.accepted);
    let named = |list: Vec<contact::Theirs>| {
        list.into_iter().map(|one| Theirs { id: one.id, name: said(m, locale, one.name.as_ref()) }).collect()
    };
    let mut frame = Page::of(visit);
    frame.path = "/account/contacts".to_owned();
    let body = ContactsPage {
        page: frame,
        m,
        token: visit.form_token(),
        error,
        typed,
        fresh,
        removable: fresh && waits_until.is_none(),
        full: mine.len() >= CONTACTS,
        into: into
            .into_iter()
            .map(|one| Way {
                id: one.id,
                name: String::new(),
                began: minute(one.began_at),
                ready: one.ready_at.map(minute),
            })
            .collect(),
        asks: asks
            .into_iter()
            .map(|one| Way {
                id: one.id,
                name: said(m, locale, one.name.as_ref()),
                began: minute(one.began_at),
                ready: None,
            })
            .collect(),
        mine,
        invited: named(invited),
        trusted: named(trusted),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(html(body.render()?, status))
}

fn back(visit: &Visit) -> Response {
    Redirect::to(&visit.localised("/account/contacts")).into_response()
}

/// What follows an act: the page again, which also says why one that came too
/// late was not done.
fn settle(ctx: &Ctx, visit: &Visit, outcome: Result<(), Refusal>) -> Result<Response, Problem> {
    match outcome {
        Ok(()) | Err(Refusal::Gone | Refusal::Stage { .. }) => Ok(back(visit)),
        Err(refusal) => Err(problem(refusal, ctx.locale)),
    }
}

fn contact_id(text: &str) -> Result<ContactId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn vouching_id(text: &str) -> Result<VouchingId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

async fn name(ctx: Ctx, visit: Visit, form: Form<Number>) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    let Some(number) = IdNumber::parse(&form.id_number) else {
        return page(&ctx, &visit, (form.id_number.clone(), Some(m.id_number_wrong()))).await;
    };
    let named = contact::name(&ctx, owner(&ctx)?, here(&visit), form.key("identity.contact"), &number).await;
    let error = match named {
        Ok(Named::Asked) => None,
        Ok(Named::Full) => Some(m.contacts_full()),
        Ok(Named::Known) => Some(m.contact_known()),
        Ok(Named::Unproven) => Some(m.contact_unproven()),
        Err(refusal) => return settle(&ctx, &visit, Err(refusal)),
    };
    match error {
        None => Ok(back(&visit)),
        error => page(&ctx, &visit, (number.as_str().to_owned(), error)).await,
    }
}

async fn accept(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = contact::answer(&ctx, owner(&ctx)?, contact_id(&id)?, true).await;
    settle(&ctx, &visit, outcome)
}

async fn refuse(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = contact::answer(&ctx, owner(&ctx)?, contact_id(&id)?, false).await;
    settle(&ctx, &visit, outcome)
}

async fn remove(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = contact::remove(&ctx, owner(&ctx)?, here(&visit), contact_id(&id)?).await;
    settle(&ctx, &visit, outcome)
}

async fn leave(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = contact::leave(&ctx, owner(&ctx)?, contact_id(&id)?).await;
    settle(&ctx, &visit, outcome)
}

async fn vouch(
    ctx: Ctx,
    visit: Visit,
    Extension(identity): Extension<Arc<Identity>>,
    Path(id): Path<String>,
    form: Form<Code>,
) -> Result<Response, Problem> {
    let m = Messages::new(ctx.locale);
    let vouched = vouching::vouch(&ctx, &identity, owner(&ctx)?, here(&visit), (vouching_id(&id)?, &form.code)).await;
    match vouched {
        Ok(Tried::Right) => Ok(back(&visit)),
        Ok(Tried::Wrong) => page(&ctx, &visit, (String::new(), Some(m.vouch_wrong()))).await,
        Ok(Tried::Dead) => page(&ctx, &visit, (String::new(), Some(m.vouch_locked()))).await,
        Err(refusal) => settle(&ctx, &visit, Err(refusal)),
    }
}

async fn decline(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = vouching::decline(&ctx, owner(&ctx)?, vouching_id(&id)?).await;
    settle(&ctx, &visit, outcome)
}

async fn cancel(ctx: Ctx, visit: Visit, Path(id): Path<String>, _form: Form<Nothing>) -> Result<Response, Problem> {
    let outcome = vouching::cancel(&ctx, owner(&ctx)?, vouching_id(&id)?).await;
    settle(&ctx, &visit, outcome)
}
