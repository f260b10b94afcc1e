//! Passkeys, the authenticator app, the recovery sheet and the way back into an
//! account, through the router on both engines.

use crate::kit::device::{Device, between};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start};
use base::Assurance;
use http::StatusCode;
use identity::totp;
use seal::digest::from_base32;
use testkit::on_both_engines;
use web::fields::encode;

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";
const NEXT: &str = "زيت الزيتون في الجرار القديمة";

/// The page before a password, and the one after it.
async fn with_password(portal: &Portal, browser: &mut Browser, password: &str) -> Page {
    portal.clock.advance_seconds(60);
    let page = browser.visit("/en/sign-in?level=substantial&return=/who").await;
    browser.answer(&page, "password", &[("id_number", NUMBER), ("password", password)]).await
}

/// Signs in with the password and an SMS.
async fn enter(portal: &Portal, browser: &mut Browser) {
    let page = with_password(portal, browser, PASSWORD).await;
    let code = portal.code(PHONE).await;
    let page = browser.answer(&page, "code", &[("code", &code), ("by", "sms")]).await;
    assert!(page.text.contains("Substantial"), "{}", page.text);
}

async fn post(browser: &mut Browser, page: &Page, path: &str, more: &str) -> Page {
    let body = format!("{}{more}", page.token());
    browser.post(path, body).await
}

/// Sets up an app; gives its secret.
async fn set_up_app(portal: &Portal, browser: &mut Browser) -> Vec<u8> {
    let page = browser.get("/en/account/factors/app").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("<svg") && page.text.contains("otpauth://totp/"));
    let text = page.text.split_once("id=\"secret\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
    let secret = from_base32(&text).unwrap();
    let nonce = between(&page, "name=\"nonce\" value=\"");
    let wrong = post(browser, &page, "/en/account/factors/app", &format!("&nonce={nonce}&code=000000")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    // The same secret is shown again, with what was wrong.
    assert!(wrong.text.contains("id=\"code-error\"") && between(&wrong, "name=\"nonce\" value=\"") == nonce);
    let code = totp::digits(&secret, totp::step_at(portal.ctx.now()));
    let right = post(browser, &wrong, "/en/account/factors/app", &format!("&nonce={nonce}&code={code}")).await;
    assert_eq!(right.header("location"), "/en/account/factors", "{}", right.text);
    secret
}

/// Makes a sheet; gives its codes.
async fn make_sheet(browser: &mut Browser) -> Vec<String> {
    let page = browser.get("/en/account/factors").await;
    let sheet = post(browser, &page, "/en/account/factors/sheet", "").await;
    assert_eq!(sheet.status, StatusCode::OK, "{}", sheet.text);
    let parts = sheet.text.split("<li><bdi dir=\"ltr\">").skip(1);
    let codes: Vec<String> = parts.map(|part| part.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    codes
}

async fn world_with_citizen(world: testkit::World) -> (Portal, Browser) {
    let portal = start(world).await;
    portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
    let browser = portal.browser();
    (portal, browser)
}

#[test]
fn a_passkey_signs_in_alone_and_only_where_it_belongs() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut browser) = world_with_citizen(world).await;
        enter(&portal, &mut browser).await;
        let page = browser.get("/en/account/factors").await;
        let mut device = Device::new(&portal.origin, 1);
        // Of another site, with nobody recognised, for another page: not taken.
        let phished = Device::new("https://hukumati.example", 2);
        let unlocked = Device::new(&portal.origin, 3).unlocked();
        let other_page = browser.get("/en/account/factors").await;
        let nonce = format!("&nonce={}", between(&other_page, "name=\"nonce\" value=\""));
        let mixed =
            device.make(&page).replace(&format!("&nonce={}", between(&page, "name=\"nonce\" value=\"")), &nonce);
        for fields in
            [phished.make(&page), unlocked.make(&page), mixed, "&nonce=&client_data=&attestation=!".to_owned()]
        {
            let page = browser.get("/en/account/factors").await;
            let refused = post(&mut browser, &page, "/en/account/factors/passkeys", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
            assert!(refused.text.contains("No passkey was added"));
        }
        device.counter = 7;
        let made = post(&mut browser, &page, "/en/account/factors/passkeys", &device.make(&page)).await;
        assert_eq!(made.header("location"), "/en/account/factors", "{}", made.text);
        let page = browser.get("/en/account/factors").await;
        assert!(
            page.text.contains("Firefox · Linux")
                && page.text.contains("data-known=\"")
                && !page.text.contains("no-passkeys")
        );
        let told = portal.messages(PHONE).await;
        assert!(told.iter().any(|text| text.contains("a way to sign in was added")), "{told:?}");

        // In another browser, nothing but the passkey.
        let mut phone = portal.browser();
        let asked = phone.visit("/en/sign-in?level=substantial&return=/who").await;
        device.counter = 8;
        let fields = device.sign(&asked);
        let borrowed: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let inside = phone.answer(&asked, "passkey", &borrowed).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        // What was signed for one sign-in opens no other.
        let mut thief = portal.browser();
        let asked = thief.visit("/en/sign-in?return=/who").await;
        let replayed = thief.answer(&asked, "passkey", &borrowed).await;
        assert_eq!(replayed.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(replayed.text.contains("This passkey is not known here"));
        // A copy of the device counts from where the copy was made.
        let again = device.sign(&asked);
        let again: Vec<(&str, &str)> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let copied = thief.answer(&asked, "passkey", &again).await;
        assert_eq!(copied.status, StatusCode::UNPROCESSABLE_ENTITY, "the counter did not grow");
        portal.holds().await;
    });
}

