//! Counters of tries that survive a restart: so many in a window, then wait.
//! Each hit is its own short write, apart from the act it guards.

use store::{Ctx, Error, Key, params};

use crate::sql;

/// Whether a try may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throttle {
    /// Go on.
    Allowed,
    /// Wait so many seconds.
    Wait(u32),
}

impl Throttle {
    /// `Ok`, or the problem “too many, wait”.
    ///
    /// # Errors
    /// [`crate::Problem::too_many`].
    pub fn or_problem(self) -> Result<(), crate::Problem> {
        match self {
            Self::Allowed => Ok(()),
            Self::Wait(seconds) => Err(crate::Problem::too_many(seconds)),
        }
    }
}

/// Counts a try of `value` (a phone, an account, an address: only its blind
/// index is stored) under `name`, and says whether it is within `limit` tries
/// in `window_seconds` from the first one.
///
/// # Errors
/// The store's.
pub async fn hit(ctx: &Ctx, name: &str, value: &str, limit: u32, window_seconds: u32) -> Result<Throttle, Error> {
    let key = index(ctx, name, value);
    ctx.write(Key::once(ctx), move |tx| {
        let now = tx.now();
        let row = tx.row(&sql::THROTTLE, &params![key])?;
        let known: Option<(i64, base::Timestamp)> = match &row {
            Some(row) => Some((row.get(0)?, row.get(1)?)),
            None => None,
        };
        let fresh_end = now.plus_seconds(i64::from(window_seconds));
        let (statement, hits, ends_at) = match known {
            None => (&sql::INSERT_THROTTLE, 1, fresh_end),
            Some((_, ends_at)) if ends_at <= now => (&sql::UPDATE_THROTTLE, 1, fresh_end),
            Some((hits, ends_at)) if hits < i64::from(limit) => (&sql::UPDATE_THROTTLE, hits + 1, ends_at),
            Some((_, ends_at)) => {
                let seconds = ends_at.seconds_since(now).clamp(0, i64::from(window_seconds)) + 1;
                return Ok(u32::try_from(seconds).unwrap_or(window_seconds));
            }
        };
        if limit == 0 {
            return Ok(window_seconds.max(1));
        }
        tx.execute_one(statement, &params![key, hits, ends_at])?;
        Ok(0)
    })
    .await
    .map(|wait_seconds: u32| if wait_seconds == 0 { Throttle::Allowed } else { Throttle::Wait(wait_seconds) })
}

/// Forgets the tries, after a success.
///
/// # Errors
/// The store's.
pub async fn clear(ctx: &Ctx, name: &str, value: &str) -> Result<(), Error> {
    let key = index(ctx, name, value);
    ctx.write(Key::once(ctx), move |tx| tx.execute(&sql::DELETE_THROTTLE, &params![key]).map(drop)).await
}

fn index(ctx: &Ctx, name: &str, value: &str) -> Vec<u8> {
    ctx.db.blind("web.throttle", &format!("{name}\u{0}{value}"))
}
