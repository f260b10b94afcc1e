//! Somebody asks to come back by contacts. Known or not, with contacts or not:
//! the same row, the same answer.

use openid::secret;
use std::net::IpAddr;

use audit::Leaf;
use base::{AccountId, IdNumber};
use serde_json::json;
use store::{Ctx, Key, Read, Tx, params};
use web::throttle;

use super::{ASK_SECONDS, NEEDED, cancel_code, cancel_hash, kept, warn_in};
use crate::contact::{notice_in, said};
use crate::messages::Messages;
use crate::model::{Account, ContactId, Refusal, VOUCHING, VouchingId};
use crate::person::{self, account_of_number, display_name};
use crate::sign_in::{allowed, count_try};
use crate::{Identity, sql};

/// Ways that may be begun for one ID number, a day: each rings its contacts.
const BEGUN: u32 = 3;

/// What was begun, and what the browser keeps.
pub(crate) struct Begun {
    pub(crate) id: VouchingId,
    pub(crate) kept: String,
}

/// Begins.
pub(crate) async fn begin(
    ctx: &Ctx,
    identity: &std::sync::Arc<Identity>,
    key: Key,
    number: &IdNumber,
    address: IpAddr,
) -> Result<Begun, Refusal> {
    count_try(ctx, identity, number.as_str(), address).await?;
    allowed(throttle::hit(ctx, "identity.vouching", number.as_str(), BEGUN, 24 * 3_600).await?)?;
    let (number, identity) = (number.clone(), std::sync::Arc::clone(identity));
    let id = ctx
        .write(key, move |tx| {
            let (id, now): (VouchingId, _) = (tx.mint(), tx.now());
            let account = account_of_number(tx, &number)?.filter(|there| there.stage == "open");
            let contacts = account.as_ref().map(|there| accepted(tx, there.id)).transpose()?.unwrap_or_default();
            let account = account.filter(|_| contacts.len() >= NEEDED);
            let browser =
                secret::text(&secret::of(|domain, value| tx.blind(domain, value), "vouching", &id.to_string()));
            let browser = seal::digest::sha256(browser.as_bytes());
            let cancel = cancel_hash(tx, &cancel_code(tx, id));
            let (whose, until) = (account.as_ref().map(|there| there.id), now.plus_seconds(ASK_SECONDS));
            tx.execute_one(&sql::INSERT_VOUCHING, &params![id, whose, browser, cancel, VOUCHING.start, now, until])?;
            match &account {
                Some(account) => ring_in(tx, &identity, id, account, &contacts)?,
                None => {
                    audit::record_in(tx, &Leaf::new("identity.recovery_failed", "account:unknown".to_owned()))?;
                }
            }
            Ok::<_, Refusal>(id)
        })
        .await?;
    Ok(Begun { id, kept: kept(ctx, id) })
}

/// Who accepted, and can still be reached.
fn accepted(read: &mut Read<'_>, account: AccountId) -> Result<Vec<(ContactId, AccountId)>, store::Error> {
    let rows = read.rows(&sql::ACCEPTED_CONTACTS, &params![account])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Tells the contacts, and the owner.
fn ring_in(
    tx: &mut Tx<'_>,
    identity: &Identity,
    id: VouchingId,
    account: &Account,
    contacts: &[(ContactId, AccountId)],
) -> Result<(), Refusal> {
    let name = display_name(tx, account.person)?;
    for (_, contact) in contacts {
        let Some(contact) = person::account(tx, *contact)? else { continue };
        notice_in(tx, contact.person, "identity.vouching_asked", &id, &|m, locale| {
            let name = said(m, locale, name.as_ref());
            [m.vouching_asked_title(name), m.vouching_asked_next().to_owned()]
        })?;
    }
    let leaf = Leaf::new("identity.recovery_begun", format!("account:{}", account.id)).about(account.person);
    audit::record_in(tx, &leaf.with(json!({ "proof": "contacts" })))?;
    let words = [Messages::vouching_begun_title, Messages::vouching_begun_next];
    Ok(warn_in(tx, identity, account.person, id, words)?)
}
