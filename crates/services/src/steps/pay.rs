//! Bills of a case: before, midway or after, and in instalments. The case goes on
//! when the first is settled; the later ones come due by themselves.

use std::sync::Arc;

use base::{CaseId, Zone};
use catalogue::{Catalogue, Service, StepKind};
use payments::{Bill, BillId, BillLine, BillPaid, BillRequest, BillStage, FeeUse, Wording};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Read, Tx, Work};

use super::step_of;
use crate::case::{Case, Refusal, Stage, case};
use crate::copies;
use crate::count::count_in;
use crate::facts::facts_in;
use crate::system::Services;
use crate::timeline::{Kind, add_in};
use crate::turn::{self, NewTurn, Turn, TurnKind};
use crate::way::{Way, go_on_in, store_error};
use rules::{Facts, RuleError};

/// The queue of later instalments.
pub(crate) const INSTALMENT: &str = "services.instalment_due";

/// A later instalment that comes due.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Due {
    case: CaseId,
    step: i64,
    number: u32,
}

/// What is owed at a step; nothing when every fee falls away.
///
/// # Errors
/// A fee's rule has no answer, or one that nobody can owe.
pub(crate) fn owed(service: &Service, facts: &Facts, fees: &[String]) -> Result<Vec<FeeUse>, RuleError> {
    let mut owed = Vec::new();
    for fee in service.file.fees.iter().filter(|fee| fees.is_empty() || fees.contains(&fee.code)) {
        if fee.when.as_ref().map_or(Ok(true), |rule| rule.holds(facts))? {
            owed.push(FeeUse { code: fee.code.clone(), quantity: fee.quantity.of(facts)? });
        }
    }
    Ok(owed)
}

/// What a draft will cost, as far as its answers and the registers tell so far:
/// each fee with today's amount and waiver.
pub(crate) fn estimate(
    read: &mut Read<'_>,
    service: &Service,
    facts: &Facts,
) -> Result<Vec<(Wording, BillLine)>, Refusal> {
    let (cohorts, mut known) = (cohorts(service, facts), Vec::new());
    for step in &service.file.steps {
        let StepKind::Pay { fees, .. } = &step.kind else { continue };
        if step.when.as_ref().map_or(Ok(true), |rule| rule.holds(facts)) == Ok(true) {
            known.extend(owed(service, facts, fees).unwrap_or_default());
        }
    }
    let mut costs = Vec::with_capacity(known.len());
    for fee in known {
        let Some(names) = payments::fee_on(read, &fee.code, facts.today)?.map(|known| known.names) else { continue };
        let lines = payments::lines_on(read, &[fee], &cohorts, facts.today)?;
        costs.extend(lines.into_iter().map(|line| (names.clone(), line)));
    }
    Ok(costs)
}

/// The groups of the folder that whoever applies belongs to.
pub(crate) fn cohorts(service: &Service, facts: &Facts) -> Vec<String> {
    let theirs = service.file.cohorts.iter().filter(|(_, rule)| rule.holds(facts).unwrap_or(false));
    theirs.map(|(name, _)| name.clone()).collect()
}

/// The first bill of a step.
pub(crate) fn open_in(
    tx: &mut Tx<'_>,
    way: &Way<'_>,
    case: &mut Case,
    owed: Vec<FeeUse>,
    instalments: u32,
) -> Result<(), Refusal> {
    case.take("pay")?;
    let round = turn::next_round(tx, case)?;
    // The lint refuses a quantity that the instalments do not divide.
    let part = |fee: FeeUse| FeeUse { quantity: fee.quantity / instalments.max(1), ..fee };
    let fees = owed.into_iter().map(part).collect();
    let bill = bill_in(tx, way.catalogue, way.service, case, &way.facts, fees)?;
    let new = NewTurn { object: Some(bill.id.to_string()), ..NewTurn::new(TurnKind::Pay, round, "1") };
    turn::open_in(tx, case, new)?;
    add_in(tx, case, Kind::Billed, None, json!({ "bill": bill.id.to_string(), "total": bill.total.to_string() }))?;
    Ok(())
}

/// A bill of these fees.
pub(crate) fn bill_in(
    tx: &mut Tx<'_>,
    catalogue: &Catalogue,
    service: &Service,
    case: &Case,
    facts: &Facts,
    fees: Vec<FeeUse>,
) -> Result<Bill, Refusal> {
    let today = tx.now().date(Zone::Hebron).to_string();
    let request = BillRequest {
        case: case.id,
        payer: case.person,
        service: case.service.clone(),
        names: Wording::of(|locale| service.text(locale, "name")),
        issuer: Wording::of(|locale| catalogue.agency(&service.file.provider, &today, locale)),
        fees,
        cohorts: cohorts(service, facts),
    };
    payments::bill_in(tx, &request).map_err(Refusal::from)
}

