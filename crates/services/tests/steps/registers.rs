//! A register is told once, whatever its answers come to.

use std::sync::atomic::Ordering;

use super::*;
use crate::house::registers::Takes;

fn write() -> String {
    format!(
        "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n\
         [[step]]\nkind = \"write\"\nid = \"address\"\nunit = \"{HERE}\"\noperation = \"PS/GOV/MOI/CIVIL/moves\"\nsends = [\"purpose\"]\n"
    )
}

#[test]
fn a_lost_answer_is_asked_again_and_nothing_is_done_twice() {
    let steps = write();
    in_town(&steps, |town| async move {
        *town.registers.takes.lock().unwrap() = Takes::Mute;
        let id = town.sent("work").await;
        town.stands(id, Stage::Waiting).await;
        // While it is not known what the register did, nothing is taken back.
        let given_up = services::withdraw(&town.own, Key::once(&town.own), id).await;
        assert!(matches!(given_up, Err(services::Refusal::NotNow(..))));
        town.days(1).await;
        town.stands(id, Stage::Waiting).await;
        *town.registers.takes.lock().unwrap() = Takes::Well;
        town.days(1).await;
        town.ends(id, "completed").await;
        assert!(town.registers.tellings.load(Ordering::SeqCst) >= 3);
        let told = town.registers.told.lock().unwrap().clone();
        assert_eq!(told.len(), 1);
        let message = told.values().next().unwrap();
        assert_eq!(message["values"]["purpose"], json!("work"));
        assert_eq!(message["id"], json!(Town::number(FIRST)));
        let person = town.own.actor.person().unwrap();
        let looks =
            town.ctx.read(move |read| exchange::lookups_of(read, person, &web::Slice::default())).await.unwrap();
        assert!(looks.iter().any(|look| look.purpose == "case.write"));
        town.house.holds().await;
    });
}

#[test]
fn what_a_register_refuses_is_seen_to_by_a_unit() {
    let steps = write();
    in_town(&steps, |town| async move {
        *town.registers.takes.lock().unwrap() = Takes::Not;
        let [by_hand, never] = [town.sent("work").await, town.sent("study").await];
        town.stands(by_hand, Stage::Waiting).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let mut stranger = town.clerk("stranger", THERE).await;
        let turn = town.turn(by_hand, "address").await;
        assert!(clerk.get("/en/desk/turns").await.has(&turn.to_string()));
        assert_eq!(stranger.get(&format!("/en/desk/turns/{turn}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(answer(&mut clerk, turn, "yes", "").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer(&mut clerk, turn, "yes", "entered by hand").await, StatusCode::SEE_OTHER);
        town.ends(by_hand, "completed").await;
        let turn = town.turn(never, "address").await;
        assert_eq!(answer(&mut clerk, turn, "no", "no such street").await, StatusCode::SEE_OTHER);
        town.ends(never, "refused").await;
        assert!(town.page(never).await.has("no such street"));
        assert!(town.registers.told.lock().unwrap().is_empty());
        town.house.holds().await;
    });
}

#[test]
fn what_was_entered_by_hand_has_its_number_on_the_paper() {
    let steps = format!(
        r#"{}
[[step]]
kind = "issue"

[[step]]
kind = "deliver"

[paper]
serial = "TW"
value = [{{ id = "number", lookup = "address", path = "/number" }}]
"#,
        write()
    );
    in_town(&steps, |town| async move {
        *town.registers.takes.lock().unwrap() = Takes::Not;
        let mut clerk = town.clerk("clerk", HERE).await;
        for (number, shown) in [("M-17", json!("M-17")), ("", json!(null))] {
            let id = town.sent("work").await;
            let page = format!("/en/desk/turns/{}", town.turn(id, "address").await);
            assert!(clerk.get(&page).await.has("name=\"number\""));
            let fields = [("answer", "yes"), ("text", "entered by hand"), ("number", number)];
            assert_eq!(clerk.act(&page, &page, &fields).await, StatusCode::SEE_OTHER);
            town.later().await;
            let case = town.ends(id, "completed").await;
            let papers = town.ctx.read(move |read| documents::papers_about(read, &case.object())).await.unwrap();
            assert_eq!(papers[0].content.values["number"], shown);
            town.house.sequence().await;
        }
        town.house.holds().await;
    });
}
