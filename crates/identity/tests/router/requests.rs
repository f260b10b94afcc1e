//! A client's request and the way through it, on both engines: reloading and going
//! back, another person of the same house, and whom the client expects.

use crate::kit::ministry::{
    CALLBACK, Ministry, NUMBER, PHONE, answer, challenge, code_for, parameters, request, to_the_client, with_citizen,
};
use crate::kit::{Browser, PASSWORD, Page, schemas, start};
use base::{Assurance, Role};
use http::StatusCode;
use testkit::on_both_engines;
use web::fields::encode;

const OTHER: (&str, &str) = ("800000002", "+970599123457");

mod sql {
    store::statements! {
        /// What is kept of requests.
        REQUESTS = "SELECT request FROM identity_authorization";
    }
}

/// Pushes a request and gives where the browser goes with it.
async fn push(ministry: &mut Ministry, changes: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let pushed = ministry.ask("/oauth2/par", &parameters(&challenge, changes)).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    format!("/oauth2/authorize?client_id=health&request_uri={}", encode(&uri))
}

async fn open(browser: &mut Browser, address: &str) -> Page {
    let page = browser.get(address).await;
    to_the_client(browser, page).await
}

async fn type_password(browser: &mut Browser, page: &Page, number: &str) -> Page {
    answer(browser, page, "password", &[("id_number", number), ("password", PASSWORD)]).await
}

/// What is filled into the first field.
fn filled(page: &Page) -> &str {
    let field = page.text.split_once(" name=\"id_number\"").or(page.text.split_once(" name=\"username\""));
    let rest = field.unwrap_or_else(|| panic!("{} {}", page.status, page.text)).1;
    rest.split_once(" value=\"").unwrap().1.split('"').next().unwrap()
}

#[test]
fn whoever_reloads_the_request_goes_on_where_they_stood() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let address = push(&mut ministry, &[]).await;
        let first = open(&mut browser, &address).await;
        let again = open(&mut browser, &address).await;
        assert_eq!(first.action(), again.action(), "the same sign-in");
        let step = |page: &Page| page.action().rsplit_once('/').unwrap().0.to_owned();
        let at_code = type_password(&mut browser, &again, NUMBER).await;
        assert!(at_code.text.contains("id=\"code\""), "{}", at_code.text);
        for seconds in [0, 61, 1_200] {
            portal.clock.advance_seconds(seconds);
            let reloaded = open(&mut browser, &address).await;
            assert!(reloaded.text.contains("id=\"code\""), "{} {}", reloaded.status, reloaded.text);
            assert_eq!(step(&reloaded), step(&at_code));
            // The request is this browser's now.
            let stranger = open(&mut portal.browser(), &address).await;
            assert_eq!(stranger.status, StatusCode::BAD_REQUEST, "{}", stranger.text);
        }
        // No time is won by it: an hour after it began it is over.
        portal.clock.advance_seconds(3_600);
        assert_eq!(open(&mut browser, &address).await.status, StatusCode::BAD_REQUEST);
        portal.holds().await;
    });
}

#[test]
fn a_request_that_was_answered_is_used_up() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let address = push(&mut ministry, &[]).await;
        let page = open(&mut browser, &address).await;
        let page = type_password(&mut browser, &page, NUMBER).await;
        let code = portal.code(PHONE).await;
        let page = answer(&mut browser, &page, "code", &[("code", &code)]).await;
        // Signed in, and asked for consent: a reload asks again.
        assert!(page.text.contains("id=\"allow\""), "{}", page.text);
        let page = open(&mut browser, &address).await;
        assert!(page.text.contains("id=\"allow\""), "{}", page.text);
        let came = answer(&mut browser, &page, "consent", &[("answer", "allow")]).await;
        assert!(came.header("location").starts_with(CALLBACK), "{}", came.text);
        assert_eq!(open(&mut browser, &address).await.status, StatusCode::BAD_REQUEST, "once (RFC 9126)");
        // A plain one begins anew, as it always did.
        let plain = request(&[("prompt", "login")]);
        let page = open(&mut browser, &plain).await;
        type_password(&mut browser, &page, NUMBER).await;
        assert!(open(&mut browser, &plain).await.text.contains("id=\"id-number\""));
        portal.holds().await;
    });
}

#[test]
fn another_of_the_house_goes_back_and_signs_in() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let layla = portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let other = portal.citizen(OTHER.0, Some(OTHER.1), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let first = browser.visit("/en/sign-in?level=substantial&return=/who").await;
        let as_layla = [("id_number", NUMBER), ("password", PASSWORD)];
        browser.answer(&first, "password", &as_layla).await;
        let code_of_layla = portal.code(PHONE).await;
        // The back button, and the same once more: no second message.
        portal.clock.advance_seconds(31);
        let page = browser.answer(&first, "password", &as_layla).await;
        assert!(page.text.contains("id=\"code\"") && portal.messages(PHONE).await.len() == 1, "{}", page.text);
        // Another number and its password: from now on it is about that person alone.
        let wrong = browser.answer(&first, "password", &[("id_number", OTHER.0), ("password", "wrong wrong")]).await;
        assert_eq!((wrong.status, filled(&wrong)), (StatusCode::UNPROCESSABLE_ENTITY, OTHER.0));
        let page = browser.answer(&first, "password", &[("id_number", OTHER.0), ("password", PASSWORD)]).await;
        let code = portal.code(OTHER.1).await;
        if code != code_of_layla {
            let refused = browser.answer(&page, "code", &[("code", &code_of_layla)]).await;
            assert!(refused.text.contains("id=\"code-error\""), "{}", refused.text);
        }
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(
            page.text.contains(&format!("{other:?}")) && !page.text.contains(&format!("{layla:?}")),
            "{}",
            page.text
        );
        portal.holds().await;
    });
}

