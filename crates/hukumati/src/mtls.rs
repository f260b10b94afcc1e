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
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in pem("CERTIFICATE", &self.clients)? {
            roots.add(CertificateDer::from(certificate)).context("an authority of clients")?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
        let chain = pem("CERTIFICATE", &self.certificate)?.into_iter().map(CertificateDer::from).collect();
        let Some(key) = pem("PRIVATE KEY", &self.key)?.into_iter().next() else {
            bail!("{} holds no PKCS#8 key", self.key.display());
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key));
        let server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .with_context(|| format!("{} and {} do not fit", self.certificate.display(), self.key.display()))?;
        Ok(Arc::new(server))
    }
}

fn pem(label: &str, path: &PathBuf) -> Result<Vec<Vec<u8>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    seal::digest::from_pem(label, &text).with_context(|| format!("{} is not PEM", path.display()))
}
