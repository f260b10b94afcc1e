//! Registers that are asked with answers: when, with what, how often, and what the
//! page says when they know nothing or nothing is known of them.

use std::sync::atomic::Ordering;

use web::Slice;

use super::folder::{catalogue_saying, faults_saying};
use super::*;

const TEXTS: &str = "page-area-title = Area\nfield-area-label = Area\nfield-area-hint = Which\nfield-area-missing = Choose\n\
    option-area-RBH = Ramallah\noption-area-HBN = Hebron\npage-basin-title = Basin\nfield-basin-label = Basin number\n\
    field-basin-hint = Number\nfield-basin-missing = Give it\npage-plot-title = Plot\nfield-plot-label = Plot number\n\
    field-plot-hint = Number\nfield-plot-missing = Give it\npage-land-title = Your land\nknown-size = Size\n\
    source-parcel = Land register\npage-why-title = Why\nfield-why-label = Why so large\nfield-why-hint = Say\n\
    field-why-missing = Say why\npage-alive-title = Alive\nfield-alive-label = Alive\nfield-alive-hint = Say\n\
    field-alive-missing = Say\n";

const LOOKUP: &str = r#"
[[lookup]]
id = "parcel"
operation = "PS/GOV/PLA/LAND/parcel"
asks = { governorate = "area", basin = "basin", parcel = "plot" }
"#;

const QUESTIONS: &str = r#"
[[page]]
id = "area"
field = { id = "area", kind = "choice", required = true, options = ["RBH", "HBN"] }

[[page]]
id = "basin"
field = { id = "basin", kind = "number", required = true }

[[page]]
id = "plot"
field = { id = "plot", kind = "number", required = true }
"#;

const LAND: &str = r#"
[[page]]
id = "land"
known = [{ id = "size", lookup = "parcel", path = "/area_m2" }]

[[page]]
id = "why"
when = "has(registers.parcel) && registers.parcel.area_m2 > 1000000"
field = { id = "why", kind = "text", required = true }

[[page]]
id = "alive"
when = "has(registers.person) && registers.person.status == 'alive'"
field = { id = "alive", kind = "text" }
"#;

const DECIDED: &str = r#"
[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.parcel) && registers.parcel.area_m2 > 10"
reason = "no"

[[step]]
kind = "deliver"
"#;

fn question(basin: u32) -> String {
    format!("parcel?governorate=RBH&basin={basin}&parcel=12")
}

async fn town(world: &World, steps: &str) -> Town {
    let town = Town::of(world, catalogue_saying(&format!("{LOOKUP}{QUESTIONS}{LAND}{steps}"), TEXTS)).await;
    for (basin, answer) in [(4, json!({ "area_m2": 97731 })), (5, json!(null)), (6, json!({ "area_m2": 2000000 }))] {
        town.registers.put_answer(&question(basin), answer);
    }
    town
}

impl Town {
    /// A draft whose parcel is known by its numbers.
    async fn parcel(&self, basin: u32) -> CaseId {
        let id = self.draft("work", &[FIRST + 1]).await;
        for (field, value) in [("area", json!("RBH")), ("basin", json!(basin)), ("plot", json!(12))] {
            services::answer(&self.own, Key::once(&self.own), id, field, Some(value)).await.unwrap();
        }
        id
    }
}

#[test]
fn a_register_is_asked_once_its_answers_are_there_and_again_when_they_change() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = town(&world, DECIDED).await;
        let mut own = town.browser(&town.own.actor).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        // Nothing to ask with: nothing is asked, and the page says what is lacking.
        let page = own.get(&at("land")).await;
        assert!(page.has("register-unasked") && page.has(&at("basin")), "{}", page.text);
        assert!(town.registers.asked.lock().unwrap().iter().all(|asked| !asked.starts_with("parcel")));
        assert_eq!(own.act(&at("area"), &at("area"), &[("area", "RBH")]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&at("basin"), &at("basin"), &[("basin", "٤")]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&at("plot"), &at("plot"), &[("plot", "12")]).await, StatusCode::SEE_OTHER);
        let page = own.get(&at("land")).await;
        assert!(page.has("97731") && page.has("Land register"), "{}", page.text);
        assert_eq!(town.registers.asked(&question(4)), 1);
        assert_eq!(own.get(&at("why")).await.status, StatusCode::NOT_FOUND, "it is not so large");
        assert_eq!(town.registers.asked(&question(4)), 1, "what was told is not asked again by a rule");
        // Another basin: what was told of the first one is gone, and the register knows nothing of this.
        assert_eq!(own.act(&at("basin"), &at("basin"), &[("basin", "5")]).await, StatusCode::SEE_OTHER);
        let check = own.get(&format!("/en/cases/{id}/check")).await;
        assert!(!check.has("97731"), "{}", check.text);
        let page = own.get(&at("land")).await;
        assert!(page.has("register-unknown") && page.has(&at("plot")) && !page.has("id=\"known\""), "{}", page.text);
        // The same past the pages: an answer that was changed elsewhere is not taken for the one before.
        let anew = services::answer(&town.own, Key::once(&town.own), id, "basin", Some(json!(6))).await;
        anew.unwrap();
        let page = own.get(&at("why")).await;
        assert_eq!((page.status, town.registers.asked(&question(6))), (StatusCode::OK, 1), "{}", page.text);
        // A rule may read a register that no page shows: it is asked before the page is looked for.
        assert_eq!(own.get(&at("alive")).await.status, StatusCode::OK);
        // A large parcel needs its reason.
        let sent = services::submit(&town.own, Key::once(&town.own), &town.services, id).await;
        assert!(matches!(&sent, Err(services::Refusal::Incomplete(fields)) if *fields == ["why"]), "{sent:?}");
        assert_eq!(own.act(&at("why"), &at("why"), &[("why", "It is a farm")]).await, StatusCode::SEE_OTHER);
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        town.settle().await;
        town.ends(id, "completed").await;
        // Each look is the person's to see.
        let person = town.own.actor.person().unwrap();
        let slice = Slice::default();
        let looks = town.ctx.read(move |read| exchange::lookups_of(read, person, &slice)).await.unwrap();
        assert_eq!(looks.iter().filter(|look| look.operation.ends_with("parcel")).count(), 6, "{looks:?}");
        town.house.holds().await;
    });
}

