//! All statements.

store::statements! {
    /// One more of this kind today.
    COUNT = "INSERT INTO services_count (day, event, service, detail, language, total) VALUES ($1, $2, $3, $4, $5, 1) \
             ON CONFLICT (day, event, service, detail, language) DO UPDATE SET total = services_count.total + 1";
    /// What was counted from a day on.
    COUNTS = "SELECT day, event, service, detail, language, total FROM services_count WHERE day >= $1 \
              ORDER BY day, event, service, detail, language LIMIT 1000";
}
