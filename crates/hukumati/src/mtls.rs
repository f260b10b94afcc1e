//! The listener for machines with certificates: TLS 1.3, a client certificate
//! of the configured authority or no connection.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
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
}

impl Mtls {
    /// The TLS of the listener.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>> {
        let Some(key) = pem("PRIVATE KEY", &self.key)?.into_iter().next() else {
            bail!("{} holds no PKCS#8 key", self.key.display());
        };
        server(pem("CERTIFICATE", &self.clients)?, pem("CERTIFICATE", &self.certificate)?, key)
            .with_context(|| format!("{} and {} do not fit", self.certificate.display(), self.key.display()))
    }
}

/// TLS 1.3 with this chain and key, for clients that one of the roots vouches for.
pub(crate) fn server(roots: Vec<Vec<u8>>, chain: Vec<Vec<u8>>, key: Vec<u8>) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(store(roots)?), Arc::clone(&provider)).build()?;
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
