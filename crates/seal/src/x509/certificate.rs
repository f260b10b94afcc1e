//! A certificate as read.

use std::net::IpAddr;
use std::ops::Range;

use base::Timestamp;

use super::extension::{BasicConstraints, Extensions, KeyUsage};
use super::{CERTIFICATE_MAX_BYTES, Name, SERIAL_MAX_BYTES};
use crate::der::{self, Reader, tag};
use crate::{Algorithm, Hash, PublicKey, SealError, digest};

/// A certificate whose bytes were read; nothing about its trust is known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: (Algorithm, Hash),
    signature: Vec<u8>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    public_key: PublicKey,
    extensions: Extensions,
}

impl Certificate {
    /// Reads a DER certificate.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::TooLarge`], [`SealError::Key`], or
    /// [`SealError::Unsupported`] for algorithms that this crate does not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("certificate", bytes, CERTIFICATE_MAX_BYTES)?;
        let signed = outer.tlv(tag::SEQUENCE)?;
        let algorithm = outer.tlv(tag::SEQUENCE)?.whole;
        let signature = outer.bits()?.to_vec();
        outer.finish()?;

        let mut body = Reader::new("certificate", signed.content);
        let version = body.optional_inside(tag::context(0))?.map_or(Ok(0), |mut version| version.number())?;
        if version != 2 {
            return Err(SealError::Unsupported("certificate version other than 3"));
        }
        let serial = read_serial(&mut body)?;
        // RFC 5280 §4.1.1.2: what is signed must name the same algorithm.
        if body.tlv(tag::SEQUENCE)?.whole != algorithm {
            return Err(SealError::malformed("certificate", "two signature algorithms"));
        }
        let signature_algorithm = Algorithm::from_signature_identifier(algorithm)
            .ok_or(SealError::Unsupported("certificate signature algorithm"))?;
        let issuer = Name::read(&mut body)?;
        let mut validity = body.sequence()?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.finish()?;
        let subject = Name::read(&mut body)?;
        let public_key = PublicKey::from_spki(body.tlv(tag::SEQUENCE)?.whole)?;
        for unique_id in [1, 2] {
            body.optional(tag::context_primitive(unique_id))?;
        }
        let extensions =
            body.optional_inside(tag::context(3))?.map_or_else(|| Ok(Extensions::default()), Extensions::read)?;
        body.finish()?;

        let start = signed.whole.as_ptr() as usize - bytes.as_ptr() as usize;
        Ok(Self {
            der: bytes.to_vec(),
            signed: start..start + signed.whole.len(),
            signature_algorithm,
            signature,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            extensions,
        })
    }

    /// Reads every certificate of a PEM text.
    ///
    /// # Errors
    /// As [`Certificate::parse`].
    pub fn parse_pem(text: &str) -> Result<Vec<Self>, SealError> {
        digest::from_pem("CERTIFICATE", text)?.iter().map(|bytes| Self::parse(bytes)).collect()
    }

    /// The DER bytes that were read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// The certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        digest::pem("CERTIFICATE", &self.der)
    }
    /// SHA-256 of the DER bytes.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        digest::sha256(&self.der)
    }
    /// The serial number: magnitude without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }
    /// Who issued it.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }
    /// Whom it names.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }
    /// First instant of validity.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }
    /// Last second of validity.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }
    /// The certified key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
    /// Basic constraints, if there.
    #[must_use]
    pub const fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extensions.basic_constraints
    }
    /// Key usage, if there.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }
    /// Extended key usage as content octets of object identifiers, if there.
    #[must_use]
    pub fn extended_key_usage(&self) -> Option<&[Vec<u8>]> {
        self.extensions.extended_key_usage.as_deref()
    }
    pub(crate) const fn extended_key_usage_is_critical(&self) -> bool {
        self.extensions.extended_key_usage_critical
    }
    /// DNS names it is for.
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        &self.extensions.dns_names
    }
    /// IP addresses it is for.
    #[must_use]
    pub fn ip_addresses(&self) -> &[IpAddr] {
        &self.extensions.ip_addresses
    }
    /// Subject key identifier, if there.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }
    /// Authority key identifier, if there.
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }
    /// Where revocation lists are published.
    #[must_use]
    pub fn crl_urls(&self) -> &[String] {
        &self.extensions.crl_urls
    }
    /// Where the OCSP responder answers.
    #[must_use]
    pub fn ocsp_urls(&self) -> &[String] {
        &self.extensions.ocsp_urls
    }
    /// Where the issuer's certificate is published.
    #[must_use]
    pub fn issuer_urls(&self) -> &[String] {
        &self.extensions.issuer_urls
    }
    /// Whether an OCSP responder's certificate is exempt from checks.
    #[must_use]
    pub const fn ocsp_no_check(&self) -> bool {
        self.extensions.ocsp_no_check
    }
    pub(super) const fn has_unknown_critical(&self) -> bool {
        self.extensions.unknown_critical
    }

    /// Whether it may sign certificates.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.ca)
            && self.key_usage().is_none_or(|usage| usage.has(KeyUsage::CERTIFICATE_SIGN))
    }

    /// Fails outside the validity period.
    ///
    /// # Errors
    /// [`SealError::NotYetValid`] or [`SealError::Expired`].
    pub fn check_time(&self, now: Timestamp) -> Result<(), SealError> {
        if now < self.not_before {
            return Err(SealError::NotYetValid("certificate"));
        }
        // notAfter is inclusive and has whole seconds.
        if now.as_seconds() > self.not_after.as_seconds() {
            return Err(SealError::Expired("certificate"));
        }
        Ok(())
    }

    /// Fails unless that certificate's name and key issued this one; its right
    /// to do so is [`super::verify_chain`]'s question.
    ///
    /// # Errors
    /// [`SealError::Untrusted`] or [`SealError::Signature`].
    pub fn check_issued_by(&self, issuer: &Self) -> Result<(), SealError> {
        if self.issuer != issuer.subject {
            return Err(SealError::Untrusted("another issuer"));
        }
        if let (Some(wanted), Some(has)) = (self.authority_key_id(), issuer.subject_key_id())
            && wanted != has
        {
            return Err(SealError::Untrusted("another issuer's key"));
        }
        verify_signed(&issuer.public_key, self.signature_algorithm, &self.der[self.signed.clone()], &self.signature)
    }
}

