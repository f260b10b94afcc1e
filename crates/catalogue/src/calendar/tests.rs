//! The algebra of working time, with and without a promise on top.

use base::id::TypedId;
use proptest::prelude::*;

use super::*;
use crate::promise::{LEVELS, Measure, Promise};

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn at(text: &str, zone: Zone) -> Timestamp {
    let (date, time) = text.split_once(' ').unwrap();
    Minute::parse(time).unwrap().on(day(date), zone)
}

fn hebron(text: &str) -> Timestamp {
    at(text, Zone::Hebron)
}

fn entry(number: u128, content: Content, scope: &str, days: [&str; 2], basis: Basis) -> Entry {
    Entry {
        id: CalendarEntryId::from_bits(number),
        content,
        scope: Scope::parse(scope).unwrap(),
        first: day(days[0]),
        last: day(days[1]),
        basis,
        hijri: None,
        names: ["بند".to_owned(), "entry".to_owned()],
        decree: None,
        sample: true,
    }
}

fn hours(from: &str, to: &str) -> Content {
    Content::Hours(Minute::parse(from).unwrap(), Minute::parse(to).unwrap())
}

const ALWAYS: [&str; 2] = ["2000-01-01", "9999-12-31"];

/// Friday and Saturday free, as everywhere.
fn week() -> Vec<Entry> {
    vec![entry(1, Content::Weekend(vec![5, 6]), "all", ALWAYS, Basis::Decreed)]
}

fn calendar(more: Vec<Entry>) -> Calendar {
    Calendar::new([week(), more].concat())
}

/// 08:00 to 15:00, in a governorate.
fn office(zone: Zone) -> Place {
    Place { governorate: Some("AAA".to_owned()), zone, ..Place::unlisted("office") }
}

fn promised(calendar: &Calendar, days: u32, place: &Place, from: Timestamp) -> Promise {
    Promise::begin(calendar, (Measure::Days, days), place.clone(), from)
}

fn due(calendar: &Calendar, days: u32, from: &str) -> String {
    promised(calendar, days, &office(Zone::Hebron), hebron(from)).due_at.local_minute(Zone::Hebron)
}

#[test]
fn two_working_days_are_neither_sixteen_hours_nor_forty_eight() {
    let calendar = calendar(Vec::new());
    // A Tuesday morning, a Tuesday night, a Thursday, a Friday.
    for (from, until) in [
        ("2026-11-24 10:00", "2026-11-26 15:00"),
        ("2026-11-24 23:00", "2026-11-26 15:00"),
        ("2026-11-24 07:00", "2026-11-26 15:00"),
        ("2026-11-26 10:00", "2026-11-30 15:00"),
        ("2026-11-27 10:00", "2026-11-30 15:00"),
    ] {
        assert_eq!(due(&calendar, 2, from), until, "{from}");
        let elapsed = hebron(until).seconds_since(hebron(from));
        assert!(elapsed != 16 * 3_600 && elapsed != 48 * 3_600);
    }
}

#[test]
fn a_day_of_ramadan_is_a_day() {
    let ramadan = entry(2, hours("09:00", "14:00"), "all", ["2026-11-24", "2026-12-20"], Basis::Computed);
    let calendar = calendar(vec![ramadan]);
    assert_eq!(due(&calendar, 2, "2026-11-24 10:00"), "2026-11-26 14:00");
    let place = office(Zone::Hebron);
    let whole = calendar.worked(&place, hebron("2026-11-24 00:00"), hebron("2026-11-25 00:00"));
    assert_eq!(whole, DAY);
    // Half past eleven is the middle of five hours.
    assert_eq!(calendar.worked(&place, hebron("2026-11-24 09:00"), hebron("2026-11-24 11:30")), DAY / 2);
}

