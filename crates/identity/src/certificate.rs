//! Certificates of our authority that people sign in with: asked for here, made
//! and kept by the authority in the same commit, shown over TLS at the listener
//! for certificates. A certificate is one factor, of whoever holds its key.
//!
//! Not here: ASN.1 and signatures (seal), issuing and revocation lists (the
//! authority that the binary wires, [`PersonalAuthority`]).
//!
//! Invariants: a certificate names a pseudonym and no person; it is issued only to
//! somebody whom an office has seen; once revoked, or its account not open, it
//! signs nobody in from that commit on; what was shown counts once, for the one
//! request and the one browser that it was shown for.

mod request;
mod revoke;
mod show;
mod take;

pub(crate) use request::{MOST, Unfit, add, file};
pub(crate) use revoke::{Cause, revoke, revoke_all_in, revoke_one_in};
pub(crate) use show::{Shown, show};
pub(crate) use take::{leave, password, take, taken};

use std::sync::Arc;

use base::{AccountId, Locale, Timestamp};
use seal::PublicKey;
use seal::x509::Certificate;
use store::{Ctx, Error, Read, Row, Tx, params};

use crate::model::{Account, AuthorizationId, CertificateId};
use crate::{Identity, person, sql};

type Sign = dyn Fn(&Ctx, &str, PublicKey, i64) -> Result<Vec<u8>, Error> + Send + Sync;
type Keep = dyn Fn(&mut Tx<'_>, &[u8]) -> Result<(), Error> + Send + Sync;
type Holds = dyn Fn(&mut Read<'_>, &[u8]) -> Result<bool, Error> + Send + Sync;

/// The authority of people's certificates, which is another system's.
#[derive(Clone)]
pub struct PersonalAuthority {
    certificate: Arc<Certificate>,
    sign: Arc<Sign>,
    keep: Arc<Keep>,
    holds: Arc<Holds>,
}

impl PersonalAuthority {
    /// An authority with this certificate. `sign` makes a certificate (DER) of a
    /// pseudonym, a key and so many days; `keep` keeps it in our commit; `holds`
    /// says of a serial number (big-endian) whether it is not revoked.
    pub fn new(
        certificate: Certificate,
        sign: impl Fn(&Ctx, &str, PublicKey, i64) -> Result<Vec<u8>, Error> + Send + Sync + 'static,
        keep: impl Fn(&mut Tx<'_>, &[u8]) -> Result<(), Error> + Send + Sync + 'static,
        holds: impl Fn(&mut Read<'_>, &[u8]) -> Result<bool, Error> + Send + Sync + 'static,
    ) -> Self {
        let (sign, keep, holds) = (Arc::new(sign), Arc::new(keep), Arc::new(holds));
        Self { certificate: Arc::new(certificate), sign, keep, holds }
    }
}

impl Identity {
    /// The authority of people's certificates, where these can be shown too.
    pub(crate) fn personal(&self) -> Option<&PersonalAuthority> {
        self.personal.as_ref().filter(|_| !self.config.certificates.is_empty())
    }
    /// Where a browser shows a certificate for a request. That listener knows no
    /// languages in paths, so the language is said beside.
    pub(crate) fn certificate_address(&self, locale: Locale, id: AuthorizationId) -> Option<String> {
        let at = |_: &PersonalAuthority| {
            format!("{}/account/certificate/{id}?locale={}", self.config.certificates, locale.tag())
        };
        self.personal().map(at)
    }
}

/// A certificate as its owner sees it.
#[derive(Debug, Clone)]
pub(crate) struct Personal {
    pub(crate) id: CertificateId,
    /// The pseudonym that it names.
    pub(crate) name: String,
    /// `live` or `revoked`.
    pub(crate) stage: String,
    pub(crate) made_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl Personal {
    /// Whether it holds.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.stage == "live" && self.ends_at > now
    }
}

/// An account's certificates, newest first.
pub(crate) fn of(read: &mut Read<'_>, account: AccountId) -> Result<Vec<Personal>, Error> {
    let one = |row: &Row| {
        Ok(Personal {
            id: row.get(0)?,
            name: row.get(1)?,
            stage: row.get(2)?,
            made_at: row.get(3)?,
            ends_at: row.get(4)?,
            used_at: row.get(5)?,
            revoked_at: row.get(6)?,
        })
    };
    read.rows(&sql::CERTIFICATES_OF, &params![account])?.iter().map(one).collect()
}

/// Whether an account has one that holds.
pub(crate) fn is_there(read: &mut Read<'_>, account: AccountId, now: Timestamp) -> Result<bool, Error> {
    Ok(read.row(&sql::LIVE_CERTIFICATES_OF, &params![account, now])?.is_some())
}

/// A certificate as it lies in the table, with the account behind it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) id: CertificateId,
    pub(crate) name: String,
    pub(crate) account: Account,
    serial: String,
    stage: String,
    ends_at: Timestamp,
}

impl Held {
    fn read(read: &mut Read<'_>, row: Option<&Row>) -> Result<Option<Self>, Error> {
        let Some(row) = row else { return Ok(None) };
        let Some(account) = person::account(read, row.get(1)?)? else { return Ok(None) };
        let (id, name, serial) = (row.get(0)?, row.get(2)?, row.get(3)?);
        Ok(Some(Self { id, name, account, serial, stage: row.get(4)?, ends_at: row.get(5)? }))
    }
    /// Whether it signs its owner in now: nobody revoked it, here or at the
    /// authority, and the account is open.
    fn serves(&self, read: &mut Read<'_>, authority: &PersonalAuthority, now: Timestamp) -> Result<bool, Error> {
        let serial = seal::digest::from_hex(&self.serial).map_err(|error| Error::Corrupt(error.to_string()))?;
        let here = self.stage == "live" && self.ends_at > now && self.account.stage == "open";
        Ok(here && (authority.holds)(read, &serial)?)
    }
}
