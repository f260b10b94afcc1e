-- A key that a device of the account's holder keeps (WebAuthn). `credential` is
-- what the device calls it.
CREATE TABLE identity_passkey (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  credential BYTEA NOT NULL UNIQUE,
  public_key BYTEA NOT NULL,
  counter BIGINT NOT NULL,
  synced BIGINT NOT NULL,
  device TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);
CREATE INDEX identity_passkey_account ON identity_passkey (account, id);
-- The codes of a printed recovery sheet: keyed hashes, each taken once.
CREATE TABLE identity_sheet_code (
  hash BYTEA NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  made_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX identity_sheet_code_account ON identity_sheet_code (account);
-- Somebody on their way back into their account. Kept for a day after it was
-- done: what could lock the owner out waits so long.
CREATE TABLE identity_recovery (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  browser BYTEA NOT NULL,
  stage TEXT NOT NULL,
  proof TEXT NOT NULL,
  began_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_recovery_account ON identity_recovery (account, stage);
CREATE INDEX identity_recovery_ends ON identity_recovery (ends_at);
