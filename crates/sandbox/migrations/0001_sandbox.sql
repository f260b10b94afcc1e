CREATE TABLE sandbox_bank_session (
  reference TEXT NOT NULL PRIMARY KEY,
  session TEXT NOT NULL UNIQUE,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  return_url TEXT NOT NULL,
  locale TEXT NOT NULL,
  status TEXT NOT NULL,
  cause TEXT,
  created_at BIGINT NOT NULL
);
