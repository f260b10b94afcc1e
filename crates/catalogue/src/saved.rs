//! A directory of services as it is saved: every folder read and linted.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use base::Date;

use crate::catalogue::Catalogue;
use crate::folder::{Fault, Files, Service, folders};
use crate::shapes::Shapes;

/// A directory as it is saved: its catalogue, and the folders behind it as they are
/// put up.
pub struct Saved {
    /// Where it lies.
    pub directory: PathBuf,
    /// What it offers.
    pub catalogue: Catalogue,
    /// In the order of their names.
    pub folders: Vec<Folder>,
    /// What registers' operations take and answer.
    pub shapes: Shapes,
}

impl Saved {
    /// Reads and lints every folder, on all cores.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn read(directory: &Path) -> Result<Self, Vec<Fault>> {
        let shapes = Shapes::read(directory).map_err(|fault| vec![fault])?;
        let paths = folders(directory).map_err(|fault| vec![fault])?;
        let (mut services, mut folders, mut faults) = (BTreeMap::new(), Vec::with_capacity(paths.len()), Vec::new());
        for read in on_all_cores(&paths, |path| folder(path, &shapes)) {
            match read {
                Ok((folder, service)) => {
                    services.insert(service.file.key.clone(), service);
                    folders.push(folder);
                }
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let catalogue = Catalogue::assemble(directory, services, BTreeMap::new(), &mut faults)?;
        Ok(Self { directory: directory.to_owned(), catalogue, folders, shapes })
    }
}

/// A folder as it is put up.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The service's key.
    pub service: String,
    /// Its number.
    pub version: u32,
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
    /// Where it lies: its texts are read again if they are to be kept, and most never are.
    pub path: PathBuf,
    /// The first day on which it is offered, if it says one.
    pub from: Option<Date>,
}

impl Folder {
    fn of(service: &Service, files: &Files) -> Self {
        Self {
            service: service.file.key.clone(),
            version: service.file.version,
            digest: files.digest(),
            path: files.folder().to_owned(),
            from: service.file.takes_effect.as_deref().and_then(Date::parse),
        }
    }
    /// Service and version.
    #[must_use]
    pub fn name(&self) -> (String, u32) {
        (self.service.clone(), self.version)
    }
}

fn folder(path: &Path, shapes: &Shapes) -> Result<(Folder, Service), Vec<Fault>> {
    let files = Files::read(path)?;
    let service = Service::linted(&files, shapes)?;
    Ok((Folder::of(&service, &files), service))
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
