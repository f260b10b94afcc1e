//! Answers that are chosen: from what a register lists, and from one's own papers.

use std::sync::atomic::Ordering;

use base::id::TypedId;
use base::{Mandate, MandateId};
use documents::Paper;
use web::Slice;

use super::folder::{catalogue_saying, faults_saying};
use super::*;

pub(super) const TEXTS: &str = "page-vehicle-title = Vehicle\nfield-vehicle-label = Which vehicle\nfield-vehicle-hint = Yours\n\
    field-vehicle-missing = Choose one\nfield-vehicle-none = You have no vehicle: register one first\n\
    field-vehicle-refused = Not a stolen one\nsource-vehicles = Register of vehicles\npage-make-title = Make\n\
    known-make = Made by\npage-why-title = Why\nfield-why-label = Why so old\nfield-why-hint = Say\n\
    field-why-missing = Say why\npage-proof-title = Proof\nfield-proof-label = Which paper\nfield-proof-hint = Yours\n\
    field-proof-missing = Choose a paper\nfield-proof-none = You have no such paper yet\npage-member-title = Member\n\
    field-member-label = Who\nfield-member-hint = Family\nfield-member-missing = Choose\nfield-member-none = Nobody\n\
    source-family = Civil registry\nsource-birth = Births\npage-birth-title = Birth\nknown-hospital = Hospital\n";

pub(super) const VEHICLES: &str = r#"
[[lookup]]
id = "vehicles"
operation = "PS/GOV/MOT/LICENSING/vehicles"

[[page]]
id = "vehicle"
field = { id = "vehicle", kind = "listed", required = true, lookup = "vehicles", path = "/vehicles", key = "/plate", label = ["/plate", "/make", "/year"], check = "!has(chosen.vehicle) || !chosen.vehicle.stolen" }

[[page]]
id = "make"
known = [{ id = "make", lookup = "chosen", path = "/vehicle/make" }]

[[page]]
id = "why"
when = "has(chosen.vehicle) && chosen.vehicle.year < 2000"
field = { id = "why", kind = "text", required = true }
"#;

const ISSUED: &str = r#"
[[step]]
kind = "decide"
by = "rule"
rule = "has(chosen.vehicle) && !chosen.vehicle.customs_hold"
reason = "no"

[[step]]
kind = "issue"

[[step]]
kind = "deliver"

[paper]
serial = "TW"
value = [
  { id = "plate", lookup = "answers", path = "/vehicle" },
  { id = "make", lookup = "chosen", path = "/vehicle/make" },
  { id = "purpose", lookup = "answers", path = "/purpose" },
  { id = "reasons", lookup = "answers", path = "/uses" },
]

[[page]]
id = "uses"
field = { id = "uses", kind = "choices", options = ["home", "shop"] }
"#;

pub(super) fn vehicle(plate: &str, year: u32, stolen: bool) -> serde_json::Value {
    json!({
        "plate": plate, "make": { "ar": "فورد", "en": "Ford" }, "model": "T", "year": year, "engine_cc": 1,
        "gross_kg": 1, "customs_hold": false, "stolen": stolen,
    })
}

fn question(head: u32) -> String {
    format!("vehicles?id={}", Town::number(head))
}

impl Town {
    pub(super) fn lists(&self, head: u32, vehicles: &[serde_json::Value]) {
        self.registers.put_answer(&question(head), json!({ "vehicles": vehicles }));
    }
    async fn papers(&self, id: CaseId) -> Vec<Paper> {
        self.ctx.read(move |read| documents::papers_about(read, &format!("case:{id}"))).await.unwrap()
    }
    async fn settled(&self) {
        for _ in 0..4 {
            self.settle().await;
        }
    }
    async fn send(&self, id: CaseId) -> Result<(), services::Refusal> {
        let sent = services::submit(&self.own, Key::once(&self.own), &self.services, id).await;
        self.settled().await;
        sent
    }
}

