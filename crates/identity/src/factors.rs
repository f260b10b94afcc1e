//! What somebody can sign in with beside the password, and when it may be
//! changed: only just after everything that there is was shown, and what could
//! lock the owner out not within a day of a recovery.

use audit::Leaf;
use base::{Locale, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Read, Tx, params};

use crate::holder::Holder;
use crate::messages::Messages;
use crate::model::{Account, FactorChanged, Method, Refusal, SsoId, is_strong};
use crate::passkey::{self, Passkey};
use crate::security::{Owner, tell_in};
use crate::{authenticator, certificate, officer, person, sheet, sql};

/// How long after signing in factors may be changed, seconds (facts, identity §3.4).
pub(crate) const FRESH_SECONDS: i64 = 600;

/// How a second factor is shown after the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum By {
    /// A code of the authenticator app.
    App,
    /// A code by SMS.
    Sms,
    /// A code of the printed sheet.
    Sheet,
}

impl By {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Sms => "sms",
            Self::Sheet => "sheet",
        }
    }
    pub(crate) const fn method(self) -> Method {
        match self {
            Self::App => Method::Otp,
            Self::Sms => Method::Sms,
            Self::Sheet => Method::Sheet,
        }
    }
}

/// What somebody has beside the password; an officer has an app and passkeys alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Factors {
    /// The last two digits of the number that codes go to; nothing without one.
    pub(crate) tail: String,
    pub(crate) app: bool,
    /// Codes of the sheet that were not used.
    pub(crate) sheet: u32,
    pub(crate) sheet_made: Option<Timestamp>,
    pub(crate) passkeys: Vec<Passkey>,
}

pub(crate) fn of(read: &mut Read<'_>, account: &Account) -> Result<Factors, Error> {
    let (sheet, sheet_made) = sheet::left(read, account.id)?;
    let holder = holder(account);
    Ok(Factors {
        tail: account.phone.as_ref().map(|phone| phone.tail().to_owned()).unwrap_or_default(),
        app: authenticator::is_there(read, holder)?,
        sheet,
        sheet_made,
        passkeys: passkey::of(read, holder)?,
    })
}

fn holder(account: &Account) -> Holder {
    Owner { account: account.id, person: account.person }.into()
}

/// The ways to show a second factor after the password, the first best: what
/// costs the state a message and reaches a lost phone comes after the app, and
/// a sheet's codes are few.
pub(crate) fn ways(read: &mut Read<'_>, account: &Account) -> Result<Vec<By>, Error> {
    let mut ways = Vec::new();
    if authenticator::is_there(read, holder(account))? {
        ways.push(By::App);
    }
    if account.phone.is_some() {
        ways.push(By::Sms);
    }
    if sheet::left(read, account.id)?.0 > 0 {
        ways.push(By::Sheet);
    }
    Ok(ways)
}

/// Whether factors may be changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Everything was shown a moment ago.
    pub(crate) fresh: bool,
    /// After a recovery: until then nothing is taken away.
    pub(crate) waits_until: Option<Timestamp>,
}

/// How the session behind a browser stands to its account.
pub(crate) fn standing(
    read: &mut Read<'_>,
    holder: impl Into<Holder>,
    here: Option<SsoId>,
    now: Timestamp,
) -> Result<Standing, Error> {
    let holder = holder.into();
    let waits: Option<Timestamp> = match read.row(&sql::RECOVERED, &params![holder.id()])? {
        Some(row) => row.get(0)?,
        None => None,
    };
    let fresh = match (shown_lately(read, holder, here, now)?, holder) {
        (Some(methods), Holder::Citizen(owner)) => is_strong(&methods) || has_nothing_else(read, owner, now)?,
        (Some(methods), Holder::Officer(_)) => is_strong(&methods),
        (None, _) => false,
    };
    Ok(Standing { fresh, waits_until: waits.filter(|until| *until > now) })
}

