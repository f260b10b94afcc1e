//! The security server: signs and logs what its agency's systems ask and
//! answer, and lets pass what an agreement allows.
//!
//! Invariants: a message is in the log, durably, before it is handed on; a
//! request id is taken once; without a valid configuration nothing passes.

pub mod configuration;
pub mod enrol;
mod http;
mod log;
pub mod message;
mod peer;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base::Timestamp;
use base::id::typed_id;
use seal::digest::{from_base64, hex, sha256};
use seal::x509::{CertId, Certificate, OcspRequest};
use seal::xades::KnownSigners;
use seal::{Algorithm, PublicKey, SealError, SigningKey};
use store::{Ctx, Error, Key, Migration, Read, Schema, params};
use web::System;
use web::client::HttpClient;

use crate::connector::Connectors;
use crate::sql;
use configuration::{Configuration, ServerEntry, Signed};
use enrol::Invitation;
pub use log::{Logged, invariants, logged};

typed_id! {
    /// A key of a security server.
    KeyId
}
store::stored_ids!(KeyId);

/// A server's tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, sql: include_str!("../migrations/0001_server.sql") }];
/// Name and tables of a server's own database.
pub const SCHEMA: Schema = Schema { system: "security-server", migrations: MIGRATIONS };

const SECRET: &str = "exchange_key.secret";
/// How long a fetched answer about our own certificate is used, seconds.
const OCSP_SECONDS: i64 = 5;

/// Strangers make us ask for the configuration at most so often, seconds.
const ASK_AGAIN_SECONDS: i64 = 1;

/// An operation that this server offers, and the system behind it.
#[derive(Debug, Clone)]
pub struct Behind {
    /// Where the information system answers: the rest of the path is appended.
    pub url: String,
}

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// From the central authority.
    pub invitation: Invitation,
    /// Where other servers reach it: `https://127.0.0.2:5500`.
    pub address: String,
    /// Operations and what is behind them; empty for one that only asks.
    pub behind: HashMap<String, Behind>,
    /// Operations that this server answers itself.
    pub connectors: Option<Arc<Connectors>>,
}

/// The keys of a server with their certificates, DER: its own, the issuer's.
pub struct Keys {
    sign: Arc<SigningKey>,
    sign_chain: Vec<Vec<u8>>,
    sign_certificate: Certificate,
    tls: Arc<SigningKey>,
    tls_chain: Vec<Vec<u8>>,
}

const SIGN: &str = "sign";
const TLS: &str = "tls";

/// What the authority said of our own signing certificate.
struct Standing {
    answer: Vec<u8>,
    given_at: Timestamp,
    asked_at: Timestamp,
}

/// See the module.
pub struct Server {
    pub(crate) setup: Setup,
    central: PublicKey,
    pub(crate) keys: Keys,
    configuration: RwLock<Option<Arc<InForce>>>,
    ocsp: tokio::sync::Mutex<Option<Standing>>,
    asked_again_at: tokio::sync::Mutex<Option<Timestamp>>,
    pub(crate) pins: peer::Pins,
    pub(crate) peers: HttpClient,
    pub(crate) inside: HttpClient,
}

/// The configuration in force, with what is read out of it once.
pub(crate) struct InForce {
    configuration: Configuration,
    /// Trust anchors, DER.
    pub(crate) roots: Vec<Vec<u8>>,
    /// What lies between, DER.
    pub(crate) intermediates: Vec<Vec<u8>>,
    /// Signers judged a moment ago.
    pub(crate) known: KnownSigners,
    /// What operations answer, by identifier.
    pub(crate) schemas: HashMap<String, jsonschema::Validator>,
}

impl std::ops::Deref for InForce {
    type Target = Configuration;
    fn deref(&self) -> &Configuration {
        &self.configuration
    }
}

impl InForce {
    fn new(configuration: Configuration) -> Result<Self, String> {
        let mut schemas = HashMap::new();
        for operation in &configuration.operations {
            let schema = jsonschema::validator_for(&operation.answer);
            schemas.insert(operation.id.clone(), schema.map_err(|error| format!("{}: {error}", operation.id))?);
        }
        let (roots, intermediates) = (configuration.roots(), configuration.intermediates());
        let text = |error: SealError| error.to_string();
        Ok(Self {
            roots: roots.map_err(text)?,
            intermediates: intermediates.map_err(text)?,
            known: KnownSigners::default(),
            schemas,
            configuration,
        })
    }
}

