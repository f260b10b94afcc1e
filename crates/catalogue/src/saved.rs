//! A directory of services as it is saved: every folder read, and linted unless this
//! program did so before.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::checked::Checked;
use crate::folder::{Fault, Files, Service, folders};
use crate::offer::{Kept, Lazy, Offer, Summary};
use crate::shapes::Shapes;

/// Services that stay parsed after they were linted: of more, most are not needed soon,
/// and parsed they take ten times the memory.
const PARSED: usize = 100;

/// A directory as it is saved: its catalogue, and the folders behind it as they are
/// put up.
pub struct Saved {
    /// Where it lies.
    pub directory: PathBuf,
    /// What it offers.
    pub catalogue: Catalogue,
    /// In the order of their names.
    pub folders: Vec<Kept>,
    /// What registers' operations take and answer.
    pub shapes: Arc<Shapes>,
    summaries: Vec<Arc<Summary>>,
    /// Whether there is more, or other than before.
    is_new: bool,
}

impl Saved {
    /// Reads every folder, on all cores, and lints those that were not checked before.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn read(directory: &Path, checked: &Checked) -> Result<Self, Vec<Fault>> {
        let shapes = Shapes::read(directory).map_err(|fault| vec![fault])?;
        let paths = folders(directory).map_err(|fault| vec![fault])?;
        let numbered: Vec<(usize, PathBuf)> = paths.into_iter().enumerate().collect();
        let (mut services, mut faults) = (BTreeMap::new(), Vec::new());
        let (mut folders, mut summaries) = (Vec::with_capacity(numbered.len()), Vec::with_capacity(numbered.len()));
        let mut known = 0;
        for read in on_all_cores(&numbered, |(at, path)| folder(path, &shapes, checked, *at < PARSED)) {
            match read {
                Ok((offer, was_checked)) => {
                    known += usize::from(was_checked);
                    folders.push(offer.version.kept.clone());
                    summaries.push(Arc::clone(&offer.summary));
                    services.insert(offer.summary.key.clone(), offer);
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let is_new = known < folders.len() || checked.len() > known;
        let shapes = Arc::new(shapes);
        let catalogue = Catalogue::assemble(directory, services, BTreeMap::new(), Arc::clone(&shapes), &mut faults)?;
        Ok(Self { directory: directory.to_owned(), catalogue, folders, shapes, summaries, is_new })
    }

    /// Writes down what was found, for a later start, where it is other than before.
    ///
    /// # Errors
    /// The disk's.
    pub fn remember(&self, path: &Path) -> io::Result<()> {
        if !self.is_new {
            return Ok(());
        }
        Checked::write(path, self.shapes.digest(), self.folders.iter().zip(&self.summaries))
    }

    /// What is known of a version whose files are those of a folder here.
    pub(crate) fn summary(&self, version: &Kept) -> Option<&Arc<Summary>> {
        let same = |kept: &Kept| kept.service == version.service && kept.digest == version.digest;
        let at = self.folders.binary_search_by(|kept| kept.service.cmp(&version.service)).ok()?;
        self.folders.get(at).filter(|kept| same(kept)).and(self.summaries.get(at))
    }
}

/// A folder without a fault, and whether it was checked before.
fn folder(path: &Path, shapes: &Shapes, checked: &Checked, keep: bool) -> Result<(Offer, bool), Vec<Fault>> {
    let files = Files::read(path)?;
    let (digest, name) = (files.digest(), path.file_name().unwrap_or_default().to_string_lossy());
    if let Some((summary, kept)) = checked.of(&name, &digest, shapes.digest()) {
        return Ok((Offer { summary, version: Lazy::new(kept) }, true));
    }
    let service = Service::linted(&files, shapes)?;
    let summary = Arc::new(Summary::of(&service));
    let packed = files.bytes().map_err(|error| vec![crate::folder::fault(path, error)])?.into();
    let kept = Kept { service: summary.key.clone(), version: summary.version, digest, packed };
    let version = if keep { Lazy::parsed(kept, service) } else { Lazy::new(kept) };
    Ok((Offer { summary, version }, false))
}

/// Does the same with each of these, in their order, on all cores.
pub fn on_all_cores<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (share, work) = (all.len().div_ceil(cores).max(1), &work);
    std::thread::scope(|scope| {
        let started: Vec<_> =
            all.chunks(share).map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<R>>())).collect();
        let done = started.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect()
    })
}

/// What changes when a file under the directory does: names, sizes, times.
#[must_use]
pub fn fingerprint(directory: &Path) -> String {
    let mut seen = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(file) = entry.metadata() {
                seen.push(format!("{}:{}:{:?}", path.display(), file.len(), file.modified().ok()));
            }
        }
    }
    seen.sort();
    seal::digest::hex(&seal::digest::sha256(seen.join("\n").as_bytes())[..8])
}
