//! Trusted contacts through the router on both engines, without scripts: named,
//! accepted, removed; and the way back that two of them open, with everything
//! that stops it.

use crate::kit::forms::{post, send, words};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start};
use base::Assurance;
use http::StatusCode;
use testkit::on_both_engines;

/// The owner, and four others: the third shares the second's telephone.
const NUMBERS: [&str; 5] = ["900000001", "900000019", "900000027", "900000035", "900000043"];
const PHONES: [&str; 5] = ["+970599123401", "+970599123402", "+970599123403", "+970599123403", "+970599123405"];
const NEXT: &str = "زيت الزيتون في الجرار القديمة";
const CONTACTS: &str = "/en/account/contacts";
const BEGIN: &str = "/en/account/recover/contacts";
const CANCEL: &str = "/en/account/recover/cancel";
const DAY: i64 = 24 * 3_600;

mod sql {
    store::statements! {
        /// One word is taken back behind everybody's back.
        UNSAY = "DELETE FROM identity_vouch";
    }
}

/// Signs in with both factors, so that contacts may be changed; ends on the page of contacts.
async fn enter(portal: &Portal, who: usize) -> Browser {
    portal.clock.advance_seconds(61);
    let mut browser = portal.browser();
    let page = browser.visit(&format!("/en/sign-in?level=substantial&return={CONTACTS}")).await;
    let page = browser.answer(&page, "password", &[("id_number", NUMBERS[who]), ("password", PASSWORD)]).await;
    let code = portal.code(PHONES[who]).await;
    let page = browser.answer(&page, "code", &[("code", &code), ("by", "sms")]).await;
    assert!(page.text.contains("id=\"contacts\"") || words(&page).contains("Trusted contacts"), "{}", page.text);
    browser
}

/// The id in the first address of a kind on the page.
fn id_of<'a>(page: &'a Page, before: &str, after: &str) -> Option<&'a str> {
    let parts = page.text.split(before).skip(1).filter_map(|part| part.split_once(after));
    parts.map(|(id, _)| id).find(|id| id.len() == 26)
}

async fn people(portal: &Portal) {
    for (number, phone) in NUMBERS.iter().zip(PHONES) {
        portal.citizen(number, Some(phone), Assurance::Substantial).await;
    }
}

/// The owner names these, and they accept.
async fn befriend(portal: &Portal, owner: &mut Browser, friends: &[usize]) {
    for &friend in friends {
        let named = post(owner, CONTACTS, CONTACTS, &[("id_number", NUMBERS[friend])]).await;
        assert_eq!(named.header("location"), CONTACTS, "{}", named.text);
    }
    for &friend in friends {
        let mut browser = enter(portal, friend).await;
        let page = browser.get(CONTACTS).await;
        let id = id_of(&page, "/account/contacts/", "/accept").unwrap_or_else(|| panic!("{}", page.text)).to_owned();
        let accepted = send(&mut browser, &page, &format!("{CONTACTS}/{id}/accept"), &[]).await;
        assert_eq!(accepted.header("location"), CONTACTS);
        assert!(browser.get(CONTACTS).await.text.contains("id=\"trusted\""));
    }
}

