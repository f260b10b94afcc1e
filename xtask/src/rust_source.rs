//! As much of Rust's grammar as the chores need: the texts that production
//! code holds, without its comments and its tests.

/// A text literal and the line where it begins.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal {
    pub line: usize,
    pub text: String,
}

/// The text literals of a source file, up to its `#[cfg(test)] mod`, which by
/// custom is the last thing in a file. Escapes are left as they are written.
pub fn literals(source: &str) -> Vec<Literal> {
    let mut scanner = Scanner { rest: production(source), line: 1 };
    let mut found = Vec::new();
    while let Some(c) = scanner.rest.chars().next() {
        if let Some(literal) = scanner.special(c) {
            found.extend(literal);
        } else {
            scanner.skip(c.len_utf8());
        }
    }
    found
}

fn production(source: &str) -> &str {
    let tests = source.match_indices("#[cfg(test)]").find(|(at, attribute)| {
        source[at + attribute.len()..].trim_start().trim_start_matches("pub ").starts_with("mod ")
    });
    tests.map_or(source, |(at, _)| &source[..at])
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    fn skip(&mut self, bytes: usize) -> &'a str {
        let (skipped, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += skipped.matches('\n').count();
        self.rest = rest;
        skipped
    }

    /// A comment, a literal or a word, passed over as a whole; `Some(Some(…))`
    /// for a text literal, `None` where nothing special begins.
    fn special(&mut self, c: char) -> Option<Option<Literal>> {
        match c {
            '/' if self.rest.starts_with("//") => {
                let end = self.rest.find('\n').unwrap_or(self.rest.len());
                self.skip(end);
                Some(None)
            }
            '/' if self.rest.starts_with("/*") => {
                let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
                self.skip(end);
                Some(None)
            }
            '"' => Some(Some(self.text())),
            '\'' => {
                // 'x', '\n' and '"' are characters; 'a without an end is a lifetime.
                let mut chars = self.rest[1..].char_indices();
                let first = chars.next().map(|(_, c)| c);
                let end = match first {
                    Some('\\') => self.rest[3..].find('\'').map(|at| at + 4),
                    Some(_) => chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 2),
                    None => None,
                };
                self.skip(end.unwrap_or(1));
                Some(None)
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
                let word = self.skip(end);
                let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
                let raw = matches!(word, "r" | "br" | "cr") && self.rest[hashes..].starts_with('"');
                Some(raw.then(|| self.raw_text(hashes)))
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Literal {
        let line = self.line;
        let mut escaped = false;
        let end = self.rest[1..].find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let text = self.rest[1..].get(..end.unwrap_or(self.rest.len() - 1)).unwrap_or_default().to_owned();
        self.skip(text.len() + 2);
        Literal { line, text }
    }

    fn raw_text(&mut self, hashes: usize) -> Literal {
        let line = self.line;
        let closing = format!("\"{}", "#".repeat(hashes));
        self.skip(hashes + 1);
        let text = self.rest[..self.rest.find(&closing).unwrap_or(self.rest.len())].to_owned();
        self.skip(text.len() + closing.len());
        Literal { line, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[(usize, &str)]) {
        let found = literals(source);
        let found: Vec<(usize, &str)> = found.iter().map(|literal| (literal.line, literal.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn texts_are_found_with_their_lines() {
        check("let a = \"x\";\nlet b = \"y \\\" z\";", &[(1, "x"), (2, "y \\\" z")]);
        check("let a = \"two\nlines\"; f(\"b\")", &[(1, "two\nlines"), (2, "b")]);
        check("let a = r#\"a \"quoted\" b\"#; \"c\"", &[(1, "a \"quoted\" b"), (1, "c")]);
        check("br\"x\" + b\"y\"", &[(1, "x"), (1, "y")]);
    }

    #[test]
    fn comments_characters_and_lifetimes_are_no_texts() {
        check("// \"x\"\n/* \"y\" */ '\"' '\\'' \"z\"", &[(2, "z")]);
        check("fn f<'a>(x: &'a str) -> &'static str { \"y\" }", &[(1, "y")]);
        check("let quote = 'ع'; \"y\"", &[(1, "y")]);
    }

    #[test]
    fn tests_at_the_end_are_left_out() {
        check("\"a\"\n#[cfg(test)]\nmod tests { \"b\" }", &[(1, "a")]);
        check("\"a\"\n#[cfg(test)]\nfn helper() {}\n\"b\"", &[(1, "a"), (4, "b")]);
    }
}
