//! A small authority for this crate's own tests: root, issuing, ends.

use std::sync::atomic::{AtomicU64, Ordering};

use base::{SeededEntropy, Timestamp};

use super::{Attribute, Certificate, CertificateRequest, Name, Profile, issue, issue_root};
use crate::tsp::{TimeStampRequest, TokenIssue, issue_token};
use crate::{Algorithm, Hash, Signer, SigningKey};

/// 2026-11-24T05:20:00Z
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_497_600);
const YEAR_SECONDS: i64 = 31_557_600;

static SEED: AtomicU64 = AtomicU64::new(1);

pub struct House {
    pub algorithm: Algorithm,
    pub root_key: SigningKey,
    pub root: Certificate,
    pub issuing_key: SigningKey,
    pub issuing: Certificate,
}

pub fn fresh_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, &SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed))).unwrap()
}

pub fn request(common_name: &str, key: &dyn Signer, years: i64) -> CertificateRequest {
    let serial = SEED.fetch_add(1, Ordering::Relaxed) + 0x7f00;
    CertificateRequest {
        subject: Name::new(&[
            (Attribute::Country, "PS"),
            (Attribute::Organization, "وزارة"),
            (Attribute::CommonName, common_name),
        ])
        .unwrap(),
        public_key: key.public().clone(),
        not_before: NOW.plus_seconds(-86_400),
        not_after: NOW.plus_seconds(years * YEAR_SECONDS),
        serial: serial.to_be_bytes().to_vec(),
        dns_names: vec!["server.example.ps".to_owned()],
        ip_addresses: vec!["127.0.0.2".parse().unwrap(), "::1".parse().unwrap()],
        crl_url: Some("http://ca.example.ps/issuing.crl".to_owned()),
        ocsp_url: Some("http://ca.example.ps/ocsp".to_owned()),
        issuer_url: Some("http://ca.example.ps/issuing.cer".to_owned()),
    }
}

impl House {
    pub fn new(algorithm: Algorithm) -> Self {
        Self::with_keys(algorithm, fresh_key(algorithm), fresh_key(algorithm))
    }

    /// Always the same keys, for tests that run many times.
    pub fn fixed() -> Self {
        let key = |seed| SigningKey::generate(Algorithm::P256, &SeededEntropy::new(seed)).unwrap();
        Self::with_keys(Algorithm::P256, key(u64::MAX), key(u64::MAX - 1))
    }

    fn with_keys(algorithm: Algorithm, root_key: SigningKey, issuing_key: SigningKey) -> Self {
        let root = Certificate::parse(&issue_root(&request("Root", &root_key, 20), &root_key).unwrap()).unwrap();
        let wanted = request("Issuing", &issuing_key, 10);
        let issuing = issue(Profile::Issuing, &wanted, &root, &root_key).unwrap();
        let issuing = Certificate::parse(&issuing).unwrap();
        Self { algorithm, root_key, root, issuing_key, issuing }
    }

    /// A key and its chain (DER, without the root) of that profile.
    pub fn end(&self, profile: Profile) -> (SigningKey, Vec<Vec<u8>>) {
        let key = fresh_key(self.algorithm);
        let der = issue(profile, &request("End", &key, 2), &self.issuing, &self.issuing_key).unwrap();
        (key, vec![der, self.issuing.der().to_vec()])
    }

    /// A time stamp token over this data.
    pub fn stamp(&self, data: &[u8], at: Timestamp) -> Vec<u8> {
        let (key, chain) = self.end(Profile::TimeStamp);
        let wanted = TimeStampRequest::of(Hash::Sha256, data, &SeededEntropy::new(1));
        let issue = TokenIssue { serial: &[7], at, policy: &[42, 3, 4], chain: &chain };
        issue_token(&wanted, &issue, &key).unwrap()
    }
}
