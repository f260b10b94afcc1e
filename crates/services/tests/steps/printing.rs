//! Certified copies on their way to an office: ordered with the case, printed by the
//! unit that decided and by the office that hands them over, and by nobody else.

use std::process::Command;

use base::{CaseId, Role};
use documents::{Paper, PaperId};
use http::StatusCode;
use serde_json::json;
use services::Stage;
use store::Key;
use testkit::on_both_engines;

use crate::browser::Browser;
use crate::house::SCHEMAS;
use crate::{CLERK, FIRST, HERE, POST, THERE, Town, say, take};

/// A clerk decides; so many copies go to the office that was chosen.
const STEPS: &str = r#"
[[page]]
id = "copies"
field = { id = "copies", kind = "number", required = true, length = 2 }
[[page]]
id = "office"
field = { id = "office", kind = "post-office", required = true }
[paper]
serial = "TW"
copies = "copies"
more = 1
public = ["name"]
value = [{ id = "name", lookup = "person", path = "/full_name/ar" }]
[[step]]
kind = "decide"
by = "clerk"
unit = "licensing.ramallah"
[[step]]
kind = "issue"
[[step]]
kind = "deliver"
"#;

const TEXTS: &str = "page-office-title = Office\nfield-office-label = Office\nfield-office-hint = Where\n\
    field-office-missing = Choose\n";

