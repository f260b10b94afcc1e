//! No service, fee or ministry is named in `crates/`: they are data, under
//! `services/` and in registers that their owners change. The sandbox pretends
//! to be the outside world and may know them; so may tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use toml::Value;

use crate::run::say;
use crate::rust_source::literals;
use crate::workspace::Workspace;

/// The crate that plays the ministries.
const PRETENDER: &str = "sandbox";

/// What a ministry's full name begins with, in each language.
const MINISTRY: [&str; 2] = ["وزارة ال", "Ministry of "];

/// Looks for each service's key, fee codes and provider in our sources.
pub fn check(workspace: &Workspace) -> Result<()> {
    let words = words(workspace)?;
    let mut faults = Vec::new();
    for path in workspace.files("crates", &["rs", "ftl", "html", "sql"])? {
        let shown = workspace.shown(&path);
        if shown.starts_with(&format!("crates/{PRETENDER}/")) || is_test(&shown) {
            continue;
        }
        let source = fs::read_to_string(&path).with_context(|| shown.clone())?;
        for (line, text) in texts(&path, &source) {
            for (word, what) in &words {
                if has_word(&text, word) {
                    faults.push(format!("{shown}:{line}: {word} is {what}"));
                }
            }
            if MINISTRY.iter().any(|name| text.contains(name)) {
                faults.push(format!("{shown}:{line}: names a ministry"));
            }
        }
    }
    if !faults.is_empty() {
        bail!("names that belong to services/:\n{}", faults.join("\n"));
    }
    say(format!("keys: none of {} keys of services/ is named in crates/", words.len()));
    Ok(())
}

/// Every key that the service folders define, and what it is.
fn words(workspace: &Workspace) -> Result<BTreeMap<String, &'static str>> {
    let mut words = BTreeMap::new();
    for path in workspace.files("services", &["toml"])? {
        if path.file_name().is_none_or(|name| name != "service.toml") {
            continue;
        }
        if let Some(key) = path.parent().and_then(Path::file_name) {
            words.insert(key.to_string_lossy().into_owned(), "a service's key");
        }
        let text = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
        let value: Value = text.parse::<toml::Table>().with_context(|| workspace.shown(&path))?.into();
        collect(&value, &mut words);
    }
    Ok(words)
}

/// `provider = "…"` is a ministry; `fee = "…"`, `fees = ["…"]` and a `code` in
/// a table of fees are fees.
fn collect(value: &Value, words: &mut BTreeMap<String, &'static str>) {
    let Some(table) = value.as_table() else { return };
    for (name, value) in table {
        match (name.as_str(), value) {
            ("provider", Value::String(text)) => {
                words.insert(text.clone(), "a ministry");
            }
            ("fee" | "fee_code", Value::String(text)) => {
                words.insert(text.clone(), "a fee");
            }
            ("fee" | "fees", Value::Array(list)) => {
                for fee in list {
                    let code = fee.as_str().or_else(|| fee.get("code").and_then(Value::as_str));
                    words.extend(code.map(|code| (code.to_owned(), "a fee")));
                }
            }
            ("fee" | "fees", Value::Table(fees)) => {
                words.extend(fees.get("code").and_then(Value::as_str).map(|code| (code.to_owned(), "a fee")));
            }
            (_, Value::Array(list)) => list.iter().for_each(|value| collect(value, words)),
            (_, value) => collect(value, words),
        }
    }
}

/// Tests name services freely: in `tests/`, in `tests.rs`, and in testkit.
fn is_test(shown: &str) -> bool {
    shown.contains("/tests/") || shown.ends_with("/tests.rs") || shown.starts_with("crates/testkit/")
}

/// The texts of a source with their lines: of Rust the literals, of all else
/// every line.
fn texts(path: &Path, source: &str) -> Vec<(usize, String)> {
    if path.extension().is_some_and(|extension| extension == "rs") {
        return literals(source).into_iter().map(|literal| (literal.line, literal.text)).collect();
    }
    source.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect()
}

/// Whether `word` stands in `text` by itself, not inside a longer word or key.
fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(|c| part_of_word(c) || c == '.') && !text[at + word.len()..].starts_with(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_a_service() {
        let service = "\
            provider = \"moi\"\n[fees]\ncode = \"F-1\"\n[[steps]]\nfee = \"F-2\"\n[[extra.fee]]\ncode = \"F-3\"\n";
        let mut words = BTreeMap::new();
        collect(&service.parse::<toml::Table>().unwrap().into(), &mut words);
        assert_eq!(words.into_keys().collect::<Vec<_>>(), ["F-1", "F-2", "F-3", "moi"]);
    }

    #[test]
    fn only_whole_words_count() {
        assert!(has_word("moi", "moi"));
        assert!(has_word("/services/moi.family.extract/start", "moi.family.extract"));
        assert!(has_word("moi.family", "moi"));
        assert!(!has_word("moisture", "moi"));
        assert!(!has_word("x.moi", "moi"));
        assert!(!has_word("a-moi", "moi"));
    }

    #[test]
    fn comments_and_tests_may_name_them() {
        let source = "//! moi\nlet x = \"moi\";\n#[cfg(test)]\nmod tests { \"moi\" }";
        assert_eq!(texts(Path::new("a.rs"), source), [(2, "moi".to_owned())]);
        assert!(is_test("crates/services/tests/walk.rs") && !is_test("crates/services/src/walk.rs"));
    }
}
