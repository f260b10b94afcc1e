-- Who pressed the button of a bundle, by ids: a service that begins after another is sent
-- in their name where no question is left.
ALTER TABLE services_bundle ADD COLUMN sender TEXT;
