-- A browser's session. The row is found by the hash of the cookie's token, and
-- its data opens with the token only: a copy of the table signs nobody in and
-- names nobody.
CREATE TABLE web_session (
    id BYTEA NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    link TEXT,
    data BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    idle_seconds BIGINT NOT NULL
);
CREATE INDEX web_session_subject ON web_session (subject);
CREATE INDEX web_session_link ON web_session (link);
CREATE INDEX web_session_ends ON web_session (ends_at);
-- How often something was tried in a window. The key is a blind index.
CREATE TABLE web_throttle (
    key BYTEA NOT NULL PRIMARY KEY,
    hits BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX web_throttle_ends ON web_throttle (ends_at);
