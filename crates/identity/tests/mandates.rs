//! Acting for another through the router, on both engines: a mandate that is
//! given, one from the registry, one from a counter, what tokens say, and how
//! each ends.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "each test file uses its part of the kit")]
mod kit;

use std::collections::BTreeMap;

use base::{Assurance, IdNumber, PersonId, Role, Zone};
use http::StatusCode;
use identity::{NewOfficer, Policy, seed, totp};
use kit::ministry::{Ministry, answer, request, to_the_client};
use kit::{Browser, PASSWORD, Page, Portal, TOTP, schemas, start};
use store::Key;
use testkit::on_both_engines;
use web::fields::encode;

const FATHER: [&str; 2] = ["900000001", "+970599123456"];
const SON: [&str; 2] = ["800000002", "+970599765432"];
const CHILD: &str = "800000010";
const SERVICE: &str = "sample.service";

mod sql {
    store::statements! {
        /// Breaks something.
        END = "UPDATE identity_mandate SET stage = 'revoked'";
        /// Mends it.
        MEND = "UPDATE identity_mandate SET stage = 'accepted'";
    }
}

/// Signs a citizen in with two factors.
async fn signed_in(portal: &Portal, [number, phone]: [&str; 2]) -> Browser {
    portal.clock.advance_seconds(61);
    let mut browser = portal.browser();
    let page = browser.visit("/sign-in?level=substantial&return=/who").await;
    let page = browser.answer(&page, "password", &[("id_number", number), ("password", PASSWORD)]).await;
    let code = portal.code(phone).await;
    let page = browser.answer(&page, "code", &[("code", &code)]).await;
    assert!(page.text.contains("Citizen"), "{}", page.text);
    browser
}

async fn with_two(world: testkit::World) -> (Portal, Browser, Browser) {
    let portal = start(world).await;
    for [number, phone] in [FATHER, SON] {
        portal.citizen(number, Some(phone), Assurance::Substantial).await;
        portal.registers.put(number, "1980-01-01", "alive", &[phone]);
    }
    let names = BTreeMap::from([("en".to_owned(), "A sample".to_owned()), ("ar".to_owned(), "عيّنة".to_owned())]);
    identity::introduce_service(&portal.ctx, SERVICE, &names).await.unwrap();
    let (father, son) = (signed_in(&portal, FATHER).await, signed_in(&portal, SON).await);
    (portal, father, son)
}

async fn person(portal: &Portal, number: &str) -> PersonId {
    let number = IdNumber::parse(number).unwrap();
    portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap()
}

