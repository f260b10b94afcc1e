//! Relying parties: who they are, and whether it is they who call.

mod known;

use std::sync::Arc;

use audit::Leaf;
use base::Timestamp;
use openid::Binding;
use openid::credential::{self, Credential, Once, Used};
use openid::oauth::OauthError;
use seal::jose::thumbprint;
use serde_json::{Value, json};
use store::{Ctx, Error, Key, Read, Row, Tx, params};

pub(crate) use known::{Clients, Known};

use crate::lock::reason_of;
use crate::model::{CLIENT, Client, Holders, Refusal, step};
use crate::sql;

/// Registers a client, or changes it.
///
/// # Errors
/// The store's.
pub fn register_in(tx: &mut Tx<'_>, client: &Client) -> Result<(), Error> {
    let list = |values: &[String]| Value::from(values.to_vec()).to_string();
    let now = tx.now();
    let policy = serde_json::to_string(&client.policy).map_err(|error| Error::Corrupt(error.to_string()))?;
    tx.execute_one(
        &sql::INSERT_CLIENT,
        &params![
            client.id,
            list(&client.names),
            client.holders.as_str(),
            client.first_party,
            client.sector,
            list(&client.redirects),
            list(&client.farewells),
            client.jwks.to_string(),
            policy,
            client.secret,
            now
        ],
    )?;
    client
        .keys()
        .iter()
        .try_for_each(|key| tx.execute(&sql::KEEP_CLIENT_KEY, &params![client.id, thumbprint(&key.key), now]).map(drop))
}

/// A client that may be used.
///
/// # Errors
/// The store's.
pub fn client(read: &mut Read<'_>, id: &str) -> Result<Option<Client>, Error> {
    read.row(&sql::CLIENT, &params![id])?.map(|row| read_client(&row, id)).transpose()
}

/// A client as officers see it: used or not.
pub(crate) struct Kept {
    pub(crate) client: Client,
    /// `open` or `suspended`.
    pub(crate) stage: String,
    /// When it was last changed.
    pub(crate) changed_at: Timestamp,
}

pub(crate) fn kept(read: &mut Read<'_>, id: &str) -> Result<Option<Kept>, Error> {
    let Some(row) = read.row(&sql::ANY_CLIENT, &params![id])? else { return Ok(None) };
    Ok(Some(Kept { client: read_client(&row, id)?, stage: row.get(9)?, changed_at: row.get(10)? }))
}

fn read_client(row: &Row, id: &str) -> Result<Client, Error> {
    let corrupt = || Error::Corrupt(format!("client {id}"));
    let list = |column: usize| -> Result<Vec<String>, Error> {
        serde_json::from_str(&row.get::<String>(column)?).map_err(|_| corrupt())
    };
    Ok(Client {
        id: id.to_owned(),
        names: list(0)?,
        holders: Holders::parse(&row.get::<String>(1)?).ok_or_else(corrupt)?,
        first_party: row.get(2)?,
        sector: row.get(3)?,
        redirects: list(4)?,
        farewells: list(5)?,
        jwks: serde_json::from_str(&row.get::<String>(6)?).map_err(|_| corrupt())?,
        policy: serde_json::from_str(&row.get::<String>(7)?).map_err(|_| corrupt())?,
        secret: row.get(8)?,
    })
}

/// Ends what a client may do, at once: it is not known any more until another
/// officer agrees that it is again.
pub(crate) async fn suspend(ctx: &Ctx, key: Key, id: &str, reason: &str) -> Result<(), Refusal> {
    let (id, reason) = (id.to_owned(), reason_of(reason)?);
    ctx.write(key, move |tx| {
        let there = kept(tx, &id)?.ok_or(Refusal::Gone)?;
        if there.client.first_party {
            return Err(Refusal::OwnClient);
        }
        let (stage, now) = (step(&CLIENT, &there.stage, "suspended")?, tx.now());
        tx.execute_one(&sql::SET_CLIENT_STAGE, &params![stage, now, id, there.stage])?;
        let leaf = Leaf::new("identity.client_suspended", format!("client:{id}"));
        audit::record_in(tx, &leaf.with(json!({ "reason": reason })))?;
        Ok(())
    })
    .await
}

/// A suspended client is known again: the end of a proposal.
pub(crate) fn resume_in(tx: &mut Tx<'_>, id: &str) -> Result<(), Refusal> {
    let there = kept(tx, id)?.ok_or(Refusal::Gone)?;
    let (stage, now) = (step(&CLIENT, &there.stage, "resumed")?, tx.now());
    tx.execute_one(&sql::SET_CLIENT_STAGE, &params![stage, now, id, there.stage])?;
    audit::record_in(tx, &Leaf::new("identity.client_resumed", format!("client:{id}")))?;
    Ok(())
}

/// A client that has shown who it is. What it brought still has to be taken, once.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(crate) client: Arc<Known>,
    /// What tokens are to be bound to.
    pub(crate) binding: Option<Binding>,
    pub(crate) once: Vec<Once>,
}

/// Verifies who calls. `names` are this provider's issuer and the further names
/// under which clients of the older presets address it.
pub(crate) fn verify(
    client: Option<Arc<Known>>,
    credential: &Credential,
    names: &[String; 3],
    now: Timestamp,
) -> Result<Proven, OauthError> {
    let client = client.ok_or_else(credential::unknown)?;
    let once = credential.verify(&client, client.keys.as_ref(), names, now)?;
    Ok(Proven { client, binding: None, once: once.into_iter().collect() })
}

/// Takes what a call brought in the caller's commit, and names what came before.
/// Here the client is confirmed that was remembered: before anything is written.
pub(crate) fn take_in(tx: &mut Tx<'_>, proven: &Proven) -> Result<Option<Used>, Refusal> {
    if !known::holds(tx, &proven.client)? {
        return Ok(Some(Used::Client));
    }
    for once in &proven.once {
        if tx.execute(&sql::TAKE_ASSERTION, &params![once.hash, once.ends_at])? != 1 {
            return Ok(Some(once.what));
        }
    }
    Ok(None)
}
