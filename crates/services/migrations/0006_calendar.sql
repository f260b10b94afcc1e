-- The quality office's calendar: each entry by its decree, proposed by one officer
-- and confirmed by another. Nothing is deleted: what a later decree replaces stays.
CREATE TABLE services_calendar (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  act TEXT NOT NULL,
  scope TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  basis TEXT NOT NULL,
  hijri TEXT,
  opens TEXT,
  closes TEXT,
  weekdays TEXT,
  name_ar TEXT NOT NULL,
  name_en TEXT NOT NULL,
  decree TEXT,
  decree_day TEXT,
  sample BIGINT NOT NULL,
  replaces TEXT,
  stage TEXT NOT NULL,
  proposed_by TEXT,
  proposed_at BIGINT NOT NULL,
  decided_by TEXT,
  decided_at BIGINT
);
CREATE INDEX services_calendar_stage ON services_calendar (stage, last_day);
CREATE INDEX services_calendar_decided ON services_calendar (decided_at);
-- The clock of a case's promise. `allowance` and `used` are working time, a working
-- day being 86,400,000,000; or microseconds, where minutes are promised.
CREATE TABLE services_promise (
  case_id TEXT PRIMARY KEY,
  measure TEXT NOT NULL,
  amount BIGINT NOT NULL,
  unit TEXT NOT NULL,
  governorate TEXT,
  zone TEXT NOT NULL,
  weekdays TEXT NOT NULL,
  opens TEXT NOT NULL,
  closes TEXT NOT NULL,
  allowance BIGINT NOT NULL,
  used BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  since BIGINT,
  due_at BIGINT NOT NULL,
  provisional BIGINT NOT NULL,
  level BIGINT NOT NULL,
  next_at BIGINT,
  ended_at BIGINT
);
CREATE INDEX services_promise_next ON services_promise (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX services_promise_open ON services_promise (case_id) WHERE ended_at IS NULL;
CREATE INDEX services_promise_level ON services_promise (level, due_at) WHERE ended_at IS NULL;
-- How long cases took, by day of their end, without persons.
CREATE TABLE services_elapsed (
  day TEXT NOT NULL,
  service TEXT NOT NULL,
  measure TEXT NOT NULL,
  amount BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (service, day, measure, amount, kept)
);
-- What was promised before there was a calendar is kept as it was told, on the wall's clock.
INSERT INTO services_promise (case_id, measure, amount, unit, governorate, zone, weekdays, opens, closes, allowance, used,
  started_at, since, due_at, provisional, level, next_at, ended_at)
  SELECT id, 'minutes', 0, '', NULL, 'Asia/Hebron', '7,1,2,3,4', '08:00', '15:00', promised_at - submitted_at, 0,
    submitted_at, CASE WHEN stage = 'asked' THEN NULL ELSE submitted_at END, promised_at, 0, 0,
    CASE WHEN stage = 'asked' THEN NULL ELSE promised_at END, NULL
  FROM services_case WHERE promised_at IS NOT NULL AND submitted_at IS NOT NULL AND closed_at IS NULL;
