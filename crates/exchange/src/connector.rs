//! Operations that a security server answers itself, each from one file: SQL
//! over tables kept as CSV, an SQLite file or a PostgreSQL database. Nobody
//! writes code for one.
//!
//! Not here: who may ask and what is logged (the server's), what an operation
//! means (its file's, which the framework publishes).
//!
//! Invariants: a register is only read; a caller's value is bound and never a
//! part of the SQL; no answer leaves that does not fit the schema; neither the
//! log nor a fault holds anything of a register.

mod csv;
mod file;
mod lint;
mod parameters;
mod postgresql;
mod shape;
mod sqlite;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;

pub use file::Finding;
use file::{Operation, Reader, Shape, SourceFile};
pub use lint::lint;
use parameters::Arguments;
use shape::{Node, Row};
use sqlite::Stamp;

/// Most rows of one answer.
pub const ROWS: usize = 1_000;
/// Longest that an answer may be promised to take, seconds: whoever asks waits
/// for four in all.
pub const SECONDS: u64 = 3;
/// How long everything may take, the reading of changed files included: a little
/// less than the other server waits.
const LIMIT: Duration = Duration::from_millis(SECONDS * 1_000 + 400);
/// Queries of one operation that run at the same time; others wait their turn.
const AT_ONCE: usize = 4;
/// Files of operations that one server reads.
const FILES: usize = 2_000;
/// Largest file of an operation, bytes.
const FILE_BYTES: u64 = 256 << 10;

/// Where operations and their registers are.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The folder of operations' files.
    pub operations: PathBuf,
    /// The folder of registers' files; beside the operation's own file without it.
    pub registers: Option<PathBuf>,
    /// Databases by the names that operations call them: each a file that holds the address.
    pub databases: BTreeMap<String, PathBuf>,
}

impl Places {
    /// Where a file of a register is: among the registers, else beside its operation.
    fn path(&self, name: &str) -> PathBuf {
        let kept = self.registers.as_ref().map(|folder| folder.join(name));
        kept.filter(|path| path.exists()).unwrap_or_else(|| self.operations.join(name))
    }
}

/// What an operation says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// An answer that fits its schema: JSON.
    Found(Vec<u8>),
    /// Nobody is known by what was asked for.
    Nobody,
    /// The question was wrong, in one sentence.
    Malformed(String),
}

/// Why an operation says nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{finding}")]
pub struct Unable {
    /// `timeout`, `too_many_rows`, `too_large`, `schema`, `register`, `operation`.
    pub code: &'static str,
    /// For the owner.
    pub finding: Finding,
}

/// Why a query gave no rows.
enum Failure {
    Slow,
    /// More rows than the limit, of this query.
    TooMany(usize),
    /// Several rows where the answer is one.
    Several,
    /// The register's engine refused this query, in its own code.
    Engine(usize, String),
    Source(Finding),
}

/// What preparing an operation's queries tells of each.
#[derive(Default)]
struct Prepared {
    columns: Vec<Vec<String>>,
    parameters: Vec<Vec<String>>,
}

/// The operations of a folder. See the module.
pub struct Connectors {
    places: Places,
    when_saved: WhenSaved,
    known: RwLock<BTreeMap<String, Arc<Entry>>>,
}

impl fmt::Debug for Connectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connectors").field("operations", &self.places.operations).finish_non_exhaustive()
    }
}

/// When a saved file of an operation is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenSaved {
    /// At the next start.
    AtStart,
    /// At the next call: for a demo.
    AtOnce,
}

/// A file that has a connector.
struct Entry {
    name: String,
    path: PathBuf,
    text: String,
    compiled: tokio::sync::Mutex<Option<(Stamp, Arc<Compiled>)>>,
}

/// An operation that was prepared against its register.
struct Compiled {
    operation: Arc<Operation>,
    nodes: Vec<Node>,
    source: Source,
}

enum Source {
    Files(tokio::sync::Mutex<Option<Arc<sqlite::Pool>>>),
    Postgresql(Box<postgresql::Pool>),
}

impl Connectors {
    /// Reads which operations a folder has connectors for.
    ///
    /// # Errors
    /// A folder that cannot be read. A faulty file is named when it is asked,
    /// and by [`lint`]; it stops no other.
    pub fn open(places: Places, when_saved: WhenSaved) -> std::io::Result<Self> {
        let known = RwLock::new(entries(&places.operations)?);
        Ok(Self { places, when_saved, known })
    }

    /// The identifiers of all operations here.
    #[must_use]
    pub fn identifiers(&self) -> Vec<String> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Whether this operation is answered here.
    #[must_use]
    pub fn has(&self, identifier: &str) -> bool {
        self.entry(identifier).is_some()
    }

