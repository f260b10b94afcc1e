-- What bills call a fee, by language: a JSON object.
ALTER TABLE payments_fee ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
