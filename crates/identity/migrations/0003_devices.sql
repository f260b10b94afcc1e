-- The kind of browser and system that a session was begun with: `Firefox · Android`.
ALTER TABLE identity_session ADD COLUMN device TEXT NOT NULL DEFAULT '';
