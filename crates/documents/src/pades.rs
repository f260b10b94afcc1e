//! The seal on a PDF: an invisible signature over the whole file, added as an
//! incremental update (ISO 32000-2 §7.5.6, §12.8; ETSI EN 319 142-1, B-LT). What
//! a later check needs of the authority goes into the same update, before the
//! signature, so that the seal covers it too.
//! It knows the PDFs of our own press: a classical cross-reference table, and
//! the catalog and first page outside object streams.

use std::fmt::Write as _;

use base::Timestamp;
use seal::digest::{from_hex, hex, sha256_parts};

use crate::model::Refusal;
use crate::proof::Proof;

/// Room for the signature, bytes; hexadecimal takes twice that.
const ROOM: usize = 12 << 10;
/// Digits of each number in the byte range.
const DIGITS: usize = 10;
/// Before the address at which a paper is verified, in the signature's dictionary.
const ADDRESS: &str = "/ContactInfo <";
/// Longest such address, hexadecimal digits.
const ADDRESS_DIGITS: usize = 2 * 2_048;
/// That a PDF 1.7 holds structures of PAdES (ETSI EN 319 142-1 §5.4.1).
const EXTENSION: &str = "<< /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >>";

/// A PDF with an empty place for its signature.
pub(crate) struct Prepared {
    bytes: Vec<u8>,
    /// Where `<` of the signature stands.
    opens: usize,
    /// Just after its `>`.
    closes: usize,
}

/// What the signature's dictionary says of itself.
pub(crate) struct Signing<'s> {
    /// When, by our clock; the time stamp is what counts.
    pub(crate) at: Timestamp,
    /// Who issues.
    pub(crate) issuer: &'s str,
    /// Where the paper is verified: its own address.
    pub(crate) address: &'s str,
}

/// Adds the signature's field and its empty place, and what proves the seal's
/// certificate.
pub(crate) fn prepare(pdf: Vec<u8>, signing: &Signing<'_>, proof: &Proof) -> Result<Prepared, Refusal> {
    let old = Table::read(&pdf)?;
    let catalog = old.object(&pdf, old.root)?;
    let pages = reference(catalog, "/Pages").ok_or_else(|| fault("no pages"))?;
    let first = reference(old.object(&pdf, pages)?, "/Kids").ok_or_else(|| fault("no first page"))?;
    // A tree of pages of more than one level begins with another node.
    let mut page = first;
    while let Some(deeper) = reference(old.object(&pdf, page)?, "/Kids") {
        page = deeper;
    }
    let (field, signature) = (old.size, old.size + 1);
    if find(catalog, b"/Extensions").is_some() {
        return Err(fault("a catalog with extensions"));
    }
    let store = signature + 1;
    let catalog = with(
        catalog,
        &format!("/AcroForm << /Fields [{field} 0 R] /SigFlags 3 >> /DSS {store} 0 R /Extensions {EXTENSION}"),
    )?;
    let page_text = old.object(&pdf, page)?;
    if find(page_text, b"/Annots").is_some() {
        return Err(fault("a page with annotations cannot be sealed"));
    }
    let page_text = with(page_text, &format!("/Annots [{field} 0 R]"))?;
    let widget = format!(
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /V {signature} 0 R /P {page} 0 R /Rect [0 0 0 0] /F 132 >>"
    );
    let mut update = Update::after(pdf);
    update.add(old.root, &catalog);
    update.add(page, &page_text);
    update.add(field, widget.as_bytes());
    let size = update.add_store(store, proof);
    update.add(signature, signing.dictionary().as_bytes());
    let mut bytes = update.close(&old, size);
    let opens = rfind(&bytes, b"/Contents <").ok_or_else(|| fault("no place for the signature"))? + 10;
    let closes = opens + 2 * ROOM + 2;
    let range = rfind(&bytes, b"/ByteRange [0 ").ok_or_else(|| fault("no byte range"))? + 14;
    let numbers = format!("{opens:0DIGITS$} {closes:0DIGITS$} {:0DIGITS$}", bytes.len() - closes);
    bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
    Ok(Prepared { bytes, opens, closes })
}

