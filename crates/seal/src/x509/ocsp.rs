//! OCSP questions (RFC 6960 §4.1).

use super::certificate::read_serial;
use super::extension::extension;
use super::{Certificate, EXTENSIONS_MAX, OCSP_IDS_MAX, OCSP_NONCE_MAX_BYTES, OCSP_REQUEST_MAX_BYTES};
use crate::der::{self, Reader, tag};
use crate::{PublicKey, SealError, digest, oid};

/// Names one certificate by its issuer's name and key and its serial number.
/// SHA-1 is what clients send; it names, it protects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertId {
    sha256: bool,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
    der: Vec<u8>,
}

impl CertId {
    /// The id with SHA-1, which every responder knows (RFC 5019 §2.1.1).
    #[must_use]
    pub fn new(issuer: &Certificate, serial: &[u8]) -> Self {
        let name_hash = digest::sha1_name(issuer.subject().der()).to_vec();
        Self::build(false, name_hash, digest::sha1_name(issuer.public_key().raw()).to_vec(), serial)
    }

    /// The id with SHA-256 (RFC 9654 §3.2.2 prefers it).
    #[must_use]
    pub fn new_sha256(issuer: &Certificate, serial: &[u8]) -> Self {
        let name_hash = digest::sha256(issuer.subject().der()).to_vec();
        Self::build(true, name_hash, digest::sha256(issuer.public_key().raw()).to_vec(), serial)
    }

    fn build(sha256: bool, name_hash: Vec<u8>, key_hash: Vec<u8>, serial: &[u8]) -> Self {
        let id = if sha256 { oid::SHA256 } else { oid::SHA1 };
        let der = der::sequence([
            der::sequence([der::oid(id), der::null()]),
            der::octets(&name_hash),
            der::octets(&key_hash),
            der::unsigned(serial),
        ]);
        let zeros = serial.iter().take_while(|&&octet| octet == 0).count();
        Self { sha256, name_hash, key_hash, serial: serial[zeros..].to_vec(), der }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, SealError> {
        let whole = reader.tlv(tag::SEQUENCE)?;
        let mut body = Reader::new("OCSP certificate id", whole.content);
        let mut algorithm = body.sequence()?;
        let sha256 = match algorithm.oid()? {
            oid::SHA1 => false,
            oid::SHA256 => true,
            _ => return Err(SealError::Unsupported("OCSP certificate id algorithm")),
        };
        let (name_hash, key_hash) = (body.octets()?.to_vec(), body.octets()?.to_vec());
        let serial = read_serial(&mut body)?;
        body.finish()?;
        let length = if sha256 { 32 } else { 20 };
        if name_hash.len() != length || key_hash.len() != length {
            return Err(SealError::malformed("OCSP certificate id", "length of a digest"));
        }
        Ok(Self { sha256, name_hash, key_hash, serial, der: whole.whole.to_vec() })
    }

    /// Whether that authority issued the certificate named here.
    #[must_use]
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let other = if self.sha256 { Self::new_sha256(issuer, &[]) } else { Self::new(issuer, &[]) };
        self.name_hash == other.name_hash && self.key_hash == other.key_hash
    }

    /// The serial number without leading zeros.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// As it stood in the request, to be echoed.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }
}

/// SHA-1 of a responder's key, its name in answers (RFC 6960 §4.2.1).
pub(super) fn responder_key_hash(key: &PublicKey) -> Vec<u8> {
    digest::sha1_name(key.raw()).to_vec()
}

/// A question about certificates. Signatures of the asker are not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    /// Which certificates, at most [`OCSP_IDS_MAX`].
    pub ids: Vec<CertId>,
    /// What the answer must repeat.
    pub nonce: Option<Vec<u8>>,
}

impl OcspRequest {
    /// Writes the question.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let requests: Vec<_> = self.ids.iter().map(|id| der::sequence([id.der()])).collect();
        let extensions = nonce_extension(self.nonce.as_deref())
            .map_or_else(Vec::new, |nonce| der::explicit(2, &der::sequence([nonce])));
        der::sequence([der::sequence([der::sequence(requests), extensions])])
    }

    /// Reads a question.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::TooLarge`], [`SealError::Unsupported`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut outer = Reader::whole_sequence("OCSP request", bytes, OCSP_REQUEST_MAX_BYTES)?;
        let mut body = outer.sequence()?;
        outer.optional(tag::context(0))?;
        outer.finish()?;
        if body.optional_inside(tag::context(0))?.map_or(Ok(0), |mut version| version.number())? != 0 {
            return Err(SealError::Unsupported("OCSP version"));
        }
        body.optional(tag::context(1))?;
        let mut list = body.sequence()?;
        let mut ids = Vec::new();
        while !list.is_empty() {
            if ids.len() == OCSP_IDS_MAX {
                return Err(SealError::TooLarge { what: "OCSP certificate ids", limit: OCSP_IDS_MAX });
            }
            let mut request = list.sequence()?;
            ids.push(CertId::read(&mut request)?);
            request.optional(tag::context(0))?;
            request.finish()?;
        }
        let nonce = body.optional_inside(tag::context(2))?.map_or(Ok(None), read_nonce)?;
        body.finish()?;
        if ids.is_empty() {
            return Err(SealError::malformed("OCSP request", "asks for nothing"));
        }
        Ok(Self { ids, nonce })
    }
}

pub(super) fn nonce_extension(nonce: Option<&[u8]>) -> Option<Vec<u8>> {
    nonce.map(|nonce| extension(oid::OCSP_NONCE, false, &der::octets(nonce)))
}

/// The nonce among the extensions inside an explicit tag.
pub(super) fn read_nonce(mut outer: Reader<'_>) -> Result<Option<Vec<u8>>, SealError> {
    let mut list = outer.sequence()?;
    outer.finish()?;
    let mut nonce = None;
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
        if id == oid::OCSP_NONCE {
            let mut inner = Reader::new("OCSP nonce", value);
            let octets = inner.octets()?;
            inner.finish()?;
            if octets.is_empty() || octets.len() > OCSP_NONCE_MAX_BYTES {
                return Err(SealError::TooLarge { what: "OCSP nonce", limit: OCSP_NONCE_MAX_BYTES });
            }
            nonce = Some(octets.to_vec());
        } else if critical {
            return Err(SealError::Unsupported("a critical OCSP extension"));
        }
    }
    Ok(nonce)
}
