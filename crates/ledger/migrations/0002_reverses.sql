-- Whether an entry was taken back is asked at each reversal, in the writer.
CREATE INDEX ledger_entry_reverses ON ledger_entry (reverses);
