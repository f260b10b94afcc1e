//! From rows to the answer: columns become members by their names
//! (`full_name.ar`), values take the type that the schema gives them.

use serde_json::{Map, Value};

use super::file::{Finding, Operation, Query, Shape};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Truth(bool),
}

pub(super) type Row = Vec<Cell>;

/// The type that the schema gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Truth,
    /// The schema does not say; the register's own type stays.
    Any,
}

/// Where the values of a row go.
#[derive(Debug)]
pub(super) enum Node {
    Value { place: usize, kind: Kind, nullable: bool },
    Object { members: Vec<(String, Node)>, nullable: bool },
}

/// References that are followed before a schema counts as going round in circles.
const REFERENCES: usize = 8;

/// The parts of a schema that a value may follow, without null, and whether it may be null.
fn parts<'s>(root: &'s Value, schema: &'s Value) -> (Vec<&'s Value>, bool) {
    let (mut found, mut nullable) = (Vec::new(), false);
    let mut left = vec![(schema, 0)];
    while let Some((schema, depth)) = left.pop() {
        let reference = schema["$ref"].as_str().and_then(|target| root.pointer(target.strip_prefix('#')?));
        if depth == REFERENCES {
            continue;
        }
        left.extend(reference.map(|target| (target, depth + 1)));
        for word in ["anyOf", "oneOf", "allOf"] {
            left.extend(schema[word].as_array().into_iter().flatten().map(|part| (part, depth + 1)));
        }
        match &schema["type"] {
            Value::String(kind) if kind == "null" => nullable = true,
            kind => {
                nullable |= kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
                found.push(schema);
            }
        }
    }
    (found, nullable)
}

/// The schema of a member.
fn member<'s>(root: &'s Value, schema: &'s Value, name: &str) -> Option<&'s Value> {
    parts(root, schema).0.into_iter().find_map(|part| part["properties"].get(name))
}

/// The schema of a list's entries.
fn entries<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    parts(root, schema).0.into_iter().find_map(|part| part.get("items"))
}

fn is_object(root: &Value, schema: &Value) -> bool {
    parts(root, schema).0.into_iter().any(|part| part.get("properties").is_some())
}

fn required<'s>(root: &'s Value, schema: &'s Value) -> Vec<&'s str> {
    let listed = parts(root, schema).0.into_iter().filter_map(|part| part["required"].as_array());
    listed.flatten().filter_map(Value::as_str).collect()
}

fn kind(root: &Value, schema: &Value) -> Kind {
    let of_word = |word: &str| match word {
        "string" => Some(Kind::Text),
        "integer" => Some(Kind::Integer),
        "number" => Some(Kind::Number),
        "boolean" => Some(Kind::Truth),
        _ => None,
    };
    let of_value = |value: &Value| match value {
        Value::String(_) => Some(Kind::Text),
        Value::Bool(_) => Some(Kind::Truth),
        Value::Number(number) if number.is_f64() => Some(Kind::Number),
        Value::Number(_) => Some(Kind::Integer),
        _ => None,
    };
    let found = parts(root, schema).0.into_iter().find_map(|part| {
        let words = part["type"].as_array().into_iter().flatten().chain([&part["type"]]).filter_map(Value::as_str);
        let values = part["enum"].as_array().into_iter().flatten().chain(part.get("const"));
        words.filter_map(of_word).next().or_else(|| values.filter_map(of_value).next())
    });
    found.unwrap_or(Kind::Any)
}

/// The JSON Pointers of an agreement: whether the schema has such a member.
pub(super) fn has_pointer(schema: &Value, pointer: &str) -> bool {
    let mut at = schema;
    let Some(rest) = pointer.strip_prefix('/') else { return false };
    for name in rest.split('/') {
        let found = member(schema, at, name).or_else(|| entries(schema, at).filter(|_| name == "*"));
        let Some(found) = found else { return false };
        at = found;
    }
    true
}

/// Fits the columns of a query to the schema.
///
/// # Errors
/// Every column that does not fit, and every member that nothing fills.
pub(super) fn fit(operation: &Operation, query: &Query, columns: &[String]) -> Result<Node, Vec<Finding>> {
    let root = &operation.schema;
    let target = match (&query.list, operation.shape) {
        (Some(name), _) => member(root, root, name).and_then(|list| entries(root, list)),
        (None, Shape::Many) => entries(root, root),
        (None, Shape::One) => Some(root),
    };
    let Some(target) = target.filter(|target| is_object(root, target)) else {
        let (what, remedy) = match &query.list {
            Some(name) => (format!("the schema has no list of objects {name}"), "name the list as the schema does"),
            None => ("the schema is of another shape".to_owned(), "one is an object, many is a list of objects"),
        };
        return Err(vec![operation.finding(query.line_at(0), what, remedy)]);
    };
    let mut findings = Vec::new();
    let named: Vec<(Vec<&str>, usize)> =
        columns.iter().enumerate().map(|(place, name)| (name.split('.').collect(), place)).collect();
    for (place, name) in columns.iter().enumerate() {
        if columns[..place].contains(name) {
            let what = format!("the column {name} comes twice");
            findings.push(operation.finding(query.line_of(name), what, "name each column once, with AS"));
        }
    }
    let node = grow(operation, query, target, &named, 0, &mut findings);
    // A list fills its member of the answer.
    let lists = operation.queries.iter().filter_map(|query| query.list.as_deref());
    let lists: Vec<&str> = if query.list.is_none() { lists.collect() } else { Vec::new() };
    unfilled(operation, query, target, &node, "", &lists, &mut findings);
    if findings.is_empty() { Ok(node) } else { Err(findings) }
}

