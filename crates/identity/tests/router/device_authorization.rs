//! Devices without a browser (RFC 8628) through the router, on both engines:
//! the whole way, a device that hurries, codes that are over, guessed, another's
//! or taken twice, and who may say yes.

use crate::kit::ministry::{CALLBACK, Ministry, NUMBER, PHONE, VERIFIER, with_policy};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start_with};
use base::{Assurance, SeededEntropy};
use http::{Method, StatusCode};
use identity::{Client, Grant, Holders, Limits, Policy, Preset};
use seal::{Algorithm, SigningKey};
use serde_json::{Value, json};
use store::Key;
use testkit::{World, on_both_engines};

const OTHER: (&str, &str) = ("800000002", "+970599123457");

async fn with_devices(world: World, preset: Preset) -> (Portal, Ministry, Browser) {
    with_policy(world, Policy { preset, grants: vec![Grant::DeviceCode], ..Policy::default() }).await
}

/// Time passes, for the portal and for the ministry.
fn wait(portal: &Portal, ministry: &mut Ministry, seconds: i64) {
    portal.clock.advance_seconds(seconds);
    ministry.now += seconds;
}

async fn begin_with(ministry: &mut Ministry, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![("scope", "openid profile id_number offline_access"), ("ui_locales", "en")];
    fields.extend(more);
    ministry.ask("/oauth2/device_authorization", &fields).await
}

/// A device begins: its code, and the one that it shows.
async fn begin(ministry: &mut Ministry, more: &[(&str, &str)]) -> (String, String) {
    let begun = begin_with(ministry, more).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text);
    let text = |name: &str| begun.json()[name].as_str().unwrap().to_owned();
    (text("device_code"), text("user_code"))
}

async fn poll(ministry: &mut Ministry, code: &str) -> Value {
    let fields = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code)];
    ministry.ask("/oauth2/token", &fields).await.json()
}

/// The error of a poll.
async fn refused(ministry: &mut Ministry, code: &str) -> String {
    let polled = poll(ministry, code).await;
    polled["error"].as_str().unwrap_or_else(|| panic!("{polled}")).to_owned()
}

/// Follows to the page of signing in and answers it with both factors, or with the password alone.
async fn sign_in(portal: &Portal, browser: &mut Browser, address: &str, who: (&str, &str), strong: bool) -> Page {
    let page = browser.visit(address).await;
    let page = browser.answer(&page, "password", &[("id_number", who.0), ("password", PASSWORD)]).await;
    if !strong {
        return browser.answer(&page, "skip", &[]).await;
    }
    let code = portal.code(who.1).await;
    browser.answer(&page, "code", &[("code", &code)]).await
}

/// Types a code at a page that is signed in.
async fn type_code(browser: &mut Browser, code: &str) -> Page {
    let page = browser.get("/en/device").await;
    browser.answer(&page, "", &[("user_code", code)]).await
}

async fn say(browser: &mut Browser, page: &Page, answer: &str) -> Page {
    browser.answer(page, "", &[("answer", answer)]).await
}

const LAYLA: (&str, &str) = (NUMBER, PHONE);

async fn userinfo(browser: &mut Browser, tokens: &Value) -> Page {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await
}

mod sql {
    store::statements! {
        /// What lies there of the codes.
        CODES = "SELECT device_code, user_code FROM identity_device";
        /// Breaks something.
        LOST = "UPDATE identity_device SET stage = 'allowed'";
    }
}

