//! OCSP answers (RFC 6960 §4.2): built by the issuer or by a responder to whom
//! it delegated, read and verified.

use std::ops::Range;

use base::Timestamp;

use super::certificate::{sign_frame, verify_signed};
use super::ocsp::{nonce_extension, read_nonce, responder_key_hash};
use super::{
    CHAIN_MAX, CLOCK_SKEW_SECONDS, CertId, Certificate, Name, OCSP_IDS_MAX, OCSP_RESPONSE_MAX_BYTES, Profile, Reason,
};
use crate::der::{self, Reader, tag};
use crate::{Algorithm, Hash, SealError, Signer, oid};

/// What is known of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcspStatus {
    /// Issued and not revoked.
    Good,
    /// Revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// This responder does not know it.
    Unknown,
}

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspSingle {
    /// Which one.
    pub id: CertId,
    /// What is known.
    pub status: OcspStatus,
    /// When that was known.
    pub this_update: Timestamp,
    /// When more will be known at the latest.
    pub next_update: Option<Timestamp>,
}

/// Why there is no answer (RFC 6960 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum OcspFailure {
    /// The question could not be read.
    MalformedRequest = 1,
    /// The responder failed.
    InternalError = 2,
    /// Ask again later.
    TryLater = 3,
    /// The question must be signed.
    SignatureRequired = 5,
    /// The responder does not answer for that issuer.
    Unauthorized = 6,
}

/// An answer without content.
#[must_use]
pub fn ocsp_failure(failure: OcspFailure) -> Vec<u8> {
    der::sequence([der::tlv(tag::ENUMERATED, &[failure as u8])])
}

/// Builds a signed answer. `responder` is the signer's certificate: the issuer
/// itself or one of profile [`Profile::OcspResponder`]; it travels with the answer.
///
/// # Errors
/// [`SealError::Key`] if `signer` is not the responder's key, [`SealError::Engine`].
pub fn build_ocsp_response(
    singles: &[OcspSingle],
    nonce: Option<&[u8]>,
    produced_at: Timestamp,
    responder: &Certificate,
    signer: &dyn Signer,
) -> Result<Vec<u8>, SealError> {
    if signer.public() != responder.public_key() {
        return Err(SealError::Key("the signer is not the responder's key"));
    }
    let extensions = nonce_extension(nonce).map_or_else(Vec::new, |nonce| der::explicit(1, &der::sequence([nonce])));
    let data = der::sequence([
        der::explicit(2, &der::octets(&responder_key_hash(signer.public()))),
        der::generalized_time(produced_at),
        der::sequence(singles.iter().map(write_single).collect::<Vec<_>>()),
        extensions,
    ]);
    // The frame of X.509 with the certificates as one more member.
    let frame = sign_frame(data, signer)?;
    let members = Reader::whole_sequence("OCSP response", &frame, OCSP_RESPONSE_MAX_BYTES)?.rest();
    let certificates = der::explicit(0, &der::sequence([responder.der()]));
    let basic = der::sequence([members, &certificates]);
    Ok(der::sequence([
        der::tlv(tag::ENUMERATED, &[0]),
        der::explicit(0, &der::sequence([der::oid(oid::OCSP_BASIC), der::octets(&basic)])),
    ]))
}

fn write_single(single: &OcspSingle) -> Vec<u8> {
    let status = match single.status {
        OcspStatus::Good => der::tlv(tag::context_primitive(0), &[]),
        OcspStatus::Unknown => der::tlv(tag::context_primitive(2), &[]),
        OcspStatus::Revoked { at, reason } => {
            let reason = match reason {
                Reason::Unspecified => Vec::new(),
                reason => der::explicit(0, &der::tlv(tag::ENUMERATED, &[reason as u8])),
            };
            der::constructed(tag::context(1), [der::generalized_time(at), reason])
        }
    };
    let next = single.next_update.map_or_else(Vec::new, |next| der::explicit(0, &der::generalized_time(next)));
    der::sequence([single.id.der(), &status, &der::generalized_time(single.this_update), &next])
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ResponderId {
    ByName(Name),
    ByKey(Vec<u8>),
}

/// How an answer is judged.
#[derive(Debug, Clone, Copy)]
pub struct OcspPolicy<'a> {
    /// The instant of judgement.
    pub now: Timestamp,
    /// Oldest `thisUpdate` that is accepted, in seconds before `now`.
    pub max_age_seconds: i64,
    /// The nonce of the question; `None` accepts any.
    pub nonce: Option<&'a [u8]>,
    /// Responders trusted by configuration, besides the issuer and its delegates.
    pub responders: &'a [Certificate],
}

