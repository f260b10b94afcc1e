//! In person at a counter: an officer compares somebody with the registry's
//! photo, through the router on both engines, without scripts; what a colleague,
//! a stranger and a second try do not get; and what becomes of a doubt.

use crate::kit::forms::{post, send, words};
use crate::kit::{Browser, PASSWORD, Page, Portal, schemas, start, start_with};
use base::{Assurance, IdNumber, Role};
use http::StatusCode;
use identity::Limits;
use store::{Ctx, params};
use testkit::on_both_engines;

const NUMBER: &str = "900000001";
const PHONE: &str = "+970599123456";
const OTHER_PHONE: &str = "+970599000111";
const NEXT: &str = "زيت الزيتون في الجرار القديمة";
const COUNTER: &str = "/en/desk/counter";
const PROOFING: &str = "/en/desk/identity/proofing";

mod sql {
    store::statements! {
        /// What was counted at counters.
        COUNTED = "SELECT event, detail, total FROM identity_count WHERE event IN ('comparison', 'doubt', 'opening') ORDER BY event, detail";
        /// Who compared decides.
        ONE_PAIR = "UPDATE identity_comparison SET decided_by = officer";
    }
}

async fn agent(portal: &Portal, username: &str, unit: &str) -> Browser {
    portal.at_desk(username, unit, Role::PostAgent, COUNTER).await
}

/// Somebody whom the registry knows by photo.
fn known(portal: &Portal, phones: &[&str]) {
    portal.registers.put(NUMBER, "1988-03-27", "alive", phones);
    portal.registers.portray(NUMBER);
}

/// Types the number of a card; gives where the comparison is.
async fn ask(browser: &mut Browser, number: &str) -> String {
    let asked = post(browser, COUNTER, COUNTER, &[("id_number", number)]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    asked.header("location").to_owned()
}

async fn same(browser: &mut Browser, at: &str) -> Page {
    let said = post(browser, at, &format!("{at}/same"), &[("compared", "true")]).await;
    assert_eq!(said.header("location"), at, "{}", said.text);
    browser.get(at).await
}

async fn level(ctx: &Ctx) -> Option<Assurance> {
    let number = IdNumber::parse(NUMBER).unwrap();
    let person = ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap()?;
    ctx.read(move |read| identity::account_of(read, person)).await.unwrap().map(|account| account.level)
}

/// Acts about the person of the number, by name.
async fn acts(portal: &Portal, act: &'static str) -> usize {
    let number = IdNumber::parse(NUMBER).unwrap();
    let person = portal.ctx.read(move |read| identity::person_of_id_number(read, &number)).await.unwrap().unwrap();
    let slice = web::Slice::default();
    portal.ctx.read(move |read| audit::acts_about(read, person, act, &slice)).await.unwrap().len()
}

/// The codes in an element of a print.
fn codes(page: &Page, id: &str) -> Vec<String> {
    let Some((_, after)) = page.text.split_once(&format!("id=\"{id}\"")) else { return Vec::new() };
    let inside = after.split("</ol>").next().unwrap().split("</p>").next().unwrap();
    let parts = inside.split("<bdi dir=\"ltr\">").skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

/// At home: the printed code, and whatever comes after it.
async fn recover(portal: &Portal, browser: &mut Browser, code: &str) -> Page {
    portal.clock.advance_seconds(60);
    let fields = [("id_number", NUMBER), ("code", code)];
    post(browser, "/en/account/recover", "/en/account/recover", &fields).await
}

async fn set_password(browser: &mut Browser, way: &str) -> Page {
    post(browser, way, &format!("{way}/password"), &[("new_password", NEXT), ("again_password", NEXT)]).await
}

async fn sign_in(portal: &Portal, browser: &mut Browser, password: &str) -> Page {
    portal.clock.advance_seconds(60);
    let page = browser.visit("/en/sign-in?level=substantial&return=/who").await;
    browser.answer(&page, "password", &[("id_number", NUMBER), ("password", password)]).await
}

#[test]
fn a_woman_without_a_sim_takes_a_print_home_and_signs_in_with_it() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        known(&portal, &[]);
        let mut agent = agent(&portal, "post", "post.nablus").await;
        let at = ask(&mut agent, NUMBER).await;
        let page = agent.get(&at).await;
        for shown in ["src=\"data:image/png;base64,", "Layla Mahmoud Said Khalil", "1988-03-27", "sample drawing"] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert_eq!(page.header("cache-control"), "no-store");
        // Not before card and face were looked at, and nothing is printed before that.
        let early = post(&mut agent, &at, &format!("{at}/same"), &[]).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        let early = post(&mut agent, &at, &format!("{at}/print"), &[("sheet", "true")]).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND, "{}", early.text);
        assert_eq!(level(&portal.ctx).await, None);
        let page = same(&mut agent, &at).await;
        assert!(page.text.contains("id=\"proven\""), "{}", page.text);
        assert_eq!(level(&portal.ctx).await, Some(Assurance::High));
        assert_eq!((acts(&portal, identity::READ).await, acts(&portal, "identity.compared").await), (1, 1));

        let nothing = send(&mut agent, &page, &format!("{at}/print"), &[]).await;
        assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
        let both = [("opening", "true"), ("sheet", "true")];
        let printed = send(&mut agent, &page, &format!("{at}/print"), &both).await;
        assert_eq!((printed.status, printed.header("cache-control")), (StatusCode::OK, "no-store"));
        // On paper alone.
        let (screen, paper) = printed.text.split_once("class=\"on-paper\"").unwrap();
        let (opening, sheet) = (codes(&printed, "opening-code"), codes(&printed, "codes"));
        assert_eq!((opening.len(), sheet.len()), (1, 10));
        assert!(paper.contains(&opening[0]) && !screen.contains(&opening[0]) && !screen.contains(&sheet[0]));
        // The printer failed: the same form gives the same codes.
        let again = send(&mut agent, &page, &format!("{at}/print"), &both).await;
        assert_eq!((codes(&again, "opening-code"), codes(&again, "codes")), (opening.clone(), sheet.clone()));
        // No password of the counter's opens it.
        for guess in [PASSWORD, NEXT] {
            let refused = sign_in(&portal, &mut portal.browser(), guess).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        }

        let mut home = portal.browser();
        // The sheet alone is not enough, and is not used up by the try.
        for _ in 0..2 {
            let alone = recover(&portal, &mut home, &sheet[0]).await;
            assert!(words(&alone).contains("It was not used up"), "{}", alone.text);
        }
        let refused = recover(&portal, &mut home, "AAAA-AAAA-AAAA-AAAA").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let begun = recover(&portal, &mut home, &opening[0].to_lowercase().replace('-', " ")).await;
        let way = begun.header("location").to_owned();
        assert!(way.starts_with("/en/account/recover/"), "{}", begun.text);
        assert_eq!(portal.browser().get(&way).await.status, StatusCode::NOT_FOUND, "it is this browser's");
        let used = recover(&portal, &mut portal.browser(), &opening[0]).await;
        assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "it is taken once");
        let done = set_password(&mut home, &way).await;
        assert!(done.header("location").starts_with("/en/sign-in"), "{}", done.text);
        let page = sign_in(&portal, &mut home, NEXT).await;
        let inside = home.answer(&page, "code", &[("by", "sheet"), ("code", &sheet[0])]).await;
        assert!(inside.text.contains("Substantial"), "{}", inside.text);
        portal.holds().await;
    });
}

