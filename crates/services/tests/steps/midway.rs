//! Registers that contradict each other, or say something else when a case is decided
//! than when it was sent: officers see both, the person is asked once, and nothing is
//! decided on what does not hold any more.

use super::folder::catalogue_saying;
use super::house::registers::Fault;
use super::listed::{TEXTS, VEHICLES, vehicle};
use super::*;

fn decided_at(unit: &str) -> String {
    format!("[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{unit}\"\n[[step]]\nkind = \"deliver\"\n")
}

impl Town {
    /// An hour passes.
    async fn hour(&self) {
        self.house.sequence().await;
        self.clock.advance_seconds(3_600);
    }
}

#[test]
fn what_was_chosen_and_is_gone_is_not_approved() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(&format!("{VEHICLES}{}", decided_at(HERE)), TEXTS)).await;
        let (sold, kept) = (vehicle("7-1234", 2015, false), vehicle("7-7777", 2016, false));
        town.lists(FIRST, &[sold, kept.clone()]);
        let id = town.draft("work", &[FIRST + 1]).await;
        services::answer(&town.own, Key::once(&town.own), id, "vehicle", Some(json!("7-1234"))).await.unwrap();
        assert_eq!(town.press(id).await, StatusCode::SEE_OTHER);
        let (mut clerk, mut own) = (town.clerk("clerk", HERE).await, town.browser(&town.own.actor).await);
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        town.hour().await;
        town.lists(FIRST, &[kept]);
        // The register is asked before the decision, and the officer sees both answers first.
        assert!(!clerk.get(&desk(id)).await.has("It said before"));
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::CONFLICT);
        let page = clerk.get(&desk(id)).await;
        for words in ["It said before", "Ford", "not in the register any more", "A register changed its answer"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        // Seen or not, what is gone is not approved: its person is asked once.
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::CONFLICT);
        town.stands(id, Stage::Deciding).await;
        let asked = [("decision", "ask"), ("text", "Which one?"), ("field", "vehicle")];
        assert_eq!(clerk.act(&desk(id), &format!("{}/decide", desk(id)), &asked).await, StatusCode::SEE_OTHER);
        let page = format!("/en/cases/{id}");
        assert!(!own.get(&page).await.has("7-1234"), "it is not offered");
        let reply = [("vehicle", "7-7777")];
        assert_eq!(own.act(&page, &format!("{page}/reply"), &reply).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.settle().await;
        assert_eq!(town.ends(id, "completed").await.answers["vehicle"], json!("7-7777"));
        town.house.holds().await;
    });
}

#[test]
fn a_silent_register_stops_no_decision_and_the_same_answer_neither() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, &decided_at(HERE)).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let question = format!("person?id={}", Town::number(FIRST));
        for fault in [None, Some(Fault::Silent)] {
            let id = town.sent("work").await;
            assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
            let asked = town.registers.asked(&question);
            town.hour().await;
            if let Some(fault) = fault {
                town.registers.spoil("person", fault);
            }
            assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
            assert_eq!(town.registers.asked(&question), asked + 1);
            town.settle().await;
            town.ends(id, "completed").await;
        }
        town.house.holds().await;
    });
}

/// A rule over two registers.
const BY_RULE: &str = r#"
[[lookup]]
id = "driver"
operation = "PS/GOV/TEST/LICENCES/licence"

[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.driver)"
reason = "no"
"#;

#[test]
fn no_rule_decides_by_registers_that_disagree_about_a_person() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, &format!("{BY_RULE}[[step]]\nkind = \"deliver\"\n")).await;
        let number = Town::number(FIRST);
        town.registers.change(&number, |known| known.driver["birth_date"] = json!("1990-01-01"));
        let id = town.sent("work").await;
        town.later().await;
        town.stands(id, Stage::Checking).await;
        let page = town.page(id).await;
        for words in ["Registers disagree about this", "Date of birth", "Registry", "Drivers"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        // What cannot be known for sure is not told.
        assert!(!page.has("1990"), "{}", page.text);
        town.registers.change(&number, |known| known.driver["birth_date"] = json!("1991-04-12"));
        town.later().await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn the_same_concept_disagrees_wherever_it_stands_in_an_answer() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, &format!("{BY_RULE}[[step]]\nkind = \"deliver\"\n")).await;
        let number = Town::number(FIRST);
        let holder = |born: &str| json!({ "born": born, "name": { "ar": "سلمى عواد", "en": "Salma Awwad" } });
        // Names are spelled differently: that alone stops nothing.
        town.registers.change(&number, |known| known.driver["holder"] = holder("1991-04-12"));
        let id = town.sent("work").await;
        town.ends(id, "completed").await;
        town.registers.change(&number, |known| known.driver["holder"] = holder("1990-01-01"));
        let id = town.sent("study").await;
        town.stands(id, Stage::Checking).await;
        assert!(town.page(id).await.has("Registers disagree about this"));
        town.house.holds().await;
    });
}