/// Reads a serial number: positive, at most [`SERIAL_MAX_BYTES`].
pub(super) fn read_serial(reader: &mut Reader<'_>) -> Result<Vec<u8>, SealError> {
    let serial = reader.unsigned()?;
    if serial.len() > SERIAL_MAX_BYTES {
        return Err(SealError::TooLarge { what: "serial number", limit: SERIAL_MAX_BYTES });
    }
    Ok(serial.to_vec())
}

/// Verifies a signature made by that key with that algorithm.
pub(super) fn verify_signed(
    key: &PublicKey,
    (algorithm, hash): (Algorithm, Hash),
    signed: &[u8],
    signature: &[u8],
) -> Result<(), SealError> {
    if !key.algorithm().is_named_by(algorithm) {
        return Err(SealError::Signature("another algorithm than the key's"));
    }
    key.verify_hashed_der(hash, signed, signature)
}

/// `SEQUENCE { signed, algorithm, signature }`, the frame of all signed things of X.509.
pub(super) fn sign_frame(signed: Vec<u8>, signer: &dyn crate::Signer) -> Result<Vec<u8>, SealError> {
    let signature = signer.sign_der(&signed)?;
    Ok(der::sequence([signed, signer.algorithm().signature_identifier(Hash::Sha256), der::bits(&signature)]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW, fresh_key, request};
    use super::super::{Attribute, Profile, issue};
    use super::*;
    use crate::Signer;
    use proptest::prelude::*;

    #[test]
    fn what_was_issued_is_read_back() {
        let house = House::new(Algorithm::P256);
        let key = fresh_key(Algorithm::P256);
        let wanted = request("Server", &key, 2);
        let der = issue(Profile::TlsServer, &wanted, &house.issuing, &house.issuing_key).unwrap();
        let read = Certificate::parse(&der).unwrap();
        assert_eq!(read.subject(), &wanted.subject);
        assert_eq!(read.subject().get(Attribute::Organization), Some("وزارة"));
        assert_eq!(read.issuer(), house.issuing.subject());
        assert_eq!(read.public_key(), key.public());
        assert_eq!(read.not_before(), NOW.plus_seconds(-86_400));
        assert_eq!(read.dns_names(), wanted.dns_names);
        assert_eq!(read.ip_addresses(), wanted.ip_addresses);
        assert_eq!(read.crl_urls(), ["http://ca.example.ps/issuing.crl"]);
        assert_eq!(read.ocsp_urls(), ["http://ca.example.ps/ocsp"]);
        assert_eq!(read.issuer_urls(), ["http://ca.example.ps/issuing.cer"]);
        assert_eq!(read.authority_key_id(), house.issuing.subject_key_id());
        assert_eq!(read.subject_key_id().unwrap().len(), 20);
        assert!(read.key_usage().unwrap().has(KeyUsage::DIGITAL_SIGNATURE));
        assert!(!read.key_usage().unwrap().has(KeyUsage::CERTIFICATE_SIGN));
        assert!(!read.is_authority() && house.issuing.is_authority() && house.root.is_authority());
        assert_eq!(house.issuing.basic_constraints().unwrap().path_length, Some(0));
        assert_eq!(Certificate::parse_pem(&(read.pem() + &house.root.pem())).unwrap(), [read, house.root]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, place in 0_usize..2000, byte: u8, cut in 0_usize..2000) {
            let _ = Certificate::parse(&bytes);
            let house = House::fixed();
            let mut bent = house.issuing.der().to_vec();
            let length = bent.len();
            bent[place % length] = byte;
            let _ = Certificate::parse(&bent);
            prop_assert!(Certificate::parse(&house.issuing.der()[..cut % length]).is_err());
        }
    }
}
