//! The project's own folders: without fault, and found by what people type.

use catalogue::Catalogue;

use super::services;

fn catalogue() -> Catalogue {
    Catalogue::read(&services()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

#[test]
fn every_golden_query_finds_its_service_first() {
    let catalogue = catalogue();
    assert!(catalogue.golden().len() >= 30);
    let mut missed = Vec::new();
    for golden in catalogue.golden() {
        let found = catalogue.find(&golden.query).first().map(|hit| hit.key.clone());
        if found != golden.first {
            missed.push(format!("{:?}: {found:?} instead of {:?}", golden.query, golden.first));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// A copy of the project's folders with one file changed.
fn with(file: &str, change: impl Fn(&str) -> String) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy(&services(), folder.path());
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the change must hit something");
    std::fs::write(&path, changed).unwrap();
    let faults = Catalogue::read(folder.path()).err().unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

pub fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn faults_name_the_file_and_the_remedy() {
    let service = "mot.licence.renew/service.toml";
    for (file, from, to, expected) in [
        (service, "key = \"mot.licence.renew\"", "key = \"other\"", "the folder must be named `other`"),
        (service, "version = 1", "version = 1\nsurprise = 2", "unknown field `surprise`"),
        (service, "assurance = \"substantial\"", "assurance = \"sure\"", "use low, substantial or high"),
        (service, "working_days = 2", "working_days = 2\nminutes = 1", "one of the two"),
        (service, "answers.health == 'changed'", "answers.health ==", "is not a rule"),
        (service, "amount = \"100.00\"", "amount = \"100.001\"", "is no amount"),
        (
            service,
            "lookup = \"driver\", path = \"/class\" },\n  { id = \"licence-expires\"",
            "lookup = \"truck\", path = \"/class\" },\n  { id = \"licence-expires\"",
            "which is not declared",
        ),
        (service, "unit = \"licensing.ramallah\"\n", "", "clerk needs `unit`; add it"),
        (service, "provider = \"mot\"", "provider = \"nobody\"", "is not in agencies.toml"),
        (service, "life_events = [\"driving\"]", "life_events = [\"flying\"]", "is not in life-events.toml"),
        ("mot.licence.renew/en.ftl", "option-health-none = No change\n", "", "`option-health-none` is missing"),
    ] {
        let faults = with(file, |text| text.replace(from, to));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:#?}");
    }
}