#[test]
fn the_narrower_decree_holds_and_an_offices_earlier_closing_stays() {
    let ramadan = entry(2, hours("09:00", "14:00"), "all", ["2027-02-08", "2027-03-07"], Basis::Computed);
    let early = Place { closes: Minute::parse("13:30").unwrap(), ..office(Zone::Gaza) };
    let shown = |calendar: &Calendar, place: &Place, text: &str| {
        calendar.hours(place, day(text)).map(|(from, to)| format!("{from}-{to}"))
    };
    let calendar1 = calendar(vec![ramadan.clone()]);
    assert_eq!(shown(&calendar1, &early, "2027-02-10").unwrap(), "09:00-13:30");
    assert_eq!(shown(&calendar1, &office(Zone::Hebron), "2027-02-10").unwrap(), "09:00-14:00");
    // Its own hours for good do not undo Ramadan; its own hours in Ramadan do.
    let own = entry(3, hours("07:00", "16:00"), "office:office", ["2026-01-01", "2028-01-01"], Basis::Decreed);
    let late = entry(4, hours("10:00", "16:00"), "office:office", ["2027-02-09", "2027-02-10"], Basis::Decreed);
    let calendar2 = calendar(vec![late, own, ramadan]);
    assert_eq!(shown(&calendar2, &early, "2027-02-08").unwrap(), "09:00-14:00");
    assert_eq!(shown(&calendar2, &early, "2027-02-10").unwrap(), "10:00-16:00");
    // An office that opens on Saturdays by decree, in a country that does not.
    let saturday = entry(5, Content::Weekend(vec![5]), "office:office", ALWAYS, Basis::Decreed);
    let calendar3 = calendar(vec![saturday]);
    assert!(shown(&calendar3, &early, "2026-11-28").is_some());
    assert!(shown(&calendar3, &Place::unlisted("other"), "2026-11-28").is_none());
}

#[test]
fn what_closes_an_area_closes_no_other() {
    let closure = entry(2, Content::Closure, "governorate:AAA", ["2026-11-25", "2026-11-26"], Basis::Decreed);
    let holiday = entry(3, Content::Holiday, "all", ["2026-11-29", "2026-11-29"], Basis::Fixed);
    let calendar = calendar(vec![closure, holiday]);
    assert_eq!(due(&calendar, 2, "2026-11-24 10:00"), "2026-12-01 15:00");
    let elsewhere = Place { governorate: Some("BBB".to_owned()), ..office(Zone::Hebron) };
    let promise = promised(&calendar, 2, &elsewhere, hebron("2026-11-24 10:00"));
    assert_eq!(promise.due_at, hebron("2026-11-26 15:00"));
}

#[test]
fn a_provisional_date_marks_what_it_may_move() {
    let eid = entry(2, Content::Holiday, "all", ["2027-03-08", "2027-03-11"], Basis::Computed);
    let decreed = Entry { basis: Basis::Decreed, ..eid.clone() };
    for (from, days, provisional) in [
        ("2027-03-03 09:00", 2, true),
        ("2027-03-01 09:00", 2, false),
        ("2027-03-12 09:00", 1, true),
        ("2027-03-14 09:00", 1, false),
    ] {
        let place = office(Zone::Hebron);
        assert_eq!(
            promised(&calendar(vec![eid.clone()]), days, &place, hebron(from)).provisional,
            provisional,
            "{from}"
        );
        assert!(!promised(&calendar(vec![decreed.clone()]), days, &place, hebron(from)).provisional);
    }
}

