//! What the OpenID provider costs: documents, a system's token beside the npm
//! package oidc-provider, the code flow, passwords beside bare hashing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::{IdNumber, OsEntropy};
use identity::password::Hasher;
use seal::digest::{base64url, sha256};
use seal::jose::{self, Jwk, KeySet};
use seal::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};

use crate::browser::{Answer, Browser, Socket};
use crate::load::{Asks, Load, Work, closed, count, open};
use crate::server::{Bare, Demo, Process, free_port, say};
use crate::{CLIENTS, PHASE, get, report};

/// Assertions that are signed before a phase: more than it can take.
const ASSERTIONS: usize = 160_000;
/// People who sign in at once: each is answered after the time of a refusal.
const TYPING: usize = 64;
/// Readers of pages meanwhile.
const READERS: usize = 4;

/// All of them.
pub async fn figures(demo: &Demo) {
    documents(demo).await;
    own_tokens(demo).await;
    code_flow(demo).await;
    passwords(demo).await;
}

async fn documents(demo: &Demo) {
    for path in ["/.well-known/openid-configuration", "/oauth2/jwks"] {
        let document = demo.fetch(&get(demo.address, path, "")).await;
        let bare = Bare::start(&document);
        let ours = crate::asked(demo.address, CLIENTS, get(demo.address, path, "")).await;
        let limit = crate::asked(bare.address, CLIENTS, get(demo.address, "/page", "")).await;
        report(path, ours.rate, limit.rate, 0.8);
    }
}

/// A client of a provider, with assertions that are signed in advance.
struct Party {
    id: String,
    issuer: String,
    key: SigningKey,
    jwk: Jwk,
    ready: Mutex<Vec<String>>,
}

impl Party {
    fn new() -> Self {
        let key = SigningKey::generate(Algorithm::P256, &OsEntropy).expect("a key");
        let jwk = Jwk::new(key.public().clone());
        Self { id: "bench".to_owned(), issuer: String::new(), key, jwk, ready: Mutex::default() }
    }

    fn jwks(&self) -> Value {
        KeySet::new(vec![self.jwk.clone()]).to_json()
    }

    /// Signs what the next phase takes: that is not to be measured.
    fn sign(self: &Arc<Self>, assertions: usize) {
        let seconds = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
        let started = Instant::now();
        let run = format!("{:x}-{}", started.elapsed().subsec_nanos(), std::process::id());
        let each = |number: usize| {
            let claims = json!({
                "iss": self.id, "sub": self.id, "aud": self.issuer, "iat": seconds, "exp": seconds + 240,
                "jti": format!("{run}-{seconds}-{number}"),
            });
            let header = json!({ "kid": self.jwk.kid, "typ": "JWT", "alg": "ES256" });
            let header = header.as_object().cloned().unwrap_or_default();
            jose::sign_with_header(&self.key, header, claims.to_string().as_bytes()).expect("an assertion")
        };
        *self.ready.lock().expect("a list") = (0..assertions).map(each).collect();
    }

    fn assertion(&self) -> String {
        self.ready.lock().expect("a list").pop().expect("more assertions than that")
    }

    /// A call to an endpoint, with what proves this client.
    fn call(&self, address: SocketAddr, path: &str, fields: &str) -> String {
        let body = format!(
            "{fields}&client_id={}&client_assertion_type={}&client_assertion={}",
            self.id,
            "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
            self.assertion()
        );
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            address.port(),
            body.len()
        )
    }

    /// Registers with the demo.
    async fn register(&mut self, demo: &Demo, redirect: &str) {
        let asked = json!({
            "client_name": "Bench", "redirect_uris": [redirect], "preset": "standard", "jwks": self.jwks(),
            "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["authorization_code", "client_credentials"],
        })
        .to_string();
        let request = format!(
            "POST /demo/clients HTTP/1.1\r\nhost: localhost:{}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{asked}",
            demo.address.port(),
            asked.len()
        );
        let answer = demo.fetch(&request).await;
        let told: Value = serde_json::from_slice(&answer.body).expect("a registration");
        told["client_id"].as_str().unwrap_or_else(|| panic!("{told}")).clone_into(&mut self.id);
        let document =
            get(demo.address, "/.well-known/openid-configuration", "").replace("accept-encoding: br\r\n", "");
        let document: Value = serde_json::from_slice(&demo.fetch(&document).await.body).expect("a document");
        document["issuer"].as_str().expect("an issuer").clone_into(&mut self.issuer);
    }
}

/// A system that takes a token of its own.
struct TakesToken {
    socket: Socket,
    address: SocketAddr,
    path: &'static str,
    party: Arc<Party>,
}

