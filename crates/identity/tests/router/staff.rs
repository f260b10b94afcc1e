//! How officers sign in, and a desk that locked itself, through the router on both
//! engines.

use std::sync::Arc;

use crate::kit::device::{Device, between};
use crate::kit::{Browser, PASSWORD, Page, Portal, TOTP, schemas, start};
use base::{Actor, Assurance, Locale, OfficerId, Role, SeededEntropy};
use http::StatusCode;
use identity::totp;
use seal::digest::from_base32;
use store::{Ctx, Database, Db, Key, Keyring, Options, Schema, params};
use testkit::{FakeClock, START, on_both_engines};

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";
const HERE: &str = "/en/desk/account";
const MAIL: &str = "sami@example.com";
const LAST: &str = "This is the last way to sign in beside the password.";

mod sql {
    store::statements! {
        /// Messages to somebody.
        MESSAGES = "SELECT channel, sealed FROM notify_message WHERE person = $1 ORDER BY id";
        /// Messages by SMS.
        SMS = "SELECT id FROM notify_message WHERE channel = 'sms'";
        /// Sessions at the provider that were not ended.
        LIVE = "SELECT holder FROM identity_session WHERE stage = 'live'";
        /// Somebody who had a passkey before officers could.
        OLD_PERSON = "INSERT INTO identity_person (id, claimed, id_number, birth_date, made_at) VALUES ($1, $2, $2, $2, 0)";
        /// Their account.
        OLD_ACCOUNT = "INSERT INTO identity_account (id, person, level, stage, opened_at, changed_at) VALUES ($1, $1, 'low', 'open', 0, 0)";
        /// Their passkey.
        OLD_PASSKEY = "INSERT INTO identity_passkey (id, account, credential, public_key, counter, synced, device, made_at, used_at) VALUES ($1, $1, $2, $2, 7, 1, 'Firefox', 5, 6)";
        /// What has become of it.
        PASSKEYS = "SELECT id, holder, counter, synced, device, made_at, used_at, credential FROM identity_passkey";
    }
}

/// Everything that was left to be sent to an officer, with its channel.
async fn told(portal: &Portal, officer: OfficerId) -> Vec<String> {
    let read = portal.ctx.read(move |read| {
        let mut told = Vec::new();
        for row in read.rows(&sql::MESSAGES, &params![officer])? {
            let text = read.open(officer, "notify_message.sealed", &row.get::<Vec<u8>>(1)?)?;
            told.push(format!("{} {}", row.get::<String>(0)?, String::from_utf8_lossy(&text)));
        }
        Ok::<_, store::Error>(told)
    });
    read.await.unwrap()
}

async fn post(browser: &mut Browser, page: &Page, path: &str, more: &str) -> Page {
    let body = format!("{}{more}", page.token());
    browser.post(path, body).await
}

/// Answers the sign-in with what a device signs.
async fn touch(browser: &mut Browser, asked: &Page, device: &Device) -> Page {
    let fields = device.sign(asked);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.answer(asked, "passkey", &fields).await
}

/// An officer before the page of their own ways to sign in, who has a passkey.
async fn with_passkey(portal: &Portal, username: &str, seed: u64) -> (Browser, Device) {
    let mut browser = portal.at_desk(username, "civil", Role::AuthenticationOfficer, HERE).await;
    let device = Device::new(&portal.origin, seed);
    let page = browser.get(HERE).await;
    let made = post(&mut browser, &page, "/en/desk/account/passkeys", &device.make(&page)).await;
    assert_eq!(made.header("location"), HERE, "{}", made.text);
    (browser, device)
}

