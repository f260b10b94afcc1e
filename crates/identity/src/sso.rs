//! The provider's own session: signing in once is enough for every service.
//! The cookie holds a token; the row is found by its hash.

use base::{Assurance, OfficerId, Timestamp};
use http::header::{HeaderMap, HeaderValue};
use store::{Ctx, Error, Read, Row, Tx, params};
use web::cookie::{read_cookie, set_cookie};
use web::session::{OFFICER_IDLE_SECONDS, OFFICER_SECONDS_MAX};

use crate::model::{Method, Refusal, SESSION, SsoId, step};
use crate::sql;

/// A citizen's session ends after this without a request, seconds; an officer's
/// as soon as the desk's.
pub const IDLE_SECONDS: i64 = 15 * 60;
/// A citizen's session ends after this in any case, seconds; an officer's as soon
/// as the desk's.
pub const SECONDS_MAX: i64 = 12 * 3_600;
/// Use is written down at most this often, seconds.
const TOUCH_SECONDS: i64 = 60;

/// A session that holds.
#[derive(Debug, Clone)]
pub(crate) struct Sso {
    pub(crate) id: SsoId,
    pub(crate) holder: String,
    pub(crate) level: Assurance,
    pub(crate) proven_at: Timestamp,
    seen_at: Timestamp,
}

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-hukumati-id" } else { "hukumati-id" }
}

/// The cookie of a session.
pub(crate) fn cookie(ctx: &Ctx, id: SsoId, secure: bool) -> Option<HeaderValue> {
    set_cookie(cookie_name(secure), &token(ctx, id), SECONDS_MAX, secure)
}

/// The cookie that ends it in the browser.
pub(crate) fn no_cookie(secure: bool) -> Option<HeaderValue> {
    set_cookie(cookie_name(secure), "", 0, secure)
}

/// The token of a session: derived, so that an act that is sent twice hands out
/// the same one. 256 bits under the key file.
fn token(ctx: &Ctx, id: SsoId) -> String {
    openid::secret::text(&openid::secret::of(|domain, value| ctx.db.blind(domain, value), "session", &id.to_string()))
}

/// Begins a session in the caller's commit.
pub(crate) fn begin_in(
    tx: &mut Tx<'_>,
    holder: &str,
    level: Assurance,
    methods: &[Method],
    [device, network]: [&str; 2],
) -> Result<SsoId, Error> {
    let (id, now): (SsoId, _) = (tx.mint(), tx.now());
    let token =
        openid::secret::text(&openid::secret::of(|domain, value| tx.blind(domain, value), "session", &id.to_string()));
    let hash = seal::digest::sha256(token.as_bytes());
    let methods = Method::join(methods);
    let ends_at = now.plus_seconds(if is_officers(holder) { OFFICER_SECONDS_MAX } else { SECONDS_MAX });
    tx.execute_one(
        &sql::INSERT_SESSION,
        &params![id, hash, holder, level.as_str(), methods, now, ends_at, device, network],
    )?;
    Ok(id)
}

/// Ends a session and what was given under it, and tells the clients; not those
/// of somebody who only signs in anew, as `next` says.
pub(crate) fn end_in(tx: &mut Tx<'_>, id: SsoId, why: &'static str, next: Option<&str>) -> Result<(), Refusal> {
    let Some(row) = tx.row(&sql::SESSION, &params![id])? else { return Ok(()) };
    let (holder, stage): (String, String) = (row.get(0)?, row.get(4)?);
    if stage == "ended" {
        return Ok(());
    }
    step(&SESSION, &stage, why)?;
    if next != Some(holder.as_str()) {
        crate::back_channel::tell_in(tx, id, &holder)?;
    }
    let now = tx.now();
    tx.execute(&sql::END_SESSION, &params![now, id])?;
    tx.execute(&sql::REVOKE_OF_SESSION, &params![id])?;
    Ok(())
}

