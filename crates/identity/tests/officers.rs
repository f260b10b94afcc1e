//! Authentication officers' pages through the router, on both engines: what one
//! of them does, what needs two, and what the people concerned learn of it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "each test file uses its part of the kit")]
mod kit;

use std::collections::BTreeMap;

use base::{Assurance, Date, Role, Zone};
use http::StatusCode;
use identity::{Introduced, Policy};
use kit::ministry::{Ministry, NUMBER, PHONE, code_for, request, with_citizen};
use kit::{Browser, PASSWORD, Page, Portal, schemas, start};
use seal::jose::{Jwk, KeySet};
use seal::{Algorithm, Signer, SigningKey};
use store::Key;
use testkit::on_both_engines;
use web::fields::encode;

const SERVICE: &str = "sample.service";

mod sql {
    store::statements! {
        /// Breaks something.
        ONE_PAIR = "UPDATE identity_proposal SET decided_by = proposed_by";
        /// Everything that was counted.
        COUNTED = "SELECT event, client, detail, total FROM identity_count ORDER BY event, client, detail";
    }
}

/// An officer at their desk.
async fn officer(portal: &Portal, username: &str, role: Role) -> Browser {
    portal.at_desk(username, "civil", role, "/en/desk/identity").await
}

async fn two(portal: &Portal) -> [Browser; 2] {
    let role = Role::AuthenticationOfficer;
    [officer(portal, "imad", role).await, officer(portal, "sahar", role).await]
}

/// Posts to a path what a page's form would.
async fn post(browser: &mut Browser, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(from).await;
    let mut body = page.token();
    for (name, value) in fields {
        body.push_str(&format!("&{name}={}", encode(value)));
    }
    browser.post(path, body).await
}

fn words(page: &Page) -> String {
    page.text.replace(['\u{2068}', '\u{2069}'], "")
}

fn jwks() -> String {
    let key = SigningKey::generate(Algorithm::P256, &base::SeededEntropy::new(7)).unwrap();
    KeySet::new(vec![Jwk::new(key.public().clone())]).to_json().to_string()
}

/// The form of a new client, with changes.
fn typed<'a>(jwks: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("client_id", "school"),
        ("client_name", "وزارة التربية"),
        ("client_name", "Ministry of Education"),
        ("sector", "education"),
        ("holders", "citizens"),
        ("preset", "standard"),
        ("redirect_uris", "https://school.example/callback\nhttps://school.example/second"),
        ("jwks", jwks),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

const NEW: &str = "/en/desk/identity/clients/new";

async fn propose(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let page = post(browser, path, path, fields).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.header("location").to_owned()
}

/// What is decided has no form any more: any page's token serves.
async fn decide(browser: &mut Browser, proposal: &str, how: &str) -> Page {
    post(browser, NEW, &format!("{proposal}/{how}"), &[]).await
}

async fn is_known(portal: &Portal, id: &'static str) -> bool {
    portal.ctx.read(move |read| identity::client(read, id)).await.unwrap().is_some()
}

/// What was recorded of a thing, by name: the clock stands still, so their order says nothing.
async fn acts(portal: &Portal, object: &'static str) -> Vec<String> {
    let acts = portal.ctx.read(move |read| audit::acts_of(read, object)).await.unwrap();
    let mut names: Vec<String> = acts.into_iter().map(|act| act.act).collect();
    names.sort();
    names
}

