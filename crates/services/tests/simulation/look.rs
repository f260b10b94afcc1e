//! What the tables say after an act, read by statements of this test alone, and
//! what may never be seen there.

use std::collections::BTreeMap;

use base::Currency;
use ledger::Account;
use store::{Error, Read, Row, params};
use web::Transitions;

mod sql {
    store::statements! {
        /// Every case.
        CASES = "SELECT id, stage, submitted_at, promised_at, closed_at, outcome, marked, feedback_at, officer, unit, person FROM services_case";
        /// Every line.
        LINES = "SELECT case_id, kind, leaf FROM services_event ORDER BY case_id, position";
        /// Lines without the leaf of that act on that case.
        LEAFLESS = "SELECT e.case_id || ' ' || e.kind FROM services_event e LEFT JOIN audit_body b ON b.leaf = e.leaf \
                    WHERE b.leaf IS NULL OR b.object <> 'case:' || e.case_id OR b.act <> e.kind";
        /// Every bill.
        BILLS = "SELECT id, case_id, code, total_minor, stage FROM payments_bill ORDER BY id";
        /// Every payment.
        PAYMENTS = "SELECT bill, amount_minor, stage FROM payments_payment";
        /// Every try by card.
        ATTEMPTS = "SELECT a.id, a.bill, a.stage, b.total_minor FROM payments_attempt a JOIN payments_bill b ON b.id = a.bill";
        /// Every parcel.
        PARCELS = "SELECT case_id, office, stage, tries, manifest FROM services_parcel";
        /// Every paper.
        PAPERS = "SELECT id, about, stage FROM documents_paper";
        /// Every message.
        MESSAGES = "SELECT id, stage, COALESCE(settled_at, at) - at FROM notify_message";
        /// How much the inbox tells of each thing.
        NOTICES = "SELECT about, CAST(COUNT(*) AS BIGINT) FROM notify_inbox GROUP BY about";
        /// Work that waits.
        WORK = "SELECT queue, ordering_key FROM store_work";
        /// What was kept of thrown-away drafts.
        REMAINS = "SELECT t.case_id FROM services_told t JOIN services_case c ON c.id = t.case_id WHERE c.stage = 'discarded'";
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    pub stage: String,
    pub submitted_at: Option<i64>,
    pub promised_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub outcome: Option<String>,
    pub marked: bool,
    pub feedback_at: Option<i64>,
    pub officer: Option<String>,
    pub unit: Option<String>,
    pub person: String,
    /// The timeline: what, and its leaf.
    pub lines: Vec<(String, String)>,
}

impl CaseRow {
    pub fn has(&self, kind: &str) -> bool {
        self.lines.iter().any(|(known, _)| known == kind)
    }
}

#[derive(Debug, Clone)]
pub struct BillRow {
    pub id: String,
    pub case: String,
    pub code: String,
    pub total: i64,
    pub stage: String,
}

#[derive(Debug, Clone)]
pub struct PaymentRow {
    pub bill: Option<String>,
    pub amount: i64,
    pub stage: String,
}

#[derive(Debug, Clone)]
pub struct AttemptRow {
    pub id: String,
    pub bill: String,
    pub stage: String,
    pub total: i64,
}

#[derive(Debug, Clone)]
pub struct ParcelRow {
    pub office: String,
    pub stage: String,
    pub tries: i64,
    pub manifest: Option<String>,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Look {
    pub cases: BTreeMap<String, CaseRow>,
    pub bills: Vec<BillRow>,
    pub payments: Vec<PaymentRow>,
    pub attempts: Vec<AttemptRow>,
    pub parcels: BTreeMap<String, ParcelRow>,
    /// Id, case, stage.
    pub papers: Vec<(String, String, String)>,
    /// Stage, and how long it took to get there, microseconds.
    pub messages: BTreeMap<String, (String, i64)>,
    pub notices: BTreeMap<String, i64>,
    pub work: Vec<(String, String)>,
    leafless: Vec<String>,
    remains: Vec<String>,
    /// Balances by account.
    balances: BTreeMap<String, i64>,
}

fn all<T>(
    read: &mut Read<'_>,
    statement: &store::Statement,
    row: impl Fn(&Row) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    read.rows(statement, &params![])?.iter().map(row).collect()
}

impl Look {
    pub fn take(read: &mut Read<'_>, accounts: &[String]) -> Result<Self, Error> {
        let mut cases: BTreeMap<String, CaseRow> = all(read, &sql::CASES, case_row)?.into_iter().collect();
        for (case, kind, leaf) in all(read, &sql::LINES, |row| Ok((row.get::<String>(0)?, row.get(1)?, row.get(2)?)))? {
            cases.get_mut(&case).expect("a line of a case").lines.push((kind, leaf));
        }
        let mut balances = BTreeMap::new();
        for account in accounts {
            let known = Account::new(account.clone()).expect("an account");
            balances.insert(account.clone(), ledger::balance(read, &known, Currency::Ils)?.minor());
        }
        let pair = |row: &Row| Ok((row.get::<String>(0)?, row.get::<String>(1)?));
        Ok(Self {
            cases,
            bills: all(read, &sql::BILLS, bill_row)?,
            payments: all(read, &sql::PAYMENTS, payment_row)?,
            attempts: all(read, &sql::ATTEMPTS, attempt_row)?,
            parcels: all(read, &sql::PARCELS, parcel_row)?.into_iter().collect(),
            papers: all(read, &sql::PAPERS, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?,
            messages: all(read, &sql::MESSAGES, |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
                .into_iter()
                .collect(),
            notices: all(read, &sql::NOTICES, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect(),
            work: all(read, &sql::WORK, pair)?,
            leafless: all(read, &sql::LEAFLESS, |row| row.get(0))?,
            remains: all(read, &sql::REMAINS, |row| row.get(0))?,
            balances,
        })
    }

    pub fn bill_of(&self, case: &str) -> Option<&BillRow> {
        self.bills.iter().find(|bill| bill.case == case)
    }
    pub fn balance(&self, account: &str) -> i64 {
        self.balances[account]
    }

    /// What this look alone shows to be wrong.
    pub fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.leafless.iter().map(|line| format!("the line {line} has no leaf")).collect();
        faults
            .extend(self.remains.iter().map(|case| format!("{case} was thrown away, and what registers told is kept")));
        for (id, case) in &self.cases {
            faults.extend(case_fault(case).map(|fault| format!("case {id}: {fault}")));
            let news = case.lines.iter().filter(|(kind, _)| is_news(kind)).count();
            let told = self.notices.get(&format!("case:{id}")).copied().unwrap_or(0);
            if i64::try_from(news).ok() != Some(told) {
                faults.push(format!("case {id}: {news} lines are news, the inbox has {told}"));
            }
            let papers = self.papers.iter().filter(|paper| paper.1 == format!("case:{id}")).count();
            if papers > 1 || (case.has("services.issued") && papers != 1) {
                faults.push(format!("case {id} has {papers} papers"));
            }
        }
        self.money_faults(&mut faults);
        let mut keys = self.work.clone();
        keys.sort();
        // Of money that came too often each payment is told by itself.
        keys.retain(|(queue, _)| queue != "services.money_held");
        for pair in keys.windows(2).filter(|pair| pair[0] == pair[1]) {
            faults.push(format!("the same work waits twice: {:?}", pair[0]));
        }
        faults
    }

    fn money_faults(&self, faults: &mut Vec<String>) {
        for bill in &self.bills {
            let of_bill = |stage: &str| {
                let bill = Some(&bill.id);
                self.payments.iter().filter(|payment| payment.bill.as_ref() == bill && payment.stage == stage).count()
            };
            let settled = of_bill("settled");
            let wanted = usize::from(bill.stage == "paid" && bill.total > 0);
            if settled != wanted {
                faults.push(format!("bill {} is {} with {settled} payments that settle it", bill.id, bill.stage));
            }
        }
        let suspense: i64 =
            self.payments.iter().filter(|payment| payment.stage == "suspense").map(|payment| payment.amount).sum();
        if self.balance("suspense") != -suspense {
            faults.push(format!("suspense holds {}, payments say {suspense}", self.balance("suspense")));
        }
        let card: i64 = self.attempts.iter().filter(|attempt| attempt.stage == "settled").map(|one| one.total).sum();
        if self.balance("acquirer:bank") != card {
            faults.push(format!("the bank owes {}, settled tries say {card}", self.balance("acquirer:bank")));
        }
    }

    /// What must not have happened since the earlier look.
    pub fn faults_since(&self, earlier: &Self, tables: &[Transitions]) -> Vec<String> {
        let mut faults = Vec::new();
        let (before, after) = (earlier.stages(), self.stages());
        for ((name, id), old) in &before {
            match after.get(&(*name, id.clone())) {
                None => faults.push(format!("{name} {id} is gone")),
                Some(new) if !leads(tables, name, old, new) => {
                    faults.push(format!("{name} {id} went from {old} to {new}"))
                }
                Some(_) => {}
            }
        }
        for ((name, id), new) in after.iter().filter(|(key, _)| !before.contains_key(key)) {
            let start = tables.iter().find(|table| table.name == *name).expect("a table").start;
            if !leads(tables, name, start, new) {
                faults.push(format!("{name} {id} began as {new}"));
            }
        }
        for (id, old) in &earlier.cases {
            let Some(new) = self.cases.get(id) else { continue };
            let fixed = |what: &str, old: Option<i64>, new: Option<i64>| {
                (old.is_some() && old != new).then(|| format!("case {id}: {what} moved from {old:?} to {new:?}"))
            };
            faults.extend(fixed("when it was sent", old.submitted_at, new.submitted_at));
            faults.extend(fixed("when it ended", old.closed_at, new.closed_at));
            let told = |row: &CaseRow| row.lines.iter().filter(|(kind, _)| kind == "services.promise_moved").count();
            if told(old) == told(new) {
                faults.extend(fixed("the promise", old.promised_at, new.promised_at));
            }
            faults.extend(fixed("feedback", old.feedback_at, new.feedback_at));
            if new.promised_at.is_some() && !new.has("services.paid") && !new.has("services.waived") {
                faults.push(format!("case {id}: a promise before it was paid"));
            }
            if !new.lines.starts_with(&old.lines) {
                faults.push(format!("case {id}: the timeline was rewritten"));
            }
        }
        faults
    }

    /// Where everything stands that has a table of stages.
    fn stages(&self) -> BTreeMap<(&'static str, String), &str> {
        let cases = self.cases.iter().map(|(id, row)| (("services.case", id.clone()), row.stage.as_str()));
        let parcels = self.parcels.iter().map(|(id, row)| (("services.parcel", id.clone()), row.stage.as_str()));
        let bills = self.bills.iter().map(|row| (("payments.bill", row.id.clone()), row.stage.as_str()));
        let attempts = self.attempts.iter().map(|row| (("payments.attempt", row.id.clone()), row.stage.as_str()));
        let papers = self.papers.iter().map(|row| (("documents.paper", row.0.clone()), row.2.as_str()));
        let messages = self.messages.iter().map(|(id, (stage, _))| (("notify.message", id.clone()), stage.as_str()));
        cases.chain(parcels).chain(bills).chain(attempts).chain(papers).chain(messages).collect()
    }
}

/// Whether edges of the table lead from one stage to another.
fn leads(tables: &[Transitions], name: &str, from: &str, to: &str) -> bool {
    let table = tables.iter().find(|table| table.name == name).expect("a table");
    let mut reached = vec![from];
    let mut seen = 0;
    while let Some(&stage) = reached.get(seen) {
        let next = table.edges.iter().filter(|edge| edge.0 == stage).map(|edge| edge.2);
        let fresh: Vec<&str> = next.filter(|stage| !reached.contains(stage)).collect();
        reached.extend(fresh);
        seen += 1;
    }
    reached.contains(&to)
}

fn is_news(kind: &str) -> bool {
    let news = [
        "asked",
        "approved",
        "refused",
        "issued",
        "arrived",
        "locked",
        "unlocked",
        "collected",
        "money_held",
        "promise_moved",
        "late",
    ];
    kind.strip_prefix("services.").is_some_and(|kind| news.contains(&kind))
}

/// A timeline must be a way that the steps allow, and end where the case stands.
fn case_fault(case: &CaseRow) -> Option<String> {
    let mut at = "";
    for (kind, _) in &case.lines {
        at = match (at, kind.strip_prefix("services.").unwrap_or(kind)) {
            ("", "started") => "draft",
            ("draft", "submitted") => "sent",
            ("sent", "marked") => "checking",
            ("sent" | "checking", "approved" | "eligible") => at,
            ("sent" | "checking", "billed") => "paying",
            ("sent" | "checking" | "going", "refused") | ("issued" | "collected", "completed") => "over",
            ("paying", "paid" | "waived") | ("asked", "answered") => "going",
            ("going" | "asked", "taken") => at,
            ("going", "asked") => "asked",
            ("going", "approved") => "approved",
            ("going" | "approved", "issued") => "issued",
            ("issued", "sent") => "travelling",
            ("travelling", "arrived") => "arrived",
            ("arrived", "locked") => "locked",
            ("locked", "unlocked") => "arrived",
            ("arrived", "collected") => "collected",
            // What the calendar says of the promise, while the state has the case.
            ("going" | "approved" | "issued" | "travelling", "promise_moved" | "late") => at,
            // Money that fits no open bill may come at any time after the bill.
            ("paying" | "going" | "asked" | "approved" | "issued", "money_held") => at,
            ("travelling" | "arrived" | "locked" | "collected" | "over", "money_held") => at,
            (_, other) => return Some(format!("{other} came when it was {at}")),
        };
    }
    let stands: &[&str] = match at {
        "draft" => &["draft", "discarded"],
        "checking" => &["checking"],
        "paying" => &["paying"],
        "going" => &["deciding", "issuing"],
        "asked" => &["asked"],
        "approved" => &["issuing"],
        "issued" | "travelling" | "arrived" | "locked" => &["delivering"],
        "over" => &["closed"],
        _ => &[],
    };
    if !stands.contains(&case.stage.as_str()) {
        return Some(format!("it is {}, its timeline says {at}", case.stage));
    }
    if (case.stage == "closed") != case.outcome.is_some() || case.outcome.is_some() != case.closed_at.is_some() {
        return Some(format!("it is {}, ended {:?} as {:?}", case.stage, case.closed_at, case.outcome));
    }
    (case.marked != (case.stage == "checking")).then(|| format!("it is {} and marked: {}", case.stage, case.marked))
}

fn case_row(row: &Row) -> Result<(String, CaseRow), Error> {
    let case = CaseRow {
        stage: row.get(1)?,
        submitted_at: row.get(2)?,
        promised_at: row.get(3)?,
        closed_at: row.get(4)?,
        outcome: row.get(5)?,
        marked: row.get(6)?,
        feedback_at: row.get(7)?,
        officer: row.get(8)?,
        unit: row.get(9)?,
        person: row.get(10)?,
        lines: Vec::new(),
    };
    Ok((row.get(0)?, case))
}

fn bill_row(row: &Row) -> Result<BillRow, Error> {
    Ok(BillRow { id: row.get(0)?, case: row.get(1)?, code: row.get(2)?, total: row.get(3)?, stage: row.get(4)? })
}

fn payment_row(row: &Row) -> Result<PaymentRow, Error> {
    Ok(PaymentRow { bill: row.get(0)?, amount: row.get(1)?, stage: row.get(2)? })
}

fn attempt_row(row: &Row) -> Result<AttemptRow, Error> {
    Ok(AttemptRow { id: row.get(0)?, bill: row.get(1)?, stage: row.get(2)?, total: row.get(3)? })
}

fn parcel_row(row: &Row) -> Result<(String, ParcelRow), Error> {
    let parcel = ParcelRow { office: row.get(1)?, stage: row.get(2)?, tries: row.get(3)?, manifest: row.get(4)? };
    Ok((row.get(0)?, parcel))
}
