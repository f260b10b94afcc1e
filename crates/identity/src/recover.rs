//! Back into an account whose password is forgotten: a code of the sheet or of
//! the app, then a code to the registered telephone, then another password.
//! Never by SMS alone. Who has a passkey signs in with it and changes the
//! password there; who has none of these goes to an office.

use std::net::IpAddr;

use audit::Leaf;
use base::{AccountId, IdNumber, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, params};
use web::throttle;

use crate::code::{self, Sending, Tried, send_in};
use crate::factors::By;
use crate::messages::Messages;
use crate::model::{Account, FactorChanged, RECOVERY, RecoveryId, Refusal, step};
use crate::password::CHARS_WITH_SECOND_FACTOR;
use crate::person::{self, account_of_number, set_password_in};
use crate::security::{Owner, end_rest, end_some_in, own_words, tell_in};
use crate::sign_in::{about, count_code, count_sms, count_try};
use crate::{Identity, authenticator, sheet, sql};

/// How long one may take, seconds.
const SECONDS: i64 = 3_600;
/// How long nothing is taken away from the account afterwards, seconds.
pub(crate) const WAIT_SECONDS: i64 = 24 * 3_600;

/// How the first step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Begun {
    /// Number and code do not belong together.
    Wrong,
    /// They do, but no telephone is bound: an office helps.
    Alone,
    /// A code is on its way.
    Sent(RecoveryId),
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
            let digits = base::digits::only_digits(&typed).filter(|digits| digits.len() == 6);
            let (by, right) = match digits {
                Some(digits) => (By::App, authenticator::take_in(tx, account.id, account.person, &digits)?),
                None => (By::Sheet, sheet::take_in(tx, account.id, &typed)?),
            };
            if !right {
                let leaf = Leaf::new("identity.recovery_failed", format!("account:{}", account.id));
                audit::record_in(tx, &leaf.about(account.person).with(json!({ "factor": by.as_str() })))?;
                return Ok(Begun::Wrong);
            }
            if account.phone.is_none() {
                return Ok(Begun::Alone);
            }
            let (id, now): (RecoveryId, _) = (tx.mint(), tx.now());
            let until = now.plus_seconds(SECONDS);
            tx.execute_one(
                &sql::INSERT_RECOVERY,
                &params![id, account.id, browser, RECOVERY.start, by.as_str(), now, until],
            )?;
            let leaf = Leaf::new("identity.recovery_begun", format!("account:{}", account.id));
            audit::record_in(tx, &leaf.about(account.person).with(json!({ "proof": by.as_str() })))?;
            Ok(Begun::Sent(id))
        })
        .await?;
    if let Begun::Sent(id) = begun {
        throttle::clear(ctx, "identity.code", &seal::digest::hex(&counted)).await?;
        match send(ctx, identity, who, id).await {
            // A code can be asked for on the next page.
            Ok(()) | Err(Refusal::Wait(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(begun)
}

/// The open account that a way back leads to.
fn account_in(read: &mut Read<'_>, recovery: &Recovery) -> Result<Account, Refusal> {
    person::account(read, recovery.account)?.filter(|there| there.stage == "open").ok_or(Refusal::Gone)
}

/// Sends a code to the bound telephone.
pub(crate) async fn send(ctx: &Ctx, identity: &Identity, who: &Stranger, id: RecoveryId) -> Result<(), Refusal> {
    let (browser, now) = (who.browser, ctx.now());
    let account = ctx
        .read(move |read| {
            let recovery = load(read, id, &browser, now)?;
            account_in(read, &recovery)
        })
        .await?;
    let phone = account.phone.ok_or(Refusal::Gone)?;
    count_sms(ctx, identity, phone.as_str()).await?;
    let (host, locale, person) = (who.host.clone(), ctx.locale, account.person);
    ctx.write(Key::once(ctx), move |tx| {
        let about = about(tx, person)?;
        let sending = Sending { deal: id.to_string(), about, person, phone: &phone, host: &host, locale };
        Ok(send_in(tx, &sending)?)
    })
    .await
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
    let counted = ctx
        .read(move |read| {
            let recovery = load(read, id, &browser, now)?;
            let account = account_in(read, &recovery)?;
            about(read, account.person)
        })
        .await?;
    count_code(ctx, identity, &counted).await?;
    let (typed, proven) = (base::digits::only_digits(typed).unwrap_or_default(), counted.clone());
    let tried = ctx
        .write(Key::once(ctx), move |tx| {
            let now = tx.now();
            let recovery = load(tx, id, &browser, now)?;
            let account = account_in(tx, &recovery)?;
            let tried = code::try_in(tx, &id.to_string(), &proven, &typed)?;
            if tried == Tried::Right {
                let stage = step(&RECOVERY, &recovery.stage, "code right")?;
                let until = now.plus_seconds(SECONDS);
                tx.execute_one(&sql::SET_RECOVERY, &params![stage, until, id, recovery.stage])?;
            } else {
                let leaf = Leaf::new("identity.recovery_failed", format!("account:{}", account.id));
                audit::record_in(tx, &leaf.about(account.person).with(json!({ "factor": "sms" })))?;
            }
            Ok::<_, Refusal>(tried)
        })
        .await?;
    if tried == Tried::Right {
        throttle::clear(ctx, "identity.code", &seal::digest::hex(&counted)).await?;
    }
    Ok(tried)
}

/// What the new password must be: as when changing it.
pub(crate) async fn password_rules(ctx: &Ctx, recovery: &Recovery) -> Result<(usize, Vec<String>), Refusal> {
    let recovery = recovery.clone();
    ctx.read(move |read| {
        let account = account_in(read, &recovery)?;
        let words = own_words(read, account.person, account.phone.as_ref())?;
        Ok((CHARS_WITH_SECOND_FACTOR, words))
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
            audit::record_in(tx, &leaf.with(json!({ "proofs": [recovery.proof, "sms".to_owned()] })))?;
            let factor = "password".to_owned();
            tx.emit(&FactorChanged { account: owner.account, person: owner.person, factor })?;
            tell_in(tx, owner, "identity.recovered", locale, [Messages::recovered_title, Messages::recovered_next])?;
            Ok::<_, Refusal>((owner.account, owner.person, ended))
        })
        .await
        .map(|(account, person, ended)| (Owner { account, person }, ended))?;
    end_rest(ctx, owner, None, ended).await
}
