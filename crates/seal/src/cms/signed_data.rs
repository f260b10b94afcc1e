//! The `SignedData` frame.

use super::{ATTRIBUTES_MAX, CERTIFICATES_MAX, CMS_MAX_BYTES};
use crate::der::{self, Reader, tag};
use crate::x509::{Certificate, Name};
use crate::{Algorithm, Hash, PublicKey, SealError, Signer, digest, oid};

/// Builds `ContentInfo { SignedData }` with one signer. `content` of `None` is detached.
pub(crate) fn build_signed_data(
    content_type: &[u8],
    content: Option<&[u8]>,
    content_digest: &[u8; 32],
    signer: &dyn Signer,
    chain: &[Vec<u8>],
    with_certificates: bool,
) -> Result<Vec<u8>, SealError> {
    if signer.algorithm() == Algorithm::Ed25519 {
        return Err(SealError::Unsupported("CMS signatures with Ed25519"));
    }
    if chain.len() > CERTIFICATES_MAX {
        return Err(SealError::TooLarge { what: "certificates of a signature", limit: CERTIFICATES_MAX });
    }
    let certificate = chain.first().ok_or(SealError::Key("no certificate of the signer"))?;
    let certificate = Certificate::parse(certificate)?;
    if certificate.public_key() != signer.public() {
        return Err(SealError::Key("the first certificate is not the signer's"));
    }
    let attributes = der::set_of(vec![
        attribute(oid::CONTENT_TYPE, der::oid(content_type)),
        attribute(oid::MESSAGE_DIGEST, der::octets(content_digest)),
        attribute(oid::SIGNING_CERTIFICATE_V2, signing_certificate(&certificate)),
    ]);
    // RFC 5652 §5.4: signed as SET OF, carried as [0] IMPLICIT.
    let signature = signer.sign_der(&attributes)?;
    let sha256 = der::sequence([der::oid(oid::SHA256)]);
    let signer_info = der::sequence([
        der::number(1),
        der::sequence([certificate.issuer().der().to_vec(), der::unsigned(certificate.serial())]),
        sha256.clone(),
        der::retag(tag::context(0), attributes),
        signer.algorithm().signature_identifier(Hash::Sha256),
        der::octets(&signature),
    ]);
    // RFC 5652 §5.1: 3 when the content is not id-data.
    let version = if content_type == oid::DATA { 1 } else { 3 };
    let content = content.map_or_else(Vec::new, |content| der::explicit(0, &der::octets(content)));
    let certificates =
        if with_certificates { der::retag(tag::context(0), der::set_of(chain.to_vec())) } else { Vec::new() };
    let data = der::sequence([
        der::number(version),
        der::set_of(vec![sha256]),
        der::sequence([der::oid(content_type), content]),
        certificates,
        der::set_of(vec![signer_info]),
    ]);
    Ok(der::sequence([der::oid(oid::SIGNED_DATA), der::explicit(0, &data)]))
}

fn attribute(id: &[u8], value: Vec<u8>) -> Vec<u8> {
    der::sequence([der::oid(id), der::set_of(vec![value])])
}

/// `SigningCertificateV2` with the default SHA-256 (RFC 5035 §3).
fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    let id = der::sequence([der::octets(&certificate.fingerprint())]);
    der::sequence([der::sequence([id])])
}

enum SignerId {
    IssuerAndSerial(Name, Vec<u8>),
    KeyId(Vec<u8>),
}

/// A signature as read; nothing of it is verified yet.
pub(crate) struct SignedData {
    pub content_type: Vec<u8>,
    pub content: Option<Vec<u8>>,
    pub certificates: Vec<Certificate>,
    pub hash: Hash,
    pub signature: Vec<u8>,
    pub timestamp: Option<Vec<u8>>,
    signer: SignerId,
    /// The signed attributes as the SET that is signed.
    signed: Vec<u8>,
    signature_algorithm: Vec<u8>,
}