#[test]
fn a_client_is_registered_by_two_officers() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        let jwks = jwks();
        // What is wrong is named by its parameter, all at once, and nothing typed is lost.
        for (changes, parameters) in [
            (&[("redirect_uris", "http://school.example/")][..], &["redirect_uris"][..]),
            (&[("client_id", "two words"), ("jwks", "{"), ("sector", "")], &["client_id", "sector", "jwks"]),
            (&[("preset", "legacy"), ("secret_until", "2020-01-01")], &["client_secret", "secret_until"]),
            (&[("client_name", "one name alone"), ("preset", "loose")], &["client_name", "preset"]),
            (&[("client_secret", "abc")], &["client_secret"]),
            (&[("certificate", "abc")], &["certificate"]),
            (&[("backchannel_logout_uri", "https://school.example/#x")], &["backchannel_logout_uri"]),
        ] {
            let refused = post(&mut first, NEW, NEW, &typed(&jwks, changes)).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
            for parameter in parameters {
                assert!(refused.text.contains(&format!("href=\"#{parameter}\"")), "{parameter}: {}", refused.text);
            }
            assert!(refused.text.contains("Ministry of Education") || changes[0].0 == "client_name");
        }
        let proposal = propose(&mut first, NEW, &typed(&jwks, &[])).await;
        assert!(!is_known(&portal, "school").await);
        // Whoever proposed does not decide.
        let own = decide(&mut first, &proposal, "approve").await;
        assert_eq!(own.status, StatusCode::CONFLICT);
        assert!(words(&own).contains("Another officer decides"), "{}", own.text);
        let page = second.get(&proposal).await;
        for shown in ["Officer imad", "https://school.example/second", "Ministry of Education", "id=\"approve\""] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert!(second.get("/en/desk/identity/proposals").await.text.contains(&proposal));
        let approved = decide(&mut second, &proposal, "approve").await;
        assert_eq!(approved.status, StatusCode::SEE_OTHER, "{}", approved.text);
        assert!(is_known(&portal, "school").await);
        assert_eq!(acts(&portal, "client:school").await, ["identity.proposal_approved", "identity.proposed"]);
        let page = second.get(&proposal).await;
        assert!(words(&page).contains("approved and in force") && page.text.contains("Officer sahar"), "{}", page.text);
        // Decided is decided, and an identifier is given once.
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::CONFLICT);
        let taken = post(&mut first, NEW, NEW, &typed(&jwks, &[])).await;
        assert!(taken.text.contains("href=\"#client_id\""), "{}", taken.text);
        // Its key has an age now.
        portal.clock.advance_seconds(300);
        let page = first.get("/en/desk/identity/clients/school").await;
        assert!(page.text.contains("id=\"keys\"") && page.text.contains("ES256"), "{}", page.text);
        portal.holds().await;
        // Nobody takes a second officer's place in the tables either.
        let broken = portal.ctx.write(Key::once(&portal.ctx), |tx| tx.execute(&sql::ONE_PAIR, &[]).map(drop));
        broken.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
        assert_eq!(portal.broken().await, ["identity.applied_changes_have_two_officers"]);
    });
}

#[test]
fn a_change_that_was_overtaken_is_not_applied() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        Ministry::register(&portal, Policy::standard()).await;
        let path = "/en/desk/identity/clients/health/change";
        let jwks = jwks();
        let change = |address: &'static str| {
            let mut fields = typed(&jwks, &[("redirect_uris", address)]);
            fields.retain(|(name, _)| *name != "client_id");
            fields
        };
        let one = propose(&mut first, path, &change("https://one.example/")).await;
        let other = propose(&mut second, path, &change("https://other.example/")).await;
        let waits = first.get("/en/desk/identity/clients/health").await;
        assert!(waits.text.contains("waits for a second officer"), "{}", waits.text);
        assert_eq!(decide(&mut second, &one, "approve").await.status, StatusCode::SEE_OTHER);
        let stale = decide(&mut first, &other, "approve").await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(words(&stale).contains("changed after it was made"), "{}", stale.text);
        assert!(words(&first.get(&other).await).contains("overtaken by another change"));
        let kept = portal.ctx.read(|read| identity::client(read, "health")).await.unwrap().unwrap();
        assert_eq!(kept.redirects, ["https://one.example/"]);
        // Rejected by the other, taken back by oneself: both leave a leaf and change nothing.
        for (own, act) in [(false, "identity.proposal_rejected"), (true, "identity.proposal_withdrawn")] {
            let proposal = propose(&mut first, path, &change("https://third.example/")).await;
            let who = if own { &mut first } else { &mut second };
            assert_eq!(decide(who, &proposal, "refuse").await.status, StatusCode::SEE_OTHER);
            assert!(acts(&portal, "client:health").await.iter().any(|known| known == act), "{act}");
        }
        // The portal's own clients are set up at every start.
        assert_eq!(first.get("/en/desk/identity/clients/portal/change").await.status, StatusCode::CONFLICT);
        let own = change("https://own.example/");
        assert_eq!(
            post(&mut first, NEW, "/en/desk/identity/clients/portal/change", &own).await.status,
            StatusCode::CONFLICT
        );
        let fields = [("reason", "to lock everybody out")];
        let own = post(&mut first, NEW, "/en/desk/identity/clients/desk/suspend", &fields).await;
        assert_eq!(own.status, StatusCode::CONFLICT);
        portal.holds().await;
    });
}

