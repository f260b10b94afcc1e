//! Sessions and counters, on both engines.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod kit;

use base::id::TypedId;
use base::{AccountId, Actor, Assurance, PersonId};
use http::StatusCode;
use kit::{Answer, Browser, lines, schemas, site};
use store::Error;
use testkit::on_both_engines;
use web::session::{self, CITIZEN_IDLE_SECONDS, CITIZEN_SECONDS_MAX, OFFICER_IDLE_SECONDS, OFFICER_SECONDS_MAX};
use web::throttle::{self, Throttle};
use web::{Config, system::System};

fn person() -> Actor {
    Actor::Citizen { person: PersonId::from_bits(1), account: AccountId::from_bits(2), assurance: Assurance::High }
}

#[test]
fn every_statement_prepares() {
    on_both_engines(&schemas(), |world| async move {
        let System { statements, .. } = web::admin::system();
        for statement in statements {
            let ran = world.ctx.read(move |read| read.prepare(statement)).await;
            ran.unwrap_or_else(|error: Error| panic!("{:?} {}: {error}", world.engine, statement.name));
        }
    });
}

#[test]
fn a_session_begins_is_kept_and_ends() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        assert_eq!(browser.get("/who").await.text(), "nobody");
        let welcome = browser.get("/sign-in/high").await;
        assert!(welcome.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
        assert!(!welcome.header("set-cookie").contains("Secure"), "plain HTTP on loopback");
        let who = browser.get("/who").await;
        assert_eq!((who.text().as_str(), who.header("cache-control")), ("ليلى", "no-store"));
        assert_eq!(browser.get("/en/who").await.text(), "Layla", "each language has its name");
        assert_eq!(browser.get("/notes").await.text(), "none true");
        world.clock.advance_seconds(301);
        assert_eq!(browser.get("/notes").await.text(), "none false");
        browser.post("/renew", "").await;
        assert_eq!(browser.get("/notes").await.text(), "M1 true");

        let stolen = browser.cookies.clone();
        let out = browser.post("/sign-out", "").await;
        assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
        assert!(!browser.cookies.contains_key("hukumati"));
        browser.cookies = stolen;
        assert_eq!(browser.get("/who").await.text(), "nobody", "the row is gone, not only the cookie");
    });
}

#[test]
fn a_session_ends_when_idle_and_in_any_case() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut citizen = Browser::new(&site);
        citizen.get("/sign-in/low").await;
        world.clock.advance_seconds(CITIZEN_IDLE_SECONDS - 1);
        assert_eq!(citizen.get("/who").await.text(), "ليلى");
        world.clock.advance_seconds(CITIZEN_IDLE_SECONDS - 1);
        assert_eq!(citizen.get("/who").await.text(), "ليلى", "its use was noted");
        world.clock.advance_seconds(CITIZEN_IDLE_SECONDS);
        assert_eq!(citizen.get("/who").await.text(), "nobody");

        citizen.get("/sign-in/low").await;
        let mut left = CITIZEN_SECONDS_MAX;
        while left > 600 {
            world.clock.advance_seconds(600);
            left -= 600;
            assert_eq!(citizen.get("/who").await.text(), "ليلى");
        }
        world.clock.advance_seconds(left);
        assert_eq!(citizen.get("/who").await.text(), "nobody", "used all the time, and over");

        let mut clerk = Browser::new(&site);
        clerk.get("/sign-in/clerk").await;
        world.clock.advance_seconds(OFFICER_IDLE_SECONDS);
        assert_eq!(clerk.get("/who").await.text(), "nobody");
    });
}

#[test]
fn a_problem_page_is_no_use_of_a_session() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        // Where no route is, and where one refuses whoever is signed in.
        for path in ["/nowhere", "/kept"] {
            let mut browser = Browser::new(&site);
            browser.get("/sign-in/low").await;
            world.clock.advance_seconds(CITIZEN_IDLE_SECONDS - 1);
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            world.clock.advance_seconds(1);
            assert_eq!(browser.get("/who").await.text(), "nobody", "{path}");
        }
    });
}

