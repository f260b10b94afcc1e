-- A device without a browser asks for tokens (RFC 8628). The code that somebody
-- types is kept as its blind index, the device's own as its hash; once allowed,
-- the authorization has the latter as its code. `place` is the address that
-- began it.
CREATE TABLE identity_device (
  id TEXT NOT NULL PRIMARY KEY,
  client TEXT NOT NULL REFERENCES identity_client (id),
  device_code BYTEA NOT NULL UNIQUE,
  user_code BYTEA NOT NULL UNIQUE,
  request TEXT NOT NULL,
  stage TEXT NOT NULL,
  holder TEXT,
  place TEXT NOT NULL,
  interval_seconds BIGINT NOT NULL,
  polled_at BIGINT,
  began_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);
CREATE INDEX identity_device_ends ON identity_device (ends_at);
-- Where a key lies: `sealed` in `secret`, or in a `token`, whose name of it `secret` is then.
ALTER TABLE identity_key ADD COLUMN place TEXT NOT NULL DEFAULT 'sealed';