#[test]
fn a_suspended_client_is_refused_until_two_agree() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut ministry, mut browser) = with_citizen(world).await;
        let [mut first, mut second] = two(&portal).await;
        ministry.now = portal.ctx.now().as_seconds();
        let code = code_for(&portal, &mut browser, &request(&[])).await.parameter("code").unwrap();
        let tokens = ministry.exchange(&code).await.json();
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let page = "/en/desk/identity/clients/health";
        let reason = [("reason", "its key was stolen")];
        assert_eq!(
            post(&mut first, page, &format!("{page}/suspend"), &[("reason", " ")]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let suspended = post(&mut first, page, &format!("{page}/suspend"), &reason).await;
        assert_eq!(suspended.status, StatusCode::SEE_OTHER, "{}", suspended.text);
        assert!(!is_known(&portal, "health").await);
        assert_eq!(browser.get(&request(&[])).await.status, StatusCode::BAD_REQUEST);
        let mut told = ministry.browser.clone();
        let headers = [("authorization", bearer.as_str())];
        let refused = told.send(http::Method::GET, "/oauth2/userinfo", String::new(), &headers).await;
        assert_ne!(refused.status, StatusCode::OK);
        // Registering it anew, as a start does, does not bring it back.
        Ministry::register(&portal, Policy::standard()).await;
        assert!(!is_known(&portal, "health").await);
        let proposed = post(&mut first, page, &format!("{page}/resume"), &[("reason", "it has another key")]).await;
        let proposal = proposed.header("location").to_owned();
        assert_eq!(decide(&mut first, &proposal, "approve").await.status, StatusCode::CONFLICT);
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        assert!(is_known(&portal, "health").await);
        portal.holds().await;
    });
}

#[test]
fn a_start_that_publishes_a_client_again_changes_nothing_that_officers_decided() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, _] = two(&portal).await;
        // As a demo does at every start with its sample house, on another port perhaps.
        let publish = async |redirect: &str| {
            let client = identity::Client {
                id: "house".to_owned(),
                names: vec!["بيت".to_owned(), "House".to_owned()],
                holders: identity::Holders::Citizens,
                first_party: false,
                sector: "house".to_owned(),
                redirects: vec![redirect.to_owned()],
                farewells: Vec::new(),
                jwks: serde_json::json!({ "keys": [] }),
                policy: Policy::standard(),
                secret: None,
            };
            let key = identity::seed::own_client(&portal.ctx, client).await.unwrap();
            let kept = portal.ctx.read(|read| identity::client(read, "house")).await.unwrap();
            (key.public().key_id(), kept)
        };
        let (key, kept) = publish("https://house.example/one").await;
        let jwks = kept.unwrap().jwks;
        assert_eq!(jwks["keys"][0]["kid"], key.as_str());
        let (again, kept) = publish("https://house.example/two").await;
        let kept = kept.unwrap();
        assert_eq!((again, &kept.jwks), (key.clone(), &jwks), "its key is made once");
        assert_eq!(kept.redirects, ["https://house.example/two"]);
        let page = "/en/desk/identity/clients/house";
        let suspended = post(&mut first, page, &format!("{page}/suspend"), &[("reason", "its key was stolen")]).await;
        assert_eq!(suspended.status, StatusCode::SEE_OTHER, "{}", suspended.text);
        assert!(publish("https://house.example/one").await.1.is_none(), "suspended is suspended");
        portal.holds().await;
    });
}

