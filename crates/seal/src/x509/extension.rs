//! Extensions, written and read.

use std::net::IpAddr;

use super::{ALT_NAMES_MAX, EXTENSIONS_MAX};
use crate::der::{self, Reader, tag};
use crate::{PublicKey, SealError, digest, oid};

/// The bits of the key usage extension (RFC 5280 §4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Bit 0
    pub const DIGITAL_SIGNATURE: u8 = 0;
    /// Bit 1, also called content commitment
    pub const NON_REPUDIATION: u8 = 1;
    /// Bit 5
    pub const CERTIFICATE_SIGN: u8 = 5;
    /// Bit 6
    pub const CRL_SIGN: u8 = 6;

    /// Whether that bit is set.
    #[must_use]
    pub const fn has(self, bit: u8) -> bool {
        self.0 & (0x8000 >> bit) != 0
    }
}

/// Whether a certificate is an authority, and how many may follow below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// May sign certificates.
    pub ca: bool,
    /// Most intermediates below it.
    pub path_length: Option<u64>,
}

/// What the extensions of a certificate say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Extensions {
    pub basic_constraints: Option<BasicConstraints>,
    pub key_usage: Option<KeyUsage>,
    pub extended_key_usage: Option<Vec<Vec<u8>>>,
    pub extended_key_usage_critical: bool,
    pub dns_names: Vec<String>,
    pub ip_addresses: Vec<IpAddr>,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<Vec<u8>>,
    pub crl_urls: Vec<String>,
    pub ocsp_urls: Vec<String>,
    pub issuer_urls: Vec<String>,
    pub ocsp_no_check: bool,
    pub unknown_critical: bool,
}

/// One extension.
pub(super) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { der::boolean(true) } else { Vec::new() };
    der::sequence([der::oid(id), flag, der::octets(value)])
}

/// The key identifier of RFC 7093 §2 (1): the leftmost 160 bits of SHA-256 of the key.
pub(super) fn key_identifier(key: &PublicKey) -> Vec<u8> {
    digest::sha256(key.raw())[..20].to_vec()
}

/// `SubjectAltName` content, empty if there are no names.
pub(super) fn alt_names(dns: &[String], ips: &[IpAddr]) -> Result<Vec<u8>, SealError> {
    if dns.len() + ips.len() > ALT_NAMES_MAX {
        return Err(SealError::TooLarge { what: "alternative names", limit: ALT_NAMES_MAX });
    }
    let mut names = Vec::new();
    for name in dns {
        if !is_dns_name(name) {
            return Err(SealError::malformed("alternative name", "not a DNS name"));
        }
        names.push(der::tlv(tag::context_primitive(2), name.as_bytes()));
    }
    for ip in ips {
        let octets = match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        names.push(der::tlv(tag::context_primitive(7), &octets));
    }
    Ok(if names.is_empty() { Vec::new() } else { der::sequence(names) })
}

/// Letters, digits and hyphens in labels of 1 to 63, at most 253 in all (RFC 1123).
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// A list with one URI general name in each entry, after the access method if there is one.
pub(super) fn distribution_point(url: &str) -> Vec<u8> {
    let uri = der::tlv(tag::context_primitive(6), url.as_bytes());
    let full_name = der::tlv(tag::context(0), &uri);
    der::sequence([der::sequence([der::tlv(tag::context(0), &full_name)])])
}

/// `AuthorityInfoAccessSyntax` for these methods and addresses.
pub(super) fn info_access(entries: &[(&[u8], &str)]) -> Vec<u8> {
    let entry = |&(method, url): &(&[u8], &str)| {
        der::sequence([der::oid(method), der::tlv(tag::context_primitive(6), url.as_bytes())])
    };
    der::sequence(entries.iter().map(entry).collect::<Vec<_>>())
}

impl Extensions {
    /// Reads `Extensions` from inside its explicit tag.
    pub fn read(mut outer: Reader<'_>) -> Result<Self, SealError> {
        let mut list = outer.sequence()?;
        outer.finish()?;
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut out = Self::default();
        while !list.is_empty() {
            let mut item = list.sequence()?;
            let id = item.oid()?;
            let critical = item.flag()?;
            let value = item.octets()?;
            item.finish()?;
            if seen.contains(&id) {
                return Err(SealError::malformed("extensions", "one stands twice"));
            }
            seen.push(id);
            if seen.len() > EXTENSIONS_MAX {
                return Err(SealError::TooLarge { what: "extensions", limit: EXTENSIONS_MAX });
            }
            if !out.take(id, critical, value)? {
                out.unknown_critical |= critical;
            }
        }
        Ok(out)
    }

