use std::collections::BTreeMap;

use serde_json::json;

mod tables;

use super::*;

fn facts() -> Facts {
    Facts {
        today: Date::new(2026, 11, 24).unwrap(),
        answers: json!({ "purpose": "work", "copies": 3 }),
        chosen: json!({ "vehicle": { "plate": "7-1234", "tested": "2026-01-01" } }),
        registers: json!({ "person": {
            "alive": true, "born": "1990-01-02", "governorate": null, "children": [{ "born": "2012-01-01", "sex": "f" }],
        } }),
    }
}

/// What the facts above are, as a folder and a schema would say it.
fn known() -> Known {
    let member = |kind, always| Member { kind, always };
    let answers = BTreeMap::from([
        ("purpose".to_owned(), member(Kind::Word(["work", "study"].map(str::to_owned).into()), true)),
        ("copies".to_owned(), member(Kind::Number(0, 50), true)),
        ("more".to_owned(), member(Kind::Text, false)),
    ]);
    let schema = json!({
        "type": "object", "required": ["alive", "born", "governorate", "children", "income"],
        "properties": {
            "alive": { "type": "boolean" },
            "born": { "type": "string", "format": "date" },
            "died": { "type": "string", "format": "date" },
            "governorate": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
            "income": { "type": "integer", "minimum": 0 },
            "children": { "type": "array", "items": { "$ref": "#/$defs/child" } },
        },
        "$defs": { "child": {
            "type": "object", "required": ["born", "sex"],
            "properties": { "born": { "type": "string", "format": "date" }, "sex": { "enum": ["f", "m"] } },
        } },
    });
    let vehicle = json!({
        "type": "object", "required": ["plate"],
        "properties": { "plate": { "type": "string" }, "tested": { "type": "string", "format": "date" } },
    });
    let vehicle = BTreeMap::from([("vehicle".to_owned(), member(Kind::of_schema(&vehicle), false))]);
    let person = BTreeMap::from([("person".to_owned(), member(Kind::of_schema(&schema), false))]);
    Known::new(answers, person, vehicle)
}

/// A table over some of them.
fn rates() -> &'static [Table] {
    static RATES: LazyLock<Vec<Table>> = LazyLock::new(|| vec![toml::from_str(RATE).unwrap()]);
    &RATES
}

const RATE: &str = r#"
id = "rate"
hit = "first"
input = ["answers.purpose", "answers.copies", "has(registers.person) ? years(registers.person.born, today) : 0"]
row = [
  { when = ["'work'", "< 10 | 20..30", ">= 18"], gives = "low" },
  { when = ["-", "> 40", "-"], gives = "high" },
  { when = ["-", "-", "-"], gives = "plain" },
]
"#;

fn holds(rule: &str) -> Result<bool, RuleError> {
    Rule::parse(rule).unwrap().holds(&facts())
}

fn fault(rule: &str) -> Option<String> {
    Rule::parse(rule).unwrap().fault(&known())
}

#[test]
fn rules_see_answers_registers_and_the_day() {
    for (rule, expected) in [
        ("has(registers.person) && registers.person.alive", true),
        ("answers.purpose == 'study'", false),
        ("has(registers.person) && registers.person.born < today", true),
        ("has(registers.person) && years(registers.person.born, today) >= 36", true),
        ("has(registers.person) && years(registers.person.born, today) >= 37", false),
        ("plusDays(today, 7) == '2026-12-01' && days(today, '2026-12-01') == 7", true),
        ("has(answers.more)", false),
        ("!has(answers.more) || answers.more.startsWith('x')", true),
        ("answers.copies * 2 - 1 == 5", true),
        ("answers.copies in [1, 2, 3]", true),
        (
            "has(registers.person) && registers.person.governorate != null && registers.person.governorate == 'HBN'",
            false,
        ),
        (
            "has(registers.person) && registers.person.children.exists(c, c.sex == 'f' && years(c.born, today) < 16)",
            true,
        ),
        ("has(registers.person) && size(registers.person.children.filter(c, c.sex == 'm')) == 0", true),
        ("has(registers.person) && registers.person.children.all(c, c.born < today)", true),
        ("has(registers.person) && registers.person.children.exists_one(c, c.sex == 'f')", true),
        ("has(registers.person) && '2012-01-01' in registers.person.children.map(c, c.born)", true),
        ("(has(registers.person) ? registers.person.children.size() : 0) == 1", true),
        ("has(chosen.vehicle) && has(chosen.vehicle.tested) && chosen.vehicle.tested < today", true),
    ] {
        assert_eq!(fault(rule), None, "{rule}");
        assert_eq!(holds(rule), Ok(expected), "{rule}");
    }
}

