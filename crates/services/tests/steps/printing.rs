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
