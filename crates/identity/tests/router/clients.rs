//! Clients on the officers' pages, through the router on both engines: registered
//! and changed by two, suspended by one, and looked at every night.

use crate::kit::desk::{NEW, decide, officer, propose, two};
use crate::kit::forms::{post, words};
use crate::kit::ministry::{Ministry, code_for, request, with_citizen};
use crate::kit::{Portal, schemas, start};
use base::{Role, Zone};
use http::StatusCode;
use identity::Policy;
use seal::jose::{Jwk, KeySet};
use seal::{Algorithm, Signer, SigningKey};
use store::Key;
use testkit::on_both_engines;

mod sql {
    store::statements! {
        /// Breaks something.
        ONE_PAIR = "UPDATE identity_proposal SET decided_by = proposed_by";
    }
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
fn a_sample_client_stays_as_officers_changed_it() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let publish = async |redirect: &str| {
            let client = identity::Client {
                id: "school".to_owned(),
                names: vec!["مدرسة".to_owned(), "School".to_owned()],
                holders: identity::Holders::Citizens,
                first_party: false,
                sector: "school".to_owned(),
                redirects: vec![redirect.to_owned()],
                farewells: Vec::new(),
                jwks: serde_json::json!({ "keys": [] }),
                policy: Policy::standard(),
                secret: None,
            };
            identity::seed::sample_client(&portal.ctx, client).await.unwrap();
            portal.ctx.read(|read| identity::client(read, "school")).await.unwrap().unwrap()
        };
        let made = publish("http://localhost:1/demo").await;
        assert!(made.jwks["keys"][0].is_object() && made.names[1] == "School");
        let [mut first, mut second] = two(&portal).await;
        let jwks = jwks();
        let mut fields = typed(&jwks, &[("redirect_uris", "http://localhost:1/demo")]);
        fields.retain(|(name, _)| *name != "client_id");
        let proposal = propose(&mut first, "/en/desk/identity/clients/school/change", &fields).await;
        assert_eq!(decide(&mut second, &proposal, "approve").await.status, StatusCode::SEE_OTHER);
        // The next start, and one at another address.
        let kept = publish("http://localhost:1/demo").await;
        assert_eq!((&*kept.names[1], &*kept.sector), ("Ministry of Education", "education"));
        let moved = publish("http://localhost:2/demo").await;
        assert_eq!((&moved.names, &moved.jwks), (&kept.names, &kept.jwks));
        assert_eq!(moved.redirects, ["http://localhost:1/demo", "http://localhost:2/demo"]);
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