impl OcspPolicy<'_> {
    /// Judged at `now`, at most `max_age_seconds` old, no nonce, no further responders.
    #[must_use]
    pub const fn new(now: Timestamp, max_age_seconds: i64) -> Self {
        Self { now, max_age_seconds, nonce: None, responders: &[] }
    }
}

/// An answer as read; trusted only through [`OcspResponse::verify`].
#[derive(Debug, Clone)]
pub struct OcspResponse {
    basic: Vec<u8>,
    signed: Range<usize>,
    signature_algorithm: (Algorithm, Hash),
    signature: Vec<u8>,
    responder: ResponderId,
    certificates: Vec<Certificate>,
    /// When it was signed.
    pub produced_at: Timestamp,
    /// The answers.
    pub singles: Vec<OcspSingle>,
    /// The nonce of the question, if repeated.
    pub nonce: Option<Vec<u8>>,
}

impl OcspResponse {
    /// Reads a DER answer.
    ///
    /// # Errors
    /// [`SealError::Refused`] if the responder reports a failure, [`SealError::Malformed`],
    /// [`SealError::TooLarge`], [`SealError::Unsupported`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("OCSP response", bytes, OCSP_RESPONSE_MAX_BYTES)?;
        match outer.expect(tag::ENUMERATED)? {
            [0] => {}
            [3] => return Err(SealError::Refused("the OCSP responder asks to try later")),
            [6] => return Err(SealError::Refused("the OCSP responder does not answer for that issuer")),
            _ => return Err(SealError::Refused("the OCSP responder reports a failure")),
        }
        let mut body = outer.inside(tag::context(0))?.sequence()?;
        outer.finish()?;
        if body.oid()? != oid::OCSP_BASIC {
            return Err(SealError::Unsupported("OCSP response type"));
        }
        let basic = body.octets()?;
        body.finish()?;
        Self::parse_basic(basic)
    }

    fn parse_basic(basic: &[u8]) -> Result<Self, SealError> {
        let mut frame = Reader::whole_sequence("OCSP response", basic, OCSP_RESPONSE_MAX_BYTES)?;
        let signed = frame.tlv(tag::SEQUENCE)?;
        let signature_algorithm = Algorithm::from_signature_identifier(frame.tlv(tag::SEQUENCE)?.whole)
            .ok_or(SealError::Unsupported("OCSP signature algorithm"))?;
        let signature = frame.bits()?.to_vec();
        let mut certificates = Vec::new();
        if let Some(mut outer) = frame.optional_inside(tag::context(0))? {
            let mut list = outer.sequence()?;
            while !list.is_empty() {
                if certificates.len() == CHAIN_MAX {
                    return Err(SealError::TooLarge { what: "certificates in an OCSP response", limit: CHAIN_MAX });
                }
                certificates.push(Certificate::parse(list.tlv(tag::SEQUENCE)?.whole)?);
            }
        }
        frame.finish()?;

        let mut data = Reader::new("OCSP response", signed.content);
        if data.optional_inside(tag::context(0))?.map_or(Ok(0), |mut version| version.number())? != 0 {
            return Err(SealError::Unsupported("OCSP version"));
        }
        let responder = if let Some(mut name) = data.optional_inside(tag::context(1))? {
            ResponderId::ByName(Name::read(&mut name)?)
        } else {
            ResponderId::ByKey(data.inside(tag::context(2))?.octets()?.to_vec())
        };
        let produced_at = data.time()?;
        let mut list = data.sequence()?;
        let mut singles = Vec::new();
        while !list.is_empty() {
            if singles.len() == OCSP_IDS_MAX {
                return Err(SealError::TooLarge { what: "OCSP answers", limit: OCSP_IDS_MAX });
            }
            singles.push(read_single(list.sequence()?)?);
        }
        let nonce = data.optional_inside(tag::context(1))?.map_or(Ok(None), read_nonce)?;
        data.finish()?;
        let start = signed.whole.as_ptr() as usize - basic.as_ptr() as usize;
        let signed = start..start + signed.whole.len();
        let basic = basic.to_vec();
        Ok(Self { basic, signed, signature_algorithm, signature, responder, certificates, produced_at, singles, nonce })
    }

    /// What the answer says of `certificate`, once signature, delegation,
    /// freshness and nonce hold. `issuer` is trusted by the caller.
    ///
    /// # Errors
    /// [`SealError::Untrusted`], [`SealError::Signature`], [`SealError::Expired`],
    /// [`SealError::NotYetValid`], [`SealError::Refused`] for another nonce or certificate.
    pub fn verify(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        policy: &OcspPolicy<'_>,
    ) -> Result<OcspStatus, SealError> {
        if certificate.issuer() != issuer.subject() {
            return Err(SealError::Untrusted("another issuer"));
        }
        let responder = self.find_responder(issuer, policy)?;
        let signed = &self.basic[self.signed.clone()];
        verify_signed(responder.public_key(), self.signature_algorithm, signed, &self.signature)?;
        if let Some(nonce) = policy.nonce
            && self.nonce.as_deref() != Some(nonce)
        {
            return Err(SealError::Refused("another OCSP nonce"));
        }
        let mut matching = self
            .singles
            .iter()
            .filter(|single| single.id.serial() == certificate.serial() && single.id.is_issued_by(issuer));
        let single = matching.next().ok_or(SealError::Refused("the OCSP response is about another certificate"))?;
        if matching.next().is_some() {
            return Err(SealError::Refused("the OCSP response answers twice"));
        }
        let latest = policy.now.plus_seconds(CLOCK_SKEW_SECONDS);
        if single.this_update > latest || self.produced_at > latest {
            return Err(SealError::NotYetValid("OCSP response"));
        }
        let too_old = policy.now.seconds_since(single.this_update) > policy.max_age_seconds;
        if too_old || single.next_update.is_some_and(|next| policy.now > next) {
            return Err(SealError::Expired("OCSP response"));
        }
        Ok(single.status)
    }

    /// As [`OcspResponse::verify`], and fails unless the status is good.
    ///
    /// # Errors
    /// [`SealError::Revoked`], [`SealError::Untrusted`] for an unknown certificate, and as [`OcspResponse::verify`].
    pub fn check(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        policy: &OcspPolicy<'_>,
    ) -> Result<(), SealError> {
        match self.verify(certificate, issuer, policy)? {
            OcspStatus::Good => Ok(()),
            OcspStatus::Revoked { .. } => Err(SealError::Revoked),
            OcspStatus::Unknown => Err(SealError::Untrusted("the OCSP responder does not know the certificate")),
        }
    }

    /// The issuer, a responder by configuration, or a delegate that the issuer itself certified.
    fn find_responder<'a>(
        &'a self,
        issuer: &'a Certificate,
        policy: &'a OcspPolicy<'_>,
    ) -> Result<&'a Certificate, SealError> {
        let named = |candidate: &&Certificate| match &self.responder {
            ResponderId::ByName(name) => name == candidate.subject(),
            ResponderId::ByKey(hash) => *hash == responder_key_hash(candidate.public_key()),
        };
        if let Some(known) = std::iter::once(issuer).chain(policy.responders).find(named) {
            return Ok(known);
        }
        let delegate = self.certificates.iter().find(named).ok_or(SealError::Untrusted("OCSP responder unknown"))?;
        delegate.check_issued_by(issuer)?;
        Profile::OcspResponder.check(delegate)?;
        if delegate.has_unknown_critical() {
            return Err(SealError::Untrusted("an unknown critical extension"));
        }
        delegate.check_time(policy.now)?;
        Ok(delegate)
    }
}

