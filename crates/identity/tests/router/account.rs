//! A person's own account through the router, on both engines: what they see,
//! what they end, and that it is really over.

use crate::kit::forms::send;
use crate::kit::ministry::{Ministry, NUMBER, PHONE, code_for, request, with_citizen};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas};
use base::Assurance;
use http::{Method, StatusCode};
use testkit::on_both_engines;

/// Signs in at the portal with both factors.
async fn enter(portal: &Portal, browser: &mut Browser, password: &str) {
    portal.clock.advance_seconds(60);
    let page = browser.visit("/sign-in?level=substantial&return=/who").await;
    let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", password)]).await;
    let code = portal.code(PHONE).await;
    let page = browser.answer(&page, "code", &[("code", &code)]).await;
    assert!(page.text.contains("Citizen"), "{}", page.text);
}

/// A process remembers a session for less than a second.
async fn is_in(portal: &Portal, browser: &mut Browser) -> bool {
    portal.clock.advance_seconds(2);
    browser.get("/who").await.text.contains("Citizen")
}

async fn userinfo(ministry: &mut Ministry, token: &str) -> StatusCode {
    let bearer = format!("Bearer {token}");
    ministry.browser.send(Method::GET, "/oauth2/userinfo", String::new(), &[("authorization", &bearer)]).await.status
}

/// The ids of the sessions on the page, newest first.
fn sessions(page: &Page) -> Vec<String> {
    let parts = page.text.split("/account/sessions/").skip(1);
    let ids = parts.filter_map(|part| part.split_once("/end\"")).map(|(id, _)| id.to_owned());
    ids.filter(|id| id.len() == 26).collect()
}

#[test]
fn a_person_sees_and_ends_what_is_open() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let mut other = portal.browser();
        enter(&portal, &mut other, PASSWORD).await;
        enter(&portal, &mut browser, PASSWORD).await;
        ministry.now = portal.ctx.now().as_seconds();
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        assert_eq!(userinfo(&mut ministry, &access).await, StatusCode::OK);

        let page = browser.get("/en/account").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let ids = sessions(&page);
        assert_eq!(ids.len(), 2, "{}", page.text);
        for words in ["Firefox · Linux", "this device", "Ministry of Health", "Sign-in to", "signed receipt"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        // Somebody else's session is nobody's.
        portal.citizen("800000002", None, Assurance::Low).await;
        let mut stranger = portal.browser();
        let asked = stranger.visit("/sign-in?return=/who").await;
        stranger.answer(&asked, "password", &[("id_number", "800000002"), ("password", PASSWORD)]).await;
        let theirs = stranger.get("/en/account").await;
        assert!(!theirs.text.contains("Ministry of Health") && sessions(&theirs).len() == 1);
        let path = format!("/account/sessions/{}/end", ids[1]);
        assert_eq!(send(&mut stranger, &theirs, &path, &[]).await.status, StatusCode::NOT_FOUND);
        assert!(is_in(&portal, &mut other).await);
        // The other device is out, this one is not.
        let ended = send(&mut browser, &page, &path, &[]).await;
        assert_eq!(ended.header("location"), "/account");
        assert!(!is_in(&portal, &mut other).await && is_in(&portal, &mut browser).await);
        assert!(other.visit("/sign-in?return=/who").await.text.contains("id-number"), "the provider forgot it too");
        // What a service was allowed is taken back, with what it holds.
        let withdrawn = send(&mut browser, &page, "/account/consents/health/withdraw", &[]).await;
        assert_eq!(withdrawn.status, StatusCode::SEE_OTHER);
        assert_eq!(userinfo(&mut ministry, &access).await, StatusCode::UNAUTHORIZED);
        let again = browser.get(&request(&[("prompt", "none")])).await;
        assert_eq!(again.parameter("error").as_deref(), Some("consent_required"));
        assert!(browser.get("/en/account").await.text.contains("id=\"nothing-allowed\""));
        portal.holds().await;
    });
}

