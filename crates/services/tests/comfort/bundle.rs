//! A life event's services, asked once and sent at once: what is shared, what the
//! answers call for, and that one which fails stops none.

use base::id::TypedId;
use base::{IdNumber, Mandate, MandateId};
use services::{BundleId, BundleStage, Member, MemberState, Refusal, Why};

use super::folder::{BORN, CLERK, NO, NOTE, PAY, PURPOSE, VEHICLE, WHO, catalogue, faults, fee};
use super::*;

/// `first` always, `paid` always, `note` if it is chosen, `work` where the purpose
/// is work, and there its rule says no.
const EVENTS: &str = r#"
[[event]]
key = "move"
name = { ar = "انتقال", en = "Moving" }
shared = ["purpose", "born"]
bundle = [
  { service = "test.first" },
  { service = "test.paid" },
  { service = "test.note", optional = true },
  { service = "test.work", when = "answers.purpose == 'work'" },
]
"#;

fn folders() -> Vec<(&'static str, String)> {
    vec![
        ("test.first", format!("{WHO}{PURPOSE}{BORN}{CLERK}")),
        ("test.paid", format!("{PURPOSE}{}{PAY}{CLERK}", fee("test.paid"))),
        ("test.note", format!("{NOTE}{BORN}{CLERK}")),
        ("test.work", format!("{PURPOSE}{NO}")),
    ]
}

impl Town {
    async fn moving(world: &World) -> Self {
        Self::new(world, catalogue(&folders(), EVENTS)).await
    }
    async fn begin(&self, ctx: &Ctx, chosen: &[&str]) -> Result<BundleId, Refusal> {
        let chosen: Vec<String> = chosen.iter().map(|key| (*key).to_owned()).collect();
        services::start_bundle(ctx, Key::once(ctx), &self.services.catalogue, "move", &chosen).await
    }
    async fn members(&self, id: BundleId) -> Vec<Member> {
        self.ctx.read(move |read| services::bundle_members(read, id)).await.unwrap()
    }
    async fn member(&self, id: BundleId, service: &str) -> Member {
        self.members(id).await.into_iter().find(|member| member.service == service).unwrap()
    }
    async fn case_of(&self, id: BundleId, service: &str) -> Case {
        self.case(self.member(id, service).await.case.unwrap()).await
    }
    async fn answer(&self, ctx: &Ctx, id: BundleId, service: &str, field: &str, value: Value) {
        let case = self.member(id, service).await.case.unwrap();
        services::answer(ctx, Key::once(ctx), case, field, Some(value)).await.unwrap();
    }
    async fn answered(&self, ctx: &Ctx, purpose: &str, chosen: &[&str]) -> BundleId {
        let id = self.begin(ctx, chosen).await.unwrap();
        self.answer(ctx, id, "test.first", "purpose", json!(purpose)).await;
        self.answer(ctx, id, "test.first", "born", json!("2020-02-03")).await;
        if chosen.contains(&"test.note") {
            self.answer(ctx, id, "test.note", "note", json!("words")).await;
        }
        id
    }
    async fn stage(&self, ctx: &Ctx, id: BundleId) -> BundleStage {
        let actor = ctx.actor.clone();
        let own = ctx.read(move |read| services::own_bundle(read, id, &actor)).await;
        own.unwrap().stage
    }
    async fn send(&self, ctx: &Ctx, id: BundleId) -> Result<(), Refusal> {
        services::send_bundle(ctx, Key::once(ctx), &self.services, id).await
    }
    /// Somebody who acts for the person under a mandate.
    fn agent(&self, services: Option<&[&str]>, ceiling_minor: Option<i64>) -> Ctx {
        let Actor::Citizen { person: agent, account, assurance } = self.other.actor.clone() else { unreachable!() };
        let services = services.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        let mandate = Mandate { id: MandateId::from_bits(1), services, ceiling_minor };
        let person = self.own.actor.person().unwrap();
        self.own.as_actor(Actor::Agent { person, agent, account, assurance, mandate })
    }
}

mod sql {
    store::statements! {
        /// A mandate that holds, as its giving and taking leave it.
        HOLDS = "INSERT INTO identity_mandate (id, kind, principal, agent, agent_index, agent_number, services, ceiling_minor, \
                 valid_from, valid_until, stage, made_at, changed_at) VALUES ($1, 'given', $2, $3, $4, $4, '', $5, '2020-01-01', '2999-12-31', 'accepted', 0, 0)";
    }
}

