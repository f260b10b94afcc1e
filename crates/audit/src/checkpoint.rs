//! Checkpoints: signed states of the tree in the C2SP checkpoint form, and
//! proofs that one extends another.

use seal::digest::base64;
use seal::merkle;
use seal::merkle::checkpoint::{Checkpoint as Signed, NoteKey, SignedCheckpoint};
use seal::{SealError, Signer, SigningKey};
use serde_json::json;
use store::{Ctx, Error, Key, Read, params};

use crate::model::Leaf;
use crate::receipt::Trust;
use crate::record::record_in;
use crate::sequence::stored;
use crate::sql;

/// The log's name and signing key (Ed25519).
pub struct LogKey {
    origins: Vec<String>,
    key: SigningKey,
}

impl LogKey {
    /// The log `name/number`. It has followed those of smaller numbers: each
    /// restore begins a new one, because what an earlier one published may be
    /// lost.
    #[must_use]
    pub fn new(name: &str, number: u32, key: SigningKey) -> Self {
        Self { origins: (1..=number.max(1)).map(|number| format!("{name}/{number}")).collect(), key }
    }
    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.origins.last().map_or("", String::as_str)
    }
    /// What a checker needs, got beforehand.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust { origins: self.origins.clone(), key: self.key.public().clone() }
    }

    pub(crate) fn sign(&self, size: i64, root: [u8; 32]) -> Result<String, Error> {
        let checkpoint = Signed::new(self.origin(), size.unsigned_abs(), root);
        let note = checkpoint.and_then(|checkpoint| checkpoint.sign(self.origin(), &self.key));
        note.map_err(|error| Error::Corrupt(format!("a checkpoint cannot be signed: {error}")))
    }

    pub(crate) fn verifies(&self, note: &str, size: i64, root: [u8; 32]) -> bool {
        let known = verify(note, &self.trust());
        known.is_ok_and(|known| known.size == size.unsigned_abs() && known.root == root)
    }
}

/// Reads a signed note and checks its signature and its log's name.
pub(crate) fn verify(note: &str, trust: &Trust) -> Result<Signed, SealError> {
    let signed = SignedCheckpoint::parse(note)?;
    for origin in &trust.origins {
        if let Ok(known) = signed.verify(&NoteKey::new(origin, trust.key.clone())?)
            && known.origin == *origin
        {
            return Ok(known.clone());
        }
    }
    Err(SealError::Signature("the checkpoint of another log"))
}

/// Records that a new log begins where a restored copy of the old one ends. The
/// first leaf under the new name says which checkpoint of the old one it
/// follows; what the old one signed after that is not in the new one.
///
/// # Errors
/// The store's.
pub async fn begin_after_restore(ctx: &Ctx, key: &LogKey) -> Result<(), Error> {
    let Some(latest) = ctx.read(Checkpoint::latest).await? else { return Ok(()) };
    let Ok(signed) = verify(&latest.note, &key.trust()) else {
        return Err(Error::Corrupt(
            "the newest checkpoint is of another log: the keys are not this folder's".to_owned(),
        ));
    };
    if signed.origin == key.origin() {
        return Ok(());
    }
    let detail = json!({
        "log": key.origin(), "follows": signed.origin, "size": latest.size, "root": base64(&latest.root),
    });
    let leaf = Leaf::new("audit.restored", format!("log:{}", key.origin())).with(detail);
    ctx.write(Key::new("audit.restored", key.origin()), move |tx| record_in(tx, &leaf).map(drop)).await
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
