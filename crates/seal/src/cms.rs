//! Cryptographic Message Syntax (RFC 5652): the detached signatures of PAdES
//! and the frame of time stamps. One signer, DER only.
//!
//! Signed attributes are content type, message digest and signing certificate
//! v2 (RFC 5035); no signing time, since PAdES (ETSI EN 319 142-1 §6.3) keeps
//! that in the PDF or in a time stamp.

mod signed_data;

use base::Timestamp;

pub(crate) use signed_data::{SignedData, build_signed_data};

use crate::der::{self, Reader, tag};
use crate::x509::{Certificate, Profile, verify_chain_any};
use crate::{Hash, SealError, Signer, oid, tsp};

/// Longest signature read, without a PDF's padding, in bytes.
pub const CMS_MAX_BYTES: usize = 64 * 1024;
/// Most certificates in one signature.
pub const CERTIFICATES_MAX: usize = 16;
/// Most attributes of one kind.
pub const ATTRIBUTES_MAX: usize = 32;

/// A signer whose signature holds and whose certificate is trusted.
#[derive(Debug, Clone)]
pub struct SignerInfo {
    /// The signer's certificate.
    pub certificate: Certificate,
    /// From the signer's certificate to the anchor, for revocation checks.
    pub path: Vec<Certificate>,
    /// When a trusted authority saw the signature; the chain was judged at this instant.
    pub timestamp: Option<Timestamp>,
}

/// Signs the SHA-256 digest of content that stays elsewhere. `chain` is DER,
/// the signer's certificate first, then its issuers; the anchor may be left out.
///
/// # Errors
/// [`SealError::Key`] if the first certificate is not the signer's, [`SealError::Unsupported`] for Ed25519
/// (RFC 8419 demands SHA-512 there), [`SealError::TooLarge`], [`SealError::Engine`].
pub fn sign_detached(digest: &[u8; 32], signer: &dyn Signer, chain: &[Vec<u8>]) -> Result<Vec<u8>, SealError> {
    build_signed_data(oid::DATA, None, digest, signer, chain, true)
}

/// The signature's own bytes, over which a signature time stamp is asked for.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::Unsupported`].
pub fn signature_value(cms: &[u8]) -> Result<Vec<u8>, SealError> {
    Ok(SignedData::parse(cms)?.signature)
}

/// The signature with a time stamp over [`signature_value`] as an unsigned
/// attribute (RFC 3161 appendix A), in place of any unsigned attributes it had.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::Unsupported`].
pub fn with_signature_timestamp(cms: &[u8], token: &[u8]) -> Result<Vec<u8>, SealError> {
    SignedData::parse(token)?;
    let attribute = der::sequence([der::oid(oid::SIGNATURE_TIME_STAMP), der::set_of(vec![token.to_vec()])]);
    let unsigned = der::constructed(tag::context(1), [attribute]);

    let mut outer = Reader::whole_sequence("CMS", cms, CMS_MAX_BYTES)?;
    let content_type = outer.tlv(tag::OID)?.whole;
    let mut data = outer.inside(tag::context(0))?.sequence()?;
    let mut members = Vec::new();
    while data.peek() != Some(tag::SET) || members.len() < 2 {
        members.push(data.any()?.whole.to_vec());
    }
    let mut signer = data.inside(tag::SET)?.sequence()?;
    let mut parts = Vec::new();
    while !signer.is_empty() {
        let part = signer.any()?;
        if part.tag != tag::context(1) {
            parts.push(part.whole.to_vec());
        }
    }
    parts.push(unsigned);
    members.push(der::set_of(vec![der::sequence(parts)]));
    Ok(der::sequence([content_type.to_vec(), der::explicit(0, &der::sequence(members))]))
}

/// Verifies a detached signature over content with that SHA-256, SHA-384 or
/// SHA-512 digest (the length tells which). `trust` are DER anchors for signer
/// and time stamp alike; zero bytes after the signature, as a PDF's placeholder
/// has them, are skipped. With a signature time stamp the chain is judged at its
/// instant, else at `now`. Revocation is the caller's, with `path`.
///
/// # Errors
/// [`SealError::Signature`] for another digest or a signature that does not hold,
/// [`SealError::Untrusted`], [`SealError::Expired`], [`SealError::NotYetValid`], [`SealError::Malformed`].
pub fn verify_detached(
    cms: &[u8],
    digest: &[u8],
    trust: &[Vec<u8>],
    now: Timestamp,
    usage: Profile,
) -> Result<SignerInfo, SealError> {
    let data = SignedData::parse(without_padding(cms)?)?;
    if data.content_type != oid::DATA || data.content.is_some() {
        return Err(SealError::malformed("CMS", "not a detached signature of data"));
    }
    let certificate = data.verify(digest)?.clone();
    let timestamp = match &data.timestamp {
        Some(token) => Some(tsp::verify_token(token, &data.signature, trust, now)?.at),
        None => None,
    };
    let path = verify_path(&data, &certificate, trust, timestamp.unwrap_or(now), usage)?;
    Ok(SignerInfo { certificate, path, timestamp })
}