#[test]
fn one_of_what_a_register_lists_is_chosen() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(&format!("{VEHICLES}{ISSUED}"), TEXTS)).await;
        let all = [vehicle("7-1234", 2015, false), vehicle("7-9999", 1990, false), vehicle("7-5555", 2020, true)];
        town.lists(FIRST, &all);
        let mut own = town.browser(&town.own.actor).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        let page = own.get(&at("vehicle")).await;
        for words in ["type=\"radio\"", "7-1234", "Ford", "2015", "Register of vehicles"] {
            assert!(page.has(words), "{words}: {}", page.text);
        }
        // Nothing, what is not on the list, and what the folder refuses.
        for (plate, words) in [("", "Choose one"), ("6-0000", "Choose one"), ("7-5555", "Not a stolen one")] {
            let body = own.get(&at("vehicle")).await.form(&[("vehicle", plate)]);
            let answer = own.post(&at("vehicle"), body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{plate}");
            assert!(answer.has(words) && answer.has("7-1234"), "{plate}: {}", answer.text);
        }
        assert_eq!(own.get(&at("why")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(own.act(&at("vehicle"), &at("vehicle"), &[("vehicle", "7-9999")]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.get(&at("why")).await.status, StatusCode::OK, "an old one needs a reason");
        assert_eq!(own.act(&at("vehicle"), &at("vehicle"), &[("vehicle", "7-1234")]).await, StatusCode::SEE_OTHER);
        assert_eq!(own.act(&at("uses"), &at("uses"), &[("uses.home", "yes")]).await, StatusCode::SEE_OTHER);
        assert_eq!(town.case(id).await.answers["vehicle"], json!("7-1234"));
        let page = own.get(&at("make")).await;
        assert!(page.has("Ford") && page.has("Made by"), "{}", page.text);
        assert!(own.get(&at("vehicle")).await.has("value=\"7-1234\" checked"));
        let check = own.get(&format!("/en/cases/{id}/check")).await;
        assert!(check.has("7-1234, Ford, 2015"), "{}", check.text);
        // Sold before it is sent: nothing is chosen any more.
        town.lists(FIRST, &all[1..]);
        let sent = town.send(id).await;
        assert!(matches!(&sent, Err(services::Refusal::Incomplete(fields)) if *fields == ["vehicle"]), "{sent:?}");
        town.lists(FIRST, &all);
        town.send(id).await.unwrap();
        town.ends(id, "completed").await;
        let paper = town.papers(id).await.pop().unwrap();
        let values = &paper.content.values;
        assert_eq!(values["plate"], json!("7-1234"));
        assert_eq!(values["make"], json!({ "ar": "فورد", "en": "Ford" }));
        // Choices are in words, in both languages.
        assert_eq!(values["purpose"], json!({ "ar": "ع Work", "en": "Work" }));
        assert_eq!(values["reasons"], json!([{ "ar": "ع Home", "en": "Home" }]));
        town.house.holds().await;
    });
}

#[test]
fn an_empty_list_and_a_silent_register_are_said_and_lose_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(&format!("{VEHICLES}{ISSUED}"), TEXTS)).await;
        town.lists(FIRST, &[]);
        let mut own = town.browser(&town.own.actor).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        let page = own.get(&at("vehicle")).await;
        assert!(page.has("register one first") && page.has("id=\"leave-form\""), "{}", page.text);
        assert!(!page.has("id=\"continue\"") && !page.has("type=\"radio\""), "{}", page.text);
        // The register knows nobody of that number.
        town.registers.put_answer(&question(FIRST), json!(null));
        assert!(own.get(&at("vehicle")).await.has("register one first"));
        // Silent: one may go on, what was chosen stays, and nothing is made up.
        town.lists(FIRST, &[vehicle("7-1234", 2015, false)]);
        assert_eq!(own.act(&at("vehicle"), &at("vehicle"), &[("vehicle", "7-1234")]).await, StatusCode::SEE_OTHER);
        town.registers.up.store(false, Ordering::SeqCst);
        let page = own.get(&at("vehicle")).await;
        assert!(page.has("nothing to choose from") && page.has("id=\"continue\""), "{}", page.text);
        let forged = own.post(&at("vehicle"), page.form(&[("vehicle", "6-0000")])).await;
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(own.act(&at("vehicle"), &at("vehicle"), &[]).await, StatusCode::SEE_OTHER);
        assert_eq!(town.case(id).await.answers["vehicle"], json!("7-1234"));
        town.send(id).await.unwrap();
        town.stands(id, Stage::Checking).await;
        town.registers.up.store(true, Ordering::SeqCst);
        town.clock.advance_seconds(600);
        town.settled().await;
        town.ends(id, "completed").await;
        // A password alone shows no list, and chooses nothing.
        let draft = town.draft("work", &[FIRST + 1]).await;
        let at = format!("/en/cases/{draft}/form/vehicle");
        assert!(town.browser(&town.own.actor).await.get(&at).await.has("7-1234"));
        let Actor::Citizen { person, account, .. } = town.own.actor.clone() else { unreachable!() };
        let low = Actor::Citizen { person, account, assurance: Assurance::Low };
        let mut low = town.browser(&low).await;
        let page = low.get(&at).await;
        assert!(!page.has("7-1234") && page.has("id=\"continue\""), "{}", page.text);
        let chosen = low.post(&at, page.form(&[("vehicle", "7-1234")])).await;
        assert_eq!(chosen.status, StatusCode::UNPROCESSABLE_ENTITY);
        town.house.holds().await;
    });
}