#[test]
fn a_comparison_is_one_officers_at_one_counter_and_is_made_once() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start_with(world, Limits { comparisons_per_officer: 3, ..Limits::default() }).await;
        known(&portal, &[]);
        let mut first = agent(&portal, "first", "post.nablus").await;
        let at = ask(&mut first, NUMBER).await;
        for (username, unit) in [("colleague", "post.nablus"), ("other", "post.ramallah")] {
            let mut other = agent(&portal, username, unit).await;
            assert_eq!(other.get(&at).await.status, StatusCode::NOT_FOUND);
            for (step, fields) in
                [("same", [("compared", "true")]), ("doubt", [("reason", "x")]), ("print", [("sheet", "true")])]
            {
                let refused = post(&mut other, COUNTER, &format!("{at}/{step}"), &fields).await;
                assert_eq!(refused.status, StatusCode::NOT_FOUND, "{username} {step}");
            }
        }
        // An officer whose unit sees nobody, one of another role, and a citizen.
        let mut clerk = portal.at_desk("clerk", "mot.archive", Role::Clerk, "/desk/queue").await;
        assert_eq!(clerk.get(COUNTER).await.status, StatusCode::FORBIDDEN);
        let refused = post(&mut clerk, "/en/account/recover", COUNTER, &[("id_number", NUMBER)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let mut authentication = portal.at_desk("imad", "post.nablus", Role::AuthenticationOfficer, PROOFING).await;
        assert_eq!(authentication.get(COUNTER).await.status, StatusCode::FORBIDDEN);
        assert_ne!(portal.browser().get(COUNTER).await.status, StatusCode::OK);

        // Said once: neither again nor the other way round.
        let page = first.get(&at).await;
        same(&mut first, &at).await;
        for (step, fields) in [("same", ("compared", "true")), ("doubt", ("reason", "changed my mind"))] {
            let again = send(&mut first, &page, &format!("{at}/{step}"), &[fields]).await;
            assert_eq!(again.header("location"), at, "{step}: {}", again.text);
        }
        assert_eq!((acts(&portal, "identity.compared").await, level(&portal.ctx).await), (1, Some(Assurance::High)));
        // Half an hour later it is over; the queue never had it.
        portal.clock.advance_seconds(1_900);
        let mut first = portal.back_at_desk("first", COUNTER).await;
        assert_eq!(first.get(&at).await.status, StatusCode::NOT_FOUND);
        let mut authentication = portal.back_at_desk("imad", PROOFING).await;
        assert!(authentication.get(PROOFING).await.text.contains("id=\"no-doubts\""));
        // So many a day, whoever they are.
        ask(&mut first, NUMBER).await;
        ask(&mut first, NUMBER).await;
        let wait = post(&mut first, COUNTER, COUNTER, &[("id_number", NUMBER)]).await;
        assert_eq!(wait.status, StatusCode::TOO_MANY_REQUESTS);
        portal.holds().await;
    });
}

