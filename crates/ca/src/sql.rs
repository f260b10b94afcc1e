//! All statements.

store::statements! {
    /// Keeps a key of the authority's own.
    INSERT_KEY = "INSERT INTO ca_key (id, purpose, secret, certificate, at) VALUES ($1, $2, $3, $4, $5)";
    /// The authority's own keys.
    KEYS = "SELECT id, purpose, secret, certificate FROM ca_key ORDER BY purpose";
    /// Keeps what was issued.
    INSERT_CERTIFICATE = "INSERT INTO ca_certificate (serial, profile, subject, certificate, at, not_after, issuer) \
                          VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// How a certificate stands, and whose it is to say.
    CERTIFICATE = "SELECT revoked_at, reason, issuer FROM ca_certificate WHERE serial = $1";
    /// What was issued to systems, newest first: people's certificates are not on that page.
    NEWEST = "SELECT serial, profile, subject, at, not_after, revoked_at FROM ca_certificate WHERE issuer = 'issuing' ORDER BY at DESC, serial LIMIT $1";
    /// Revokes once.
    REVOKE = "UPDATE ca_certificate SET revoked_at = $1, reason = $2 WHERE serial = $3 AND revoked_at IS NULL";
    /// What one authority revoked and is not yet out of date.
    REVOKED = "SELECT serial, revoked_at, reason FROM ca_certificate WHERE revoked_at IS NOT NULL AND not_after > $1 AND issuer = $2 \
               ORDER BY revoked_at, serial LIMIT 10000";
}
