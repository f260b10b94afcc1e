//! The calendar and the promises that stand on it, on both engines, with a clock
//! that the tests move: decrees by two officers, cases that run meanwhile, marks.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::id::TypedId;
use base::{Actor, Assurance, CalendarEntryId, CaseId, Date, Locale, Role, SeededEntropy, Timestamp, Zone};
use catalogue::calendar::{Content, Minute, Scope};
use catalogue::promise::Measure;
use house::{FIRST, House, Look, SCHEMAS};
use serde_json::json;
use services::calendar::decree::{self, Decided, Draft, Refusal, approve, propose, propose_end, refuse};
use services::elapsed::{self, Usual};
use services::promise::{LateList, late, marks, promise};
use services::{Stage, calendar};
use store::{Ctx, Database, Db, Key, Keyring, Options, Schema, params};
use testkit::{FakeClock, World, on_both_engines};
use web::Slice;

const LICENCE: &str = "mot.licence.renew";
const UNIT: &str = "licensing.ramallah";

/// A house with the project's own calendar, a person, a clerk, and two officers of
/// the quality office.
struct Home {
    house: House,
    citizen: Ctx,
    clerk: Ctx,
    quality: Ctx,
    second: Ctx,
}

impl std::ops::Deref for Home {
    type Target = House;
    fn deref(&self) -> &House {
        &self.house
    }
}

async fn home(world: &World) -> Home {
    let house = House::new(world, Look::Bare).await;
    calendar::seed(&house.ctx.as_machine("demo"), &house.services.catalogue).await.unwrap();
    let citizen = house.citizen(FIRST, Assurance::Substantial).await;
    let clerk = house.officer("clerk", UNIT, &[Role::Clerk]).await;
    let quality = house.officer("quality", "cabinet", &[Role::Quality]).await;
    let second = house.officer("quality2", "cabinet", &[Role::Quality]).await;
    Home { house, citizen, clerk, quality, second }
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn hebron(text: &str) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    let (hour, minute) = time.split_once(':').unwrap();
    day(date).at(hour.parse().unwrap(), minute.parse().unwrap(), Zone::Hebron)
}

fn closure(first: &str, last: &str) -> Draft {
    Draft {
        content: Content::Closure,
        scope: Scope::All,
        first: day(first),
        last: day(last),
        names: ["إغلاق بسبب العاصفة".to_owned(), "Closed for the storm".to_owned()],
        decree: ("12/2026".to_owned(), day("2026-11-24")),
    }
}

impl Home {
    /// A case that waits for a clerk's decision.
    async fn with_the_unit(&self, number: usize) -> CaseId {
        let ctx = &self.citizen;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, LICENCE).await.unwrap();
        for (field, answer) in [("glasses", "no"), ("health", "none"), ("collection", "post.nablus")] {
            services::answer(ctx, Key::once(ctx), id, field, Some(json!(answer))).await.unwrap();
        }
        services::submit(ctx, Key::once(ctx), &self.services, id).await.unwrap();
        assert_eq!(self.case(id).await.promised_at, None, "nothing is promised before it is paid");
        self.pay(id, &format!("t{number}")).await;
        id
    }
    async fn promised(&self, id: CaseId) -> String {
        self.case(id).await.promised_at.unwrap().local_minute(Zone::Hebron)
    }
    async fn decreed(&self, draft: Draft, replaces: Option<CalendarEntryId>) -> CalendarEntryId {
        let (one, two) = (&self.quality, &self.second);
        let id = propose(one, Key::once(one), &self.services.catalogue, draft, replaces).await.unwrap();
        assert_eq!(approve(two, Key::once(two), id).await.unwrap(), Decided::InForce);
        id
    }
    /// The planning of open cases, chunk after chunk.
    async fn planned(&self) {
        for _ in 0..8 {
            self.settle().await;
        }
    }
    /// What the person was told, newest first: topic and words.
    async fn told(&self, topic: &str) -> Vec<String> {
        let person = self.citizen.actor.person().unwrap();
        let all = Slice { rows: Some(100), ..Slice::default() };
        let items = self.ctx.read(move |read| notify::inbox(read, person, Locale::EN, &all)).await.unwrap();
        items.into_iter().filter(|item| item.topic == topic).map(|item| item.body).collect()
    }
    async fn late(&self, list: LateList) -> Vec<(CaseId, i64)> {
        let found = self.ctx.read(move |read| late(read, &list)).await.unwrap();
        found.into_iter().map(|one| (one.case, one.level)).collect()
    }
    async fn counted(&self, event: &str) -> u64 {
        let counts = self.ctx.read(move |read| services::counts(read, day("2026-01-01"))).await.unwrap();
        counts.into_iter().filter(|one| one.event == event).map(|one| one.total).sum()
    }
}

