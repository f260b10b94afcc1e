//! Figures by day, service, step, channel and language: never by person.

use base::{Actor, Date, Locale, Zone};
use store::{Ctx, Error, Key, Read, Tx, params};

use crate::sql;

/// Longest detail that is kept, characters: a search's words, cut.
const DETAIL_CHARS: usize = 60;

/// One line of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The day, on Hebron's clocks.
    pub day: Date,
    /// What: `search_empty`.
    pub event: String,
    /// Which service, or empty.
    pub service: String,
    /// More of what.
    pub detail: String,
    /// By which channel: `web` for people, `desk` for officers, `system` for what happens by itself.
    pub channel: String,
    /// In which language.
    pub language: String,
    /// How many.
    pub total: u64,
}

/// Counts one more.
pub(crate) async fn count(ctx: &Ctx, event: &'static str, service: &str, detail: &str) -> Result<(), Error> {
    let (service, detail, locale) = (service.to_owned(), detail.to_owned(), ctx.locale);
    ctx.write(Key::once(ctx), move |tx| count_in(tx, event, &service, &detail, locale)).await
}

/// Counts one more in the caller's commit.
pub(crate) fn count_in(
    tx: &mut Tx<'_>,
    event: &'static str,
    service: &str,
    detail: &str,
    locale: Locale,
) -> Result<(), Error> {
    let (day, detail) = (tx.now().date(Zone::Hebron), detail.chars().take(DETAIL_CHARS).collect::<String>());
    let channel = channel(tx.actor());
    tx.execute_one(&sql::COUNT, &params![day, event, service, detail, channel, locale.tag()])
}

const fn channel(actor: &Actor) -> &'static str {
    match actor {
        Actor::Officer { .. } => "desk",
        Actor::Machine(_) => "system",
        _ => "web",
    }
}

/// What was counted from a day on, at most a thousand lines.
///
/// # Errors
/// The store's.
pub fn counts(read: &mut Read<'_>, from: Date) -> Result<Vec<Counted>, Error> {
    let rows = read.rows(&sql::COUNTS, &params![from])?;
    let counted = rows.iter().map(|row| {
        Ok(Counted {
            day: row.get(0)?,
            event: row.get(1)?,
            service: row.get(2)?,
            detail: row.get(3)?,
            channel: row.get(4)?,
            language: row.get(5)?,
            total: row.get(6)?,
        })
    });
    counted.collect()
}