impl SignedData {
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("CMS", bytes, CMS_MAX_BYTES)?;
        if outer.oid()? != oid::SIGNED_DATA {
            return Err(SealError::Unsupported("CMS content other than signed data"));
        }
        let mut explicit = outer.inside(tag::context(0))?;
        outer.finish()?;
        let mut data = explicit.sequence()?;
        explicit.finish()?;
        if !matches!(data.number()?, 1 | 3) {
            return Err(SealError::Unsupported("CMS version"));
        }
        data.expect(tag::SET)?;
        let mut encapsulated = data.sequence()?;
        let content_type = encapsulated.oid()?.to_vec();
        let content = match encapsulated.optional_inside(tag::context(0))? {
            Some(mut inner) => Some(inner.octets()?.to_vec()),
            None => None,
        };
        encapsulated.finish()?;
        let certificates = data.optional_inside(tag::context(0))?.map_or_else(|| Ok(Vec::new()), read_certificates)?;
        data.optional(tag::context(1))?;
        let mut signers = data.inside(tag::SET)?;
        data.finish()?;
        let mut info = signers.sequence()?;
        if !signers.is_empty() {
            return Err(SealError::Unsupported("CMS with several signers"));
        }
        info.number()?;
        let signer = match info.peek() {
            Some(tag::SEQUENCE) => {
                let mut id = info.sequence()?;
                let issuer = Name::read(&mut id)?;
                let serial = id.unsigned()?.to_vec();
                id.finish()?;
                SignerId::IssuerAndSerial(issuer, serial)
            }
            _ => SignerId::KeyId(info.expect(tag::context_primitive(0))?.to_vec()),
        };
        let hash = Hash::from_oid(info.sequence()?.oid()?).ok_or(SealError::Unsupported("CMS digest algorithm"))?;
        let signed = der::tlv(tag::SET, info.expect(tag::context(0))?);
        let signature_algorithm = info.tlv(tag::SEQUENCE)?.whole.to_vec();
        let signature = info.octets()?.to_vec();
        let timestamp = match info.optional(tag::context(1))? {
            Some(unsigned) => single_value(unsigned, oid::SIGNATURE_TIME_STAMP)?.map(<[u8]>::to_vec),
            None => None,
        };
        info.finish()?;
        Ok(Self {
            content_type,
            content,
            certificates,
            hash,
            signature,
            timestamp,
            signer,
            signed,
            signature_algorithm,
        })
    }

    /// The signer's certificate, once attributes and signature hold for that
    /// digest of the content. Trust is another question.
    pub fn verify(&self, content_digest: &[u8]) -> Result<&Certificate, SealError> {
        self.verify_with(content_digest, &[])
    }

    /// As [`SignedData::verify`], with further certificates among which the signer's may be.
    pub fn verify_with<'a>(
        &'a self,
        content_digest: &[u8],
        further: &'a [Certificate],
    ) -> Result<&'a Certificate, SealError> {
        let attributes = Reader::new("CMS", &self.signed).expect(tag::SET)?;
        let wrong = |why| SealError::malformed("CMS", why);
        let content_type = single_value(attributes, oid::CONTENT_TYPE)?.ok_or_else(|| wrong("no content type"))?;
        if content_type != der::oid(&self.content_type) {
            return Err(SealError::Signature("content type"));
        }
        let stated = single_value(attributes, oid::MESSAGE_DIGEST)?.ok_or_else(|| wrong("no message digest"))?;
        if stated != der::octets(content_digest) {
            return Err(SealError::Signature("content digest"));
        }
        let candidates = self.certificates.iter().chain(further);
        let certificate = candidates.into_iter().find(|candidate| self.names(candidate));
        let certificate = certificate.ok_or(SealError::Untrusted("the signer's certificate is missing"))?;
        check_signing_certificate(attributes, certificate)?;
        self.check_signature(certificate.public_key())?;
        Ok(certificate)
    }

    fn names(&self, certificate: &Certificate) -> bool {
        match &self.signer {
            SignerId::IssuerAndSerial(issuer, serial) => {
                certificate.issuer() == issuer && certificate.serial() == serial
            }
            SignerId::KeyId(id) => certificate.subject_key_id() == Some(id),
        }
    }

    fn check_signature(&self, key: &PublicKey) -> Result<(), SealError> {
        // RFC 3370 §3.2: an RSA signature may name only the key's algorithm.
        let plain_rsa = der::sequence([der::oid(oid::RSA), der::null()]);
        let named = if self.signature_algorithm == plain_rsa {
            Some((Algorithm::Rsa, self.hash))
        } else {
            Algorithm::from_signature_identifier(&self.signature_algorithm)
        };
        let (algorithm, hash) = named.ok_or(SealError::Unsupported("CMS signature algorithm"))?;
        if !key.algorithm().is_named_by(algorithm) || hash != self.hash {
            return Err(SealError::Signature("another algorithm than the key's or the digest's"));
        }
        key.verify_hashed_der(hash, &self.signed, &self.signature)
    }
}

