//! The sample operations of `services/operations/` that need no code: each is
//! asked over the pair, of somebody it knows and of nobody; and each fault of a
//! register reaches the asker as a fault of X-Road, without anybody's data.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base::Date;
use exchange::LookupError;
use exchange::connector::{Connectors, Places, WhenSaved, lint};
use exchange::server;
use sandbox::population::PEOPLE;
use sandbox::registry::Registers;
use sandbox::samples;
use serde_json::{Value, json};

use super::pair_with;

fn operations() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services/operations")
}

/// The sample registers on a day, and who answers from them.
fn sample(folder: &std::path::Path) -> Places {
    let registers = folder.join("registers");
    samples::write(&Registers::new(Date::new(2026, 11, 24).unwrap()), &registers).unwrap();
    Places { operations: operations(), registers: Some(registers), databases: BTreeMap::new() }
}

fn id(key: &str) -> &'static str {
    PEOPLE.iter().find(|person| person.key == key).unwrap().id_number.as_str()
}

/// A question and a part of its answer, by JSON Pointer.
type Known = (&'static str, Vec<(&'static str, &'static str)>, &'static str, Value);

fn known() -> Vec<Known> {
    let of = |key: &str| vec![("id", id(key))];
    let parcel = vec![("governorate", "NBS"), ("basin", "3"), ("parcel", "77")];
    let wanted = vec![
        ("first_ar", "مطبعة الحرف الجميل"),
        ("first_en", "Letter House"),
        ("second_ar", "مطبعة السطر"),
        ("second_en", "Line Press"),
    ];
    vec![
        ("PS/GOV/MOI/CIVIL/events", of("salma"), "/events/1/spouse/full_name/ar", json!("وسام ناصر محمود نجم")),
        ("PS/GOV/MOH/BIRTHS/notice", of("salma"), "/notices/0/registered", json!(false)),
        ("PS/GOV/MOH/BIRTHS/notice", of("wisam"), "/waiting/0/mother/id_number", json!(id("salma"))),
        ("PS/GOV/MOI/CIVIL/births", of("salma"), "/entries/1/relation", json!("child")),
        ("PS/GOV/MOI/CIVIL/spouses", of("salma"), "/spouses/0/id_number", json!(id("wisam"))),
        ("PS/GOV/MOI/CIVIL/cards", of("amer"), "/status", json!("valid")),
        ("PS/GOV/MOI/PASSPORTS/passport", of("samir"), "/number", json!("N0000105")),
        ("PS/GOV/MOT/LICENSING/vehicles", of("samir"), "/vehicles/1/insured_until", json!("2026-11-21")),
        ("PS/GOV/MOH/FITNESS/driver", of("wafa"), "/eyesight", json!("glasses")),
        ("PS/GOV/MOJ/RECORD/convictions", of("tareq"), "/convictions/0/spent", json!(false)),
        ("PS/GOV/MOJ/RECORD/convictions", of("salma"), "/convictions", json!([])),
        ("PS/GOV/HJC/COURTS/cases", of("samir"), "/cases/0/role", json!("plaintiff")),
        ("PS/GOV/AGO/ORDERS/holds", of("salma"), "/holds", json!([])),
        ("PS/GOV/MOH/INSURANCE/policy", of("salma"), "/dependants/1/full_name/en", json!("Jana Wisam Naser Najm")),
        ("PS/GOV/MOF/TAX/account", of("tareq"), "/dues_minor", json!(124_000)),
        ("PS/GOV/MOF/TAX/account", of("salma"), "/dues_minor", json!(0)),
        ("PS/GOV/MOF/PROPERTY/holdings", of("yousef"), "/dues_minor", json!(36_500)),
        ("PS/GOV/MOL/EMPLOYMENT/status", of("amal"), "/jobseeker_since", json!("2026-08-26")),
        ("PS/GOV/MOSD/HOUSEHOLDS/household", of("amal"), "/head/full_name/ar", json!("أمل صبحي نعيم سرحان")),
        ("PS/GOV/MONE/COMPANIES/names", vec![("name", "شركه حجر الجبل")], "/0/same", json!(true)),
        ("PS/GOV/MONE/COMPANIES/names", vec![("name", "OLIVE")], "/0/same", json!(false)),
        ("PS/GOV/MONE/COMPANIES/free", wanted, "/names/0/choice", json!("2")),
        ("PS/GOV/PLA/LAND/parcel", parcel, "/owners/0/id_number", json!(id("tareq"))),
        ("PS/GOV/MOE/EXAMS/results", of("karim"), "/results/0/year", json!(2023)),
        ("PS/GOV/LG/MUNICIPALITIES/dues", of("amal"), "/dues_minor", json!(0)),
        ("PS/GOV/PPA/PENSIONS/pension", of("yousef"), "/monthly_minor", json!(268_000)),
        ("PS/GOV/CHAMBERS/MEMBERS/member", of("samir"), "/number", json!("C-00417")),
        ("PS/GOV/POST/ADDRESSES/address", vec![("postcode", "p6040027")], "/building", json!("27")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_operation_answers_over_the_pair() {
    let folder = tempfile::tempdir().unwrap();
    let places = sample(folder.path());
    assert_eq!(lint(&places).await.unwrap(), []);
    let connectors = Arc::new(Connectors::open(places, WhenSaved::AtOnce).unwrap());
    let all = connectors.identifiers();
    assert_eq!(all.len(), 24);
    let pair = pair_with(Some((&operations(), connectors))).await;
    for (operation, asked, pointer, expected) in known() {
        let answer = pair.ask_for(operation, &asked).await;
        let answer = answer.unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(answer.body.pointer(pointer), Some(&expected), "{operation}: {}", answer.body);
        // Signed and logged like any other message, at both servers.
        for (ctx, _) in &pair.halves {
            let message = answer.message.clone();
            assert_eq!(ctx.read(move |read| server::logged(read, &message)).await.unwrap().len(), 2);
        }
    }
    for operation in &all {
        assert!(known().iter().any(|(known, ..)| known == operation), "{operation} is not asked here");
        if operation == "PS/GOV/MONE/COMPANIES/free" {
            // It has an answer to everything: a name that is taken is not in it.
            let taken =
                pair.ask_for(operation, &[("first_ar", "مطبعه الحرف الجميل"), ("first_en", "' OR '1'='1")]).await;
            assert_eq!(taken.unwrap().body["names"], json!([]));
            continue;
        }
        let nobody = match operation.as_str() {
            "PS/GOV/MONE/COMPANIES/names" => vec![("name", "اسم لم يحجزه أحد")],
            "PS/GOV/PLA/LAND/parcel" => vec![("governorate", "NBS"), ("basin", "3"), ("parcel", "99999")],
            "PS/GOV/POST/ADDRESSES/address" => vec![("postcode", "P9999999")],
            _ => vec![("id", "900000002")],
        };
        let found = pair.ask_for(operation, &nobody).await;
        assert!(matches!(found, Err(LookupError::NotFound)), "{operation}: {found:?}");
        let hostile: Vec<_> = nobody.iter().map(|(name, _)| (*name, "' OR '1'='1")).collect();
        let found = pair.ask_for(operation, &hostile).await;
        assert!(matches!(found, Err(LookupError::NotFound | LookupError::Unavailable(_))), "{operation}: {found:?}");
    }
    // A wildcard is no wildcard, and a year narrows what is asked.
    let found = pair.ask_for("PS/GOV/MONE/COMPANIES/names", &[("name", "%%%")]).await;
    assert!(matches!(found, Err(LookupError::NotFound)), "{found:?}");
    let other_year = [("id", id("karim")), ("year", "1999")];
    assert!(matches!(pair.ask_for("PS/GOV/MOE/EXAMS/results", &other_year).await, Err(LookupError::NotFound)));
    pair.stop.send();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_fails_is_a_fault_without_data() {
    const POLICY: &str = "PS/GOV/MOH/INSURANCE/policy";
    let folder = tempfile::tempdir().unwrap();
    let places = sample(folder.path());
    let registers = places.registers.clone().unwrap();
    let connectors = Arc::new(Connectors::open(places, WhenSaved::AtOnce).unwrap());
    let pair = pair_with(Some((&operations(), connectors))).await;
    let asked = [("id", id("salma"))];
    assert!(pair.ask_for(POLICY, &asked).await.is_ok());
    // Out of order and in order again, as a visitor of the demo switches it.
    assert!(samples::switch(&registers, POLICY, true).unwrap());
    assert!(samples::switch(&registers, POLICY, true).unwrap(), "twice is once");
    let silent = pair.ask_for(POLICY, &asked).await;
    assert!(
        matches!(&silent, Err(LookupError::Unavailable(code)) if code == "server.serverproxy.service_failed.register"),
        "{silent:?}"
    );
    assert!(samples::switch(&registers, POLICY, false).unwrap());
    assert!(pair.ask_for(POLICY, &asked).await.is_ok());
    assert!(!samples::switch(&registers, "PS/GOV/MOI/CIVIL/person", true).unwrap());
    // A row that contradicts the schema never leaves.
    let path = registers.join("insurance-policies.csv");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replacen(",worker,", ",surgeon,", 1)).unwrap();
    let refused = pair.ask_for(POLICY, &asked).await;
    assert!(matches!(&refused, Err(LookupError::Malformed(code)) if code.ends_with("schema")), "{refused:?}");
    // Without an agreement nothing is asked at all.
    fs::write(&path, whole).unwrap();
    interop::end_agreement(&pair.centre, super::PORTAL, POLICY).await.unwrap();
    pair.refresh().await;
    assert!(matches!(pair.ask_for(POLICY, &asked).await, Err(LookupError::Refused(_))));
    pair.stop.send();
}
