//! Authentication officers' pages through the router, on both engines: accounts
//! that one locks and two unlock, factors that are lost, figures, and what services
//! ask for.

use std::collections::BTreeMap;

use crate::kit::desk::{decide, officer, propose, two};
use crate::kit::forms::{post, words};
use crate::kit::ministry::{NUMBER, PHONE, with_citizen};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start};
use base::{Assurance, Date, Role, Zone};
use http::StatusCode;
use identity::Introduced;
use testkit::on_both_engines;

const SERVICE: &str = "sample.service";

mod sql {
    store::statements! {
        /// Everything that was counted.
        COUNTED = "SELECT event, client, detail, total FROM identity_count ORDER BY event, client, detail";
    }
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
        let revoke = format!("{address}/revoke");
        for fields in
            [&[("factor", "sms"), ("reason", " ")][..], &[("reason", "lost")], &[("factor", "x"), ("reason", "lost")]]
        {
            let bare = post(&mut first, &address, &revoke, fields).await;
            assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
        let absent = post(&mut first, &address, &revoke, &[("factor", "totp"), ("reason", "lost")]).await;
        assert_eq!(absent.status, StatusCode::NOT_FOUND);
        // The telephone is lost: it is told a last time, and everybody is out.
        assert_eq!(way(&page, "sms"), "sms");
        let ended = post(&mut first, &address, &revoke, &[("factor", "sms"), ("reason", "a lost telephone")]).await;
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
            let proposed = post(&mut first, &address, &revoke, &[("factor", what), ("reason", "stolen, too")]).await;
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
            .read(move |read| audit::acts_about(read, person, "identity.factor_revoked", &slice))
            .await
            .unwrap();
        let factors: Vec<&str> = ended.iter().map(|act| act.detail["factor"].as_str().unwrap()).collect();
        assert_eq!((factors.len(), factors.contains(&"sms"), factors.contains(&"all")), (2, true, true));
        portal.holds().await;
    });
}
