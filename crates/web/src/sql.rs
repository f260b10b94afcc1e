//! Every statement of this crate.

store::statements! {
    /// Adds a session.
    INSERT_SESSION = "INSERT INTO web_session (id, subject, link, data, created_at, seen_at, ends_at, idle_seconds, mandate) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// The session behind a cookie.
    SESSION = "SELECT data, created_at, seen_at, ends_at, idle_seconds FROM web_session WHERE id = $1";
    /// Notes that a session was used.
    TOUCH_SESSION = "UPDATE web_session SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    /// Changes what a session holds.
    UPDATE_SESSION = "UPDATE web_session SET data = $2 WHERE id = $1";
    /// Ends one session.
    DELETE_SESSION = "DELETE FROM web_session WHERE id = $1";
    /// Ends one of somebody's sessions.
    DELETE_OWN_SESSION = "DELETE FROM web_session WHERE id = $1 AND subject = $2";
    /// Somebody's sessions.
    SESSIONS_OF = "SELECT id, created_at, seen_at, ends_at, link, idle_seconds FROM web_session WHERE subject = $1 \
        ORDER BY created_at DESC, id LIMIT $2";
    /// Ends somebody's sessions.
    DELETE_SESSIONS_OF = "DELETE FROM web_session WHERE subject = $1";
    /// Ends what hangs on one provider session.
    DELETE_LINKED = "DELETE FROM web_session WHERE link = $1";
    /// Ends what was begun under a mandate.
    DELETE_ACTING = "DELETE FROM web_session WHERE mandate = $1";
    /// Removes sessions that ended.
    DELETE_ENDED = "DELETE FROM web_session WHERE id IN \
        (SELECT id FROM web_session WHERE ends_at < $1 ORDER BY ends_at, id LIMIT $2)";
    /// Keeps a form that came after its session had ended.
    INSERT_KEPT = "INSERT INTO web_kept (id, data, ends_at) VALUES ($1, $2, $3)";
    /// A kept form.
    KEPT = "SELECT data FROM web_kept WHERE id = $1 AND ends_at > $2";
    /// Removes kept forms that nobody came back for.
    DELETE_KEPT = "DELETE FROM web_kept WHERE id IN \
        (SELECT id FROM web_kept WHERE ends_at < $1 ORDER BY ends_at, id LIMIT $2)";
    /// A counter.
    THROTTLE = "SELECT hits, ends_at FROM web_throttle WHERE key = $1";
    /// Starts a counter.
    INSERT_THROTTLE = "INSERT INTO web_throttle (key, hits, ends_at) VALUES ($1, $2, $3)";
    /// Counts on, or starts anew.
    UPDATE_THROTTLE = "UPDATE web_throttle SET hits = $2, ends_at = $3 WHERE key = $1";
    /// Forgets a counter.
    DELETE_THROTTLE = "DELETE FROM web_throttle WHERE key = $1";
    /// Removes counters whose window is over.
    DELETE_OVER = "DELETE FROM web_throttle WHERE key IN \
        (SELECT key FROM web_throttle WHERE ends_at < $1 ORDER BY ends_at, key LIMIT $2)";
    /// Whom sessions are of, by page.
    SESSION_SUBJECTS = "SELECT subject, subject FROM web_session WHERE subject > $1 GROUP BY subject ORDER BY subject LIMIT 500";
}