#[test]
fn summer_time_is_the_tz_databases() {
    // Clocks go forward on 28 March 2026 and back on 24 October 2026, at night: the
    // office's day keeps its hours on the wall.
    for zone in [Zone::Hebron, Zone::Gaza] {
        let calendar = calendar(Vec::new());
        let place = office(zone);
        for (from, until) in [("2026-03-26 10:00", "2026-03-30 15:00"), ("2026-10-22 10:00", "2026-10-26 15:00")] {
            let promise = promised(&calendar, 2, &place, at(from, zone));
            assert_eq!(promise.due_at, at(until, zone), "{from}");
            assert_eq!(promise.due_at.local_minute(zone), until);
            let days = calendar.worked(&place, at(&from.replace("10:00", "15:00"), zone), promise.due_at);
            assert_eq!(days, 2 * DAY);
        }
        let (winter, summer) = (at("2026-03-26 15:00", zone), at("2026-03-30 15:00", zone));
        assert_eq!(summer.seconds_since(winter), 4 * 86_400 - 3_600, "an hour is missing in between");
    }
}

#[test]
fn a_clock_that_stands_still_uses_nothing_and_keeps_what_is_left() {
    let calendar = calendar(Vec::new());
    let place = office(Zone::Hebron);
    let mut promise = promised(&calendar, 2, &place, hebron("2026-11-24 15:00"));
    // Half a day is used.
    promise.pause(&calendar, hebron("2026-11-25 11:30"));
    assert_eq!((promise.used, promise.since, promise.next_at), (DAY / 2, None, None));
    // A week later a day and a half is left.
    promise.resume(&calendar, hebron("2026-12-02 11:30"));
    assert_eq!(promise.due_at, hebron("2026-12-03 15:00"));
    assert_eq!(promise.next_at, Some(hebron("2026-12-02 15:00")), "half of two days");
    // Asked and answered at night: nothing moved.
    promise.pause(&calendar, hebron("2026-12-02 20:00"));
    promise.resume(&calendar, hebron("2026-12-02 23:00"));
    assert_eq!(promise.due_at, hebron("2026-12-03 15:00"));
    promise.end(&calendar, hebron("2026-12-03 15:00"));
    assert!(promise.is_kept());
}

#[test]
fn minutes_are_on_the_walls_clock() {
    let calendar = calendar(Vec::new());
    let friday = hebron("2026-11-27 22:00");
    let mut promise = Promise::begin(&calendar, (Measure::Minutes, 10), office(Zone::Hebron), friday);
    assert_eq!(promise.due_at, friday.plus_seconds(600));
    promise.pause(&calendar, friday.plus_seconds(240));
    promise.resume(&calendar, friday.plus_seconds(86_400));
    assert_eq!(promise.due_at, friday.plus_seconds(86_400 + 360));
    let before = promise.clone();
    promise.plan_again(&Calendar::default());
    assert_eq!(promise, before, "no holiday moves minutes");
}

#[test]
fn marks_are_given_once_though_the_clock_jumps_back() {
    let calendar = calendar(Vec::new());
    let mut promise = promised(&calendar, 2, &office(Zone::Hebron), hebron("2026-11-24 15:00"));
    let times = [
        "2026-11-25 14:59",
        "2026-11-25 15:00",
        "2026-11-24 08:00",
        "2026-11-25 16:00",
        "2026-11-26 12:12",
        "2026-11-25 09:00",
    ];
    let given: Vec<Option<i64>> = times.iter().map(|text| promise.mark(&calendar, hebron(text))).collect();
    assert_eq!(given, [None, Some(50), None, None, Some(80), None]);
    // Far ahead: only the last; and back again: nothing.
    assert_eq!(promise.mark(&calendar, hebron("2027-11-26 12:00")), Some(100));
    assert_eq!((promise.mark(&calendar, hebron("2026-11-25 09:00")), promise.next_at), (None, None));
    assert_eq!(promise.level, 100);
}