#[test]
fn the_clock_runs_from_paid_and_stands_still_while_the_person_is_asked() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let id = home.with_the_unit(1).await;
        // Paid on a Tuesday at 10:00; two working days later the office closes.
        assert_eq!(home.promised(id).await, "2026-11-26 14:00");
        let clerk = &home.clerk;
        services::take(clerk, Key::once(clerk), id, UNIT).await.unwrap();
        world.clock.set(hebron("2026-11-25 11:15"));
        services::ask(clerk, Key::once(clerk), id, UNIT, "A photo, please").await.unwrap();
        let clock = home.ctx.read(move |read| promise(read, id)).await.unwrap().unwrap();
        assert_eq!((clock.since, clock.next_at), (None, None));
        // A week goes by; nothing is late meanwhile.
        world.clock.set(hebron("2026-12-02 11:15"));
        home.work().await;
        assert_eq!(home.case(id).await.stage, Stage::Asked);
        assert_eq!(home.late(LateList::Unit(UNIT.to_owned())).await, []);
        let citizen = &home.citizen;
        services::reply(citizen, Key::once(citizen), id, "Here it is").await.unwrap();
        assert_eq!(home.promised(id).await, "2026-12-03 14:00");
        let told = home.told("services.promise_moved").await;
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("2026-12-03 14:00") && told[0].contains("2026-11-26 14:00"), "{told:?}");
        home.holds().await;
    });
}

#[test]
fn a_decree_moves_open_cases_both_ways_and_tells_each_person() {
    const CASES: usize = 22;
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let mut cases = Vec::new();
        for number in 0..CASES {
            cases.push(home.with_the_unit(number).await);
        }
        let (one, two) = (&home.quality, &home.second);
        let proposed =
            propose(one, Key::once(one), &home.services.catalogue, closure("2026-11-25", "2026-11-25"), None).await;
        let id = proposed.unwrap();
        home.planned().await;
        assert_eq!(home.promised(cases[0]).await, "2026-11-26 14:00", "a proposal moves nothing");
        assert!(matches!(approve(one, Key::once(one), id).await, Err(Refusal::Own)));
        assert_eq!(approve(two, Key::once(two), id).await.unwrap(), Decided::InForce);
        assert!(matches!(approve(two, Key::once(two), id).await, Err(Refusal::Gone)));
        home.planned().await;
        for case in &cases {
            assert_eq!(home.promised(*case).await, "2026-11-29 14:00");
        }
        let told = home.told("services.promise_moved").await;
        assert_eq!(told.len(), CASES);
        assert!(told[0].contains("12/2026"), "{}", told[0]);
        // The storm does not come: the promise moves back, and that is told too.
        let end = propose_end(two, Key::once(two), id, ("13/2026".to_owned(), day("2026-11-24"))).await.unwrap();
        approve(one, Key::once(one), end).await.unwrap();
        home.planned().await;
        for case in &cases {
            assert_eq!(home.promised(*case).await, "2026-11-26 14:00");
        }
        assert_eq!(home.told("services.promise_moved").await.len(), 2 * CASES);
        // Another area's closure moves nobody.
        let elsewhere = Draft { scope: Scope::Governorate("GZA".to_owned()), ..closure("2026-11-25", "2026-11-25") };
        home.decreed(elsewhere, None).await;
        home.planned().await;
        assert_eq!(home.told("services.promise_moved").await.len(), 2 * CASES);
        home.holds().await;
    });
}

