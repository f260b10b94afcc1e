//! The printed recovery sheet: ten codes of 80 bits, each taken once. They are
//! derived from the key file, so that the page that shows them needs nothing
//! but the id of the sheet; the database holds keyed hashes.

use base::{AccountId, Timestamp};
use openid::secret;
use seal::digest::base32;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::factors::{ADDED, changed_in, check};
use crate::model::{Refusal, SsoId};
use crate::security::Owner;
use crate::sql;

/// Codes on a sheet.
pub(crate) const CODES: usize = 10;
/// Bytes of a code (NIST SP 800-63B-4 §4.2.1.1 asks for 64 bits).
const CODE_BYTES: usize = 10;
/// Characters of a code.
pub(crate) const CODE_CHARS: usize = 16;

/// The codes of a sheet, in groups of four: `MZXW-6YTB-OIQX-3KPA`.
pub(crate) fn codes(ctx: &Ctx, account: AccountId, sheet: &str) -> Vec<String> {
    let derive = |number: usize| {
        let id = format!("{account}:{sheet}:{number}");
        secret::of(|domain, value| ctx.db.blind(domain, value), "sheet", &id)
    };
    (0..CODES).map(|number| printed(&derive(number))).collect()
}

/// A code as it is printed.
pub(crate) fn printed(secret: &[u8; 32]) -> String {
    let code = base32(&secret[..CODE_BYTES]);
    let parts: Vec<&str> = [0, 4, 8, 12].into_iter().filter_map(|start| code.get(start..start + 4)).collect();
    parts.join("-")
}

/// What was typed, as a code is kept: letters and digits that are read alike
/// are one.
pub(crate) fn plain(typed: &str) -> String {
    let typed = base::digits::to_western(typed).to_uppercase();
    let alike = |sign: char| match sign {
        '0' => 'O',
        '1' => 'I',
        '8' => 'B',
        other => other,
    };
    typed.chars().filter(char::is_ascii_alphanumeric).map(alike).take(2 * CODE_CHARS).collect()
}

fn hash(read: &Read<'_>, account: AccountId, code: &str) -> Vec<u8> {
    read.blind("identity.sheet", &format!("{account}:{}", plain(code)))
}

/// Codes that were not used, and when the sheet was made.
pub(crate) fn left(read: &mut Read<'_>, account: AccountId) -> Result<(u32, Option<Timestamp>), Error> {
    let row = read.row(&sql::SHEET, &params![account])?.ok_or_else(|| Error::Corrupt("a count".to_owned()))?;
    Ok((row.get(0)?, row.get(1)?))
}

/// Makes a sheet in the place of the one that there was; returns its codes.
pub(crate) async fn make(ctx: &Ctx, owner: Owner, here: Option<SsoId>) -> Result<Vec<String>, Refusal> {
    let (sheet, locale) = (seal::digest::hex(&ctx.random::<16>()), ctx.locale);
    let codes = codes(ctx, owner.account, &sheet);
    let kept = codes.clone();
    ctx.write(Key::once(ctx), move |tx| {
        check(tx, owner, here, false)?;
        make_in(tx, owner, &kept)?;
        changed_in(tx, owner, ADDED, "sheet", locale)?;
        Ok::<_, Refusal>(())
    })
    .await?;
    Ok(codes)
}

/// Keeps a sheet's codes in the place of those that there were.
pub(crate) fn make_in(tx: &mut Tx<'_>, owner: Owner, codes: &[String]) -> Result<(), Error> {
    tx.execute(&sql::DELETE_SHEET, &params![owner.account])?;
    let now = tx.now();
    for code in codes {
        let hash = hash(tx, owner.account, code);
        tx.execute_one(&sql::INSERT_SHEET_CODE, &params![hash, owner.account, now])?;
    }
    Ok(())
}

/// Takes a code, once.
pub(crate) fn take_in(tx: &mut Tx<'_>, account: AccountId, typed: &str) -> Result<bool, Error> {
    let (hash, now) = (hash(tx, account, typed), tx.now());
    Ok(tx.execute(&sql::TAKE_SHEET_CODE, &params![now, hash, account])? == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_alike_is_one() {
        assert_eq!(plain(" mzxw-6ytb oiqx–3kpa "), "MZXW6YTBOIQX3KPA");
        assert_eq!(plain("M2XW-6YT8-01QX-٣KPA"), "M2XW6YTBOIQX3KPA");
        assert_eq!(plain(&"A".repeat(500)).len(), 2 * CODE_CHARS);
    }
}
