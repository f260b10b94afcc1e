-- A bundle: services of one life event that are asked once and sent at once. Each
-- member is a case of its own; the bundle keeps only what binds them.
CREATE TABLE services_bundle (
  id TEXT PRIMARY KEY,
  event TEXT NOT NULL,
  person TEXT NOT NULL,
  stage TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX services_bundle_open ON services_bundle (person, id) WHERE stage IN ('draft', 'sending');
CREATE INDEX services_bundle_sending ON services_bundle (id) WHERE stage = 'sending';
CREATE TABLE services_bundle_member (
  bundle TEXT NOT NULL,
  position BIGINT NOT NULL,
  service TEXT NOT NULL,
  case_id TEXT,
  shared TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  PRIMARY KEY (bundle, position)
);
CREATE UNIQUE INDEX services_bundle_member_case ON services_bundle_member (case_id);
-- Drafts whose person wants all questions on one page.
CREATE TABLE services_whole (
  case_id TEXT PRIMARY KEY
);
-- Codes that find a draft again on another device, for its own person only.
CREATE TABLE services_resume (
  case_id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  code_index BYTEA NOT NULL,
  code BYTEA NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX services_resume_code ON services_resume (code_index);
CREATE INDEX services_resume_until ON services_resume (until);
