//! Cases on both engines, with the project's own folders: a whole way, a silent
//! register that loses nothing, and every edge that must not be taken.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use base::{Assurance, CaseId, Date, IdNumber, Role};
use house::{FIRST, House, Look, SCHEMAS};
use serde_json::json;
use services::{Handed, Refusal, Stage};
use store::{Ctx, Key, params};
use testkit::{World, on_both_engines};
use web::Slice;

const LICENCE: &str = "mot.licence.renew";
const UNIT: &str = "licensing.ramallah";
const OFFICE: &str = "post.nablus";

/// A house with one person in it.
struct Home {
    house: House,
    ctx: Ctx,
    number: String,
}

async fn home(world: &World) -> Home {
    let house = House::new(world, Look::Full).await;
    let ctx = house.citizen(FIRST, Assurance::Substantial).await;
    Home { house, ctx, number: IdNumber::complete(FIRST).as_str().to_owned() }
}

impl std::ops::Deref for Home {
    type Target = House;
    fn deref(&self) -> &House {
        &self.house
    }
}

impl Home {
    async fn draft(&self) -> CaseId {
        let ctx = &self.ctx;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, &self.by_rule()).await.unwrap();
        services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("work"))).await.unwrap();
        id
    }
    async fn submit(&self, id: CaseId) -> Result<(), Refusal> {
        services::submit(&self.ctx, Key::once(&self.ctx), &self.services, id).await
    }
    /// A case of the service that a clerk decides: sent, paid, and taken by this clerk.
    async fn with_a_clerk(&self, clerk: &Ctx) -> CaseId {
        let ctx = &self.ctx;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, LICENCE).await.unwrap();
        for (field, answer) in [("glasses", "no"), ("health", "none"), ("collection", OFFICE)] {
            services::answer(ctx, Key::once(ctx), id, field, Some(json!(answer))).await.unwrap();
        }
        self.submit(id).await.unwrap();
        self.pay(id, "t1").await;
        services::take(clerk, Key::once(clerk), id, UNIT).await.unwrap();
        id
    }
    /// The pick-up code, as the case's person reads it.
    async fn code(&self, id: CaseId) -> Option<String> {
        let person = self.ctx.actor.person().unwrap();
        self.ctx.read(move |read| services::pick_up_code(read, id, person)).await.unwrap()
    }
    /// What the person was told: of what kind, in which words.
    async fn told(&self) -> BTreeMap<String, String> {
        let person = self.ctx.actor.person().unwrap();
        let items =
            self.ctx.read(move |read| notify::inbox(read, person, base::Locale::EN, &Slice::default())).await.unwrap();
        items.into_iter().map(|item| (item.topic, item.body)).collect()
    }
}

#[test]
fn a_case_goes_its_whole_way() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        assert_eq!(house.case(id).await.stage, Stage::Paying);
        house.holds().await;
        let bill = house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert_eq!(bill.total.number(), "5.00");
        house.pay(id, "t1").await;
        let closed = house.case(id).await;
        assert_eq!((closed.stage, closed.outcome.as_deref()), (Stage::Closed, Some("completed")));
        let papers = house.ctx.read(move |read| documents::papers_about(read, &closed.object())).await.unwrap();
        assert_eq!(papers.len(), 1);
        assert_eq!(papers[0].content.values["name_latin"], json!("Salma Adel Khalil Awwad"));
        assert_eq!(papers[0].content.values["purpose"]["ar"], json!("عمل"));
        house.holds().await;
    });
}

#[test]
fn a_full_waiver_needs_no_payment() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        house.registers.change(&house.number, |known| known.person["cohorts"] = json!(["social-assistance"]));
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        house.settle().await;
        assert_eq!(house.case(id).await.stage, Stage::Closed);
        let bill = house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert!(bill.total.is_zero() && bill.lines[0].waiver.is_some());
        house.holds().await;
    });
}

