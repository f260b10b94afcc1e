//! What somebody allowed a client of another house to be told. Our own clients
//! are told without asking: they are this portal.

use audit::Leaf;
use base::AccountId;
use openid::request::Asked;
use serde_json::json;
use store::{Error, Read, Tx, params};

use crate::model::Client;
use crate::sql;

/// Scopes that tell something about the person.
pub(crate) fn telling(asked: &Asked) -> Vec<&str> {
    ["profile", "id_number", "company"].into_iter().filter(|scope| asked.has_scope(scope)).collect()
}

/// Whether the person must be asked before this client is answered.
pub(crate) fn is_needed(
    read: &mut Read<'_>,
    client: &Client,
    asked: &Asked,
    account: Option<AccountId>,
) -> Result<bool, Error> {
    let Some(account) = account.filter(|_| !client.first_party) else { return Ok(false) };
    if asked.prompts("consent") || is_asked_for_whom(read, client, asked, account)? {
        return Ok(true);
    }
    let row = read.row(&sql::CONSENT, &params![account, client.id])?;
    let given: Option<String> = row.map(|row| row.get(0)).transpose()?;
    let Some(given) = given else { return Ok(true) };
    let given: Vec<&str> = given.split(' ').collect();
    Ok(telling(asked).iter().any(|scope| !given.contains(scope)))
}

/// Whether the person is asked each time for whom they act: a client that asks
/// for it, and somebody who can.
fn is_asked_for_whom(read: &mut Read<'_>, client: &Client, asked: &Asked, account: AccountId) -> Result<bool, Error> {
    if !asked.has_scope("mandate") {
        return Ok(false);
    }
    let Some(person) = crate::person::account(read, account)?.map(|account| account.person) else { return Ok(false) };
    let there = crate::mandate::received(read, person)?;
    Ok(there.iter().any(|one| one.stage == "accepted" && one.services.is_none()) && !client.first_party)
}

/// Keeps what the person allows.
pub(crate) fn give_in(tx: &mut Tx<'_>, client: &str, asked: &Asked, account: AccountId) -> Result<(), Error> {
    let (scopes, now) = (telling(asked).join(" "), tx.now());
    tx.execute_one(&sql::SET_CONSENT, &params![account, client, scopes, now])?;
    let person = crate::person::account(tx, account)?.map(|account| account.person);
    let mut leaf = Leaf::new("identity.consent_given", format!("account:{account}"));
    leaf.subject = person;
    audit::record_in(tx, &leaf.with(json!({ "client": client, "scopes": scopes })))?;
    Ok(())
}
