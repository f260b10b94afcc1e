//! The proofing queue: comparisons at counters that did not fit, until an
//! authentication officer has looked into them. Each look and decision is a leaf.

use audit::Leaf;
use base::{Locale, OfficerId, Timestamp};
use serde_json::json;
use store::{Ctx, Error, Key, Read, Row, Tx, params};

use crate::counter::{Comparison, load, sealed};
use crate::figures;
use crate::lock::{READ, reason_of, unit};
use crate::messages::Messages;
use crate::model::{COMPARISON, ComparisonId, Refusal, step};
use crate::security::{Owner, tell_in};
use crate::sql;

/// How long a decided comparison is kept, seconds.
const KEPT_SECONDS: i64 = 90 * 24 * 3_600;

/// A line of the queue: nothing of the person.
pub(crate) struct Line {
    pub(crate) id: ComparisonId,
    pub(crate) unit: String,
    pub(crate) cause: String,
    pub(crate) began_at: Timestamp,
}

/// How a doubt ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was explained: the person may come to a counter again.
    Cleared,
    /// Somebody else stood there, as far as can be known.
    Confirmed,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Confirmed => "confirmed",
        }
    }
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Cleared, Self::Confirmed].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What waits, oldest first, and what was decided, newest first.
pub(crate) fn queue(read: &mut Read<'_>) -> Result<[Vec<Line>; 2], Error> {
    let line = |row: &Row| Ok(Line { id: row.get(0)?, unit: row.get(1)?, cause: row.get(2)?, began_at: row.get(3)? });
    let waiting = read.rows(&sql::WAITING_COMPARISONS, &params![])?;
    let decided = read.rows(&sql::DECIDED_COMPARISONS, &params![])?;
    let lines = |rows: Vec<Row>| rows.iter().map(line).collect::<Result<Vec<_>, Error>>();
    Ok([lines(waiting)?, lines(decided)?])
}

fn object(there: &Comparison) -> String {
    there.account.map_or_else(|| format!("person:{}", there.person), |account| format!("account:{account}"))
}

/// A comparison of the queue; the look is recorded before it is shown.
pub(crate) async fn look(ctx: &Ctx, id: ComparisonId) -> Result<(Comparison, Option<OfficerId>), Refusal> {
    let unit = unit(&ctx.actor).to_owned();
    ctx.write(Key::once(ctx), move |tx| {
        let there = queued(tx, id)?;
        let leaf = Leaf::new(READ, object(&there)).about(there.person);
        audit::record_in(tx, &leaf.with(json!({ "unit": unit })))?;
        Ok::<_, Refusal>(())
    })
    .await?;
    ctx.read(move |read| {
        let there = load(read, id)?;
        let decided = read.row(&sql::COMPARISON, &params![id])?.map(|row| row.get(10)).transpose()?.flatten();
        Ok((there, decided))
    })
    .await
}

/// One that reached the queue.
fn queued(tx: &mut Tx<'_>, id: ComparisonId) -> Result<Comparison, Refusal> {
    let there = load(tx, id)?;
    let reached = matches!(there.stage.as_str(), "waiting" | "cleared" | "confirmed");
    if reached { Ok(there) } else { Err(Refusal::Gone) }
}

/// An authentication officer decides; whoever compared does not.
pub(crate) async fn decide(
    ctx: &Ctx,
    key: Key,
    id: ComparisonId,
    outcome: Outcome,
    reason: &str,
) -> Result<(), Refusal> {
    let (officer, reason) = (ctx.actor.officer().ok_or(Refusal::Gone)?, reason_of(reason)?);
    let seconds = ctx
        .write(key, move |tx| {
            let now = tx.now();
            let mut there = queued(tx, id)?;
            if there.officer == officer {
                return Err(Refusal::OwnProposal);
            }
            let stage = step(&COMPARISON, &there.stage, outcome.as_str())?;
            there.data.decision.clone_from(&reason);
            let (data, until) = (sealed(tx, there.person, &there.data)?, now.plus_seconds(KEPT_SECONDS));
            tx.execute_one(&sql::DECIDE_COMPARISON, &params![stage, officer, now, until, data, id, there.stage])?;
            let leaf = Leaf::new("identity.doubt_decided", object(&there)).about(there.person);
            audit::record_in(tx, &leaf.with(json!({ "outcome": stage, "reason": reason })))?;
            if let Some(account) = there.account {
                let title = match outcome {
                    Outcome::Cleared => Messages::doubt_cleared_title,
                    Outcome::Confirmed => Messages::doubt_confirmed_title,
                };
                let owner = Owner { account, person: there.person };
                tell_in(tx, owner, "identity.doubt_decided", Locale::AR, [title, Messages::doubt_decided_next])?;
            }
            Ok::<_, Refusal>(now.seconds_since(there.began_at))
        })
        .await?;
    figures::count_decided(ctx, seconds).await;
    Ok(())
}
