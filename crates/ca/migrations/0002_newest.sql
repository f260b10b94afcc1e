-- The officers' page lists the newest first.
CREATE INDEX ca_certificate_at ON ca_certificate (at);
