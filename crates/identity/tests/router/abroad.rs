//! Opening an account from abroad, through the router on both engines: the zone of
//! a passport, a telephone of any country, e-mail with a passkey, a mission's
//! officer; what somebody else's passport gives, and what messages abroad may cost.

use crate::kit::device::Device;
use crate::kit::forms;
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start, start_with};
use base::{Assurance, Date, IdNumber, Mrz, Role};
use http::StatusCode;
use identity::Limits;
use testkit::on_both_engines;

const NUMBER: &str = "900000001";
const OTHER: &str = "400000006";
const PHONE: &str = "+491701234567";
const REGISTERED: &str = "+970599123456";
const MAIL: &str = "layla@example.com";
const OPEN: &str = "/en/account/open/abroad";

mod sql {
    store::statements! {
        /// What lies in the table of passports, as it lies there.
        PASSPORTS = "SELECT data, CAST(CASE WHEN said_at IS NULL THEN 0 ELSE 1 END AS BIGINT), CAST(CASE WHEN seen_at IS NULL THEN 0 ELSE 1 END AS BIGINT) FROM identity_passport";
        /// A passport that nobody said and nobody saw.
        UNSAY = "UPDATE identity_passport SET said_at = NULL, seen_at = NULL";
    }
}

/// The lines of a passport of somebody born on that day.
fn zone(number: &str, born: &str) -> [String; 2] {
    zone_until(number, born, "2034-05-31")
}

fn zone_until(number: &str, born: &str, expires: &str) -> [String; 2] {
    let text = str::to_owned;
    let mrz = Mrz {
        surname: text("KHALIL"),
        given: text("LAYLA MAHMOUD SAID"),
        number: text(number),
        nationality: text("PSE"),
        born: Date::parse(born).unwrap(),
        sex: text("F"),
        expires: Date::parse(expires).unwrap(),
        optional: String::new(),
    };
    mrz.lines()
}

/// Says where one lives and types the ID number; ends on the passport's page.
async fn begin(browser: &mut Browser, number: &str, country: &str) -> Page {
    let page = browser.visit(OPEN).await;
    browser.answer(&page, "", &[("country", country), ("id_number", number), ("return_to", "/who")]).await
}

async fn show_passport(browser: &mut Browser, page: &Page, [first, second]: &[String; 2]) -> Page {
    browser.answer(page, "passport", &[("line_1", first), ("line_2", second)]).await
}

/// As far as the question for a number or an address.
async fn to_contact(browser: &mut Browser, number: &str) -> Page {
    let page = begin(browser, number, "JO").await;
    let page = show_passport(browser, &page, &zone("N1234567", "1988-03-27")).await;
    assert!(page.text.contains("id=\"send-email\""), "{}", page.text);
    page
}

async fn give(browser: &mut Browser, page: &Page, field: &str, text: &str) -> Page {
    browser.answer(page, field, &[(field, text)]).await
}

async fn mail_code(portal: &Portal, address: &str) -> String {
    let mail = portal.mail(address).await.unwrap_or_else(|| panic!("nothing was sent to {address}"));
    let text = messages::plain(mail["text"].as_str().unwrap());
    let digits: String = text.split_once(": ").unwrap().1.chars().take_while(char::is_ascii_digit).collect();
    assert_eq!(digits.len(), 6, "{text}");
    digits
}

/// Posts to a path what a page's form would, and follows.
async fn send(browser: &mut Browser, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
    let answered = forms::send(browser, page, path, fields).await;
    browser.follow(answered).await
}

/// An officer types the number; gives the page and where it is.
async fn at_counter(officer: &mut Browser) -> (Page, String) {
    let page = officer.visit("/en/desk/counter").await;
    let body = format!("{}&id_number={NUMBER}", page.token());
    let asked = officer.post("/en/desk/counter", body).await;
    let at = asked.header("location").to_owned();
    assert!(at.starts_with("/en/desk/counter/"), "{}", asked.text);
    (officer.get(&at).await, at)
}

async fn sign_in(portal: &Portal, browser: &mut Browser, password: &str) -> Page {
    portal.clock.advance_seconds(60);
    let page = browser.visit("/en/sign-in?return=/who").await;
    browser.answer(&page, "password", &[("id_number", NUMBER), ("password", password)]).await
}

