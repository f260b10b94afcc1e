//! Checkpoints: signed states of the tree in the C2SP checkpoint form, and
//! proofs that one extends another.

use seal::merkle;
use seal::merkle::checkpoint::{Checkpoint as Signed, NoteKey, SignedCheckpoint};
use seal::{PublicKey, SealError, Signer, SigningKey};
use store::{Error, Read, params};

use crate::sequence::stored;
use crate::sql;

/// The log's name and signing key (Ed25519).
pub struct LogKey {
    origin: String,
    key: SigningKey,
}

impl LogKey {
    /// A log of this origin, such as `hukumati.ps/audit/1`.
    #[must_use]
    pub fn new(origin: impl Into<String>, key: SigningKey) -> Self {
        Self { origin: origin.into(), key }
    }
    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// What verifies its checkpoints.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public().clone()
    }

    pub(crate) fn sign(&self, size: i64, root: [u8; 32]) -> Result<String, Error> {
        let checkpoint = Signed::new(&self.origin, size.unsigned_abs(), root);
        let note = checkpoint.and_then(|checkpoint| checkpoint.sign(&self.origin, &self.key));
        note.map_err(|error| Error::Corrupt(format!("a checkpoint cannot be signed: {error}")))
    }

    pub(crate) fn verifies(&self, note: &str, size: i64, root: [u8; 32]) -> bool {
        let known = verify(note, &self.origin, &self.public());
        known.is_ok_and(|known| known.size == size.unsigned_abs() && known.root == root)
    }
}

/// Reads a signed note and checks its signature and its log's name.
pub(crate) fn verify(note: &str, origin: &str, key: &PublicKey) -> Result<Signed, SealError> {
    let signed = SignedCheckpoint::parse(note)?;
    let known = signed.verify(&NoteKey::new(origin, key.clone())?)?;
    if known.origin == origin { Ok(known.clone()) } else { Err(SealError::Signature("the checkpoint of another log")) }
}

/// The newest signed state.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Leaves that it covers.
    pub size: i64,
    /// Their root.
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
}

impl Checkpoint {
    /// The newest one.
    ///
    /// # Errors
    /// The store's.
    pub fn latest(read: &mut Read<'_>) -> Result<Option<Self>, Error> {
        let row = read.row(&sql::LATEST_CHECKPOINT, &params![])?;
        row.map(|row| Ok(Self { size: row.get(0)?, root: row.get(1)?, note: row.get(2)? })).transpose()
    }
}

/// The proof that the tree of `new` leaves extends the tree of `old` (RFC 6962
/// §2.1.2); `None` when there are not that many leaves.
///
/// # Errors
/// The store's.
pub fn consistency(read: &mut Read<'_>, old: i64, new: i64) -> Result<Option<Vec<[u8; 32]>>, Error> {
    if old < 0 || new < old || new > crate::sequence::size(read)? {
        return Ok(None);
    }
    merkle::consistency_proof(old.unsigned_abs(), new.unsigned_abs(), |level, place| stored(read, level, place))
}