#[test]
fn an_officer_signs_in_with_a_passkey_alone() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let officer = portal.officer("sami").await;
        assert!(identity::seed::officer_email(&portal.ctx, "sami", MAIL).await.unwrap());
        assert!(!identity::seed::officer_email(&portal.ctx, "nobody", MAIL).await.unwrap());
        let mut browser = portal.back_at_desk("sami", HERE).await;
        let page = browser.get(HERE).await;
        assert!(page.text.contains("id=\"app-there\"") && page.text.contains("id=\"add-passkey\""), "{}", page.text);
        assert!(page.text.contains(MAIL) && page.text.contains("Signed in"), "{}", page.text);
        let mut device = Device::new(&portal.origin, 1);
        for refused in [Device::new("https://hukumati.example", 2), Device::new(&portal.origin, 3).unlocked()] {
            let page = browser.get(HERE).await;
            let refused = post(&mut browser, &page, "/en/desk/account/passkeys", &refused.make(&page)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(
                refused.text.contains("No passkey was added") && refused.text.contains("action=\"/en/desk/account")
            );
        }
        device.counter = 7;
        let made = post(&mut browser, &page, "/en/desk/account/passkeys", &device.make(&page)).await;
        assert_eq!(made.header("location"), HERE, "{}", made.text);
        let page = browser.get(HERE).await;
        assert!(page.text.contains("Firefox · Linux") && page.text.contains("A passkey was added"), "{}", page.text);
        let messages = told(&portal, officer).await;
        assert!(messages.len() == 1 && messages[0].starts_with("email ") && messages[0].contains(MAIL), "{messages:?}");
        assert!(messages[0].contains("a way to sign in to the officers’ pages was added"), "{messages:?}");
        let object = format!("officer:{officer}");
        let acts = portal.ctx.read(move |read| audit::acts_of(read, &object)).await.unwrap();
        assert!(acts.iter().any(|act| act.act == "identity.factor_added" && act.detail["factor"] == "passkey"));

        // In another browser, nothing but the passkey.
        let mut office = portal.browser();
        let asked = office.visit("/en/desk/sign-in?return=/who").await;
        assert!(!asked.text.contains("id=\"locked\"") && between(&asked, "data-known=\"").is_empty(), "{}", asked.text);
        device.counter = 8;
        let inside = touch(&mut office, &asked, &device).await;
        assert!(inside.text.contains("Officer {"), "{}", inside.text);
        // It is no citizen's, and a citizen's is no officer's.
        let mut other = portal.browser();
        let asked = other.visit("/en/sign-in?return=/who").await;
        device.counter = 9;
        let refused = touch(&mut other, &asked, &device).await;
        assert!(refused.text.contains("This passkey is not known here"), "{}", refused.text);
        let citizens = citizens_passkey(&portal).await;
        let asked = other.visit("/en/desk/sign-in?return=/who").await;
        let refused = touch(&mut other, &asked, &citizens).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("This passkey opens no desk"), "{}", refused.text);
        // A copy of the device counts from where the copy was made.
        device.counter = 8;
        let copied = touch(&mut other, &asked, &device).await;
        assert_eq!(copied.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(browser.get(HERE).await.text.contains("Sign-in attempt"), "and the officer reads of it");

        // Ten minutes later nothing is changed any more without signing in again.
        for _ in 0..3 {
            portal.clock.advance_seconds(201);
            browser.get(HERE).await;
        }
        let late = browser.get(HERE).await;
        assert!(late.text.contains("id=\"again\"") && !late.text.contains("id=\"add-passkey\""), "{}", late.text);
        assert!(late.text.contains("/en/desk/sign-in?fresh=1"), "{}", late.text);
        let token = browser.get("/en/sign-out").await;
        for path in ["passkeys", "app", "app/remove"] {
            let fields = if path == "passkeys" { device.make(&page) } else { "&nonce=1&code=1".to_owned() };
            let fields = if path == "app/remove" { String::new() } else { fields };
            let answer = post(&mut browser, &token, &format!("{HERE}/{path}"), &fields).await;
            assert_ne!(answer.status, StatusCode::OK, "{path}");
        }
        assert_eq!(told(&portal, officer).await.len(), 1, "nothing was changed");
        portal.holds().await;
    });
}

