//! A number of the person's own, after the comparison: the code that it receives
//! is typed at the counter.

use base::{Locale, Phone};
use store::Ctx;

use super::{Comparison, Desk, keep_in, own};
use crate::code::{self, Target, Tried, Way};
use crate::messages::Messages;
use crate::model::{ComparisonId, Refusal};
use crate::person::bind_phone_in;
use crate::security::{Owner, tell_in};
use crate::{Identity, sign_in};

fn owner(there: &Comparison) -> Result<Owner, Refusal> {
    let account = there.account.filter(|_| there.stage == "same").ok_or(Refusal::Gone)?;
    Ok(Owner { account, person: there.person })
}

/// Sends a code to the number that the person says is theirs.
pub(crate) async fn send(
    ctx: &Ctx,
    identity: &Identity,
    id: ComparisonId,
    (phone, host, way): (Phone, String, Way),
) -> Result<(), Refusal> {
    let (desk, now, typed) = (Desk::of(ctx, identity)?, ctx.now(), phone.as_str().to_owned());
    let at = desk.clone();
    // What comes too early costs no message.
    ctx.read(move |read| owner(&own(read, id, &at, now)?).map(drop)).await?;
    let target = Target { deal: id.to_string(), phone, host, way };
    let sent = code::send(ctx, identity, target, ("", "counter"), move |tx| {
        let now = tx.now();
        let mut there = own(tx, id, &desk, now)?;
        let owner = owner(&there)?;
        there.data.phone = Some(typed.clone());
        keep_in(tx, &there, &there.stage)?;
        Ok((owner.person, sign_in::about(tx, owner.person)?))
    });
    sent.await
}

/// Sends another code to the same number, this way.
pub(crate) async fn resend(
    ctx: &Ctx,
    identity: &Identity,
    id: ComparisonId,
    (host, way): (String, Way),
) -> Result<(), Refusal> {
    let (desk, now) = (Desk::of(ctx, identity)?, ctx.now());
    let there = ctx.read(move |read| own(read, id, &desk, now)).await?;
    let phone = there.data.phone.as_deref().and_then(Phone::parse).ok_or(Refusal::Gone)?;
    send(ctx, identity, id, (phone, host, way)).await
}

/// The code was typed: a right one binds the number, and the number before it
/// is told.
pub(crate) async fn code(ctx: &Ctx, identity: &Identity, id: ComparisonId, typed: &str) -> Result<Tried, Refusal> {
    let (desk, now) = (Desk::of(ctx, identity)?, ctx.now());
    let at = desk.clone();
    let about = ctx
        .read(move |read| {
            let there = own(read, id, &at, now)?;
            sign_in::about(read, owner(&there)?.person)
        })
        .await?;
    code::attempt(ctx, identity, (id.to_string(), about), typed, move |tx, tried| {
        let now = tx.now();
        let mut there = own(tx, id, &desk, now)?;
        let owner = owner(&there)?;
        let phone = there.data.phone.as_deref().and_then(Phone::parse).ok_or(Refusal::Gone)?;
        if tried == Tried::Right {
            let words = [Messages::phone_changed_title, Messages::phone_changed_next];
            tell_in(tx, owner, "identity.phone_bound", Locale::AR, words)?;
            bind_phone_in(tx, owner.account, &phone, desk.officer)?;
            there.data.phone = None;
            keep_in(tx, &there, &there.stage)?;
        }
        Ok(())
    })
    .await
}
