//! PDFs (ISO 32000-2), written anew from their pages. What is active, locked, or
//! holds other files is refused; information, XMP, thumbnails, structure and links
//! stay behind; so does what a photo within a page says of its place.
//!
//! Our own reader, because what reads a stranger's file must not fall: it counts
//! depth, values and octets, follows no table of the file, and unpacks nothing but
//! object streams. (`hayro-syntax`, which typst brings, has no limit of depth and
//! follows a page tree that contains itself until the stack ends.) Pages are copied
//! as they are packed, never drawn.

mod read;
mod write;

use std::collections::BTreeSet;

use crate::Bad;
use read::{File, Object};

/// Pages of a file.
const PAGES_MAX: usize = 500;
/// How deep the tree of pages, and what one value holds, may be.
pub(crate) const DEPTH_MAX: usize = 60;

/// # Errors
/// Why it is not taken.
pub(crate) fn anew(bytes: &[u8]) -> Result<Vec<u8>, Bad> {
    let file = File::read(bytes)?;
    if file.is_locked() {
        return Err(Bad::Locked);
    }
    if file.objects().any(is_seal) {
        return Err(Bad::Sealed);
    }
    file.objects().try_for_each(passive)?;
    let mut pages = Vec::new();
    let root = file.root().and_then(|root| root.get("Pages")).ok_or(Bad::Broken)?;
    let mut seen = BTreeSet::new();
    collect(&file, root, &Inherited::default(), 0, &mut seen, &mut pages)?;
    if pages.is_empty() {
        return Err(Bad::Broken);
    }
    write::pages(&file, &pages)
}

/// What a page takes over from what is above it (§7.7.3.4).
#[derive(Clone, Default)]
struct Inherited<'f>([Option<&'f Object>; 4]);

const INHERITED: [&str; 4] = ["MediaBox", "CropBox", "Rotate", "Resources"];
/// What a page keeps of its own.
const OWN: [&str; 6] = ["Contents", "Group", "UserUnit", "BleedBox", "TrimBox", "ArtBox"];

/// A page: names with their values.
type Page<'f> = Vec<(&'static str, &'f Object)>;

fn collect<'f>(
    file: &'f File<'f>,
    node: &'f Object,
    above: &Inherited<'f>,
    depth: usize,
    seen: &mut BTreeSet<u32>,
    pages: &mut Vec<Page<'f>>,
) -> Result<(), Bad> {
    if let Object::Reference(number) = node
        && !seen.insert(*number)
    {
        return Err(Bad::Broken);
    }
    if depth > DEPTH_MAX || seen.len() > PAGES_MAX * 4 || pages.len() >= PAGES_MAX {
        return Err(Bad::TooMuch);
    }
    let node = file.follow(node);
    let mut inherited = above.clone();
    for (at, name) in INHERITED.iter().enumerate() {
        inherited.0[at] = node.get(name).or(inherited.0[at]);
    }
    if let Some(kids) = node.get("Kids") {
        let Object::Array(kids) = file.follow(kids) else { return Err(Bad::Broken) };
        // Each node of the tree is reached by a reference, and each only once.
        return kids.iter().try_for_each(|kid| match kid {
            Object::Reference(_) => collect(file, kid, &inherited, depth + 1, seen, pages),
            _ => Err(Bad::Broken),
        });
    }
    unmarked(file, node)?;
    let taken = INHERITED.iter().zip(inherited.0).filter_map(|(name, value)| Some((*name, value?)));
    let own = OWN.iter().filter_map(|name| Some((*name, node.get(name)?)));
    pages.push(taken.chain(own).collect());
    Ok(())
}

/// Fields that were filled in, notes and signatures lie over a page: they would be
/// lost. Links are.
fn unmarked(file: &File<'_>, page: &Object) -> Result<(), Bad> {
    let Some(Object::Array(marks)) = page.get("Annots").map(|marks| file.follow(marks)) else { return Ok(()) };
    let is_link = |mark: &Object| file.follow(mark).name("Subtype").is_some_and(|kind| kind == b"Link");
    if marks.iter().all(is_link) { Ok(()) } else { Err(Bad::Marked) }
}

