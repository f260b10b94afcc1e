-- Until when what gives an account away waits, since an officer ended a way to
-- sign in to it.
ALTER TABLE identity_account ADD COLUMN guarded_until BIGINT;
-- The same of an officer, since two others let them in again.
ALTER TABLE identity_officer ADD COLUMN guarded_until BIGINT;
-- The way in of an officer who has lost every other one, named as the proposal
-- that opened it.
CREATE TABLE identity_readmission (
  id TEXT NOT NULL PRIMARY KEY,
  officer TEXT NOT NULL REFERENCES identity_officer (id),
  browser BYTEA,
  stage TEXT NOT NULL,
  tries BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_readmission_officer ON identity_readmission (officer, ends_at);
CREATE INDEX identity_readmission_ends ON identity_readmission (ends_at);