/// Somebody asks to come back; gives where the way is.
async fn ask(portal: &Portal, browser: &mut Browser, number: &str) -> String {
    portal.clock.advance_seconds(61);
    let begun = post(browser, BEGIN, BEGIN, &[("id_number", number)]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    begun.header("location").to_owned()
}

/// The code that the page shows to be spoken.
fn spoken(page: &Page) -> String {
    let after = page.text.split_once("id=\"spoken\"><bdi dir=\"ltr\">").unwrap_or_else(|| panic!("{}", page.text)).1;
    after.split('<').next().unwrap().to_owned()
}

/// A contact says something of the way; the last part of the address says what.
async fn say(browser: &mut Browser, way: &str, what: &str, code: &str) -> Page {
    let id = way.rsplit_once('/').unwrap().1;
    let fields: &[(&str, &str)] = if what == "vouch" { &[("code", code)] } else { &[] };
    post(browser, "/en/account/recover", &format!("/en/account/vouching/{id}/{what}"), fields).await
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// The code of the last message to the owner that stops it.
async fn stopper(portal: &Portal) -> String {
    let sent = portal.messages(PHONES[0]).await;
    let text = sent.iter().rev().find(|text| text.contains("/account/recover/cancel/")).expect("a link").clone();
    text.split_once("/account/recover/cancel/").unwrap().1.chars().take(19).collect()
}

#[test]
fn contacts_are_named_accept_and_are_removed() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        // One's own number, letters, the same twice: not named. An unknown number is, and nothing tells.
        for (number, said) in [(NUMBERS[0], "your own number"), ("12", "nine digits")] {
            let refused = post(&mut owner, CONTACTS, CONTACTS, &[("id_number", number)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(words(&refused).contains(said), "{}", refused.text);
        }
        let unknown = post(&mut owner, CONTACTS, CONTACTS, &[("id_number", "800000002")]).await;
        assert_eq!(unknown.header("location"), CONTACTS);
        let twice = post(&mut owner, CONTACTS, CONTACTS, &[("id_number", "800000002")]).await;
        assert!(words(&twice).contains("named before"), "{}", twice.text);
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("trusted contact was named")));
        let page = owner.get(CONTACTS).await;
        let nobody = id_of(&page, "/account/contacts/", "/remove").unwrap().to_owned();
        befriend(&portal, &mut owner, &[1]).await;
        // Who was not asked answers nothing, and nobody removes another's.
        let mut stranger = enter(&portal, 4).await;
        for step in ["accept", "refuse", "remove", "leave"] {
            post(&mut stranger, "/en/account/recover", &format!("{CONTACTS}/{nobody}/{step}"), &[]).await;
        }
        let mut owner = enter(&portal, 0).await;
        assert!(owner.get(CONTACTS).await.text.contains(&nobody));
        post(&mut owner, CONTACTS, CONTACTS, &[("id_number", NUMBERS[2])]).await;
        let page = owner.get(CONTACTS).await;
        assert!(!page.text.contains("id=\"name-contact\""), "three are enough");
        let full = send(&mut owner, &page, CONTACTS, &[("id_number", NUMBERS[4])]).await;
        assert!(words(&full).contains("three contacts already"), "{}", full.text);
        // Refused, and gone from both lists.
        let mut second = enter(&portal, 2).await;
        let page = second.get(CONTACTS).await;
        let id = id_of(&page, "/account/contacts/", "/refuse").unwrap().to_owned();
        send(&mut second, &page, &format!("{CONTACTS}/{id}/refuse"), &[]).await;
        send(&mut second, &page, &format!("{CONTACTS}/{id}/accept"), &[]).await;
        assert!(!second.get(CONTACTS).await.text.contains(&id));
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("رفض شخص موثوق")));
        // Ten minutes later nothing is changed without signing in again.
        portal.clock.advance_seconds(601);
        let page = owner.get(CONTACTS).await;
        assert!(page.text.contains("id=\"again\"") && !page.text.contains("id=\"name-contact\""), "{}", page.text);
        let form = owner.get("/en/account/recover").await;
        send(&mut owner, &form, &format!("{CONTACTS}/{nobody}/remove"), &[]).await;
        assert!(owner.get(CONTACTS).await.text.contains("80000000"));
        let mut owner = enter(&portal, 0).await;
        let removed = post(&mut owner, CONTACTS, &format!("{CONTACTS}/{nobody}/remove"), &[]).await;
        assert_eq!(removed.header("location"), CONTACTS);
        assert!(!owner.get(CONTACTS).await.text.contains(&nobody));
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("contact was removed")));
        portal.holds().await;
    });
}

