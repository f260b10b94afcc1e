//! What a counter prints for somebody who owns no SIM, or forgot the password: a
//! recovery sheet, and a code with which a password is set at home. The codes
//! are on the print alone.

use audit::Leaf;
use base::{AccountId, Locale, PersonName};
use seal::digest::hex;
use store::{Ctx, Key, Tx};

use super::{Desk, own};
use crate::factors::{ADDED, changed_in};
use crate::messages::Messages;
use crate::model::{ComparisonId, Refusal};
use crate::person;
use crate::security::{Owner, tell_in};
use crate::{Identity, opening_code, sheet};

/// What is to be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) code: bool,
    pub(crate) sheet: bool,
}

/// A print: the same again when the form is sent again, as after a paper jam.
pub(crate) struct Printed {
    pub(crate) name: PersonName,
    /// The code that sets a password.
    pub(crate) code: Option<String>,
    /// The codes of the sheet, or none.
    pub(crate) sheet: Vec<String>,
}

/// Makes the codes of a print.
pub(crate) async fn print(
    ctx: &Ctx,
    identity: &Identity,
    key: Key,
    id: ComparisonId,
    wanted: Wanted,
) -> Result<Printed, Refusal> {
    let (desk, now) = (Desk::of(ctx, identity)?, ctx.now());
    let at = desk.clone();
    let there = ctx.read(move |read| own(read, id, &at, now)).await?;
    let account = there.account.filter(|_| there.stage == "same").ok_or(Refusal::Gone)?;
    let made = hex(&ctx.random::<16>());
    let (print, code, codes) =
        (made.clone(), opening_code::code(ctx, account, &made), sheet::codes(ctx, account, &made));
    let (print, wanted) = ctx
        .write(key, move |tx| {
            let now = tx.now();
            own(tx, id, &desk, now)?;
            let owner = owner(tx, account)?;
            if wanted.sheet {
                sheet::make_in(tx, owner, &codes)?;
                changed_in(tx, owner, ADDED, "sheet", Locale::AR)?;
            }
            if wanted.code {
                opening_code::keep_in(tx, account, &code)?;
                audit::record_in(tx, &Leaf::new("identity.opening_code_printed", owner.holder()).about(owner.person))?;
                let words = [Messages::code_printed_title, Messages::code_printed_next];
                tell_in(tx, owner, "identity.opening_code_printed", Locale::AR, words)?;
            }
            Ok::<_, Refusal>((print.clone(), (wanted.code, wanted.sheet)))
        })
        .await
        .map(|(print, (code, sheet))| (print, Wanted { code, sheet }))?;
    Ok(Printed {
        name: there.data.facts()?.name,
        code: wanted.code.then(|| opening_code::code(ctx, account, &print)),
        sheet: if wanted.sheet { sheet::codes(ctx, account, &print) } else { Vec::new() },
    })
}

fn owner(tx: &mut Tx<'_>, account: AccountId) -> Result<Owner, Refusal> {
    let there = person::account(tx, account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)?;
    Ok(Owner { account, person: there.person })
}