    fn entry(&self, identifier: &str) -> Option<Arc<Entry>> {
        let find = || self.known.read().unwrap_or_else(PoisonError::into_inner).get(identifier).cloned();
        let found = find();
        if found.is_some() || self.when_saved == WhenSaved::AtStart {
            return found;
        }
        // Somebody may have saved a new file a moment ago.
        let again = entries(&self.places.operations).ok()?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (identifier, entry) in again {
            known.entry(identifier).or_insert(entry);
        }
        known.get(identifier).cloned()
    }

    /// Answers a question, or nothing if the operation is not one of these.
    /// `query` is the part of the address behind the question mark.
    ///
    /// # Errors
    /// See [`Unable`].
    pub async fn answer(&self, identifier: &str, query: &str) -> Option<Result<Said, Unable>> {
        let entry = self.entry(identifier)?;
        let asked = tokio::time::timeout(LIMIT, self.answer_from(&entry, identifier, query)).await;
        asked.unwrap_or_else(|_| {
            let (what, remedy) =
                ("the register does not answer".to_owned(), "check that it runs and can be reached".to_owned());
            Some(Err(Unable { code: "timeout", finding: Finding { file: entry.name.clone(), line: 1, what, remedy } }))
        })
    }

    async fn answer_from(&self, entry: &Entry, identifier: &str, query: &str) -> Option<Result<Said, Unable>> {
        let compiled = match self.compiled(entry).await {
            Ok(compiled) => compiled,
            Err(mut findings) => {
                let finding = findings.swap_remove(0);
                return Some(Err(Unable { code: "operation", finding }));
            }
        };
        // Saved under another name since.
        if compiled.operation.identifier != identifier {
            return None;
        }
        let arguments = match parameters::read(&compiled.operation.parameters, query) {
            Ok(arguments) => arguments,
            Err(why) => return Some(Ok(Said::Malformed(why))),
        };
        Some(self.ask(&compiled, arguments).await)
    }

    async fn ask(&self, compiled: &Compiled, arguments: Arguments) -> Result<Said, Unable> {
        let operation = &compiled.operation;
        let rows = self.rows(compiled, arguments).await.map_err(|failure| unable(operation, failure))?;
        // Which of several is meant is not for this server to guess.
        if operation.shape == Shape::One && rows.first().is_some_and(|rows| rows.len() > 1) {
            return Err(unable(operation, Failure::Several));
        }
        let Some(answer) = shape::answer(operation, &compiled.nodes, &rows) else { return Ok(Said::Nobody) };
        if let Err(error) = operation.validator.validate(&answer) {
            let what = format!("the register’s answer does not fit the schema, at {}", error.instance_path());
            let finding = operation.finding(operation.schema_line, what, "mend the SQL or the register’s rows");
            return Err(Unable { code: "schema", finding });
        }
        let bytes = answer.to_string().into_bytes();
        if bytes.len() > operation.answer_bytes {
            let what = format!("the answer is larger than answer_bytes = {}", operation.answer_bytes);
            let finding =
                operation.finding(operation.rows_line, what, "ask for fewer columns or rows, or raise the limit");
            return Err(Unable { code: "too_large", finding });
        }
        Ok(Said::Found(bytes))
    }

    async fn rows(&self, compiled: &Compiled, arguments: Arguments) -> Result<Vec<Vec<Row>>, Failure> {
        let operation = &compiled.operation;
        let widths: Vec<usize> = compiled.nodes.iter().map(Node::width).collect();
        match &compiled.source {
            Source::Postgresql(pool) => pool.run(operation, &widths, &arguments).await,
            Source::Files(kept) => {
                let pool = self.pool(kept, operation).await?;
                pool.run(operation, widths, arguments).await
            }
        }
    }

    /// Connections to the register's files as they are now: a file that was
    /// replaced is read again, by one while the others wait for the same.
    async fn pool(
        &self,
        kept: &tokio::sync::Mutex<Option<Arc<sqlite::Pool>>>,
        operation: &Arc<Operation>,
    ) -> Result<Arc<sqlite::Pool>, Failure> {
        let mut kept = kept.lock().await;
        if let Some(pool) = &*kept
            && pool.is_current(operation, |name| self.places.path(name))
        {
            return Ok(Arc::clone(pool));
        }
        *kept = None;
        let (places, operation) = (self.places.clone(), Arc::clone(operation));
        let opened =
            tokio::task::spawn_blocking(move || sqlite::Pool::open(&operation, |name| places.path(name))).await;
        let pool = opened.map_err(|error| Failure::Engine(0, error.to_string()))?.map_err(Failure::Source)?;
        let pool = Arc::new(pool);
        *kept = Some(Arc::clone(&pool));
        Ok(pool)
    }

