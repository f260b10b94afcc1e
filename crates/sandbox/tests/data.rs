//! The data under `services/` that no crate reads at its start: whole, dated,
//! and true of the demo's people.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::HashSet;
use std::path::PathBuf;

use base::{Date, Locale};
use sandbox::population::{OFFICERS, PEOPLE};
use toml::{Table, Value};

fn services() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services")
}

fn read(path: &str) -> Table {
    std::fs::read_to_string(services().join(path)).unwrap().parse().unwrap()
}

fn list<'t>(table: &'t Table, key: &str) -> &'t [Value] {
    table.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The key of every folder of a service.
fn folders() -> Vec<String> {
    let all = std::fs::read_dir(services()).unwrap().map(|entry| entry.unwrap().path());
    let folders = all.filter(|path| path.join("service.toml").is_file());
    folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn texts_keep_the_rules_of_writing() {
    for service in folders() {
        for locale in Locale::all() {
            let file = format!("{service}/{}.ftl", locale.tag());
            let faults = messages::lint(locale, &file, &std::fs::read_to_string(services().join(&file)).unwrap());
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn the_demos_texts_keep_them_too() {
    let mut texts = Vec::new();
    for person in PEOPLE.iter() {
        texts.extend([(person.key.clone(), &person.story), (format!("{}-try", person.key), &person.tries)]);
    }
    texts.extend(OFFICERS.iter().map(|officer| (officer.username.replace('.', "-"), &officer.story)));
    for (key, text) in texts {
        for locale in Locale::all() {
            let faults = messages::lint(locale, "demo.toml", &format!("{key} = {}\n", text.get(locale)));
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn the_calendar_is_dated_and_in_order() {
    let calendar = read("calendar.toml");
    let mut before = Date::new(2026, 1, 1).unwrap();
    for holiday in list(&calendar, "holiday") {
        let day = |key: &str| Date::parse(holiday[key].as_str().unwrap()).unwrap();
        assert!(day("from") >= before && day("until") >= day("from"), "{holiday}");
        assert!(day("until") <= day("from").plus_days(4), "{holiday}");
        before = day("from");
        let computed = match holiday["basis"].as_str().unwrap() {
            "fixed" => false,
            "computed" => true,
            other => panic!("{other}: a decreed day names its decision"),
        };
        assert_eq!(holiday.get("hijri").is_some(), computed, "{holiday}");
        assert!(holiday["name"]["ar"].is_str() && holiday["name"]["en"].is_str());
    }
    for year in ["2026", "2027"] {
        let in_year = |one: &&Value| one["from"].as_str().unwrap().starts_with(year);
        assert!(list(&calendar, "holiday").iter().filter(in_year).count() >= 12);
    }
}

#[test]
fn every_governorate_has_its_offices() {
    let offices = read("offices.toml");
    let mut keys = HashSet::new();
    for office in list(&offices, "office") {
        assert!(keys.insert(office["key"].as_str().unwrap().to_owned()), "{office}");
    }
    for kind in ["post.", "civil."] {
        assert_eq!(keys.iter().filter(|key| key.starts_with(kind)).count(), 16, "{kind}");
    }
    for officer in OFFICERS.iter().filter(|officer| officer.unit.contains('.')) {
        assert!(keys.contains(&officer.unit), "{}", officer.unit);
    }
}
