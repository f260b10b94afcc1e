CREATE TABLE ledger_entry (
  id TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  reverses TEXT REFERENCES ledger_entry (id)
);
CREATE INDEX ledger_entry_about ON ledger_entry (about);
CREATE TABLE ledger_posting (
  entry TEXT NOT NULL REFERENCES ledger_entry (id),
  line BIGINT NOT NULL,
  account TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
  PRIMARY KEY (entry, line)
);
CREATE INDEX ledger_posting_account ON ledger_posting (account, currency, entry);