#[test]
fn this_was_not_me_ends_everything_everywhere() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let mut thief = portal.browser();
        enter(&portal, &mut thief, PASSWORD).await;
        ministry.now = portal.ctx.now().as_seconds();
        let code = code_for(&portal, &mut thief, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        enter(&portal, &mut browser, PASSWORD).await;
        let page = browser.get("/account").await;
        portal.clock.advance_seconds(1);
        let gone = send(&mut browser, &page, "/account/disown", &[]).await;
        assert_eq!(gone.header("location"), "/account/ended");
        assert_eq!(browser.get("/account/ended").await.status, StatusCode::OK);
        assert!(!is_in(&portal, &mut thief).await && !is_in(&portal, &mut browser).await);
        assert_eq!(userinfo(&mut ministry, tokens["access_token"].as_str().unwrap()).await, StatusCode::UNAUTHORIZED);
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        ministry.now = portal.ctx.now().as_seconds();
        assert_eq!(ministry.ask("/oauth2/token", &refresh).await.json()["error"], "invalid_grant");
        let told = portal.messages(PHONE).await.pop().unwrap();
        assert!(told.contains("أُنهيت الجلسات"), "{told}");
        portal.holds().await;
    });
}

#[test]
fn another_password_needs_the_present_one_and_leaves_only_this_session() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        let mut other = portal.browser();
        enter(&portal, &mut other, PASSWORD).await;
        enter(&portal, &mut browser, PASSWORD).await;
        let page = browser.get("/en/account/password").await;
        let next = "زيت الزيتون في الجرار القديمة";
        let form = |present: &'static str, new: &'static str, again: &'static str| {
            [("password", present), ("new_password", new), ("again_password", again)]
        };
        for (fields, words) in [
            (form("guess", next, next), "The present password is not right"),
            (form(PASSWORD, next, "another"), "The two passwords differ"),
            (form(PASSWORD, "قصيرة", "قصيرة"), "too short"),
            (form(PASSWORD, "900000001", "900000001"), "easy to guess"),
            (form(PASSWORD, "19880327", "19880327"), "easy to guess"),
            (form(PASSWORD, "Mahmoud1988", "Mahmoud1988"), "easy to guess"),
        ] {
            let refused = send(&mut browser, &page, "/en/account/password", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        assert!(is_in(&portal, &mut other).await);
        let changed = send(&mut browser, &page, "/en/account/password", &form(PASSWORD, next, next)).await;
        assert_eq!(changed.header("location"), "/en/account", "{}", changed.text);
        assert!(is_in(&portal, &mut browser).await && !is_in(&portal, &mut other).await);
        let told = portal.messages(PHONE).await.pop().unwrap();
        assert!(told.contains("password of the account was changed"), "{told}");
        let mut fresh = portal.browser();
        let asked = fresh.visit("/sign-in?return=/who").await;
        let old = fresh.answer(&asked, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
        enter(&portal, &mut portal.browser(), next).await;
        // Nobody tries for ever.
        for _ in 0..10 {
            send(&mut browser, &page, "/en/account/password", &form("guess", next, next)).await;
        }
        let refused = send(&mut browser, &page, "/en/account/password", &form("guess", next, next)).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        portal.holds().await;
    });
}

#[test]
fn a_password_that_stands_alone_stays_long() {
    on_both_engines(&schemas(), |world| async move {
        let portal = crate::kit::start(world).await;
        portal.citizen(NUMBER, None, Assurance::Low).await;
        let mut browser = portal.browser();
        let asked = browser.visit("/sign-in?return=/who").await;
        browser.answer(&asked, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let page = browser.get("/en/account/password").await;
        // Numbers stand between marks that keep their direction.
        let plain = |page: &Page| page.text.replace(['\u{2068}', '\u{2069}'], "");
        assert!(plain(&page).contains("At least 15 characters"), "{}", page.text);
        let fields = [("password", PASSWORD), ("new_password", "eleven char"), ("again_password", "eleven char")];
        let refused = send(&mut browser, &page, "/en/account/password", &fields).await;
        assert!(plain(&refused).contains("at least 15 characters"), "{}", refused.text);
    });
}

#[test]
fn many_sessions_end_too() {
    on_both_engines(&schemas(), |world| async move {
        let portal = crate::kit::start(world).await;
        portal.citizen(NUMBER, None, Assurance::Low).await;
        let mut others = Vec::new();
        for _ in 0..45 {
            portal.clock.advance_seconds(61);
            let mut browser = portal.browser();
            let asked = browser.visit("/sign-in?return=/who").await;
            browser.answer(&asked, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
            others.push(browser);
        }
        let mut browser = others.pop().unwrap();
        let page = browser.get("/account").await;
        assert_eq!(send(&mut browser, &page, "/account/disown", &[]).await.header("location"), "/account/ended");
        for browser in &mut others {
            assert!(!is_in(&portal, browser).await);
        }
        assert!(others[0].visit("/sign-in?return=/who").await.text.contains("id-number"));
        portal.holds().await;
    });
}
