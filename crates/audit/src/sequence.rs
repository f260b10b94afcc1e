//! The sequencer: moves waiting leaves to positions without gaps, in one
//! commit, and only then signs a checkpoint (in its own commit).

use seal::merkle;
use store::{Ctx, Error, Key, Lease, Read, Tx, params};

use crate::PENDING_LIMIT_S;
use crate::checkpoint::LogKey;
use crate::sql;

/// Leaves that one commit moves: each costs a position, a departure and about
/// one node, and a write touches 500 rows at most.
const LEAVES: i64 = 120;
/// Entries that one look of the invariant takes at once.
const PAGE: i64 = 1_000;

/// Moves everything that waits and signs the tree that results.
pub(crate) async fn sequence(ctx: &Ctx, key: &LogKey, lease: &Lease) -> Result<(), Error> {
    loop {
        if ctx.read(|read| read.row(&sql::PENDING, &params![1_i64])).await?.is_none() {
            return sign(ctx, key, lease).await;
        }
        let held = lease.clone();
        let moved = ctx.write(Key::once(ctx), move |tx| {
            held.hold(tx)?;
            move_some(tx)
        });
        if moved.await? < LEAVES {
            return sign(ctx, key, lease).await;
        }
    }
}

/// Appends the oldest waiting leaves and the nodes that they finish.
fn move_some(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let first = size(tx)?;
    let mut tree = load(tx, first)?;
    let mut finished = Vec::new();
    let waiting = tx.rows(&sql::PENDING, &params![LEAVES])?;
    for (position, row) in (first..).zip(&waiting) {
        let (leaf, hash): (String, [u8; 32]) = (row.get(0)?, row.get(1)?);
        tx.execute_one(&sql::DELETE_PENDING, &params![leaf])?;
        tx.execute_one(&sql::INSERT_ENTRY, &params![position, leaf, hash])?;
        tree.append(merkle::leaf_hash(&hash), |level, place, hash| finished.push((level, place, hash)));
    }
    for (level, place, hash) in finished {
        // Level 0 is the entry itself.
        if level > 0 {
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            tx.execute_one(&sql::INSERT_NODE, &params![i64::from(level), place, hash])?;
        }
    }
    Ok(i64::try_from(waiting.len()).unwrap_or(LEAVES))
}

/// A finished node; leaves are nodes of level 0.
pub(crate) fn node(read: &mut Read<'_>, level: i64, place: i64) -> Result<[u8; 32], Error> {
    let missing = || Error::Corrupt(format!("the audit tree lacks node {level}/{place}"));
    if level == 0 {
        let data: [u8; 32] = read.row(&sql::ENTRY_HASH, &params![place])?.ok_or_else(missing)?.get(0)?;
        return Ok(merkle::leaf_hash(&data));
    }
    read.row(&sql::NODE, &params![level, place])?.ok_or_else(missing)?.get(0)
}

/// How many leaves have positions. Positions have no gaps, so the last one tells.
pub(crate) fn size(read: &mut Read<'_>) -> Result<i64, Error> {
    let row = read.row(&sql::SIZE, &params![])?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Signs the present tree, if it grew since it was last signed.
async fn sign(ctx: &Ctx, key: &LogKey, lease: &Lease) -> Result<(), Error> {
    let grown = ctx.read(|read| {
        let size = size(read)?;
        let signed = read.row(&sql::LATEST_CHECKPOINT, &params![])?.map_or(Ok(0), |row| row.get::<i64>(0))?;
        if size == signed { Ok(None) } else { load(read, size).map(|tree| Some((size, tree.root()))) }
    });
    let Some((size, root)) = grown.await? else { return Ok(()) };
    let note = key.sign(size, root)?;
    let held = lease.clone();
    let kept = ctx.write(Key::once(ctx), move |tx| {
        held.hold(tx)?;
        let now = tx.now();
        tx.execute(&sql::INSERT_CHECKPOINT, &params![size, now, root, note]).map(drop)
    });
    kept.await
}

/// The tree of the first `size` leaves.
fn load(read: &mut Read<'_>, size: i64) -> Result<merkle::Tree, Error> {
    merkle::Tree::load(size.unsigned_abs(), |level, place| stored(read, level, place))
}

/// As the proofs of [`merkle`] ask for nodes.
pub(crate) fn stored(read: &mut Read<'_>, level: u8, place: u64) -> Result<[u8; 32], Error> {
    node(read, i64::from(level), i64::try_from(place).unwrap_or(i64::MAX))
}

/// Invariant: the leaves, hashed afresh without the stored nodes, give every
/// root that was signed, every signature verifies, and positions have no gaps.
pub(crate) fn recompute(read: &mut Read<'_>, key: &LogKey) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    let size = size(read)?;
    let count: i64 = read.row(&sql::COUNT, &params![])?.map_or(Ok(0), |row| row.get(0))?;
    if size != count {
        broken.push(format!("{count} leaves stand on {size} positions"));
    }
    let mut tree = merkle::Tree::new();
    let (mut signed_after, mut checkpoints) = (0_i64, Vec::new().into_iter());
    let mut next: Option<(i64, [u8; 32], String)> = None;
    let mut position = 0_i64;
    loop {
        if next.is_none() {
            next = checkpoints.next();
            if next.is_none() {
                let page = checkpoint_page(read, signed_after)?;
                signed_after = page.last().map_or(signed_after, |(size, ..)| *size);
                checkpoints = page.into_iter();
                next = checkpoints.next();
            }
        }
        let Some((target, root, note)) = next.take() else { return Ok(broken) };
        while position < target {
            let rows = read.rows(&sql::ENTRIES, &params![position, PAGE.min(target - position)])?;
            if rows.is_empty() {
                broken.push(format!("a checkpoint covers {target} leaves, and {position} are here"));
                return Ok(broken);
            }
            for row in &rows {
                tree.append(merkle::leaf_hash(&row.get::<[u8; 32]>(1)?), |_, _, _| ());
                position += 1;
            }
        }
        if tree.root() != root || !key.verifies(&note, target, root) {
            broken.push(format!("the checkpoint of {target} leaves"));
        }
    }
}

fn checkpoint_page(read: &mut Read<'_>, after: i64) -> Result<Vec<(i64, [u8; 32], String)>, Error> {
    let rows = read.rows(&sql::CHECKPOINTS, &params![after, PAGE])?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// Invariant: no leaf waits longer than it may. The newest act's time is the
/// clock here, so that a copy of a database can be verified any time later.
pub(crate) fn long_pending(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let newest = read.row(&sql::NEWEST_ACT, &params![])?.map_or(Ok(0), |row| row.get::<i64>(0))?;
    let oldest_allowed = base::Timestamp::from_micros(newest).plus_seconds(-PENDING_LIMIT_S);
    read.rows(&sql::LONG_PENDING, &params![oldest_allowed])?.iter().map(|row| row.get(0)).collect()
}

/// How long the oldest leaf has waited for its position, microseconds.
///
/// # Errors
/// The store's.
pub fn oldest_pending(read: &mut Read<'_>, now: base::Timestamp) -> Result<Option<i64>, Error> {
    let row = read.row(&sql::OLDEST_PENDING, &params![])?;
    row.map(|row| row.get(0).map(|at: base::Timestamp| now.as_micros() - at.as_micros())).transpose()
}
