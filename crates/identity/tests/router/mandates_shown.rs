//! Mandates that somebody else vouches for, through the router, on both engines:
//! the civil registry for parents, two officers for what was shown at a counter;
//! and what other houses are told.

use crate::kit::forms::{post, words};
use crate::kit::mandates::{
    CHILD, FATHER, LIST, NEW, SON, accept, acts, give, person, run, signed_in, take_up, who, with_two,
};
use crate::kit::ministry::{Ministry, answer, request, to_the_client};
use crate::kit::{Browser, PASSWORD, Portal, TOTP, schemas};
use base::{Assurance, Role, Zone};
use http::StatusCode;
use identity::{NewOfficer, Policy, seed, totp};
use store::Key;
use testkit::on_both_engines;

mod sql {
    store::statements! {
        /// Breaks something.
        END = "UPDATE identity_mandate SET stage = 'revoked'";
        /// Mends it.
        MEND = "UPDATE identity_mandate SET stage = 'accepted'";
    }
}

#[test]
fn a_parent_acts_for_a_minor_as_the_registry_says() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, _) = with_two(world).await;
        let page = father.get("/en/account/acting").await;
        assert!(page.text.contains("id=\"nobody\"") && page.text.contains("id=\"ask-children\""));
        let ask = "/en/account/mandates/children";
        let switcher = "/en/account/acting";
        portal.registers.silence(FATHER[0]);
        let silent = post(&mut father, switcher, ask, &[]).await;
        assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{}", silent.text);
        assert!(words(&silent).contains("civil registry does not answer"));
        portal.registers.put(FATHER[0], "1980-01-01", "alive", &[FATHER[1]]);
        // One was eighteen yesterday, one is tomorrow, one is dead.
        let today = portal.ctx.now().date(Zone::Hebron);
        let (of_age, almost) = (today.plus_years(-18).to_string(), today.plus_years(-18).plus_days(1).to_string());
        portal.registers.put(CHILD, &almost, "alive", &[]);
        let children = [[CHILD, &*almost, "alive"], ["800000028", &of_age, "alive"], ["800000036", &almost, "dead"]];
        portal.registers.family(FATHER[0], &children);
        let found = post(&mut father, switcher, ask, &[]).await;
        assert_eq!(found.status, StatusCode::SEE_OTHER, "{}", found.text);
        assert_eq!(post(&mut father, switcher, ask, &[]).await.status, StatusCode::SEE_OTHER);
        let page = father.get(switcher).await;
        assert_eq!(page.text.matches("name=\"mandate\"").count(), 1, "{}", page.text);
        let id = page.text.split_once("name=\"mandate\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        // The registry is asked again when it is taken up.
        portal.registers.silence(FATHER[0]);
        let silent = take_up(&mut father, &id).await;
        assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{}", silent.text);
        assert!(who(&mut father).await.contains("Citizen"));
        portal.registers.put(FATHER[0], "1980-01-01", "alive", &[FATHER[1]]);
        portal.registers.family(FATHER[0], &[["800000036", &almost, "alive"]]);
        assert_eq!(take_up(&mut father, &id).await.status, StatusCode::BAD_REQUEST);
        portal.registers.family(FATHER[0], &children);
        take_up(&mut father, &id).await;
        let child = person(&portal, CHILD).await;
        assert!(who(&mut father).await.contains(&format!("{child:?}")));
        // It ends with the day before the birthday, job or no job.
        portal.clock.advance_seconds(24 * 3_600);
        assert!(who(&mut father).await.contains("Anonymous"));
        let mut father = signed_in(&portal, FATHER).await;
        assert_eq!(take_up(&mut father, &id).await.status, StatusCode::BAD_REQUEST);
        run(&portal, "identity.mandates").await;
        assert_eq!(acts(&portal, CHILD, "identity.mandate_expired").await, 1);
        // Who opens an account later is the person for whom the parent acted.
        portal.citizen(CHILD, Some("+970599000010"), Assurance::Substantial).await;
        assert_eq!(person(&portal, CHILD).await, child);
        portal.holds().await;
    });
}

