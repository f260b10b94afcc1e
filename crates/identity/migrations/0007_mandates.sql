-- Acting for another. `agent_index` is the blind index of the ID number that the
-- mandate is meant for; whoever proved that number accepts it and is `agent`
-- then, so that an offer says nothing of who has an account. The number and what
-- the mandate rests on are sealed for the principal. `services` is a JSON list of
-- keys, or empty for all; the ceiling is in agorot, for each bill.
CREATE TABLE identity_mandate (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  principal TEXT NOT NULL REFERENCES identity_person (id),
  agent TEXT REFERENCES identity_person (id),
  agent_index BYTEA NOT NULL,
  agent_number BYTEA NOT NULL,
  basis BYTEA,
  services TEXT NOT NULL,
  ceiling_minor BIGINT,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  stage TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX identity_mandate_principal ON identity_mandate (principal, stage);
CREATE INDEX identity_mandate_agent ON identity_mandate (agent, stage);
CREATE INDEX identity_mandate_offered ON identity_mandate (agent_index, stage);
CREATE INDEX identity_mandate_ends ON identity_mandate (stage, valid_until);
-- Under which mandate an authorization was given; the holder is who acts.
ALTER TABLE identity_authorization ADD COLUMN mandate TEXT REFERENCES identity_mandate (id);
CREATE INDEX identity_authorization_mandate ON identity_authorization (mandate);
