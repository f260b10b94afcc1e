//! The published operations and what the registers answer: one and the same.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use base::Date;
use sandbox::population::PEOPLE;
use sandbox::registry::{COMPANIES, Operation, Registers};
use serde_json::Value;

fn published() -> BTreeMap<String, toml::Table> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../services/operations");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let tables = files.map(|path| std::fs::read_to_string(path).unwrap().parse::<toml::Table>().unwrap());
    // What a register is told is no question: `registry::told` has its tests.
    let tables = tables.filter(|table| table["method"].as_str() == Some("GET"));
    tables.map(|table| (table["identifier"].as_str().unwrap().to_owned(), table)).collect()
}

fn schema(operation: &toml::Table) -> Value {
    serde_json::from_str(operation["answer"]["schema"].as_str().unwrap()).unwrap()
}

/// Where a value does not fit a schema. It knows the keywords that the
/// operations use; any other one fails the test.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if schema.get("type").is_some_and(|kind| !holds("type", kind, value)) {
        // Of another type: the other keywords say nothing about it.
        return vec![format!("{at}: type: {value}")];
    }
    let mut found = Vec::new();
    for (keyword, wanted) in schema.as_object().unwrap() {
        let listed = || wanted.as_array().unwrap().iter();
        match keyword.as_str() {
            "properties" => {
                for (name, part) in value.as_object().unwrap() {
                    let inner = wanted.get(name).into_iter();
                    found.extend(inner.flat_map(|inner| faults(root, inner, part, &format!("{at}/{name}"))));
                }
            }
            "items" => {
                for (place, part) in value.as_array().unwrap().iter().enumerate() {
                    found.extend(faults(root, wanted, part, &format!("{at}/{place}")));
                }
            }
            "$ref" => found.extend(faults(root, root.pointer(&wanted.as_str().unwrap()[1..]).unwrap(), value, at)),
            "anyOf" if !listed().any(|one| faults(root, one, value, at).is_empty()) => {
                found.push(format!("{at}: fits none: {value}"));
            }
            "required" => {
                let missing = listed().filter(|name| value.get(name.as_str().unwrap()).is_none());
                found.extend(missing.map(|name| format!("{at}: without {name}")));
            }
            "additionalProperties" => {
                assert_eq!(wanted, false);
                let more = value.as_object().unwrap().keys().filter(|name| schema["properties"].get(*name).is_none());
                found.extend(more.map(|name| format!("{at}: with {name}")));
            }
            "$schema" | "$id" | "$defs" | "anyOf" | "type" | "x-concept" => {}
            other if !holds(other, wanted, value) => found.push(format!("{at}: {other}: {value}")),
            _ => {}
        }
    }
    found
}

/// Whether a single keyword without parts holds.
fn holds(keyword: &str, wanted: &Value, value: &Value) -> bool {
    let size = || usize::try_from(wanted.as_u64().unwrap()).unwrap();
    match keyword {
        "type" => {
            let kind = match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "integer",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            kind == wanted
        }
        "enum" => wanted.as_array().unwrap().contains(value),
        "minimum" => value.as_i64() >= wanted.as_i64(),
        "minLength" => value.as_str().unwrap().chars().count() >= size(),
        "maxLength" => value.as_str().unwrap().chars().count() <= size(),
        "minItems" => value.as_array().unwrap().len() >= size(),
        "maxItems" => value.as_array().unwrap().len() <= size(),
        "format" => {
            assert_eq!(wanted, "date");
            value.as_str().and_then(Date::parse).is_some()
        }
        "pattern" => value.as_str().is_some_and(|text| matches(wanted.as_str().unwrap(), text)),
        other => panic!("this test does not know {other}"),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match pattern {
        "^[0-9]{9}$" => text.len() == 9 && digits(text),
        "^56[0-9]{7}$" => text.len() == 9 && digits(text) && text.starts_with("56"),
        "^D[0-9]{7}$" => text.len() == 8 && text.strip_prefix('D').is_some_and(digits),
        "^P[0-9]{7}$" => text.len() == 8 && text.strip_prefix('P').is_some_and(digits),
        "^[A-Z]{3}$" => text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()),
        "^[+][0-9]{8,15}$" => (9..=16).contains(&text.len()) && text.strip_prefix('+').is_some_and(digits),
        "^[A-Za-z0-9+/]+={0,2}$" => seal::digest::from_base64(text).is_ok_and(|bytes| !bytes.is_empty()),
        other => panic!("this test does not know {other}"),
    }
}

