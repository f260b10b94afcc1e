//! Rows of an SQLite file, and of CSV that is read into SQLite's memory. The
//! connection only reads: the file is opened so, and an authorizer refuses
//! whatever else a statement would do.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, ToSql};
use tokio::sync::Semaphore;

use super::file::{Finding, Operation, Query, Shape, SourceFile, Table};
use super::parameters::{Argument, Arguments};
use super::shape::{Cell, Row};
use super::{AT_ONCE, Failure, Prepared, csv};

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 1_000;
/// Largest value that a query makes or reads, bytes.
const VALUE_BYTES: i32 = 8 << 20;
/// How long a file that its owner is writing may keep a reader waiting.
const BUSY: Duration = Duration::from_millis(500);

/// What says that a file is still the one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let known = fs::metadata(path)?;
        Ok(Self { inode: known.ino(), length: known.len(), modified: known.modified().ok() })
    }
}

/// Connections to what was there when they were opened.
pub(super) struct Pool {
    free: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
    stamps: Vec<Stamp>,
    /// The file to open more connections to; none for what lies in memory.
    path: Option<PathBuf>,
}

/// Where SQL is prepared before there is any data.
pub(super) fn prepare(operation: &Operation, path: impl Fn(&str) -> PathBuf) -> Result<Prepared, Vec<Finding>> {
    let mut connection = match &operation.source {
        SourceFile::Csv(tables) => sketch(tables).map_err(|error| vec![unusable(operation, &error)])?,
        SourceFile::Sqlite(name) => open(operation, &path(name)).map_err(|finding| vec![finding])?,
        SourceFile::Postgresql(_) => return Err(Vec::new()),
    };
    let refused = Arc::new(Mutex::new(None));
    guard(&mut connection, &refused).map_err(|error| vec![unusable(operation, &error)])?;
    let (mut prepared, mut findings) = (Prepared::default(), Vec::new());
    for query in &operation.queries {
        *refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match connection.prepare(&query.sql) {
            Err(error) => {
                let why = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
                findings.push(wrong(operation, query, &error, why));
            }
            Ok(statement) if !statement.readonly() => {
                findings.push(operation.finding(query.line_at(0), WRITES, ONLY_READ));
            }
            Ok(statement) if statement.column_count() == 0 => {
                findings.push(operation.finding(query.line_at(0), "the SQL gives no rows", ONLY_READ));
            }
            Ok(statement) => {
                let names = (1..=statement.parameter_count()).map(|place| {
                    let name = statement.parameter_name(place).and_then(|name| name.strip_prefix(':'));
                    name.unwrap_or_default().to_owned()
                });
                prepared.parameters.push(names.collect());
                prepared.columns.push(statement.column_names().map(str::to_owned).collect());
            }
        }
    }
    if findings.is_empty() { Ok(prepared) } else { Err(findings) }
}

const WRITES: &str = "the SQL writes";
const ONLY_READ: &str = "an operation is one SELECT (or WITH … SELECT) that only reads";

fn unusable(operation: &Operation, error: &Error) -> Finding {
    operation.finding(
        operation.source_line,
        format!("SQLite cannot begin: {}", code(error)),
        "look at the declared tables",
    )
}

/// What preparing says. SQL is the owner's own, so its words may be shown.
fn wrong(operation: &Operation, query: &Query, error: &Error, refused: Option<&'static str>) -> Finding {
    match (refused, error) {
        (Some(why), _) => operation.finding(query.line_at(0), why, ONLY_READ),
        (None, Error::MultipleStatement) => {
            let at = query.sql.find(';').unwrap_or(0);
            operation.finding(query.line_at(at), "there are several statements", ONLY_READ)
        }
        (None, Error::SqlInputError { msg, offset, .. }) => {
            let at = usize::try_from(*offset).unwrap_or(0);
            operation.finding(
                query.line_at(at),
                msg,
                "mend the SQL there; tables and columns are those that are declared",
            )
        }
        (None, Error::SqliteFailure(_, Some(message))) => {
            operation.finding(query.line_at(0), message, "mend the SQL; tables and columns are those that are declared")
        }
        (None, error) => operation.finding(query.line_at(0), code(error), "mend the SQL"),
    }
}

/// Lets a connection read, and nothing else.
fn guard(connection: &mut Connection, refused: &Arc<Mutex<Option<&'static str>>>) -> rusqlite::Result<()> {
    let refused = Arc::clone(refused);
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES)?;
    connection.authorizer(Some(move |asked: AuthContext<'_>| {
        let why = match asked.action {
            AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => return Authorization::Allow,
            AuthAction::Function { function_name } if function_name != "load_extension" => return Authorization::Allow,
            AuthAction::Transaction { .. } => return Authorization::Allow,
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => "the SQL opens another file",
            AuthAction::Pragma { .. } => "the SQL changes settings (PRAGMA)",
            AuthAction::Function { .. } => "the SQL loads a library",
            AuthAction::Savepoint { .. } => "the SQL begins a transaction",
            _ => WRITES,
        };
        refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        Authorization::Deny
    }))
}

