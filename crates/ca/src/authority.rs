//! The authority: its root, what it issues with, what it answers with.

mod found;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use audit::Leaf;
use base::id::typed_id;
use seal::digest::{from_hex, hex};
use seal::tsp::{TimeStampRequest, TokenIssue, issue_token, response_granted};
use seal::x509::{
    CertId, Certificate, CertificateRequest, CrlRequest, Name, OcspRequest, OcspSingle, OcspStatus, Profile, Reason,
    Revoked, build_ocsp_response, issue, issue_crl,
};
use seal::{PublicKey, SealError, SigningKey};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Tx, params};

use self::found::{held, keep, keys, make, make_persons};
use crate::sql;

typed_id! {
    /// One of the authority's own keys.
    KeyId
}
store::stored_ids!(KeyId);

/// How long an answer about revocation may be kept, seconds.
pub const ANSWER_SECONDS: i64 = 3_600;
/// How long a list holds, seconds.
const LIST_SECONDS: i64 = 24 * 3_600;
/// How far certificates begin before they were made: clocks differ, seconds.
const BACKDATED_SECONDS: i64 = 300;
const DAY: i64 = 86_400;
/// The policy of our time stamps, 1.3.6.1.4.1.99999.1.1 as content octets: a
/// sample arc, until the state has one.
const POLICY: &[u8] = &[43, 6, 1, 4, 1, 134, 141, 31, 1, 1];

/// The authority said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// It never issued that serial number.
    #[error("no certificate with this serial number was issued here")]
    Unknown,
    /// The request, a key, or a signature.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is wanted of a certificate.
#[derive(Debug, Clone)]
pub struct Request {
    /// What it is for.
    pub profile: Profile,
    /// Whom it names.
    pub subject: Name,
    /// The key.
    pub public_key: PublicKey,
    /// DNS names, for servers.
    pub dns_names: Vec<String>,
    /// Addresses, for servers.
    pub ip_addresses: Vec<IpAddr>,
    /// How long it holds, days.
    pub valid_days: i64,
}

pub(crate) struct Holder {
    pub(crate) certificate: Certificate,
    key: Arc<SigningKey>,
}

/// Which of the two authorities under the root: the word in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Branch {
    /// Systems and seals.
    Systems,
    /// People.
    Persons,
}

impl Branch {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Systems => "issuing",
            Self::Persons => "persons",
        }
    }
}

/// The authority with its keys open.
pub struct Authority {
    root: Holder,
    issuing: Holder,
    responder: Holder,
    clock: Holder,
    pub(crate) persons: Holder,
    /// Answers for the persons' authority: a responder is of the one whose
    /// certificates it answers about (RFC 6960 §4.2.2.2).
    persons_responder: Holder,
    /// Where relying parties reach it: `http://localhost:8080`.
    origin: String,
}

impl Authority {
    /// Opens the authority; the first call ever makes it.
    ///
    /// # Errors
    /// The store's, or a key that cannot be read.
    pub async fn prepare(ctx: &Ctx, origin: &str) -> Result<Self, Refusal> {
        let mut held = held(ctx).await?;
        if !held.contains_key("root") {
            let made = make(ctx, origin)?;
            let leaf = Leaf::new("ca.founded", "ca:root").with(json!({ "root": hex(&made[0].2.fingerprint()) }));
            // Of two processes that start at once, one founds the authority.
            keep(ctx, "root", leaf, made).await?;
            held = found::held(ctx).await?;
        }
        // The persons' authority is younger than the first portals.
        if let Some(root) = held.get("root").filter(|_| !held.contains_key("persons")) {
            let made = make_persons(ctx, origin, root)?;
            let certificate = hex(&made[0].2.fingerprint());
            let leaf = Leaf::new("ca.founded", "ca:persons").with(json!({ "persons": certificate }));
            keep(ctx, "persons", leaf, made).await?;
            held = found::held(ctx).await?;
        }
        Self::of(held, origin).ok_or_else(|| Error::Corrupt("the authority has no keys".to_owned()).into())
    }

