//! Everybody's browser over the router: it keeps cookies, and signs in as whom
//! the test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use base::{Actor, Timestamp};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use store::Ctx;
use web::fields::encode;
use web::{Config, Extension, Listener, NewSession, Problem, Right, Route, Site, System, Visit};

use crate::house::House;

/// Who comes in next.
type Door = Arc<Mutex<Option<Actor>>>;

async fn come_in(visit: Visit, Extension(door): Extension<Door>) -> Result<String, Problem> {
    let actor = door.lock().unwrap().take().unwrap();
    let new = match actor {
        Actor::Citizen { person, account, assurance } => NewSession::citizen(person, account, assurance, "Salma"),
        agent @ Actor::Agent { .. } => {
            let until = visit.now().plus_seconds(86_400);
            NewSession::agent(agent, ["Salma", "Adel"].map(str::to_owned), until)
        }
        Actor::Officer { officer, unit, roles } => NewSession::officer(officer, unit, roles, "Sami"),
        other => panic!("{other:?} has no session"),
    };
    visit.start_session(new.link("provider-1")).await?;
    Ok("welcome".to_owned())
}

/// The house's site, with a door of its own.
pub struct Entrance {
    site: Site,
    ctx: Ctx,
    door: Door,
}

impl Entrance {
    pub fn new(house: &mut House) -> Self {
        let door = Door::default();
        let own =
            System { name: "door", routes: vec![Route::get("/come-in", Right::Public, come_in)], ..System::default() }
                .with_state(Arc::clone(&door));
        house.systems.push(own);
        let site = Site::new(Config::default(), house.ctx.clone(), &house.systems, Vec::new()).unwrap();
        Self { site, ctx: house.ctx.clone(), door }
    }
    /// A browser in which this actor is signed in.
    pub async fn browser(&self, actor: &Actor) -> Browser<'_> {
        let since = self.ctx.now();
        let mut browser = Browser { entrance: self, actor: actor.clone(), since, cookies: BTreeMap::new() };
        browser.come_in().await;
        browser
    }
}

pub struct Answer {
    pub status: StatusCode,
    /// The page, or where a redirect leads.
    pub text: String,
}

impl Answer {
    pub fn has(&self, words: &str) -> bool {
        self.text.contains(words)
    }
    /// The decision that the page shows.
    pub fn mark(&self) -> &str {
        self.hidden("mark").unwrap()
    }
    fn hidden(&self, name: &str) -> Option<&str> {
        let start = format!("name=\"{name}\" value=\"");
        self.text.split_once(&start)?.1.split('"').next()
    }
    /// What a form of this page sends along.
    pub fn form(&self, fields: &[(&str, &str)]) -> String {
        let csrf = self.hidden("_csrf").unwrap_or_else(|| panic!("no form in {}", self.text));
        let mut body = format!("_csrf={csrf}&_key={}", self.hidden("_key").unwrap());
        if let Some(mark) = self.hidden("mark") {
            body.push_str(&format!("&mark={mark}"));
        }
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        body
    }
}

pub struct Browser<'a> {
    entrance: &'a Entrance,
    actor: Actor,
    /// When they came in: a session ends by itself.
    since: Timestamp,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn come_in(&mut self) {
        *self.entrance.door.lock().unwrap() = Some(self.actor.clone());
        self.since = self.entrance.ctx.now();
        let answer = self.send(Request::get("/come-in"), Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    pub async fn get(&mut self, path: &str) -> Answer {
        if self.since != self.entrance.ctx.now() {
            self.come_in().await;
        }
        self.send(Request::get(path), Body::empty()).await
    }
    /// What is there, as it is.
    pub async fn bytes(&mut self, path: &str) -> Bytes {
        let response = self.respond(Request::get(path), Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }
    pub async fn post(&mut self, path: &str, body: String) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(body)).await
    }
    /// Opens a page and sends its form to an address.
    pub async fn act(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> StatusCode {
        let body = self.get(page).await.form(fields);
        self.post(path, body).await.status
    }
    /// Sends a form with files: each with its field's name, what it is called, and its
    /// octets; plain fields are called nothing.
    pub async fn attach(&mut self, page: &Answer, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        let token = ["_csrf", "_key"].map(|name| (name, None, page.hidden(name).unwrap().as_bytes()));
        for (name, called, octets) in token.iter().chain(parts) {
            body.extend_from_slice(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes());
            if let Some(called) = called {
                body.extend_from_slice(format!("; filename=\"{called}\"\r\nContent-Type: a/b").as_bytes());
            }
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(octets);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(body)).await
    }
    /// What the script of a page sends: with the token of its form, unless there is none.
    pub async fn script(
        &mut self,
        page: Option<&Answer>,
        request: http::request::Builder,
        body: &[u8],
    ) -> http::Response<Bytes> {
        let mut request = request.header("tus-resumable", "1.0.0").header("sec-fetch-site", "same-origin");
        if let Some(page) = page {
            request = request.header("form-code", page.hidden("_csrf").unwrap());
            request = request.header("form-key", page.hidden("_key").unwrap());
        }
        self.respond(request, Body::from(body.to_vec())).await
    }
    async fn send(&mut self, request: http::request::Builder, body: Body) -> Answer {
        let response = self.respond(request, body).await;
        let there = response.headers().get(header::LOCATION).map(|there| there.to_str().unwrap().to_owned());
        let text = there.unwrap_or_else(|| String::from_utf8_lossy(response.body()).into_owned());
        Answer { status: response.status(), text }
    }
    async fn respond(&mut self, request: http::request::Builder, body: Body) -> http::Response<Bytes> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request.header(header::HOST, "localhost:8080").header(header::ACCEPT, "text/html");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let response = self.entrance.site.respond(Listener::Public, request.body(body).unwrap()).await;
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let (pair, _) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        http::Response::from_parts(parts, bytes)
    }
}
