//! Decision tables: a fee, a way and a refusal by the row that holds; what is no
//! table is refused with a case in point.

use super::folder::faults;
use super::*;

/// Who pays what: workers half, whoever is sixty nothing.
const RATE: &str = r#"
[[table]]
id = "rate"
hit = "first"
input = ["answers.purpose", "has(registers.person) ? years(registers.person.birth_date, today) : 0"]
row = [
  { when = ["-", ">= 60"], gives = "none" },
  { when = ["'work'", "18..59"], gives = "half" },
  { when = ["-", "-"], gives = "full" },
]

[[step]]
kind = "pay"
fees = ["test.half", "test.full"]

[[step]]
kind = "decide"
by = "rule"
rule = "tables.rate in ['half', 'full', 'none']"
reason = "no"

[[step]]
kind = "deliver"

[[fee]]
code = "test.half"
when = "tables.rate == 'half'"

[[fee]]
code = "test.full"
when = "tables.rate == 'full'"

[[register.fee]]
code = "test.half"
name = { ar = "نصف", en = "Half" }
amount = "20.00"
currency = "ILS"
valid_from = "2026-01-01"
decision = { ar = "قرار", en = "Decision" }

[[register.fee]]
code = "test.full"
name = { ar = "كامل", en = "Whole" }
amount = "40.00"
currency = "ILS"
valid_from = "2026-01-01"
decision = { ar = "قرار", en = "Decision" }
"#;

#[test]
fn what_is_owed_is_what_the_row_that_holds_says() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, RATE).await;
        for (purpose, born, owed) in [
            ("work", "1991-04-12", Some("20.00")),
            ("study", "1991-04-12", Some("40.00")),
            ("work", "2010-04-12", Some("40.00")),
            ("work", "1966-11-24", None),
        ] {
            town.registers.change(&Town::number(FIRST), |known| known.person["birth_date"] = json!(born));
            let id = town.sent(purpose).await;
            let bill = town.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap();
            assert_eq!(bill.map(|bill| bill.total.number()).as_deref(), owed, "{purpose} {born}");
            if owed.is_some() {
                town.stands(id, Stage::Paying).await;
                town.pay(id, &format!("{purpose}-{born}")).await;
            }
            town.ends(id, "completed").await;
        }
        town.house.holds().await;
    });
}

#[test]
fn tables_that_cannot_work_are_refused_with_a_case_in_point() {
    let decided =
        |rule: &str| format!("[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"{rule}\"\nreason = \"no\"\n");
    let table = |keys: &str| format!("[[table]]\nid = \"rate\"\n{keys}\n{}", decided("tables.rate == 'a'"));
    let one = |rows: &str| table(&format!("hit = \"unique\"\ninput = [\"answers.purpose\"]\nrow = [{rows}]"));
    let all = "{ when = [\"'work'\"], gives = \"a\" }, { when = [\"'study'\"], gives = \"b\" }";
    let number = |rows: &str| table(&format!("hit = \"first\"\ninput = [\"size(answers.partners)\"]\nrow = [{rows}]"));
    let later = "[[page]]\nid = \"copies\"\nwhen = \"answers.purpose == 'work'\"\n\
                 field = { id = \"copies\", kind = \"number\", required = true }\n";
    for (steps, about) in [
        (one("{ when = [\"'work'\"], gives = \"a\" }"), "no row for answers.purpose = 'study'"),
        (
            one(&format!("{all}, {{ when = [\"-\"], gives = \"c\" }}")),
            "rows 1 and 3 both hold for answers.purpose = 'work'",
        ),
        (one("{ when = [\"'travel'\"], gives = \"a\" }"), "the test 'travel' is never passed"),
        (one("{ when = [\"> 3\"], gives = \"a\" }"), "never passed"),
        (one("{ when = [\"work\"], gives = \"a\" }"), "is no test"),
        (one("{ when = [\"-\", \"-\"], gives = \"a\" }"), "row 1 has 2 tests for 1 inputs"),
        (one("{ when = [\"-\"], gives = \"\" }"), "gives no word"),
        (one(""), "1 to 200 rows"),
        (one(all).replace("id = \"rate\"", "id = \"the-rate\""), "name it by small letters"),
        (
            number("{ when = [\"< 3\"], gives = \"a\" }, { when = [\"5..100\"], gives = \"b\" }"),
            "no row for size(answers.partners) = 3",
        ),
        (number("{ when = [\"-\"], gives = \"a\" }, { when = [\"< 3\"], gives = \"b\" }"), "row 2 is never reached"),
        (number("{ when = [\"7..3\"], gives = \"a\" }"), "never passed"),
        (number("{ when = [\"'x'\"], gives = \"a\" }"), "never passed"),
        (table("hit = \"any\"\ninput = [\"answers.purpose\"]\nrow = []"), "unknown variant `any`"),
        (table("hit = \"first\"\ninput = []\nrow = []"), "1 to 6 inputs"),
        (
            table("hit = \"first\"\ninput = [\"answers.partners\"]\nrow = [{ when = [\"-\"], gives = \"a\" }]"),
            "not a list",
        ),
        (
            table("hit = \"first\"\ninput = [\"tables.rate\"]\nrow = [{ when = [\"-\"], gives = \"a\" }]"),
            "`tables` is not known",
        ),
        (
            table("hit = \"first\"\ninput = [\"registers.person.status\"]\nrow = [{ when = [\"-\"], gives = \"a\" }]"),
            "may be absent",
        ),
        (
            later.to_owned()
                + &table("hit = \"first\"\ninput = [\"answers.copies\"]\nrow = [{ when = [\"-\"], gives = \"a\" }]"),
            "may be absent",
        ),
        (one(all) + &decided("tables.rate == 'c'"), "is never the text 'c'"),
        (one(all) + &decided("tables.other == 'a'"), "`other` is not known"),
        (one(all) + "[[eligible]]\nrule = \"tables.rate == 'a'\"\nreason = \"no\"\n", "might have no answer here"),
        (
            format!(
                "{}{}",
                one(all),
                table(&format!("hit = \"unique\"\ninput = [\"answers.purpose\"]\nrow = [{all}]"))
            ),
            "there twice",
        ),
    ] {
        let found = faults(&steps);
        assert!(found.iter().any(|fault| fault.contains(about)), "{about}: {found:#?}\n{steps}");
    }
    assert_eq!(faults(&one(all)), Vec::<String>::new());
}

#[test]
fn a_table_is_not_read_before_its_questions_are_answered() {
    let pages = r#"
[[page]]
id = "born"
when = "tables.rate == 'a'"
field = { id = "born", kind = "date", check = "answers.born <= today" }

[[page]]
id = "copies"
field = { id = "copies", kind = "number", required = true }

[[table]]
id = "rate"
hit = "first"
input = ["answers.copies"]
row = [{ when = ["> 3"], gives = "a" }, { when = ["-"], gives = "b" }]

[[step]]
kind = "decide"
by = "rule"
rule = "tables.rate == 'a'"
reason = "no"
"#;
    let found = faults(pages);
    assert!(found.iter().any(|fault| fault.contains("`copies` is not known here")), "{found:#?}");
    assert_eq!(found.len(), 1, "{found:#?}");
}