async fn owner(portal: &Portal) -> Option<Assurance> {
    let number = IdNumber::parse(NUMBER).unwrap();
    let person = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap()?;
    portal.ctx.read(move |read| identity::account_of(read, person)).await.unwrap().map(|account| account.level)
}

fn without_tokens(text: &str) -> String {
    let mut kept = String::new();
    for part in text.split("value=\"") {
        kept.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    kept.split('"').filter(|part| !part.contains("/account/open/")).collect()
}

/// Opens an account with a telephone abroad; it stays for drafts.
async fn open_with_phone(portal: &Portal, browser: &mut Browser) -> Page {
    let page = to_contact(browser, NUMBER).await;
    let page = give(browser, &page, "phone", "٠٠٤٩ (٠)١٧٠ ١٢٣٤٥٦٧").await;
    let code = portal.code(PHONE).await;
    let page = browser.answer(&page, "code", &[("code", &code)]).await;
    assert!(page.text.contains("data-mission=\"mission.amman\"") && page.text.contains("drafts only"), "{}", page.text);
    browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await
}

#[test]
fn with_a_passport_and_a_phone_of_any_country_the_account_is_low_until_a_mission_saw_both() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[]);
        portal.registers.portray(NUMBER);
        let mut browser = portal.browser();
        let front = browser.visit("/en/account/open?return=/who").await;
        assert!(front.text.contains("/en/account/open/abroad?return=/who"), "{}", front.text);
        let page = open_with_phone(&portal, &mut browser).await;
        assert!(page.text.contains("assurance: Low") && !page.text.contains("Layla"), "{}", page.text);
        assert_eq!(owner(&portal).await, None, "a passport that was typed proves nothing");
        // Both factors, and still low.
        let page = sign_in(&portal, &mut portal.browser(), PASSWORD).await;
        let code = portal.code(PHONE).await;
        let page = portal.browser().answer(&page, "code", &[("code", &code)]).await;
        assert_ne!(page.status, StatusCode::OK, "the code is another browser's");
        let mut other = portal.browser();
        let page = sign_in(&portal, &mut other, PASSWORD).await;
        let code = portal.code(PHONE).await;
        let page = other.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("assurance: Low"), "{}", page.text);
        assert_eq!(other.get("/grave").await.status, StatusCode::FORBIDDEN);
        // What is told of every change costs no message abroad.
        let before = portal.messages(PHONE).await.len();
        let factors = other.visit("/en/account/factors").await;
        let made = other.post("/en/account/factors/sheet", factors.token()).await;
        assert!(made.text.contains("id=\"codes\""), "{}", made.text);
        assert_eq!(portal.messages(PHONE).await.len(), before);
        // Sealed, and said only.
        let rows = portal.ctx.read(|read| read.rows(&sql::PASSPORTS, &[])).await.unwrap();
        let data: Vec<u8> = rows[0].get(0).unwrap();
        assert!(!data.windows(8).any(|part| part == b"N1234567"));
        assert_eq!((rows.len(), rows[0].get::<i64>(1).unwrap(), rows[0].get::<i64>(2).unwrap()), (1, 1, 0));

        // A post office sees a card and nothing of the passport.
        let mut post = portal.at_desk("post", "post.nablus", Role::PostAgent, "/en/desk/counter").await;
        let (page, _) = at_counter(&mut post).await;
        assert!(!page.text.contains("N1234567") && !page.text.contains("id=\"passport\""), "{}", page.text);

        let mut officer = portal.at_desk("dima", "mission.amman", Role::Clerk, "/en/desk/counter").await;
        let (page, at) = at_counter(&mut officer).await;
        assert!(page.text.contains("N1234567") && page.text.contains("data-seen=\"false\""), "{}", page.text);
        for fields in [
            &[("passport", "N1234567")][..],
            &[("compared", "true")],
            &[("compared", "true"), ("passport", "N-1")],
            &[("compared", "true"), ("passport", "N7654321")],
        ] {
            let refused = send(&mut officer, &page, &format!("{at}/same"), fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
        assert_eq!(owner(&portal).await, None);
        // A new passport: asked about once.
        let again = [("compared", "true"), ("passport", "n7654321"), ("asked_again", "N7654321")];
        let page = send(&mut officer, &page, &format!("{at}/same"), &again).await;
        assert!(page.text.contains("id=\"proven\""), "{}", page.text);
        assert_eq!(owner(&portal).await, Some(Assurance::High));
        let number = IdNumber::parse(NUMBER).unwrap();
        let person = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap();
        let slice = web::Slice::default();
        let acts = portal.ctx.read(move |read| audit::acts_about(read, person, "identity.compared", &slice)).await;
        assert_eq!(acts.unwrap()[0].detail["document"], "passport");
        let rows = portal.ctx.read(|read| read.rows(&sql::PASSPORTS, &[])).await.unwrap();
        assert_eq!((rows[0].get::<i64>(1).unwrap(), rows[0].get::<i64>(2).unwrap()), (1, 1));
        // Whoever opened it proved nothing: their password and number are gone.
        let page = sign_in(&portal, &mut portal.browser(), PASSWORD).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
        let phone = portal.ctx.read(move |read| notify::phone_of(read, person)).await.unwrap();
        assert_eq!(phone, None);
        portal.holds().await;
        portal.ctx.write(store::Key::once(&portal.ctx), |tx| tx.execute(&sql::UNSAY, &[])).await.unwrap();
        assert_eq!(portal.broken().await, ["identity.passports_were_said_or_seen"]);
    });
}