#[test]
fn marks_reach_clerk_supervisor_person_and_quality_once() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let id = home.with_the_unit(1).await;
        let clerk = &home.clerk;
        services::take(clerk, Key::once(clerk), id, UNIT).await.unwrap();
        let own = || LateList::Own(UNIT.to_owned(), clerk.actor.officer().unwrap());
        let unit = || LateList::Unit(UNIT.to_owned());
        let at = |text: &str| world.clock.set(hebron(text));
        let look = async || {
            (home.late(own()).await.len(), home.late(unit()).await.len(), home.late(LateList::All).await.len())
        };
        // Promised: the rest of Tuesday, Wednesday, Thursday.
        for (time, lists) in [
            ("2026-11-24 14:00", (0, 0, 0)),
            ("2026-11-25 13:00", (1, 0, 0)),
            ("2026-11-26 12:00", (1, 1, 0)),
            ("2026-11-25 09:00", (1, 1, 0)),
            ("2026-11-26 13:59", (1, 1, 0)),
            ("2026-11-26 14:00", (1, 1, 1)),
            ("2026-11-24 10:00", (1, 1, 1)),
            ("2026-11-29 14:00", (1, 1, 1)),
        ] {
            at(time);
            home.work().await;
            assert_eq!(look().await, lists, "{time}");
        }
        for event in ["promise_half", "promise_near", "promise_over"] {
            assert_eq!(home.counted(event).await, 1, "{event}");
        }
        assert_eq!(home.told("services.late").await.len(), 1);
        let marked = home.ctx.read(move |read| marks(read, UNIT)).await.unwrap();
        assert_eq!(marked.get(&id), Some(&100));
        services::approve(clerk, Key::once(clerk), &home.services, id, UNIT).await.unwrap();
        home.settle().await;
        assert_eq!(home.late(LateList::All).await.len(), 1, "the paper is not there yet");
        services::send(clerk, Key::once(clerk), "post.nablus").await.unwrap();
        let agent = home.officer("post", "post.nablus", &[Role::PostAgent]).await;
        let coming = home.ctx.read(move |read| services::at_office(read, "post.nablus", "sent")).await.unwrap();
        let manifest = coming[0].manifest.clone().unwrap();
        services::receive(&agent, Key::once(&agent), "post.nablus", &manifest).await.unwrap();
        assert_eq!(home.late(LateList::All).await, [], "the person chooses when to come");
        assert_eq!((home.counted("promise_missed").await, home.counted("promise_kept").await), (1, 0));
        home.holds().await;
    });
}

#[test]
fn what_cannot_be_decreed_is_refused() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let ctx = &home.quality;
        let hours = |from: &str, to: &str| Content::Hours(Minute::parse(from).unwrap(), Minute::parse(to).unwrap());
        let good = || closure("2026-11-25", "2026-11-25");
        let wrong: BTreeMap<&str, Draft> = [
            ("name", Draft { names: ["إغلاق".to_owned(), " ".to_owned()], ..good() }),
            ("decree", Draft { decree: (String::new(), day("2026-11-24")), ..good() }),
            ("decree_day", Draft { decree: ("1".to_owned(), day("2026-11-25")), ..good() }),
            ("first", Draft { content: Content::Holiday, ..closure("2026-11-23", "2026-11-23") }),
            ("last", closure("2026-11-26", "2026-11-25")),
            ("hours", Draft { content: hours("14:00", "14:00"), ..good() }),
            ("weekdays", Draft { content: Content::Weekend(vec![1, 2, 3, 4]), ..good() }),
            ("scope", Draft { scope: Scope::Governorate("XXX".to_owned()), ..good() }),
        ]
        .into();
        for (field, draft) in wrong {
            let refused = propose(ctx, Key::once(ctx), &home.services.catalogue, draft, None).await;
            assert!(matches!(refused, Err(Refusal::Wrong(name)) if name == field), "{field}: {refused:?}");
        }
        // Long ago, far ahead, for ever.
        for (first, last) in [("2026-10-01", "2026-10-01"), ("2026-11-25", "2030-01-01"), ("2029-11-25", "2029-11-25")]
        {
            let refused = propose(ctx, Key::once(ctx), &home.services.catalogue, closure(first, last), None).await;
            assert!(matches!(refused, Err(Refusal::Wrong(_))), "{first}");
        }
        // Nobody but an officer proposes; whoever proposed takes back, and then nobody confirms.
        let citizen = &home.citizen;
        let refused = propose(citizen, Key::once(citizen), &home.services.catalogue, good(), None).await;
        assert!(matches!(refused, Err(Refusal::Gone)));
        let id = propose(ctx, Key::once(ctx), &home.services.catalogue, good(), None).await.unwrap();
        refuse(ctx, Key::once(ctx), id).await.unwrap();
        let second = &home.second;
        assert!(matches!(approve(second, Key::once(second), id).await, Err(Refusal::Gone)));
        home.holds().await;
    });
}

