//! The browser's session: who acts, how sure we are, until when. Filled by
//! whoever signs people in, resolved here with one indexed read.
//!
//! The cookie holds a random token; the row is found by its hash, and what the
//! row holds opens with the token only. Ended is ended within a second, in
//! every process.

mod stored;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{AccountId, Actor, Assurance, Locale, MandateId, OfficerId, PersonId, Role, Timestamp};
use store::{Ctx, Error, Job, Key, Lease, params};

use crate::config::SESSIONS_CACHED_MAX;
use crate::secret::{self, Secret};
use crate::{kept, sql};

/// A citizen's session ends after this without a request.
pub const CITIZEN_IDLE_SECONDS: i64 = 15 * 60;
/// A citizen's session ends after this in any case.
pub const CITIZEN_SECONDS_MAX: i64 = 12 * 3_600;
/// An officer's session ends after this without a request.
pub const OFFICER_IDLE_SECONDS: i64 = 10 * 60;
/// An officer's session ends after this in any case.
pub const OFFICER_SECONDS_MAX: i64 = 8 * 3_600;
/// Use is written down at most this often.
const TOUCH_SECONDS: i64 = 60;
/// A process remembers a session for less than a second, so that an ended one
/// is refused everywhere within one.
const REMEMBERED_MICROS: i64 = 900_000;
/// Rows that the clearing job removes in one write.
const CLEARED_ROWS_MAX: u32 = 400;
/// Sessions that a list shows.
const LISTED_MAX: u32 = 50;

/// The hash by which a session is found; it opens nothing.
pub type SessionId = Secret;

/// Who signed in.
#[derive(Debug, Clone)]
pub struct NewSession {
    actor: Actor,
    display_name: String,
    names: BTreeMap<String, String>,
    locale: Locale,
    authenticated_at: Option<Timestamp>,
    link: Option<String>,
    notes: BTreeMap<String, String>,
    acting_for: Option<String>,
    until: Option<Timestamp>,
}

impl NewSession {
    /// A citizen, greeted by this name.
    pub fn citizen(person: PersonId, account: AccountId, assurance: Assurance, name: impl Into<String>) -> Self {
        Self::of(Actor::Citizen { person, account, assurance }, name.into())
    }
    /// A citizen who acts for another, greeted by their own name until their
    /// mandate ends; `acting_for` is how pages name the other.
    pub fn agent(actor: Actor, [name, acting_for]: [String; 2], until: Timestamp) -> Self {
        Self { acting_for: Some(acting_for), until: Some(until), ..Self::of(actor, name) }
    }
    /// An officer acting for a unit.
    pub fn officer(officer: OfficerId, unit: impl Into<String>, roles: Vec<Role>, name: impl Into<String>) -> Self {
        Self::of(Actor::Officer { officer, unit: unit.into(), roles }, name.into())
    }
    fn of(actor: Actor, display_name: String) -> Self {
        let locale = Locale::default();
        Self {
            actor,
            display_name,
            names: BTreeMap::new(),
            locale,
            authenticated_at: None,
            link: None,
            notes: BTreeMap::new(),
            acting_for: None,
            until: None,
        }
    }
    /// The name that pages in this language greet them by.
    #[must_use]
    pub fn named(mut self, locale: Locale, name: impl Into<String>) -> Self {
        self.names.insert(locale.tag().to_owned(), name.into());
        self
    }
    /// The language that they chose.
    #[must_use]
    pub fn locale(mut self, locale: Locale) -> Self {
        self.locale = locale;
        self
    }
    /// When they last proved who they are, if not now.
    #[must_use]
    pub fn authenticated_at(mut self, at: Timestamp) -> Self {
        self.authenticated_at = Some(at);
        self
    }
    /// The provider's session: ending that one ends this one.
    #[must_use]
    pub fn link(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }
    /// Something small that the signing-in system wants back.
    #[must_use]
    pub fn note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.notes.insert(name.into(), value.into());
        self
    }
}

/// A resolved session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who acts.
    pub actor: Actor,
    /// How pages greet them in a language that has no name of its own here.
    pub display_name: String,
    /// How pages greet them, by language.
    names: BTreeMap<String, String>,
    /// How pages name the one whom they act for.
    pub acting_for: Option<String>,
    /// The language that they chose.
    pub locale: Locale,
    /// When they last proved who they are.
    pub authenticated_at: Timestamp,
    /// What the signing-in system left.
    pub notes: BTreeMap<String, String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends in any case.
    pub ends_at: Timestamp,
    /// By which it is listed and ended.
    pub id: SessionId,
    pub(crate) secret: FormSecret,
    link: Option<String>,
    seen_at: Timestamp,
    idle_seconds: i64,
}

/// The key of a browser's forms; never shown.
#[derive(Clone, Copy)]
pub(crate) struct FormSecret(pub(crate) Secret);

