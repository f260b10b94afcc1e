//! The installed app: manifest, service worker, icons, and the page that stands
//! for all others when there is no network.

use askama::Template;
use axum::http::header;
use base::Locale;
use serde_json::{Map, json};
use web::{IntoResponse, Page, Problem, Response, Right, Route, Visit};

use crate::messages::Messages;

/// How long browsers may keep an icon or the script, seconds.
const DAY: &str = "public, max-age=86400";
/// The worker itself is asked for anew each time.
const FRESH: &str = "no-cache";
const OLIVE_DEEP: &str = "#123d2a";
const STONE: &str = "#f7f4ed";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/manifest.webmanifest", Right::Public, manifest).without_session(),
        Route::get("/sw.js", Right::Public, worker).without_session(),
        Route::get("/app.js", Right::Public, script).without_session(),
        Route::get("/icon.svg", Right::Public, icon).without_session(),
        Route::get("/icon-192.png", Right::Public, icon_192).without_session(),
        Route::get("/icon-512.png", Right::Public, icon_512).without_session(),
        Route::get("/offline", Right::Public, offline).states(&["ok"]),
    ]
}

fn asset(kind: &'static str, age: &'static str, bytes: impl Into<axum::body::Bytes>) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, age)], bytes.into()).into_response()
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", DAY, &include_bytes!("../assets/app.js")[..])
}
async fn icon() -> Response {
    asset("image/svg+xml", DAY, &include_bytes!("../assets/icon.svg")[..])
}
async fn icon_192() -> Response {
    asset("image/png", DAY, &include_bytes!("../assets/icon-192.png")[..])
}
async fn icon_512() -> Response {
    asset("image/png", DAY, &include_bytes!("../assets/icon-512.png")[..])
}

/// <https://www.w3.org/TR/appmanifest/>
async fn manifest(visit: Visit) -> Response {
    let (locale, m) = (visit.locale(), Messages::new(visit.locale()));
    let icon = |size: u32| json!({ "src": format!("/icon-{size}.png"), "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": "any maskable" });
    let text = json!({
        "id": "/", "name": m.app_name(), "short_name": m.app_short_name(), "description": m.home_heading(),
        "lang": locale.tag(), "dir": locale.direction().as_str(), "display": "standalone", "scope": "/",
        "start_url": visit.localised("/cases"), "theme_color": OLIVE_DEEP, "background_color": STONE,
        "icons": [icon(192), icon(512)],
        "shortcuts": [
            { "name": m.all_services(), "url": visit.localised("/services") },
            { "name": m.app_papers(), "url": visit.localised("/papers") },
        ],
    });
    asset("application/manifest+json", DAY, text.to_string())
}

#[derive(Template)]
#[template(path = "sw.js", escape = "none")]
struct Worker {
    version: &'static str,
    texts: String,
}

async fn worker() -> Result<Response, Problem> {
    let mut texts = Map::new();
    for locale in Locale::all() {
        let prefix = locale.prefix();
        let m = Messages::new(locale);
        texts.insert(
            prefix.trim_start_matches('/').to_owned(),
            json!({ "page": format!("{prefix}/offline"), "kept": m.offline_kept(), "tag": locale.tag() }),
        );
    }
    let texts = serde_json::Value::Object(texts).to_string();
    let script = Worker { version: env!("CARGO_PKG_VERSION"), texts }.render()?;
    Ok(asset("text/javascript; charset=utf-8", FRESH, script))
}

#[derive(Template)]
#[template(path = "offline.html")]
struct OfflinePage {
    page: Page,
    m: Messages,
}

async fn offline(visit: Visit) -> Result<Response, Problem> {
    visit
        .public_page(env!("CARGO_PKG_VERSION"), |page| OfflinePage { m: Messages::new(page.locale), page }.render())
        .await
}
