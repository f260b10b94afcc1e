//! The file of one operation, as its owner writes it. Reading it finds every
//! fault that needs no register; what needs one is found when the SQL is prepared.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::parameters::{Kind, Parameter};
use super::{ROWS, SECONDS};
use crate::server::message::is_identifier;

/// Answers of more than this many bytes are not promised, bytes.
const ANSWER_BYTES: usize = 1 << 20;
/// Columns of one table at most.
const COLUMNS: usize = 100;

/// What is wrong with an operation, for whoever owns it. It names no value of a
/// register: those are somebody's data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, below the folder of operations or of registers.
    pub file: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}. {}", self.file, self.line, self.what, self.remedy)
    }
}

/// A file of an operation; what else it says is for the framework.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationFile {
    pub(super) identifier: Spanned<String>,
    pub(super) version: Spanned<u32>,
    #[serde(rename = "sample")]
    pub(super) _sample: bool,
    pub(super) owner: Spanned<String>,
    pub(super) sensitivity: Spanned<String>,
    pub(super) method: Spanned<String>,
    pub(super) answer_bytes: Spanned<usize>,
    pub(super) answer_seconds: Spanned<u64>,
    pub(super) title: Spanned<Texts>,
    pub(super) description: Spanned<Texts>,
    pub(super) source: Spanned<Texts>,
    #[serde(default, rename = "parameter")]
    pub(super) parameters: Vec<ParameterFile>,
    pub(super) answer: AnswerFile,
    #[serde(default, rename = "agreement")]
    pub(super) agreements: Vec<AgreementFile>,
    pub(super) connector: Option<ConnectorFile>,
}

/// Whose number a parameter may be.
const ABOUT: [&str; 2] = ["oneself", "listed"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    pub(super) ar: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterFile {
    pub(super) name: Spanned<String>,
    pub(super) kind: Spanned<String>,
    pub(super) required: bool,
    /// Whose number it may be: for whoever builds forms on the operation.
    pub(super) about: Option<Spanned<String>>,
    pub(super) description: Spanned<Texts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerFile {
    pub(super) schema: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgreementFile {
    pub(super) reference: Spanned<String>,
    pub(super) client: Spanned<String>,
    pub(super) valid_from: Spanned<String>,
    pub(super) purposes: Spanned<Vec<String>>,
    pub(super) fields: Spanned<Vec<String>>,
}

/// `[connector]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectorFile {
    source: Spanned<String>,
    path: Option<Spanned<String>>,
    database: Option<Spanned<String>>,
    #[serde(default, rename = "table")]
    tables: Vec<TableFile>,
    shape: Spanned<String>,
    sql: Spanned<String>,
    #[serde(default, rename = "list")]
    lists: Vec<ListFile>,
    rows: Spanned<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    name: Spanned<String>,
    path: Spanned<String>,
    columns: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    name: Spanned<String>,
    sql: Spanned<String>,
}

/// An operation that its connector answers, as its file says.
pub(crate) struct Operation {
    pub(super) file: String,
    pub(super) identifier: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) answer_bytes: usize,
    pub(super) limit: Duration,
    pub(super) schema: Value,
    pub(super) schema_line: usize,
    pub(super) validator: jsonschema::Validator,
    pub(super) source: SourceFile,
    pub(super) source_line: usize,
    pub(super) shape: Shape,
    pub(super) rows: usize,
    pub(super) rows_line: usize,
    /// The answer's own query, then those of its lists.
    pub(super) queries: Vec<Query>,
}

/// Where the rows are.
pub(super) enum SourceFile {
    /// Tables that are kept as CSV.
    Csv(Vec<Table>),
    /// A file of SQLite.
    Sqlite(String),
    /// A database that the configuration names.
    Postgresql(String),
}

/// A table that is kept as CSV.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) columns: Vec<String>,
}

/// What rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One row is the answer, and none is "nobody by that number".
    One,
    /// The answer is a list of the rows.
    Many,
}

/// SQL with its place in the file.
pub(super) struct Query {
    /// The member of the answer that its rows become, for a list.
    pub(super) list: Option<String>,
    pub(super) sql: String,
    line: usize,
}

impl Query {
    /// The file's line at a byte of the SQL.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        let before = self.sql.as_bytes().get(..offset).unwrap_or_default();
        self.line + before.iter().filter(|&&byte| byte == b'\n').count()
    }
    /// The first line on which a word stands, or the first of all.
    pub(super) fn line_of(&self, word: &str) -> usize {
        self.line_at(self.sql.find(word).unwrap_or(0))
    }
}

