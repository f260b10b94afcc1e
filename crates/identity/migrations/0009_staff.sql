-- Officers have passkeys as citizens do: `holder` is an account or an officer, as
-- of a credential, and `hukumati verify` looks that it is one.
CREATE TABLE identity_passkey_anew (
  id TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  credential BYTEA NOT NULL UNIQUE,
  public_key BYTEA NOT NULL,
  counter BIGINT NOT NULL,
  synced BIGINT NOT NULL,
  device TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL
);
INSERT INTO identity_passkey_anew (id, holder, credential, public_key, counter, synced, device, made_at, used_at)
SELECT id, account, credential, public_key, counter, synced, device, made_at, used_at FROM identity_passkey;
DROP TABLE identity_passkey;
ALTER TABLE identity_passkey_anew RENAME TO identity_passkey;
CREATE INDEX identity_passkey_holder ON identity_passkey (holder, id);
-- Where an officer is told at work.
ALTER TABLE identity_officer ADD COLUMN email BYTEA;
