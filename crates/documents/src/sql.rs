//! All statements.

store::statements! {
    /// Keeps a key.
    INSERT_KEY = "INSERT INTO documents_key (id, purpose, secret, chain, at) VALUES ($1, $2, $3, $4, $5)";
    /// A key by its purpose.
    KEY = "SELECT id, secret, chain FROM documents_key WHERE purpose = $1";
    /// A paper is ordered.
    INSERT_PAPER = "INSERT INTO documents_paper (id, person, about, template, serial, code, stage, content, file_key, ordered_at, unit, valid_until, version, copies, copies_most) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    /// A paper.
    PAPER = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
             FROM documents_paper WHERE id = $1";
    /// A paper by the code that is printed on it.
    PAPER_BY_CODE = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
                     FROM documents_paper WHERE code = $1";
    /// A paper by its serial number.
    PAPER_BY_SERIAL = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
                       FROM documents_paper WHERE serial = $1";
    /// A person's papers, newest first.
    PAPERS_OF = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
                 FROM documents_paper WHERE person = $1 AND stage <> 'ordered' AND id < $2 ORDER BY id DESC LIMIT $3";
    /// A person's papers that hold on a day, newest first.
    HELD_BY = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
               FROM documents_paper WHERE person = $1 AND stage = 'issued' AND (valid_until IS NULL OR valid_until >= $2) \
               ORDER BY id DESC LIMIT $3";
    /// The papers of a case.
    PAPERS_ABOUT = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
                    FROM documents_paper WHERE about = $1 ORDER BY id LIMIT 20";
    /// The paper is made, sealed and registered.
    ISSUE = "UPDATE documents_paper SET stage = 'issued', issued_at = $1, blob = $2, leaf = $3 WHERE id = $4 AND stage = 'ordered'";
    /// The paper holds no more.
    REVOKE = "UPDATE documents_paper SET stage = 'revoked', revoked_at = $1, reason = $2 WHERE id = $3 AND stage = 'issued'";
    /// One more copy of a paper that holds, as long as there may be one.
    COUNT_COPY = "UPDATE documents_paper SET copies = copies + 1 WHERE id = $1 AND stage = 'issued' AND copies = $2 AND copies < copies_most";
    /// A further copy is ordered.
    COUNT_PAID_COPY = "UPDATE documents_paper SET copies = copies + 1, copies_most = copies + 1 \
                       WHERE id = $1 AND stage = 'issued' AND copies = $2";
    /// A copy that is to be made.
    INSERT_COPY = "INSERT INTO documents_copy (id, paper, number, copies, ordered_at) VALUES ($1, $2, $3, $4, $5)";
    /// The further copies of a paper.
    COPIES = "SELECT id, paper, number, copies, issued_at, blob, leaf FROM documents_copy WHERE paper = $1 ORDER BY number LIMIT 100";
    /// The copy is made, sealed and registered.
    ISSUE_COPY = "UPDATE documents_copy SET issued_at = $1, blob = $2, leaf = $3 WHERE id = $4 AND issued_at IS NULL";
    /// Further copies after an id, for invariants.
    ALL_COPIES = "SELECT id, paper, number, copies, issued_at, blob, leaf FROM documents_copy WHERE id > $1 ORDER BY id LIMIT 200";
    /// Papers whose copies are not as many as they say, or not numbered through.
    MISCOUNTED = "SELECT p.id FROM documents_paper p WHERE p.copies > p.copies_most \
                  OR p.copies <> 1 + (SELECT COUNT(*) FROM documents_copy c WHERE c.paper = p.id) \
                  OR EXISTS (SELECT 1 FROM documents_copy c WHERE c.paper = p.id AND (c.number < 2 OR c.number > p.copies)) \
                  ORDER BY p.id LIMIT 100";
    /// The leaves of copies, by page.
    COPY_LEAVES = "SELECT id, leaf FROM documents_copy WHERE leaf IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// A batch of prints begins.
    INSERT_BATCH = "INSERT INTO documents_batch (id, code, unit, office, officer, stage, papers, done, at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)";
    /// A batch.
    BATCH = "SELECT id, code, unit, office, officer, stage, papers, done, at, ready_at FROM documents_batch WHERE id = $1";
    /// A unit's batches, newest first.
    BATCHES = "SELECT id, code, unit, office, officer, stage, papers, done, at, ready_at FROM documents_batch \
               WHERE unit = $1 ORDER BY id DESC LIMIT $2";
    /// A batch has come so far.
    MOVE_BATCH = "UPDATE documents_batch SET done = $1, stage = $2, ready_at = $3 WHERE id = $4 AND done = $5 AND stage = $6";
    /// A print is counted.
    INSERT_PRINT = "INSERT INTO documents_print (id, batch, place, paper, number, print, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// How often a copy was printed.
    COUNT_PRINTS = "SELECT CAST(COUNT(*) AS BIGINT) FROM documents_print WHERE paper = $1 AND number = $2";
    /// How often each copy of a paper was printed.
    PRINTS_OF = "SELECT number, CAST(COUNT(*) AS BIGINT) FROM documents_print WHERE paper = $1 GROUP BY number ORDER BY number LIMIT 100";
    /// How many prints a batch holds.
    COUNT_PLACES = "SELECT CAST(COUNT(*) AS BIGINT) FROM documents_print WHERE batch = $1";
    /// The prints of a batch after a place.
    PRINTS = "SELECT place, paper, number, print FROM documents_print WHERE batch = $1 AND place > $2 ORDER BY place LIMIT $3";
    /// Prints that are not numbered through, or of a copy that there is not.
    STRAY_PRINTS = "SELECT p.paper FROM documents_print p GROUP BY p.paper, p.number \
                    HAVING COUNT(*) <> MAX(p.print) OR MIN(p.print) < 1 \
                    OR p.number > (SELECT d.copies FROM documents_paper d WHERE d.id = p.paper) ORDER BY p.paper LIMIT 100";
    /// The leaves of prints, by page.
    PRINT_LEAVES = "SELECT id, leaf FROM documents_print WHERE id > $1 ORDER BY id LIMIT 500";
    /// The codes of papers that were revoked and would hold still.
    REVOKED = "SELECT code FROM documents_paper WHERE revoked_at IS NOT NULL AND (valid_until IS NULL OR valid_until >= $1) \
               ORDER BY revoked_at DESC LIMIT $2";
    /// Papers after an id, for invariants.
    PAPERS = "SELECT id, person, about, template, serial, code, stage, content, file_key, ordered_at, issued_at, revoked_at, reason, blob, leaf, unit, version, copies, copies_most \
              FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 200";
    /// The files of papers, by page.
    PAPER_BLOBS = "SELECT id, blob FROM documents_paper WHERE blob IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// The files of further copies, by page.
    COPY_BLOBS = "SELECT id, blob FROM documents_copy WHERE blob IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
    /// A paper, by its id.
    FIND_PAPER = "SELECT 1 FROM documents_paper WHERE id = $1";
    /// A batch, by its id.
    FIND_BATCH = "SELECT 1 FROM documents_batch WHERE id = $1";
    /// Who prints, by page.
    BATCH_OFFICERS = "SELECT id, officer FROM documents_batch WHERE id > $1 ORDER BY id LIMIT 500";
    /// Whose papers are, by page.
    HOLDERS = "SELECT id, person FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 500";
    /// What papers are for, by page.
    ABOUTS = "SELECT id, about FROM documents_paper WHERE id > $1 ORDER BY id LIMIT 500";
    /// The leaves of papers, by page.
    LEAVES = "SELECT id, leaf FROM documents_paper WHERE leaf IS NOT NULL AND id > $1 ORDER BY id LIMIT 500";
}
