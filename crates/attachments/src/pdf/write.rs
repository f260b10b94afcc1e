//! Writes pages, and what they need, as a file of their own (§7.5): every object
//! numbered anew, one table, nothing that was not asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write as _;

use super::Page;
use super::read::{Entries, File, Object};
use crate::{Bad, FILE_BYTES_MAX};

/// Octets that a file may grow by.
const ROOM: u64 = 1024 * 1024;
/// What is left behind: who made it and when, structure, layers, other pictures.
const LEFT: [&str; 13] = [
    "Metadata",
    "PieceInfo",
    "AF",
    "LastModified",
    "OPI",
    "OC",
    "Ref",
    "PtData",
    "StructParent",
    "StructParents",
    "Alternates",
    "Thumb",
    "Usage",
];
/// What a stream leaves besides: its length is said anew, and nothing lies elsewhere.
const OF_STREAMS: [&str; 4] = ["Length", "F", "FFilter", "FDecodeParms"];
/// Dictionaries whose names are the page's own (§7.8.3): any name may stand there.
const NAMED: [&str; 8] =
    ["Font", "XObject", "ExtGState", "ColorSpace", "Pattern", "Shading", "Properties", "CharProcs"];

/// The catalogue and the tree of pages.
const CATALOGUE: u32 = 1;
const TREE: u32 = 2;

struct Writer<'f> {
    file: &'f File<'f>,
    out: Vec<u8>,
    /// Where each object begins.
    offsets: BTreeMap<u32, usize>,
    /// The new number of each old one.
    numbers: BTreeMap<u32, u32>,
    waiting: VecDeque<u32>,
    /// Old numbers of dictionaries whose names are the page's own.
    named: BTreeSet<u32>,
    next: u32,
}

