-- Who may revoke a paper, until when a revocation matters, and why it was made.
-- A reason may name somebody: it is sealed like the rest. No page could write
-- one before.
ALTER TABLE documents_paper DROP COLUMN reason;
ALTER TABLE documents_paper ADD COLUMN reason BYTEA;
ALTER TABLE documents_paper ADD COLUMN unit TEXT;
ALTER TABLE documents_paper ADD COLUMN valid_until TEXT;
CREATE INDEX documents_paper_revoked ON documents_paper (revoked_at) WHERE revoked_at IS NOT NULL;
