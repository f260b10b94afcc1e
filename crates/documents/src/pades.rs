//! The seal on a PDF: an invisible signature over the whole file, added as an
//! incremental update (ISO 32000-2 §7.5.6, §12.8; ETSI EN 319 142-1, baseline).
//! It knows the PDFs of our own press: a classical cross-reference table, and
//! the catalog and first page outside object streams.

use base::Timestamp;
use seal::digest::{from_hex, hex, sha256_parts};

use crate::model::Refusal;

/// Room for the signature, bytes; hexadecimal takes twice that.
const ROOM: usize = 12 << 10;
/// Digits of each number in the byte range.
const DIGITS: usize = 10;

/// A PDF with an empty place for its signature.
pub(crate) struct Prepared {
    bytes: Vec<u8>,
    /// Where `<` of the signature stands.
    opens: usize,
    /// Just after its `>`.
    closes: usize,
}

/// Adds the signature's field and its empty place.
pub(crate) fn prepare(pdf: Vec<u8>, at: Timestamp, issuer: &str) -> Result<Prepared, Refusal> {
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
    let catalog = with(catalog, &format!("/AcroForm << /Fields [{field} 0 R] /SigFlags 3 >>"))?;
    let page_text = old.object(&pdf, page)?;
    if find(page_text, b"/Annots").is_some() {
        return Err(fault("a page with annotations cannot be sealed"));
    }
    let page_text = with(page_text, &format!("/Annots [{field} 0 R]"))?;
    let widget = format!(
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /V {signature} 0 R /P {page} 0 R /Rect [0 0 0 0] /F 132 >>"
    );
    let mut bytes = pdf;
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    let mut places = Vec::new();
    let mut add = |bytes: &mut Vec<u8>, number: usize, body: &[u8]| {
        places.push((number, bytes.len()));
        bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendobj\n");
    };
    add(&mut bytes, old.root, &catalog);
    add(&mut bytes, page, &page_text);
    add(&mut bytes, field, widget.as_bytes());
    let zeros = "0".repeat(DIGITS);
    let moment = at.rfc3339().chars().filter(char::is_ascii_digit).take(14).collect::<String>();
    let dictionary = format!(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:{moment}Z) /Name {} \
         /ByteRange [0 {zeros} {zeros} {zeros}] /Contents <{}> >>",
        text_string(issuer),
        "0".repeat(2 * ROOM)
    );
    add(&mut bytes, signature, dictionary.as_bytes());
    let table = bytes.len();
    places.sort_unstable();
    bytes.extend_from_slice(b"xref\n");
    for (number, place) in places {
        bytes.extend_from_slice(format!("{number} 1\n{place:010} 00000 n \n").as_bytes());
    }
    let trailer = format!(
        "trailer\n<< /Size {} /Root {} 0 R /Prev {}{} >>\nstartxref\n{table}\n%%EOF\n",
        old.size + 2,
        old.root,
        old.start,
        old.more
    );
    bytes.extend_from_slice(trailer.as_bytes());
    let opens = rfind(&bytes, b"/Contents <").ok_or_else(|| fault("no place for the signature"))? + 10;
    let closes = opens + 2 * ROOM + 2;
    let range = rfind(&bytes, b"/ByteRange [0 ").ok_or_else(|| fault("no byte range"))? + 14;
    let numbers = format!("{opens:0DIGITS$} {closes:0DIGITS$} {:0DIGITS$}", bytes.len() - closes);
    bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
    Ok(Prepared { bytes, opens, closes })
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

/// The last signature of a PDF, and the digest of what it must cover: all of the
/// file but itself.
pub(crate) fn open(pdf: &[u8]) -> Option<(Vec<u8>, [u8; 32])> {
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
    Some((from_hex(&text.to_ascii_lowercase()).ok()?, sha256_parts(&[&pdf[..opens], &pdf[closes..]])))
}

/// The file's own cross-reference table.
struct Table {
    /// Where it begins.
    start: usize,
    size: usize,
    root: usize,
    /// `/Info` and `/ID` as they stand in the trailer.
    more: String,
    places: Vec<usize>,
}

impl Table {
    fn read(pdf: &[u8]) -> Result<Self, Refusal> {
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
    fn object<'p>(&self, pdf: &'p [u8], number: usize) -> Result<&'p [u8], Refusal> {
        let place = *self.places.get(number).ok_or_else(|| fault("an object outside the table"))?;
        let text = pdf.get(place..).ok_or_else(|| fault("an object outside the file"))?;
        let from = find(text, b"obj").ok_or_else(|| fault("no object"))? + 3;
        let to = find(text, b"endobj").ok_or_else(|| fault("an object without end"))?;
        Ok(&text[from..to])
    }
}

/// A dictionary with one more entry before its end.
fn with(dictionary: &[u8], entry: &str) -> Result<Vec<u8>, Refusal> {
    let end = rfind(dictionary, b">>").ok_or_else(|| fault("no dictionary"))?;
    Ok([&dictionary[..end], b" ", entry.as_bytes(), b" ", &dictionary[end..]].concat())
}

/// The object that an entry, or the first of its array, refers to.
fn reference(dictionary: &[u8], key: &str) -> Option<usize> {
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

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

fn fault(why: &str) -> Refusal {
    Refusal::Template(format!("the PDF cannot be sealed: {why}"))
}
