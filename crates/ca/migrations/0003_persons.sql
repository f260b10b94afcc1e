-- People's certificates come from an authority of their own, with its own list.
ALTER TABLE ca_certificate ADD COLUMN issuer TEXT NOT NULL DEFAULT 'issuing';
CREATE INDEX ca_certificate_issuer_at ON ca_certificate (issuer, at);