fn read_single(mut single: Reader<'_>) -> Result<OcspSingle, SealError> {
    let id = CertId::read(&mut single)?;
    let status = single.any()?;
    let status = if status.tag == tag::context_primitive(0) && status.content.is_empty() {
        OcspStatus::Good
    } else if status.tag == tag::context_primitive(2) && status.content.is_empty() {
        OcspStatus::Unknown
    } else if status.tag == tag::context(1) {
        let mut revoked = Reader::new("OCSP response", status.content);
        let at = revoked.time()?;
        let number = revoked
            .optional_inside(tag::context(0))?
            .map_or(Ok(None), |mut reason| reason.expect(tag::ENUMERATED).map(|content| content.first().copied()))?;
        let reason = number.and_then(Reason::from_number).unwrap_or(Reason::Unspecified);
        OcspStatus::Revoked { at, reason }
    } else {
        return Err(SealError::malformed("OCSP response", "status"));
    };
    let this_update = single.time()?;
    let next_update = single.optional_inside(tag::context(0))?.map(|mut next| next.time()).transpose()?;
    single.optional(tag::context(1))?;
    single.finish()?;
    Ok(OcspSingle { id, status, this_update, next_update })
}

#[cfg(test)]
mod tests {
    use super::super::OcspRequest;
    use super::super::testing::{House, NOW};
    use super::*;
    use crate::SigningKey;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Certificate {
        Certificate::parse(bytes).unwrap()
    }
    fn single(id: CertId, status: OcspStatus) -> OcspSingle {
        OcspSingle { id, status, this_update: NOW, next_update: Some(NOW.plus_seconds(3600)) }
    }
    fn answer(singles: &[OcspSingle], nonce: Option<&[u8]>, responder: &Certificate, key: &SigningKey) -> OcspResponse {
        OcspResponse::parse(&build_ocsp_response(singles, nonce, NOW, responder, key).unwrap()).unwrap()
    }

