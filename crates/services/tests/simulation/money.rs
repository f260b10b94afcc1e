//! Paying, on every rail, right and wrong.

use base::CaseId;
use payments::{Advice, AdviceAnswer};
use services::Refusal;

use crate::look::BillRow;
use crate::world::{Advised, COLLECTORS, Simulation};

impl Simulation {
    fn advice(&mut self, code: &str, amount: i64) -> (usize, Advice) {
        let collector = self.dice.index(COLLECTORS.len());
        let advice = Advice {
            transaction: format!("t{}", self.advised.len() + 1),
            code: code.to_owned(),
            quote_id: None,
            amount_minor: amount,
            currency: "ILS".to_owned(),
            business_date: "2026-11-24".to_owned(),
            branch: "1".to_owned(),
        };
        (collector, advice)
    }

    fn bill_of(&self, id: CaseId) -> Option<BillRow> {
        self.last.bill_of(&id.to_string()).cloned()
    }

    /// Somebody pays at a till: exactly, or too little, or with a slip in the code.
    pub async fn pay_cash(&mut self, id: CaseId, mostly_right: bool) {
        let Some(bill) = self.bill_of(id) else { return };
        let slip = if mostly_right { self.dice.below(8) } else { self.dice.below(3) };
        let amount = if slip == 1 { bill.total + 1 } else { bill.total.max(1) };
        let code = if slip == 2 { "10000000000000".to_owned() } else { bill.code.clone() };
        let (collector, advice) = self.advice(&code, amount);
        let quote = payments::inquire(&self.house.ctx, COLLECTORS[collector], &bill.code).await.unwrap();
        let state = if bill.stage == "open" { "payable" } else { "paid" };
        assert_eq!((quote.state.as_str(), quote.quote_id.is_some()), (state, state == "payable"));
        let fits = code == bill.code && bill.stage == "open" && amount == bill.total;
        self.advise(collector, advice, fits).await;
    }

    async fn advise(&mut self, collector: usize, advice: Advice, fits: bool) {
        let name = COLLECTORS[collector];
        let answer = payments::advise(&self.house.ctx, name, advice.clone()).await.unwrap();
        let line = format!("{name} took {} for {}: {}", advice.amount_minor, advice.code, answer.outcome);
        self.trace.add(line);
        let wanted = if fits { "accepted" } else { "held" };
        assert_eq!(answer.outcome, wanted, "seed {}", self.trace.seed);
        if self.dice.one_in(3) {
            let again = payments::advise(&self.house.ctx, name, advice.clone()).await.unwrap();
            assert_eq!(again, answer, "the same advice again");
            let mut other = advice.clone();
            other.amount_minor += 1;
            let clash = payments::advise(&self.house.ctx, name, other).await;
            assert!(matches!(clash, Err(payments::Refusal::OtherBody)), "{clash:?}");
        }
        self.took(collector, advice, answer);
    }

    fn took(&mut self, collector: usize, advice: Advice, answer: AdviceAnswer) {
        self.owed[collector] += advice.amount_minor;
        let key = (collector, advice.transaction.clone());
        self.advised.insert(key, Advised { advice, answer, reversal: None });
    }

