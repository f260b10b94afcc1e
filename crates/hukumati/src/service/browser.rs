//! A browser over the router: what people and officers do is done by the pages'
//! own forms, so that an example can do nothing that a page would not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use axum::body::Body;
use base::Actor;
use http::{Request, StatusCode, header};
use web::fields::encode;
use web::{Extension, Listener, NewSession, Problem, Right, Route, Site, System, Visit};

/// Largest page that is read, bytes.
const PAGE_BYTES: usize = 4 << 20;

/// Who comes in next.
type Door = Arc<Mutex<Option<Actor>>>;

async fn come_in(visit: Visit, Extension(door): Extension<Door>) -> Result<&'static str, Problem> {
    let actor = door.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(Problem::not_found)?;
    let name = "عيّنة";
    let new = match actor {
        Actor::Citizen { person, account, assurance } => NewSession::citizen(person, account, assurance, name),
        Actor::Officer { officer, unit, roles } => NewSession::officer(officer, unit, roles, name),
        agent @ Actor::Agent { .. } => {
            let until = visit.ctx().now().plus_seconds(web::session::CITIZEN_SECONDS_MAX);
            NewSession::agent(agent, [name.to_owned(), name.to_owned()], until)
        }
        other => return Err(Problem::internal(other.reference())),
    };
    visit.start_session(new).await?;
    Ok("")
}

/// A door by which anybody comes in as whom the player says. It is never served.
#[derive(Default, Clone)]
pub(super) struct Entrance(Door);

impl Entrance {
    pub(super) fn system(&self) -> System {
        let routes = vec![Route::get("/player/come-in", Right::Public, come_in)];
        System { name: "player", routes, ..System::default() }.with_state(Arc::clone(&self.0))
    }
    /// A browser in which this actor has just signed in.
    pub(super) async fn browser<'s>(&self, site: &'s Site, actor: &Actor) -> Result<Browser<'s>> {
        let mut browser = Browser { site, cookies: BTreeMap::new() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(actor.clone());
        let page = browser.get("/player/come-in").await?;
        if page.status != StatusCode::OK {
            bail!("{} cannot come in: {}", actor.reference(), page.title());
        }
        Ok(browser)
    }
}

/// A page, or where an answer leads.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) text: String,
    pub(super) location: Option<String>,
}

impl Answer {
    /// What the page is called, with its status: for whoever reads a difference.
    pub(super) fn title(&self) -> String {
        let between = |start: &str, end: &str| {
            let rest = self.text.split_once(start)?.1.split_once('>')?.1;
            Some(rest.split_once(end)?.0)
        };
        let words: Vec<&str> =
            [between("<h1", "</h1>"), self.explained()].into_iter().flatten().map(str::trim).collect();
        format!("{} {}", self.status.as_u16(), plain(&words.join(": ")))
    }
    /// The first paragraph after the heading.
    fn explained(&self) -> Option<&str> {
        let rest = self.text.split_once("</h1>")?.1.split_once("<p>")?.1;
        Some(rest.split_once("</p>")?.0)
    }
    /// Whether a text stands on the page.
    pub(super) fn shows(&self, text: &str) -> bool {
        plain(&self.text).contains(&plain(text))
    }
    /// A hidden word of the page's forms.
    pub(super) fn hidden(&self, name: &str) -> Option<&str> {
        self.text.split_once(&format!("name=\"{name}\" value=\""))?.1.split('"').next()
    }
    /// What stands between each such start and the next quotation mark.
    pub(super) fn after<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.text.split(start).skip(1).filter_map(|rest| rest.split('"').next())
    }
    /// The questions that the page's summary of errors leads to.
    pub(super) fn refused(&self) -> Vec<String> {
        let Some((_, summary)) = self.text.split_once("id=\"summary\"") else { return Vec::new() };
        let summary = summary.split_once("</div>").map_or(summary, |(summary, _)| summary);
        summary.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }
    /// What the form of this page that goes to an address sends.
    fn form(&self, path: &str, fields: &[(String, String)]) -> Result<String> {
        let csrf = self.hidden("_csrf").with_context(|| format!("no form stands on “{}”", self.title()))?;
        let mut body = format!("_csrf={}&_key={}", encode(csrf), encode(self.hidden("_key").unwrap_or_default()));
        // The desk's form says which decision it shows.
        if let Some(mark) = self.hidden("mark").filter(|_| path.ends_with("/decide")) {
            body.push_str(&format!("&mark={}", encode(mark)));
        }
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        Ok(body)
    }
}

/// Without tags and the marks that isolate directions, in single spaces.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for mark in html.chars() {
        match mark {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            '\u{2066}'..='\u{2069}' => {}
            mark if !inside => text.push(mark),
            _ => {}
        }
    }
    let text = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&#x27;", "'");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#60;", "<").replace("&#62;", ">");
    text.replace("&#38;", "&").replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Between the parts of a form that brings files.
const BOUNDARY: &str = "a-part-of-an-example";

/// A small file of the type that its name ends with; of any other, a text.
fn attachment(name: &str) -> &'static [u8] {
    match name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "pdf" => include_bytes!("attachments/sample.pdf"),
        "png" => include_bytes!("attachments/sample.png"),
        "jpg" | "jpeg" => include_bytes!("attachments/sample.jpeg"),
        _ => b"A text, whatever its name says.\n",
    }
}

/// Somebody's browser, with its cookies.
pub(super) struct Browser<'s> {
    site: &'s Site,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(super) async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send(Request::get(path), Body::empty()).await
    }
    /// Sends the form of a page that was opened to an address.
    pub(super) async fn post(&mut self, page: &Answer, path: &str, fields: &[(String, String)]) -> Result<Answer> {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(page.form(path, fields)?)).await
    }
    /// Attaches files by the page's own form, and goes on.
    pub(super) async fn attach(&mut self, page: &Answer, path: &str, names: &[String]) -> Result<Answer> {
        let csrf = page.hidden("_csrf").with_context(|| format!("no form stands on “{}”", page.title()))?;
        let mut body = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"_csrf\"", csrf.as_bytes());
        part("name=\"_key\"", page.hidden("_key").unwrap_or_default().as_bytes());
        for name in names {
            let name = name.replace(['"', '\r', '\n'], "_");
            part(
                &format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream"),
                attachment(&name),
            );
        }
        part("name=\"then\"", b"continue");
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("sec-fetch-site", "same-origin");
        self.send(request, Body::from(body)).await
    }
    /// Opens a page and sends its form to an address.
    pub(super) async fn act(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let opened = self.get(page).await?;
        if opened.status != StatusCode::OK {
            return Ok(opened);
        }
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.post(&opened, path, &fields).await
    }

    async fn send(&mut self, request: http::request::Builder, body: Body) -> Result<Answer> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request.header(header::HOST, "localhost:8080").header(header::ACCEPT, "text/html");
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let response = self.site.respond(Listener::Public, request.body(body)?).await;
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            if let Some((name, value)) = set.to_str()?.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = parts.headers.get(header::LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
        let bytes = axum::body::to_bytes(body, PAGE_BYTES).await.context("a page that cannot be read")?;
        Ok(Answer { status: parts.status, text: String::from_utf8_lossy(&bytes).into_owned(), location })
    }
}