/// A citizen's device.
async fn citizens_passkey(portal: &Portal) -> Device {
    portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
    let mut browser = portal.browser();
    let page = browser.visit("/en/sign-in?level=substantial&return=/en/account/factors").await;
    let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
    let code = portal.code(PHONE).await;
    let page = browser.answer(&page, "code", &[("code", &code), ("by", "sms")]).await;
    let device = Device::new(&portal.origin, 9);
    let made = post(&mut browser, &page, "/en/account/factors/passkeys", &device.make(&page)).await;
    assert_eq!(made.header("location"), "/en/account/factors", "{}", made.text);
    device
}

/// Signs an officer in with password and code.
async fn with_code(portal: &Portal, username: &str, secret: &[u8]) -> Page {
    portal.clock.advance_seconds(60);
    let mut browser = portal.browser();
    let page = browser.visit("/en/desk/sign-in?return=/who").await;
    let code = totp::digits(secret, totp::step_at(portal.ctx.now()));
    browser.answer(&page, "officer", &[("username", username), ("password", PASSWORD), ("code", &code)]).await
}

#[test]
fn the_last_second_factor_stays() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut browser = portal.at_desk("imad", "civil", Role::AuthenticationOfficer, HERE).await;
        let page = browser.get(HERE).await;
        assert!(page.text.contains(LAST) && !page.text.contains("id=\"remove-app\""), "{}", page.text);
        let refused = post(&mut browser, &page, "/en/desk/account/app/remove", "").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("id=\"factors-error\"") && refused.text.contains(LAST), "{}", refused.text);
        assert!(with_code(&portal, "imad", TOTP).await.text.contains("Officer {"), "it is still there");

        let device = Device::new(&portal.origin, 1);
        let made = post(&mut browser, &page, "/en/desk/account/passkeys", &device.make(&page)).await;
        assert_eq!(made.header("location"), HERE);
        let page = browser.get(HERE).await;
        let id = between(&page, "action=\"/en/desk/account/passkeys/");
        let remove = format!("/en/desk/account/passkeys/{id}");
        // Another officer takes nobody's passkey away.
        let mut sahar = portal.at_desk("sahar", "civil", Role::AuthenticationOfficer, HERE).await;
        let theirs = sahar.get(HERE).await;
        post(&mut sahar, &theirs, &remove, "").await;
        assert!(browser.get(HERE).await.text.contains(&id));
        // Both at once: one of the two stays, whichever comes first.
        let (mut one, mut two) = (browser.clone(), browser.clone());
        let (first, second) =
            tokio::join!(post(&mut one, &page, "/en/desk/account/app/remove", ""), post(&mut two, &page, &remove, ""),);
        let mut statuses = [first.status, second.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY]);
        portal.holds().await;

        // Whichever it was: with the passkey alone no password helps, and an app can be set up again.
        if browser.get(HERE).await.text.contains("app-there") {
            let page = browser.get(HERE).await;
            post(&mut browser, &page, "/en/desk/account/passkeys", &device.make(&page)).await;
            let page = browser.get(HERE).await;
            post(&mut browser, &page, "/en/desk/account/app/remove", "").await;
        }
        let refused = with_code(&portal, "imad", TOTP).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        let page = browser.get(HERE).await;
        assert!(!page.text.contains("app-there") && page.text.contains(LAST), "{}", page.text);
        let page = browser.get("/en/desk/account/app").await;
        let text = page.text.split_once("id=\"secret\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
        let (secret, nonce) = (from_base32(&text).unwrap(), between(&page, "name=\"nonce\" value=\""));
        assert!(page.action() == "/en/desk/account/app" && page.text.contains("otpauth://totp/"), "{}", page.text);
        let wrong = post(&mut browser, &page, "/en/desk/account/app", &format!("&nonce={nonce}&code=000000")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = totp::digits(&secret, totp::step_at(portal.ctx.now()));
        let right = post(&mut browser, &wrong, "/en/desk/account/app", &format!("&nonce={nonce}&code={code}")).await;
        assert_eq!(right.header("location"), HERE, "{}", right.text);
        let page = browser.get(HERE).await;
        let id = between(&page, "action=\"/en/desk/account/passkeys/");
        let removed = post(&mut browser, &page, &format!("/en/desk/account/passkeys/{id}"), "").await;
        assert_eq!(removed.header("location"), HERE, "{}", removed.text);
        assert!(with_code(&portal, "imad", &secret).await.text.contains("Officer {"));
        let mut office = portal.browser();
        let asked = office.visit("/en/desk/sign-in?return=/who").await;
        assert_eq!(touch(&mut office, &asked, &device).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        portal.holds().await;
    });
}

