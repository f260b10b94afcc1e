-- Blobs that no row names, and since when that is known.
CREATE TABLE store_blob_left (
  name TEXT NOT NULL PRIMARY KEY,
  since BIGINT NOT NULL
);