impl Town {
    /// A case whose paper waits to be sent to the post office, and that paper.
    async fn decided(&self, clerk: &mut Browser<'_>, copies: u32) -> (CaseId, Paper) {
        let (ctx, id) = (&self.own, self.draft("work", &[FIRST + 1]).await);
        for (field, value) in [("copies", json!(copies)), ("office", json!(POST))] {
            services::answer(ctx, Key::once(ctx), id, field, Some(value)).await.unwrap();
        }
        services::submit(ctx, Key::once(ctx), &self.services, id).await.unwrap();
        self.settle().await;
        assert_eq!(take(clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        self.settle().await;
        self.stands(id, Stage::Delivering).await;
        let papers = self.ctx.read(move |read| documents::papers_about(read, &format!("case:{id}"))).await.unwrap();
        (id, papers.into_iter().next().unwrap())
    }
    /// Prints papers, and gives the page of the batch.
    async fn print(&self, browser: &mut Browser<'_>, papers: &[PaperId]) -> String {
        let ids: Vec<String> = papers.iter().map(ToString::to_string).collect();
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("paper", id.as_str())).collect();
        let form = browser.get("/en/desk/prints").await.form(&fields);
        let answer = browser.post("/en/desk/prints", form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.settle().await;
        answer.text
    }
}

/// What a reader finds on each page of a PDF.
fn pages(pdf: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sheets.pdf"), pdf).unwrap();
    let read = Command::new("pdftotext").current_dir(folder.path()).args(["sheets.pdf", "-"]).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
    let mended = Command::new("mutool").current_dir(folder.path()).args(["clean", "sheets.pdf", "again.pdf"]).output();
    let mended = mended.unwrap();
    assert!(mended.status.success() && mended.stderr.is_empty(), "{}", String::from_utf8_lossy(&mended.stderr));
    let text = String::from_utf8(read.stdout).unwrap();
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

#[test]
fn an_office_prints_every_copy_with_a_manifest_and_a_second_time_it_is_a_reprint() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, crate::folder::catalogue_saying(STEPS, TEXTS)).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        assert!(clerk.get("/en/desk/prints").await.has("id=\"no-prints\""));
        let (case, paper) = town.decided(&mut clerk, 2).await;
        // What waits longest is printed first.
        town.clock.advance_seconds(1);
        let (_, single) = town.decided(&mut clerk, 1).await;
        assert_eq!((paper.copies, paper.copies_most, single.copies), (2, 3, 1));
        let listed = clerk.get("/en/desk/prints").await;
        assert!(
            listed.has(&paper.content.serial)
                && listed.has("\u{2068}2\u{2069} copies")
                && listed.has("\" checked> A paper")
        );

        let batch = town.print(&mut clerk, &[paper.id, single.id]).await;
        let page = clerk.get(&batch).await;
        assert!(page.has("This manifest has \u{2068}3\u{2069} copies"), "{}", page.text);
        assert!(page.has(&paper.content.serial) && page.has("سلمى عادل خليل عواد"), "{}", page.text);
        assert!(!page.has("Reprint"));
        let sheets = clerk.bytes(&format!("{batch}/papers.pdf")).await;
        let read = pages(&sheets);
        assert_eq!(read.len(), 4, "a manifest and three sheets: {read:?}");
        assert!(read[0].contains(&paper.content.serial) && read[0].contains("Print manifest"), "{}", read[0]);
        assert!(read[1].contains(&paper.content.serial) && read[3].contains(&single.content.serial), "{read:?}");

        // Printed again, it says so; what was printed is not chosen by itself any more.
        let listed = clerk.get("/en/desk/prints").await;
        assert!(
            !listed.has("\" checked> A paper") && listed.has("\u{2068}2\u{2069} copies printed"),
            "{}",
            listed.text
        );
        let again = town.print(&mut clerk, &[paper.id]).await;
        assert!(clerk.get(&again).await.has("Reprint"));
        assert!(pages(&clerk.bytes(&format!("{again}/papers.pdf")).await)[0].contains("reprint 2"));
        // Its person reads that it was printed, and by which unit.
        let looks = town.browser(&town.own.actor).await.get("/en/looks").await;
        assert!(looks.has("To print the paper") && looks.has(HERE), "{}", looks.text);

        // Another unit sees nothing of it; the office that hands it over does.
        let mut stranger = town.clerk("stranger", THERE).await;
        assert!(stranger.get("/en/desk/prints").await.has("id=\"no-prints\""));
        for path in [batch.clone(), format!("{batch}/papers.pdf")] {
            assert_eq!(stranger.get(&path).await.status, StatusCode::NOT_FOUND);
        }
        let mut office = town.browser(&town.officer("agent", POST, &[Role::PostAgent]).await.actor).await;
        assert!(office.get("/en/desk/prints").await.has(&paper.content.serial));
        let theirs = town.print(&mut office, &[single.id]).await;
        assert_eq!(clerk.get(&theirs).await.status, StatusCode::NOT_FOUND);
        // Sent, it is not the deciding unit's to print any more, but the office's.
        let sender = town.officer("sender", HERE, CLERK).await;
        services::send(&sender, Key::once(&sender), POST).await.unwrap();
        let listed = clerk.get("/en/desk/prints").await;
        assert!(listed.has("id=\"no-prints\"") && office.get("/en/desk/prints").await.has(&paper.content.serial));
        let own = paper.id.to_string();
        let forged = office.get("/en/desk/prints").await.form(&[("paper", &own), ("paper", &case.to_string())]);
        assert_eq!(office.post("/en/desk/prints", forged).await.status, StatusCode::CONFLICT);
        let none = office.get("/en/desk/prints").await.form(&[]);
        assert_eq!(office.post("/en/desk/prints", none).await.status, StatusCode::UNPROCESSABLE_ENTITY);

        // Half an hour later nobody gets the sheets: whoever prints, prints again.
        town.clock.advance_seconds(1_800);
        assert!(clerk.get(&batch).await.has("id=\"closed\""));
        assert_eq!(clerk.get(&format!("{batch}/papers.pdf")).await.status, StatusCode::NOT_FOUND);
        town.house.holds().await;
    });
}