/// Follows where the form leads, answering each page once: the pages in order.
async fn walk(own: &mut Browser<'_>, first: &str, answers: &[(&str, &[(&str, &str)])]) -> Vec<String> {
    let (mut at, mut seen) = (first.to_owned(), Vec::new());
    loop {
        let page = own.get(&at).await;
        assert_eq!(page.status, StatusCode::OK, "{at}: {}", page.text);
        let Some(name) = at.split("/form/").nth(1).map(str::to_owned) else { return seen };
        let typed = answers.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, typed)| typed);
        let body = page.form(typed);
        let path = at.clone();
        seen.push(name);
        let answer = own.post(&path, body).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        at = answer.text.split('#').next().unwrap().to_owned();
    }
}

#[test]
fn each_question_is_asked_once_and_every_service_becomes_a_case() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let mut own = town.browser(&town.own.actor).await;
        let offered = own.get("/en/life-events/move").await;
        for words in ["Service test.first", "Service test.work", "Everything at once", "One service alone"] {
            assert!(offered.has(words), "{words} {}", offered.text);
        }
        let start = own.get("/en/life-events/move/start").await;
        let answer = own.post("/en/life-events/move/start", start.form(&[("service", "test.note")])).await;
        let bundle = answer.text;
        let id: BundleId = bundle.rsplit('/').next().unwrap().parse().unwrap();
        let page = own.get(&bundle).await;
        let first = page.text.split("id=\"continue\" href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let typed: &[(&str, &[(&str, &str)])] = &[
            ("purpose", &[("purpose", "work")]),
            ("born", &[("born.day", "3"), ("born.month", "2"), ("born.year", "2020")]),
            ("note", &[("note", "words")]),
        ];
        assert_eq!(walk(&mut own, &first, typed).await, ["who", "purpose", "born", "note"]);
        let check = own.get(&format!("{bundle}/check")).await;
        assert_eq!(check.text.matches("<dt>Purpose</dt>").count(), 1, "{}", check.text);
        assert!(check.has("id=\"submit\""), "{}", check.text);
        let sent = own.post(&format!("{bundle}/submit"), check.form(&[])).await;
        assert_eq!((sent.status, &sent.text), (StatusCode::SEE_OTHER, &bundle));
        // Pressed twice, and once more after it was done: it is sent once.
        let again = own.post(&format!("{bundle}/submit"), check.form(&[])).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER);
        assert!(own.get(&bundle).await.has("are being sent"));
        town.settle().await;
        for (service, stage) in [
            ("test.first", Stage::Deciding),
            ("test.paid", Stage::Paying),
            ("test.note", Stage::Deciding),
            ("test.work", Stage::Closed),
        ] {
            let case = town.case_of(id, service).await;
            assert_eq!(case.stage, stage, "{service}");
            let shared = if service == "test.note" { "born" } else { "purpose" };
            assert!(case.answers.contains_key(shared), "{service}");
        }
        let result = own.get(&bundle).await;
        for words in ["data-stage=\"sent\"", "id=\"owed\"", "10.00", "Refused", "It waits for your payment"] {
            assert!(result.has(words), "{words} {}", result.text);
        }
        let case = town.case_of(id, "test.first").await;
        assert!(own.get(&format!("/en/cases/{}", case.id)).await.has("Part of: Moving"));
        for (act, times) in [("services.bundle_started", 1), ("services.bundle_sent", 1), ("services.submitted", 4)] {
            assert_eq!(town.acts(act).await, times, "{act}");
        }
        let today = town.ctx.now().date(base::Zone::Hebron);
        let counts = town.ctx.read(move |read| services::counts(read, today)).await.unwrap();
        for event in ["bundle_started", "bundle_sent"] {
            assert!(counts.iter().any(|one| one.event == event && one.detail == "move" && one.total == 1), "{event}");
        }
        town.holds().await;
    });
}

#[test]
fn what_the_answers_do_not_call_for_is_thrown_away() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let id = town.answered(&town.own, "study", &[]).await;
        assert_eq!(town.member(id, "test.note").await.case, None, "what was not chosen has no draft");
        town.send(&town.own, id).await.unwrap();
        town.settle().await;
        let work = town.member(id, "test.work").await;
        assert_eq!(work.state, MemberState::Unneeded);
        assert_eq!(town.case(work.case.unwrap()).await.stage, Stage::Discarded);
        assert_eq!(town.stage(&town.own, id).await, BundleStage::Sent);
        town.holds().await;
    });
}

