//! What is wrong with the shape of `service.toml`: an unknown key, a wrong type, a
//! broken line. Each with its line and its remedy.

use std::path::Path;

use super::{Fault, StepFile};

/// What TOML's reader calls things, and what an official does.
const WORDS: [(&str, &str); 8] = [
    ("expected a sequence", "expected a list, in [ ]"),
    ("expected u32", "expected a whole number, not below 0"),
    ("expected usize", "expected a whole number, not below 0"),
    ("expected a string", "expected text, in quotes"),
    ("expected a boolean", "expected true or false"),
    ("expected a map", "expected keys, in { } or under a heading"),
    ("expected internally tagged enum", "expected keys, in { } or under a heading"),
    ("expected struct ", "expected the keys of "),
];

/// The fault that TOML's reader found.
pub(super) fn fault(path: &Path, toml: &str, error: &toml::de::Error) -> Fault {
    let (message, key) = parted(error.message());
    let start = error.span().map_or(0, |span| span.start.min(toml.len()));
    let first = toml.get(..start).unwrap_or_default().matches('\n').count();
    let first = step(toml, error.message()).unwrap_or(first);
    let line = line(toml, first, message, key);
    Fault { file: format!("{}:{line}", path.display()), reason: said(message, key) }
}

/// The message, and the last of the keys under which it arose, where a step says them.
fn parted(message: &str) -> (&str, Option<&str>) {
    let message = message.trim_end();
    let Some((message, keys)) = message.rsplit_once("\nin `") else { return (message, None) };
    (message, keys.trim_end_matches('`').rsplit('.').next())
}

/// The line, from 0, at which the step begins that says this: TOML's reader knows no
/// more than where the first one does.
fn step(toml: &str, message: &str) -> Option<usize> {
    let whole: toml::Table = toml.parse().ok()?;
    let says = |step: &toml::Value| {
        let read = step.as_table().map(|table| StepFile::try_from(table.clone()));
        read.is_some_and(|read| read.is_err_and(|why| why.trim_end() == message.trim_end()))
    };
    let at = whole.get("step")?.as_array()?.iter().position(says)?;
    let mut heads = toml.lines().enumerate().filter(|(_, line)| line.trim_end() == "[[step]]");
    heads.nth(at).map(|(line, _)| line)
}

/// The line of a fault from 1, which is the first one or, where a step says it, after it.
fn line(toml: &str, first: usize, message: &str, key: Option<&str>) -> usize {
    let own: Vec<&str> = toml.lines().skip(first).collect();
    let ends = own.iter().skip(1).position(|line| line.starts_with('[') && !line.starts_with("[[step."));
    let own = &own[..ends.map_or(own.len(), |at| at + 1)];
    let marks = |text: &str, mark: char| text.split(mark).nth(1).map(str::to_owned);
    let found = match (message.split_once('`').map(|(about, _)| about), key) {
        (Some("unknown field "), _) => {
            marks(message, '`').and_then(|key| own.iter().position(|line| has_key(line, &key)))
        }
        (Some("unknown variant "), _) => {
            marks(message, '`').and_then(|word| own.iter().position(|line| line.contains(&format!("\"{word}\""))))
        }
        // The key under which it arose, best on a line that holds the very value.
        (_, Some(key)) => {
            let value = marks(message, '"').unwrap_or_default();
            let at = |value: &str| own.iter().position(|line| has_key(line, key) && line.contains(value));
            at(&value).or_else(|| at(""))
        }
        _ => None,
    };
    first + found.unwrap_or(0) + 1
}

fn has_key(line: &str, key: &str) -> bool {
    line.match_indices(key).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let alone = before.is_none_or(|mark| !mark.is_alphanumeric() && !matches!(mark, '_' | '-' | '"'));
        alone && line[at + key.len()..].trim_start().starts_with(['=', ']'])
    })
}

/// The message in an official's words, with the remedy.
fn said(message: &str, key: Option<&str>) -> String {
    let mut words = message.lines().collect::<Vec<_>>().join(" ");
    for (theirs, ours) in WORDS {
        words = words.replace(theirs, ours);
    }
    let of = key.map(|key| format!("`{key}`: ")).unwrap_or_default();
    let remedy = match words.as_str() {
        known if known.starts_with("unknown field") => "remove it, or use a key that is known here",
        known if known.starts_with("missing field") => "add it",
        known if known.starts_with("unknown variant") => "use one of the words that are known here",
        known if known.starts_with("invalid") => "write what is expected",
        known if known.contains("write ") => return format!("{of}{words}"),
        known if known.contains("is not a rule") => "mend it",
        _ => "mend this line: it must be TOML, and each key stands once",
    };
    format!("{of}{words}; {remedy}")
}
