//! Codes by a call, through the router on both engines: the same transaction, life
//! and counters as by SMS, fixed lines, and no button where nobody can call.

use std::sync::{Arc, Mutex};

use crate::kit::{Browser, PASSWORD, Page, Portal, cheap, schemas, start_as};
use base::{Assurance, Role};
use http::StatusCode;
use identity::{Config, Limits};
use notify::Gateways;
use serde_json::Value;
use testkit::{World, on_both_engines};

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";
const LINE: &str = "+97022961234";

mod sql {
    store::statements! {
        /// How sessions were begun.
        SESSIONS = "SELECT methods, network FROM identity_session ORDER BY id";
        /// What was counted.
        COUNTED = "SELECT client, detail, total FROM identity_count WHERE event = $1 ORDER BY detail";
    }
}

/// The companies outside: where each message came in, and what it was.
struct Phones {
    origin: String,
    taken: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Phones {
    async fn new() -> Self {
        let taken: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let kept = Arc::clone(&taken);
        let address = testkit::answering_to(move |head, body| {
            let path = head.split(' ').nth(1).unwrap().to_owned();
            kept.lock().unwrap().push((path, serde_json::from_str(body).unwrap()));
            ("200 OK", "{}".to_owned())
        });
        Self { origin: format!("http://{}", address.await), taken }
    }
    /// The last message to a number, and where it came in.
    async fn last(&self, portal: &Portal, to: &str) -> (String, Value) {
        let gateways = Gateways {
            sms_url: Some(format!("{}/sms", self.origin)),
            voice_url: Some(format!("{}/calls", self.origin)),
            ..Gateways::default()
        };
        store::dispatch_once(&portal.ctx, &notify::system(gateways).subscribers).await.unwrap();
        let mut all = self.taken.lock().unwrap();
        all.sort_by_key(|(_, message)| message["id"].as_str().unwrap().to_owned());
        all.iter().rev().find(|(_, message)| message["to"] == to).cloned().unwrap()
    }
    /// The code of the last call, which says it twice.
    async fn called(&self, portal: &Portal, to: &str, lang: &str) -> String {
        let (path, message) = self.last(portal, to).await;
        let text = message["text"].as_str().unwrap();
        assert_eq!((path.as_str(), &message["lang"]), ("/calls", &Value::from(lang)), "{text}");
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (first, again) = digits.split_at(6);
        assert_eq!(first, again, "{text}");
        let comma = if lang == "en" { ", " } else { "، " };
        let one_by_one = first.chars().map(String::from).collect::<Vec<_>>().join(comma);
        assert_eq!(text.matches(&one_by_one).count(), 2, "{text}");
        first.to_owned()
    }
    async fn texted(&self, portal: &Portal, to: &str) -> String {
        let (path, message) = self.last(portal, to).await;
        assert_eq!(path, "/sms", "{message}");
        message["text"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned()
    }
}

async fn with_calls(world: World, limits: Limits) -> (Portal, Phones) {
    let config = Config {
        patience_ms: 5,
        refusal_ms: 5,
        lookup_limit_ms: 1_000,
        calls: true,
        sms_price_minor: 6,
        call_price_minor: 25,
        limits: Limits { address_per_minute: 1_000, pair_per_minute: 100, ..limits },
        ..Config::default()
    };
    (start_as(world, config, cheap()).await, Phones::new().await)
}

/// Number and password were right: the page of the code.
async fn at_code(browser: &mut Browser, language: &str) -> Page {
    at_code_of(browser, language, NUMBER).await
}

async fn at_code_of(browser: &mut Browser, language: &str, number: &str) -> Page {
    let page = browser.visit(&format!("{language}/sign-in?level=substantial&return=/who")).await;
    browser.answer(&page, "password", &[("id_number", number), ("password", PASSWORD)]).await
}

async fn by_call(portal: &Portal, browser: &mut Browser, page: &Page) -> Page {
    portal.clock.advance_seconds(31);
    browser.answer(page, "resend", &[("way", "call")]).await
}

async fn methods(portal: &Portal) -> Vec<String> {
    let rows = portal.ctx.read(|read| read.rows(&sql::SESSIONS, &[])).await.unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[test]
fn a_call_says_the_code_in_the_language_of_the_page() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        for (language, lang) in [("/en", "en"), ("", "ar")] {
            let mut browser = portal.browser();
            portal.clock.advance_seconds(60);
            let page = at_code(&mut browser, language).await;
            assert!(page.text.contains("id=\"by-call\"") && !page.text.contains("id=\"called\""), "{}", page.text);
            let texted = phones.texted(&portal, PHONE).await;
            let page = by_call(&portal, &mut browser, &page).await;
            assert!(page.text.contains("id=\"called\"") && page.text.contains("id=\"resend\""), "{}", page.text);
            let called = phones.called(&portal, PHONE, lang).await;
            if texted != called {
                let page = browser.answer(&page, "code", &[("code", &texted)]).await;
                assert!(page.text.contains("id=\"code-error\""), "the message before it is over: {}", page.text);
            }
            let page = browser.answer(&page, "code", &[("code", &called)]).await;
            assert!(page.text.contains("Substantial"), "{}", page.text);
        }
        assert_eq!(methods(&portal).await, ["pwd tel", "pwd tel"]);
        portal.holds().await;
    });
}