#[test]
fn members_join_with_what_is_known_and_leave_without_a_trace() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let ctx = &town.own;
        let id = town.answered(ctx, "study", &[]).await;
        let catalogue = &town.services.catalogue;
        services::join_bundle(ctx, Key::once(ctx), catalogue, id, "test.note").await.unwrap();
        // Twice is once.
        services::join_bundle(ctx, Key::once(ctx), catalogue, id, "test.note").await.unwrap();
        let note = town.case_of(id, "test.note").await;
        assert_eq!(note.answers.get("born"), Some(&json!("2020-02-03")));
        let lacking = town.send(ctx, id).await;
        assert!(matches!(lacking, Err(Refusal::Incomplete(names)) if names == ["note"]));
        // A later change in either is a change in both; an answer that goes, goes.
        town.answer(ctx, id, "test.note", "born", json!("2021-01-01")).await;
        assert_eq!(town.case_of(id, "test.first").await.answers.get("born"), Some(&json!("2021-01-01")));
        services::answer(ctx, Key::once(ctx), note.id, "born", None).await.unwrap();
        assert_eq!(town.case_of(id, "test.first").await.answers.get("born"), None);
        services::leave_bundle(ctx, Key::once(ctx), catalogue, id, "test.note").await.unwrap();
        assert_eq!(town.case(note.id).await.stage, Stage::Discarded);
        let needed = services::leave_bundle(ctx, Key::once(ctx), catalogue, id, "test.first").await;
        assert!(matches!(needed, Err(Refusal::NotNow(..))));
        // Another's bundle is not there.
        let other = &town.other;
        for refused in [
            services::join_bundle(other, Key::once(other), catalogue, id, "test.note").await,
            services::discard_bundle(other, Key::once(other), id).await,
            town.send(other, id).await,
        ] {
            assert!(matches!(refused, Err(Refusal::NoCase)), "{refused:?}");
        }
        let mut stranger = town.browser(&other.actor).await;
        assert_eq!(stranger.get(&format!("/en/bundles/{id}")).await.status, StatusCode::NOT_FOUND);
        services::discard_bundle(ctx, Key::once(ctx), id).await.unwrap();
        assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Discarded);
        assert!(matches!(town.send(ctx, id).await, Err(Refusal::NotNow(..))));
        town.holds().await;
    });
}

#[test]
fn a_member_that_cannot_be_sent_stops_none() {
    let strict = PURPOSE.replace(
        "required = true,",
        "required = true, check = \"!has(registers.person) || registers.person.status == 'alive'\",",
    );
    let mut folders = folders();
    folders[1].1 = format!("{WHO}{strict}{CLERK}");
    on_both_engines(SCHEMAS, move |world| {
        let folders = folders.clone();
        async move {
            let town = Town::new(&world, catalogue(&folders, EVENTS)).await;
            let id = town.answered(&town.own, "study", &[]).await;
            town.send(&town.own, id).await.unwrap();
            // What the register tells changes between the button and the commit.
            let number = base::IdNumber::complete(FIRST);
            town.registers.change(number.as_str(), |known| known.person["status"] = json!("dead"));
            town.settle().await;
            let member = town.member(id, "test.paid").await;
            assert_eq!((member.state, member.why), (MemberState::Failed, Some(Why::Incomplete)));
            assert_eq!(town.case_of(id, "test.paid").await.stage, Stage::Draft);
            assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Deciding);
            assert_eq!(town.stage(&town.own, id).await, BundleStage::Sent);
            assert_eq!(town.acts("services.bundle_member_failed").await, 1);
            // What was left is gone on with alone.
            let mut own = town.browser(&town.own.actor).await;
            let page = own.get(&format!("/en/bundles/{id}")).await;
            assert!(page.has("Not sent") && page.has("does not fit"), "{}", page.text);
            town.registers.change(number.as_str(), |known| known.person["status"] = json!("alive"));
            let case = member.case.unwrap();
            own.get(&format!("/en/cases/{case}/form/who")).await;
            let check = own.get(&format!("/en/cases/{case}/check")).await;
            let sent = own.post(&format!("/en/cases/{case}/submit"), check.form(&[])).await;
            assert_eq!((sent.status, sent.text), (StatusCode::SEE_OTHER, format!("/en/cases/{case}")));
            assert_eq!(town.case(case).await.stage, Stage::Deciding);
            town.holds().await;
        }
    });
}

#[test]
fn a_mandate_that_ended_meanwhile_sends_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        // No mandate is written down in this world: it is over when the queue looks.
        let agent = town.agent(None, None);
        let id = town.answered(&agent, "study", &[]).await;
        town.send(&agent, id).await.unwrap();
        town.settle().await;
        for service in ["test.first", "test.paid"] {
            let member = town.member(id, service).await;
            assert_eq!((member.state, member.why), (MemberState::Failed, Some(Why::Mandate)), "{service}");
            assert_eq!(town.case(member.case.unwrap()).await.stage, Stage::Draft);
        }
        assert_eq!(town.stage(&agent, id).await, BundleStage::Sent);
        assert_eq!(town.acts("services.bundle_member_failed").await, 2);
        town.holds().await;
    });
}

