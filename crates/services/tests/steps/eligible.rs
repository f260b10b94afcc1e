//! Whether one may apply: said before starting, asked again when sending; and every
//! reason of a refusal by rule, to its person and, part by part, to officers.

use std::sync::atomic::Ordering;

use super::folder::faults;
use super::*;

const CONDITIONS: &str = r#"
[[lookup]]
id = "driver"
operation = "PS/GOV/MOT/LICENSING/driver"

[[eligible]]
rule = "has(registers.person) && registers.person.status == 'alive'"
reason = "life"

[[eligible]]
rule = "has(registers.person) && years(registers.person.birth_date, today) >= 18"
reason = "no"

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"

[[step]]
kind = "deliver"
"#;

const START: &str = "/en/services/test.way/start";

impl Town {
    /// The registry holds a death, and a birth of last year.
    fn nobody(&self) {
        self.registers.change(&Self::number(FIRST), |known| {
            known.person["status"] = json!("deceased");
            known.person["birth_date"] = json!("2025-04-12");
        });
    }
    async fn looks(&self) -> Vec<(String, String)> {
        let person = self.own.actor.person().unwrap();
        let looks = self.ctx.read(move |read| exchange::lookups_of(read, person, &web::Slice::default())).await;
        looks.unwrap().into_iter().map(|look| (look.operation, look.purpose)).collect()
    }
}

#[test]
fn what_does_not_hold_is_said_before_starting_and_nothing_else_is_asked() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, CONDITIONS).await;
        let mut own = town.browser(&town.own.actor).await;
        let before = town.looks().await.len();
        let page = own.get(START).await;
        assert!(page.has("id=\"eligible\"") && page.has("id=\"start\""), "{}", page.text);
        let looks = town.looks().await;
        assert_eq!(looks.len(), before + 1, "only the register that the conditions read is asked");
        assert_eq!(looks[0], ("PS/GOV/MOI/CIVIL/person".to_owned(), "case.form".to_owned()));
        town.nobody();
        let page = own.get(START).await;
        for words in ["Not alive", "Have the registry corrected", "Not today", "Come again tomorrow"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        assert!(!page.has("id=\"start\""));
        // The register is out: nobody is told that they may not.
        town.registers.up.store(false, Ordering::SeqCst);
        let page = own.get(START).await;
        assert!(page.has("id=\"eligible-unknown\"") && page.has("id=\"start\"") && !page.has("Not alive"));
        town.registers.up.store(true, Ordering::SeqCst);
        // Nothing is asked, and nothing told, for whoever is not known well enough.
        let low = town.citizen(FIRST + 7, Assurance::Low).await;
        let mut low_browser = town.browser(&low.actor).await;
        let page = low_browser.get(START).await;
        assert!(page.has("id=\"eligible-unknown\"") && page.has("id=\"start\""), "{}", page.text);
        let person = low.actor.person().unwrap();
        let asked = town.ctx.read(move |read| exchange::lookups_of(read, person, &web::Slice::default())).await;
        assert!(asked.unwrap().is_empty());
        town.house.holds().await;
    });
}

#[test]
fn a_draft_that_is_not_eligible_is_not_sent_and_loses_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, CONDITIONS).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        town.nobody();
        let mut own = town.browser(&town.own.actor).await;
        let check = format!("/en/cases/{id}/check");
        let body = own.get(&check).await.form(&[]);
        let answer = own.post(&format!("/en/cases/{id}/submit"), body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["Not alive", "Have the registry corrected", "Not today", "id=\"submit\"", "Work"] {
            assert!(answer.has(words), "{words}: {}", answer.text);
        }
        let case = town.case(id).await;
        assert_eq!((case.stage, case.answers["purpose"].clone()), (Stage::Draft, json!("work")));
        // Mended, the same draft is sent.
        town.registers.put(&Town::number(FIRST));
        assert_eq!(own.act(&check, &format!("/en/cases/{id}/submit"), &[]).await, StatusCode::SEE_OTHER);
        town.settle().await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn a_register_that_comes_back_too_late_refuses_with_every_reason() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, CONDITIONS).await;
        town.nobody();
        town.registers.up.store(false, Ordering::SeqCst);
        let id = town.sent("work").await;
        town.stands(id, Stage::Checking).await;
        town.registers.up.store(true, Ordering::SeqCst);
        town.days(1).await;
        town.ends(id, "refused").await;
        let mut own = town.browser(&town.own.actor).await;
        for page in [format!("/en/cases/{id}"), "/en/inbox".to_owned()] {
            let shown = own.get(&page).await;
            for words in ["Not alive", "Have the registry corrected", "Not today", "Come again tomorrow"] {
                assert!(shown.has(words), "{page} {words}: {}", shown.text);
            }
        }
        town.house.holds().await;
    });
}