    /// The same bill is paid at two tills at once.
    pub async fn pay_cash_twice(&mut self, id: CaseId) {
        let Some(bill) = self.bill_of(id).filter(|bill| bill.total > 0) else { return };
        let (_, one) = self.advice(&bill.code, bill.total);
        let two = Advice { transaction: format!("{}-too", one.transaction), ..one.clone() };
        let ctx = &self.house.ctx;
        let (first, second) = tokio::join!(
            payments::advise(ctx, COLLECTORS[0], one.clone()),
            payments::advise(ctx, COLLECTORS[1], two.clone()),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        let accepted = [&first, &second].into_iter().filter(|answer| answer.outcome == "accepted").count();
        self.trace.add(format!("bill {} is paid at two tills: {accepted} accepted", bill.id));
        assert_eq!(accepted, usize::from(bill.stage == "open"), "seed {}: {first:?} {second:?}", self.trace.seed);
        self.took(0, one, first);
        self.took(1, two, second);
    }

    /// A collector takes something back, known or not.
    pub async fn reverse_cash(&mut self) {
        let known: Vec<(usize, String)> = self.advised.keys().cloned().collect();
        if known.is_empty() || self.dice.one_in(4) {
            return self.reverse_before().await;
        }
        let key = self.dice.pick(&known).clone();
        let advised = &self.advised[&key];
        let wanted = advised
            .reversal
            .clone()
            .unwrap_or_else(|| if advised.answer.outcome == "held" { "reversed" } else { "consumed" }.to_owned());
        let reversal = format!("r{}", self.dice.below(1_000));
        let outcome = payments::reverse(&self.house.ctx, COLLECTORS[key.0], &key.1, &reversal).await.unwrap();
        self.trace.add(format!("{} reverses {}: {outcome}", COLLECTORS[key.0], key.1));
        assert_eq!(outcome, wanted, "seed {}: {}", self.trace.seed, key.1);
        let advised = self.advised.get_mut(&key).unwrap();
        if outcome == "reversed" && advised.reversal.is_none() {
            self.owed[key.0] -= advised.advice.amount_minor;
        }
        advised.reversal = Some(outcome);
    }

    /// The reversal overtakes its payment: nothing is taken.
    async fn reverse_before(&mut self) {
        let code = self.last.bills.first().map_or_else(|| "10000000000000".to_owned(), |bill| bill.code.clone());
        let (collector, mut advice) = self.advice(&code, 500);
        advice.transaction = format!("never-{}", self.trace.acts());
        let (ctx, name) = (&self.house.ctx, COLLECTORS[collector]);
        let outcome = payments::reverse(ctx, name, &advice.transaction, "r").await.unwrap();
        let late = payments::advise(ctx, name, advice).await.unwrap();
        assert_eq!((outcome.as_str(), late.outcome.as_str()), ("reversed", "reversed"));
    }

    pub async fn begin_card(&mut self, who: usize, id: CaseId) {
        let Some(bill) = self.bill_of(id) else { return };
        let yes = self.is_own(who, id) && bill.stage == "open";
        let (ctx, key) = (self.people[who].ctx.clone(), self.key());
        let wanted = bill.id.parse().unwrap();
        let begun = payments::begin_card(&ctx, key, wanted, ctx.locale).await.map_err(Refusal::from);
        self.must(format!("{who} goes to the bank for {}", bill.id), &begun, yes);
        if let Ok(attempt) = begun {
            let again = payments::begin_card(&ctx, key, wanted, ctx.locale).await.unwrap();
            assert_eq!(again, attempt, "the same form again is the same try");
            if self.dice.one_in(2) {
                self.deliver().await;
            }
        }
    }

    /// Somebody is at the bank's page of this case, or of any: pays, fails, tries
    /// again after it was over; then the browser comes back, perhaps often.
    pub async fn answer_bank(&mut self, id: CaseId) {
        let bill = self.bill_of(id);
        let of_case = |bill: &BillRow| self.last.attempts.iter().filter(|one| one.bill == bill.id).collect::<Vec<_>>();
        let mut attempts = bill.as_ref().map(of_case).unwrap_or_default();
        if attempts.is_empty() {
            attempts = self.last.attempts.iter().collect();
        }
        if attempts.is_empty() {
            return;
        }
        let attempt = self.dice.pick(&attempts).id.clone();
        let status = if self.dice.one_in(4) { "declined" } else { "authorised" };
        let taken = self.house.bank.answer(&attempt, status);
        self.trace.add(format!("attempt {attempt} is {status} at the bank: {taken}"));
        for _ in 0..self.dice.below(4) {
            payments::ask_bank(&self.house.ctx, attempt.parse().unwrap()).await.unwrap();
            if self.dice.one_in(2) {
                self.deliver().await;
            }
        }
    }
}