/// The path from the signer to one of the anchors.
pub(crate) fn verify_path(
    data: &SignedData,
    certificate: &Certificate,
    trust: &[Vec<u8>],
    at: Timestamp,
    usage: Profile,
) -> Result<Vec<Certificate>, SealError> {
    let anchors = trust.iter().map(|bytes| Certificate::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
    let path = verify_chain_any(certificate, &data.certificates, &anchors, at, usage)?;
    Ok(path.into_iter().cloned().collect())
}

/// The digest that a detached signature names for its content.
///
/// # Errors
/// [`SealError::Malformed`], [`SealError::Unsupported`].
pub fn digest_algorithm(cms: &[u8]) -> Result<Hash, SealError> {
    Ok(SignedData::parse(without_padding(cms)?)?.hash)
}

fn without_padding(cms: &[u8]) -> Result<&[u8], SealError> {
    let mut reader = Reader::new("CMS", cms);
    let whole = reader.tlv(tag::SEQUENCE)?.whole;
    if reader.rest().iter().all(|&byte| byte == 0) {
        Ok(whole)
    } else {
        Err(reader.error("bytes follow the signature"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::{House, NOW};
    use crate::{Algorithm, digest};
    use base::Timestamp;
    use proptest::prelude::*;

    fn later(days: i64) -> Timestamp {
        NOW.plus_seconds(days * 86_400)
    }

    #[test]
    fn seals_verify_for_both_keys_and_changed_content_does_not() {
        for algorithm in [Algorithm::P256, Algorithm::Rsa] {
            let house = House::new(algorithm);
            let (key, chain) = house.end(Profile::DocumentSeal);
            let sum = digest::sha256(b"the paper");
            let cms = sign_detached(&sum, &key, &chain).unwrap();
            let trust = [house.root.der().to_vec()];
            let padded = [&cms[..], &[0; 500]].concat();
            for bytes in [&cms, &padded] {
                let signer = verify_detached(bytes, &sum, &trust, NOW, Profile::DocumentSeal).unwrap();
                assert_eq!(signer.certificate.der(), chain[0]);
                assert_eq!(signer.path.len(), 3);
                assert_eq!(signer.timestamp, None);
            }
            let other = digest::sha256(b"another paper");
            let verdict = verify_detached(&cms, &other, &trust, NOW, Profile::DocumentSeal).unwrap_err();
            assert_eq!(verdict, SealError::Signature("content digest"));
            let foreign = [House::new(algorithm).root.der().to_vec()];
            let verdict = verify_detached(&cms, &sum, &foreign, NOW, Profile::DocumentSeal).unwrap_err();
            assert!(matches!(verdict, SealError::Signature(_) | SealError::Untrusted(_)), "{verdict}");
            let verdict = verify_detached(&cms, &sum, &trust, later(9000), Profile::DocumentSeal).unwrap_err();
            assert!(matches!(verdict, SealError::Expired(_)), "{verdict}");
            let verdict = verify_detached(&cms, &sum, &trust, NOW, Profile::TlsServer).unwrap_err();
            assert!(matches!(verdict, SealError::Untrusted(_)), "{verdict}");
            assert!(verify_detached(&[&cms[..], &[1]].concat(), &sum, &trust, NOW, Profile::DocumentSeal).is_err());
        }
    }

    #[test]
    fn a_time_stamp_outlives_the_signers_certificate() {
        let house = House::new(Algorithm::P256);
        let (key, chain) = house.end(Profile::DocumentSeal);
        let sum = digest::sha256(b"the paper");
        let cms = sign_detached(&sum, &key, &chain).unwrap();
        let trust = [house.root.der().to_vec()];
        let token = house.stamp(&signature_value(&cms).unwrap(), NOW);
        let stamped = with_signature_timestamp(&cms, &token).unwrap();
        let signer = verify_detached(&stamped, &sum, &trust, later(9000), Profile::DocumentSeal).unwrap();
        assert_eq!(signer.timestamp, Some(NOW));
        // Replaced, not added.
        let again = with_signature_timestamp(&stamped, &token).unwrap();
        assert_eq!(again, stamped);
        // A stamp over something else proves nothing and is not passed over.
        let wrong = with_signature_timestamp(&cms, &house.stamp(b"other", NOW)).unwrap();
        assert!(verify_detached(&wrong, &sum, &trust, NOW, Profile::DocumentSeal).is_err());
    }

    #[test]
    fn another_certificate_of_the_same_key_is_refused() {
        let house = House::new(Algorithm::P256);
        let (key, _) = house.end(Profile::DocumentSeal);
        let (_, other) = house.end(Profile::DocumentSeal);
        assert!(matches!(sign_detached(&[0; 32], &key, &other), Err(SealError::Key(_))));
        assert!(matches!(sign_detached(&[0; 32], &key, &[]), Err(SealError::Key(_))));
        let (ed25519, chain_of_ed25519) = House::new(Algorithm::Ed25519).end(Profile::DocumentSeal);
        let verdict = sign_detached(&[0; 32], &ed25519, &chain_of_ed25519);
        assert!(matches!(verdict, Err(SealError::Unsupported(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(verify_detached(&bytes, &[0; 32], &[], NOW, Profile::DocumentSeal).is_err());
            let _ = with_signature_timestamp(&bytes, &bytes);
        }

        #[test]
        fn any_change_is_noticed(place in 0_usize..10_000, bit in 0_u8..8) {
            let house = House::fixed();
            let (key, chain) = house.end(Profile::DocumentSeal);
            let mut cms = sign_detached(&[7; 32], &key, &chain).unwrap();
            let place = place % cms.len();
            cms[place] ^= 1 << bit;
            let trust = [house.root.der().to_vec()];
            if let Ok(signer) = verify_detached(&cms, &[7; 32], &trust, NOW, Profile::DocumentSeal) {
                // Only what nobody signs may differ: the set of digest algorithms of the frame.
                prop_assert_eq!(signer.certificate.der(), &chain[0][..]);
            }
        }
    }
}
