//! Acting for another in services and payments, on both engines: how far a
//! mandate goes, and that the one who is acted for sees who did it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use base::id::TypedId;
use base::{Actor, Assurance, CaseId, Locale, Mandate, MandateId};
use house::{FIRST, House, Look, SCHEMAS};
use serde_json::json;
use services::{Refusal, Stage};
use store::{Ctx, Key};
use testkit::{World, on_both_engines};
use web::Slice;

/// A person, and another who acts for them.
struct Two {
    house: House,
    own: Ctx,
    agent: Ctx,
}

async fn two(world: &World) -> Two {
    let house = House::new(world, Look::Bare).await;
    let own = house.citizen(FIRST, Assurance::Substantial).await;
    let agent = house.citizen(FIRST + 1, Assurance::Substantial).await;
    Two { house, own, agent }
}

impl Two {
    /// The agent under a mandate.
    fn acting(&self, services: Option<&[&str]>, ceiling_minor: Option<i64>) -> Ctx {
        let Actor::Citizen { person: agent, account, assurance } = self.agent.actor.clone() else { unreachable!() };
        let services = services.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect());
        let mandate = Mandate { id: MandateId::from_bits(1), services, ceiling_minor };
        let person = self.own.actor.person().unwrap();
        self.own.as_actor(Actor::Agent { person, agent, account, assurance, mandate })
    }
    async fn draft(&self, ctx: &Ctx) -> Result<CaseId, Refusal> {
        let id = services::start(ctx, Key::once(ctx), &self.house.services.catalogue, &self.house.by_rule()).await?;
        services::answer(ctx, Key::once(ctx), id, "purpose", Some(json!("work"))).await?;
        Ok(id)
    }
    async fn submit(&self, ctx: &Ctx, id: CaseId) -> Result<(), Refusal> {
        services::submit(ctx, Key::once(ctx), &self.house.services, id).await
    }
}

#[test]
fn a_service_outside_of_the_mandate_is_refused_at_every_step() {
    on_both_engines(SCHEMAS, |world| async move {
        let two = two(&world).await;
        let elsewhere = two.acting(Some(&[two.house.by_clerk().as_str()]), None);
        assert!(matches!(two.draft(&elsewhere).await, Err(Refusal::OutOfMandate)));
        let id = two.draft(&two.own).await.unwrap();
        let answered = services::answer(&elsewhere, Key::once(&elsewhere), id, "purpose", Some(json!("other")));
        assert!(matches!(answered.await, Err(Refusal::OutOfMandate)));
        assert!(matches!(two.submit(&elsewhere, id).await, Err(Refusal::OutOfMandate)));
        let thrown = services::discard(&elsewhere, Key::once(&elsewhere), id).await;
        assert!(matches!(thrown, Err(Refusal::OutOfMandate)));
        two.submit(&two.own, id).await.unwrap();
        let bill = two.own.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        let paid = payments::begin_card(&elsewhere, Key::once(&elsewhere), bill.id, Locale::EN).await;
        assert!(matches!(paid, Err(payments::Refusal::OutOfMandate)));
        // Without a mandate the other's case is not there at all.
        assert!(matches!(two.submit(&two.agent, id).await, Err(Refusal::NoCase)));
        two.house.holds().await;
    });
}

#[test]
fn a_bill_above_the_ceiling_is_neither_made_nor_paid() {
    on_both_engines(SCHEMAS, |world| async move {
        let two = two(&world).await;
        let id = two.draft(&two.own).await.unwrap();
        let free = two.acting(None, Some(0));
        let refused = two.submit(&free, id).await;
        assert!(matches!(refused, Err(Refusal::Payments(payments::Refusal::AboveCeiling))), "{refused:?}");
        assert_eq!(two.house.case(id).await.stage, Stage::Draft);
        two.submit(&two.own, id).await.unwrap();
        let bill = two.own.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        for (ceiling, allowed) in [(bill.total.minor() - 1, false), (bill.total.minor(), true)] {
            let ctx = two.acting(None, Some(ceiling));
            let begun = payments::begin_card(&ctx, Key::once(&ctx), bill.id, Locale::EN).await;
            assert_eq!(begun.is_ok(), allowed, "{begun:?}");
            let refused = matches!(begun, Err(payments::Refusal::AboveCeiling));
            assert_eq!(refused, !allowed);
        }
        two.house.holds().await;
    });
}

#[test]
fn the_person_sees_what_was_done_for_them_and_by_whom() {
    on_both_engines(SCHEMAS, |world| async move {
        let two = two(&world).await;
        let ctx = two.acting(Some(&[two.house.by_rule().as_str()]), None);
        let id = two.draft(&ctx).await.unwrap();
        two.submit(&ctx, id).await.unwrap();
        let case = two.house.case(id).await;
        let person = two.own.actor.person().unwrap();
        assert_eq!((case.person, case.stage), (person, Stage::Paying));
        let slice = Slice::default();
        let told = two.own.read(move |read| notify::inbox(read, person, Locale::EN, &slice)).await.unwrap();
        let sent = told.iter().find(|item| item.topic == "services.submitted").unwrap();
        assert!(sent.body.contains("Salma Awwad"), "{}", sent.body);
        let slice = Slice::default();
        let acts = two.own.read(move |read| audit::acts_about(read, person, "services.submitted", &slice));
        let act = acts.await.unwrap().pop().unwrap();
        assert_eq!(act.actor, two.agent.actor.reference());
        assert_eq!(act.detail["acts_for"], format!("person:{person}"));
        assert_eq!(act.detail["mandate"], MandateId::from_bits(1).to_string());
        let slice = Slice::default();
        let looks = two.own.read(move |read| exchange::lookups_of(read, person, &slice)).await.unwrap();
        assert!(!looks.is_empty() && looks.iter().all(|look| look.actor == two.agent.actor.reference()));
        two.house.holds().await;
    });
}