/// Objects that are added behind a file, and where each begins.
struct Update {
    bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Update {
    fn after(pdf: Vec<u8>) -> Self {
        let mut bytes = pdf;
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        Self { bytes, places: Vec::new() }
    }

    fn add(&mut self, number: usize, body: &[u8]) {
        self.places.push((number, self.bytes.len()));
        self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    /// Adds what proves the certificates, and gives the first number that is free
    /// after it.
    fn add_store(&mut self, store: usize, proof: &Proof) -> usize {
        let mut next = store + 1;
        let mut lists = String::new();
        for (name, kept) in [("Certs", &proof.certificates), ("OCSPs", &proof.answers), ("CRLs", &proof.lists)] {
            let _ = write!(lists, " /{name} [");
            for der in kept {
                let head = format!("<< /Length {} >>\nstream\n", der.len());
                self.add(next, &[head.as_bytes(), der.as_slice(), b"\nendstream".as_slice()].concat());
                let _ = write!(lists, "{next} 0 R ");
                next += 1;
            }
            lists.push(']');
        }
        self.add(store, format!("<< /Type /DSS{lists} >>").as_bytes());
        next
    }

    /// Adds the table of what was added.
    fn close(mut self, old: &Table, size: usize) -> Vec<u8> {
        let table = self.bytes.len();
        self.places.sort_unstable();
        let mut text = "xref\n".to_owned();
        for (number, place) in self.places {
            let _ = write!(text, "{number} 1\n{place:010} 00000 n \n");
        }
        let (root, start, more) = (old.root, old.start, &old.more);
        let _ = write!(text, "trailer\n<< /Size {size} /Root {root} 0 R /Prev {start}{more} >>\n");
        let _ = write!(text, "startxref\n{table}\n%%EOF\n");
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes
    }
}

impl Signing<'_> {
    fn dictionary(&self) -> String {
        let zeros = "0".repeat(DIGITS);
        let moment = self.at.rfc3339().chars().filter(char::is_ascii_digit).take(14).collect::<String>();
        format!(
            "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:{moment}Z) /Name {} {ADDRESS}{}> \
             /ByteRange [0 {zeros} {zeros} {zeros}] /Contents <{}> >>",
            text_string(self.issuer),
            hex(self.address.as_bytes()),
            "0".repeat(2 * ROOM)
        )
    }
}

impl Prepared {
    /// SHA-256 of everything but the signature itself.
    pub(crate) fn digest(&self) -> [u8; 32] {
        sha256_parts(&[&self.bytes[..self.opens], &self.bytes[self.closes..]])
    }

    /// Puts the signature into its place.
    pub(crate) fn close(mut self, cms: &[u8]) -> Result<Vec<u8>, Refusal> {
        if cms.len() > ROOM {
            return Err(fault("the signature is larger than its place"));
        }
        let text = hex(cms);
        self.bytes[self.opens + 1..self.opens + 1 + text.len()].copy_from_slice(text.as_bytes());
        Ok(self.bytes)
    }
}

/// What stands in the last signature of a PDF.
pub(crate) struct Opened {
    /// The signature.
    pub(crate) signature: Vec<u8>,
    /// The digest of what it must cover: all of the file but itself.
    pub(crate) digest: [u8; 32],
    /// Where the paper says it is verified.
    pub(crate) address: Option<String>,
}

/// The last signature of a PDF, if it covers all of the file but itself.
pub(crate) fn open(pdf: &[u8]) -> Option<Opened> {
    let range = rfind(pdf, b"/ByteRange [")? + 12;
    let end = range + find(&pdf[range..], b"]")?;
    let numbers = std::str::from_utf8(&pdf[range..end]).ok()?;
    let numbers: Vec<usize> = numbers.split_whitespace().map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [0, opens, closes, rest] = numbers[..] else { return None };
    let whole = closes.checked_add(rest)? == pdf.len() && opens < closes;
    if !whole || pdf.get(opens) != Some(&b'<') || pdf.get(closes - 1) != Some(&b'>') {
        return None;
    }
    let text = std::str::from_utf8(&pdf[opens + 1..closes - 1]).ok()?;
    Some(Opened {
        signature: from_hex(&text.to_ascii_lowercase()).ok()?,
        digest: sha256_parts(&[&pdf[..opens], &pdf[closes..]]),
        // The dictionary begins before its byte range; what stands further up is the paper's.
        address: address(&pdf[rfind(&pdf[..range], b" obj")?..range]),
    })
}

fn address(dictionary: &[u8]) -> Option<String> {
    let at = find(dictionary, ADDRESS.as_bytes())? + ADDRESS.len();
    let end = at + find(&dictionary[at..], b">")?;
    let digits = std::str::from_utf8(&dictionary[at..end]).ok().filter(|digits| digits.len() <= ADDRESS_DIGITS)?;
    String::from_utf8(from_hex(digits).ok()?).ok()
}

/// The file's own cross-reference table.
pub(crate) struct Table {
    /// Where it begins.
    start: usize,
    size: usize,
    /// The catalog.
    pub(crate) root: usize,
    /// `/Info` and `/ID` as they stand in the trailer.
    more: String,
    places: Vec<usize>,
}

impl Table {
    pub(crate) fn read(pdf: &[u8]) -> Result<Self, Refusal> {
        let at = rfind(pdf, b"startxref").ok_or_else(|| fault("no cross-reference table"))?;
        let start = number(&pdf[at + 9..]).ok_or_else(|| fault("no start of the table"))?;
        let table =
            pdf.get(start..).filter(|table| table.starts_with(b"xref")).ok_or_else(|| fault("another table"))?;
        let end = find(table, b"trailer").ok_or_else(|| fault("no trailer"))?;
        let rows = std::str::from_utf8(&table[4..end]).map_err(|_| fault("the table is no text"))?;
        let mut lines = rows.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        let head = lines.next().ok_or_else(|| fault("an empty table"))?;
        if !head.starts_with("0 ") {
            return Err(fault("a table in parts"));
        }
        let places: Vec<usize> =
            lines.map(|line| line.split(' ').next().and_then(|place| place.parse().ok()).unwrap_or(0)).collect();
        let trailer = &table[end..];
        let root = reference(trailer, "/Root").ok_or_else(|| fault("no catalog"))?;
        let more = ["/Info", "/ID"].into_iter().filter_map(|key| entry(trailer, key)).collect();
        Ok(Self { start, size: places.len(), root, more, places })
    }

