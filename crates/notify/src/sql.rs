//! All statements.

store::statements! {
    /// Keeps or replaces an address.
    SET_ADDRESS = "INSERT INTO notify_address (person, channel, address, since) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (person, channel) DO UPDATE SET address = excluded.address, since = excluded.since";
    /// A person's address on a channel.
    ADDRESS = "SELECT address FROM notify_address WHERE person = $1 AND channel = $2";
    /// Forgets a person's address on a channel.
    FORGET_ADDRESS = "DELETE FROM notify_address WHERE person = $1 AND channel = $2";
    /// Forgets where a person is told things.
    FORGET_ADDRESSES = "DELETE FROM notify_address WHERE person = $1";
    /// A new item of the inbox.
    INSERT_ITEM = "INSERT INTO notify_inbox (id, person, at, topic, about, link, texts) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A person's inbox, newest first.
    INBOX = "SELECT id, at, topic, about, link, texts, read_at FROM notify_inbox WHERE person = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    /// How many items wait.
    UNREAD = "SELECT COUNT(*) FROM notify_inbox WHERE person = $1 AND read_at IS NULL";
    /// Everything was seen.
    MARK_READ = "UPDATE notify_inbox SET read_at = $1 WHERE person = $2 AND read_at IS NULL AND id IN \
                 (SELECT id FROM notify_inbox WHERE person = $2 AND read_at IS NULL ORDER BY id LIMIT 400)";
    /// A message to be sent.
    INSERT_MESSAGE = "INSERT INTO notify_message (id, person, channel, at, sealed, stage) VALUES ($1, $2, $3, $4, $5, $6)";
    /// A message.
    MESSAGE = "SELECT person, channel, sealed, stage, at FROM notify_message WHERE id = $1";
    /// How it ended.
    SETTLE_MESSAGE = "UPDATE notify_message SET stage = $1, settled_at = $2 WHERE id = $3 AND stage IN ('waiting', 'unknown')";
    /// Messages that have not ended, by page.
    WAITING = "SELECT id FROM notify_message WHERE stage IN ('waiting', 'unknown') AND id > $1 ORDER BY id LIMIT 500";
    /// Whose addresses are kept, by page.
    ADDRESSED = "SELECT person, person FROM notify_address WHERE person > $1 GROUP BY person ORDER BY person LIMIT 500";
    /// Whom the inbox tells, by page.
    TOLD_PEOPLE = "SELECT id, person FROM notify_inbox WHERE id > $1 ORDER BY id LIMIT 500";
    /// What the inbox tells of, by page.
    TOLD_THINGS = "SELECT id, about FROM notify_inbox WHERE id > $1 ORDER BY id LIMIT 500";
    /// A message on a channel that was tried since then, and nobody knows of.
    LATE = "SELECT id FROM notify_message WHERE stage = 'unknown' AND channel = $1 AND at > $2 ORDER BY id LIMIT 1";
}
