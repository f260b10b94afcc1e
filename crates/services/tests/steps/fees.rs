//! Fees by rule: how many are owed, and whether one is owed at all; what pages say
//! of them before and after one has answered.

use super::folder::faults;
use super::*;

const COPIES: &str = r#"
[[page]]
id = "copies"
field = { id = "copies", kind = "number", required = true }

[[fee]]
code = "test.copies"
quantity = "answers.copies"

[[fee]]
code = "test.stamp"
when = "answers.purpose == 'study'"

[[register.fee]]
code = "test.copies"
name = { ar = "رسم النسخة", en = "Fee of a copy" }
amount = "5.00"
currency = "ILS"
valid_from = "2026-01-01"
decision = { ar = "قرار", en = "Decision" }

[[register.fee]]
code = "test.stamp"
name = { ar = "طابع", en = "Stamp" }
amount = "1.50"
currency = "ILS"
valid_from = "2026-01-01"
decision = { ar = "قرار", en = "Decision" }

[[step]]
kind = "pay"
fees = ["test.stamp"]

[[step]]
kind = "pay"
fees = ["test.copies"]

[[step]]
kind = "decide"
by = "rule"
rule = "true"
reason = "no"

[[step]]
kind = "deliver"
"#;

impl Town {
    /// A case that was sent with so many copies.
    async fn copies(&self, purpose: &str, copies: i64) -> CaseId {
        let (ctx, id) = (&self.own, self.draft(purpose, &[FIRST + 1]).await);
        services::answer(ctx, Key::once(ctx), id, "copies", Some(json!(copies))).await.unwrap();
        services::submit(ctx, Key::once(ctx), &self.services, id).await.unwrap();
        self.settle().await;
        id
    }
    async fn total(&self, id: CaseId) -> String {
        let bill = self.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap();
        bill.unwrap().total.number()
    }
}

#[test]
fn a_fee_is_owed_as_often_as_its_rule_says_or_not_at_all() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, COPIES).await;
        // Without the stamp the first bill falls away, like a step whose rule does not hold.
        let plain = town.copies("work", 3).await;
        town.stands(plain, Stage::Paying).await;
        assert_eq!(town.total(plain).await, "15.00");
        town.pay(plain, "t1").await;
        town.ends(plain, "completed").await;
        let stamped = town.copies("study", 200).await;
        assert_eq!(town.total(stamped).await, "1.50");
        town.days(1).await;
        town.pay(stamped, "t2").await;
        assert_eq!(town.total(stamped).await, "1000.00");
        town.pay(stamped, "t3").await;
        town.ends(stamped, "completed").await;
        town.house.holds().await;
    });
}

#[test]
fn what_nobody_can_owe_is_never_billed() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, COPIES).await;
        for copies in [0, -1, 201, 1_000_000_000] {
            let id = town.copies("work", copies).await;
            town.stands(id, Stage::Checking).await;
            let bill = town.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap();
            assert!(bill.is_none() && town.case(id).await.marked, "{copies}");
        }
        town.house.holds().await;
    });
}

#[test]
fn pages_say_what_it_costs_before_and_after_the_answers() {
    on_both_engines(SCHEMAS, |world| async move {
        let town = Town::new(&world, COPIES).await;
        let mut own = town.browser(&town.own.actor).await;
        // Two fees of the folder are always owed: 10.00 and four of 150.00.
        for page in [format!("/en/services/{KEY}"), format!("/en/services/{KEY}/start")] {
            let shown = own.get(&page).await;
            for words in ["610.00", "5.00", "per copy", "Stamp", "in some cases"] {
                assert!(shown.has(words), "{page} {words}: {}", shown.text);
            }
        }
        assert!(own.get("/en/services").await.has("from"), "a list says from how much on");
        let id = town.draft("study", &[FIRST + 1]).await;
        let check = format!("/en/cases/{id}/check");
        let before = own.get(&check).await;
        assert!(before.has("Stamp") && !before.has("Fee of a copy"), "{}", before.text);
        let ctx = &town.own;
        services::answer(ctx, Key::once(ctx), id, "copies", Some(json!(4))).await.unwrap();
        let after = own.get(&check).await;
        for words in ["Stamp", "1.50", "Fee of a copy", "20.00"] {
            assert!(after.has(words), "{words}: {}", after.text);
        }
    });
}

#[test]
fn fees_whose_rules_cannot_work_are_refused() {
    let decided = "[[step]]\nkind = \"decide\"\nby = \"rule\"\nrule = \"true\"\nreason = \"no\"\n";
    let fee = |keys: &str| format!("[[fee]]\ncode = \"test.copies\"\n{keys}\n{decided}");
    for (steps, about) in [
        (fee("quantity = 0"), "quantity = 0"),
        (fee("quantity = 201"), "quantity = 201"),
        (fee("quantity = -1"), "too large or small"),
        (fee("quantity = true"), "a whole number, or a rule"),
        (fee("quantity = \"1 +\""), "is not a rule"),
        (fee("quantity = \"answers.purpose\""), "this must be a whole number"),
        (fee("quantity = \"answers.nothing\""), "`nothing` is not known"),
        (fee("quantity = \"500\""), "never 1 to 200"),
        (fee("quantity = \"size(answers.partners)\"\nwhen = \"1\""), "must be true or false"),
        (fee("when = \"answers.purpose == 'x'\""), "is never"),
        (fee("quantity = \"size(answers.partners)\"").replace("test.copies", "test.other"), "`fee-test-other-per`"),
        (format!("[[fee]]\ncode = \"test.first\"\n{decided}"), "there twice"),
        (
            fee("quantity = \"size(answers.partners)\"")
                + "[[step]]\nkind = \"pay\"\nfees = [\"test.copies\"]\ninstalments = 4\nevery_days = 30\n",
            "not a rule",
        ),
    ] {
        let found = faults(&steps);
        assert!(found.iter().any(|fault| fault.contains(about)), "{about}: {found:#?}\n{steps}");
    }
    assert_eq!(
        faults(&fee("quantity = \"size(answers.partners)\"\nwhen = \"today > '2026-01-01'\"")),
        Vec::<String>::new()
    );
}
