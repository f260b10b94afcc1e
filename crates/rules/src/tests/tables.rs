//! Tables: which row holds, what is refused, and that the search for gaps and
//! overlaps finds what trying every value finds.

use proptest::prelude::*;

use super::*;

/// What the inputs of these tables can be.
fn small() -> Known {
    let word = |words: &[&str]| Kind::Word(words.iter().map(|word| (*word).to_owned()).collect());
    let kinds = [("n", Kind::Number(0, 6)), ("w", word(&["a", "b", "c"])), ("t", Kind::Truth), ("d", Kind::Day)];
    let members = kinds.map(|(name, kind)| (name.to_owned(), Member { kind, always: true }));
    Known::new(members.into(), BTreeMap::new(), BTreeMap::new())
}

fn table(hit: &str, inputs: &[&str], rows: &[Vec<String>]) -> Table {
    let row = |(at, cells): (usize, &Vec<String>)| format!("[[row]]\nwhen = {cells:?}\ngives = \"row-{}\"\n", at + 1);
    let rows: String = rows.iter().enumerate().map(row).collect();
    toml::from_str(&format!("id = \"t\"\nhit = \"{hit}\"\ninput = {inputs:?}\n{rows}")).unwrap()
}

fn over(value: &Json) -> Facts {
    Facts { today: Date::new(2026, 11, 24).unwrap(), answers: value.clone(), registers: json!({}), chosen: json!({}) }
}

#[test]
fn the_first_row_that_holds_gives_its_word() {
    let rate = &rates()[0];
    for (purpose, copies, word) in
        [("work", 3, "low"), ("work", 15, "plain"), ("work", 25, "low"), ("work", 41, "high"), ("study", 9, "plain")]
    {
        let mut facts = facts();
        facts.answers = json!({ "purpose": purpose, "copies": copies });
        assert_eq!(rate.gives(&facts), Ok(word), "{purpose} {copies}");
        let rule = Rule::parse(&format!("tables.rate == '{word}'")).unwrap();
        rule.link(rates());
        assert_eq!(rule.holds(&facts), Ok(true));
    }
    assert_eq!(rate.faults(&known()), Vec::<String>::new());
    let rule = Rule::parse("tables.rate == 'low'").unwrap();
    assert!(rule.fault(&known().with_tables(rates())).unwrap().contains("no table can be read"));
    rule.link(rates());
    assert_eq!(rule.lookups().into_iter().collect::<Vec<_>>(), ["person"]);
    assert_eq!(rule.fault(&known().with_tables(rates())), None);
}

#[test]
fn cells_hold_as_they_are_written() {
    for (input, cell, passes, fails) in [
        ("answers.n", "3", vec![json!(3)], vec![json!(2), json!(4)]),
        ("answers.n", " < 3 | 5 .. 6 ", vec![json!(0), json!(2), json!(5), json!(6)], vec![json!(3), json!(4)]),
        ("answers.n", "<= 3", vec![json!(3)], vec![json!(4)]),
        ("answers.n", "> 3", vec![json!(4)], vec![json!(3)]),
        ("answers.w", "'a' | 'c'", vec![json!("a"), json!("c")], vec![json!("b")]),
        ("answers.t", "true", vec![json!(true)], vec![json!(false)]),
        (
            "answers.d",
            "'2026-02-01'..'2026-02-03'",
            vec![json!("2026-02-03")],
            vec![json!("2026-02-04"), json!("1999-02-02")],
        ),
        ("answers.d", "> '2026-02-01'", vec![json!("2026-02-02"), json!("9999-12-31")], vec![json!("2026-02-01")]),
    ] {
        let rows = [vec![cell.to_owned()], vec!["-".to_owned()]];
        let table = table("first", &[input], &rows);
        assert_eq!(table.faults(&small()), Vec::<String>::new(), "{cell}");
        let name = input.trim_start_matches("answers.");
        for (values, word) in [(passes, "row-1"), (fails, "row-2")] {
            for value in values {
                assert_eq!(table.gives(&over(&json!({ name: value }))), Ok(word), "{cell} {value}");
            }
        }
    }
    for cell in ["", "a", "'a", "'a''b'", "1..2..3", "<", "1.5", "'a' |", "= 3", "!= 3", "-1..", "null", "''"] {
        let text = format!(
            "id = \"t\"\nhit = \"first\"\ninput = [\"answers.n\"]\nrow = [{{ when = [{cell:?}], gives = \"x\" }}]"
        );
        assert!(toml::from_str::<Table>(&text).is_err(), "{cell}");
    }
}

