//! Time says nothing: wrong password against unknown number, wrong day of birth
//! against unknown number, by Welch's t over tries in random order. The same
//! measure finds an answer that comes too early.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]
#![expect(clippy::print_stdout, reason = "the figures that were reached")]

#[expect(dead_code, reason = "each test file uses its part of the kit")]
mod kit;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::{Assurance, Entropy, SeededEntropy};
use http::StatusCode;
use identity::password::Hasher;
use identity::{Config, Limits};
use kit::{Browser, Page, Portal, cheap, schemas, start_as};
use testkit::{Engine, world};

/// Known to the registers, with an account; and known to nobody.
const KNOWN: &str = "900000001";
const UNKNOWN: &str = "800000002";
/// Beyond this, two means differ.
const T_MAX: f64 = 4.5;
/// Tries of each comparison; more with `HUKUMATI_TIMING_TRIES`.
const TRIES: usize = 1_000;
/// Rounds of a tenth of them in which a planted difference must be seen.
const ROUNDS: usize = 10;
/// Tries that are under way at once.
const AT_ONCE: usize = 4;
/// The time within which nothing shows, milliseconds: longer than a try takes
/// in an unoptimised build.
const FLOOR_MS: u64 = 60;
/// One measurement at a time.
static QUIET: Mutex<()> = Mutex::new(());
const SEED: u64 = 31;

fn config(floor_ms: u64) -> Config {
    let many = 10_000_000;
    let limits = Limits {
        address_per_minute: many,
        pair_per_minute: many,
        pair_per_half_day: many,
        failures_in_a_row: many,
        openings_per_address_per_hour: many,
        openings_per_number_per_day: many,
        ..Limits::default()
    };
    Config { patience_ms: floor_ms, refusal_ms: floor_ms, lookup_limit_ms: 1_000, limits, ..Config::default() }
}

fn tries() -> usize {
    std::env::var("HUKUMATI_TIMING_TRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(TRIES)
}

/// Seconds of one kind of try.
#[derive(Default)]
struct Kind(Vec<f64>);

impl Kind {
    fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / count(&self.0)
    }
    /// The variance of the mean.
    fn spread(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.0.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (count(&self.0) - 1.0) / count(&self.0)
    }
}

/// Both kinds.
#[derive(Default)]
struct Both {
    known: Kind,
    unknown: Kind,
}

impl Both {
    /// Welch's t.
    fn t(&self) -> f64 {
        let (known, unknown) = (&self.known, &self.unknown);
        let t = (known.mean() - unknown.mean()) / (known.spread() + unknown.spread()).sqrt();
        let (one, other) = (known.mean() * 1e3, unknown.mean() * 1e3);
        println!("known {one:.3} ms, unknown {other:.3} ms, t {t:.2} over {} tries", known.0.len() + unknown.0.len());
        t.abs()
    }
    fn take(&mut self, (is_known, counts, took): (bool, bool, Duration)) {
        if counts {
            (if is_known { &mut self.known } else { &mut self.unknown }).0.push(took.as_secs_f64());
        }
    }
    fn add(&mut self, more: Self) {
        self.known.0.extend(more.known.0);
        self.unknown.0.extend(more.unknown.0);
    }
}

fn count(values: &[f64]) -> f64 {
    f64::from(u32::try_from(values.len()).unwrap())
}

/// Runs as many tries of both kinds, in an order that nobody can foresee but
/// the seed, a few at once.
async fn measure<F: Future<Output = Duration> + Send + 'static>(
    tries: usize,
    seed: u64,
    attempt: impl Fn(bool) -> F,
) -> Both {
    let order = SeededEntropy::new(SEED + seed);
    let mut both = Both::default();
    let mut running = tokio::task::JoinSet::new();
    for begun in 0..tries {
        if running.len() == AT_ONCE {
            both.take(running.join_next().await.unwrap().unwrap());
        }
        let mut byte = [0];
        order.fill(&mut byte);
        let is_known = byte[0] % 2 == 0;
        let one = attempt(is_known);
        // The first tries warm caches and connections.
        let counts = begun >= tries / 20;
        running.spawn(async move { (is_known, counts, one.await) });
    }
    while let Some(done) = running.join_next().await {
        both.take(done.unwrap());
    }
    both
}

