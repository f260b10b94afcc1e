//! A table belongs to one crate and carries its name: `ledger_posting` is
//! made by `crates/ledger/migrations`, and only statements of `ledger` touch it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::run::say;
use crate::rust_source::literals;
use crate::workspace::Workspace;

/// Compares migrations and statements with who owns what.
pub fn check(workspace: &Workspace) -> Result<()> {
    let mut faults = Vec::new();
    let mut tables = 0;
    for member in workspace.members.iter().filter(|member| member.name != "xtask") {
        let krate = member.name.as_str();
        let mut own = BTreeSet::new();
        for path in workspace.files(&format!("crates/{krate}/migrations"), &["sql"])? {
            let sql = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
            let found = touched(&sql);
            own.extend(found.created.iter().cloned());
            for table in found.all().filter(|table| !belongs(table, krate)) {
                faults.push(format!("{}: {table} is not named {krate}_…", workspace.shown(&path)));
            }
        }
        let mut statements = Vec::new();
        for path in workspace.files(&format!("crates/{krate}/src"), &["rs"])? {
            let source = fs::read_to_string(&path).with_context(|| workspace.shown(&path))?;
            for literal in literals(&source).iter().filter(|literal| is_sql(&literal.text)) {
                let found = touched(&literal.text);
                // The store makes one table before any migration can run.
                own.extend(found.created.iter().filter(|table| belongs(table, krate)).cloned());
                statements.push((path.clone(), literal.line, found));
            }
        }
        tables += own.len();
        for (path, line, found) in &statements {
            for table in found.all().filter(|table| !own.contains(*table) && !is_engines_own(table)) {
                let why = if belongs(table, krate) { "is made by no migration" } else { "belongs to another crate" };
                faults.push(format!("{}:{line}: {table} {why}", workspace.shown(path)));
            }
        }
    }
    if !faults.is_empty() {
        bail!("tables that are not the crate's own:\n{}", faults.join("\n"));
    }
    say(format!("tables: {tables} tables, each touched by its own crate alone"));
    Ok(())
}

fn belongs(table: &str, krate: &str) -> bool {
    table.strip_prefix(krate).is_some_and(|rest| rest.starts_with('_'))
}

/// The engines' catalogues and what they count with.
fn is_engines_own(table: &str) -> bool {
    ["pg_", "sqlite_", "information_schema"].iter().any(|prefix| table.starts_with(prefix))
        || table == "generate_series"
}

/// Whether a text literal is a statement: written, by custom, in capitals.
fn is_sql(text: &str) -> bool {
    const VERBS: [&str; 9] =
        ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "DROP "];
    let text = text.trim_start_matches(['\\', '\n', ' ']);
    VERBS.iter().any(|verb| text.starts_with(verb))
}

