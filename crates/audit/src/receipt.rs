//! Receipts: an act, its salt, its place in the tree and the signed tree, which
//! anybody can check offline with the log's public key.

use base::PersonId;
use seal::digest::{base64, from_base64};
use seal::merkle::checkpoint::Checkpoint as SignedTree;
use seal::{PublicKey, merkle};
use serde::{Deserialize, Serialize};
use store::{Ctx, Error, Read, params};

use crate::checkpoint::{Checkpoint, verify};
use crate::model::LeafId;
use crate::record::{hash, open_body};
use crate::sequence::stored;
use crate::sql;

/// Longest receipt that is read, bytes.
pub const RECEIPT_BYTES: usize = 64 << 10;

/// A receipt as it is downloaded (JSON). Byte strings are base64.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The act in its canonical form: the text that was hashed.
    pub body: String,
    /// 32 random bytes hashed before the body.
    pub salt: String,
    /// The leaf's place in the tree, from 0.
    pub position: u64,
    /// Sibling hashes from the leaf to the root.
    pub proof: Vec<String>,
    /// The signed tree (C2SP checkpoint).
    pub checkpoint: String,
}

/// What a checker trusts: the log's names and key, got beforehand and never from
/// the receipt.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `hukumati.ps/audit/1` and, after restores, those that followed it.
    pub origins: Vec<String>,
    /// The key of its checkpoints.
    pub key: PublicKey,
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not a receipt.
    #[error("this is not a receipt of Hukumati")]
    Malformed,
    /// Another log, or a signature that its key did not make.
    #[error("the signed tree does not verify with the trusted key")]
    Checkpoint,
    /// The act is not in that tree, or was altered.
    #[error("the act is not what the signed tree holds")]
    NotIncluded,
}

/// The receipt of a leaf, once it is in a signed tree; `None` until then, and
/// when the body was erased or never was.
///
/// # Errors
/// The store's.
pub async fn receipt(ctx: &Ctx, leaf: LeafId) -> Result<Option<Receipt>, Error> {
    ctx.read(move |read| make(read, leaf)).await
}

/// Whose matter a leaf is and who acted, for the right to its receipt.
pub(crate) fn about_and_by(read: &mut Read<'_>, leaf: LeafId) -> Result<Option<(Option<PersonId>, String)>, Error> {
    read.row(&sql::BODY, &params![leaf])?.map(|row| Ok((row.get(2)?, row.get(3)?))).transpose()
}

/// Checks a signed tree offline.
///
/// # Errors
/// [`ReceiptError::Checkpoint`].
pub fn verify_checkpoint(note: &str, trust: &Trust) -> Result<SignedTree, ReceiptError> {
    verify(note, trust).map_err(|_| ReceiptError::Checkpoint)
}

fn make(read: &mut Read<'_>, leaf: LeafId) -> Result<Option<Receipt>, Error> {
    let Some(body) = read.row(&sql::BODY, &params![leaf])? else { return Ok(None) };
    let Some(entry) = read.row(&sql::POSITION, &params![leaf])? else { return Ok(None) };
    let Some(checkpoint) = Checkpoint::latest(read)? else { return Ok(None) };
    let position: i64 = entry.get(0)?;
    if position >= checkpoint.size {
        return Ok(None);
    }
    let Some(text) = open_body(read, &body.get::<Vec<u8>>(0)?, body.get(2)?)? else { return Ok(None) };
    let (place, size) = (position.unsigned_abs(), checkpoint.size.unsigned_abs());
    let Some(proof) = merkle::inclusion_proof(place, size, |level, place| stored(read, level, place))? else {
        return Ok(None);
    };
    Ok(Some(Receipt {
        body: text,
        salt: base64(&body.get::<Vec<u8>>(1)?),
        position: position.unsigned_abs(),
        proof: proof.iter().map(|hash| base64(hash)).collect(),
        checkpoint: checkpoint.note,
    }))
}

/// Checks a receipt offline and returns what it proves: the act's body and the
/// signed tree.
///
/// # Errors
/// Why it does not hold.
pub fn check_receipt(json: &[u8], trust: &Trust) -> Result<(String, SignedTree), ReceiptError> {
    if json.len() > RECEIPT_BYTES {
        return Err(ReceiptError::Malformed);
    }
    let receipt: Receipt = serde_json::from_slice(json).map_err(|_| ReceiptError::Malformed)?;
    let bytes = |text: &str| from_base64(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let salt = bytes(&receipt.salt).ok_or(ReceiptError::Malformed)?;
    let proof: Option<Vec<[u8; 32]>> = receipt.proof.iter().map(|text| bytes(text)).collect();
    let proof = proof.ok_or(ReceiptError::Malformed)?;
    let tree = verify_checkpoint(&receipt.checkpoint, trust)?;
    let leaf = merkle::leaf_hash(&hash(&salt, &receipt.body));
    merkle::verify_inclusion(&leaf, receipt.position, tree.size, &proof, &tree.root)
        .map_err(|_| ReceiptError::NotIncluded)?;
    Ok((receipt.body, tree))
}
