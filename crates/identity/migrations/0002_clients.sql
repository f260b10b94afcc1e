-- What a client may do and how it proves who it is (`Policy`, JSON).
ALTER TABLE identity_client ADD COLUMN policy TEXT NOT NULL DEFAULT '{"preset":"standard"}';
-- The hash of a shared secret, for the legacy preset.
ALTER TABLE identity_client ADD COLUMN secret BYTEA;
-- The key (`jkt:`) or certificate (`x5t:`) that a token is bound to.
ALTER TABLE identity_token ADD COLUMN bound TEXT;
-- Keys are published before they sign.
ALTER TABLE identity_key ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
-- Self-contained tokens that were revoked before their end.
CREATE TABLE identity_revoked (
  hash BYTEA NOT NULL PRIMARY KEY,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_revoked_ends ON identity_revoked (ends_at);
