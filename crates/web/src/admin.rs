//! This crate's own routes: what operators and their monitors read, and the
//! OpenAPI document.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base::Timestamp;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use store::{Migration, Schema};

use crate::extract::Json;
use crate::ids::Link;
use crate::kit::Kit;
use crate::problem::{Kind, Problem};
use crate::route::{Listener, Right, Route};
use crate::system::System;
use crate::{extract, kept, session, sql};

/// The tables.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("../migrations/0001_web.sql") },
    Migration { version: 2, sql: include_str!("../migrations/0002_kept.sql") },
    Migration { version: 3, sql: include_str!("../migrations/0003_acting.sql") },
];
/// Name and tables, for tests.
pub const SCHEMA: Schema = Schema { system: "web", migrations: MIGRATIONS };

/// Tables, statements, jobs and routes of this crate; list it first.
#[must_use]
pub fn system() -> System {
    System {
        name: "web",
        statements: sql::ALL,
        migrations: MIGRATIONS,
        routes: vec![
            Route::get("/live", Right::Operations, live).on(Listener::Admin),
            Route::get("/ready", Right::Operations, ready).on(Listener::Admin),
            Route::get("/metrics", Right::Operations, metrics).on(Listener::Admin),
            Route::get("/api/openapi.json", Right::Public, openapi).without_session(),
            Route::get(kept::PATH, Right::Public, kept::show).states(&["ok", "unsent", "404"]),
            Route::post(kept::PATH, Right::Public, kept::take).without_session(),
            Route::get("/lock.js", Right::Public, lock_script).without_session(),
            Route::get("/demo/problems/{kind}", Right::Demo, problem).states(&["ok"]),
        ],
        jobs: vec![session::clearing_job()],
        links: vec![Link { name: "web.sessions_are_somebodys", kind: None, page: sql::SESSION_SUBJECTS }],
        ..System::default()
    }
}

async fn lock_script() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    (headers, include_str!("../assets/lock.js"))
}

async fn live() -> &'static str {
    "alive\n"
}

/// Asks the store and every check; names what is missing.
async fn ready(kit: Kit) -> Response {
    let mut missing = serde_json::Map::new();
    let read = kit.ctx().read(|read| read.row(&sql::THROTTLE, &store::params![Vec::<u8>::new()]).map(drop)).await;
    if let Err(error) = read {
        missing.insert("store".to_owned(), error.to_string().into());
    }
    for check in kit.checks() {
        if let Err(reason) = (check.run)(kit.ctx().clone()).await {
            missing.insert(check.name.to_owned(), reason.into());
        }
    }
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let now: Timestamp = kit.ctx().now();
    let body = json!({ "ready": missing.is_empty(), "missing": missing, "at": now.rfc3339() });
    (status, Json(body)).into_response()
}

async fn metrics(kit: Kit) -> Response {
    let text = kit.figures().prometheus(kit.ctx().db.figures());
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn openapi(kit: Kit) -> Response {
    let mut response = Response::new(Body::from(kit.openapi()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// Every problem page, to be looked at and tested.
async fn problem(extract::Path(kind): extract::Path<String>) -> Problem {
    Kind::from_name(&kind).map_or_else(Problem::not_found, Problem::new)
}
