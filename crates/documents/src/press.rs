//! The press: data and a template become a PDF/A-3, with typst. No file, font or
//! clock of the machine is looked at: fonts are in this program, data comes as
//! virtual files.

use std::collections::HashMap;

use base::{Timestamp, Zone};
use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::model::Refusal;

/// Faults of a template that are told.
const FAULTS: usize = 5;
const SHEET: &str = include_str!("../templates/sheet.typ");
const FONTS: [&[u8]; 2] =
    [include_bytes!("../fonts/IBMPlexSansArabic-Regular.ttf"), include_bytes!("../fonts/IBMPlexSansArabic-Bold.ttf")];

/// Templates and fonts, shared by every paper.
pub struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sheet: Source,
    sheet_id: FileId,
    data_id: FileId,
    qr_id: FileId,
    signed_id: FileId,
    templates: HashMap<String, Source>,
}

/// What differs from paper to paper.
pub(crate) struct Job<'p> {
    press: &'p Press,
    main: Source,
    data: Bytes,
    qr: Bytes,
    signed: Bytes,
}

impl Press {
    /// A press with these templates, by key.
    ///
    /// # Panics
    /// Never: the paths and fonts are in this program.
    #[must_use]
    pub fn new(templates: impl IntoIterator<Item = (String, String)>) -> Self {
        let fonts: Vec<Font> = FONTS.into_iter().flat_map(|bytes| Font::iter(Bytes::new(bytes))).collect();
        let sheet_id = file("sheet.typ");
        let named = |(key, text): (String, String)| {
            let source = Source::new(file(&format!("{key}.typ")), text);
            (key, source)
        };
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sheet: Source::new(sheet_id, SHEET.to_owned()),
            sheet_id,
            data_id: file("data.json"),
            qr_id: file("qr.svg"),
            signed_id: file("paper.cose"),
            templates: templates.into_iter().map(named).collect(),
        }
    }

    /// Whether there is a template of this key.
    #[must_use]
    pub fn knows(&self, key: &str) -> bool {
        self.templates.contains_key(key)
    }

    /// Sets one paper. `qr` is an SVG, `signed` goes with it as an attachment.
    ///
    /// # Errors
    /// No such template, or one that does not fit its data.
    pub fn set(&self, key: &str, data: &Value, qr: String, signed: Vec<u8>, at: Timestamp) -> Result<Vec<u8>, Refusal> {
        let main = self.templates.get(key).cloned().ok_or_else(|| Refusal::NoTemplate(key.to_owned()))?;
        let data = serde_json::to_vec_pretty(data).map_err(|error| Refusal::Template(error.to_string()))?;
        let job =
            Job { press: self, main, data: Bytes::new(data), qr: Bytes::from_string(qr), signed: Bytes::new(signed) };
        let laid_out = typst::compile::<PagedDocument>(&job).output;
        let document = laid_out.map_err(|faults| template_fault(faults.iter().map(|fault| fault.message.as_str())))?;
        let standards =
            PdfStandards::new(&[PdfStandard::A_3a]).map_err(|fault| Refusal::Template(fault.message().to_string()))?;
        let options = PdfOptions {
            ident: Smart::Auto,
            creator: Smart::Custom(Some("Hukumati".to_owned())),
            timestamp: instant(at).map(typst_pdf::Timestamp::new_utc),
            standards,
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options);
        // What the compiler remembers of this paper is of no use to the next one.
        typst::comemo::evict(0);
        pdf.map_err(|faults| template_fault(faults.iter().map(|fault| fault.message.as_str())))
    }
}

fn template_fault<'f>(faults: impl Iterator<Item = &'f str>) -> Refusal {
    Refusal::Template(faults.take(FAULTS).collect::<Vec<_>>().join("; "))
}

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("the press names its own files");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

fn instant(at: Timestamp) -> Option<Datetime> {
    let text = at.rfc3339();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let year = text.get(0..4)?.parse().ok()?;
    Datetime::from_ymd_hms(year, number(5, 7)?, number(8, 10)?, number(11, 13)?, number(14, 16)?, number(17, 19)?)
}

/// The day on which papers are dated.
pub(crate) fn day(at: Timestamp) -> base::Date {
    at.date(Zone::Hebron)
}

impl World for Job<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.press.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.press.book
    }
    fn main(&self) -> FileId {
        self.main.id()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            Ok(self.main.clone())
        } else if id == self.press.sheet_id {
            Ok(self.press.sheet.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.press.data_id {
            Ok(self.data.clone())
        } else if id == self.press.qr_id {
            Ok(self.qr.clone())
        } else if id == self.press.signed_id {
            Ok(self.signed.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.press.fonts.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