/// Names that only a file has which does something, or carries other files.
const ACTIVE: [&[u8]; 4] = [b"JS", b"EmbeddedFiles", b"XFA", b"RichMediaContent"];
/// What an action is called that runs or fetches something (§12.6.4.1).
const ACTIONS: [&[u8]; 7] =
    [b"JavaScript", b"Launch", b"ImportData", b"SubmitForm", b"GoToE", b"Rendition", b"RichMediaExecute"];

/// The dictionary of a signature (§12.8.1).
fn is_seal(object: &Object) -> bool {
    match object {
        Object::Array(each) => each.iter().any(is_seal),
        Object::Dictionary(entries) | Object::Stream(entries, _) => {
            entries.iter().any(|(name, value)| name == b"ByteRange" || is_seal(value))
        }
        _ => false,
    }
}

fn passive(object: &Object) -> Result<(), Bad> {
    match object {
        Object::Array(each) => each.iter().try_for_each(passive),
        Object::Dictionary(entries) | Object::Stream(entries, _) => entries.iter().try_for_each(|(name, value)| {
            let acts = matches!(value, Object::Name(action) if name == b"S" && ACTIONS.contains(&action.as_slice()));
            if acts || ACTIVE.contains(&name.as_slice()) { Err(Bad::Active) } else { passive(value) }
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A PDF of these objects, numbered from 1; the first is the catalogue.
    pub(crate) fn file(objects: &[&str], trailer: &str) -> Vec<u8> {
        let mut text = "%PDF-1.7\n%\u{e2}\u{e3}\n".to_owned();
        for (at, object) in objects.iter().enumerate() {
            text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
        }
        text.push_str(&format!(
            "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R {trailer} >>\nstartxref\n9\n%%EOF\n"
        ));
        text.into_bytes()
    }

    pub(crate) const PLAIN: [&str; 4] = [
        "<< /Type /Catalog /Pages 2 0 R /Metadata 9 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 100] /Resources << >> >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Annots [<< /Subtype /Link /A << /S /URI /URI (http://a) >> >>] >>",
        "<< /Length 16 >>\nstream\n0 0 m 9 9 l S %x\nendstream",
    ];

    fn with(at: usize, object: &str) -> Vec<u8> {
        let mut objects = PLAIN.map(str::to_owned);
        objects[at] = object.to_owned();
        file(&objects.each_ref().map(String::as_str), "")
    }

    fn holds(bytes: &[u8], words: &str) -> bool {
        bytes.windows(words.len()).any(|part| part == words.as_bytes())
    }

    #[test]
    fn pages_stay_and_nothing_else() {
        let mut objects = PLAIN.to_vec();
        objects.push("<< /Author (Salma Awwad) /Producer (scanner 5) >>");
        objects.push("<< /Type /Metadata /Subtype /XML /Length 8 >>\nstream\n<x:xmp/>\nendstream");
        let kept = anew(&file(&objects, "/Info 5 0 R /ID [(a) (b)]")).unwrap();
        for words in ["Salma", "scanner", "xmp", "http://a", "Annots", "/ID", "Metadata"] {
            assert!(!holds(&kept, words), "{words}");
        }
        assert!(holds(&kept, "0 0 m 9 9 l S") && holds(&kept, "[0 0 200 100]"));
        // What was written is read again, and stays as it is.
        assert_eq!(anew(&kept).unwrap(), kept);
    }

    #[test]
    fn what_acts_is_refused() {
        for (at, object, wrong) in [
            (0, "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>", Bad::Active),
            (0, "<< /Pages 2 0 R /OpenAction << /S /L#61unch /F (cmd.exe) >> >>", Bad::Active),
            (0, "<< /Pages 2 0 R /Names << /EmbeddedFiles << /Names [] >> >> >>", Bad::Active),
            (0, "<< /Pages 2 0 R /AcroForm << /XFA (x) >> >>", Bad::Active),
            (2, "<< /Type /Page /Contents 4 0 R /AA << /O << /S /Java#53cript >> >> >>", Bad::Active),
            (2, "<< /Type /Page /Contents 4 0 R /Annots [<< /Subtype /Widget /V (filled in) >>] >>", Bad::Marked),
            (
                0,
                "<< /Pages 2 0 R /AcroForm << /Fields [<< /V << /Type /Sig /ByteRange [0 1 2 3] >> >>] >> >>",
                Bad::Sealed,
            ),
            (1, "<< /Type /Pages /Kids [2 0 R] >>", Bad::Broken),
            (1, "<< /Type /Pages /Kids [] >>", Bad::Broken),
            (0, "<< /Type /Catalog >>", Bad::Broken),
        ] {
            assert_eq!(anew(&with(at, object)).unwrap_err(), wrong, "{object}");
        }
        assert_eq!(anew(&file(&PLAIN, "/Encrypt << /Filter /Standard >>")).unwrap_err(), Bad::Locked);
    }

    #[test]
    fn what_is_too_deep_or_packs_too_much_is_refused() {
        let deep = format!("<< /Pages 2 0 R /X {}{} >>", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(anew(&with(0, &deep)).unwrap_err(), Bad::TooMuch);
        assert_eq!(anew(&with(0, &"<</A".repeat(100_000))).unwrap_err(), Bad::TooMuch);
        let tree = (2..1_000).map(|at| format!("<< /Type /Pages /Kids [{} 0 R] >>", at + 1));
        let tree: Vec<String> = std::iter::once(PLAIN[0].to_owned()).chain(tree).collect();
        let tree: Vec<&str> = tree.iter().map(String::as_str).collect();
        assert_eq!(anew(&file(&tree, "")).unwrap_err(), Bad::TooMuch);
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::copy(&mut std::io::Read::take(std::io::repeat(b' '), 40 * 1024 * 1024), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        let head = format!(
            "9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length {} >>\nstream\n",
            packed.len()
        );
        let plain = file(&PLAIN, "");
        let bomb = [&plain[..9], head.as_bytes(), &packed, b"\nendstream\nendobj\n", &plain[9..]].concat();
        assert_eq!(anew(&bomb).unwrap_err(), Bad::TooMuch);
    }

    #[test]
    fn objects_in_streams_are_read_and_a_photo_within_loses_its_place() {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        let inner = format!("1 0 2 {} ", PLAIN[0].len() + 1);
        std::io::Write::write_all(&mut packed, format!("{inner}{} {}", PLAIN[0], PLAIN[1]).as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let page = "<< /Type /Page /Contents 4 0 R /Resources << /XObject << /P 6 0 R >> >> >>";
        let photo = crate::picture::tests::photo(8, 8);
        let mut bytes = format!("%PDF-1.7\n3 0 obj{page}endobj\n4 0 obj {} endobj\n", PLAIN[3]).into_bytes();
        bytes.extend_from_slice(
            format!("5 0 obj<</Type/ObjStm/N 2/First {}/Filter/FlateDecode/Length 7 0 R>>stream\n", inner.len())
                .as_bytes(),
        );
        bytes.extend_from_slice(&packed);
        bytes.extend_from_slice(format!("\nendstream endobj 7 0 obj {} endobj\n6 0 obj<</Subtype/Image/Filter[/DCTDecode]/Length {}>>stream\r\n", packed.len(), photo.len()).as_bytes());
        bytes.extend_from_slice(&photo);
        bytes.extend_from_slice(b"\nendstream endobj\n8 0 obj<</Type/XRef/Root 1 0 R/Length 0>>stream\n\nendstream endobj\nstartxref\n0\n%%EOF");
        let kept = anew(&bytes).unwrap();
        assert!(holds(&kept, "0 0 m 9 9 l S") && holds(&kept, "/DCTDecode"));
        assert!(!holds(&kept, "Ramallah") && !holds(&kept, "Exif"));
    }
}
