CREATE TABLE audit_pending (
  leaf TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  hash BYTEA NOT NULL
);
-- The erasable side: what a leaf says, and the salt that ties it to its hash.
CREATE TABLE audit_body (
  leaf TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  act TEXT NOT NULL,
  actor TEXT NOT NULL,
  subject TEXT,
  object TEXT NOT NULL,
  body BYTEA NOT NULL,
  salt BYTEA NOT NULL
);
CREATE INDEX audit_body_subject ON audit_body (subject, leaf);
CREATE INDEX audit_body_object ON audit_body (object, leaf);
-- The tree: nothing here says anything about anybody.
CREATE TABLE audit_entry (
  position BIGINT NOT NULL PRIMARY KEY,
  leaf TEXT NOT NULL UNIQUE,
  hash BYTEA NOT NULL
);
CREATE TABLE audit_node (
  level BIGINT NOT NULL,
  place BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (level, place)
);
CREATE TABLE audit_checkpoint (
  size BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  root BYTEA NOT NULL,
  note TEXT NOT NULL
);