#[test]
fn a_changed_client_is_taken_as_it_is_now_and_not_as_it_was_remembered() {
    on_both_engines(&schemas(), |world| async move {
        let policy = Policy { grants: vec![identity::Grant::ClientCredentials], ..Policy::standard() };
        let portal = start(world).await;
        let mut ministry = Ministry::register(&portal, policy.clone()).await;
        ministry.now = portal.ctx.now().as_seconds();
        let fields = [("grant_type", "client_credentials")];
        for _ in 0..2 {
            assert_eq!(ministry.ask("/oauth2/token", &fields).await.status, StatusCode::OK);
        }
        let change = async |change: &dyn Fn(&mut identity::Client)| {
            let mut client = portal.ctx.read(|read| identity::client(read, "health")).await.unwrap().unwrap();
            change(&mut client);
            identity::seed::client(&portal.ctx, client).await.unwrap();
        };
        // In the same instant: it may not do that any more, and then it may again.
        change(&|client| client.policy.grants.clear()).await;
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], "unauthorized_client");
        change(&|client| client.policy.grants = vec![identity::Grant::ClientCredentials]).await;
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.status, StatusCode::OK);
        // Its key is replaced: the old one opens nothing, the new one serves at once.
        let next = SigningKey::generate(Algorithm::P256, &base::SeededEntropy::new(77)).unwrap();
        let jwks = KeySet::new(vec![Jwk::new(next.public().clone())]).to_json();
        change(&|client| client.jwks = jwks.clone()).await;
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], "invalid_client");
        ministry.key = next;
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.status, StatusCode::OK);
        // An officer suspends it: the very next call is refused.
        let mut first = officer(&portal, "imad", Role::AuthenticationOfficer).await;
        let page = "/en/desk/identity/clients/health";
        post(&mut first, page, &format!("{page}/suspend"), &[("reason", "stolen")]).await;
        assert_eq!(ministry.ask("/oauth2/token", &fields).await.json()["error"], "invalid_client");
        portal.holds().await;
    });
}

/// The page of a person's account, found by number.
async fn found(browser: &mut Browser, number: &str) -> Page {
    let path = "/en/desk/identity/accounts";
    let page = post(browser, path, path, &[("id_number", number)]).await;
    let address = page.header("location").to_owned();
    assert!(!address.contains(number), "{address}");
    browser.follow(page).await
}

