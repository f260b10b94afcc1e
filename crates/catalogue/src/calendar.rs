//! When offices work: weekend, holidays, hours and closures, by office, area and
//! day; and how much working time lies between two instants.
//!
//! Not here: who may change an entry (services), what is promised (`promise.rs`). Nothing here does IO or knows a clock.
//!
//! A working day counts as one, however short it is: two working days are
//! neither sixteen hours nor forty-eight (facts, services §7).

mod file;

pub use file::{CalendarFile, FOR_EVER, Governorate, zone};

use std::fmt;

use base::{CalendarEntryId, Date, Locale, Timestamp, Zone};

/// What one working day counts as. Nominal microseconds, so that a day's shares
/// are whole numbers, and no float is needed.
pub const DAY: i64 = 86_400_000_000;
/// What rounding may lose over many pauses, in the same unit: a promise that
/// ends with the office's day does not slip into the next one for it.
const SLACK: i64 = 1_000;
/// Days that a calculation looks ahead at most: beyond them the calendar is
/// broken, and the last day it knows is the answer.
const HORIZON: usize = 1_500;
/// A day by which the sighting of the moon may move a computed one.
const MOON_DAYS: i32 = 1;
/// The weekend where no decree has set one (facts, services §4).
const WEEK: [i8; 5] = [7, 1, 2, 3, 4];
/// The hours of a unit that no folder lists as an office.
const OPENS: Minute = Minute(8 * 60);
const CLOSES: Minute = Minute(15 * 60);

/// A minute of the day, on the office's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(u16);

impl Minute {
    /// Reads `08:30`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two = |text: &str| (text.len() == 2).then(|| text.parse::<u16>().ok()).flatten();
        let (hour, minute) = (two(hour)?, two(minute)?);
        (hour < 24 && minute < 60).then_some(Self(hour * 60 + minute))
    }
    /// Minutes since midnight.
    #[must_use]
    pub fn minutes(self) -> i64 {
        i64::from(self.0)
    }
    fn on(self, day: Date, zone: Zone) -> Timestamp {
        let part = |value: u16| i8::try_from(value).unwrap_or_default();
        day.at(part(self.0 / 60), part(self.0 % 60), zone)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Where work is done: what an entry's scope is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The office or unit; empty where nobody in particular works.
    pub unit: String,
    /// Its governorate, if it has one.
    pub governorate: Option<String>,
    /// Its clocks.
    pub zone: Zone,
    /// The days on which it opens, Monday is 1; holds where no decree sets a weekend.
    pub days: Vec<i8>,
    /// When it opens, on a day like others.
    pub opens: Minute,
    /// When it closes.
    pub closes: Minute,
}

impl Place {
    /// A unit that is no office which people visit.
    #[must_use]
    pub fn unlisted(unit: &str) -> Self {
        Self {
            unit: unit.to_owned(),
            governorate: None,
            zone: Zone::Hebron,
            days: WEEK.to_vec(),
            opens: OPENS,
            closes: CLOSES,
        }
    }
}

/// For whom an entry holds; the later is the narrower.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every office.
    All,
    /// The offices of a governorate, by its code.
    Governorate(String),
    /// One office, by its key.
    Office(String),
}

impl Scope {
    /// `all`, `governorate:GZA`, `office:post.gaza`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Governorate(code) => format!("governorate:{code}"),
            Self::Office(key) => format!("office:{key}"),
        }
    }
    /// Reads the text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "all" => Some(Self::All),
            Some(("governorate", code)) => Some(Self::Governorate(code.to_owned())),
            Some(("office", key)) => Some(Self::Office(key.to_owned())),
            _ => None,
        }
    }
    /// Whether it reaches a place.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        match self {
            Self::All => true,
            Self::Governorate(code) => place.governorate.as_ref() == Some(code),
            Self::Office(key) => place.unit == *key,
        }
    }
    const fn rank(&self) -> u8 {
        match self {
            Self::All => 0,
            Self::Governorate(_) => 1,
            Self::Office(_) => 2,
        }
    }
}

/// Whence a date is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The same day every year.
    Fixed,
    /// Computed from the Umm al-Qura calendar: provisional, until a decree follows
    /// the sighting of the moon.
    Computed,
    /// Decreed: final.
    Decreed,
}

