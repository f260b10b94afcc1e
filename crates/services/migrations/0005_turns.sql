-- Turns: what one unit, officer or person has to do for a step of a case. Whom it
-- names, and what was said, are sealed for the case's person.
CREATE TABLE services_turn (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  step BIGINT NOT NULL,
  round BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  stage TEXT NOT NULL,
  unit TEXT,
  whom_index BYTEA,
  whom BYTEA,
  object TEXT,
  actor TEXT,
  opened_at BIGINT NOT NULL,
  due_at BIGINT,
  closed_at BIGINT,
  outcome TEXT,
  note BYTEA
);
CREATE INDEX services_turn_case ON services_turn (case_id, id);
CREATE INDEX services_turn_unit ON services_turn (unit, stage, opened_at);
CREATE INDEX services_turn_whom ON services_turn (whom_index, stage) WHERE whom_index IS NOT NULL;
CREATE INDEX services_turn_object ON services_turn (object) WHERE object IS NOT NULL;
