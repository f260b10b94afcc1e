//! Opening an account and signing in, through the router, on both engines.

use crate::kit::{Browser, PASSWORD, Page, Portal, TOTP, schemas, start, start_with, words};
use base::{Assurance, IdNumber, Locale};
use http::StatusCode;
use identity::totp;
use store::Key;
use testkit::on_both_engines;

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";

async fn open_until_born(browser: &mut Browser, number: &str, born: [&str; 3]) -> Page {
    let page = browser.visit("/account/open").await;
    let page = browser.answer(&page, "", &[("id_number", number), ("return_to", "/mine")]).await;
    let [day, month, year] = born;
    browser.answer(&page, "born", &[("day", day), ("month", month), ("year", year)]).await
}

const BORN: [&str; 3] = ["٢٧", "3", "1988"];

#[test]
fn a_citizen_opens_an_account_and_is_signed_in() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        let mut browser = portal.browser();
        let page = open_until_born(&mut browser, "٩٠٠ ٠٠٠ ٠٠١", BORN).await;
        let m = words(Locale::AR);
        assert!(page.text.contains(&m.code_sent("56")), "{}", page.text);
        assert!(!page.text.contains("0599") && !page.text.contains("ليلى"), "{}", page.text);
        let sms = portal.messages(PHONE).await.pop().unwrap();
        let code = portal.code(PHONE).await;
        assert!(sms.ends_with(&format!("\n\n@127.0.0.1 #{code}")), "{sms}");

        let wrong = if code == "111111" { "222222" } else { "111111" };
        let page = browser.answer(&page, "code", &[("code", wrong)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("new-password"), "{}", page.text);
        let short =
            browser.answer(&page, "password", &[("new_password", "ramallah1"), ("again_password", "ramallah1")]).await;
        assert!(short.text.contains(m.password_known()), "{}", short.text);
        let page =
            browser.answer(&short, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("ليلى خليل Citizen") && page.text.contains("Substantial"), "{}", page.text);
        portal.holds().await;

        // The number is proven now, and a second opening ends before a password.
        portal.clock.advance_seconds(31);
        let mut other = portal.browser();
        let page = open_until_born(&mut other, NUMBER, BORN).await;
        let code = portal.code(PHONE).await;
        let page = other.answer(&page, "code", &[("code", &code)]).await;
        let page = other.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert!(page.text.contains(m.has_account_title()), "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn wrong_unknown_mismatched_and_dead_hear_the_same() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        portal.registers.put("400000006", "1988-03-27", "dead", &[PHONE]);
        let mut answers = Vec::new();
        for (number, born) in [("900000001", ["28", "3", "1988"]), ("800000002", BORN), ("400000006", BORN)] {
            let page = open_until_born(&mut portal.browser(), number, born).await;
            assert!(page.text.contains(words(Locale::AR).refused_title()), "{number}: {}", page.text);
            answers.push((page.status, without_tokens(&page.text)));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
        assert!(portal.messages(PHONE).await.is_empty());
    });
}

/// A page without what differs at every load.
fn without_tokens(text: &str) -> String {
    let mut kept = String::new();
    for part in text.split("value=\"") {
        kept.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    // The alternate links carry the opening's own address.
    kept.split('"').filter(|part| !part.contains("/account/open/")).collect()
}

#[test]
fn a_slip_in_the_number_is_asked_about_once() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut browser = portal.browser();
        let page = browser.visit("/en/account/open").await;
        let page = browser.answer(&page, "", &[("id_number", "900000002"), ("return_to", "")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.text.contains("There seems to be a slip") && page.text.contains("value=\"900000002\""),
            "{}",
            page.text
        );
        let again = [("id_number", "900000002"), ("return_to", ""), ("asked_again", "900000002")];
        let page = browser.answer(&page, "", &again).await;
        assert!(page.text.contains("birth-day"), "{}", page.text);
        let page = browser.visit("/en/account/open").await;
        let page = browser.answer(&page, "", &[("id_number", "90000000x"), ("return_to", "")]).await;
        assert!(page.text.contains("nine digits and no letters"), "{}", page.text);
    });
}

