//! The registers as information systems behind the ministry's security server,
//! and the switches with which a visitor of the demo changes them.

use std::io;
use std::sync::Arc;

use axum::http::StatusCode;
use base::PersonName;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Extension, Form, IntoResponse, Json, Page, Path, Problem, Query, Redirect, Response, Right, Route};

use crate::outside::Sandbox;
use crate::registry::told::{self, NEWBORNS, NotTold};
use crate::registry::{Mode, NoAnswer, Operation, Register};
use crate::samples::{self, Entered};

pub(crate) fn routes() -> Vec<Route> {
    let ask = |path: &'static str| Route::get(path, Right::Demo, answer).without_session();
    vec![
        ask("/demo/registers/moi/civil/person"),
        ask("/demo/registers/moi/civil/family"),
        ask("/demo/registers/mtit/operators/numbers"),
        ask("/demo/registers/mot/licensing/driver"),
        ask("/demo/registers/pol/traffic/fines"),
        ask("/demo/registers/mone/companies/signatory"),
        ask("/demo/registers/mone/companies/company"),
        Route::post(
            "/demo/registers/told/{*operation}",
            Right::Credential("none: the demo's security server speaks for the portal"),
            tell,
        ),
        Route::post("/demo/registers/switch", Right::Demo, switch),
        Route::post("/demo/registers/rename", Right::Demo, rename),
        Route::post("/demo/registers/company", Right::Demo, company),
    ]
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    id: String,
    /// A company's.
    #[serde(default)]
    number: String,
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
        let number = if operation == Operation::Company { &asked.number } else { &asked.id };
        sandbox.registers.answer(operation, number)
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

/// A register is told; the same key does it once.
async fn tell(
    Extension(sandbox): Extension<Arc<Sandbox>>,
    Path(operation): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Problem> {
    let mode = told::register(&operation).map(|register| sandbox.registers.mode(register));
    if let Some(Mode::Slow(pause)) = mode {
        tokio::time::sleep(pause).await;
    }
    let body = web::extract::body(request, told::BYTES).await?;
    let (status, body) = match sandbox.registers.tell(&operation, &body) {
        Ok(answer) => {
            entered(&sandbox, &operation, &body, &answer).map_err(Problem::internal)?;
            (StatusCode::OK, answer)
        }
        Err(why) => {
            let status = match why {
                NotTold::Malformed | NotTold::Unknown => StatusCode::UNPROCESSABLE_ENTITY,
                NotTold::Other => StatusCode::CONFLICT,
                NotTold::Down => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, json!({ "title": why.to_string() }))
        }
    };
    Ok((status, Json(body)).into_response())
}

/// A newborn that was told of is among the entries of births.
fn entered(sandbox: &Sandbox, operation: &str, told: &[u8], answer: &Value) -> io::Result<()> {
    let told: Value = serde_json::from_slice(told).unwrap_or_default();
    let text = |value: &'_ Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (entry, number, parent) = (text(answer, "entry"), text(answer, "number"), text(&told, "id"));
    match told.get("values") {
        Some(Value::Object(values)) if operation == NEWBORNS => {
            let newborn = Entered { entry: &entry, number: &number, parent: &parent, values };
            samples::enter(&sandbox.registers, &sandbox.config().registers, &newborn)
        }
        _ => Ok(()),
    }
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

#[derive(Deserialize)]
struct CompanyChange {
    number: String,
    /// The signatory who leaves; nobody if the company is struck off.
    #[serde(default)]
    id: String,
}

/// Strikes a company off, or takes a signatory of it off the register.
async fn company(
    page: Page,
    Extension(sandbox): Extension<Arc<Sandbox>>,
    form: Form<CompanyChange>,
) -> Result<Redirect, Problem> {
    let registers = &sandbox.registers;
    let changed =
        if form.id.is_empty() { registers.strike_off(&form.number) } else { registers.release(&form.number, &form.id) };
    changed.map_err(|_| Problem::not_found())?;
    Ok(Redirect::to(&page.to("/demo")))
}