#[test]
fn a_form_does_not_read_a_register_from_end_to_end() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = town(&world, DECIDED).await;
        let id = town.parcel(4).await;
        let mut own = town.browser(&town.own.actor).await;
        let land = format!("/en/cases/{id}/form/land");
        let mut statuses = Vec::new();
        for basin in 0..70 {
            let basin = Some(json!(basin));
            services::answer(&town.own, Key::once(&town.own), id, "basin", basin).await.unwrap();
            statuses.push(own.get(&land).await.status);
        }
        assert_eq!(statuses[0], StatusCode::OK);
        assert_eq!(statuses[69], StatusCode::TOO_MANY_REQUESTS);
        let asked = town.registers.asked.lock().unwrap().iter().filter(|asked| asked.starts_with("parcel")).count();
        assert!(asked <= 60, "{asked}");
        // An hour later they go on.
        town.clock.advance_seconds(3_601);
        assert_eq!(own.get(&land).await.status, StatusCode::OK);
    });
}

#[test]
fn what_a_register_does_not_know_is_absent_and_its_silence_is_waited_for() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = town(&world, DECIDED).await;
        let unknown = town.parcel(5).await;
        services::submit(&town.own, Key::once(&town.own), &town.services, unknown).await.unwrap();
        town.settle().await;
        town.ends(unknown, "refused").await;
        // Silent: the page goes on, the case is sent, and nothing is decided before it is heard.
        let id = town.parcel(4).await;
        town.registers.up.store(false, Ordering::SeqCst);
        let page = town.browser(&town.own.actor).await.get(&format!("/en/cases/{id}/form/land")).await;
        assert!(page.has("register-silent"), "{}", page.text);
        services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
        town.settle().await;
        town.stands(id, Stage::Checking).await;
        town.registers.up.store(true, Ordering::SeqCst);
        town.later().await;
        town.ends(id, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn a_corrected_answer_asks_the_register_anew() {
    let clerk =
        format!("[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n[[step]]\nkind = \"deliver\"\n");
    on_both_engines(SCHEMAS, |world| {
        let clerk = clerk.clone();
        async move {
            let town = town(&world, &clerk).await;
            let id = town.parcel(5).await;
            services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
            town.settle().await;
            let mut officer = town.clerk("clerk", HERE).await;
            take(&mut officer, id).await;
            let fields = [("decision", "ask"), ("text", "No such basin"), ("field", "basin")];
            assert_eq!(officer.act(&desk(id), &format!("{}/decide", desk(id)), &fields).await, StatusCode::SEE_OTHER);
            town.registers.up.store(false, Ordering::SeqCst);
            let typed = [("basin".to_owned(), "4".to_owned())].into();
            let corrected = services::correct(&town.own, Key::once(&town.own), &town.services.catalogue, id, &typed);
            corrected.await.unwrap();
            town.settle().await;
            assert!(!officer.get(&desk(id)).await.has("97731"));
            // Approved before the register was heard: the case waits for it.
            assert_eq!(say(&mut officer, id, "approve", "").await, StatusCode::SEE_OTHER);
            town.settle().await;
            town.stands(id, Stage::Checking).await;
            town.registers.up.store(true, Ordering::SeqCst);
            town.later().await;
            town.ends(id, "completed").await;
            town.house.holds().await;
        }
    });
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_remedy() {
    let lookup =
        |asks: &str| format!("[[lookup]]\nid = \"parcel\"\noperation = \"PS/GOV/PLA/LAND/parcel\"\nasks = {asks}\n");
    let right = "{ governorate = \"area\", basin = \"basin\", parcel = \"plot\" }";
    let about =
        "[[lookup]]\nid = \"parcel\"\noperation = \"PS/GOV/MOJ/RECORD/convictions\"\nasks = { id = \"plot\" }\n";
    let numbers = QUESTIONS.replace("kind = \"number\"", "kind = \"id-number\"");
    for (folder, why) in [
        (format!("{}{QUESTIONS}{LAND}", lookup(right)), ""),
        (format!("{}{QUESTIONS}{LAND}", lookup("{ basin = \"basin\", parcel = \"plot\" }")), "needs `governorate`"),
        (format!("{}{QUESTIONS}{LAND}", lookup(&right.replace("parcel =", "plot ="))), "with `plot`, which"),
        (format!("{}{QUESTIONS}{LAND}", lookup(&right.replace("\"plot\"", "\"other\""))), "`other`, which no page"),
        (format!("{}{QUESTIONS}{LAND}", lookup(&right.replace("\"plot\"", "\"area\""))), "`parcel = area`"),
        (format!("{}{LAND}{QUESTIONS}", lookup(right)), "put that question before it"),
        (format!("{about}{numbers}{LAND}"), "about whoever applies"),
        (format!("{}{QUESTIONS}{LAND}", lookup(right).replace("id = \"parcel\"", "id = \"chosen\"")), "name is taken"),
    ] {
        let found = faults_saying(&format!("{folder}{DECIDED}"), TEXTS);
        let named = found.iter().any(|fault| fault.contains(why));
        assert!(if why.is_empty() { found.is_empty() } else { named }, "{why}: {found:#?}");
    }
}
