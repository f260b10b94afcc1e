//! The global configuration: who takes part, with which certificates, and which
//! agreements stand. Signed by the instance's central authority; every server
//! keeps its own copy, and none that is older, unsigned or out of date.

use base::Timestamp;
use seal::digest::{base64, from_base64};
use seal::{PublicKey, SealError, Signer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest configuration, bytes.
pub const CONFIGURATION_BYTES: usize = 4 << 20;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// `PS`.
    pub instance: String,
    /// Grows with every change, and never goes back.
    pub number: u64,
    /// Until when it holds, microseconds since 1970.
    pub expires_at: i64,
    /// Trust anchors, base64 of DER.
    pub roots: Vec<String>,
    /// What lies between servers' certificates and the anchors, base64 of DER.
    pub intermediates: Vec<String>,
    /// Where revocation is asked for.
    pub ocsp_url: String,
    /// How old an answer about revocation may be, seconds.
    pub ocsp_max_age_seconds: i64,
    /// Security servers.
    pub servers: Vec<ServerEntry>,
    /// Who may call what.
    pub agreements: Vec<AgreementEntry>,
    /// What operations answer.
    pub operations: Vec<OperationEntry>,
}

/// A security server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerEntry {
    /// `SS1`.
    pub code: String,
    /// Where other servers reach it: `https://127.0.0.2:5500`.
    pub address: String,
    /// SHA-256 of its TLS certificate, hexadecimal.
    pub tls_sha256: String,
    /// SHA-256 of its signing certificate, hexadecimal.
    pub sign_sha256: String,
    /// The subsystems that it speaks for.
    pub subsystems: Vec<String>,
}

/// An agreement: a subsystem may call an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementEntry {
    /// Its number.
    pub id: String,
    /// The calling subsystem.
    pub consumer: String,
    /// The operation.
    pub operation: String,
}

/// What an operation answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationEntry {
    /// Its identifier.
    pub id: String,
    /// JSON Schema of a successful answer.
    pub answer: Value,
}

/// A configuration as it travels.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The configuration's JSON, as text: the octets that are signed.
    pub configuration: String,
    /// The signature over it, base64.
    pub signature: String,
}

impl Configuration {
    /// Signs it.
    ///
    /// # Errors
    /// [`SealError::Engine`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<Signed, SealError> {
        let configuration =
            serde_json::to_string(self).map_err(|error| SealError::malformed("configuration", error.to_string()))?;
        let signature = base64(&signer.sign(configuration.as_bytes())?);
        Ok(Signed { configuration, signature })
    }

    /// Verifies and reads one.
    ///
    /// # Errors
    /// [`SealError::Signature`], [`SealError::Expired`], [`SealError::Malformed`].
    pub fn open(signed: &Signed, central: &PublicKey, now: Timestamp) -> Result<Self, SealError> {
        central.verify(signed.configuration.as_bytes(), &from_base64(&signed.signature)?)?;
        let read: Self = serde_json::from_str(&signed.configuration)
            .map_err(|error| SealError::malformed("configuration", error.to_string()))?;
        if read.expires_at <= now.as_micros() {
            return Err(SealError::Expired("configuration"));
        }
        Ok(read)
    }

    /// The server that speaks for a subsystem.
    #[must_use]
    pub fn server_of(&self, subsystem: &str) -> Option<&ServerEntry> {
        self.servers.iter().find(|server| server.subsystems.iter().any(|known| known == subsystem))
    }
    /// Whether an agreement lets a subsystem call an operation.
    #[must_use]
    pub fn allows(&self, consumer: &str, operation: &str) -> bool {
        self.agreements.iter().any(|agreed| agreed.consumer == consumer && agreed.operation == operation)
    }
    /// Trust anchors, DER.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn roots(&self) -> Result<Vec<Vec<u8>>, SealError> {
        self.roots.iter().map(|text| from_base64(text)).collect()
    }
    /// Intermediate certificates, DER.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn intermediates(&self) -> Result<Vec<Vec<u8>>, SealError> {
        self.intermediates.iter().map(|text| from_base64(text)).collect()
    }
}
