//! A draft is found again by its code: by its own person, for some days, and only
//! so often.

use super::folder::{BORN, CLERK, NOTE, PURPOSE, catalogue};
use super::*;

const KEY: &str = "test.resume";
const EVENTS: &str = "[[event]]\nkey = \"both\"\nname = { ar = \"معا\", en = \"Both\" }\nshared = [\"born\"]\n\
    bundle = [{ service = \"test.resume\" }, { service = \"test.beside\" }]\n";

fn folders() -> Vec<(&'static str, String)> {
    vec![(KEY, format!("{PURPOSE}{BORN}{CLERK}")), ("test.beside", format!("{BORN}{NOTE}{CLERK}"))]
}

async fn code(own: &mut Browser<'_>, id: CaseId) -> String {
    let at = format!("/en/cases/{id}/resume");
    let body = own.get(&at).await.form(&[]);
    assert_eq!(own.post(&at, body).await.text, at);
    let page = own.get(&at).await;
    page.text.split("id=\"resume-code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn typed(browser: &mut Browser<'_>, code: &str) -> browser::Answer {
    let body = browser.get("/en/resume").await.form(&[("code", code)]);
    browser.post("/en/resume", body).await
}

#[test]
fn a_code_finds_a_draft_for_its_own_person_only() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), EVENTS)).await;
        let id = town.draft(KEY, &[("purpose", json!("work"))]).await;
        let mut own = town.browser(&town.own.actor).await;
        assert!(own.get(&format!("/en/cases/{id}/resume")).await.has("Give me a code"));
        let first = code(&mut own, id).await;
        assert_eq!(first.len(), 9, "{first}");
        let mut elsewhere = town.browser(&town.own.actor).await;
        for spelled in [first.clone(), first.to_lowercase().replace('-', ""), format!(" {first} ")] {
            assert_eq!(typed(&mut elsewhere, &spelled).await.text, format!("/en/cases/{id}"));
        }
        let mut stranger = town.browser(&town.other.actor).await;
        let stolen = typed(&mut stranger, &first).await;
        assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
        let nothing = typed(&mut stranger, "0000-0000").await;
        let words = |answer: &browser::Answer| answer.has("None of your drafts has this code");
        assert!(words(&stolen) && words(&nothing), "another's and nobody's are the same");
        // A new code takes the old one's place.
        let second = code(&mut own, id).await;
        assert_ne!(first, second);
        assert_eq!(typed(&mut elsewhere, &first).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(typed(&mut elsewhere, &second).await.text, format!("/en/cases/{id}"));
        assert_eq!(town.acts("services.resume_code").await, 2);
        town.clock.advance_seconds(7 * 86_400 + 1);
        assert_eq!(typed(&mut elsewhere, &second).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(own.get(&format!("/en/cases/{id}/resume")).await.has("Give me a code"));
        town.work().await;
        town.holds().await;
    });
}

#[test]
fn guessing_is_slow_and_a_bundle_is_found_by_any_of_its_drafts() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), EVENTS)).await;
        let ctx = &town.own;
        let bundle = services::start_bundle(ctx, Key::once(ctx), &town.services.catalogue, "both", &[]).await.unwrap();
        let members = town.ctx.read(move |read| services::bundle_members(read, bundle)).await.unwrap();
        let mut own = town.browser(&ctx.actor).await;
        let code = code(&mut own, members[1].case.unwrap()).await;
        assert_eq!(typed(&mut own, &code).await.text, format!("/en/bundles/{bundle}"));
        assert!(own.get("/en/cases").await.has(&format!("/en/bundles/{bundle}")));
        let mut stranger = town.browser(&town.other.actor).await;
        let mut last = StatusCode::OK;
        for _ in 0..21 {
            last = typed(&mut stranger, "0000-0000").await.status;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        // A draft that was thrown away is found by nothing; nor is a sent one given a code.
        services::discard_bundle(ctx, Key::once(ctx), bundle).await.unwrap();
        assert_eq!(typed(&mut own, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let late = services::resume_code(ctx, Key::once(ctx), members[1].case.unwrap()).await;
        assert!(matches!(late, Err(services::Refusal::NotNow(..))));
    });
}