#[test]
fn an_account_is_locked_by_one_and_unlocked_by_two() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut citizen) = with_citizen(world).await;
        let [mut first, mut second] = two(&portal).await;
        let page = citizen.visit("/sign-in?level=substantial&return=/who").await;
        let page = citizen.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        citizen.answer(&page, "code", &[("code", &code)]).await;

        let none =
            post(&mut first, "/en/desk/identity/accounts", "/en/desk/identity/accounts", &[("id_number", "800000002")]);
        assert!(none.await.text.contains("id=\"no-account\""));
        let page = found(&mut first, NUMBER).await;
        for shown in ["Layla Mahmoud Said Khalil", "substantial", "password", "code by text message"] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert!(page.text.contains("id=\"sessions\">1<"), "{}", page.text);
        assert!(!page.text.contains(NUMBER) && !page.text.contains(&PHONE[4..]), "{}", page.text);
        // The look is the person's to see.
        let number = base::IdNumber::parse(NUMBER).unwrap();
        let person = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap();
        let slice = web::Slice::default();
        let looks = portal.ctx.read(move |read| audit::acts_about(read, person, identity::READ, &slice)).await.unwrap();
        assert_eq!(looks.len(), 1);
        let address = page.action().rsplit_once('/').unwrap().0.to_owned();

        // Everything ends, and may begin again.
        let ended = post(&mut first, &address, &format!("{address}/end"), &[("reason", "a lost phone")]).await;
        assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.text);
        portal.clock.advance_seconds(2);
        assert!(!citizen.get("/who").await.text.contains("Citizen"));

        let bare = post(&mut first, &address, &format!("{address}/lock"), &[("reason", "")]).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        let locked = post(&mut first, &address, &format!("{address}/lock"), &[("reason", "a stolen card")]).await;
        assert_eq!(locked.status, StatusCode::SEE_OTHER, "{}", locked.text);
        let told = portal.messages(PHONE).await.pop().unwrap();
        assert!(told.contains("أوقف موظف الحساب") && !told.contains("stolen"), "{told}");
        assert!(!signs_in(&portal).await);
        let page = first.get(&address).await;
        assert!(page.text.contains("data-stage=\"locked\"") && page.text.contains("id=\"sessions\">0<"));

        let unlock = format!("{address}/unlock");
        let proposed = post(&mut first, &address, &unlock, &[("reason", "the card is back")]).await;
        let proposal = proposed.header("location").to_owned();
        assert!(first.get(&address).await.text.contains("id=\"unlocking\""));
        assert_eq!(decide(&mut first, &proposal, "approve").await.status, StatusCode::CONFLICT);
        assert!(!signs_in(&portal).await);
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        assert!(signs_in(&portal).await);
        assert!(portal.messages(PHONE).await.iter().any(|told| told.contains("أُعيد فتح الحساب")));
        portal.holds().await;
    });
}

async fn signs_in(portal: &Portal) -> bool {
    portal.clock.advance_seconds(61);
    let mut browser = portal.browser();
    let page = browser.visit("/sign-in?level=substantial&return=/who").await;
    let page = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
    page.text.contains("name=\"code\"")
}

#[test]
fn nobody_else_has_these_pages() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut clerk = officer(&portal, "clerk", Role::Clerk).await;
        for path in ["", "/clients", "/clients/new", "/proposals", "/accounts", "/assurance", "/figures"] {
            let page = clerk.get(&format!("/desk/identity{path}")).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        }
        let [mut first, _] = two(&portal).await;
        for path in ["clients/none", "clients/none/change", "proposals/none", "accounts/none"] {
            let page = first.get(&format!("/desk/identity/{path}")).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        }
    });
}

