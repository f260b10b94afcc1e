//! Who changes the calendar: an officer of the quality office proposes what a
//! decree says, another confirms it, and from that commit on it holds: on the
//! offices' pages at once, for the promises of open cases by a job.
//!
//! Invariant: no entry comes into force by one officer alone.

use audit::Leaf;
use base::{CalendarEntryId, Date, OfficerId, Timestamp, Zone};
use catalogue::Catalogue;
use catalogue::calendar::{Basis, Calendar, Content, Entry, Minute, Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Row, Tx, params};
use web::Transitions;

use crate::{promise, sql};

/// Longest name of an entry, and longest number of a decree, characters.
pub const NAME: usize = 120;
/// Longest number of a decree, characters.
pub const NUMBER: usize = 40;
/// A closure may be written down so many days after it happened.
const BACK_DAYS: i32 = 30;
/// Nothing is decreed further ahead, days.
const AHEAD_DAYS: i32 = 800;
/// Days that one holiday may last; closures and hours last as long as needed.
const HOLIDAY_DAYS: i32 = 30;
/// Entries that one look reads at most.
const MOST: i64 = 1_000;

/// How an entry gets from a proposal into force, and out of it.
pub const DECREE: Transitions = Transitions {
    name: "services.decree",
    start: "proposed",
    edges: &[
        ("proposed", "approve", "in-force"),
        ("proposed", "end", "ended"),
        ("proposed", "reject", "rejected"),
        ("proposed", "withdraw", "withdrawn"),
        ("proposed", "overtake", "overtaken"),
        ("in-force", "replace", "replaced"),
    ],
};

/// What a decree says, as it was typed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What it sets.
    pub content: Content,
    /// For whom.
    pub scope: Scope,
    /// The first day.
    pub first: Date,
    /// The last day, too.
    pub last: Date,
    /// What it is called, in Arabic and in English.
    pub names: [String; 2],
    /// The decree's number and date.
    pub decree: (String, Date),
}

/// The calendar said no.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// There is no such entry, or it does not hold or wait any more.
    #[error("there is no such entry of the calendar now")]
    Gone,
    /// Whoever proposed may not confirm.
    #[error("another officer confirms")]
    Own,
    /// This part is missing, or cannot be.
    #[error("{0} is missing or cannot be")]
    Wrong(&'static str),
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// How a confirmation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decided {
    /// It holds.
    InForce,
    /// What it was to replace has changed meanwhile: nothing holds.
    Overtaken,
}

/// An entry with how it came.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What it says.
    pub entry: Entry,
    /// Whether it only ends what it replaces.
    pub ends: bool,
    /// What it replaces.
    pub replaces: Option<CalendarEntryId>,
    /// A stage of [`DECREE`].
    pub stage: String,
    /// Who proposed it; nobody, where the demo began with it.
    pub proposed_by: Option<OfficerId>,
    /// When.
    pub proposed_at: Timestamp,
    /// Who decided.
    pub decided_by: Option<OfficerId>,
    /// When.
    pub decided_at: Option<Timestamp>,
}

/// Proposes an entry, or another one in the place of one that holds.
///
/// # Errors
/// What was typed cannot be, or what is to be replaced does not hold.
pub async fn propose(
    ctx: &Ctx,
    key: Key,
    catalogue: &std::sync::Arc<Catalogue>,
    draft: Draft,
    replaces: Option<CalendarEntryId>,
) -> Result<CalendarEntryId, Refusal> {
    let catalogue = std::sync::Arc::clone(catalogue);
    ctx.write(key, move |tx| {
        check_scope(&catalogue, &draft.scope)?;
        let mut entry = Entry {
            id: tx.mint(),
            content: draft.content.clone(),
            scope: draft.scope.clone(),
            first: draft.first,
            last: draft.last,
            basis: Basis::Decreed,
            hijri: None,
            names: draft.names.clone().map(|name| name.trim().to_owned()),
            decree: Some((draft.decree.0.trim().to_owned(), draft.decree.1)),
            sample: false,
        };
        let former = replaces.map(|id| in_force(tx, id)).transpose()?;
        if let Some(former) = &former {
            if former.content.kind() != entry.content.kind() {
                return Err(Refusal::Gone);
            }
            entry.scope = former.scope.clone();
            entry.hijri.clone_from(&former.hijri);
        }
        check(&entry, former.as_ref(), tx.now().date(Zone::Hebron))?;
        propose_in(tx, &entry, replaces, false)
    })
    .await
}