#[test]
fn with_an_address_a_passkey_opens_the_account_and_nothing_less() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.silence(NUMBER);
        let mut browser = portal.browser();
        let page = to_contact(&mut browser, NUMBER).await;
        let wrong = give(&mut browser, &page, "email", "layla@example.com, other@example.com").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("id=\"email-error\""), "{}", wrong.text);
        let page = give(&mut browser, &page, "email", "layla@Example.com").await;
        assert!(page.text.contains(MAIL) && page.text.contains("id=\"resend\""), "{}", page.text);
        // Another one too soon: what to do is said.
        let soon = browser.answer(&page, "resend", &[]).await;
        assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(soon.text.contains("half a minute") && soon.text.contains("id=\"phone\""), "{}", soon.text);
        let code = mail_code(&portal, MAIL).await;
        let bad = if code == "111111" { "222222" } else { "111111" };
        let refused = browser.answer(&page, "code", &[("code", bad)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Neither password nor passkey before the address was shown to be read.
        let early =
            browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert!(early.text.contains("id=\"resend\""), "{}", early.text);
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("id=\"make-passkey\"") && page.text.contains("id=\"another\""), "{}", page.text);
        let late = browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert!(late.text.contains("id=\"make-passkey\""), "an address is no authenticator: {}", late.text);

        let mut device = Device::new(&portal.origin, 7);
        let action = page.action();
        for made in [
            Device::new("https://hukumati.example", 8).make(&page),
            Device::new(&portal.origin, 9).unlocked().make(&page),
            "&client_data=&attestation=!".to_owned(),
        ] {
            let refused = browser.post(&action, format!("{}{made}", page.token())).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        }
        let stolen = portal.browser().post(&action, format!("{}{}", page.token(), device.make(&page))).await;
        assert_ne!(stolen.status, StatusCode::SEE_OTHER, "it is this browser's");
        let fields = format!("{}{}", page.token(), device.make(&page));
        let opened = browser.post(&action, fields.clone()).await;
        // The same form twice opens one account.
        let again = browser.post(&action, fields).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
        let opened = browser.follow(opened).await;
        assert!(opened.text.contains("assurance: Low"), "{}", opened.text);

        let mut home = portal.browser();
        let asked = home.visit("/en/sign-in?return=/who").await;
        let refused = home.answer(&asked, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "no password opens it");
        device.counter += 1;
        let signed = device.sign(&asked);
        let fields: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let inside = home.answer(&asked, "passkey", &fields).await;
        assert!(inside.text.contains("assurance: Low"), "{}", inside.text);
        assert_eq!(owner(&portal).await, None);
        portal.holds().await;
    });
}