#[test]
fn two_people_of_one_telephone_are_each_rung_for_their_own() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        for number in [NUMBER, "800000002"] {
            portal.citizen(number, Some(PHONE), Assurance::Substantial).await;
        }
        let (mut mother, mut son) = (portal.browser(), portal.browser());
        let hers = at_code_of(&mut mother, "/en", NUMBER).await;
        portal.clock.advance_seconds(31);
        let his = at_code_of(&mut son, "", "800000002").await;
        // The telephone rings for one after the other, as for one person: they share its pause.
        let hers = by_call(&portal, &mut mother, &hers).await;
        let her_code = phones.called(&portal, PHONE, "en").await;
        let early = son.answer(&his, "resend", &[("way", "call")]).await;
        assert!(!early.text.contains("id=\"called\""), "within the pause: {}", early.text);
        let his = by_call(&portal, &mut son, &his).await;
        let his_code = phones.called(&portal, PHONE, "ar").await;
        // What was said to one opens nothing of the other.
        if her_code != his_code {
            for (browser, page, code) in [(&mut mother, &hers, &his_code), (&mut son, &his, &her_code)] {
                let wrong = browser.answer(page, "code", &[("code", code)]).await;
                assert!(wrong.text.contains("id=\"code-error\""), "{}", wrong.text);
            }
        }
        let hers = mother.answer(&hers, "code", &[("code", &her_code)]).await;
        let his = son.answer(&his, "code", &[("code", &his_code)]).await;
        assert!(hers.text.contains("Substantial") && his.text.contains("Substantial"), "{} {}", hers.text, his.text);
        assert_ne!(hers.text, his.text, "each is in their own account");
        assert_eq!(methods(&portal).await, ["pwd tel", "pwd tel"]);
        portal.holds().await;
    });
}

#[test]
fn a_call_and_a_message_share_every_counter() {
    on_both_engines(&schemas(), |world| async move {
        let limits = Limits { code_tries_per_person: 3, ..Limits::default() };
        let (portal, phones) = with_calls(world, limits).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let page = at_code(&mut browser, "/en").await;
        let at_once = browser.answer(&page, "resend", &[("way", "call")]).await;
        assert_eq!(at_once.status, StatusCode::TOO_MANY_REQUESTS, "half a minute between a message and a call");
        let mut page = page;
        for way in ["call", "sms", "call", "sms"] {
            portal.clock.advance_seconds(31);
            page = browser.answer(&page, "resend", &[("way", way)]).await;
            assert_eq!(page.status, StatusCode::OK, "{way}");
        }
        for way in ["sms", "call"] {
            portal.clock.advance_seconds(31);
            let sixth = browser.answer(&page, "resend", &[("way", way)]).await;
            assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS, "five an hour, whichever way");
        }
        // Another hour, another sign-in: tries of codes are not begun again by a call.
        portal.clock.advance_seconds(3_600);
        let page = at_code(&mut browser, "/en").await;
        let right = phones.texted(&portal, PHONE).await;
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let mut last = page;
        for _ in 0..2 {
            last = browser.answer(&last, "code", &[("code", wrong)]).await;
            assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let page = by_call(&portal, &mut browser, &last).await;
        let wrong = if phones.called(&portal, PHONE, "en").await == "000000" { "000001" } else { "000000" };
        let third = browser.answer(&page, "code", &[("code", wrong)]).await;
        assert_eq!(third.status, StatusCode::UNPROCESSABLE_ENTITY);
        let called = phones.called(&portal, PHONE, "en").await;
        let fourth = browser.answer(&third, "code", &[("code", &called)]).await;
        assert_eq!(fourth.status, StatusCode::TOO_MANY_REQUESTS, "three tries, whichever codes");
    });
}

#[test]
fn a_call_serves_its_own_transaction_for_ten_minutes() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let (mut browser, mut other) = (portal.browser(), portal.browser());
        let page = at_code(&mut browser, "/en").await;
        let page = by_call(&portal, &mut browser, &page).await;
        let called = phones.called(&portal, PHONE, "en").await;
        portal.clock.advance_seconds(31);
        let elsewhere = at_code(&mut other, "/en").await;
        let texted = phones.texted(&portal, PHONE).await;
        if called != texted {
            let refused = other.answer(&elsewhere, "code", &[("code", &called)]).await;
            assert!(refused.text.contains("id=\"code-error\""), "{}", refused.text);
        }
        portal.clock.advance_seconds(600);
        let over = browser.answer(&page, "code", &[("code", &called)]).await;
        assert!(over.text.contains("id=\"code-error\"") && methods(&portal).await.is_empty(), "{}", over.text);
    });
}