#[test]
fn without_a_registered_number_the_account_is_low_and_told_nothing() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[]);
        portal.registers.silence("400000006");
        for number in [NUMBER, "400000006"] {
            let mut browser = portal.browser();
            let page = open_until_born(&mut browser, number, BORN).await;
            assert!(
                page.text.contains(words(Locale::AR).low_explained()) && page.text.contains("/offices"),
                "{}",
                page.text
            );
            let short = [("new_password", "عشرة أحرف"), ("again_password", "عشرة أحرف")];
            let page = browser.answer(&page, "password", &short).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "a password that stands alone is longer");
            let page =
                browser.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
            assert!(page.text.contains("assurance: Low") && !page.text.contains("ليلى"), "{}", page.text);
            assert_eq!(browser.get("/grave").await.status, StatusCode::FORBIDDEN);
        }
        let number = IdNumber::parse(NUMBER).unwrap();
        let owner = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap();
        assert_eq!(owner, None, "nothing was proven");
        portal.holds().await;

        // A counter sees the card: the number is proven, and the level raised.
        let officer = portal.officer("sami").await;
        let mut browser = portal.browser();
        let page = sign_in(&mut browser, NUMBER, PASSWORD).await;
        let account = account_of(&page);
        let raised = portal
            .ctx
            .write(Key::once(&portal.ctx), move |tx| identity::raise_in(tx, account, Assurance::High, officer));
        raised.await.unwrap();
        let number = IdNumber::parse(NUMBER).unwrap();
        let owner = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap();
        assert!(owner.is_some());
        portal.holds().await;
        // What the registry says is fetched, and the next page greets by name.
        let subscribers = portal.systems.iter().flat_map(|system| system.subscribers.clone()).collect::<Vec<_>>();
        store::dispatch_once(&portal.ctx, &subscribers).await.unwrap();
        let page = sign_in(&mut portal.browser(), NUMBER, PASSWORD).await;
        assert!(page.text.contains("ليلى خليل") && page.text.contains("assurance: Low"), "one factor: {}", page.text);
    });
}

fn account_of(page: &Page) -> base::AccountId {
    let rest = page.text.split_once("account: AccountId(").unwrap_or_else(|| panic!("{}", page.text)).1;
    base::id::TypedId::from_bits(rest.split(')').next().unwrap().parse().unwrap())
}

#[test]
fn whoever_proves_a_number_takes_it_from_whoever_only_claimed_it() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.silence(NUMBER);
        let mut squatter = portal.browser();
        let page = open_until_born(&mut squatter, NUMBER, ["1", "1", "1990"]).await;
        let page =
            squatter.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        let squatted = account_of(&page);
        // A second low account is not opened, with the words of any refusal.
        let mut second = portal.browser();
        let page = open_until_born(&mut second, NUMBER, BORN).await;
        let page = second.answer(&page, "password", &[("new_password", PASSWORD), ("again_password", PASSWORD)]).await;
        assert!(page.text.contains(words(Locale::AR).refused_title()), "{}", page.text);

        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        let mut owner = portal.browser();
        let page = open_until_born(&mut owner, NUMBER, BORN).await;
        let code = portal.code(PHONE).await;
        let page = owner.answer(&page, "code", &[("code", &code)]).await;
        let own = "أغنية قديمة جدا";
        let page = owner.answer(&page, "password", &[("new_password", own), ("again_password", own)]).await;
        assert!(account_of(&page) != squatted && page.text.contains("Substantial"), "{}", page.text);
        let page = sign_in(&mut portal.browser(), NUMBER, PASSWORD).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "the squatter's password opens nothing");
        portal.holds().await;
    });
}

#[test]
fn of_several_numbers_one_is_chosen_by_its_last_digits() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE, "+972599123456", "+970569000077"]);
        let mut browser = portal.browser();
        let page = open_until_born(&mut browser, NUMBER, BORN).await;
        assert!(
            page.text.contains("choice-1") && !page.text.contains("choice-2"),
            "one number twice is one: {}",
            page.text
        );
        let page = browser.answer(&page, "number", &[]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = browser.answer(&page, "number", &[("choice", "1")]).await;
        assert!(page.text.contains(&words(Locale::AR).code_sent("77")), "{}", page.text);
        assert!(portal.messages(PHONE).await.is_empty());
        let code = portal.code("+970569000077").await;
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("new-password"), "{}", page.text);
    });
}

