//! Figures by day and client: never by person. Each is counted in a short write
//! of its own, apart from the act that it counts.

use std::collections::BTreeMap;

use base::{Date, Zone};
use store::{Ctx, Error, Key, Read, params};

use crate::model::Refusal;
use crate::sign_in::Step;
use crate::sql;

/// Bounds of the waits that are told apart, seconds: a median is no finer.
const WAITS: [i64; 9] = [30, 60, 90, 120, 180, 300, 600, 1_200, 3_600];
const HOUR: i64 = 3_600;
/// The same for the proofing queue: hours, then days.
const QUEUED: [i64; 9] = [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR, 168 * HOUR, 720 * HOUR];

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// Somebody signed in; the detail is the last factor.
    SignIn,
    /// Somebody did not; the detail is the cause.
    Failure,
    /// An account was opened or not; the detail is the outcome.
    Opening,
    /// An account was opened after so many seconds at most.
    Wait,
    /// A code was sent by SMS.
    Sms,
    /// A code was said by a call.
    Call,
    /// A counter compared somebody with the registry; the detail is the outcome.
    Comparison,
    /// A comparison that did not fit was decided after so many seconds at most.
    Doubt,
}

impl Event {
    const ALL: [Self; 8] =
        [Self::SignIn, Self::Failure, Self::Opening, Self::Wait, Self::Sms, Self::Call, Self::Comparison, Self::Doubt];
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Failure => "failure",
            Self::Opening => "opening",
            Self::Wait => "wait",
            Self::Sms => "sms",
            Self::Call => "call",
            Self::Comparison => "comparison",
            Self::Doubt => "doubt",
        }
    }
}

/// Counts one more; a figure that cannot be kept stops nobody.
pub(crate) async fn count(ctx: &Ctx, event: Event, client: &str, detail: &str) {
    let (client, detail) = (client.to_owned(), detail.to_owned());
    let counted = ctx.write(Key::once(ctx), move |tx| {
        let day = tx.now().date(Zone::Hebron);
        tx.execute_one(&sql::COUNT, &params![day, event.as_str(), client, detail])
    });
    if let Err(error) = counted.await {
        tracing::warn!(event = event.as_str(), %error, "a figure was not counted");
    }
}

/// Counts how a step of signing in went: the factor that was shown.
pub(crate) async fn count_step(ctx: &Ctx, client: &str, factor: &str, outcome: &Result<Step, Refusal>) {
    match outcome {
        Ok(Step::Done(_)) => count(ctx, Event::SignIn, client, factor).await,
        Ok(Step::Wrong | Step::Dead) => count(ctx, Event::Failure, client, factor).await,
        Err(Refusal::Wait(_)) => count(ctx, Event::Failure, client, "wait").await,
        Err(Refusal::Busy) => count(ctx, Event::Failure, client, "busy").await,
        Ok(Step::Code) | Err(_) => {}
    }
}

/// Counts an account that was opened after so many seconds.
pub(crate) async fn count_opened(ctx: &Ctx, level: &str, seconds: i64) {
    count(ctx, Event::Opening, "", level).await;
    count_within(ctx, Event::Wait, &WAITS, seconds).await;
}

/// Counts a comparison that an authentication officer decided after so many seconds.
pub(crate) async fn count_decided(ctx: &Ctx, seconds: i64) {
    count_within(ctx, Event::Doubt, &QUEUED, seconds).await;
}

async fn count_within(ctx: &Ctx, event: Event, bounds: &[i64; 9], seconds: i64) {
    let bound = bounds.iter().find(|bound| seconds <= **bound).unwrap_or(&bounds[bounds.len() - 1]);
    count(ctx, event, "", &bound.to_string()).await;
}

/// Totals of one day, and of one client where there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals(BTreeMap<(Event, String), u64>);

impl Totals {
    /// How many of this event.
    pub(crate) fn all(&self, event: Event) -> u64 {
        self.0.iter().filter(|((known, _), _)| *known == event).map(|(_, total)| total).sum()
    }
    /// How many of this event and detail.
    pub(crate) fn of(&self, event: Event, detail: &str) -> u64 {
        self.0.get(&(event, detail.to_owned())).copied().unwrap_or(0)
    }
    /// How many of this event with none of these details.
    pub(crate) fn other(&self, event: Event, details: &[&str]) -> u64 {
        self.all(event) - details.iter().map(|detail| self.of(event, detail)).sum::<u64>()
    }
    /// Within how many seconds half of the accounts were opened.
    pub(crate) fn median_wait_seconds(&self) -> Option<i64> {
        self.median(Event::Wait, &WAITS)
    }
    /// Within how many hours half of what waited in the proofing queue was decided.
    pub(crate) fn median_queued_hours(&self) -> Option<i64> {
        self.median(Event::Doubt, &QUEUED).map(|seconds| seconds / HOUR)
    }
    fn median(&self, event: Event, bounds: &[i64; 9]) -> Option<i64> {
        let half = self.all(event).div_ceil(2);
        let mut reached = 0;
        bounds.iter().copied().find(|bound| {
            reached += self.of(event, &bound.to_string());
            half > 0 && reached >= half
        })
    }
}

/// What was counted from a day on: the newest day first, then by client.
pub(crate) fn figures(read: &mut Read<'_>, from: Date) -> Result<Vec<(Date, String, Totals)>, Error> {
    let mut lines: Vec<(Date, String, Totals)> = Vec::new();
    for row in read.rows(&sql::COUNTS, &params![from])? {
        let (day, event, client): (Date, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(event) = Event::ALL.into_iter().find(|known| known.as_str() == event) else { continue };
        if lines.last().is_none_or(|(last, of, _)| (*last, of) != (day, &client)) {
            lines.push((day, client, Totals::default()));
        }
        if let Some((_, _, totals)) = lines.last_mut() {
            totals.0.insert((event, row.get(3)?), row.get(4)?);
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_bound_that_half_have_reached() {
        let waits = |counts: &[(i64, u64)]| {
            let each = counts.iter().map(|(bound, total)| ((Event::Wait, bound.to_string()), *total));
            Totals(each.collect()).median_wait_seconds()
        };
        for (counts, median) in [
            (&[][..], None),
            (&[(60, 1)], Some(60)),
            (&[(30, 1), (60, 1)], Some(30)),
            (&[(30, 1), (60, 2)], Some(60)),
            (&[(30, 5), (3_600, 6)], Some(3_600)),
        ] {
            assert_eq!(waits(counts), median, "{counts:?}");
        }
    }

    #[test]
    fn what_has_no_column_of_its_own_is_counted_as_other() {
        let all = [("password", 3), ("sms", 2), ("wait", 1)];
        let totals = Totals(all.map(|(detail, total)| ((Event::Failure, detail.to_owned()), total)).into());
        assert_eq!((totals.all(Event::Failure), totals.other(Event::Failure, &["password", "sms"])), (6, 1));
        assert_eq!(totals.all(Event::SignIn), 0);
    }
}
