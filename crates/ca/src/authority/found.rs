//! The authority's own keys: made once with their certificates, kept sealed, read.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit::Leaf;
use seal::x509::{Attribute, Certificate, CertificateRequest, Name, Profile, issue, issue_root};
use seal::{Algorithm, SealError, Signer, SigningKey};
use store::{Ctx, Error, Key, Read, params};

use super::{BACKDATED_SECONDS, DAY, Holder, KeyId, Refusal, serial};
use crate::sql;

/// Where secrets lie.
const COLUMN: &str = "ca_key.secret";
/// How long the root holds, days.
const ROOT_DAYS: i64 = 20 * 365;
/// How long the issuing authority holds, days.
const ISSUING_DAYS: i64 = 10 * 365;
/// How long the authority's helpers hold, days.
const HELPER_DAYS: i64 = 5 * 365;

/// Purpose, secret, certificate.
pub(super) type MadeKey = (&'static str, Vec<u8>, Certificate);

/// What is asked for one of the authority's own keys.
pub(super) fn own(ctx: &Ctx, name: &str, key: &SigningKey, days: i64) -> Result<CertificateRequest, SealError> {
    let now = ctx.now();
    let attributes = [(Attribute::Country, "PS"), (Attribute::Organization, "Hukumati"), (Attribute::CommonName, name)];
    Ok(CertificateRequest {
        subject: Name::new(&attributes)?,
        public_key: key.public().clone(),
        not_before: now.plus_seconds(-BACKDATED_SECONDS),
        not_after: now.plus_seconds(days * DAY),
        serial: serial(ctx),
        dns_names: Vec::new(),
        ip_addresses: Vec::new(),
        crl_url: None,
        ocsp_url: None,
        issuer_url: None,
    })
}

/// Makes the persons' authority and its responder under the root.
pub(super) fn make_persons(ctx: &Ctx, origin: &str, root: &Holder) -> Result<Vec<MadeKey>, Refusal> {
    let fresh = || SigningKey::generate(Algorithm::P256, &*ctx.entropy);
    let (persons, ocsp) = (fresh()?, fresh()?);
    let mut wanted = CertificateRequest {
        issuer_url: Some(format!("{origin}/ca/root.crt")),
        ..own(ctx, "Hukumati Persons", &persons, ISSUING_DAYS)?
    };
    // An old root may end first.
    wanted.not_after = wanted.not_after.min(root.certificate.not_after());
    let persons_certificate = Certificate::parse(&issue(Profile::Issuing, &wanted, &root.certificate, &*root.key)?)?;
    let mut wanted = own(ctx, "Hukumati Persons OCSP", &ocsp, HELPER_DAYS)?;
    wanted.not_after = wanted.not_after.min(persons_certificate.not_after());
    let ocsp_certificate =
        Certificate::parse(&issue(Profile::OcspResponder, &wanted, &persons_certificate, &persons)?)?;
    Ok(vec![
        ("persons", persons.to_pkcs8()?.to_vec(), persons_certificate),
        ("persons-ocsp", ocsp.to_pkcs8()?.to_vec(), ocsp_certificate),
    ])
}

/// Makes the first four keys of the authority and their certificates.
pub(super) fn make(ctx: &Ctx, origin: &str) -> Result<Vec<MadeKey>, Refusal> {
    let request = |name: &str, key: &SigningKey, days: i64| own(ctx, name, key, days);
    let fresh = || SigningKey::generate(Algorithm::P256, &*ctx.entropy);
    let (root, issuing, ocsp, tsa) = (fresh()?, fresh()?, fresh()?, fresh()?);
    let root_certificate = Certificate::parse(&issue_root(&request("Hukumati Root", &root, ROOT_DAYS)?, &root)?)?;
    let wanted = CertificateRequest {
        issuer_url: Some(format!("{origin}/ca/root.crt")),
        ..request("Hukumati Issuing", &issuing, ISSUING_DAYS)?
    };
    let issuing_certificate = Certificate::parse(&issue(Profile::Issuing, &wanted, &root_certificate, &root)?)?;
    let under = |profile, name, key: &SigningKey, ocsp_url| -> Result<Certificate, SealError> {
        let wanted = CertificateRequest { ocsp_url, ..request(name, key, HELPER_DAYS)? };
        Certificate::parse(&issue(profile, &wanted, &issuing_certificate, &issuing)?)
    };
    let ocsp_certificate = under(Profile::OcspResponder, "Hukumati OCSP", &ocsp, None)?;
    // Judges look for an answer about the clock only if its certificate says who answers.
    let answers = Some(format!("{origin}/ca/ocsp"));
    let tsa_certificate = under(Profile::TimeStamp, "Hukumati Time", &tsa, answers)?;
    Ok(vec![
        ("root", root.to_pkcs8()?.to_vec(), root_certificate),
        ("issuing", issuing.to_pkcs8()?.to_vec(), issuing_certificate),
        ("ocsp", ocsp.to_pkcs8()?.to_vec(), ocsp_certificate),
        ("tsa", tsa.to_pkcs8()?.to_vec(), tsa_certificate),
    ])
}

/// The keys that there are, by purpose.
pub(super) async fn held(ctx: &Ctx) -> Result<BTreeMap<String, Holder>, Refusal> {
    let mut found = BTreeMap::new();
    for (purpose, secret, certificate) in ctx.read(keys).await? {
        let key = Arc::new(SigningKey::from_pkcs8(&secret)?);
        found.insert(purpose, Holder { certificate: Certificate::parse(&certificate)?, key });
    }
    Ok(found)
}

/// Keeps keys that were made, once.
pub(super) async fn keep(ctx: &Ctx, founded: &'static str, leaf: Leaf, made: Vec<MadeKey>) -> Result<(), Error> {
    ctx.write(Key::new("ca.founded", founded), move |tx| {
        for (purpose, secret, certificate) in &made {
            let (id, now): (KeyId, _) = (tx.mint(), tx.now());
            let sealed = tx.seal(id, COLUMN, secret)?;
            tx.execute_one(&sql::INSERT_KEY, &params![id, *purpose, sealed, certificate.der(), now])?;
        }
        audit::record_in(tx, &leaf).map(drop)
    })
    .await
}

/// Purpose, secret, certificate.
pub(super) type StoredKey = (String, Vec<u8>, Vec<u8>);

pub(super) fn keys(read: &mut Read<'_>) -> Result<Vec<StoredKey>, Error> {
    let rows = read.rows(&sql::KEYS, &params![])?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let secret = read.open(row.get::<KeyId>(0)?, COLUMN, &row.get::<Vec<u8>>(2)?)?;
        keys.push((row.get(1)?, secret, row.get(3)?));
    }
    Ok(keys)
}