#[test]
fn every_operation_is_published() {
    let published = published();
    let known: Vec<&str> = Operation::ALL.map(Operation::identifier).to_vec();
    // Those with a connector need no code: `hukumati operation lint` looks at them.
    let coded: Vec<&String> =
        published.iter().filter(|(_, operation)| !operation.contains_key("connector")).map(|(name, _)| name).collect();
    assert_eq!(coded.len(), known.len());
    for identifier in known {
        let operation = &published[identifier];
        assert_eq!(schema(operation)["$id"], format!("urn:hukumati:operation:{identifier}"));
        for text in ["title", "description", "source"] {
            assert!(operation[text]["ar"].is_str() && operation[text]["en"].is_str(), "{identifier}: {text}");
        }
        assert!(operation["owner"].is_str() && operation["sensitivity"].is_str());
        // A granted field is one that the answer has.
        for agreement in operation["agreement"].as_array().unwrap() {
            assert!(!agreement["purposes"].as_array().unwrap().is_empty());
            for field in agreement["fields"].as_array().unwrap() {
                let field = field.as_str().unwrap().trim_start_matches('/');
                assert!(schema(operation)["properties"].get(field).is_some(), "{identifier}: {field}");
            }
        }
    }
}

#[test]
fn every_answer_fits_its_schema() {
    let published = published();
    let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
    let mut answered = BTreeMap::new();
    for operation in Operation::ALL.into_iter().filter(|operation| *operation != Operation::Company) {
        let schema = schema(&published[operation.identifier()]);
        for person in registers.population().people() {
            let Ok(answer) = registers.answer(operation, person.id_number.as_str()) else { continue };
            let found = faults(&schema, &schema, &answer, "");
            assert!(found.is_empty(), "{}: {found:#?}", operation.identifier());
            *answered.entry(operation.identifier()).or_insert(0) += 1;
        }
    }
    assert!(answered.values().all(|&count| count >= 900), "{answered:?}");
}

#[test]
fn every_companys_answer_fits_its_schema() {
    let schema = schema(&published()[Operation::Company.identifier()]);
    let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
    assert_eq!(registers.companies().len(), COMPANIES);
    for company in registers.companies() {
        let answer = registers.answer(Operation::Company, company.number.as_str()).unwrap();
        let found = faults(&schema, &schema, &answer, "");
        assert!(found.is_empty() && answer["sample"] == true, "{found:#?}");
        // Whoever signs for it finds it among their own.
        for signatory in answer["signatories"].as_array().unwrap() {
            let own = registers.answer(Operation::Signatory, signatory["id_number"].as_str().unwrap()).unwrap();
            let own = own["companies"].as_array().unwrap();
            assert!(own.iter().any(|one| one["company_number"] == company.number.as_str()));
        }
    }
}

#[test]
fn a_portrait_comes_only_when_it_is_asked_for() {
    let schema = schema(&published()[Operation::Person.identifier()]);
    let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
    let mut with_photo = 0;
    for person in registers.population().people() {
        let answer = registers.with_photo(person.id_number.as_str()).unwrap();
        let found = faults(&schema, &schema, &answer, "");
        assert!(found.is_empty(), "{found:#?}");
        with_photo += usize::from(answer["photo"]["sample"] == true);
        assert!(registers.answer(Operation::Person, person.id_number.as_str()).unwrap().get("photo").is_none());
    }
    assert!(with_photo > 900 && with_photo < registers.population().people().len(), "{with_photo}");
}

#[test]
fn the_check_sees_what_does_not_fit() {
    let schema = schema(&published()[Operation::Person.identifier()]);
    let registers = Registers::new(Date::new(2026, 11, 24).unwrap());
    let good = registers.answer(Operation::Person, PEOPLE[0].id_number.as_str()).unwrap();
    for (pointer, bad) in [
        ("/id_number", "12".into()),
        ("/status", Value::Null),
        ("/birth_date", "yesterday".into()),
        ("/full_name", serde_json::json!({ "ar": "سلمى" })),
        ("/sex", "unknown".into()),
        ("/version", 0.into()),
        ("/address/postcode", "P1".into()),
    ] {
        let mut spoilt = good.clone();
        *spoilt.pointer_mut(pointer).unwrap() = bad;
        assert!(!faults(&schema, &schema, &spoilt, "").is_empty(), "{pointer}");
    }
}
