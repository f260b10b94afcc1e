//! The provider's signing keys in a token (PKCS#11): made there, used there, and
//! never outside. One session, opened at first use and again after a failure, so
//! that a token that was away for a while serves again by itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use seal::{Algorithm, Hash, PublicKey, SealError, Signer};
use serde::Deserialize;
use zeroize::Zeroizing;

/// Where the provider's signing keys are made and used: `[identity.pkcs11]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// The maker's library, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// A file that holds the PIN of its user.
    pub pin_file: PathBuf,
}

/// Bytes of a key's id in the token (`CKA_ID`).
pub(crate) const ID_BYTES: usize = 16;
/// What a key of ours is called there.
const LABEL: &[u8] = b"hukumati provider";
/// The curve P-256 as DER (RFC 5480 §2.1.1.1).
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// Bits of an RSA modulus, and its exponent 65537.
const RSA_BITS: u32 = 2_048;
const RSA_EXPONENT: [u8; 3] = [1, 0, 1];
/// Before a P-256 point, where a token wraps it into an OCTET STRING as PKCS#11 asks.
const POINT_HEAD: [u8; 2] = [0x04, 65];

/// A key's id in the token.
pub(crate) type Id = [u8; ID_BYTES];

/// A token, opened when it is first used.
pub(crate) struct Token {
    config: TokenConfig,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    module: Option<Pkcs11>,
    open: Option<Open>,
}

/// A session whose user is logged in, and the keys that it found.
struct Open {
    session: Session,
    keys: BTreeMap<Id, ObjectHandle>,
}