#[test]
fn a_device_has_tokens_once_somebody_allows_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        let known = ministry.browser.get("/.well-known/openid-configuration").await.json();
        assert_eq!(known["device_authorization_endpoint"], format!("{}/oauth2/device_authorization", portal.origin));
        let begun = begin_with(&mut ministry, &[]).await;
        assert_eq!((begun.status, begun.header("cache-control")), (StatusCode::OK, "no-store"), "{}", begun.text);
        let begun = begun.json();
        let (device_code, user_code) =
            (begun["device_code"].as_str().unwrap().to_owned(), begun["user_code"].as_str().unwrap().to_owned());
        assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(600), &json!(5)));
        assert_eq!(begun["verification_uri"], format!("{}/en/device", portal.origin));
        let complete = begun["verification_uri_complete"].as_str().unwrap();
        assert_eq!(complete, format!("{}/en/device?user_code={user_code}", portal.origin));
        let rows = portal.ctx.read(|read| read.rows(&sql::CODES, &[])).await.unwrap();
        let kept = [0, 1].map(|column| rows[0].get::<Vec<u8>>(column).unwrap().len());
        assert_eq!(kept, [32, 16], "a hash, and a keyed one: not the codes");
        assert_eq!(refused(&mut ministry, &device_code).await, "authorization_pending");
        let page = sign_in(&portal, &mut browser, complete, LAYLA, true).await;
        assert!(page.text.contains(&format!("value=\"{user_code}\"")), "only filled in: {}", page.text);
        let typed = user_code.to_lowercase().replace('-', " ");
        let page = browser.answer(&page, "", &[("user_code", &typed)]).await;
        for words in ["Ministry of Health", "id=\"place\">127.0.0.1<", "id=\"allow\"", "ID number", "stays connected"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        wait(&portal, &mut ministry, 5);
        assert_eq!(refused(&mut ministry, &device_code).await, "authorization_pending", "seen is not allowed");
        let page = say(&mut browser, &page, "allow").await;
        assert!(page.text.contains("id=\"allowed\""), "{}", page.text);
        wait(&portal, &mut ministry, 5);
        let tokens = poll(&mut ministry, &device_code).await;
        let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!((&claims["acr"], claims.get("nonce")), (&json!("substantial"), None));
        let told = userinfo(&mut browser, &tokens).await.json();
        assert_eq!((&told["id_number"], &told["sub"]), (&json!(NUMBER), &claims["sub"]));
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let renewed = ministry.ask("/oauth2/token", &fields).await.json();
        assert_ne!(renewed["refresh_token"], tokens["refresh_token"], "they rotate");
        let account = browser.get("/en/account").await;
        let (sessions, rest) = account.text.split_once("id=\"allowed\"").unwrap();
        assert!(sessions.contains("Ministry of Health") && rest.contains("Ministry of Health"), "{}", account.text);
        portal.holds().await;

        // The code again: whoever has it now, nobody has the tokens.
        assert_eq!(refused(&mut ministry, &device_code).await, "invalid_grant");
        assert_eq!(userinfo(&mut browser, &renewed).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused(&mut ministry, &device_code).await, "invalid_grant", "and again");
        portal.holds().await;
        portal.clock.advance_seconds(25 * 3_600);
        for job in portal.systems.iter().flat_map(|system| system.jobs.clone()) {
            if job.name == "identity.clear" {
                job.run_once(&portal.ctx, "test").await.unwrap();
            }
        }
        assert!(portal.ctx.read(|read| read.rows(&sql::CODES, &[])).await.unwrap().is_empty());
        portal.holds().await;
    });
}

#[test]
fn a_device_that_hurries_is_slowed_down_and_remembered() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, _browser) = with_devices(world, Preset::Standard).await;
        let (code, _) = begin(&mut ministry, &[]).await;
        let (other, _) = begin(&mut ministry, &[]).await;
        for (pause, error) in [
            (0, "authorization_pending"),
            (5, "authorization_pending"),
            (4, "authorization_pending"),
            (3, "slow_down"),
            (8, "slow_down"),
            (13, "slow_down"),
            (19, "authorization_pending"),
            (18, "slow_down"),
            (24, "authorization_pending"),
        ] {
            wait(&portal, &mut ministry, pause);
            assert_eq!(refused(&mut ministry, &code).await, error, "after {pause} s");
        }
        assert_eq!(refused(&mut ministry, &other).await, "authorization_pending", "each has its own");
        for hurry in 0..12 {
            assert_eq!(refused(&mut ministry, &other).await, "slow_down", "{hurry}");
        }
        wait(&portal, &mut ministry, 60);
        assert_eq!(refused(&mut ministry, &other).await, "authorization_pending", "a minute is the most");
    });
}

