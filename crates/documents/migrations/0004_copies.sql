-- Certified copies: the paper itself is the first, each further one has a row,
-- a number and a sealed file of its own. How many there may be is fixed when the
-- paper is ordered. And prints: what an office printed together, and which print
-- of each copy it was.
ALTER TABLE documents_paper ADD COLUMN copies BIGINT NOT NULL DEFAULT 1;
ALTER TABLE documents_paper ADD COLUMN copies_most BIGINT NOT NULL DEFAULT 1;
CREATE TABLE documents_copy (
  id TEXT PRIMARY KEY,
  paper TEXT NOT NULL REFERENCES documents_paper (id),
  number BIGINT NOT NULL,
  copies BIGINT NOT NULL,
  ordered_at BIGINT NOT NULL,
  issued_at BIGINT,
  blob TEXT,
  leaf TEXT,
  UNIQUE (paper, number)
);
CREATE TABLE documents_batch (
  id TEXT PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  office TEXT NOT NULL,
  officer TEXT NOT NULL,
  stage TEXT NOT NULL,
  papers TEXT NOT NULL,
  done BIGINT NOT NULL,
  at BIGINT NOT NULL,
  ready_at BIGINT
);
CREATE INDEX documents_batch_unit ON documents_batch (unit, id);
CREATE TABLE documents_print (
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL REFERENCES documents_batch (id),
  place BIGINT NOT NULL,
  paper TEXT NOT NULL REFERENCES documents_paper (id),
  number BIGINT NOT NULL,
  print BIGINT NOT NULL,
  leaf TEXT NOT NULL,
  UNIQUE (batch, place),
  UNIQUE (paper, number, print)
);
