//! Keys: what the provider signs with (ES256, and RS256 for those who know no
//! other), and what our own clients authenticate with. Sealed at rest, each
//! under its own id; the provider's may as well lie in a token, and then only
//! their names are here. They are replaced by themselves: the next one is
//! published a day before it signs, the former a day longer than it did.

use std::sync::{Arc, Mutex, PoisonError};

use base::{Entropy, Timestamp};
use seal::jose::{self, Jwk, KeySet};
use seal::{Algorithm, PublicKey, SealError, Signer, SigningKey};
use serde_json::Value;
use store::{Ctx, Error, Key, Read, Tx, params};
use zeroize::Zeroizing;

use crate::model::{KeyId, Refusal};
use crate::pkcs11::{self, Token, TokenConfig, TokenKey};
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

/// Where a key lies, as stored: sealed in our own table.
const SEALED: &str = "sealed";
/// In the token.
const TOKEN: &str = "token";

/// A key of the provider's.
#[derive(Clone)]
pub(crate) enum ProviderKey {
    /// In memory.
    Sealed(Arc<SigningKey>),
    /// In the token.
    Token(Arc<TokenKey>),
}

impl ProviderKey {
    fn public(&self) -> &PublicKey {
        match self {
            Self::Sealed(key) => key.public(),
            Self::Token(key) => key.public(),
        }
    }
    /// Signs a payload as a JWT of this type. Never inside the store's closures:
    /// a token may be at the other end of a network.
    pub(crate) async fn sign(&self, typ: &'static str, payload: String) -> Result<String, SealError> {
        match self {
            Self::Sealed(key) => jose::sign(&**key, typ, payload.as_bytes()),
            Self::Token(key) => {
                let key = Arc::clone(key);
                let signed = tokio::task::spawn_blocking(move || jose::sign(&*key, typ, payload.as_bytes()));
                signed.await.map_err(|_| SealError::Engine("token"))?
            }
        }
    }
}

/// The provider's keys, as one process holds them.
pub(crate) struct ProviderKeys {
    /// Signs ID tokens and access tokens.
    pub(crate) es256: ProviderKey,
    /// Signs ID tokens for clients that know nothing else.
    pub(crate) rs256: ProviderKey,
    /// What `jwks_uri` serves.
    pub(crate) jwks: Value,
    /// The same as it is sent.
    pub(crate) document: String,
    /// How long this process takes them as they are.
    pub(crate) until: Timestamp,
}

/// Keys that are read once a minute, and the token of those that lie in one.
pub(crate) struct KeyCache {
    token: Option<Arc<Token>>,
    known: Mutex<Option<(Timestamp, Arc<ProviderKeys>)>>,
}

impl KeyCache {
    pub(crate) fn new(token: Option<TokenConfig>) -> Self {
        Self { token: token.map(|config| Arc::new(Token::new(config))), known: Mutex::default() }
    }

    /// The provider's keys; the first call ever makes them.
    pub(crate) async fn get(&self, ctx: &Ctx) -> Result<Arc<ProviderKeys>, Refusal> {
        let now = ctx.now();
        let remembered = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, keys)) = remembered
            && now.seconds_since(at) < REMEMBERED_SECONDS
        {
            return Ok(keys);
        }
        let stored = ensure(ctx, PROVIDER, self.token.as_ref(), &PROVIDER_ALGORITHMS).await?;
        let known = stored.into_iter().map(|stored| self.open(&stored).map(|key| (key, stored.signs_from)));
        let known = known.collect::<Result<Vec<(ProviderKey, Timestamp)>, Error>>()?;
        let signs = |algorithm: Algorithm| {
            let of_kind = || known.iter().filter(|(key, _)| key.public().algorithm() == algorithm);
            let due = of_kind().filter(|(_, signs_from)| *signs_from <= now).max_by_key(|(_, signs_from)| *signs_from);
            // The very first was made a moment ago, perhaps by a process whose clock is ahead.
            let key = due.or_else(|| of_kind().next()).map(|(key, _)| key.clone());
            key.ok_or_else(|| Error::Corrupt(format!("there is no {} key", name(algorithm))))
        };
        let (es256, rs256) = (signs(Algorithm::P256)?, signs(Algorithm::Rsa)?);
        let jwks = KeySet::new(known.iter().map(|(key, _)| Jwk::new(key.public().clone())).collect()).to_json();
        let document = jwks.to_string();
        let until = now.plus_seconds(REMEMBERED_SECONDS);
        let keys = Arc::new(ProviderKeys { es256, rs256, jwks, document, until });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&keys)));
        Ok(keys)
    }

    fn open(&self, stored: &Stored) -> Result<ProviderKey, Error> {
        let broken = |error: SealError| Error::Corrupt(error.to_string());
        if stored.place == SEALED {
            return Ok(ProviderKey::Sealed(Arc::new(SigningKey::from_pkcs8(&stored.secret).map_err(broken)?)));
        }
        let missing = || Error::Corrupt("a signing key lies in a token: configure [identity.pkcs11]".to_owned());
        let key = TokenKey::named(self.token.as_ref().ok_or_else(missing)?, &stored.secret).map_err(broken)?;
        Ok(ProviderKey::Token(Arc::new(key)))
    }

    /// Publishes the next key of each kind a day before it is needed, or when it
    /// shall lie elsewhere than the present one.
    pub(crate) async fn rotate(&self, ctx: &Ctx) -> Result<(), Error> {
        let place = if self.token.is_some() { TOKEN } else { SEALED };
        for algorithm in PROVIDER_ALGORITHMS {
            let (kind, now) = (name(algorithm), ctx.now());
            let newest = ctx.read(move |read| read.row(&sql::NEWEST_KEY, &params![PROVIDER, kind])).await?;
            let Some(newest) = newest else { continue };
            let (id, signs_from): (KeyId, Timestamp) = (newest.get(0)?, newest.get(1)?);
            let due = now.plus_seconds(PUBLISHED_SECONDS) >= signs_from.plus_seconds(SIGNS_SECONDS);
            if !due && newest.get::<String>(2)? == place {
                continue;
            }
            let made = generate(ctx, self.token.as_ref(), &[algorithm]).await?;
            // Of several processes one makes it.
            let key = Key::new("identity.next_key", id.to_string());
            let keep_next = move |tx: &mut Tx<'_>| {
                let begins = tx.now().plus_seconds(PUBLISHED_SECONDS);
                tx.execute(&sql::RETIRE_KEYS, &params![begins.plus_seconds(PUBLISHED_SECONDS), PROVIDER, kind])?;
                made.iter().try_for_each(|made| keep(tx, PROVIDER, made, begins))
            };
            ctx.write(key, keep_next).await?;
        }
        Ok(())
    }
}

