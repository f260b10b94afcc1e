-- An officer compares somebody at a counter with the registry's photo. `about`
-- is the blind index of the ID number, `person` whose key seals `data`. What did
-- not fit waits here for authentication officers.
CREATE TABLE identity_comparison (
  id TEXT NOT NULL PRIMARY KEY,
  about BYTEA NOT NULL,
  person TEXT NOT NULL,
  account TEXT REFERENCES identity_account (id),
  officer TEXT NOT NULL REFERENCES identity_officer (id),
  unit TEXT NOT NULL,
  stage TEXT NOT NULL,
  cause TEXT NOT NULL,
  data BYTEA NOT NULL,
  began_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  decided_by TEXT REFERENCES identity_officer (id),
  decided_at BIGINT
);
CREATE INDEX identity_comparison_stage ON identity_comparison (stage, id);
CREATE INDEX identity_comparison_about ON identity_comparison (about, stage);
CREATE INDEX identity_comparison_ends ON identity_comparison (ends_at);
-- A code that a counter printed: it sets a password once. Keyed hashes.
CREATE TABLE identity_opening_code (
  hash BYTEA NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_opening_code_account ON identity_opening_code (account);
CREATE INDEX identity_opening_code_ends ON identity_opening_code (ends_at);
-- Somebody whom an account's owner trusts to vouch for them. `about` is the
-- blind index of the ID number that was named, `number` the same sealed for the
-- owner; `contact` is that person's account, once they accepted.
CREATE TABLE identity_contact (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL REFERENCES identity_account (id),
  about BYTEA NOT NULL,
  number BYTEA NOT NULL,
  contact TEXT REFERENCES identity_account (id),
  stage TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX identity_contact_account ON identity_contact (account, stage);
CREATE INDEX identity_contact_about ON identity_contact (about, stage);
CREATE INDEX identity_contact_contact ON identity_contact (contact, stage);
-- A way back by trusted contacts. `browser` is the hash of what the browser that
-- began it keeps, `cancel` of what stops it; without `account` it leads nowhere,
-- and nobody is told so.
CREATE TABLE identity_vouching (
  id TEXT NOT NULL PRIMARY KEY,
  account TEXT REFERENCES identity_account (id),
  browser BYTEA NOT NULL,
  cancel BYTEA NOT NULL UNIQUE,
  stage TEXT NOT NULL,
  tries BIGINT NOT NULL,
  began_at BIGINT NOT NULL,
  ready_at BIGINT,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_vouching_account ON identity_vouching (account, stage);
CREATE INDEX identity_vouching_ends ON identity_vouching (ends_at);
-- What a contact said of one.
CREATE TABLE identity_vouch (
  vouching TEXT NOT NULL REFERENCES identity_vouching (id),
  contact TEXT NOT NULL REFERENCES identity_contact (id),
  stage TEXT NOT NULL,
  tries BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (vouching, contact)
);
CREATE INDEX identity_vouch_contact ON identity_vouch (contact);
