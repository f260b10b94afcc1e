//! What an office prints: papers that it hands over itself, and papers that it decided
//! and has yet to send. `documents` counts the prints and makes the sheets.

use std::sync::Arc;

use base::{Actor, Locale};
use catalogue::Catalogue;
use documents::{BATCH_PAPERS, BatchId, Paper, PaperId};
use store::{Ctx, Error, Key, Read};

use crate::case::Refusal;
use crate::parcel;

/// A paper that an office can print.
pub(crate) struct Printable {
    pub(crate) paper: Paper,
    /// Where it is to be handed over.
    pub(crate) office: String,
    /// How many copies of it were printed already, each once or more often.
    pub(crate) printed: u32,
}

impl Printable {
    /// Whether a copy of it was never printed.
    pub(crate) const fn is_new(&self) -> bool {
        self.printed < self.paper.copies
    }
}

/// What a unit can print, oldest first, as much as fits one batch.
///
/// # Errors
/// The store's.
pub(crate) fn printable(read: &mut Read<'_>, unit: &str) -> Result<Vec<Printable>, Error> {
    let mut found = Vec::new();
    let most = i64::try_from(BATCH_PAPERS).unwrap_or(i64::MAX);
    for parcel in parcel::to_print(read, unit, most)? {
        let papers = match documents::papers_about(read, &format!("case:{}", parcel.case)) {
            Ok(papers) => papers,
            // Its person was erased: there is nothing left to print.
            Err(Error::Sealed) => continue,
            Err(error) => return Err(error),
        };
        for paper in papers.into_iter().filter(|paper| paper.stage == "issued") {
            let printed = u32::try_from(documents::prints_of(read, paper.id)?.len()).unwrap_or(u32::MAX);
            found.push(Printable { paper, office: parcel.office.clone(), printed });
        }
    }
    Ok(found)
}

/// An officer's unit prints these papers.
///
/// # Errors
/// [`Refusal::NotYours`] when one of them is not the unit's to print,
/// [`Refusal::Incomplete`] when there are none or too many, or the store's.
pub(crate) async fn print(
    ctx: &Ctx,
    key: Key,
    catalogue: &Arc<Catalogue>,
    papers: Vec<PaperId>,
) -> Result<BatchId, Refusal> {
    let Actor::Officer { unit, .. } = ctx.actor.clone() else { return Err(Refusal::NotYours) };
    let office = [Locale::AR, Locale::EN].map(|locale| catalogue.office_name(&unit, locale));
    ctx.write(key, move |tx| {
        let known: Vec<PaperId> = printable(tx, &unit)?.into_iter().map(|one| one.paper.id).collect();
        if papers.iter().any(|paper| !known.contains(paper)) {
            return Err(Refusal::NotYours);
        }
        // In the order of the list, and each once.
        let chosen: Vec<PaperId> = known.into_iter().filter(|paper| papers.contains(paper)).collect();
        documents::batch_in(tx, &office, &chosen).map_err(|refusal| match refusal {
            documents::Refusal::BatchSize => Refusal::Incomplete(vec!["paper".to_owned()]),
            documents::Refusal::NotYours => Refusal::NotYours,
            documents::Refusal::Store(error) => error.into(),
            other => Error::Corrupt(other.to_string()).into(),
        })
    })
    .await
}
