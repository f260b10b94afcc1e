//! Rows of a PostgreSQL database, by a role that may only read. Every query runs
//! in a read-only transaction with the server's own limit of time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{Date, Zone};
use store::PostgresAddress;
use tokio::sync::Semaphore;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Client, Error, IsolationLevel, Statement};

use super::file::{Finding, Operation, Query, Shape, SourceFile};
use super::parameters::{Argument, Arguments};
use super::shape::{Cell, Row};
use super::{AT_ONCE, Failure, Prepared};

/// How much longer than the server's own limit we wait for it to keep it.
const GRACE: Duration = Duration::from_millis(250);

/// Where databases are, by the names that operations call them: files with an address.
pub(super) type Databases = BTreeMap<String, PathBuf>;

/// Connections to one database for one operation.
pub(super) struct Pool {
    address: PostgresAddress,
    free: Mutex<Vec<Session>>,
    turns: Semaphore,
}

/// A connection with the operation's SQL prepared.
struct Session {
    client: Client,
    driver: tokio::task::JoinHandle<()>,
    statements: Vec<(Statement, Vec<String>)>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Pool {
    pub(super) fn open(operation: &Operation, databases: &Databases) -> Result<Self, Finding> {
        let fault = |what: String, remedy: &str| operation.finding(operation.source_line, what, remedy);
        let SourceFile::Postgresql(name) = &operation.source else {
            return Err(fault("this is no database".to_owned(), ""));
        };
        let file = databases.get(name).ok_or_else(|| {
            fault(
                format!("no database is named {name}"),
                "name it in [security-server.databases], with the file that holds its address",
            )
        })?;
        let text = std::fs::read_to_string(file).map_err(|error| {
            fault(
                format!("the file with the address of {name} cannot be read: {}", error.kind()),
                "put it there: one line, postgresql://…",
            )
        })?;
        let address = PostgresAddress::parse(text.trim())
            .map_err(|_| fault(format!("the file of {name} holds no address"), "write one line: postgresql://…"))?;
        Ok(Self { address, free: Mutex::default(), turns: Semaphore::new(AT_ONCE) })
    }

    /// Connects and prepares the SQL.
    pub(super) async fn prepare(&self, operation: &Operation) -> Result<Prepared, Vec<Finding>> {
        let (session, prepared) = self.session(operation).await?;
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(prepared)
    }

    async fn session(&self, operation: &Operation) -> Result<(Session, Prepared), Vec<Finding>> {
        let connecting = async {
            let (client, driver) = self.address.connect(|_| ()).await?;
            let driver = tokio::spawn(driver);
            let settings = format!(
                "SET default_transaction_read_only = on; SET statement_timeout = {}",
                operation.limit.as_millis()
            );
            client.batch_execute(&settings).await?;
            let role = client.query_one("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", &[]);
            let is_superuser: bool = role.await?.try_get(0)?;
            Ok::<_, Error>((client, driver, is_superuser))
        };
        let connected = tokio::time::timeout(operation.limit, connecting).await;
        let fault = |what: String, remedy: &str| vec![operation.finding(operation.source_line, what, remedy)];
        let (client, driver, is_superuser) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => {
                let what = format!("the database does not let us in ({})", code(&error));
                return Err(fault(what, "check the address, the role and the network"));
            }
            Err(_) => {
                return Err(fault("the database does not answer".to_owned(), "check the address and the network"));
            }
        };
        let mut session = Session { client, driver, statements: Vec::new() };
        if is_superuser {
            let remedy = "make a role of its own: CREATE ROLE … LOGIN, GRANT SELECT on the tables, nothing else";
            return Err(fault("the role may write everything".to_owned(), remedy));
        }
        let (mut prepared, mut findings) = (Prepared::default(), Vec::new());
        for query in &operation.queries {
            let (sql, names) = numbered(&query.sql);
            match prepare(&session.client, operation, query, &sql).await {
                Ok(statement) => {
                    let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect();
                    prepared.columns.push(columns);
                    prepared.parameters.push(names.clone());
                    session.statements.push((statement, names));
                }
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok((session, prepared)) } else { Err(findings) }
    }

    /// Runs the queries of an operation within its limits.
    pub(super) async fn run(
        &self,
        operation: &Operation,
        widths: &[usize],
        arguments: &Arguments,
    ) -> Result<Vec<Vec<Row>>, Failure> {
        let all = async {
            let _turn = self.turns.acquire().await.map_err(|_| Failure::Engine(0, "closed".to_owned()))?;
            loop {
                let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let was_kept = kept.is_some();
                let mut session = match kept {
                    Some(session) => session,
                    None => self.session(operation).await.map_err(first)?.0,
                };
                match all_rows(&mut session, operation, widths, arguments).await {
                    Ok(found) => {
                        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(session);
                        return Ok(found);
                    }
                    // It was lost while nobody looked: reading again does no harm.
                    Err(_) if was_kept && session.client.is_closed() => {}
                    Err(failure) => return Err(failure),
                }
            }
        };
        tokio::time::timeout(operation.limit + GRACE, all).await.unwrap_or(Err(Failure::Slow))
    }
}

fn first(mut findings: Vec<Finding>) -> Failure {
    if findings.is_empty() { Failure::Slow } else { Failure::Source(findings.swap_remove(0)) }
}

/// The server's own word for what happened: without the value that it happened to.
fn code(error: &Error) -> String {
    error.code().map_or_else(|| "no connection".to_owned(), |state| format!("SQLSTATE {}", state.code()))
}

/// Prepares a statement, and the same as a part of another: there PostgreSQL
/// refuses whatever writes (WITH … INSERT too) and whatever is more than one.
async fn prepare(client: &Client, operation: &Operation, query: &Query, sql: &str) -> Result<Statement, Finding> {
    const ONLY_READ: &str = "an operation is one SELECT (or WITH … SELECT) that only reads";
    let statement = client.prepare(sql).await.map_err(|error| {
        let state = error.code().cloned().unwrap_or(SqlState::SYNTAX_ERROR);
        if state == SqlState::SYNTAX_ERROR && sql.contains(';') {
            let at = query.line_of(";");
            return operation.finding(at, "the SQL is several statements, or has a fault", ONLY_READ);
        }
        // SQL is the owner's own, and nothing of a register is in it.
        let place = error.as_db_error().and_then(|error| match error.position()? {
            tokio_postgres::error::ErrorPosition::Original(place) => usize::try_from(*place).ok(),
            tokio_postgres::error::ErrorPosition::Internal { .. } => None,
        });
        let why = error.as_db_error().map_or_else(|| code(&error), |error| error.message().to_owned());
        let before: String = sql.chars().take(place.unwrap_or(1).saturating_sub(1)).collect();
        let line = query.line_at(0) + before.matches('\n').count();
        operation.finding(line, why, "mend the SQL there; the role must be granted SELECT on its tables")
    })?;
    if statement.columns().is_empty() {
        return Err(operation.finding(query.line_at(0), "the SQL gives no rows", ONLY_READ));
    }
    if client.prepare(&format!("SELECT * FROM ({sql}\n) AS answer")).await.is_err() {
        return Err(operation.finding(query.line_at(0), "the SQL writes", ONLY_READ));
    }
    for column in statement.columns() {
        if !is_known(column.type_()) {
            let (name, kind) = (column.name(), column.type_().name());
            let what = format!("the column {name} is of the type {kind}");
            return Err(operation.finding(
                query.line_of(name),
                what,
                "cast it: to text, bigint, boolean, date or float8",
            ));
        }
    }
    for kind in statement.params() {
        if !takes(kind) {
            let what = format!("a parameter is compared with the type {}", kind.name());
            return Err(operation.finding(
                query.line_at(0),
                what,
                "cast the other side: to text, bigint, boolean or date",
            ));
        }
    }
    Ok(statement)
}

async fn all_rows(
    session: &mut Session,
    operation: &Operation,
    widths: &[usize],
    arguments: &Arguments,
) -> Result<Vec<Vec<Row>>, Failure> {
    let failed = |place: usize, error: &Error| match error.code() {
        Some(state) if *state == SqlState::QUERY_CANCELED => Failure::Slow,
        _ => Failure::Engine(place, code(error)),
    };
    let limit = i32::try_from(operation.rows + 1).unwrap_or(i32::MAX);
    let moment = session.client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead);
    let moment = moment.start().await.map_err(|error| failed(0, &error))?;
    let mut results = Vec::with_capacity(session.statements.len());
    for (place, (statement, names)) in session.statements.iter().enumerate() {
        if statement.columns().len() != widths[place] {
            return Err(Failure::Engine(place, "other columns".to_owned()));
        }
        let given: Vec<&(dyn ToSql + Sync)> =
            names.iter().map(|name| arguments.get(name).unwrap_or(&Argument::Nothing) as &(dyn ToSql + Sync)).collect();
        let portal = moment.bind(statement, &given).await.map_err(|error| failed(place, &error))?;
        let rows = moment.query_portal(&portal, limit).await.map_err(|error| failed(place, &error))?;
        if rows.len() > operation.rows {
            return Err(Failure::TooMany(place));
        }
        let nobody = rows.is_empty() && operation.shape == Shape::One && place == 0;
        let cells = rows.iter().map(|row| (0..row.len()).map(|column| cell(row, column)).collect());
        results.push(cells.collect::<Result<Vec<Row>, Error>>().map_err(|error| failed(place, &error))?);
        if nobody {
            break;
        }
    }
    moment.commit().await.map_err(|error| failed(0, &error))?;
    Ok(results)
}

