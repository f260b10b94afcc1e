//! An officer who lost every way to sign in comes in again: by two others, or by
//! whoever has the machine.

use crate::kit::desk::{decide, officer, propose, two};
use crate::kit::forms::post;
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start};
use base::Role;
use http::StatusCode;
use identity::seed;
use testkit::on_both_engines;

mod sql {
    store::statements! {
        /// The officers that there are.
        OFFICERS = "SELECT id FROM identity_officer";
    }
}

/// The half of the code on a proposal's page, if there is one.
fn half(page: &Page) -> Option<String> {
    let rest = page.text.split_once("id=\"half\"")?.1;
    let rest = rest.split_once("<bdi dir=\"ltr\">")?.1;
    Some(rest.split('<').next()?.to_owned())
}

/// What an app with this secret shows now.
fn code_of(secret: &[u8], portal: &Portal) -> String {
    identity::totp::digits(secret, identity::totp::step_at(portal.ctx.now()))
}

/// Whether the officer who lost everything comes in with these.
async fn enters_with(portal: &Portal, password: &str, secret: &[u8]) -> bool {
    portal.clock.advance_seconds(61);
    let mut browser = portal.browser();
    let page = browser.visit("/en/desk/sign-in?return=/who").await;
    let code = code_of(secret, portal);
    let fields = [("username", "ruba"), ("password", password), ("code", &*code)];
    browser.answer(&page, "officer", &fields).await.text.contains("Officer {")
}

/// Types name and halves, and gives where that leads.
async fn with_halves(browser: &mut Browser, username: &str, halves: [&str; 2]) -> Page {
    let fields = [("username", username), ("first", halves[0]), ("second", halves[1])];
    post(browser, "/en/desk/readmission", "/en/desk/readmission", &fields).await
}

#[test]
fn an_officer_who_lost_everything_comes_in_again_by_two_others() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        let mut clerk = officer(&portal, "ruba", Role::Clerk).await;
        let path = "/en/desk/identity/officers";
        let none = post(&mut first, path, path, &[("username", "nobody"), ("reason", "lost")]).await;
        assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.text.contains("id=\"username-error\""));
        // Nobody has a part in their own.
        let own = post(&mut first, path, path, &[("username", "imad"), ("reason", "lost")]).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text);
        let proposal = propose(&mut first, path, &[("username", "ruba"), ("reason", "phone and key are lost")]).await;
        assert_eq!(half(&first.get(&proposal).await), None, "not before it is approved");
        assert_eq!(decide(&mut first, &proposal, "approve").await.status, StatusCode::CONFLICT);
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        let halves = [half(&first.get(&proposal).await).unwrap(), half(&second.get(&proposal).await).unwrap()];
        assert_ne!(halves[0], halves[1]);
        // A third sees none, and one half alone, or the same twice, opens nothing.
        let mut third = officer(&portal, "third", Role::AuthenticationOfficer).await;
        assert_eq!(half(&third.get(&proposal).await), None);
        let mut lost = portal.browser();
        for (username, typed) in [
            ("ruba", [&*halves[0], &*halves[0]]),
            ("ruba", [&*halves[0], "AAAA-AAAA-AAAA-AAAA"]),
            ("imad", [&*halves[0], &*halves[1]]),
            ("nobody", [&*halves[0], &*halves[1]]),
        ] {
            let wrong = with_halves(&mut lost, username, typed).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{username}");
            assert!(wrong.text.contains("id=\"readmission-error\""));
        }
        let entered = with_halves(&mut lost, "ruba", [&halves[1], &halves[0]]).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
        let there = entered.header("location").to_owned();
        assert_eq!(portal.browser().get(&there).await.status, StatusCode::NOT_FOUND, "this browser alone");
        assert_eq!(half(&first.get(&proposal).await), None, "the halves served");
        let page = lost.get(&there).await;
        assert!(page.text.contains("Officer ruba"), "{}", page.text);
        let secret = page.text.split_once("id=\"secret\">").unwrap().1.split('<').next().unwrap().replace(' ', "");
        let secret = seal::digest::from_base32(&secret).unwrap();
        let next = "a-mill-beside-the-old-spring";
        let set = async |lost: &mut Browser, password: &str, code: &str| {
            let fields = [("new_password", password), ("again_password", password), ("code", code)];
            post(lost, &there, &there, &fields).await
        };
        let code = code_of(&secret, &portal);
        assert_eq!(set(&mut lost, "short", &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(set(&mut lost, next, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let done = set(&mut lost, next, &code).await;
        assert_eq!(done.header("location"), "/en/desk/sign-in", "{}", done.text);
        // Whoever was in is out, what was there before is over, and the new one serves.
        portal.clock.advance_seconds(31);
        assert!(!clerk.get("/who").await.text.contains("Officer"));
        for (password, secret, enters) in [(PASSWORD, crate::kit::TOTP, false), (next, &secret[..], true)] {
            assert_eq!(enters_with(&portal, password, secret).await, enters);
        }
        assert_eq!(post(&mut lost, "/en/desk/readmission", &there, &[]).await.status, StatusCode::BAD_REQUEST);
        portal.holds().await;
    });
}

#[test]
fn the_halves_of_a_way_in_end_after_an_hour_or_five_tries() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        officer(&portal, "ruba", Role::Clerk).await;
        let path = "/en/desk/identity/officers";
        for late in [true, false] {
            let proposal = propose(&mut first, path, &[("username", "ruba"), ("reason", "lost")]).await;
            assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
            let halves = [half(&first.get(&proposal).await).unwrap(), half(&second.get(&proposal).await).unwrap()];
            let mut lost = portal.browser();
            if late {
                // Officers' desks lock meanwhile.
                portal.clock.advance_seconds(3_600);
            } else {
                for _ in 0..5 {
                    portal.clock.advance_seconds(61);
                    with_halves(&mut lost, "ruba", ["A", "B"]).await;
                }
                portal.clock.advance_seconds(61);
            }
            let refused = with_halves(&mut lost, "ruba", [&halves[0], &halves[1]]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "late: {late}");
            portal.clock.advance_seconds(61);
            first = portal.back_at_desk("imad", path).await;
            second = portal.back_at_desk("sahar", path).await;
        }
        portal.holds().await;
    });
}

#[test]
fn whoever_has_the_machine_lets_an_officer_in_again() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut clerk = officer(&portal, "ruba", Role::Clerk).await;
        assert!(clerk.get("/who").await.text.contains("Officer"));
        let (next, app) = ("a-mill-beside-the-old-spring", [7_u8; 20]);
        let again = async |username| seed::officer_again(&portal.ctx, username, next, app.to_vec()).await.unwrap();
        assert!(!again("nobody").await);
        assert!(again("ruba").await);
        portal.clock.advance_seconds(31);
        assert!(!clerk.get("/who").await.text.contains("Officer"), "whoever was in is out");
        for (password, secret, enters) in [(PASSWORD, crate::kit::TOTP, false), (next, &app[..], true)] {
            assert_eq!(enters_with(&portal, password, secret).await, enters);
        }
        let acts = portal.ctx.read(|read| {
            let id: base::OfficerId = read.row(&sql::OFFICERS, &[])?.unwrap().get(0)?;
            audit::acts_of(read, &format!("officer:{id}"))
        });
        let readmitted = |act: &&audit::Act| act.act == "identity.officer_readmitted";
        assert_eq!(acts.await.unwrap().iter().filter(readmitted).count(), 1, "and it is on record");
        portal.holds().await;
    });
}
