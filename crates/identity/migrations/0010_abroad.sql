-- A passport: as its holder typed its zone when opening an account from abroad
-- (`said_at`), and as an officer of a mission had it in hand (`seen_at`).
CREATE TABLE identity_passport (
  person TEXT NOT NULL PRIMARY KEY REFERENCES identity_person (id),
  data BYTEA NOT NULL,
  said_at BIGINT,
  seen_at BIGINT,
  seen_by TEXT REFERENCES identity_officer (id),
  unit TEXT
);
