//! A citizen's authenticator app: set up with a secret that is shown once, and
//! confirmed by a code of it before it counts.

use base::{AccountId, PersonId};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::factors::{ADDED, REMOVED, changed_in, check};
use crate::model::{Refusal, SsoId};
use crate::security::Owner;
use crate::totp::{self, SECRET_BYTES};
use crate::{secret, sql};

const SECRET_COLUMN: &str = "identity_credential.secret";
const KIND: &str = "totp";

/// The secret that a set-up shows: derived, so that nothing lies in the
/// database before it is confirmed. `nonce` is of this set-up.
pub(crate) fn secret_of(ctx: &Ctx, account: AccountId, nonce: &str) -> Vec<u8> {
    let derived =
        secret::of(|domain, value| ctx.db.blind(domain, value), "authenticator", &format!("{account}:{nonce}"));
    derived[..SECRET_BYTES].to_vec()
}

pub(crate) fn is_there(read: &mut Read<'_>, account: AccountId) -> Result<bool, Error> {
    Ok(read.row(&sql::CREDENTIAL, &params![account, KIND])?.is_some())
}

/// Takes up an app whose code was typed; false when the code is not of that
/// secret.
pub(crate) async fn add(
    ctx: &Ctx,
    owner: Owner,
    here: Option<SsoId>,
    nonce: &str,
    typed: &str,
) -> Result<bool, Refusal> {
    let key = secret_of(ctx, owner.account, nonce);
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let Some(step) = totp::accept(&key, &typed, ctx.now(), 0) else { return Ok(false) };
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, false)?;
        let (sealed, now) = (tx.seal(owner.person, SECRET_COLUMN, &key)?, tx.now());
        tx.execute(&sql::DELETE_CREDENTIAL, &params![owner.account, KIND])?;
        tx.execute_one(&sql::INSERT_CREDENTIAL, &params![owner.account, KIND, sealed, now])?;
        // The code that confirmed it signs nobody in.
        tx.execute_one(&sql::TAKE_STEP, &params![step, owner.account, KIND])?;
        changed_in(tx, owner, ADDED, "app", locale)?;
        Ok(true)
    })
    .await
}

/// Takes the app away.
pub(crate) async fn remove(ctx: &Ctx, owner: Owner, here: Option<SsoId>) -> Result<(), Refusal> {
    let locale = ctx.locale;
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, true)?;
        if tx.execute(&sql::DELETE_CREDENTIAL, &params![owner.account, KIND])? == 1 {
            changed_in(tx, owner, REMOVED, "app", locale)?;
        }
        Ok(())
    })
    .await
}

/// Takes a code, once: its step is used up in this commit.
pub(crate) fn take_in(tx: &mut Tx<'_>, account: AccountId, person: PersonId, typed: &str) -> Result<bool, Error> {
    let Some(row) = tx.row(&sql::CREDENTIAL, &params![account, KIND])? else { return Ok(false) };
    let key = tx.open(person, SECRET_COLUMN, &row.get::<Vec<u8>>(0)?)?;
    let typed = base::digits::only_digits(typed).unwrap_or_default();
    let Some(step) = totp::accept(&key, &typed, tx.now(), row.get(1)?) else { return Ok(false) };
    Ok(tx.execute(&sql::TAKE_STEP, &params![step, account, KIND])? == 1)
}