    /// Takes one extension; `false` if it is not known.
    fn take(&mut self, id: &[u8], critical: bool, value: &[u8]) -> Result<bool, SealError> {
        let mut reader = Reader::new("extension", value);
        match id {
            oid::BASIC_CONSTRAINTS => {
                let mut inner = reader.sequence()?;
                let ca = inner.flag()?;
                let path_length = if inner.is_empty() { None } else { Some(inner.number()?) };
                inner.finish()?;
                self.basic_constraints = Some(BasicConstraints { ca, path_length });
            }
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage(reader.named_bits()?)),
            oid::EXTENDED_KEY_USAGE => {
                let mut inner = reader.sequence()?;
                let mut purposes = Vec::new();
                while !inner.is_empty() {
                    purposes.push(inner.oid()?.to_vec());
                }
                self.extended_key_usage = Some(purposes);
                self.extended_key_usage_critical = critical;
            }
            oid::SUBJECT_ALT_NAME => self.take_alt_names(reader.sequence()?)?,
            oid::SUBJECT_KEY_IDENTIFIER => self.subject_key_id = Some(reader.octets()?.to_vec()),
            oid::AUTHORITY_KEY_IDENTIFIER => {
                let mut inner = reader.sequence()?;
                self.authority_key_id = inner.optional(tag::context_primitive(0))?.map(<[u8]>::to_vec);
                // The other two members name the issuer's certificate and are not used.
                while !inner.is_empty() {
                    inner.any()?;
                }
            }
            oid::CRL_DISTRIBUTION_POINTS => self.crl_urls = read_distribution_points(reader.sequence()?)?,
            oid::AUTHORITY_INFO_ACCESS => self.take_info_access(reader.sequence()?)?,
            oid::OCSP_NO_CHECK => {
                reader.expect(tag::NULL)?;
                self.ocsp_no_check = true;
            }
            // Policies restrict nothing here: no path is asked for under a policy.
            oid::CERTIFICATE_POLICIES => {
                reader.sequence()?;
            }
            _ => return Ok(false),
        }
        reader.finish()?;
        Ok(true)
    }

    fn take_alt_names(&mut self, mut names: Reader<'_>) -> Result<(), SealError> {
        let mut count = 0;
        while !names.is_empty() {
            count += 1;
            if count > ALT_NAMES_MAX {
                return Err(SealError::TooLarge { what: "alternative names", limit: ALT_NAMES_MAX });
            }
            let name = names.any()?;
            if name.tag == tag::context_primitive(2) {
                self.dns_names.push(ascii(name.content)?);
            } else if name.tag == tag::context_primitive(7) {
                let ip = <[u8; 4]>::try_from(name.content)
                    .map(IpAddr::from)
                    .or_else(|_| <[u8; 16]>::try_from(name.content).map(IpAddr::from));
                self.ip_addresses.push(ip.map_err(|_| SealError::malformed("alternative name", "IP address"))?);
            }
        }
        Ok(())
    }

    fn take_info_access(&mut self, mut entries: Reader<'_>) -> Result<(), SealError> {
        while !entries.is_empty() {
            let mut entry = entries.sequence()?;
            let method = entry.oid()?;
            let place = entry.any()?;
            if place.tag == tag::context_primitive(6) {
                match method {
                    oid::OCSP => self.ocsp_urls.push(ascii(place.content)?),
                    oid::CA_ISSUERS => self.issuer_urls.push(ascii(place.content)?),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

fn read_distribution_points(mut points: Reader<'_>) -> Result<Vec<String>, SealError> {
    let mut urls = Vec::new();
    while !points.is_empty() {
        let mut point = points.sequence()?;
        let Some(mut name) = point.optional_inside(tag::context(0))? else { continue };
        let Some(mut full) = name.optional_inside(tag::context(0))? else { continue };
        while !full.is_empty() {
            let general = full.any()?;
            if general.tag == tag::context_primitive(6) && urls.len() < ALT_NAMES_MAX {
                urls.push(ascii(general.content)?);
            }
        }
    }
    Ok(urls)
}

fn ascii(bytes: &[u8]) -> Result<String, SealError> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    text.map(str::to_owned).ok_or_else(|| SealError::malformed("extension", "not visible ASCII"))
}
