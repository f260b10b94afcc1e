//! TLS 1.3 between servers: both sides show a certificate of the instance's
//! authority, and it must be one that the configuration names.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};
use seal::SigningKey;
use seal::digest::{hex, sha256};

use super::Keys;
use super::configuration::Configuration;

/// How long another server may take.
pub(crate) const LIMIT: Duration = Duration::from_millis(3_500);
/// How long a system of our own agency may take.
pub(crate) const INSIDE_LIMIT: Duration = Duration::from_secs(3);

/// The TLS certificates that the configuration names, and its anchors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pins(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// SHA-256, hexadecimal.
    certificates: HashSet<String>,
    /// DER.
    roots: Vec<Vec<u8>>,
}

impl Pins {
    pub(crate) fn set(&self, configuration: &Configuration) {
        let certificates = configuration.servers.iter().map(|server| server.tls_sha256.clone()).collect();
        let roots = configuration.roots().unwrap_or_default();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Known { certificates, roots };
    }
    /// Whether the configuration names this certificate.
    pub(crate) fn know(&self, certificate: &[u8]) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).certificates.contains(&hex(&sha256(certificate)))
    }
    fn roots(&self) -> Vec<Vec<u8>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).roots.clone()
    }
}

fn identity(
    key: &SigningKey,
    chain: &[Vec<u8>],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let chain = chain.iter().cloned().map(CertificateDer::from).collect();
    let secret = key.to_pkcs8().map_err(|error| error.to_string())?;
    Ok((chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(secret.to_vec()))))
}

pub(crate) fn server(keys: &Keys, roots: &[Vec<u8>]) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(anchors(roots)?), Arc::clone(&provider));
    let verifier = verifier.build().map_err(|error| error.to_string())?;
    let (chain, key) = identity(&keys.tls, &keys.tls_chain)?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| error.to_string())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config))
}

pub(crate) fn client(keys: &Keys, pins: &Pins) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let (chain, key) = identity(&keys.tls, &keys.tls_chain)?;
    ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pins: pins.clone(), provider }))
        .with_client_auth_cert(chain, key)
        .map_err(|error| error.to_string())
}

fn anchors(roots: &[Vec<u8>]) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(CertificateDer::from(root.clone())).map_err(|error| error.to_string())?;
    }
    Ok(store)
}

/// The ordinary verification of a server's certificate, and then the pin.
#[derive(Debug)]
struct Pinned {
    pins: Pins,
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let general = |why: String| rustls::Error::General(why);
        let roots = Arc::new(anchors(&self.pins.roots()).map_err(general)?);
        let inner = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&self.provider)).build();
        let inner = inner.map_err(|error| general(error.to_string()))?;
        inner.verify_server_cert(end_entity, intermediates, server_name, ocsp, now)?;
        if self.pins.know(end_entity) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