#[test]
fn a_person_asks_for_one_more_copy_and_a_stranger_reads_how_many_there_are() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, crate::folder::catalogue_saying(STEPS, TEXTS)).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let (_, paper) = town.decided(&mut clerk, 2).await;
        let (id, code) = (paper.id, paper.content.code.clone());
        let mut own = town.browser(&town.own.actor).await;
        let wallet = own.get("/en/papers").await;
        assert!(wallet.has(&format!("/papers/{id}?copy=2")) && wallet.has("One more copy"), "{}", wallet.text);
        assert_eq!(own.act("/en/papers", &format!("/en/papers/{id}/copies"), &[]).await, StatusCode::SEE_OTHER);
        assert!(own.get("/en/papers").await.has("being made"));
        town.settle().await;
        let wallet = own.get("/en/papers").await;
        assert!(wallet.has(&format!("/papers/{id}?copy=3")) && !wallet.has("class=\"btn second another\""));
        for (copy, status) in [(1, StatusCode::OK), (3, StatusCode::OK), (4, StatusCode::NOT_FOUND)] {
            assert_eq!(own.get(&format!("/en/papers/{id}?copy={copy}")).await.status, status, "{copy}");
        }
        // Another's paper has no copies for a stranger.
        let mut other = town.browser(&town.other.actor).await;
        assert_eq!(other.get(&format!("/en/papers/{id}?copy=3")).await.status, StatusCode::NOT_FOUND);
        for (asked, expected) in [
            ("", "data-state=\"holds\""),
            ("?copy=2&of=2", "id=\"copy\"><bdi dir=\"ltr\">2<"),
            ("?copy=3&of=3", "id=\"copies\"><bdi dir=\"ltr\">3<"),
            ("?copy=4&of=4", "data-state=\"no-copy\""),
            ("?copy=0", "data-state=\"no-copy\""),
        ] {
            let page = other.get(&format!("/en/verify/{code}{asked}")).await;
            assert!(page.has(expected), "{asked}: {}", page.text);
        }
        documents::revoke(&town.ctx.as_machine("desk"), Key::once(&town.ctx), id, HERE, "wrong").await.unwrap();
        town.settle().await;
        for copy in 1..=3 {
            let page = other.get(&format!("/en/verify/{code}?copy={copy}&of=3")).await;
            assert!(page.has("data-state=\"revoked\""), "{copy}");
        }
        town.house.holds().await;
    });
}

#[test]
fn a_unit_sends_and_opens_what_it_decided_and_an_office_what_a_rule_decided() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, crate::folder::catalogue_saying(STEPS, TEXTS)).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let (case, _) = town.decided(&mut clerk, 1).await;
        let mut stranger = town.chief("stranger", THERE).await;
        let page = stranger.get("/en/desk/parcels").await;
        assert!(page.has("id=\"no-parcels\"") && !page.has("Ramallah post office"), "{}", page.text);
        let other = town.officer("other", THERE, crate::CHIEF).await;
        assert_eq!(services::send(&other, Key::once(&other), POST).await.unwrap(), 0);
        town.stands(case, Stage::Delivering).await;
        assert_eq!(clerk.act("/en/desk/parcels", "/en/desk/parcels", &[("office", POST)]).await, StatusCode::SEE_OTHER);
        let agent = town.officer("agent", POST, &[Role::PostAgent]).await;
        let sent = town.ctx.read(|read| services::at_office(read, POST, "sent")).await.unwrap();
        services::receive(&agent, Key::once(&agent), POST, sent[0].manifest.as_ref().unwrap()).await.unwrap();
        for _ in 0..services::TRIES {
            let shown = services::Shown::IdCard;
            services::hand_over(&agent, Key::once(&agent), POST, case, "none", shown).await.unwrap();
        }
        // Locked: only the unit that sent it opens it.
        assert!(!stranger.get("/en/desk/parcels").await.has(&case.to_string()));
        let opened = services::unlock(&other, Key::once(&other), case).await;
        assert!(matches!(opened, Err(services::Refusal::NoCase)), "{opened:?}");
        let mut chief = town.chief("chief", HERE).await;
        assert!(chief.get("/en/desk/parcels").await.has(&case.to_string()));
        let locked = case.to_string();
        let opened = chief.act("/en/desk/parcels", "/en/desk/parcels/unlock", &[("case", &locked)]).await;
        assert_eq!(opened, StatusCode::SEE_OTHER);
        town.house.holds().await;
    });
    let by_rule = STEPS
        .replace("by = \"clerk\"\nunit = \"licensing.ramallah\"", "by = \"rule\"\nrule = \"true\"\nreason = \"no\"");
    on_both_engines(SCHEMAS, |world| {
        let by_rule = by_rule.clone();
        async move {
            let town = Town::of(&world, crate::folder::catalogue_saying(&by_rule, TEXTS)).await;
            let (ctx, id) = (&town.own, town.draft("work", &[FIRST + 1]).await);
            for (field, value) in [("copies", json!(1)), ("office", json!(POST))] {
                services::answer(ctx, Key::once(ctx), id, field, Some(value)).await.unwrap();
            }
            services::submit(ctx, Key::once(ctx), &town.services, id).await.unwrap();
            town.settle().await;
            let clerk = town.officer("clerk", HERE, CLERK).await;
            assert_eq!(services::send(&clerk, Key::once(&clerk), POST).await.unwrap(), 0);
            let mut office = town.browser(&town.officer("agent", POST, &[Role::PostAgent]).await.actor).await;
            assert!(office.get("/en/desk").await.has("id=\"to-parcels\""));
            let sent = office.act("/en/desk/parcels", "/en/desk/parcels", &[("office", POST)]).await;
            assert_eq!(sent, StatusCode::SEE_OTHER);
            let sent = town.ctx.read(|read| services::at_office(read, POST, "sent")).await.unwrap();
            assert_eq!(sent.len(), 1);
            town.house.holds().await;
        }
    });
}

