-- A form that was sent after its session had ended. The row is found by the
-- hash of a cookie's token, and opens with the token only.
CREATE TABLE web_kept (
    id BYTEA NOT NULL PRIMARY KEY,
    data BYTEA NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX web_kept_ends ON web_kept (ends_at);
