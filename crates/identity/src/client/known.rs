//! Clients that this process has read already, with their keys as they are
//! verified with. What is remembered is confirmed by its version in the commit
//! that takes what the client brought (`take_in`), so one that another process
//! changed, or an officer suspended, is never served as it was.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use seal::jose::KeySet;
use store::{Ctx, Error, Read, params};

use super::read_client;
use crate::model::Client;
use crate::sql;

/// Clients that a process remembers.
const MOST: usize = 1_024;

/// A client as it was read.
pub(crate) struct Known {
    client: Client,
    /// Its public keys; none when what is registered cannot be read.
    pub(super) keys: Option<KeySet>,
    /// Counts its changes.
    version: i64,
}

impl Deref for Known {
    type Target = Client;
    fn deref(&self) -> &Client {
        &self.client
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Clients(Mutex<HashMap<String, Arc<Known>>>);

impl Clients {
    fn remembered(&self, id: &str) -> Option<Arc<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// A client that may be used, as it was when it was last read.
    pub(crate) async fn find(&self, ctx: &Ctx, id: &str) -> Result<Option<Arc<Known>>, Error> {
        if let Some(known) = self.remembered(id) {
            return Ok(Some(known));
        }
        let named = id.to_owned();
        let read = ctx.read(move |read| match read.row(&sql::CLIENT, &params![named])? {
            Some(row) => Ok::<_, Error>(Some((read_client(&row, &named)?, row.get(9)?))),
            None => Ok(None),
        });
        let Some((client, version)) = read.await? else { return Ok(None) };
        let keys = KeySet::from_json(&client.jwks).ok();
        let known = Arc::new(Known { client, keys, version });
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(id.to_owned(), Arc::clone(&known));
        Ok(Some(known))
    }

    /// Whether what is remembered of a client holds no more; then it is forgotten.
    pub(crate) async fn is_old(&self, ctx: &Ctx, id: &str) -> Result<bool, Error> {
        let Some(known) = self.remembered(id) else { return Ok(false) };
        let named = id.to_owned();
        let version = ctx.read(move |read| version(read, &named)).await?;
        let old = version != Some(known.version);
        if old {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        }
        Ok(old)
    }
}

/// The version of a client that may be used.
fn version(read: &mut Read<'_>, id: &str) -> Result<Option<i64>, Error> {
    read.row(&sql::CLIENT_VERSION, &params![id])?.map(|row| row.get(0)).transpose()
}

/// Whether a client still is what it was.
pub(super) fn holds(read: &mut Read<'_>, known: &Known) -> Result<bool, Error> {
    Ok(version(read, &known.id)? == Some(known.version))
}
