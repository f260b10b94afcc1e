//! Others have their turn: bodies with their clocks, an outside body, a visit,
//! people who sign, an office.

use super::*;

const DECIDED: &str = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";

fn clearances() -> String {
    format!(
        "{DECIDED}[[step]]\nkind = \"clear\"\nbody = [\n\
         {{ id = \"tax\", unit = \"{HERE}\", days = 3, silence = \"yes\", sees = [\"purpose\"] }},\n\
         {{ id = \"court\", unit = \"{THERE}\", days = 2, silence = \"escalate\" }},\n\
         {{ id = \"life\", operation = \"PS/GOV/MOI/CIVIL/person\", rule = \"has(registers.life) && registers.life.status == 'alive'\", days = 2, silence = \"no\" }},\n]\n"
    )
}

#[test]
fn bodies_are_asked_at_once_and_silence_means_what_was_decreed() {
    let steps = clearances();
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        town.stands(id, Stage::Waiting).await;
        // The operation has answered by itself.
        let page = town.page(id).await;
        assert!(page.has("Waiting for clearances") && page.has("Tax office") && page.has("No objection"));
        let clerk_of_court = town.officer("court", THERE, CLERK).await;
        let (mut tax, mut court) = (town.clerk("tax", HERE).await, town.browser(&clerk_of_court.actor).await);
        let mut judge = town.chief("judge", THERE).await;
        let (of_tax, of_court) = (town.turn(id, "tax").await, town.turn(id, "court").await);
        assert_eq!(court.get(&format!("/en/desk/turns/{of_tax}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(tax.get(&format!("/en/desk/turns/{of_court}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(tax.get(&desk(id)).await.status, StatusCode::NOT_FOUND);
        // Each sees what the folder shows to it, and no more.
        let (seen, less) = (
            tax.get(&format!("/en/desk/turns/{of_tax}")).await,
            court.get(&format!("/en/desk/turns/{of_court}")).await,
        );
        assert!(seen.has("Purpose") && !less.has("Purpose") && less.has("Salma"));
        assert!(court.get("/en/desk/turns").await.has(&of_court.to_string()));
        assert_eq!(answer(&mut tax, of_tax, "no", " ").await, StatusCode::UNPROCESSABLE_ENTITY);
        town.days(2).await;
        // The court's clerk is late: only a supervisor answers.
        assert!(court.get(&format!("/en/desk/turns/{of_court}")).await.has("id=\"hindrance\""));
        let (catalogue, key) = (&town.services.catalogue, Key::once(&clerk_of_court));
        let late = services::answer_turn(&clerk_of_court, key, catalogue, of_court, THERE, true, "").await;
        assert!(matches!(late, Err(services::Refusal::Supervisor)));
        assert!(town.page(id).await.has("with a supervisor"));
        town.days(1).await;
        assert!(town.page(id).await.has("no objection by decree"));
        town.stands(id, Stage::Waiting).await;
        assert_eq!(answer(&mut judge, of_court, "yes", "").await, StatusCode::SEE_OTHER);
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn one_objection_ends_it_once_all_have_answered() {
    let steps = clearances();
    in_town(&steps, |town| async move {
        // The register is out from the first question on.
        let id = town.draft("work", &[FIRST + 1]).await;
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        town.registers.up.store(false, std::sync::atomic::Ordering::SeqCst);
        town.settle().await;
        let (mut tax, mut court) = (town.clerk("tax", HERE).await, town.clerk("court", THERE).await);
        let of_tax = town.turn(id, "tax").await;
        assert_eq!(answer(&mut tax, of_tax, "no", "taxes are owed").await, StatusCode::SEE_OTHER);
        assert_eq!(tax.get(&format!("/en/desk/turns/{of_tax}")).await.status, StatusCode::NOT_FOUND);
        town.stands(id, Stage::Waiting).await;
        let of_court = town.turn(id, "court").await;
        assert_eq!(answer(&mut court, of_court, "yes", "").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Waiting).await;
        for _ in 0..3 {
            town.days(1).await;
        }
        town.ends(id, "refused").await;
        let page = town.page(id).await;
        assert!(page.has("taxes are owed") && page.has("by decree means an objection"), "{}", page.text);
        town.house.holds().await;
    });
}

#[test]
fn an_outside_body_and_a_visit_are_written_down_by_their_unit() {
    let steps = format!(
        "{DECIDED}[[step]]\nkind = \"await\"\nid = \"abroad\"\nunit = \"{HERE}\"\n\
         [[step]]\nkind = \"home-visit\"\nid = \"house\"\nunit = \"{THERE}\"\n\
         [[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n\
         [[step]]\nkind = \"await\"\nid = \"court\"\nunit = \"{THERE}\"\n[[step]]\nkind = \"issue\"\n"
    );
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let (mut here, mut there) = (town.clerk("here", HERE).await, town.clerk("there", THERE).await);
        assert!(town.page(id).await.has("Embassy"));
        let abroad = town.turn(id, "abroad").await;
        town.days(400).await;
        town.stands(id, Stage::Waiting).await;
        assert_eq!(answer(&mut here, abroad, "came", "").await, StatusCode::NOT_FOUND);
        assert_eq!(answer(&mut here, abroad, "yes", "number 7 is theirs").await, StatusCode::SEE_OTHER);
        let visit = town.turn(id, "house").await;
        assert_eq!(answer(&mut there, visit, "yes", "").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer(&mut there, visit, "yes", "two rooms, four people").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Deciding).await;
        // The report is for those who decide.
        let page = town.page(id).await;
        assert!(page.has("number 7 is theirs") && !page.has("two rooms"));
        assert_eq!(take(&mut here, id).await, StatusCode::SEE_OTHER);
        assert!(here.get(&desk(id)).await.has("two rooms, four people"));
        assert_eq!(say(&mut here, id, "approve", "").await, StatusCode::SEE_OTHER);
        let court = town.turn(id, "court").await;
        assert_eq!(answer(&mut there, court, "yes", "").await, StatusCode::SEE_OTHER);
        town.settle().await;
        let object = town.ends(id, "completed").await.object();
        // Whoever decided may revoke it, whoever was asked afterwards.
        let papers = town.ctx.read(move |read| documents::papers_about(read, &object)).await.unwrap();
        assert_eq!(papers[0].unit.as_deref(), Some(HERE));
        town.house.holds().await;
    });
}

#[test]
fn everybody_named_signs_as_themselves() {
    let steps =
        format!("{DECIDED}[[step]]\nkind = \"co-sign\"\nfield = \"partners\"\ndays = 7\nsees = [\"purpose\"]\n");
    in_town(&steps, |town| async move {
        // Nobody signs beside themselves.
        let alone = town.draft("work", &[FIRST]).await;
        let sent = services::submit(&town.own, Key::once(&town.own), &town.services, alone).await;
        assert!(matches!(sent, Err(services::Refusal::Incomplete(_))));
        let id = town.sent("work").await;
        town.stands(id, Stage::Waiting).await;
        let turn = town.turn(id, "person-1").await;
        let path = format!("/en/co-sign/{turn}");
        let mut own = town.browser(&town.own.actor).await;
        assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND);
        let third = town.citizen(FIRST + 2, Assurance::Substantial).await;
        assert_eq!(town.browser(&third.actor).await.get(&path).await.status, StatusCode::NOT_FOUND);
        let signed = services::sign(&third, Key::once(&third), &town.services.catalogue, turn, true, "").await;
        assert!(matches!(signed, Err(services::Refusal::NoCase)));
        let mut other = town.browser(&town.other.actor).await;
        assert!(other.get("/en/co-sign").await.has(&turn.to_string()));
        let page = other.get(&path).await;
        assert!(page.has("Salma") && page.has("Work"));
        // What is another's stays closed to them.
        assert_eq!(other.get(&format!("/en/cases/{id}")).await.status, StatusCode::NOT_FOUND);
        let again = page.form(&[("answer", "refuse"), ("text", "no")]);
        assert_eq!(
            other.act(&path, &path, &[("answer", "refuse"), ("text", "")]).await,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(other.act(&path, &path, &[("answer", "agree")]).await, StatusCode::SEE_OTHER);
        town.ends(id, "completed").await;
        assert_eq!(other.post(&path, again).await.status, StatusCode::CONFLICT);
        assert!(other.get(&path).await.has("id=\"done\""));
        // Two are named: one refuses, and the other is not needed any more.
        let two = town.draft("work", &[FIRST + 1, FIRST + 2]).await;
        services::submit(&town.own, Key::once(&town.own), &town.services, two).await.unwrap();
        let turns = town.ctx.read(move |read| services::turns(read, two)).await.unwrap();
        let mut refused = 0;
        for turn in &turns {
            let catalogue = &town.services.catalogue;
            let said = services::sign(&town.other, Key::once(&town.other), catalogue, turn.id, false, "not mine").await;
            refused += usize::from(said.is_ok());
        }
        assert_eq!(refused, 1);
        town.ends(two, "refused").await;
        assert!(town.page(two).await.has("not mine"));
        // And a week passes for a third.
        let slow = town.sent("work").await;
        town.days(8).await;
        town.ends(slow, "refused").await;
        town.house.holds().await;
    });
}

#[test]
fn a_time_is_chosen_moved_missed_and_kept() {
    let steps = format!(
        "{DECIDED}[[step]]\nkind = \"appointment\"\nunit = \"{POST}\"\nminutes = 30\ncapacity = 1\ndays = 10\n"
    );
    in_town(&steps, |town| async move {
        let [one, two] = [town.sent("work").await, town.sent("study").await];
        let mut own = town.browser(&town.own.actor).await;
        let path = format!("/en/cases/{one}/appointment");
        let page = own.get(&path).await;
        let times: Vec<String> = page
            .text
            .split("name=\"at\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        assert!(times.len() > 20, "{}", page.text);
        assert_eq!(own.act(&path, &path, &[("at", "1")]).await, StatusCode::CONFLICT);
        assert_eq!(own.act(&path, &path, &[("at", &times[0])]).await, StatusCode::SEE_OTHER);
        assert!(own.get(&format!("/en/cases/{one}")).await.has("Your time"));
        // One at a time: the other case does not get it, until it was moved.
        let path_two = format!("/en/cases/{two}/appointment");
        assert_eq!(own.act(&path_two, &path_two, &[("at", &times[0])]).await, StatusCode::CONFLICT);
        assert_eq!(own.act(&path, &path, &[("at", &times[1])]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&path_two, &path_two, &[("at", &times[0])]).await, StatusCode::SEE_OTHER);
        let mut other = town.browser(&town.other.actor).await;
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
        let agent = town.officer("agent", POST, &[Role::PostAgent]).await;
        let mut agent = town.browser(&agent.actor).await;
        let (turn, turn_two) = (town.turn(one, "visit").await, town.turn(two, "visit").await);
        // It has not come yet: the page offers nothing, and the verb refuses.
        let page = agent.get(&format!("/en/desk/turns/{turn}")).await;
        assert!(page.has("id=\"hindrance\"") && !page.has("id=\"came\""));
        town.days(3).await;
        let mut stranger = town.clerk("stranger", HERE).await;
        assert_eq!(stranger.get(&format!("/en/desk/turns/{turn}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(own.act(&path, &path, &[("at", &times[30])]).await, StatusCode::CONFLICT);
        assert_eq!(answer(&mut agent, turn, "missed", "").await, StatusCode::SEE_OTHER);
        town.stands(one, Stage::Waiting).await;
        assert_eq!(answer(&mut agent, turn_two, "came", "").await, StatusCode::SEE_OTHER);
        town.ends(two, "completed").await;
        // Missed three times, it ends.
        for _ in 0..2 {
            let page = own.get(&path).await;
            let at = page.text.split("name=\"at\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            assert_eq!(own.act(&path, &path, &[("at", &at)]).await, StatusCode::SEE_OTHER);
            town.days(4).await;
            assert_eq!(answer(&mut agent, turn, "missed", "").await, StatusCode::SEE_OTHER);
        }
        town.ends(one, "refused").await;
        town.house.holds().await;
    });
}

#[test]
fn who_signed_is_named_on_the_paper_and_at_the_desk() {
    let steps = |lookup: &str, path: &str| {
        format!(
            "[paper]\nserial = \"TW\"\nvalue = [{{ id = \"signer\", lookup = \"{lookup}\", path = \"{path}\" }}]\n\
             [[step]]\nkind = \"co-sign\"\nfield = \"partners\"\ndays = 7\n\
             [[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n[[step]]\nkind = \"issue\"\n\
             [[step]]\nkind = \"deliver\"\n"
        )
    };
    in_town(&steps("signed", "/partners/0/full_name"), |town| async move {
        let id = town.sent("work").await;
        let turn = town.turn(id, "person-1").await;
        let (other, catalogue) = (&town.other, &town.services.catalogue);
        services::sign(other, Key::once(other), catalogue, turn, true, "").await.unwrap();
        town.settle().await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let page = clerk.get(&desk(id)).await;
        assert!(page.has(&format!("{} · Salma Adel Khalil Awwad", Town::number(FIRST + 1))), "{}", page.text);
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.later().await;
        let about = town.ends(id, "completed").await.object();
        let papers = town.ctx.read(move |read| documents::papers_about(read, &about)).await.unwrap();
        let name = json!({ "ar": "سلمى عادل خليل عواد", "en": "Salma Adel Khalil Awwad" });
        assert_eq!(papers[0].content.values["signer"], name);
        town.house.holds().await;
    });
    let found = folder::faults(&steps("signed", "/purpose/0/full_name"));
    assert!(found.iter().any(|reason| reason.contains("the field of a co-sign step")), "{found:#?}");
}
