-- The authority's own keys and certificates, and everything it issued.
CREATE TABLE ca_key (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL UNIQUE,
  secret BYTEA NOT NULL,
  certificate BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE ca_certificate (
  serial TEXT PRIMARY KEY,
  profile TEXT NOT NULL,
  subject TEXT NOT NULL,
  certificate BYTEA NOT NULL,
  at BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  revoked_at BIGINT,
  reason BIGINT
);
CREATE INDEX ca_certificate_revoked ON ca_certificate (revoked_at);
