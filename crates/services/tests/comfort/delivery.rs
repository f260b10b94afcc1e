//! Another way for a paper, as long as nothing left for an office.

use base::Role;

use super::folder::{CLERK, DELIVER, PAY, PURPOSE, WAY, catalogue, fee};
use super::*;

const KEY: &str = "test.delivery";
/// Here the choice of the way decides what is paid: it cannot be changed.
const BOUND: &str = "test.bound";
const HERE: &str = "post.ramallah";
const THERE: &str = "post.nablus";
const UNIT: &str = "licensing.ramallah";

fn folders() -> Vec<(&'static str, String)> {
    let paid = PAY.replace("kind = \"pay\"", "kind = \"pay\"\nwhen = \"answers.way == 'post'\"");
    vec![
        (KEY, format!("{PURPOSE}{WAY}{CLERK}{DELIVER}")),
        (BOUND, format!("{PURPOSE}{WAY}{}{paid}{CLERK}{DELIVER}", fee("test.bound"))),
    ]
}

impl Town {
    async fn by_post(&self, service: &str) -> CaseId {
        self.sent(service, &[("purpose", json!("work")), ("way", json!("post")), ("office", json!(HERE))]).await
    }
    async fn in_wallet(&self, service: &str) -> CaseId {
        self.sent(service, &[("purpose", json!("work")), ("way", json!("wallet"))]).await
    }
    async fn to(&self, id: CaseId, office: &str) -> Result<(), services::Refusal> {
        services::deliver_to(&self.own, Key::once(&self.own), &self.services.catalogue, id, office).await
    }
    async fn to_wallet(&self, id: CaseId) -> Result<(), services::Refusal> {
        services::deliver_to_wallet(&self.own, Key::once(&self.own), &self.services.catalogue, id).await
    }
    async fn approve(&self, id: CaseId, name: &str) {
        let clerk = self.officer(name, UNIT, &[Role::Clerk]).await;
        services::take(&clerk, Key::once(&clerk), id, UNIT).await.unwrap();
        services::approve(&clerk, Key::once(&clerk), &self.services, id, UNIT).await.unwrap();
        self.settle().await;
    }
    async fn waiting_at(&self, office: &'static str) -> usize {
        self.ctx.read(move |read| services::at_office(read, office, "waiting")).await.unwrap().len()
    }
}

#[test]
fn the_office_changes_until_the_paper_leaves() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        let id = town.by_post(KEY).await;
        let mut own = town.browser(&town.own.actor).await;
        let at = format!("/en/cases/{id}");
        let page = own.get(&at).await;
        assert!(page.has("id=\"holder\"") && page.has("id=\"delivery\""), "{}", page.text);
        let changed = own.post(&format!("{at}/delivery"), page.form(&[("to", THERE)])).await;
        assert_eq!((changed.status, &changed.text), (StatusCode::SEE_OTHER, &at));
        assert_eq!(town.case(id).await.answers.get("office"), Some(&json!(THERE)));
        assert!(own.get(&at).await.has("How the document reaches you was changed"));
        town.approve(id, "clerk").await;
        assert_eq!((town.waiting_at(THERE).await, town.waiting_at(HERE).await), (1, 0));
        // It waits to be sent: once more, and then to nowhere.
        town.to(id, HERE).await.unwrap();
        assert_eq!((town.waiting_at(THERE).await, town.waiting_at(HERE).await), (0, 1));
        assert_eq!(town.case(id).await.unit.as_deref(), Some(HERE));
        assert!(matches!(town.to(id, "post.nowhere").await, Err(services::Refusal::NoCase)));
        assert!(matches!(town.to(id, UNIT).await, Err(services::Refusal::NoCase)));
        let other = &town.other;
        let theirs = services::deliver_to(other, Key::once(other), &town.services.catalogue, id, THERE).await;
        assert!(matches!(theirs, Err(services::Refusal::NoCase)));
        let chief = town.officer("chief", UNIT, &[Role::Clerk, Role::Supervisor]).await;
        services::send(&chief, Key::once(&chief), HERE).await.unwrap();
        assert!(matches!(town.to(id, THERE).await, Err(services::Refusal::TooLate)));
        assert!(matches!(town.to_wallet(id).await, Err(services::Refusal::TooLate)));
        assert!(!own.get(&at).await.has("id=\"delivery\""));
        assert_eq!(town.acts("services.delivery_changed").await, 2);
        town.holds().await;
    });
}

#[test]
fn the_wallet_is_enough_or_an_office_after_all() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        // From the office to the wallet while the paper waits: the case ends.
        let id = town.by_post(KEY).await;
        town.approve(id, "clerk").await;
        assert_eq!(town.case(id).await.stage, Stage::Delivering);
        town.to_wallet(id).await.unwrap();
        let case = town.case(id).await;
        assert_eq!((case.stage, case.outcome.as_deref()), (Stage::Closed, Some("completed")));
        assert_eq!((case.answers.get("way"), case.answers.get("office")), (Some(&json!("wallet")), None));
        assert_eq!(town.waiting_at(HERE).await, 0);
        assert!(matches!(town.to(id, HERE).await, Err(services::Refusal::TooLate)));
        // From the wallet to an office before anything was decided.
        let id = town.in_wallet(KEY).await;
        let mut own = town.browser(&town.own.actor).await;
        let page = own.get(&format!("/en/cases/{id}")).await;
        assert!(page.has("Into your document wallet only"), "{}", page.text);
        town.to(id, HERE).await.unwrap();
        town.approve(id, "clerk2").await;
        let case = town.case(id).await;
        assert_eq!((case.stage, case.answers.get("way")), (Stage::Delivering, Some(&json!("post"))));
        assert_eq!(town.waiting_at(HERE).await, 1);
        town.holds().await;
    });
}

#[test]
fn an_answer_that_decides_more_than_the_way_stays() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, catalogue(&folders(), "event = []")).await;
        let id = town.in_wallet(BOUND).await;
        assert!(matches!(town.to(id, HERE).await, Err(services::Refusal::TooLate)));
        let id = town.by_post(BOUND).await;
        assert_eq!(town.case(id).await.stage, Stage::Paying);
        assert!(matches!(town.to_wallet(id).await, Err(services::Refusal::TooLate)));
        town.to(id, THERE).await.unwrap();
        assert_eq!(town.case(id).await.answers.get("office"), Some(&json!(THERE)));
    });
}