/// The declared tables, empty.
fn sketch(tables: &[Table]) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    for table in tables {
        // Names are checked when the file is read: a to z, 0 to 9 and _.
        let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\" text")).collect();
        connection.execute_batch(&format!("create table \"{}\" ({})", table.name, columns.join(", ")))?;
    }
    Ok(connection)
}

/// The declared tables with what their files hold.
fn fill(operation: &Operation, tables: &[Table], path: &impl Fn(&str) -> PathBuf) -> Result<Connection, Finding> {
    let cannot = |error: &Error| unusable(operation, error);
    let connection = sketch(tables).map_err(|error| cannot(&error))?;
    connection.execute_batch("begin").map_err(|error| cannot(&error))?;
    for table in tables {
        let bytes = read_file(&table.path, &path(&table.path))?;
        let places: Vec<&str> = table.columns.iter().map(|_| "?").collect();
        let insert = format!("insert into \"{}\" values ({})", table.name, places.join(", "));
        let mut insert = connection.prepare(&insert).map_err(|error| cannot(&error))?;
        csv::read(&table.path, &bytes, &table.columns, |fields| {
            let values = rusqlite::params_from_iter(fields.iter().map(Option::as_deref));
            insert.execute(values).map(drop).map_err(|error| cannot(&error))
        })?;
        // The first column is what people are found by.
        let first = table.columns.first().map_or("", String::as_str);
        let index = format!("create index \"{0} by {first}\" on \"{0}\" (\"{first}\")", table.name);
        connection.execute_batch(&index).map_err(|error| cannot(&error))?;
    }
    connection.execute_batch("commit").map_err(|error| cannot(&error))?;
    Ok(connection)
}

fn read_file(shown: &str, path: &Path) -> Result<Vec<u8>, Finding> {
    let fault =
        |what: String, remedy: &str| Finding { file: shown.to_owned(), line: 1, what, remedy: remedy.to_owned() };
    let absent = |error: std::io::Error| {
        fault(format!("the file cannot be read: {}", error.kind()), "put the register's file there")
    };
    if fs::metadata(path).map_err(absent)?.len() > csv::FILE_BYTES {
        return Err(fault(
            "the file is too large for CSV".to_owned(),
            "keep a register of this size in SQLite or PostgreSQL",
        ));
    }
    fs::read(path).map_err(absent)
}

fn open(operation: &Operation, path: &Path) -> Result<Connection, Finding> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        // What is no database shows itself at the first look.
        connection.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok(connection)
    });
    opened.map_err(|error| {
        let what = format!("the SQLite file cannot be opened: {}", code(&error));
        operation.finding(operation.source_line, what, "put the register's file there, readable for this server")
    })
}

/// SQLite's own word for what happened: without the value that it happened to.
fn code(error: &Error) -> String {
    error.sqlite_error().map_or_else(|| "an error of the driver".to_owned(), |error| format!("{:?}", error.code))
}

impl Pool {
    /// Whether the files are still those that this pool reads.
    pub(super) fn is_current(&self, operation: &Operation, path: impl Fn(&str) -> PathBuf) -> bool {
        stamps(operation, &path).is_ok_and(|stamps| stamps == self.stamps)
    }

    pub(super) fn open(operation: &Operation, path: impl Fn(&str) -> PathBuf) -> Result<Self, Finding> {
        // Before the data: what is saved meanwhile is read at the next call.
        let stamps = stamps(operation, &path)?;
        let (mut connection, path, turns) = match &operation.source {
            SourceFile::Csv(tables) => (fill(operation, tables, &path)?, None, 1),
            SourceFile::Sqlite(name) => (open(operation, &path(name))?, Some(path(name)), AT_ONCE),
            SourceFile::Postgresql(_) => return Err(operation.finding(operation.source_line, "this is no file", "")),
        };
        let refused = Arc::new(Mutex::new(None));
        guard(&mut connection, &refused).map_err(|error| unusable(operation, &error))?;
        Ok(Self { free: Mutex::new(vec![connection]), turns: Arc::new(Semaphore::new(turns)), stamps, path })
    }

