//! Time stamps (RFC 3161, RFC 5816): requests, answers and tokens, on both
//! sides. The authority keeps serial numbers unique and its clock right; here
//! is only the form.

use base::{Entropy, Timestamp};

use crate::cms::{CMS_MAX_BYTES, SignedData, build_signed_data, verify_path};
use crate::der::{self, Reader, tag};
use crate::x509::{CLOCK_SKEW_SECONDS, Certificate, Profile};
use crate::{Hash, SealError, Signer, digest, oid};

/// Longest request read, in bytes.
pub const REQUEST_MAX_BYTES: usize = 4 * 1024;
/// Longest nonce, in bytes.
pub const NONCE_MAX_BYTES: usize = 64;
/// Bytes of a nonce that [`TimeStampRequest::of`] draws.
const NONCE_BYTES: usize = 16;

/// What is asked of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// The digest's algorithm.
    pub hash: Hash,
    /// The digest.
    pub imprint: Vec<u8>,
    /// Content octets of the policy asked for.
    pub policy: Option<Vec<u8>>,
    /// A number to be repeated, big-endian without leading zeros.
    pub nonce: Option<Vec<u8>>,
    /// Whether the token shall carry the authority's certificates.
    pub certificates: bool,
}

/// Why no token was issued (RFC 3161 §2.4.2); the number is its bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Failure {
    /// Unknown digest algorithm.
    BadAlgorithm = 0,
    /// The transaction is not permitted or supported.
    BadRequest = 2,
    /// The request cannot be read.
    BadDataFormat = 5,
    /// No trusted time at hand.
    TimeNotAvailable = 14,
    /// Another policy than the authority's.
    UnacceptedPolicy = 15,
    /// An extension that is not known.
    UnacceptedExtension = 16,
    /// Any other failure.
    SystemFailure = 25,
}

/// What the authority adds to a request.
#[derive(Debug, Clone, Copy)]
pub struct TokenIssue<'a> {
    /// Unique for this authority, at most 20 octets.
    pub serial: &'a [u8],
    /// The instant; milliseconds are written.
    pub at: Timestamp,
    /// Content octets of the authority's policy.
    pub policy: &'a [u8],
    /// DER certificates, the authority's first.
    pub chain: &'a [Vec<u8>],
}

/// A token that holds.
#[derive(Debug, Clone)]
pub struct TimeStamp {
    /// When the authority saw the digest.
    pub at: Timestamp,
    /// The token's number.
    pub serial: Vec<u8>,
    /// Content octets of the policy.
    pub policy: Vec<u8>,
    /// The request's nonce.
    pub nonce: Option<Vec<u8>>,
    /// The authority's certificate.
    pub certificate: Certificate,
    /// From the authority's certificate to the anchor.
    pub path: Vec<Certificate>,
}

impl TimeStampRequest {
    /// Asks for a token over this data with certificates and a fresh nonce.
    #[must_use]
    pub fn of(hash: Hash, data: &[u8], entropy: &dyn Entropy) -> Self {
        let mut nonce = base::entropy::bytes::<NONCE_BYTES>(entropy);
        // A leading zero would be lost in an INTEGER.
        nonce[0] |= 1;
        Self { hash, imprint: hash.digest(data), policy: None, nonce: Some(nonce.to_vec()), certificates: true }
    }

    /// Writes the request.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        der::sequence([
            der::number(1),
            imprint(self.hash, &self.imprint),
            self.policy.as_deref().map_or_else(Vec::new, der::oid),
            self.nonce.as_deref().map_or_else(Vec::new, der::unsigned),
            if self.certificates { der::boolean(true) } else { Vec::new() },
        ])
    }

    /// Reads a request. The error tells the authority which [`Failure`] to answer:
    /// [`SealError::Unsupported`] is a bad algorithm or extension, any other a bad format.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::Unsupported`], [`SealError::TooLarge`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader::whole_sequence("time stamp request", bytes, REQUEST_MAX_BYTES)?;
        if reader.number()? != 1 {
            return Err(SealError::Unsupported("time stamp request version"));
        }
        let (hash, imprint) = read_imprint(reader.sequence()?)?;
        let policy = if reader.peek() == Some(tag::OID) { Some(reader.oid()?.to_vec()) } else { None };
        let nonce = read_nonce(&mut reader)?;
        let certificates = reader.flag()?;
        if !reader.is_empty() {
            return Err(SealError::Unsupported("extensions of a time stamp request"));
        }
        Ok(Self { hash, imprint, policy, nonce, certificates })
    }
}