impl Basis {
    /// The word in storage and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Computed => "computed",
            Self::Decreed => "decreed",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Fixed, Self::Computed, Self::Decreed].into_iter().find(|basis| basis.as_str() == word)
    }
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Free days of the week, Monday is 1.
    Weekend(Vec<i8>),
    /// A holiday.
    Holiday,
    /// Other hours: from, to.
    Hours(Minute, Minute),
    /// Offices stay closed.
    Closure,
}

impl Content {
    /// The word in storage and addresses.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Weekend(_) => "weekend",
            Self::Holiday => "holiday",
            Self::Hours(..) => "hours",
            Self::Closure => "closure",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id; of two that say the same thing, the later wins.
    pub id: CalendarEntryId,
    /// What it says.
    pub content: Content,
    /// For whom.
    pub scope: Scope,
    /// The first day.
    pub first: Date,
    /// The last day, too.
    pub last: Date,
    /// Whence the days are known.
    pub basis: Basis,
    /// The Hijri date that they were computed from: «1 شوال 1448».
    pub hijri: Option<String>,
    /// What it is called, in Arabic and in English.
    pub names: [String; 2],
    /// The decree's number and date.
    pub decree: Option<(String, Date)>,
    /// Whether it is sample data.
    pub sample: bool,
}

impl Entry {
    /// What it is called.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        &self.names[usize::from(locale == Locale::EN)]
    }
    /// Whether the moon may still move it.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.basis == Basis::Computed
    }
    /// Whether it holds for this place on this day.
    #[must_use]
    pub fn holds(&self, place: &Place, day: Date) -> bool {
        self.first <= day && day <= self.last && self.scope.covers(place)
    }
    fn lasts_days(&self) -> i32 {
        let (first, last) = (self.first.start(Zone::Utc), self.last.start(Zone::Utc));
        i32::try_from(last.seconds_since(first) / 86_400).unwrap_or(i32::MAX)
    }
}

/// The entries in force.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    entries: Vec<Entry>,
}