#[test]
fn codes_are_over_after_ten_minutes() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        let (code, shown) = begin(&mut ministry, &[]).await;
        let (allowed, allowed_shown) = begin(&mut ministry, &[]).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        let page = type_code(&mut browser, &allowed_shown).await;
        let asks = type_code(&mut browser, &shown).await;
        assert!(say(&mut browser, &page, "allow").await.text.contains("id=\"allowed\""));
        wait(&portal, &mut ministry, 599);
        assert_eq!(refused(&mut ministry, &code).await, "authorization_pending");
        wait(&portal, &mut ministry, 1);
        assert_eq!(refused(&mut ministry, &code).await, "expired_token");
        assert_eq!(refused(&mut ministry, &allowed).await, "expired_token", "allowed, and never fetched");
        let late = say(&mut browser, &asks, "allow").await;
        assert_eq!(late.status, StatusCode::NOT_FOUND, "{}", late.text);
        let page = type_code(&mut browser, &shown).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn codes_cannot_be_guessed() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        let (_, shown) = begin(&mut ministry, &[]).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        for wrong in ["BBBB-BBBB", "", "ABCD-EFGH", "BBBBBBB", "<b>", "BBBB-BBBC", "1", "2", "3", "4"] {
            let page = type_code(&mut browser, wrong).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", page.text);
            assert!(page.text.contains("id=\"user-code-error\"") && !page.text.contains("<b>"), "{}", page.text);
        }
        let page = type_code(&mut browser, &shown).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "also the right one: {}", page.text);
        // Another session of the account starts no counter again.
        let mut again = portal.browser();
        wait(&portal, &mut ministry, 60);
        sign_in(&portal, &mut again, "/sign-in?return=/en/device", LAYLA, true).await;
        assert_eq!(type_code(&mut again, &shown).await.status, StatusCode::TOO_MANY_REQUESTS);
        wait(&portal, &mut ministry, 601);
        let (_, shown) = begin(&mut ministry, &[]).await;
        assert!(type_code(&mut again, &shown).await.text.contains("id=\"allow\""));
        portal.holds().await;
    });
}

#[test]
fn only_who_typed_the_code_answers_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        portal.citizen(OTHER.0, Some(OTHER.1), Assurance::Substantial).await;
        let (code, shown) = begin(&mut ministry, &[]).await;
        assert_eq!(portal.browser().get("/device").await.status, StatusCode::SEE_OTHER, "nobody is signed in");
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        let asks = type_code(&mut browser, &shown).await;
        let mut stranger = portal.browser();
        sign_in(&portal, &mut stranger, "/sign-in?return=/en/device", OTHER, true).await;
        let page = type_code(&mut stranger, &shown).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        let own = type_code(&mut stranger, &begin(&mut ministry, &[]).await.1).await;
        for answer in ["allow", "deny"] {
            let body = format!("{}&answer={answer}", own.token());
            let page = stranger.post(&asks.action(), body).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{answer}: {}", page.text);
        }
        assert_eq!(stranger.get(&asks.action()).await.status, StatusCode::NOT_FOUND);
        // A form that no page of ours made for this browser does nothing.
        let forged = browser.post(&asks.action(), format!("{}&answer=allow", own.token())).await;
        assert_ne!(forged.status, StatusCode::SEE_OTHER, "{}", forged.text);
        assert_eq!(refused(&mut ministry, &code).await, "authorization_pending");
        let page = say(&mut browser, &asks, "deny").await;
        assert!(page.text.contains("id=\"refused\""), "{}", page.text);
        assert_eq!(refused(&mut ministry, &code).await, "access_denied");
        let page = say(&mut browser, &asks, "allow").await;
        assert!(page.text.contains("id=\"refused\""), "no is no: {}", page.text);
        assert_eq!(type_code(&mut browser, &shown).await.status, StatusCode::UNPROCESSABLE_ENTITY, "used");
        assert_eq!(refused(&mut ministry, &code).await, "access_denied");
        portal.holds().await;
    });
}