#[test]
fn wrong_unknown_mismatched_and_dead_hear_the_same_and_where_to_turn() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        portal.registers.put(OTHER, "1988-03-27", "dead", &[PHONE]);
        let mut answers = Vec::new();
        for (number, born) in [(NUMBER, "1988-03-28"), ("800000002", "1988-03-27"), (OTHER, "1988-03-27")] {
            let mut browser = portal.browser();
            let page = begin(&mut browser, number, "JO").await;
            let page = show_passport(&mut browser, &page, &zone("N1234567", born)).await;
            let named =
                page.text.contains("id=\"mission-next\"") && page.text.contains("data-mission=\"mission.amman\"");
            assert!(named && page.text.contains("id=\"again\""), "{number}: {}", page.text);
            answers.push((page.status, without_tokens(&page.text)));
        }
        // By the day of birth it is the same page.
        let mut browser = portal.browser();
        let page = begin(&mut browser, "800000002", "JO").await;
        let page = browser.visit(&format!("{}?way=birth", page.action().trim_end_matches("/passport"))).await;
        let page = browser.answer(&page, "born", &[("day", "27"), ("month", "3"), ("year", "1988")]).await;
        answers.push((page.status, without_tokens(&page.text)));
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert!(portal.messages(PHONE).await.is_empty());
    });
}

#[test]
fn a_zone_that_cannot_be_read_says_which_line_and_what_next() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[]);
        let mut browser = portal.browser();
        let page = begin(&mut browser, NUMBER, "CL").await;
        let [first, second] = zone("N1234567", "1988-03-27");
        for (lines, line, said) in [
            ([first.replace("PSE", "JOR"), second.clone()], 1, "PSE"),
            ([first.clone(), second.replacen("N1234567", "N1234568", 1)], 2, "1 to 10"),
            ([first.clone(), second.replacen("880327", "880328", 1)], 2, "14 to 20"),
            ([first.clone(), second[..30].to_owned()], 2, "should have 44"),
            ([first.clone(), format!("{}{}", &second[..43], (second.as_bytes()[43] - b'0' + 1) % 10)], 2, "sign 44"),
            (zone_until("N1234567", "1988-03-27", "2020-05-31"), 2, "passport expired on 2020-05-31"),
            ([String::new(), String::new()], 1, "Line 1"),
            ([first.clone(), "§<script>".to_owned()], 2, "Line 2"),
        ] {
            let refused = show_passport(&mut browser, &page, &lines).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{lines:?}");
            let named =
                refused.text.contains(&format!("data-line=\"{line}\"")) && refused.text.contains("id=\"by-birth\"");
            assert!(named && refused.text.replace(['\u{2068}', '\u{2069}'], "").contains(said), "{}", refused.text);
            // A country without a mission: the office that sees all.
            assert!(refused.text.contains("data-mission=\"consular.ramallah\""), "{}", refused.text);
        }
        let slip = [first.to_lowercase(), second.replace('<', " ")];
        let page = show_passport(&mut browser, &page, &slip).await;
        assert!(page.text.contains("id=\"send-email\""), "{}", page.text);
    });
}

#[test]
fn who_has_no_number_ends_at_a_named_mission() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut browser = portal.browser();
        for (country, key, id) in [
            ("JO", "mission.amman", "country"),
            ("CL", "consular.ramallah", "elsewhere"),
            ("'\"<", "consular.ramallah", "elsewhere"),
        ] {
            let page = browser.visit(OPEN).await;
            let page = browser.answer(&page, "", &[("country", country), ("return_to", ""), ("without", "true")]).await;
            assert_eq!(page.status, StatusCode::OK);
            for part in [&format!("data-mission=\"{key}\""), &format!("id=\"{id}\""), "id=\"bring\"", "Sundays, 9 to 2"]
            {
                assert!(page.text.contains(part), "{part}: {}", page.text);
            }
        }
        let page = browser.visit(OPEN).await;
        let page = browser.answer(&page, "", &[("country", "JO"), ("id_number", "12"), ("return_to", "")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.text.contains("value=\"JO\" selected") && page.text.contains("id=\"without\""), "{}", page.text);
    });
}