#[test]
fn a_form_that_comes_too_late_waits_for_its_person() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        browser.get("/sign-in/high").await;
        let token = browser.get("/page").await.token();
        let typed = format!("{token}&words=%D8%B2%D9%8A%D8%AA&password=wild-thyme");
        world.clock.advance_seconds(CITIZEN_IDLE_SECONDS);
        let late = browser.post("/own-lines", typed.as_str()).await;
        assert_eq!(late.status, StatusCode::SEE_OTHER);
        let kept = return_of(&late);
        assert!(kept.starts_with("/kept?form="), "{kept}");
        assert_eq!(lines(&world.ctx).await, 0);
        assert_eq!(browser.get(&kept).await.status, StatusCode::NOT_FOUND, "nobody is signed in");

        // Somebody else signs in on the same telephone.
        let waiting = browser.cookies.clone();
        browser.get("/sign-in/clerk").await;
        assert_eq!(browser.get(&kept).await.status, StatusCode::NOT_FOUND);
        // And in another browser it is not there.
        let mut other = Browser::new(&site);
        other.get("/sign-in/high").await;
        assert_eq!(other.get(&kept).await.status, StatusCode::NOT_FOUND);

        browser.cookies = waiting;
        browser.get("/sign-in/high").await;
        assert_eq!(browser.get("/kept").await.status, StatusCode::NOT_FOUND, "which one?");
        let shown = browser.get(&kept).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text().contains("action=\"/own-lines\"") && shown.text().contains("زيت"), "{}", shown.text());
        assert!(!shown.text().contains("wild-thyme"), "secrets are not kept");
        let again = format!("{}&words=%D8%B2%D9%8A%D8%AA", shown.token());
        assert_eq!(browser.post("/own-lines", again.as_str()).await.status, StatusCode::OK);
        assert_eq!(lines(&world.ctx).await, 1);
        browser.post("/sign-out", "").await;
        browser.get("/sign-in/high").await;
        assert_eq!(browser.get(&kept).await.status, StatusCode::NOT_FOUND, "forgotten at sign-out");
    });
}

#[test]
fn only_a_form_of_that_session_is_kept() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        // Nobody was signed in; the token is this browser's, but of no session.
        let token = browser.get("/page").await.token();
        assert_eq!(browser.post("/own-lines", format!("{token}&words=a")).await.status, StatusCode::UNAUTHORIZED);
        browser.get("/sign-in/high").await;
        let token = browser.get("/page").await.token();
        world.clock.advance_seconds(CITIZEN_IDLE_SECONDS);
        let forged = format!("_csrf={}&_key=1.a&words=a", "A".repeat(43));
        assert_eq!(browser.post("/own-lines", forged).await.status, StatusCode::UNAUTHORIZED);
        let huge = format!("{token}&words={}", "a".repeat(1 << 20));
        assert_eq!(browser.post("/own-lines", huge).await.status, StatusCode::PAYLOAD_TOO_LARGE);
        let late = browser.post("/own-lines", format!("{token}&words=a")).await;
        assert_eq!(late.status, StatusCode::SEE_OTHER);
        browser.get("/sign-in/high").await;
        world.clock.advance_seconds(3_601);
        browser.get("/sign-in/high").await;
        assert_eq!(browser.get(&return_of(&late)).await.status, StatusCode::NOT_FOUND, "an hour is over");
    });
}

/// Where the sign-in leads back to.
fn return_of(answer: &Answer) -> String {
    let query = answer.header("location").split_once('?').unwrap().1;
    let fields = web::fields::parse(query.as_bytes()).unwrap();
    fields.into_iter().find(|(name, _)| name == "return").unwrap().1
}

const JSON: [(&str, &str); 1] = [("accept", "application/json")];

