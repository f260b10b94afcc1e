//! All statements of the log.

store::statements! {
    /// A leaf that waits for its position.
    INSERT_PENDING = "INSERT INTO audit_pending (leaf, at, hash) VALUES ($1, $2, $3)";
    /// What the leaf says.
    INSERT_BODY = "INSERT INTO audit_body (leaf, at, act, actor, subject, object, body, salt) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// The oldest waiting leaves.
    PENDING = "SELECT leaf, hash FROM audit_pending ORDER BY leaf LIMIT $1";
    /// Since when the oldest leaf waits.
    OLDEST_PENDING = "SELECT at FROM audit_pending ORDER BY leaf LIMIT 1";
    /// A leaf that has its position.
    DELETE_PENDING = "DELETE FROM audit_pending WHERE leaf = $1";
    /// Leaves that wait too long.
    LONG_PENDING = "SELECT leaf FROM audit_pending WHERE at < $1 LIMIT 100";
    /// When the newest act happened.
    NEWEST_ACT = "SELECT CAST(COALESCE(MAX(at), 0) AS BIGINT) FROM audit_body";
    /// A leaf at its position.
    INSERT_ENTRY = "INSERT INTO audit_entry (position, leaf, hash) VALUES ($1, $2, $3)";
    /// A finished node of the tree.
    INSERT_NODE = "INSERT INTO audit_node (level, place, hash) VALUES ($1, $2, $3)";
    /// A finished node.
    NODE = "SELECT hash FROM audit_node WHERE level = $1 AND place = $2";
    /// A leaf's hash.
    ENTRY_HASH = "SELECT hash FROM audit_entry WHERE position = $1";
    /// A leaf's position.
    POSITION = "SELECT position, hash FROM audit_entry WHERE leaf = $1";
    /// Up to which position leaves stand.
    SIZE = "SELECT CAST(COALESCE(MAX(position) + 1, 0) AS BIGINT) FROM audit_entry";
    /// How many leaves stand.
    COUNT = "SELECT COUNT(*) FROM audit_entry";
    /// Leaves in order, by page.
    ENTRIES = "SELECT position, hash FROM audit_entry WHERE position >= $1 ORDER BY position LIMIT $2";
    /// A signed state of the tree.
    INSERT_CHECKPOINT = "INSERT INTO audit_checkpoint (size, at, root, note) VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING";
    /// The newest signed state.
    LATEST_CHECKPOINT = "SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1";
    /// Signed states in order, by page.
    CHECKPOINTS = "SELECT size, root, note FROM audit_checkpoint WHERE size > $1 ORDER BY size LIMIT $2";
    /// What a leaf says.
    BODY = "SELECT body, salt, subject, actor FROM audit_body WHERE leaf = $1";
    /// Acts that concern a person, newest first.
    ACTS_ABOUT = "SELECT leaf, at, act, actor, object, body, subject FROM audit_body WHERE subject = $1 AND act = $2 AND leaf < $3 \
                  ORDER BY leaf DESC LIMIT $4";
    /// Acts on an object, oldest first.
    ACTS_OF = "SELECT leaf, at, act, actor, object, body, subject FROM audit_body WHERE object = $1 ORDER BY leaf LIMIT $2";
    /// Acts on an object, newest first.
    LATEST_ACTS_OF = "SELECT leaf, at, act, actor, object, body, subject FROM audit_body WHERE object = $1 ORDER BY leaf DESC LIMIT $2";
    /// Bodies beside the hashes that they must give, by page.
    BODIES = "SELECT b.leaf, b.body, b.salt, b.subject, e.hash FROM audit_body b JOIN audit_entry e ON e.leaf = b.leaf \
              WHERE b.leaf > $1 ORDER BY b.leaf LIMIT $2";
    /// Leaves whose body says nothing and that are nowhere in the tree.
    LOST = "SELECT b.leaf FROM audit_body b WHERE NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.leaf = b.leaf) \
            AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.leaf = b.leaf) LIMIT 100";
    /// A leaf, by its id.
    LEAF = "SELECT object, act FROM audit_body WHERE leaf = $1";
    /// Who acted, by page.
    ACTORS = "SELECT leaf, actor FROM audit_body WHERE leaf > $1 ORDER BY leaf LIMIT 500";
    /// Acts on cases, by page.
    CASE_ACTS = "SELECT leaf, object FROM audit_body WHERE SUBSTR(object, 1, 5) = 'case:' AND leaf > $1 ORDER BY leaf LIMIT 500";
}
