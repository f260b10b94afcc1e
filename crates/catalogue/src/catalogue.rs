//! All services, read from their folders, with their index, life events and
//! offices.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use base::{CaseId, Locale, Timestamp, Zone};
use serde::Deserialize;

use crate::calendar::{CalendarFile, Governorate, Minute, Place};
use crate::checked::Checked;
use crate::folder::{Fault, Service, UnitFile, fault, text};
use crate::life_event::LifeEvent;
use crate::lint::{self, Members};
use crate::offer::{Kept, Lazy, Offer, Summary};
use crate::office::{Office, Texts};
use crate::saved::{Saved, on_all_cores};
use crate::search::{Golden, Hit, Index};
use crate::seen::Seen;
use crate::shapes::Shapes;
use rules::Facts;

/// Weights of what a query's words are found in.
const IN_NAME: u32 = 5;
const IN_WORDS: u32 = 4;
const IN_SUMMARY: u32 = 1;

/// Everything that the state offers here.
pub struct Catalogue {
    services: BTreeMap<String, Offer>,
    /// Versions that are not offered, now or any more: cases that began on them
    /// go on with them.
    others: BTreeMap<(String, u32), Lazy>,
    shapes: Arc<Shapes>,
    agencies: BTreeMap<String, Agency>,
    events: Vec<LifeEvent>,
    offices: Vec<Office>,
    golden: Vec<Golden>,
    calendar: CalendarFile,
    /// What people call the register behind an operation.
    sources: BTreeMap<String, Texts>,
    index: Index,
    version: String,
    /// Who watches it; nobody while it serves.
    seen: Option<Arc<Seen>>,
}

