CREATE TABLE store_key (
  key BYTEA NOT NULL PRIMARY KEY,
  answer BYTEA NOT NULL
) /* keyed */;
CREATE TABLE store_subject_key (
  subject TEXT NOT NULL PRIMARY KEY,
  wrapped BYTEA NOT NULL
) /* keyed */;
CREATE TABLE store_work (
  id TEXT NOT NULL PRIMARY KEY,
  queue TEXT NOT NULL,
  ordering_key TEXT NOT NULL,
  body TEXT NOT NULL,
  due BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  leased_until BIGINT NOT NULL
);
CREATE INDEX store_work_order ON store_work (queue, ordering_key, id);
CREATE INDEX store_work_due ON store_work (due, id);
CREATE TABLE store_lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
