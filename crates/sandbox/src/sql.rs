//! Every statement of the outside. No personal data is kept.

store::statements! {
    /// The bank opens a session.
    INSERT_SESSION = "INSERT INTO sandbox_bank_session (reference, session, amount_minor, currency, return_url, locale, status, cause, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)";
    /// A session by the merchant's reference.
    SESSION_BY_REFERENCE = "SELECT reference, session, amount_minor, currency, return_url, locale, status, cause, created_at \
                            FROM sandbox_bank_session WHERE reference = $1";
    /// A session by its own word.
    SESSION = "SELECT reference, session, amount_minor, currency, return_url, locale, status, cause, created_at \
               FROM sandbox_bank_session WHERE session = $1";
    /// Sessions that wait for their payer.
    OPEN_SESSIONS = "SELECT session FROM sandbox_bank_session WHERE status IN ('created', 'challenge') ORDER BY created_at LIMIT $1";
    /// A session moves on, once.
    MOVE_SESSION = "UPDATE sandbox_bank_session SET status = $1, cause = $2 WHERE session = $3 AND status = $4";
}