/// Which service, and which version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionName<'v> {
    /// The service's key.
    pub service: &'v str,
    /// Its number.
    pub version: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agency {
    key: String,
    /// Dated: an agency is renamed, and old papers keep the old name.
    #[serde(rename = "name")]
    names: Vec<AgencyName>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyName {
    from: String,
    ar: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agencies {
    agency: Vec<Agency>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    event: Vec<LifeEvent>,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offices {
    office: Vec<Office>,
}
/// A file under `operations/`, as far as pages need it.
#[derive(Deserialize)]
struct Operation {
    identifier: String,
    source: Texts,
}
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queries {
    query: Vec<Golden>,
}

impl Catalogue {
    /// Reads a directory of services.
    ///
    /// # Errors
    /// Every fault that was found: nothing is served from a faulty directory.
    pub fn read(directory: &Path) -> Result<Self, Vec<Fault>> {
        Saved::read(directory, &Checked::default()).map(|saved| saved.catalogue)
    }

    /// What is offered of the versions that were signed, and what running cases stay on;
    /// offices, agencies, calendar and search are the directory's.
    ///
    /// # Errors
    /// Every fault that was found.
    pub fn of_versions(saved: &Saved, now: Vec<Kept>, others: Vec<Kept>) -> Result<Self, Vec<Fault>> {
        let (mut faults, shapes) = (Vec::new(), &saved.shapes);
        let signed: Vec<&str> = now.iter().map(|version| version.digest.as_str()).collect();
        let signed = signed.join(":");
        let mut services = BTreeMap::new();
        for offer in on_all_cores(&now, |kept| offer(saved, kept)) {
            match offer {
                Ok(offer) => drop(services.insert(offer.summary.key.clone(), offer)),
                Err(found) => faults.extend(found),
            }
        }
        // What cases stay on must be readable too, though nobody may need it soon.
        let read = on_all_cores(&others, |kept| signed_service(kept, shapes).err());
        faults.extend(read.into_iter().flatten().flatten());
        let others = others.into_iter().map(|kept| (kept.name(), Lazy::new(kept))).collect();
        let mut catalogue = Self::assemble(&saved.directory, services, others, Arc::clone(shapes), &mut faults)?;
        // A signature or a day changes what pages show, though no file is saved.
        let version = format!("{}:{signed}", catalogue.version);
        catalogue.version = seal::digest::hex(&seal::digest::sha256(version.as_bytes())[..8]);
        Ok(catalogue)
    }

    /// The same catalogue, with the versions that cases of a demo began on.
    #[must_use]
    pub fn with_former(mut self, versions: Vec<Kept>) -> Self {
        self.others.extend(versions.into_iter().map(|kept| (kept.name(), Lazy::new(kept))));
        self
    }

    pub(crate) fn assemble(
        directory: &Path,
        services: BTreeMap<String, Offer>,
        others: BTreeMap<(String, u32), Lazy>,
        shapes: Arc<Shapes>,
        faults: &mut Vec<Fault>,
    ) -> Result<Self, Vec<Fault>> {
        let agencies = list::<Agencies>(directory, "agencies.toml", faults).map_or_else(Vec::new, |list| list.agency);
        let events = list::<Events>(directory, "life-events.toml", faults).map_or_else(Vec::new, |list| list.event);
        let offices = list::<Offices>(directory, "offices.toml", faults).map_or_else(Vec::new, |list| list.office);
        let golden = list::<Queries>(directory, "search.toml", faults).map_or_else(Vec::new, |list| list.query);
        let calendar = list::<CalendarFile>(directory, "calendar.toml", faults).unwrap_or_default();
        faults.extend(calendar.faults(directory, &offices));
        let sources = sources(directory, faults);
        let agencies: BTreeMap<_, _> = agencies.into_iter().map(|agency| (agency.key.clone(), agency)).collect();
        for Offer { summary, version } in services.values() {
            let path = directory.join(&summary.key).join("service.toml");
            if !agencies.contains_key(&summary.provider) {
                faults.push(fault(
                    &path,
                    format!(
                        "the provider `{}` is not in agencies.toml; add it there, or name another",
                        summary.provider
                    ),
                ));
            }
            if summary.by_place {
                let place = |service: &Service| lint::place_faults(service, &offices, &calendar.governorates, &path);
                faults.extend(version.look(&shapes, place).unwrap_or_else(|| vec![altered(&path)]));
            }
            // A folder that is there may wait for its signatures, or says its faults itself.
            let is_there = |key: &str| services.contains_key(key) || directory.join(key).join("service.toml").is_file();
            for other in summary.papers_of.iter().filter(|key| !is_there(key)) {
                faults.push(fault(
                    &path,
                    format!("papers of `{other}` may be chosen, and there is no such service; name one that there is"),
                ));
            }
            for event in summary.life_events.iter().filter(|key| !events.iter().any(|event| event.key == **key)) {
                faults.push(fault(
                    &path,
                    format!("the life event `{event}` is not in life-events.toml; add it there, or remove it here"),
                ));
            }
        }
        for (at, event) in events.iter().enumerate() {
            if events.iter().take(at).any(|earlier| earlier.key == event.key) {
                let reason = format!("the life event `{}` is there twice; make one of the two", event.key);
                faults.push(fault(&directory.join("life-events.toml"), reason));
            }
            let named = event.members.iter().filter_map(|member| services.get(&member.service));
            let members = named.filter_map(|offer| Some((offer.summary.key.as_str(), offer.version.service(&shapes)?)));
            let members: Members<'_> = members.collect();
            faults.extend(lint::bundle_faults(event, &members, &directory.join("life-events.toml")));
        }
        if !faults.is_empty() {
            return Err(std::mem::take(faults));
        }
        let index = index(&services);
        let version = version(directory, &services, &shapes);
        let seen = None;
        Ok(Self {
            services,
            others,
            shapes,
            agencies,
            events,
            offices,
            golden,
            calendar,
            sources,
            index,
            version,
            seen,
        })
    }

    /// Nothing at all, for tables that are printed without data.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            services: BTreeMap::new(),
            others: BTreeMap::new(),
            shapes: Arc::default(),
            agencies: BTreeMap::new(),
            events: Vec::new(),
            offices: Vec::new(),
            golden: Vec::new(),
            calendar: CalendarFile::default(),
            sources: BTreeMap::new(),
            index: Index::default(),
            version: String::new(),
            seen: None,
        }
    }

    /// Watches it from now on: what cases do is seen. For whoever plays examples.
    pub fn watch(&mut self) -> Arc<Seen> {
        self.services().for_each(crate::coverage::watch);
        Arc::clone(self.seen.get_or_insert_default())
    }
    /// A case enters a step of its folder.
    pub fn entered(&self, case: CaseId, at: Timestamp, step: usize) {
        if let Some(seen) = &self.seen {
            seen.enter(case, at, step);
        }
    }

    /// A service.
    #[must_use]
    pub fn service(&self, key: &str) -> Option<&Service> {
        self.services.get(key)?.version.service(&self.shapes)
    }
    /// A service in this version, as the one on which a case began.
    #[must_use]
    pub fn of<'v>(&self, version: impl Into<VersionName<'v>>) -> Option<&Service> {
        let VersionName { service, version } = version.into();
        let now = self.services.get(service).filter(|offer| offer.summary.version == version);
        let lazy = now.map(|offer| &offer.version).or_else(|| self.others.get(&(service.to_owned(), version)))?;
        lazy.service(&self.shapes)
    }
    /// How papers look, of every version that may issue one: service, version, template.
    pub fn templates(&self) -> impl Iterator<Item = (&str, u32, String)> {
        let now = self.summaries().filter_map(|one| Some((one.key.as_str(), one.version, one.template.clone()?)));
        let others = self.others.values().filter_map(|lazy| {
            let template = lazy.kept.files()?.text("paper.typ")?.to_owned();
            Some((lazy.kept.service.as_str(), lazy.kept.version, template))
        });
        now.chain(others)
    }
    /// What lists show of every service, by key.
    pub fn summaries(&self) -> impl Iterator<Item = &Summary> {
        self.services.values().map(|offer| &*offer.summary)
    }
    /// What lists show of a service.
    #[must_use]
    pub fn summary(&self, key: &str) -> Option<&Summary> {
        self.services.get(key).map(|offer| &*offer.summary)
    }
    /// Every service, by key. Of many, each is parsed for it and stays so: for whoever
    /// plays or prints them. Lists need no more than [`Catalogue::summaries`].
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values().filter_map(|offer| offer.version.service(&self.shapes))
    }
    /// Looks at every service once, by key, and keeps none parsed for it.
    pub fn look_at_each(&self, mut look: impl FnMut(&Service)) {
        for offer in self.services.values() {
            offer.version.look(&self.shapes, &mut look);
        }
    }
    /// Life events that lead to a service here.
    pub fn life_events(&self) -> impl Iterator<Item = &LifeEvent> {
        self.events.iter().filter(|event| self.of_event(&event.key).next().is_some())
    }
    /// A life event, whether or not anything leads from it.
    #[must_use]
    pub fn event(&self, key: &str) -> Option<&LifeEvent> {
        self.events.iter().find(|event| event.key == key)
    }
    /// The services of a life event: those that name it, and those of its bundle.
    pub fn of_event<'c>(&'c self, key: &'c str) -> impl Iterator<Item = &'c Summary> {
        let bundled = self.event(key).map_or(&[][..], |event| &event.members);
        self.summaries().filter(move |service| {
            let named = service.life_events.iter().any(|event| event == key);
            named || bundled.iter().any(|member| member.service == service.key)
        })
    }
    /// What a demo's calendar begins with.
    #[must_use]
    pub fn calendar_file(&self) -> &CalendarFile {
        &self.calendar
    }
    /// The areas that a closure may name.
    #[must_use]
    pub fn governorates(&self) -> &[Governorate] {
        &self.calendar.governorates
    }
    /// Where an office or unit works, and when, as its folder suggests.
    #[must_use]
    pub fn place(&self, unit: &str) -> Place {
        let unlisted = Place::unlisted(unit);
        let Some(office) = self.offices.iter().find(|office| office.key == unit) else { return unlisted };
        let area = self.governorates().iter().find(|area| Some(&area.code) == office.governorate.as_ref());
        Place {
            governorate: office.governorate.clone(),
            zone: area.map_or(Zone::Hebron, Governorate::zone),
            days: office.days.clone(),
            opens: Minute::parse(&office.opens).unwrap_or(unlisted.opens),
            closes: Minute::parse(&office.closes).unwrap_or(unlisted.closes),
            ..unlisted
        }
    }
    /// The clocks of a unit.
    #[must_use]
    pub fn zone(&self, unit: Option<&str>) -> Zone {
        unit.map_or(Zone::Hebron, |unit| self.place(unit).zone)
    }
    /// The unit that acts on a case: by place its own office, else the office of the
    /// wanted kind in the same governorate, else what the folder falls back on.
    #[must_use]
    pub fn unit(&self, unit: &UnitFile, facts: &Facts) -> String {
        let found = unit.by_place().and_then(|by| {
            let place = by.place(facts)?;
            let named = self.offices.iter().find(|office| office.key == place);
            let area = named.map_or(Some(place), |office| office.governorate.as_deref());
            let there = |office: &&Office| office.kind == by.office && office.governorate.as_deref() == area;
            named.filter(|office| office.kind == by.office).or_else(|| self.offices.iter().find(there))
        });
        found.map_or_else(|| unit.default().to_owned(), |office| office.key.clone())
    }
    /// Every office.
    #[must_use]
    pub fn offices(&self) -> &[Office] {
        &self.offices
    }
    /// The name of an office or a unit; its key where it is none of the offices.
    #[must_use]
    pub fn office_name(&self, key: &str, locale: Locale) -> String {
        let office = self.offices.iter().find(|office| office.key == key);
        office.map_or_else(|| key.to_owned(), |office| office.name(locale).to_owned())
    }
    /// The queries that must find their service first.
    #[must_use]
    pub fn golden(&self) -> &[Golden] {
        &self.golden
    }
    /// The services that match a query, best first.
    #[must_use]
    pub fn find(&self, query: &str) -> Vec<Hit> {
        self.index.find(query)
    }
    /// What an agency is called on a day, `2026-11-24`.
    #[must_use]
    pub fn agency(&self, key: &str, day: &str, locale: Locale) -> String {
        let names = self.agencies.get(key).map_or(&[][..], |agency| &agency.names);
        let name = names.iter().rev().find(|name| name.from.as_str() <= day).or(names.first());
        name.map_or_else(|| key.to_owned(), |name| if locale == Locale::EN { name.en.clone() } else { name.ar.clone() })
    }
    /// What people call the register behind an operation.
    #[must_use]
    pub fn source(&self, operation: &str, locale: Locale) -> Option<&str> {
        self.sources.get(operation).map(|source| source.get(locale))
    }
    /// Changes whenever anything that public pages show does.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn list<T: for<'de> Deserialize<'de>>(directory: &Path, name: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let path = directory.join(name);
    let read = text(&path).and_then(|source| toml::from_str(&source).map_err(|error| fault(&path, error)));
    read.map_err(|found| faults.push(found)).ok()
}

