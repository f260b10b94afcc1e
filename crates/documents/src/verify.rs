//! What must hold of every paper and copy: it has its leaf, and its file opens, whole,
//! under a seal that leads to our own root. Copies and prints are numbered through.

use base::Timestamp;
use store::{Error, Invariant, Read, Statement, params};

use crate::check::{self, Seal};
use crate::code::CopyNumber;
use crate::copy::CertifiedCopy;
use crate::model::Paper;
use crate::paper::{MAKE, open_file, paper};
use crate::sql;

pub(crate) fn invariants() -> Vec<Invariant> {
    vec![
        Invariant::new("documents.papers_have_leaf_and_sealed_file", sealed),
        Invariant::new("documents.copies_have_leaf_and_sealed_file", copied),
        listed("documents.copies_are_numbered_through", &sql::MISCOUNTED),
        listed("documents.prints_are_numbered_through", &sql::STRAY_PRINTS),
    ]
}

fn listed(name: &'static str, statement: &'static Statement) -> Invariant {
    Invariant::new(name, move |read| read.rows(statement, &params![])?.iter().map(|row| row.get(0)).collect())
}

fn sealed(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let roots: Vec<Vec<u8>> = ca::trusted_root(read)?.into_iter().collect();
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::PAPERS, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let id: String = row.get(0)?;
            let paper = match Paper::read(read, row) {
                Ok(paper) => paper,
                // The person's key was destroyed: there is nothing left to hold.
                Err(Error::Sealed) => continue,
                Err(error) => return Err(error),
            };
            if paper.stage != "ordered" && !holds(read, &paper, &roots)? {
                broken.push(id);
            }
        }
    }
}

/// A copy that was made holds like its paper, and says which one it is; one that was
/// not is still being made, or its paper was revoked before.
fn copied(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    let roots: Vec<Vec<u8>> = ca::trusted_root(read)?.into_iter().collect();
    let mut broken = Vec::new();
    let mut after = String::new();
    loop {
        let rows = read.rows(&sql::ALL_COPIES, &params![after])?;
        let Some(last) = rows.last() else { return Ok(broken) };
        after = last.get(0)?;
        for row in &rows {
            let copy = CertifiedCopy::read(row)?;
            let paper = match paper(read, copy.paper) {
                Ok(Some(paper)) => paper,
                Ok(None) => {
                    broken.push(copy.id.to_string());
                    continue;
                }
                Err(Error::Sealed) => continue,
                Err(error) => return Err(error),
            };
            let number = CopyNumber { number: copy.number, of: copy.of };
            let whole = match copy.issued_at {
                Some(issued) => {
                    let kept = Kept { blob: copy.blob.as_deref(), leaf: copy.leaf.as_deref(), issued };
                    held(read, &paper, &kept, &roots)?.is_some_and(|seal| seal.copy == Some(number))
                }
                None => paper.stage == "revoked" || read.has_work(MAKE, &paper.id.to_string())?,
            };
            if !whole {
                broken.push(copy.id.to_string());
            }
        }
    }
}

fn holds(read: &mut Read<'_>, paper: &Paper, roots: &[Vec<u8>]) -> Result<bool, Error> {
    let Some(issued) = paper.issued_at else { return Ok(false) };
    let kept = Kept { blob: paper.blob.as_deref(), leaf: paper.leaf.as_deref(), issued };
    Ok(held(read, paper, &kept, roots)?.is_some())
}

/// What is registered of a file.
struct Kept<'k> {
    blob: Option<&'k str>,
    leaf: Option<&'k str>,
    issued: Timestamp,
}

/// The seal of a registered file, if it and its leaf hold.
fn held(read: &mut Read<'_>, paper: &Paper, kept: &Kept<'_>, roots: &[Vec<u8>]) -> Result<Option<Seal>, Error> {
    let Some(blob) = kept.blob.and_then(|name| name.parse().ok()) else { return Ok(None) };
    let sealed = match read.blobs().get_now(blob) {
        Ok(Some(sealed)) => sealed,
        Ok(None) | Err(Error::Corrupt(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(leaf) = kept.leaf else { return Ok(None) };
    if !audit::is_about(read, leaf, &paper.about)? {
        return Ok(None);
    }
    // What has run out since held when it was issued.
    Ok(open_file(paper, &sealed).and_then(|pdf| check::file(&pdf, roots, kept.issued)).ok())
}
