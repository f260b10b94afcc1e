//! People's certificates: identity says who gets one and when it ends, the
//! authority makes, lists and answers. Neither knows the other.

use std::sync::Arc;

use anyhow::Result;
use ca::Authority;
use identity::{CertificateRevoked, PersonalAuthority};
use seal::x509::{Certificate, Reason};
use store::{Ctx, Error, Event, Subscriber, Work};

/// The authority as identity asks it.
pub(crate) fn authority(authority: &Arc<Authority>) -> Result<PersonalAuthority> {
    let (certificate, signer) = (Certificate::parse(authority.persons())?, Arc::clone(authority));
    Ok(PersonalAuthority::new(
        certificate,
        move |ctx, pseudonym, key, days| {
            signer.sign_personal(ctx, pseudonym, key, days).map_err(|error| Error::Corrupt(error.to_string()))
        },
        Authority::keep_personal_in,
        Authority::holds_personal,
    ))
}

/// The name of that authority, DER, as certificates carry it.
pub(crate) fn issuer(certificate: &[u8]) -> Result<Vec<u8>> {
    Ok(Certificate::parse(certificate)?.subject().der().to_vec())
}

/// The authority's list follows what identity has revoked.
pub(crate) fn revocations(authority: &Arc<Authority>) -> Subscriber {
    let authority = Arc::clone(authority);
    Subscriber::new("ca.certificate_revoked", CertificateRevoked::TOPIC, move |ctx: Ctx, work: Work| {
        let authority = Arc::clone(&authority);
        async move { revoke(&ctx, &authority, &work).await }
    })
}

async fn revoke(ctx: &Ctx, authority: &Authority, work: &Work) -> Result<(), Error> {
    let event: CertificateRevoked = work.parse()?;
    let serial = seal::digest::from_hex(&event.serial).map_err(|error| Error::Corrupt(error.to_string()))?;
    let reason = match event.cause.as_str() {
        "disowned" => Reason::KeyCompromise,
        "withdrawn" => Reason::PrivilegeWithdrawn,
        _ => Reason::CessationOfOperation,
    };
    authority.revoke(ctx, &serial, reason).await.map_err(|refusal| match refusal {
        ca::Refusal::Store(error) => error,
        other => Error::Corrupt(other.to_string()),
    })
}
