-- What agencies agreed on: operations with their schemas, agreements, servers.
CREATE TABLE interop_key (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL UNIQUE,
  secret BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE interop_operation (
  id TEXT PRIMARY KEY,
  version BIGINT NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE interop_agreement (
  id TEXT PRIMARY KEY,
  consumer TEXT NOT NULL,
  operation TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE TABLE interop_server (
  code TEXT PRIMARY KEY,
  entry TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE interop_number (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
