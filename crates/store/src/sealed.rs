//! Sealed columns: a key for each subject (a person, an officer), wrapped by
//! the keyring. Destroying a subject's key erases what was sealed with it,
//! everywhere, backups included.

use base::id::TypedId;

use crate::keyring::{cipher, open, seal};
use crate::{Error, Read, Tx, params};

pub(crate) mod sql {
    crate::statements! {
        /// A subject's wrapped key.
        SUBJECT_KEY = "SELECT wrapped FROM store_subject_key WHERE subject = $1";
        /// Keeps a new subject's wrapped key.
        INSERT_SUBJECT_KEY = "INSERT INTO store_subject_key (subject, wrapped) VALUES ($1, $2)";
        /// Forgets a subject's key.
        DELETE_SUBJECT_KEY = "DELETE FROM store_subject_key WHERE subject = $1";
    }
}

fn name(subject: impl TypedId) -> String {
    base::id::to_text(subject.bits())
}

fn associated(subject: &str, column: &str) -> Vec<u8> {
    format!("{column}\0{subject}").into_bytes()
}

impl Read<'_> {
    /// Opens a sealed value of this subject and column.
    ///
    /// # Errors
    /// [`Error::Sealed`] when its key is gone or it was sealed for another place.
    pub fn open(&mut self, subject: impl TypedId, column: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let subject = name(subject);
        let row = self.row(&sql::SUBJECT_KEY, &params![subject])?.ok_or(Error::Sealed)?;
        let key = self.keyring().unwrap(&subject, &row.get::<Vec<u8>>(0)?)?;
        open(&key, &associated(&subject, column), sealed)
    }

    /// Opens a sealed text.
    ///
    /// # Errors
    /// As [`Read::open`].
    pub fn open_text(&mut self, subject: impl TypedId, column: &str, sealed: &[u8]) -> Result<String, Error> {
        String::from_utf8(self.open(subject, column, sealed)?).map_err(|_| Error::Sealed)
    }

    /// The blind index of a value: what a sealed value is found by.
    #[must_use]
    pub fn blind(&self, domain: &str, value: &str) -> Vec<u8> {
        self.keyring().blind(domain, value)
    }
}

impl Tx<'_> {
    /// Seals a value for this subject and column; a new subject gets a key.
    ///
    /// # Errors
    /// The store's.
    pub fn seal(&mut self, subject: impl TypedId, column: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let subject = name(subject);
        let nonce = self.random();
        let key = match self.row(&sql::SUBJECT_KEY, &params![subject])? {
            Some(row) => self.keyring().unwrap(&subject, &row.get::<Vec<u8>>(0)?)?,
            None => {
                let key: [u8; 32] = self.random();
                let wrap_nonce = self.random();
                let wrapped = self.keyring().wrap(&subject, &key, wrap_nonce)?;
                self.execute_one(&sql::INSERT_SUBJECT_KEY, &params![subject, wrapped])?;
                cipher(&key)
            }
        };
        seal(&key, &associated(&subject, column), plain, nonce)
    }

    /// Seals a text.
    ///
    /// # Errors
    /// As [`Tx::seal`].
    pub fn seal_text(&mut self, subject: impl TypedId, column: &str, plain: &str) -> Result<Vec<u8>, Error> {
        self.seal(subject, column, plain.as_bytes())
    }

    /// Destroys a subject's key: everything sealed for them is gone for good.
    ///
    /// # Errors
    /// The store's.
    pub fn erase(&mut self, subject: impl TypedId) -> Result<(), Error> {
        self.execute(&sql::DELETE_SUBJECT_KEY, &params![name(subject)]).map(drop)
    }
}