    #[test]
    fn issuer_and_delegate_answer_what_they_know() {
        let house = House::new(Algorithm::P256);
        let certificate = parse(&house.end(Profile::MessageSigning).1[0]);
        let (key, chain) = house.end(Profile::OcspResponder);
        let delegate = parse(&chain[0]);
        let policy = OcspPolicy { nonce: Some(b"nonce"), ..OcspPolicy::new(NOW, 60) };
        let revoked = OcspStatus::Revoked { at: NOW.plus_seconds(-9), reason: Reason::KeyCompromise };
        let bare = OcspStatus::Revoked { at: NOW, reason: Reason::Unspecified };
        for status in [OcspStatus::Good, OcspStatus::Unknown, revoked, bare] {
            for id in [
                CertId::new(&house.issuing, certificate.serial()),
                CertId::new_sha256(&house.issuing, certificate.serial()),
            ] {
                let request = OcspRequest { ids: vec![id], nonce: Some(b"nonce".to_vec()) };
                let read = OcspRequest::parse(&request.build()).unwrap();
                assert_eq!(read, request);
                let singles = [single(read.ids[0].clone(), status)];
                for (responder, key) in [(&delegate, &key), (&house.issuing, &house.issuing_key)] {
                    let response = answer(&singles, read.nonce.as_deref(), responder, key);
                    assert_eq!(response.verify(&certificate, &house.issuing, &policy), Ok(status));
                    assert_eq!(
                        response.check(&certificate, &house.issuing, &policy).is_ok(),
                        status == OcspStatus::Good
                    );
                }
            }
        }
    }

