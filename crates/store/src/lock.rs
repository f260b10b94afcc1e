//! One process for each data folder: an advisory lock held for its life.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::Error;

/// Held while the folder is ours.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl FolderLock {
    /// Takes the folder, or says that another process has it.
    ///
    /// # Errors
    /// [`Error::File`] with a sentence for the operator.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        Self::lock(folder, File::try_lock)
    }

    /// Takes a folder whose database lies elsewhere: several processes may have
    /// it at once, and none that has it alone.
    ///
    /// # Errors
    /// See [`Self::take`].
    pub fn share(folder: &Path) -> Result<Self, Error> {
        Self::lock(folder, File::try_lock_shared)
    }

    fn lock(folder: &Path, lock: impl FnOnce(&File) -> Result<(), TryLockError>) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Error::file(&path, error))?;
        lock(&file).map_err(|_| {
            Error::file(folder, "another hukumati serves this folder; stop it first, or give --data another folder")
        })?;
        Ok(Self(file))
    }
}
