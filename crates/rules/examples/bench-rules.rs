//! What a service's rules cost: all of one folder, over what registers answer.
//!
//! `cargo xtask bench rules`

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use base::Date;
use rules::{Facts, Rule, Table};
use serde_json::json;

/// How long each is measured.
const PHASE: Duration = Duration::from_secs(3);

fn main() {
    let facts = Facts {
        today: Date::new(2026, 11, 27).expect("a day"),
        answers: json!({ "glasses": "yes", "health": "changed", "health-more": "عملية في العين", "collection": "post.ramallah" }),
        chosen: json!({}),
        registers: json!({
            "person": {
                "id_number": "900000001", "full_name": { "ar": "سلمى عادل خليل عواد", "en": "Salma Adel Khalil Awwad" },
                "names": { "first": "سلمى", "father": "عادل", "grandfather": "خليل", "family": "عواد" },
                "birth_date": "1992-08-15", "sex": "female", "status": "alive", "marital_status": "married",
                "marital_status_text": { "ar": "متزوجة", "en": "Married" }, "cohorts": ["social-assistance"],
                "address": { "governorate": "RBH", "postcode": "P6001234", "street": { "ar": "شارع", "en": "Street" } },
                "phones": [{ "number": "+970599123456" }], "version": "7",
            },
            "driver": {
                "id_number": "900000001", "licence_number": "D1234567", "class": "B",
                "class_name": { "ar": "خصوصي", "en": "Private" }, "issued": "2021-12-01", "expires": "2026-12-01",
                "renewable_until": "2027-12-01", "status": "valid", "glasses": true, "holds": [],
            },
        }),
    };
    let renewal = [
        "answers.health == 'changed'",
        "has(registers.driver) && registers.driver.renewable_until >= today && registers.driver.status != 'suspended'",
        "has(registers.person) && 'social-assistance' in registers.person.cohorts",
    ];
    let renewal: Vec<Rule> = renewal.iter().map(|rule| Rule::parse(rule).expect("a rule")).collect();
    measure("the rules of one service", &renewal, &facts);
    let table: Table = toml::from_str(RATE).expect("a table");
    let rate = Rule::parse("tables.rate == 'senior'").expect("a rule");
    rate.link(std::slice::from_ref(&table));
    measure("the same and one that reads a table", &[renewal, vec![rate]].concat(), &facts);
}

/// What somebody pays by age and answer; the row that holds is the last.
const RATE: &str = r#"
id = "rate"
hit = "first"
input = ["answers.glasses", "has(registers.person) ? years(registers.person.birth_date, today) : 0"]
row = [
  { when = ["'no'", ">= 60"], gives = "senior" },
  { when = ["'no'", "< 18"], gives = "minor" },
  { when = ["-", ">= 60"], gives = "checked" },
  { when = ["'no'", "-"], gives = "plain" },
  { when = ["-", "-"], gives = "examined" },
]
"#;

fn measure(what: &str, rules: &[Rule], facts: &Facts) {
    let (started, mut done) = (Instant::now(), 0_u32);
    while started.elapsed() < PHASE {
        for _ in 0..100 {
            for rule in rules {
                black_box(rule.holds(black_box(facts))).expect("an answer");
            }
        }
        done += 100;
    }
    let each = started.elapsed().as_secs_f64() * 1e6 / f64::from(done);
    let line = format!("{what} ({} of them)   {each:.2} µs   (bar 5 µs)", rules.len());
    // A closed pipe is nobody's loss.
    drop(writeln!(std::io::stdout(), "{line}"));
}
