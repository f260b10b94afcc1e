-- Words with which a security server joins, once each; only their digests.
CREATE TABLE interop_invitation (
  token TEXT PRIMARY KEY,
  code TEXT NOT NULL,
  subsystems TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  joined_with TEXT
);