impl Operation {
    pub(super) fn finding(&self, line: usize, what: impl fmt::Display, remedy: impl fmt::Display) -> Finding {
        Finding { file: self.file.clone(), line, what: what.to_string(), remedy: remedy.to_string() }
    }
}

/// Reads a file and collects what is wrong with it.
pub(super) struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    pub(super) findings: Vec<Finding>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        Self { file, text, findings: Vec::new() }
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().get(..at).unwrap_or_default().iter().filter(|&&byte| byte == b'\n').count()
    }

    pub(super) fn fault(&mut self, at: &Range<usize>, what: impl fmt::Display, remedy: impl fmt::Display) {
        let (what, remedy) = (what.to_string(), remedy.to_string());
        self.findings.push(Finding { file: self.file.to_owned(), line: self.line(at.start), what, remedy });
    }

    /// The file, if it is TOML with the keys that a file of an operation has.
    pub(super) fn parse(&mut self) -> Option<OperationFile> {
        match toml::from_str(self.text) {
            Ok(file) => Some(file),
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                self.fault(&at, error.message(), "docs/services.md lists every key of an operation's file");
                None
            }
        }
    }

    /// The line on which a text's own first line stands: after the quotes of a
    /// text that begins on the next line.
    fn first_line(&self, text: &Spanned<String>) -> usize {
        let span = text.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let opened = raw.strip_prefix("'''").or_else(|| raw.strip_prefix("\"\"\""));
        let next = opened.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        self.line(span.start) + usize::from(next)
    }

    /// What a connector needs of the file; none while anything is wrong with it.
    pub(super) fn operation(&mut self, file: &OperationFile) -> Option<Operation> {
        let connector = file.connector.as_ref()?;
        let schema = self.schema(file);
        let parameters = self.parameters(file);
        let source = self.source(connector);
        self.limits(file, connector);
        let shape = match connector.shape.get_ref().as_str() {
            "one" => Shape::One,
            "many" => Shape::Many,
            _ => {
                self.fault(
                    &connector.shape.span(),
                    "this shape is not known",
                    "write \"one\" (a row is the answer) or \"many\" (the rows are a list)",
                );
                Shape::One
            }
        };
        let mut queries =
            vec![Query { list: None, sql: trimmed(connector.sql.get_ref()), line: self.first_line(&connector.sql) }];
        for list in &connector.lists {
            if shape == Shape::Many {
                self.fault(&list.name.span(), "a list stands in an object, and this answer is one itself", {
                    "take the list out, or make the shape \"one\""
                });
            }
            queries.push(Query {
                list: Some(list.name.get_ref().clone()),
                sql: trimmed(list.sql.get_ref()),
                line: self.first_line(&list.sql),
            });
        }
        let (schema, validator) = schema?;
        if !self.findings.is_empty() {
            return None;
        }
        Some(Operation {
            file: self.file.to_owned(),
            identifier: file.identifier.get_ref().clone(),
            parameters,
            answer_bytes: *file.answer_bytes.get_ref(),
            limit: Duration::from_secs(*file.answer_seconds.get_ref()),
            schema,
            schema_line: self.first_line(&file.answer.schema),
            validator,
            source: source?,
            source_line: self.line(connector.source.span().start),
            shape,
            rows: *connector.rows.get_ref(),
            rows_line: self.line(connector.rows.span().start),
            queries,
        })
    }

    /// The schema, and what checks answers against it.
    pub(super) fn schema(&mut self, file: &OperationFile) -> Option<(Value, jsonschema::Validator)> {
        let text = &file.answer.schema;
        if !is_identifier(file.identifier.get_ref(), 5) {
            self.fault(
                &file.identifier.span(),
                "this is no identifier of an operation",
                "write instance, class, member, subsystem and operation: PS/GOV/MOI/CIVIL/person",
            );
        }
        let read: Value = match serde_json::from_str(text.get_ref()) {
            Ok(read) => read,
            Err(error) => {
                let (what, line) = (format!("the schema is not JSON: {error}"), self.first_line(text));
                let remedy = "mend the JSON at that line of the schema".to_owned();
                let line = line + error.line().saturating_sub(1);
                self.findings.push(Finding { file: self.file.to_owned(), line, what, remedy });
                return None;
            }
        };
        match jsonschema::validator_for(&read) {
            Ok(validator) => Some((read, validator)),
            Err(error) => {
                let what = format!("the schema is not JSON Schema, at {}", error.instance_path());
                self.fault(&text.span(), what, "JSON Schema 2020-12 says what each keyword takes");
                None
            }
        }
    }

    fn parameters(&mut self, file: &OperationFile) -> Vec<Parameter> {
        let mut seen: HashMap<&str, ()> = HashMap::new();
        let mut read = Vec::new();
        for parameter in &file.parameters {
            let name = parameter.name.get_ref();
            if !is_name(name) {
                self.fault(&parameter.name.span(), "this is no name of a parameter", "use a to z, 0 to 9 and _");
            }
            if seen.insert(name, ()).is_some() {
                self.fault(&parameter.name.span(), format!("{name} is declared twice"), "take one of them out");
            }
            if let Some(about) = &parameter.about
                && !ABOUT.contains(&about.get_ref().as_str())
            {
                self.fault(&about.span(), "nobody is meant by this", format!("use one of {}", ABOUT.join(", ")));
            }
            match Kind::parse(parameter.kind.get_ref()) {
                Some(kind) => read.push(Parameter { name: name.clone(), kind, required: parameter.required }),
                None => self.fault(
                    &parameter.kind.span(),
                    "this kind of parameter is not known",
                    format!("write one of {}", Kind::WORDS.join(", ")),
                ),
            }
        }
        read
    }

    fn source(&mut self, file: &ConnectorFile) -> Option<SourceFile> {
        let at = file.source.span();
        let word = file.source.get_ref().as_str();
        let (path, database) = (file.path.as_ref(), file.database.as_ref());
        if word != "csv" && !file.tables.is_empty() {
            self.fault(&at, "[[connector.table]] is for CSV", "take the tables out, or make the source \"csv\"");
        }
        match (word, path, database) {
            ("csv", None, None) if !file.tables.is_empty() => {
                let tables = file.tables.iter().map(|table| self.table(table)).collect();
                Some(SourceFile::Csv(tables))
            }
            ("sqlite", Some(path), None) => Some(SourceFile::Sqlite(path.get_ref().clone())),
            ("postgresql", None, Some(name)) => Some(SourceFile::Postgresql(name.get_ref().clone())),
            ("csv" | "sqlite" | "postgresql", _, _) => {
                self.fault(
                    &at,
                    format!("{word} is not told where its rows are"),
                    "csv takes [[connector.table]], sqlite takes path, postgresql takes database, and none of the others",
                );
                None
            }
            _ => {
                self.fault(&at, "this source is not known", "write csv, sqlite or postgresql");
                None
            }
        }
    }

    fn table(&mut self, table: &TableFile) -> Table {
        let columns = table.columns.get_ref();
        if !is_name(table.name.get_ref()) {
            self.fault(&table.name.span(), "this is no name of a table", "use a to z, 0 to 9 and _");
        }
        if columns.is_empty() || columns.len() > COLUMNS || columns.iter().any(|column| !is_name(column)) {
            let remedy = format!("name 1 to {COLUMNS} columns, each with a to z, 0 to 9 and _");
            self.fault(&table.columns.span(), "these are no names of columns", remedy);
        }
        for (place, column) in columns.iter().enumerate() {
            if columns[..place].contains(column) {
                self.fault(&table.columns.span(), format!("{column} stands twice"), "name each column once");
            }
        }
        Table {
            name: table.name.get_ref().clone(),
            path: table.path.get_ref().clone(),
            columns: table.columns.get_ref().clone(),
        }
    }

    fn limits(&mut self, file: &OperationFile, connector: &ConnectorFile) {
        if file.method.get_ref() != "GET" {
            self.fault(&file.method.span(), "a connector only reads", "make the method GET");
        }
        if !(1..=SECONDS).contains(file.answer_seconds.get_ref()) {
            let remedy = format!("promise 1 to {SECONDS} seconds: a person's page waits for it");
            self.fault(&file.answer_seconds.span(), "this is longer than anybody waits", remedy);
        }
        if !(1..=ANSWER_BYTES).contains(file.answer_bytes.get_ref()) {
            let remedy = format!("promise 1 to {ANSWER_BYTES} bytes");
            self.fault(&file.answer_bytes.span(), "this is larger than an answer may be", remedy);
        }
        if !(1..=ROWS).contains(connector.rows.get_ref()) {
            self.fault(
                &connector.rows.span(),
                "this is no limit of rows",
                format!("write the most rows that one person has, 1 to {ROWS}"),
            );
        }
    }
}

/// SQL without the semicolon that many end it with.
fn trimmed(sql: &str) -> String {
    sql.trim_end().trim_end_matches(';').to_owned()
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && text.len() <= 60
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
