//! The listener for machines with certificates: TLS 1.3, a client certificate
//! of the configured authority or no connection. Where people show theirs at it
//! too, their authority is asked for as well, and whoever has none comes as far as
//! the page that says so: what is for machines asks for a machine's (`web::guard`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use payments::Collectors;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;

/// `[mtls]`; without it the listener stays closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mtls {
    /// Our certificate and what lies between it and its root, PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, PKCS#8 PEM.
    pub(crate) key: PathBuf,
    /// Who may vouch for clients, PEM.
    pub(crate) clients: PathBuf,
    /// The collectors, each with the SHA-256 of its certificates, hexadecimal.
    #[serde(default)]
    pub(crate) collectors: BTreeMap<String, Vec<String>>,
}

impl Mtls {
    /// The collectors by their certificates.
    pub(crate) fn collectors(&self) -> Result<Collectors> {
        let mut collectors = Collectors::default();
        for (name, prints) in &self.collectors {
            for print in prints {
                // As `openssl x509 -fingerprint -sha256` writes it, too.
                let octets = seal::digest::from_hex(&print.replace(':', "").to_lowercase());
                let octets: Option<[u8; 32]> = octets.ok().and_then(|octets| octets.try_into().ok());
                let octets = octets.with_context(|| format!("[mtls] collectors: {print} is no SHA-256"))?;
                collectors.register(name, octets).context("[mtls] collectors")?;
            }
        }
        Ok(collectors)
    }
    /// The TLS of the listener; with the authority of people's certificates, DER,
    /// if they show them here.
    pub(crate) fn server(&self, people: Option<&[u8]>) -> Result<Arc<ServerConfig>> {
        let Some(key) = pem("PRIVATE KEY", &self.key)?.into_iter().next() else {
            bail!("{} holds no PKCS#8 key", self.key.display());
        };
        server(pem("CERTIFICATE", &self.clients)?, people, pem("CERTIFICATE", &self.certificate)?, key)
            .with_context(|| format!("{} and {} do not fit", self.certificate.display(), self.key.display()))
    }
}

/// TLS 1.3 with this chain and key, for clients that one of the roots vouches
/// for, and for people if their authority is given.
pub(crate) fn server(
    mut roots: Vec<Vec<u8>>,
    people: Option<&[u8]>,
    chain: Vec<Vec<u8>>,
    key: Vec<u8>,
) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Browsers offer what one of the named authorities issued, so people's is named itself.
    roots.extend(people.map(<[u8]>::to_vec));
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store(roots)?), Arc::clone(&provider));
    let verifier = if people.is_some() { builder.allow_unauthenticated() } else { builder }.build()?;
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(chain), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))?;
    Ok(Arc::new(server))
}

/// The other side: a client with this chain and key.
#[cfg(feature = "sandbox")]
pub(crate) fn client(roots: Vec<Vec<u8>>, chain: Vec<Vec<u8>>, key: Vec<u8>) -> Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(store(roots)?)
        .with_client_auth_cert(certificates(chain), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))?)
}

fn store(roots: Vec<Vec<u8>>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(CertificateDer::from(root)).context("an authority of clients")?;
    }
    Ok(store)
}

fn certificates(chain: Vec<Vec<u8>>) -> Vec<CertificateDer<'static>> {
    chain.into_iter().map(CertificateDer::from).collect()
}

fn pem(label: &str, path: &PathBuf) -> Result<Vec<Vec<u8>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    seal::digest::from_pem(label, &text).with_context(|| format!("{} is not PEM", path.display()))
}
