//! What makes applying easier, through the router and on both engines: services
//! bundled by a life event, all questions on one page, a draft gone on with
//! elsewhere, another way for a paper.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the browser")]
#[path = "../steps/browser.rs"]
mod browser;
mod bundle;
mod delivery;
mod folder;
mod follow;
#[expect(dead_code, reason = "these tests use a part of the house")]
#[path = "../house/mod.rs"]
mod house;
mod resume;
mod whole;

use std::sync::Arc;

use base::{Actor, Assurance, CaseId};
use browser::{Browser, Entrance};
use catalogue::Catalogue;
use house::{FIRST, House, Look, SCHEMAS};
use http::StatusCode;
use serde_json::{Value, json};
use services::{Case, Stage};
use store::{Ctx, Key};
use testkit::{FakeClock, World, on_both_engines};

/// A house with these services, a person, and another.
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
    async fn new(world: &World, catalogue: Arc<Catalogue>) -> Self {
        let mut house = House::of(world, Look::Bare, catalogue).await;
        let own = house.citizen(FIRST, Assurance::Substantial).await;
        let other = house.citizen(FIRST + 1, Assurance::Substantial).await;
        let entrance = Entrance::new(&mut house);
        Self { house, entrance, own, other, clock: Arc::clone(&world.clock) }
    }
    async fn browser(&self, actor: &Actor) -> Browser<'_> {
        self.entrance.browser(actor).await
    }
    async fn draft(&self, service: &str, answers: &[(&str, Value)]) -> CaseId {
        let (ctx, catalogue) = (&self.own, &self.services.catalogue);
        let id = services::start(ctx, Key::once(ctx), catalogue, service).await.unwrap();
        for (field, value) in answers {
            services::answer(ctx, Key::once(ctx), id, field, Some(value.clone())).await.unwrap();
        }
        id
    }
    async fn sent(&self, service: &str, answers: &[(&str, Value)]) -> CaseId {
        let id = self.draft(service, answers).await;
        services::submit(&self.own, Key::once(&self.own), &self.services, id).await.unwrap();
        self.settle().await;
        id
    }
    /// How often an act stands in the log about the person.
    async fn acts(&self, act: &'static str) -> usize {
        self.house.sequence().await;
        let person = self.own.actor.person().unwrap();
        let slice = web::Slice::default();
        self.own.read(move |read| audit::acts_about(read, person, act, &slice)).await.unwrap().len()
    }
}
