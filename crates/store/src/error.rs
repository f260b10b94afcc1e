//! What can go wrong below the rules: the machine's failures.

/// A failure of the store. A rule that says no is not one: it is the system's
/// own refusal.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The commit may or may not have happened: ask again with the same key.
    #[error("the outcome is not known yet: {0}")]
    Unknown(String),
    /// Too much work waits; nothing was run.
    #[error("too much work is waiting")]
    Busy,
    /// The disk is full or the store is closing: nothing was written, reads go on.
    #[error("writing is not possible now: {0}")]
    ReadOnly(String),
    /// A uniqueness or foreign-key rule of a table refused; nothing was written.
    #[error("a rule of the table refused: {0}")]
    Conflict(String),
    /// Concurrent writes kept colliding.
    #[error("writes kept colliding")]
    Contention,
    /// A read ran out of time.
    #[error("the read took too long")]
    Slow,
    /// Another number of rows than the statement must touch.
    #[error("{statement} touched {touched} rows")]
    Rows {
        /// The statement.
        statement: &'static str,
        /// How many rows it touched.
        touched: u64,
    },
    /// More rows than one write may touch.
    #[error("a write may touch {} rows at most", crate::ROWS_PER_WRITE)]
    TooManyRows,
    /// Stored data has a shape it never should.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// A sealed value did not open, or its key is gone.
    #[error("a sealed value does not open")]
    Sealed,
    /// A closure panicked; it was rolled back.
    #[error("a write failed inside: {0}")]
    Panicked(String),
    /// The engine refused the statement.
    #[error("{statement}: {reason}")]
    Sql {
        /// The statement.
        statement: &'static str,
        /// The engine's words.
        reason: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// The system's words.
        reason: String,
    },
}

impl Error {
    pub(crate) fn file(path: &std::path::Path, reason: impl std::fmt::Display) -> Self {
        Self::File { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