#[test]
fn a_revoked_paper_is_told_to_its_person_once() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        house.registers.change(&house.number, |known| known.person["cohorts"] = json!(["social-assistance"]));
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        house.settle().await;
        let (object, person) = (house.case(id).await.object(), house.ctx.actor.person().unwrap());
        let papers = house.ctx.read(move |read| documents::papers_about(read, &object)).await.unwrap();
        let (paper, reason) = (papers[0].id, "صدرت قبل تصحيح السجل");
        // A rule decided it: any unit may.
        assert_eq!(papers[0].unit, None);
        documents::revoke(&house.ctx.as_machine("desk"), Key::once(&house.ctx), paper, "a.unit", reason).await.unwrap();
        house.settle().await;
        house.settle().await;
        assert_eq!(house.case(id).await.stage, Stage::Closed);
        let object = house.case(id).await.object();
        let acts = house.ctx.read(move |read| audit::acts_of(read, &object)).await.unwrap();
        for act in ["documents.revoked", "services.paper_revoked"] {
            assert_eq!(acts.iter().filter(|line| line.act == act).count(), 1, "{act}");
        }
        let inbox =
            house.ctx.read(move |read| notify::inbox(read, person, base::Locale::AR, &Slice::default())).await.unwrap();
        assert_eq!(inbox.iter().filter(|item| item.body == reason).count(), 1, "{inbox:?}");
        house.holds().await;
    });
}

#[test]
fn what_the_rule_refuses_costs_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        house.registers.change(&house.number, |known| known.person["status"] = json!("dead"));
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        let closed = house.case(id).await;
        assert_eq!((closed.stage, closed.outcome.as_deref()), (Stage::Closed, Some("refused")));
        assert!(house.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().is_none());
        house.holds().await;
    });
}

#[test]
fn a_rule_without_an_answer_refuses_nobody() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        house.registers.change(&house.number, |known| drop(known.person.as_object_mut().unwrap().remove("status")));
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        for _ in 0..2 {
            let waits = house.case(id).await;
            assert_eq!((waits.stage, waits.marked), (Stage::Checking, true));
            house.holds().await;
            world.clock.advance_seconds(60);
            house.settle().await;
        }
        let lines = house.house.ctx.read(|read| read.rows(&sql::MARKED, &params![])).await.unwrap();
        assert_eq!(lines.len(), 1);
        house.registers.change(&house.number, |known| known.person["status"] = json!("alive"));
        world.clock.advance_seconds(60);
        house.settle().await;
        let heard = house.case(id).await;
        assert_eq!((heard.stage, heard.marked), (Stage::Paying, false));
        house.holds().await;
    });
}

#[test]
fn a_silent_register_loses_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let id = house.draft().await;
        house.registers.up.store(false, Ordering::SeqCst);
        house.submit(id).await.unwrap();
        let marked = house.case(id).await;
        assert_eq!((marked.stage, marked.marked), (Stage::Checking, true));
        house.settle().await;
        assert_eq!(house.case(id).await.stage, Stage::Checking);
        house.holds().await;
        house.registers.up.store(true, Ordering::SeqCst);
        world.clock.advance_seconds(60);
        house.settle().await;
        let heard = house.case(id).await;
        assert_eq!((heard.stage, heard.marked), (Stage::Paying, false));
        assert_eq!(heard.answers["purpose"], json!("work"));
        house.holds().await;
    });
}

#[test]
fn more_cases_than_a_page_holds_are_reached_from_it() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let (ctx, person) = (&house.ctx, house.ctx.actor.person().unwrap());
        let mut started = Vec::new();
        for _ in 0..60 {
            world.clock.advance_seconds(1);
            let id = services::start(ctx, Key::once(ctx), &house.services.catalogue, &house.by_rule()).await.unwrap();
            started.insert(0, id);
        }
        let (mut slice, mut seen) = (Slice::default(), Vec::new());
        loop {
            let asked = slice.clone();
            let read = ctx.read(move |read| services::cases_of(read, person, &asked)).await.unwrap();
            let (cases, next) = slice.cut(read, |case| case.id.to_string());
            assert!(cases.len() <= 50);
            seen.extend(cases.iter().map(|case| case.id));
            let Some(next) = next else { break };
            slice.after = Some(next);
        }
        assert_eq!(seen, started);
    });
}

mod sql {
    store::statements! {
        /// What is kept of registers' answers.
        TOLD = "SELECT lookup, state, at FROM services_told ORDER BY lookup";
        /// Lines that say that a register has yet to be heard.
        MARKED = "SELECT position FROM services_event WHERE kind = 'services.marked'";
    }
}