/// What a session has shown; nothing when it is gone.
pub(crate) fn level(read: &mut Read<'_>, id: SsoId) -> Result<Assurance, Error> {
    let row = read.row(&sql::SESSION, &params![id])?;
    let level: Option<String> = row.map(|row| row.get(1)).transpose()?;
    Ok(level.as_deref().and_then(Assurance::parse).unwrap_or(Assurance::Low))
}

fn is_officers(holder: &str) -> bool {
    holder.starts_with("officer:")
}

/// The hash of the token in this browser's cookie.
fn token_of(headers: &HeaderMap, secure: bool) -> Option<[u8; 32]> {
    let token = read_cookie(headers, cookie_name(secure)).filter(|token| token.len() == 43)?;
    Some(seal::digest::sha256(token.as_bytes()))
}

/// The session of this browser, if it holds.
pub(crate) async fn current(ctx: &Ctx, headers: &HeaderMap, secure: bool) -> Result<Option<Sso>, Error> {
    let Some(hash) = token_of(headers, secure) else { return Ok(None) };
    let now = ctx.now();
    let found = ctx.read(move |read| by_token(read, &hash, now)).await?;
    let Some(Found::Holds(sso)) = found else { return Ok(None) };
    if now.seconds_since(sso.seen_at) >= TOUCH_SECONDS {
        let id = sso.id;
        let key = store::Key::once(ctx);
        ctx.write(key, move |tx| tx.execute(&sql::TOUCH_SESSION, &params![now, id]).map(drop)).await?;
    }
    Ok(Some(sso))
}

/// The officer whose desk locked itself in this browser, and their session: it
/// admits nobody, and says who may open it with one touch.
pub(crate) async fn locked(ctx: &Ctx, headers: &HeaderMap, secure: bool) -> Result<Option<(SsoId, OfficerId)>, Error> {
    let Some(hash) = token_of(headers, secure) else { return Ok(None) };
    let now = ctx.now();
    let found = ctx.read(move |read| by_token(read, &hash, now)).await?;
    let Some(Found::Idle(sso)) = found else { return Ok(None) };
    let officer = sso.holder.strip_prefix("officer:").and_then(|id| id.parse().ok());
    Ok(officer.map(|officer| (sso.id, officer)))
}

/// A session that was not ended.
enum Found {
    Holds(Sso),
    /// Nobody has used it for too long.
    Idle(Sso),
}

fn by_token(read: &mut Read<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<Found>, Error> {
    let Some(row) = read.row(&sql::SESSION_BY_TOKEN, &params![hash])? else { return Ok(None) };
    let (seen_at, ends_at): (Timestamp, Timestamp) = (row.get(5)?, row.get(6)?);
    let sso = of_row(&row)?;
    // A desk that locked itself is not opened by the provider's longer session.
    let idle = if is_officers(&sso.holder) { OFFICER_IDLE_SECONDS } else { IDLE_SECONDS };
    let holds = now.seconds_since(seen_at) < idle;
    Ok((ends_at > now).then_some(if holds { Found::Holds(sso) } else { Found::Idle(sso) }))
}

/// A session that was neither ended nor is over, for whom the portal's own
/// session stands: it says how long ago somebody was seen.
pub(crate) fn live(read: &mut Read<'_>, id: SsoId, now: Timestamp) -> Result<Option<Sso>, Error> {
    let Some(row) = read.row(&sql::LIVE_SESSION, &params![id])? else { return Ok(None) };
    let ends_at: Timestamp = row.get(6)?;
    if ends_at <= now { Ok(None) } else { of_row(&row).map(Some) }
}

fn of_row(row: &Row) -> Result<Sso, Error> {
    let level: String = row.get(2)?;
    Ok(Sso {
        id: row.get(0)?,
        holder: row.get(1)?,
        level: Assurance::parse(&level).ok_or_else(|| Error::Corrupt(format!("level {level}")))?,
        proven_at: row.get(4)?,
        seen_at: row.get(5)?,
    })
}
