-- By which channel too; and drafts that were left, each counted once.
CREATE TABLE services_count_by_channel (
  day TEXT NOT NULL,
  event TEXT NOT NULL,
  service TEXT NOT NULL,
  detail TEXT NOT NULL,
  channel TEXT NOT NULL,
  language TEXT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (day, event, service, detail, channel, language)
);
INSERT INTO services_count_by_channel (day, event, service, detail, channel, language, total)
  SELECT day, event, service, detail, 'web', language, total FROM services_count;
DROP TABLE services_count;
ALTER TABLE services_count_by_channel RENAME TO services_count;
ALTER TABLE services_case ADD COLUMN abandoned_at BIGINT;
CREATE INDEX services_case_left ON services_case (saved_at) WHERE stage = 'draft' AND abandoned_at IS NULL;