    #[test]
    fn others_do_not_answer() {
        let (house, foreign) = (House::new(Algorithm::P256), House::new(Algorithm::P256));
        let certificate = parse(&house.end(Profile::MessageSigning).1[0]);
        let singles = [single(CertId::new(&house.issuing, certificate.serial()), OcspStatus::Good)];
        let verdict = |chain: &(SigningKey, Vec<Vec<u8>>), policy: &OcspPolicy<'_>| {
            answer(&singles, None, &parse(&chain.1[0]), &chain.0).verify(&certificate, &house.issuing, policy)
        };
        let policy = OcspPolicy::new(NOW, 60);
        assert!(matches!(verdict(&house.end(Profile::TlsClient), &policy), Err(SealError::Untrusted(_))));
        let stranger = foreign.end(Profile::OcspResponder);
        assert!(matches!(verdict(&stranger, &policy), Err(SealError::Untrusted(_))));
        // Unless the configuration trusts it.
        let trusted = [parse(&stranger.1[0])];
        let policy = OcspPolicy { responders: &trusted, ..policy };
        assert_eq!(verdict(&stranger, &policy), Ok(OcspStatus::Good));
    }

    #[test]
    fn stale_replayed_and_other_answers_are_refused() {
        let house = House::new(Algorithm::P256);
        let certificate = parse(&house.end(Profile::MessageSigning).1[0]);
        let other = parse(&house.end(Profile::MessageSigning).1[0]);
        let good = single(CertId::new(&house.issuing, certificate.serial()), OcspStatus::Good);
        let response = answer(std::slice::from_ref(&good), Some(b"one"), &house.issuing, &house.issuing_key);
        let verdict = |policy: &OcspPolicy<'_>| response.verify(&certificate, &house.issuing, policy);
        let at = |seconds| OcspPolicy::new(NOW.plus_seconds(seconds), 7200);
        assert_eq!(verdict(&at(3600)), Ok(OcspStatus::Good));
        assert_eq!(verdict(&at(3601)), Err(SealError::Expired("OCSP response")));
        assert_eq!(verdict(&at(-CLOCK_SKEW_SECONDS - 1)), Err(SealError::NotYetValid("OCSP response")));
        assert_eq!(verdict(&OcspPolicy::new(NOW.plus_seconds(61), 60)), Err(SealError::Expired("OCSP response")));
        let replay = OcspPolicy { nonce: Some(b"two"), ..at(0) };
        assert_eq!(verdict(&replay), Err(SealError::Refused("another OCSP nonce")));
        assert!(matches!(response.verify(&other, &house.issuing, &at(0)), Err(SealError::Refused(_))));
        let twice = answer(&[good.clone(), good], None, &house.issuing, &house.issuing_key);
        assert!(matches!(twice.verify(&certificate, &house.issuing, &at(0)), Err(SealError::Refused(_))));
        for failure in [OcspFailure::TryLater, OcspFailure::Unauthorized, OcspFailure::InternalError] {
            assert!(matches!(OcspResponse::parse(&ocsp_failure(failure)), Err(SealError::Refused(_))));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = (OcspResponse::parse(&bytes), OcspResponse::parse_basic(&bytes), OcspRequest::parse(&bytes));
        }

        #[test]
        fn any_change_is_refused(place in 0_usize..5000, bit in 0_u8..8) {
            let house = House::fixed();
            let id = CertId::new(&house.root, house.issuing.serial());
            let singles = [single(id, OcspStatus::Good)];
            let mut bytes = build_ocsp_response(&singles, None, NOW, &house.root, &house.root_key).unwrap();
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            if let Ok(response) = OcspResponse::parse(&bytes) {
                // The certificates that travel with it are not signed, and not needed here.
                let verdict = response.verify(&house.issuing, &house.root, &OcspPolicy::new(NOW, 60));
                let tail = bytes.len() - house.root.der().len() - 8;
                prop_assert!(verdict.is_err() || place >= tail);
            }
        }
    }
}
