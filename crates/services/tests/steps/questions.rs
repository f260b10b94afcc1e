//! Every kind of question over its pages: what is kept, what is refused, and the
//! list of several things.

use super::*;

const PAGES: &str = r#"
[[page]]
id = "born"
field = { id = "born", kind = "date", required = true, check = "answers.born <= today" }

[[page]]
id = "uses"
field = { id = "uses", kind = "choices", options = ["home", "shop"] }

[[page]]
id = "children"
when = "has(answers.uses) && 'home' in answers.uses"

[page.repeat]
id = "children"
least = 1
most = 2
field = [
  { id = "child", kind = "text", required = true },
  { id = "share", kind = "money", check = "answers.share >= 100" },
]

[[step]]
kind = "decide"
by = "rule"
rule = "!has(answers.children) || answers.children.all(child, !has(child.share) || child.share < 100000)"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn questions_are_asked_kept_and_changed() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, PAGES).await;
        let mut own = town.entrance.browser(&town.own.actor).await;
        let id = services::start(&town.own, Key::once(&town.own), &town.services.catalogue, KEY).await.unwrap();
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        // A day that does not exist, one that the folder refuses, one that is kept.
        for (day, status, words) in [
            (["31", "2", "2020"], StatusCode::UNPROCESSABLE_ENTITY, "date that exists"),
            (["1", "1", "2999"], StatusCode::UNPROCESSABLE_ENTITY, "Not after today"),
            (["3", "2", "2020"], StatusCode::SEE_OTHER, ""),
        ] {
            let typed = [("born.day", day[0]), ("born.month", day[1]), ("born.year", day[2])];
            let body = own.get(&at("born")).await.form(&typed);
            let answer = own.post(&at("born"), body).await;
            assert_eq!(answer.status, status, "{day:?} {}", answer.text);
            assert!(answer.has(words), "{}", answer.text);
            if status != StatusCode::SEE_OTHER {
                assert!(answer.has(&format!("value=\"{}\"", day[2])), "what was typed is there again");
                assert!(answer.has("href=\"#born.day\""), "{}", answer.text);
            }
        }
        assert_eq!(own.get(&at("children")).await.status, StatusCode::NOT_FOUND, "it does not show yet");
        assert_eq!(own.act(&at("uses"), &at("uses"), &[("uses.home", "yes")]).await, StatusCode::SEE_OTHER);
        // The list wants one entry at least, takes two at most, and each is checked.
        let body = own.get(&at("children")).await.form(&[]);
        let answer = own.post(&at("children"), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.has("Name one child"), "{}", answer.text);
        let body = own.get(&at("children/new")).await.form(&[("child", ""), ("share", "0.50")]);
        let answer = own.post(&at("children/new"), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["Give a name", "At least one shekel", "value=\"0.50\""] {
            assert!(answer.has(words), "{words}: {}", answer.text);
        }
        for (name, share) in [("Salma", "12.50"), ("Adel", "")] {
            let typed = [("child", name), ("share", share)];
            assert_eq!(own.act(&at("children/new"), &at("children/new"), &typed).await, StatusCode::SEE_OTHER);
        }
        let list = own.get(&at("children")).await;
        assert!(list.has("Salma") && list.has("Adel") && list.has("12.50") && !list.has("id=\"add\""), "{}", list.text);
        // A third is one too many, also for a page that was open before.
        let body = own.get(&at("children/0")).await.form(&[("child", "Third")]);
        assert_ne!(own.post(&at("children/new"), body).await.status, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&at("children/0"), &at("children/0"), &[("child", "Selma")]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&at("children/1"), &at("children/1/remove"), &[]).await, StatusCode::SEE_OTHER);
        for gone in ["children/1", "children/-1", "children/x", "born/0"] {
            assert_eq!(own.get(&at(gone)).await.status, StatusCode::NOT_FOUND, "{gone}");
        }
        let kept = town.case(id).await.answers;
        let expected = json!({ "born": "2020-02-03", "uses": ["home"], "children": [{ "child": "Selma" }] });
        assert_eq!(serde_json::Value::Object(kept), expected);
        let check = own.get(&format!("/en/cases/{id}/check")).await;
        for words in ["February", "Home", "Selma", "Child"] {
            assert!(check.has(words), "{words}: {}", check.text);
        }
        // Somebody else's list is nobody's.
        let mut other = town.entrance.browser(&town.other.actor).await;
        assert_eq!(other.get(&at("children/0")).await.status, StatusCode::NOT_FOUND);
        // Without the answer that shows it, the list is not sent.
        assert_eq!(own.act(&at("uses"), &at("uses"), &[]).await, StatusCode::SEE_OTHER);
        let facts = own.get(&format!("/en/cases/{id}/check")).await;
        assert!(!facts.has("Selma"), "{}", facts.text);
    });
}

/// Each of the pages asks on by the answer of the one before.
const CHAIN: &str = r#"
[[page]]
id = "uses"
when = "answers.purpose == 'work'"
field = { id = "uses", kind = "choices", required = true, options = ["home", "shop"] }

[[page]]
id = "copies"
when = "has(answers.uses) && answers.uses.exists(one, one == 'home')"
field = { id = "copies", kind = "number", required = true }

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"
"#;

#[test]
fn an_answer_that_is_hidden_lets_no_later_page_show() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, CHAIN).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let answer = async |field: &str, value| {
            services::answer(&town.own, Key::once(&town.own), id, field, Some(value)).await.unwrap();
        };
        answer("uses", json!(["home"])).await;
        let mut own = town.entrance.browser(&town.own.actor).await;
        assert!(own.get(&format!("/en/cases/{id}/form/copies")).await.has("Copies"));
        // The first answer hides the second page, whose answer showed the third.
        answer("copies", json!(3)).await;
        answer("purpose", json!("study")).await;
        assert_eq!(own.get(&format!("/en/cases/{id}/form/copies")).await.status, StatusCode::NOT_FOUND);
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        let case = town.case(id).await;
        assert_eq!(case.answers.keys().collect::<Vec<_>>(), ["partners", "purpose"]);
    });
}
