//! Whose factors they are: a citizen's account or an officer. Both are kept by one
//! mechanism; what differs between the two is here, and in how they are told.

use base::{Actor, OfficerId};
use store::{Error, Read, Tx};

use crate::security::Owner;

/// Somebody who signs in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Holder {
    Citizen(Owner),
    Officer(OfficerId),
}

impl From<Owner> for Holder {
    fn from(owner: Owner) -> Self {
        Self::Citizen(owner)
    }
}

impl Holder {
    /// Who acts, if they sign in by themselves.
    pub(crate) fn of(actor: &Actor) -> Option<Self> {
        let officer = actor.officer().map(Self::Officer);
        Owner::of(actor).map(Self::Citizen).or(officer)
    }
    /// As sessions and leaves name them: `account:01J…`, `officer:01J…`.
    pub(crate) fn reference(self) -> String {
        match self {
            Self::Citizen(owner) => owner.holder(),
            Self::Officer(officer) => format!("officer:{officer}"),
        }
    }
    /// As credentials and passkeys name them.
    pub(crate) fn id(self) -> String {
        match self {
            Self::Citizen(owner) => owner.account.to_string(),
            Self::Officer(officer) => officer.to_string(),
        }
    }
    pub(crate) fn seal(self, tx: &mut Tx<'_>, column: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Citizen(owner) => tx.seal(owner.person, column, plain),
            Self::Officer(officer) => tx.seal(officer, column, plain),
        }
    }
    pub(crate) fn open(self, read: &mut Read<'_>, column: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Citizen(owner) => read.open(owner.person, column, sealed),
            Self::Officer(officer) => read.open(officer, column, sealed),
        }
    }
}
