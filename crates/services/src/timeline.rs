//! The timeline: what happened to a case, each line with its leaf, and what the
//! person is told of it.

mod kind;

use audit::{Leaf, LeafId};
use base::{Actor, Locale, PersonId, Timestamp, Zone};
use notify::Notice;
use serde_json::Value;
use store::{Error, Read, Tx, params};

use crate::case::Case;
use crate::messages::Messages;
use crate::sql;

pub use kind::Kind;

const NOTE: &str = "services_event.note";

/// A line as pages show it.
#[derive(Debug, Clone)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: Kind,
    /// Who: kind and id.
    pub actor: String,
    /// What was said with it: a question, a reason.
    pub note: Option<String>,
    /// For its receipt.
    pub leaf: LeafId,
}

/// Adds a line with its leaf in the caller's commit, and tells the person what
/// is news to them.
pub(crate) fn add_in(
    tx: &mut Tx<'_>,
    case: &Case,
    kind: Kind,
    note: Option<&str>,
    detail: Value,
) -> Result<LeafId, Error> {
    let leaf = audit::record_in(tx, &Leaf::new(kind.act(), case.object()).about(case.person).with(detail))?;
    let sealed = note.map(|note| tx.seal_text(case.person, NOTE, note)).transpose()?;
    let (now, actor) = (tx.now(), tx.actor().reference());
    let position: i64 = tx.row(&sql::COUNT_EVENTS, &params![case.id])?.map_or(Ok(0), |row| row.get(0))?;
    tx.execute_one(&sql::INSERT_EVENT, &params![case.id, position, now, kind.act(), actor, sealed, leaf])?;
    if kind.is_news() {
        tell_in(tx, case, kind, note)?;
        tell_agent_in(tx, case, kind)?;
    }
    if let Actor::Agent { agent, .. } = tx.actor().clone() {
        tell_of_agent_in(tx, case, kind, agent)?;
    }
    Ok(leaf)
}

/// What somebody else did in a person's name: they are told when it is sent,
/// taken back or answered.
fn tell_of_agent_in(tx: &mut Tx<'_>, case: &Case, kind: Kind, agent: PersonId) -> Result<(), Error> {
    if !matches!(kind, Kind::Submitted | Kind::Answered | Kind::Withdrawn | Kind::DeliveryChanged) {
        return Ok(());
    }
    let name = identity::display_name(tx, agent)?;
    let named = |locale: Locale| {
        let parts = name.as_ref().map(|name| if locale == Locale::EN { &name.latin } else { &name.arabic });
        let words = || Messages::new(locale).who_other().to_owned();
        parts.map_or_else(words, |parts| format!("{} {}", parts[0], parts[3]))
    };
    let m = Messages::new;
    notify::notice_in(
        tx,
        &Notice {
            person: case.person,
            topic: kind.act(),
            about: case.object(),
            link: format!("/cases/{}", case.id),
            title: Locale::all().map(|locale| kind.text(m(locale)).to_owned()).collect(),
            body: Locale::all().map(|locale| m(locale).notice_by_agent(named(locale))).collect(),
            short: m(case.locale).notice_short().to_owned(),
        },
    )
}

/// News of a case that somebody sent for another goes to them too, as long as
/// their mandate holds. Their inbox says only that there is some.
fn tell_agent_in(tx: &mut Tx<'_>, case: &Case, kind: Kind) -> Result<(), Error> {
    let row = tx.row(&sql::SENT_BY, &params![case.id, Kind::Submitted.act()])?;
    let sender: Option<String> = row.map(|row| row.get(0)).transpose()?;
    let sender = sender.and_then(|actor| actor.strip_prefix("person:")?.parse::<PersonId>().ok());
    let Some(agent) = sender.filter(|sender| *sender != case.person) else { return Ok(()) };
    let today = tx.now().date(Zone::Hebron);
    if !identity::acts_for(tx, agent, case.person, &case.service, today)? {
        return Ok(());
    }
    let m = Messages::new;
    notify::notice_in(
        tx,
        &Notice {
            person: agent,
            topic: kind.act(),
            about: case.object(),
            link: "/account/acting".to_owned(),
            title: Locale::all().map(|locale| kind.text(m(locale)).to_owned()).collect(),
            body: Locale::all().map(|locale| m(locale).notice_as_agent().to_owned()).collect(),
            short: m(case.locale).notice_short().to_owned(),
        },
    )
}

fn tell_in(tx: &mut Tx<'_>, case: &Case, kind: Kind, note: Option<&str>) -> Result<(), Error> {
    let each = |text: &dyn Fn(Messages) -> String| Locale::all().map(|locale| text(Messages::new(locale))).collect();
    let body = |m: Messages| note.map_or_else(|| m.notice_more().to_owned(), str::to_owned);
    notify::notice_in(
        tx,
        &Notice {
            person: case.person,
            topic: kind.act(),
            about: case.object(),
            link: format!("/cases/{}", case.id),
            title: each(&|m| kind.text(m).to_owned()),
            body: each(&body),
            short: Messages::new(case.locale).notice_short().to_owned(),
        },
    )
}

/// The timeline of a case, oldest first.
pub(crate) fn lines(read: &mut Read<'_>, case: &Case) -> Result<Vec<Line>, Error> {
    let person: PersonId = case.person;
    let rows = read.rows(&sql::EVENTS, &params![case.id])?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let note = match row.get::<Option<Vec<u8>>>(3)? {
            Some(sealed) => Some(read.open_text(person, NOTE, &sealed)?),
            None => None,
        };
        lines.push(Line {
            at: row.get(0)?,
            kind: Kind::parse(&row.get::<String>(1)?)?,
            actor: row.get(2)?,
            note,
            leaf: row.get(4)?,
        });
    }
    Ok(lines)
}
