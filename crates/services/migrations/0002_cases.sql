-- Cases: one application each, from draft to closed. Answers, and what registers
-- told, are sealed for their person.
CREATE TABLE services_case (
  id TEXT PRIMARY KEY,
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  person TEXT NOT NULL,
  locale TEXT NOT NULL,
  stage TEXT NOT NULL,
  step BIGINT NOT NULL,
  answers BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  saved_at BIGINT NOT NULL,
  submitted_at BIGINT,
  promised_at BIGINT,
  closed_at BIGINT,
  unit TEXT,
  officer TEXT,
  outcome TEXT,
  marked BIGINT NOT NULL,
  feedback_at BIGINT
);
CREATE INDEX services_case_person ON services_case (person, id);
CREATE INDEX services_case_queue ON services_case (unit, stage, submitted_at);
CREATE TABLE services_told (
  case_id TEXT NOT NULL,
  lookup TEXT NOT NULL,
  state TEXT NOT NULL,
  at BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (case_id, lookup)
);
CREATE TABLE services_event (
  case_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  note BYTEA,
  leaf TEXT NOT NULL,
  PRIMARY KEY (case_id, position)
);
CREATE TABLE services_feedback (
  day TEXT NOT NULL,
  service TEXT NOT NULL,
  office TEXT NOT NULL,
  step TEXT NOT NULL,
  outcome TEXT NOT NULL,
  answer BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (day, service, office, step, outcome, answer)
);
CREATE TABLE services_parcel (
  case_id TEXT PRIMARY KEY,
  office TEXT NOT NULL,
  stage TEXT NOT NULL,
  manifest TEXT,
  code BYTEA NOT NULL,
  tries BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX services_parcel_office ON services_parcel (office, stage);