#[test]
fn figures_count_and_name_nobody() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut browser) = with_citizen(world).await;
        let page = browser.visit("/sign-in?level=substantial&return=/who").await;
        let wrong = browser.answer(&page, "password", &[("id_number", NUMBER), ("password", "not this one")]).await;
        let page = browser.answer(&wrong, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        let guess = if code == "000000" { "000001" } else { "000000" };
        let page = browser.answer(&page, "code", &[("code", guess)]).await;
        browser.answer(&page, "code", &[("code", &code)]).await;
        // Two openings: one finds no match, one is proven after a minute and a half.
        portal.registers.put("800000002", "1988-03-27", "alive", &["+970599765432"]);
        for (year, outcome) in [("1990", "refused"), ("1988", "code")] {
            let mut other = portal.browser();
            let page = other.visit("/account/open").await;
            let page = other.answer(&page, "", &[("id_number", "800000002"), ("return_to", "")]).await;
            let page = other.answer(&page, "born", &[("day", "27"), ("month", "3"), ("year", year)]).await;
            if outcome == "code" {
                let code = portal.code("+970599765432").await;
                let page = other.answer(&page, "code", &[("code", &code)]).await;
                portal.clock.advance_seconds(80);
                let fields = [("new_password", PASSWORD), ("again_password", PASSWORD)];
                other.answer(&page, "password", &fields).await;
            }
        }
        let rows = portal.ctx.read(|read| read.rows(&sql::COUNTED, &[])).await.unwrap();
        let counted: Vec<(String, String, String, i64)> = rows
            .iter()
            .map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap(), row.get(3).unwrap()))
            .collect();
        let portal_client = counted.iter().find(|line| line.0 == "sign_in").unwrap().1.clone();
        let line = |event: &str, client: &str, detail: &str| {
            let found = counted.iter().find(|line| (&*line.0, &*line.1, &*line.2) == (event, client, detail));
            found.map_or(0, |line| line.3)
        };
        for (event, client, detail, total) in [
            ("sign_in", &*portal_client, "sms", 1),
            ("failure", &*portal_client, "password", 1),
            ("failure", &*portal_client, "sms", 1),
            ("sms", &*portal_client, "sign_in", 1),
            ("sms", "", "opening", 1),
            ("opening", "", "no_match", 1),
            ("opening", "", "substantial", 1),
            ("wait", "", "90", 1),
        ] {
            assert_eq!(line(event, client, detail), total, "{event} {client} {detail}: {counted:?}");
        }
        for (_, client, detail, _) in &counted {
            assert!(!format!("{client}{detail}").chars().any(|letter| letter.is_ascii_digit()) || detail == "90");
        }
        let [mut first, _] = two(&portal).await;
        let page = first.get("/en/desk/identity/figures").await;
        assert!(words(&page).contains("50 %") && words(&page).contains("≤ 90"), "{}", page.text);
    });
}

#[test]
fn the_nightly_check_finds_what_is_to_be_mended() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let jwks = jwks();
        let last = portal.ctx.now().date(Zone::Hebron).plus_days(30).to_string();
        let digest = "ab".repeat(32);
        let callback = format!("{}/callback\nhttp://{silent}/callback", portal.origin);
        let told = format!("http://{silent}/left");
        let fields = typed(
            &jwks,
            &[
                ("redirect_uris", &callback),
                ("backchannel_logout_uri", &told),
                ("preset", "legacy"),
                ("secret_until", &last),
                ("client_secret", &digest),
            ],
        );
        let proposal = propose(&mut first, NEW, &fields).await;
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        let page = first.get("/en/desk/identity/clients/school").await;
        assert!(words(&page).contains("not checked yet"), "{}", page.text);
        check(&portal).await;
        let page = first.get("/en/desk/identity/clients/school").await;
        let text = words(&page);
        assert!(text.contains(&format!("Nothing answers at http://{silent}/, where")), "{text}");
        assert!(text.contains(&format!("Nothing answers at {told}, which")), "{text}");
        assert!(text.contains(&format!("The secret ends on {last}")) && !text.contains("older than a year"), "{text}");
        assert!(words(&first.get("/en/desk/identity/clients").await).contains("3 findings"));
        // Once a night; a change is looked at without waiting for it.
        check(&portal).await;
        let path = "/en/desk/identity/clients/school/change";
        let good = format!("{}/callback", portal.origin);
        let mut fields = typed(&jwks, &[("redirect_uris", &good)]);
        fields.retain(|(name, _)| *name != "client_id");
        let proposal = propose(&mut first, path, &fields).await;
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        check(&portal).await;
        let page = first.get("/en/desk/identity/clients/school").await;
        assert!(page.text.contains("id=\"healthy\""), "{}", page.text);
    });
}

async fn check(portal: &Portal) {
    let job = portal.systems.iter().flat_map(|system| &system.jobs).find(|job| job.name == "identity.health");
    assert!(job.unwrap().run_once(&portal.ctx.as_machine("test"), "test").await.unwrap());
}

