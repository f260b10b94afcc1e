//! X.509 (RFC 5280): certificates issued, read and verified against one
//! anchor, revocation lists, OCSP (RFC 6960) and signing requests (RFC 2986).
//!
//! Stricter than the RFC where that is simpler: names are compared octet by
//! octet, an unknown critical extension (name constraints and policy
//! constraints among them) refuses the path, keys are those of [`crate::key`].

mod certificate;
mod chain;
mod crl;
mod csr;
mod extension;
mod issue;
mod name;
mod ocsp;
mod ocsp_response;
#[cfg(test)]
pub(crate) mod testing;

pub use certificate::Certificate;
pub use chain::{verify_chain, verify_chain_any};
pub use crl::{Crl, CrlRequest, Reason, Revoked, issue_crl};
pub use csr::{SigningRequest, build_csr};
pub use extension::{BasicConstraints, KeyUsage};
pub use issue::{CertificateRequest, Profile, issue, issue_root};
pub use name::{Attribute, Name};
pub use ocsp::{CertId, OcspRequest};
pub use ocsp_response::{
    OcspFailure, OcspPolicy, OcspResponse, OcspSingle, OcspStatus, build_ocsp_response, ocsp_failure,
};

/// Longest certificate or signing request read, in bytes.
pub const CERTIFICATE_MAX_BYTES: usize = 16 * 1024;
/// Most extensions in one certificate.
pub const EXTENSIONS_MAX: usize = 32;
/// Most names (DNS, IP, URI, mail) in one certificate.
pub const ALT_NAMES_MAX: usize = 100;
/// Most attributes in one name.
pub const NAME_ATTRIBUTES_MAX: usize = 16;
/// Longest attribute of a name that is issued, in characters (RFC 5280 appendix A, `ub-common-name`).
pub const NAME_TEXT_MAX_CHARS: usize = 64;
/// Longest attribute of a name that is read, in bytes.
pub const NAME_TEXT_MAX_BYTES: usize = 1024;
/// Octets of a serial number (RFC 5280 §4.1.2.2).
pub const SERIAL_MAX_BYTES: usize = 20;
/// Certificates from the end to the anchor, both counted.
pub const CHAIN_MAX: usize = 6;
/// Most intermediates offered for one path.
pub const INTERMEDIATES_MAX: usize = 16;
/// Longest revocation list read, in bytes.
pub const CRL_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Longest OCSP request read, in bytes.
pub const OCSP_REQUEST_MAX_BYTES: usize = 8 * 1024;
/// Longest OCSP response read, in bytes.
pub const OCSP_RESPONSE_MAX_BYTES: usize = 64 * 1024;
/// Most certificates asked about at once.
pub const OCSP_IDS_MAX: usize = 16;
/// Longest nonce (RFC 9654 §2.1), in bytes.
pub const OCSP_NONCE_MAX_BYTES: usize = 128;
/// Clocks may differ by this much before "from the future" is refused, in seconds.
pub const CLOCK_SKEW_SECONDS: i64 = 300;