const SEVERAL: &str = r#"
[[step]]
kind = "decide"
by = "rule"
rule = "has(chosen.vehicle) && size(chosen.vehicle) == 2 && chosen.vehicle.all(one, one.year > 2000)"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn several_are_chosen() {
    on_both_engines(SCHEMAS, |world| async move {
        let pages = VEHICLES.replace("required = true, lookup", "required = true, several = true, lookup");
        let pages = pages.replace("!chosen.vehicle.stolen", "size(chosen.vehicle) < 3");
        let pages = &pages[..pages.find("[[page]]\nid = \"make\"").unwrap()];
        let town = Town::of(&world, catalogue_saying(&format!("{pages}{SEVERAL}"), TEXTS)).await;
        let all = [vehicle("7-1", 2015, false), vehicle("7-2", 2016, false), vehicle("7-3", 2020, true)];
        town.lists(FIRST, &all);
        let mut own = town.browser(&town.own.actor).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let at = format!("/en/cases/{id}/form/vehicle");
        let page = own.get(&at).await;
        assert!(page.has("type=\"checkbox\""), "{}", page.text);
        let refused: [&[(&str, &str)]; 3] = [
            &[],
            &[("vehicle.0", "7-1"), ("vehicle.1", "other")],
            &[("vehicle.0", "7-1"), ("vehicle.1", "7-2"), ("vehicle.2", "7-3")],
        ];
        for typed in refused {
            assert_eq!(own.act(&at, &at, typed).await, StatusCode::UNPROCESSABLE_ENTITY, "{typed:?}");
        }
        let typed = [("vehicle.1", "7-2"), ("vehicle.0", "7-1")];
        assert_eq!(own.act(&at, &at, &typed).await, StatusCode::SEE_OTHER);
        assert_eq!(town.case(id).await.answers["vehicle"], json!(["7-1", "7-2"]));
        let check = own.get(&format!("/en/cases/{id}/check")).await;
        assert!(check.has("7-1 · Ford · 2015, 7-2 · Ford · 2016"), "{}", check.text);
        // One that is gone is one less.
        town.lists(FIRST, &all[1..]);
        town.send(id).await.unwrap();
        town.ends(id, "refused").await;
        town.house.holds().await;
    });
}

const FAMILY: &str = r#"
[[lookup]]
id = "family"
operation = "PS/GOV/MOI/CIVIL/family"

[[lookup]]
id = "birth"
operation = "PS/GOV/TEST/BIRTHS/birth"
asks = { id = "member" }

[[page]]
id = "member"
field = { id = "member", kind = "listed", required = true, lookup = "family", path = "/members", key = "/id_number", label = ["/full_name", "/birth_date"] }

[[page]]
id = "birth"
known = [{ id = "hospital", lookup = "birth", path = "/hospital" }]

[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.birth)"
reason = "no"

[[step]]
kind = "deliver"
"#;

