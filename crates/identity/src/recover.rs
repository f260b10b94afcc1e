//! Back into an account whose password is forgotten: a code of the sheet, of
//! the app or of a counter, then a code to the registered telephone, then
//! another password. Never by SMS alone; without a telephone only the code of a
//! counter is enough, since an officer saw the person. Who has a passkey signs
//! in with it and changes the password there; who has none of these goes to an
//! office.

use std::net::IpAddr;

use audit::Leaf;
use base::{AccountId, IdNumber, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};
use web::throttle;

use crate::code::{self, Target, Tried, Way};
use crate::messages::Messages;
use crate::model::{Account, FactorChanged, RECOVERY, RecoveryId, Refusal, step};
use crate::password::{CHARS_ALONE, CHARS_WITH_SECOND_FACTOR};
use crate::person::{self, account_of_number, set_password_in};
use crate::security::{Owner, end_rest, end_some_in, own_words, tell_in};
use crate::sign_in::{about, count_code, count_try};
use crate::{Identity, authenticator, factors, opening_code, sheet, sql};

/// How long one may take, seconds.
const SECONDS: i64 = 3_600;
/// How long nothing is taken away from the account afterwards, seconds.
pub(crate) const WAIT_SECONDS: i64 = 24 * 3_600;

/// How the first step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begun {
    /// Number and code do not belong together.
    Wrong,
    /// They do, but no telephone is bound: an office helps. The code was not used.
    Alone,
    /// A code is on its way.
    Sent(RecoveryId),
    /// Nothing more is asked: the password is next.
    Proven(RecoveryId),
}

/// The proof of who came by contacts.
const VOUCHED: &str = "contacts";

/// Which code was shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    App,
    Sheet,
    Counter,
}

impl Proof {
    const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Sheet => "sheet",
            Self::Counter => "counter",
        }
    }
}

/// A way back that is under way.
#[derive(Debug, Clone)]
pub(crate) struct Recovery {
    pub(crate) id: RecoveryId,
    pub(crate) account: AccountId,
    pub(crate) stage: String,
    proof: String,
}

/// Who stands before the page.
#[derive(Debug, Clone)]
pub(crate) struct Stranger {
    /// The hash of the browser.
    pub(crate) browser: [u8; 32],
    pub(crate) address: IpAddr,
    /// The portal's host, for the line that binds a code to it.
    pub(crate) host: String,
}

fn load(read: &mut Read<'_>, id: RecoveryId, browser: &[u8; 32], now: Timestamp) -> Result<Recovery, Refusal> {
    let row = read.row(&sql::RECOVERY, &params![id])?.ok_or(Refusal::Gone)?;
    let (kept, stage, ends_at): (Vec<u8>, String, Timestamp) = (row.get(1)?, row.get(2)?, row.get(4)?);
    if kept != browser || ends_at <= now || stage == "done" {
        return Err(Refusal::Gone);
    }
    Ok(Recovery { id, account: row.get(0)?, stage, proof: row.get(3)? })
}

/// A way back that this browser began and that is not over.
pub(crate) async fn of(ctx: &Ctx, id: RecoveryId, browser: [u8; 32]) -> Result<Recovery, Refusal> {
    let now = ctx.now();
    ctx.read(move |read| load(read, id, &browser, now)).await
}