/// Signs in as far as the page after the password.
async fn sign_in(browser: &mut Browser, number: &str, password: &str) -> Page {
    let page = browser.visit("/sign-in?return=/who").await;
    browser.answer(&page, "password", &[("id_number", number), ("password", password)]).await
}

#[test]
fn password_and_code_give_the_account_s_level_and_the_password_alone_low() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let page = sign_in(&mut browser, NUMBER, PASSWORD).await;
        assert!(page.text.contains(&words(Locale::AR).code_sent("56")), "{}", page.text);
        // Taken from the phone now, so that the next code is the last that came.
        portal.code(PHONE).await;
        let low = browser.clone().answer(&page, "skip", &[]).await;
        assert!(low.text.contains("ليلى خليل Citizen") && low.text.contains("assurance: Low"), "{}", low.text);

        portal.clock.advance_seconds(31);
        let mut browser = portal.browser();
        let page = browser.visit("/en/grave").await;
        assert!(page.text.contains("id-number"), "{}", page.text);
        let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        let page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains("Layla Khalil Citizen") && page.text.contains("Substantial"), "{}", page.text);

        // Signing out ends both: signing in again asks for the password.
        let form = browser.visit("/en/sign-out").await;
        let page = browser.post("/en/sign-out", form.token()).await;
        assert!(page.header("location").contains("/en/oauth2/end-session?"), "{page:?}");
        let page = browser.get(page.header("location")).await;
        assert_eq!(page.header("location"), format!("{}/en/", portal.origin), "{page:?}");
        assert!(browser.get("/who").await.text.contains("Anonymous"));
        assert!(browser.visit("/sign-in").await.text.contains("id-number"));
        portal.holds().await;
    });
}

#[test]
fn portal_and_provider_may_be_two_processes() {
    on_both_engines(&schemas(), |world| async move {
        let provider = start(world).await;
        provider.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let (portal, stop) = provider.apart().await;
        let mut browser = provider.browser();
        let page = browser.visit(&format!("{portal}/en/sign-in?return=/who")).await;
        assert!(page.header("content-security-policy").contains(&format!("form-action 'self' {portal}")), "{page:?}");
        let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = provider.code(PHONE).await;
        // The last redirects lead to the portal; its own pages answer from there.
        browser.answer(&page, "code", &[("code", &code)]).await;
        let page = browser.get(&format!("{portal}/who")).await;
        assert!(page.text.contains("Layla Khalil Citizen") && page.text.contains("Substantial"), "{}", page.text);
        stop.send();
    });
}

#[test]
fn one_session_serves_until_it_is_over() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, None, Assurance::Low).await;
        let mut browser = portal.browser();
        sign_in(&mut browser, NUMBER, PASSWORD).await;
        browser.cookies.remove("hukumati");
        let page = browser.visit("/sign-in?return=/who").await;
        assert!(page.text.contains("Citizen"), "the provider's session answers: {}", page.text);
        browser.cookies.remove("hukumati");
        portal.clock.advance_seconds(16 * 60);
        assert!(browser.visit("/sign-in?return=/who").await.text.contains("id-number"));
    });
}

#[test]
fn wrong_passwords_and_unknown_numbers_hear_the_same_and_then_wait() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, None, Assurance::Low).await;
        let mut texts = Vec::new();
        for number in [NUMBER, "800000002"] {
            let page = sign_in(&mut portal.browser(), number, "another password, long").await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.text.contains(words(Locale::AR).sign_in_wrong()), "{}", page.text);
            texts.push(page.text.matches("900000001").count() + page.text.matches("800000002").count());
        }
        assert_eq!(texts[0], texts[1]);
        for _ in 0..4 {
            sign_in(&mut portal.browser(), NUMBER, "another password, long").await;
        }
        let page = sign_in(&mut portal.browser(), NUMBER, PASSWORD).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "even the right one waits now");
        portal.clock.advance_seconds(61);
        let page = sign_in(&mut portal.browser(), NUMBER, PASSWORD).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    });
}

#[test]
fn one_address_cannot_try_for_ever() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start_with(world, identity::Limits { address_per_minute: 2, ..identity::Limits::default() }).await;
        for (number, status) in [
            ("800000002", StatusCode::UNPROCESSABLE_ENTITY),
            ("400000006", StatusCode::UNPROCESSABLE_ENTITY),
            ("900000001", StatusCode::TOO_MANY_REQUESTS),
        ] {
            assert_eq!(sign_in(&mut portal.browser(), number, "some password").await.status, status, "{number}");
        }
    });
}