#[test]
fn what_might_have_no_answer_is_refused_before_it_is_asked() {
    for (rule, why) in [
        ("1 + 'a' == 2", "counted with"),
        ("nobody.alive", "`nobody` is not known"),
        ("1 / 0 == 1", "divide by zero"),
        ("10 / answers.copies > 1", "divide by zero"),
        ("10 % answers.copies > 1", "divide by zero"),
        ("1", "must be true or false"),
        ("answers.purpose", "must be true or false"),
        ("answers.purpose == 'travel'", "is never the text 'travel'"),
        ("answers.purpose in ['travel', 'other']", "is never"),
        ("answers.purpose < 'x'", "no order"),
        ("answers.porpose == 'work'", "`porpose` is not known here"),
        ("answers.more == 'x'", "may be absent"),
        ("has(answers.more) || answers.more == 'x'", "may be absent"),
        ("registers.person.alive", "`registers.person` may be absent"),
        ("chosen.vehicle.plate == 'x'", "`chosen.vehicle` may be absent"),
        ("has(chosen.vehicle) && chosen.vehicle.tested < today", "may be absent"),
        ("has(chosen.house)", "`house` is not known here"),
        ("has(registers.person.alive)", "`registers.person` may be absent"),
        ("has(registers.person) && registers.person.died < today", "may be absent"),
        ("has(registers.person) && registers.person.governorate.startsWith('H')", "may be null"),
        ("has(registers.person) && registers.person.income * registers.person.income > 5", "grow beyond"),
        ("has(registers.person) && registers.person.children[0].sex == 'f'", "may be absent"),
        ("has(registers.person) && registers.person.children.exists(c, c.born)", "must be true or false"),
        ("has(registers.person) && registers.person.children.exists(c, c.name == 'x')", "not known here"),
        ("today < 'tomorrow'", "no order"),
        ("years('never', today) > 1", "is the text 'never'"),
        ("plusDays(today, 1000000) > today", "at most"),
        ("answers.purpose.matches('w.*')", "no function of rules"),
        ("{'a': 1} == {'a': 1}", "no objects"),
        ("1.5 > 1.0", "whole numbers"),
        ("has(registers.person) && registers.person == registers.person", "is never"),
        ("[] == []", "empty list"),
        ("true ? 1 : 'a'", "one kind"),
    ] {
        let found = fault(rule);
        assert!(found.as_ref().is_some_and(|found| found.contains(why)), "{rule}: {found:?}");
    }
    for rule in ["", "a b", "(((", &"x".repeat(RULE_BYTES + 1)] {
        assert!(matches!(Rule::parse(rule), Err(RuleError::Malformed(..))), "{rule}");
    }
}

#[test]
fn what_has_no_answer_all_the_same_is_never_a_yes() {
    for rule in [
        "1 + 'a' == 2",
        "1 == 'a' || 1/0 == 1",
        "registers.nobody.alive",
        "1/0 == 1",
        "1",
        "answers.purpose",
        "years('x', today) > 1",
    ] {
        assert!(matches!(holds(rule), Err(RuleError::NoAnswer(..))), "{rule}");
    }
}

#[test]
fn where_it_is_wrong_is_said_by_its_place() {
    let found = fault("has(answers.more) && answers.purpose == 'travel'").unwrap();
    assert!(found.contains("from character 3"), "{found}");
}

