//! Keys: what the provider signs with (ES256, and RS256 for those who know no
//! other), and what our own clients authenticate with. Sealed at rest, each
//! under its own id. The provider's are replaced by themselves: the next one is
//! published a day before it signs, the former a day longer than it did.

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
/// Its kinds of keys.
const PROVIDER_ALGORITHMS: [Algorithm; 2] = [Algorithm::P256, Algorithm::Rsa];
/// How long a process uses the keys that it read, seconds.
const REMEMBERED_SECONDS: i64 = 60;
/// How long a key signs, seconds.
pub(crate) const SIGNS_SECONDS: i64 = 90 * 86_400;
/// How long a key is published before it signs and after, seconds: caches of
/// clients last minutes, and clocks are wrong by hours.
pub(crate) const PUBLISHED_SECONDS: i64 = 86_400;

/// The provider's keys, as one process holds them.
pub(crate) struct ProviderKeys {
    /// Signs ID tokens and access tokens.
    pub(crate) es256: Arc<SigningKey>,
    /// Signs ID tokens for clients that know nothing else.
    pub(crate) rs256: Arc<SigningKey>,
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
        let known = ensure(ctx, PROVIDER, &PROVIDER_ALGORITHMS).await?;
        let signs = |algorithm: Algorithm| {
            let of_kind = || known.iter().filter(|known| known.key.algorithm() == algorithm);
            let due = of_kind().filter(|known| known.signs_from <= now).max_by_key(|known| known.signs_from);
            // The very first was made a moment ago, perhaps by a process whose clock is ahead.
            let key = due.or_else(|| of_kind().next()).map(|known| Arc::clone(&known.key));
            key.ok_or_else(|| Error::Corrupt(format!("there is no {} key", name(algorithm))))
        };
        let (es256, rs256) = (signs(Algorithm::P256)?, signs(Algorithm::Rsa)?);
        let jwks = KeySet::new(known.iter().map(|known| Jwk::new(known.key.public().clone())).collect()).to_json();
        let keys = Arc::new(ProviderKeys { es256, rs256, jwks });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }
}

/// The ES256 key with which a client of ours authenticates; made once.
pub(crate) async fn client_key(ctx: &Ctx, client: &str) -> Result<Arc<SigningKey>, Refusal> {
    let keys = ensure(ctx, &format!("client:{client}"), &[Algorithm::P256]).await?;
    let newest = keys.into_iter().next_back().map(|known| known.key);
    newest.ok_or_else(|| Error::Corrupt(format!("there is no key of {client}")).into())
}

/// A key and when it begins to sign.
struct Known {
    key: Arc<SigningKey>,
    signs_from: Timestamp,
}

async fn ensure(ctx: &Ctx, purpose: &str, algorithms: &[Algorithm]) -> Result<Vec<Known>, Refusal> {
    let there = load(ctx, purpose).await?;
    if !there.is_empty() {
        return Ok(there);
    }
    let made = generate(ctx, algorithms).await?;
    let kept = purpose.to_owned();
    // Of two processes that start at once, one makes the keys.
    let key = Key::new("identity.first_keys", purpose);
    let keep_all = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        made.iter().try_for_each(|(algorithm, pkcs8)| keep(tx, &kept, algorithm, pkcs8, now))
    };
    ctx.write(key, keep_all).await?;
    Ok(load(ctx, purpose).await?)
}

type Made = Vec<(&'static str, zeroize::Zeroizing<Vec<u8>>)>;

/// An RSA key takes a core for a while.
async fn generate(ctx: &Ctx, algorithms: &[Algorithm]) -> Result<Made, Error> {
    let (entropy, wanted) = (Arc::clone(&ctx.entropy), algorithms.to_vec());
    let made = tokio::task::spawn_blocking(move || {
        let made = wanted.iter().map(|&algorithm| {
            let key = SigningKey::generate(algorithm, &*entropy)?;
            Ok((name(algorithm), key.to_pkcs8()?))
        });
        made.collect::<Result<Vec<_>, SealError>>()
    });
    let made = made.await.map_err(|error| Error::Panicked(error.to_string()))?;
    made.map_err(|error| Error::Panicked(error.to_string()))
}

/// Publishes the next key of each kind a day before it is needed.
pub(crate) async fn rotate(ctx: &Ctx) -> Result<(), Error> {
    for algorithm in PROVIDER_ALGORITHMS {
        let (kind, now) = (name(algorithm), ctx.now());
        let newest = ctx.read(move |read| read.row(&sql::NEWEST_KEY, &params![PROVIDER, kind])).await?;
        let Some(newest) = newest else { continue };
        let (id, signs_from): (KeyId, Timestamp) = (newest.get(0)?, newest.get(1)?);
        if now.plus_seconds(PUBLISHED_SECONDS) < signs_from.plus_seconds(SIGNS_SECONDS) {
            continue;
        }
        let made = generate(ctx, &[algorithm]).await?;
        // Of several processes one makes it.
        let key = Key::new("identity.next_key", id.to_string());
        let keep_next = move |tx: &mut Tx<'_>| {
            let begins = tx.now().plus_seconds(PUBLISHED_SECONDS);
            tx.execute(&sql::RETIRE_KEYS, &params![begins.plus_seconds(PUBLISHED_SECONDS), PROVIDER, kind])?;
            made.iter().try_for_each(|(algorithm, pkcs8)| keep(tx, PROVIDER, algorithm, pkcs8, begins))
        };
        ctx.write(key, keep_next).await?;
    }
    Ok(())
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::P256 => "ES256",
        Algorithm::Ed25519 => "EdDSA",
        Algorithm::Rsa => "RS256",
    }
}

fn keep(tx: &mut Tx<'_>, purpose: &str, algorithm: &str, pkcs8: &[u8], signs_from: Timestamp) -> Result<(), Error> {
    let (id, now): (KeyId, _) = (tx.mint(), tx.now());
    let sealed = tx.seal(id, COLUMN, pkcs8)?;
    tx.execute_one(&sql::INSERT_KEY, &params![id, purpose, algorithm, sealed, now, signs_from])
}

async fn load(ctx: &Ctx, purpose: &str) -> Result<Vec<Known>, Error> {
    let (purpose, now) = (purpose.to_owned(), ctx.now());
    ctx.read(move |read| load_in(read, &purpose, now)).await
}

fn load_in(read: &mut Read<'_>, purpose: &str, now: Timestamp) -> Result<Vec<Known>, Error> {
    let rows = read.rows(&sql::KEYS, &params![purpose, now])?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let pkcs8 = read.open(row.get::<KeyId>(0)?, COLUMN, &row.get::<Vec<u8>>(2)?)?;
        let key = SigningKey::from_pkcs8(&pkcs8).map_err(|error| Error::Corrupt(error.to_string()))?;
        keys.push(Known { key: Arc::new(key), signs_from: row.get(3)? });
    }
    Ok(keys)
}