/// # Errors
/// It grows too large.
pub(super) fn pages(file: &File<'_>, pages: &[Page<'_>]) -> Result<Vec<u8>, Bad> {
    let mut writer = Writer {
        file,
        out: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
        offsets: BTreeMap::new(),
        numbers: BTreeMap::new(),
        waiting: VecDeque::new(),
        named: BTreeSet::new(),
        next: TREE + 1,
    };
    let mut kids = String::new();
    for page in pages {
        let number = writer.fresh();
        kids.push_str(&format!("{number} 0 R "));
        writer.begin(number);
        writer.put(format!("<</Type/Page/Parent {TREE} 0 R").as_bytes());
        for (name, value) in page {
            writer.put(format!("/{name} ").as_bytes());
            writer.value(value);
        }
        writer.put(b">>\nendobj\n");
    }
    while let Some(old) = writer.waiting.pop_front() {
        writer.object(old)?;
    }
    writer.begin(CATALOGUE);
    writer.put(format!("<</Type/Catalog/Pages {TREE} 0 R>>\nendobj\n").as_bytes());
    writer.begin(TREE);
    writer.put(format!("<</Type/Pages/Count {}/Kids[{}]>>\nendobj\n", pages.len(), kids.trim_end()).as_bytes());
    Ok(writer.finish())
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn fresh(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn begin(&mut self, number: u32) {
        self.offsets.insert(number, self.out.len());
        self.put(format!("{number} 0 obj\n").as_bytes());
    }

    fn object(&mut self, old: u32) -> Result<(), Bad> {
        let (Some(object), Some(number)) = (self.file.object(old), self.numbers.get(&old).copied()) else {
            return Ok(());
        };
        self.begin(number);
        match object {
            Object::Stream(entries, range) => {
                let octets = &self.file.bytes[range.clone()];
                let plain = if is_photo(self.file, object) { without_notes(octets) } else { None };
                let octets = plain.as_deref().unwrap_or(octets);
                self.put(b"<<");
                self.entries(entries, &[&LEFT[..], &OF_STREAMS].concat());
                self.put(format!("/Length {}>>\nstream\n", octets.len()).as_bytes());
                self.put(octets);
                self.put(b"\nendstream");
            }
            Object::Dictionary(entries) if self.named.contains(&old) => self.dictionary(entries, &[]),
            other => self.value(other),
        }
        self.put(b"\nendobj\n");
        let most = usize::try_from(FILE_BYTES_MAX + ROOM).unwrap_or(usize::MAX);
        if self.out.len() > most { Err(Bad::TooLarge) } else { Ok(()) }
    }

    fn entries(&mut self, entries: &Entries, left: &[&str]) {
        for (name, value) in entries {
            if left.iter().any(|left| left.as_bytes() == name) {
                continue;
            }
            self.name(name);
            self.put(b" ");
            match value {
                Object::Dictionary(own) if is_named(name) => self.dictionary(own, &[]),
                Object::Reference(old) if is_named(name) => {
                    self.named.insert(*old);
                    self.reference(*old);
                }
                other => self.value(other),
            }
        }
    }

    fn dictionary(&mut self, entries: &Entries, left: &[&str]) {
        self.put(b"<<");
        self.entries(entries, left);
        self.put(b">>");
    }

    fn name(&mut self, name: &[u8]) {
        self.put(b"/");
        for byte in name {
            if byte.is_ascii_alphanumeric() || b"-_.+*:'!@$&,;=?^`|~\"\\".contains(byte) {
                self.out.push(*byte);
            } else {
                self.put(format!("#{byte:02x}").as_bytes());
            }
        }
    }

    fn value(&mut self, value: &Object) {
        match value {
            Object::Word(word) => self.put(word.as_bytes()),
            Object::Number(digits) => self.put(digits),
            Object::Name(name) => self.name(name),
            Object::Text(text) => {
                self.put(b"<");
                for byte in text {
                    // Writing into memory does not fail.
                    let _ = write!(self.out, "{byte:02x}");
                }
                self.put(b">");
            }
            Object::Array(each) => {
                self.put(b"[");
                for (at, one) in each.iter().enumerate() {
                    if at > 0 {
                        self.put(b" ");
                    }
                    self.value(one);
                }
                self.put(b"]");
            }
            Object::Dictionary(entries) | Object::Stream(entries, _) => self.dictionary(entries, &LEFT),
            Object::Reference(old) => self.reference(*old),
        }
    }

    fn reference(&mut self, old: u32) {
        // A page, or the tree, is not needed by what it shows.
        let kind = self.file.object(old).map(|object| object.name("Type"));
        if kind.is_none() || matches!(kind, Some(Some(b"Page" | b"Pages" | b"Catalog" | b"Metadata"))) {
            self.put(b"null");
            return;
        }
        let number = match self.numbers.get(&old) {
            Some(number) => *number,
            None => {
                let number = self.fresh();
                self.numbers.insert(old, number);
                self.waiting.push_back(old);
                number
            }
        };
        self.put(format!("{number} 0 R").as_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        let table = self.out.len();
        let mut lines = format!("xref\n0 {}\n0000000000 65535 f \n", self.next);
        for number in 1..self.next {
            let line = match self.offsets.get(&number) {
                Some(offset) => format!("{offset:010} 00000 n \n"),
                None => "0000000000 65535 f \n".to_owned(),
            };
            lines.push_str(&line);
        }
        lines.push_str(&format!("trailer\n<</Size {}/Root {CATALOGUE} 0 R>>\nstartxref\n{table}\n%%EOF\n", self.next));
        self.put(lines.as_bytes());
        self.out
    }
}

fn is_named(name: &[u8]) -> bool {
    NAMED.iter().any(|known| known.as_bytes() == name)
}

/// Whether a stream is a JPEG as it is, not packed once more.
fn is_photo(file: &File<'_>, stream: &Object) -> bool {
    let filter = stream.get("Filter").map(|filter| file.follow(filter));
    let filter = match filter {
        Some(Object::Array(filters)) if filters.len() == 1 => Some(file.follow(&filters[0])),
        other => other,
    };
    matches!(filter, Some(Object::Name(name)) if name == b"DCTDecode")
}

/// A JPEG without what cameras note (ITU-T T.81 annex B): APP1 and on, and comments;
/// colours (APP2 ICC, APP14 Adobe) stay. None when its segments are not as they should be.
fn without_notes(jpeg: &[u8]) -> Option<Vec<u8>> {
    let mut kept = jpeg.get(..2).filter(|start| *start == b"\xff\xd8")?.to_vec();
    let mut at = 2;
    loop {
        let [0xff, mark, high, low] = *jpeg.get(at..at + 4)? else { return None };
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let colours = mark == 0xe2 && jpeg.get(at + 4..)?.starts_with(b"ICC_PROFILE\0");
        let notes = matches!(mark, 0xe1..=0xed | 0xef | 0xfe) && !colours;
        if mark == 0xda {
            kept.extend_from_slice(&jpeg[at..]);
            return Some(kept);
        }
        let segment = jpeg.get(at..end)?;
        if !notes {
            kept.extend_from_slice(segment);
        }
        at = end;
    }
}