#[test]
fn whoever_acts_for_another_sends_as_far_as_the_mandate_goes() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let ceiling = 999_i64;
        let agent = town.agent(None, Some(ceiling));
        let (id, principal) = (MandateId::from_bits(1), town.own.actor.person().unwrap());
        let who = town.other.actor.person().unwrap();
        let kept = town.ctx.write(Key::once(&town.ctx), move |tx| {
            tx.execute_one(&sql::HOLDS, &store::params![id, principal, who, vec![0_u8], ceiling])
        });
        kept.await.unwrap();
        let id = town.answered(&agent, "study", &[]).await;
        town.send(&agent, id).await.unwrap();
        town.settle().await;
        assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Deciding);
        let paid = town.member(id, "test.paid").await;
        assert_eq!((paid.state, paid.why), (MemberState::Failed, Some(Why::Ceiling)));
        // The one who is acted for sees it, sends the rest, and knows who sent the first.
        let mut own = town.browser(&town.own.actor).await;
        let page = own.get(&format!("/en/bundles/{id}")).await;
        assert!(page.has("above what the mandate allows"), "{}", page.text);
        services::submit(&town.own, Key::once(&town.own), &town.services, paid.case.unwrap()).await.unwrap();
        assert_eq!(town.case_of(id, "test.paid").await.stage, Stage::Paying);
        let slice = web::Slice::default();
        let acts = town.own.read(move |read| audit::acts_about(read, principal, "services.bundle_sent", &slice));
        assert_eq!(acts.await.unwrap().pop().unwrap().actor, format!("person:{who}"));
        town.house.sequence().await;
        assert_eq!(town.broken_lately().await, Vec::<String>::new());
    });
}

#[test]
fn a_mandate_leaves_out_what_it_does_not_cover() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let none = town.agent(Some(&["other"]), None);
        assert!(matches!(town.begin(&none, &[]).await, Err(Refusal::OutOfMandate)));
        let one = town.agent(Some(&["test.first"]), None);
        let id = town.begin(&one, &["test.note"]).await.unwrap();
        for (service, state, why) in [
            ("test.first", MemberState::In, None),
            ("test.paid", MemberState::Out, Some(Why::Mandate)),
            ("test.note", MemberState::Out, Some(Why::Mandate)),
        ] {
            let member = town.member(id, service).await;
            assert_eq!((member.state, member.why), (state, why), "{service}");
        }
        let catalogue = &town.services.catalogue;
        let joined = services::join_bundle(&one, Key::once(&one), catalogue, id, "test.note").await;
        assert!(matches!(joined, Err(Refusal::OutOfMandate)));
        // The person themselves takes it in; whoever acts under the mandate cannot send that.
        let own = &town.own;
        services::join_bundle(own, Key::once(own), catalogue, id, "test.note").await.unwrap();
        town.answer(own, id, "test.first", "purpose", json!("study")).await;
        town.answer(own, id, "test.first", "born", json!("2020-02-03")).await;
        town.send(&one, id).await.unwrap();
        let note = town.member(id, "test.note").await;
        assert_eq!((note.state, note.why), (MemberState::Failed, Some(Why::Mandate)));
        assert_eq!(town.case(note.case.unwrap()).await.stage, Stage::Draft);
        town.settle().await;
        town.holds().await;
    });
}

#[test]
fn what_died_between_is_done_by_the_queue() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let id = town.answered(&town.own, "work", &[]).await;
        town.registers.up.store(false, std::sync::atomic::Ordering::SeqCst);
        town.send(&town.own, id).await.unwrap();
        // Nothing ran yet: the intent alone is there, and verify finds it under way.
        assert_eq!(town.stage(&town.own, id).await, BundleStage::Sending);
        assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Draft);
        town.house.sequence().await;
        assert_eq!(town.broken_lately().await, Vec::<String>::new());
        // A register that is silent keeps no member back: it is sent, and to be checked.
        town.settle().await;
        assert_eq!(town.stage(&town.own, id).await, BundleStage::Sent);
        assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Checking);
        town.registers.up.store(true, std::sync::atomic::Ordering::SeqCst);
        town.house.sequence().await;
        town.clock.advance_seconds(600);
        town.settle().await;
        assert_eq!(town.case_of(id, "test.first").await.stage, Stage::Deciding);
        assert_eq!(town.acts("services.submitted").await, 3);
        town.holds().await;
    });
}