#[test]
fn what_stands_in_a_locked_page_waits_for_its_officer_alone() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        assert_eq!(browser.post("/kept", "").await.status, StatusCode::NO_CONTENT, "nobody was here");
        browser.get("/sign-in/clerk").await;
        let token = browser.get("/page").await.token();
        let typed = format!("{token}&_form=/own-lines&_page=/desk/queue%3Fa%3Db&words=%D8%B2%D9%8A%D8%AA&pin=1234");
        world.clock.advance_seconds(OFFICER_IDLE_SECONDS - 1);
        assert_eq!(browser.post("/kept", typed.as_str()).await.status, StatusCode::OK, "it still holds");
        world.clock.advance_seconds(1);
        // Being asked was no use of the session. Two windows lock themselves at once, each without the other's cookie.
        let before = browser.cookies.clone();
        let first = browser.post("/kept", typed.as_str()).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
        browser.cookies = before;
        let second = browser.post("/kept", typed.replace("%D8%B2", "%D8%B1")).await;
        let forms = [first, second].map(|answer| format!("/kept?form={}", answer.header("kept-form")));
        assert_ne!(forms[0], forms[1]);
        for odd in [
            format!("{token}&words=a"),
            format!("{token}&_form=//evil.example&words=a"),
            "_csrf=a&_key=b&_form=/own-lines&words=a".to_owned(),
            String::new(),
        ] {
            assert_eq!(browser.post("/kept", odd.as_str()).await.status, StatusCode::NO_CONTENT, "{odd}");
        }
        let foreign = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
        assert_eq!(browser.post_with("/kept", typed.as_str(), &foreign).await.status, StatusCode::FORBIDDEN);

        // Another officer, and a citizen, at the same machine.
        let waiting = browser.cookies.clone();
        for other in ["/sign-in/clerk2", "/sign-in/high"] {
            browser.cookies = waiting.clone();
            browser.get(other).await;
            for form in &forms {
                assert_eq!(browser.get(form).await.status, StatusCode::NOT_FOUND, "{other}");
                assert_eq!(browser.get_with(form, &JSON).await.status, StatusCode::NOT_FOUND, "{other}");
            }
        }
        browser.cookies = waiting;
        browser.get("/sign-in/clerk").await;
        for (form, word) in forms.iter().zip(["زيت", "ريت"]) {
            let put_back = browser.get_with(form, &JSON).await;
            assert_eq!(put_back.header("cache-control"), "no-store");
            let told: serde_json::Value = serde_json::from_str(&put_back.text()).unwrap();
            let expected = serde_json::json!({ "action": "/own-lines", "fields": [["words", word]] });
            assert_eq!(told, expected, "no secret, and nothing of the page's own");
            // Not sent, so not to be sent from here.
            let shown = browser.get(form).await.text();
            assert!(shown.contains(word) && !shown.contains("id=\"send\""), "{shown}");
            assert!(shown.contains(&format!("/desk/queue?a=b#kept={}", &form["/kept?form=".len()..])), "{shown}");
        }
        assert_eq!(lines(&world.ctx).await, 0);
    });
}

#[test]
fn a_form_that_comes_after_the_last_hour_of_a_day_is_kept_too() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        browser.get("/sign-in/clerk").await;
        let token = browser.get("/page").await.token();
        for _ in 0..OFFICER_SECONDS_MAX / 300 {
            world.clock.advance_seconds(300);
            browser.get("/who").await;
        }
        assert_eq!(browser.get("/who").await.text(), "nobody", "eight hours are over");
        let job = web::admin::system().jobs.remove(0);
        assert!(job.run_once(&world.ctx, "test").await.unwrap());
        let late = browser.post("/own-lines", format!("{token}&words=a")).await;
        assert!(return_of(&late).starts_with("/kept?form="), "{}", late.text());
        let late = browser.post("/kept", format!("{token}&_form=/own-lines&words=a")).await;
        assert_eq!(late.status, StatusCode::CREATED);
        // A sign-in that another one answered begins no day anew.
        browser.get("/sign-in/early").await;
        world.clock.advance_seconds(1);
        assert_eq!(browser.get("/who").await.text(), "nobody");
    });
}