#[test]
fn officers_see_what_registers_disagree_about() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, &format!("{BY_RULE}{}", decided_at(HERE))).await;
        town.registers.change(&Town::number(FIRST), |known| known.driver["birth_date"] = json!("1990-01-01"));
        let id = town.sent("work").await;
        town.stands(id, Stage::Deciding).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let page = clerk.get(&desk(id)).await;
        for words in ["Date of birth", "the registers disagree", "April", "1991", "January", "1990"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.settle().await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

const OPENED: &str = r#"
[[page]]
id = "copies"
when = "has(registers.person) && registers.person.status != 'alive'"
field = { id = "copies", kind = "number", required = true }

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn a_question_that_a_register_opens_after_the_sending_is_asked_once() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, OPENED).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let mut own = town.browser(&town.own.actor).await;
        assert!(!own.get(&format!("/en/cases/{id}/check")).await.has("Copies"));
        town.registers.spoil("person", Fault::Silent);
        assert_eq!(town.press(id).await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Checking).await;
        town.registers.change(&Town::number(FIRST), |known| known.person["status"] = json!("missing"));
        town.registers.mend("person");
        town.later().await;
        town.stands(id, Stage::Asked).await;
        let page = format!("/en/cases/{id}");
        let asked = own.get(&page).await;
        assert!(asked.has("so this has to be answered now") && asked.has("name=\"copies\""), "{}", asked.text);
        let reply = format!("{page}/reply");
        assert_eq!(own.act(&page, &reply, &[("copies", "")]).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(own.act(&page, &reply, &[("copies", "3")]).await, StatusCode::SEE_OTHER);
        town.later().await;
        assert_eq!(town.ends(id, "completed").await.answers["copies"], json!(3));
        town.house.holds().await;
    });
}

/// A fee, and then a rule over what the registry says of whoever applies.
const PAID_FIRST: &str = r#"
[[step]]
kind = "pay"
fees = ["test.first"]

[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.person) && registers.person.status == 'alive'"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn a_rule_after_a_late_payment_decides_on_what_registers_say_then() {
    in_town(PAID_FIRST, |town| async move {
        let question = format!("person?id={}", Town::number(FIRST));
        // Paid at once, nothing is asked twice.
        let at_once = town.sent("work").await;
        let asked = town.registers.asked(&question);
        town.pay(at_once, "t1").await;
        town.ends(at_once, "completed").await;
        assert_eq!(town.registers.asked(&question), asked);
        // Paid an hour later, the registry is asked; while it is silent nothing is decided.
        let late = town.sent("work").await;
        town.hour().await;
        town.registers.spoil("person", Fault::Silent);
        town.pay(late, "t2").await;
        town.stands(late, Stage::Checking).await;
        town.registers.mend("person");
        town.registers.change(&Town::number(FIRST), |known| known.person["status"] = json!("dead"));
        town.later().await;
        town.ends(late, "refused").await;
        town.house.holds().await;
    });
}

#[test]
fn officers_verbs_ask_registers_again_by_themselves() {
    let committee = format!(
        "[[step]]\nkind = \"decide\"\nby = \"committee\"\nvotes = 3\nunit = \"{HERE}\"\n[[step]]\nkind = \"deliver\"\n"
    );
    in_town(&decided_at(HERE), |town| async move {
        let clerk = town.officer("clerk", HERE, CLERK).await;
        let id = town.sent("work").await;
        services::take(&clerk, Key::once(&clerk), id, HERE).await.unwrap();
        town.hour().await;
        town.registers.change(&Town::number(FIRST), |known| known.person["status"] = json!("missing"));
        for reject in [false, true] {
            let said = match reject {
                false => services::approve(&clerk, Key::once(&clerk), &town.services, id, HERE).await,
                true => services::reject(&clerk, Key::once(&clerk), &town.services, id, HERE, "no").await,
            };
            assert_eq!(matches!(said, Err(services::Refusal::Retold)), !reject, "{said:?}");
        }
        town.settle().await;
        town.ends(id, "refused").await;
        town.house.holds().await;
    });
    in_town(&committee, |town| async move {
        let member = town.officer("member", HERE, CLERK).await;
        let id = town.sent("work").await;
        let seat = town.turn(id, "seat-1").await;
        town.hour().await;
        town.registers.change(&Town::number(FIRST), |known| known.person["status"] = json!("missing"));
        let key = || Key::once(&member);
        let vote = services::vote(&member, key(), &town.services, id, HERE, seat, true, "so").await;
        assert!(matches!(vote, Err(services::Refusal::Retold)), "{vote:?}");
        services::vote(&member, key(), &town.services, id, HERE, seat, true, "so").await.unwrap();
        town.house.holds().await;
    });
}