/// The lists beside the folders of services.
const LISTS: [&str; 5] = ["agencies.toml", "life-events.toml", "offices.toml", "search.toml", "calendar.toml"];

/// What changes when anything does that pages show of a directory.
fn version(directory: &Path, services: &BTreeMap<String, Offer>, shapes: &Shapes) -> String {
    let mut all = shapes.digest().as_bytes().to_vec();
    services.values().for_each(|offer| all.extend(offer.version.kept.digest.as_bytes()));
    for list in LISTS.iter().filter_map(|name| std::fs::read(directory.join(name)).ok()) {
        all.extend(seal::digest::sha256(&list));
    }
    seal::digest::hex(&seal::digest::sha256(&all)[..8])
}

/// The registers behind the published operations, by identifier.
fn sources(directory: &Path, faults: &mut Vec<Fault>) -> BTreeMap<String, Texts> {
    let folder = directory.join("operations");
    let listed = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let names = listed.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".toml"));
    let read = names.filter_map(|name| list::<Operation>(&folder, &name, faults));
    read.map(|operation| (operation.identifier, operation.source)).collect()
}

fn index(services: &BTreeMap<String, Offer>) -> Index {
    let mut index = Index::default();
    for Offer { summary, .. } in services.values() {
        let mut texts = vec![(summary.search_words.join(" "), IN_WORDS)];
        for locale in Locale::all() {
            texts.push((summary.name(locale).to_owned(), IN_NAME));
            texts.push((summary.summary(locale).to_owned(), IN_SUMMARY));
        }
        index.add(&summary.key, &texts);
    }
    index
}

/// A signed version, summed up as its folder was, or anew where there is no such folder.
fn offer(saved: &Saved, kept: &Kept) -> Result<Offer, Vec<Fault>> {
    if let Some(summary) = saved.summary(kept) {
        return Ok(Offer { summary: Arc::clone(summary), version: Lazy::new(kept.clone()) });
    }
    let service = signed_service(kept, &saved.shapes)?;
    Ok(Offer { summary: Arc::new(Summary::of(&service)), version: Lazy::parsed(kept.clone(), service) })
}

/// A version as it was signed.
fn signed_service(kept: &Kept, shapes: &Shapes) -> Result<Service, Vec<Fault>> {
    let files = kept.files().ok_or_else(|| vec![altered(Path::new(&kept.service))])?;
    Service::parse(&files, shapes)
}

/// What was kept is not what its digest names.
fn altered(path: &Path) -> Fault {
    fault(path, "is not what was checked: what was kept of it was altered; restore it from a backup")
}
