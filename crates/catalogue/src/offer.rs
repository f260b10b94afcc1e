//! A version as the catalogue holds it: a summary for lists and searches, and its files
//! as they were kept, which are parsed when somebody first needs them.
//!
//! Invariant: what is parsed are the very files of the digest.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base::{Assurance, Date, Locale};
use serde::{Deserialize, Serialize};

use crate::field::FieldFile;
use crate::folder::{Files, PageFile, RegisterFile, Service, UnitFile};
use crate::shapes::Shapes;

/// A version as it was kept when it was put up.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The service's key.
    pub service: String,
    /// Its number.
    pub version: u32,
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
    /// Its files, as [`Files::bytes`] gives them.
    pub packed: Arc<[u8]>,
}

impl Kept {
    /// Service and version.
    #[must_use]
    pub fn name(&self) -> (String, u32) {
        (self.service.clone(), self.version)
    }

    /// Its files; none where what was kept is not what the digest names.
    #[must_use]
    pub fn files(&self) -> Option<Files> {
        Files::kept(&self.service, &self.packed).ok().filter(|files| files.digest() == self.digest)
    }
}

/// What lists, searches and a start need of a service. Texts stand in the order of
/// [`Locale::all`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// The service's key.
    pub key: String,
    /// The version's number.
    pub version: u32,
    /// The agency that provides it.
    pub provider: String,
    /// Life events that lead to it.
    pub life_events: Vec<String>,
    /// More words that people search by.
    pub search_words: Vec<String>,
    /// Whether it opens to one group after another.
    pub opens_by_group: bool,
    /// Every operation that it asks or tells.
    pub operations: Vec<String>,
    /// What the demo's finance register begins with.
    pub register: RegisterFile,
    /// How its paper looks, if it issues one.
    pub template: Option<String>,
    /// The first day on which it is offered, if it says one.
    pub(crate) takes_effect: Option<String>,
    /// The services whose papers may be chosen in its form.
    pub(crate) papers_of: Vec<String>,
    /// Whether a unit of it depends on a place.
    pub(crate) by_place: bool,
    assurance: String,
    names: Vec<String>,
    summaries: Vec<String>,
    promises: Vec<String>,
    /// What it calls the register behind an operation that it asks.
    sources: BTreeMap<String, Vec<String>>,
}

impl Summary {
    pub(crate) fn of(service: &Service) -> Self {
        let file = &service.file;
        let spoken = |key: &str| Locale::all().map(|locale| service.text(locale, key)).collect::<Vec<_>>();
        let asked = file.lookups.iter().map(|lookup| lookup.operation.clone());
        let told = file.steps.iter().flat_map(|step| step.kind.operations()).map(str::to_owned);
        let fields = file.pages.iter().flat_map(PageFile::fields);
        let mut units = file.steps.iter().flat_map(|step| step.kind.units());
        // Of two lookups that ask the same, the first one names it.
        let sources = file.lookups.iter().rev();
        Self {
            key: file.key.clone(),
            version: file.version,
            provider: file.provider.clone(),
            life_events: file.life_events.clone(),
            search_words: file.search_words.clone(),
            opens_by_group: !file.opens.is_empty(),
            operations: asked.chain(told).collect(),
            register: file.register.clone(),
            template: file.paper.as_ref().and(service.template.clone()),
            takes_effect: file.takes_effect.clone(),
            papers_of: fields.flat_map(|field: &FieldFile| field.services.clone()).collect(),
            by_place: units.any(|unit: &UnitFile| unit.by_place().is_some()),
            assurance: file.assurance.clone(),
            names: spoken("name"),
            summaries: spoken("summary"),
            promises: Locale::all().map(|locale| service.promise(locale)).collect(),
            sources: sources.map(|one| (one.operation.clone(), spoken(&format!("source-{}", one.id)))).collect(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        in_locale(&self.names, locale)
    }
    /// What it is called, by language.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, String> {
        Locale::all().map(|locale| (locale.tag().to_owned(), self.name(locale).to_owned())).collect()
    }
    /// What it is, in a sentence.
    #[must_use]
    pub fn summary(&self, locale: Locale) -> &str {
        in_locale(&self.summaries, locale)
    }
    /// How long it takes.
    #[must_use]
    pub fn promise(&self, locale: Locale) -> &str {
        in_locale(&self.promises, locale)
    }
    /// What it calls the register behind an operation, if it asks that one.
    #[must_use]
    pub fn source(&self, operation: &str, locale: Locale) -> Option<&str> {
        self.sources.get(operation).map(|names| in_locale(names, locale))
    }
    /// The least assurance that the folder suggests.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        Assurance::parse(&self.assurance).unwrap_or(Assurance::High)
    }
    /// The first day on which it is offered, if it says one.
    #[must_use]
    pub fn first_day(&self) -> Option<Date> {
        self.takes_effect.as_deref().and_then(Date::parse)
    }
}

fn in_locale(texts: &[String], locale: Locale) -> &str {
    texts.get(locale.index()).map(String::as_str).unwrap_or_default()
}

/// A version that is parsed when somebody first needs it.
pub(crate) struct Lazy {
    pub(crate) kept: Kept,
    service: OnceLock<Option<Box<Service>>>,
}

impl Lazy {
    pub(crate) const fn new(kept: Kept) -> Self {
        Self { kept, service: OnceLock::new() }
    }

    /// One that was parsed already.
    pub(crate) fn parsed(kept: Kept, service: Service) -> Self {
        Self { kept, service: OnceLock::from(Some(Box::new(service))) }
    }

    /// The service; none where what was kept cannot be what was checked.
    pub(crate) fn service(&self, shapes: &Shapes) -> Option<&Service> {
        self.service.get_or_init(|| self.parse(shapes).map(Box::new)).as_deref()
    }

    /// The same for one look: what nobody needed yet is not kept parsed.
    pub(crate) fn look<R>(&self, shapes: &Shapes, look: impl FnOnce(&Service) -> R) -> Option<R> {
        match self.service.get() {
            Some(service) => service.as_deref().map(look),
            None => self.parse(shapes).as_ref().map(look),
        }
    }

    fn parse(&self, shapes: &Shapes) -> Option<Service> {
        Service::parse(&self.kept.files()?, shapes).ok()
    }
}

/// A version that is offered.
pub(crate) struct Offer {
    pub(crate) summary: Arc<Summary>,
    pub(crate) version: Lazy,
}
