//! A unit that depends on the place of a case, and a promise that depends on its
//! answers: queue, rights, calendar and serial follow the office.

use super::*;
use base::Zone;
use catalogue::promise::Measure;
use folder::{catalogue_saying, faults_saying};
use services::promise::promise;

const TEXTS: &str = "page-area-title = Area\nfield-area-label = Area\nfield-area-hint = Where\n\
    field-area-missing = Choose\noption-area-RBH = Ramallah\noption-area-GZA = Gaza\noption-area-SLT = Salfit\n\
    page-desk-title = Office\nfield-desk-label = Office\nfield-desk-hint = Which\nfield-desk-missing = Choose\n\
    promise-study = For study\n";
const AREA: &str = "[[page]]\nid = \"area\"\n\
    field = { id = \"area\", kind = \"choice\", required = true, options = [\"RBH\", \"GZA\", \"SLT\"] }\n\
    [[page]]\nid = \"desk\"\nfield = { id = \"desk\", kind = \"post-office\", required = false }\n";

fn decided(unit: &str) -> String {
    format!(
        "{AREA}[[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = {unit}\n[[step]]\nkind = \"issue\"\n\
         [[step]]\nkind = \"deliver\"\n"
    )
}

fn by_area() -> String {
    decided(&format!("{{ office = \"licensing\", field = \"area\", default = \"{THERE}\" }}"))
}

async fn sent(town: &Town, purpose: &str, more: &[(&str, &str)]) -> CaseId {
    let id = town.draft(purpose, &[FIRST + 1]).await;
    for (field, value) in more {
        services::answer(&town.own, Key::once(&town.own), id, field, Some(json!(value))).await.unwrap();
    }
    services::submit(&town.own, Key::once(&town.own), &town.services, id).await.unwrap();
    town.settle().await;
    id
}

#[test]
fn a_case_goes_to_the_office_of_its_place_and_everything_follows() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::of(&world, catalogue_saying(&by_area(), TEXTS)).await;
        let gaza = sent(&town, "work", &[("area", "GZA")]).await;
        let here = sent(&town, "work", &[("area", "RBH")]).await;
        // Salfit has no such office: the folder's own unit decides.
        let elsewhere = sent(&town, "work", &[("area", "SLT")]).await;
        for (id, unit, zone) in
            [(gaza, "licensing.gaza", Zone::Gaza), (here, HERE, Zone::Hebron), (elsewhere, THERE, Zone::Hebron)]
        {
            assert_eq!(town.case(id).await.unit.as_deref(), Some(unit));
            let promised = town.ctx.read(move |read| promise(read, id)).await.unwrap().unwrap();
            assert_eq!((promised.place.unit.as_str(), promised.place.zone), (unit, zone));
        }
        let promised = town.ctx.read(move |read| promise(read, gaza)).await.unwrap().unwrap();
        assert_eq!(promised.place.governorate.as_deref(), Some("GZA"));
        // Only the office's own officers find it.
        let mut clerk = town.clerk("gaza", "licensing.gaza").await;
        let mut other = town.clerk("other", HERE).await;
        assert!(clerk.get("/en/desk/queue").await.has(&gaza.to_string()));
        assert!(!other.get("/en/desk/queue").await.has(&gaza.to_string()));
        assert_eq!(other.get(&format!("/en/desk/cases/{gaza}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(take(&mut clerk, gaza).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, gaza, "approve", "").await, StatusCode::SEE_OTHER);
        town.settle().await;
        let about = town.ends(gaza, "completed").await.object();
        let papers = town.ctx.read(move |read| documents::papers_about(read, &about)).await.unwrap();
        assert!(papers[0].content.serial.starts_with("TWGZA-"), "{}", papers[0].content.serial);
        assert_eq!(papers[0].unit.as_deref(), Some("licensing.gaza"));
        town.house.holds().await;
    });
}

#[test]
fn another_office_of_the_same_governorate_names_the_place_too() {
    let unit = format!("{{ office = \"licensing\", field = \"desk\", default = \"{THERE}\" }}");
    on_both_engines(SCHEMAS, |world| {
        let unit = unit.clone();
        async move {
            let town = Town::of(&world, catalogue_saying(&decided(&unit), TEXTS)).await;
            for (office, expected) in [("post.gaza", "licensing.gaza"), ("post.salfit", THERE), (POST, HERE)] {
                let id = sent(&town, "work", &[("area", "RBH"), ("desk", office)]).await;
                assert_eq!(town.case(id).await.unit.as_deref(), Some(expected), "{office}");
            }
            // A question that was not answered names no place.
            let id = sent(&town, "work", &[("area", "RBH")]).await;
            assert_eq!(town.case(id).await.unit.as_deref(), Some(THERE));
            town.house.holds().await;
        }
    });
}

