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