/// Issues a token: `ContentInfo` with signed `TSTInfo`.
///
/// # Errors
/// [`SealError::Key`] if the first certificate is not the signer's, [`SealError::Malformed`] for a
/// serial number of more than 20 octets or none, [`SealError::Engine`].
pub fn issue_token(
    request: &TimeStampRequest,
    issue: &TokenIssue<'_>,
    signer: &dyn Signer,
) -> Result<Vec<u8>, SealError> {
    if issue.serial.is_empty() || issue.serial.len() > crate::x509::SERIAL_MAX_BYTES {
        return Err(SealError::malformed("time stamp", "serial number"));
    }
    let info = der::sequence([
        der::number(1),
        der::oid(issue.policy),
        imprint(request.hash, &request.imprint),
        der::unsigned(issue.serial),
        der::generalized_time_millis(issue.at),
        request.nonce.as_deref().map_or_else(Vec::new, der::unsigned),
    ]);
    let sum = digest::sha256(&info);
    build_signed_data(oid::TST_INFO, Some(&info), &sum, signer, issue.chain, request.certificates)
}

/// The answer that carries a token.
#[must_use]
pub fn response_granted(token: &[u8]) -> Vec<u8> {
    der::sequence([&der::sequence([der::number(0)]), token])
}

/// The answer that refuses.
#[must_use]
pub fn response_rejected(failure: Failure) -> Vec<u8> {
    der::sequence([der::sequence([der::number(2), der::named_bits(&[failure as u8])])])
}

/// The token in an answer, not verified.
///
/// # Errors
/// [`SealError::Refused`] if the authority refused, [`SealError::Malformed`].
pub fn parse_response(bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut reader = Reader::whole_sequence("time stamp answer", bytes, CMS_MAX_BYTES)?;
    let status = reader.sequence()?.number()?;
    // 1 is "granted with modifications"; what counts is checked in the token.
    if status > 1 {
        return Err(SealError::Refused("the time-stamping authority refused"));
    }
    let token = reader.tlv(tag::SEQUENCE)?.whole.to_vec();
    reader.finish()?;
    Ok(token)
}

/// Verifies a token over this data. `trust` are DER anchors, or the authority's
/// own certificate. The authority's chain is judged at the token's instant,
/// which must not lie after `now`. Revocation is the caller's, with `path`.
///
/// # Errors
/// [`SealError::Signature`] for other data or a bad signature, [`SealError::Untrusted`],
/// [`SealError::Expired`], [`SealError::NotYetValid`], [`SealError::Malformed`].
pub fn verify_token(token: &[u8], data: &[u8], trust: &[Vec<u8>], now: Timestamp) -> Result<TimeStamp, SealError> {
    verify(token, trust, now, |hash| hash.digest(data))
}

/// As [`verify_token`], over a digest made by the caller.
///
/// # Errors
/// As [`verify_token`].
pub fn verify_token_imprint(
    token: &[u8],
    hash: Hash,
    imprint: &[u8],
    trust: &[Vec<u8>],
    now: Timestamp,
) -> Result<TimeStamp, SealError> {
    verify(token, trust, now, |stated| if stated == hash { imprint.to_vec() } else { Vec::new() })
}