    fn of(mut held: BTreeMap<String, Holder>, origin: &str) -> Option<Self> {
        Some(Self {
            root: held.remove("root")?,
            issuing: held.remove("issuing")?,
            responder: held.remove("ocsp")?,
            clock: held.remove("tsa")?,
            persons: held.remove("persons")?,
            persons_responder: held.remove("persons-ocsp")?,
            origin: origin.to_owned(),
        })
    }

    /// The trust anchor, DER.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        self.root.certificate.der()
    }
    /// The issuing authority, DER.
    #[must_use]
    pub fn issuing(&self) -> &[u8] {
        self.issuing.certificate.der()
    }
    /// The authority of people's certificates, DER.
    #[must_use]
    pub fn persons(&self) -> &[u8] {
        self.persons.certificate.der()
    }
    /// The certificate of the clock that stamps times.
    #[must_use]
    pub const fn clock(&self) -> &Certificate {
        &self.clock.certificate
    }
    /// Where answers about revocation are had.
    #[must_use]
    pub fn ocsp_url(&self) -> String {
        format!("{}/ca/ocsp", self.origin)
    }

    /// Issues a certificate and returns its chain, DER: itself, the issuing
    /// authority.
    ///
    /// # Errors
    /// What the profile does not allow, or the store's.
    pub async fn issue(&self, ctx: &Ctx, request: Request) -> Result<Vec<Vec<u8>>, Refusal> {
        let signed = self.sign(ctx, Branch::Systems, request)?;
        let der = signed.certificate.der().to_vec();
        let key = Key::new("ca.issue", hex(signed.certificate.serial()));
        ctx.write(key, move |tx| keep_in(tx, &signed, Branch::Systems)).await?;
        Ok(vec![der, self.issuing().to_vec()])
    }

    /// Makes a certificate that counts once it is kept.
    pub(crate) fn sign(&self, ctx: &Ctx, branch: Branch, request: Request) -> Result<Signed, Refusal> {
        let now = ctx.now();
        let (issuer, list, own) = match branch {
            Branch::Systems => (&self.issuing, "/ca/crl", "/ca/issuing.crt"),
            Branch::Persons => (&self.persons, "/ca/persons.crl", "/ca/persons.crt"),
        };
        let wanted = CertificateRequest {
            subject: request.subject,
            public_key: request.public_key,
            not_before: now.plus_seconds(-BACKDATED_SECONDS).max(issuer.certificate.not_before()),
            not_after: now.plus_seconds(request.valid_days * DAY).min(issuer.certificate.not_after()),
            serial: serial(ctx),
            dns_names: request.dns_names,
            ip_addresses: request.ip_addresses,
            crl_url: Some(format!("{}{list}", self.origin)),
            ocsp_url: Some(self.ocsp_url()),
            issuer_url: Some(format!("{}{own}", self.origin)),
        };
        let der = issue(request.profile, &wanted, &issuer.certificate, &*issuer.key)?;
        Ok(Signed { certificate: Certificate::parse(&der)?, profile: request.profile })
    }

    /// Revokes a certificate. A second time changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], or the store's.
    pub async fn revoke(&self, ctx: &Ctx, serial: &[u8], reason: Reason) -> Result<(), Refusal> {
        let number = hex(serial);
        ctx.write(Key::once(ctx), move |tx| {
            tx.row(&sql::CERTIFICATE, &params![number])?.ok_or(Refusal::Unknown)?;
            let now = tx.now();
            if tx.execute(&sql::REVOKE, &params![now, i64::from(reason as u8), number])? == 1 {
                let detail = json!({ "reason": format!("{reason:?}") });
                audit::record_in(tx, &Leaf::new("ca.revoked", format!("certificate:{number}")).with(detail))?;
            }
            Ok(())
        })
        .await
    }

    /// How a certificate of ours stands now.
    async fn status(&self, ctx: &Ctx, branch: Branch, serial: &[u8]) -> Result<OcspStatus, Error> {
        let helpers = match branch {
            Branch::Systems => vec![&self.clock, &self.responder],
            Branch::Persons => vec![&self.persons_responder],
        };
        // The authority's own helpers are issued with its founding, and end with it.
        if helpers.iter().any(|helper| helper.certificate.serial() == serial) {
            return Ok(OcspStatus::Good);
        }
        let number = hex(serial);
        ctx.read(move |read| status_in(read, branch, &number)).await
    }

    /// Whether a certificate of ours holds now.
    ///
    /// # Errors
    /// The store's.
    pub async fn holds(&self, ctx: &Ctx, certificate: &Certificate) -> Result<bool, Error> {
        Ok(matches!(self.status(ctx, Branch::Systems, certificate.serial()).await?, OcspStatus::Good))
    }

    /// Answers a question about revocation (RFC 6960). One answer speaks for one
    /// authority, that of the first certificate: of others it knows nothing.
    ///
    /// # Errors
    /// A malformed question, or the store's.
    pub async fn answer(&self, ctx: &Ctx, question: &[u8]) -> Result<Vec<u8>, Refusal> {
        let question = OcspRequest::parse(question)?;
        let now = ctx.now();
        let of_people = question.ids.first().is_some_and(|id| id.is_issued_by(&self.persons.certificate));
        let (branch, issuer, responder) = if of_people {
            (Branch::Persons, &self.persons, &self.persons_responder)
        } else {
            (Branch::Systems, &self.issuing, &self.responder)
        };
        let mut singles = Vec::new();
        for id in question.ids {
            let ours = id.is_issued_by(&issuer.certificate);
            let status = if ours { self.status(ctx, branch, id.serial()).await? } else { OcspStatus::Unknown };
            let next_update = Some(now.plus_seconds(ANSWER_SECONDS));
            singles.push(OcspSingle { id, status, this_update: now, next_update });
        }
        let nonce = question.nonce.as_deref();
        Ok(build_ocsp_response(&singles, nonce, now, &responder.certificate, &*responder.key)?)
    }

    /// The answer about one certificate of ours, for whoever embeds it.
    ///
    /// # Errors
    /// The store's.
    pub async fn answer_for(&self, ctx: &Ctx, certificate: &Certificate) -> Result<Vec<u8>, Refusal> {
        let id = CertId::new(&self.issuing.certificate, certificate.serial());
        self.answer(ctx, &OcspRequest { ids: vec![id], nonce: None }.build()).await
    }

    /// The list of what the systems' authority revoked (RFC 5280 §5).
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, ctx: &Ctx) -> Result<Vec<u8>, Refusal> {
        self.list_of(ctx, Branch::Systems, &self.issuing).await
    }

    /// The list of what the persons' authority revoked.
    ///
    /// # Errors
    /// The store's.
    pub async fn persons_list(&self, ctx: &Ctx) -> Result<Vec<u8>, Refusal> {
        self.list_of(ctx, Branch::Persons, &self.persons).await
    }

    async fn list_of(&self, ctx: &Ctx, branch: Branch, issuer: &Holder) -> Result<Vec<u8>, Refusal> {
        let now = ctx.now();
        let rows = ctx.read(move |read| read.rows(&sql::REVOKED, &params![now, branch.as_str()])).await?;
        let mut revoked = Vec::with_capacity(rows.len());
        for row in &rows {
            let reason: Option<u32> = row.get(2)?;
            let reason = reason.and_then(|number| Reason::from_number(u8::try_from(number).ok()?));
            let serial = from_hex(&row.get::<String>(0)?)?;
            revoked.push(Revoked { serial, at: row.get(1)?, reason: reason.unwrap_or(Reason::Unspecified) });
        }
        let request = CrlRequest {
            this_update: now,
            next_update: now.plus_seconds(LIST_SECONDS),
            number: now.as_seconds().unsigned_abs(),
            revoked,
        };
        Ok(issue_crl(&request, &issuer.certificate, &*issuer.key)?)
    }

    /// What the root has revoked: nothing, as long as its two authorities are
    /// the first ones, and that is what long-lived proofs need to say.
    ///
    /// # Errors
    /// A key.
    pub fn root_list(&self, ctx: &Ctx) -> Result<Vec<u8>, Refusal> {
        let now = ctx.now();
        let request = CrlRequest {
            this_update: now,
            next_update: now.plus_seconds(LIST_SECONDS),
            number: now.as_seconds().unsigned_abs(),
            revoked: Vec::new(),
        };
        Ok(issue_crl(&request, &self.root.certificate, &*self.root.key)?)
    }

    /// Stamps a time (RFC 3161): the whole answer.
    ///
    /// # Errors
    /// A malformed question.
    pub fn stamp(&self, ctx: &Ctx, question: &[u8]) -> Result<Vec<u8>, Refusal> {
        Ok(response_granted(&self.token(ctx, &TimeStampRequest::parse(question)?)?))
    }

    /// A time-stamp token.
    ///
    /// # Errors
    /// A malformed question.
    pub fn token(&self, ctx: &Ctx, request: &TimeStampRequest) -> Result<Vec<u8>, Refusal> {
        let serial = serial(ctx);
        let chain = [self.clock.certificate.der().to_vec(), self.issuing().to_vec()];
        let issue = TokenIssue { serial: &serial, at: ctx.now(), policy: POLICY, chain: &chain };
        Ok(issue_token(request, &issue, &*self.clock.key)?)
    }
}

