//! What a stranger's file is, by its content: its first bytes, its structure, and what
//! is kept of it. A name is never believed. What is kept is written anew: a picture
//! from its pixels, a PDF from its pages, so that no metadata, no second file behind
//! the first and nothing active survives. A paper of ours alone stays as it is.
//!
//! Not here: how files arrive, are sealed, scanned and handed out (services). Nothing
//! here reads or writes a disk.

pub mod name;
mod pdf;
mod picture;

use schemars::JsonSchema;
use serde::Deserialize;

/// Bytes of one file.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes of all files of one case.
pub const CASE_BYTES_MAX: u64 = 30 * 1024 * 1024;
/// Files of one question, unless its folder says fewer or more.
pub const FILES_USUAL: usize = 5;
/// Files of one question at most.
pub const FILES_MOST: usize = 10;

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileType {
    /// ISO 32000.
    Pdf,
    /// ITU-T T.81.
    Jpeg,
    /// ISO 15948.
    Png,
}

impl FileType {
    /// All that a question may take.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Jpeg, Self::Png];

    /// The word in storage, folders and rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }
    /// A file's ending.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
    /// Its media type.
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
    /// The type of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
    const fn starts(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Png => b"\x89PNG\r\n\x1a\n",
        }
    }
}

/// Why a file is not taken. Each has a sentence that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// More than [`FILE_BYTES_MAX`].
    TooLarge,
    /// The files of the case together are more than [`CASE_BYTES_MAX`].
    NoRoom,
    /// The question takes no more files.
    TooMany,
    /// There is nothing in it.
    Empty,
    /// A photo as some telephones keep it, which others cannot open.
    Heic,
    /// None of the types that the question takes.
    WrongType,
    /// Its ending says another type than its content.
    Lies,
    /// It cannot be read to its end.
    Broken,
    /// A picture of more than [`picture::PIXELS_MAX`].
    TooManyPixels,
    /// It opens with a password.
    Locked,
    /// It holds scripts, other files, or asks a program to do something.
    Active,
    /// It has fields or notes over its pages, which would be lost.
    Marked,
    /// It carries a seal, which would be lost, and is no paper of ours as it was issued.
    Sealed,
    /// A scanner found something in it.
    Infected,
    /// It holds more than is read.
    TooMuch,
}

/// A file that was read and written anew.
#[derive(Debug)]
pub struct Clean {
    /// What it is.
    pub kind: FileType,
    /// What it is called, with the ending of what it is.
    pub name: String,
    /// As it is kept.
    pub bytes: Vec<u8>,
}

/// Reads a file and writes it anew. It takes a core for up to a second: never in a
/// closure of the database, never on a thread that serves.
///
/// # Errors
/// Why it is not taken.
pub fn inspect(typed: &str, bytes: &[u8], accept: &[FileType]) -> Result<Clean, Bad> {
    let (kind, name) = kind(typed, bytes, accept)?;
    let bytes = match kind {
        FileType::Pdf => pdf::anew(bytes)?,
        FileType::Jpeg | FileType::Png => picture::anew(bytes, kind)?,
    };
    Ok(Clean { kind, name, bytes })
}

/// A paper of ours, whose seal was verified: written anew it would lose its seal.
///
/// # Errors
/// The question takes none, or its name says something else.
pub fn as_it_is(typed: &str, bytes: &[u8], accept: &[FileType]) -> Result<Clean, Bad> {
    let (kind, name) = kind(typed, bytes, accept)?;
    Ok(Clean { kind, name, bytes: bytes.to_vec() })
}

/// What a file is, and what it is called from now on.
fn kind(typed: &str, bytes: &[u8], accept: &[FileType]) -> Result<(FileType, String), Bad> {
    if bytes.is_empty() {
        return Err(Bad::Empty);
    }
    let name = name::cleaned(typed);
    let Some(kind) = FileType::ALL.into_iter().find(|kind| bytes.starts_with(kind.starts())) else {
        return Err(match name::says(&name) {
            _ if is_heic(bytes) => Bad::Heic,
            Some(Ok(_)) => Bad::Lies,
            _ => Bad::WrongType,
        });
    };
    match name::says(&name) {
        Some(Err(())) => Err(Bad::WrongType),
        Some(Ok(said)) if said != kind => Err(Bad::Lies),
        _ if !accept.contains(&kind) => Err(Bad::WrongType),
        _ => Ok((kind, name::ended(&name, kind))),
    }
}

/// ISO 23008-12: a box `ftyp` of one of the brands.
fn is_heic(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8]; 6] = [b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_believed() {
        let png = picture::tests::png(3, 2);
        for (name, bytes, wrong) in [
            ("a.pdf", &b"PK\x03\x04 a zip"[..], Bad::Lies),
            ("a.zip", b"PK\x03\x04 a zip", Bad::WrongType),
            ("a", b"PK\x03\x04 a zip", Bad::WrongType),
            ("a.pdf", b"", Bad::Empty),
            ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", Bad::Heic),
            ("a.jpg", b"\0\0\0\x18ftypmif1\0\0\0\0", Bad::Heic),
            ("a.jpg", &png, Bad::Lies),
            ("a.pdf.exe", &png, Bad::WrongType),
            ("a.png", &png[..40], Bad::Broken),
            ("a.jpg", b"\xff\xd8\xff\xe0 nothing", Bad::Broken),
            ("a.pdf", b"%PDF-1.7 nothing", Bad::Broken),
        ] {
            assert_eq!(inspect(name, bytes, &FileType::ALL).unwrap_err(), wrong, "{name}");
        }
        assert_eq!(inspect("a.png", &png, &[FileType::Pdf]).unwrap_err(), Bad::WrongType);
        let kept = inspect("هوية", &png, &FileType::ALL).unwrap();
        assert_eq!((kept.name.as_str(), kept.kind), ("هوية.png", FileType::Png));
    }
}