impl TakesToken {
    async fn clients(address: SocketAddr, path: &'static str, party: &Arc<Party>) -> Vec<Self> {
        let mut all = Vec::new();
        for _ in 0..CLIENTS {
            let socket = Socket::open(address).await.expect("a connection");
            all.push(Self { socket, address, path, party: Arc::clone(party) });
        }
        all
    }
}

impl Work for TakesToken {
    async fn once(&mut self) {
        let request = self.party.call(self.address, self.path, "grant_type=client_credentials");
        let answer = self.socket.send(request.as_bytes()).await.expect("an answer");
        assert!(answer.head.starts_with("HTTP/1.1 200"), "{} {}", answer.head, String::from_utf8_lossy(&answer.body));
    }
}

async fn own_tokens(demo: &Demo) {
    let mut party = Party::new();
    party.register(demo, "https://bench.example/").await;
    let ours = measured(demo.address, "/oauth2/token", party, &demo.child).await;
    let party = Party::new();
    let address = free_port();
    let theirs = oidc_provider(address, &party);
    let party = Party { issuer: format!("http://localhost:{}", address.port()), ..party };
    let limit = measured(address, "/token", party, &theirs).await;
    say(&format!(
        "client_credentials, ES256, durable          {:>9.0}/s   {:.0} µs of processor time each   (bar 4,000/s)\n\
         oidc-provider, in memory                   {:>9.0}/s   {:.0} µs each: ratio {:.2} (bar 0.33)",
        ours.0,
        ours.1,
        limit.0,
        limit.1,
        ours.1 / limit.1
    ));
}

/// The rate, and the microseconds of processor time that a token costs.
async fn measured(address: SocketAddr, path: &'static str, party: Party, process: &Process) -> (f64, f64) {
    let party = Arc::new(party);
    party.sign(ASSERTIONS);
    let before = process.processor_time();
    let load = closed(TakesToken::clients(address, path, &party).await, PHASE).await;
    let spent = process.processor_time() - before;
    (load.rate, spent.as_secs_f64() * 1e6 / count(load.done))
}

fn oidc_provider(address: SocketAddr, party: &Party) -> Process {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/bench-hukumati/oidc-provider");
    let installed = Command::new("npm").args(["ci", "--silent", "--no-audit"]).current_dir(&folder).status();
    assert!(installed.is_ok_and(|status| status.success()), "npm could not install oidc-provider");
    let mut command = Command::new("node");
    command.arg("provider.mjs").arg(address.port().to_string()).arg(party.jwks().to_string()).current_dir(&folder);
    Process::start(&mut command, "ready")
}

/// Somebody who is signed in already, and is sent to the provider again and again.
struct Flows {
    socket: Socket,
    address: SocketAddr,
    cookie: String,
    party: Arc<Party>,
    redirect: Arc<str>,
    verifier: String,
}

impl Flows {
    async fn answer(&mut self, request: &str) -> Answer {
        self.socket.send(request.as_bytes()).await.expect("an answer")
    }
    fn address_of(&self) -> String {
        authorization(&self.party, &self.redirect, &self.verifier)
    }
}

fn authorization(party: &Party, redirect: &str, verifier: &str) -> String {
    format!(
        "/oauth2/authorize?client_id={}&redirect_uri={}&response_type=code&scope=openid&state=s&nonce=n&code_challenge={}&code_challenge_method=S256",
        party.id,
        web::fields::encode(redirect),
        base64url(&sha256(verifier.as_bytes()))
    )
}

/// The path of where an answer leads.
fn onward(answer: &Answer) -> String {
    let to = answer.header("location").unwrap_or_else(|| panic!("{}", answer.head));
    match to.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        None => to.to_owned(),
    }
}

impl Work for Flows {
    async fn once(&mut self) {
        let mut path = self.address_of();
        while !path.contains("code=") || path.starts_with("/oauth2/") {
            let request = get(self.address, &path, &self.cookie);
            path = onward(&self.answer(&request).await);
        }
        let code = path.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code");
        let fields = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={}&code_verifier={}",
            web::fields::encode(&self.redirect),
            self.verifier
        );
        let request = self.party.call(self.address, "/oauth2/token", &fields);
        let answer = self.answer(&request).await;
        let told = String::from_utf8_lossy(&answer.body);
        assert!(answer.head.starts_with("HTTP/1.1 200") && told.contains("id_token"), "{} {told}", answer.head);
    }
}

/// Somebody who is signed in and let a system know them.
pub struct SignedIn {
    party: Arc<Party>,
    redirect: Arc<str>,
    verifier: String,
    cookie: String,
}

