//! The provider's own session: signing in once is enough for every service.
//! The cookie holds a token; the row is found by its hash.

use base::{Assurance, Timestamp};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use store::{Ctx, Error, Read, Row, Tx, params};
use web::session::OFFICER_IDLE_SECONDS;

use crate::model::{Method, Refusal, SESSION, SsoId, step};
use crate::sql;

/// A citizen's session ends after this without a request, seconds; an officer's
/// as soon as the desk's.
pub const IDLE_SECONDS: i64 = 15 * 60;
/// A session ends after this in any case, seconds.
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

/// The value of a cookie by its name.
pub(crate) fn read_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// `Set-Cookie`: for this host, for requests that our own pages and links make.
pub(crate) fn set_cookie(name: &str, value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
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
    crate::secret::text(&crate::secret::of(|domain, value| ctx.db.blind(domain, value), "session", &id.to_string()))
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
        crate::secret::text(&crate::secret::of(|domain, value| tx.blind(domain, value), "session", &id.to_string()));
    let hash = seal::digest::sha256(token.as_bytes());
    let methods = Method::join(methods);
    tx.execute_one(
        &sql::INSERT_SESSION,
        &params![id, hash, holder, level.as_str(), methods, now, now.plus_seconds(SECONDS_MAX), device, network],
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

/// The session of this browser, if it holds.
pub(crate) async fn current(ctx: &Ctx, headers: &HeaderMap, secure: bool) -> Result<Option<Sso>, Error> {
    let Some(token) = read_cookie(headers, cookie_name(secure)).filter(|token| token.len() == 43) else {
        return Ok(None);
    };
    let (hash, now) = (seal::digest::sha256(token.as_bytes()), ctx.now());
    let found = ctx.read(move |read| by_token(read, &hash, now)).await?;
    if let Some(sso) = &found
        && now.seconds_since(sso.seen_at) >= TOUCH_SECONDS
    {
        let id = sso.id;
        let key = store::Key::once(ctx);
        ctx.write(key, move |tx| tx.execute(&sql::TOUCH_SESSION, &params![now, id]).map(drop)).await?;
    }
    Ok(found)
}

fn by_token(read: &mut Read<'_>, hash: &[u8; 32], now: Timestamp) -> Result<Option<Sso>, Error> {
    let Some(row) = read.row(&sql::SESSION_BY_TOKEN, &params![hash])? else { return Ok(None) };
    let (seen_at, ends_at): (Timestamp, Timestamp) = (row.get(5)?, row.get(6)?);
    let sso = of_row(&row)?;
    // A desk that locked itself is not opened by the provider's longer session.
    let idle = if sso.holder.starts_with("officer:") { OFFICER_IDLE_SECONDS } else { IDLE_SECONDS };
    Ok((ends_at > now && now.seconds_since(seen_at) < idle).then_some(sso))
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