#[test]
fn a_provisional_date_is_confirmed_or_moved_and_of_two_decrees_one_holds() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let ctx = &home.quality;
        let read = async || home.ctx.read(|read| decree::calendar(read, day("2026-11-24"))).await.unwrap();
        let before = read().await;
        let eid = before.entries().iter().find(|entry| entry.names[1] == "Eid al-Fitr").unwrap().clone();
        assert!(eid.is_provisional());
        let moved = |first: &str, last: &str| Draft {
            content: Content::Holiday,
            names: eid.names.clone(),
            ..closure(first, last)
        };
        let late =
            propose(ctx, Key::once(ctx), &home.services.catalogue, moved("2027-03-10", "2027-03-13"), Some(eid.id));
        let late = late.await.unwrap();
        home.decreed(moved("2027-03-09", "2027-03-12"), Some(eid.id)).await;
        let second = &home.second;
        assert_eq!(approve(second, Key::once(second), late).await.unwrap(), Decided::Overtaken);
        let after = read().await;
        let place = home.services.catalogue.place("post.ramallah");
        assert!(before.closed(&place, day("2027-03-12")).is_none());
        let holds = after.closed(&place, day("2027-03-12")).unwrap();
        assert!(!holds.is_provisional());
        assert_eq!(holds.hijri, eid.hijri, "it is still the same feast");
        // The same days confirm.
        home.decreed(moved("2027-03-09", "2027-03-12"), Some(holds.id)).await;
        home.holds().await;
    });
}

#[test]
fn what_has_begun_stays_as_it_was_until_yesterday() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let place = home.services.catalogue.place("post.nablus");
        let read = async || home.ctx.read(|read| decree::calendar(read, day("2026-11-01"))).await.unwrap();
        let id = home.decreed(closure("2026-11-22", "2026-11-25"), None).await;
        // Two decrees on it wait at once; the first to be confirmed holds.
        let (one, two) = (&home.quality, &home.second);
        let decree = || ("13/2026".to_owned(), day("2026-11-24"));
        let end = propose_end(one, Key::once(one), id, decree()).await.unwrap();
        let longer =
            propose(one, Key::once(one), &home.services.catalogue, closure("2026-11-22", "2026-11-29"), Some(id)).await;
        assert_eq!(approve(two, Key::once(two), end).await.unwrap(), Decided::InForce);
        assert_eq!(approve(two, Key::once(two), longer.unwrap()).await.unwrap(), Decided::Overtaken);
        let calendar = read().await;
        for (text, open) in [("2026-11-22", false), ("2026-11-23", false), ("2026-11-24", true), ("2026-11-25", true)] {
            assert_eq!(calendar.hours(&place, day(text)).is_some(), open, "{text}");
        }
        // Another weekend from today on leaves the weeks before as they were.
        let all = calendar.entries().iter().find(|entry| entry.content == Content::Weekend(vec![5, 6])).unwrap();
        let friday = Draft {
            content: Content::Weekend(vec![5]),
            first: all.first,
            last: all.last,
            ..closure("2026-11-24", "2026-11-24")
        };
        home.decreed(friday, Some(all.id)).await;
        let calendar = read().await;
        let saturday = |text: &str| calendar.hours(&place, day(text)).is_some();
        assert!(!saturday("2026-11-21") && saturday("2026-11-28"));
        home.holds().await;
    });
}

