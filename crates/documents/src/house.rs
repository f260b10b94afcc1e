//! What papers are made with: the press, the seal's key with its certificate,
//! and the key of the codes that are printed on them.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use base::Assurance;
use ca::Authority;
use seal::x509::{Attribute, Certificate, Name, Profile};
use seal::{Algorithm, PublicKey, Signer, SigningKey};
use store::{Ctx, Error, Key, Read, params};
use tokio::sync::Semaphore;

use crate::model::{KeyId, Refusal};
use crate::press::{Press, Template};
use crate::proof::Proof;
use crate::revoked::Kept;
use crate::sql;

const SECRET: &str = "documents_key.secret";
/// How long the seal's certificate holds, days.
const SEAL_DAYS: i64 = 3 * 365;

/// The least assurance with which one reads one's own papers.
pub(crate) const READER: Assurance = Assurance::Substantial;

/// See the module.
pub struct Documents {
    pub(crate) press: Press,
    pub(crate) authority: Arc<Authority>,
    pub(crate) seal: Arc<SigningKey>,
    /// The seal's certificate and its issuer, DER.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) code_key: Arc<SigningKey>,
    /// Where strangers verify: `https://hukumati.ps`.
    pub(crate) origin: String,
    /// Papers that are set at once: one for each core. More at once would finish
    /// later, every one of them, and a kill would lose the work of all.
    pub(crate) turns: Semaphore,
    /// What papers of this minute are proven with.
    pub(crate) proof: Mutex<Option<Arc<Proof>>>,
    /// The list of revoked papers, as it was last signed.
    pub(crate) revoked: Mutex<Option<Kept>>,
}

impl Documents {
    /// Opens the keys; the first call ever makes them.
    ///
    /// # Errors
    /// The store's, or the authority's.
    pub async fn prepare(
        ctx: &Ctx,
        authority: Arc<Authority>,
        templates: impl IntoIterator<Item = Template>,
        origin: &str,
    ) -> Result<Self, Refusal> {
        let press = Press::new(templates);
        let code = ensure(ctx, "code", Algorithm::Ed25519, None).await?;
        let seal = ensure(ctx, "seal", Algorithm::P256, Some(&authority)).await?;
        Ok(Self {
            press,
            authority,
            seal: seal.0,
            chain: seal.1,
            code_key: code.0,
            origin: origin.to_owned(),
            turns: Semaphore::new(std::thread::available_parallelism().map_or(1, NonZeroUsize::get)),
            proof: Mutex::new(None),
            revoked: Mutex::new(None),
        })
    }

    /// More templates, or others in the place of the same versions'.
    pub fn learn(&self, templates: impl IntoIterator<Item = Template>) {
        self.press.learn(templates);
    }

    /// The key that offline checks of printed codes trust.
    #[must_use]
    pub fn code_key(&self) -> &PublicKey {
        self.code_key.public()
    }
    /// The certificate that the seal is made with.
    #[must_use]
    pub fn seal_certificate(&self) -> &[u8] {
        &self.chain[0]
    }
}

/// The public key of printed codes, for `hukumati trust`.
///
/// # Errors
/// The store's, or a key that cannot be read.
pub fn trusted_code_key(read: &mut Read<'_>) -> Result<Option<PublicKey>, Refusal> {
    let Some((secret, _)) = load(read, "code")? else { return Ok(None) };
    Ok(Some(SigningKey::from_pkcs8(&secret)?.public().clone()))
}

type Sealed = (Arc<SigningKey>, Vec<Vec<u8>>);

async fn ensure(
    ctx: &Ctx,
    purpose: &'static str,
    algorithm: Algorithm,
    authority: Option<&Authority>,
) -> Result<Sealed, Refusal> {
    if let Some(there) = ctx.read(move |read| load(read, purpose)).await? {
        return open(there);
    }
    let key = SigningKey::generate(algorithm, &*ctx.entropy)?;
    let chain = match authority {
        Some(authority) => {
            let names = [
                (Attribute::Country, "PS"),
                (Attribute::Organization, "State of Palestine"),
                (Attribute::CommonName, "Hukumati papers"),
            ];
            let request = ca::Request {
                profile: Profile::DocumentSeal,
                subject: Name::new(&names)?,
                public_key: key.public().clone(),
                dns_names: Vec::new(),
                ip_addresses: Vec::new(),
                valid_days: SEAL_DAYS,
            };
            authority.issue(ctx, request).await?
        }
        None => Vec::new(),
    };
    let secret = key.to_pkcs8()?.to_vec();
    let bundle: Vec<String> = chain.iter().map(|der| seal::digest::base64(der)).collect();
    // Of two processes that start at once, one makes the key.
    ctx.write(Key::new("documents.first_key", purpose), move |tx| {
        let (id, now): (KeyId, _) = (tx.mint(), tx.now());
        let sealed = tx.seal(id, SECRET, &secret)?;
        tx.execute_one(&sql::INSERT_KEY, &params![id, purpose, sealed, bundle.join("\n").into_bytes(), now])
    })
    .await?;
    let made = ctx.read(move |read| load(read, purpose)).await?;
    open(made.ok_or_else(|| Error::Corrupt("papers have no key".to_owned()))?)
}

fn open((secret, chain): (Vec<u8>, Vec<Vec<u8>>)) -> Result<Sealed, Refusal> {
    let key = SigningKey::from_pkcs8(&secret)?;
    if let Some(first) = chain.first()
        && Certificate::parse(first)?.public_key() != key.public()
    {
        return Err(Error::Corrupt("the seal's certificate is another key's".to_owned()).into());
    }
    Ok((Arc::new(key), chain))
}

type Stored = (Vec<u8>, Vec<Vec<u8>>);

fn load(read: &mut Read<'_>, purpose: &str) -> Result<Option<Stored>, Error> {
    let Some(row) = read.row(&sql::KEY, &params![purpose])? else { return Ok(None) };
    let secret = read.open(row.get::<KeyId>(0)?, SECRET, &row.get::<Vec<u8>>(1)?)?;
    let bundle = String::from_utf8(row.get(2)?).map_err(|_| Error::Corrupt("a chain".to_owned()))?;
    let chain = bundle.lines().map(seal::digest::from_base64).collect::<Result<_, _>>();
    Ok(Some((secret, chain.map_err(|error| Error::Corrupt(error.to_string()))?)))
}
