//! PKCS#10 signing requests (RFC 2986).

use std::net::IpAddr;

use super::certificate::{sign_frame, verify_signed};
use super::extension::{Extensions, alt_names, extension};
use super::{CERTIFICATE_MAX_BYTES, Name};
use crate::der::{self, Reader, tag};
use crate::{Algorithm, PublicKey, SealError, Signer, oid};

/// A request whose own signature was verified: the sender holds the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    /// Whom the sender wants named; the authority decides.
    pub subject: Name,
    /// The sender's key.
    pub public_key: PublicKey,
    /// DNS names asked for.
    pub dns_names: Vec<String>,
    /// IP addresses asked for.
    pub ip_addresses: Vec<IpAddr>,
}

/// Builds a request signed by the key that it names.
///
/// # Errors
/// [`SealError::Malformed`] for a bad alternative name, [`SealError::Engine`].
pub fn build_csr(
    subject: &Name,
    dns_names: &[String],
    ip_addresses: &[IpAddr],
    signer: &dyn Signer,
) -> Result<Vec<u8>, SealError> {
    let names = alt_names(dns_names, ip_addresses)?;
    let attributes = if names.is_empty() {
        Vec::new()
    } else {
        let extensions = der::sequence([extension(oid::SUBJECT_ALT_NAME, false, &names)]);
        der::sequence([der::oid(oid::EXTENSION_REQUEST), der::set_of(vec![extensions])])
    };
    let body = der::sequence([
        der::number(0),
        subject.der().to_vec(),
        signer.public().spki().to_vec(),
        der::tlv(tag::context(0), &attributes),
    ]);
    sign_frame(body, signer)
}

impl SigningRequest {
    /// Reads a request and verifies its signature.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::Signature`], [`SealError::Unsupported`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("signing request", bytes, CERTIFICATE_MAX_BYTES)?;
        let signed = outer.tlv(tag::SEQUENCE)?;
        let algorithm = outer.tlv(tag::SEQUENCE)?.whole;
        let signature = outer.bits()?;
        outer.finish()?;
        let mut body = Reader::new("signing request", signed.content);
        if body.number()? != 0 {
            return Err(SealError::Unsupported("signing request version"));
        }
        let subject = Name::read(&mut body)?;
        let public_key = PublicKey::from_spki(body.tlv(tag::SEQUENCE)?.whole)?;
        let mut extensions = Extensions::default();
        let mut attributes = body.optional_inside(tag::context(0))?.unwrap_or(Reader::new("signing request", &[]));
        body.finish()?;
        while !attributes.is_empty() {
            let mut attribute = attributes.sequence()?;
            let id = attribute.oid()?;
            let values = attribute.tlv(tag::SET)?;
            if id == oid::EXTENSION_REQUEST {
                extensions = Extensions::read(Reader::new("signing request", values.content))?;
            }
        }
        let algorithm = Algorithm::from_signature_identifier(algorithm)
            .ok_or(SealError::Unsupported("signing request algorithm"))?;
        verify_signed(&public_key, algorithm, signed.whole, signature)?;
        let Extensions { dns_names, ip_addresses, .. } = extensions;
        Ok(Self { subject, public_key, dns_names, ip_addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Attribute;
    use super::super::testing::fresh_key;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests_prove_possession() {
        let name = Name::new(&[(Attribute::CommonName, "security server")]).unwrap();
        for algorithm in [Algorithm::P256, Algorithm::Ed25519, Algorithm::Rsa] {
            let key = fresh_key(algorithm);
            let dns = ["ss1.example.ps".to_owned()];
            let ips = ["127.0.0.2".parse().unwrap()];
            let bytes = build_csr(&name, &dns, &ips, &key).unwrap();
            let read = SigningRequest::parse(&bytes).unwrap();
            assert_eq!((&read.subject, &read.public_key), (&name, key.public()));
            assert_eq!((&read.dns_names[..], &read.ip_addresses[..]), (&dns[..], &ips[..]));
            let plain = SigningRequest::parse(&build_csr(&name, &[], &[], &key).unwrap()).unwrap();
            assert!(plain.dns_names.is_empty());
            let mut bent = bytes;
            let last = bent.len() - 1;
            bent[last] ^= 1;
            assert!(SigningRequest::parse(&bent).is_err());
        }
        assert!(build_csr(&name, &["a b".to_owned()], &[], &fresh_key(Algorithm::P256)).is_err());
        assert!(build_csr(&name, &["-a.ps".to_owned()], &[], &fresh_key(Algorithm::P256)).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(SigningRequest::parse(&bytes).is_err());
        }
    }
}
