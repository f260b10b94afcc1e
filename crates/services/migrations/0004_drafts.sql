-- A person's open drafts, however many cases they have had.
CREATE INDEX services_case_draft ON services_case (person, service, id) WHERE stage = 'draft';
