//! Certified copies that are asked for once the paper was issued, where the folder has a
//! fee for them: each has a bill of its own, and is made when that is settled. Those that
//! cost nothing are the wallet's (`documents`).

use std::sync::Arc;

use base::{CaseId, Money};
use catalogue::{Catalogue, PaperFile, Service};
use documents::{COPIES_MOST, Paper, PaperId};
use payments::{BillId, FeeUse};
use serde_json::json;
use store::{Ctx, Key, Read, Tx};

use crate::case::{Case, Refusal, own};
use crate::facts::facts_in;
use crate::steps::pay;
use crate::timeline::{Kind, add_in};
use crate::turn::{self, NewTurn, Turn, TurnKind, TurnStage};
use rules::Facts;

/// Before the number in the name of a copy's turn.
const COPY: &str = "copy-";

/// One more copy that can be asked for.
pub(crate) struct Offer {
    /// Its number among those that were asked for later, from 1.
    number: usize,
    fee: FeeUse,
    /// What it costs today; nothing where its fee is waived.
    pub(crate) price: Money,
}

/// Whether a turn is about the bill of a copy.
pub(crate) fn is_of_copy(turn: &Turn) -> bool {
    turn.kind == TurnKind::Pay && turn.name.starts_with(COPY)
}

/// How many may be asked for later, and by which fee.
fn priced(service: &Service) -> Option<(&PaperFile, &String)> {
    let paper = service.file.paper.as_ref()?;
    Some((paper, paper.more_fee.as_ref()?))
}

/// The paper of a case that holds.
fn paper_of(read: &mut Read<'_>, case: &Case) -> Result<Option<Paper>, Refusal> {
    let papers = documents::papers_about(read, &case.object())?;
    Ok(papers.into_iter().find(|paper| paper.stage == "issued"))
}

/// What one more copy costs; none where none can be asked for, or one is still to be paid.
pub(crate) fn offered(
    read: &mut Read<'_>,
    service: &Service,
    case: &Case,
    facts: &Facts,
) -> Result<Option<Offer>, Refusal> {
    let Some((file, fee)) = priced(service).filter(|_| case.outcome.as_deref() == Some("completed")) else {
        return Ok(None);
    };
    let turns = turn::turns(read, case.id)?;
    let asked: Vec<&Turn> = turns.iter().filter(|turn| is_of_copy(turn)).collect();
    let counted = asked.iter().filter(|turn| turn.stage != TurnStage::Dropped).count();
    if asked.iter().any(|turn| turn.is_open()) || u32::try_from(counted).unwrap_or(u32::MAX) >= file.more {
        return Ok(None);
    }
    let holds = |paper: &Paper| !paper.is_out_of_date(facts.today) && paper.copies < COPIES_MOST;
    if !paper_of(read, case)?.is_some_and(|paper| holds(&paper)) {
        return Ok(None);
    }
    let fee = FeeUse { code: fee.clone(), quantity: 1 };
    let lines = payments::lines_on(read, std::slice::from_ref(&fee), &pay::cohorts(service, facts), facts.today)?;
    let price = lines.first().map(|line| line.amount);
    Ok(price.map(|price| Offer { number: asked.len() + 1, fee, price }))
}

/// The person asks for one more copy: its bill is made.
///
/// # Errors
/// Not theirs, or none can be asked for now; above the ceiling of a mandate.
pub async fn ask(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, id: CaseId) -> Result<BillId, Refusal> {
    let (actor, catalogue) = (ctx.actor.clone(), Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let case = own(tx, id, &actor)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let facts = facts_in(tx, service, &case)?;
        let offer = offered(tx, service, &case, &facts)?.ok_or(Refusal::NotNow(case.stage.as_str(), "copy"))?;
        let bill = pay::bill_in(tx, &catalogue, service, &case, &facts, vec![offer.fee])?;
        let name = format!("{COPY}{}", offer.number);
        let new = NewTurn { object: Some(bill.id.to_string()), ..NewTurn::new(TurnKind::Pay, 1, &name) };
        turn::open_in(tx, &case, new)?;
        add_in(tx, &case, Kind::CopyBilled, None, json!({ "bill": bill.id.to_string() }))?;
        Ok(bill.id)
    })
    .await
}

/// The bill of a copy was settled: it is made.
pub(crate) fn paid_in(tx: &mut Tx<'_>, case: &Case, mut turn: Turn, bill: BillId) -> Result<(), Refusal> {
    if !turn.is_open() {
        return Ok(());
    }
    turn::answer_in(tx, case, &mut turn, true, None)?;
    let paper: Option<PaperId> = paper_of(tx, case)?.map(|paper| paper.id);
    let ordered = paper.map(|paper| documents::order_paid_copy_in(tx, paper)).transpose();
    let number = ordered.map_err(|refusal| match refusal {
        documents::Refusal::Store(error) => Refusal::Store(error),
        other => Refusal::Store(store::Error::Corrupt(other.to_string())),
    })?;
    if number.is_none() {
        // Paid in the moment in which the paper was revoked: its owner sees to the money.
        tracing::error!(case = %case.id, %bill, "a copy was paid for of a paper that does not hold");
    }
    let detail = json!({ "bill": bill.to_string(), "copy": number });
    add_in(tx, case, Kind::CopyPaid, None, detail).map(drop).map_err(Refusal::from)
}

/// The paper does not hold any more: what is owed for a copy of it is owed no more.
pub(crate) fn cancel_in(tx: &mut Tx<'_>, case: &Case) -> Result<(), Refusal> {
    for mut turn in turn::turns(tx, case.id)?.into_iter().filter(|turn| is_of_copy(turn) && turn.is_open()) {
        if let Some(bill) = turn.object.as_deref().and_then(|object| object.parse().ok()) {
            payments::cancel_in(tx, bill)?;
        }
        turn::drop_in(tx, case, &mut turn)?;
    }
    Ok(())
}