#[test]
fn fapi_binds_the_code_and_the_tokens() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Fapi2).await;
        let key = |seed| Some(SigningKey::generate(Algorithm::P256, &SeededEntropy::new(seed)).unwrap());
        ministry.prover = key(21);
        let (code, shown) = begin(&mut ministry, &[]).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        let asks = type_code(&mut browser, &shown).await;
        say(&mut browser, &asks, "allow").await;
        ministry.prover = None;
        assert_eq!(refused(&mut ministry, &code).await, "invalid_request", "unbound");
        ministry.prover = key(22);
        assert_eq!(refused(&mut ministry, &code).await, "invalid_grant", "another key");
        ministry.id = "school";
        ministry.prover = key(21);
        assert_eq!(refused(&mut ministry, &code).await, "invalid_grant", "another client");
        ministry.id = "health";
        let tokens = poll(&mut ministry, &code).await;
        assert_eq!(tokens["token_type"], "DPoP", "{tokens}");
        assert_eq!(userinfo(&mut browser, &tokens).await.status, StatusCode::UNAUTHORIZED, "without the key");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        let renewed = ministry.ask("/oauth2/token", &fields).await.json();
        assert!(renewed.get("refresh_token").is_none() && renewed.get("access_token").is_some(), "it stays the same");
        portal.holds().await;
    });
}

#[test]
fn more_assurance_is_asked_for_before_the_answer() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        let insists = |level: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{level}"}}}}}}"#);
        let (code, shown) = begin(&mut ministry, &[("claims", &insists("substantial"))]).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, false).await;
        let asks = type_code(&mut browser, &shown).await;
        assert!(asks.text.contains("id=\"step-up\"") && !asks.text.contains("id=\"allow\""), "{}", asks.text);
        assert_eq!(say(&mut browser, &asks, "allow").await.status, StatusCode::NOT_FOUND, "not so");
        let link = asks.text.split_once("id=\"step-up\" href=\"").unwrap().1.split('"').next().unwrap();
        let link = link.replace("&#38;", "&");
        wait(&portal, &mut ministry, 31);
        let asks = sign_in(&portal, &mut browser, &link, LAYLA, true).await;
        assert!(asks.text.contains("id=\"allow\""), "the same code goes on: {}", asks.text);
        say(&mut browser, &asks, "allow").await;
        let tokens = poll(&mut ministry, &code).await;
        assert_eq!(ministry.claims(tokens["id_token"].as_str().unwrap()).await["acr"], "substantial");
        // Insisted on what the account has not: nothing but a refusal.
        let (code, shown) = begin(&mut ministry, &[("claims", &insists("high"))]).await;
        let asks = type_code(&mut browser, &shown).await;
        assert!(asks.text.contains("id=\"unmet\"") && !asks.text.contains("id=\"allow\""), "{}", asks.text);
        say(&mut browser, &asks, "deny").await;
        assert_eq!(refused(&mut ministry, &code).await, "access_denied");
        // Only wished for: it is told as it is.
        let (code, shown) = begin(&mut ministry, &[("acr_values", "high")]).await;
        let asks = type_code(&mut browser, &shown).await;
        say(&mut browser, &asks, "allow").await;
        let tokens = poll(&mut ministry, &code).await;
        assert_eq!(ministry.claims(tokens["id_token"].as_str().unwrap()).await["acr"], "substantial");
        portal.holds().await;
    });
}

#[test]
fn what_is_taken_back_before_the_device_comes_is_not_given() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        let (code, shown) = begin(&mut ministry, &[]).await;
        let asks = type_code(&mut browser, &shown).await;
        say(&mut browser, &asks, "allow").await;
        let account = browser.get("/account").await;
        browser.post("/account/consents/health/withdraw", account.token()).await;
        assert_eq!(refused(&mut ministry, &code).await, "access_denied", "the consent");
        let (code, shown) = begin(&mut ministry, &[]).await;
        let asks = type_code(&mut browser, &shown).await;
        say(&mut browser, &asks, "allow").await;
        let account = browser.get("/account").await;
        browser.post("/account/sessions/end", account.token()).await;
        assert_eq!(refused(&mut ministry, &code).await, "invalid_grant", "the session");
        portal.holds().await;
    });
}