/// The server said no, in X-Road's error codes.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// `server.serverproxy.access_denied`.
    pub code: String,
    /// One sentence.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(code: &str, message: impl std::fmt::Display) -> Self {
        Self { code: code.to_owned(), message: message.to_string() }
    }
}

impl Server {
    /// Opens a server: its keys (made once), its copy of the configuration. One
    /// that the configuration does not name as it is joins with its invitation.
    ///
    /// # Errors
    /// The store's, a key's, or that it cannot join.
    pub async fn open(ctx: &Ctx, setup: Setup) -> Result<Self, Fault> {
        let (sign, sign_chain) = ensure(ctx, SIGN).await?;
        let (tls, tls_chain) = ensure(ctx, TLS).await?;
        if !sign_chain.is_empty() && !tls_chain.is_empty() {
            let there = Self::with(setup.clone(), &sign, sign_chain, &tls, tls_chain)?;
            there.load(ctx).await.map_err(|error| internal(&error))?;
            there.refresh(ctx).await.map_err(|error| internal(&error))?;
            if there.is_named(ctx.now()) {
                return Ok(there);
            }
        }
        let http = HttpClient::public().with_limit(peer::LIMIT);
        let [sign_chain, tls_chain] = enrol::join(&http, &setup.invitation, &setup.address, &sign, &tls).await?;
        for (purpose, chain) in [(SIGN, &sign_chain), (TLS, &tls_chain)] {
            let bundle: Vec<String> = chain.iter().map(|der| seal::digest::base64(der)).collect();
            let bundle = bundle.join("\n").into_bytes();
            let kept =
                ctx.write(Key::once(ctx), move |tx| tx.execute_one(&sql::CERTIFY_KEY, &params![bundle, purpose]));
            kept.await.map_err(|error: Error| internal(&error))?;
        }
        let joined = Self::with(setup, &sign, sign_chain, &tls, tls_chain)?;
        joined.refresh(ctx).await.map_err(|error| internal(&error))?;
        Ok(joined)
    }

    fn with(
        setup: Setup,
        sign: &Arc<SigningKey>,
        sign_chain: Vec<Vec<u8>>,
        tls: &Arc<SigningKey>,
        tls_chain: Vec<Vec<u8>>,
    ) -> Result<Self, Fault> {
        let first = sign_chain.first().ok_or_else(|| internal(&"no certificate"))?;
        let sign_certificate = Certificate::parse(first).map_err(|error| internal(&error))?;
        let (sign, tls) = (Arc::clone(sign), Arc::clone(tls));
        let keys = Keys { sign, sign_chain, sign_certificate, tls, tls_chain };
        let central = setup.invitation.central_key().map_err(|error| internal(&error))?;
        let pins = peer::Pins::default();
        let peers = HttpClient::new(peer::client(&keys, &pins).map_err(|error| internal(&error))?);
        Ok(Self {
            setup,
            central,
            keys,
            configuration: RwLock::default(),
            ocsp: tokio::sync::Mutex::default(),
            asked_again_at: tokio::sync::Mutex::default(),
            pins,
            peers: peers.with_limit(peer::LIMIT),
            inside: HttpClient::public().with_limit(peer::INSIDE_LIMIT),
        })
    }

    /// Whether the configuration names this server as it is.
    fn is_named(&self, now: Timestamp) -> bool {
        let Ok(configuration) = self.current(now) else { return false };
        let [tls_sha256, sign_sha256] = self.fingerprints();
        let Setup { invitation, address, .. } = &self.setup;
        configuration.servers.contains(&ServerEntry {
            code: invitation.code.clone(),
            address: address.clone(),
            tls_sha256,
            sign_sha256,
            subsystems: invitation.subsystems.clone(),
        })
    }

    /// SHA-256 of its certificates, hexadecimal: TLS, signing.
    #[must_use]
    pub fn fingerprints(&self) -> [String; 2] {
        [hex(&sha256(&self.keys.tls_chain[0])), hex(&sha256(&self.keys.sign_chain[0]))]
    }

    /// The serial number of the certificate that it signs with.
    #[must_use]
    pub fn signing_serial(&self) -> &[u8] {
        self.keys.sign_certificate.serial()
    }

    /// The TLS of the listener for other servers.
    ///
    /// # Errors
    /// A server that has no configuration yet, or a certificate that does not fit.
    pub fn tls(&self, now: Timestamp) -> Result<Arc<rustls::ServerConfig>, Fault> {
        peer::server(&self.keys, &self.current(now)?.roots).map_err(|error| internal(&error))
    }

