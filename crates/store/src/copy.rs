//! All tables of all systems from one database into another, whatever engine
//! each of them is: in one commit, in chunks, and compared before it.
//!
//! Not here: blobs, which lie beside the database and are copied as files, and
//! keys, without which neither copy can be read.

use aws_lc_rs::digest;
use rusqlite::params_from_iter;

use crate::migrate::{self, Migrator};
use crate::postgres_address::Address;
use crate::postgres_session::Session;
use crate::{Database, Error, MIGRATIONS, Schema, Value, sqlite_session};

/// Rows that are read and written together.
const CHUNK: usize = 500;

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// How many rows it has, on both sides.
    pub rows: u64,
}

/// Copies every table of these systems, and the store's own, into a database
/// whose tables are empty. The source is read as one snapshot and may be served
/// meanwhile; what is written to it after the copy began is not in it.
///
/// # Errors
/// [`Error::Conflict`] when the target holds rows; [`Error::Corrupt`] when the
/// source's tables are of another version, or what was written is not what was
/// read; or the engines'. After an error the target's tables are empty.
pub fn copy(from: &Database, to: &Database, schemas: &[Schema]) -> Result<Vec<Copied>, Error> {
    let (mut source, mut target) = (Side::open(from)?, Side::open(to)?);
    target.migrate(schemas)?;
    source.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN")?;
    target.run("BEGIN", "BEGIN IMMEDIATE")?;
    if source.migrations()? != target.migrations()? {
        let reason = "the source's tables are of another version: start this program on it once, then copy";
        return Err(Error::Corrupt(reason.to_owned()));
    }
    let own = Schema { system: "store", migrations: MIGRATIONS };
    let schemas: Vec<Schema> = std::iter::once(own).chain(schemas.iter().copied()).collect();
    let copied = tables(&schemas).into_iter().map(|table| copy_table(&mut source, &mut target, table));
    let copied = copied.collect::<Result<Vec<_>, _>>()?;
    target.run("COMMIT", "COMMIT")?;
    Ok(copied)
}

fn copy_table(source: &mut Side, target: &mut Side, table: String) -> Result<Copied, Error> {
    let columns = target.columns(&table)?;
    // A system's rows refer to its earlier ones; ids sort by time and stand first.
    let read = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(", "));
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
    if target.each(&read, &mut |_| Ok(()))?.rows > 0 {
        return Err(Error::Conflict(format!("{table} of the target has rows; copy into an empty database")));
    }
    let was = source.each(&read, &mut |rows| target.insert(&insert, rows))?;
    let is = target.each(&read, &mut |_| Ok(()))?;
    if was == is {
        Ok(Copied { table, rows: was.rows })
    } else {
        Err(Error::Corrupt(format!(
            "{table}: {} rows were read and {} are there, or their contents differ",
            was.rows, is.rows
        )))
    }
}

/// The tables that these changes leave, in the order in which they were made.
fn tables(schemas: &[Schema]) -> Vec<String> {
    let mut tables: Vec<String> = Vec::new();
    for migration in schemas.iter().flat_map(|schema| schema.migrations) {
        for statement in migrate::split(migration.sql) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            match words[..] {
                ["CREATE", "TABLE", name, ..] => tables.extend(name.split('(').next().map(str::to_owned)),
                ["DROP", "TABLE", name, ..] => tables.retain(|table| table != name),
                ["ALTER", "TABLE", name, "RENAME", "TO", new, ..] => {
                    tables.iter_mut().filter(|table| *table == name).for_each(|table| new.clone_into(table));
                }
                _ => {}
            }
        }
    }
    tables
}

/// How many rows, and a sum over all of them that does not depend on their order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    lanes: [u64; 4],
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        let mut context = digest::Context::new(&digest::SHA256);
        let mut part = |tag: u8, bytes: &[u8]| {
            context.update(&[tag]);
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        };
        for value in row {
            match value {
                Value::Null => part(0, &[]),
                Value::Int(number) => part(1, &number.to_be_bytes()),
                Value::Text(text) => part(2, text.as_bytes()),
                Value::Bytes(bytes) => part(3, bytes),
            }
        }
        let digest = context.finish();
        for (lane, bytes) in self.lanes.iter_mut().zip(digest.as_ref().chunks_exact(8)) {
            *lane = lane.wrapping_add(bytes.iter().fold(0, |lane, byte| (lane << 8) | u64::from(*byte)));
        }
        self.rows += 1;
    }
}

/// What is done with a chunk of rows.
type OnRows<'f> = &'f mut dyn FnMut(&[Vec<Value>]) -> Result<(), Error>;