/// First step: the ID number and a code of the sheet or of the app. Unknown,
/// wrong and locked hear the same.
pub(crate) async fn begin(
    ctx: &Ctx,
    identity: &Identity,
    who: &Stranger,
    number: &IdNumber,
    typed: &str,
) -> Result<Begun, Refusal> {
    count_try(ctx, identity, number.as_str(), who.address).await?;
    let asked = number.clone();
    let counted = ctx.read(move |read| Ok::<_, Error>(person::index_of(read, &asked))).await?;
    count_code(ctx, identity, &counted).await?;
    let (number, typed, browser) = (number.clone(), typed.to_owned(), who.browser);
    let begun = ctx
        .write(Key::once(ctx), move |tx| {
            let account = account_of_number(tx, &number)?.filter(|there| there.stage == "open");
            let Some(account) = account else {
                audit::record_in(tx, &Leaf::new("identity.recovery_failed", "account:unknown".to_owned()))?;
                return Ok::<_, Refusal>(Begun::Wrong);
            };
            let (proof, right) = take_in(tx, &account, &typed)?;
            if !right {
                let leaf = Leaf::new("identity.recovery_failed", format!("account:{}", account.id));
                audit::record_in(tx, &leaf.about(account.person).with(json!({ "factor": proof.as_str() })))?;
                return Ok(Begun::Wrong);
            }
            let (id, now): (RecoveryId, _) = (tx.mint(), tx.now());
            let (stage, begun) = match (&account.phone, proof) {
                (Some(_), _) => (RECOVERY.start, Begun::Sent(id)),
                (None, Proof::Counter) => (step(&RECOVERY, RECOVERY.start, "code of a counter")?, Begun::Proven(id)),
                // Refused, so that the code is not used up.
                (None, Proof::App | Proof::Sheet) => return Err(Refusal::Alone),
            };
            let until = now.plus_seconds(SECONDS);
            tx.execute_one(
                &sql::INSERT_RECOVERY,
                &params![id, account.id, browser, stage, proof.as_str(), now, until],
            )?;
            let leaf = Leaf::new("identity.recovery_begun", format!("account:{}", account.id));
            audit::record_in(tx, &leaf.about(account.person).with(json!({ "proof": proof.as_str() })))?;
            Ok(begun)
        })
        .await;
    let begun = match begun {
        Err(Refusal::Alone) => Begun::Alone,
        other => other?,
    };
    if matches!(begun, Begun::Sent(_) | Begun::Proven(_)) {
        throttle::clear(ctx, "identity.code", &seal::digest::hex(&counted)).await?;
    }
    if let Begun::Sent(id) = begun {
        match send(ctx, identity, who, id, Way::Sms).await {
            // A code can be asked for on the next page.
            Ok(()) | Err(Refusal::Wait(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(begun)
}

/// Takes what was typed: six digits are the app's, the rest is printed.
fn take_in(tx: &mut Tx<'_>, account: &Account, typed: &str) -> Result<(Proof, bool), Error> {
    if let Some(digits) = base::digits::only_digits(typed).filter(|digits| digits.len() == 6) {
        return Ok((Proof::App, authenticator::take_in(tx, account.id, account.person, &digits)?));
    }
    if opening_code::take_in(tx, account.id, typed)? {
        return Ok((Proof::Counter, true));
    }
    Ok((Proof::Sheet, sheet::take_in(tx, account.id, typed)?))
}

/// Two contacts vouched and the wait is over: the password is next.
pub(crate) fn begin_vouched_in(tx: &mut Tx<'_>, account: AccountId, browser: [u8; 32]) -> Result<RecoveryId, Refusal> {
    let (id, now): (RecoveryId, _) = (tx.mint(), tx.now());
    let (stage, until) = (step(&RECOVERY, RECOVERY.start, "vouched for")?, now.plus_seconds(SECONDS));
    tx.execute_one(&sql::INSERT_RECOVERY, &params![id, account, browser, stage, VOUCHED, now, until])?;
    Ok(id)
}

/// The open account that a way back leads to.
fn account_in(read: &mut Read<'_>, recovery: &Recovery) -> Result<Account, Refusal> {
    person::account(read, recovery.account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)
}

/// Sends a code to the bound telephone, this way.
pub(crate) async fn send(
    ctx: &Ctx,
    identity: &Identity,
    who: &Stranger,
    id: RecoveryId,
    way: Way,
) -> Result<(), Refusal> {
    let (browser, now) = (who.browser, ctx.now());
    let account = ctx
        .read(move |read| {
            let recovery = load(read, id, &browser, now)?;
            account_in(read, &recovery)
        })
        .await?;
    let (person, phone) = (account.person, account.phone.ok_or(Refusal::Gone)?);
    let target = Target { deal: id.to_string(), phone, host: who.host.clone(), way };
    code::send(ctx, identity, target, ("", "recovery"), move |tx| Ok((person, about(tx, person)?))).await
}

/// Second step: the code that was sent.
pub(crate) async fn code(
    ctx: &Ctx,
    identity: &Identity,
    who: &Stranger,
    id: RecoveryId,
    typed: &str,
) -> Result<Tried, Refusal> {
    let (browser, now) = (who.browser, ctx.now());
    let about = ctx
        .read(move |read| {
            let recovery = load(read, id, &browser, now)?;
            let account = account_in(read, &recovery)?;
            about(read, account.person)
        })
        .await?;
    code::attempt(ctx, identity, (id.to_string(), about), typed, move |tx, tried| {
        let now = tx.now();
        let recovery = load(tx, id, &browser, now)?;
        let account = account_in(tx, &recovery)?;
        if tried == Tried::Right {
            let stage = step(&RECOVERY, &recovery.stage, "code right")?;
            let until = now.plus_seconds(SECONDS);
            tx.execute_one(&sql::SET_RECOVERY, &params![stage, until, id, recovery.stage])?;
        } else {
            let way = code::way_of(tx, &id.to_string())?;
            let leaf = Leaf::new("identity.recovery_failed", format!("account:{}", account.id));
            audit::record_in(tx, &leaf.about(account.person).with(json!({ "factor": way.method().as_str() })))?;
        }
        Ok(())
    })
    .await
}

/// What the new password must be: as when changing it.
pub(crate) async fn password_rules(ctx: &Ctx, recovery: &Recovery) -> Result<(usize, Vec<String>), Refusal> {
    let recovery = recovery.clone();
    ctx.read(move |read| {
        let account = account_in(read, &recovery)?;
        let words = own_words(read, account.person, account.phone.as_ref())?;
        let alone = factors::ways(read, &account)?.is_empty();
        Ok((if alone { CHARS_ALONE } else { CHARS_WITH_SECOND_FACTOR }, words))
    })
    .await
}

/// Third step: another password, its fitness checked. Every session ends, and
/// the person is told on every channel.
pub(crate) async fn password(
    ctx: &Ctx,
    identity: &Identity,
    browser: [u8; 32],
    id: RecoveryId,
    next: &str,
) -> Result<(), Refusal> {
    let hash = identity.hasher.hash(next, ctx.random()).await?;
    let locale = ctx.locale;
    let (owner, ended) = ctx
        .write(Key::once(ctx), move |tx| {
            let now = tx.now();
            let recovery = load(tx, id, &browser, now)?;
            let account = account_in(tx, &recovery)?;
            let stage = step(&RECOVERY, &recovery.stage, "password")?;
            tx.execute_one(&sql::SET_RECOVERY, &params![stage, now.plus_seconds(WAIT_SECONDS), id, recovery.stage])?;
            let owner = Owner { account: account.id, person: account.person };
            set_password_in(tx, owner.account, owner.person, &hash)?;
            let ended = end_some_in(tx, owner, None)?;
            let leaf = Leaf::new("identity.recovered", owner.holder()).about(owner.person);
            let way = code::way_of(tx, &id.to_string())?.method().as_str();
            let told = (account.phone.is_some() && recovery.proof != VOUCHED).then(|| way.to_owned());
            let proofs: Vec<String> = std::iter::once(recovery.proof).chain(told).collect();
            audit::record_in(tx, &leaf.with(json!({ "proofs": proofs })))?;
            let factor = "password".to_owned();
            tx.emit(&FactorChanged { account: owner.account, person: owner.person, factor })?;
            tell_in(tx, owner, "identity.recovered", locale, [Messages::recovered_title, Messages::recovered_next])?;
            Ok::<_, Refusal>((owner.account, owner.person, ended))
        })
        .await
        .map(|(account, person, ended)| (Owner { account, person }, ended))?;
    end_rest(ctx, owner, None, ended).await
}
