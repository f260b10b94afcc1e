-- One security server: its keys, its copy of the configuration, its log.
CREATE TABLE exchange_key (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL UNIQUE,
  secret BYTEA NOT NULL,
  chain BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE exchange_configuration (
  instance TEXT PRIMARY KEY,
  number BIGINT NOT NULL,
  signed BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE exchange_message (
  request_id TEXT NOT NULL,
  side TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  at BIGINT NOT NULL,
  content BYTEA NOT NULL,
  signature BYTEA NOT NULL,
  PRIMARY KEY (request_id, side, kind)
);
CREATE INDEX exchange_message_message ON exchange_message (message);