/// `:name` becomes `$1`, outside of texts, comments and casts (`::date`).
fn numbered(sql: &str) -> (String, Vec<String>) {
    let (mut out, mut names) = (String::with_capacity(sql.len()), Vec::<String>::new());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let skipped = opaque(rest);
        if skipped > 0 {
            out.push_str(&rest[..skipped]);
            rest = &rest[skipped..];
            continue;
        }
        let name: String =
            rest.chars().skip(1).take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        if first == ':' && name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') {
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            });
            // A String takes whatever is written to it.
            let _ = write!(out, "${}", place + 1);
            rest = &rest[1 + name.len()..];
            continue;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    (out, names)
}

/// How many bytes from here on are no place for a parameter.
fn opaque(text: &str) -> usize {
    let until = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("::") {
        2
    } else if text.starts_with("--") {
        until(2, "\n")
    } else if text.starts_with("/*") {
        until(2, "*/")
    } else if text.starts_with('\'') {
        until(1, "'")
    } else if text.starts_with('"') {
        until(1, "\"")
    } else if let Some(rest) = text.strip_prefix('$') {
        let tag: String = rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
        let opened = rest[tag.len()..].starts_with('$') && !tag.starts_with(|letter: char| letter.is_ascii_digit());
        if opened { until(tag.len() + 2, &format!("${tag}$")) } else { 0 }
    } else {
        0
    }
}