/// A certificate on its way to being kept.
pub(crate) struct Signed {
    pub(crate) certificate: Certificate,
    pub(crate) profile: Profile,
}

/// Keeps what was signed, in the caller's commit.
pub(crate) fn keep_in(tx: &mut Tx<'_>, signed: &Signed, branch: Branch) -> Result<(), Error> {
    let (number, profile, now) = (hex(signed.certificate.serial()), format!("{:?}", signed.profile), tx.now());
    let (subject, until) = (signed.certificate.subject().to_string(), signed.certificate.not_after());
    let (der, issuer) = (signed.certificate.der(), branch.as_str());
    tx.execute_one(&sql::INSERT_CERTIFICATE, &params![number, profile, subject, der, now, until, issuer])?;
    let leaf = Leaf::new("ca.issued", format!("certificate:{number}")).with(json!({ "profile": profile }));
    audit::record_in(tx, &leaf).map(drop)
}

/// How what an authority issued under this number stands.
pub(crate) fn status_in(read: &mut Read<'_>, branch: Branch, number: &str) -> Result<OcspStatus, Error> {
    let Some(row) = read.row(&sql::CERTIFICATE, &params![number])? else { return Ok(OcspStatus::Unknown) };
    if row.get::<String>(2)? != branch.as_str() {
        return Ok(OcspStatus::Unknown);
    }
    let (at, reason): (Option<_>, Option<u32>) = (row.get(0)?, row.get(1)?);
    let reason = reason.and_then(|number| Reason::from_number(u8::try_from(number).ok()?));
    let revoked = |at| OcspStatus::Revoked { at, reason: reason.unwrap_or(Reason::Unspecified) };
    Ok(at.map_or(OcspStatus::Good, revoked))
}