impl std::fmt::Debug for FormSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormSecret")
    }
}

impl Session {
    /// How pages in a language greet them.
    #[must_use]
    pub fn name_in(&self, locale: Locale) -> &str {
        self.names.get(locale.tag()).unwrap_or(&self.display_name)
    }
    /// Whether who they are was proven at most so many seconds ago.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, seconds: i64) -> bool {
        now.seconds_since(self.authenticated_at) <= seconds
    }
    /// After how many seconds without a request it ends.
    #[must_use]
    pub const fn idle_seconds(&self) -> i64 {
        self.idle_seconds
    }
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        now < self.ends_at && now.seconds_since(self.seen_at) < self.idle_seconds
    }
}

/// A line of the list of somebody's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// For [`end_own`].
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends in any case.
    pub ends_at: Timestamp,
    /// The provider's session that it hangs on.
    pub link: Option<String>,
}

fn limits(actor: &Actor) -> (i64, i64) {
    match actor {
        Actor::Officer { .. } => (OFFICER_IDLE_SECONDS, OFFICER_SECONDS_MAX),
        _ => (CITIZEN_IDLE_SECONDS, CITIZEN_SECONDS_MAX),
    }
}

/// Begins a session and returns its cookie's token and itself.
///
/// # Errors
/// The store's.
pub(crate) async fn start(ctx: &Ctx, new: NewSession) -> Result<(Secret, Session), Error> {
    let token: Secret = ctx.random();
    let now = ctx.now();
    let (idle_seconds, seconds_max) = limits(&new.actor);
    // The provider's longer session begins no day anew.
    let authenticated_at = new.authenticated_at.unwrap_or(now);
    let latest = authenticated_at.plus_seconds(seconds_max);
    let session = Session {
        authenticated_at,
        actor: new.actor,
        display_name: new.display_name,
        names: new.names,
        locale: new.locale,
        notes: new.notes,
        acting_for: new.acting_for,
        created_at: now,
        ends_at: new.until.map_or(latest, |until| until.min(latest)),
        id: secret::hash(&token),
        secret: FormSecret(ctx.random()),
        link: new.link,
        seen_at: now,
        idle_seconds,
    };
    let data = stored::sealed(ctx, &token, &session)?;
    let (row, subject) = (session.clone(), session.actor.reference());
    let mandate = session.actor.mandate().map(|mandate| mandate.id);
    let insert = move |tx: &mut store::Tx<'_>| {
        let ends_at = row.ends_at;
        tx.execute_one(
            &sql::INSERT_SESSION,
            &params![row.id, subject, row.link, data, now, now, ends_at, row.idle_seconds, mandate],
        )
    };
    ctx.write(Key::once(ctx), insert).await?;
    Ok((token, session))
}

/// Keeps changed notes and proof of a session.
pub(crate) async fn update(ctx: &Ctx, token: &Secret, session: &Session) -> Result<(), Error> {
    let (data, id) = (stored::sealed(ctx, token, session)?, session.id);
    ctx.write(Key::once(ctx), move |tx| tx.execute_one(&sql::UPDATE_SESSION, &params![id, data])).await
}

/// Ends one session.
pub(crate) async fn end(ctx: &Ctx, id: SessionId) -> Result<(), Error> {
    ctx.write(Key::once(ctx), move |tx| tx.execute(&sql::DELETE_SESSION, &params![id]).map(drop)).await
}

/// Ends one of somebody's sessions from their list; `false` when it is not theirs.
///
/// # Errors
/// The store's.
pub async fn end_own(ctx: &Ctx, subject: &Actor, id: SessionId) -> Result<bool, Error> {
    let subject = subject.reference();
    ctx.write(Key::once(ctx), move |tx| {
        tx.execute(&sql::DELETE_OWN_SESSION, &params![id, subject]).map(|count| count > 0)
    })
    .await
}

/// Ends every session of a person or an officer, and says how many there were.
///
/// # Errors
/// The store's.
pub async fn end_sessions_of(ctx: &Ctx, subject: &Actor) -> Result<u64, Error> {
    let subject = subject.reference();
    ctx.write(Key::once(ctx), move |tx| tx.execute(&sql::DELETE_SESSIONS_OF, &params![subject])).await
}

/// Ends every session that hangs on a provider's session.
///
/// # Errors
/// The store's.
pub async fn end_linked(ctx: &Ctx, link: &str) -> Result<u64, Error> {
    let link = link.to_owned();
    ctx.write(Key::once(ctx), move |tx| tx.execute(&sql::DELETE_LINKED, &params![link])).await
}

/// The same in the caller's commit.
///
/// # Errors
/// The store's.
pub fn end_linked_in(tx: &mut store::Tx<'_>, link: &str) -> Result<u64, Error> {
    tx.execute(&sql::DELETE_LINKED, &params![link])
}