/// Proposes that an entry holds no more.
///
/// # Errors
/// It does not hold, is over already, or no decree is named.
pub async fn propose_end(
    ctx: &Ctx,
    key: Key,
    id: CalendarEntryId,
    decree: (String, Date),
) -> Result<CalendarEntryId, Refusal> {
    ctx.write(key, move |tx| {
        let former = in_force(tx, id)?;
        let decree = (decree.0.trim().to_owned(), decree.1);
        let entry = Entry { id: tx.mint(), decree: Some(decree), basis: Basis::Decreed, sample: false, ..former };
        check_end(&entry, tx.now().date(Zone::Hebron))?;
        propose_in(tx, &entry, Some(id), true)
    })
    .await
}

fn propose_in(
    tx: &mut Tx<'_>,
    entry: &Entry,
    replaces: Option<CalendarEntryId>,
    ends: bool,
) -> Result<CalendarEntryId, Refusal> {
    let by = tx.actor().officer().ok_or(Refusal::Gone)?;
    insert_in(tx, entry, (replaces, ends), DECREE.start, Some(by))?;
    record_in(tx, "services.calendar_proposed", entry, ends)?;
    Ok(entry.id)
}

/// Another officer confirms: the entry holds from this commit on, and the
/// promises of open cases are planned again.
///
/// # Errors
/// It does not wait, it is one's own, or its days have passed meanwhile.
pub async fn approve(ctx: &Ctx, key: Key, id: CalendarEntryId) -> Result<Decided, Refusal> {
    ctx.write(key, move |tx| {
        let mut there = waiting(tx, id)?;
        if there.proposed_by.is_none() || there.proposed_by == tx.actor().officer() {
            return Err(Refusal::Own);
        }
        let today = tx.now().date(Zone::Hebron);
        let former = there.replaces.map(|id| entry(tx, id)).transpose()?.flatten();
        if former.as_ref().is_some_and(|former| former.stage != "in-force" || former.entry.last < today) {
            decide_in(tx, &there, "overtake", "services.calendar_overtaken")?;
            return Ok(Decided::Overtaken);
        }
        if there.ends {
            check_end(&there.entry, today)?;
        } else {
            check(&there.entry, former.as_ref().map(|former| &former.entry), today)?;
        }
        if let Some(former) = &former {
            replace_in(tx, former, &mut there.entry, today)?;
        }
        let event = if there.ends { "end" } else { "approve" };
        decide_in(tx, &there, event, "services.calendar_approved")?;
        promise::plan_again_in(tx, id)?;
        Ok(Decided::InForce)
    })
    .await
}

/// What has begun stays as it was until yesterday, and what replaces it begins
/// today: nobody's past days become others.
fn replace_in(tx: &mut Tx<'_>, former: &Kept, entry: &mut Entry, today: Date) -> Result<(), Refusal> {
    if former.entry.first >= today {
        return step_in(tx, former, "replace");
    }
    entry.first = entry.first.max(today);
    tx.execute_one(&sql::SHORTEN_ENTRY, &params![today.plus_days(-1), former.entry.id])?;
    Ok(tx.execute_one(&sql::START_ENTRY, &params![entry.first, entry.id])?)
}

/// Another officer does not confirm, or whoever proposed takes it back.
///
/// # Errors
/// It does not wait.
pub async fn refuse(ctx: &Ctx, key: Key, id: CalendarEntryId) -> Result<(), Refusal> {
    ctx.write(key, move |tx| {
        let there = waiting(tx, id)?;
        let own = there.proposed_by == tx.actor().officer();
        let (event, act) =
            if own { ("withdraw", "services.calendar_withdrawn") } else { ("reject", "services.calendar_rejected") };
        decide_in(tx, &there, event, act)
    })
    .await
}