#[test]
fn a_registered_number_is_offered_and_forgotten_when_it_is_not_at_hand() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[REGISTERED]);
        let mut browser = portal.browser();
        let page = begin(&mut browser, NUMBER, "JO").await;
        let page = show_passport(&mut browser, &page, &zone("N1234567", "1988-03-27")).await;
        assert!(page.text.contains("choice-0") && page.text.contains("id=\"elsewhere\""), "{}", page.text);
        assert!(portal.messages(REGISTERED).await.is_empty(), "a SIM that stayed behind gets nothing unasked");
        // Chosen, it does not arrive; then the way on is still there.
        let code_page = browser.answer(&page, "number", &[("choice", "0")]).await;
        let registered_code = portal.code(REGISTERED).await;
        let address = code_page.action().trim_end_matches("/code").to_owned();
        let page = browser.visit(&format!("{address}?way=another")).await;
        let page = browser.answer(&page, "elsewhere", &[]).await;
        assert!(page.text.contains("id=\"send-email\"") && !page.text.contains("ending in"), "{}", page.text);
        // The code of the registered number opens nothing any more.
        let stale = browser.answer(&page, "code", &[("code", &registered_code)]).await;
        assert!(stale.text.contains("id=\"send-email\"") || stale.status == StatusCode::UNPROCESSABLE_ENTITY);
        let page = browser.visit(&address).await;
        let page = give(&mut browser, &page, "phone", PHONE).await;
        let code = portal.code(PHONE).await;
        // And one number's code does not open another's.
        portal.clock.advance_seconds(1);
        let swapped = give(&mut browser, &page, "phone", "+491700000099").await;
        let refused = browser.answer(&swapped, "code", &[("code", &code)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        let code = portal.code("+491700000099").await;
        let page = browser.answer(&swapped, "code", &[("code", &code)]).await;
        let page = browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert!(page.text.contains("assurance: Low") && !page.text.contains("Layla"), "{}", page.text);

        // With the registered number the account is proven, from abroad too.
        portal.clock.advance_seconds(60);
        let mut second = portal.browser();
        let page = begin(&mut second, NUMBER, "JO").await;
        let page = show_passport(&mut second, &page, &zone("N1234567", "1988-03-27")).await;
        let page = second.answer(&page, "number", &[("choice", "0")]).await;
        let code = portal.code(REGISTERED).await;
        let page = second.answer(&page, "code", &[("code", &code)]).await;
        let own = "أغنية قديمة جدا";
        let page = second.answer(&page, "password", &[("new_password", own), ("again_password", own)]).await;
        assert!(page.text.contains("Substantial"), "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn the_passport_of_somebody_else_gives_nothing_but_drafts() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[REGISTERED]);
        portal.citizen(NUMBER, Some(REGISTERED), Assurance::Substantial).await;
        // Whoever found the passport of somebody who has an account gets none.
        let mut finder = portal.browser();
        let page = begin(&mut finder, NUMBER, "JO").await;
        let page = show_passport(&mut finder, &page, &zone("N1234567", "1988-03-27")).await;
        let page = finder.answer(&page, "elsewhere", &[]).await;
        let page = give(&mut finder, &page, "email", "finder@example.com").await;
        let code = mail_code(&portal, "finder@example.com").await;
        let page = finder.answer(&page, "code", &[("code", &code)]).await;
        let device = Device::new(&portal.origin, 3);
        let refused = finder.post(&page.action(), format!("{}{}", page.token(), device.make(&page))).await;
        let refused = finder.follow(refused).await;
        assert!(refused.text.contains("id=\"mission-next\"") && !refused.text.contains("Citizen"), "{}", refused.text);
        let told = portal.messages(REGISTERED).await;
        assert!(told.is_empty(), "{told:?}");
        // Ways that are only for people abroad do not open to others, nor to another browser.
        let mut inside = portal.browser();
        let page = inside.visit("/en/account/open").await;
        let page = inside.answer(&page, "", &[("id_number", OTHER), ("return_to", "")]).await;
        let at = page.action().trim_end_matches("/born").to_owned();
        for (path, fields) in [
            ("elsewhere", ""),
            ("phone", "&phone=%2B491701234567"),
            ("passport", "&line_1=P&line_2=N"),
            ("email", "&email=a%40b.example"),
        ] {
            let answer = inside.post(&format!("{at}/{path}"), format!("{}{fields}", page.token())).await;
            assert!(matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::SEE_OTHER), "{path} {}", answer.text);
            let stranger = portal.browser().post(&format!("{at}/{path}"), format!("{}{fields}", page.token())).await;
            assert!(!stranger.status.is_success() && stranger.status != StatusCode::SEE_OTHER, "{path}");
        }
        assert!(portal.messages(PHONE).await.is_empty());
        portal.holds().await;
    });
}