#[test]
fn a_code_bears_five_tries_and_a_new_one_starts_no_counter_again() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut browser = portal.browser();
        let mut page = sign_in(&mut browser, NUMBER, PASSWORD).await;
        let code = portal.code(PHONE).await;
        let wrong = if code == "111111" { "222222" } else { "111111" };
        let m = words(Locale::AR);
        for _ in 0..4 {
            page = browser.answer(&page, "code", &[("code", wrong)]).await;
            assert!(page.text.contains(m.code_wrong()), "{}", page.text);
        }
        page = browser.answer(&page, "code", &[("code", wrong)]).await;
        assert!(page.text.contains(m.code_dead()), "{}", page.text);
        page = browser.answer(&page, "code", &[("code", &code)]).await;
        assert!(page.text.contains(m.code_dead()), "the right one comes too late: {}", page.text);
        portal.holds().await;

        let waiting = browser.answer(&page, "resend", &[]).await;
        assert_eq!(waiting.status, StatusCode::TOO_MANY_REQUESTS, "30 s between two messages");
        portal.clock.advance_seconds(31);
        page = browser.answer(&page, "resend", &[]).await;
        let newer = portal.code(PHONE).await;
        let wrong = if newer == "111111" { "222222" } else { "111111" };
        for _ in 0..4 {
            page = browser.answer(&page, "code", &[("code", wrong)]).await;
        }
        let over = browser.answer(&page, "code", &[("code", &newer)]).await;
        assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS, "ten tries about this person are over");
        portal.clock.advance_seconds(601);
        let late = browser.answer(&page, "code", &[("code", &newer)]).await;
        assert!(late.text.contains(m.code_dead()), "ten minutes are over: {}", late.text);
        portal.holds().await;
    });
}

#[test]
fn relatives_share_a_number_and_not_a_code() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        portal.citizen("800000002", Some(PHONE), Assurance::Substantial).await;
        let (mut mother, mut son) = (portal.browser(), portal.browser());
        let hers = sign_in(&mut mother, NUMBER, PASSWORD).await;
        let her_code = portal.code(PHONE).await;
        portal.clock.advance_seconds(31);
        let his = sign_in(&mut son, "800000002", PASSWORD).await;
        let his_code = portal.code(PHONE).await;
        if her_code != his_code {
            let page = mother.answer(&hers, "code", &[("code", &his_code)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        for (browser, page, code) in [(&mut mother, &hers, &her_code), (&mut son, &his, &his_code)] {
            let page = browser.answer(page, "code", &[("code", code)]).await;
            assert!(page.text.contains("Substantial"), "{}", page.text);
        }
    });
}

#[test]
fn officers_bring_both_factors_and_a_step_is_taken_once() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.officer("sami").await;
        let one_time = |portal: &Portal| totp::digits(TOTP, totp::step_at(portal.ctx.now()));
        let mut browser = portal.browser();
        let page = browser.visit("/desk/queue").await;
        let right = one_time(&portal);
        let wrong = if right == "111111" { "222222" } else { "111111" };
        for (name, password, code) in [
            ("sami", PASSWORD, wrong),
            ("sami", "wrong password", right.as_str()),
            ("nobody", PASSWORD, right.as_str()),
        ] {
            let page =
                browser.answer(&page, "officer", &[("username", name), ("password", password), ("code", code)]).await;
            assert!(page.text.contains(words(Locale::AR).officer_wrong()), "{}", page.text);
        }
        let fields = [("username", " Sami "), ("password", PASSWORD), ("code", right.as_str())];
        let page = browser.answer(&page, "officer", &fields).await;
        assert!(page.text.contains("سامي حداد Officer") && page.text.contains("mot.ramallah"), "{}", page.text);
        assert_eq!(browser.get("/mine").await.status, StatusCode::FORBIDDEN);

        let mut thief = portal.browser();
        let page = thief.visit("/desk/queue").await;
        let page = thief.answer(&page, "officer", &fields).await;
        assert!(page.text.contains(words(Locale::AR).officer_wrong()), "replayed: {}", page.text);
        // A citizen's page is no door for officers, nor the other way round.
        let page = thief.visit("/sign-in").await;
        let page = thief.answer(&page, "officer", &fields).await;
        assert!(page.text.contains("id-number"), "{}", page.text);
        portal.holds().await;
    });
}

