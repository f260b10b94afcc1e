//! The code that a counter prints: 80 bits, taken once, good for three weeks. It
//! sets a password at home, so that no officer ever sees or sets one. Derived
//! from the key file like a sheet's codes; the database holds a keyed hash.

use base::AccountId;
use openid::secret;
use store::{Ctx, Error, Read, Tx, params};

use crate::{sheet, sql};

/// How long a code holds, seconds: 21 days (NIST SP 800-63B-4 §4.2.1.2, by post).
const SECONDS: i64 = 21 * 24 * 3_600;

/// The code of a print, in groups of four.
pub(crate) fn code(ctx: &Ctx, account: AccountId, print: &str) -> String {
    let id = format!("{account}:{print}");
    sheet::printed(&secret::of(|domain, value| ctx.db.blind(domain, value), "opening-code", &id))
}

fn hash(read: &Read<'_>, account: AccountId, code: &str) -> Vec<u8> {
    read.blind("identity.opening_code", &format!("{account}:{}", sheet::plain(code)))
}

/// Keeps a code in the place of the one that there was.
pub(crate) fn keep_in(tx: &mut Tx<'_>, account: AccountId, code: &str) -> Result<(), Error> {
    tx.execute(&sql::DELETE_OPENING_CODES, &params![account])?;
    let (hash, now) = (hash(tx, account, code), tx.now());
    tx.execute_one(&sql::INSERT_OPENING_CODE, &params![hash, account, now, now.plus_seconds(SECONDS)])
}

/// Takes a code, once.
pub(crate) fn take_in(tx: &mut Tx<'_>, account: AccountId, typed: &str) -> Result<bool, Error> {
    let (hash, now) = (hash(tx, account, typed), tx.now());
    Ok(tx.execute(&sql::TAKE_OPENING_CODE, &params![hash, account, now])? == 1)
}
