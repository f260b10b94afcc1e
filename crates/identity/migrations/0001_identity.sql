-- A person as this portal knows them. `claimed` is the blind index of the ID
-- number that they say is theirs; `owned` is the same once it is proven, and
-- then nobody else's.
CREATE TABLE identity_person (
  id TEXT NOT NULL PRIMARY KEY,
  claimed BYTEA NOT NULL,
  owned BYTEA UNIQUE,
  id_number BYTEA NOT NULL,
  birth_date BYTEA NOT NULL,
  names BYTEA,
  registry_version TEXT,
  registry_at BIGINT,
  made_at BIGINT NOT NULL
);
CREATE INDEX identity_person_claimed ON identity_person (claimed);
CREATE TABLE identity_account (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL UNIQUE REFERENCES identity_person (id),
  level TEXT NOT NULL,
  stage TEXT NOT NULL,
  phone BYTEA,
  opened_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE TABLE identity_officer (
  id TEXT NOT NULL PRIMARY KEY,
  username BYTEA NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  roles TEXT NOT NULL,
  name BYTEA NOT NULL,
  stage TEXT NOT NULL,
  made_at BIGINT NOT NULL
);
-- `holder` is an account or an officer. `last_step` is the last time step that
-- a one-time password was taken for: none is taken twice.
CREATE TABLE identity_credential (
  holder TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret BYTEA NOT NULL,
  last_step BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (holder, kind)
);
CREATE TABLE identity_opening (
  id TEXT NOT NULL PRIMARY KEY,
  person TEXT NOT NULL,
  browser BYTEA NOT NULL,
  stage TEXT NOT NULL,
  return_to TEXT NOT NULL,
  data BYTEA NOT NULL,
  began_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_opening_ends ON identity_opening (ends_at);
-- A one-time code belongs to one transaction: an opening or an authorization.
CREATE TABLE identity_code (
  id TEXT NOT NULL PRIMARY KEY,
  deal TEXT NOT NULL,
  about BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  tail TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  stage TEXT NOT NULL
);
CREATE INDEX identity_code_deal ON identity_code (deal, id);
CREATE INDEX identity_code_ends ON identity_code (ends_at);
CREATE TABLE identity_client (
  id TEXT NOT NULL PRIMARY KEY,
  names TEXT NOT NULL,
  holders TEXT NOT NULL,
  first_party BIGINT NOT NULL,
  sector TEXT NOT NULL,
  redirects TEXT NOT NULL,
  farewells TEXT NOT NULL,
  jwks TEXT NOT NULL,
  stage TEXT NOT NULL,
  changed_at BIGINT NOT NULL
);
-- The provider's own session: what signing in once leaves behind.
CREATE TABLE identity_session (
  id TEXT NOT NULL PRIMARY KEY,
  token BYTEA NOT NULL UNIQUE,
  holder TEXT NOT NULL,
  level TEXT NOT NULL,
  methods TEXT NOT NULL,
  stage TEXT NOT NULL,
  proven_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_session_holder ON identity_session (holder, stage);
CREATE INDEX identity_session_ends ON identity_session (ends_at);
CREATE TABLE identity_authorization (
  id TEXT NOT NULL PRIMARY KEY,
  client TEXT NOT NULL REFERENCES identity_client (id),
  browser BYTEA,
  request TEXT NOT NULL,
  stage TEXT NOT NULL,
  holder TEXT,
  session TEXT REFERENCES identity_session (id),
  code BYTEA UNIQUE,
  began_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_authorization_ends ON identity_authorization (ends_at);
CREATE INDEX identity_authorization_session ON identity_authorization (session);
-- All tokens of one authorization are one family: they are revoked together.
CREATE TABLE identity_token (
  hash BYTEA NOT NULL PRIMARY KEY,
  family TEXT NOT NULL REFERENCES identity_authorization (id),
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_token_family ON identity_token (family);
CREATE INDEX identity_token_ends ON identity_token (ends_at);
-- Client assertions that were taken: none is taken twice (RFC 7523 §3).
CREATE TABLE identity_assertion (
  hash BYTEA NOT NULL PRIMARY KEY,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_assertion_ends ON identity_assertion (ends_at);
CREATE TABLE identity_key (
  id TEXT NOT NULL PRIMARY KEY,
  purpose TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  secret BYTEA NOT NULL,
  made_at BIGINT NOT NULL,
  retires_at BIGINT
);
CREATE INDEX identity_key_purpose ON identity_key (purpose, id);
CREATE TABLE identity_consent (
  account TEXT NOT NULL REFERENCES identity_account (id),
  client TEXT NOT NULL REFERENCES identity_client (id),
  scopes TEXT NOT NULL,
  given_at BIGINT NOT NULL,
  PRIMARY KEY (account, client)
);
