//! All statements.

store::statements! {
    /// A fee from a day on.
    SET_FEE = "INSERT INTO payments_fee (code, valid_from, amount_minor, currency, revenue, decision, sample, names) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code, valid_from) DO UPDATE SET \
               amount_minor = excluded.amount_minor, currency = excluded.currency, revenue = excluded.revenue, \
               decision = excluded.decision, sample = excluded.sample, names = excluded.names";
    /// The fee that holds on a day.
    FEE_ON = "SELECT amount_minor, currency, revenue, decision, sample, valid_from, names FROM payments_fee \
              WHERE code = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1";
    /// A new waiver.
    INSERT_WAIVER = "INSERT INTO payments_waiver (id, fee, cohort, share_percent, valid_from, valid_to, decision, sample, names) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// The largest waiver of a fee for a cohort on a day.
    WAIVER_ON = "SELECT share_percent, decision, names FROM payments_waiver WHERE fee = $1 AND cohort = $2 AND valid_from <= $3 \
                 AND (valid_to IS NULL OR valid_to >= $3) ORDER BY share_percent DESC, id LIMIT 1";
    /// A new bill.
    INSERT_BILL = "INSERT INTO payments_bill (id, code, case_id, payer, service, at, due, currency, total_minor, stage, settled_at, names, issuer) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// One of its lines.
    INSERT_LINE = "INSERT INTO payments_line (bill, line, fee, quantity, full_minor, amount_minor, revenue, decision, waiver, waiver_names) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// A bill.
    BILL = "SELECT id, code, case_id, payer, service, at, due, currency, total_minor, stage, settled_at, names, issuer FROM payments_bill WHERE id = $1";
    /// The bill of a code.
    BILL_BY_CODE = "SELECT id, code, case_id, payer, service, at, due, currency, total_minor, stage, settled_at, names, issuer FROM payments_bill WHERE code = $1";
    /// The newest bill of a case.
    BILL_OF_CASE = "SELECT id, code, case_id, payer, service, at, due, currency, total_minor, stage, settled_at, names, issuer FROM payments_bill \
                    WHERE case_id = $1 ORDER BY id DESC LIMIT 1";
    /// A bill's lines.
    LINES = "SELECT fee, quantity, full_minor, amount_minor, revenue, decision, waiver, waiver_names FROM payments_line WHERE bill = $1 ORDER BY line";
    /// A bill moves on.
    MOVE_BILL = "UPDATE payments_bill SET stage = $1, settled_at = $2 WHERE id = $3 AND stage = $4";
    /// A frozen amount.
    INSERT_QUOTE = "INSERT INTO payments_quote (id, collector, bill, amount_minor, expires) VALUES ($1, $2, $3, $4, $5)";
    /// A frozen amount.
    QUOTE = "SELECT bill, amount_minor, expires FROM payments_quote WHERE id = $1 AND collector = $2";
    /// Money that came.
    INSERT_PAYMENT = "INSERT INTO payments_payment (id, bill, rail, party, reference, at, currency, amount_minor, stage, entry, receipt, request_hash, answer) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    /// A party's transaction.
    PAYMENT_BY_REFERENCE = "SELECT id, bill, stage, entry, receipt, request_hash, answer, at FROM payments_payment WHERE party = $1 AND reference = $2";
    /// The payment that settled a bill.
    PAYMENT_OF_BILL = "SELECT id, rail, party, at, currency, amount_minor, receipt FROM payments_payment WHERE bill = $1 AND stage = 'settled' ORDER BY id LIMIT 1";
    /// Money that came beside what settled a bill.
    HELD_FOR_BILL = "SELECT rail, at, currency, amount_minor, receipt FROM payments_payment WHERE bill = $1 AND stage = 'suspense' ORDER BY id LIMIT 20";
    /// A payment moves on.
    MOVE_PAYMENT = "UPDATE payments_payment SET stage = $1 WHERE id = $2 AND stage = $3";
    /// A reversal, or the tombstone of one whose payment has not come.
    INSERT_REVERSAL = "INSERT INTO payments_reversal (party, reference, at, reversal, outcome) VALUES ($1, $2, $3, $4, $5)";
    /// A reversal.
    REVERSAL = "SELECT reversal, outcome FROM payments_reversal WHERE party = $1 AND reference = $2";
    /// A try by card.
    INSERT_ATTEMPT = "INSERT INTO payments_attempt (id, bill, rail, at, stage) VALUES ($1, $2, $3, $4, 'created')";
    /// A try.
    ATTEMPT = "SELECT bill, stage, reference, page, cause FROM payments_attempt WHERE id = $1";
    /// The newest try for a bill whose outcome may still come by itself.
    OPEN_ATTEMPT_OF_BILL = "SELECT id, at FROM payments_attempt WHERE bill = $1 AND (stage IN ('created', 'redirected') \
                            OR (stage = 'unknown' AND cause IS NULL)) ORDER BY id DESC LIMIT 1";
    /// The bank opened its page.
    OPEN_ATTEMPT = "UPDATE payments_attempt SET stage = 'redirected', reference = $1, page = $2 WHERE id = $3 AND stage = 'created'";
    /// A try moves on.
    MOVE_ATTEMPT = "UPDATE payments_attempt SET stage = $1, settled_at = $2, cause = $3 WHERE id = $4 AND stage = $5";
    /// Paid bills whose postings differ from their total.
    CROOKED_BILLS = "SELECT b.id FROM payments_bill b WHERE b.stage = 'paid' AND b.total_minor <> \
                     (SELECT CAST(COALESCE(SUM(p.amount_minor), 0) AS BIGINT) FROM payments_payment p WHERE p.bill = b.id AND p.stage = 'settled')";
    /// Bills whose lines do not sum to their total.
    CROOKED_LINES = "SELECT b.id FROM payments_bill b WHERE b.total_minor <> \
                     (SELECT CAST(COALESCE(SUM(l.amount_minor), 0) AS BIGINT) FROM payments_line l WHERE l.bill = b.id)";
    /// Open bills that hold settled money.
    UNCOUNTED = "SELECT p.bill FROM payments_payment p JOIN payments_bill b ON b.id = p.bill WHERE p.stage = 'settled' AND b.stage <> 'paid'";
    /// Payments beside the entries that must hold them, by page.
    PAYMENTS = "SELECT id, entry, amount_minor, currency, stage FROM payments_payment WHERE id > $1 ORDER BY id LIMIT 500";
    /// A bill, by its id.
    FIND_BILL = "SELECT 1 FROM payments_bill WHERE id = $1";
    /// A payment, by its id.
    FIND_PAYMENT = "SELECT 1 FROM payments_payment WHERE id = $1";
    /// What bills are for, by page.
    BILLED_CASES = "SELECT id, case_id FROM payments_bill WHERE id > $1 ORDER BY id LIMIT 500";
    /// Who owes bills, by page.
    PAYERS = "SELECT id, payer FROM payments_bill WHERE id > $1 ORDER BY id LIMIT 500";
    /// The entries of payments, by page.
    ENTRIES = "SELECT id, entry FROM payments_payment WHERE id > $1 ORDER BY id LIMIT 500";
}
