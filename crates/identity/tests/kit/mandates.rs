//! Two citizens, and what they do with a mandate.

use std::collections::BTreeMap;

use base::{Assurance, IdNumber, PersonId, Zone};
use http::StatusCode;

use super::forms::post;
use super::{Browser, PASSWORD, Page, Portal, start};

pub const FATHER: [&str; 2] = ["900000001", "+970599123456"];
pub const SON: [&str; 2] = ["800000002", "+970599765432"];
pub const CHILD: &str = "800000010";
pub const SERVICE: &str = "sample.service";
pub const NEW: &str = "/en/account/mandates/new";
pub const LIST: &str = "/en/account/mandates";

/// Signs a citizen in with two factors.
pub async fn signed_in(portal: &Portal, [number, phone]: [&str; 2]) -> Browser {
    portal.clock.advance_seconds(61);
    let mut browser = portal.browser();
    let page = browser.visit("/sign-in?level=substantial&return=/who").await;
    let page = browser.answer(&page, "password", &[("id_number", number), ("password", PASSWORD)]).await;
    let code = portal.code(phone).await;
    let page = browser.answer(&page, "code", &[("code", &code)]).await;
    assert!(page.text.contains("Citizen"), "{}", page.text);
    browser
}

pub async fn with_two(world: testkit::World) -> (Portal, Browser, Browser) {
    let portal = start(world).await;
    for [number, phone] in [FATHER, SON] {
        portal.citizen(number, Some(phone), Assurance::Substantial).await;
        portal.registers.put(number, "1980-01-01", "alive", &[phone]);
    }
    let names = BTreeMap::from([("en".to_owned(), "A sample".to_owned()), ("ar".to_owned(), "عيّنة".to_owned())]);
    let introduced = identity::Introduced { service: SERVICE.to_owned(), names, suggested: None };
    identity::introduce_services(&portal.ctx, vec![introduced]).await.unwrap();
    let (father, son) = (signed_in(&portal, FATHER).await, signed_in(&portal, SON).await);
    (portal, father, son)
}

pub async fn person(portal: &Portal, number: &str) -> PersonId {
    let number = IdNumber::parse(number).unwrap();
    portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap()
}

/// How many leaves of a kind are about a person.
pub async fn acts(portal: &Portal, number: &str, act: &'static str) -> usize {
    let (person, slice) = (person(portal, number).await, web::Slice::default());
    portal.ctx.read(move |read| audit::acts_about(read, person, act, &slice)).await.unwrap().len()
}

pub async fn give(portal: &Portal, browser: &mut Browser, number: &str, changes: &[(&str, &str)]) -> Page {
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
pub fn first(page: &Page, how: &str) -> String {
    let start = page.text.split_once(&format!("/{how}\"")).unwrap_or_else(|| panic!("no {how} in {}", page.text)).0;
    start.rsplit_once('/').unwrap().1.to_owned()
}

pub async fn accept(browser: &mut Browser) -> String {
    let id = first(&browser.get(LIST).await, "accept");
    let page = post(browser, LIST, &format!("{LIST}/{id}/accept"), &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    id
}

/// Takes a mandate up from the switcher, and gives the page where it ends.
pub async fn take_up(browser: &mut Browser, id: &str) -> Page {
    let page = post(browser, "/en/account/acting", "/en/account/acting", &[("mandate", id)]).await;
    browser.follow(page).await
}

pub async fn who(browser: &mut Browser) -> String {
    browser.get("/who").await.text
}

pub async fn run(portal: &Portal, name: &str) {
    let job = portal.systems.iter().flat_map(|system| &system.jobs).find(|job| job.name == name);
    assert!(job.unwrap().run_once(&portal.ctx.as_machine("test"), "test").await.unwrap());
}
