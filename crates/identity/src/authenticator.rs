//! The authenticator app of a citizen or an officer: set up with a secret that is
//! shown once, and confirmed by a code of it before it counts.

use base::{AccountId, PersonId};
use openid::secret;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::factors::{ADDED, REMOVED, changed_in, check, check_rest};
use crate::holder::Holder;
use crate::model::{Refusal, SsoId};
use crate::security::Owner;
use crate::sql;
use crate::totp::{self, SECRET_BYTES};

const SECRET_COLUMN: &str = "identity_credential.secret";
const KIND: &str = "totp";

/// The secret that a set-up shows: derived, so that nothing lies in the
/// database before it is confirmed. `nonce` is of this set-up.
pub(crate) fn secret_of(ctx: &Ctx, holder: Holder, nonce: &str) -> Vec<u8> {
    let id = format!("{}:{nonce}", holder.id());
    let derived = secret::of(|domain, value| ctx.db.blind(domain, value), "authenticator", &id);
    derived[..SECRET_BYTES].to_vec()
}

pub(crate) fn is_there(read: &mut Read<'_>, holder: Holder) -> Result<bool, Error> {
    Ok(read.row(&sql::CREDENTIAL, &params![holder.id(), KIND])?.is_some())
}

/// Takes up an app whose code was typed; false when the code is not of that
/// secret.
pub(crate) async fn add(
    ctx: &Ctx,
    holder: Holder,
    here: Option<SsoId>,
    nonce: &str,
    typed: &str,
) -> Result<bool, Refusal> {
    let key = secret_of(ctx, holder, nonce);
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let Some(step) = totp::accept(&key, &typed, ctx.now(), 0) else { return Ok(false) };
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, holder, here, false)?;
        let (sealed, now) = (holder.seal(tx, SECRET_COLUMN, &key)?, tx.now());
        tx.execute(&sql::DELETE_CREDENTIAL, &params![holder.id(), KIND])?;
        tx.execute_one(&sql::INSERT_CREDENTIAL, &params![holder.id(), KIND, sealed, now])?;
        // The code that confirmed it signs nobody in.
        tx.execute_one(&sql::TAKE_STEP, &params![step, holder.id(), KIND])?;
        changed_in(tx, holder, ADDED, "app", locale)?;
        Ok(true)
    })
    .await
}

/// Takes the app away.
pub(crate) async fn remove(ctx: &Ctx, holder: Holder, here: Option<SsoId>) -> Result<(), Refusal> {
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, holder, here, true)?;
        if tx.execute(&sql::DELETE_CREDENTIAL, &params![holder.id(), KIND])? == 1 {
            check_rest(tx, holder)?;
            changed_in(tx, holder, REMOVED, "app", locale)?;
        }
        Ok(())
    })
    .await
}

/// Takes a code of a citizen's app, once.
pub(crate) fn take_in(tx: &mut Tx<'_>, account: AccountId, person: PersonId, typed: &str) -> Result<bool, Error> {
    take_of_in(tx, Owner { account, person }.into(), typed)
}

/// Takes a code, once: its step is used up in this commit.
pub(crate) fn take_of_in(tx: &mut Tx<'_>, holder: Holder, typed: &str) -> Result<bool, Error> {
    let Some(row) = tx.row(&sql::CREDENTIAL, &params![holder.id(), KIND])? else { return Ok(false) };
    let key = holder.open(tx, SECRET_COLUMN, &row.get::<Vec<u8>>(0)?)?;
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let Some(step) = totp::accept(&key, &typed, tx.now(), row.get(1)?) else { return Ok(false) };
    Ok(tx.execute(&sql::TAKE_STEP, &params![step, holder.id(), KIND])? == 1)
}