impl SignedIn {
    /// Signs in, registers a system and agrees to it.
    pub async fn begin(demo: &Demo) -> Self {
        let mut browser = Browser::new(demo.address, Duration::ZERO);
        browser.sign_in(crate::server::PASSWORDS[0]).await;
        // The way back is a page that is there.
        let redirect: Arc<str> = Arc::from(format!("http://localhost:{}/en", demo.address.port()));
        let mut party = Party::new();
        party.register(demo, &redirect).await;
        let verifier = base64url(&[7; 32]);
        browser.open(&authorization(&party, &redirect, &verifier)).await;
        browser.submit("name=\"answer\"", &[("answer", "allow")]).await;
        Self { party: Arc::new(party), redirect, verifier, cookie: browser.cookie() }
    }

    async fn flows(&self, address: SocketAddr) -> Vec<Flows> {
        let mut all = Vec::new();
        for _ in 0..CLIENTS {
            all.push(Flows {
                socket: Socket::open(address).await.expect("a connection"),
                address,
                cookie: self.cookie.clone(),
                party: Arc::clone(&self.party),
                redirect: Arc::clone(&self.redirect),
                verifier: self.verifier.clone(),
            });
        }
        all
    }

    /// As many flows as it answers.
    pub async fn full(&self, address: SocketAddr) -> Load {
        self.party.sign(ASSERTIONS / 2);
        closed(self.flows(address).await, PHASE).await
    }

    /// Flows at such a rate, for so long.
    pub async fn at(&self, address: SocketAddr, rate: f64, phase: Duration) -> Load {
        self.party.sign(ASSERTIONS / 2);
        open(self.flows(address).await, phase, rate).await
    }
}

async fn code_flow(demo: &Demo) {
    let person = SignedIn::begin(demo).await;
    let full = person.full(demo.address).await;
    let half = person.at(demo.address, full.rate / 2.0, PHASE).await;
    say(&format!(
        "code flow, ES256, without password hashing {:>9.0}/s   p99 {:.1} ms   (bar 1,200/s)\n  \
         at half load {:>9.0}/s   p50 {:.1} ms   p99 {:.1} ms   (bar 50 ms)",
        full.rate, full.p99_ms, half.rate, half.p50_ms, half.p99_ms
    ));
}

/// Somebody who types a number and a password that are nobody's: as much work
/// as a right one.
struct Types {
    browser: Browser,
    socket: Socket,
    address: SocketAddr,
    next: Arc<AtomicUsize>,
}

impl Work for Types {
    async fn once(&mut self) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let number = IdNumber::complete(u32::try_from(90_000_000 + number).expect("a number"));
        let typed = [("id_number", number.as_str()), ("password", "almonds-of-the-north-valley")];
        let (action, body) = self.browser.form("id_number", &typed);
        let request = format!(
            "POST {action} HTTP/1.1\r\nhost: localhost:{}\r\nsec-fetch-site: same-origin\r\ncookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.address.port(),
            self.browser.cookie(),
            body.len()
        );
        let answer = self.socket.send(request.as_bytes()).await.expect("an answer");
        assert!(answer.head.starts_with("HTTP/1.1 422"), "{} {}", answer.head, String::from_utf8_lossy(&answer.body));
    }
}

async fn passwords(demo: &Demo) {
    let limit = hashes().await;
    let next = Arc::new(AtomicUsize::new(0));
    let mut typing = Vec::new();
    for _ in 0..TYPING {
        let mut browser = Browser::new(demo.address, Duration::ZERO);
        browser.open("/en/sign-in?return=%2Fen").await;
        let socket = Socket::open(demo.address).await.expect("a connection");
        typing.push(Types { browser, socket, address: demo.address, next: Arc::clone(&next) });
    }
    let home = Arc::from(get(demo.address, "/", ""));
    let readers = Asks::clients(demo.address, READERS, home).await;
    let reading = tokio::spawn(open(readers, PHASE, 200.0));
    let ours = closed(typing, PHASE).await;
    let pages: Load = reading.await.expect("readers");
    report("password sign-ins beside bare argon2id (19 MiB, t=2, p=1)", ours.rate, limit, 0.9);
    say(&format!("  home meanwhile: p50 {:.1} ms   p99 {:.1} ms   (bar 50 ms)", pages.p50_ms, pages.p99_ms));
}

/// As many as all processors hash in a second.
async fn hashes() -> f64 {
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let hasher = Hasher::default();
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..workers {
        let hasher = hasher.clone();
        tasks.spawn(async move {
            let mut done = 0;
            while started.elapsed() < PHASE {
                hasher.hash("almonds-of-the-north-valley", [7; 16]).await.expect("a hash");
                done += 1;
            }
            done
        });
    }
    let done: usize = tasks.join_all().await.into_iter().sum();
    count(done) / started.elapsed().as_secs_f64()
}
