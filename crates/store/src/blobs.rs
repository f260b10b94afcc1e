//! Files named by their content. A blob is on the disk, and its name in the
//! folder too, before the row that names it commits. What holds personal data
//! is sealed by the caller first.

use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest;

use crate::key::hex;
use crate::{Error, Param, ToParam};

/// SHA-256 of a blob's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId([u8; 32]);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut id = [0; 32];
        id.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(id)
    }
}
impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}
impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}
impl FromStr for BlobId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err("a blob's name");
        }
        for (place, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).map_err(|_| "a blob's name")?;
        }
        Ok(Self(id))
    }
}
impl ToParam for BlobId {
    fn to_param(&self) -> Param<'_> {
        Param::Text(self.to_string().into())
    }
}
impl crate::FromValue for BlobId {
    fn from_value(value: crate::Value) -> Result<Self, &'static str> {
        String::from_value(value)?.parse()
    }
}

/// Beside a blob that was kept once more.
const TAKEN: &str = ".taken";
/// A blob that is being collected.
const LEAVING: &str = ".leaving";

/// The folder of blobs.
#[derive(Debug, Clone)]
pub struct Blobs(Arc<PathBuf>);

impl Blobs {
    /// Blobs in this folder, made if missing.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        Ok(Self(Arc::new(folder.to_owned())))
    }

    /// Keeps these bytes durably and returns their name.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::ReadOnly`] when the disk is full.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<BlobId, Error> {
        let blobs = self.clone();
        off_thread(move || blobs.put_now(&bytes)).await
    }

    /// The bytes of this name, checked against it; `None` if there are none.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::Corrupt`] when the bytes do not match.
    pub async fn get(&self, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        let blobs = self.clone();
        off_thread(move || blobs.get_now(id)).await
    }

    /// Every blob's name, for `verify` and backup.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn list(&self) -> Result<Vec<BlobId>, Error> {
        self.named(|_| true)
    }

    /// Every blob's name that begins with this hexadecimal digit.
    pub(crate) fn part(&self, digit: char) -> Result<Vec<BlobId>, Error> {
        self.named(|shelf| shelf.starts_with(digit))
    }

    /// The names on the shelves that are wanted.
    fn named(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<BlobId>, Error> {
        let mut names = Vec::new();
        for shelf in entries(&self.0)? {
            if shelf.is_dir() && shelf.file_name().and_then(|name| name.to_str()).is_some_and(&is_wanted) {
                let files = entries(&shelf)?;
                names.extend(files.iter().filter_map(|file| {
                    let name = file.file_name()?.to_str()?;
                    // What a kill left out of the way is there still.
                    name.strip_suffix(LEAVING).unwrap_or(name).parse::<BlobId>().ok()
                }));
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Where a blob's bytes may lie, for backup: in turn, and none when it is gone.
    #[must_use]
    pub fn places(&self, id: BlobId) -> [PathBuf; 3] {
        // Out of the way for a moment, a blob is still there; then it is back or gone.
        [self.path(id), self.beside(id, LEAVING), self.path(id)]
    }

    /// As [`Blobs::get`], for threads that may block.
    ///
    /// # Errors
    /// As [`Blobs::get`].
    pub fn get_now(&self, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        for path in self.places(id) {
            match fs::read(&path) {
                Ok(bytes) if BlobId::of(&bytes) == id => return Ok(Some(bytes)),
                Ok(_) => return Err(Error::Corrupt(format!("blob {id} does not match its name"))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(Error::file(&path, error)),
            }
        }
        Ok(None)
    }

    /// Takes a blob away that no row names, unless it was kept anew meanwhile; whether
    /// it is gone.
    pub(crate) async fn leave(&self, id: BlobId) -> Result<bool, Error> {
        let blobs = self.clone();
        off_thread(move || {
            let (path, aside, taken) = (blobs.path(id), blobs.beside(id, LEAVING), blobs.beside(id, TAKEN));
            let fail = |error| Error::file(&path, error);
            // From here on, keeping these bytes writes them anew.
            unless_absent(fs::rename(&path, &aside)).map_err(fail)?;
            if taken.exists() {
                unless_absent(fs::rename(&aside, &path)).map_err(fail)?;
                unless_absent(fs::remove_file(&taken)).map_err(fail)?;
                return Ok(false);
            }
            unless_absent(fs::remove_file(&aside)).map_err(fail)?;
            Ok(true)
        })
        .await
    }

    fn put_now(&self, bytes: &[u8]) -> Result<BlobId, Error> {
        let id = BlobId::of(bytes);
        let path = self.path(id);
        if path.exists() {
            // The collector finds this once it has the blob out of the way; if it has it
            // already, the bytes are written anew.
            let taken = self.beside(id, TAKEN);
            File::create(&taken).map_err(|error| Error::file(&taken, error))?;
            if path.exists() {
                return Ok(id);
            }
        }
        let shelf = path.parent().unwrap_or(&self.0).to_owned();
        let unfinished = shelf.join(format!("{id}.part-{:?}", std::thread::current().id()));
        let written = write_durably(&shelf, &unfinished, &path, bytes);
        written.map_err(|error| match error.kind() {
            ErrorKind::StorageFull => Error::ReadOnly("the disk is full".to_owned()),
            _ => Error::file(&path, error),
        })?;
        Ok(id)
    }

    /// A file beside a blob.
    fn beside(&self, id: BlobId, ending: &str) -> PathBuf {
        let name = id.to_string();
        self.0.join(&name[..2]).join(format!("{name}{ending}"))
    }

    fn path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.0.join(&name[..2]).join(name)
    }
}

fn unless_absent(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Bytes first, then the name, then the folder that holds the name.
fn write_durably(shelf: &Path, unfinished: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(shelf)?;
    let mut file = File::create(unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    File::open(shelf)?.sync_all()?;
    shelf.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = fs::read_dir(folder).and_then(|list| list.map(|entry| entry.map(|entry| entry.path())).collect());
    listed.map_err(|error| Error::file(folder, error))
}

pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Panicked(error.to_string()))?
}
