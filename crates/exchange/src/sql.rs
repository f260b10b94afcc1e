//! All statements.

store::statements! {
    /// Keeps a look-up.
    INSERT_LOOKUP = "INSERT INTO exchange_lookup (id, person, at, actor, operation, purpose, case_id, outcome, message, leaf) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// Look-ups about a person, newest first.
    LOOKUPS = "SELECT id, at, actor, operation, purpose, case_id, outcome, message, leaf FROM exchange_lookup \
               WHERE person = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    /// Keeps a key of this server.
    INSERT_KEY = "INSERT INTO exchange_key (id, purpose, secret, chain, at) VALUES ($1, $2, $3, $4, $5)";
    /// Keeps what certifies a key of this server.
    CERTIFY_KEY = "UPDATE exchange_key SET chain = $1 WHERE purpose = $2";
    /// A key of this server.
    KEY = "SELECT id, secret, chain FROM exchange_key WHERE purpose = $1";
    /// The configuration that this server keeps.
    CONFIGURATION = "SELECT number, signed FROM exchange_configuration WHERE instance = $1";
    /// Keeps a newer configuration.
    KEEP_CONFIGURATION = "INSERT INTO exchange_configuration (instance, number, signed, at) VALUES ($1, $2, $3, $4) \
                          ON CONFLICT (instance) DO UPDATE SET number = excluded.number, signed = excluded.signed, at = excluded.at \
                          WHERE exchange_configuration.number <= excluded.number";
    /// Whether a message was seen.
    SEEN = "SELECT 1 FROM exchange_message WHERE request_id = $1 AND side = $2 AND kind = $3";
    /// Logs a message.
    INSERT_MESSAGE = "INSERT INTO exchange_message (request_id, side, kind, message, at, content, signature) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// The messages of an id.
    MESSAGES = "SELECT request_id, side, kind, message, at, content, signature FROM exchange_message WHERE message = $1 \
                ORDER BY at, side, kind";
    /// Every message, for invariants: its place, content, signature.
    MESSAGES_AFTER = "SELECT request_id || ':' || side || ':' || kind, content, signature FROM exchange_message \
                      WHERE request_id || ':' || side || ':' || kind > $1 ORDER BY 1 LIMIT 200";
    /// Whom look-ups for cases are about, by page. Before an account is opened there
    /// is nobody yet.
    LOOKED_AT_PEOPLE = "SELECT id, person FROM exchange_lookup WHERE case_id IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// What look-ups are for, by page.
    LOOKED_FOR_CASES = "SELECT id, case_id FROM exchange_lookup WHERE case_id IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// The leaves of look-ups, by page.
    LOOKUP_LEAVES = "SELECT id, leaf FROM exchange_lookup WHERE id > $1 ORDER BY id LIMIT 500";
    /// Who asked, by page.
    LOOKUP_ACTORS = "SELECT id, actor FROM exchange_lookup WHERE id > $1 ORDER BY id LIMIT 500";
}