#[test]
fn silence_does_not_erase_what_was_told_and_a_late_page_changes_nothing() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let told = async || {
            let rows = house.house.ctx.read(|read| read.rows(&sql::TOLD, &params![])).await.unwrap();
            let told = rows.iter().map(|row| (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap()));
            told.collect::<Vec<(String, String, i64)>>()
        };
        let id = house.draft().await;
        let case = house.case(id).await;
        let service = house.services.catalogue.service(&case.service).unwrap();
        let lookups: Vec<_> = service.file.lookups.iter().collect();
        let open_page = async || {
            services::prefill(&house.ctx, &house.services, &case, &lookups, "case.form").await.unwrap();
        };
        open_page().await;
        let heard = told().await;
        assert!(!heard.is_empty() && heard.iter().all(|(_, state, _)| state == "answered"), "{heard:?}");
        world.clock.advance_seconds(60);
        house.registers.up.store(false, Ordering::SeqCst);
        open_page().await;
        let silent = told().await;
        assert!(silent.iter().all(|(_, state, _)| state == "unavailable"), "{silent:?}");
        assert!(silent.iter().zip(&heard).all(|(now, before)| now.2 == before.2), "{silent:?}");
        house.registers.up.store(true, Ordering::SeqCst);
        house.submit(id).await.unwrap();
        let sent = told().await;
        // A page that was asked for before comes after: the register is silent by now.
        house.registers.up.store(false, Ordering::SeqCst);
        open_page().await;
        assert_eq!(told().await, sent);
        house.holds().await;
    });
}

#[test]
fn nothing_is_done_twice_or_by_somebody_else() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let ctx = &house.ctx;
        let empty = services::start(ctx, Key::once(ctx), &house.services.catalogue, &house.by_rule()).await.unwrap();
        assert!(matches!(house.submit(empty).await, Err(Refusal::Incomplete(fields)) if fields == ["purpose"]));
        let id = house.draft().await;
        let stranger = house.citizen(FIRST + 1, Assurance::Substantial).await;
        let theirs = services::answer(&stranger, Key::once(ctx), id, "purpose", None).await;
        assert!(matches!(theirs, Err(Refusal::NoCase)));
        let theirs = services::submit(&stranger, Key::once(ctx), &house.services, id).await;
        assert!(matches!(theirs, Err(Refusal::NoCase)));
        house.submit(id).await.unwrap();
        assert!(matches!(house.submit(id).await, Err(Refusal::NotNow("paying", _))));
        let late = services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("study"))).await;
        assert!(matches!(late, Err(Refusal::NotNow("paying", _))));
        services::discard(ctx, Key::once(ctx), empty).await.unwrap();
        assert!(services::discard(ctx, Key::once(ctx), id).await.is_err());
        assert_eq!(house.case(id).await.answers["purpose"], json!("work"));
        house.holds().await;
    });
}

#[test]
fn money_that_comes_twice_is_kept_and_said() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let id = house.draft().await;
        house.submit(id).await.unwrap();
        house.pay(id, "t1").await;
        assert!(!house.told().await.contains_key("services.money_held"));
        house.pay(id, "t2").await;
        let body = house.told().await.remove("services.money_held").unwrap();
        assert!(body.contains("5.00") && body.contains("R-"), "{body}");
        assert_eq!(house.case(id).await.stage, Stage::Closed);
        house.holds().await;
    });
}

#[test]
fn one_opinion_is_kept_after_a_refusal_by_service_office_and_step() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let clerk = house.officer("clerk", UNIT, &[Role::Clerk]).await;
        let id = house.with_a_clerk(&clerk).await;
        let ctx = &house.ctx;
        assert!(services::keep_feedback(ctx, Key::once(ctx), id, 4).await.is_err());
        let bare = services::reject(&clerk, Key::once(&clerk), &house.services, id, UNIT, " ").await;
        assert!(matches!(bare, Err(Refusal::Incomplete(_))));
        services::reject(&clerk, Key::once(&clerk), &house.services, id, UNIT, "A recent report is needed.")
            .await
            .unwrap();
        assert_eq!(house.told().await["services.refused"], "A recent report is needed.");
        let stranger = house.citizen(FIRST + 1, Assurance::Substantial).await;
        assert!(services::keep_feedback(&stranger, Key::once(ctx), id, 1).await.is_err());
        for answer in [2, 5] {
            services::keep_feedback(ctx, Key::once(ctx), id, answer).await.unwrap();
        }
        let day = Date::new(2020, 1, 1).unwrap();
        let opinions = ctx.read(move |read| services::opinions(read, day)).await.unwrap();
        let kept: Vec<_> = opinions
            .iter()
            .map(|one| (one.service.as_str(), one.office.as_str(), one.outcome.as_str(), one.answer, one.total))
            .collect();
        assert_eq!(kept, [(LICENCE, UNIT, "refused", 2, 1)]);
        let closed = house.case(id).await;
        assert_eq!(opinions[0].step, closed.step.to_string());
        house.holds().await;
    });
}