/// Two hundred rows over six inputs, each a window: whatever it comes to, it is
/// known soon, and said.
#[test]
fn a_table_whose_rows_cross_each_other_everywhere_is_decided_or_refused() {
    let inputs = ["answers.d"; 6];
    let window = |row: usize, input: usize| {
        let at = 1 + (row * (input + 3)) % 20;
        format!("'2026-01-{at:02}'..'2026-01-{:02}'", at + 8)
    };
    let rows: Vec<Vec<String>> = (0..200).map(|row| (0..6).map(|input| window(row, input)).collect()).collect();
    let found = table("first", &inputs, &rows).faults(&small());
    let said = ["never reached", "no row for", "cross each other"];
    assert!(found.len() == 1 && said.iter().any(|words| found[0].contains(words)), "{found:?}");
}

#[test]
fn gaps_and_overlaps_are_named_by_a_value() {
    let rows = |cells: &[&[&str]]| -> Vec<Vec<String>> {
        cells.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    };
    for (hit, inputs, cells, about) in [
        (
            "unique",
            vec!["answers.w", "answers.n"],
            rows(&[&["'a'", "-"], &["'b' | 'c'", "< 5"]]),
            "no row for answers.w = 'b' and answers.n = 5",
        ),
        ("unique", vec!["answers.n"], rows(&[&["< 4"], &["3..6"]]), "rows 1 and 2 both hold for answers.n = 3"),
        (
            "first",
            vec!["answers.d"],
            rows(&[&["< '2026-01-02'"], &["> '2026-01-02'"]]),
            "no row for answers.d = '2026-01-02'",
        ),
        ("first", vec!["answers.d"], rows(&[&["< '2026-01-02'"]]), "no row for answers.d = '2026-01-02'"),
        (
            "first",
            vec!["answers.t", "answers.n"],
            rows(&[&["true", "-"], &["false", "1..6"]]),
            "answers.t = false and answers.n = 0",
        ),
        ("first", vec!["answers.t"], rows(&[&["true"], &["false"], &["-"]]), "row 3 is never reached"),
    ] {
        let found = table(hit, &inputs, &cells).faults(&small());
        assert!(found.len() == 1 && found[0].contains(about), "{about}: {found:?}");
    }
}

/// An input and a test that some of its values pass.
fn cells(input: &'static str) -> BoxedStrategy<String> {
    let one = match input {
        "answers.n" => prop_oneof![
            (0_i32..=6).prop_map(|at| at.to_string()),
            (1_i32..=6).prop_map(|at| format!("< {at}")),
            (0_i32..=5).prop_map(|at| format!("> {at}")),
            (0_i32..=6).prop_map(|at| format!(">= {at}")),
            (0_i32..=6, 0_i32..=6).prop_map(|(one, two): (i32, i32)| format!("{}..{}", one.min(two), one.max(two))),
        ]
        .boxed(),
        "answers.w" => prop_oneof![Just("'a'"), Just("'b'"), Just("'c'")].prop_map(str::to_owned).boxed(),
        "answers.t" => any::<bool>().prop_map(|truth| truth.to_string()).boxed(),
        _ => prop_oneof![
            (2_i32..=6).prop_map(|day| format!("'2026-06-0{day}'")),
            (2_i32..=6).prop_map(|day| format!("<= '2026-06-0{day}'")),
            (2_i32..=6).prop_map(|day| format!("> '2026-06-0{day}'")),
            (2_i32..=4, 4_i32..=6).prop_map(|(one, two)| format!("'2026-06-0{one}'..'2026-06-0{two}'")),
        ]
        .boxed(),
    };
    let some = proptest::collection::vec(one, 1..3).prop_map(|tests| tests.join(" | "));
    prop_oneof![1 => Just("-".to_owned()), 2 => some].boxed()
}