/// What was shown for the session behind a browser, if that was a moment ago.
fn shown_lately(
    read: &mut Read<'_>,
    whose: Holder,
    here: Option<SsoId>,
    now: Timestamp,
) -> Result<Option<Vec<Method>>, Error> {
    let row = here.map(|id| read.row(&sql::SESSION, &params![id])).transpose()?.flatten();
    let Some(row) = row else { return Ok(None) };
    let (holder, methods): (String, String) = (row.get(0)?, row.get(2)?);
    let (proven_at, stage): (Timestamp, String) = (row.get(3)?, row.get(4)?);
    let holds = holder == whose.reference() && stage == "live" && now.seconds_since(proven_at) < FRESH_SECONDS;
    Ok(holds.then(|| Method::split(&methods)))
}

/// Whether somebody came in with a passkey a moment ago.
pub(crate) fn is_by_passkey(
    read: &mut Read<'_>,
    owner: Owner,
    here: Option<SsoId>,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(shown_lately(read, owner.into(), here, now)?.is_some_and(|methods| methods.contains(&Method::Passkey)))
}

/// Whether the password is all that there is to show.
fn has_nothing_else(read: &mut Read<'_>, owner: Owner, now: Timestamp) -> Result<bool, Error> {
    let Some(account) = person::account(read, owner.account)? else { return Ok(false) };
    let keys = !passkey::of(read, owner.into())?.is_empty() || certificate::is_there(read, owner.account, now)?;
    Ok(ways(read, &account)?.is_empty() && !keys)
}

/// Refuses a change that comes too late after signing in, or takes something
/// away too early after a recovery.
pub(crate) fn check(
    tx: &mut Tx<'_>,
    holder: impl Into<Holder>,
    here: Option<SsoId>,
    takes_away: bool,
) -> Result<(), Refusal> {
    let now = tx.now();
    let standing = standing(tx, holder, here, now)?;
    let waits = takes_away && standing.waits_until.is_some();
    if standing.fresh && !waits { Ok(()) } else { Err(Refusal::Gone) }
}

/// Refuses what leaves an officer with the password alone: no message stands in
/// for them, and no counter brings them back.
pub(crate) fn check_rest(read: &mut Read<'_>, holder: Holder) -> Result<(), Refusal> {
    let bare = match holder {
        Holder::Citizen(_) => false,
        Holder::Officer(_) => !authenticator::is_there(read, holder)? && passkey::of(read, holder)?.is_empty(),
    };
    if bare { Err(Refusal::LastFactor) } else { Ok(()) }
}

/// Records a change and tells the person on every channel that they have.
pub(crate) fn changed_in(
    tx: &mut Tx<'_>,
    holder: impl Into<Holder>,
    act: &'static str,
    factor: &'static str,
    locale: Locale,
) -> Result<(), Error> {
    let owner = match holder.into() {
        Holder::Citizen(owner) => owner,
        Holder::Officer(id) => return officer::changed_in(tx, id, act, factor, locale),
    };
    let leaf = Leaf::new(act, owner.holder()).about(owner.person);
    audit::record_in(tx, &leaf.with(json!({ "factor": factor })))?;
    tx.emit(&FactorChanged { account: owner.account, person: owner.person, factor: factor.to_owned() })?;
    let title = if act == REMOVED { Messages::factor_removed_title } else { Messages::factor_added_title };
    tell_in(tx, owner, act, locale, [title, Messages::factor_changed_next])
}

/// A factor was added, or replaced.
pub(crate) const ADDED: &str = "identity.factor_added";
/// A factor was taken away.
pub(crate) const REMOVED: &str = "identity.factor_removed";

/// Everything that the page of factors shows.
pub(crate) async fn seen(ctx: &Ctx, holder: Holder, here: Option<SsoId>) -> Result<(Factors, Standing), Refusal> {
    let now = ctx.now();
    ctx.read(move |read| {
        let there = match holder {
            Holder::Citizen(owner) => {
                let account = person::account(read, owner.account)?.ok_or(Refusal::Gone)?;
                of(read, &account)?
            }
            Holder::Officer(_) => {
                let (app, passkeys) = (authenticator::is_there(read, holder)?, passkey::of(read, holder)?);
                Factors { app, passkeys, ..Factors::default() }
            }
        };
        Ok((there, standing(read, holder, here, now)?))
    })
    .await
}
