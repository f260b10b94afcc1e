//! What one step of a form costs: an answer is saved, rules are asked, the next page
//! is shown; beside a bare handler that saves a row durably and gives the same page.

use std::net::SocketAddr;
use std::time::Duration;

use catalogue::{Catalogue, FieldKind, PageFile};

use crate::browser::{Browser, Socket};
use crate::load::{Load, Work, closed, open};
use crate::server::{Bare, Demo, PASSWORDS, say};
use crate::{CLIENTS, PHASE, get};

/// Steps a second at which the tail is measured.
const RATE: f64 = 500.0;
/// Clients at that rate.
const STEADY: usize = 64;

/// A page of a form that asks for a text or a number, and the page after it, for which
/// no register has to be asked.
pub struct Step {
    service: String,
    page: String,
    field: String,
    next: String,
}

impl Step {
    /// The first one of the services in the working directory that everybody may begin.
    pub fn find() -> Self {
        let catalogue =
            Catalogue::read(std::path::Path::new("services")).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let plain = |page: &PageFile| {
            let asked =
                page.field.as_ref().is_some_and(|field| field.kind != FieldKind::Files && field.lookup.is_none());
            page.when.is_none() && page.known.is_empty() && asked
        };
        let typed = |page: &PageFile| {
            page.field.as_ref().is_some_and(|field| matches!(field.kind, FieldKind::Text | FieldKind::Number))
        };
        let open = catalogue.services().filter(|service| service.file.eligible.is_empty());
        let mut found = open.filter_map(|service| {
            let mut pairs = service.file.pages.windows(2).filter(|pair| pair.iter().all(plain));
            let pair = pairs.find(|pair| typed(&pair[0]))?;
            Some(Self {
                service: service.file.key.clone(),
                page: pair[0].id.clone(),
                field: pair[0].field.as_ref()?.id.clone(),
                next: pair[1].id.clone(),
            })
        });
        found.next().expect("a service asks for a text or a number, and then for something else")
    }
}

/// Whoever answers the same question again and again, in a draft of their own.
pub struct Answers {
    socket: Socket,
    host: String,
    cookie: String,
    path: String,
    next: String,
    /// The form's hidden fields, and the question's name.
    body: String,
    said: u64,
}

impl Answers {
    /// So many people, each with a draft.
    pub async fn clients(demo: &Demo, step: &Step, clients: usize) -> Vec<Self> {
        let mut people = Vec::new();
        for password in PASSWORDS {
            let mut browser = Browser::new(demo.address, Duration::ZERO);
            browser.sign_in(password).await;
            people.push(browser);
        }
        let mut all = Vec::new();
        for number in 0..clients {
            let mut window = people[number % people.len()].window();
            window.open(&format!("/services/{}/start", step.service)).await;
            window.submit("", &[]).await;
            let (first, _) = window.form("/form/", &[]);
            let case = first.split('/').nth(2).expect("a case").to_owned();
            window.open(&format!("/cases/{case}/form/{}", step.page)).await;
            let (path, hidden) = window.form(&format!("name=\"{}\"", step.field), &[]);
            all.push(Self {
                socket: Socket::open(demo.address).await.expect("a connection"),
                host: format!("localhost:{}", demo.address.port()),
                cookie: window.cookie(),
                path,
                next: format!("/cases/{case}/form/{}", step.next),
                body: format!("{hidden}&{}=", step.field),
                said: 0,
            });
        }
        all
    }

    /// The next page, as it is and as it is sent.
    async fn page(&mut self) -> [crate::browser::Answer; 2] {
        let ask = format!("GET {} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\n\r\n", self.next, self.host, self.cookie);
        let plain = self.socket.send(ask.as_bytes()).await.expect("a page");
        let ask = ask.replace("cookie:", "accept-encoding: br\r\ncookie:");
        [plain, self.socket.send(ask.as_bytes()).await.expect("a page")]
    }
}