    async fn load(&self, ctx: &Ctx) -> Result<(), Error> {
        let instance = self.setup.invitation.instance.clone();
        let row = ctx.read(move |read| read.row(&sql::CONFIGURATION, &params![instance])).await?;
        if let Some(row) = row {
            let signed: Vec<u8> = row.get(1)?;
            if let Ok(signed) = serde_json::from_slice::<Signed>(&signed) {
                self.use_it(&signed, ctx.now());
            }
        }
        Ok(())
    }

    fn use_it(&self, signed: &Signed, now: Timestamp) -> Option<Arc<InForce>> {
        let opened = Configuration::open(signed, &self.central, now).map_err(|error| error.to_string());
        let read = match opened {
            Ok(read) => read,
            Err(error) => {
                tracing::error!(%error, "a configuration was refused");
                return None;
            }
        };
        if read.instance != self.setup.invitation.instance {
            return None;
        }
        let mut kept = self.configuration.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_ref() {
            if kept.number > read.number {
                tracing::error!(number = read.number, "a configuration that goes back was refused");
                return None;
            }
            if kept.configuration == read {
                return Some(Arc::clone(kept));
            }
        }
        let read = match InForce::new(read) {
            Ok(read) => Arc::new(read),
            Err(error) => {
                tracing::error!(%error, "a configuration was refused");
                return None;
            }
        };
        self.pins.set(&read);
        *kept = Some(Arc::clone(&read));
        Some(read)
    }

    /// Fetches the configuration and keeps it if it is newer.
    ///
    /// # Errors
    /// The store's; that it cannot be fetched is not one.
    pub async fn refresh(&self, ctx: &Ctx) -> Result<(), Error> {
        let fetched = self.inside.send(::http::Method::GET, &self.setup.invitation.configuration_url, &[], "").await;
        let body = match fetched {
            Ok(answer) if answer.status.is_success() => answer.body,
            Ok(answer) => {
                tracing::warn!(status = %answer.status, "the configuration was not given");
                return Ok(());
            }
            Err(error) => {
                tracing::warn!(%error, "the configuration cannot be fetched");
                return Ok(());
            }
        };
        if body.len() > configuration::CONFIGURATION_BYTES {
            return Ok(());
        }
        let Ok(signed) = serde_json::from_slice::<Signed>(&body) else { return Ok(()) };
        let before = self
            .configuration
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|kept| (kept.number, kept.expires_at));
        let Some(read) = self.use_it(&signed, ctx.now()) else { return Ok(()) };
        if before == Some((read.number, read.expires_at)) {
            return Ok(());
        }
        let instance = self.setup.invitation.instance.clone();
        let number = i64::try_from(read.number).unwrap_or(i64::MAX);
        let bytes = body.to_vec();
        ctx.write(Key::once(ctx), move |tx| {
            let now = tx.now();
            tx.execute(&sql::KEEP_CONFIGURATION, &params![instance, number, bytes, now]).map(drop)
        })
        .await
    }

    /// The configuration that holds now; without one nothing passes.
    pub(crate) fn current(&self, now: Timestamp) -> Result<Arc<InForce>, Fault> {
        let kept = self.configuration.read().unwrap_or_else(PoisonError::into_inner).clone();
        let outdated = || Fault::new("server.clientproxy.global_conf_outdated", "there is no configuration in force");
        kept.filter(|kept| kept.expires_at > now.as_micros()).ok_or_else(outdated)
    }

    /// The configuration that holds now, once more if what we keep does not say
    /// what is wanted: somebody may have joined a moment ago.
    pub(crate) async fn current_with(
        &self,
        ctx: &Ctx,
        wanted: impl Fn(&Configuration) -> bool,
    ) -> Result<Arc<InForce>, Fault> {
        let kept = self.current(ctx.now())?;
        if wanted(&kept) {
            return Ok(kept);
        }
        // Whoever comes meanwhile waits for the same answer.
        let mut last = self.asked_again_at.lock().await;
        if last.is_none_or(|last| ctx.now().seconds_since(last) >= ASK_AGAIN_SECONDS) {
            self.refresh(ctx).await.map_err(|error| internal(&error))?;
            *last = Some(ctx.now());
        }
        self.current(ctx.now())
    }

    /// A fresh answer about our own signing certificate. One asks and the others wait
    /// for the same answer; while the authority is silent, one that others still take serves.
    pub(crate) async fn ocsp(&self, ctx: &Ctx, configuration: &Configuration) -> Result<Vec<u8>, Fault> {
        let mut kept = self.ocsp.lock().await;
        let now = ctx.now();
        if let Some(standing) = &*kept
            && now.seconds_since(standing.asked_at) < OCSP_SECONDS
        {
            return Ok(standing.answer.clone());
        }
        match (self.ask_ocsp(configuration).await, &mut *kept) {
            (Ok(answer), kept) => {
                *kept = Some(Standing { answer: answer.clone(), given_at: now, asked_at: now });
                Ok(answer)
            }
            (Err(fault), Some(standing))
                if now.seconds_since(standing.given_at) < configuration.ocsp_max_age_seconds =>
            {
                tracing::warn!(why = fault.message, "an earlier answer about our certificate still serves");
                standing.asked_at = now;
                Ok(standing.answer.clone())
            }
            (Err(fault), _) => Err(fault),
        }
    }

    async fn ask_ocsp(&self, configuration: &Configuration) -> Result<Vec<u8>, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("server.clientproxy.cannot_create_signature.ocsp", why);
        let issuer = self.keys.sign_chain.get(1).ok_or_else(|| fault(&"no issuer"))?;
        let issuer = Certificate::parse(issuer).map_err(|error| fault(&error))?;
        let id = CertId::new(&issuer, self.keys.sign_certificate.serial());
        let question = OcspRequest { ids: vec![id], nonce: None }.build();
        let headers = [("content-type", "application/ocsp-request")];
        let answer = self.inside.send(::http::Method::POST, &configuration.ocsp_url, &headers, question).await;
        let answer = answer.map_err(|error| fault(&error))?;
        if !answer.status.is_success() {
            return Err(fault(&format!("{} answered {}", configuration.ocsp_url, answer.status)));
        }
        Ok(answer.body.to_vec())
    }
}

