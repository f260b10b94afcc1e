//! The registers as information systems behind the ministry's security server,
//! and the switches with which a visitor of the demo changes them.

use std::sync::Arc;

use axum::http::StatusCode;
use base::PersonName;
use serde::Deserialize;
use serde_json::json;
use web::{Extension, Form, IntoResponse, Json, Page, Problem, Query, Redirect, Response, Right, Route};

use crate::outside::Sandbox;
use crate::registry::{Mode, NoAnswer, Operation, Register};
use crate::samples;

pub(crate) fn routes() -> Vec<Route> {
    let ask = |path: &'static str| Route::get(path, Right::Demo, answer).without_session();
    vec![
        ask("/demo/registers/moi/civil/person"),
        ask("/demo/registers/moi/civil/family"),
        ask("/demo/registers/mtit/operators/numbers"),
        ask("/demo/registers/mot/licensing/driver"),
        ask("/demo/registers/pol/traffic/fines"),
        Route::post("/demo/registers/switch", Right::Demo, switch),
        Route::post("/demo/registers/rename", Right::Demo, rename),
    ]
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: String,
    /// `true` asks for the portrait too.
    #[serde(default)]
    photo: bool,
}

async fn answer(
    Extension(sandbox): Extension<Arc<Sandbox>>,
    uri: axum::http::Uri,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches("/demo/registers");
    let operation = Operation::ALL.into_iter().find(|operation| operation.path() == path);
    let operation = operation.ok_or_else(Problem::not_found)?;
    if let Mode::Slow(pause) = sandbox.registers.mode(operation.register()) {
        tokio::time::sleep(pause).await;
    }
    let answered = if asked.photo && operation == Operation::Person {
        sandbox.registers.with_photo(&asked.id)
    } else {
        sandbox.registers.answer(operation, &asked.id)
    };
    let (status, body) = match answered {
        Ok(body) => (StatusCode::OK, body),
        Err(why) => {
            let status = match why {
                NoAnswer::Malformed => StatusCode::BAD_REQUEST,
                NoAnswer::Unknown => StatusCode::NOT_FOUND,
                NoAnswer::Down => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, json!({ "title": why.to_string() }))
        }
    };
    Ok((status, Json(body)).into_response())
}

#[derive(Deserialize)]
struct Switch {
    register: String,
    mode: String,
}

/// Turns a register off, or on again.
async fn switch(
    page: Page,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    form: Form<Switch>,
) -> Result<Redirect, Problem> {
    let mode = if form.mode == "down" { Mode::Down } else { Mode::Up };
    if let Some(register) = Register::parse(&form.register) {
        sandbox.registers.set_mode(register, mode);
        return Ok(Redirect::to(&page.to("/demo")));
    }
    // One that a security server reads itself, by its operation.
    let switched = samples::switch(&sandbox.config().registers, &form.register, mode == Mode::Down);
    if !switched.map_err(Problem::internal)? {
        return Err(Problem::not_found());
    }
    Ok(Redirect::to(&page.to("/demo")))
}

#[derive(Deserialize)]
struct Rename {
    id: String,
    given_ar: String,
    given_en: String,
}

/// Changes a person's given name, as a registrar would.
async fn rename(
    page: Page,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    form: Form<Rename>,
) -> Result<Redirect, Problem> {
    let person = sandbox.registers.person(&form.id).ok_or_else(Problem::not_found)?;
    let PersonName { mut arabic, mut latin } = person.name;
    arabic[0].clone_from(&form.given_ar);
    latin[0].clone_from(&form.given_en);
    let renamed = sandbox.registers.rename(&form.id, PersonName { arabic, latin });
    renamed.map_err(|_| Problem::not_found())?;
    Ok(Redirect::to(&page.to("/demo")))
}
