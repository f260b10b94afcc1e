//! What must hold of every paper: it has its leaf, and its file opens, whole, under
//! a seal that leads to our own root.

use store::{Error, Invariant, Read, params};

use crate::model::Paper;
use crate::{check, sql};

pub(crate) fn invariants() -> Vec<Invariant> {
    vec![Invariant::new("documents.papers_have_leaf_and_sealed_file", sealed)]
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

fn holds(read: &mut Read<'_>, paper: &Paper, roots: &[Vec<u8>]) -> Result<bool, Error> {
    let Some(blob) = paper.blob.as_deref().and_then(|name| name.parse().ok()) else { return Ok(false) };
    let sealed = match read.blobs().get_now(blob) {
        Ok(Some(sealed)) => sealed,
        Ok(None) | Err(Error::Corrupt(_)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let (Some(leaf), Some(issued)) = (paper.leaf.as_deref(), paper.issued_at) else { return Ok(false) };
    // What has run out since held when it was issued.
    let verified = crate::paper::open_file(paper, &sealed).and_then(|pdf| check::file(&pdf, roots, issued));
    Ok(verified.is_ok() && audit::is_about(read, leaf, &paper.about)?)
}
