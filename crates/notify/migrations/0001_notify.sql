CREATE TABLE notify_address (
  person TEXT NOT NULL,
  channel TEXT NOT NULL,
  address BYTEA NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (person, channel)
);
CREATE TABLE notify_inbox (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL,
  at BIGINT NOT NULL,
  topic TEXT NOT NULL,
  about TEXT NOT NULL,
  link TEXT NOT NULL,
  texts BYTEA NOT NULL,
  read_at BIGINT
);
CREATE INDEX notify_inbox_person ON notify_inbox (person, id);
CREATE TABLE notify_message (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  stage TEXT NOT NULL,
  settled_at BIGINT
);
CREATE INDEX notify_message_stage ON notify_message (stage, id);
