//! Services and companies, on both engines: what is for people is closed to who
//! acts for a company, and the other way round; registers know a company by its own
//! number.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests write one folder")]
#[path = "steps/folder.rs"]
mod folder;
#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::id::TypedId;
use base::{Actor, Assurance, CompanyNumber, Mandate, MandateId, PersonId};
use catalogue::{Audience, Catalogue};
use house::{FIRST, House, Look, SCHEMAS};
use serde_json::json;
use services::Refusal;
use store::{Ctx, Key};
use testkit::on_both_engines;

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry, &target);
        } else {
            std::fs::copy(entry, target).unwrap();
        }
    }
}

/// The project's folders, with one service for companies alone.
fn for_companies(key: &str) -> Arc<Catalogue> {
    let folder = tempfile::tempdir().unwrap();
    copy(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services"), folder.path());
    let path = folder.path().join(key).join("service.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("sample = true\n", "sample = true\naudience = [\"company\"]\n", 1)).unwrap();
    Arc::new(Catalogue::read(folder.path()).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

const NUMBER: &str = "562000011";

/// A company, and whoever acts for it.
async fn acting(house: &House, own: &Ctx) -> (PersonId, Ctx) {
    let name = ["شركة عيّنة", "Sample"].map(str::to_owned);
    let number = CompanyNumber::parse(NUMBER).unwrap();
    let company = identity::seed::company(&house.ctx, number, name).await.unwrap();
    let Actor::Citizen { person: agent, account, assurance } = own.actor.clone() else { unreachable!() };
    let mandate = Mandate { id: MandateId::from_bits(1), services: None, ceiling_minor: None };
    (company, own.as_actor(Actor::Agent { person: company, agent, account, assurance, mandate }))
}

/// A service for companies that has a register told.
fn telling() -> Arc<Catalogue> {
    let steps = r#"
[[eligible]]
rule = "has(registers.person)"
reason = "no"

[[step]]
kind = "decide"
by = "rule"
rule = "has(registers.person) && registers.person.status == 'active'"
reason = "no"

[[step]]
kind = "write"
id = "address"
unit = "licensing.ramallah"
operation = "PS/GOV/POST/ADDRESSES/buildings"
sends = ["purpose"]

[[step]]
kind = "deliver"
"#;
    folder::catalogue_changed(steps, |text| {
        let text = text.replacen("sample = true\n", "sample = true\naudience = [\"company\"]\n", 1);
        text.replace("PS/GOV/MOI/CIVIL/person", "PS/GOV/MONE/COMPANIES/company").replace("/full_name/ar", "/name/ar")
    })
}

#[test]
fn a_register_is_asked_and_told_of_a_company_by_its_number() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = House::of(&world, Look::Bare, telling()).await;
        let own = house.citizen(FIRST, Assurance::Substantial).await;
        let (company, acting) = acting(&house, &own).await;
        let question = format!("company?number={NUMBER}");
        let known = |number: &str| json!({ "company_number": number, "status": "active" });
        house.registers.put_answer(&question, known(NUMBER));
        let begin = || services::start(&acting, Key::once(&acting), &house.services.catalogue, folder::KEY);
        let mut sent = Vec::new();
        for _ in 0..2 {
            let id = begin().await.unwrap();
            for (field, value) in
                [("purpose", json!("work")), ("partners", json!([base::IdNumber::complete(FIRST + 1).as_str()]))]
            {
                services::answer(&acting, Key::once(&acting), id, field, Some(value)).await.unwrap();
            }
            sent.push(id);
        }
        services::submit(&acting, Key::once(&acting), &house.services, sent[0]).await.unwrap();
        house.settle().await;
        assert_eq!(house.case(sent[0]).await.outcome.as_deref(), Some("completed"));
        assert_eq!(house.case(sent[0]).await.person, company);
        let told = house.registers.told.lock().unwrap().values().cloned().collect::<Vec<_>>();
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["number"], &told[0]["values"]), (&json!(NUMBER), &json!({ "purpose": "work" })));
        assert!(told[0].get("id").is_none(), "{told:?}");
        // What a register says of another company is not taken for this one's.
        house.registers.put_answer(&question, known("562000099"));
        services::submit(&acting, Key::once(&acting), &house.services, sent[1]).await.unwrap();
        house.settle().await;
        let case = house.case(sent[1]).await;
        assert_eq!((case.stage, case.marked), (services::Stage::Checking, true));
        house.holds().await;
    });
}

#[test]
fn a_service_is_for_whom_its_folder_says() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = House::new(&world, Look::Bare).await;
        let own = house.citizen(FIRST, Assurance::Substantial).await;
        let (company, acting) = acting(&house, &own).await;
        let known = house.ctx.read(move |read| identity::company_number(read, company)).await.unwrap();
        assert_eq!(known, CompanyNumber::parse(NUMBER));
        let agent = own.actor.person().unwrap();
        assert_eq!(house.ctx.read(move |read| identity::company_number(read, agent)).await.unwrap(), None);
        let (people, key) = (&house.services.catalogue, house.by_rule());
        assert_eq!(people.service(&key).unwrap().file.audience, [Audience::Person]);
        let refused = services::start(&acting, Key::once(&acting), people, &key).await;
        assert!(matches!(refused, Err(Refusal::ForPersons)), "{refused:?}");
        let companies = for_companies(&key);
        let refused = services::start(&own, Key::once(&own), &companies, &key).await;
        assert!(matches!(refused, Err(Refusal::ForCompanies)), "{refused:?}");
        // A draft of a service that is for people from now on is not sent either.
        let id = services::start(&acting, Key::once(&acting), &companies, &key).await.unwrap();
        assert_eq!(house.case(id).await.person, company);
        let sent = services::submit(&acting, Key::once(&acting), &house.services, id).await;
        assert!(matches!(sent, Err(Refusal::ForPersons)), "{sent:?}");
        services::discard(&acting, Key::once(&acting), id).await.unwrap();
    });
}
