//! Certificate revocation lists (RFC 5280 §5).

use std::collections::BTreeMap;
use std::ops::Range;

use base::Timestamp;

use super::certificate::{read_serial, sign_frame, verify_signed};
use super::extension::{KeyUsage, extension};
use super::{CLOCK_SKEW_SECONDS, CRL_MAX_BYTES, Certificate, EXTENSIONS_MAX, Name};
use crate::der::{self, Reader, tag};
use crate::{Algorithm, Hash, SealError, Signer, oid};

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No reason given.
    Unspecified = 0,
    /// The key may be known to others.
    KeyCompromise = 1,
    /// The authority's key may be known to others.
    AuthorityCompromise = 2,
    /// The subject's name or affiliation changed.
    AffiliationChanged = 3,
    /// Replaced by another.
    Superseded = 4,
    /// No longer needed.
    CessationOfOperation = 5,
    /// On hold; may come back.
    Hold = 6,
    /// The right to it was withdrawn.
    PrivilegeWithdrawn = 9,
}

impl Reason {
    /// The reason with that number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        use Reason::{
            AffiliationChanged, AuthorityCompromise, CessationOfOperation, Hold, KeyCompromise, PrivilegeWithdrawn,
            Superseded, Unspecified,
        };
        [
            Unspecified,
            KeyCompromise,
            AuthorityCompromise,
            AffiliationChanged,
            Superseded,
            CessationOfOperation,
            Hold,
            PrivilegeWithdrawn,
        ]
        .into_iter()
        .find(|reason| *reason as u8 == number)
    }
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its serial number, without leading zeros.
    pub serial: Vec<u8>,
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// What a list shall say.
#[derive(Debug, Clone)]
pub struct CrlRequest {
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one comes at the latest.
    pub next_update: Timestamp,
    /// Grows with every list.
    pub number: u64,
    /// What is revoked.
    pub revoked: Vec<Revoked>,
}

/// Issues a full list of an authority.
///
/// # Errors
/// [`SealError::Key`] if `signer` is not the authority's key, [`SealError::Engine`].
pub fn issue_crl(request: &CrlRequest, authority: &Certificate, signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
    if signer.public() != authority.public_key() {
        return Err(SealError::Key("the signer is not the authority's key"));
    }
    let key_id = authority.subject_key_id().ok_or(SealError::Refused("the authority has no key identifier"))?;
    let entry = |revoked: &Revoked| {
        let reason = match revoked.reason {
            // RFC 5280 §5.3.1: unspecified is said by saying nothing.
            Reason::Unspecified => Vec::new(),
            reason => {
                let value = der::tlv(tag::ENUMERATED, &[reason as u8]);
                der::sequence([extension(oid::CRL_REASON, false, &value)])
            }
        };
        der::sequence([der::unsigned(&revoked.serial), der::time(revoked.at), reason])
    };
    let entries: Vec<_> = request.revoked.iter().map(entry).collect();
    let extensions = der::sequence([
        extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &der::sequence([der::tlv(tag::context_primitive(0), key_id)])),
        extension(oid::CRL_NUMBER, false, &der::number(request.number)),
    ]);
    let body = der::sequence([
        der::number(1),
        signer.algorithm().signature_identifier(Hash::Sha256),
        authority.subject().der().to_vec(),
        der::time(request.this_update),
        der::time(request.next_update),
        // RFC 5280 §5.1.2.6: without entries the list is absent.
        if entries.is_empty() { Vec::new() } else { der::sequence(entries) },
        der::explicit(0, &extensions),
    ]);
    sign_frame(body, signer)
}

/// A list as read; trusted only after [`Crl::verify`] or [`Crl::check`].
#[derive(Debug, Clone)]
pub struct Crl {
    der: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: (Algorithm, Hash),
    signature: Vec<u8>,
    /// Whose list.
    pub issuer: Name,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one comes at the latest.
    pub next_update: Option<Timestamp>,
    /// Its number, if it has one.
    pub number: Option<u64>,
    revoked: BTreeMap<Vec<u8>, (Timestamp, Reason)>,
}

