//! A small site of its own and a browser that keeps cookies.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use base::id::TypedId;
use base::{AccountId, Assurance, Locale, OfficerId, PersonId, Role};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use store::{Ctx, Schema};
use testkit::World;
use web::extract::Path;
use web::{Config, Form, FormToken, Listener, NewSession, Problem, Query, Right, Route, Site, System, Visit};

pub fn schemas() -> [Schema; 2] {
    [
        Schema { system: "web", migrations: web::admin::system().migrations },
        Schema { system: "note", migrations: NOTES },
    ]
}

const NOTES: &[store::Migration] = &[store::Migration {
    version: 1,
    sql: "CREATE TABLE note_line (id TEXT NOT NULL PRIMARY KEY, words TEXT NOT NULL);\n",
}];

mod sql {
    store::statements! {
        /// Adds a line.
        INSERT = "INSERT INTO note_line (id, words) VALUES ($1, $2)";
        /// Counts lines.
        COUNT = "SELECT COUNT(*) FROM note_line";
    }
}

base::id::typed_id! {
    /// A line.
    LineId
}
store::stored_ids!(LineId);

#[derive(Deserialize)]
struct Line {
    words: String,
    #[serde(default)]
    #[expect(dead_code, reason = "read by nobody: it is what a page offers beside the words")]
    password: String,
}

#[derive(Deserialize)]
struct Asked {
    number: Option<u32>,
}

async fn who(visit: Visit) -> String {
    visit.session().map_or("nobody".to_owned(), |session| session.name_in(visit.locale()).to_owned())
}
async fn page(visit: Visit, token: FormToken) -> String {
    format!("{} {} {token}", visit.locale(), visit.path_and_query())
}
async fn write_line(ctx: Ctx, form: Form<Line>) -> Result<String, Problem> {
    let words = form.words.clone();
    let id: LineId = ctx
        .write(form.key("note.write"), move |tx| {
            let id: LineId = tx.mint();
            tx.execute_one(&sql::INSERT, &store::params![id, words])?;
            Ok::<_, store::Error>(id)
        })
        .await?;
    Ok(id.to_string())
}
async fn sign_in(visit: Visit, Path(who): Path<String>) -> Result<String, Problem> {
    let new = match who.as_str() {
        "low" => NewSession::citizen(PersonId::from_bits(1), AccountId::from_bits(2), Assurance::Low, "ليلى"),
        "high" => NewSession::citizen(PersonId::from_bits(1), AccountId::from_bits(2), Assurance::High, "ليلى")
            .named(Locale::EN, "Layla"),
        "clerk2" => NewSession::officer(OfficerId::from_bits(4), "mot.ramallah", vec![Role::Clerk], "ندى"),
        // Who they are was proven a day's work ago.
        "early" => NewSession::officer(OfficerId::from_bits(3), "mot.ramallah", vec![Role::Clerk], "سامي")
            .authenticated_at(visit.now().plus_seconds(-web::session::OFFICER_SECONDS_MAX)),
        _ => NewSession::officer(OfficerId::from_bits(3), "mot.ramallah", vec![Role::Clerk], "سامي"),
    };
    visit.start_session(new.link("provider-1").note("mandate", "none")).await?;
    Ok("welcome".to_owned())
}
async fn sign_out(visit: Visit) -> Result<(), Problem> {
    Ok(visit.end_session().await?)
}
async fn renew(visit: Visit) -> Result<(), Problem> {
    Ok(visit.renew_session(&[("mandate", "M1")]).await?)
}
async fn notes(visit: Visit) -> Result<String, Problem> {
    let session = visit.session().ok_or_else(Problem::sign_in_first)?;
    Ok(format!("{} {}", session.notes["mandate"], session.is_fresh(visit.now(), 300)))
}
async fn asked(Query(asked): Query<Asked>) -> String {
    format!("{:?}", asked.number)
}
async fn panics() -> &'static str {
    panic!("planted")
}
async fn public(visit: Visit) -> Result<Response, Problem> {
    let words = "كل حق وله صاحب ".repeat(200);
    visit.public_page("v1", |page| Ok(format!("{} {words}", page.locale))).await
}
async fn standing(visit: Visit) -> Result<Response, Problem> {
    let (now, text) = (visit.now(), visit.now().as_seconds().to_string());
    visit.standing_document(&text, now.plus_seconds(60), || format!("{{\"made\":{text}}}")).await
}
async fn upload(request: axum::extract::Request) -> Result<String, Problem> {
    let body = web::extract::body(request, 1 << 20).await?;
    Ok(body.len().to_string())
}

