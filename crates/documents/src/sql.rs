//! All statements.

store::statements! {
    /// Keeps a key.
    INSERT_KEY = "INSERT INTO documents_key (id, purpose, secret, chain, at) VALUES ($1, $2, $3, $4, $5)";
    /// A key by its purpose.
    KEY = "SELECT id, secret, chain FROM documents_key WHERE purpose = $1";
    /// A paper is ordered.
    INSERT_PAPER = "INSERT INTO documents_paper (id, person, about, template, serial, code, stage, content, file_key, ordered_at, unit, valid_until, version) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// A paper.
    PAPER = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
             FROM documents_paper WHERE id = $1";
    /// A paper by the code that is printed on it.
    PAPER_BY_CODE = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
                     FROM documents_paper WHERE code = $1";
    /// A paper by its serial number.
    PAPER_BY_SERIAL = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
                       FROM documents_paper WHERE serial = $1";
    /// A person's papers, newest first.
    PAPERS_OF = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
                 FROM documents_paper WHERE person = $1 AND stage <> 'ordered' AND id < $2 ORDER BY id DESC LIMIT $3";
    /// A person's papers that hold on a day, newest first.
    HELD_BY = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
               FROM documents_paper WHERE person = $1 AND stage = 'issued' AND (valid_until IS NULL OR valid_until >= $2) \
               ORDER BY id DESC LIMIT $3";
    /// The papers of a case.
    PAPERS_ABOUT = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
                    FROM documents_paper WHERE about = $1 ORDER BY id LIMIT 20";
    /// The paper is made, sealed and registered.
    ISSUE = "UPDATE documents_paper SET stage = 'issued', issued_at = $1, blob = $2, leaf = $3 WHERE id = $4 AND stage = 'ordered'";
    /// The paper holds no more.
    REVOKE = "UPDATE documents_paper SET stage = 'revoked', revoked_at = $1, reason = $2 WHERE id = $3 AND stage = 'issued'";
    /// The codes of papers that were revoked and would hold still.
    REVOKED = "SELECT code FROM documents_paper WHERE revoked_at IS NOT NULL AND (valid_until IS NULL OR valid_until >= $1) \
               ORDER BY revoked_at DESC LIMIT $2";
    /// Papers after an id, for invariants.
    PAPERS = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version \
              FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 200";
    /// The files of papers, by page.
    PAPER_BLOBS = "SELECT id, blob FROM documents_paper WHERE blob IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// A paper, by its id.
    FIND_PAPER = "SELECT 1 FROM documents_paper WHERE id = $1";
    /// Whose papers are, by page.
    HOLDERS = "SELECT id, person FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 500";
    /// What papers are for, by page.
    ABOUTS = "SELECT id, about FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 500";
    /// The leaves of papers, by page.
    LEAVES = "SELECT id, leaf FROM documents_paper WHERE leaf IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
}
