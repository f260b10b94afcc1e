//! The schema of `service.toml`: the committed one is what the program prints, every
//! folder of the project keeps to it, and what cannot be a service does not.

use std::fs;

use catalogue::folder::schema::service_schema;
use jsonschema::Validator;
use serde_json::Value;

use super::services;

fn schema() -> Validator {
    jsonschema::options().should_validate_formats(true).build(&service_schema()).unwrap()
}

fn json(toml: &str) -> Value {
    toml::from_str(toml).unwrap_or_else(|error| panic!("{error}\n{toml}"))
}

#[test]
fn the_committed_schema_is_the_one_that_the_program_prints() {
    let committed = fs::read_to_string(services().join("service.schema.json")).unwrap();
    let printed = format!("{:#}\n", service_schema());
    assert!(committed == printed, "run: hukumati service schema > services/service.schema.json");
    let schema = &service_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::meta::validate(schema).unwrap();
}

#[test]
fn every_key_is_described() {
    fn bare(at: &str, value: &Value, found: &mut Vec<String>) {
        let members = match value {
            Value::Object(members) => members,
            Value::Array(all) => return all.iter().for_each(|one| bare(at, one, found)),
            _ => return,
        };
        // Demands on keys say nothing new of them.
        for (word, inner) in members.iter().filter(|(word, _)| !matches!(word.as_str(), "allOf" | "if" | "then")) {
            if let ("properties", Value::Object(keys), false) = (word.as_str(), inner, members.contains_key("$ref")) {
                let mute = |key: &Value| key.get("description").is_none() && key.get("const").is_none();
                found.extend(keys.iter().filter(|(_, key)| mute(key)).map(|(key, _)| format!("{at}.{key}")));
            }
            bare(&format!("{at}.{word}"), inner, found);
        }
    }
    let mut found = Vec::new();
    bare("", &service_schema(), &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_folder_of_the_project_keeps_to_it_and_tells_editors_so() {
    let (schema, mut seen) = (schema(), 0);
    for entry in fs::read_dir(services()).unwrap() {
        let path = entry.unwrap().path().join("service.toml");
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let found: Vec<String> =
            schema.iter_errors(&json(&text)).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(found, Vec::<String>::new(), "{}", path.display());
        assert!(text.starts_with("#:schema ../service.schema.json\n"), "{}", path.display());
        seen += 1;
    }
    assert_eq!(seen, 17);
}

/// A service in which every kind of step, of page and of key stands once.
const WHOLE: &str = r#"
key = "test.whole.act"
version = 3
takes_effect = "2027-01-01"
sample = true
provider = "moi"
assurance = "low"
audience = ["person", "company"]
life_events = ["family"]
search_words = ["word"]
delivery = ["wallet", "post", "office"]
promise = { working_days = 2 }
opens = [{ to = "staff", from = "2026-12-01" }]
lookup = [{ id = "person", operation = "PS/GOV/MOI/CIVIL/person", optional = true, asks = { a = "b" } }]
eligible = [{ rule = "true", reason = "a" }]
appeal = { unit = "a", days = 3 }
fee = [{ code = "a" }, { code = "b", quantity = 3 }, { code = "c", quantity = "answers.a", when = "true" }]
cohorts = { poor = "true" }
page = [
  { id = "a", known = [{ id = "a", lookup = "person", path = "/a" }], officers = true },
  { id = "b", when = "true", field = { id = "b", kind = "choice", required = true, options = ["x"], check = "true" } },
  { id = "c", field = { id = "c", kind = "office", office = "post", length = 40 } },
  { id = "d", field = { id = "d", kind = "listed", lookup = "person", path = "/a", key = "/b", label = ["/c"], several = true } },
  { id = "e", field = { id = "e", kind = "paper", services = ["a.b.c"] } },
  { id = "f", field = { id = "f", kind = "files", most = 3, accept = ["pdf"] } },
  { id = "g", repeat = { id = "g", least = 1, most = 3, field = [{ id = "h", kind = "money" }] } },
]
table = [{ id = "a", hit = "first", input = ["answers.b"], row = [{ when = ["-"], gives = "x" }] }]
step = [
  { kind = "decide", by = "rule", rule = "true", reason = "a", when = "true" },
  { kind = "decide", by = "rule", check = [{ rule = "true", reason = "a" }] },
  { kind = "decide", by = "clerk", unit = "a", eyes = 2, discreet = "a" },
  { kind = "decide", by = "committee", unit = "a", votes = 3 },
  { kind = "pay" },
  { kind = "pay", fees = ["a"], instalments = 2, every_days = 30 },
  { kind = "clear", body = [{ id = "a", unit = "a", days = 1, silence = "escalate", sees = ["b"] }, { id = "b", operation = "a/b/c/d/e", rule = "true", days = 1, silence = "no" }] },
  { kind = "await", id = "c", unit = "a" },
  { kind = "home-visit", id = "d", unit = "a", days = 2, silence = "escalate" },
  { kind = "co-sign", field = "i", days = 3, sees = ["b"] },
  { kind = "appointment", unit = "a", minutes = 30, capacity = 1, days = 5 },
  { kind = "write", id = "e", unit = "a", operation = "a/b/c/d/e", sends = ["b"] },
  { kind = "issue" },
  { kind = "deliver", when = "true" },
]
paper = { serial = "TW", valid_days = 3, public = ["a"], value = [{ id = "a", lookup = "answers", path = "/b" }] }

[register]
fee = [{ code = "a", name = { ar = "أ", en = "a" }, amount = "5.00", currency = "ILS", valid_from = "2026-01-01", decision = { ar = "أ", en = "a" } }]
waiver = [{ fee = "a", cohort = "poor", name = { ar = "أ", en = "a" }, share_percent = 50, valid_from = "2026-01-01", decision = { ar = "أ", en = "a" } }]
"#;

#[test]
fn what_cannot_be_a_service_is_refused() {
    let schema = schema();
    let whole: Vec<String> = schema.iter_errors(&json(WHOLE)).map(|error| error.to_string()).collect();
    assert_eq!(whole, Vec::<String>::new());
    for (there, instead) in [
        ("version = 3", "version = \"3\""),
        ("sample = true\n", "sample = true\ncolour = \"red\"\n"),
        ("sample = true\n", ""),
        ("assurance = \"low\"", "assurance = \"enough\""),
        ("[\"wallet\", \"post\", \"office\"]", "[\"pigeon\"]"),
        ("{ working_days = 2 }", "{ working_days = 2, minutes = 5 }"),
        ("takes_effect = \"2027-01-01\"", "takes_effect = \"soon\""),
        ("to = \"staff\"", "to = \"friends\""),
        ("\"PS/GOV/MOI/CIVIL/person\"", "\"person\""),
        ("quantity = 3", "quantity = 0"),
        ("path = \"/a\" }], officers", "path = \"a\" }], officers"),
        ("officers = true }", "officers = true, when = \"true\" }"),
        ("{ id = \"c\", field", "{ id = \"c\", known = [{ id = \"a\", lookup = \"a\", path = \"\" }], field"),
        ("options = [\"x\"]", "options = []"),
        (", options = [\"x\"]", ""),
        ("kind = \"money\"", "kind = \"money\", options = [\"x\"]"),
        ("kind = \"money\"", "kind = \"files\""),
        ("key = \"/b\", ", ""),
        ("kind = \"paper\", services", "kind = \"text\", services"),
        ("kind = \"files\", most = 3", "kind = \"files\", most = 11"),
        ("when = [\"-\"], gives = \"x\"", "when = [], gives = \"x\""),
        ("rule = \"true\", reason = \"a\", when", "rule = \"true\", when"),
        ("by = \"clerk\", unit = \"a\", eyes = 2", "by = \"clerk\", unit = \"a\", eyes = 3"),
        ("by = \"clerk\", unit = \"a\"", "by = \"clerk\""),
        (", votes = 3", ""),
        ("by = \"committee\", unit = \"a\", votes = 3", "by = \"rule\", rule = \"true\", reason = \"a\", votes = 3"),
        (", every_days = 30", ""),
        ("{ kind = \"pay\" }", "{ kind = \"pay\", every_days = 3 }"),
        ("{ id = \"a\", unit = \"a\", days = 1, silence = \"escalate\",", "{ id = \"a\", unit = \"a\","),
        ("operation = \"a/b/c/d/e\", rule = \"true\", days", "operation = \"a/b/c/d/e\", days"),
        ("kind = \"await\", id = \"c\", unit = \"a\"", "kind = \"await\", id = \"c\""),
        ("days = 2, silence = \"escalate\"", "days = 2, silence = \"yes\""),
        ("kind = \"appointment\", unit = \"a\"", "kind = \"appointment\", unit = \"a\", field = \"b\""),
        ("{ kind = \"issue\" }", "{ kind = \"issue\", unit = \"a\" }"),
        ("{ kind = \"issue\" }", "{ kind = \"dance\" }"),
        ("{ kind = \"issue\" }", "{ when = \"true\" }"),
        ("share_percent = 50", "share_percent = 101"),
        ("name = { ar = \"أ\", en = \"a\" }, amount", "name = { en = \"a\" }, amount"),
        ("currency = \"ILS\"", "currency = \"XXX\""),
    ] {
        assert!(WHOLE.contains(there), "{there}");
        let wrong = WHOLE.replacen(there, instead, 1);
        assert!(!schema.is_valid(&json(&wrong)), "{there} became {instead}, and the schema takes it");
    }
}