/// One of the two databases.
enum Side {
    Sqlite(Box<rusqlite::Connection>),
    Postgres(Box<Session>),
}

impl Side {
    fn open(database: &Database) -> Result<Self, Error> {
        match database {
            Database::Sqlite(folder) => sqlite_session::open(folder).map(Box::new).map(Self::Sqlite),
            Database::Postgres(url) => {
                let mut session = Session::connect(&Address::parse(url)?)?;
                // Reading a large table in order takes its time.
                session.simple("SET statement_timeout = 0")?;
                Ok(Self::Postgres(Box::new(session)))
            }
        }
    }
    fn migrate(&mut self, schemas: &[Schema]) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => migrate::run(&mut Migrator(connection), schemas),
            Self::Postgres(session) => migrate::run(&mut **session, schemas),
        }
    }
    /// Runs a statement in each engine's own words.
    fn run(&mut self, postgres: &str, sqlite: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sqlite).map_err(|error| sqlite_error(&error)),
            Self::Postgres(session) => session.simple(postgres).map(drop),
        }
    }
    fn migrations(&mut self) -> Result<Vec<Vec<Value>>, Error> {
        let mut all = Vec::new();
        let text = "SELECT system, version, checksum FROM store_migration ORDER BY system, version";
        self.each(text, &mut |rows| {
            all.extend_from_slice(rows);
            Ok(())
        })?;
        Ok(all)
    }
    fn columns(&mut self, table: &str) -> Result<Vec<String>, Error> {
        let text = format!("SELECT * FROM {table}");
        match self {
            Self::Sqlite(connection) => {
                let prepared = connection.prepare(&text).map_err(|error| sqlite_error(&error))?;
                Ok(prepared.column_names().map(str::to_owned).collect())
            }
            Self::Postgres(session) => session.columns(&text),
        }
    }
    /// Reads all rows in chunks, and sums them.
    fn each(&mut self, text: &str, on_rows: OnRows<'_>) -> Result<Sum, Error> {
        let mut sum = Sum::default();
        let mut summed = |rows: &[Vec<Value>]| {
            rows.iter().for_each(|row| sum.add(row));
            on_rows(rows)
        };
        match self {
            Self::Sqlite(connection) => {
                let mut prepared = connection.prepare(text).map_err(|error| sqlite_error(&error))?;
                let columns = prepared.column_count();
                let mut found = prepared.query([]).map_err(|error| sqlite_error(&error))?;
                let mut chunk = Vec::with_capacity(CHUNK);
                while let Some(row) = found.next().map_err(|error| sqlite_error(&error))? {
                    chunk.push(sqlite_session::values(row, columns).map_err(|error| sqlite_error(&error))?);
                    if chunk.len() == CHUNK {
                        summed(&chunk)?;
                        chunk.clear();
                    }
                }
                summed(&chunk)?;
            }
            Self::Postgres(session) => {
                session.simple(&format!("DECLARE store_copy CURSOR FOR {text}"))?;
                loop {
                    let chunk = session.fetch(&format!("FETCH {CHUNK} FROM store_copy"))?;
                    if chunk.is_empty() {
                        break;
                    }
                    summed(&chunk)?;
                }
                session.simple("CLOSE store_copy")?;
            }
        }
        Ok(sum)
    }
    fn insert(&mut self, text: &str, rows: &[Vec<Value>]) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => {
                let text = text.replace('$', "?");
                let mut prepared = connection.prepare_cached(&text).map_err(|error| sqlite_error(&error))?;
                for row in rows {
                    let params = row.iter().map(Value::as_param);
                    prepared.execute(params_from_iter(params)).map_err(|error| sqlite_error(&error))?;
                }
                Ok(())
            }
            Self::Postgres(session) => session.insert(text, rows),
        }
    }
}

fn sqlite_error(error: &rusqlite::Error) -> Error {
    sqlite_session::map("a copy", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Migration;

    #[test]
    fn the_tables_are_those_that_the_changes_leave() {
        let sql = "CREATE TABLE a_b (\n  id TEXT\n);\nCREATE TABLE a_c(id TEXT);\nCREATE TABLE a_new (id TEXT);\n\
                   DROP TABLE a_b;\nALTER TABLE a_new RENAME TO a_b;\nALTER TABLE a_c ADD COLUMN x BIGINT;\n";
        let migrations: &'static [Migration] = Box::leak(Box::new([Migration { version: 1, sql }]));
        assert_eq!(tables(&[Schema { system: "a", migrations }]), ["a_c", "a_b"]);
    }
}