#[test]
fn what_is_promised_is_the_first_rule_that_holds_and_stays_so() {
    let rules = "[[promise.rule]]\nid = \"study\"\nwhen = \"answers.purpose == 'study'\"\nworking_days = 1\n";
    let steps = format!("{}{rules}", decided(&format!("\"{HERE}\"")));
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::of(&world, catalogue_saying(&steps, TEXTS)).await;
            // Before one starts: from the shortest to the longest, with what it depends on.
            let mut own = town.browser(&town.own.actor).await;
            for page in [format!("/en/services/{KEY}"), format!("/en/services/{KEY}/start")] {
                let page = own.get(&page).await;
                assert!(
                    page.has("one working day to \u{2068}3\u{2069} working days") || page.has("3\u{2069} working days")
                );
                assert!(page.has("For study"), "{}", page.text);
                assert!(page.has("Otherwise"));
            }
            let (fast, slow) =
                (sent(&town, "study", &[("area", "RBH")]).await, sent(&town, "work", &[("area", "RBH")]).await);
            for (id, days) in [(fast, 1), (slow, 3)] {
                let promised = town.ctx.read(move |read| promise(read, id)).await.unwrap().unwrap();
                assert_eq!((promised.measure, promised.amount), (Measure::Days, days));
            }
            // What the person corrects later moves nothing behind their back.
            let before = town.case(fast).await.promised_at;
            let mut clerk = town.clerk("clerk", HERE).await;
            assert_eq!(take(&mut clerk, fast).await, StatusCode::SEE_OTHER);
            let page = desk(fast);
            let ask = [("decision", "ask"), ("text", "Which purpose?"), ("field", "purpose")];
            assert_eq!(clerk.act(&page, &format!("{page}/decide"), &ask).await, StatusCode::SEE_OTHER);
            let typed = [("purpose".to_owned(), "work".to_owned())].into();
            let corrected = services::correct(&town.own, Key::once(&town.own), &town.services.catalogue, fast, &typed);
            corrected.await.unwrap();
            town.settle().await;
            let now = town.ctx.read(move |read| promise(read, fast)).await.unwrap().unwrap();
            assert_eq!((now.amount, Some(now.due_at)), (1, before));
            town.house.holds().await;
        }
    });
}

#[test]
fn a_place_that_is_none_and_a_promise_of_nothing_are_refused() {
    let rule = |rest: &str| format!("{}[[promise.rule]]\nid = \"study\"\n{rest}\n", decided(&format!("\"{HERE}\"")));
    for (steps, about) in [
        (decided("{ office = \"moon\", field = \"area\", default = \"a\" }"), "no office of the kind `moon`"),
        (
            decided("{ office = \"licensing\", field = \"partners\", default = \"a\" }"),
            "no question of the kind office",
        ),
        (decided("{ office = \"licensing\", field = \"purpose\", default = \"a\" }"), "`work` is no governorate"),
        (decided("{ office = \"licensing\", default = \"a\" }"), "give field, or lookup and path"),
        (
            decided("{ office = \"licensing\", lookup = \"moon\", path = \"/x\", default = \"a\" }"),
            "`moon`, which is not",
        ),
        (
            decided("{ office = \"licensing\", lookup = \"person\", path = \"/address\", default = \"a\" }"),
            "answers no text at `/address`",
        ),
        (rule("when = \"answers.purpose == 'study'\""), "give minutes or working_days"),
        (rule("when = \"answers.purpose == 'travel'\"\nminutes = 5"), "never"),
        (rule("when = \"answers.purpose == 'study'\"\nworking_days = 0"), "0 is no time"),
    ] {
        let found = faults_saying(&steps, TEXTS);
        assert!(found.iter().any(|reason| reason.contains(about)), "{about}: {found:#?}");
    }
    let lookup = "{ office = \"licensing\", lookup = \"person\", path = \"/address/governorate\", default = \"a\" }";
    assert_eq!(faults_saying(&decided(lookup), TEXTS), Vec::<String>::new());
}

#[test]
fn an_appeal_is_heard_at_the_place_of_its_case() {
    let unit = "{ office = \"civil\", field = \"area\", default = \"civil.ramallah\" }";
    let steps = format!("[appeal]\nunit = {unit}\ndays = 15\n{}", by_area());
    assert_eq!(faults_saying(&steps, TEXTS), Vec::<String>::new());
    on_both_engines(SCHEMAS, |world| {
        let steps = steps.clone();
        async move {
            let town = Town::of(&world, catalogue_saying(&steps, TEXTS)).await;
            for (area, decides, hears) in [("GZA", "licensing.gaza", "civil.gaza"), ("SLT", THERE, "civil.salfit")] {
                let id = sent(&town, "work", &[("area", area)]).await;
                let clerk = town.officer(area, decides, CLERK).await;
                services::take(&clerk, Key::once(&clerk), id, decides).await.unwrap();
                services::reject(&clerk, Key::once(&clerk), &town.services, id, decides, "no").await.unwrap();
                let (own, catalogue) = (&town.own, &town.services.catalogue);
                services::appeal(own, Key::once(own), catalogue, id, "Look again").await.unwrap();
                assert_eq!(town.case(id).await.unit.as_deref(), Some(hears), "{area}");
            }
            town.house.holds().await;
        }
    });
    // Never the kind of office that decides, nor one that is not there.
    for (unit, about) in [
        ("{ office = \"licensing\", field = \"area\", default = \"civil.ramallah\" }", "which decides"),
        ("{ office = \"moon\", field = \"area\", default = \"civil.ramallah\" }", "no office of the kind `moon`"),
        ("{ office = \"civil\", field = \"partners\", default = \"civil.ramallah\" }", "no question of the kind"),
    ] {
        let found = faults_saying(&format!("[appeal]\nunit = {unit}\ndays = 15\n{}", by_area()), TEXTS);
        assert!(found.iter().any(|reason| reason.contains(about)), "{about}: {found:#?}");
    }
}