impl Crl {
    /// Reads a DER list.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::TooLarge`], [`SealError::Unsupported`] for partial lists
    /// (any unknown critical extension).
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("revocation list", bytes, CRL_MAX_BYTES)?;
        let signed = outer.tlv(tag::SEQUENCE)?;
        let algorithm = outer.tlv(tag::SEQUENCE)?.whole;
        let signature = outer.bits()?.to_vec();
        outer.finish()?;
        let mut body = Reader::new("revocation list", signed.content);
        if body.peek() == Some(tag::INTEGER) && body.number()? != 1 {
            return Err(SealError::Unsupported("revocation list version"));
        }
        if body.tlv(tag::SEQUENCE)?.whole != algorithm {
            return Err(SealError::malformed("revocation list", "two signature algorithms"));
        }
        let signature_algorithm = Algorithm::from_signature_identifier(algorithm)
            .ok_or(SealError::Unsupported("revocation list algorithm"))?;
        let issuer = Name::read(&mut body)?;
        let this_update = body.time()?;
        let next_update = match body.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(body.time()?),
            _ => None,
        };
        let revoked = body.optional_inside(tag::SEQUENCE)?.map_or_else(|| Ok(BTreeMap::new()), read_entries)?;
        let number = body.optional_inside(tag::context(0))?.map_or(Ok(None), read_list_extensions)?;
        body.finish()?;
        let start = signed.whole.as_ptr() as usize - bytes.as_ptr() as usize;
        let signed = start..start + signed.whole.len();
        Ok(Self {
            der: bytes.to_vec(),
            signed,
            signature_algorithm,
            signature,
            issuer,
            this_update,
            next_update,
            number,
            revoked,
        })
    }

    /// How many certificates are revoked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.revoked.len()
    }
    /// Whether none is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }
    /// Since when and why that serial number is revoked, if it is.
    #[must_use]
    pub fn find(&self, serial: &[u8]) -> Option<(Timestamp, Reason)> {
        let zeros = serial.iter().take_while(|&&octet| octet == 0).count();
        self.revoked.get(&serial[zeros..]).copied()
    }

    /// Fails unless that authority signed the list and it is current at `now`.
    ///
    /// # Errors
    /// [`SealError::Untrusted`], [`SealError::Signature`], [`SealError::Expired`], [`SealError::NotYetValid`].
    pub fn verify(&self, authority: &Certificate, now: Timestamp) -> Result<(), SealError> {
        if &self.issuer != authority.subject() {
            return Err(SealError::Untrusted("another authority's list"));
        }
        if authority.key_usage().is_some_and(|usage| !usage.has(KeyUsage::CRL_SIGN)) {
            return Err(SealError::Untrusted("the authority may not sign lists"));
        }
        let signed = &self.der[self.signed.clone()];
        verify_signed(authority.public_key(), self.signature_algorithm, signed, &self.signature)?;
        if self.this_update > now.plus_seconds(CLOCK_SKEW_SECONDS) {
            return Err(SealError::NotYetValid("revocation list"));
        }
        match self.next_update {
            Some(next) if now <= next => Ok(()),
            _ => Err(SealError::Expired("revocation list")),
        }
    }

    /// Fails unless the list is the authority's, current, and does not name the certificate.
    ///
    /// # Errors
    /// [`SealError::Revoked`], and as [`Crl::verify`].
    pub fn check(&self, certificate: &Certificate, authority: &Certificate, now: Timestamp) -> Result<(), SealError> {
        if certificate.issuer() != authority.subject() {
            return Err(SealError::Untrusted("another issuer"));
        }
        self.verify(authority, now)?;
        if self.find(certificate.serial()).is_some() { Err(SealError::Revoked) } else { Ok(()) }
    }
}

fn read_entries(mut list: Reader<'_>) -> Result<BTreeMap<Vec<u8>, (Timestamp, Reason)>, SealError> {
    let mut revoked = BTreeMap::new();
    while !list.is_empty() {
        let mut entry = list.sequence()?;
        let serial = read_serial(&mut entry)?;
        let at = entry.time()?;
        let mut reason = Reason::Unspecified;
        if let Some(mut extensions) = entry.optional_inside(tag::SEQUENCE)? {
            while !extensions.is_empty() {
                let mut item = extensions.sequence()?;
                let id = item.oid()?;
                let critical = item.flag()?;
                let value = item.octets()?;
                if id == oid::CRL_REASON {
                    let number = Reader::new("revocation reason", value).expect(tag::ENUMERATED)?;
                    reason =
                        number.first().and_then(|&number| Reason::from_number(number)).unwrap_or(Reason::Unspecified);
                } else if critical {
                    return Err(SealError::Unsupported("a critical extension of a revoked entry"));
                }
            }
        }
        entry.finish()?;
        revoked.insert(serial, (at, reason));
    }
    Ok(revoked)
}