#[test]
fn a_fixed_line_that_a_register_holds_is_rung() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &["02-2961234"]);
        let mut browser = portal.browser();
        let page = browser.visit("/en/account/open").await;
        let page = browser.answer(&page, "", &[("id_number", NUMBER), ("return_to", "")]).await;
        let page = browser.answer(&page, "born", &[("day", "27"), ("month", "3"), ("year", "1988")]).await;
        assert!(page.text.contains("id=\"called\"") && page.text.contains("id=\"by-call\""), "{}", page.text);
        assert!(!page.text.contains("id=\"resend\""), "no message reaches it");
        let code = phones.called(&portal, LINE, "en").await;
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        let mut again = portal.browser();
        portal.clock.advance_seconds(60);
        let page = at_code(&mut again, "/en").await;
        assert!(page.text.contains("id=\"called\"") && !page.text.contains("id=\"resend\""), "{}", page.text);
        let code = phones.called(&portal, LINE, "en").await;
        let page = again.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("Substantial"), "{}", page.text);
        assert!(methods(&portal).await.iter().all(|methods| methods == "pwd tel"));
        portal.holds().await;
    });
}

#[test]
fn an_account_is_recovered_by_a_call() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let page = at_code(&mut browser, "/en").await;
        let code = phones.texted(&portal, PHONE).await;
        browser.answer(&page, "code", &[("code", &code)]).await;
        let page = browser.get("/en/account/factors").await;
        let sheet = browser.post("/en/account/factors/sheet", page.token()).await;
        let printed = sheet.text.split("<li><bdi dir=\"ltr\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let mut lost = portal.browser();
        portal.clock.advance_seconds(60);
        let page = lost.visit("/en/account/recover").await;
        let page = lost.answer(&page, "", &[("id_number", NUMBER), ("code", &printed)]).await;
        let page = by_call(&portal, &mut lost, &page).await;
        assert!(page.text.contains("id=\"called\""), "{}", page.text);
        let code = phones.called(&portal, PHONE, "en").await;
        let page = lost.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("new_password"), "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn nobody_is_offered_a_call_that_nobody_makes() {
    on_both_engines(&schemas(), |world| async move {
        let portal = crate::kit::start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        portal.registers.put("800000002", "1988-03-27", "alive", &["022961234"]);
        let mut browser = portal.browser();
        let page = at_code(&mut browser, "/en").await;
        assert!(page.text.contains("id=\"resend\"") && !page.text.contains("by-call"), "{}", page.text);
        let before = portal.messages(PHONE).await.len();
        portal.clock.advance_seconds(31);
        let page = browser.answer(&page, "resend", &[("way", "call")]).await;
        assert!(page.text.contains("id=\"code\"") && !page.text.contains("id=\"called\""), "{}", page.text);
        assert_eq!(portal.messages(PHONE).await.len(), before, "and nothing is sent instead");
        // Who has a fixed line alone is where they were before there were calls.
        let mut other = portal.browser();
        let page = other.visit("/en/account/open").await;
        let page = other.answer(&page, "", &[("id_number", "800000002"), ("return_to", "")]).await;
        let page = other.answer(&page, "born", &[("day", "27"), ("month", "3"), ("year", "1988")]).await;
        assert!(page.text.contains("new_password"), "{}", page.text);
    });
}

#[test]
fn officers_see_what_calls_cost() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _phones) = with_calls(world, Limits::default()).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let page = at_code(&mut browser, "/en").await;
        let page = by_call(&portal, &mut browser, &page).await;
        by_call(&portal, &mut browser, &page).await;
        for (event, total) in [("sms", 1), ("call", 2)] {
            let rows = portal.ctx.read(move |read| read.rows(&sql::COUNTED, &store::params![event])).await.unwrap();
            assert_eq!((rows.len(), rows[0].get::<i64>(2).unwrap()), (1, total), "{event}");
        }
        let mut desk = portal.at_desk("nadia", "moi", Role::AuthenticationOfficer, "/en/desk/identity/figures").await;
        let page = desk.get("/en/desk/identity/figures").await;
        // Six agorot and twice twenty-five.
        assert!(page.text.contains("<td>1</td><td>2</td><td><bdi dir=\"ltr\">0.56 ₪</bdi></td>"), "{}", page.text);
    });
}

#[test]
fn sessions_and_entries_name_the_network_and_keep_no_address() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, phones) = with_calls(world, Limits::default()).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let page = browser.visit("/en/sign-in?level=substantial&return=/who").await;
        let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", "wrong wrong")]).await;
        let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = phones.texted(&portal, PHONE).await;
        browser.answer(&page, "code", &[("code", &code)]).await;
        let page = browser.get("/en/account").await;
        assert!(page.text.contains("<dd class=\"network\"><bdi>Local network</bdi></dd>"), "{}", page.text);
        let entries = page.text.split_once("id=\"entries\"").unwrap().1;
        assert_eq!(entries.matches(" · <bdi>Local network</bdi>").count(), 2, "{entries}");
        assert!(page.text.contains("(sample data)") && page.text.contains("id=\"to-device\""), "{}", page.text);
        assert!(!page.text.contains("127.0.0.1"));
        let rows = portal.ctx.read(|read| read.rows(&sql::SESSIONS, &[])).await.unwrap();
        assert_eq!(rows[0].get::<String>(1).unwrap(), "local");
    });
}
