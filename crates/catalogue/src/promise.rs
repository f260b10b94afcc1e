//! The algebra of a promise: what is used, what is left, when it is due, and when
//! it reaches its marks. Pure: calendar and instants come as arguments.

use base::{CaseId, Locale, Timestamp};

use crate::calendar::{Calendar, DAY, Place};
use crate::messages::Messages;

/// Shares of the promised time, in percent, at which a case is marked: for its
/// clerk, for the unit's supervisor, for its person and the quality office.
pub const LEVELS: [i64; 3] = [50, 80, 100];
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;
/// What rounding over pauses may lose: a thousandth of a second.
const SLACK: i64 = 1_000;

/// In what a promise is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Working days of the unit's calendar.
    Days,
    /// Minutes on the wall's clock: what a rule decides waits for no office.
    Minutes,
}

impl Measure {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Minutes => "minutes",
        }
    }
    /// The measure of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Days, Self::Minutes].into_iter().find(|measure| measure.as_str() == word)
    }
}

impl Measure {
    /// «7 أيام عمل», as pages say it.
    #[must_use]
    pub fn spelled(self, amount: i64, locale: Locale) -> String {
        let m = Messages::new(locale);
        match self {
            Self::Minutes => m.minutes(amount),
            Self::Days => m.working_days(amount),
        }
    }
}

/// A promise and its clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Of which case.
    pub case: CaseId,
    /// In what it is counted.
    pub measure: Measure,
    /// How many working days or minutes.
    pub amount: u32,
    /// Whose calendar counts.
    pub place: Place,
    /// The time that was promised: [`DAY`] for a working day and what was left of
    /// the first one, or microseconds.
    pub allowance: i64,
    /// What of it was used before the clock last began to run.
    pub used: i64,
    /// When the case was complete and paid.
    pub started_at: Timestamp,
    /// Since when the clock runs; nothing while it stands still.
    pub since: Option<Timestamp>,
    /// Until when it is promised; of a clock that stands still, when it stopped.
    pub due_at: Timestamp,
    /// Whether the moon may still move it.
    pub provisional: bool,
    /// The last of [`LEVELS`] that it reached; never goes back.
    pub level: i64,
    /// When it reaches the next.
    pub next_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Promise {
    /// A promise that begins now, for a case that is named by whoever keeps it.
    #[must_use]
    pub fn begin(calendar: &Calendar, (measure, amount): (Measure, u32), place: Place, now: Timestamp) -> Self {
        let mut promise = Self {
            case: base::id::TypedId::from_bits(0),
            measure,
            amount,
            place,
            allowance: 0,
            used: 0,
            started_at: now,
            since: Some(now),
            due_at: now,
            provisional: false,
            level: 0,
            next_at: None,
            ended_at: None,
        };
        promise.allowance = promise.promised(calendar);
        promise.schedule(calendar);
        promise
    }

    /// The whole time of so many working days after the day on which it began.
    fn promised(&self, calendar: &Calendar) -> i64 {
        match self.measure {
            Measure::Days => calendar.rest_of_day(&self.place, self.started_at) + i64::from(self.amount) * DAY,
            Measure::Minutes => i64::from(self.amount) * MINUTE,
        }
    }

    fn between(&self, calendar: &Calendar, from: Timestamp, until: Timestamp) -> i64 {
        match self.measure {
            Measure::Days => calendar.worked(&self.place, from, until),
            // A clock that was set back has used nothing.
            Measure::Minutes => (until.as_micros() - from.as_micros()).max(0),
        }
    }

    fn after(&self, calendar: &Calendar, from: Timestamp, time: i64) -> Timestamp {
        match self.measure {
            Measure::Days => calendar.after(&self.place, from, time),
            Measure::Minutes => Timestamp::from_micros(from.as_micros().saturating_add(time.max(0))),
        }
    }

    /// What was used of the promised time by an instant.
    #[must_use]
    pub fn used_by(&self, calendar: &Calendar, now: Timestamp) -> i64 {
        self.used + self.since.map_or(0, |since| self.between(calendar, since, now))
    }

    /// Its person is asked: the clock stands still.
    pub fn pause(&mut self, calendar: &Calendar, now: Timestamp) {
        self.used = self.used_by(calendar, now);
        self.since = None;
        self.next_at = None;
    }

    /// Its person answered: what was left is left.
    pub fn resume(&mut self, calendar: &Calendar, now: Timestamp) {
        if self.since.is_none() {
            self.since = Some(now);
            self.schedule(calendar);
        }
    }

    /// The calendar changed: what is left is planned again. A clock that stands
    /// still is planned when it goes on.
    pub fn plan_again(&mut self, calendar: &Calendar) {
        if self.since.is_none() || self.ended_at.is_some() || self.measure == Measure::Minutes {
            return;
        }
        // A clock that never stood still is counted from its beginning again.
        if self.used == 0 && self.since == Some(self.started_at) {
            self.allowance = self.promised(calendar);
        }
        self.schedule(calendar);
    }

    /// The case ended, or waits for its person alone.
    pub fn end(&mut self, calendar: &Calendar, now: Timestamp) {
        self.pause(calendar, now);
        self.ended_at = Some(now);
    }

    /// Of one that ended: whether in time.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.used <= self.allowance.saturating_add(SLACK)
    }

    /// When a share of the promised time, in percent, will be used.
    fn reaches(&self, calendar: &Calendar, since: Timestamp, percent: i64) -> Timestamp {
        let share = i64::try_from(i128::from(self.allowance) * i128::from(percent) / 100).unwrap_or(self.allowance);
        self.after(calendar, since, share - self.used)
    }

    /// Computes when it is due, and when it reaches the next mark.
    fn schedule(&mut self, calendar: &Calendar) {
        let Some(since) = self.since else { return };
        self.due_at = self.reaches(calendar, since, 100);
        self.provisional = self.measure == Measure::Days && calendar.is_provisional(&self.place, since, self.due_at);
        self.next_at = self.next(calendar, since);
    }

    /// When it reaches a mark; the last one when it is due, as its person was told.
    fn mark_at(&self, calendar: &Calendar, since: Timestamp, level: i64) -> Timestamp {
        if level >= 100 { self.due_at } else { self.reaches(calendar, since, level) }
    }

    fn next(&self, calendar: &Calendar, since: Timestamp) -> Option<Timestamp> {
        let next = LEVELS.into_iter().find(|level| *level > self.level);
        next.map(|level| self.mark_at(calendar, since, level))
    }

    /// Marks what it has reached; gives the mark if it is a new one. A clock that
    /// was set back takes no mark away and gives none twice. The promise itself
    /// stays where it is: what moves it also tells.
    pub fn mark(&mut self, calendar: &Calendar, now: Timestamp) -> Option<i64> {
        let since = self.since.filter(|_| self.ended_at.is_none())?;
        let reached = LEVELS.into_iter().filter(|level| self.mark_at(calendar, since, *level) <= now).max();
        let new = reached.filter(|level| *level > self.level);
        self.level = new.unwrap_or(self.level);
        self.next_at = self.next(calendar, since);
        new
    }
}