/// The ES256 key with which a client of ours authenticates; made once.
pub(crate) async fn client_key(ctx: &Ctx, client: &str) -> Result<Arc<SigningKey>, Refusal> {
    let keys = ensure(ctx, &format!("client:{client}"), None, &[Algorithm::P256]).await?;
    let newest = keys.into_iter().next_back().ok_or_else(|| Error::Corrupt(format!("there is no key of {client}")))?;
    Ok(Arc::new(SigningKey::from_pkcs8(&newest.secret).map_err(|error| Error::Corrupt(error.to_string()))?))
}

/// A key as it was read, and when it begins to sign.
struct Stored {
    place: String,
    /// PKCS#8, or the name of a key in the token.
    secret: Zeroizing<Vec<u8>>,
    signs_from: Timestamp,
}

async fn ensure(
    ctx: &Ctx,
    purpose: &str,
    token: Option<&Arc<Token>>,
    algorithms: &[Algorithm],
) -> Result<Vec<Stored>, Refusal> {
    let there = load(ctx, purpose).await?;
    if !there.is_empty() {
        return Ok(there);
    }
    let made = generate(ctx, token, algorithms).await?;
    let kept = purpose.to_owned();
    // Of two processes that start at once, one makes the keys.
    let key = Key::new("identity.first_keys", purpose);
    let keep_all = move |tx: &mut Tx<'_>| {
        let now = tx.now();
        made.iter().try_for_each(|made| keep(tx, &kept, made, now))
    };
    ctx.write(key, keep_all).await?;
    Ok(load(ctx, purpose).await?)
}

/// A key that was made and is not kept yet.
struct Made {
    algorithm: &'static str,
    place: &'static str,
    secret: Zeroizing<Vec<u8>>,
}

impl Made {
    fn of(algorithm: Algorithm, token: Option<&Token>, entropy: &dyn Entropy) -> Result<Self, SealError> {
        let (place, secret) = match token {
            None => (SEALED, SigningKey::generate(algorithm, entropy)?.to_pkcs8()?),
            Some(token) => {
                let id = base::entropy::bytes(entropy);
                (TOKEN, Zeroizing::new(pkcs11::name(id, &token.generate(algorithm, id)?)))
            }
        };
        Ok(Self { algorithm: name(algorithm), place, secret })
    }
}

/// An RSA key takes a core for a while, a token its time.
async fn generate(ctx: &Ctx, token: Option<&Arc<Token>>, algorithms: &[Algorithm]) -> Result<Vec<Made>, Error> {
    let (entropy, wanted, token) = (Arc::clone(&ctx.entropy), algorithms.to_vec(), token.cloned());
    let made = tokio::task::spawn_blocking(move || {
        wanted.iter().map(|&algorithm| Made::of(algorithm, token.as_deref(), &*entropy)).collect()
    });
    let made: Result<Vec<Made>, SealError> = made.await.map_err(|error| Error::Panicked(error.to_string()))?;
    made.map_err(|error| Error::Panicked(error.to_string()))
}

const fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::P256 => "ES256",
        Algorithm::P384 => "ES384",
        Algorithm::Ed25519 => "EdDSA",
        Algorithm::Rsa => "RS256",
    }
}

fn keep(tx: &mut Tx<'_>, purpose: &str, made: &Made, signs_from: Timestamp) -> Result<(), Error> {
    let (id, now): (KeyId, _) = (tx.mint(), tx.now());
    let sealed = tx.seal(id, COLUMN, &made.secret)?;
    tx.execute_one(&sql::INSERT_KEY, &params![id, purpose, made.algorithm, sealed, now, signs_from, made.place])
}

async fn load(ctx: &Ctx, purpose: &str) -> Result<Vec<Stored>, Error> {
    let (purpose, now) = (purpose.to_owned(), ctx.now());
    ctx.read(move |read| load_in(read, &purpose, now)).await
}

fn load_in(read: &mut Read<'_>, purpose: &str, now: Timestamp) -> Result<Vec<Stored>, Error> {
    let rows = read.rows(&sql::KEYS, &params![purpose, now])?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let secret = read.open(row.get::<KeyId>(0)?, COLUMN, &row.get::<Vec<u8>>(2)?)?;
        keys.push(Stored { place: row.get(4)?, secret: Zeroizing::new(secret), signs_from: row.get(3)? });
    }
    Ok(keys)
}
