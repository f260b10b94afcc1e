//! Whoever has a channel of the account stops the way back: somebody who is
//! signed in, or who has a message of it.

use std::net::IpAddr;

use audit::Leaf;
use base::Locale;
use serde_json::json;
use store::{Ctx, Key, Tx, params};
use web::throttle;

use super::{Vouching, cancel_hash, live};
use crate::messages::Messages;
use crate::model::{Refusal, VOUCHING, VouchingId, step};
use crate::security::{Owner, tell_in};
use crate::sign_in::{allowed, network};
use crate::{person, sql};

/// Codes that are typed from one address, in ten minutes.
const TRIES: u32 = 20;

/// The owner, signed in, stops it.
pub(crate) async fn cancel(ctx: &Ctx, owner: Owner, id: VouchingId) -> Result<(), Refusal> {
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let there = live(tx, id, now)?;
        if there.account != Some(owner.account) {
            return Err(Refusal::Gone);
        }
        stop_in(tx, &there, "session")
    })
    .await
}

/// Somebody with a message of it stops it; the code serves once. False when it
/// stops nothing.
pub(crate) async fn cancel_by(ctx: &Ctx, address: IpAddr, typed: &str) -> Result<bool, Refusal> {
    allowed(throttle::hit(ctx, "identity.vouching.cancel", &network(address), TRIES, 600).await?)?;
    let typed = typed.to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let (hash, now) = (cancel_hash(tx, &typed), tx.now());
        let Some(row) = tx.row(&sql::VOUCHING_BY_CANCEL, &params![hash])? else { return Ok(false) };
        let id: VouchingId = row.get(0)?;
        match live(tx, id, now) {
            Ok(there) if there.account.is_some() => stop_in(tx, &there, "message").map(|()| true),
            Ok(_) | Err(Refusal::Gone) => Ok(false),
            Err(other) => Err(other),
        }
    })
    .await
}

/// Ends a way back, and tells the owner.
pub(super) fn stop_in(tx: &mut Tx<'_>, there: &Vouching, by: &'static str) -> Result<(), Refusal> {
    let (stage, now) = (step(&VOUCHING, &there.stage, "cancelled")?, tx.now());
    tx.execute_one(&sql::SET_VOUCHING, &params![stage, there.tries, there.ready_at, now, there.id, there.stage])?;
    let account = person::account(tx, there.account.ok_or(Refusal::Gone)?)?.ok_or(Refusal::Gone)?;
    let owner = Owner { account: account.id, person: account.person };
    let leaf = Leaf::new("identity.recovery_cancelled", owner.holder()).about(owner.person);
    audit::record_in(tx, &leaf.with(json!({ "by": by })))?;
    let words = [Messages::vouching_stopped_title, Messages::vouching_stopped_next];
    Ok(tell_in(tx, owner, "identity.vouching", Locale::AR, words)?)
}