#[test]
fn a_register_is_asked_about_others_only_whom_another_one_lists() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(FAMILY, TEXTS)).await;
        let (child, stranger) = (Town::number(FIRST + 1), Town::number(FIRST + 7));
        let name = json!({ "ar": "عادل", "en": "Adel" });
        let member = json!({ "id_number": child, "full_name": name, "birth_date": "2015-03-04" });
        town.registers.change(&Town::number(FIRST), |known| known.family = json!({ "members": [member] }));
        for number in [&child, &stranger] {
            town.registers.put_answer(&format!("birth?id={number}"), json!({ "hospital": "Rafidia" }));
        }
        let mut own = town.browser(&town.own.actor).await;
        let id = town.draft("work", &[FIRST + 1]).await;
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        let page = own.get(&at("member")).await;
        assert!(page.has("Adel") && page.has("March"), "{}", page.text);
        let typed = own.post(&at("member"), page.form(&[("member", stranger.as_str())])).await;
        assert_eq!(typed.status, StatusCode::UNPROCESSABLE_ENTITY);
        // Past the pages, too: what no register lists is no answer to ask with.
        let forged = services::answer(&town.own, Key::once(&town.own), id, "member", Some(json!(stranger))).await;
        forged.unwrap();
        assert!(!own.get(&at("birth")).await.has("Rafidia"));
        assert!(town.send(id).await.is_err());
        assert_eq!(town.registers.asked(&format!("birth?id={stranger}")), 0);
        assert_eq!(own.act(&at("member"), &at("member"), &[("member", child.as_str())]).await, StatusCode::SEE_OTHER);
        assert!(own.get(&at("birth")).await.has("Rafidia"));
        town.send(id).await.unwrap();
        town.ends(id, "completed").await;
        // Whoever was asked about reads it, and who asked, and not the case.
        let mut other = town.browser(&town.other.actor).await;
        let looks = other.get("/en/looks").await;
        assert!(looks.has("Births") && !looks.has(&id.to_string()), "{}", looks.text);
        assert_eq!(other.get(&format!("/en/cases/{id}")).await.status, StatusCode::NOT_FOUND);
        assert!(own.get("/en/looks").await.has(&id.to_string()));
        town.house.holds().await;
    });
}

/// The first paper is issued by a rule; a case that names it is a clerk's.
fn papers() -> String {
    format!(
        r#"
[[page]]
id = "proof"
field = {{ id = "proof", kind = "paper", services = ["{KEY}"] }}

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"

[[step]]
kind = "decide"
by = "clerk"
unit = "{HERE}"
when = "has(chosen.proof) && chosen.proof.issued <= today"

[[step]]
kind = "issue"

[[step]]
kind = "deliver"

[paper]
serial = "TW"
valid_days = 30
value = [
  {{ id = "of", lookup = "chosen", path = "/proof/title" }},
  {{ id = "serial", lookup = "chosen", path = "/proof/serial" }},
]
"#
    )
}

