-- Under which mandate somebody acts for another in this session: ending the
-- mandate ends it.
ALTER TABLE web_session ADD COLUMN mandate TEXT;
CREATE INDEX web_session_mandate ON web_session (mandate);