fn read_list_extensions(mut outer: Reader<'_>) -> Result<Option<u64>, SealError> {
    let mut list = outer.sequence()?;
    let mut number = None;
    let mut count = 0;
    while !list.is_empty() {
        count += 1;
        if count > EXTENSIONS_MAX {
            return Err(SealError::TooLarge { what: "extensions", limit: EXTENSIONS_MAX });
        }
        let mut item = list.sequence()?;
        let id = item.oid()?;
        let critical = item.flag()?;
        let value = item.octets()?;
        match id {
            oid::CRL_NUMBER => number = Reader::new("CRL number", value).number().ok(),
            oid::AUTHORITY_KEY_IDENTIFIER => {}
            _ if critical => return Err(SealError::Unsupported("a critical extension of a revocation list")),
            _ => {}
        }
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::super::Profile;
    use super::super::testing::{House, NOW, fresh_key};
    use super::*;
    use proptest::prelude::*;

    fn list(revoked: Vec<Revoked>) -> CrlRequest {
        CrlRequest { this_update: NOW, next_update: NOW.plus_seconds(3600), number: 5, revoked }
    }

    #[test]
    fn lists_name_the_revoked_and_only_them() {
        let house = House::new(Algorithm::P256);
        let parse = |chain: &[Vec<u8>]| Certificate::parse(&chain[0]).unwrap();
        let (good, bad) = (parse(&house.end(Profile::TlsClient).1), parse(&house.end(Profile::TlsClient).1));
        let at = NOW.plus_seconds(-60);
        let entry = |reason| Revoked { serial: bad.serial().to_vec(), at, reason };
        for reason in [Reason::Unspecified, Reason::KeyCompromise, Reason::PrivilegeWithdrawn] {
            let der = issue_crl(&list(vec![entry(reason)]), &house.issuing, &house.issuing_key).unwrap();
            let crl = Crl::parse(&der).unwrap();
            assert_eq!((crl.len(), crl.number), (1, Some(5)));
            assert_eq!(crl.find(bad.serial()), Some((at, reason)));
            assert_eq!(crl.check(&good, &house.issuing, NOW), Ok(()));
            assert_eq!(crl.check(&bad, &house.issuing, NOW), Err(SealError::Revoked));
        }
        let empty = Crl::parse(&issue_crl(&list(vec![]), &house.issuing, &house.issuing_key).unwrap()).unwrap();
        assert!(empty.is_empty());
        assert_eq!(empty.check(&bad, &house.issuing, NOW), Ok(()));
    }

    #[test]
    fn stale_and_foreign_lists_are_refused() {
        let (house, foreign) = (House::new(Algorithm::P256), House::new(Algorithm::P256));
        let crl = Crl::parse(&issue_crl(&list(vec![]), &house.issuing, &house.issuing_key).unwrap()).unwrap();
        let ends = NOW.plus_seconds(3600);
        assert_eq!(crl.verify(&house.issuing, ends), Ok(()));
        assert_eq!(crl.verify(&house.issuing, ends.plus_millis(1)), Err(SealError::Expired("revocation list")));
        let early = NOW.plus_seconds(-CLOCK_SKEW_SECONDS - 1);
        assert_eq!(crl.verify(&house.issuing, early), Err(SealError::NotYetValid("revocation list")));
        assert_eq!(crl.verify(&foreign.issuing, NOW), Err(SealError::Signature("signature")));
        assert_eq!(crl.verify(&house.root, NOW), Err(SealError::Untrusted("another authority's list")));
        let wrong = issue_crl(&list(vec![]), &house.issuing, &fresh_key(Algorithm::P256));
        assert!(matches!(wrong, Err(SealError::Key(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, place in 0_usize..2000, byte: u8) {
            let _ = Crl::parse(&bytes);
            let house = House::fixed();
            let revoked = vec![Revoked { serial: vec![9], at: NOW, reason: Reason::Hold }];
            let mut bent = issue_crl(&list(revoked), &house.issuing, &house.issuing_key).unwrap();
            let length = bent.len();
            bent[place % length] = byte;
            let _ = Crl::parse(&bent);
        }
    }
}