#[test]
fn an_offices_own_week_and_area_come_from_its_folder() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let calendar = home.ctx.read(|read| decree::calendar(read, day("2026-11-24"))).await.unwrap();
        let open = |unit: &str, text: &str| {
            let place = home.services.catalogue.place(unit);
            calendar.hours(&place, day(text)).is_some()
        };
        // A Saturday: one of the Gaza offices works, no other.
        assert!(open("civil.gaza", "2026-11-28") && !open("post.gaza", "2026-11-28"));
        assert!(!open("civil.ramallah", "2026-11-28") && !open("nobody", "2026-11-28"));
        // Its own closure, and the country's.
        assert!(!open("post.jericho", "2026-12-06") && open("post.nablus", "2026-12-06"));
        assert!(!open("post.nablus", "2027-01-05"));
        assert_eq!(home.services.catalogue.place("post.gaza").zone, Zone::Gaza);
        assert_eq!(home.services.catalogue.place("post.nablus").zone, Zone::Hebron);
    });
}

#[test]
fn the_usual_time_is_shown_when_many_were_counted() {
    on_both_engines(SCHEMAS, |world| async move {
        let home = home(&world).await;
        let (service, ctx) = (home.by_rule(), &home.citizen);
        let usual = async || {
            let service = home.by_rule();
            home.ctx
                .read(move |read| elapsed::usual(read, &service, Measure::Minutes, day("2026-11-24")))
                .await
                .unwrap()
        };
        for number in 0..10 {
            assert_eq!(usual().await, None);
            let id = services::start(ctx, Key::once(ctx), &home.services.catalogue, &service).await.unwrap();
            services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("work"))).await.unwrap();
            services::submit(ctx, Key::once(ctx), &home.services, id).await.unwrap();
            home.pay(id, &format!("m{number}")).await;
            assert_eq!(home.case(id).await.stage, Stage::Closed);
        }
        assert_eq!(usual().await, Some(Usual { amount: 1, measure: Measure::Minutes, kept_percent: 100 }));
        assert_eq!(home.counted("promise_kept").await, 10);
        let kept = home.ctx.read(|read| elapsed::kept(read, day("2026-11-24"))).await.unwrap();
        assert_eq!(kept.iter().map(|one| (one.total, one.kept)).collect::<Vec<_>>(), [(10, 10)]);
    });
}

mod sql {
    store::statements! {
        /// A case that was promised something before there was a calendar.
        PROMISED = "INSERT INTO services_case (id, service, version, person, locale, stage, step, answers, created_at, saved_at, \
                    submitted_at, promised_at, unit, marked) VALUES ($1, 'any', 1, $1, 'ar', $2, 1, $3, 0, 0, 1000, 5000, 'unit', 0)";
    }
}

#[tokio::test]
async fn what_was_promised_before_is_kept_as_it_was_told() {
    let folder = tempfile::tempdir().unwrap();
    for database in [Database::Sqlite(folder.path().to_owned()), Database::Postgres(testkit::postgres_schema())] {
        let [running, waiting] = [1, 2].map(CaseId::from_bits);
        let opened = async |schema: Schema| {
            let (database, blobs) = (database.clone(), folder.path().join("blobs"));
            let options = Options { database, blobs, keyring: Keyring::from_bytes(&[7; 64]) };
            let db = tokio::task::spawn_blocking(move || Db::open(options, &[schema])).await.unwrap().unwrap();
            let (clock, entropy) = (FakeClock::at(testkit::START), Arc::new(SeededEntropy::new(1)));
            Ctx { db, clock, entropy, actor: Actor::Machine("test"), locale: Locale::AR }
        };
        let former = Schema { migrations: &services::MIGRATIONS[..4], ..services::SCHEMA };
        let ctx = opened(former).await;
        let insert = ctx.write(Key::once(&ctx), move |tx| {
            for (id, stage) in [(running, "deciding"), (waiting, "asked")] {
                tx.execute_one(&sql::PROMISED, &params![id, stage, vec![0_u8]])?;
            }
            Ok::<_, store::Error>(())
        });
        insert.await.unwrap();
        drop(ctx);
        let ctx = opened(services::SCHEMA).await;
        let read = async |id| ctx.read(move |read| promise(read, id)).await.unwrap().unwrap();
        let (one, two) = (read(running).await, read(waiting).await);
        assert_eq!((one.due_at, one.since, one.next_at), (micros(5000), Some(micros(1000)), Some(micros(5000))));
        assert_eq!((two.due_at, two.since, two.next_at, two.allowance), (micros(5000), None, None, 4000));
    }
}

const fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