impl Calendar {
    /// Of these entries, in any order.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by_key(|entry| entry.id);
        Self { entries }
    }
    /// The entries, by id.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What closes a place on a day that would be a working one: a holiday or a
    /// closure.
    #[must_use]
    pub fn closed(&self, place: &Place, day: Date) -> Option<&Entry> {
        let closes = |entry: &&Entry| matches!(entry.content, Content::Holiday | Content::Closure);
        self.entries.iter().filter(closes).find(|entry| entry.holds(place, day))
    }

    /// The days of the week on which a place opens: the narrowest decree on the
    /// weekend holds, and of two the one that began last; else the office's own.
    #[must_use]
    pub fn week(&self, place: &Place, day: Date) -> Vec<i8> {
        let weekends = self.entries.iter().filter_map(|entry| match &entry.content {
            Content::Weekend(free) if entry.holds(place, day) => Some((entry, free)),
            _ => None,
        });
        let decreed = weekends.max_by_key(|(entry, _)| (entry.scope.rank(), entry.first, entry.id));
        match decreed {
            Some((_, free)) => [7, 1, 2, 3, 4, 5, 6].into_iter().filter(|day| !free.contains(day)).collect(),
            None => place.days.clone(),
        }
    }

    /// When a place is open on a day; nothing when it is not. An office's own
    /// earlier closing holds in Ramadan: a decree for more than one office narrows
    /// the hours, one for the office itself sets them, and the shorter its time
    /// the later it is heard.
    #[must_use]
    pub fn hours(&self, place: &Place, day: Date) -> Option<(Minute, Minute)> {
        if self.closed(place, day).is_some() || !self.week(place, day).contains(&day.weekday()) {
            return None;
        }
        let mut decreed: Vec<(&Entry, Minute, Minute)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.holds(place, day)) {
            if let Content::Hours(opens, closes) = entry.content {
                decreed.push((entry, opens, closes));
            }
        }
        decreed.sort_by_key(|(entry, ..)| (std::cmp::Reverse(entry.lasts_days()), entry.scope.rank(), entry.id));
        let hours = decreed.into_iter().fold((place.opens, place.closes), |(from, to), (entry, opens, closes)| {
            let narrowed = (from.max(opens), to.min(closes));
            if matches!(entry.scope, Scope::Office(_)) || narrowed.0 >= narrowed.1 { (opens, closes) } else { narrowed }
        });
        Some(hours)
    }

    /// The instants at which a place opens and closes on a day.
    fn open(&self, place: &Place, day: Date) -> Option<(Timestamp, Timestamp)> {
        let (opens, closes) = self.hours(place, day)?;
        let (opens, closes) = (opens.on(day, place.zone), closes.on(day, place.zone));
        (opens < closes).then_some((opens, closes))
    }

    /// The working time from one instant to another; [`DAY`] for each whole
    /// working day, nothing when time runs backwards.
    #[must_use]
    pub fn worked(&self, place: &Place, from: Timestamp, until: Timestamp) -> i64 {
        let (mut day, last) = (from.date(place.zone), until.date(place.zone));
        let mut total = 0_i64;
        for _ in 0..HORIZON {
            if until <= from || day > last {
                break;
            }
            if let Some((opens, closes)) = self.open(place, day) {
                total = total.saturating_add(share(opens.max(from), closes.min(until), (opens, closes)));
            }
            day = day.plus_days(1);
        }
        total
    }

    /// The earliest instant at which so much working time has gone by.
    #[must_use]
    pub fn after(&self, place: &Place, from: Timestamp, time: i64) -> Timestamp {
        let (mut day, mut left, mut known) = (from.date(place.zone), time, from);
        if time <= 0 {
            return from;
        }
        for _ in 0..HORIZON {
            if let Some((opens, closes)) = self.open(place, day) {
                let begin = opens.max(from);
                let here = share(begin, closes, (opens, closes));
                if here > 0 {
                    if left <= here.saturating_add(SLACK) {
                        return closes.min(later(begin, left, (opens, closes)));
                    }
                    left -= here;
                    known = closes;
                }
            }
            day = day.plus_days(1);
        }
        known
    }

    /// The working time that is left of an instant's own day.
    #[must_use]
    pub fn rest_of_day(&self, place: &Place, from: Timestamp) -> i64 {
        match self.open(place, from.date(place.zone)) {
            Some((opens, closes)) => share(opens.max(from), closes, (opens, closes)),
            None => 0,
        }
    }

    /// Whether a date that the moon may move lies between two instants, or so
    /// near that its moving would change what lies between.
    #[must_use]
    pub fn is_provisional(&self, place: &Place, from: Timestamp, until: Timestamp) -> bool {
        let (from, until) = (from.date(place.zone), until.date(place.zone));
        let mut holidays =
            self.entries.iter().filter(|entry| entry.content == Content::Holiday && entry.is_provisional());
        holidays.any(|entry| {
            let (first, last) = (entry.first.plus_days(-MOON_DAYS), entry.last.plus_days(MOON_DAYS));
            entry.scope.covers(place) && first <= until && from <= last
        })
    }

    /// What changes a place's days and hours from one day to another, in order.
    #[must_use]
    pub fn coming(&self, place: &Place, from: Date, until: Date) -> Vec<&Entry> {
        let changes = |entry: &&Entry| !matches!(entry.content, Content::Weekend(_)) && entry.scope.covers(place);
        let entries = self.entries.iter().filter(changes);
        let mut coming: Vec<&Entry> = entries.filter(|entry| entry.last >= from && entry.first <= until).collect();
        coming.sort_by_key(|entry| (entry.first, entry.last));
        coming
    }
}

/// The share of a working day that lies between two instants of it.
fn share(from: Timestamp, until: Timestamp, (opens, closes): (Timestamp, Timestamp)) -> i64 {
    let (part, whole) = (until.as_micros() - from.as_micros(), closes.as_micros() - opens.as_micros());
    if part <= 0 || whole <= 0 {
        return 0;
    }
    i64::try_from(i128::from(part) * i128::from(DAY) / i128::from(whole)).unwrap_or(DAY)
}

/// The instant of a working day at which such a share of it has gone by since
/// another; rounded up.
fn later(begin: Timestamp, time: i64, (opens, closes): (Timestamp, Timestamp)) -> Timestamp {
    let whole = i128::from(closes.as_micros() - opens.as_micros());
    let micros = (i128::from(time) * whole + i128::from(DAY) - 1) / i128::from(DAY);
    Timestamp::from_micros(begin.as_micros().saturating_add(i64::try_from(micros).unwrap_or(0)))
}

#[cfg(test)]
mod tests;
