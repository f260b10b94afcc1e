-- A certificate of our authority, whose key its owner keeps. Its subject is the
-- pseudonym `name`. `key_hash`: a key is certified once.
CREATE TABLE identity_certificate (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  name TEXT NOT NULL,
  serial TEXT NOT NULL UNIQUE,
  fingerprint BYTEA NOT NULL UNIQUE,
  key_hash BYTEA NOT NULL UNIQUE,
  certificate BYTEA NOT NULL,
  stage TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX identity_certificate_account ON identity_certificate (account, stage);
-- A certificate that was shown for one request to sign in: the hash of the ticket
-- that the browser carries from the one listener to the other.
CREATE TABLE identity_showing (
  hash BYTEA NOT NULL PRIMARY KEY,
  request TEXT NOT NULL,
  certificate TEXT NOT NULL REFERENCES identity_certificate (id),
  stage TEXT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_showing_request ON identity_showing (request, stage);
CREATE INDEX identity_showing_ends ON identity_showing (ends_at);
