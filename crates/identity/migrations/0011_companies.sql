-- A company for which somebody acts. It is a row of identity_person too, one
-- without an account, a number or a birth date: what belongs to a person then
-- belongs to it in the same way. `number_index` is the blind index of its number
-- in a domain of its own, so that no ID number is ever taken for it; `data` holds
-- number, names and form, sealed for it; `told_at` is when the register last spoke.
CREATE TABLE identity_company (
  person TEXT NOT NULL PRIMARY KEY REFERENCES identity_person (id),
  number_index BYTEA NOT NULL UNIQUE,
  data BYTEA NOT NULL,
  stage TEXT NOT NULL,
  jointly BIGINT NOT NULL,
  told_at BIGINT NOT NULL
);
CREATE INDEX identity_company_told ON identity_company (told_at);
-- Who signs for a company, as the register last said: blind indexes of ID numbers.
CREATE TABLE identity_signatory (
  company TEXT NOT NULL REFERENCES identity_company (person),
  about BYTEA NOT NULL,
  PRIMARY KEY (company, about)
);
CREATE INDEX identity_signatory_about ON identity_signatory (about);
-- Who signed a mandate in a company's name; `needed` is one or two.
CREATE TABLE identity_signature (
  mandate TEXT NOT NULL PRIMARY KEY REFERENCES identity_mandate (id),
  company TEXT NOT NULL REFERENCES identity_company (person),
  needed BIGINT NOT NULL,
  first TEXT NOT NULL REFERENCES identity_person (id),
  second TEXT REFERENCES identity_person (id)
);
CREATE INDEX identity_signature_company ON identity_signature (company);
CREATE INDEX identity_signature_first ON identity_signature (first);
CREATE INDEX identity_signature_second ON identity_signature (second);