/// How many leaves of a kind are about a person.
async fn acts(portal: &Portal, number: &str, act: &'static str) -> usize {
    let (person, slice) = (person(portal, number).await, web::Slice::default());
    portal.ctx.read(move |read| audit::acts_about(read, person, act, &slice)).await.unwrap().len()
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

const NEW: &str = "/en/account/mandates/new";

async fn give(portal: &Portal, browser: &mut Browser, number: &str, changes: &[(&str, &str)]) -> Page {
    let today = portal.ctx.now().date(Zone::Hebron);
    let until = today.plus_years(1).to_string();
    let today = today.to_string();
    let mut fields = vec![("id_number", number), ("scope", "all"), ("valid_from", &*today), ("valid_until", &*until)];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    post(browser, NEW, NEW, &fields).await
}

/// The first mandate on a page, by its form.
fn first(page: &Page, how: &str) -> String {
    let start = page.text.split_once(&format!("/{how}\"")).unwrap_or_else(|| panic!("no {how} in {}", page.text)).0;
    start.rsplit_once('/').unwrap().1.to_owned()
}

const LIST: &str = "/en/account/mandates";

async fn accept(browser: &mut Browser) -> String {
    let id = first(&browser.get(LIST).await, "accept");
    let page = post(browser, LIST, &format!("{LIST}/{id}/accept"), &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    id
}

/// Takes a mandate up from the switcher, and gives the page where it ends.
async fn take_up(browser: &mut Browser, id: &str) -> Page {
    let page = post(browser, "/en/account/acting", "/en/account/acting", &[("mandate", id)]).await;
    browser.follow(page).await
}

fn words(page: &Page) -> String {
    page.text.replace(['\u{2068}', '\u{2069}'], "")
}

async fn who(browser: &mut Browser) -> String {
    browser.get("/who").await.text
}

#[test]
fn a_mandate_is_given_accepted_used_and_taken_back() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let fields = [("scope", "some"), ("services", SERVICE), ("ceiling", "50")];
        let given = give(&portal, &mut father, SON[0], &fields).await;
        assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
        let page = father.get(LIST).await;
        assert!(words(&page).contains("ID number ending in 002"), "{}", page.text);
        assert!(words(&page).contains("waits for acceptance") && words(&page).contains("at most 50.00 shekels"));
        // Nobody can act before it is accepted, whoever names it.
        let id = first(&page, "end");
        let early = take_up(&mut son, &id).await;
        assert_eq!(early.status, StatusCode::BAD_REQUEST, "{}", early.text);
        assert!(who(&mut son).await.contains("Citizen"));
        assert!(portal.messages(SON[1]).await.iter().any(|told| told.contains("تفويض")));
        assert_eq!(accept(&mut son).await, id);
        assert!(portal.messages(FATHER[1]).await.iter().any(|told| told.contains("تفويض")));
        take_up(&mut son, &id).await;
        let acting = who(&mut son).await;
        let (father_id, son_id) = (person(&portal, FATHER[0]).await, person(&portal, SON[0]).await);
        assert!(acting.contains("Agent") && acting.contains(&format!("{father_id:?}")), "{acting}");
        assert!(acting.contains(&format!("{son_id:?}")) && acting.contains(SERVICE), "{acting}");
        assert!(acting.contains("ceiling_minor: Some(5000)"), "{acting}");
        // What is one's own is closed meanwhile; the bar leads back.
        for path in ["/account", "/account/acting", LIST, "/account/factors", "/device"] {
            let page = son.get(path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            assert!(page.text.contains("id=\"acting\"") && page.text.contains("id=\"acting-back\""), "{}", page.text);
        }
        let back = son.visit("/sign-in?return=/who").await;
        assert!(back.text.contains("Citizen"), "{}", back.text);
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        let taken_back = post(&mut father, LIST, &format!("{LIST}/{id}/end"), &[]).await;
        assert_eq!(taken_back.status, StatusCode::SEE_OTHER, "{}", taken_back.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        let mut again = signed_in(&portal, SON).await;
        assert_eq!(take_up(&mut again, &id).await.status, StatusCode::BAD_REQUEST);
        for (number, act, count) in [
            (FATHER[0], "identity.mandate_offered", 1),
            (FATHER[0], "identity.mandate_accepted", 1),
            (SON[0], "identity.mandate_accepted", 1),
            (FATHER[0], identity::TAKEN_UP, 2),
            (SON[0], identity::TAKEN_UP, 2),
            (FATHER[0], "identity.mandate_revoked", 1),
            (SON[0], "identity.mandate_revoked", 1),
        ] {
            assert_eq!(acts(&portal, number, act).await, count, "{number} {act}");
        }
        portal.holds().await;
    });
}

#[test]
fn an_offer_says_nothing_of_accounts_and_has_its_bounds() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let today = portal.ctx.now().date(Zone::Hebron);
        let known = give(&portal, &mut father, SON[0], &[]).await;
        let unknown = give(&portal, &mut father, "800000077", &[]).await;
        for page in [&known, &unknown] {
            assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, LIST));
        }
        let page = father.get(LIST).await;
        assert!(words(&page).contains("ending in 002") && words(&page).contains("ending in 077"));
        assert!(!page.text.contains("800000077") && !words(&page).contains("Layla Khalil</bdi></b>"), "{}", page.text);
        let (late, yesterday) = (today.plus_years(2).plus_days(1).to_string(), today.plus_days(-1).to_string());
        for (number, changes) in [
            (FATHER[0], &[][..]),
            ("12", &[]),
            (SON[0], &[("valid_until", &*late)]),
            (SON[0], &[("valid_from", &*yesterday)]),
            (SON[0], &[("valid_until", "soon")]),
            (SON[0], &[("ceiling", "much")]),
            (SON[0], &[("scope", "some")]),
            (SON[0], &[("scope", "some"), ("services", "no.such")]),
        ] {
            let page = give(&portal, &mut father, number, changes).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes:?}");
            assert!(page.text.contains("id=\"mandate-error\""));
        }
        // The offer is the number's: the giver cannot accept it, nor a stranger end it.
        let id = first(&son.get(LIST).await, "accept");
        for how in ["accept", "refuse"] {
            let page = post(&mut father, NEW, &format!("{LIST}/{id}/{how}"), &[]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{how}");
        }
        assert_eq!(post(&mut son, NEW, &format!("{LIST}/{id}/end"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(post(&mut son, LIST, &format!("{LIST}/{id}/refuse"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_ne!(post(&mut son, NEW, &format!("{LIST}/{id}/accept"), &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_refused").await, 1);
        // So many a day, and no more.
        let mut last = StatusCode::SEE_OTHER;
        for _ in 0..9 {
            last = give(&portal, &mut father, "800000078", &[]).await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        portal.holds().await;
    });
}

#[test]
fn who_showed_a_password_alone_neither_gives_nor_takes() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        give(&portal, &mut father, SON[0], &[]).await;
        portal.clock.advance_seconds(61);
        let mut low = portal.browser();
        let page = low.visit("/sign-in?return=/who").await;
        let page = low.answer(&page, "password", &[("id_number", SON[0]), ("password", PASSWORD)]).await;
        low.answer(&page, "skip", &[]).await;
        assert!(who(&mut low).await.contains("assurance: Low"));
        assert!(low.get(NEW).await.text.contains("id=\"low\""));
        let today = portal.ctx.now().date(Zone::Hebron).to_string();
        let fields = [("id_number", FATHER[0]), ("scope", "all"), ("valid_from", &*today), ("valid_until", &*today)];
        let given = post(&mut low, LIST, NEW, &fields);
        assert_eq!(given.await.status, StatusCode::FORBIDDEN);
        let id = first(&low.get(LIST).await, "accept");
        assert_eq!(post(&mut low, LIST, &format!("{LIST}/{id}/accept"), &[]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(accept(&mut son).await, id);
        // Taking it up asks for both factors.
        let page = take_up(&mut low, &id).await;
        assert!(page.text.contains("id=\"password\""), "{}", page.text);
        assert!(who(&mut low).await.contains("Citizen"));
    });
}

#[test]
fn anothers_mandate_is_not_taken_and_a_second_one_widens_nothing() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        const STRANGER: [&str; 2] = ["800000028", "+970599000028"];
        portal.citizen(STRANGER[0], Some(STRANGER[1]), Assurance::Substantial).await;
        give(&portal, &mut father, SON[0], &[("scope", "some"), ("services", SERVICE), ("ceiling", "5")]).await;
        let id = accept(&mut son).await;
        // The same address by somebody else's session: nothing, by the portal or by hand.
        let mut stranger = signed_in(&portal, STRANGER).await;
        assert_eq!(take_up(&mut stranger, &id).await.status, StatusCode::BAD_REQUEST);
        let page = post(&mut stranger, "/account/acting", "/account/acting", &[("mandate", &id)]).await;
        let address = page.header("location").to_owned();
        assert!(address.contains(&id));
        let mut fathers = father.clone();
        let replayed = fathers.get(&address).await;
        assert_eq!(replayed.parameter("error").as_deref(), Some("access_denied"), "{}", replayed.text);
        assert!(who(&mut stranger).await.contains("Citizen"));
        // Whoever signs in on the way is looked at too.
        let mut nobody = portal.browser();
        portal.clock.advance_seconds(61);
        let page = nobody.visit(&address).await;
        let page = nobody.answer(&page, "password", &[("id_number", STRANGER[0]), ("password", PASSWORD)]).await;
        let code = portal.code(STRANGER[1]).await;
        let page = nobody.answer(&page, "code", &[("code", &code)]).await;
        assert!(!page.text.contains("Agent"), "{}", page.text);
        assert!(who(&mut nobody).await.contains("Anonymous"));
        // A wider offer waits for its own acceptance, and changes nothing of the first.
        give(&portal, &mut father, SON[0], &[]).await;
        take_up(&mut son, &id).await;
        let acting = who(&mut son).await;
        assert!(acting.contains("ceiling_minor: Some(500)") && acting.contains(SERVICE), "{acting}");
        portal.holds().await;
    });
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

async fn run(portal: &Portal, name: &str) {
    let job = portal.systems.iter().flat_map(|system| &system.jobs).find(|job| job.name == name);
    assert!(job.unwrap().run_once(&portal.ctx.as_machine("test"), "test").await.unwrap());
}

#[test]
fn a_mandate_ends_with_its_last_day() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        let today = portal.ctx.now().date(Zone::Hebron).to_string();
        give(&portal, &mut father, SON[0], &[("valid_until", &today)]).await;
        let id = accept(&mut son).await;
        give(&portal, &mut father, "800000077", &[("valid_until", &today)]).await;
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        run(&portal, "identity.mandates").await;
        assert!(who(&mut son).await.contains("Agent"));
        portal.clock.advance_seconds(24 * 3_600);
        assert!(who(&mut son).await.contains("Anonymous"));
        run(&portal, "identity.mandates").await;
        assert_eq!(acts(&portal, FATHER[0], "identity.mandate_expired").await, 2);
        let mut son = signed_in(&portal, SON).await;
        assert!(words(&son.get(LIST).await).contains("over"));
        portal.holds().await;
    });
}

#[test]
fn who_disowns_a_session_takes_back_what_was_given_from_it() {
    on_both_engines(&schemas(), |world| async move {
        let (portal, mut father, mut son) = with_two(world).await;
        give(&portal, &mut father, SON[0], &[]).await;
        let id = accept(&mut son).await;
        take_up(&mut son, &id).await;
        assert!(who(&mut son).await.contains("Agent"));
        let gone = post(&mut father, LIST, "/en/account/disown", &[]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
        portal.clock.advance_seconds(1);
        assert!(who(&mut son).await.contains("Anonymous"));
        assert_eq!(acts(&portal, SON[0], "identity.mandate_revoked").await, 1);
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