#[test]
fn every_failure_has_its_next_step() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        let mut agent = agent(&portal, "post", "post.nablus").await;
        let wrong = post(&mut agent, COUNTER, COUNTER, &[("id_number", "12")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unknown = post(&mut agent, COUNTER, COUNTER, &[("id_number", NUMBER)]).await;
        assert!(words(&unknown).contains("civil affairs office"), "{}", unknown.text);
        portal.registers.silence(NUMBER);
        let silent = post(&mut agent, COUNTER, COUNTER, &[("id_number", NUMBER)]).await;
        assert!(words(&silent).contains("try again in a few minutes"), "{}", silent.text);
        // Without a photo, or of somebody who died, nobody can be proven.
        for (status, next) in [("alive", "takes one"), ("dead", "needs a correction")] {
            portal.registers.put(NUMBER, "1988-03-27", status, &[]);
            if status == "dead" {
                portal.registers.portray(NUMBER);
            }
            let at = ask(&mut agent, NUMBER).await;
            let page = agent.get(&at).await;
            assert!(page.text.contains("id=\"no-photo\"") && !page.text.contains("id=\"same\""), "{}", page.text);
            let forced = send(&mut agent, &page, &format!("{at}/same"), &[("compared", "true")]).await;
            assert_eq!(forced.status, StatusCode::NOT_FOUND);
            let page = agent.get(&at).await;
            let handed = send(&mut agent, &page, &format!("{at}/doubt"), &[("reason", "")]).await;
            assert_eq!(handed.header("location"), at, "{}", handed.text);
            let page = agent.get(&at).await;
            assert!(words(&page).contains(next) && page.text.contains("id=\"say\""), "{}", page.text);
        }
        assert_eq!(level(&portal.ctx).await, None);
        portal.holds().await;
    });
}

