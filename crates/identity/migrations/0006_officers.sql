-- A change that one officer proposes and another decides. `change` says it
-- (JSON), sealed for its person where it is about one; `found` is the digest of
-- what it was proposed on, so that a change that came between is seen.
CREATE TABLE identity_proposal (
  id TEXT NOT NULL PRIMARY KEY,
  about TEXT NOT NULL,
  person TEXT,
  change BYTEA NOT NULL,
  found BYTEA NOT NULL,
  stage TEXT NOT NULL,
  proposed_by TEXT NOT NULL REFERENCES identity_officer (id),
  proposed_at BIGINT NOT NULL,
  decided_by TEXT REFERENCES identity_officer (id),
  decided_at BIGINT
);
CREATE INDEX identity_proposal_stage ON identity_proposal (stage, id);
CREATE INDEX identity_proposal_about ON identity_proposal (about, stage);
-- Since when a client has a key, by its thumbprint: a key says nothing of its age.
CREATE TABLE identity_client_key (
  client TEXT NOT NULL REFERENCES identity_client (id),
  thumbprint TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (client, thumbprint)
);
-- What the nightly look at a client's set-up found (JSON).
CREATE TABLE identity_health (
  client TEXT NOT NULL PRIMARY KEY REFERENCES identity_client (id),
  checked_at BIGINT NOT NULL,
  findings TEXT NOT NULL
);
-- Figures by day and client: never by person.
CREATE TABLE identity_count (
  day TEXT NOT NULL,
  event TEXT NOT NULL,
  client TEXT NOT NULL,
  detail TEXT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (day, event, client, detail)
);
-- The least assurance that a service asks for, from a day on, by its decision.
CREATE TABLE identity_requirement (
  service TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  level TEXT NOT NULL,
  names TEXT NOT NULL,
  decision TEXT NOT NULL,
  sample BIGINT NOT NULL,
  PRIMARY KEY (service, valid_from)
);