/// Ends every session under a mandate, in the commit that ends the mandate.
///
/// # Errors
/// The store's.
pub fn end_acting_in(tx: &mut store::Tx<'_>, mandate: MandateId) -> Result<u64, Error> {
    tx.execute(&sql::DELETE_ACTING, &params![mandate])
}

/// Somebody's sessions, newest first.
///
/// # Errors
/// The store's.
pub async fn sessions_of(ctx: &Ctx, subject: &Actor) -> Result<Vec<SessionLine>, Error> {
    let subject = subject.reference();
    let now = ctx.now();
    ctx.read(move |read| {
        let rows = read.rows(&sql::SESSIONS_OF, &params![subject, LISTED_MAX])?;
        let mut lines = Vec::new();
        for row in rows {
            let line = SessionLine {
                id: row.get(0)?,
                created_at: row.get(1)?,
                seen_at: row.get(2)?,
                ends_at: row.get(3)?,
                link: row.get(4)?,
            };
            if line.ends_at > now && now.seconds_since(line.seen_at) < row.get(5)? {
                lines.push(line);
            }
        }
        Ok(lines)
    })
    .await
}

/// Removes ended sessions, counters whose window is over, and forms that nobody
/// came back for.
pub(crate) fn clearing_job() -> Job {
    Job::every("web.clear", Duration::from_secs(600), |ctx: Ctx, _lease: Lease| async move {
        let now = ctx.now();
        // For a while an ended one says whose forms these were.
        let ended = now.plus_seconds(-kept::SECONDS);
        ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::DELETE_ENDED, &params![ended, CLEARED_ROWS_MAX])).await?;
        ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::DELETE_OVER, &params![now, CLEARED_ROWS_MAX])).await?;
        ctx.write(Key::once(&ctx), move |tx| tx.execute(&sql::DELETE_KEPT, &params![now, CLEARED_ROWS_MAX])).await?;
        Ok::<(), Error>(())
    })
}

/// What a process remembers for less than a second.
#[derive(Debug, Default)]
pub(crate) struct SessionCache(Mutex<HashMap<SessionId, (Arc<Session>, Timestamp)>>);

impl SessionCache {
    fn get(&self, id: &SessionId, now: Timestamp) -> Option<Arc<Session>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, at) = remembered.get(id)?;
        let age = now.as_micros().saturating_sub(at.as_micros());
        (0..REMEMBERED_MICROS).contains(&age).then(|| Arc::clone(session))
    }
    fn put(&self, session: &Arc<Session>, now: Timestamp) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= SESSIONS_CACHED_MAX {
            remembered.clear();
        }
        remembered.insert(session.id, (Arc::clone(session), now));
    }
    pub(crate) fn forget(&self, id: &SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Finds the session behind a cookie's token, if it still holds.
pub(crate) async fn resolve(ctx: &Ctx, cache: &SessionCache, token: &Secret) -> Result<Option<Arc<Session>>, Error> {
    let (id, now) = (secret::hash(token), ctx.now());
    if let Some(session) = cache.get(&id, now) {
        return Ok(session.holds(now).then_some(session));
    }
    let Some(session) = find(ctx, token).await?.filter(|session| session.holds(now)) else { return Ok(None) };
    let session = Arc::new(session);
    cache.put(&session, now);
    Ok(Some(session))
}

/// Notes that a session was used: its idle time begins anew.
pub(crate) async fn touch(ctx: &Ctx, cache: &SessionCache, session: &Session) {
    let (id, now) = (session.id, ctx.now());
    if now.seconds_since(session.seen_at) < TOUCH_SECONDS {
        return;
    }
    let touch = move |tx: &mut store::Tx<'_>| tx.execute(&sql::TOUCH_SESSION, &params![id, now]).map(drop);
    match ctx.write(Key::once(ctx), touch).await {
        Ok(()) => cache.forget(&id),
        // Reading goes on when writing is not possible.
        Err(error) => tracing::debug!(%error, "a session's use was not noted"),
    }
}

/// The session behind a cookie's token that nobody has used for too long: it
/// admits nobody, and says whose forms these were.
pub(crate) async fn former(ctx: &Ctx, token: &Secret) -> Result<Option<Session>, Error> {
    Ok(find(ctx, token).await?.filter(|session| !session.holds(ctx.now())))
}

/// The session behind a cookie's token, whether it holds or not.
pub(crate) async fn find(ctx: &Ctx, token: &Secret) -> Result<Option<Session>, Error> {
    let id = secret::hash(token);
    let Some(row) = ctx.read(move |read| read.row(&sql::SESSION, &params![id])).await? else { return Ok(None) };
    stored::opened(token, &row).map(Some)
}
