//! Services and companies, on both engines: what is for people is closed to who
//! acts for a company, and the other way round.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

#[expect(dead_code, reason = "these tests use a part of the house")]
mod house;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::id::TypedId;
use base::{Actor, Assurance, CompanyNumber, Mandate, MandateId};
use house::{FIRST, House, Look, SCHEMAS};
use services::{Audience, Catalogue, Refusal};
use store::Key;
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

#[test]
fn a_service_is_for_whom_its_folder_says() {
    on_both_engines(SCHEMAS, |world| async move {
        let house = House::new(&world, Look::Bare).await;
        let own = house.citizen(FIRST, Assurance::Substantial).await;
        let number = CompanyNumber::parse("562000011").unwrap();
        let name = ["شركة عيّنة", "Sample"].map(str::to_owned);
        let company = identity::seed::company(&house.ctx, number.clone(), name).await.unwrap();
        let known = house.ctx.read(move |read| identity::company_number(read, company)).await.unwrap();
        assert_eq!(known, Some(number));
        let Actor::Citizen { person: agent, account, assurance } = own.actor.clone() else { unreachable!() };
        assert_eq!(house.ctx.read(move |read| identity::company_number(read, agent)).await.unwrap(), None);
        let mandate = Mandate { id: MandateId::from_bits(1), services: None, ceiling_minor: None };
        let acting = own.as_actor(Actor::Agent { person: company, agent, account, assurance, mandate });
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
