//! Deciding: hidden steps, two pairs of eyes, committees, appeals, withdrawing.

use super::*;
use store::params;

mod sql {
    store::statements! {
        /// Cases that were sent before there were turns.
        FORGET = "DELETE FROM services_turn";
    }
}

const RULE: &str = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";

fn clerk(more: &str) -> String {
    format!("{RULE}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n{more}")
}

#[test]
fn a_hidden_step_is_skipped_and_never_shown() {
    let steps = clerk("when = \"answers.purpose == 'work'\"\n");
    in_town(&steps, |town| async move {
        let skipped = town.sent("study").await;
        town.ends(skipped, "completed").await;
        assert!(!town.page(skipped).await.has("Taken"));
        let taken = town.sent("work").await;
        town.stands(taken, Stage::Deciding).await;
        town.house.holds().await;
    });
}

#[test]
fn a_rule_of_a_step_without_an_answer_waits() {
    // A register that breaks its promise: the schema says that this is a date.
    let steps = clerk("when = \"has(registers.person) && years(registers.person.birth_date, today) > 200\"\n");
    in_town(&steps, |town| async move {
        let number = Town::number(FIRST);
        town.registers.change(&number, |known| known.person["birth_date"] = json!("long ago"));
        let id = town.sent("work").await;
        town.stands(id, Stage::Checking).await;
        town.registers.change(&number, |known| known.person["birth_date"] = json!("1990-01-02"));
        town.days(1).await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn two_officers_agree_and_neither_is_both() {
    let steps = clerk("eyes = 2\n");
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let (mut first, mut second) = (town.clerk("first", HERE).await, town.clerk("second", HERE).await);
        let (mut third, mut stranger) = (town.clerk("third", HERE).await, town.clerk("stranger", THERE).await);
        assert_eq!(stranger.get(&desk(id)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(take(&mut first, id).await, StatusCode::SEE_OTHER);
        let stale = first.get(&desk(id)).await;
        assert_eq!(say(&mut first, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Deciding).await;
        // The same officer is not the second, by page or by an older form.
        assert_eq!(take(&mut first, id).await, StatusCode::CONFLICT);
        let body = stale.form(&[("decision", "agree")]);
        assert_eq!(first.post(&format!("{}/decide", desk(id)), body).await.status, StatusCode::CONFLICT);
        assert_eq!(take(&mut second, id).await, StatusCode::SEE_OTHER);
        let page = second.get(&desk(id)).await;
        assert!(page.has("The first officer decided") && page.has("id=\"agree\"") && !page.has("id=\"approve\""));
        assert_eq!(say(&mut second, id, "approve", "").await, StatusCode::CONFLICT);
        assert_eq!(say(&mut second, id, "send-back", " ").await, StatusCode::UNPROCESSABLE_ENTITY);
        let seen = second.get(&desk(id)).await;
        assert_eq!(say(&mut second, id, "send-back", "the photo is another's").await, StatusCode::SEE_OTHER);
        // The first decides anew, otherwise; what the second saw does not count for it.
        assert_eq!(take(&mut first, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut first, id, "reject", "another photo").await, StatusCode::SEE_OTHER);
        assert_eq!(take(&mut second, id).await, StatusCode::SEE_OTHER);
        let body = seen.form(&[("decision", "agree")]);
        assert_eq!(second.post(&format!("{}/decide", desk(id)), body).await.status, StatusCode::CONFLICT);
        let (page, mark) = (third.get(&desk(id)).await, second.get(&desk(id)).await.mark().to_owned());
        let body = page.form(&[("decision", "agree"), ("mark", &mark)]);
        assert_eq!(third.post(&format!("{}/decide", desk(id)), body).await.status, StatusCode::CONFLICT);
        assert_eq!(say(&mut second, id, "agree", "").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        assert!(town.page(id).await.has("another photo"));
        town.house.holds().await;
    });
}

fn committee() -> String {
    format!("{RULE}[[step]]\nkind = \"decide\"\nby = \"committee\"\nvotes = 3\nunit = \"{HERE}\"\n")
}

#[test]
fn a_committee_decides_by_majority_and_a_tie_goes_on() {
    let steps = committee();
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let (mut one, mut two) = (town.clerk("one", HERE).await, town.clerk("two", HERE).await);
        let (mut three, mut chief) = (town.clerk("three", HERE).await, town.chief("chief", HERE).await);
        // Nobody takes it for themselves: it is reached from the queue as it is.
        assert!(one.get("/en/desk/queue").await.has(&format!("/desk/cases/{id}\"")));
        let officer = town.officer("eager", HERE, CLERK).await;
        let taken = services::take(&officer, Key::once(&officer), id, HERE).await;
        assert!(matches!(taken, Err(services::Refusal::NotNow(..))));
        // Its supervisor asks, once.
        assert_eq!(say(&mut one, id, "ask", "which rent?").await, StatusCode::CONFLICT);
        assert_eq!(say(&mut chief, id, "ask", "which rent?").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Asked).await;
        services::reply(&town.own, Key::once(&town.own), id, "none").await.unwrap();
        assert_eq!(say(&mut one, id, "vote-yes", " ").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(say(&mut one, id, "vote-yes", "it is complete").await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut one, id, "vote-yes", "once more").await, StatusCode::CONFLICT);
        // Whoever has not voted sees that somebody did, and no reason.
        let page = two.get(&desk(id)).await;
        assert!(page.has("data-state=\"voted\"") && !page.has("it is complete"));
        assert_eq!(say(&mut two, id, "absent", "").await, StatusCode::CONFLICT);
        assert_eq!(say(&mut two, id, "vote-no", "the income is too high").await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut chief, id, "absent", "").await, StatusCode::SEE_OTHER);
        // One for, one against, one absent: one more seat.
        town.stands(id, Stage::Deciding).await;
        assert!(town.page(id).await.has("The votes are equal"));
        assert_eq!(say(&mut chief, id, "absent", "").await, StatusCode::CONFLICT);
        let stranger = town.clerk("stranger", THERE).await.get(&desk(id)).await;
        assert_eq!(stranger.status, StatusCode::NOT_FOUND);
        assert_eq!(say(&mut three, id, "vote-no", "the household is small").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        let page = town.page(id).await;
        assert!(page.has("the income is too high") && page.has("the household is small"));
        assert!(!page.has("it is complete"));
        // Two of three are enough.
        let quick = town.sent("work").await;
        assert_eq!(say(&mut one, quick, "vote-yes", "a").await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut two, quick, "vote-yes", "b").await, StatusCode::SEE_OTHER);
        town.ends(quick, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn an_appeal_that_wins_is_decided_again_by_others() {
    let steps = format!("[appeal]\nunit = \"{THERE}\"\ndays = 15\n{}", clerk(""));
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let (mut first, mut second) = (town.clerk("first", HERE).await, town.clerk("second", HERE).await);
        let mut judge = town.clerk("judge", THERE).await;
        let mut own = town.browser(&town.own.actor).await;
        let appeal = format!("/en/cases/{id}/appeal");
        assert_eq!(own.get(&appeal).await.status, StatusCode::NOT_FOUND);
        assert_eq!(take(&mut first, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut first, id, "reject", "no income").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        assert!(town.page(id).await.has("id=\"appeal\""));
        let other = town.browser(&town.other.actor).await.get(&appeal).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND);
        assert_eq!(own.act(&appeal, &appeal, &[("text", " ")]).await, StatusCode::UNPROCESSABLE_ENTITY);
        let again = own.get(&appeal).await.form(&[("text", "I have an income")]);
        assert_eq!(own.act(&appeal, &appeal, &[("text", "I have an income")]).await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Appealed).await;
        assert_eq!(own.post(&appeal, again).await.status, StatusCode::CONFLICT);
        assert_eq!(first.get(&desk(id)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(take(&mut judge, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut judge, id, "approve", "").await, StatusCode::CONFLICT);
        assert_eq!(say(&mut judge, id, "win", "").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(say(&mut judge, id, "win", "the income is proven").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Deciding).await;
        assert_eq!(take(&mut first, id).await, StatusCode::CONFLICT);
        assert_eq!(take(&mut second, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut second, id, "reject", "still no income").await, StatusCode::SEE_OTHER);
        town.ends(id, "refused").await;
        // Once.
        assert_eq!(own.get(&appeal).await.status, StatusCode::NOT_FOUND);
        // Another loses, and a third comes too late.
        let [lost, late] = [town.sent("work").await, town.sent("work").await];
        for id in [lost, late] {
            assert_eq!(take(&mut first, id).await, StatusCode::SEE_OTHER);
            assert_eq!(say(&mut first, id, "reject", "no").await, StatusCode::SEE_OTHER);
        }
        let text = "hear me";
        services::appeal(&town.own, Key::once(&town.own), &town.services.catalogue, lost, text).await.unwrap();
        assert_eq!(take(&mut judge, lost).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut judge, lost, "lose", "the rule is plain").await, StatusCode::SEE_OTHER);
        town.ends(lost, "refused").await;
        assert!(town.page(lost).await.has("the rule is plain"));
        town.days(16).await;
        let refused = services::appeal(&town.own, Key::once(&town.own), &town.services.catalogue, late, text).await;
        assert!(matches!(refused, Err(services::Refusal::TooLate)));
        town.house.holds().await;
    });
}

#[test]
fn a_case_is_given_up_with_its_bill() {
    let steps = format!("[[step]]\nkind = \"pay\"\nfees = [\"test.first\"]\n{}", clerk(""));
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        town.stands(id, Stage::Paying).await;
        let path = format!("/en/cases/{id}/withdraw");
        let mut other = town.browser(&town.other.actor).await;
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND);
        let mut own = town.browser(&town.own.actor).await;
        assert!(own.get(&format!("/en/cases/{id}")).await.has("id=\"withdraw\""));
        assert_eq!(own.act(&path, &path, &[]).await, StatusCode::SEE_OTHER);
        town.ends(id, "withdrawn").await;
        let bill = town.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert!(matches!(bill.stage, payments::BillStage::Cancelled { .. }));
        assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND);
        // Paid and with a clerk, it can be given up still.
        let later = town.sent("work").await;
        town.pay(later, "t1").await;
        town.stands(later, Stage::Deciding).await;
        services::withdraw(&town.own, Key::once(&town.own), later).await.unwrap();
        town.ends(later, "withdrawn").await;
        let mut clerk = town.clerk("clerk", HERE).await;
        assert_eq!(clerk.get(&desk(later)).await.status, StatusCode::NOT_FOUND);
        town.house.holds().await;
    });
}

#[test]
fn a_case_from_before_there_were_turns_goes_on() {
    let steps = format!("[[step]]\nkind = \"pay\"\nfees = [\"test.first\"]\n{}", clerk(""));
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let forget = || town.ctx.write(Key::once(&town.ctx), |tx| tx.execute(&sql::FORGET, &params![]));
        assert_eq!(forget().await.unwrap(), 1);
        assert!(town.page(id).await.has("id=\"pay\""));
        town.stands(id, Stage::Paying).await;
        town.pay(id, "t1").await;
        assert_eq!(forget().await.unwrap(), 1);
        let mut clerk = town.clerk("clerk", HERE).await;
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn an_answer_is_corrected_when_it_is_asked_about() {
    let steps = clerk("");
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let (page, own) = (desk(id), format!("/en/cases/{id}"));
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        let ask = [("decision", "ask"), ("text", "it is a school"), ("field", "nothing")];
        assert_eq!(clerk.act(&page, &format!("{page}/decide"), &ask).await, StatusCode::UNPROCESSABLE_ENTITY);
        let ask = [("decision", "ask"), ("text", "it is a school"), ("field", "purpose")];
        assert_eq!(clerk.act(&page, &format!("{page}/decide"), &ask).await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Asked).await;
        let mut person = town.browser(&town.own.actor).await;
        assert!(person.get(&own).await.has("name=\"purpose\""));
        let reply = format!("{own}/reply");
        let again = person.get(&own).await.form(&[("purpose", "study")]);
        for fields in [&[("text", "study")][..], &[("purpose", "leisure")], &[("purpose", "")]] {
            assert_eq!(person.act(&own, &reply, fields).await, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        }
        let mut other = town.browser(&town.other.actor).await;
        let body = other.get(&format!("/en/services/{KEY}/start")).await.form(&[("purpose", "study")]);
        assert_eq!(other.post(&reply, body).await.status, StatusCode::NOT_FOUND);
        assert_eq!(person.act(&own, &reply, &[("purpose", "study")]).await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Deciding).await;
        assert_eq!(town.case(id).await.answers["purpose"], json!("study"));
        assert_eq!(person.post(&reply, again).await.status, StatusCode::CONFLICT);
        // The one who asked goes on, and asks no second time.
        assert_eq!(clerk.act(&page, &format!("{page}/decide"), &ask).await, StatusCode::CONFLICT);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}
