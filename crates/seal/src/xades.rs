//! The signature on an exchange message: XAdES as X-Road writes it (the fixed
//! shape of its `SignatureXmlBuilder`: inclusive C14N 1.0, SHA-512, no
//! transforms, one direct reference for each part).
//!
//! The shape has no freedom, so writing needs no canonicaliser, and reading
//! takes the few values that differ, writes the same shape again, and compares
//! every octet: what is not exactly this is refused, and with it wrapping,
//! duplicate ids, other algorithms, entities and transforms.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use base::Timestamp;

use crate::digest::{base64, from_base64, sha256, sha512};
use crate::x509::{Certificate, OcspPolicy, OcspResponse, Profile, verify_chain_any};
use crate::{Algorithm, Hash, SealError, Signer};

/// Largest signature that is read, bytes.
pub const SIGNATURE_MAX_BYTES: usize = 64 << 10;
/// Parts of one message at most.
pub const PARTS_MAX: usize = 16;
/// How long a signer found good is not judged anew, seconds.
pub const KNOWN_SECONDS: i64 = 1;
/// Signers remembered at most.
const KNOWN_MAX: usize = 1_000;

const SPACES: &str = "xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" \
    xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
const C14N: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
/// X-Road's own signature profile, with the digest of its text.
const POLICY: &str = "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>\
    <xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>\
    <xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description>\
    </xades:SigPolicyId><xades:SigPolicyHash>\
    <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"></ds:DigestMethod>\
    <ds:DigestValue>BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==</ds:DigestValue>\
    </xades:SigPolicyHash><xades:SigPolicyQualifiers><xades:SigPolicyQualifier>\
    <xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier>\
    </xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";

/// One part of a message.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// `/message.xml`, `/attachment1`.
    pub name: &'a str,
    /// SHA-512 of its octets.
    pub digest: [u8; 64],
}

impl<'a> Part<'a> {
    /// The part of this name with these octets.
    #[must_use]
    pub fn of(name: &'a str, bytes: &[u8]) -> Self {
        Self { name, digest: sha512(bytes) }
    }
}

/// Who is trusted, and when.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Trust anchors, DER.
    pub roots: &'a [Vec<u8>],
    /// What lies between signers and anchors, DER.
    pub intermediates: &'a [Vec<u8>],
    /// The instant of judgement.
    pub now: Timestamp,
    /// How old the answer about revocation may be, seconds.
    pub ocsp_max_age_seconds: i64,
    /// Signers judged a moment ago by the same anchors, and the same age.
    pub known: Option<&'a KnownSigners>,
}

/// Signers that were found good a moment ago: the same certificate with the same
/// answer about its revocation is not judged anew for every message. An answer
/// may so be used [`KNOWN_SECONDS`] longer than the policy says; another answer
/// is judged at once.
#[derive(Debug, Default)]
pub struct KnownSigners(Mutex<HashMap<[u8; 32], Timestamp>>);

impl KnownSigners {
    fn holds(&self, signer: &[u8; 32], now: Timestamp) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(signer).is_some_and(|at| (0..=KNOWN_SECONDS).contains(&now.seconds_since(*at)))
    }
    fn add(&self, signer: [u8; 32], now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(signer, now);
    }
}

/// What a signature proves.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who signed.
    pub certificate: Certificate,
    /// When, as the signer says.
    pub signed_at: String,
}

/// What differs from one signature to the next.
struct Values<'a> {
    signed_at: &'a str,
    certificate: &'a Certificate,
    ocsp: &'a [u8],
    algorithm: &'static str,
}