#[test]
fn a_pushed_hint_fills_the_field_and_is_not_kept_in_the_clear() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, _browser) = with_citizen(world).await;
        // Known or not, as it was typed or not: the same page.
        for (hint, field) in [
            (NUMBER, NUMBER),
            (OTHER.0, OTHER.0),
            ("٩٠٠٠٠٠٠٠١", NUMBER),
            ("buffy@party.example", ""),
            ("90000000", ""),
            ("<script>", ""),
        ] {
            let address = push(&mut ministry, &[("login_hint", hint)]).await;
            let mut browser = portal.browser();
            let page = open(&mut browser, &address).await;
            assert_eq!((page.status, filled(&page)), (StatusCode::OK, field), "{hint}");
            assert!(!page.header("location").contains(field) || field.is_empty());
        }
        let rows = portal.ctx.read(|read| read.rows(&sql::REQUESTS, &[])).await.unwrap();
        let kept: String = rows.iter().map(|row| row.get::<String>(0).unwrap()).collect();
        assert!(!kept.contains(NUMBER) && !kept.contains(OTHER.0), "{kept}");
        // Whom it names is free to be somebody else.
        let address = push(&mut ministry, &[("login_hint", OTHER.0)]).await;
        let mut browser = portal.browser();
        let page = open(&mut browser, &address).await;
        let wrong =
            answer(&mut browser, &page, "password", &[("id_number", NUMBER), ("password", "wrong wrong")]).await;
        assert_eq!(filled(&wrong), NUMBER, "what was typed stays");
        let page = type_password(&mut browser, &page, NUMBER).await;
        assert!(page.text.contains("id=\"code\""), "{}", page.text);
    });
}

#[test]
fn a_client_names_whom_it_knows_by_their_sub() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let sub = ministry.claims(tokens["id_token"].as_str().unwrap()).await["sub"].as_str().unwrap().to_owned();
        let stranger = seal::digest::base64url(&[7; 32]);
        let named = |sub: &str| serde_json::json!({ "id_token": { "sub": { "value": sub } } }).to_string();
        let (own, others) = (named(&sub), named(&stranger));
        let pushed = push(&mut ministry, &[("login_hint", &stranger)]).await;
        let asked = |name: &'static str, value: &str| request(&[(name, value)]);
        // A hint, in an address: the session of whoever is meant answers at once, another's does not.
        for (address, answers) in [
            (asked("login_hint", &sub), true),
            (asked("claims", &own), true),
            (asked("login_hint", &stranger), false),
            (asked("claims", &others), false),
            (pushed, false),
        ] {
            let mut copy = browser.clone();
            let page = copy.get(&address).await;
            let page = to_the_client(&mut copy, page).await;
            assert_eq!(page.parameter("code").is_some(), answers, "{address} {}", page.text);
            assert!(!page.text.contains(&sub) && !page.text.contains(&stranger), "no field shows it");
            // Silently it is an error that says so.
            if !answers && !address.contains("request_uri") {
                let page = copy.get(&format!("{address}&prompt=none")).await;
                assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{address}");
            }
        }
        // Whom a hint means may be overridden by whoever signs in; whom `claims` names may not.
        for (name, value, error) in [("login_hint", &stranger, None), ("claims", &others, Some("login_required"))] {
            portal.clock.advance_seconds(61);
            let mut another = portal.browser();
            let page = open(&mut another, &request(&[(name, value)])).await;
            let page = type_password(&mut another, &page, NUMBER).await;
            let code = portal.code(PHONE).await;
            let page = answer(&mut another, &page, "code", &[("code", &code)]).await;
            assert_eq!(page.parameter("error").as_deref(), error, "{name} {}", page.text);
            assert_eq!(page.parameter("code").is_some(), error.is_none(), "{name}");
        }
        // Two who are not one are nobody.
        let hint = tokens["id_token"].as_str().unwrap();
        let page = browser.get(&request(&[("id_token_hint", hint), ("claims", &others)])).await;
        assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn an_id_number_in_an_address_is_no_hint() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        let page = open(&mut browser, &request(&[("login_hint", NUMBER)])).await;
        assert_eq!((page.status, filled(&page)), (StatusCode::OK, ""));
        let rows = portal.ctx.read(|read| read.rows(&sql::REQUESTS, &[])).await.unwrap();
        assert!(!rows[0].get::<String>(0).unwrap().contains(NUMBER));
        // Nor does a form that brings one make an address of it.
        let body = request(&[("login_hint", NUMBER)]).split_once('?').unwrap().1.to_owned();
        let posted = browser.post("/oauth2/authorize", body).await;
        let address = posted.header("location");
        assert!(address.contains("client_id=health") && !address.contains("login_hint"), "{address}");
        // An officer's name may come by either way; an ID number is none.
        portal.at_desk("imad", "moi", Role::AuthenticationOfficer, "/en/desk/identity").await;
        for (hint, field) in [("imad", "imad"), ("nobody.known", "nobody.known"), (NUMBER, ""), (&"x".repeat(33), "")] {
            let mut stranger = portal.browser();
            let begun = stranger.get("/en/desk/sign-in").await;
            let address = format!("{}&login_hint={}", begun.header("location"), encode(hint));
            let page = stranger.visit(&address).await;
            assert_eq!(filled(&page), field, "{hint}");
        }
    });
}
