//! `calendar.toml`, and what `offices.toml` says of days: what a demo's calendar
//! begins with. From then on the calendar is the quality office's own.

use std::path::Path;

use base::{CalendarEntryId, Date, Locale, Zone};
use serde::Deserialize;

use super::{Basis, Content, Entry, Minute, Scope};
use crate::folder::{Fault, fault};
use crate::office::{Office, Texts};

/// Until when an entry holds that no later one ends.
pub const FOR_EVER: &str = "9999-12-31";
/// Since when a weekend holds that nobody has dated.
const FIRST_DAY: &str = "2000-01-01";

/// `calendar.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarFile {
    #[serde(default)]
    sample: bool,
    /// Free days of the week, Monday is 1.
    #[serde(default)]
    weekend: Vec<i8>,
    /// Areas that a closure may name.
    #[serde(default, rename = "governorate")]
    pub(crate) governorates: Vec<Governorate>,
    #[serde(default, rename = "holiday")]
    holidays: Vec<DaysFile>,
    #[serde(default)]
    hours: Vec<DaysFile>,
}

/// A governorate.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governorate {
    /// `RBH`, as ISO 3166-2 has it after `PS-`.
    pub code: String,
    /// The name of its clocks in the tz database.
    zone: String,
    name: Texts,
}

impl Governorate {
    /// Its name.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        self.name.get(locale)
    }
    /// Its clocks.
    #[must_use]
    pub fn zone(&self) -> Zone {
        zone(&self.zone).unwrap_or(Zone::Hebron)
    }
}

/// The zone of this name.
#[must_use]
pub fn zone(name: &str) -> Option<Zone> {
    [Zone::Hebron, Zone::Gaza].into_iter().find(|zone| zone.name() == name)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysFile {
    key: String,
    from: String,
    until: String,
    basis: String,
    hijri: Option<String>,
    opens: Option<String>,
    closes: Option<String>,
    /// The decree's number and date, where the days are decreed.
    decree: Option<String>,
    decree_day: Option<String>,
    name: Texts,
}

/// An entry before it has an id.
pub type Unborn = Box<dyn Fn(CalendarEntryId) -> Entry + Send + Sync>;

impl CalendarFile {
    /// What is wrong with it, and with the offices that refer to it.
    pub(crate) fn faults(&self, directory: &Path, offices: &[Office]) -> Vec<Fault> {
        let path = directory.join("calendar.toml");
        let mut faults = Vec::new();
        for area in self.governorates.iter().filter(|area| zone(&area.zone).is_none()) {
            faults.push(fault(&path, format!("`{}` of {} is no zone here", area.zone, area.code)));
        }
        for days in self.holidays.iter().filter(|days| days.content(false).is_none()) {
            faults.push(fault(
                &path,
                format!("the holiday `{}` of {} has no two days in order, or no basis", days.key, days.from),
            ));
        }
        for days in self.hours.iter().filter(|days| days.content(true).is_none()) {
            faults.push(fault(
                &path,
                format!("the hours `{}` of {} have no days or hours in order", days.key, days.from),
            ));
        }
        let path = directory.join("offices.toml");
        for office in offices {
            let known = |code: &String| self.governorates.iter().any(|area| area.code == *code);
            if let Some(code) = office.governorate.as_ref().filter(|code| !known(code)) {
                faults.push(fault(&path, format!("`{code}` of {} is no governorate of calendar.toml", office.key)));
            }
            if !matches!((Minute::parse(&office.opens), Minute::parse(&office.closes)), (Some(opens), Some(closes)) if opens < closes)
            {
                faults.push(fault(&path, format!("{} opens at no hour before it closes", office.key)));
            }
        }
        faults
    }

    /// The entries that it suggests, with those of the offices' own days.
    #[must_use]
    pub fn entries(&self, offices: &[Office]) -> Vec<Unborn> {
        let mut entries: Vec<Unborn> = Vec::new();
        let named = |texts: &Texts| [texts.get(Locale::AR).to_owned(), texts.get(Locale::EN).to_owned()];
        for (list, hours) in [(&self.holidays, false), (&self.hours, true)] {
            for days in list {
                let Some((first, last, basis, content)) = days.content(hours) else { continue };
                let decree = days.decree.clone().zip(days.decree_day.as_deref().and_then(Date::parse));
                let (hijri, names, sample) = (days.hijri.clone(), named(&days.name), self.sample);
                entries.push(Box::new(move |id| Entry {
                    id,
                    content: content.clone(),
                    scope: Scope::All,
                    first,
                    last,
                    basis,
                    hijri: hijri.clone(),
                    names: names.clone(),
                    decree: decree.clone(),
                    sample,
                }));
            }
        }
        let ends = Date::parse(FOR_EVER).zip(Date::parse(FIRST_DAY));
        if let Some((last, first)) = ends.filter(|_| !self.weekend.is_empty()) {
            entries.push(weekend(self.weekend.clone(), Scope::All, (first, last), self.sample));
            for office in offices {
                let free: Vec<i8> = (1..=7).filter(|day| !office.days.contains(day)).collect();
                if free != self.weekend {
                    entries.push(weekend(free, Scope::Office(office.key.clone()), (first, last), office.sample));
                }
            }
        }
        for office in offices {
            for closure in &office.closures {
                let Some(day) = Date::parse(&closure.day) else { continue };
                let names = [Locale::AR, Locale::EN].map(|locale| closure.reason(locale).to_owned());
                let (key, sample) = (office.key.clone(), office.sample);
                entries.push(Box::new(move |id| Entry {
                    id,
                    content: Content::Closure,
                    scope: Scope::Office(key.clone()),
                    first: day,
                    last: day,
                    basis: Basis::Decreed,
                    hijri: None,
                    names: names.clone(),
                    decree: None,
                    sample,
                }));
            }
        }
        entries
    }
}

fn weekend(free: Vec<i8>, scope: Scope, (first, last): (Date, Date), sample: bool) -> Unborn {
    Box::new(move |id| Entry {
        id,
        content: Content::Weekend(free.clone()),
        scope: scope.clone(),
        first,
        last,
        basis: Basis::Decreed,
        hijri: None,
        names: ["العطلة الأسبوعية".to_owned(), "Weekend".to_owned()],
        decree: None,
        sample,
    })
}

impl DaysFile {
    /// Its days, basis and content; nothing where they contradict each other.
    fn content(&self, hours: bool) -> Option<(Date, Date, Basis, Content)> {
        let (first, last) = (Date::parse(&self.from)?, Date::parse(&self.until)?);
        let basis = Basis::parse(&self.basis)?;
        let content = if hours {
            let (opens, closes) = (Minute::parse(self.opens.as_deref()?)?, Minute::parse(self.closes.as_deref()?)?);
            (opens < closes).then_some(Content::Hours(opens, closes))?
        } else {
            Content::Holiday
        };
        (first <= last).then_some((first, last, basis, content))
    }
}
