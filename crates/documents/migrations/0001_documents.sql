-- Papers: what is on one is sealed for its person; the file is a blob under a
-- key of its own, sealed too.
CREATE TABLE documents_key (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL UNIQUE,
  secret BYTEA NOT NULL,
  chain BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE documents_paper (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  about TEXT NOT NULL,
  template TEXT NOT NULL,
  serial TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  stage TEXT NOT NULL,
  content BYTEA NOT NULL,
  file_key BYTEA NOT NULL,
  ordered_at BIGINT NOT NULL,
  issued_at BIGINT,
  revoked_at BIGINT,
  reason TEXT,
  blob TEXT,
  leaf TEXT
);
CREATE INDEX documents_paper_person ON documents_paper (person, id);
CREATE INDEX documents_paper_about ON documents_paper (about);