/// The tables that a piece of SQL names.
#[derive(Default)]
struct Touched {
    created: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Touched {
    fn all(&self) -> impl Iterator<Item = &String> {
        self.created.iter().chain(&self.others)
    }
}

/// Reads the names that stand after the words which take a table.
fn touched(sql: &str) -> Touched {
    let words = words(sql);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let mut found = Touched::default();
    let mut common_names = BTreeSet::new();
    for at in 0..words.len() {
        let before = if at == 0 { "" } else { word(at - 1) };
        match word(at) {
            "TABLE" => {
                let name = skip(&words, at + 1, &["IF", "NOT", "EXISTS"]);
                if before == "CREATE" {
                    found.created.insert(name);
                } else {
                    found.others.insert(name);
                }
            }
            // CREATE INDEX name ON table; a join's ON stands before a column.
            "ON" if at > 1 && matches!(word(at - 2), "INDEX" | "EXISTS") => {
                found.others.insert(word(at + 1).to_owned());
            }
            "FROM" | "JOIN" if before != "DISTINCT" => {
                collect_list(&words, at + 1, &mut found.others);
            }
            "INTO" | "REFERENCES" => {
                found.others.insert(word(at + 1).to_owned());
            }
            "UPDATE" if !matches!(before, "FOR" | "DO" | "ON") => {
                found.others.insert(skip(&words, at + 1, &["OR", "IGNORE", "REPLACE"]));
            }
            // A name that the statement itself makes: WITH name AS (, name (a, b) AS (
            "AS" if word(at + 1) == "(" => {
                common_names.insert(name_before(&words, at));
            }
            _ => {}
        }
    }
    found.others.retain(|name| is_name(name) && !common_names.contains(name));
    found.created.retain(|name| is_name(name));
    found
}

/// Comma-separated tables after FROM, each perhaps with another name.
fn collect_list(words: &[String], mut at: usize, found: &mut BTreeSet<String>) {
    while let Some(word) = words.get(at).filter(|word| is_name(word)) {
        found.insert(word.clone());
        at += 1;
        if words.get(at).is_some_and(|word| word == "AS") {
            at += 1;
        }
        if words.get(at).is_some_and(|word| is_name(word) && word.chars().all(|c| !c.is_uppercase())) {
            at += 1;
        }
        if words.get(at).is_none_or(|word| word != ",") {
            break;
        }
        at += 1;
    }
}

fn skip(words: &[String], mut at: usize, fillers: &[&str]) -> String {
    while words.get(at).is_some_and(|word| fillers.contains(&word.as_str())) {
        at += 1;
    }
    words.get(at).cloned().unwrap_or_default()
}

/// The name that an `AS (` defines, its list of columns passed over.
fn name_before(words: &[String], at: usize) -> String {
    let mut before = at;
    if before > 0 && words[before - 1] == ")" {
        while before > 0 && words[before - 1] != "(" {
            before -= 1;
        }
        before = before.saturating_sub(1);
    }
    before.checked_sub(1).and_then(|at| words.get(at)).cloned().unwrap_or_default()
}

/// Names are small; words of the language are capitals.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Words, numbers and single marks; comments and quoted values left out.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in sql.lines() {
        let line = line.split("--").next().unwrap_or_default().trim_end_matches('\\');
        for (odd, part) in line.split('\'').enumerate() {
            if odd % 2 == 1 {
                continue;
            }
            let mut word = String::new();
            for c in part.chars() {
                if c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '{' | '}') {
                    word.push(c);
                    continue;
                }
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if !c.is_whitespace() {
                    words.push(c.to_string());
                }
            }
            if !word.is_empty() {
                words.push(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &[&str]) {
        assert_eq!(touched(sql).all().map(String::as_str).collect::<Vec<_>>(), expected, "{sql}");
    }

    #[test]
    fn migrations() {
        check("CREATE TABLE a_b (\n  x TEXT NOT NULL REFERENCES c_d (x) -- FROM e_f\n);", &["a_b", "c_d"]);
        check("CREATE TABLE IF NOT EXISTS a_b (x TEXT);", &["a_b"]);
        check("CREATE INDEX i ON a_b (x);\nCREATE UNIQUE INDEX j ON c_d (x);", &["a_b", "c_d"]);
        check("ALTER TABLE a_b ADD COLUMN x TEXT; DROP TABLE c_d;", &["a_b", "c_d"]);
    }

    #[test]
    fn statements() {
        check("SELECT x FROM a_b JOIN c_d ON c_d.x = a_b.y WHERE x IN (SELECT y FROM e_f)", &["a_b", "c_d", "e_f"]);
        check("SELECT x FROM a_b AS p, c_d q WHERE p.x = 'FROM e_f'", &["a_b", "c_d"]);
        check("INSERT INTO a_b (x) VALUES ($1) ON CONFLICT (x) DO UPDATE SET x = $1", &["a_b"]);
        check("UPDATE a_b SET x = $1 WHERE y = $2", &["a_b"]);
        check("DELETE FROM a_b WHERE x = $1", &["a_b"]);
        check("WITH t AS (SELECT x FROM a_b), u (y) AS (SELECT x FROM t) SELECT y FROM u", &["a_b"]);
        check("SELECT x FROM a_b WHERE a IS DISTINCT FROM b", &["a_b"]);
    }

    #[test]
    fn names_carry_their_crate() {
        assert!(belongs("ledger_posting", "ledger"));
        assert!(!belongs("ledgerposting", "ledger"));
        assert!(!belongs("store_key", "ledger"));
        assert!(is_sql("\\\n   SELECT 1") && !is_sql("Select a service"));
    }
}