mod every {
    //! Whatever the checker accepts has an answer, whatever the facts are that
    //! the schema allows.

    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::super::{Facts, Rule};
    use base::Date;

    fn numbers() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("answers.copies".to_owned()),
            Just("registers.person.income".to_owned()),
            Just("size(registers.person.children)".to_owned()),
            Just("years(registers.person.born, today)".to_owned()),
            (-3_i64..100).prop_map(|number| number.to_string()),
        ];
        leaf.prop_recursive(3, 12, 2, |inner| {
            (inner.clone(), "[-+*/%]", inner).prop_map(|(one, operator, two)| format!("({one} {operator} {two})"))
        })
    }

    fn rules() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            (numbers(), "(<|<=|==|!=)", numbers()).prop_map(|(one, operator, two)| format!("{one} {operator} {two}")),
            Just("has(registers.person)".to_owned()),
            Just("has(registers.person.died)".to_owned()),
            Just("registers.person.alive".to_owned()),
            Just("answers.purpose in ['work', 'study']".to_owned()),
            Just("answers.copies in [1, 2, 3]".to_owned()),
            Just("days(registers.person.born, today) > 12000".to_owned()),
            Just("registers.person.alive == has(answers.more)".to_owned()),
            Just("'2012-01-01' in registers.person.children.map(c, c.born)".to_owned()),
            Just("registers.person.died < today".to_owned()),
            Just("registers.person.governorate == 'HBN'".to_owned()),
            Just("registers.person.governorate != null".to_owned()),
            Just("registers.person.governorate.contains('B')".to_owned()),
            Just("tables.rate == 'low'".to_owned()),
            Just("tables.rate in ['plain', 'high']".to_owned()),
            Just("tables.rate == 'none'".to_owned()),
            Just("has(answers.more)".to_owned()),
            Just("answers.more.contains('x')".to_owned()),
            Just("has(chosen.vehicle)".to_owned()),
            Just("has(chosen.vehicle.tested)".to_owned()),
            Just("chosen.vehicle.tested < today".to_owned()),
            Just("chosen.vehicle.plate.contains('7')".to_owned()),
            Just("registers.person.children.exists(c, c.sex == 'f')".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} && {two})")),
                (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one} || {two})")),
                inner.clone().prop_map(|one| format!("!({one})")),
                (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            ]
        })
    }

    fn registers() -> impl Strategy<Value = Json> {
        let child = prop_oneof![Just("f"), Just("m")].prop_map(|sex| json!({ "born": "2012-01-01", "sex": sex }));
        let person = (
            any::<bool>(),
            proptest::option::of(Just("2026-01-01")),
            proptest::option::of(prop_oneof![Just("HBN"), Just("JEN")]),
            prop_oneof![Just(0_i64), 0_i64..9_007_199_254_740_991],
            proptest::collection::vec(child, 0..3),
        );
        let person = person.prop_map(|(alive, died, governorate, income, children)| {
            let mut person = json!({ "alive": alive, "born": "1990-01-02", "governorate": governorate,
                                     "income": income, "children": children });
            if let Some(died) = died {
                person["died"] = died.into();
            }
            json!({ "person": person })
        });
        prop_oneof![1 => Just(json!({})), 6 => person]
    }

    fn chosen() -> impl Strategy<Value = Json> {
        let tested = proptest::option::of(Just("2026-01-01"));
        let vehicle = ("[7a]{0,2}", tested).prop_map(|(plate, tested)| match tested {
            Some(day) => json!({ "vehicle": { "plate": plate, "tested": day } }),
            None => json!({ "vehicle": { "plate": plate } }),
        });
        prop_oneof![1 => Just(json!({})), 3 => vehicle]
    }

    proptest! {
        // A refused rule counts for nothing: so many must be accepted, or the test fails.
        #![proptest_config(ProptestConfig { cases: 2_000, max_global_rejects: 200_000, ..ProptestConfig::default() })]
        #[test]
        fn rule_that_is_accepted_has_an_answer(
            rule in rules(), registers in registers(), chosen in chosen(), copies in 0_i64..=50, more in proptest::option::of("[xy]{0,3}"),
        ) {
            // Guarded, so that many are accepted.
            let rule = Rule::parse(&format!("has(registers.person) && {rule}")).unwrap();
            rule.link(super::rates());
            prop_assume!(rule.fault(&super::known().with_tables(super::rates())).is_none());
            let mut answers = json!({ "purpose": "work", "copies": copies });
            if let Some(more) = more {
                answers["more"] = more.into();
            }
            let facts = Facts { today: Date::new(2026, 11, 24).unwrap(), answers, registers, chosen };
            prop_assert!(rule.holds(&facts).is_ok(), "{rule:?} {:?}", rule.holds(&facts));
            prop_assert_eq!(rule.value(&facts), rule.evaluated(&facts), "{:?}", rule);
        }
    }
}