#[test]
fn nothing_is_renewed_for_a_child_before_the_registry_was_asked() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, _) = with_two(world).await;
        let born = portal.ctx.now().date(Zone::Hebron).plus_years(-9).to_string();
        portal.registers.put(CHILD, &born, "alive", &[]);
        let hears = || {
            portal.registers.put(FATHER[0], "1980-01-01", "alive", &[FATHER[1]]);
            portal.registers.family(FATHER[0], &[[CHILD, &*born, "alive"]]);
        };
        hears();
        post(&mut father, "/en/account/acting", "/en/account/mandates/children", &[]).await;
        let page = father.get("/en/account/acting").await;
        let id = page.text.split_once("name=\"mandate\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
        let mut ministry = Ministry::register(&portal, Policy::standard()).await;
        ministry.now = portal.ctx.now().as_seconds();
        let page = father.get(&request(&[("scope", "openid mandate offline_access")])).await;
        let page = to_the_client(&mut father, page).await;
        let page = answer(&mut father, &page, "consent", &[("answer", "allow"), ("acting", &id)]).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        // A silent registry uses nothing up.
        portal.registers.silence(FATHER[0]);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
        let silent = ministry.ask("/oauth2/token", &fields).await;
        assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{}", silent.text);
        assert_eq!(silent.json()["error"], "temporarily_unavailable");
        hears();
        let renewed = ministry.ask("/oauth2/token", &fields).await.json();
        refresh = renewed["refresh_token"].as_str().unwrap_or_else(|| panic!("{renewed}")).to_owned();
        // The child is not theirs any more.
        portal.registers.family(FATHER[0], &[]);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
        let refused = ministry.ask("/oauth2/token", &fields).await;
        assert_eq!((refused.status, &refused.json()["error"]), (StatusCode::BAD_REQUEST, &"invalid_grant".into()));
        portal.holds().await;
    });
}

/// An authentication officer at their desk.
async fn officer(portal: &Portal, username: &str) -> Browser {
    let new = NewOfficer {
        username: username.to_owned(),
        unit: "civil".to_owned(),
        roles: vec![Role::AuthenticationOfficer],
        name: ["عماد خضر".to_owned(), format!("Officer {username}")],
        password: PASSWORD.to_owned(),
        totp_secret: TOTP.to_vec(),
    };
    seed::new_officer(&portal.ctx, new).await.unwrap();
    let mut browser = portal.browser();
    let page = browser.visit("/en/desk/identity").await;
    let code = totp::digits(TOTP, totp::step_at(portal.ctx.now()));
    let fields = [("username", username), ("password", PASSWORD), ("code", code.as_str())];
    browser.answer(&page, "officer", &fields).await;
    browser
}

#[test]
fn a_counter_takes_two_officers() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _, _) = with_two(world).await;
        let [mut first_officer, mut second] = [officer(&portal, "imad").await, officer(&portal, "sahar").await];
        let path = "/en/desk/identity/mandates";
        let today = portal.ctx.now().date(Zone::Hebron);
        let (from, until) = (today.to_string(), today.plus_years(5).to_string());
        portal.registers.put("800000051", "1950-01-01", "dead", &[]);
        let form = |changes: &[(&'static str, &str)]| {
            let mut fields: Vec<(&str, String)> = vec![
                ("kind", "guardian".to_owned()),
                ("principal", FATHER[0].to_owned()),
                ("agent", SON[0].to_owned()),
                ("document", "Court 12/2026".to_owned()),
                ("scope", "all".to_owned()),
                ("ceiling", String::new()),
                ("valid_from", from.clone()),
                ("valid_until", until.clone()),
            ];
            for (name, value) in changes {
                fields.retain(|(known, _)| known != name);
                fields.push((name, (*value).to_owned()));
            }
            fields
        };
        let send = async |browser: &mut Browser, changes: &[(&'static str, &str)]| {
            let fields = form(changes);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            post(browser, path, path, &fields).await
        };
        for changes in [
            &[("agent", "800000077")][..],
            &[("principal", "800000077")],
            &[("agent", FATHER[0])],
            &[("document", " ")],
            &[("kind", "heir")],
            &[("kind", "parent")],
            &[("principal", "800000051")],
            &[("valid_until", "2000-01-01")],
        ] {
            let page = send(&mut first_officer, changes).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?} {}", page.text);
        }
        let mut son = signed_in(&portal, SON).await;
        for changes in [&[][..], &[("kind", "heir"), ("principal", "800000051")]] {
            let proposed = send(&mut first_officer, changes).await;
            let proposal = proposed.header("location").to_owned();
            assert_eq!(proposed.status, StatusCode::SEE_OTHER, "{}", proposed.text);
            let own = post(&mut first_officer, path, &format!("{proposal}/approve"), &[]).await;
            assert_eq!(own.status, StatusCode::CONFLICT);
            let seen = second.get(&proposal).await;
            for shown in ["Court 12/2026", "Layla Khalil", "All services"] {
                assert!(words(&seen).contains(shown), "{shown}: {}", seen.text);
            }
            let approved = post(&mut second, path, &format!("{proposal}/approve"), &[]).await;
            assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
        }
        assert_eq!(acts(&portal, "800000051", "identity.mandate_approved").await, 1);
        assert!(portal.messages(FATHER[1]).await.iter().any(|told| told.contains("تفويض")));
        let page = son.get("/en/account/acting").await;
        assert_eq!(page.text.matches("name=\"mandate\"").count(), 2, "{}", page.text);
        let mut father = signed_in(&portal, FATHER).await;
        let list = father.get(LIST).await;
        assert!(words(&list).contains("Court 12/2026"), "{}", list.text);
        // What a court set is not the ward's to end; an officer can, with a reason.
        assert!(!list.text.contains("/end\""), "{}", list.text);
        let page = son.get(LIST).await;
        let id = page.text.rsplit_once("/end\"").unwrap().0.rsplit_once('/').unwrap().1.to_owned();
        let refused = post(&mut father, NEW, &format!("{LIST}/{id}/end"), &[]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        let bare = post(&mut second, path, &format!("{path}/end"), &[("mandate", &id), ("reason", " ")]).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        let ended = post(&mut second, path, &format!("{path}/end"), &[("mandate", &id), ("reason", "court")]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        portal.holds().await;
    });
}