#[test]
fn a_paper_of_ones_own_is_an_answer_and_the_clerk_sees_it() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(&papers(), TEXTS)).await;
        let mut own = town.browser(&town.own.actor).await;
        let first = town.draft("work", &[FIRST + 1]).await;
        let at = |id: CaseId| format!("/en/cases/{id}/form/proof");
        let page = own.get(&at(first)).await;
        assert!(page.has("no such paper yet") && page.has("id=\"continue\""), "{}", page.text);
        assert_eq!(own.act(&at(first), &at(first), &[]).await, StatusCode::SEE_OTHER);
        town.send(first).await.unwrap();
        town.ends(first, "completed").await;
        let paper = town.papers(first).await.pop().unwrap();
        assert_eq!(paper.content.values["serial"], serde_json::Value::Null);
        let name = paper.id.to_string();
        // Another's wallet has it not.
        let theirs = services::start(&town.other, Key::once(&town.other), &town.services.catalogue, KEY).await.unwrap();
        let mut other = town.browser(&town.other.actor).await;
        let page = other.get(&at(theirs)).await;
        assert!(!page.has(&paper.content.serial), "{}", page.text);
        let stolen = other.post(&at(theirs), page.form(&[("proof", name.as_str())])).await;
        assert_eq!(stolen.status, StatusCode::UNPROCESSABLE_ENTITY);
        let second = town.draft("work", &[FIRST + 1]).await;
        let page = own.get(&at(second)).await;
        assert!(page.has(&paper.content.serial) && page.has("A paper"), "{}", page.text);
        assert_eq!(own.act(&at(second), &at(second), &[("proof", name.as_str())]).await, StatusCode::SEE_OTHER);
        town.send(second).await.unwrap();
        town.stands(second, Stage::Deciding).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        let case = clerk.get(&desk(second)).await;
        let link = format!("/en/desk/cases/{second}/papers/{name}");
        assert!(case.has(&link) && case.has(&paper.content.serial), "{}", case.text);
        assert_eq!(town.looks_at_papers().await, 0);
        let shown = clerk.get(&link).await;
        assert!(shown.status == StatusCode::OK && shown.has("%PDF"));
        assert_eq!(town.looks_at_papers().await, 1);
        for wrong in [format!("/en/desk/cases/{first}/papers/{name}"), format!("/en/desk/cases/{second}/papers/none")] {
            assert_eq!(clerk.get(&wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        assert_eq!(town.clerk("other", THERE).await.get(&link).await.status, StatusCode::NOT_FOUND);
        take(&mut clerk, second).await;
        assert_eq!(say(&mut clerk, second, "approve", "").await, StatusCode::SEE_OTHER);
        town.settled().await;
        town.ends(second, "completed").await;
        let issued = town.papers(second).await.pop().unwrap();
        assert_eq!(issued.content.values["serial"], json!(paper.content.serial));
        assert_eq!(issued.content.values["of"]["en"], json!("A paper"));
        town.house.holds().await;
        // One that is revoked, or whose last day has passed, is no answer.
        let third = town.draft("work", &[FIRST + 1]).await;
        assert_eq!(own.act(&at(third), &at(third), &[("proof", name.as_str())]).await, StatusCode::SEE_OTHER);
        let officer = town.officer("chief", HERE, CHIEF).await;
        documents::revoke(&officer, Key::once(&officer), paper.id, HERE, "wrong").await.unwrap();
        let page = own.get(&at(third)).await;
        assert!(!page.has(&paper.content.serial) && page.has(&issued.content.serial), "{}", page.text);
        let check = own.get(&format!("/en/cases/{third}/check")).await;
        assert!(!check.has(&paper.content.serial), "{}", check.text);
        town.days(31).await;
        assert!(own.get(&at(third)).await.has("no such paper yet"));
    });
}

impl Town {
    /// How often an officer looked at a paper of the person's.
    async fn looks_at_papers(&self) -> usize {
        let (person, slice) = (self.own.actor.person().unwrap(), Slice::default());
        let seen = self.ctx.read(move |read| audit::acts_about(read, person, documents::READ, &slice));
        seen.await.unwrap().len()
    }
}

