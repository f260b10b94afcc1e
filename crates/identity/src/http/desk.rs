//! `/desk/identity`: what authentication officers see and decide. Clients are in
//! `desk/clients.rs`, what needs two officers in `desk/proposals.rs`, people's
//! accounts in `desk/accounts.rs`, officers who come in again in `desk/officers.rs`, mandates in `desk/mandates.rs`, what did not fit
//! at a counter in `desk/proofing.rs`, required assurance in `desk/assurance.rs`,
//! figures in `desk/figures.rs`.

mod accounts;
mod assurance;
pub(super) mod clients;
mod figures;
mod mandates;
mod officers;
mod proofing;
mod proposals;

use askama::Template;
use axum::response::Html;
use base::{Locale, Role};
use serde::Deserialize;
use store::Ctx;
use web::{Page, Problem, Right, Route};

use super::problem;
use crate::messages::Messages;
use crate::model::Refusal;
use crate::officer::name_in as officer_name;
use crate::{doubt, proposal};

const OFFICER: Right = Right::Officer(&[Role::AuthenticationOfficer]);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/identity", OFFICER, home).states(&["ok"]),
        Route::get("/desk/identity/clients", OFFICER, clients::list).states(&["ok"]),
        Route::get("/desk/identity/clients/new", OFFICER, clients::new).states(&["ok"]),
        Route::post("/desk/identity/clients/new", OFFICER, clients::take_new),
        Route::get("/desk/identity/clients/{client}", OFFICER, clients::show).states(&[
            "ok",
            "own",
            "suspended",
            "404",
        ]),
        Route::get("/desk/identity/clients/{client}/change", OFFICER, clients::change).states(&["ok", "404"]),
        Route::post("/desk/identity/clients/{client}/change", OFFICER, clients::take_change),
        Route::post("/desk/identity/clients/{client}/suspend", OFFICER, clients::suspend),
        Route::post("/desk/identity/clients/{client}/resume", OFFICER, clients::resume),
        Route::get("/desk/identity/proposals", OFFICER, proposals::list).states(&["ok", "empty"]),
        Route::get("/desk/identity/proposals/{proposal}", OFFICER, proposals::show)
            .states(&["own", "ok", "decided", "404"]),
        Route::post("/desk/identity/proposals/{proposal}/approve", OFFICER, proposals::approve),
        Route::post("/desk/identity/proposals/{proposal}/refuse", OFFICER, proposals::refuse),
        Route::get("/desk/identity/accounts", OFFICER, accounts::ask).states(&["ok"]),
        Route::post("/desk/identity/accounts", OFFICER, accounts::find),
        Route::get("/desk/identity/accounts/{account}", OFFICER, accounts::show).states(&["ok", "locked", "404"]),
        Route::post("/desk/identity/accounts/{account}/lock", OFFICER, accounts::lock),
        Route::post("/desk/identity/accounts/{account}/unlock", OFFICER, accounts::unlock),
        Route::post("/desk/identity/accounts/{account}/end", OFFICER, accounts::end_sessions),
        Route::post("/desk/identity/accounts/{account}/revoke", OFFICER, accounts::revoke),
        Route::get("/desk/identity/officers", OFFICER, officers::ask).states(&["ok"]),
        Route::post("/desk/identity/officers", OFFICER, officers::propose),
        Route::get("/desk/identity/proofing", OFFICER, proofing::list).states(&["ok", "empty"]),
        Route::get("/desk/identity/proofing/{comparison}", OFFICER, proofing::show).states(&["ok", "decided", "404"]),
        Route::post("/desk/identity/proofing/{comparison}", OFFICER, proofing::decide),
        Route::get("/desk/identity/assurance", OFFICER, assurance::list).states(&["ok"]),
        Route::post("/desk/identity/assurance", OFFICER, assurance::propose),
        Route::get("/desk/identity/mandates", OFFICER, mandates::ask).states(&["ok"]),
        Route::post("/desk/identity/mandates", OFFICER, mandates::propose),
        Route::post("/desk/identity/mandates/end", OFFICER, mandates::end),
        Route::get("/desk/identity/figures", OFFICER, figures::show).states(&["ok"]),
    ]
}

#[derive(Template)]
#[template(path = "desk_identity.html")]
struct HomePage {
    page: Page,
    m: Messages,
    waiting: usize,
    doubts: usize,
}

async fn home(ctx: Ctx, page: Page) -> Result<Html<String>, Problem> {
    let [waiting, _] = ctx.read(proposal::proposals).await?;
    let [doubts, _] = ctx.read(doubt::queue).await?;
    let m = Messages::new(page.locale);
    Ok(Html(HomePage { m, waiting: waiting.len(), doubts: doubts.len(), page }.render()?))
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

fn refused(locale: Locale) -> impl Fn(Refusal) -> Problem {
    move |refusal| match refusal {
        Refusal::Gone => Problem::not_found(),
        // The page was older than the thing.
        Refusal::Stage { .. } => Problem::conflict(Messages::new(locale).no_longer()),
        other => problem(other, locale),
    }
}

/// A name in the reader's language.
fn named(names: &[String], locale: Locale) -> String {
    names.get(locale.index()).or(names.first()).cloned().unwrap_or_default()
}

/// What a level is called.
pub(super) fn level(m: Messages, word: &str) -> &'static str {
    match word {
        "low" => m.level_low(),
        "substantial" => m.level_substantial(),
        _ => m.level_high(),
    }
}