#[test]
fn a_refusal_by_rule_says_all_to_its_person_and_why_to_officers() {
    let steps = format!(
        r#"
[appeal]
unit = "{THERE}"
days = 20

[[lookup]]
id = "driver"
operation = "PS/GOV/MOT/LICENSING/driver"

[[step]]
kind = "decide"
by = "rule"

[[step.check]]
rule = "has(registers.driver) && registers.driver.renewable_until >= today && registers.driver.status != 'suspended'"
reason = "no"

[[step.check]]
rule = "answers.purpose == 'study'"
reason = "life"

[[step]]
kind = "deliver"
"#
    );
    in_town(&steps, |town| async move {
        town.registers.change(&Town::number(FIRST), |known| known.driver["status"] = json!("suspended"));
        let id = town.sent("work").await;
        town.ends(id, "refused").await;
        let page = town.page(id).await;
        for words in ["Not today Come again tomorrow", "Not alive Have the registry corrected"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        assert!(!page.has("registers.driver") && !page.has("suspended"), "{}", page.text);
        services::appeal(&town.own, Key::once(&town.own), &town.services.catalogue, id, "it was lifted").await.unwrap();
        let mut judge = town.clerk("judge", THERE).await;
        let shown = judge.get(&desk(id)).await;
        for words in [
            "registers.driver.status != &#39;suspended&#39;",
            "<bdi>suspended</bdi>",
            "Not today",
            "data-holds=\"false\"",
        ] {
            assert!(shown.has(words), "{words}: {}", shown.text);
        }
        // One condition fails alone: one reason.
        town.registers.put(&Town::number(FIRST));
        let one = town.sent("work").await;
        town.ends(one, "refused").await;
        let page = town.page(one).await;
        assert!(page.has("Not alive") && !page.has("Not today"), "{}", page.text);
        let all = town.sent("study").await;
        town.ends(all, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn conditions_that_cannot_work_are_refused() {
    let decided = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";
    let eligible =
        |rule: &str, reason: &str| format!("[[eligible]]\nrule = \"{rule}\"\nreason = \"{reason}\"\n{decided}");
    let decide = |keys: &str| format!("[[step]]\nkind = \"decide\"\nby = \"rule\"\n{keys}\n");
    let check = "[[step.check]]\nrule = \"true\"\nreason = \"no\"\n";
    let body = "[[step]]\nkind = \"clear\"\nbody = [{ id = \"life\", operation = \"PS/GOV/MOI/CIVIL/person\", \
                rule = \"has(registers.life)\", days = 3, silence = \"no\" }]\n";
    for (steps, about) in [
        (eligible("answers.purpose == 'work'", "no"), "`purpose` is not known"),
        (eligible("registers.person.status == 'alive'", "no"), "may be absent"),
        (eligible("has(registers.life)", "no") + body, "is no lookup"),
        (eligible("true", "other"), "`reason-other`"),
        (eligible("true", "other"), "`change-other`"),
        (decide(""), "needs rule and reason, or several checks"),
        (decide("rule = \"true\""), "needs rule and reason, or several checks"),
        (decide(&format!("rule = \"true\"\nreason = \"no\"\n{check}")), "needs rule and reason, or several checks"),
        (decide(&check.repeat(21)), "21 checks are too many"),
        (decide("[[step.check]]\nrule = \"true\""), "missing field `reason`"),
        (decide("[[step.check]]\nrule = \"answers.purpose\"\nreason = \"no\""), "must be true or false"),
        (format!("[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n{check}"), "`check` belongs to rule"),
    ] {
        let found = faults(&steps);
        assert!(found.iter().any(|fault| fault.contains(about)), "{about}: {found:#?}\n{steps}");
    }
    assert_eq!(faults(&decide(check)), Vec::<String>::new());
}
