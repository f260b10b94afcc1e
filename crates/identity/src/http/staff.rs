//! `/desk/account`: how an officer signs in, and what happened to it. Passkeys and
//! the app are changed as citizens change theirs (`http/factors.rs`).

use askama::Template;
use base::{OfficerId, Role, Zone};
use store::{Ctx, Error};
use web::{FormToken, Page, Problem, Right, Route, Visit};

use super::factors::{self, Own};
use crate::messages::Messages;
use crate::officer::{self, Entry};

const STAFF: Right = Right::Officer(&Role::ALL);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/desk/account", STAFF, factors::show).states(&["ok", "fresh"]),
        Route::post("/desk/account/passkeys", STAFF, factors::take_passkey),
        Route::post("/desk/account/passkeys/{passkey}/remove", STAFF, factors::remove_passkey),
        Route::get("/desk/account/app", STAFF, factors::app).states(&["ok"]),
        Route::post("/desk/account/app", STAFF, factors::take_app),
        Route::post("/desk/account/app/remove", STAFF, factors::remove_app),
    ]
}

#[derive(Template)]
#[template(path = "desk_account.html")]
struct StaffPage {
    page: Page,
    m: Messages,
    token: FormToken,
    error: Option<String>,
    own: Own,
    /// Where they are told by mail.
    email: Option<String>,
    entries: Vec<Line>,
}

struct Line {
    what: &'static str,
    /// Somebody tried and did not get in.
    failed: bool,
    when: String,
}

/// The page, as `http/factors.rs` shows it before and after a change.
pub(super) async fn page(
    ctx: &Ctx,
    visit: &Visit,
    page: Page,
    id: OfficerId,
    own: Own,
    error: Option<String>,
) -> Result<String, Problem> {
    let (email, entries) =
        ctx.read(move |read| Ok::<_, Error>((officer::email(read, id)?, officer::entries(read, id)?))).await?;
    let m = Messages::new(ctx.locale);
    let entries = entries.iter().filter_map(|entry| {
        let when = entry.at.local_minute(Zone::Hebron);
        said(m, entry).map(|what| Line { what, failed: entry.act == "identity.sign_in_failed", when })
    });
    let (entries, token) = (entries.collect(), visit.form_token());
    Ok(StaffPage { page, m, token, error, own, email, entries }.render()?)
}

/// An act in words; nothing for one that says nothing of signing in.
fn said(m: Messages, entry: &Entry) -> Option<&'static str> {
    Some(match (entry.act.as_str(), entry.factor.as_str()) {
        ("identity.signed_in", _) => m.staff_signed_in(),
        ("identity.sign_in_failed", _) => m.staff_failed(),
        ("identity.factor_added", "passkey") => m.staff_passkey_added(),
        ("identity.factor_added", _) => m.staff_app_added(),
        ("identity.factor_removed", "passkey") => m.staff_passkey_removed(),
        ("identity.factor_removed", _) => m.staff_app_removed(),
        _ => return None,
    })
}