#[test]
fn what_a_service_asks_for_is_dated_and_takes_two() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let [mut first, mut second] = two(&portal).await;
        let names = BTreeMap::from([("en".to_owned(), "A sample".to_owned()), ("ar".to_owned(), "عيّنة".to_owned())]);
        let today = portal.ctx.now().date(Zone::Hebron);
        let on = |day: Date| portal.ctx.read(move |read| identity::required_on(read, SERVICE, day));
        assert_eq!(on(today).await.unwrap(), Assurance::High, "unknown asks for the most");
        let introduce = |suggested: Option<Assurance>| {
            let one = Introduced { service: SERVICE.to_owned(), names: names.clone(), suggested };
            identity::introduce_services(&portal.ctx, vec![one])
        };
        introduce(None).await.unwrap();
        assert_eq!(portal.ctx.read(identity::undecided).await.unwrap(), [SERVICE]);
        introduce(Some(Assurance::Low)).await.unwrap();
        assert_eq!(portal.ctx.read(identity::undecided).await.unwrap(), [""; 0]);
        assert_eq!(on(today).await.unwrap(), Assurance::Low);
        let path = "/en/desk/identity/assurance";
        let (yesterday, tomorrow) = (today.plus_days(-1).to_string(), today.plus_days(1).to_string());
        let form = |day: &str| {
            let all = [("service", SERVICE), ("level", "substantial"), ("valid_from", day), ("decision", "D-12")];
            all.map(|(name, value)| (name, value.to_owned()))
        };
        for (day, decision) in [(yesterday.as_str(), "D-12"), ("soon", "D-12"), (tomorrow.as_str(), " ")] {
            let mut fields = form(day);
            fields[3].1 = decision.to_owned();
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(post(&mut first, path, path, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{day}");
        }
        let fields = form(&tomorrow);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let proposal = propose(&mut first, path, &fields).await;
        assert_eq!(decide(&mut first, &proposal, "approve").await.status, StatusCode::CONFLICT);
        assert!(second.get(&proposal).await.text.contains("A sample"));
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        assert_eq!(on(today).await.unwrap(), Assurance::Low);
        assert_eq!(on(today.plus_days(1)).await.unwrap(), Assurance::Substantial);
        let page = first.get(path).await;
        assert!(page.text.contains("comes</span>"), "{}", page.text);
        // A later start changes nothing of it.
        introduce(None).await.unwrap();
        introduce(Some(Assurance::High)).await.unwrap();
        assert_eq!(on(today).await.unwrap(), Assurance::Low);
        portal.holds().await;
    });
}

/// The address of a person's account, for whoever has looked it up.
fn account_of(page: &Page) -> String {
    page.action().rsplit_once('/').unwrap().0.to_owned()
}

/// What a radio button of the page's ways to sign in is named by: the first of this kind.
fn way<'a>(page: &'a Page, kind: &str) -> &'a str {
    let start = format!("name=\"factor\" value=\"{kind}");
    let at = page.text.find(&start).unwrap_or_else(|| panic!("no {kind} in {}", page.text));
    page.text[at + "name=\"factor\" value=\"".len()..].split('"').next().unwrap()
}

