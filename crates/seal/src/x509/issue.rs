//! Issuing certificates by profile.

use std::net::IpAddr;

use base::Timestamp;

use super::certificate::sign_frame;
use super::extension::{KeyUsage, alt_names, distribution_point, extension, info_access, key_identifier};
use super::{Certificate, Name, SERIAL_MAX_BYTES};
use crate::der::{self, tag};
use crate::{Hash, PublicKey, SealError, Signer, oid};

/// What a certificate is for. The same words ask for a usage when a chain is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A trust anchor that signs issuing authorities and its own lists.
    Root,
    /// An authority that signs end certificates only (path length 0).
    Issuing,
    /// A TLS server.
    TlsServer,
    /// A TLS client.
    TlsClient,
    /// Both ends of TLS, as security servers authenticate each other.
    TlsPeer,
    /// An agency's signature on exchange messages (content commitment only).
    MessageSigning,
    /// A seal on papers (RFC 9336).
    DocumentSeal,
    /// A delegated OCSP responder (RFC 6960 §4.2.2.2).
    OcspResponder,
    /// A time-stamping authority (RFC 3161 §2.3).
    TimeStamp,
}

/// What shall be certified.
#[derive(Debug, Clone)]
pub struct CertificateRequest {
    /// Whom it names.
    pub subject: Name,
    /// The certified key.
    pub public_key: PublicKey,
    /// First instant of validity; whole seconds are written.
    pub not_before: Timestamp,
    /// Last second of validity.
    pub not_after: Timestamp,
    /// Serial number: 1 to 20 octets, not zero; 16 random ones are usual.
    pub serial: Vec<u8>,
    /// DNS names.
    pub dns_names: Vec<String>,
    /// IP addresses.
    pub ip_addresses: Vec<IpAddr>,
    /// Where the issuer's revocation list is published.
    pub crl_url: Option<String>,
    /// Where the issuer's OCSP responder answers.
    pub ocsp_url: Option<String>,
    /// Where the issuer's certificate is published.
    pub issuer_url: Option<String>,
}

/// Bits, purposes, and whether the purposes are critical.
struct Shape {
    key_usage: &'static [u8],
    purposes: &'static [&'static [u8]],
    critical: bool,
}

impl Profile {
    const fn shape(self) -> Shape {
        const SIGNS: &[u8] = &[KeyUsage::DIGITAL_SIGNATURE];
        const COMMITS: &[u8] = &[KeyUsage::NON_REPUDIATION];
        let (key_usage, purposes): (&[u8], &[&[u8]]) = match self {
            Self::Root | Self::Issuing => (&[KeyUsage::CERTIFICATE_SIGN, KeyUsage::CRL_SIGN], &[]),
            Self::TlsServer => (SIGNS, &[oid::SERVER_AUTH]),
            Self::TlsClient => (SIGNS, &[oid::CLIENT_AUTH]),
            Self::TlsPeer => (SIGNS, &[oid::SERVER_AUTH, oid::CLIENT_AUTH]),
            Self::MessageSigning => (COMMITS, &[]),
            Self::DocumentSeal => (&[KeyUsage::DIGITAL_SIGNATURE, KeyUsage::NON_REPUDIATION], &[oid::DOCUMENT_SIGNING]),
            Self::OcspResponder => (SIGNS, &[oid::OCSP_SIGNING]),
            Self::TimeStamp => (SIGNS, &[oid::TIME_STAMPING]),
        };
        Shape { key_usage, purposes, critical: matches!(self, Self::TimeStamp) }
    }

    const fn is_authority(self) -> bool {
        matches!(self, Self::Root | Self::Issuing)
    }

    /// Fails unless the certificate may be used for this.
    pub(super) fn check(self, certificate: &Certificate) -> Result<(), SealError> {
        let shape = self.shape();
        if self.is_authority() {
            let usage_fits = certificate.key_usage().is_some_and(|usage| usage.has(KeyUsage::CERTIFICATE_SIGN));
            return if certificate.is_authority() && usage_fits {
                Ok(())
            } else {
                Err(SealError::Untrusted("not an authority"))
            };
        }
        let usage = certificate.key_usage().ok_or(SealError::Untrusted("no key usage"))?;
        if !shape.key_usage.iter().any(|&bit| usage.has(bit)) {
            return Err(SealError::Untrusted("key usage"));
        }
        let Some(purposes) = certificate.extended_key_usage() else {
            // Without purposes a certificate serves those usages that its key usage alone tells apart.
            let must_say = matches!(self, Self::DocumentSeal | Self::OcspResponder | Self::TimeStamp);
            return if must_say { Err(SealError::Untrusted("no extended key usage")) } else { Ok(()) };
        };
        // Signing messages has no purpose of its own, so any purpose is another one.
        let fits = shape.purposes.iter().all(|wanted| purposes.iter().any(|purpose| purpose == wanted));
        if !fits || shape.purposes.is_empty() {
            return Err(SealError::Untrusted("extended key usage"));
        }
        // RFC 3161 §2.3: that purpose alone, and critical.
        if self == Self::TimeStamp && (purposes.len() != 1 || !certificate.extended_key_usage_is_critical()) {
            return Err(SealError::Untrusted("extended key usage of a time-stamping authority"));
        }
        Ok(())
    }
}