    /// Runs the queries of an operation within its limits.
    pub(super) async fn run(
        self: &Arc<Self>,
        operation: &Arc<Operation>,
        widths: Vec<usize>,
        arguments: Arguments,
    ) -> Result<Vec<Vec<Row>>, Failure> {
        let (pool, operation) = (Arc::clone(self), Arc::clone(operation));
        let limit = operation.limit;
        let stop = Stop(Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop.0);
        let all = async move {
            let turn =
                Arc::clone(&pool.turns).acquire_owned().await.map_err(|_| Failure::Engine(0, "closed".to_owned()))?;
            let ran = tokio::task::spawn_blocking(move || {
                let found = pool.run_now(&operation, &widths, &arguments, &stopped);
                drop(turn);
                found
            });
            ran.await.map_err(|error| Failure::Engine(0, error.to_string()))?
        };
        // Whoever stops waiting, here or above, stops the query too.
        let found = tokio::time::timeout(limit, all).await.unwrap_or(Err(Failure::Slow));
        drop(stop);
        found
    }

    fn run_now(
        &self,
        operation: &Operation,
        widths: &[usize],
        arguments: &Arguments,
        stopped: &Arc<AtomicBool>,
    ) -> Result<Vec<Vec<Row>>, Failure> {
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match (kept, &self.path) {
            (Some(connection), _) => connection,
            (None, Some(path)) => {
                let mut connection = open(operation, path).map_err(Failure::Source)?;
                let refused = Arc::new(Mutex::new(None));
                guard(&mut connection, &refused).map_err(|error| Failure::Engine(0, code(&error)))?;
                connection
            }
            (None, None) => return Err(Failure::Engine(0, "no connection".to_owned())),
        };
        let flag = Arc::clone(stopped);
        let found = connection
            .progress_handler(STEPS, Some(move || flag.load(Ordering::Relaxed)))
            .map_err(|error| Failure::Engine(0, code(&error)))
            .and_then(|()| all_rows(&connection, operation, widths, arguments));
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        found
    }
}

/// Stops a query when nobody waits for it any more.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn stamps(operation: &Operation, path: &impl Fn(&str) -> PathBuf) -> Result<Vec<Stamp>, Finding> {
    let stamp = |name: &str| {
        Stamp::of(&path(name)).map_err(|error| Finding {
            file: name.to_owned(),
            line: 1,
            what: format!("the file cannot be read: {}", error.kind()),
            remedy: "put the register's file there".to_owned(),
        })
    };
    match &operation.source {
        SourceFile::Csv(tables) => tables.iter().map(|table| stamp(&table.path)).collect(),
        // Its owner writes it all day; it is another one only when it was replaced.
        SourceFile::Sqlite(name) => Ok(vec![Stamp { length: 0, modified: None, ..stamp(name)? }]),
        SourceFile::Postgresql(_) => Ok(Vec::new()),
    }
}

/// The rows of every query, as they stood at one moment.
fn all_rows(
    connection: &Connection,
    operation: &Operation,
    widths: &[usize],
    arguments: &Arguments,
) -> Result<Vec<Vec<Row>>, Failure> {
    let failed = |place: usize, error: &Error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Failure::Slow,
        _ => Failure::Engine(place, code(error)),
    };
    let moment = connection.unchecked_transaction().map_err(|error| failed(0, &error))?;
    let mut results = Vec::with_capacity(operation.queries.len());
    for (place, query) in operation.queries.iter().enumerate() {
        let found = rows(connection, query, widths[place], operation.rows, arguments);
        let found = found.map_err(|error| failed(place, &error))?.ok_or(Failure::TooMany(place))?;
        let nobody = found.is_empty() && operation.shape == Shape::One && place == 0;
        results.push(found);
        if nobody {
            break;
        }
    }
    drop(moment);
    Ok(results)
}

/// The rows of a query, or nothing when there are more than the limit.
fn rows(
    connection: &Connection,
    query: &Query,
    width: usize,
    limit: usize,
    arguments: &Arguments,
) -> rusqlite::Result<Option<Vec<Row>>> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    if statement.column_count() != width {
        return Err(Error::InvalidQuery);
    }
    for place in 1..=statement.parameter_count() {
        let name = statement.parameter_name(place).unwrap_or_default().trim_start_matches(':').to_owned();
        statement.raw_bind_parameter(place, arguments.get(&name).unwrap_or(&Argument::Nothing))?;
    }
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        if found.len() == limit {
            return Ok(None);
        }
        found.push((0..width).map(|column| cell(row.get_ref(column)?)).collect::<rusqlite::Result<Row>>()?);
    }
    Ok(Some(found))
}

fn cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(std::str::from_utf8(text)?.to_owned()),
        ValueRef::Blob(_) => return Err(Error::InvalidQuery),
    })
}

impl ToSql for Argument {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Nothing => ToSqlOutput::Owned(SqlValue::Null),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Number(number) => ToSqlOutput::Owned(SqlValue::Integer(*number)),
            Self::Truth(truth) => ToSqlOutput::Owned(SqlValue::Integer(i64::from(*truth))),
            Self::Day(day) => ToSqlOutput::Owned(SqlValue::Text(day.to_string())),
        })
    }
}
