//! What must hold of every paper: it has its leaf, and its file opens.

use audit::LeafId;
use store::{Error, Invariant, Read, params};

use crate::model::Paper;
use crate::{pades, sql};

pub(crate) fn invariants() -> Vec<Invariant> {
    vec![Invariant::new("documents.papers_have_leaf_and_sealed_file", sealed)]
}

fn sealed(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
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
            if paper.stage != "ordered" && !holds(read, &paper)? {
                broken.push(id);
            }
        }
    }
}

fn holds(read: &mut Read<'_>, paper: &Paper) -> Result<bool, Error> {
    let Some(blob) = paper.blob.as_deref().and_then(|name| name.parse().ok()) else { return Ok(false) };
    let Some(sealed) = read.blobs().get_now(blob)? else { return Ok(false) };
    let pdf = crate::paper::open_file(paper, &sealed).ok();
    let covered = pdf.as_deref().and_then(pades::open).is_some();
    let acts = audit::acts_of(read, &paper.about)?;
    let leaf = paper.leaf.as_deref().and_then(|leaf| leaf.parse::<LeafId>().ok());
    Ok(covered && leaf.is_some_and(|leaf| acts.iter().any(|act| act.leaf == leaf)))
}
