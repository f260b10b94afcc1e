//! What this program found of folders before, so that a later start neither parses nor
//! lints them again: their summaries and packed files, by digest, in one file.
//!
//! Invariant: only folders without a fault are in it, as these very sources of the
//! program found them beside these very operations. A file of another program, of other
//! operations, or one that was cut off or altered says nothing.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use seal::digest::{hex, sha256};
use serde::{Deserialize, Serialize};

use crate::offer::{Kept, Summary};

/// The sources that parse and lint, as this program was built from them.
const PROGRAM: &str = env!("CATALOGUE_SOURCES");

/// The first line of the file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    program: String,
    /// The digest of the operations' files.
    operations: String,
    /// SHA-256 over what follows, hexadecimal.
    body: String,
}

/// The line before each folder's packed files.
#[derive(Serialize, Deserialize)]
struct Line<S> {
    digest: String,
    /// How long the packed files are, bytes.
    packed: usize,
    summary: S,
}

/// Folders that this program found without a fault.
#[derive(Debug, Default)]
pub struct Checked {
    operations: String,
    found: HashMap<String, (Arc<Summary>, Arc<[u8]>)>,
}

impl Checked {
    /// As the file says it; nothing where there is none that holds.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        fs::read(path).ok().and_then(|bytes| Self::parse(&bytes)).unwrap_or_default()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, body) = line(bytes)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        if head.program != PROGRAM || head.body != hex(&sha256(body)) {
            return None;
        }
        let (mut found, mut rest) = (HashMap::new(), body);
        while !rest.is_empty() {
            let (one, after) = line(rest)?;
            let one: Line<Summary> = serde_json::from_slice(one).ok()?;
            let (packed, after) = after.split_at_checked(one.packed)?;
            found.insert(one.digest, (Arc::new(one.summary), packed.into()));
            rest = after;
        }
        Some(Self { operations: head.operations, found })
    }

    /// Writes the file anew, whole or not at all.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn write<'o>(
        path: &Path,
        operations: &str,
        found: impl Iterator<Item = (&'o Kept, &'o Arc<Summary>)>,
    ) -> io::Result<()> {
        let mut body = Vec::new();
        for (kept, summary) in found {
            let line = Line { digest: kept.digest.clone(), packed: kept.packed.len(), summary: &**summary };
            serde_json::to_writer(&mut body, &line)?;
            body.push(b'\n');
            body.extend_from_slice(&kept.packed);
        }
        let head = Head { program: PROGRAM.to_owned(), operations: operations.to_owned(), body: hex(&sha256(&body)) };
        let new = path.with_extension("new");
        let mut file = fs::File::create(&new)?;
        serde_json::to_writer(&mut file, &head)?;
        file.write_all(b"\n")?;
        file.write_all(&body)?;
        fs::rename(new, path)
    }

    /// What was found of a folder of this name and digest, beside these operations.
    pub(crate) fn of(&self, name: &str, digest: &str, operations: &str) -> Option<(Arc<Summary>, Kept)> {
        let (summary, packed) = self.found.get(digest).filter(|_| self.operations == operations)?;
        // A folder must be named as its key: a copy under another name has a fault.
        (summary.key == name).then(|| {
            let packed = Arc::clone(packed);
            let kept = Kept { service: name.to_owned(), version: summary.version, digest: digest.to_owned(), packed };
            (Arc::clone(summary), kept)
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }
}

/// The first line, and what follows it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