#[test]
fn two_of_three_open_a_way_back_after_a_day() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        befriend(&portal, &mut owner, &[1, 2, 3]).await;
        let mut lost = portal.browser();
        let way = ask(&portal, &mut lost, NUMBERS[0]).await;
        let page = lost.get(&way).await;
        let code = spoken(&page);
        assert!(portal.messages(PHONES[1]).await.iter().any(|text| text.contains("تُطلب منك شهادة")));
        // It is this browser's, and leads nowhere yet.
        assert_eq!(portal.browser().get(&way).await.status, StatusCode::NOT_FOUND);
        let early = post(&mut lost, BEGIN, &way, &[("code", &code)]).await;
        assert_eq!(early.header("location"), way);

        // A stranger's word does not count, nor the owner's own.
        let mut stranger = enter(&portal, 4).await;
        say(&mut stranger, &way, "vouch", &code).await;
        // A contact hears another code: refused, and after five for good.
        let mut third = enter(&portal, 3).await;
        for _ in 0..4 {
            let wrong = say(&mut third, &way, "vouch", other_than(&code)).await;
            assert!(words(&wrong).contains("The code is not right"), "{}", wrong.text);
        }
        let locked = say(&mut third, &way, "vouch", other_than(&code)).await;
        assert!(words(&locked).contains("Five codes were wrong"), "{}", locked.text);
        say(&mut third, &way, "vouch", &code).await;
        // One contact twice is one.
        let mut first = enter(&portal, 1).await;
        assert!(first.get(CONTACTS).await.text.contains("id=\"asks\""));
        for _ in 0..2 {
            assert_eq!(say(&mut first, &way, "vouch", &code).await.header("location"), CONTACTS);
        }
        assert!(!first.get(CONTACTS).await.text.contains("id=\"asks\""));
        assert!(lost.get(&way).await.text.contains("id=\"spoken\""), "one is not enough");
        let mut second = enter(&portal, 2).await;
        // Not long after signing in, or not at all.
        portal.clock.advance_seconds(601);
        say(&mut second, &way, "vouch", &code).await;
        assert!(lost.get(&way).await.text.contains("id=\"spoken\""));
        let mut second = enter(&portal, 2).await;
        say(&mut second, &way, "vouch", &code).await;

        // The owner is told on every channel; a day has to pass.
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("شهد اثنان")));
        let page = lost.get(&way).await;
        assert!(page.text.contains("id=\"waits\"") && !page.text.contains(&code), "{}", page.text);
        portal.clock.advance_seconds(DAY - 120);
        assert!(lost.get(&way).await.text.contains("id=\"waits\""));
        portal.clock.advance_seconds(120);
        let page = lost.get(&way).await;
        assert!(page.text.contains("id=\"ready\""), "{}", page.text);
        let wrong = send(&mut lost, &page, &way, &[("code", other_than(&code))]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let mut thief = portal.browser();
        let form = thief.get(BEGIN).await;
        assert_eq!(send(&mut thief, &form, &way, &[("code", &code)]).await.status, StatusCode::NOT_FOUND);
        let open = send(&mut lost, &page, &way, &[("code", &code)]).await;
        let password = open.header("location").to_owned();
        assert!(password.starts_with("/en/account/recover/"), "{}", open.text);
        assert_eq!(send(&mut lost, &page, &way, &[("code", &code)]).await.status, StatusCode::NOT_FOUND, "once");
        let both = [("new_password", NEXT), ("again_password", NEXT)];
        let done = post(&mut lost, &password, &format!("{password}/password"), &both).await;
        assert!(done.header("location").starts_with("/en/sign-in"), "{}", done.text);
        // Everybody is out, and no contact is removed for a day.
        portal.clock.advance_seconds(61);
        let page = lost.visit(&format!("/en/sign-in?level=substantial&return={CONTACTS}")).await;
        let page = lost.answer(&page, "password", &[("id_number", NUMBERS[0]), ("password", NEXT)]).await;
        let sms = portal.code(PHONES[0]).await;
        let page = lost.answer(&page, "code", &[("code", &sms), ("by", "sms")]).await;
        assert!(page.text.contains("id=\"mine\"") && !page.text.contains("/remove\""), "{}", page.text);
        portal.holds().await;
        let broken = portal.ctx.write(store::Key::once(&portal.ctx), |tx| tx.execute(&sql::UNSAY, &[]).map(drop));
        broken.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
        assert_eq!(portal.broken().await, ["identity.ways_by_contacts_have_two"]);
    });
}

#[test]
fn two_contacts_with_one_telephone_are_one() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        befriend(&portal, &mut owner, &[1, 2, 3]).await;
        let mut lost = portal.browser();
        let way = ask(&portal, &mut lost, NUMBERS[0]).await;
        let code = spoken(&lost.get(&way).await);
        for friend in [2, 3] {
            let mut browser = enter(&portal, friend).await;
            say(&mut browser, &way, "vouch", &code).await;
        }
        assert!(lost.get(&way).await.text.contains("id=\"spoken\""), "they are one voice");
        let mut browser = enter(&portal, 1).await;
        say(&mut browser, &way, "vouch", &code).await;
        assert!(lost.get(&way).await.text.contains("id=\"waits\""));
        portal.holds().await;
    });
}

