//! The press: data and a template become a PDF/A-3, with typst. No file, font or
//! clock of the machine is looked at: fonts are in this program, data comes as
//! virtual files.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

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
/// Papers after which the compiler forgets what none of them used.
const PAPERS_REMEMBERED: usize = 4;
/// Templates that are kept as the compiler reads them.
const TEMPLATES_READ: usize = 64;
const SHEET: &str = include_str!("../templates/sheet.typ");
const MANIFEST: &str = include_str!("../templates/manifest.typ");
const FONTS: [&[u8]; 2] =
    [include_bytes!("../fonts/IBMPlexSansArabic-Regular.ttf"), include_bytes!("../fonts/IBMPlexSansArabic-Bold.ttf")];

/// How a paper of one version of a service looks.
#[derive(Debug, Clone)]
pub struct Template {
    /// The service's key.
    pub key: String,
    /// Its version.
    pub version: u32,
    /// The typst source.
    pub text: String,
}

impl Template {
    /// What the press finds it by.
    pub(crate) fn name(key: &str, version: u32) -> String {
        format!("{key}@{version}")
    }
}

/// Templates and fonts, shared by every paper.
pub struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sheet: Source,
    manifest: Source,
    sheet_id: FileId,
    data_id: FileId,
    pages_id: FileId,
    qr_id: FileId,
    signed_id: FileId,
    templates: RwLock<Templates>,
}

/// Templates by name: their texts, and those that were set lately as typst reads them,
/// which takes many times the memory.
#[derive(Default)]
struct Templates {
    texts: HashMap<String, String>,
    read: HashMap<String, Source>,
}

impl Templates {
    fn learn(&mut self, templates: impl IntoIterator<Item = Template>) {
        for template in templates {
            let name = Template::name(&template.key, template.version);
            self.read.remove(&name);
            self.texts.insert(name, template.text);
        }
    }
}

/// What differs from paper to paper.
pub(crate) struct Job<'p> {
    press: &'p Press,
    main: Source,
    data: Bytes,
    qr: Bytes,
    signed: Bytes,
    /// How many pages it is taken to have.
    pages: usize,
}

impl Press {
    /// A press with these templates, by key.
    ///
    /// # Panics
    /// Never: the paths and fonts are in this program.
    #[must_use]
    pub fn new(templates: impl IntoIterator<Item = Template>) -> Self {
        let fonts: Vec<Font> = FONTS.into_iter().flat_map(|bytes| Font::iter(Bytes::new(bytes))).collect();
        let sheet_id = file("sheet.typ");
        Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sheet: Source::new(sheet_id, SHEET.to_owned()),
            manifest: Source::new(file("manifest.typ"), MANIFEST.to_owned()),
            sheet_id,
            data_id: file("data.json"),
            pages_id: file("pages"),
            qr_id: file("qr.svg"),
            signed_id: file("paper.cose"),
            templates: RwLock::default(),
        }
        .knowing(templates)
    }

    fn knowing(self, templates: impl IntoIterator<Item = Template>) -> Self {
        self.learn(templates);
        self
    }

    /// More templates, or others in the place of the same version's.
    pub fn learn(&self, templates: impl IntoIterator<Item = Template>) {
        self.templates.write().unwrap_or_else(PoisonError::into_inner).learn(templates);
    }

    fn template(&self, name: &str) -> Option<Source> {
        let known = self.templates.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = known.read.get(name) {
            return Some(source.clone());
        }
        let source = Source::new(file(&format!("{name}.typ")), known.texts.get(name)?.clone());
        drop(known);
        let mut known = self.templates.write().unwrap_or_else(PoisonError::into_inner);
        if known.read.len() >= TEMPLATES_READ {
            known.read.clear();
        }
        known.read.insert(name.to_owned(), source.clone());
        Some(source)
    }

    /// Sets one paper. `qr` is an SVG, `signed` goes with it as an attachment.
    ///
    /// # Errors
    /// No such template, or one that does not fit its data.
    pub fn set(&self, key: &str, data: &Value, qr: String, signed: Vec<u8>, at: Timestamp) -> Result<Vec<u8>, Refusal> {
        let main = self.template(key).ok_or_else(|| Refusal::NoTemplate(key.to_owned()))?;
        self.print(main, data, qr, signed, at)
    }

    /// Sets the list that goes with a batch of prints.
    ///
    /// # Errors
    /// Data of another shape.
    pub(crate) fn manifest(&self, data: &Value, at: Timestamp) -> Result<Vec<u8>, Refusal> {
        self.print(self.manifest.clone(), data, String::new(), Vec::new(), at)
    }

    fn print(
        &self,
        main: Source,
        data: &Value,
        qr: String,
        signed: Vec<u8>,
        at: Timestamp,
    ) -> Result<Vec<u8>, Refusal> {
        let data = serde_json::to_vec_pretty(data).map_err(|error| Refusal::Template(error.to_string()))?;
        let (data, qr, signed) = (Bytes::new(data), Bytes::from_string(qr), Bytes::new(signed));
        let mut job = Job { press: self, main, data, qr, signed, pages: 1 };
        let mut document = job.lay_out()?;
        // Nearly every paper has one page. One that has more is set again, and says so on each.
        if document.pages().len() != job.pages {
            job.pages = document.pages().len();
            document = job.lay_out()?;
        }
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
        // What papers have in common is remembered, and soon forgotten what only one had.
        typst::comemo::evict(PAPERS_REMEMBERED);
        pdf.map_err(|faults| template_fault(faults.iter().map(|fault| fault.message.as_str())))
    }
}

impl Job<'_> {
    fn lay_out(&self) -> Result<PagedDocument, Refusal> {
        let laid_out = typst::compile::<PagedDocument>(self).output;
        laid_out.map_err(|faults| template_fault(faults.iter().map(|fault| fault.message.as_str())))
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
        } else if id == self.press.pages_id {
            Ok(Bytes::from_string(self.pages.to_string()))
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