#[test]
fn messages_abroad_have_tight_limits_that_spare_whoever_is_proven() {
    on_both_engines(&schemas(), |world| async move {
        let limits = Limits {
            address_per_minute: 1_000,
            sms_abroad_per_block_per_hour: 2,
            sms_abroad_per_number_per_day: 3,
            claimed_abroad_per_country_per_day: 5,
            claimed_abroad_per_day: 6,
            claimed_per_address_per_day: 100,
            openings_per_number_per_day: 100,
            ..Limits::default()
        };
        let portal = start_with(world, limits).await;
        portal.registers.silence(NUMBER);
        let mut browser = portal.browser();
        let page = to_contact(&mut browser, NUMBER).await;
        let mut ask = async |number: &str| {
            let page = give(&mut browser, &page, "phone", number).await;
            let (status, said) = (page.status, page.text.contains("E-mail with a passkey works now"));
            assert_eq!(said, status == StatusCode::TOO_MANY_REQUESTS, "{number}: {}", page.text);
            status
        };
        // Numbers that lie side by side.
        for (number, status) in [
            ("+244 923 000 001", StatusCode::OK),
            ("+244 923 000 002", StatusCode::OK),
            ("+244 923 000 003", StatusCode::TOO_MANY_REQUESTS),
            ("+244 917 000 001", StatusCode::OK),
            // The fifth of one country that was counted.
            ("+244 917 000 002", StatusCode::OK),
            ("+244 931 000 001", StatusCode::TOO_MANY_REQUESTS),
            ("+252 61 0000001", StatusCode::OK),
            // And of all countries together.
            ("+257 79 000 001", StatusCode::TOO_MANY_REQUESTS),
            // What costs little is not held back by it.
            ("0599 123 456", StatusCode::OK),
        ] {
            assert_eq!(ask(number).await, status, "{number}");
        }
        assert!(portal.messages("+244923000003").await.is_empty());
        // Whoever has a proven number abroad still gets a code, until its own limit.
        portal.citizen(OTHER, Some("+962790000107"), Assurance::Substantial).await;
        for number in 1..=4 {
            portal.clock.advance_seconds(3_601);
            let mut owner = portal.browser();
            let page = owner.visit("/en/sign-in?level=substantial&return=/who").await;
            owner.answer(&page, "password", &[("id_number", OTHER), ("password", PASSWORD)]).await;
            let sent = portal.messages("+962790000107").await.len();
            assert_eq!(sent, number.min(3), "the third is the day's last");
        }
    });
}

#[test]
fn one_address_has_only_so_many_codes_sent_to_others() {
    on_both_engines(&schemas(), |world| async move {
        let limits = Limits { claimed_per_address_per_day: 2, address_per_minute: 1_000, ..Limits::default() };
        let portal = start_with(world, limits).await;
        portal.registers.silence(NUMBER);
        let mut browser = portal.browser();
        let page = to_contact(&mut browser, NUMBER).await;
        for (address, status) in [
            ("a@example.com", StatusCode::OK),
            ("b@example.com", StatusCode::OK),
            ("c@example.com", StatusCode::TOO_MANY_REQUESTS),
        ] {
            let answered = give(&mut browser, &page, "email", address).await;
            assert_eq!(answered.status, status, "{}", answered.text);
            let refused = status == StatusCode::TOO_MANY_REQUESTS;
            assert_eq!(portal.mail(address).await.is_none(), refused);
            assert_eq!(answered.text.contains("A phone number works"), refused);
            assert_eq!(answered.text.contains("data-mission=\"mission.amman\""), refused);
        }
        let refused = give(&mut browser, &page, "phone", PHONE).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "the two ways have one count");
        assert!(portal.messages(PHONE).await.is_empty());
    });
}