#[test]
fn a_doubt_goes_to_another_officer_and_changes_nothing() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        known(&portal, &[PHONE]);
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut agent = agent(&portal, "post", "post.nablus").await;
        let at = ask(&mut agent, NUMBER).await;
        let silent = post(&mut agent, &at, &format!("{at}/doubt"), &[("reason", " ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "face and photo differ: it is said how");
        let reason = "Another face <b>";
        post(&mut agent, &at, &format!("{at}/doubt"), &[("reason", reason)]).await;
        let page = agent.get(&at).await;
        assert!(page.text.contains("data-cause=\"different\"") && words(&page).contains("three working days"));
        for (step, field) in [("same", "compared"), ("print", "sheet")] {
            let refused = post(&mut agent, COUNTER, &format!("{at}/{step}"), &[(field, "true")]).await;
            assert!(
                refused.status == StatusCode::NOT_FOUND || refused.header("location") == at,
                "{step} {}",
                refused.text
            );
        }
        assert_eq!(level(&portal.ctx).await, Some(Assurance::Substantial));
        assert!(portal.messages(PHONE).await.iter().any(|text| text.contains("لم تنجح المطابقة")));
        assert_eq!(acts(&portal, "identity.compared").await, 1);
        // The next officer is told to look twice.
        let later = ask(&mut agent, NUMBER).await;
        assert!(agent.get(&later).await.text.contains("id=\"doubted\""));
        assert_eq!(agent.get(PROOFING).await.status, StatusCode::FORBIDDEN);

        portal.clock.advance_seconds(3 * 3_600);
        let mut officer = portal.at_desk("imad", "civil", Role::AuthenticationOfficer, PROOFING).await;
        let queue = officer.get(PROOFING).await;
        let doubt = format!("{PROOFING}/{}", at.rsplit_once('/').unwrap().1);
        assert!(queue.text.contains(&doubt) && !queue.text.contains(NUMBER), "{}", queue.text);
        let unshown = format!("{PROOFING}/{}", later.rsplit_once('/').unwrap().1);
        assert_eq!(officer.get(&unshown).await.status, StatusCode::NOT_FOUND, "that one is not in the queue");
        let page = officer.get(&doubt).await;
        for shown in [NUMBER, "Another face &#60;b&#62;", "Officer post", "Nablus post office", "id=\"lock\""] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        // The person sees that look too.
        assert_eq!(acts(&portal, identity::READ).await, 3);
        let silent = send(&mut officer, &page, &doubt, &[("outcome", "cleared"), ("reason", "")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let locked = page.text.split_once("/lock\"").unwrap().0.rsplit_once('"').unwrap().1.to_owned() + "/lock";
        let page = officer.get(&doubt).await;
        let decided = send(&mut officer, &page, &doubt, &[("outcome", "confirmed"), ("reason", "a twin")]).await;
        assert_eq!(decided.header("location"), PROOFING, "{}", decided.text);
        let again = post(&mut officer, PROOFING_FORM, &doubt, &[("outcome", "cleared"), ("reason", "no")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let page = officer.get(&doubt).await;
        assert!(page.text.contains("data-stage=\"confirmed\"") && page.text.contains("a twin"), "{}", page.text);
        let figures = officer.get("/en/desk/identity/figures").await;
        assert!(figures.text.contains("<bdi dir=\"ltr\">≤ 4</bdi>"), "{}", figures.text);
        // Locked from there: a counter proves nothing of it.
        post(&mut officer, &doubt, &locked, &[("reason", "a twin")]).await;
        let mut agent = self::agent(&portal, "post2", "post.nablus").await;
        let at = ask(&mut agent, NUMBER).await;
        let refused = post(&mut agent, &at, &format!("{at}/same"), &[("compared", "true")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(words(&refused).contains("authentication officers"), "{}", refused.text);
        assert_eq!(level(&portal.ctx).await, Some(Assurance::Substantial));
        portal.holds().await;
        let broken = portal.ctx.write(store::Key::once(&portal.ctx), |tx| tx.execute(&sql::ONE_PAIR, &[]).map(drop));
        broken.await.unwrap_or_else(|error: store::Error| panic!("{error}"));
        assert_eq!(portal.broken().await, ["identity.comparisons_agree_with_themselves"]);
    });
}

/// Any page of theirs with a form.
const PROOFING_FORM: &str = "/en/desk/identity/accounts";

#[test]
fn a_number_is_bound_by_the_code_that_it_receives() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        known(&portal, &[PHONE]);
        portal.citizen(NUMBER, Some(PHONE), Assurance::Substantial).await;
        let mut agent = agent(&portal, "post", "post.nablus").await;
        let at = ask(&mut agent, NUMBER).await;
        let early = post(&mut agent, &at, &format!("{at}/phone"), &[("phone", "0599000111")]).await;
        assert_eq!(early.status, StatusCode::NOT_FOUND);
        same(&mut agent, &at).await;
        let wrong = post(&mut agent, &at, &format!("{at}/phone"), &[("phone", "12")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        // One number, however it is written.
        let sent = post(&mut agent, &at, &format!("{at}/phone"), &[("phone", "00972 59 900 0111")]).await;
        assert_eq!(sent.header("location"), at, "{}", sent.text);
        let page = agent.get(&at).await;
        assert!(page.text.contains("id=\"without-code\""), "{}", page.text);
        let right = portal.code(OTHER_PHONE).await;
        let other = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..4 {
            let refused = send(&mut agent, &page, &format!("{at}/code"), &[("code", other)]).await;
            assert!(refused.text.contains("does not match"), "{}", refused.text);
        }
        for typed in [other, right.as_str()] {
            let refused = send(&mut agent, &page, &format!("{at}/code"), &[("code", typed)]).await;
            assert!(refused.text.contains("no longer good"), "{}", refused.text);
        }
        assert!(agent.get(&format!("{at}?without=code")).await.text.contains("ends in \u{2068}56\u{2069}"));
        portal.clock.advance_seconds(40);
        let page = agent.get(&at).await;
        send(&mut agent, &page, &format!("{at}/resend"), &[]).await;
        let code = portal.code(OTHER_PHONE).await;
        let page = agent.get(&at).await;
        let bound = send(&mut agent, &page, &format!("{at}/code"), &[("code", &code)]).await;
        assert_eq!(bound.header("location"), at, "{}", bound.text);
        assert!(agent.get(&at).await.text.contains("ends in \u{2068}11\u{2069}"));
        // The number before it is told; it gets no code any more.
        assert!(portal.messages(PHONE).await.iter().any(|text| text.contains("رقم هاتف آخر")));
        let replay = send(&mut agent, &page, &format!("{at}/code"), &[("code", &code)]).await;
        assert_ne!(replay.status, StatusCode::OK);
        // With a number bound, the printed code alone sets no password.
        let printed = post(&mut agent, &at, &format!("{at}/print"), &[("opening", "true")]).await;
        let opening = codes(&printed, "opening-code").remove(0);
        let mut home = portal.browser();
        let way = recover(&portal, &mut home, &opening).await.header("location").to_owned();
        assert_eq!(set_password(&mut home, &way).await.header("location"), way, "the message comes first");
        let code = portal.code(OTHER_PHONE).await;
        let page = home.get(&way).await;
        send(&mut home, &page, &format!("{way}/code"), &[("code", &code)]).await;
        assert!(set_password(&mut home, &way).await.header("location").starts_with("/en/sign-in"));
        portal.holds().await;
    });
}

#[test]
fn whoever_opened_a_draft_account_before_is_out() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        known(&portal, &[]);
        portal.citizen(NUMBER, None, Assurance::Low).await;
        let mut brother = portal.browser();
        assert!(brother.visit("/en/sign-in?return=/who").await.text.contains("id-number"));
        let page = brother.visit("/en/sign-in?return=/who").await;
        let inside = brother.answer(&page, "password", &[("id_number", NUMBER), ("password", PASSWORD)]).await;
        assert!(inside.text.contains("Citizen"), "{}", inside.text);
        let mut agent = agent(&portal, "post", "post.nablus").await;
        let at = ask(&mut agent, NUMBER).await;
        assert!(agent.get(&at).await.text.contains("drafts only"));
        same(&mut agent, &at).await;
        assert_eq!(level(&portal.ctx).await, Some(Assurance::High));
        portal.clock.advance_seconds(2);
        assert!(!brother.get("/who").await.text.contains("Citizen"));
        let refused = sign_in(&portal, &mut brother, PASSWORD).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Without a sheet the password stands alone: it must be longer.
        let printed = post(&mut agent, &at, &format!("{at}/print"), &[("opening", "true")]).await;
        let opening = codes(&printed, "opening-code").remove(0);
        let mut home = portal.browser();
        let way = recover(&portal, &mut home, &opening).await.header("location").to_owned();
        let short = [("new_password", "زيتون الجرار"), ("again_password", "زيتون الجرار")];
        assert!(words(&post(&mut home, &way, &format!("{way}/password"), &short).await).contains("at least 15"));
        assert!(set_password(&mut home, &way).await.header("location").starts_with("/en/sign-in"));
        // Three weeks later a code is paper.
        let printed = post(&mut agent, &at, &format!("{at}/print"), &[("opening", "true")]).await;
        let opening = codes(&printed, "opening-code").remove(0);
        portal.clock.advance_seconds(21 * 24 * 3_600);
        let late = recover(&portal, &mut portal.browser(), &opening).await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        portal.holds().await;
    });
}

#[test]
fn figures_count_and_nothing_of_a_person_stays() {
    on_both_engines(&schemas(), |world| async move {
        let portal = start(world).await;
        known(&portal, &[]);
        let mut agent = agent(&portal, "post", "post.nablus").await;
        ask(&mut agent, NUMBER).await;
        portal.clock.advance_seconds(1_801 + 900 + 1);
        let jobs = portal.systems.iter().flat_map(|system| system.jobs.clone());
        for job in jobs.filter(|job| job.name == "identity.clear") {
            job.run_once(&portal.ctx, "test").await.unwrap();
        }
        let mut agent = portal.back_at_desk("post", COUNTER).await;
        let at = ask(&mut agent, NUMBER).await;
        same(&mut agent, &at).await;
        assert_eq!(acts(&portal, identity::READ).await, 1, "the first look was of nobody known");
        let rows = portal.ctx.read(|read| read.rows(&sql::COUNTED, &params![])).await.unwrap();
        let rows: Vec<(String, String, i64)> =
            rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap())).collect();
        let counted = |event: &str, detail: &str| rows.contains(&(event.to_owned(), detail.to_owned(), 1));
        assert!(counted("comparison", "same") && counted("opening", "high"), "{rows:?}");
        portal.holds().await;
    });
}