#[test]
fn a_password_alone_sends_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::moving(&world).await;
        let Actor::Citizen { person, account, .. } = town.own.actor.clone() else { unreachable!() };
        let low = town.own.as_actor(Actor::Citizen { person, account, assurance: Assurance::Low });
        let id = town.answered(&low, "study", &[]).await;
        assert!(matches!(town.send(&low, id).await, Err(Refusal::TooLow)));
        let mut own = town.browser(&low.actor).await;
        let check = own.get(&format!("/en/bundles/{id}/check")).await;
        assert!(check.has("id=\"step-up\"") && !check.has("id=\"submit\""), "{}", check.text);
        assert_eq!(town.stage(&low, id).await, BundleStage::Draft);
    });
}

#[test]
fn bundles_that_cannot_work_are_refused() {
    let event = |keys: &str| format!("[[event]]\nkey = \"e\"\nname = {{ ar = \"ح\", en = \"E\" }}\n{keys}\n");
    let two = "bundle = [{ service = \"test.first\" }, { service = \"test.paid\" }]";
    for (keys, about) in [
        ("bundle = [{ service = \"test.first\" }, { service = \"test.nothing\" }]".to_owned(), "no such folder"),
        ("bundle = [{ service = \"test.first\" }]".to_owned(), "give 2 to"),
        ("bundle = [{ service = \"test.first\" }, { service = \"test.first\" }]".to_owned(), "twice"),
        (
            "bundle = [{ service = \"test.first\", optional = true }, { service = \"test.paid\", optional = true }]".to_owned(),
            "no `optional`, `when` or `after`",
        ),
        (format!("shared = [\"nothing\"]\n{two}"), "none of its bundle's services asks"),
        (format!("shared = [\"born\"]\n{two}"), "only one of its bundle's services"),
        ("shared = [\"purpose\"]".to_owned(), "none of its bundle's services asks"),
        (
            "bundle = [{ service = \"test.first\" }, { service = \"test.paid\", when = \"answers.purpose == 'work'\" }]".to_owned(),
            "answers.purpose",
        ),
        (
            "shared = [\"purpose\"]\nbundle = [{ service = \"test.first\" }, { service = \"test.paid\", when = \"answers.purpose == 'leisure'\" }]"
                .to_owned(),
            "leisure",
        ),
        (
            "shared = [\"born\"]\nbundle = [{ service = \"test.first\" }, { service = \"test.note\", when = \"answers.born\" }]".to_owned(),
            "answers.born",
        ),
    ] {
        let found = faults(&folders(), &event(&keys));
        assert!(found.iter().any(|fault| fault.contains(about)), "{keys}: {found:#?}");
    }
    let twice = faults(&folders(), &format!("{}{}", event(two), event("")));
    assert!(twice.iter().any(|fault| fault.contains("there twice")), "{twice:#?}");
    assert_eq!(faults(&folders(), EVENTS), Vec::<String>::new());
}

#[test]
fn the_one_check_page_names_what_was_chosen_and_shows_nobody_its_key() {
    let events = EVENTS.replace("  { service = \"test.work\", when = \"answers.purpose == 'work'\" },\n", "");
    let mut folders = folders();
    folders.pop();
    folders[2].1.insert_str(0, VEHICLE);
    on_both_engines(SCHEMAS, |world| {
        let (events, folders) = (events.clone(), folders.clone());
        async move {
            let town = Town::new(&world, catalogue(&folders, &events)).await;
            let number = IdNumber::complete(FIRST);
            let vehicle = json!({ "plate": "7-1234", "make": { "ar": "فورد", "en": "Ford" }, "year": 2015 });
            let question = format!("vehicles?id={}", number.as_str());
            town.registers.put_answer(&question, json!({ "vehicles": [vehicle] }));
            let id = town.answered(&town.own, "study", &["test.note"]).await;
            town.answer(&town.own, id, "test.note", "vehicle", json!("7-1234")).await;
            let mut own = town.browser(&town.own.actor).await;
            let check = format!("/en/bundles/{id}/check");
            // The register was not asked yet: what was chosen has no name.
            let page = own.get(&check).await;
            assert!(page.has("To be checked") && !page.has("7-1234"), "{}", page.text);
            let case = town.member(id, "test.note").await.case.unwrap();
            assert!(own.get(&format!("/en/cases/{case}/form/vehicle")).await.has("Ford"));
            let page = own.get(&check).await;
            assert!(page.has("Ford, 2015") && !page.has("7-1234"), "{}", page.text);
        }
    });
}