#[test]
fn who_may_not_begin_and_what_is_no_code() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_devices(world, Preset::Standard).await;
        let refused_with = async |ministry: &mut Ministry, more: &[(&str, &str)]| {
            ministry.ask("/oauth2/device_authorization", more).await.json()["error"].as_str().unwrap().to_owned()
        };
        assert_eq!(refused_with(&mut ministry, &[("scope", "profile")]).await, "invalid_scope");
        assert_eq!(refused_with(&mut ministry, &[("scope", "openid"), ("claims", "{")]).await, "invalid_request");
        let anybody = ministry.browser.post("/oauth2/device_authorization", "client_id=health&scope=openid").await;
        assert_eq!(anybody.json()["error"], "invalid_client");
        assert_eq!(refused(&mut ministry, "unknown").await, "invalid_grant");
        // It is no code of the other flow, and that flow's is none here.
        let (code, shown) = begin(&mut ministry, &[]).await;
        sign_in(&portal, &mut browser, "/sign-in?return=/en/device", LAYLA, true).await;
        let asks = type_code(&mut browser, &shown).await;
        say(&mut browser, &asks, "allow").await;
        for address in [CALLBACK, "x"] {
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", address),
                ("code_verifier", VERIFIER),
            ];
            assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], "invalid_grant", "{address}");
        }
        assert!(poll(&mut ministry, &code).await.get("access_token").is_some());

        let client = portal.ctx.read(|read| identity::client(read, "health")).await.unwrap().unwrap();
        for (holders, grants) in [(Holders::Citizens, vec![]), (Holders::Officers, vec![Grant::DeviceCode])] {
            let policy = Policy { grants, ..Policy::standard() };
            let changed = Client { holders, policy, ..client.clone() };
            identity::seed::client(&portal.ctx, changed).await.unwrap();
            assert_eq!(refused_with(&mut ministry, &[("scope", "openid")]).await, "unauthorized_client");
        }
        portal.holds().await;
    });
}

#[test]
fn the_invariant_sees_what_breaks_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, _browser) = with_devices(world, Preset::Standard).await;
        begin(&mut ministry, &[]).await;
        portal.holds().await;
        let broken = portal.ctx.write(Key::once(&portal.ctx), |tx| tx.execute(&sql::LOST, &[]).map(drop));
        broken.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
        assert_eq!(portal.broken().await, ["identity.devices_agree_with_authorizations"]);
    });
}

#[test]
fn guesses_from_one_address_are_counted_together_whoever_guesses() {
    on_both_engines(&schemas(), |world| async move {
        let limits = Limits { address_per_minute: 1_000, user_codes_per_address: 3, ..Limits::default() };
        let portal = start_with(world, limits).await;
        let mut guessers = Vec::new();
        for who in [LAYLA, OTHER] {
            portal.citizen(who.0, Some(who.1), Assurance::Substantial).await;
            let mut browser = portal.browser();
            sign_in(&portal, &mut browser, "/en/sign-in?level=substantial&return=/en/device", who, true).await;
            guessers.push(browser);
        }
        for (guesser, status) in [
            (0, StatusCode::UNPROCESSABLE_ENTITY),
            (1, StatusCode::UNPROCESSABLE_ENTITY),
            (0, StatusCode::UNPROCESSABLE_ENTITY),
            (1, StatusCode::TOO_MANY_REQUESTS),
            (0, StatusCode::TOO_MANY_REQUESTS),
        ] {
            assert_eq!(type_code(&mut guessers[guesser], "BBBB-BBBB").await.status, status);
        }
        portal.clock.advance_seconds(601);
        assert_eq!(type_code(&mut guessers[0], "BBBB-BBBB").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}