/// Takes the token from an answer and verifies it against its request: digest, nonce and policy.
///
/// # Errors
/// As [`parse_response`] and [`verify_token`], [`SealError::Refused`] for another nonce or policy.
pub fn verify_response(
    response: &[u8],
    request: &TimeStampRequest,
    trust: &[Vec<u8>],
    now: Timestamp,
) -> Result<(Vec<u8>, TimeStamp), SealError> {
    let token = parse_response(response)?;
    let stamp = verify_token_imprint(&token, request.hash, &request.imprint, trust, now)?;
    if stamp.nonce != request.nonce {
        return Err(SealError::Refused("another time stamp nonce"));
    }
    if request.policy.as_ref().is_some_and(|policy| *policy != stamp.policy) {
        return Err(SealError::Refused("another time stamp policy"));
    }
    Ok((token, stamp))
}

fn verify(
    token: &[u8],
    trust: &[Vec<u8>],
    now: Timestamp,
    expected: impl FnOnce(Hash) -> Vec<u8>,
) -> Result<TimeStamp, SealError> {
    let data = SignedData::parse(token)?;
    let content = data.content.as_deref().filter(|_| data.content_type == oid::TST_INFO);
    let content = content.ok_or_else(|| SealError::malformed("time stamp", "no TSTInfo"))?;
    let further = trust.iter().map(|bytes| Certificate::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
    let certificate = data.verify_with(&data.hash.digest(content), &further)?.clone();
    let info = Info::read(content)?;
    if info.imprint != expected(info.hash) {
        return Err(SealError::Signature("time stamp of other data"));
    }
    if info.at > now.plus_seconds(CLOCK_SKEW_SECONDS) {
        return Err(SealError::NotYetValid("time stamp"));
    }
    let path = verify_path(&data, &certificate, trust, info.at, Profile::TimeStamp)?;
    Ok(TimeStamp { at: info.at, serial: info.serial, policy: info.policy, nonce: info.nonce, certificate, path })
}

struct Info {
    policy: Vec<u8>,
    hash: Hash,
    imprint: Vec<u8>,
    serial: Vec<u8>,
    at: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl Info {
    fn read(content: &[u8]) -> Result<Self, SealError> {
        let mut reader = Reader::whole_sequence("time stamp", content, CMS_MAX_BYTES)?;
        if reader.number()? != 1 {
            return Err(SealError::Unsupported("time stamp version"));
        }
        let policy = reader.oid()?.to_vec();
        let (hash, imprint) = read_imprint(reader.sequence()?)?;
        let serial = reader.unsigned()?.to_vec();
        if reader.peek() != Some(tag::GENERALIZED_TIME) {
            return Err(reader.error("genTime"));
        }
        let at = reader.time()?;
        reader.optional(tag::SEQUENCE)?; // accuracy
        reader.flag()?; // ordering
        let nonce = read_nonce(&mut reader)?;
        reader.optional(tag::context(0))?; // tsa
        if !reader.is_empty() {
            return Err(SealError::Unsupported("extensions of a time stamp"));
        }
        Ok(Self { policy, hash, imprint, serial, at, nonce })
    }
}

fn imprint(hash: Hash, sum: &[u8]) -> Vec<u8> {
    der::sequence([der::sequence([der::oid(hash.oid()), der::null()]), der::octets(sum)])
}

fn read_imprint(mut reader: Reader<'_>) -> Result<(Hash, Vec<u8>), SealError> {
    let hash = Hash::from_oid(reader.sequence()?.oid()?).ok_or(SealError::Unsupported("time stamp digest"))?;
    let sum = reader.octets()?.to_vec();
    reader.finish()?;
    if sum.len() != hash.digest(&[]).len() {
        return Err(SealError::malformed("time stamp", "length of the digest"));
    }
    Ok((hash, sum))
}

fn read_nonce(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, SealError> {
    if reader.peek() != Some(tag::INTEGER) {
        return Ok(None);
    }
    let nonce = reader.unsigned()?;
    if nonce.len() > NONCE_MAX_BYTES {
        return Err(SealError::TooLarge { what: "time stamp nonce", limit: NONCE_MAX_BYTES });
    }
    Ok(Some(nonce.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Algorithm;
    use crate::x509::testing::{House, NOW};
    use base::SeededEntropy;
    use proptest::prelude::*;

    fn answer(house: &House, request: &TimeStampRequest, at: Timestamp) -> Vec<u8> {
        let (key, chain) = house.end(Profile::TimeStamp);
        let issue = TokenIssue { serial: &[1, 2, 3], at, policy: &[42, 3, 4], chain: &chain };
        response_granted(&issue_token(request, &issue, &key).unwrap())
    }

    #[test]
    fn tokens_verify_against_their_request() {
        for algorithm in [Algorithm::P256, Algorithm::Rsa] {
            let house = House::new(algorithm);
            let trust = [house.root.der().to_vec()];
            for hash in [Hash::Sha256, Hash::Sha512] {
                let request = TimeStampRequest::of(hash, b"data", &SeededEntropy::new(1));
                let read = TimeStampRequest::parse(&request.build()).unwrap();
                assert_eq!(read, request);
                let at = NOW.plus_millis(120);
                let response = answer(&house, &read, at);
                let (token, stamp) = verify_response(&response, &request, &trust, at).unwrap();
                assert_eq!((stamp.at, stamp.serial, stamp.path.len()), (at, vec![1, 2, 3], 3));
                verify_token(&token, b"data", &trust, at).unwrap();
                let verdict = verify_token(&token, b"date", &trust, at).unwrap_err();
                assert_eq!(verdict, SealError::Signature("time stamp of other data"));

                let other = TimeStampRequest::of(hash, b"data", &SeededEntropy::new(2));
                let verdict = verify_response(&response, &other, &trust, at).unwrap_err();
                assert_eq!(verdict, SealError::Refused("another time stamp nonce"));
                let picky = TimeStampRequest { policy: Some(vec![42, 9]), ..request };
                let verdict = verify_response(&response, &picky, &trust, at).unwrap_err();
                assert_eq!(verdict, SealError::Refused("another time stamp policy"));
            }
        }
    }

    #[test]
    fn only_time_stamping_certificates_count() {
        let house = House::new(Algorithm::P256);
        let trust = [house.root.der().to_vec()];
        let request = TimeStampRequest::of(Hash::Sha256, b"data", &SeededEntropy::new(1));
        let (key, chain) = house.end(Profile::TlsServer);
        let issue = TokenIssue { serial: &[1], at: NOW, policy: &[42, 3, 4], chain: &chain };
        let token = issue_token(&request, &issue, &key).unwrap();
        assert!(matches!(verify_token(&token, b"data", &trust, NOW), Err(SealError::Untrusted(_))));
        let token = parse_response(&answer(&house, &request, NOW)).unwrap();
        let early = NOW.plus_seconds(-CLOCK_SKEW_SECONDS - 1);
        assert_eq!(verify_token(&token, b"data", &trust, early).unwrap_err(), SealError::NotYetValid("time stamp"));
    }

    #[test]
    fn a_token_without_certificates_needs_the_authority_in_trust() {
        let house = House::new(Algorithm::P256);
        let (key, chain) = house.end(Profile::TimeStamp);
        let request = TimeStampRequest {
            certificates: false,
            ..TimeStampRequest::of(Hash::Sha256, b"data", &SeededEntropy::new(1))
        };
        let issue = TokenIssue { serial: &[1], at: NOW, policy: &[42, 3, 4], chain: &chain };
        let token = issue_token(&request, &issue, &key).unwrap();
        assert!(verify_token(&token, b"data", &[house.root.der().to_vec()], NOW).is_err());
        verify_token(&token, b"data", &chain[..1], NOW).unwrap();
    }

    #[test]
    fn refusals_are_read() {
        let refused = parse_response(&response_rejected(Failure::BadAlgorithm));
        assert_eq!(refused, Err(SealError::Refused("the time-stamping authority refused")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = (TimeStampRequest::parse(&bytes), parse_response(&bytes), Info::read(&bytes));
            prop_assert!(verify_token(&bytes, b"", &[], NOW).is_err());
        }
    }
}