/// What must hold of every entry before it waits, and again before it holds.
fn check(entry: &Entry, former: Option<&Entry>, today: Date) -> Result<(), Refusal> {
    let within = |text: &str, most: usize| !text.is_empty() && text.chars().count() <= most;
    if !entry.names.iter().all(|name| within(name, NAME)) {
        return Err(Refusal::Wrong("name"));
    }
    check_decree(entry, today)?;
    // What has begun may go on: the change holds from today.
    let begun = former.is_some_and(|former| former.first == entry.first);
    let earliest = if entry.content == Content::Closure { today.plus_days(-BACK_DAYS) } else { today };
    if entry.first < earliest && !begun {
        return Err(Refusal::Wrong("first"));
    }
    let ends = matches!(entry.content, Content::Weekend(_));
    let longest = if entry.content == Content::Holiday { HOLIDAY_DAYS } else { AHEAD_DAYS };
    let latest = today.plus_days(AHEAD_DAYS).min(entry.first.plus_days(longest));
    if entry.last < entry.first || former.is_some_and(|_| entry.last < today) || (!ends && entry.last > latest) {
        return Err(Refusal::Wrong("last"));
    }
    match &entry.content {
        Content::Hours(opens, closes) if opens >= closes => Err(Refusal::Wrong("hours")),
        Content::Weekend(free) if free.is_empty() || free.len() > 3 => Err(Refusal::Wrong("weekdays")),
        _ => Ok(()),
    }
}

fn check_end(entry: &Entry, today: Date) -> Result<(), Refusal> {
    // What is over was relied on; an end in its middle is another last day.
    if entry.last < today {
        return Err(Refusal::Wrong("last"));
    }
    check_decree(entry, today)
}

fn check_decree(entry: &Entry, today: Date) -> Result<(), Refusal> {
    match &entry.decree {
        Some((number, _)) if number.is_empty() || number.chars().count() > NUMBER => Err(Refusal::Wrong("decree")),
        Some((_, day)) if *day > today => Err(Refusal::Wrong("decree_day")),
        Some(_) => Ok(()),
        None => Err(Refusal::Wrong("decree")),
    }
}

fn check_scope(catalogue: &Catalogue, scope: &Scope) -> Result<(), Refusal> {
    let known = match scope {
        Scope::All => true,
        Scope::Governorate(code) => catalogue.governorates().iter().any(|area| area.code == *code),
        Scope::Office(key) => catalogue.offices().iter().any(|office| office.key == *key),
    };
    if known { Ok(()) } else { Err(Refusal::Wrong("scope")) }
}

fn waiting(tx: &mut Tx<'_>, id: CalendarEntryId) -> Result<Kept, Refusal> {
    entry(tx, id)?.filter(|kept| kept.stage == DECREE.start).ok_or(Refusal::Gone)
}

fn in_force(tx: &mut Tx<'_>, id: CalendarEntryId) -> Result<Entry, Refusal> {
    Ok(entry(tx, id)?.filter(|kept| kept.stage == "in-force").ok_or(Refusal::Gone)?.entry)
}

fn step_in(tx: &mut Tx<'_>, there: &Kept, event: &'static str) -> Result<(), Refusal> {
    let stage = DECREE.next(&there.stage, event).ok_or(Refusal::Gone)?;
    Ok(tx.execute_one(&sql::STEP_ENTRY, &params![stage, there.entry.id, there.stage])?)
}

fn decide_in(tx: &mut Tx<'_>, there: &Kept, event: &'static str, act: &'static str) -> Result<(), Refusal> {
    let by = tx.actor().officer().ok_or(Refusal::Gone)?;
    step_in(tx, there, event)?;
    let now = tx.now();
    tx.execute_one(&sql::DECIDE_ENTRY, &params![by, now, there.entry.id])?;
    record_in(tx, act, &there.entry, there.ends).map_err(Refusal::from)
}

fn record_in(tx: &mut Tx<'_>, act: &'static str, entry: &Entry, ends: bool) -> Result<(), Error> {
    let [ar, en] = &entry.names;
    let detail = json!({
        "kind": entry.content.kind(), "scope": entry.scope.text(), "ends": ends,
        "first": entry.first.to_string(), "last": entry.last.to_string(), "name": { "ar": ar, "en": en },
        "decree": entry.decree.as_ref().map(|(number, day)| format!("{number} ({day})")),
    });
    audit::record_in(tx, &Leaf::new(act, format!("calendar:{}", entry.id)).with(detail)).map(drop)
}

/// What a demo begins with holds without a decree.
pub(super) fn begin_in(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), Error> {
    insert_in(tx, entry, (None, false), "in-force", None)?;
    let now = tx.now();
    tx.execute_one(&sql::BEGIN_ENTRY, &params![now, entry.id])
}

