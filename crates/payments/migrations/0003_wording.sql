-- What a waiver is for, what a bill is for and who asks for it, by language: JSON
-- objects. A bill keeps them as they were on its day. The columns `decision` and
-- `waiver` hold such an object too; a plain text there stands for every language.
ALTER TABLE payments_waiver ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE payments_line ADD COLUMN waiver_names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE payments_bill ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE payments_bill ADD COLUMN issuer TEXT NOT NULL DEFAULT '{}';
