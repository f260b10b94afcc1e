//! A person gives their case up, as long as nothing was issued for it.

use base::CaseId;
use serde_json::json;
use store::{Ctx, Key, Read};

use super::pay;
use crate::case::{CASE, Case, Refusal, own};
use crate::count::count_in;
use crate::timeline::{Kind, add_in};
use crate::turn::{TurnKind, TurnStage, drop_open_in, turns};

/// Whether a case can be given up as it stands.
pub(crate) fn may_withdraw(read: &mut Read<'_>, case: &Case) -> Result<bool, store::Error> {
    if CASE.next(case.stage.as_str(), "withdraw").is_none() {
        return Ok(false);
    }
    // What a register was told, or is being told, cannot be taken back here.
    if turns(read, case.id)?.iter().any(|turn| turn.kind == TurnKind::Write && turn.stage != TurnStage::Dropped) {
        return Ok(false);
    }
    Ok(documents::papers_about(read, &case.object())?.is_empty())
}

/// Gives a case up: nothing more is owed, and nobody is waited for.
///
/// # Errors
/// Not theirs, or it stands where nothing can be taken back.
pub async fn withdraw(ctx: &Ctx, key: Key, id: CaseId) -> Result<(), Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let mut case = own(tx, id, &actor)?;
        if !may_withdraw(tx, &case)? {
            return Err(Refusal::NotNow(case.stage.as_str(), "withdraw"));
        }
        let from = case.stage;
        case.take("withdraw")?;
        drop_open_in(tx, &case)?;
        pay::cancel_in(tx, &case)?;
        (case.unit, case.officer, case.marked) = (None, None, false);
        case.closed_at = Some(tx.now());
        case.outcome = Some("withdrawn".to_owned());
        add_in(tx, &case, Kind::Withdrawn, None, json!({}))?;
        count_in(tx, "withdrawn", &case.service, "", case.locale)?;
        case.keep_in(tx, from).map_err(Refusal::from)
    })
    .await
}
