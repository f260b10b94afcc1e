//! The kinds of steps, through the router and on both engines, with folders that
//! the tests write: each walked to its end, and refused where it must be.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

mod browser;
mod decide;
mod dice;
mod discreet;
mod eligible;
mod fees;
mod files;
mod folder;
#[expect(dead_code, reason = "these tests use a part of the house")]
#[path = "../house/mod.rs"]
mod house;
mod lint;
mod listed;
mod lookups;
mod midway;
mod money;
mod others;
mod outward;
mod place;
mod printing;
mod questions;
mod registers;
mod silent;
mod tables;
mod versions;

use std::sync::Arc;

use base::{Actor, Assurance, CaseId, IdNumber, Locale, Role};
use browser::{Answer, Browser, Entrance};
use catalogue::Catalogue;
use folder::KEY;
use house::{FIRST, House, Look, SCHEMAS};
use http::StatusCode;
use serde_json::json;
use services::{Case, Stage};
use store::{Ctx, Key};
use testkit::{FakeClock, World, on_both_engines};

const DAY_S: i64 = 86_400;
const CLERK: &[Role] = &[Role::Clerk];
const CHIEF: &[Role] = &[Role::Clerk, Role::Supervisor];
/// Units of the project's offices.
const HERE: &str = "licensing.ramallah";
const THERE: &str = "licensing.nablus";
const POST: &str = "post.ramallah";

/// A house whose only service has these steps, with a person who applies and one
/// whom they name.
struct Town {
    house: House,
    entrance: Entrance,
    own: Ctx,
    other: Ctx,
    clock: Arc<FakeClock>,
}

impl std::ops::Deref for Town {
    type Target = House;
    fn deref(&self) -> &House {
        &self.house
    }
}

impl Town {
    async fn new(world: &World, steps: &str) -> Self {
        Self::of(world, folder::catalogue(steps)).await
    }
    async fn of(world: &World, catalogue: Arc<Catalogue>) -> Self {
        Self::with(House::of(world, Look::Bare, catalogue).await, world).await
    }
    /// With ClamAV at an address.
    async fn scanned(world: &World, steps: &str, clamav: &str) -> Self {
        let house = House::scanned(world, Look::Bare, folder::catalogue(steps), Some(clamav)).await;
        Self::with(house, world).await
    }
    /// The people who live in a house.
    async fn with(mut house: House, world: &World) -> Self {
        let mut own = house.citizen(FIRST, Assurance::Substantial).await;
        own.locale = Locale::EN;
        let other = house.citizen(FIRST + 1, Assurance::Substantial).await;
        let entrance = Entrance::new(&mut house);
        Self { house, entrance, own, other, clock: Arc::clone(&world.clock) }
    }
    fn number(head: u32) -> String {
        IdNumber::complete(head).as_str().to_owned()
    }
    /// A draft that is complete.
    async fn draft(&self, purpose: &str, partners: &[u32]) -> CaseId {
        let ctx = &self.own;
        let id = services::start(ctx, Key::once(ctx), &self.services.catalogue, KEY).await.unwrap();
        let numbers: Vec<String> = partners.iter().map(|head| Self::number(*head)).collect();
        for (field, value) in [("purpose", json!(purpose)), ("partners", json!(numbers))] {
            services::answer(ctx, Key::once(ctx), id, field, Some(value)).await.unwrap();
        }
        id
    }
    /// A case that was sent.
    async fn sent(&self, purpose: &str) -> CaseId {
        let id = self.draft(purpose, &[FIRST + 1]).await;
        services::submit(&self.own, Key::once(&self.own), &self.services, id).await.unwrap();
        self.settle().await;
        id
    }
    async fn browser(&self, actor: &Actor) -> Browser<'_> {
        self.entrance.browser(actor).await
    }
    /// The person's browser, and what they read on their case's page.
    async fn page(&self, id: CaseId) -> Answer {
        self.browser(&self.own.actor).await.get(&format!("/en/cases/{id}")).await
    }
    async fn clerk(&self, name: &str, unit: &str) -> Browser<'_> {
        let officer = self.officer(name, unit, CLERK).await;
        self.browser(&officer.actor).await
    }
    async fn chief(&self, name: &str, unit: &str) -> Browser<'_> {
        let officer = self.officer(name, unit, CHIEF).await;
        self.browser(&officer.actor).await
    }
    async fn days(&self, days: i64) {
        // The sequencer had its turn, as it has five times a second.
        self.house.sequence().await;
        self.clock.advance_seconds(days * DAY_S);
        self.settle().await;
        self.settle().await;
    }
    /// Sends a draft by the button of its check page.
    async fn press(&self, id: CaseId) -> StatusCode {
        let mut own = self.browser(&self.own.actor).await;
        let status = own.act(&format!("/en/cases/{id}/check"), &format!("/en/cases/{id}/submit"), &[]).await;
        self.settle().await;
        status
    }
    /// The registers are asked once more.
    async fn later(&self) {
        self.clock.advance_seconds(600);
        for _ in 0..4 {
            self.settle().await;
        }
    }
    async fn ends(&self, id: CaseId, outcome: &str) -> Case {
        let case = self.case(id).await;
        assert_eq!((case.stage, case.outcome.as_deref()), (Stage::Closed, Some(outcome)));
        case
    }
    async fn stands(&self, id: CaseId, stage: Stage) {
        assert_eq!(self.case(id).await.stage, stage);
        self.house.sequence().await;
        assert_eq!(self.broken_lately().await, Vec::<String>::new());
    }
    /// The open turn of a name at a case's present step.
    async fn turn(&self, id: CaseId, name: &str) -> services::TurnId {
        let turns = self.ctx.read(move |read| services::turns(read, id)).await.unwrap();
        turns.iter().find(|turn| turn.name == name && turn.is_open()).unwrap().id
    }
}

/// Runs a test in a town whose only service has these steps, on each engine.
fn in_town<F: Future<Output = ()>>(steps: &str, test: impl Fn(Town) -> F) {
    on_both_engines(SCHEMAS, |world| {
        let test = &test;
        async move { test(Town::new(&world, steps).await).await }
    });
}

fn desk(id: CaseId) -> String {
    format!("/en/desk/cases/{id}")
}

/// Takes a case from the queue.
async fn take(browser: &mut Browser<'_>, id: CaseId) -> StatusCode {
    let page = desk(id);
    browser.act(&page, &format!("{page}/take"), &[]).await
}

/// Says something on a case's page.
async fn say(browser: &mut Browser<'_>, id: CaseId, decision: &str, text: &str) -> StatusCode {
    let page = desk(id);
    browser.act(&page, &format!("{page}/decide"), &[("decision", decision), ("text", text)]).await
}

/// Answers a turn on its page.
async fn answer(browser: &mut Browser<'_>, turn: services::TurnId, answer: &str, text: &str) -> StatusCode {
    let page = format!("/en/desk/turns/{turn}");
    browser.act(&page, &page, &[("answer", answer), ("text", text)]).await
}
