-- What the rules of a version that waits for signatures would have decided of cases
-- that were sent before it was put up: counts, and which cases differ. Nobody's data.
CREATE TABLE services_replay (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  last_case TEXT NOT NULL,
  looked BIGINT NOT NULL,
  erased BIGINT NOT NULL,
  lacking BIGINT NOT NULL,
  begun_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (service, version)
);
CREATE TABLE services_replay_case (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  difference TEXT NOT NULL,
  PRIMARY KEY (service, version, case_id)
);
-- The newest cases of a service that were sent.
CREATE INDEX services_case_sent ON services_case (service, id) WHERE submitted_at IS NOT NULL;
