-- Of which version of its service a paper is: its template is that version's.
ALTER TABLE documents_paper ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