#[test]
fn factors_change_only_just_after_everything_was_shown() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut browser) = world_with_citizen(world).await;
        enter(&portal, &mut browser).await;
        let page = browser.get("/en/account/factors").await;
        assert!(page.text.contains("id=\"make-sheet\"") && !page.text.contains("id=\"again\""));
        // With the password alone: the page shows, and changes nothing.
        let mut relative = portal.browser();
        let asked = with_password(&portal, &mut relative, PASSWORD).await;
        let inside = relative.answer(&asked, "skip", &[]).await;
        assert!(inside.text.contains("Low"), "{}", inside.text);
        let shown = relative.get("/en/account/factors").await;
        assert!(shown.text.contains("id=\"again\"") && !shown.text.contains("id=\"make-sheet\""), "{}", shown.text);
        let token = relative.get("/en/account/password").await;
        let device = Device::new(&portal.origin, 4);
        let fields = device.make(&page);
        for (path, fields) in
            [("passkeys", fields.as_str()), ("sheet", ""), ("app", "&nonce=1&code=1"), ("app/remove", "")]
        {
            let answer = post(&mut relative, &token, &format!("/en/account/factors/{path}"), fields).await;
            assert_ne!(answer.status, StatusCode::OK, "{path}");
        }
        assert_eq!(relative.get("/en/account/factors/app").await.header("location"), "/en/account/factors");
        let untouched = browser.get("/en/account/factors").await;
        assert!(
            untouched.text.contains("no-passkeys") && !untouched.text.contains("sheet-there"),
            "{}",
            untouched.text
        );
        // Ten minutes later it is too late for the owner as well.
        portal.clock.advance_seconds(601);
        let late = browser.get("/en/account/factors").await;
        assert!(late.text.contains("id=\"again\"") && !late.text.contains("id=\"add-passkey\""), "{}", late.text);
        let asked = browser.visit("/en/sign-in?fresh=1&return=/en/account/factors").await;
        assert!(asked.text.contains("id=\"id-number\""), "a session is no answer");
        portal.holds().await;
    });
}

#[test]
fn the_app_takes_the_place_of_the_message_and_each_code_counts_once() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut browser) = world_with_citizen(world).await;
        enter(&portal, &mut browser).await;
        let secret = set_up_app(&portal, &mut browser).await;
        let sent = portal.messages(PHONE).await.len();
        let mut phone = portal.browser();
        let page = with_password(&portal, &mut phone, PASSWORD).await;
        assert!(
            page.text.contains("Code of the authenticator app") && page.text.contains("id=\"by-sms\""),
            "{}",
            page.text
        );
        assert_eq!(portal.messages(PHONE).await.len(), sent, "nothing is sent that is not needed");
        let code = totp::digits(&secret, totp::step_at(portal.ctx.now()));
        let inside = phone.answer(&page, "code", &[("by", "app"), ("code", &code)]).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        let mut over_the_shoulder = portal.browser();
        portal.clock.advance_seconds(1);
        let page = over_the_shoulder.visit("/en/sign-in?return=/who").await;
        let page = over_the_shoulder.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let used = over_the_shoulder.answer(&page, "code", &[("by", "app"), ("code", &code)]).await;
        assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", used.text);
        // An SMS still can be had instead.
        let page = over_the_shoulder.answer(&page, "resend", &[]).await;
        assert!(page.text.contains("id=\"resend\"") && page.text.contains("id=\"by-app\""), "{}", page.text);
        let code = portal.code(PHONE).await;
        let inside = over_the_shoulder.answer(&page, "code", &[("by", "sms"), ("code", &code)]).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        portal.holds().await;
    });
}

