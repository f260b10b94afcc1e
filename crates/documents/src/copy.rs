//! Certified copies: each has a number, a seal, a file and a leaf of its own, and
//! the paper's code, so that revoking the paper revokes all of them. The paper
//! itself is the first; what is copied later says how many there are by then.

use audit::Leaf;
use base::{PersonId, Timestamp};
use serde_json::json;
use store::{BlobId, Ctx, Error, Key, Read, Row, Tx, params};

use crate::code::CopyNumber;
use crate::model::{COPIES_MOST, CopyId, Paper, PaperId, Refusal};
use crate::paper::{MAKE, paper};
use crate::sql;

/// A further copy of a paper.
#[derive(Debug, Clone)]
pub struct CertifiedCopy {
    pub(crate) id: CopyId,
    pub(crate) paper: PaperId,
    /// From 2.
    pub number: u32,
    /// How many there were when it was ordered, itself included.
    pub of: u32,
    /// When it was made; none while it is only ordered.
    pub issued_at: Option<Timestamp>,
    pub(crate) blob: Option<String>,
    pub(crate) leaf: Option<String>,
}

impl CertifiedCopy {
    pub(crate) fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.get(0)?,
            paper: row.get(1)?,
            number: row.get(2)?,
            of: row.get(3)?,
            issued_at: row.get(4)?,
            blob: row.get(5)?,
            leaf: row.get(6)?,
        })
    }
}

/// The further copies of a paper, in order.
///
/// # Errors
/// The store's.
pub fn copies(read: &mut Read<'_>, id: PaperId) -> Result<Vec<CertifiedCopy>, Error> {
    read.rows(&sql::COPIES, &params![id])?.iter().map(CertifiedCopy::read).collect()
}

/// How many copies of a paper were issued, itself among them.
pub(crate) fn issued(read: &mut Read<'_>, paper: &Paper) -> Result<u32, Error> {
    if paper.copies == 1 {
        return Ok(1);
    }
    let further = copies(read, paper.id)?.into_iter().filter(|copy| copy.issued_at.is_some()).count();
    Ok(u32::try_from(further).unwrap_or(u32::MAX).saturating_add(1))
}

/// A row for a copy that is to be made; whoever orders it leaves the work.
pub(crate) fn order_in(tx: &mut Tx<'_>, paper: PaperId, copy: CopyNumber) -> Result<(), Error> {
    let (id, now): (CopyId, _) = (tx.mint(), tx.now());
    tx.execute_one(&sql::INSERT_COPY, &params![id, paper, copy.number, copy.of, now])
}

/// A copy was made.
pub(crate) fn issue_in(tx: &mut Tx<'_>, paper: &Paper, copy: &CertifiedCopy, blob: BlobId) -> Result<(), Error> {
    let detail = json!({
        "paper": paper.id.to_string(), "serial": paper.content.serial,
        "copy": copy.number, "copies": copy.of, "file": blob.to_string(),
    });
    let leaf = audit::record_in(tx, &Leaf::new("documents.copied", &paper.about).about(paper.person).with(detail))?;
    let now = tx.now();
    tx.execute_one(&sql::ISSUE_COPY, &params![now, blob, leaf, copy.id])
}

/// Whoever has a paper asks for one more copy of it; a job makes it. Returns its number.
///
/// # Errors
/// [`Refusal::NoPaper`] when it is not theirs, [`Refusal::NoMoreCopies`] when it does
/// not hold or has as many as it may have, or the store's.
pub async fn order(ctx: &Ctx, key: Key, id: PaperId, person: PersonId) -> Result<u32, Refusal> {
    let actor = ctx.actor.clone();
    ctx.write(key, move |tx| {
        let known = paper(tx, id)?.filter(|paper| paper.person == person && actor.covers(&paper.template));
        let known = known.ok_or(Refusal::NoPaper)?;
        let now = tx.now();
        if !known.may_be_copied(now) {
            return Err(Refusal::NoMoreCopies);
        }
        tx.execute_one(&sql::COUNT_COPY, &params![id, known.copies])?;
        order_next_in(tx, &known).map_err(Refusal::from)
    })
    .await
}

/// One more copy was paid for: it is made, however many may be had for nothing. Returns
/// its number.
///
/// # Errors
/// [`Refusal::NoPaper`] when the paper was revoked, [`Refusal::NoMoreCopies`] at
/// [`COPIES_MOST`], or the store's.
pub fn order_paid_in(tx: &mut Tx<'_>, id: PaperId) -> Result<u32, Refusal> {
    let known = paper(tx, id)?.filter(|paper| paper.stage == "issued").ok_or(Refusal::NoPaper)?;
    if known.copies >= COPIES_MOST {
        return Err(Refusal::NoMoreCopies);
    }
    tx.execute_one(&sql::COUNT_PAID_COPY, &params![id, known.copies])?;
    order_next_in(tx, &known).map_err(Refusal::from)
}

/// The copy after those that a paper has; it was counted already.
fn order_next_in(tx: &mut Tx<'_>, paper: &Paper) -> Result<u32, Error> {
    let (number, now) = (paper.copies + 1, tx.now());
    order_in(tx, paper.id, CopyNumber { number, of: number })?;
    let detail = json!({ "paper": paper.id.to_string(), "copy": number });
    audit::record_in(tx, &Leaf::new("documents.copy_ordered", &paper.about).about(paper.person).with(detail))?;
    tx.enqueue(MAKE, &paper.id.to_string(), &paper.id, now)?;
    Ok(number)
}