#[test]
fn a_holiday_moves_what_runs_both_ways_and_leaves_what_stands_still() {
    let plain = calendar(Vec::new());
    let holiday = calendar(vec![entry(2, Content::Holiday, "all", ["2026-11-25", "2026-11-25"], Basis::Decreed)]);
    let place = office(Zone::Hebron);
    let mut running = promised(&plain, 2, &place, hebron("2026-11-24 10:00"));
    running.plan_again(&holiday);
    assert_eq!(running.due_at, hebron("2026-11-29 15:00"));
    running.plan_again(&plain);
    assert_eq!(running.due_at, hebron("2026-11-26 15:00"));
    // The day on which it began becomes free: the same days follow.
    let today = calendar(vec![entry(2, Content::Closure, "all", ["2026-11-24", "2026-11-24"], Basis::Decreed)]);
    running.plan_again(&today);
    assert_eq!(running.due_at, hebron("2026-11-26 15:00"));
    let mut waiting = promised(&plain, 2, &place, hebron("2026-11-24 10:00"));
    waiting.pause(&plain, hebron("2026-11-24 12:00"));
    let before = waiting.clone();
    waiting.plan_again(&holiday);
    assert_eq!(waiting, before);
}

#[test]
fn a_mark_never_moves_what_was_promised() {
    let plain = calendar(Vec::new());
    let holiday = calendar(vec![entry(2, Content::Holiday, "all", ["2026-11-25", "2026-11-25"], Basis::Decreed)]);
    let mut promise = promised(&plain, 2, &office(Zone::Hebron), hebron("2026-11-24 10:00"));
    // Decreed, and not planned yet.
    promise.mark(&holiday, hebron("2026-11-25 16:00"));
    assert_eq!(promise.due_at, hebron("2026-11-26 15:00"));
    promise.plan_again(&holiday);
    assert_eq!(promise.due_at, hebron("2026-11-29 15:00"));
}

#[test]
fn a_calendar_that_never_opens_answers() {
    let shut = calendar(vec![entry(2, Content::Closure, "all", ALWAYS, Basis::Decreed)]);
    let from = hebron("2026-11-24 10:00");
    let promise = promised(&shut, 2, &office(Zone::Hebron), from);
    assert_eq!(promise.due_at, from);
}

#[test]
fn strange_words_are_refused() {
    for text in ["8:00", "24:00", "08:60", "0800", "", "٠٨:٠٠", "08:00:00", "-1:00"] {
        assert_eq!(Minute::parse(text), None, "{text}");
    }
    for text in ["", "ALL", "governorate", "area:x"] {
        assert_eq!(Scope::parse(text), None, "{text}");
    }
}

/// Any week, with holidays, closures and hours strewn over four months.
fn any_calendar() -> impl Strategy<Value = Calendar> {
    let days = (0..120_i32, 0..6_i32, 0..4_u8);
    proptest::collection::vec(days, 0..12).prop_map(|strewn| {
        let start = day("2026-09-15");
        let strewn = strewn.into_iter().enumerate().map(|(number, (from, length, what))| {
            let content = match what {
                0 => Content::Holiday,
                1 => Content::Closure,
                2 => hours("09:00", "14:00"),
                _ => hours("10:15", "12:00"),
            };
            let first = start.plus_days(from);
            let (first, last) = (first.to_string(), first.plus_days(length).to_string());
            entry(number as u128 + 10, content, "all", [first.as_str(), last.as_str()], Basis::Computed)
        });
        calendar(strewn.collect())
    })
}

/// An instant of the same months.
fn instants() -> impl Strategy<Value = Timestamp> {
    (0..120 * 86_400_i64).prop_map(|seconds| day("2026-09-15").start(Zone::Utc).plus_seconds(seconds))
}

fn zones() -> impl Strategy<Value = Zone> {
    prop_oneof![Just(Zone::Hebron), Just(Zone::Gaza)]
}

