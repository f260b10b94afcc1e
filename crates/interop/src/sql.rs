//! All statements.

store::statements! {
    /// Keeps the central key.
    INSERT_KEY = "INSERT INTO interop_key (id, purpose, secret, at) VALUES ($1, $2, $3, $4)";
    /// The central key.
    KEY = "SELECT id, secret FROM interop_key WHERE purpose = $1";
    /// Publishes an operation, or a newer version of it.
    PUBLISH = "INSERT INTO interop_operation (id, version, answer, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET \
               version = excluded.version, answer = excluded.answer, at = excluded.at WHERE interop_operation.version < excluded.version";
    /// Every operation.
    OPERATIONS = "SELECT id, answer FROM interop_operation ORDER BY id LIMIT 10000";
    /// Whether an agreement stands.
    STANDING = "SELECT id FROM interop_agreement WHERE consumer = $1 AND operation = $2 AND ended_at IS NULL";
    /// Whether an agreement stands or stood.
    EVER = "SELECT id FROM interop_agreement WHERE consumer = $1 AND operation = $2 ORDER BY id LIMIT 1";
    /// A new agreement.
    AGREE = "INSERT INTO interop_agreement (id, consumer, operation, at) VALUES ($1, $2, $3, $4)";
    /// An agreement ends.
    END = "UPDATE interop_agreement SET ended_at = $1 WHERE consumer = $2 AND operation = $3 AND ended_at IS NULL";
    /// Every agreement that stands.
    AGREEMENTS = "SELECT id, consumer, operation FROM interop_agreement WHERE ended_at IS NULL ORDER BY id LIMIT 100000";
    /// Every agreement there ever was, newest first.
    ALL_AGREEMENTS = "SELECT id, consumer, operation, at, ended_at FROM interop_agreement ORDER BY id DESC LIMIT 1000";
    /// Registers a security server.
    REGISTER = "INSERT INTO interop_server (code, entry, at) VALUES ($1, $2, $3) ON CONFLICT (code) DO UPDATE SET \
                entry = excluded.entry, at = excluded.at";
    /// Every security server.
    SERVERS = "SELECT entry FROM interop_server ORDER BY code LIMIT 10000";
    /// Takes a security server out.
    REMOVE = "DELETE FROM interop_server WHERE code = $1";
    /// Keeps an invitation.
    INVITE = "INSERT INTO interop_invitation (token, code, subsystems, at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    /// An invitation.
    INVITATION = "SELECT code, subsystems, expires_at, joined_with FROM interop_invitation WHERE token = $1";
    /// An invitation was used by these keys; the same keys may come again.
    JOINED = "UPDATE interop_invitation SET joined_with = $1 WHERE token = $2 AND (joined_with IS NULL OR joined_with = $1)";
    /// Every change counts.
    COUNT = "INSERT INTO interop_number (name, value) VALUES ('configuration', 1) ON CONFLICT (name) DO UPDATE SET value = interop_number.value + 1";
    /// How many changes there were.
    NUMBER = "SELECT value FROM interop_number WHERE name = 'configuration'";
}