#[test]
fn a_sheet_stands_in_for_the_phone_and_brings_back_a_forgotten_password() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut browser) = world_with_citizen(world).await;
        enter(&portal, &mut browser).await;
        let before = make_sheet(&mut browser).await;
        let codes = make_sheet(&mut browser).await;
        assert!(codes.iter().all(|code| !before.contains(code)));
        let page = browser.get("/en/account/factors").await;
        let text = post(&mut browser, &page, "/en/account/factors/sheet", "&as=text").await;
        assert!(
            text.header("content-type").starts_with("text/plain")
                && text.header("content-disposition").contains("attachment")
        );
        let codes: Vec<String> = text.text.lines().filter(|line| line.len() == 19).map(str::to_owned).collect();
        assert_eq!(codes.len(), 10, "{}", text.text);

        // In place of the phone, as somebody types it, once.
        let mut phone = portal.browser();
        let page = with_password(&portal, &mut phone, PASSWORD).await;
        let typed = codes[0].to_lowercase().replace('-', " ").replace('o', "0").replace('i', "1");
        let inside = phone.answer(&page, "code", &[("by", "sheet"), ("code", &typed)]).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        assert!(phone.get("/en/account/factors").await.text.contains("\u{2068}9\u{2069} codes are left"));
        let mut other = portal.browser();
        let page = with_password(&portal, &mut other, PASSWORD).await;
        for wrong in [&codes[0], &before[1], "AAAA-AAAA-AAAA-AAAA"] {
            let refused = other.answer(&page, "code", &[("by", "sheet"), ("code", wrong)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }

        // Forgotten: a code of the sheet, then one by SMS, then another password.
        portal.clock.advance_seconds(60);
        let mut lost = portal.browser();
        let page = lost.get("/en/account/recover").await;
        for (number, code) in [(NUMBER, codes[0].as_str()), ("800000002", codes[1].as_str()), (NUMBER, "123456")] {
            let fields = format!("&id_number={number}&code={code}");
            let refused = post(&mut lost, &page, "/en/account/recover", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.text.contains("do not belong together"), "{}", refused.text);
        }
        portal.clock.advance_seconds(60);
        let fields = format!("&id_number={NUMBER}&code={}", codes[1]);
        let sent = post(&mut lost, &page, "/en/account/recover", &fields).await;
        let way = sent.header("location").to_owned();
        assert!(way.starts_with("/en/account/recover/"), "{}", sent.text);
        // Nobody else's browser goes on with it, and the password waits for the code.
        assert_eq!(portal.browser().get(&way).await.status, StatusCode::NOT_FOUND);
        let page = lost.get(&way).await;
        let both = format!("&new_password={}&again_password={}", encode(NEXT), encode(NEXT));
        let early = post(&mut lost, &page, &format!("{way}/password"), &both).await;
        assert_eq!(early.header("location"), way);
        let wrong = post(&mut lost, &page, &format!("{way}/code"), "&code=000000").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = portal.code(PHONE).await;
        let page = lost.get(&way).await;
        let right = post(&mut lost, &page, &format!("{way}/code"), &format!("&code={code}")).await;
        assert_eq!(right.header("location"), way, "{}", right.text);
        let page = lost.get(&way).await;
        let short = post(&mut lost, &page, &format!("{way}/password"), "&new_password=abc&again_password=abc").await;
        assert!(short.text.contains("too short"), "{}", short.text);
        let done = post(&mut lost, &page, &format!("{way}/password"), &both).await;
        assert!(done.header("location").starts_with("/en/sign-in"), "{}", done.text);
        // Everybody is out, the owner is told, the old password is dead.
        portal.clock.advance_seconds(2);
        assert!(!browser.get("/who").await.text.contains("Citizen"));
        assert!(portal.messages(PHONE).await.iter().any(|text| text.contains("was recovered")));
        let refused = with_password(&portal, &mut portal.browser(), PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(lost.get(&way).await.status, StatusCode::NOT_FOUND, "it serves once");

        // Within a day nothing is taken away.
        let page = with_password(&portal, &mut lost, NEXT).await;
        let inside = lost.answer(&page, "code", &[("by", "sheet"), ("code", &codes[2])]).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        set_up_app(&portal, &mut lost).await;
        let page = lost.get("/en/account/factors").await;
        assert!(page.text.contains("id=\"waits\"") && !page.text.contains("id=\"remove-app\""), "{}", page.text);
        post(&mut lost, &page, "/en/account/factors/app/remove", "").await;
        assert!(lost.get("/en/account/factors").await.text.contains("app-there"));
        portal.holds().await;
    });
}

#[test]
fn whoever_forgot_the_password_and_has_a_passkey_sets_another() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut browser) = world_with_citizen(world).await;
        enter(&portal, &mut browser).await;
        let page = browser.get("/en/account/factors").await;
        let device = Device::new(&portal.origin, 5);
        post(&mut browser, &page, "/en/account/factors/passkeys", &device.make(&page)).await;
        let empty = format!("&password=&new_password={}&again_password={}", encode(NEXT), encode(NEXT));
        // After an SMS the present password is asked for.
        let page = browser.get("/en/account/password").await;
        assert_eq!(
            post(&mut browser, &page, "/en/account/password", &empty).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );

        let mut phone = portal.browser();
        let asked = phone.visit("/en/sign-in?return=/en/account/password").await;
        let fields = device.sign(&asked);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = phone.answer(&asked, "passkey", &fields).await;
        assert!(page.text.contains("id=\"present-hint\""), "{}", page.text);
        let changed = post(&mut phone, &page, "/en/account/password", &empty).await;
        assert_eq!(changed.header("location"), "/en/account", "{}", changed.text);
        let refused = with_password(&portal, &mut portal.browser(), PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        portal.holds().await;
    });
}