fn internal(error: &dyn std::fmt::Display) -> Fault {
    Fault::new("server.clientproxy.internal_error", error)
}

/// A key and its chain, DER; empty until the server has joined.
type Stored = (Arc<SigningKey>, Vec<Vec<u8>>);

/// The key for a purpose: kept before anybody certifies it, so that a server
/// that dies while it joins comes back with the same one.
async fn ensure(ctx: &Ctx, word: &'static str) -> Result<Stored, Fault> {
    if let Some(there) = ctx.read(move |read| load(read, word)).await.map_err(|error| internal(&error))? {
        return Ok(there);
    }
    let key = SigningKey::generate(Algorithm::P256, &*ctx.entropy).map_err(|error| internal(&error))?;
    let secret = key.to_pkcs8().map_err(|error| internal(&error))?.to_vec();
    ctx.write(Key::new("exchange.first_key", word), move |tx| {
        let (id, now): (KeyId, _) = (tx.mint(), tx.now());
        let sealed = tx.seal(id, SECRET, &secret)?;
        tx.execute_one(&sql::INSERT_KEY, &params![id, word, sealed, Vec::<u8>::new(), now])
    })
    .await
    .map_err(|error: Error| internal(&error))?;
    Ok((Arc::new(key), Vec::new()))
}

fn load(read: &mut Read<'_>, purpose: &str) -> Result<Option<Stored>, Error> {
    let corrupt = |error: SealError| Error::Corrupt(error.to_string());
    let Some(row) = read.row(&sql::KEY, &params![purpose])? else { return Ok(None) };
    let secret = read.open(row.get::<KeyId>(0)?, SECRET, &row.get::<Vec<u8>>(1)?)?;
    let bundle = String::from_utf8(row.get(2)?).map_err(|_| Error::Corrupt("a chain".to_owned()))?;
    let chain = bundle.lines().map(from_base64).collect::<Result<_, _>>().map_err(corrupt)?;
    Ok(Some((Arc::new(SigningKey::from_pkcs8(&secret).map_err(corrupt)?), chain)))
}

/// The system of one security server, in a site of its own.
#[must_use]
pub fn system(server: &Arc<Server>) -> System {
    let refreshing = Arc::clone(server);
    let refresh = store::Job::every("exchange.refresh", std::time::Duration::from_secs(2), move |ctx, _| {
        let server = Arc::clone(&refreshing);
        async move { server.refresh(&ctx).await }
    });
    System {
        name: "security-server",
        statements: sql::ALL,
        migrations: MIGRATIONS,
        routes: http::routes(),
        jobs: vec![refresh],
        invariants: log::invariants(),
        ..System::default()
    }
    .with_state(Arc::clone(server))
}