    /// An object's body: what stands between `obj` and `endobj`.
    pub(crate) fn object<'p>(&self, pdf: &'p [u8], number: usize) -> Result<&'p [u8], Refusal> {
        let place = *self.places.get(number).ok_or_else(|| fault("an object outside the table"))?;
        // A stream may hold any bytes: the object ends before the next one begins.
        let next = self.places.iter().copied().filter(|next| *next > place).min().unwrap_or(self.start);
        let text = pdf.get(place..next.max(place)).ok_or_else(|| fault("an object outside the file"))?;
        let from = find(text, b"obj").ok_or_else(|| fault("no object"))? + 3;
        let to = rfind(text, b"endobj").filter(|to| *to >= from).ok_or_else(|| fault("an object without end"))?;
        Ok(&text[from..to])
    }
}

/// A dictionary with one more entry before its end.
fn with(dictionary: &[u8], entry: &str) -> Result<Vec<u8>, Refusal> {
    let end = rfind(dictionary, b">>").ok_or_else(|| fault("no dictionary"))?;
    Ok([&dictionary[..end], b" ", entry.as_bytes(), b" ", &dictionary[end..]].concat())
}

/// The object that an entry, or the first of its array, refers to.
pub(crate) fn reference(dictionary: &[u8], key: &str) -> Option<usize> {
    let at = find(dictionary, key.as_bytes())? + key.len();
    number(&dictionary[at..])
}

/// ` /Info 3 0 R` or ` /ID [...]` as it stands.
fn entry(trailer: &[u8], key: &str) -> Option<String> {
    let at = find(trailer, key.as_bytes())?;
    let rest = &trailer[at..];
    let end = if key == "/ID" { find(rest, b"]")? + 1 } else { find(rest, b" R")? + 2 };
    // An identifier may be raw bytes: those of our press are hexadecimal or plain.
    String::from_utf8(rest[..end].to_vec()).ok().map(|text| format!(" {text}"))
}

fn number(bytes: &[u8]) -> Option<usize> {
    let from = bytes.iter().position(u8::is_ascii_digit)?;
    let digits: Vec<u8> = bytes[from..].iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

fn text_string(text: &str) -> String {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    format!("<feff{}>", hex(&units))
}

pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

pub(crate) fn fault(why: &str) -> Refusal {
    Refusal::Template(format!("the PDF cannot be sealed: {why}"))
}
