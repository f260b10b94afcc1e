-- How a code travelled: `sms`, `call`, or `line` for a call to a fixed line.
ALTER TABLE identity_code ADD COLUMN way TEXT NOT NULL DEFAULT 'sms';
-- The name of the network that a session was begun from, as the shipped table
-- has it; never the address.
ALTER TABLE identity_session ADD COLUMN network TEXT NOT NULL DEFAULT '';