/// A bill was settled: the next step begins, unless it is a later instalment.
pub(crate) async fn paid(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let event: BillPaid = work.parse()?;
    let gone_on = ctx.write(work.write_key(), move |tx| {
        let Some(mut now) = case(tx, event.case)? else { return Ok(()) };
        let turn = turn::of_object(tx, event.case, &event.bill.to_string())?;
        if let Some(turn) = turn.as_ref().filter(|turn| copies::is_of_copy(turn)) {
            return copies::paid_in(tx, &now, turn.clone(), event.bill);
        }
        if let Some(turn) = turn.as_ref().filter(|turn| turn.name != "1") {
            return instalment_paid_in(tx, &now, turn.clone(), event.bill);
        }
        if now.stage != Stage::Paying || turn.as_ref().is_some_and(|turn| turn.step != now.step || !turn.is_open()) {
            return Ok(());
        }
        let service = services.catalogue.of(&now).ok_or(Refusal::NoService)?;
        if let Some(mut turn) = turn {
            turn::answer_in(tx, &now, &mut turn, true, None)?;
            later_in(tx, service, &turn)?;
        }
        let waived = payments::bill(tx, event.bill)?.is_some_and(|bill| bill.waived().is_some());
        let kind = if waived { Kind::Waived } else { Kind::Paid };
        add_in(tx, &now, kind, None, json!({ "bill": event.bill.to_string() }))?;
        count_in(tx, "paid", &now.service, "", now.locale)?;
        go_on_in(tx, &services.catalogue, &mut now, Stage::Paying)
    });
    gone_on.await.map_err(store_error)
}

fn instalment_paid_in(tx: &mut Tx<'_>, case: &Case, mut turn: Turn, bill: BillId) -> Result<(), Refusal> {
    if !turn.is_open() {
        return Ok(());
    }
    turn::answer_in(tx, case, &mut turn, true, None)?;
    let detail = json!({ "bill": bill.to_string(), "instalment": turn.name });
    add_in(tx, case, Kind::InstalmentPaid, None, detail).map(drop).map_err(Refusal::from)
}

/// The first instalment is settled: the others come due by themselves.
fn later_in(tx: &mut Tx<'_>, service: &Service, turn: &Turn) -> Result<(), Refusal> {
    let Some(StepKind::Pay { instalments, every_days: Some(days), .. }) = step_of(service, turn) else {
        return Ok(());
    };
    for number in 2..=*instalments {
        let wait = i64::from(*days) * i64::from(number - 1) * 86_400;
        let (due, key) =
            (Due { case: turn.case, step: turn.step, number }, format!("{}-{}-{number}", turn.case, turn.step));
        tx.enqueue(INSTALMENT, &key, &due, tx.now().plus_seconds(wait))?;
    }
    Ok(())
}

/// A later instalment comes due, unless the case was refused or given up.
pub(crate) async fn instalment(ctx: Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let due: Due = work.parse()?;
    let billed = ctx.write(work.write_key(), move |tx| {
        let Some(case) = case(tx, due.case)? else { return Ok(()) };
        if matches!(case.outcome.as_deref(), Some("refused" | "withdrawn")) {
            return Ok(());
        }
        let Some(service) = services.catalogue.of(&case) else { return Ok(()) };
        let step = usize::try_from(due.step).ok().and_then(|at| service.file.steps.get(at));
        let Some(StepKind::Pay { instalments, .. }) = step.map(|step| &step.kind) else { return Ok(()) };
        let fees = first_fees(tx, &due)?;
        let facts = facts_in(tx, service, &case)?;
        let bill = bill_in(tx, &services.catalogue, service, &case, &facts, fees)?;
        // It belongs to the step that it was agreed at, wherever the case stands.
        let at = Case { step: due.step, ..case.clone() };
        let name = due.number.to_string();
        let new = NewTurn { object: Some(bill.id.to_string()), ..NewTurn::new(TurnKind::Pay, 1, &name) };
        turn::open_in(tx, &at, new)?;
        let detail = json!({ "bill": bill.id.to_string(), "instalment": name, "of": instalments });
        add_in(tx, &case, Kind::InstalmentBilled, None, detail).map(drop).map_err(Refusal::from)
    });
    billed.await.map_err(store_error)
}

/// What the first instalment was of: the later ones are of the same, whatever the
/// rules say by then.
fn first_fees(read: &mut Read<'_>, due: &Due) -> Result<Vec<FeeUse>, Error> {
    let turns = turn::turns(read, due.case)?;
    let is_first = |turn: &&Turn| turn.kind == TurnKind::Pay && turn.step == due.step && turn.name == "1";
    let first = turns.iter().rev().find(is_first).and_then(|turn| turn.object.as_deref()?.parse().ok());
    let bill = first.map(|id| payments::bill(read, id)).transpose()?.flatten();
    let lines = bill.map(|bill| bill.lines).unwrap_or_default();
    Ok(lines.into_iter().map(|line| FeeUse { code: line.fee, quantity: line.quantity }).collect())
}

/// A case's bills, oldest first.
pub(crate) fn bills(read: &mut Read<'_>, case: &Case) -> Result<Vec<Bill>, Error> {
    let mut bills = Vec::new();
    for turn in turn::turns(read, case.id)?.iter().filter(|turn| turn.kind == TurnKind::Pay) {
        if let Some(id) = turn.object.as_deref().and_then(|object| object.parse().ok()) {
            bills.extend(payments::bill(read, id)?);
        }
    }
    if bills.is_empty() {
        // A case that was sent before bills were turns.
        bills.extend(payments::bill_of_case(read, case.id)?);
    }
    Ok(bills)
}

/// What is still owed for a case that ended otherwise is owed no more.
pub(crate) fn cancel_in(tx: &mut Tx<'_>, case: &Case) -> Result<(), Refusal> {
    for bill in bills(tx, case)?.into_iter().filter(|bill| bill.stage == BillStage::Open) {
        payments::cancel_in(tx, bill.id)?;
        if let Some(mut turn) = turn::of_object(tx, case.id, &bill.id.to_string())?.filter(Turn::is_open) {
            turn::drop_in(tx, case, &mut turn)?;
        }
    }
    Ok(())
}