proptest! {
    #[test]
    fn working_time_adds_up(calendar in any_calendar(), zone in zones(), mut times in proptest::array::uniform3(instants())) {
        times.sort();
        let (place, [from, middle, until]) = (office(zone), times);
        let parts = calendar.worked(&place, from, middle) + calendar.worked(&place, middle, until);
        let whole = calendar.worked(&place, from, until);
        prop_assert!(parts <= whole && whole - parts <= 1, "{parts} {whole}");
        prop_assert_eq!(calendar.worked(&place, until, from), if until == from { whole } else { 0 });
        prop_assert_eq!(calendar.worked(&place, from, from), 0);
    }

    #[test]
    fn what_comes_after_is_the_earliest(calendar in any_calendar(), zone in zones(), from in instants(), time in 1..40 * DAY) {
        let place = office(zone);
        let after = calendar.after(&place, from, time);
        let worked = calendar.worked(&place, from, after);
        prop_assert!(worked + SLACK >= time, "{worked} of {time}");
        // A second earlier it was less: a second of the shortest day is 13.7 seconds of a nominal one.
        let earlier = Timestamp::from_micros(after.as_micros() - 1_000_000);
        prop_assert!(calendar.worked(&place, from, earlier) < time);
        let date = after.date(zone);
        let (opens, closes) = calendar.hours(&place, date).expect("it ends on a working day");
        prop_assert!(opens.on(date, zone) <= after && after <= closes.on(date, zone));
    }

    #[test]
    fn a_promise_is_so_many_working_days(calendar in any_calendar(), zone in zones(), from in instants(), days in 1..20_u32) {
        let place = office(zone);
        let promise = promised(&calendar, days, &place, from);
        let (mut date, last, mut working) = (from.date(zone).plus_days(1), promise.due_at.date(zone), 0);
        while date <= last {
            working += u32::from(calendar.hours(&place, date).is_some());
            date = date.plus_days(1);
        }
        prop_assert_eq!(working, days);
        let (_, closes) = calendar.hours(&place, last).unwrap();
        prop_assert_eq!(promise.due_at, closes.on(last, zone));
    }

    #[test]
    fn pausing_never_costs_and_never_gains(calendar in any_calendar(), zone in zones(), from in instants(), days in 1..12_u32,
        pauses in proptest::collection::vec((0..200_000_i64, 0..900_000_i64), 0..6)) {
        let place = office(zone);
        let mut promise = promised(&calendar, days, &place, from);
        let (allowance, mut now, mut due) = (promise.allowance, from, promise.due_at);
        for (run, wait) in pauses {
            now = now.plus_seconds(run);
            promise.pause(&calendar, now);
            let used = promise.used;
            now = now.plus_seconds(wait);
            promise.resume(&calendar, now);
            prop_assert_eq!(promise.used, used);
            if used < allowance {
                prop_assert!(promise.due_at >= due, "a pause moves nothing earlier");
                let left = calendar.worked(&place, now, promise.due_at);
                prop_assert!((left - (allowance - used)).abs() <= 2 * SLACK + 20);
            }
            due = promise.due_at;
        }
        prop_assert_eq!(promise.allowance, allowance);
    }

    #[test]
    fn marks_rise_and_come_once(calendar in any_calendar(), from in instants(), days in 1..10_u32,
        times in proptest::collection::vec(instants(), 1..30)) {
        let mut promise = promised(&calendar, days, &office(Zone::Hebron), from);
        let mut given = Vec::new();
        for now in times {
            given.extend(promise.mark(&calendar, now));
            prop_assert!(promise.next_at.is_some() || promise.level == 100);
        }
        prop_assert!(given.windows(2).all(|pair| pair[0] < pair[1]), "{given:?}");
        prop_assert!(given.iter().all(|level| LEVELS.contains(level)));
    }

    #[test]
    fn planning_again_by_the_same_calendar_moves_nothing(calendar in any_calendar(), from in instants(), days in 1..10_u32, paused: bool) {
        let mut promise = promised(&calendar, days, &office(Zone::Gaza), from);
        if paused {
            promise.pause(&calendar, from.plus_seconds(30_000));
            promise.resume(&calendar, from.plus_seconds(90_000));
        }
        let before = promise.clone();
        promise.plan_again(&calendar);
        prop_assert_eq!(promise, before);
    }
}