#[test]
fn any_channel_of_the_owner_stops_it() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        befriend(&portal, &mut owner, &[1, 2]).await;
        // By the code of the message, typed or followed, before anybody vouched; it serves once.
        let mut thief = portal.browser();
        let way = ask(&portal, &mut thief, NUMBERS[0]).await;
        let code = stopper(&portal).await;
        let mut anybody = portal.browser();
        let page = anybody.get(&format!("{CANCEL}/{code}")).await;
        assert!(page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
        assert_eq!(thief.get(&way).await.status, StatusCode::OK, "a link alone stops nothing");
        for wrong in ["AAAA-AAAA-AAAA-AAAA", ""] {
            let refused = send(&mut anybody, &page, CANCEL, &[("code", wrong)]).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let stopped = send(&mut anybody, &page, CANCEL, &[("code", &code.to_lowercase())]).await;
        assert!(stopped.text.contains("id=\"stopped\""), "{}", stopped.text);
        let again = send(&mut anybody, &page, CANCEL, &[("code", &code)]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(thief.get(&way).await.status, StatusCode::NOT_FOUND);
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("أُوقفت استعادة")));

        // By the owner's session, during the wait; a contact cannot.
        let way = ask(&portal, &mut thief, NUMBERS[0]).await;
        let spoken = spoken(&thief.get(&way).await);
        for friend in [1, 2] {
            let mut browser = enter(&portal, friend).await;
            say(&mut browser, &way, "cancel", "").await;
            say(&mut browser, &way, "vouch", &spoken).await;
        }
        let mut owner = enter(&portal, 0).await;
        let page = owner.get(CONTACTS).await;
        assert!(page.text.contains("class=\"do into\"") && words(&page).contains("Two contacts have vouched"));
        let stopped = say(&mut owner, &way, "cancel", "").await;
        assert_eq!(stopped.header("location"), CONTACTS, "{}", stopped.text);
        portal.clock.advance_seconds(DAY);
        assert_eq!(thief.get(&way).await.status, StatusCode::NOT_FOUND);

        // A contact says that it is somebody else: the owner hears of it, and one word is missing.
        let way = ask(&portal, &mut thief, NUMBERS[0]).await;
        let code = self::spoken(&thief.get(&way).await);
        let mut first = enter(&portal, 1).await;
        say(&mut first, &way, "decline", "").await;
        say(&mut first, &way, "vouch", &code).await;
        assert!(portal.messages(PHONES[0]).await.iter().any(|text| text.contains("شخص آخر")));
        let mut second = enter(&portal, 2).await;
        say(&mut second, &way, "vouch", &code).await;
        assert!(thief.get(&way).await.text.contains("id=\"spoken\""));
        // Seven days later it is over.
        portal.clock.advance_seconds(7 * DAY);
        assert_eq!(thief.get(&way).await.status, StatusCode::NOT_FOUND);
        portal.holds().await;
    });
}

#[test]
fn five_wrong_codes_at_the_end_are_the_end() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        befriend(&portal, &mut owner, &[1, 2]).await;
        let mut thief = portal.browser();
        let way = ask(&portal, &mut thief, NUMBERS[0]).await;
        let code = spoken(&thief.get(&way).await);
        for friend in [1, 2] {
            let mut browser = enter(&portal, friend).await;
            say(&mut browser, &way, "vouch", &code).await;
        }
        portal.clock.advance_seconds(DAY);
        let page = thief.get(&way).await;
        for _ in 0..4 {
            let wrong = send(&mut thief, &page, &way, &[("code", other_than(&code))]).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        for typed in [other_than(&code), code.as_str()] {
            let over = send(&mut thief, &page, &way, &[("code", typed)]).await;
            assert_eq!(over.status, StatusCode::NOT_FOUND, "{}", over.text);
        }
        portal.holds().await;
    });
}

#[test]
fn nobody_learns_whether_there_is_an_account_or_a_contact() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        people(&portal).await;
        let mut owner = enter(&portal, 0).await;
        befriend(&portal, &mut owner, &[1, 2]).await;
        let mut pages = Vec::new();
        // With contacts, without, without an account.
        for number in [NUMBERS[0], NUMBERS[4], "800000002"] {
            let mut browser = portal.browser();
            let way = ask(&portal, &mut browser, number).await;
            let page = browser.get(&way).await;
            let code = spoken(&page);
            let early = post(&mut browser, BEGIN, &way, &[("code", &code)]).await;
            assert_eq!((page.status, early.header("location")), (StatusCode::OK, way.as_str()));
            pages.push(words(&page).split_once("id=\"asked\"").unwrap().1.split_once("</div>").unwrap().0.to_owned());
        }
        assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
        // So often a day for a number, known or not.
        for number in [NUMBERS[0], "800000002"] {
            for turn in 0..3 {
                portal.clock.advance_seconds(61);
                let mut browser = portal.browser();
                let begun = post(&mut browser, BEGIN, BEGIN, &[("id_number", number)]).await;
                let expected = if turn < 2 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS };
                assert_eq!(begun.status, expected, "{number} {turn}");
            }
        }
        let wrong = post(&mut portal.browser(), BEGIN, BEGIN, &[("id_number", "12")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        portal.holds().await;
    });
}
