//! Time as an argument. An instant is microseconds since 1970 in UTC; a day is
//! a civil date; only a [`Zone`] turns one into the other.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;

/// Where "now" comes from: the machine, or a test's own clock.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one door to the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// From seconds since 1970.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }
    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }
    /// Seconds since 1970, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// This instant moved by seconds (back if negative); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
    /// This instant moved by milliseconds; saturates.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1_000)))
    }
    /// Seconds from `earlier` to this instant.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        (self.0.saturating_sub(earlier.0)).div_euclid(1_000_000)
    }
    /// The civil date at this instant.
    #[must_use]
    pub fn date(self, zone: Zone) -> Date {
        Date(self.zoned(zone).date())
    }
    /// `2026-11-24 05:20` on that zone's clocks.
    #[must_use]
    pub fn local_minute(self, zone: Zone) -> String {
        self.zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
    }
    /// `05:20` on that zone's clocks.
    #[must_use]
    pub fn local_time(self, zone: Zone) -> String {
        self.zoned(zone).strftime("%H:%M").to_string()
    }
    /// RFC 3339 in UTC with microseconds, as written on wires and in leaves.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.jiff().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
    }
    /// Reads RFC 3339 text with any offset.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_microsecond()))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
    fn zoned(self, zone: Zone) -> jiff::Zoned {
        self.jiff().to_zoned(zone.tz())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// The clocks that promises run on. Their daylight rules can differ and change
/// at short notice, so the tz database is bundled and updated with releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// West Bank offices.
    Hebron,
    /// Gaza offices.
    Gaza,
    /// For machines.
    Utc,
}

impl Zone {
    /// The name in the tz database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hebron => "Asia/Hebron",
            Self::Gaza => "Asia/Gaza",
            Self::Utc => "UTC",
        }
    }
    fn tz(self) -> TimeZone {
        TimeZone::get(self.name()).unwrap_or(TimeZone::UTC)
    }
}

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// A date, if it exists.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self)
    }
    /// Reads `2026-11-24`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if year.len() != 4 || month.len() != 2 || day.len() != 2 {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
    /// Year, month (1–12), day (1–31).
    #[must_use]
    pub fn parts(self) -> (i16, i8, i8) {
        (self.0.year(), self.0.month(), self.0.day())
    }
    /// Monday is 1, Sunday is 7.
    #[must_use]
    pub fn weekday(self) -> i8 {
        self.0.weekday().to_monday_one_offset()
    }
    /// The date that many days later (earlier if negative); stays put at the calendar's end.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        self.0.checked_add(jiff::Span::new().days(days)).map_or(self, Self)
    }
    /// The same day that many years later; 29 February becomes 28.
    #[must_use]
    pub fn plus_years(self, years: i16) -> Self {
        self.0.checked_add(jiff::Span::new().years(years)).map_or(self, Self)
    }
    /// Days from this date to `later`; negative if that is earlier.
    #[must_use]
    pub fn days_until(self, later: Self) -> i32 {
        later.0.since(self.0).map_or(0, |span| span.get_days())
    }
    /// Full years from this date to `later`, as an age is counted.
    #[must_use]
    pub fn years_until(self, later: Self) -> i32 {
        let (born, today) = (self.0, later.0);
        let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
        i32::from(today.year()) - i32::from(born.year()) - i32::from(before_birthday)
    }
    /// Midnight at the start of this day on that zone's clocks.
    #[must_use]
    pub fn start(self, zone: Zone) -> Timestamp {
        let start = self.0.to_zoned(zone.tz()).map(|zoned| zoned.timestamp().as_microsecond());
        Timestamp(start.unwrap_or_default())
    }
    /// That hour and minute of this day on that zone's clocks.
    #[must_use]
    pub fn at(self, hour: i8, minute: i8, zone: Zone) -> Timestamp {
        let Ok(time) = civil::Time::new(hour, minute, 0, 0) else { return self.start(zone) };
        let zoned = self.0.to_datetime(time).to_zoned(zone.tz());
        zoned.map_or_else(|_| self.start(zone), |zoned| Timestamp(zoned.timestamp().as_microsecond()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_become_days_on_the_right_clocks() {
        let instant = Timestamp::parse_rfc3339("2026-11-23T23:30:00Z").unwrap();
        assert_eq!(instant.date(Zone::Hebron).to_string(), "2026-11-24");
        assert_eq!(instant.date(Zone::Utc).to_string(), "2026-11-23");
        assert_eq!(instant.rfc3339(), "2026-11-23T23:30:00.000000Z");
    }

    #[test]
    fn ages_turn_on_the_birthday() {
        let born = Date::new(2000, 2, 29).unwrap();
        assert_eq!(born.years_until(Date::new(2018, 2, 28).unwrap()), 17);
        assert_eq!(born.years_until(Date::new(2018, 3, 1).unwrap()), 18);
    }

    #[test]
    fn strange_dates_are_refused() {
        for text in ["2026-02-30", "26-01-01", "2026-1-1", "", "2026-01-01x", "٢٠٢٦-01-01"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