pub fn systems() -> Vec<System> {
    let notes = System {
        name: "note",
        statements: sql::ALL,
        migrations: NOTES,
        routes: vec![
            Route::get("/who", Right::Public, who),
            Route::get("/page", Right::Public, page),
            Route::post("/lines", Right::Public, write_line),
            Route::post("/own-lines", Right::AnySession, write_line),
            Route::get("/sign-in/{who}", Right::Public, sign_in),
            Route::post("/sign-out", Right::AnySession, sign_out),
            Route::post("/renew", Right::AnySession, renew),
            Route::get("/notes", Right::AnySession, notes),
            Route::get("/mine", Right::SignedIn, who),
            Route::get("/grave", Right::Citizen(Assurance::Substantial), who),
            Route::get("/desk/queue", Right::Officer(&[Role::Clerk]), who),
            Route::get("/asked", Right::Public, asked),
            Route::get("/panics", Right::Public, panics),
            Route::get("/public", Right::Public, public),
            Route::get("/standing", Right::Public, standing),
            Route::post("/api/v1/upload", Right::Credential("none, in a test"), upload),
            Route::post("/api/biller/v1/inquire", Right::ClientCertificate, who).on(Listener::Mtls),
        ],
        ..System::default()
    };
    vec![web::admin::system(), notes]
}

pub fn site(world: &World, config: Config) -> Site {
    Site::new(config, world.ctx.clone(), &systems(), Vec::new()).unwrap()
}

pub async fn lines(ctx: &Ctx) -> i64 {
    let row = ctx.read(|read| read.row(&sql::COUNT, &store::params![])).await.unwrap().unwrap();
    row.get(0).unwrap()
}

/// An answer, read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// The hidden fields of the first form.
    pub fn token(&self) -> String {
        let text = self.text();
        let value = |name: &str| {
            let start = format!("name=\"{name}\" value=\"");
            text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {text}")).1.split('"').next().unwrap()
        };
        format!("_csrf={}&_key={}", value("_csrf"), value("_key"))
    }
}

/// Keeps cookies, sends what browsers send.
pub struct Browser<'a> {
    pub site: &'a Site,
    pub cookies: BTreeMap<String, String>,
    pub host: &'static str,
}

impl<'a> Browser<'a> {
    pub fn new(site: &'a Site) -> Self {
        Self { site, cookies: BTreeMap::new(), host: "localhost:8080" }
    }
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).header(header::ACCEPT, "text/html"), Body::empty()).await
    }
    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        self.send(request, Body::empty()).await
    }
    pub async fn post(&mut self, path: &str, body: impl Into<String>) -> Answer {
        self.post_with(path, body, &[("sec-fetch-site", "same-origin"), ("accept", "text/html")]).await
    }
    pub async fn post_with(&mut self, path: &str, body: impl Into<String>, headers: &[(&str, &str)]) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, Body::from(body.into())).await
    }
    async fn send(&mut self, request: http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request.header(header::HOST, self.host);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer = ask(self.site, Listener::Public, request.body(body).unwrap()).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let (pair, rest) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

pub async fn ask(site: &Site, listener: Listener, request: Request<Body>) -> Answer {
    let response = site.respond(listener, request).await;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}
