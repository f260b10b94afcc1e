//! Keys: what the provider signs with (ES256, and RS256 for those who know no
//! other), and what our own clients authenticate with. Sealed at rest, each
//! under its own id.

use std::sync::{Arc, Mutex, PoisonError};

use base::Timestamp;
use seal::jose::{Jwk, KeySet};
use seal::{Algorithm, SealError, Signer, SigningKey};
use serde_json::Value;
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::model::{KeyId, Refusal};
use crate::sql;

const COLUMN: &str = "identity_key.secret";
/// The purpose of the provider's own keys.
const PROVIDER: &str = "provider";
/// How long a process uses the keys that it read, seconds.
const REMEMBERED_SECONDS: i64 = 60;

/// The provider's keys, as one process holds them.
pub(crate) struct ProviderKeys {
    /// Signs ID tokens.
    pub(crate) es256: Arc<SigningKey>,
    /// What `jwks_uri` serves.
    pub(crate) jwks: Value,
}

/// Keys that are read once a minute.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<Option<(Timestamp, Arc<ProviderKeys>)>>);

impl KeyCache {
    /// The provider's keys; the first call ever makes them.
    pub(crate) async fn get(&self, ctx: &Ctx) -> Result<Arc<ProviderKeys>, Refusal> {
        let now = ctx.now();
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, keys)) = remembered
            && now.seconds_since(at) < REMEMBERED_SECONDS
        {
            return Ok(keys);
        }
        let signing = ensure(ctx, PROVIDER, &[Algorithm::P256, Algorithm::Rsa]).await?;
        let newest = signing.iter().rev().find(|key| key.algorithm() == Algorithm::P256).cloned();
        let es256 = newest.ok_or_else(|| Error::Corrupt("there is no ES256 key".to_owned()))?;
        let jwks = KeySet::new(signing.iter().map(|key| Jwk::new(key.public().clone())).collect()).to_json();
        let keys = Arc::new(ProviderKeys { es256, jwks });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }
}

/// The ES256 key with which a client of ours authenticates; made once.
pub(crate) async fn client_key(ctx: &Ctx, client: &str) -> Result<Arc<SigningKey>, Refusal> {
    let keys = ensure(ctx, &format!("client:{client}"), &[Algorithm::P256]).await?;
    keys.into_iter().next_back().ok_or_else(|| Error::Corrupt(format!("there is no key of {client}")).into())
}

async fn ensure(ctx: &Ctx, purpose: &str, algorithms: &[Algorithm]) -> Result<Vec<Arc<SigningKey>>, Refusal> {
    let there = load(ctx, purpose).await?;
    if !there.is_empty() {
        return Ok(there);
    }
    let entropy = Arc::clone(&ctx.entropy);
    let wanted = algorithms.to_vec();
    // An RSA key takes a core for a while.
    let made = tokio::task::spawn_blocking(move || {
        let made = wanted.iter().map(|&algorithm| {
            let key = SigningKey::generate(algorithm, &*entropy)?;
            Ok((name(algorithm), key.to_pkcs8()?))
        });
        made.collect::<Result<Vec<_>, SealError>>()
    });
    let made = made.await.map_err(|error| Error::Panicked(error.to_string()))??;
    let kept = purpose.to_owned();
    // Of two processes that start at once, one makes the keys.
    let key = Key::new("identity.first_keys", purpose);
    ctx.write(key, move |tx| made.iter().try_for_each(|(algorithm, pkcs8)| keep(tx, &kept, algorithm, pkcs8))).await?;
    Ok(load(ctx, purpose).await?)
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::P256 => "ES256",
        Algorithm::Ed25519 => "EdDSA",
        Algorithm::Rsa => "RS256",
    }
}

fn keep(tx: &mut Tx<'_>, purpose: &str, algorithm: &str, pkcs8: &[u8]) -> Result<(), Error> {
    let (id, now): (KeyId, _) = (tx.mint(), tx.now());
    let sealed = tx.seal(id, COLUMN, pkcs8)?;
    tx.execute_one(&sql::INSERT_KEY, &params![id, purpose, algorithm, sealed, now])
}

async fn load(ctx: &Ctx, purpose: &str) -> Result<Vec<Arc<SigningKey>>, Error> {
    let purpose = purpose.to_owned();
    ctx.read(move |read| load_in(read, &purpose)).await
}

fn load_in(read: &mut Read<'_>, purpose: &str) -> Result<Vec<Arc<SigningKey>>, Error> {
    let rows = read.rows(&sql::KEYS, &params![purpose])?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let pkcs8 = read.open(row.get::<KeyId>(0)?, COLUMN, &row.get::<Vec<u8>>(2)?)?;
        let key = SigningKey::from_pkcs8(&pkcs8).map_err(|error| Error::Corrupt(error.to_string()))?;
        keys.push(Arc::new(key));
    }
    Ok(keys)
}