fn is_text(kind: &Type) -> bool {
    matches!(*kind, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

fn is_number(kind: &Type) -> bool {
    matches!(*kind, Type::INT2 | Type::INT4 | Type::INT8)
}

fn is_known(kind: &Type) -> bool {
    is_text(kind) || is_number(kind) || matches!(*kind, Type::FLOAT4 | Type::FLOAT8 | Type::BOOL | Type::DATE)
}

fn takes(kind: &Type) -> bool {
    is_text(kind) || is_number(kind) || matches!(*kind, Type::BOOL | Type::DATE)
}

fn cell(row: &tokio_postgres::Row, column: usize) -> Result<Cell, Error> {
    let number = |number: Option<i64>| number.map_or(Cell::Null, Cell::Integer);
    Ok(match *row.columns()[column].type_() {
        Type::INT2 => number(row.try_get::<_, Option<i16>>(column)?.map(i64::from)),
        Type::INT4 => number(row.try_get::<_, Option<i32>>(column)?.map(i64::from)),
        Type::INT8 => number(row.try_get(column)?),
        Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map_or(Cell::Null, Cell::Truth),
        Type::FLOAT4 => row.try_get::<_, Option<f32>>(column)?.map_or(Cell::Null, |real| Cell::Real(f64::from(real))),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(column)?.map_or(Cell::Null, Cell::Real),
        Type::DATE => row.try_get::<_, Option<Day>>(column)?.map_or(Cell::Null, |day| Cell::Text(day.0.to_string())),
        _ => row.try_get::<_, Option<String>>(column)?.map_or(Cell::Null, Cell::Text),
    })
}

/// The day that PostgreSQL counts from.
fn epoch() -> Option<Date> {
    Date::new(2000, 1, 1)
}

struct Day(Date);

impl<'a> FromSql<'a> for Day {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let days = i32::from_be_bytes(raw.try_into()?);
        epoch().map(|epoch| Self(epoch.plus_days(days))).ok_or_else(|| "no calendar".into())
    }
    fn accepts(kind: &Type) -> bool {
        *kind == Type::DATE
    }
}

impl ToSql for Argument {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        if *self == Self::Nothing {
            return Ok(IsNull::Yes);
        }
        let text = match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Day(day) => day.to_string(),
        };
        match *kind {
            Type::INT2 => text.parse::<i16>()?.to_sql(kind, out),
            Type::INT4 => text.parse::<i32>()?.to_sql(kind, out),
            Type::INT8 => text.parse::<i64>()?.to_sql(kind, out),
            Type::BOOL => text.parse::<bool>()?.to_sql(kind, out),
            Type::DATE => {
                let seconds = |day: Date| day.start(Zone::Utc).as_seconds();
                let (day, epoch) = Date::parse(&text).zip(epoch()).ok_or("no date")?;
                let days = i32::try_from((seconds(day) - seconds(epoch)).div_euclid(86_400))?;
                out.extend_from_slice(&days.to_be_bytes());
                Ok(IsNull::No)
            }
            _ => text.to_sql(kind, out),
        }
    }
    fn accepts(kind: &Type) -> bool {
        takes(kind)
    }
    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_where_they_are_parameters() {
        for (sql, expected, names) in [
            ("a = :id and b = :id or c=:year", "a = $1 and b = $1 or c=$2", &["id", "year"][..]),
            ("':id' \":id\" -- :id\n/* :id */ :id::text", "':id' \":id\" -- :id\n/* :id */ $1::text", &["id"]),
            ("$$ :id $$ $t$ :id $t$ x[1:2] 'it''s :id'", "$$ :id $$ $t$ :id $t$ x[1:2] 'it''s :id'", &[]),
            ("'سلمى' || :name", "'سلمى' || $1", &["name"]),
            ("'open :id", "'open :id", &[]),
        ] {
            let (numbered, found) = numbered(sql);
            assert_eq!((numbered.as_str(), found), (expected, names.iter().map(|&name| name.to_owned()).collect()));
        }
    }
}
