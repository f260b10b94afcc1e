//! The files of one version of a service, and their fingerprint: what officers
//! sign, and what running cases stay on.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use seal::digest::{hex, sha256};

use crate::folder::{FILE_BYTES, Fault, text};

/// The files of a folder, in the order in which they are hashed. What else lies
/// there is nobody's.
pub const NAMES: [&str; 5] = ["ar.ftl", "en.ftl", "examples.toml", "paper.typ", "service.toml"];

/// The files of a version, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Where they were read: faults name it.
    folder: PathBuf,
    texts: BTreeMap<String, String>,
}

impl Files {
    /// Reads a folder. A file that is not there is absent.
    ///
    /// # Errors
    /// One that cannot be read, or is too large.
    pub fn read(folder: &Path) -> Result<Self, Vec<Fault>> {
        let (mut texts, mut faults) = (BTreeMap::new(), Vec::new());
        for name in NAMES {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            match text(&path) {
                Ok(text) => drop(texts.insert(name.to_owned(), text)),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(Self { folder: folder.to_owned(), texts }) } else { Err(faults) }
    }

    /// As they were kept.
    ///
    /// # Errors
    /// It is no map of texts, or larger than any folder.
    pub fn kept(key: &str, bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let most = FILE_BYTES * NAMES.len() as u64;
        let mut json = Vec::new();
        ZlibDecoder::new(bytes).take(most).read_to_end(&mut json).map_err(serde_json::Error::io)?;
        Ok(Self { folder: PathBuf::from(key), texts: serde_json::from_slice(&json)? })
    }

    /// To be kept: a JSON object of texts by name, compressed (RFC 1950): a quarter of it.
    ///
    /// # Errors
    /// None that writing to memory has.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&serde_json::to_vec(&self.texts)?).map_err(serde_json::Error::io)?;
        packed.finish().map_err(serde_json::Error::io)
    }

    /// SHA-256 over each name and text with its length, hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut all = Vec::new();
        for part in self.texts.iter().flat_map(|(name, text)| [name, text]) {
            all.extend_from_slice(&(part.len() as u64).to_be_bytes());
            all.extend_from_slice(part.as_bytes());
        }
        hex(&sha256(&all))
    }

    /// A file's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// Where a file lies, as faults say it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