/// What is left unseen of a rule after it came out over these answers.
fn unseen(rule: &str, all: &[Json]) -> (usize, Vec<(String, bool)>) {
    let rule = Rule::parse(rule).unwrap();
    rule.watch();
    for answers in all {
        let facts = Facts { answers: answers.clone(), ..facts() };
        rule.holds(&facts).unwrap();
    }
    let ways = rule.ways(Gives::Truth);
    let unseen = ways.iter().filter(|way| !way.seen).map(|way| (way.part.clone(), way.truth)).collect();
    (ways.len(), unseen)
}

#[test]
fn a_watched_rule_tells_which_of_its_parts_came_out_only_one_way() {
    let answers = |a: bool, b: i64| json!({ "a": a, "b": b, "list": [1, b] });
    let named = |part: &str, truth: bool| (part.to_owned(), truth);
    let both = "answers.a && answers.b > 2";
    assert_eq!(unseen(both, &[answers(true, 3), answers(true, 1), answers(false, 1)]), (4, vec![]));
    // What comes after a false one was not asked.
    let some = unseen(both, &[answers(false, 1), answers(true, 9)]);
    assert_eq!(some, (4, vec![named("answers.b > 2", false)]));
    let other = unseen("!answers.a || answers.b == 1", &[answers(false, 1)]);
    assert_eq!(other.0, 4);
    assert_eq!(other.1, [named("answers.a", true), named("answers.b == 1", true), named("answers.b == 1", false)]);
    let sides = "answers.a ? answers.b == 1 : answers.b == 2";
    assert_eq!(unseen(sides, &[answers(true, 1)]).1.len(), 4);
    let inside = "answers.list.exists(x, x > 5 && x < 9)";
    assert_eq!(
        unseen(inside, &[answers(true, 7)]),
        (6, vec![named("x < 9", false), named("answers.list.exists(x, x > 5 && x < 9)", false)])
    );
    assert_eq!(unseen(inside, &[answers(true, 7), answers(true, 10)]), (6, vec![]));
    let counted = "(answers.b > 3 ? answers.b : 3) > 5";
    assert_eq!(unseen(counted, &[answers(true, 9)]).1.len(), 2);
    assert_eq!(unseen("true", &[answers(true, 1)]), (0, vec![]));
    // Of a number only the conditions inside of it come out either way.
    let number = Rule::parse("answers.b > 3 ? answers.b : 3").unwrap();
    assert_eq!(number.ways(Gives::Value).iter().map(|way| way.part.as_str()).collect::<Vec<_>>(), ["answers.b > 3"; 2]);
    assert!(Rule::parse("answers.b").unwrap().ways(Gives::Value).is_empty());
    let guarded = Rule::parse("has(registers.person.died) && answers.x != null && answers.list.size() > 2").unwrap();
    let ways: Vec<_> =
        guarded.ways(Gives::Truth).into_iter().filter(|way| way.truth).map(|way| (way.part, way.asks)).collect();
    let asks = |part: &str, asks: bool| (part.to_owned(), asks);
    let expected = [
        asks("has(registers.person.died)", true),
        asks("answers.x != null", true),
        asks("answers.list.size() > 2", false),
    ];
    assert_eq!(ways, expected);
}
