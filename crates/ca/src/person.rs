//! People's certificates: to sign in with, under an authority of their own. The
//! subject is a pseudonym; whose it is only identity knows.

use seal::PublicKey;
use seal::x509::{Attribute, Certificate, Name, OcspStatus, Profile};
use store::{Ctx, Error, Read, Tx};

use crate::authority::{Branch, Signed, keep_in, status_in};
use crate::{Authority, Refusal, Request};

/// What a personal certificate is for: `clientAuth`, `digitalSignature` (RFC 5280 §4.2.1.12).
const PROFILE: Profile = Profile::TlsClient;

impl Authority {
    /// Makes the certificate of a person's key, DER. It counts once it is kept.
    ///
    /// # Errors
    /// A pseudonym that no name takes, or the key.
    pub fn sign_personal(
        &self,
        ctx: &Ctx,
        pseudonym: &str,
        public_key: PublicKey,
        valid_days: i64,
    ) -> Result<Vec<u8>, Refusal> {
        let attributes =
            [(Attribute::Country, "PS"), (Attribute::Organization, "Hukumati"), (Attribute::CommonName, pseudonym)];
        let request = Request {
            profile: PROFILE,
            subject: Name::new(&attributes)?,
            public_key,
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            valid_days,
        };
        Ok(self.sign(ctx, Branch::Persons, request)?.certificate.der().to_vec())
    }

    /// Keeps what [`Authority::sign_personal`] made, in the caller's commit.
    ///
    /// # Errors
    /// The store's.
    pub fn keep_personal_in(tx: &mut Tx<'_>, der: &[u8]) -> Result<(), Error> {
        let certificate = Certificate::parse(der).map_err(|error| Error::Corrupt(error.to_string()))?;
        keep_in(tx, &Signed { certificate, profile: PROFILE }, Branch::Persons)
    }

    /// Whether the person's certificate of this serial number is not revoked.
    ///
    /// # Errors
    /// The store's.
    pub fn holds_personal(read: &mut Read<'_>, serial: &[u8]) -> Result<bool, Error> {
        let status = status_in(read, Branch::Persons, &seal::digest::hex(serial))?;
        Ok(matches!(status, OcspStatus::Good))
    }
}