/// Every value of an input, and of a line of days every one beside a test's.
fn values(input: &str) -> Vec<Json> {
    match input {
        "answers.n" => (0..=6).map(|at| json!(at)).collect(),
        "answers.w" => ["a", "b", "c"].map(|word| json!(word)).to_vec(),
        "answers.t" => vec![json!(false), json!(true)],
        _ => {
            let near = (1..=8).map(|day| json!(format!("2026-06-0{day}")));
            near.chain([json!("0001-01-01"), json!("9999-12-31")]).collect()
        }
    }
}

/// Every combination.
fn everything(inputs: &[&str]) -> Vec<Json> {
    let mut all = vec![json!({})];
    for input in inputs {
        let name = input.trim_start_matches("answers.");
        let with = |case: &Json| values(input).into_iter().map(move |value| (case.clone(), value)).collect::<Vec<_>>();
        let add = |(mut case, value): (Json, Json)| {
            case[name] = value;
            case
        };
        all = all.iter().flat_map(with).map(add).collect();
    }
    all
}

/// Each row as a table of its own.
fn alone(inputs: &[&str], rows: &[Vec<String>]) -> Vec<Table> {
    rows.iter().map(|row| table("first", inputs, std::slice::from_ref(row))).collect()
}

/// The rows that hold.
fn holding(alone: &[Table], case: &Json) -> Vec<usize> {
    let facts = over(case);
    alone.iter().enumerate().filter(|(_, row)| row.gives(&facts).is_ok()).map(|(at, _)| at).collect()
}

/// The case that a fault names.
fn named(fault: &str, after: &str) -> Json {
    let text = fault.split_once(after).unwrap().1.split(';').next().unwrap();
    let pair = |part: &str| {
        let (name, value) = part.split_once(" = ").unwrap();
        let name = name.trim_start_matches("answers.").to_owned();
        (name, serde_json::from_str(&value.replace('\'', "\"")).unwrap())
    };
    Json::Object(text.split(" and ").map(pair).collect())
}

fn tables() -> impl Strategy<Value = (Vec<&'static str>, Vec<Vec<String>>)> {
    let inputs = proptest::sample::subsequence(vec!["answers.n", "answers.w", "answers.t", "answers.d"], 1..=3);
    inputs.prop_flat_map(|inputs| {
        let row: Vec<BoxedStrategy<String>> = inputs.iter().map(|input| cells(input)).collect();
        (Just(inputs), proptest::collection::vec(row, 1..7))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn the_search_finds_what_trying_everything_finds((inputs, rows) in tables()) {
        let alone = alone(&inputs, &rows);
        let tried: Vec<Vec<usize>> = everything(&inputs).iter().map(|case| holding(&alone, case)).collect();
        let twice = tried.iter().any(|rows| rows.len() > 1);
        let gap = tried.iter().any(Vec::is_empty);
        let idle = (0..rows.len()).find(|row| tried.iter().all(|rows| rows.first() != Some(row)));
        let first = table("first", &inputs, &rows).faults(&small());
        match (idle, gap) {
            (Some(row), _) => prop_assert!(first[0].contains(&format!("row {} is never reached", row + 1)), "{:?}", first),
            (None, true) => {
                prop_assert!(first[0].contains("no row for "), "{:?}", first);
                let case = named(&first[0], "no row for ");
                prop_assert!(holding(&alone, &case).is_empty(), "{:?}", first);
            }
            (None, false) => prop_assert!(first.is_empty(), "{:?}", first),
        }
        let unique = table("unique", &inputs, &rows).faults(&small());
        match (twice, gap) {
            (true, _) => {
                prop_assert!(unique[0].contains("both hold for "), "{:?}", unique);
                let case = named(&unique[0], "both hold for ");
                prop_assert!(holding(&alone, &case).len() > 1, "{:?}", unique);
            }
            (false, true) => prop_assert!(unique[0].contains("no row for "), "{:?}", unique),
            (false, false) => prop_assert!(unique.is_empty(), "{:?}", unique),
        }
    }
}