/// Signs the parts of a message. `ocsp` is a fresh answer about `certificate`.
///
/// # Errors
/// [`SealError::Key`] when the certificate is not the signer's, too many parts,
/// or [`SealError::Engine`].
pub fn sign(
    parts: &[Part<'_>],
    signer: &dyn Signer,
    certificate: &Certificate,
    ocsp: &[u8],
    at: Timestamp,
) -> Result<Vec<u8>, SealError> {
    if signer.public() != certificate.public_key() {
        return Err(SealError::Key("the certificate is not the signer's"));
    }
    if parts.is_empty() || parts.len() > PARTS_MAX {
        return Err(SealError::TooLarge { what: "parts of a message", limit: PARTS_MAX });
    }
    let signed_at = format!("{}Z", at.rfc3339().get(..19).unwrap_or_default());
    let values = Values { signed_at: &signed_at, certificate, ocsp, algorithm: algorithm(signer.algorithm())? };
    let properties = properties(&values);
    let info = signed_info(parts, &properties, values.algorithm);
    let signature = signer.sign_hashed(Hash::Sha512, canonical(&info, "ds:SignedInfo").as_bytes())?;
    Ok(document(&values, &info, &properties, &signature).into_bytes())
}

/// Verifies a signature over exactly these parts.
///
/// # Errors
/// [`SealError::Malformed`] for another shape, [`SealError::Signature`] for
/// another message, [`SealError::Revoked`], [`SealError::Untrusted`] and what
/// else speaks against the signer.
pub fn verify(xml: &[u8], parts: &[Part<'_>], policy: &Policy<'_>) -> Result<Verified, SealError> {
    if xml.len() > SIGNATURE_MAX_BYTES {
        return Err(SealError::TooLarge { what: "signature", limit: SIGNATURE_MAX_BYTES });
    }
    let text = std::str::from_utf8(xml).map_err(|_| SealError::malformed("signature", "not UTF-8"))?;
    let signed_at = between(text, "<xades:SigningTime>", "</xades:SigningTime>")?;
    let certificate = from_base64(between(text, "<ds:X509Certificate>", "</ds:X509Certificate>")?)?;
    let certificate = Certificate::parse(&certificate)?;
    let opening = "<xades:EncapsulatedOCSPValue Id=\"ocsp-response-0\">";
    let ocsp = from_base64(between(text, opening, "</xades:EncapsulatedOCSPValue>")?)?;
    let signature = from_base64(between(text, "<ds:SignatureValue Id=\"signature-value\">", "</ds:SignatureValue>")?)?;
    let plain_time =
        signed_at.len() == 20 && signed_at.bytes().all(|byte| byte.is_ascii_digit() || b"-T:Z".contains(&byte));
    if !plain_time {
        return Err(SealError::malformed("signature", "signing time"));
    }
    let algorithm = algorithm(certificate.public_key().algorithm())?;
    let values = Values { signed_at, certificate: &certificate, ocsp: &ocsp, algorithm };
    let properties = properties(&values);
    let info = signed_info(parts, &properties, algorithm);
    if document(&values, &info, &properties, &signature) != text {
        return Err(SealError::Signature("the signature is of another message or shape"));
    }
    let signed = canonical(&info, "ds:SignedInfo");
    certificate.public_key().verify_hashed(Hash::Sha512, signed.as_bytes(), &signature)?;
    check_signer(&certificate, &ocsp, policy)?;
    let signed_at = signed_at.to_owned();
    Ok(Verified { certificate, signed_at })
}

fn check_signer(certificate: &Certificate, ocsp: &[u8], policy: &Policy<'_>) -> Result<(), SealError> {
    let signer = policy.known.map(|known| (known, sha256(&[&sha256(certificate.der())[..], &sha256(ocsp)].concat())));
    if signer.as_ref().is_some_and(|(known, signer)| known.holds(signer, policy.now)) {
        return Ok(());
    }
    let parse = |list: &[Vec<u8>]| list.iter().map(|der| Certificate::parse(der)).collect::<Result<Vec<_>, _>>();
    let (roots, intermediates) = (parse(policy.roots)?, parse(policy.intermediates)?);
    let path = verify_chain_any(certificate, &intermediates, &roots, policy.now, Profile::MessageSigning)?;
    let issuer = path.get(1).ok_or(SealError::Untrusted("a signer without issuer"))?;
    let answer = OcspResponse::parse(ocsp)?;
    answer.check(certificate, issuer, &OcspPolicy::new(policy.now, policy.ocsp_max_age_seconds))?;
    if let Some((known, signer)) = signer {
        known.add(signer, policy.now);
    }
    Ok(())
}

fn algorithm(algorithm: Algorithm) -> Result<&'static str, SealError> {
    match algorithm {
        Algorithm::P256 => Ok("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
        Algorithm::Rsa => Ok("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
        Algorithm::P384 | Algorithm::Ed25519 => Err(SealError::Unsupported("this kind of key in XML signatures")),
    }
}

/// An element as inclusive C14N writes it when it is the apex: with every
/// namespace that its ancestors declare.
fn canonical(element: &str, name: &str) -> String {
    element.replacen(&format!("<{name}"), &format!("<{name} {SPACES}"), 1)
}

fn digest(text: &mut String, value: &[u8]) {
    push(text, format_args!("<ds:DigestMethod Algorithm=\"{SHA512}\"></ds:DigestMethod>"));
    push(text, format_args!("<ds:DigestValue>{}</ds:DigestValue>", base64(value)));
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a text takes what is written to it");
}

fn signed_info(parts: &[Part<'_>], properties: &str, algorithm: &str) -> String {
    let mut text = String::from("<ds:SignedInfo>");
    push(&mut text, format_args!("<ds:CanonicalizationMethod Algorithm=\"{C14N}\"></ds:CanonicalizationMethod>"));
    push(&mut text, format_args!("<ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod>"));
    for (number, part) in parts.iter().enumerate() {
        push(&mut text, format_args!("<ds:Reference Id=\"signature-reference-{number}\" URI=\"{}\">", part.name));
        digest(&mut text, &part.digest);
        text.push_str("</ds:Reference>");
    }
    push(
        &mut text,
        format_args!(
            "<ds:Reference Id=\"signature-reference-{}\" Type=\"http://uri.etsi.org/01903#SignedProperties\" \
             URI=\"#signed-properties\">",
            parts.len()
        ),
    );
    let properties = canonical(properties, "xades:SignedProperties");
    digest(&mut text, &sha512(properties.as_bytes()));
    text.push_str("</ds:Reference></ds:SignedInfo>");
    text
}

fn properties(values: &Values<'_>) -> String {
    let certificate = values.certificate;
    let mut text = String::from("<xades:SignedProperties Id=\"signed-properties\"><xades:SignedSignatureProperties>");
    push(&mut text, format_args!("<xades:SigningTime>{}</xades:SigningTime>", values.signed_at));
    text.push_str("<xades:SigningCertificate><xades:Cert><xades:CertDigest>");
    digest(&mut text, &sha512(certificate.der()));
    text.push_str("</xades:CertDigest><xades:IssuerSerial>");
    push(
        &mut text,
        format_args!("<ds:X509IssuerName>{}</ds:X509IssuerName>", escape(&certificate.issuer().to_string())),
    );
    push(&mut text, format_args!("<ds:X509SerialNumber>{}</ds:X509SerialNumber>", decimal(certificate.serial())));
    text.push_str("</xades:IssuerSerial></xades:Cert></xades:SigningCertificate>");
    text.push_str(POLICY);
    text.push_str("</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>");
    text.push_str(
        "<xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>text/xml</xades:MimeType>",
    );
    text.push_str("</xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>");
    text
}

fn document(values: &Values<'_>, info: &str, properties: &str, signature: &[u8]) -> String {
    let mut text = format!("<asic:XAdESSignatures {SPACES}><ds:Signature Id=\"signature\">{info}");
    push(
        &mut text,
        format_args!("<ds:SignatureValue Id=\"signature-value\">{}</ds:SignatureValue>", base64(signature)),
    );
    push(
        &mut text,
        format_args!(
            "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
            base64(values.certificate.der())
        ),
    );
    push(&mut text, format_args!("<ds:Object><xades:QualifyingProperties Target=\"#signature\">{properties}"));
    text.push_str(
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>",
    );
    push(
        &mut text,
        format_args!(
            "<xades:EncapsulatedOCSPValue Id=\"ocsp-response-0\">{}</xades:EncapsulatedOCSPValue>",
            base64(values.ocsp)
        ),
    );
    text.push_str(
        "</xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties>",
    );
    text.push_str("</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>");
    text
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> Result<&'t str, SealError> {
    let missing = || SealError::malformed("signature", "a part is missing");
    let start = text.find(from).ok_or_else(missing)? + from.len();
    let end = text.get(start..).and_then(|rest| rest.find(to)).ok_or_else(missing)?;
    text.get(start..start + end).ok_or_else(missing)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#xD;")
}

/// A serial number as XML Schema's integer.
fn decimal(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = u8::try_from(carry % 10).unwrap_or(0);
            carry /= 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::testing::House;
    use crate::x509::{CertId, OcspSingle, OcspStatus, Reason, build_ocsp_response};

    const NOW: Timestamp = Timestamp::from_seconds(1_795_507_200);

    struct World {
        house: House,
        key: crate::SigningKey,
        chain: Vec<Vec<u8>>,
    }

    fn world() -> World {
        let house = House::new(Algorithm::P256);
        let (key, chain) = house.end(Profile::MessageSigning);
        World { house, key, chain }
    }

    impl World {
        fn ocsp(&self, status: OcspStatus) -> Vec<u8> {
            let issuer = Certificate::parse(&self.chain[1]).unwrap();
            let certificate = Certificate::parse(&self.chain[0]).unwrap();
            let id = CertId::new(&issuer, certificate.serial());
            let single = OcspSingle { id, status, this_update: NOW, next_update: Some(NOW.plus_seconds(600)) };
            build_ocsp_response(&[single], None, NOW, &issuer, &self.house.issuing_key).unwrap()
        }
        fn sign(&self, parts: &[Part<'_>], status: OcspStatus) -> Vec<u8> {
            let certificate = Certificate::parse(&self.chain[0]).unwrap();
            sign(parts, &self.key, &certificate, &self.ocsp(status), NOW).unwrap()
        }
        fn verify(&self, xml: &[u8], parts: &[Part<'_>]) -> Result<Verified, SealError> {
            let roots = [self.house.root.der().to_vec()];
            let policy = Policy {
                roots: &roots,
                intermediates: &self.chain[1..],
                now: NOW,
                ocsp_max_age_seconds: 3_600,
                known: None,
            };
            verify(xml, parts, &policy)
        }
    }

    fn parts() -> [Part<'static>; 2] {
        [Part::of("/message.xml", b"GET /r1/x"), Part::of("/attachment1", b"{}")]
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else() {
        let world = world();
        let xml = world.sign(&parts(), OcspStatus::Good);
        assert!(world.verify(&xml, &parts()).is_ok());
        let other = [Part::of("/message.xml", b"GET /r1/y"), Part::of("/attachment1", b"{}")];
        assert!(world.verify(&xml, &other).is_err());
        assert!(world.verify(&xml, &parts()[..1]).is_err());
        // The answer about revocation is signed by its responder, certificates beside it by
        // their issuers: the message's own signature does not cover it.
        let text = String::from_utf8(xml.clone()).unwrap();
        let ocsp = text.find("ocsp-response-0\">").unwrap()..text.find("</xades:EncapsulatedOCSPValue>").unwrap();
        for place in (0..xml.len()).step_by(37).filter(|place| !ocsp.contains(place)) {
            let mut edited = xml.clone();
            edited[place] ^= 1;
            assert!(world.verify(&edited, &parts()).is_err(), "octet {place}");
        }
        let longer = [&xml[..], b"<!-- -->"].concat();
        assert!(world.verify(&longer, &parts()).is_err());
    }

    #[test]
    fn revoked_and_foreign_signers_are_refused() {
        let world = world();
        let revoked = world.sign(&parts(), OcspStatus::Revoked { at: NOW, reason: Reason::KeyCompromise });
        assert!(matches!(world.verify(&revoked, &parts()), Err(SealError::Revoked)));
        let unknown = world.sign(&parts(), OcspStatus::Unknown);
        assert!(world.verify(&unknown, &parts()).is_err());
        let xml = world.sign(&parts(), OcspStatus::Good);
        let roots = [House::new(Algorithm::P256).root.der().to_vec()];
        let policy = Policy {
            roots: &roots,
            intermediates: &world.chain[1..],
            now: NOW,
            ocsp_max_age_seconds: 3_600,
            known: None,
        };
        assert!(verify(&xml, &parts(), &policy).is_err());
        let late = Policy { roots: &[world.house.root.der().to_vec()], now: NOW.plus_seconds(7_200), ..policy };
        assert!(verify(&xml, &parts(), &late).is_err());

        // A signer once found good is taken for a second, and not for two; another answer at once.
        let (known, ours) = (KnownSigners::default(), [world.house.root.der().to_vec()]);
        let remembered = Policy { known: Some(&known), roots: &ours, ..policy };
        let good = world.sign(&parts(), OcspStatus::Good);
        assert!(verify(&good, &parts(), &remembered).is_ok());
        let nobody: [Vec<u8>; 0] = [];
        let elsewhere = |now| Policy { roots: &nobody, now, ..remembered };
        assert!(verify(&good, &parts(), &elsewhere(NOW.plus_seconds(1))).is_ok());
        assert!(verify(&good, &parts(), &elsewhere(NOW.plus_seconds(2))).is_err());
        let revoked = world.sign(&parts(), OcspStatus::Revoked { at: NOW, reason: Reason::KeyCompromise });
        assert!(matches!(verify(&revoked, &parts(), &remembered), Err(SealError::Revoked)));
    }

    #[test]
    fn serial_numbers_are_decimal() {
        for (bytes, expected) in [(&[0_u8][..], "0"), (&[1, 0], "256"), (&[255, 255, 255, 255, 255], "1099511627775")] {
            assert_eq!(decimal(bytes), expected);
        }
    }
}