#[test]
fn no_officer_signs_in_by_a_text_message() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::High).await;
        let (mut own, _) = with_passkey(&portal, "imad", 1).await;
        let page = own.get(HERE).await;
        assert!(page.text.contains("Text messages open no desk") && !page.text.contains("id=\"by-sms\""));
        let mut browser = portal.browser();
        let asked = browser.visit("/en/desk/sign-in?return=/who").await;
        assert!(!asked.text.contains("sms"), "{}", asked.text);
        // Every step of a citizen's way, at the desk's request: each leads back to the officers' page.
        for (step, fields) in [
            ("resend", &[][..]),
            ("code", &[("by", "sms"), ("code", "123456")][..]),
            ("code", &[("by", "app"), ("code", "123456")][..]),
            ("skip", &[][..]),
            ("password", &[("id_number", NUMBER), ("password", PASSWORD)][..]),
            ("resend", &[][..]),
            ("officer", &[("username", "imad"), ("password", PASSWORD), ("code", "")][..]),
            ("resend", &[][..]),
        ] {
            let answer = browser.answer(&asked, step, fields).await;
            assert!(answer.text.contains("id=\"username\""), "{step}: {}", answer.text);
        }
        assert!(browser.get("/who").await.text.contains("Anonymous"));
        let sent = portal.ctx.read(|read| read.rows(&sql::SMS, &[])).await.unwrap();
        assert!(sent.is_empty(), "{} messages", sent.len());
    });
}

const QUEUE: &str = "/en/desk/identity/accounts";

#[test]
fn a_locked_desk_opens_with_one_touch_and_the_form_is_there() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let (mut browser, device) = with_passkey(&portal, "imad", 1).await;
        let form = browser.get(QUEUE).await;
        portal.clock.advance_seconds(600);
        let late = post(&mut browser, &form, QUEUE, "&id_number=900000001").await;
        let locked = browser.follow(late).await;
        assert!(locked.text.contains("id=\"locked\"") && locked.text.contains("Officer imad"), "{}", locked.text);
        assert_eq!(between(&locked, "data-known=\""), seal::digest::base64url(&device.id));
        // For another one the page says nothing of whose desk it was.
        let another = browser.get(&format!("{}?other=1", locked.action().trim_end_matches("/passkey"))).await;
        assert!(between(&another, "data-known=\"").is_empty() && !another.text.contains("imad"), "{}", another.text);
        // Nor does the citizens' sign-in.
        let citizens = browser.visit("/en/sign-in").await;
        assert!(citizens.text.contains("id=\"id-number\"") && !citizens.text.contains("imad"), "{}", citizens.text);

        let mut device = device;
        device.counter = 1;
        let back = touch(&mut browser, &locked, &device).await;
        assert!(back.text.contains("id=\"kept\"") && back.text.contains("value=\"900000001\""), "{}", back.text);
        assert_eq!(back.status, StatusCode::OK);
        let holders = portal.ctx.read(|read| read.rows(&sql::LIVE, &[])).await.unwrap();
        assert_eq!(holders.len(), 1, "the locked one was replaced");
        portal.holds().await;
    });
}