/// The trust anchor, DER, for `hukumati trust`; none before the first start.
///
/// # Errors
/// The store's.
pub fn trusted_root(read: &mut Read<'_>) -> Result<Option<Vec<u8>>, Error> {
    let root = keys(read)?.into_iter().find(|(purpose, _, _)| purpose == "root");
    Ok(root.map(|(_, _, certificate)| certificate))
}

fn serial(ctx: &Ctx) -> Vec<u8> {
    let mut serial: [u8; 16] = ctx.random();
    // Positive, and never shortened by a leading zero.
    serial[0] = serial[0] & 0x7f | 0x40;
    serial.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_of_before_gets_its_people_s_one_later() {
        testkit::on_both_engines(&[audit::SCHEMA, crate::SCHEMA], |world| async move {
            let ctx = &world.ctx;
            // What the first portals founded.
            let made = make(ctx, "http://localhost:8080").unwrap();
            let root = made[0].2.clone();
            keep(ctx, "root", Leaf::new("ca.founded", "ca:root"), made).await.unwrap();
            world.clock.advance_seconds(5 * 365 * DAY);
            let authority = Authority::prepare(ctx, "http://localhost:8080").await.unwrap();
            assert_eq!(authority.root(), root.der());
            let (persons, now) = (&authority.persons.certificate, ctx.now());
            assert!(seal::x509::verify_chain(persons, &[], &root, now, Profile::Issuing).is_ok());
            assert!(persons.not_after() <= root.not_after());
        });
    }
}
