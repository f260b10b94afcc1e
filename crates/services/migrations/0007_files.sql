-- Files that a person attached to a case. Their octets lie in blobs, sealed with a key
-- of their own, which is sealed here for the case's person; so is the name.
CREATE TABLE services_file (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  field TEXT NOT NULL,
  stage TEXT NOT NULL,
  name BYTEA NOT NULL,
  file_key BYTEA NOT NULL,
  kind TEXT,
  length BIGINT,
  arrived BIGINT NOT NULL,
  digest BYTEA,
  blob TEXT,
  created_at BIGINT NOT NULL
);
CREATE INDEX services_file_case ON services_file (case_id, id);
CREATE INDEX services_file_stage ON services_file (stage, created_at);
-- What has arrived of a file that is on its way, sealed with its key.
CREATE TABLE services_file_part (
  file_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (file_id, position)
);
