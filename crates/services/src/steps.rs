//! The kinds of steps that wait for somebody. Each is made of turns (`turn.rs`):
//! a kind says which turns begin, who may answer one, and what follows once they
//! are answered. What comes next is the way's (`way.rs`).

mod appeal;
pub(crate) mod appointment;
pub(crate) mod bodies;
pub(crate) mod co_sign;
pub(crate) mod correct;
pub(crate) mod decide;
pub(crate) mod pay;
mod withdraw;
pub(crate) mod write;

pub use appeal::{appeal, hear as hear_appeal};
pub use appointment::{attend, book, slots};
pub use bodies::answer as answer_turn;
pub use co_sign::sign;
pub use correct::correct;
pub use decide::{agree, mark_absent, send_back, vote};
pub use withdraw::withdraw;

pub(crate) use appeal::{unit as appeal_unit, until as appealable_until};
pub(crate) use withdraw::may_withdraw;
pub(crate) use write::enter;

use std::sync::Arc;

use catalogue::{Catalogue, Service, StepKind};
use payments::BillPaid;
use store::{Error, Event as _, Read, Subscriber, Tx, Work};

use crate::case::{Case, Refusal, Stage, case};
use crate::edition::Editions;
use crate::system::Services;
use crate::turn::{Turn, TurnId, turn};

/// The clocks of turns.
pub(crate) const CLOCK: &str = "services.turn_due";
/// What an outside body, or anybody, may say at most, characters.
const WORDS: usize = crate::desk::WORDS;

/// What turns hear from clocks, registers and bills.
pub(crate) fn subscribers(editions: &Arc<Editions>) -> Vec<Subscriber> {
    let own = || Arc::clone(editions);
    let (clock, asking, paying, billing, writing) = (own(), own(), own(), own(), own());
    vec![
        Subscriber::new(CLOCK, CLOCK, move |ctx, work| ran_out(ctx, clock.now(), work)),
        Subscriber::new(bodies::ASK, bodies::ASK, move |ctx, work| bodies::ask(ctx, asking.now(), work)),
        Subscriber::new("services.bill_paid", BillPaid::TOPIC, move |ctx, work| pay::paid(ctx, paying.now(), work)),
        Subscriber::new(pay::INSTALMENT, pay::INSTALMENT, move |ctx, work| pay::instalment(ctx, billing.now(), work)),
        Subscriber::new(write::WRITE, write::WRITE, move |ctx, work| write::tell(ctx, writing.now(), work)),
    ]
}

/// A turn that is still waited for, with its case that still stands at its step.
pub(crate) fn waiting(read: &mut Read<'_>, id: TurnId) -> Result<Option<(Turn, Case)>, Error> {
    let Some(found) = turn(read, id)?.filter(Turn::is_open) else { return Ok(None) };
    let of = case(read, found.case)?.filter(|case| case.stage == Stage::Waiting && case.step == found.step);
    Ok(of.map(|case| (found, case)))
}

/// What the folder says of a turn's step.
pub(crate) fn step_of<'s>(service: &'s Service, turn: &Turn) -> Option<&'s StepKind> {
    let at = usize::try_from(turn.step).ok()?;
    service.file.steps.get(at).map(|step| &step.kind)
}

/// Words that somebody must say, cut to their limit.
fn words(text: &str) -> Option<String> {
    let said: String = text.trim().chars().take(WORDS).collect();
    (!said.is_empty()).then_some(said)
}

fn needed(text: &str) -> Result<String, Refusal> {
    words(text).ok_or_else(|| Refusal::Incomplete(vec!["text".to_owned()]))
}

/// A turn's clock ran out.
async fn ran_out(ctx: store::Ctx, services: Arc<Services>, work: Work) -> Result<(), Error> {
    let id: TurnId = work.parse()?;
    let settled = ctx.write(work.write_key(), move |tx| {
        let Some((turn, mut case)) = waiting(tx, id)? else { return Ok(()) };
        let Some(due) = turn.due_at else { return Ok(()) };
        if tx.now() < due {
            // The machine's clock went back.
            return tx.enqueue(CLOCK, &id.to_string(), &id, due).map_err(Refusal::from);
        }
        ran_out_in(tx, &services.catalogue, &mut case, turn)
    });
    settled.await.map_err(crate::way::store_error)
}

fn ran_out_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, turn: Turn) -> Result<(), Refusal> {
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    match step_of(service, &turn) {
        Some(StepKind::CoSign { .. }) => co_sign::ran_out_in(tx, case, turn),
        Some(step) => match step.bodies().iter().find(|body| body.id == turn.name) {
            Some(body) => bodies::ran_out_in(tx, catalogue, case, turn, body),
            None => Ok(()),
        },
        None => Ok(()),
    }
}