/// A rule decides; one more copy costs what the first fee of the folder does.
const PRICED: &str = r#"
[paper]
serial = "TW"
more = 1
more_fee = "test.first"
value = [{ id = "name", lookup = "person", path = "/full_name/ar" }]
[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"
[[step]]
kind = "issue"
[[step]]
kind = "deliver"
"#;

#[test]
fn a_later_copy_that_costs_something_has_a_bill_and_is_made_once_it_is_paid() {
    crate::in_town(PRICED, |town| async move {
        let id = town.sent("work").await;
        town.later().await;
        town.ends(id, "completed").await;
        let copies = || town.ctx.read(move |read| documents::papers_about(read, &format!("case:{id}")));
        assert_eq!(copies().await.unwrap()[0].copies, 1);
        let mut own = town.browser(&town.own.actor).await;
        let page = format!("/en/cases/{id}");
        let ask = format!("{page}/copies");
        let seen = own.get(&page).await;
        assert!(seen.has("id=\"another-copy\"") && seen.has("10.00"), "{}", seen.text);
        assert!(!own.get("/en/papers").await.has("class=\"btn second another\""), "the wallet gives none for nothing");
        let twice = seen.form(&[]);
        assert_eq!(own.act(&page, &ask, &[]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.post(&ask, twice).await.status, StatusCode::CONFLICT);
        let seen = own.get(&page).await;
        assert!(seen.has("id=\"pay\"") && !seen.has("id=\"another-copy\""), "{}", seen.text);
        town.settle().await;
        assert_eq!(copies().await.unwrap()[0].copies, 1, "not before it is paid");
        town.pay(id, "t1").await;
        town.later().await;
        assert_eq!(copies().await.unwrap()[0].copies, 2);
        assert!(own.get("/en/papers").await.has("?copy=2"));
        // As many as the folder says.
        assert!(!own.get(&page).await.has("id=\"another-copy\""));
        let (ctx, catalogue) = (&town.own, &town.services.catalogue);
        let more = services::ask_copy(ctx, Key::once(ctx), catalogue, id).await;
        assert!(matches!(more, Err(services::Refusal::NotNow(..))), "{more:?}");
        let other = services::ask_copy(&town.other, Key::once(&town.other), catalogue, id).await;
        assert!(matches!(other, Err(services::Refusal::NoCase)), "{other:?}");
        town.house.holds().await;
    });
}

#[test]
fn nothing_is_owed_for_a_copy_of_a_paper_that_was_revoked() {
    crate::in_town(PRICED, |town| async move {
        let id = town.sent("work").await;
        town.later().await;
        let (ctx, catalogue) = (&town.own, &town.services.catalogue);
        let bill = services::ask_copy(ctx, Key::once(ctx), catalogue, id).await.unwrap();
        let papers = town.ctx.read(move |read| documents::papers_about(read, &format!("case:{id}"))).await.unwrap();
        let desk = town.ctx.as_machine("desk");
        documents::revoke(&desk, Key::once(&desk), papers[0].id, HERE, "wrong").await.unwrap();
        town.settle().await;
        let bill = town.ctx.read(move |read| payments::bill(read, bill)).await.unwrap().unwrap();
        assert!(matches!(bill.stage, payments::BillStage::Cancelled { .. }));
        assert!(!town.page(id).await.has("id=\"another-copy\""));
        town.house.holds().await;
    });
}

#[test]
fn a_fee_of_copies_is_one_of_the_folder_and_of_copies_that_there_are() {
    for (steps, about) in [
        (PRICED.replace("more_fee = \"test.first\"", "more_fee = \"test.moon\""), "is no fee of this folder"),
        (PRICED.replace("more = 1\n", ""), "say how many with more"),
    ] {
        let found = crate::folder::faults(&steps);
        assert!(found.iter().any(|reason| reason.contains(about)), "{about}: {found:#?}");
    }
    assert_eq!(crate::folder::faults(PRICED), Vec::<String>::new());
}