#[test]
fn whoever_acts_for_another_chooses_from_what_is_theirs() {
    on_both_engines(SCHEMAS, |world| async move {
        let pages = format!("{VEHICLES}{}", papers());
        let town = Town::of(&world, catalogue_saying(&pages, TEXTS)).await;
        // The child has a vehicle and a paper, whoever acts for them another vehicle.
        town.lists(FIRST, &[vehicle("7-1234", 2015, false)]);
        town.lists(FIRST + 1, &[vehicle("6-6666", 2015, false)]);
        let first = town.draft("work", &[FIRST + 1]).await;
        services::answer(&town.own, Key::once(&town.own), first, "vehicle", Some(json!("7-1234"))).await.unwrap();
        town.send(first).await.unwrap();
        let paper = town.papers(first).await.pop().unwrap();
        let Actor::Citizen { person: agent, account, assurance } = town.other.actor.clone() else { unreachable!() };
        let person = town.own.actor.person().unwrap();
        let mandate = Mandate { id: MandateId::from_bits(1), services: None, ceiling_minor: None };
        let acting = Actor::Agent { person, agent, account, assurance, mandate };
        let ctx = town.own.as_actor(acting.clone());
        let id = services::start(&ctx, Key::once(&ctx), &town.services.catalogue, KEY).await.unwrap();
        for (field, value) in [("purpose", json!("work")), ("partners", json!([Town::number(FIRST + 2)]))] {
            services::answer(&ctx, Key::once(&ctx), id, field, Some(value)).await.unwrap();
        }
        let mut browser = town.browser(&acting).await;
        let at = |page: &str| format!("/en/cases/{id}/form/{page}");
        let page = browser.get(&at("vehicle")).await;
        assert!(page.has("7-1234") && !page.has("6-6666"), "{}", page.text);
        assert_eq!(browser.act(&at("vehicle"), &at("vehicle"), &[("vehicle", "7-1234")]).await, StatusCode::SEE_OTHER);
        assert!(browser.get(&at("make")).await.has("Ford"));
        let page = browser.get(&at("proof")).await;
        assert!(page.has(&paper.content.serial), "{}", page.text);
        let name = paper.id.to_string();
        assert_eq!(browser.act(&at("proof"), &at("proof"), &[("proof", name.as_str())]).await, StatusCode::SEE_OTHER);
        services::submit(&ctx, Key::once(&ctx), &town.services, id).await.unwrap();
        town.settle().await;
        town.stands(id, Stage::Deciding).await;
        // What the agent had looked up is about whom they act for.
        let slice = Slice::default();
        let looks = town.ctx.read(move |read| exchange::lookups_of(read, person, &slice)).await.unwrap();
        assert!(looks.iter().any(|look| look.actor == town.other.actor.reference()), "{looks:?}");
    });
}

#[test]
fn what_cannot_be_chosen_is_refused_with_its_remedy() {
    let page =
        |field: &str| format!("{VEHICLES}[[page]]\nid = \"proof\"\nfield = {{ id = \"proof\", {field} }}\n{ISSUED}");
    let listed =
        "kind = \"listed\", lookup = \"vehicles\", path = \"/vehicles\", key = \"/plate\", label = [\"/make\"]";
    let decided = |rule: &str| {
        format!("{VEHICLES}[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"{rule}\"\nreason = \"no\"\n")
    };
    for (folder, why) in [
        (page(listed), ""),
        (page("kind = \"paper\""), ""),
        (page(&listed.replace(", key = \"/plate\"", "")), "listed needs `key`"),
        (page("kind = \"text\", lookup = \"vehicles\""), "`lookup` belongs to listed"),
        (page(&listed.replace("\"vehicles\"", "\"cars\"")), "`cars`, which is not declared"),
        (page(&listed.replace("\"/vehicles\"", "\"/id_number\"")), "answers no list at"),
        (page(&listed.replace("\"/plate\"", "\"/insured_until\"")), "the key `/insured_until`"),
        (page(&listed.replace("\"/make\"", "\"/stolen\"")), "the label `/stolen`"),
        (page("kind = \"paper\", services = [\"no.such\"]"), "no such service"),
        (page(&format!("services = [\"{KEY}\"], {listed}")), "`services` belongs"),
        (page("kind = \"text\", several = true"), "`several` belongs"),
        (page(listed).replace("/vehicle/make", "/vehicle/colour"), "nothing of that name"),
        (page(listed).replace("/vehicle/make", "/purpose"), "begin with the field"),
        (decided("chosen.vehicle.plate == 'x'"), "may be absent"),
        (decided("answers.vehicle == 'x'"), "may be absent"),
        (decided("has(chosen.vehicle) && chosen.vehicle.tested_on < today"), "may be absent"),
        (decided("has(chosen.vehicle) && chosen.vehicle.colour == 'x'"), "`colour` is not known"),
    ] {
        let found = faults_saying(&folder, TEXTS);
        let named = found.iter().any(|fault| fault.contains(why));
        assert!(if why.is_empty() { found.is_empty() } else { named }, "{why}: {found:#?}");
    }
    let mute = TEXTS.replace("field-vehicle-none", "field-vehicle-nothing");
    let found = faults_saying(&decided("true"), &mute);
    assert!(found.iter().any(|fault| fault.contains("field-vehicle-none")), "{found:#?}");
}
