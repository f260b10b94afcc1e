-- What a register told before it changed its answer, sealed for the case's person:
-- whoever decides sees both.
CREATE TABLE services_told_before (
  case_id TEXT NOT NULL,
  lookup TEXT NOT NULL,
  state TEXT NOT NULL,
  at BIGINT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (case_id, lookup)
);