#[test]
fn five_wrong_codes_lock_until_a_supervisor_gives_a_new_one() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let clerk = house.officer("clerk", UNIT, &[Role::Clerk]).await;
        let id = house.with_a_clerk(&clerk).await;
        services::approve(&clerk, Key::once(&clerk), &house.services, id, UNIT).await.unwrap();
        house.settle().await;
        services::send(&clerk, Key::once(&clerk), OFFICE).await.unwrap();
        let manifest =
            house.ctx.read(|read| services::at_office(read, OFFICE, "sent")).await.unwrap().remove(0).manifest;
        let agent = house.officer("agent", OFFICE, &[Role::PostAgent]).await;
        services::receive(&agent, Key::once(&agent), OFFICE, &manifest.unwrap()).await.unwrap();
        let code = house.code(id).await.unwrap();
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let hand = |office: &'static str, typed: String| {
            let agent = agent.clone();
            async move {
                services::hand_over(&agent, Key::once(&agent), office, id, &typed, services::Shown::IdCard)
                    .await
                    .unwrap()
            }
        };
        assert_eq!(hand("post.ramallah", code.clone()).await, Handed::NotHere);
        for left in (1..services::TRIES).rev() {
            assert_eq!(hand(OFFICE, wrong.to_owned()).await, Handed::Wrong(left));
        }
        assert!(services::unlock(&clerk, Key::once(&clerk), id).await.is_err());
        assert_eq!(hand(OFFICE, wrong.to_owned()).await, Handed::Locked);
        assert_eq!(hand(OFFICE, code.clone()).await, Handed::Locked);
        assert_eq!(house.code(id).await, None);
        assert!(house.told().await.contains_key("services.locked"));
        services::unlock(&clerk, Key::once(&clerk), id).await.unwrap();
        assert!(house.told().await.contains_key("services.unlocked"));
        let fresh = house.code(id).await.unwrap();
        assert_eq!(hand(OFFICE, fresh.clone()).await, Handed::Over);
        assert_eq!(hand(OFFICE, fresh).await, Handed::NotHere);
        assert_eq!(house.case(id).await.stage, Stage::Closed);
        house.holds().await;
    });
}

#[test]
fn a_draft_that_was_left_is_counted_once_and_stays() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = home(&world).await;
        let ctx = &house.ctx;
        let left = services::start(ctx, Key::once(ctx), &house.services.catalogue, &house.by_rule()).await.unwrap();
        let sent = house.draft().await;
        house.submit(sent).await.unwrap();
        world.clock.advance_seconds(31 * 86_400);
        for _ in 0..2 {
            for job in services::system(&house.editions).jobs {
                assert!(job.run_once(&world.ctx.as_machine("test"), "test").await.unwrap());
            }
        }
        let day = Date::new(2020, 1, 1).unwrap();
        let counted = ctx.read(move |read| services::counts(read, day)).await.unwrap();
        let lines = |event: &str| {
            let lines = counted.iter().filter(|line| line.event == event);
            lines.map(|line| (line.detail.clone(), line.channel.clone(), line.total)).collect::<Vec<_>>()
        };
        assert_eq!(lines("abandoned"), [("purpose".to_owned(), "system".to_owned(), 1)]);
        assert_eq!(lines("started"), [(String::new(), "web".to_owned(), 2)]);
        assert_eq!(house.case(left).await.stage, Stage::Draft);
        house.holds().await;
    });
}

#[test]
fn the_tables_of_stages_have_no_dead_ends() {
    for table in
        [services::CASE, services::PARCEL, services::TURN, services::calendar::decree::DECREE, services::BUNDLE]
    {
        assert!(table.faults().is_empty(), "{}: {:?}", table.name, table.faults());
        for stage in table.stages() {
            for event in table.events() {
                let edge = table.edges.iter().find(|edge| edge.0 == stage && edge.1 == event);
                assert_eq!(table.next(stage, event), edge.map(|edge| edge.2), "{} {stage} {event}", table.name);
            }
        }
    }
}
