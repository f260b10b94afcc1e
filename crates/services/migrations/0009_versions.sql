-- Versions of services: their files as they were put up, and who signed them.
CREATE TABLE services_version (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  digest TEXT NOT NULL,
  files BYTEA NOT NULL,
  stage TEXT NOT NULL,
  from_day TEXT NOT NULL,
  put_at BIGINT NOT NULL,
  decided_at BIGINT,
  PRIMARY KEY (service, version)
);
-- Whom the quality office let in before others, by a keyed index of their ID number.
CREATE TABLE services_invited (
  service TEXT NOT NULL,
  crowd TEXT NOT NULL,
  number BYTEA NOT NULL,
  invited_by TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (service, crowd, number)
);
CREATE TABLE services_signature (
  service TEXT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  officer TEXT NOT NULL,
  reason TEXT,
  at BIGINT NOT NULL,
  leaf TEXT NOT NULL,
  PRIMARY KEY (service, version, body)
);