#[test]
fn one_officer_ends_a_lost_telephone_and_two_end_everything() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, _ministry, mut citizen) = with_citizen(world).await;
        let [mut first, mut second] = two(&portal).await;
        // The person has the telephone and a printed sheet.
        let page = citizen.visit("/sign-in?level=substantial&return=/who").await;
        let page = citizen.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let code = portal.code(PHONE).await;
        citizen.answer(&page, "code", &[("code", &code)]).await;
        let page = citizen.get("/en/account/factors").await;
        let sheet = citizen.post("/en/account/factors/sheet", page.token()).await;
        let printed = sheet.text.split("<li><bdi dir=\"ltr\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let page = found(&mut first, NUMBER).await;
        let address = account_of(&page);
        let withdraw = format!("{address}/withdraw");
        for fields in
            [&[("factor", "sms"), ("reason", " ")][..], &[("reason", "lost")], &[("factor", "x"), ("reason", "lost")]]
        {
            let bare = post(&mut first, &address, &withdraw, fields).await;
            assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
        let absent = post(&mut first, &address, &withdraw, &[("factor", "totp"), ("reason", "lost")]).await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND);
        // The telephone is lost: it is told a last time, and everybody is out.
        assert_eq!(way(&page, "sms"), "sms");
        let ended = post(&mut first, &address, &withdraw, &[("factor", "sms"), ("reason", "a lost telephone")]).await;
        assert_eq!(
            (ended.status, ended.header("location")),
            (StatusCode::SEE_OTHER, address.as_str()),
            "{}",
            ended.text
        );
        let told = portal.messages(PHONE).await;
        let last = told.iter().find(|text| text.contains("أنهى موظف طريقة دخول")).unwrap();
        assert!(!last.contains("telephone"), "{last}");
        portal.clock.advance_seconds(2);
        assert!(!citizen.get("/who").await.text.contains("Citizen"));
        let page = first.get(&address).await;
        assert!(page.text.contains("id=\"sessions\">0<") && !page.text.contains("value=\"sms\""), "{}", page.text);
        // What is left serves; for a day nothing more is taken away.
        portal.clock.advance_seconds(61);
        let page = citizen.visit("/en/sign-in?level=substantial&return=/who").await;
        let page = citizen.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        let page = citizen.answer(&page, "code", &[("code", &printed), ("by", "sheet")]).await;
        assert!(page.text.contains("Citizen"), "{}", page.text);
        assert_eq!(portal.messages(PHONE).await.len(), told.len(), "the lost telephone hears nothing more");
        let own = citizen.get("/en/account/factors").await;
        assert!(own.text.contains("id=\"waits\""), "{}", own.text);
        // The sheet is the last way beside the password: that takes two, and so does everything.
        for what in ["sheet", "all"] {
            let proposed = post(&mut first, &address, &withdraw, &[("factor", what), ("reason", "stolen, too")]).await;
            let proposal = proposed.header("location").to_owned();
            assert!(proposal.contains("/proposals/"), "{what}: {} {}", proposed.status, proposed.text);
            assert!(first.get(&address).await.text.contains("id=\"waiting\""));
            assert_eq!(decide(&mut first, &proposal, "approve").await.status, StatusCode::CONFLICT);
            let page = second.get(&proposal).await;
            assert!(page.text.contains("recovery sheet") && page.text.contains("stolen, too"), "{}", page.text);
            let how = if what == "all" { "approve" } else { "refuse" };
            assert_eq!(decide(&mut second, &proposal, how).await.status, StatusCode::SEE_OTHER);
        }
        portal.clock.advance_seconds(2);
        assert!(!citizen.get("/who").await.text.contains("Citizen"));
        portal.clock.advance_seconds(61);
        let page = citizen.visit("/en/sign-in?return=/who").await;
        let page = citizen.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "the password is nobody's");
        let page = first.get(&address).await;
        assert!(page.text.contains("data-stage=\"open\""), "the account itself stays open");
        // Each is a leaf that the person reads.
        let number = base::IdNumber::parse(NUMBER).unwrap();
        let person = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap();
        let slice = web::Slice::default();
        let ended = portal
            .ctx
            .read(move |read| audit::acts_about(read, person, "identity.factor_withdrawn", &slice))
            .await
            .unwrap();
        let factors: Vec<&str> = ended.iter().map(|act| act.detail["factor"].as_str().unwrap()).collect();
        assert_eq!((factors.len(), factors.contains(&"sms"), factors.contains(&"all")), (2, true, true));
        portal.holds().await;
    });
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
        for (password, secret, enters) in [(PASSWORD, kit::TOTP, false), (next, &secret[..], true)] {
            portal.clock.advance_seconds(61);
            let mut browser = portal.browser();
            let page = browser.visit("/en/desk/sign-in?return=/who").await;
            let code = code_of(secret, &portal);
            let fields = [("username", "ruba"), ("password", password), ("code", &*code)];
            let page = browser.answer(&page, "officer", &fields).await;
            assert_eq!(page.text.contains("Officer {"), enters, "{}", page.text);
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