#[test]
fn somebody_else_s_link_leads_nowhere() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        portal.citizen("800000002", None, Assurance::Low).await;
        let mut victim = portal.browser();
        let page = victim.visit("/sign-in").await;
        let link = page.action().rsplit_once('/').unwrap().0.to_owned();
        assert_eq!(portal.browser().get(&link).await.status, StatusCode::NOT_FOUND);
        let opening = victim.visit("/account/open").await;
        let page = victim.answer(&opening, "", &[("id_number", NUMBER), ("return_to", "")]).await;
        let link = page.action().rsplit_once('/').unwrap().0.to_owned();
        assert_eq!(portal.browser().get(&link).await.status, StatusCode::NOT_FOUND);
        assert_eq!(victim.get(&link).await.status, StatusCode::OK);
        portal.clock.advance_seconds(3_601);
        assert_eq!(victim.get(&link).await.status, StatusCode::NOT_FOUND);
        assert_eq!(victim.get("/account/open/nonsense").await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_second_click_and_the_back_button_lead_on() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        let mut browser = portal.browser();
        let page = browser.visit("/account/open").await;
        let page = browser.answer(&page, "", &[("id_number", NUMBER), ("return_to", "")]).await;
        let born = [("day", "27"), ("month", "3"), ("year", "1988")];
        for _ in 0..2 {
            let page = browser.answer(&page, "born", &born).await;
            assert!(page.text.contains("one-time-code"), "{}", page.text);
        }
        assert_eq!(portal.messages(PHONE).await.len(), 1);

        portal.citizen("800000002", None, Assurance::Low).await;
        let page = browser.visit("/sign-in").await;
        let start = page.action().replace("/passkey", "/password");
        let body = format!("{}&id_number=800000002&password={}", page.token(), web::fields::encode(PASSWORD));
        let first = browser.post(&start, body.clone()).await;
        let second = browser.post(&start, body).await;
        assert!(first.parameter("code").is_some(), "{first:?}");
        assert_eq!(first.header("location"), second.header("location"));
        assert!(
            browser.follow(second).await.status.is_success() || !browser.get("/who").await.text.contains("Anonymous")
        );
    });
}

#[test]
fn what_is_over_is_forgotten() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[PHONE]);
        open_until_born(&mut portal.browser(), NUMBER, BORN).await;
        portal.citizen("800000002", None, Assurance::Low).await;
        sign_in(&mut portal.browser(), "800000002", PASSWORD).await;
        let count = async || {
            let rows = portal.ctx.read(|read| read.row(&sql::LEFT, &store::params![])).await.unwrap().unwrap();
            rows.get::<i64>(0).unwrap()
        };
        assert!(count().await >= 5);
        let jobs = portal.systems.iter().flat_map(|system| system.jobs.clone()).collect::<Vec<_>>();
        portal.clock.advance_seconds(3 * 24 * 3_600);
        for job in jobs.iter().filter(|job| job.name == "identity.clear") {
            assert!(job.run_once(&portal.ctx, "test").await.unwrap());
        }
        assert_eq!(count().await, 0);
        portal.holds().await;
    });
}

mod sql {
    store::statements! {
        /// What signing in and opening leave behind for a while.
        LEFT = "SELECT (SELECT COUNT(*) FROM identity_opening) + (SELECT COUNT(*) FROM identity_code) + (SELECT COUNT(*) FROM identity_authorization) + (SELECT COUNT(*) FROM identity_token) + (SELECT COUNT(*) FROM identity_session) + (SELECT COUNT(*) FROM identity_once)";
    }
}

#[test]
fn a_double_click_opens_one_account() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        portal.registers.put(NUMBER, "1988-03-27", "alive", &[]);
        let mut browser = portal.browser();
        let page = open_until_born(&mut browser, NUMBER, BORN).await;
        let body = format!("{}&new_password={p}&again_password={p}", page.token(), p = web::fields::encode(PASSWORD));
        let first = browser.post(&page.action(), body.clone()).await;
        let second = browser.post(&page.action(), body).await;
        assert_eq!((first.status, second.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        assert_eq!(first.header("location"), second.header("location"));
        portal.holds().await;
    });
}