/// Wrong passwords on a page that was loaded once.
async fn sign_ins(portal: &Portal, tries: usize, round: u64) -> Both {
    let mut browser = portal.browser();
    let page = browser.visit("/sign-in?level=low&return=/mine").await;
    let action = page.action();
    let step = action.rsplit_once('/').unwrap().0.to_owned() + "/password";
    let body = |number: &str| format!("{}&id_number={number}&password=not+this+one", page.token());
    let bodies = [body(KNOWN), body(UNKNOWN)];
    measure(tries, round, |is_known| {
        let (mut browser, step, body) = (browser.clone(), step.clone(), bodies[usize::from(!is_known)].clone());
        async move {
            let began = Instant::now();
            let page = browser.post(&step, body).await;
            let took = began.elapsed();
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
            took
        }
    })
    .await
}

async fn asked_for_the_day(mut browser: Browser, number: &str) -> (Browser, Page) {
    let page = browser.visit("/account/open").await;
    let page = browser.answer(&page, "", &[("id_number", number), ("return_to", "/mine")]).await;
    (browser, page)
}

/// A day of birth that is nobody's, at an opening of its own.
async fn openings(portal: &Portal, tries: usize, round: u64) -> Both {
    let browser = portal.browser();
    measure(tries, round, |is_known| {
        let (browser, number) = (browser.clone(), if is_known { KNOWN } else { UNKNOWN });
        async move {
            let (mut browser, page) = asked_for_the_day(browser, number).await;
            let action = page.action();
            let body = format!("{}&day=1&month=2&year=1990", page.token());
            let began = Instant::now();
            let answer = browser.post(&action, body).await;
            let took = began.elapsed();
            let shown = browser.follow(answer).await;
            assert!(shown.text.contains(kit::words(base::Locale::AR).refused_title()), "{}", shown.text);
            took
        }
    })
    .await
}

/// A portal where somebody has an account, and the registers know them.
async fn portal(floor_ms: u64) -> Portal {
    let portal = start_as(world(Engine::Sqlite, &schemas()), config(floor_ms), cheap()).await;
    portal.registers.put(KNOWN, "1988-03-27", "alive", &["+970599123456"]);
    portal
}

fn run(body: impl Future<Output = ()>) {
    let _quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(body);
}

#[test]
fn a_wrong_password_takes_as_long_as_an_unknown_number() {
    run(async {
        let portal = portal(FLOOR_MS).await;
        portal.citizen_hashed(KNOWN, Some("+970599123456"), Assurance::Substantial, &cheap()).await;
        assert!(sign_ins(&portal, tries(), 0).await.t() < T_MAX);
    });
    // The account's hash costs what hashes cost, an unknown number is answered
    // without: the same measure sees it.
    run(async {
        let portal = portal(0).await;
        portal.citizen_hashed(KNOWN, Some("+970599123456"), Assurance::Substantial, &Hasher::default()).await;
        let mut both = Both::default();
        for round in 1..=ROUNDS {
            both.add(sign_ins(&portal, tries() / ROUNDS, u64::try_from(round).unwrap()).await);
            if both.t() > T_MAX {
                return;
            }
        }
        panic!("an early answer is not seen");
    });
}

#[test]
fn a_wrong_day_of_birth_takes_as_long_as_an_unknown_number() {
    run(async {
        let portal = portal(FLOOR_MS).await;
        assert!(openings(&portal, tries() / 2, 0).await.t() < T_MAX);
    });
    run(async {
        let portal = portal(0).await;
        portal.registers.slow(KNOWN, Duration::from_millis(20));
        let mut both = Both::default();
        for round in 1..=ROUNDS {
            both.add(openings(&portal, tries() / ROUNDS, u64::try_from(round).unwrap()).await);
            if both.t() > T_MAX {
                return;
            }
        }
        panic!("an early answer is not seen");
    });
}
