//! What became of a rule, part by part and with what it read: for officers, who
//! answer for it.

use serde_json::Value as Json;

use crate::{Facts, Rule};

/// A part of a rule: what lies between its `&&`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As it is written.
    pub source: String,
    /// How it came out; none without an answer, such as after a part that guards it.
    pub holds: Option<bool>,
    /// What it read, by path; none where nothing is there.
    pub read: Vec<(String, Option<String>)>,
}

impl Rule {
    /// Its parts over these facts.
    pub fn parts(&self, facts: &Facts) -> Vec<Part> {
        let parts = conjuncts(self.source()).into_iter().map(|part| Self::parse(part).ok());
        let parts = parts.collect::<Option<Vec<Self>>>().unwrap_or_else(|| vec![self.clone()]);
        let told = |part: Self| {
            part.link(self.tables());
            let paths = part.0.reads.paths().into_iter();
            let read = paths.filter_map(|path| Some((path.clone(), part.found(facts, &path)?))).collect();
            Part { source: part.source().to_owned(), holds: part.holds(facts).ok(), read }
        };
        parts.into_iter().map(told).collect()
    }

    /// What lies at a path; none for a path of no fact, such as a list's element.
    fn found(&self, facts: &Facts, path: &str) -> Option<Option<String>> {
        let (root, rest) = path.split_once('.').unwrap_or((path, ""));
        let within = match root {
            "answers" => &facts.answers,
            "registers" => &facts.registers,
            "today" => return Some(Some(facts.today.to_string())),
            "tables" => {
                let table = self.tables().iter().find(|table| table.id() == rest)?;
                return Some(table.gives(facts).ok().map(str::to_owned));
            }
            _ => return None,
        };
        let mut names = rest.split('.').filter(|name| !name.is_empty());
        Some(names.try_fold(within, |json, name| json.get(name)).map(said))
    }
}

fn said(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        // What is inside is beside the question of why.
        Json::Array(list) => format!("[{}]", list.len()),
        Json::Object(_) => "{…}".to_owned(),
        plain => plain.to_string(),
    }
}

/// The parts between `&&` that stand outside brackets and texts; the whole where
/// something else binds them.
fn conjuncts(source: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    let mut marks = source.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        match (quote, mark) {
            (Some(_), '\\') => drop(marks.next()),
            (Some(open), mark) if mark == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(mark),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, '?' | '|') if depth == 0 => return vec![source],
            (None, '&') if depth == 0 && marks.next_if(|next| next.1 == '&').is_some() => {
                parts.push(source[start..at].trim());
                start = at + 2;
            }
            (None, _) => {}
        }
    }
    parts.push(source[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use base::Date;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_told_part_by_part() {
        let facts = Facts {
            today: Date::new(2026, 11, 24).unwrap(),
            answers: json!({ "purpose": "a && b" }),
            registers: json!({ "driver": { "status": "suspended", "until": "2027-01-01", "holds": [1, 2] } }),
            chosen: json!({}),
        };
        let rule = "has(registers.driver) && registers.driver.until >= today && registers.driver.status != 'suspended' \
                    && answers.purpose == 'a && b' && registers.driver.holds.exists(one, one > 1 && one < 9) && has(registers.person)";
        let parts = Rule::parse(rule).unwrap().parts(&facts);
        let came: Vec<Option<bool>> = parts.iter().map(|part| part.holds).collect();
        assert_eq!(came, [true, true, false, true, true, false].map(Some));
        assert_eq!(parts[2].source, "registers.driver.status != 'suspended'");
        assert_eq!(parts[2].read, [("registers.driver.status".to_owned(), Some("suspended".to_owned()))]);
        assert_eq!(parts[4].read, [("registers.driver.holds".to_owned(), Some("[2]".to_owned()))]);
        assert_eq!(parts[5].read, [("registers.person".to_owned(), None)]);
        assert_eq!(parts[1].read.len(), 2);
        for whole in ["a && b || c", "a && b ? c : d", "(a && b)", "'a && b'.contains('c')"] {
            assert_eq!(conjuncts(whole), [whole]);
        }
        let unanswered = Rule::parse("registers.person.alive && true").unwrap().parts(&facts);
        assert_eq!(unanswered[0].holds, None);
    }
}