/// Issues a self-signed trust anchor.
///
/// # Errors
/// [`SealError::Key`] if `signer` is not the requested key, [`SealError::Malformed`] for a request that
/// RFC 5280 does not allow, [`SealError::Engine`].
pub fn issue_root(request: &CertificateRequest, signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
    if signer.public() != &request.public_key {
        return Err(SealError::Key("a root signs itself"));
    }
    build(Profile::Root, request, &request.subject, &key_identifier(signer.public()), signer)
}

/// Issues a certificate of that profile under an authority.
///
/// # Errors
/// [`SealError::Refused`] if the authority may not issue it or ends before it,
/// [`SealError::Key`] if `signer` is not the authority's key, and as [`issue_root`].
pub fn issue(
    profile: Profile,
    request: &CertificateRequest,
    authority: &Certificate,
    signer: &dyn Signer,
) -> Result<Vec<u8>, SealError> {
    if signer.public() != authority.public_key() {
        return Err(SealError::Key("the signer is not the authority's key"));
    }
    let below = authority.basic_constraints().and_then(|constraints| constraints.path_length);
    if profile == Profile::Root || !authority.is_authority() || profile.is_authority() && below == Some(0) {
        return Err(SealError::Refused("the authority may not issue this"));
    }
    if request.not_after > authority.not_after() || request.not_before < authority.not_before() {
        return Err(SealError::Refused("validity beyond the authority's"));
    }
    let key_id = authority.subject_key_id().ok_or(SealError::Refused("the authority has no key identifier"))?;
    build(profile, request, authority.subject(), key_id, signer)
}

fn build(
    profile: Profile,
    request: &CertificateRequest,
    issuer: &Name,
    issuer_key_id: &[u8],
    signer: &dyn Signer,
) -> Result<Vec<u8>, SealError> {
    let serial = der::unsigned(&request.serial);
    if serial.len() > SERIAL_MAX_BYTES + 2 || request.serial.iter().all(|&octet| octet == 0) {
        return Err(SealError::malformed("serial number", "1 to 20 octets, positive"));
    }
    if request.not_after <= request.not_before {
        return Err(SealError::malformed("validity", "ends before it begins"));
    }
    let body = der::sequence([
        der::explicit(0, &der::number(2)),
        serial,
        signer.algorithm().signature_identifier(Hash::Sha256),
        issuer.der().to_vec(),
        der::sequence([der::time(request.not_before), der::time(request.not_after)]),
        request.subject.der().to_vec(),
        request.public_key.spki().to_vec(),
        der::explicit(3, &der::sequence(extensions(profile, request, issuer_key_id)?)),
    ]);
    sign_frame(body, signer)
}

fn extensions(profile: Profile, request: &CertificateRequest, issuer_key_id: &[u8]) -> Result<Vec<Vec<u8>>, SealError> {
    let shape = profile.shape();
    let mut list = Vec::new();
    if profile.is_authority() {
        let path_length = if profile == Profile::Issuing { der::number(0) } else { Vec::new() };
        let value = der::sequence([der::boolean(true), path_length]);
        list.push(extension(oid::BASIC_CONSTRAINTS, true, &value));
    }
    list.push(extension(oid::KEY_USAGE, true, &der::named_bits(shape.key_usage)));
    if !shape.purposes.is_empty() {
        let purposes: Vec<_> = shape.purposes.iter().map(|purpose| der::oid(purpose)).collect();
        list.push(extension(oid::EXTENDED_KEY_USAGE, shape.critical, &der::sequence(purposes)));
    }
    let names = alt_names(&request.dns_names, &request.ip_addresses)?;
    if !names.is_empty() {
        list.push(extension(oid::SUBJECT_ALT_NAME, false, &names));
    } else if profile == Profile::TlsServer {
        return Err(SealError::malformed("certificate request", "a TLS server has a DNS name or an IP address"));
    }
    list.push(extension(oid::SUBJECT_KEY_IDENTIFIER, false, &der::octets(&key_identifier(&request.public_key))));
    if profile != Profile::Root {
        let value = der::sequence([der::tlv(tag::context_primitive(0), issuer_key_id)]);
        list.push(extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &value));
    }
    if profile == Profile::OcspResponder {
        list.push(extension(oid::OCSP_NO_CHECK, false, &der::null()));
    }
    if let Some(url) = &request.crl_url {
        list.push(extension(oid::CRL_DISTRIBUTION_POINTS, false, &distribution_point(checked(url)?)));
    }
    let mut access: Vec<(&[u8], &str)> = Vec::new();
    if let Some(url) = &request.ocsp_url {
        access.push((oid::OCSP, checked(url)?));
    }
    if let Some(url) = &request.issuer_url {
        access.push((oid::CA_ISSUERS, checked(url)?));
    }
    if !access.is_empty() {
        list.push(extension(oid::AUTHORITY_INFO_ACCESS, false, &info_access(&access)));
    }
    Ok(list)
}

fn checked(url: &str) -> Result<&str, SealError> {
    let fits = !url.is_empty() && url.len() <= 512 && url.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(url) } else { Err(SealError::malformed("address", "visible ASCII, at most 512 bytes")) }
}