#[test]
fn another_officer_at_a_locked_desk_gets_the_desk_and_not_the_text() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let (mut browser, _) = with_passkey(&portal, "imad", 1).await;
        let (_, mut other) = with_passkey(&portal, "sahar", 2).await;
        let form = browser.get(QUEUE).await;
        portal.clock.advance_seconds(600);
        let late = post(&mut browser, &form, QUEUE, "&id_number=900000001").await;
        let kept = late.parameter("return").unwrap();
        let locked = browser.follow(late).await;
        other.counter = 1;
        let page = touch(&mut browser, &locked, &other).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
        assert!(!page.text.contains("900000001") && page.text.contains("Officer sahar"), "{}", page.text);
        assert_eq!(browser.get(&kept).await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.get(QUEUE).await.status, StatusCode::OK, "the desk is theirs");
        portal.holds().await;
    });
}

#[test]
fn eight_hours_after_the_proof_every_officer_is_out() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let (mut browser, _) = with_passkey(&portal, "imad", 1).await;
        // Going to the sign-in again and again makes no day longer.
        for _ in 0..(8 * 3_600 / 300 - 1) {
            portal.clock.advance_seconds(300);
            let page = browser.visit("/en/desk/sign-in?return=/who").await;
            assert!(page.text.contains("Officer {"), "{}", page.text);
        }
        portal.clock.advance_seconds(300);
        assert!(browser.get("/who").await.text.contains("Anonymous"));
        let page = browser.visit("/en/desk/sign-in?return=/who").await;
        assert!(page.text.contains("id=\"username\"") && !page.text.contains("id=\"locked\""), "{}", page.text);
    });
}

/// A database before officers had passkeys, and the same after it.
#[test]
fn passkeys_that_were_made_before_stay_as_they_are() {
    for postgres in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let address = postgres.then(testkit::postgres_schema);
        let open = |versions: usize| {
            let own = Schema { migrations: &identity::MIGRATIONS[..versions], ..identity::SCHEMA };
            let database = match &address {
                Some(address) => Database::Postgres(address.clone()),
                None => Database::Sqlite(folder.path().to_owned()),
            };
            let (blobs, keyring) = (folder.path().join("blobs"), Keyring::from_bytes(&[7; 64]));
            let db = Db::open(Options { database, blobs, keyring }, &[own]).unwrap();
            let (clock, entropy) = (FakeClock::at(START), Arc::new(SeededEntropy::new(5)));
            Ctx { db, clock, entropy, actor: Actor::Anonymous, locale: Locale::AR }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let id = base::id::to_text(77);
        let before = open(8);
        let (own, bytes) = (id.clone(), vec![1_u8, 2]);
        let written = before.write(Key::once(&before), move |tx| {
            tx.execute_one(&sql::OLD_PERSON, &params![own, bytes])?;
            tx.execute_one(&sql::OLD_ACCOUNT, &params![own])?;
            tx.execute_one(&sql::OLD_PASSKEY, &params![own, bytes])
        });
        runtime.block_on(written).unwrap_or_else(|error: store::Error| panic!("{error}"));
        drop(before);
        let after = open(identity::MIGRATIONS.len());
        let rows = runtime.block_on(after.read(|read| read.rows(&sql::PASSKEYS, &[]))).unwrap();
        let row = rows.first().unwrap();
        let names = [0, 1].map(|column| row.get::<String>(column).unwrap());
        assert_eq!(names, [id.clone(), id]);
        let numbers = [2, 3, 5, 6].map(|column| row.get::<i64>(column).unwrap());
        assert_eq!((numbers, row.get::<String>(4).unwrap().as_str()), ([7, 1, 5, 6], "Firefox"));
        assert_eq!(row.get::<Vec<u8>>(7).unwrap(), [1, 2]);
    }
}
