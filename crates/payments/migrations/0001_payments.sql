-- The finance register: amounts and waivers, dated, each by its decision.
CREATE TABLE payments_fee (
  code TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
  currency TEXT NOT NULL,
  revenue TEXT NOT NULL,
  decision TEXT NOT NULL,
  sample BIGINT NOT NULL,
  PRIMARY KEY (code, valid_from)
);
CREATE TABLE payments_waiver (
  id TEXT NOT NULL PRIMARY KEY,
  fee TEXT NOT NULL,
  cohort TEXT NOT NULL,
  share_percent BIGINT NOT NULL CHECK (share_percent BETWEEN 1 AND 100),
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  decision TEXT NOT NULL,
  sample BIGINT NOT NULL
);
CREATE INDEX payments_waiver_fee ON payments_waiver (fee, cohort);
CREATE TABLE payments_bill (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  case_id TEXT NOT NULL,
  payer TEXT NOT NULL,
  service TEXT NOT NULL,
  at BIGINT NOT NULL,
  due BIGINT NOT NULL,
  currency TEXT NOT NULL,
  total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
  stage TEXT NOT NULL,
  settled_at BIGINT
);
CREATE INDEX payments_bill_case ON payments_bill (case_id);
CREATE INDEX payments_bill_payer ON payments_bill (payer, id);
CREATE TABLE payments_line (
  bill TEXT NOT NULL REFERENCES payments_bill (id),
  line BIGINT NOT NULL,
  fee TEXT NOT NULL,
  quantity BIGINT NOT NULL,
  full_minor BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL,
  revenue TEXT NOT NULL,
  decision TEXT NOT NULL,
  waiver TEXT,
  PRIMARY KEY (bill, line)
);
CREATE TABLE payments_quote (
  id TEXT NOT NULL PRIMARY KEY,
  collector TEXT NOT NULL,
  bill TEXT NOT NULL REFERENCES payments_bill (id),
  amount_minor BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE TABLE payments_attempt (
  id TEXT NOT NULL PRIMARY KEY,
  bill TEXT NOT NULL REFERENCES payments_bill (id),
  rail TEXT NOT NULL,
  at BIGINT NOT NULL,
  stage TEXT NOT NULL,
  reference TEXT,
  page TEXT,
  settled_at BIGINT,
  cause TEXT
);
CREATE INDEX payments_attempt_bill ON payments_attempt (bill, id);
CREATE TABLE payments_payment (
  id TEXT NOT NULL PRIMARY KEY,
  bill TEXT REFERENCES payments_bill (id),
  rail TEXT NOT NULL,
  party TEXT NOT NULL,
  reference TEXT NOT NULL,
  at BIGINT NOT NULL,
  currency TEXT NOT NULL,
  amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
  stage TEXT NOT NULL,
  entry TEXT NOT NULL,
  receipt TEXT NOT NULL UNIQUE,
  request_hash BYTEA NOT NULL,
  answer TEXT NOT NULL,
  UNIQUE (party, reference)
);
CREATE INDEX payments_payment_bill ON payments_payment (bill);
CREATE TABLE payments_reversal (
  party TEXT NOT NULL,
  reference TEXT NOT NULL,
  at BIGINT NOT NULL,
  reversal TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (party, reference)
);
