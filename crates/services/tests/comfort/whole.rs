//! All questions on one page: what is right is kept, what is wrong is named, and
//! what an answer opens comes after saving.

use super::folder::{BORN, CHILDREN, CLERK, NOTE, PURPOSE, SCHOOL, WHO, catalogue};
use super::*;

const KEY: &str = "test.whole";

fn folders() -> Vec<(&'static str, String)> {
    vec![(KEY, format!("{WHO}{PURPOSE}{SCHOOL}{BORN}{CHILDREN}{NOTE}{CLERK}"))]
}

/// The pages that a form says it showed.
const FIRST_PAGES: &str = "who purpose born children note";

#[test]
fn one_post_keeps_what_is_right_and_names_what_is_not() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        let mut own = town.browser(&town.own.actor).await;
        let start = format!("/en/services/{KEY}/start");
        let body = own.get(&start).await.form(&[("show", "whole")]);
        let whole = own.post(&start, body).await.text;
        let id: CaseId = whole.split('/').nth(3).unwrap().parse().unwrap();
        let page = own.get(&whole).await;
        for words in ["سلمى عادل خليل عواد", "id=\"may-grow\"", "Add a child", &format!("value=\"{FIRST_PAGES}\"")]
        {
            assert!(page.has(words), "{words} {}", page.text);
        }
        // A page of its own leads here, as long as the choice holds.
        assert_eq!(own.get(&format!("/en/cases/{id}/form/born")).await.text, format!("{whole}#page-born"));
        let typed = [
            ("form.asked", FIRST_PAGES),
            ("purpose", "study"),
            ("born.day", "31"),
            ("born.month", "2"),
            ("born.year", "2020"),
            ("note", ""),
        ];
        let wrong = own.post(&whole, page.form(&typed)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in [
            "#born.day",
            "date that exists",
            "#note",
            "Write something",
            "#page-children",
            "Name one child",
            "value=\"31\"",
        ] {
            assert!(wrong.has(words), "{words} {}", wrong.text);
        }
        let kept = town.case(id).await.answers;
        assert_eq!((kept.get("purpose"), kept.get("born")), (Some(&json!("study")), None));
        // What the answer opened is there now; the button of the list leads to its page.
        assert!(wrong.has("id=\"school\""), "{}", wrong.text);
        let page = own.get(&whole).await;
        let typed = [
            ("form.asked", "who purpose school born children note"),
            ("form.then", "children/new"),
            ("purpose", "study"),
            ("note", "words"),
        ];
        let entry = own.post(&whole, page.form(&typed)).await;
        assert_eq!(entry.text, format!("{whole}/children/new"));
        let body = own.get(&entry.text).await.form(&[("child", "Sami")]);
        let list = own.post(&entry.text, body).await.text;
        assert_eq!(own.get(&list).await.text, format!("{whole}#page-children"));
        let page = own.get(&whole).await;
        assert!(page.has("Sami") && page.has("value=\"words\""), "{}", page.text);
        let typed = [
            ("form.asked", "who purpose school born children note"),
            ("purpose", "study"),
            ("school", "A school"),
            ("born.day", "3"),
            ("born.month", "2"),
            ("born.year", "2020"),
            ("note", "words"),
        ];
        let done = own.post(&whole, page.form(&typed)).await;
        assert_eq!((done.status, done.text), (StatusCode::SEE_OTHER, format!("/en/cases/{id}/check")));
        let check = own.get(&format!("/en/cases/{id}/check")).await;
        assert!(check.has("id=\"submit\"") && check.has("A school"), "{}", check.text);
        town.holds().await;
    });
}

#[test]
fn what_was_not_on_the_page_is_neither_read_nor_lost() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        let id = town.draft(KEY, &[("note", json!("before")), ("purpose", json!("work"))]).await;
        services::show_whole(&town.own, Key::once(&town.own), id).await.unwrap();
        let mut own = town.browser(&town.own.actor).await;
        let whole = format!("/en/cases/{id}/form");
        let page = own.get(&whole).await;
        // Another window opened a question meanwhile, and typed a hidden one here: neither counts.
        let typed = [
            ("form.asked", "purpose school nothing ../check"),
            ("form.then", "../../../demo"),
            ("purpose", "work"),
            ("school", "typed though hidden"),
            ("name", "typed though known"),
        ];
        let saved = own.post(&whole, page.form(&typed)).await;
        assert_eq!(saved.text, format!("{whole}?more=yes#page-who"), "what was not shown is still to be read");
        let kept = town.case(id).await.answers;
        assert_eq!(kept.get("note"), Some(&json!("before")));
        assert!(!kept.contains_key("school") && !kept.contains_key("name"), "{kept:?}");
        // An answer that opens a question leads to it.
        let page = own.get(&whole).await;
        let mut typed =
            vec![("form.asked", FIRST_PAGES), ("form.then", "note/0"), ("purpose", "study"), ("note", "before")];
        typed.extend([("born.day", "3"), ("born.month", "2"), ("born.year", "2020")]);
        let lacking = own.post(&whole, page.form(&typed)).await;
        assert_eq!(lacking.status, StatusCode::UNPROCESSABLE_ENTITY, "a list that needs an entry has none");
        services::answer_entry(
            &town.own,
            Key::once(&town.own),
            id,
            "children",
            2,
            services::Entry::New(json!({ "child": "Sami" })),
        )
        .await
        .unwrap();
        let body = own.get(&whole).await.form(&typed);
        let grown = own.post(&whole, body).await;
        assert_eq!(grown.text, format!("{whole}?more=yes#page-school"));
        assert!(own.get(&format!("{whole}?more=yes")).await.has("id=\"grew\""));
        // Back to one question a page; a stranger has no say.
        let page = own.get(&whole).await;
        let by_page = own.post(&format!("/en/cases/{id}/view"), page.form(&[("show", "by-page")])).await;
        assert_eq!(by_page.text, whole);
        assert_eq!(own.get(&whole).await.text, format!("{whole}/who"));
        let refused = services::show_whole(&town.other, Key::once(&town.other), id).await;
        assert!(matches!(refused, Err(services::Refusal::NoCase)));
        let mut stranger = town.browser(&town.other.actor).await;
        assert_eq!(stranger.get(&whole).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn silent_registers_and_sent_cases_are_said_plainly() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        let id = town.draft(KEY, &[]).await;
        services::show_whole(&town.own, Key::once(&town.own), id).await.unwrap();
        town.registers.up.store(false, std::sync::atomic::Ordering::SeqCst);
        let mut own = town.browser(&town.own.actor).await;
        let page = own.get(&format!("/en/cases/{id}/form")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.has("did not answer") || page.has("not answer"), "{}", page.text);
        services::discard(&town.own, Key::once(&town.own), id).await.unwrap();
        let gone = own.get(&format!("/en/cases/{id}/form")).await;
        assert_eq!(gone.text, format!("/en/cases/{id}"));
        let late =
            services::answer_all(&town.own, Key::once(&town.own), id, vec![("note".to_owned(), Some(json!("x")))]);
        assert!(matches!(late.await, Err(services::Refusal::NotNow("discarded", _))));
    });
}