fn read_certificates(mut list: Reader<'_>) -> Result<Vec<Certificate>, SealError> {
    let mut certificates = Vec::new();
    let mut count = 0;
    while !list.is_empty() {
        count += 1;
        if count > CERTIFICATES_MAX {
            return Err(SealError::TooLarge { what: "certificates of a signature", limit: CERTIFICATES_MAX });
        }
        // Others' extra certificates may be of kinds that are not known here.
        match Certificate::parse(list.any()?.whole) {
            Ok(certificate) => certificates.push(certificate),
            Err(SealError::Unsupported(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(certificates)
}

/// The DER of an attribute's only value; `None` if the attribute is absent.
fn single_value<'a>(attributes: &'a [u8], wanted: &[u8]) -> Result<Option<&'a [u8]>, SealError> {
    let mut list = Reader::new("CMS attributes", attributes);
    let mut found = None;
    let mut count = 0;
    while !list.is_empty() {
        count += 1;
        if count > ATTRIBUTES_MAX {
            return Err(SealError::TooLarge { what: "CMS attributes", limit: ATTRIBUTES_MAX });
        }
        let mut attribute = list.sequence()?;
        let id = attribute.oid()?;
        let mut values = attribute.inside(tag::SET)?;
        attribute.finish()?;
        if id == wanted {
            let value = values.any()?.whole;
            if !values.is_empty() || found.is_some() {
                return Err(list.error("an attribute with several values"));
            }
            found = Some(value);
        }
    }
    Ok(found)
}

/// RFC 5035: the signature names its certificate by digest, so that none can be put in its place.
fn check_signing_certificate(attributes: &[u8], certificate: &Certificate) -> Result<(), SealError> {
    let wrong = SealError::Signature("signing certificate");
    let hash = if let Some(value) = single_value(attributes, oid::SIGNING_CERTIFICATE_V2)? {
        let mut first = Reader::new("signing certificate", value).sequence()?.sequence()?.sequence()?;
        let hash = match first.optional_inside(tag::SEQUENCE)? {
            Some(mut identifier) => Hash::from_oid(identifier.oid()?),
            None => Some(Hash::Sha256),
        };
        let hash = hash.ok_or(SealError::Unsupported("signing certificate digest"))?;
        first.octets()? == hash.digest(certificate.der())
    } else if let Some(value) = single_value(attributes, oid::SIGNING_CERTIFICATE)? {
        // RFC 2634, SHA-1: still what some time-stamping authorities write. The
        // certificate itself is verified up to its anchor in any case.
        let mut first = Reader::new("signing certificate", value).sequence()?.sequence()?.sequence()?;
        first.octets()? == digest::sha1_name(certificate.der())
    } else {
        return Err(SealError::Signature("no signing certificate attribute"));
    };
    if hash { Ok(()) } else { Err(wrong) }
}