/// Why a token does not serve.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Module(#[from] Error),
    #[error("the PIN's file cannot be read: {0}")]
    Pin(#[from] std::io::Error),
    #[error("no token has the label “{0}”")]
    NoToken(String),
    #[error("the token holds no key {0}")]
    NoKey(String),
    #[error("the token gave a public key that is none: {0}")]
    Public(#[from] SealError),
}

impl Token {
    pub(crate) fn new(config: TokenConfig) -> Self {
        Self { config, state: Mutex::default() }
    }

    /// Acts in the session. A failure may be that of a session which is over:
    /// then once more in another.
    fn with<T>(&self, act: impl Fn(&mut Open) -> Result<T, Fault>) -> Result<T, SealError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &mut state.open
            && let Ok(done) = act(open)
        {
            return Ok(done);
        }
        state.open = None;
        let done = self.open(&mut state.module).and_then(|mut open| {
            let done = act(&mut open)?;
            state.open = Some(open);
            Ok(done)
        });
        done.map_err(|cause| {
            tracing::error!(%cause, token = self.config.token, "the token of the signing keys failed");
            SealError::Engine("token")
        })
    }

    fn open(&self, module: &mut Option<Pkcs11>) -> Result<Open, Fault> {
        let module = match module {
            Some(module) => module,
            None => module.insert(self.load()?),
        };
        let label = |slot| module.get_token_info(slot).map(|token| token.label().trim_end().to_owned());
        let mut found = None;
        for slot in module.get_slots_with_token()? {
            if label(slot)? == self.config.token {
                found = Some(slot);
            }
        }
        let session = module.open_rw_session(found.ok_or_else(|| Fault::NoToken(self.config.token.clone()))?)?;
        let pin = Zeroizing::new(std::fs::read_to_string(&self.config.pin_file)?);
        match session.login(UserType::User, Some(&AuthPin::from(pin.trim().to_owned()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Open { session, keys: BTreeMap::new() })
    }

    fn load(&self) -> Result<Pkcs11, Fault> {
        let module = Pkcs11::new(&self.config.module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a key pair whose private half cannot be read from the token.
    ///
    /// # Errors
    /// [`SealError::Engine`] when the token fails, [`SealError::Unsupported`] for
    /// a kind of key that the provider has none of.
    pub(crate) fn generate(&self, algorithm: Algorithm, id: Id) -> Result<PublicKey, SealError> {
        let (mechanism, kind) = match algorithm {
            Algorithm::P256 => (Mechanism::EccKeyPairGen, vec![Attribute::EcParams(P256.to_vec())]),
            Algorithm::Rsa => (
                Mechanism::RsaPkcsKeyPairGen,
                vec![
                    Attribute::ModulusBits(u64::from(RSA_BITS).into()),
                    Attribute::PublicExponent(RSA_EXPONENT.to_vec()),
                ],
            ),
            Algorithm::P384 | Algorithm::Ed25519 => return Err(SealError::Unsupported("this kind of key in a token")),
        };
        let named = [Attribute::Token(true), Attribute::Id(id.to_vec()), Attribute::Label(LABEL.to_vec())];
        let mut public = named.to_vec();
        public.extend([Attribute::Private(false), Attribute::Verify(true)]);
        public.extend(kind);
        let mut private = named.to_vec();
        private.extend([Attribute::Private(true), Attribute::Sensitive(true), Attribute::Extractable(false)]);
        private.push(Attribute::Sign(true));
        self.with(|open| {
            let (public, _) = open.session.generate_key_pair(&mechanism, &public, &private)?;
            public_half(&open.session, public, algorithm)
        })
    }

    fn sign(&self, id: Id, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, SealError> {
        self.with(|open| {
            let key = match open.keys.get(&id) {
                Some(&key) => key,
                None => open.find(id)?,
            };
            Ok(open.session.sign(mechanism, key, data)?)
        })
    }
}

impl Open {
    fn find(&mut self, id: Id) -> Result<ObjectHandle, Fault> {
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
        let found = self.session.find_objects(&wanted)?.first().copied();
        let key = found.ok_or_else(|| Fault::NoKey(seal::digest::hex(&id)))?;
        self.keys.insert(id, key);
        Ok(key)
    }
}

fn public_half(session: &Session, key: ObjectHandle, algorithm: Algorithm) -> Result<PublicKey, Fault> {
    let wanted = match algorithm {
        Algorithm::Rsa => vec![AttributeType::Modulus, AttributeType::PublicExponent],
        _ => vec![AttributeType::EcPoint],
    };
    let (mut modulus, mut exponent, mut point) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in session.get_attributes(key, &wanted)? {
        match attribute {
            Attribute::Modulus(value) => modulus = value,
            Attribute::PublicExponent(value) => exponent = value,
            Attribute::EcPoint(value) => point = value,
            _ => {}
        }
    }
    Ok(match algorithm {
        Algorithm::Rsa => PublicKey::from_rsa(&modulus, &exponent)?,
        _ => PublicKey::from_p256_point(point.strip_prefix(&POINT_HEAD).unwrap_or(&point))?,
    })
}

/// A key in a token.
pub(crate) struct TokenKey {
    token: Arc<Token>,
    id: Id,
    public: PublicKey,
}

impl TokenKey {
    /// The key that these bytes name: its id, then its public half.
    ///
    /// # Errors
    /// [`SealError`] for other bytes.
    pub(crate) fn named(token: &Arc<Token>, bytes: &[u8]) -> Result<Self, SealError> {
        let (id, spki) = bytes.split_first_chunk::<ID_BYTES>().ok_or(SealError::Key("not a token's key"))?;
        Ok(Self { token: Arc::clone(token), id: *id, public: PublicKey::from_spki(spki)? })
    }
}

/// What [`TokenKey::named`] reads.
pub(crate) fn name(id: Id, public: &PublicKey) -> Vec<u8> {
    [&id[..], public.spki()].concat()
}

impl Signer for TokenKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign_hashed(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>, SealError> {
        match (self.public.algorithm(), hash) {
            // The leftmost 256 bits of a longer digest (FIPS 186-5 §6.4.1).
            (Algorithm::P256, _) => self.token.sign(self.id, &Mechanism::Ecdsa, &hash.digest(data)[..32]),
            (Algorithm::Rsa, Hash::Sha256) => self.token.sign(self.id, &Mechanism::Sha256RsaPkcs, data),
            (Algorithm::Rsa, Hash::Sha384) => self.token.sign(self.id, &Mechanism::Sha384RsaPkcs, data),
            (Algorithm::Rsa, Hash::Sha512) => self.token.sign(self.id, &Mechanism::Sha512RsaPkcs, data),
            (Algorithm::P384 | Algorithm::Ed25519, _) => Err(SealError::Unsupported("this kind of key in a token")),
        }
    }
}
