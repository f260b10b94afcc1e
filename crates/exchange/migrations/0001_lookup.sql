-- Every look into a register about a person: who may read it is that person.
CREATE TABLE exchange_lookup (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  operation TEXT NOT NULL,
  purpose TEXT NOT NULL,
  case_id TEXT,
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  leaf TEXT NOT NULL
);
CREATE INDEX exchange_lookup_person ON exchange_lookup (person, id);
