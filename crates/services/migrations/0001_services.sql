-- Counted by day, without persons, from the first day.
CREATE TABLE services_count (
  day TEXT NOT NULL,
  event TEXT NOT NULL,
  service TEXT NOT NULL,
  detail TEXT NOT NULL,
  language TEXT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (day, event, service, detail, language)
);
