-- How a code travelled: `sms`, `call`, or `line` for a call to a fixed line.
ALTER TABLE identity_code ADD COLUMN way TEXT NOT NULL DEFAULT 'sms';
-- The name of the network that a session was begun from, as the shipped table
-- has it; never the address.
ALTER TABLE identity_session ADD COLUMN network TEXT NOT NULL DEFAULT '';
-- Tokens that say all themselves and stand for a person: by the hash of their
-- name, with the token of that person that they were made of.
CREATE TABLE identity_exchanged (
  hash BYTEA NOT NULL PRIMARY KEY,
  subject BYTEA NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_exchanged_ends ON identity_exchanged (ends_at);
