//! What the whole house costs, asked over HTTP as its users ask: pages, the
//! exchange, sign-in, a case by its forms. The server is the release binary, as a demo.
//!
//! `cargo xtask bench hukumati`

mod browser;
mod five;
mod folders;
mod form;
mod load;
mod million;
mod provider;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use browser::{Browser, Socket};
use load::{Asks, Load, closed, open};
use server::{Demo, bare, say};

/// Connections at once.
const CLIENTS: usize = 32;
/// Callers of the exchange at once.
const CALLERS: usize = 64;
/// How often somebody looks whether their paper has come.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How long each phase lasts.
const PHASE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("bare") {
        return bare().await;
    }
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    // Long, and only by its name.
    if wanted.iter().any(|wanted| wanted == "folders") {
        folders::figures().await;
        if wanted.len() == 1 {
            return;
        }
    }
    let mut demo = Demo::start();
    if is_wanted("pages") {
        pages(&demo).await;
    }
    if is_wanted("identity") {
        provider::figures(&demo).await;
    }
    if is_wanted("exchange") {
        exchange(&demo).await;
    }
    if is_wanted("case") {
        cases(&demo).await;
    }
    if is_wanted("form") {
        form::figures(&demo).await;
    }
    if is_wanted("million") {
        million::figures(&mut demo).await;
    }
    if wanted.iter().any(|wanted| wanted == "five") {
        five::figures(&mut demo).await;
    }
}

/// As fast as so many clients get the answer to one question.
async fn asked(address: std::net::SocketAddr, clients: usize, ask: impl Into<Arc<str>>) -> Load {
    closed(Asks::clients(address, clients, ask.into()).await, PHASE).await
}

fn get(address: std::net::SocketAddr, path: &str, cookie: &str) -> String {
    let port = address.port();
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\naccept-encoding: br\r\n{cookie}\r\n")
}

async fn pages(demo: &Demo) {
    // The same octets, served by axum and nothing else, in a process of its own.
    let page = demo.fetch(&get(demo.address, "/", "")).await;
    let bare = server::Bare::start(&page);
    let ours = asked(demo.address, CLIENTS, get(demo.address, "/", "")).await;
    let limit = asked(bare.address, CLIENTS, get(demo.address, "/page", "")).await;
    let ours_again = asked(demo.address, CLIENTS, get(demo.address, "/", "")).await;
    report("public page", (ours.rate + ours_again.rate) / 2.0, limit.rate, 0.8);

    let mut browser = Browser::new(demo.address, Duration::ZERO);
    browser.sign_in("olive-harvest-in-october").await;
    let cookie = browser.cookie();
    let page = demo.fetch(&get(demo.address, "/cases", &cookie)).await;
    assert!(page.head.starts_with("HTTP/1.1 200"), "{}", page.head);
    let plain = demo.fetch(&get(demo.address, "/cases", &cookie).replace("accept-encoding: br\r\n", "")).await;
    drop(bare);
    let bare = server::Bare::start(&plain);
    let ours = asked(demo.address, CLIENTS, get(demo.address, "/cases", &cookie)).await;
    let limit = asked(bare.address, CLIENTS, get(demo.address, "/render", "")).await;
    report("signed-in page (limit compresses the same text, renders nothing)", ours.rate, limit.rate, 0.5);
}

async fn exchange(demo: &Demo) {
    let number = demo.somebody().await;
    let operation = demo.operation("/person").await;
    let ask = format!(
        "GET /r1/{operation}?id={number} HTTP/1.1\r\nhost: localhost\r\nx-road-client: {}\r\n\r\n",
        demo.subsystem().await
    );
    let mut socket = Socket::open(demo.exchange).await.expect("a connection");
    let answer = socket.send(ask.as_bytes()).await.expect("an answer");
    assert!(answer.head.starts_with("HTTP/1.1 200"), "{} {}", answer.head, String::from_utf8_lossy(&answer.body));
    let register: String = operation.split('/').skip(2).map(|part| format!("/{}", part.to_lowercase())).collect();
    let register = get(demo.address, &format!("/demo/registers{register}?id={number}"), "");
    let inner = asked(demo.address, CALLERS, register).await;
    say(&format!("the register itself, one HTTP call         {:>9.0}/s", inner.rate));
    let full = asked(demo.exchange, CALLERS, ask.as_str()).await;
    say(&format!(
        "exchange round trip, {CALLERS} callers            {:>9.0}/s   p99 {:.1} ms   (bar 1,000/s)",
        full.rate, full.p99_ms
    ));
    let half = open(Asks::clients(demo.exchange, CALLERS, Arc::from(ask)).await, PHASE, full.rate / 2.0).await;
    say(&format!(
        "  at half load {:>9.0}/s   p50 {:.1} ms   p99 {:.1} ms   (bar 25 ms)",
        half.rate, half.p50_ms, half.p99_ms
    ));
}

/// Cases by their forms: started, shown what registers know, answered, checked,
/// sent to a bill; then whole ones, each paid at the till and its paper issued.
async fn cases(demo: &Demo) {
    let mut people = Vec::new();
    for password in server::PASSWORDS {
        let mut browser = Browser::new(demo.address, Duration::ZERO);
        browser.sign_in(password).await;
        people.push(browser);
    }
    // Each person works in several windows at once.
    let windows = || (0..CLIENTS).map(|number| people[number % people.len()].window()).collect::<Vec<_>>();
    let used = |before: Duration, cases: usize| {
        (demo.child.processor_time() - before).as_secs_f64() * 1_000.0 / load::count(cases)
    };
    let before = demo.child.processor_time();
    let (sent, seconds) = in_windows(windows(), Window::Sends).await;
    let (rate, each) = (load::count(sent) / seconds, used(before, sent));
    say(&format!("extract by its forms, sent to a bill       {rate:>9.0}/s   {each:.1} ms of processor time each"));
    let before = demo.child.processor_time();
    let (closed, seconds) = in_windows(windows(), Window::Collects).await;
    let (rate, each) = (load::count(closed) / seconds, used(before, closed));
    say(&format!(
        "the whole case, with payment and paper     {rate:>9.0}/s   {each:.1} ms of processor time each   \
         (bar 100/s; {closed} in {seconds:.1} s)"
    ));
}

/// How far a window takes its cases.
#[derive(Clone, Copy)]
enum Window {
    Sends,
    Collects,
}

/// Works in all windows at once for a phase; how many cases came to their end,
/// and how long it took until the last of them did.
async fn in_windows(windows: Vec<Browser>, how_far: Window) -> (usize, f64) {
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for mut window in windows {
        tasks.spawn(async move {
            let mut cases = Vec::new();
            while began.elapsed() < PHASE {
                let case = window.apply().await;
                if matches!(how_far, Window::Collects) {
                    window.pay(&case).await;
                }
                cases.push(case);
            }
            if matches!(how_far, Window::Collects) {
                for case in &cases {
                    while window.stage(case).await != "closed" {
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                }
            }
            cases.len()
        });
    }
    let mut done = 0;
    while let Some(count) = tasks.join_next().await {
        done += count.expect("a window");
    }
    (done, began.elapsed().as_secs_f64())
}

fn report(what: &str, ours: f64, limit: f64, bar: f64) {
    say(&format!("{what}\n  {ours:>9.0}/s of {limit:.0}/s: ratio {:.2} (bar {bar:.2})", ours / limit));
}
