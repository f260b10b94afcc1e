//! Blobs that no row names go after a day: what a kill left between the file and its
//! row, or a row that went. Systems say where their rows name blobs; a system that kept
//! silent about it would lose them (a test of the binary counts).
//!
//! A name that is taken again within the day stays: by a row, since rows are read anew
//! each time; by [`crate::Blobs::put`] before its row, since that leaves a trace beside
//! the blob, which the collector looks for once the blob is out of the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base::Timestamp;

use crate::blobs::off_thread;
use crate::{BlobId, Ctx, Error, Job, Key, Lease, Statement, params};

/// The pause between two looks at all blobs.
const EVERY: Duration = Duration::from_secs(6 * 3_600);
/// How long nothing names a blob before it goes, seconds.
const LEFT_S: i64 = 24 * 3_600;
/// Names are looked at by their first digit, so that a part of them fits into memory.
const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
/// Marks of one digit that are read at most.
const MARKS: i64 = 10_000;
/// Marks that one commit writes.
const AT_ONCE: usize = 200;

pub(crate) mod sql {
    crate::statements! {
        /// Blobs of a part that nothing names.
        LEFT = "SELECT name, since FROM store_blob_left WHERE name >= $1 AND name < $2 ORDER BY name LIMIT $3";
        /// Nothing names a blob.
        MARK_LEFT = "INSERT INTO store_blob_left (name, since) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        /// Something does, or it is gone.
        UNMARK_LEFT = "DELETE FROM store_blob_left WHERE name = $1";
    }
}

/// The job that collects. Each of `pages` gives the rows of a table after `$1` in
/// order, some hundred at a time: the row's own id, and the blob that it names.
#[must_use]
pub fn collecting(pages: Vec<Statement>) -> Job {
    Job::every("store.blobs", EVERY, move |ctx, lease| {
        let pages = pages.clone();
        async move {
            for digit in DIGITS {
                collect(&ctx, &lease, &pages, digit).await?;
            }
            Ok(())
        }
    })
}

async fn collect(ctx: &Ctx, lease: &Lease, pages: &[Statement], digit: char) -> Result<(), Error> {
    let blobs = ctx.db.blobs().clone();
    // The disk first: what comes to it meanwhile is not looked at.
    let there = off_thread(move || blobs.part(digit)).await?;
    let named = named(ctx, pages, digit).await?;
    let left: BTreeSet<BlobId> = there.into_iter().filter(|id| !named.contains(id)).collect();
    let from = digit.to_string();
    let marks = ctx.read(move |read| read.rows(&sql::LEFT, &params![from, format!("{from}~"), MARKS])).await?;
    let marks = marks.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
    let marks: BTreeMap<BlobId, Timestamp> = marks.collect::<Result<_, Error>>()?;
    let over = ctx.now().plus_seconds(-LEFT_S);
    let mut unmarked: Vec<BlobId> = marks.keys().copied().filter(|id| !left.contains(id)).collect();
    for (id, _) in marks.iter().filter(|(id, since)| left.contains(*id) && **since <= over) {
        if ctx.db.blobs().leave(*id).await? {
            tracing::info!(blob = %id, "a blob that nothing named is gone");
        }
        // One that was taken again has its day anew.
        unmarked.push(*id);
    }
    let new: Vec<BlobId> = left.into_iter().filter(|id| !marks.contains_key(id)).collect();
    for some in new.chunks(AT_ONCE) {
        mark(ctx, lease, &sql::MARK_LEFT, some).await?;
    }
    for some in unmarked.chunks(AT_ONCE) {
        mark(ctx, lease, &sql::UNMARK_LEFT, some).await?;
    }
    Ok(())
}

async fn mark(ctx: &Ctx, lease: &Lease, statement: &Statement, ids: &[BlobId]) -> Result<(), Error> {
    let (lease, statement, ids) = (lease.clone(), *statement, ids.to_vec());
    ctx.write(Key::once(ctx), move |tx| {
        lease.hold(tx)?;
        let now = tx.now();
        for id in &ids {
            match statement == sql::MARK_LEFT {
                true => tx.execute(&statement, &params![id, now])?,
                false => tx.execute(&statement, &params![id])?,
            };
        }
        Ok::<_, Error>(())
    })
    .await
}

/// The blobs of a part that rows name.
async fn named(ctx: &Ctx, pages: &[Statement], digit: char) -> Result<BTreeSet<BlobId>, Error> {
    let mut named = BTreeSet::new();
    for page in pages {
        let (page, mut after) = (*page, String::new());
        loop {
            let from = after.clone();
            let rows = ctx.read(move |read| read.rows(&page, &params![from])).await?;
            let Some(last) = rows.last() else { break };
            after = last.get(0)?;
            for row in &rows {
                let name: String = row.get(1)?;
                if name.starts_with(digit) {
                    named.insert(name.parse::<BlobId>().map_err(|what| Error::Corrupt(format!("{what}: {name}")))?);
                }
            }
        }
    }
    Ok(named)
}
