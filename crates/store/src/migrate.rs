//! Numbered schema changes of each system, each applied once, in one
//! transaction, and never altered after.

use rusqlite::{Connection, OptionalExtension};

use crate::key::hex;
use crate::{Error, MIGRATIONS, sqlite_session};

/// One numbered change. Written in PostgreSQL's spelling with BIGINT, TEXT and
/// BYTEA only; each statement ends with `;` at the end of a line.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3 …
    pub version: u32,
    /// The statements.
    pub sql: &'static str,
}

/// A system's name and its changes.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The crate's name, before the underscore of its tables.
    pub system: &'static str,
    /// Its changes, in order.
    pub migrations: &'static [Migration],
}

/// What an engine must be able to do to be migrated.
pub(crate) trait Migrates {
    /// Runs statements that return nothing, as one transaction.
    fn apply(&mut self, statements: &[String]) -> Result<(), Error>;
    /// The checksum that was recorded for a change, if it ran.
    fn applied(&mut self, system: &str, version: u32) -> Result<Option<String>, Error>;
    /// The engine's spelling of a statement.
    fn spell(&self, statement: &str) -> String;
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS store_migration (system TEXT NOT NULL, version BIGINT NOT NULL, \
                     checksum TEXT NOT NULL, PRIMARY KEY (system, version))";

pub(crate) fn run(engine: &mut impl Migrates, schemas: &[Schema]) -> Result<(), Error> {
    let table = engine.spell(TABLE);
    engine.apply(&[table])?;
    let own = Schema { system: "store", migrations: MIGRATIONS };
    for schema in std::iter::once(&own).chain(schemas) {
        for migration in schema.migrations {
            run_one(engine, schema.system, migration)?;
        }
    }
    Ok(())
}

fn run_one(engine: &mut impl Migrates, system: &str, migration: &Migration) -> Result<(), Error> {
    let checksum = checksum(migration.sql);
    match engine.applied(system, migration.version)? {
        Some(known) if known == checksum => return Ok(()),
        Some(_) => {
            return Err(Error::Corrupt(format!(
                "migration {} of {system} was changed after it ran; restore the file that ran",
                migration.version
            )));
        }
        None => {}
    }
    let mut statements: Vec<String> = split(migration.sql).iter().map(|text| engine.spell(text)).collect();
    statements.push(format!(
        "INSERT INTO store_migration (system, version, checksum) VALUES ('{system}', {}, '{checksum}')",
        migration.version
    ));
    engine.apply(&statements)
}

fn checksum(sql: &str) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, sql.as_bytes()).as_ref())
}

/// The statements of a migration, without comment lines.
pub(crate) fn split(sql: &str) -> Vec<String> {
    let lines: Vec<&str> = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let parts = lines.join("\n");
    parts
        .split(";\n")
        .map(|part| part.trim().trim_end_matches(';').to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// After a table's last bracket: its rows are small and are found by their key,
/// so SQLite keeps them in the key's own tree instead of in two.
const KEYED: &str = "/* keyed */";

/// SQLite's spelling: INTEGER and BLOB, and STRICT tables.
pub(crate) fn spell_sqlite(statement: &str) -> String {
    let mut spelled = String::with_capacity(statement.len());
    let mut word = String::new();
    let flush = |word: &mut String, spelled: &mut String| {
        spelled.push_str(match word.as_str() {
            "BIGINT" => "INTEGER",
            "BYTEA" => "BLOB",
            other => other,
        });
        word.clear();
    };
    for symbol in statement.chars() {
        if symbol.is_alphanumeric() || symbol == '_' {
            word.push(symbol);
        } else {
            flush(&mut word, &mut spelled);
            spelled.push(symbol);
        }
    }
    flush(&mut word, &mut spelled);
    if spelled.trim_start().starts_with("CREATE TABLE") {
        spelled.push_str(" STRICT");
        if statement.contains(KEYED) {
            spelled.push_str(", WITHOUT ROWID");
        }
    }
    spelled
}

/// Changes an SQLite file.
pub(crate) struct Migrator<'c>(pub(crate) &'c Connection);

impl Migrates for Migrator<'_> {
    fn apply(&mut self, statements: &[String]) -> Result<(), Error> {
        let text = format!("BEGIN IMMEDIATE;\n{};\nCOMMIT;", statements.join(";\n"));
        self.0.execute_batch(&text).map_err(|error| {
            if !self.0.is_autocommit() && self.0.execute_batch("ROLLBACK").is_err() {
                tracing::error!("a migration could not be rolled back");
            }
            sqlite_session::map("a migration", &error)
        })
    }
    fn applied(&mut self, system: &str, version: u32) -> Result<Option<String>, Error> {
        let text = "SELECT checksum FROM store_migration WHERE system = ?1 AND version = ?2";
        let found = self.0.query_row(text, rusqlite::params![system, version], |row| row.get(0)).optional();
        found.map_err(|error| sqlite_session::map("store_migration", &error))
    }
    fn spell(&self, statement: &str) -> String {
        spell_sqlite(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_split_and_spelled() {
        let sql = "-- a comment; with a mark\nCREATE TABLE a_b (\n  id BIGINT NOT NULL,\n  body BYTEA\n);\nCREATE INDEX a_b_c ON a_b (id);\n";
        let parts = split(sql);
        assert_eq!(parts.len(), 2);
        assert_eq!(spell_sqlite(&parts[0]), "CREATE TABLE a_b (\n  id INTEGER NOT NULL,\n  body BLOB\n) STRICT");
        assert_eq!(
            spell_sqlite("CREATE TABLE a_k (k BYTEA NOT NULL PRIMARY KEY) /* keyed */"),
            "CREATE TABLE a_k (k BLOB NOT NULL PRIMARY KEY) /* keyed */ STRICT, WITHOUT ROWID"
        );
        assert_eq!(spell_sqlite(&parts[1]), "CREATE INDEX a_b_c ON a_b (id)");
    }
}
