//! One connection to an SQLite file: how it is opened, what a statement gives,
//! and what its errors mean.

use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{Error, Param, Row, SQLITE_FLOOR, Statement, Value};

/// Statements each connection keeps prepared.
const PREPARED: usize = 1_024;

/// A connection to a data folder's file, which is made if there is none.
pub(crate) fn open(folder: &Path) -> Result<Connection, Error> {
    let version = rusqlite::version_number();
    if version < SQLITE_FLOOR {
        return Err(Error::Corrupt(format!(
            "SQLite {version} can corrupt its log; {SQLITE_FLOOR} is the oldest allowed"
        )));
    }
    std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
    connect(&folder.join("hukumati.db"))
}

pub(crate) fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000;
             PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;
             PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;",
        )?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        Ok(connection)
    };
    open().map_err(|error| Error::file(path, error))
}

/// Rows of a statement, for [`Read`].
pub(crate) fn rows(connection: &Connection, statement: &Statement, params: &[Param<'_>]) -> Result<Vec<Row>, Error> {
    let run = || -> rusqlite::Result<Vec<Row>> {
        let mut prepared = connection.prepare_cached(statement.sqlite)?;
        let columns = prepared.column_count();
        let mut found = prepared.query(rusqlite::params_from_iter(params))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(Row { statement: statement.name, values: values(row, columns)? });
        }
        Ok(rows)
    };
    run().map_err(|error| map(statement.name, &error))
}

/// A row's values.
pub(crate) fn values(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns).map(|column| row.get_ref(column).map(value)).collect()
}

/// Prepares a statement without running it.
pub(crate) fn prepare(connection: &Connection, statement: &Statement) -> Result<(), Error> {
    connection.prepare_cached(statement.sqlite).map(drop).map_err(|error| map(statement.name, &error))
}

/// What SQLite's own checks find: damaged pages, rows without their parents.
pub(crate) fn integrity(connection: &Connection) -> Result<Vec<String>, Error> {
    let run = || -> rusqlite::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut pages = connection.prepare("PRAGMA integrity_check(20)")?;
        let lines = pages.query_map([], |row| row.get::<_, String>(0))?;
        found.extend(lines.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|line| line != "ok"));
        let mut orphans = connection.prepare("PRAGMA foreign_key_check")?;
        let lines = orphans.query_map([], |row| row.get::<_, String>(0))?;
        found.extend(
            lines
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .map(|table| format!("a row of {table} without its parent")),
        );
        Ok(found)
    };
    run().map_err(|error| map("integrity_check", &error))
}

/// Runs a statement, for [`Tx`].
pub(crate) fn execute(connection: &Connection, statement: &Statement, params: &[Param<'_>]) -> Result<u64, Error> {
    let prepared = connection.prepare_cached(statement.sqlite);
    let touched = prepared.and_then(|mut prepared| prepared.execute(rusqlite::params_from_iter(params)));
    touched.map(|touched| touched as u64).map_err(|error| map(statement.name, &error))
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        // STRICT tables hold no floats; a computed one is shown as what it is.
        ValueRef::Real(number) => Value::Text(number.to_string()),
    }
}

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(crate) fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

pub(crate) fn disk_full() -> Error {
    Error::ReadOnly("the disk is full".to_owned())
}

pub(crate) fn map(statement: &'static str, error: &rusqlite::Error) -> Error {
    match code(error) {
        Some(ErrorCode::DiskFull) => disk_full(),
        Some(ErrorCode::ConstraintViolation) => Error::Conflict(error.to_string()),
        Some(ErrorCode::OperationInterrupted) => Error::Slow,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt(error.to_string()),
        _ => Error::Sql { statement, reason: error.to_string() },
    }
}
