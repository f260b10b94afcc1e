//! After the wait: the browser that began it and the code once more lead to
//! another password.

use store::{Ctx, Key, params};

use super::cancel::stop_in;
use super::{TRIES, code_of, own};
use crate::model::{RecoveryId, Refusal, VOUCHING, VouchingId, step};
use crate::recover::begin_vouched_in;
use crate::sql;

/// How the last step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Finished {
    /// The password is next.
    Recovery(RecoveryId),
    Wrong,
    /// Five were wrong: it is over.
    Over,
    /// The day is not over yet.
    Early,
}

/// Tries the code; `browser` goes on with the password.
pub(crate) async fn finish(
    ctx: &Ctx,
    id: VouchingId,
    kept: String,
    browser: [u8; 32],
    typed: &str,
) -> Result<Finished, Refusal> {
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let mut there = own(tx, id, &kept, now)?;
        let (Some(account), Some(ready_at)) = (there.account, there.ready_at) else { return Ok(Finished::Early) };
        if ready_at > now {
            return Ok(Finished::Early);
        }
        let code = code_of(|domain, value| tx.blind(domain, value), id);
        if !seal::digest::equal(code.as_bytes(), typed.as_bytes()) {
            there.tries += 1;
            if there.tries >= TRIES {
                stop_in(tx, &there, "wrong codes")?;
                return Ok(Finished::Over);
            }
            let (stage, until) = (&there.stage, there.ends_at);
            tx.execute_one(&sql::SET_VOUCHING, &params![stage, there.tries, ready_at, until, id, stage])?;
            return Ok(Finished::Wrong);
        }
        let stage = step(&VOUCHING, &there.stage, "finished")?;
        tx.execute_one(&sql::SET_VOUCHING, &params![stage, there.tries, ready_at, there.ends_at, id, there.stage])?;
        Ok(Finished::Recovery(begin_vouched_in(tx, account, browser)?))
    })
    .await
}
