//! All statements of the ledger.

store::statements! {
    /// A new entry.
    INSERT_ENTRY = "INSERT INTO ledger_entry (id, at, kind, about, reverses) VALUES ($1, $2, $3, $4, $5)";
    /// One of its lines.
    INSERT_POSTING = "INSERT INTO ledger_posting (entry, line, account, currency, amount_minor) VALUES ($1, $2, $3, $4, $5)";
    /// The lines of an entry.
    POSTINGS = "SELECT account, currency, amount_minor FROM ledger_posting WHERE entry = $1 ORDER BY line";
    /// What an entry debits in all.
    DEBITED = "SELECT CAST(SUM(amount_minor) AS BIGINT) FROM ledger_posting WHERE entry = $1 AND amount_minor > 0";
    /// What an entry is about.
    ENTRY = "SELECT about FROM ledger_entry WHERE id = $1";
    /// The entry that reverses another.
    REVERSAL = "SELECT id FROM ledger_entry WHERE reverses = $1";
    /// The lines about a thing.
    ABOUT = "SELECT p.account, p.currency, p.amount_minor FROM ledger_entry e JOIN ledger_posting p ON p.entry = e.id \
             WHERE e.about = $1 ORDER BY e.id, p.line";
    /// An account's balance.
    BALANCE = "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM ledger_posting WHERE account = $1 AND currency = $2";
    /// Entries that do not sum to zero in a currency.
    UNBALANCED = "SELECT entry || ' ' || currency FROM ledger_posting GROUP BY entry, currency HAVING SUM(amount_minor) <> 0";
    /// Entries with fewer than two lines.
    THIN = "SELECT e.id FROM ledger_entry e WHERE (SELECT COUNT(*) FROM ledger_posting p WHERE p.entry = e.id) < 2";
    /// Reversals that do not undo their entry account by account.
    CROOKED_REVERSALS = "SELECT e.id || ' ' || p.account FROM ledger_entry e JOIN ledger_posting p ON p.entry = e.id OR p.entry = e.reverses \
                         WHERE e.reverses IS NOT NULL GROUP BY e.id, p.account, p.currency HAVING SUM(p.amount_minor) <> 0";
    /// Currencies that do not sum to zero over all.
    CROOKED_CURRENCIES = "SELECT currency FROM ledger_posting GROUP BY currency HAVING SUM(amount_minor) <> 0";
    /// An entry, by its id.
    FIND_ENTRY = "SELECT 1 FROM ledger_entry WHERE id = $1";
    /// What entries are about, by page.
    ABOUTS = "SELECT id, about FROM ledger_entry WHERE id > $1 ORDER BY id LIMIT 500";
}