fn post(path: &str, host: &str, cookie: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nsec-fetch-site: same-origin\r\naccept-encoding: br\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Work for Answers {
    async fn once(&mut self) {
        // Another answer is another act under the same form.
        self.said += 1;
        let body = format!("{}{}", self.body, self.said);
        let ask = post(&self.path, &self.host, &self.cookie, &body);
        let saved = self.socket.send(ask.as_bytes()).await.expect("an answer");
        let there = saved.header("location").unwrap_or_else(|| panic!("{}", saved.head));
        assert_eq!(there, self.next, "{}", saved.head);
        let ask = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\naccept-encoding: br\r\ncookie: {}\r\n\r\n",
            self.next, self.host, self.cookie
        );
        let page = self.socket.send(ask.as_bytes()).await.expect("a page");
        assert!(page.head.starts_with("HTTP/1.1 200"), "{}", page.head);
    }
}

/// Asks the bare handler to save a row and give the page: in one answer, or as a
/// redirection and the page, as forms are answered.
struct Saves {
    socket: Socket,
    save: String,
    page: Option<String>,
}

impl Saves {
    async fn clients(address: SocketAddr, redirected: bool) -> Vec<Self> {
        let mut all = Vec::new();
        for number in 0..CLIENTS {
            let body = format!("row={number}&word=word+{number}");
            let path = if redirected { "/redirect" } else { "/save" };
            all.push(Self {
                socket: Socket::open(address).await.expect("a connection"),
                save: post(path, "localhost", "none=none", &body),
                page: redirected.then(|| get(address, "/render", "")),
            });
        }
        all
    }
}

impl Work for Saves {
    async fn once(&mut self) {
        let mut answer = self.socket.send(self.save.as_bytes()).await.expect("an answer");
        if let Some(page) = &self.page {
            assert!(answer.head.starts_with("HTTP/1.1 303"), "{}", answer.head);
            answer = self.socket.send(page.as_bytes()).await.expect("a page");
        }
        assert!(answer.head.starts_with("HTTP/1.1 200"), "{}", answer.head);
    }
}

/// The step beside its limit, and its tail.
pub async fn figures(demo: &Demo) {
    let step = Step::find();
    let mut clients = Answers::clients(demo, &step, CLIENTS).await;
    let [plain, sent] = clients[0].page().await;
    let bare = Bare::with_store(&plain);
    let (mut ours, mut limit, mut redirected) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3 {
        let before = demo.child.processor_time();
        let load = closed(Answers::clients(demo, &step, CLIENTS).await, PHASE).await;
        let used = (demo.child.processor_time() - before).as_secs_f64() * 1e6 / crate::load::count(load.done);
        say(&format!("  form step {:>7.0}/s   p99 {:.1} ms   {used:.0} µs of processor time", load.rate, load.p99_ms));
        ours.push(load.rate);
        limit.push(closed(Saves::clients(bare.address, false).await, PHASE).await.rate);
        redirected.push(closed(Saves::clients(bare.address, true).await, PHASE).await.rate);
    }
    let [ours, limit, redirected] = [ours, limit, redirected].map(median);
    say(&format!(
        "form step: {} octets, {} as br; medians of three\n  {ours:>7.0}/s of {limit:.0}/s (one answer): ratio {:.2} (bar 0.50); \
         of {redirected:.0}/s (a redirection and a page, as ours): ratio {:.2}",
        plain.body.len(),
        sent.body.len(),
        ours / limit,
        ours / redirected
    ));
    drop(bare);
    let tail = tail(demo, &step, PHASE).await;
    say(&format!("form step at {RATE:.0}/s: p50 {:.1} ms, p99 {:.1} ms (bar 20 ms)", tail.p50_ms, tail.p99_ms));
}

/// The tail at a steady rate.
pub async fn tail(demo: &Demo, step: &Step, phase: Duration) -> Load {
    open(Answers::clients(demo, step, STEADY).await, phase, RATE).await
}

/// The one in the middle.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
