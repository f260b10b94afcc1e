//! What is wrong with operations' files, before anybody asks them: each fault
//! with its line and its remedy.

use std::collections::BTreeMap;

use base::Date;

use super::file::{Finding, Operation, OperationFile, Reader, Shape, SourceFile, Texts};
use super::shape::{self, Node};
use super::{Places, Prepared, compile, files, sqlite};
use crate::server::message::is_identifier;

/// How sensitive an operation's answers can be.
const SENSITIVITIES: [&str; 3] = ["public", "personal", "sensitive"];

/// Looks at every file of the folder, and at the registers behind those with a
/// connector. A register's file that is not there yet is no fault.
///
/// # Errors
/// A folder that cannot be read.
pub async fn lint(places: &Places) -> std::io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let agencies = agencies(places);
    let mut identifiers: BTreeMap<String, String> = BTreeMap::new();
    for (name, path) in files(&places.operations)? {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let what = format!("the file cannot be read: {error}");
                findings.push(Finding { file: name, line: 1, what, remedy: "save it as UTF-8".to_owned() });
                continue;
            }
        };
        let mut reader = Reader::new(&name, &text);
        let Some(file) = reader.parse() else {
            findings.append(&mut reader.findings);
            continue;
        };
        framework(&mut reader, &file, &agencies);
        if let Some(other) = identifiers.insert(file.identifier.get_ref().clone(), name.clone()) {
            let what = format!("{other} has the same identifier");
            reader.fault(&file.identifier.span(), what, "an operation is one file");
        }
        if file.connector.is_none() {
            findings.append(&mut reader.findings);
            continue;
        }
        let operation = reader.operation(&file);
        let own = !reader.findings.is_empty();
        findings.append(&mut reader.findings);
        let Some(operation) = operation.filter(|_| !own) else { continue };
        match compile(places, &name, &text).await {
            Ok(_) => findings.extend(data(places, &operation)),
            Err(found) => findings.extend(found),
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// The keys of `agencies.toml` beside the folder, if there is one.
fn agencies(places: &Places) -> Vec<String> {
    let path = places.operations.canonicalize().ok().and_then(|folder| Some(folder.parent()?.join("agencies.toml")));
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let listed = table.get("agency").and_then(toml::Value::as_array).into_iter().flatten();
    listed.filter_map(|agency| agency.get("key")?.as_str().map(str::to_owned)).collect()
}

/// What the framework reads of a file.
fn framework(reader: &mut Reader<'_>, file: &OperationFile, agencies: &[String]) {
    let parameters = file.parameters.iter().map(|parameter| &parameter.description);
    for texts in [&file.title, &file.description, &file.source].into_iter().chain(parameters) {
        let Texts { ar, en } = texts.get_ref();
        if ar.trim().is_empty() || en.trim().is_empty() {
            reader.fault(&texts.span(), "a text is empty", "write it in Arabic and in English");
        }
    }
    if *file.version.get_ref() == 0 {
        reader.fault(&file.version.span(), "versions count from 1", "write version = 1");
    }
    let owner = file.owner.get_ref();
    if owner.is_empty() || !(agencies.is_empty() || agencies.contains(owner)) {
        reader.fault(&file.owner.span(), "nobody owns this operation", "name a key of agencies.toml");
    }
    if !SENSITIVITIES.contains(&file.sensitivity.get_ref().as_str()) {
        let remedy = format!("write one of {}", SENSITIVITIES.join(", "));
        reader.fault(&file.sensitivity.span(), "this sensitivity is not known", remedy);
    }
    let Some((schema, _)) = reader.schema(file) else { return };
    for agreement in &file.agreements {
        if agreement.reference.get_ref().is_empty() {
            reader.fault(&agreement.reference.span(), "an agreement has no reference", "name the signed document");
        }
        if !is_identifier(agreement.client.get_ref(), 4) {
            let remedy = "write instance, class, member and subsystem: PS/GOV/MTIT/PORTAL";
            reader.fault(&agreement.client.span(), "this is no subsystem", remedy);
        }
        if Date::parse(agreement.valid_from.get_ref()).is_none() {
            reader.fault(&agreement.valid_from.span(), "this is no day", "write it like 2026-11-24");
        }
        if agreement.purposes.get_ref().is_empty() {
            reader.fault(&agreement.purposes.span(), "an agreement has no purpose", "name what the answers are for");
        }
        for field in agreement.fields.get_ref() {
            if !shape::has_pointer(&schema, field) {
                let what = format!("the schema has no field {field}");
                reader.fault(&agreement.fields.span(), what, "name a field as a JSON Pointer: /full_name");
            }
        }
    }
}

/// Compares the prepared SQL with what the file declares.
pub(super) fn check(operation: &Operation, prepared: &Prepared) -> Result<Vec<Node>, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut nodes = Vec::new();
    let unnamed = |name: &str| name.is_empty();
    for (place, query) in operation.queries.iter().enumerate() {
        for name in prepared.parameters.get(place).into_iter().flatten() {
            if unnamed(name) {
                let what = "a parameter has no name";
                findings.push(operation.finding(query.line_of("?"), what, "write :name, with a name that is declared"));
            } else if !operation.parameters.iter().any(|known| known.name == *name) {
                let what = format!("the parameter :{name} is not declared");
                let remedy = format!("add [[parameter]] with name = \"{name}\"");
                findings.push(operation.finding(query.line_of(&format!(":{name}")), what, remedy));
            }
        }
        match shape::fit(operation, query, prepared.columns.get(place).map_or(&[], Vec::as_slice)) {
            Ok(node) => nodes.push(node),
            Err(found) => findings.extend(found),
        }
    }
    for parameter in &operation.parameters {
        if !prepared.parameters.iter().flatten().any(|name| *name == parameter.name) {
            let what = format!("the parameter {} is declared, and no SQL asks with it", parameter.name);
            let line = operation.queries.first().map_or(1, |query| query.line_at(0));
            findings.push(operation.finding(line, what, format!("use :{0}, or take {0} out", parameter.name)));
        }
    }
    let lists = operation.queries.iter().filter(|query| query.list.is_some()).count();
    if operation.shape == Shape::Many && lists > 0 {
        findings.push(operation.finding(1, "an answer of many rows has no lists", "make the shape \"one\""));
    }
    if findings.is_empty() { Ok(nodes) } else { Err(findings) }
}

/// Reads a register's files, if they are there: a broken line is named.
fn data(places: &Places, operation: &Operation) -> Option<Finding> {
    let SourceFile::Csv(tables) = &operation.source else { return None };
    if !tables.iter().all(|table| places.path(&table.path).exists()) {
        return None;
    }
    sqlite::Pool::open(operation, |name| places.path(name)).err()
}
