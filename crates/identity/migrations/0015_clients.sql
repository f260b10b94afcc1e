-- Counts the changes of a client: who remembers it confirms it by this.
ALTER TABLE identity_client ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
-- What was brought once, in one tree, by its end: those that are over lie
-- together, and what is brought at one time does too.
CREATE TABLE identity_once (
  ends_at BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (ends_at, hash)
) /* keyed */;
INSERT INTO identity_once (ends_at, hash) SELECT ends_at, hash FROM identity_assertion;
DROP TABLE identity_assertion;