fn grow(
    operation: &Operation,
    query: &Query,
    schema: &Value,
    columns: &[(Vec<&str>, usize)],
    depth: usize,
    findings: &mut Vec<Finding>,
) -> Node {
    let root = &operation.schema;
    let mut members: Vec<(String, Node)> = Vec::new();
    for (path, _) in columns {
        let name = path[depth];
        if members.iter().any(|(known, _)| known == name) {
            continue;
        }
        let whole = path.join(".");
        let Some(found) = member(root, schema, name) else {
            findings.push(operation.finding(
                query.line_of(&whole),
                format!("the schema does not know the column {whole}"),
                "name it as the schema does, with AS, or publish a schema that has it",
            ));
            continue;
        };
        let below: Vec<_> = columns.iter().filter(|(other, _)| other[..=depth] == path[..=depth]).cloned().collect();
        let nullable = parts(root, found).1;
        let ends = below.iter().filter(|(other, _)| other.len() == depth + 1).count();
        let node = match &below[..] {
            [(only, place)] if only.len() == depth + 1 && !is_object(root, found) => {
                Node::Value { place: *place, kind: kind(root, found), nullable }
            }
            _ if ends == 0 && is_object(root, found) => {
                let Node::Object { members, .. } = grow(operation, query, found, &below, depth + 1, findings) else {
                    continue;
                };
                Node::Object { members, nullable }
            }
            _ => {
                findings.push(operation.finding(
                    query.line_of(&whole),
                    format!("the column {whole} is of another shape than the schema"),
                    "an object's members are columns of their own: \"full_name.ar\"",
                ));
                continue;
            }
        };
        members.push((name.to_owned(), node));
    }
    Node::Object { members, nullable: false }
}

fn unfilled(
    operation: &Operation,
    query: &Query,
    schema: &Value,
    node: &Node,
    above: &str,
    lists: &[&str],
    findings: &mut Vec<Finding>,
) {
    let Node::Object { members, .. } = node else { return };
    let root = &operation.schema;
    for name in required(root, schema) {
        if !members.iter().any(|(known, _)| known == name) && !lists.contains(&name) {
            findings.push(operation.finding(
                query.line_at(0),
                format!("the schema requires {above}{name}, and no column fills it"),
                format!("add a column AS \"{above}{name}\""),
            ));
        }
    }
    for (name, node) in members {
        if let Some(found) = member(root, schema, name) {
            unfilled(operation, query, found, node, &format!("{above}{name}."), &[], findings);
        }
    }
}

impl Node {
    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Value { .. } => 1,
            Self::Object { members, .. } => members.iter().map(|(_, node)| node.width()).sum(),
        }
    }

    /// A row as an object. What is nothing is null where the schema takes null,
    /// and else absent; so is an object of which nothing is known.
    pub(super) fn object(&self, row: &Row) -> Value {
        self.build(row).unwrap_or_else(|| Value::Object(Map::new()))
    }

    fn build(&self, row: &Row) -> Option<Value> {
        match self {
            Self::Value { place, kind, nullable } => match row.get(*place) {
                None | Some(Cell::Null) => nullable.then_some(Value::Null),
                Some(cell) => Some(value(cell, *kind)),
            },
            Self::Object { members, nullable } => {
                if self.is_empty(row) {
                    return nullable.then_some(Value::Null);
                }
                let built = members.iter().filter_map(|(name, node)| Some((name.clone(), node.build(row)?)));
                Some(Value::Object(built.collect()))
            }
        }
    }

    fn is_empty(&self, row: &Row) -> bool {
        match self {
            Self::Value { place, .. } => matches!(row.get(*place), None | Some(Cell::Null)),
            Self::Object { members, .. } => members.iter().all(|(_, node)| node.is_empty(row)),
        }
    }
}

/// A value in the schema's type; what does not fit stays, and the schema refuses it.
fn value(cell: &Cell, kind: Kind) -> Value {
    let real = |number: f64| serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number);
    match (cell, kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(number @ (0 | 1)), Kind::Truth) => Value::Bool(*number == 1),
        (Cell::Text(text), Kind::Truth) if text == "true" || text == "1" => Value::Bool(true),
        (Cell::Text(text), Kind::Truth) if text == "false" || text == "0" => Value::Bool(false),
        (Cell::Text(text), Kind::Integer) => text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from),
        (Cell::Text(text), Kind::Number) => text.parse::<f64>().map_or_else(|_| text.as_str().into(), real),
        (Cell::Integer(number), Kind::Text) => number.to_string().into(),
        (Cell::Integer(number), _) => (*number).into(),
        // A sum over texts is a real number, and a whole one is an integer.
        (Cell::Real(number), Kind::Integer) if number.fract() == 0.0 => {
            format!("{number:.0}").parse::<i64>().map_or_else(|_| real(*number), Value::from)
        }
        (Cell::Real(number), _) => real(*number),
        (Cell::Text(text), _) => text.as_str().into(),
        (Cell::Truth(truth), _) => (*truth).into(),
    }
}

/// The answer of all queries: none where nobody is known.
pub(super) fn answer(operation: &Operation, nodes: &[Node], results: &[Vec<Row>]) -> Option<Value> {
    let objects = |place: usize| -> Vec<Value> {
        let (node, rows) = (nodes.get(place), results.get(place));
        node.zip(rows).map(|(node, rows)| rows.iter().map(|row| node.object(row)).collect()).unwrap_or_default()
    };
    if operation.shape == Shape::Many {
        let rows = objects(0);
        return (!rows.is_empty()).then_some(Value::Array(rows));
    }
    let mut answer = objects(0).into_iter().next()?;
    for (place, query) in operation.queries.iter().enumerate() {
        if let Some(name) = &query.list {
            answer[name.as_str()] = Value::Array(objects(place));
        }
    }
    Some(answer)
}
