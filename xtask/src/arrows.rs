//! Who uses whom. The table in `ARCHITECTURE.md` says who may; cargo knows who
//! does; any other arrow fails.
//!
//! The table begins with `| crate | may use |`. A cell names crates, separated
//! by commas or `+`. `x's` is all that x may use (one of an earlier line),
//! `any of the above` all crates of earlier lines, `everything` every crate of
//! the table, `–` none. Words in parentheses, and a clause after `;`, are for
//! the reader. Dependencies of tests may also use `testkit`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::run::say;
use crate::workspace::{Kind, Member, Workspace};

const TABLE_IN: &str = "ARCHITECTURE.md";

/// What each crate may use.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Compares the table with the tree.
pub fn check(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.path(TABLE_IN)).with_context(|| format!("{TABLE_IN} cannot be read"))?;
    let arrows = parse(&text)?;
    let faults = faults(&arrows, &workspace.members);
    if !faults.is_empty() {
        bail!("arrows that {TABLE_IN} does not draw:\n{}", faults.join("\n"));
    }
    say(format!("arrows: {} crates use only what they may", workspace.members.len()));
    Ok(())
}

fn faults(arrows: &Arrows, members: &[Member]) -> Vec<String> {
    let ours: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut faults = Vec::new();
    for member in members {
        let Some(may) = arrows.get(&member.name) else {
            faults.push(format!("{} has no line in the table", member.name));
            continue;
        };
        for dependency in &member.dependencies {
            let name = dependency.name.as_str();
            let of_tests = dependency.kind == Kind::Dev && (name == "testkit" || name == member.name);
            if ours.contains(name) && !may.contains(name) && !of_tests {
                faults.push(format!("{} may not use {name}", member.name));
            }
        }
    }
    // One crate may stand in two tables of a manifest, as texts do.
    faults.sort();
    faults.dedup();
    faults
}

/// Reads the table out of the page around it.
fn parse(text: &str) -> Result<Arrows> {
    let mut lines = text.lines().map(cells).skip_while(|cells| cells.as_slice() != ["crate", "may use"]);
    lines.next().with_context(|| format!("{TABLE_IN} has no table that begins with `| crate | may use |`"))?;
    let rows: Vec<Vec<String>> = lines.skip(1).take_while(|cells| cells.len() >= 2).collect();
    let all: BTreeSet<String> = rows.iter().flat_map(|row| names(&row[0])).collect();
    let mut arrows = Arrows::new();
    for row in &rows {
        let mut may = BTreeSet::new();
        for word in names(&row[1]) {
            match word.as_str() {
                "–" | "-" | "" => {}
                "everything" => may.extend(all.iter().cloned()),
                "any of the above" => may.extend(arrows.keys().cloned()),
                name if all.contains(name) => {
                    may.insert(name.to_owned());
                }
                other => match other.strip_suffix("'s").and_then(|name| arrows.get(name)) {
                    Some(same) => may.extend(same.iter().cloned()),
                    None => bail!("the line of {} names {other}, which is no crate of an earlier line", row[0]),
                },
            }
        }
        for name in names(&row[0]) {
            let may = may.iter().filter(|used| **used != name).cloned().collect();
            if arrows.insert(name.clone(), may).is_some() {
                bail!("{name} has two lines in the table");
            }
        }
    }
    Ok(arrows)
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let Some(inner) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
        return Vec::new();
    };
    inner.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn names(cell: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let mut kept = String::new();
    for c in cell.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => break,
            '`' => {}
            '’' if depth == 0 => kept.push('\''),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept.split([',', '+']).map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    const TABLE: &str = "\
# Map

| crate | may use |
|---|---|
| base | – |
| seal, `store` | base |
| audit | seal's + store (the log; signed) |
| services | any of the above |
| hukumati | everything; nothing uses it |

After it.
";

    #[track_caller]
    fn may(name: &str, expected: &[&str]) {
        let arrows = parse(TABLE).unwrap();
        assert_eq!(arrows[name].iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_table_is_read() {
        may("base", &[]);
        may("store", &["base"]);
        may("audit", &["base", "store"]);
        may("services", &["audit", "base", "seal", "store"]);
        may("hukumati", &["audit", "base", "seal", "services", "store"]);
    }

    #[test]
    fn a_table_that_cannot_be_meant_is_refused() {
        assert!(parse("no table").is_err());
        assert!(parse("| crate | may use |\n|---|---|\n| base | stroe |").is_err());
        assert!(parse("| crate | may use |\n|---|---|\n| base | – |\n| base | – |").is_err());
    }

    fn uses(name: &str, kind: Kind) -> Vec<String> {
        let member = |name: &str, dependencies| Member {
            name: name.to_owned(),
            version: String::new(),
            dependencies,
            targets: Vec::new(),
        };
        let members = [
            member("base", Vec::new()),
            member("testkit", Vec::new()),
            member("audit", Vec::new()),
            member(
                "store",
                vec![Dependency { name: name.to_owned(), kind }, Dependency { name: "serde".to_owned(), kind }],
            ),
        ];
        let mut arrows = parse(TABLE).unwrap();
        arrows.insert("testkit".to_owned(), BTreeSet::new());
        faults(&arrows, &members)
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_named() {
        assert!(uses("base", Kind::Normal).is_empty());
        assert_eq!(uses("audit", Kind::Normal), ["store may not use audit"]);
        assert_eq!(uses("audit", Kind::Build), ["store may not use audit"]);
        assert_eq!(uses("audit", Kind::Dev), ["store may not use audit"]);
        assert_eq!(uses("testkit", Kind::Normal), ["store may not use testkit"]);
        assert!(uses("testkit", Kind::Dev).is_empty());
    }

    #[test]
    fn a_crate_without_a_line_is_named() {
        let member =
            Member { name: "drawer".into(), version: String::new(), dependencies: Vec::new(), targets: Vec::new() };
        assert_eq!(faults(&parse(TABLE).unwrap(), &[member]), ["drawer has no line in the table"]);
    }
}
