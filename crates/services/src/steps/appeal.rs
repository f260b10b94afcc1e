//! An appeal against a refusal: to another unit, once, within the folder's days.
//! One that wins opens the decision again for other officers; what no officer
//! decided (a rule, a body, a co-signer) it overrules, and the case goes on.

use std::sync::Arc;

use base::{Actor, CaseId, Timestamp, Zone};
use catalogue::{Catalogue, Decider, Service, StepKind, form};
use serde_json::json;
use store::{Ctx, Key, Read, Tx};

use super::{needed, step_of};
use crate::case::{Case, Refusal, Stage, own};
use crate::desk::of_unit;
use crate::facts::sources;
use crate::timeline::{Kind, add_in, lines};
use crate::turn::{self, NewTurn, Turn, TurnKind};
use crate::way::go_on_in;

/// The name of its turn.
const APPEAL: &str = "appeal";

/// Until when a case's refusal can be appealed; none when it cannot, or was.
pub(crate) fn until(read: &mut Read<'_>, service: &Service, case: &Case) -> Result<Option<Timestamp>, store::Error> {
    let Some(appeal) = service.file.appeal.as_ref().filter(|_| case.outcome.as_deref() == Some("refused")) else {
        return Ok(None);
    };
    if lines(read, case)?.iter().any(|line| line.kind == Kind::Appealed) {
        return Ok(None);
    }
    Ok(case.closed_at.map(|ended| ended.plus_seconds(i64::from(appeal.days) * 86_400)))
}

/// The unit that hears an appeal of this case.
pub(crate) fn unit(
    read: &mut Read<'_>,
    catalogue: &Catalogue,
    service: &Service,
    case: &Case,
    actor: &Actor,
) -> Result<Option<String>, store::Error> {
    let Some(appeal) = &service.file.appeal else { return Ok(None) };
    // The place of a case does not depend on the day.
    let today = case.submitted_at.unwrap_or(case.created_at).date(Zone::Hebron);
    let sources = sources(read, service, case, today, actor)?;
    Ok(Some(catalogue.unit(&appeal.unit, &form::facts(service, today, &case.answers, &sources))))
}

/// The person appeals, with their reason.
///
/// # Errors
/// Not theirs, nothing to appeal against, too late, no reason.
pub async fn appeal(ctx: &Ctx, key: Key, catalogue: &Arc<Catalogue>, id: CaseId, text: &str) -> Result<(), Refusal> {
    let (actor, text, catalogue) = (ctx.actor.clone(), needed(text)?, Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        let service = catalogue.of(&case).ok_or(Refusal::NoService)?;
        let until = until(tx, service, &case)?.ok_or(Refusal::NotNow(case.stage.as_str(), "appeal"))?;
        if tx.now() > until {
            return Err(Refusal::TooLate);
        }
        let unit = unit(tx, &catalogue, service, &case, &actor)?;
        case.take("appeal")?;
        (case.closed_at, case.outcome, case.officer) = (None, None, None);
        case.unit.clone_from(&unit);
        let round = turn::next_round(tx, &case)?;
        let new = NewTurn { unit: unit.as_deref(), ..NewTurn::new(TurnKind::Appeal, round, APPEAL) };
        turn::open_in(tx, &case, new)?;
        add_in(tx, &case, Kind::Appealed, Some(&text), json!({ "unit": unit }))?;
        case.keep_in(tx, Stage::Closed).map_err(Refusal::from)
    })
    .await
}

/// An officer of the appeals' unit hears it: it wins or loses, with a reason.
///
/// # Errors
/// Another unit's, not this officer's, not appealed, no reason, or they decided
/// what it is against.
pub async fn hear(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    id: CaseId,
    unit: &str,
    won: bool,
    text: &str,
) -> Result<(), Refusal> {
    let officer = ctx.actor.officer().ok_or(Refusal::NotYours)?;
    let (unit, text, catalogue) = (unit.to_owned(), needed(text)?, Arc::clone(catalogue));
    ctx.write(key, move |tx| {
        let mut case = of_unit(tx, id, &unit)?;
        if case.stage != Stage::Appealed {
            return Err(Refusal::NotNow(case.stage.as_str(), "hear"));
        }
        if case.officer != Some(officer) {
            return Err(Refusal::NotYours);
        }
        let turns = turn::turns(tx, id)?;
        if turns.iter().any(|turn| turn.kind == TurnKind::Decide && turn.is_by(officer)) {
            return Err(Refusal::SamePerson);
        }
        let open = turns.into_iter().find(|turn| turn.kind == TurnKind::Appeal && turn.is_open());
        let mut turn = open.ok_or(Refusal::NotNow("heard", "hear"))?;
        turn::answer_in(tx, &case, &mut turn, won, Some(&text))?;
        let kind = if won { Kind::AppealWon } else { Kind::AppealLost };
        add_in(tx, &case, kind, Some(&text), json!({ "unit": unit, "won": won }))?;
        (case.unit, case.officer) = (None, None);
        if won {
            return reopen_in(tx, &catalogue, &mut case, &turn);
        }
        case.take("refuse")?;
        case.closed_at = Some(tx.now());
        case.outcome = Some("refused".to_owned());
        case.keep_in(tx, Stage::Appealed).map_err(Refusal::from)
    })
    .await
}

fn reopen_in(tx: &mut Tx<'_>, catalogue: &Catalogue, case: &mut Case, turn: &Turn) -> Result<(), Refusal> {
    let service = catalogue.of(&*case).ok_or(Refusal::NoService)?;
    if let Some(StepKind::Decide { by: Decider::Clerk | Decider::Committee, .. }) = step_of(service, turn) {
        // The same step begins once more, with seats of a new round.
        case.step -= 1;
    }
    go_on_in(tx, catalogue, case, Stage::Appealed)
}