    async fn compiled(&self, entry: &Entry) -> Result<Arc<Compiled>, Vec<Finding>> {
        let gone = |error: std::io::Error| {
            let what = format!("the file cannot be read: {}", error.kind());
            vec![Finding { file: entry.name.clone(), line: 1, what, remedy: "put it back".to_owned() }]
        };
        let mut kept = entry.compiled.lock().await;
        let at_once = self.when_saved == WhenSaved::AtOnce;
        let stamp = match &*kept {
            Some((_, compiled)) if !at_once => return Ok(Arc::clone(compiled)),
            _ => Stamp::of(&entry.path).map_err(gone)?,
        };
        if let Some((known, compiled)) = &*kept
            && *known == stamp
        {
            return Ok(Arc::clone(compiled));
        }
        let text = if at_once { std::fs::read_to_string(&entry.path).map_err(gone)? } else { entry.text.clone() };
        let compiled = Arc::new(compile(&self.places, &entry.name, &text).await?);
        *kept = Some((stamp, Arc::clone(&compiled)));
        Ok(compiled)
    }
}

/// The files of a folder that have a connector, by identifier.
fn entries(folder: &Path) -> std::io::Result<BTreeMap<String, Arc<Entry>>> {
    let mut found = BTreeMap::new();
    for (name, path) in files(folder)? {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        // What is wrong with the rest is said when somebody asks.
        let Ok(table) = text.parse::<toml::Table>() else {
            tracing::error!(file = name, "an operation’s file is no TOML: hukumati operation lint says where");
            continue;
        };
        let identifier = table.get("identifier").and_then(toml::Value::as_str);
        if let (Some(identifier), true) = (identifier, table.contains_key("connector")) {
            let entry = Entry { name, path, text: text.clone(), compiled: tokio::sync::Mutex::default() };
            found.insert(identifier.to_owned(), Arc::new(entry));
        }
    }
    Ok(found)
}

/// The files of operations in a folder, in order.
fn files(folder: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(FILES * 2) {
        let path = entry?.path();
        let is_operation = path.extension().is_some_and(|ending| ending == "toml");
        if is_operation && path.metadata()?.len() <= FILE_BYTES && found.len() < FILES {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file and prepares its SQL against the register.
async fn compile(places: &Places, name: &str, text: &str) -> Result<Compiled, Vec<Finding>> {
    let mut reader = Reader::new(name, text);
    let operation = reader.parse().and_then(|file| reader.operation(&file));
    let Some(operation) = operation else {
        let none = Finding {
            file: name.to_owned(),
            line: 1,
            what: "the file has no connector any more".to_owned(),
            remedy: "put [connector] back, or restart the server".to_owned(),
        };
        return Err(if reader.findings.is_empty() { vec![none] } else { reader.findings });
    };
    let (source, prepared) = if let SourceFile::Postgresql(_) = operation.source {
        let pool = postgresql::Pool::open(&operation, &places.databases).map_err(|finding| vec![finding])?;
        let prepared = pool.prepare(&operation).await?;
        (Source::Postgresql(Box::new(pool)), prepared)
    } else {
        (Source::Files(tokio::sync::Mutex::default()), sqlite::prepare(&operation, |name| places.path(name))?)
    };
    let nodes = lint::check(&operation, &prepared)?;
    Ok(Compiled { operation: Arc::new(operation), nodes, source })
}

fn unable(operation: &Operation, failure: Failure) -> Unable {
    let line = |place: usize| operation.queries.get(place).map_or(1, |query| query.line_at(0));
    let (code, finding) = match failure {
        Failure::Slow => {
            let what = format!("the query took longer than answer_seconds = {}", operation.limit.as_secs());
            ("timeout", operation.finding(line(0), what, "give the register an index for it, or ask for less"))
        }
        Failure::TooMany(place) => {
            let what = format!("there are more rows than rows = {}", operation.rows);
            ("too_many_rows", operation.finding(line(place), what, "narrow the SQL, or raise the limit"))
        }
        Failure::Several => {
            let what = "several rows answer, and the shape is \"one\"";
            ("too_many_rows", operation.finding(line(0), what, "narrow the SQL, or make the shape \"many\""))
        }
        Failure::Engine(place, code) => {
            let what = format!("the register refused the query ({code})");
            ("register", operation.finding(line(place), what, "hukumati operation lint says more"))
        }
        Failure::Source(finding) => ("register", finding),
    };
    Unable { code, finding }
}

/// The answer as text, for tests and tools.
impl Said {
    /// The JSON of an answer.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        match self {
            Self::Found(bytes) => serde_json::from_slice(bytes).ok(),
            Self::Nobody | Self::Malformed(_) => None,
        }
    }
}