#[test]
fn another_house_is_told_for_whom_if_it_asks_and_the_person_says() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let mut ministry = Ministry::register(&portal, Policy::standard()).await;
        give(&portal, &mut father, SON[0], &[]).await;
        let id = accept(&mut son).await;
        ministry.now = portal.ctx.now().as_seconds();
        let sub_of = async |ministry: &mut Ministry, browser: &mut Browser, changes: &[(&str, &str)], acting: &str| {
            let page = browser.get(&request(changes)).await;
            let mut page = to_the_client(browser, page).await;
            if page.text.contains("id=\"allow\"") {
                page = answer(browser, &page, "consent", &[("answer", "allow"), ("acting", acting)]).await;
            }
            let code = page.parameter("code").unwrap_or_else(|| panic!("{} {}", page.status, page.text));
            let tokens = ministry.exchange(&code).await.json();
            let claims = ministry.claims(tokens["id_token"].as_str().unwrap()).await;
            (tokens, claims)
        };
        let plain = [("scope", "openid profile")];
        let asks = [("scope", "openid profile mandate offline_access")];
        let (_, own) = sub_of(&mut ministry, &mut son, &plain, "").await;
        let (_, fathers) = sub_of(&mut ministry, &mut father, &plain, "").await;
        assert!(!own.contains_key("act"));
        // Whoever does not ask is told nothing, whatever the form says; the mandate's id alone serves nobody.
        let page = son.get(&request(&[("scope", "openid"), ("mandate", &id)])).await;
        let page = to_the_client(&mut son, page).await;
        let tokens = ministry.exchange(&page.parameter("code").unwrap()).await.json();
        assert!(!ministry.claims(tokens["id_token"].as_str().unwrap()).await.contains_key("act"));
        let page = son.get(&request(&asks)).await;
        let page = to_the_client(&mut son, page).await;
        assert!(page.text.contains("id=\"for-whom\"") && page.text.contains(&id), "{}", page.text);
        let (tokens, acting) = sub_of(&mut ministry, &mut son, &asks, &id).await;
        assert_eq!(acting["sub"], fathers["sub"]);
        assert_eq!(acting["act"]["sub"], own["sub"]);
        assert_eq!(acting["act"].as_object().unwrap().len(), 1, "no more is told: {acting:?}");
        let access = tokens["access_token"].as_str().unwrap().to_owned();
        let said = ministry.ask("/oauth2/introspect", &[("token", &access)]).await.json();
        assert_eq!((&said["sub"], &said["act"]["sub"]), (&acting["sub"], &own["sub"]));
        let bearer = format!("Bearer {access}");
        let headers = [("authorization", bearer.as_str())];
        let told = ministry.browser.send(http::Method::GET, "/oauth2/userinfo", String::new(), &headers).await.json();
        assert_eq!((&told["sub"], &told["act"]["sub"]), (&acting["sub"], &own["sub"]));
        let (_, oneself) = sub_of(&mut ministry, &mut son, &asks, "").await;
        assert_eq!(oneself["sub"], own["sub"]);
        // An end that left its tokens alive is found.
        for (statement, broken) in [(&sql::END, true), (&sql::MEND, false)] {
            portal.ctx.write(Key::once(&portal.ctx), move |tx| tx.execute(statement, &[])).await.unwrap();
            let found = portal.broken().await.contains(&"identity.mandates_that_ended_leave_nothing");
            assert_eq!(found, broken);
        }
        // Its end is the end of what was given under it.
        post(&mut father, LIST, &format!("{LIST}/{id}/end"), &[]).await;
        let said = ministry.ask("/oauth2/introspect", &[("token", &access)]).await.json();
        assert_eq!(said["active"], false);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.status, StatusCode::BAD_REQUEST);
        portal.holds().await;
    });
}
