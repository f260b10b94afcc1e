//! A member of a bundle that begins by itself once another has ended, with what was
//! asked once, under the name that each service has for it.

use services::{BundleId, Member, MemberState};

use super::folder::{BORN, CLERK, NOTE, PURPOSE, WHO, catalogue, faults};
use super::*;

const EVENTS: &str = r#"
[[event]]
key = "move"
name = { ar = "انتقال", en = "Moving" }
shared = [{ name = "words", fields = { "test.first" = "note", "test.also" = "school", "test.later" = "school" } }]
bundle = [
  { service = "test.first" },
  { service = "test.also", when = "answers.words != 'none'" },
  { service = "test.later", optional = true, after = "test.first", takes = { born = "/person/birth_date" } },
]
"#;
const SCHOOL: &str = "[[page]]\nid = \"school\"\nfield = { id = \"school\", kind = \"text\", required = true }\n";

fn folders() -> Vec<(&'static str, String)> {
    vec![
        ("test.first", format!("{WHO}{NOTE}{CLERK}")),
        ("test.also", format!("{SCHOOL}{CLERK}")),
        ("test.later", format!("{SCHOOL}{BORN}{CLERK}")),
    ]
}

struct Moved {
    town: Town,
    bundle: BundleId,
}

impl Moved {
    /// A bundle that was sent, and its first case with a clerk.
    async fn new(world: &World) -> Self {
        Self::of(world, &folders()).await
    }
    async fn of(world: &World, folders: &[(&'static str, String)]) -> Self {
        let town = Town::new(world, catalogue(folders, EVENTS)).await;
        let own = &town.own;
        let chosen = ["test.later".to_owned()];
        let bundle =
            services::start_bundle(own, Key::once(own), &town.services.catalogue, "move", &chosen).await.unwrap();
        let moved = Self { town, bundle };
        let (own, first) = (&moved.town.own, moved.member("test.first").await.case.unwrap());
        services::answer(own, Key::once(own), first, "note", Some(json!("By the sea"))).await.unwrap();
        // The same question under another name.
        assert_eq!(moved.answers("test.also").await["school"], "By the sea");
        services::send_bundle(own, Key::once(own), &moved.town.services, bundle).await.unwrap();
        moved.town.settle().await;
        moved
    }
    async fn member(&self, service: &str) -> Member {
        let id = self.bundle;
        let all = self.town.ctx.read(move |read| services::bundle_members(read, id)).await.unwrap();
        all.into_iter().find(|member| member.service == service).unwrap()
    }
    async fn answers(&self, service: &str) -> serde_json::Map<String, Value> {
        self.town.case(self.member(service).await.case.unwrap()).await.answers
    }
    async fn decide(&self, yes: bool) {
        let town = &self.town;
        let unit = "licensing.ramallah";
        let (clerk, case) =
            (town.officer("clerk", unit, &[base::Role::Clerk]).await, self.member("test.first").await.case.unwrap());
        services::take(&clerk, Key::once(&clerk), case, unit).await.unwrap();
        let services = &town.services;
        if yes {
            services::approve(&clerk, Key::once(&clerk), services, case, unit).await.unwrap();
        } else {
            services::reject(&clerk, Key::once(&clerk), services, case, unit, "No").await.unwrap();
        }
        town.settle().await;
    }
    async fn page(&self) -> browser::Answer {
        let mut own = self.town.browser(&self.town.own.actor).await;
        own.get(&format!("/en/bundles/{}", self.bundle)).await
    }
}

#[test]
fn what_asks_nothing_new_afterwards_is_sent_with_the_same_button() {
    on_both_engines(SCHEMAS, |world| async move {
        let moved = Moved::new(&world).await;
        moved.decide(true).await;
        let begun = moved.member("test.later").await;
        let case = moved.town.case(begun.case.unwrap()).await;
        assert_eq!((begun.state, case.stage), (MemberState::Begun, Stage::Deciding));
        assert_eq!(case.answers["school"], "By the sea");
        assert!(case.submitted_at.is_some() && case.answers.contains_key("born"));
        // It is told of as any case that was sent, and nothing is left to its person.
        let mut own = moved.town.browser(&moved.town.own.actor).await;
        assert!(!own.get("/en/inbox").await.has("The next service of yours has begun"));
        assert!(moved.page().await.has(&format!("/en/cases/{}\"", case.id)));
        moved.town.house.holds().await;
    });
}

#[test]
fn what_can_only_begin_afterwards_begins_by_itself_with_what_was_asked_once() {
    on_both_engines(SCHEMAS, |world| async move {
        let mut asks_more = folders();
        asks_more[2].1.insert_str(0, PURPOSE);
        let moved = Moved::of(&world, &asks_more).await;
        let waits = moved.member("test.later").await;
        assert_eq!((waits.state, waits.case), (MemberState::Awaits, None));
        assert!(moved.page().await.has("Begins later"));
        moved.decide(true).await;
        let begun = moved.member("test.later").await;
        assert_eq!(begun.state, MemberState::Begun);
        let draft = moved.town.case(begun.case.unwrap()).await;
        assert_eq!((draft.stage, draft.submitted_at), (Stage::Draft, None));
        assert_eq!(draft.answers["school"], "By the sea");
        let born = draft.answers["born"].as_str().unwrap().to_owned();
        assert!(base::Date::parse(&born).is_some(), "{born}");
        // Its person is told, once, and goes on from the bundle's page.
        let mut own = moved.town.browser(&moved.town.own.actor).await;
        assert!(own.get("/en/inbox").await.has("The next service of yours has begun"));
        assert_eq!(moved.town.acts("services.bundle_member_begun").await, 1);
        assert!(moved.page().await.has(&format!("/en/cases/{}/form/purpose", draft.id)));
        let own = &moved.town.own;
        services::answer(own, Key::once(own), draft.id, "purpose", Some(json!("work"))).await.unwrap();
        services::submit(own, Key::once(own), &moved.town.services, draft.id).await.unwrap();
        moved.town.settle().await;
        assert_eq!(moved.town.case(draft.id).await.stage, Stage::Deciding);
        moved.town.house.holds().await;
    });
}

#[test]
fn what_waits_for_a_case_that_is_refused_does_not_begin_and_its_page_says_so() {
    on_both_engines(SCHEMAS, |world| async move {
        let moved = Moved::new(&world).await;
        moved.decide(false).await;
        assert_eq!(moved.member("test.later").await.case, None);
        assert!(moved.page().await.has("did not succeed"));
        assert_eq!(moved.town.acts("services.bundle_member_begun").await, 0);
        moved.town.house.holds().await;
    });
}

#[test]
fn what_follows_nothing_and_shares_what_nobody_asks_is_refused() {
    let event = |from: &str, to: &str| EVENTS.replace(from, to);
    assert_eq!(faults(&folders(), EVENTS), Vec::<String>::new());
    for (events, about) in [
        (event("after = \"test.first\"", "after = \"test.also\""), "no service before it that always belongs"),
        (event(", after = \"test.first\"", ""), "belongs to a service that begins after another"),
        (event("takes = { born", "takes = { moon"), "takes `moon`, which it does not ask"),
        (event("\"/person/", "\"/moon/"), "is told nothing of that name"),
        (event("\"test.also\" = \"school\"", "\"test.also\" = \"moon\""), "asks no such question"),
    ] {
        let found = faults(&folders(), &events);
        assert!(found.iter().any(|reason| reason.contains(about)), "{about}: {found:#?}");
    }
}