#[test]
fn sessions_can_be_listed_and_ended_from_elsewhere() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let (mut phone, mut office) = (Browser::new(&site), Browser::new(&site));
        phone.get("/sign-in/high").await;
        world.clock.advance_seconds(1);
        office.get("/sign-in/high").await;
        let lines = session::sessions_of(&world.ctx, &person()).await.unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].created_at > lines[1].created_at);

        assert!(!session::end_own(&world.ctx, &Actor::Anonymous, lines[1].id).await.unwrap(), "not theirs");
        assert!(session::end_own(&world.ctx, &person(), lines[1].id).await.unwrap());
        world.clock.advance_seconds(1);
        assert_eq!(phone.get("/who").await.text(), "nobody", "within a second");
        assert_eq!(office.get("/who").await.text(), "ليلى");

        assert_eq!(session::end_linked(&world.ctx, "provider-1").await.unwrap(), 1);
        world.clock.advance_seconds(1);
        assert_eq!(office.get("/who").await.text(), "nobody");

        office.get("/sign-in/high").await;
        assert_eq!(session::end_sessions_of(&world.ctx, &person()).await.unwrap(), 1);
        world.clock.advance_seconds(1);
        assert_eq!(office.get("/who").await.text(), "nobody");
    });
}

#[test]
fn signing_in_again_ends_the_session_before() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        let mut browser = Browser::new(&site);
        browser.get("/sign-in/low").await;
        let before = browser.cookies.clone();
        browser.get("/sign-in/high").await;
        assert_ne!(before["hukumati"], browser.cookies["hukumati"]);
        assert_eq!(session::sessions_of(&world.ctx, &person()).await.unwrap().len(), 1);
    });
}

#[test]
fn tries_are_counted_in_their_window() {
    on_both_engines(&schemas(), |world| async move {
        let hit = async |value: &str| throttle::hit(&world.ctx, "sms", value, 2, 60).await.unwrap();
        assert_eq!(hit("0599000001").await, Throttle::Allowed);
        world.clock.advance_seconds(10);
        assert_eq!(hit("0599000001").await, Throttle::Allowed);
        assert_eq!(hit("0599000001").await, Throttle::Wait(51));
        assert_eq!(hit("0599000002").await, Throttle::Allowed, "another phone");
        world.clock.advance_seconds(49);
        assert_eq!(hit("0599000001").await, Throttle::Wait(2));
        world.clock.advance_seconds(1);
        assert_eq!(hit("0599000001").await, Throttle::Allowed, "a new window");
        assert_eq!(hit("0599000001").await, Throttle::Allowed);
        assert_eq!(hit("0599000001").await, Throttle::Wait(61));
        throttle::clear(&world.ctx, "sms", "0599000001").await.unwrap();
        assert_eq!(hit("0599000001").await, Throttle::Allowed);
    });
}

#[test]
fn parallel_tries_do_not_pass_the_limit() {
    on_both_engines(&schemas(), |world| async move {
        let tries = (0..20).map(|_| throttle::hit(&world.ctx, "pin", "one", 5, 60));
        let results = futures_util::future::join_all(tries).await;
        let allowed = results.into_iter().filter(|result| matches!(result, Ok(Throttle::Allowed))).count();
        assert_eq!(allowed, 5);
    });
}

#[test]
fn what_ended_is_cleared() {
    on_both_engines(&schemas(), |world| async move {
        let site = site(&world, Config::default());
        Browser::new(&site).get("/sign-in/high").await;
        throttle::hit(&world.ctx, "sms", "x", 1, 60).await.unwrap();
        let job = web::admin::system().jobs.remove(0);
        world.clock.advance_seconds(CITIZEN_SECONDS_MAX + 3_601);
        assert!(job.run_once(&world.ctx, "test").await.unwrap());
        let rows = world.ctx.read(|read| {
            let sessions = read.rows(&ANY_SESSION, &[])?;
            let counters = read.rows(&ANY_THROTTLE, &[])?;
            Ok::<_, Error>(sessions.len() + counters.len())
        });
        assert_eq!(rows.await.unwrap(), 0);
    });
}

store::statements! {
    /// Any session.
    ANY_SESSION = "SELECT id FROM web_session";
    /// Any counter.
    ANY_THROTTLE = "SELECT key FROM web_throttle";
}