fn insert_in(
    tx: &mut Tx<'_>,
    entry: &Entry,
    (replaces, ends): (Option<CalendarEntryId>, bool),
    stage: &str,
    by: Option<OfficerId>,
) -> Result<(), Error> {
    let (opens, closes) = match entry.content {
        Content::Hours(opens, closes) => (Some(opens.to_string()), Some(closes.to_string())),
        _ => (None, None),
    };
    let weekdays = match &entry.content {
        Content::Weekend(free) => Some(days_text(free)),
        _ => None,
    };
    let (decree, decree_day) = entry.decree.clone().unzip();
    let now = tx.now();
    tx.execute_one(
        &sql::INSERT_ENTRY,
        &params![
            entry.id,
            entry.content.kind(),
            if ends { "end" } else { "set" },
            entry.scope.text(),
            entry.first,
            entry.last,
            entry.basis.as_str(),
            entry.hijri,
            opens,
            closes,
            weekdays,
            entry.names[0],
            entry.names[1],
            decree,
            decree_day,
            entry.sample,
            replaces,
            stage,
            by,
            now
        ],
    )
}

/// `5,6`.
pub(crate) fn days_text(days: &[i8]) -> String {
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Reads `5,6`.
pub(crate) fn days_of(text: &str) -> Option<Vec<i8>> {
    let days = text.split(',').map(|day| day.parse().ok().filter(|day| (1..=7).contains(day)));
    days.collect()
}

/// An entry, whatever its stage.
///
/// # Errors
/// The store's.
pub fn entry(read: &mut Read<'_>, id: CalendarEntryId) -> Result<Option<Kept>, Error> {
    read.row(&sql::ENTRY, &params![id])?.as_ref().map(read_row).transpose()
}

/// The entries in force that hold on some day from this one on.
///
/// # Errors
/// The store's.
pub fn calendar(read: &mut Read<'_>, from: Date) -> Result<Calendar, Error> {
    let rows = read.rows(&sql::ENTRIES_FROM, &params!["in-force", from, MOST])?;
    let entries = rows.iter().map(|row| read_row(row).map(|kept| kept.entry));
    Ok(Calendar::new(entries.collect::<Result<_, _>>()?))
}

/// Proposals that wait, oldest first, and the latest that were decided.
///
/// # Errors
/// The store's.
pub fn proposals(read: &mut Read<'_>) -> Result<[Vec<Kept>; 2], Error> {
    let waiting = read.rows(&sql::WAITING_ENTRIES, &params![DECREE.start])?;
    let decided = read.rows(&sql::DECIDED_ENTRIES, &params![])?;
    let kept = |rows: Vec<Row>| rows.iter().map(read_row).collect::<Result<Vec<_>, _>>();
    Ok([kept(waiting)?, kept(decided)?])
}

/// Changes whenever the calendar does.
///
/// # Errors
/// The store's.
pub fn version(read: &mut Read<'_>) -> Result<i64, Error> {
    read.row(&sql::CALENDAR_VERSION, &params![])?.map_or(Ok(0), |row| row.get(0))
}

fn read_row(row: &Row) -> Result<Kept, Error> {
    let corrupt = || Error::Corrupt("an entry of the calendar".to_owned());
    let text = |column| row.get::<Option<String>>(column);
    let minute = |column| Ok::<_, Error>(text(column)?.as_deref().and_then(Minute::parse));
    let content = match row.get::<String>(1)?.as_str() {
        "weekend" => Content::Weekend(text(10)?.as_deref().and_then(days_of).ok_or_else(corrupt)?),
        "holiday" => Content::Holiday,
        "hours" => {
            let (opens, closes) = minute(8)?.zip(minute(9)?).ok_or_else(corrupt)?;
            Content::Hours(opens, closes)
        }
        "closure" => Content::Closure,
        _ => return Err(corrupt()),
    };
    let decree: Option<Date> = row.get(14)?;
    let entry = Entry {
        id: row.get(0)?,
        content,
        scope: Scope::parse(&row.get::<String>(3)?).ok_or_else(corrupt)?,
        first: row.get(4)?,
        last: row.get(5)?,
        basis: Basis::parse(&row.get::<String>(6)?).ok_or_else(corrupt)?,
        hijri: row.get(7)?,
        names: [row.get(11)?, row.get(12)?],
        decree: text(13)?.zip(decree),
        sample: row.get(15)?,
    };
    Ok(Kept {
        entry,
        ends: row.get::<String>(2)? == "end",
        replaces: row.get(16)?,
        stage: row.get(17)?,
        proposed_by: row.get(18)?,
        proposed_at: row.get(19)?,
        decided_by: row.get(20)?,
        decided_at: row.get(21)?,
    })
}
