//! Bills before and midway, and instalments that come due by themselves.

use super::*;

#[test]
fn a_case_pays_before_and_midway_and_goes_on_after_the_first_instalment() {
    let steps = format!(
        "[[step]]\nkind = \"pay\"\nfees = [\"test.first\"]\n\
         [[step]]\nkind = \"decide\"\nby = \"clerk\"\nunit = \"{HERE}\"\n\
         [[step]]\nkind = \"pay\"\nfees = [\"test.parts\"]\ninstalments = 4\nevery_days = 30\n\
         [[step]]\nkind = \"issue\"\n"
    );
    in_town(&steps, |town| async move {
        let id = town.sent("work").await;
        town.stands(id, Stage::Paying).await;
        town.pay(id, "t1").await;
        let promised = town.case(id).await.promised_at;
        assert!(promised.is_some());
        town.days(1).await;
        let mut clerk = town.clerk("clerk", HERE).await;
        assert_eq!(take(&mut clerk, id).await, StatusCode::SEE_OTHER);
        assert_eq!(say(&mut clerk, id, "approve", "").await, StatusCode::SEE_OTHER);
        town.stands(id, Stage::Paying).await;
        let bill = town.ctx.read(move |read| payments::bill_of_case(read, id)).await.unwrap().unwrap();
        assert_eq!(bill.total.number(), "150.00");
        town.days(1).await;
        town.pay(id, "t2").await;
        town.settle().await;
        // A later bill promises nothing anew: the clock stood still for the day that it was open.
        let moved = promised.map(|at| at.plus_seconds(DAY_S));
        assert_eq!(town.ends(id, "completed").await.promised_at, moved);
        for (number, transaction) in [(2, "t3"), (3, "t4"), (4, "t5")] {
            assert!(!town.page(id).await.has("id=\"pay\""), "{number}");
            town.days(30).await;
            let page = town.page(id).await;
            assert!(page.has("An instalment is due") && page.has("id=\"pay\""), "{number}");
            town.house.sequence().await;
            assert_eq!(town.broken_lately().await, Vec::<String>::new());
            town.pay(id, transaction).await;
        }
        town.days(60).await;
        let page = town.page(id).await;
        assert_eq!(page.text.matches("An instalment was paid").count(), 3);
        assert!(!page.has("id=\"pay\""));
        town.house.holds().await;
    });
}
