//! SQL text, written once in PostgreSQL's spelling and rewritten at compile
//! time for SQLite (`$1` → `?1`). Every statement is registered, so that a test
//! can prepare it on both engines.

/// One registered statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// The constant's name, for logs and tests.
    pub name: &'static str,
    /// Text for PostgreSQL.
    pub postgres: &'static str,
    /// Text for SQLite.
    pub sqlite: &'static str,
}

/// Replaces `$` by `?` before a digit; for `statements!` only.
#[doc(hidden)]
#[must_use]
pub const fn for_sqlite<const N: usize>(sql: &str) -> [u8; N] {
    let source = sql.as_bytes();
    let mut text = [0_u8; N];
    let mut place = 0;
    while place < N {
        let before_digit = place + 1 < N && source[place + 1].is_ascii_digit();
        text[place] = if source[place] == b'$' && before_digit { b'?' } else { source[place] };
        place += 1;
    }
    text
}

/// Text again from the bytes of [`for_sqlite`].
#[doc(hidden)]
#[must_use]
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a replaced ASCII byte keeps UTF-8 whole"),
    }
}

/// Declares statements: a constant each, and `ALL`.
#[macro_export]
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)*) => {
        $(
            $(#[$meta])*
            pub(crate) const $name: $crate::Statement = {
                const SQL: &str = $sql;
                static SQLITE: [u8; SQL.len()] = $crate::for_sqlite(SQL);
                $crate::Statement { name: stringify!($name), postgres: SQL, sqlite: $crate::text(&SQLITE) }
            };
        )*
        /// Every statement of this file, for the test that prepares them.
        pub const ALL: &[$crate::Statement] = &[$($name),*];
    };
}

/// Values for a statement, borrowed: `params![case.id, &title, now]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::ToParam::to_param(&$value)),*] };
}
