//! Papers of our press joined into one PDF for a printer, one after another: no
//! more than one of them is held at a time. What a printer needs not (seals, tags,
//! attachments) stays behind; the registered papers are elsewhere, and whole.
//!
//! It knows the PDFs of our own press, as `pades` does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::Refusal;
use crate::pades::{Table, fault, find, reference};

/// Before everything else: a PDF, and bytes that say it is no text.
const HEAD: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
const CATALOG: usize = 1;
const PAGES: usize = 2;
/// Levels of a tree of pages at most.
const LEVELS: u32 = 20;
/// Nodes and pages of one paper at most.
const NODES: usize = 2_000;

/// What was joined so far: where objects begin, and which of them are pages.
pub(crate) struct Joined {
    /// Bytes that were given out.
    at: usize,
    /// Where each object begins, from number 1; the first two are written last.
    places: Vec<usize>,
    pages: Vec<usize>,
}

impl Joined {
    /// Begins a file; returns its first bytes.
    pub(crate) fn begin() -> (Self, Vec<u8>) {
        (Self { at: HEAD.len(), places: vec![0, 0], pages: Vec::new() }, HEAD.to_vec())
    }

    /// The pages of one more PDF, as the next bytes of the file.
    pub(crate) fn add(&mut self, pdf: &[u8]) -> Result<Vec<u8>, Refusal> {
        // A registered file has its seal behind it, as an update: its pages are before that.
        let last = find(pdf, b"startxref").ok_or_else(|| fault("no end"))?;
        let end = find(&pdf[last..], b"%%EOF").ok_or_else(|| fault("no end"))?;
        let pdf = &pdf[..last + end];
        let table = Table::read(pdf)?;
        let catalog = table.object(pdf, table.root)?;
        let tree = reference(catalog, "/Pages").ok_or_else(|| fault("no pages"))?;
        let mut numbers = Numbers { next: self.places.len() + 1, known: BTreeMap::new(), unwritten: Vec::new() };
        for (page, parents) in pages_of(&table, pdf, tree)? {
            for parent in parents {
                numbers.known.insert(parent, PAGES);
            }
            self.pages.push(numbers.of(page));
        }
        let mut out = Vec::with_capacity(pdf.len());
        while let Some((old, new)) = numbers.unwritten.pop() {
            let body = renumbered(table.object(pdf, old)?, &mut numbers);
            self.places.resize(self.places.len().max(new), 0);
            self.places[new - 1] = self.at + out.len();
            out.extend_from_slice(format!("{new} 0 obj").as_bytes());
            out.extend_from_slice(&body);
            out.extend_from_slice(b"endobj\n");
        }
        self.at += out.len();
        Ok(out)
    }

    /// The last bytes of the file.
    pub(crate) fn close(mut self) -> Vec<u8> {
        let mut text = String::new();
        self.places[CATALOG - 1] = self.at;
        let _ = write!(text, "{CATALOG} 0 obj\n<< /Type /Catalog /Pages {PAGES} 0 R >>\nendobj\n");
        self.places[PAGES - 1] = self.at + text.len();
        let kids: Vec<String> = self.pages.iter().map(|page| format!("{page} 0 R")).collect();
        let (count, kids) = (kids.len(), kids.join(" "));
        let _ = write!(text, "{PAGES} 0 obj\n<< /Type /Pages /Count {count} /Kids [{kids}] >>\nendobj\n");
        let (table, size) = (self.at + text.len(), self.places.len() + 1);
        let _ = write!(text, "xref\n0 {size}\n0000000000 65535 f \n");
        for place in &self.places {
            let _ = writeln!(text, "{place:010} 00000 n ");
        }
        let _ = write!(text, "trailer\n<< /Size {size} /Root {CATALOG} 0 R >>\nstartxref\n{table}\n%%EOF\n");
        text.into_bytes()
    }
}

/// Which number an object of one paper has in the joined file.
struct Numbers {
    next: usize,
    known: BTreeMap<usize, usize>,
    /// Old and new number of what has yet to be written.
    unwritten: Vec<(usize, usize)>,
}

impl Numbers {
    fn of(&mut self, old: usize) -> usize {
        if let Some(new) = self.known.get(&old) {
            return *new;
        }
        let new = self.next;
        self.next += 1;
        self.known.insert(old, new);
        self.unwritten.push((old, new));
        new
    }
}

/// The pages under a node in order, each with the nodes above it.
fn pages_of(table: &Table, pdf: &[u8], tree: usize) -> Result<Vec<(usize, Vec<usize>)>, Refusal> {
    let (mut found, mut nodes, mut looked) = (Vec::new(), vec![(tree, Vec::new(), 0)], 0);
    while let Some((node, above, level)) = nodes.pop() {
        looked += 1;
        let body = table.object(pdf, node)?;
        let Some(kids) = find(body, b"/Kids") else {
            found.push((node, above));
            continue;
        };
        if level == LEVELS || looked > NODES {
            return Err(fault("a tree of pages without end"));
        }
        let list = &body[kids..];
        let end = find(list, b"]").ok_or_else(|| fault("children without end"))?;
        let above: Vec<usize> = above.into_iter().chain([node]).collect();
        let children = references(&list[..end]);
        // The first child is looked at next.
        nodes.extend(children.into_iter().rev().map(|child| (child, above.clone(), level + 1)));
    }
    Ok(found)
}

fn references(bytes: &[u8]) -> Vec<usize> {
    let mut numbers = Numbers { next: 1, known: BTreeMap::new(), unwritten: Vec::new() };
    renumbered(bytes, &mut numbers);
    numbers.unwritten.into_iter().map(|(old, _)| old).collect()
}

/// An object with the numbers of the joined file. Strings, names and what a stream
/// holds stay as they are.
fn renumbered(body: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 16);
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        let rest = &body[at..];
        let length = match byte {
            b'(' => string(rest),
            b'<' if rest.get(1) == Some(&b'<') => 2,
            b'<' => find(rest, b">").map_or(rest.len(), |end| end + 1),
            b'/' => 1 + rest[1..].iter().take_while(|byte| is_regular(**byte)).count(),
            b's' if rest.starts_with(b"stream") => rest.len(),
            b'0'..=b'9' => match number_of(rest) {
                Some((old, length)) => {
                    out.extend_from_slice(format!("{} 0 R", numbers.of(old)).as_bytes());
                    at += length;
                    continue;
                }
                None => rest.iter().take_while(|byte| is_regular(**byte)).count(),
            },
            _ => 1,
        };
        out.extend_from_slice(&rest[..length]);
        at += length;
    }
    out
}

/// The object of `12 0 R`, and how long that is.
fn number_of(rest: &[u8]) -> Option<(usize, usize)> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let first = digits(rest);
    let after = rest.get(first..)?.strip_prefix(b" ")?;
    let second = digits(after);
    let end = after.get(second..)?.strip_prefix(b" R")?;
    if second == 0 || end.first().is_some_and(|byte| is_regular(*byte)) {
        return None;
    }
    let number = std::str::from_utf8(&rest[..first]).ok()?.parse().ok()?;
    Some((number, first + 1 + second + 2))
}

/// How long a string in parentheses is.
fn string(rest: &[u8]) -> usize {
    let (mut open, mut at) = (0_usize, 0);
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => open += 1,
            b')' if open == 1 => return at + 1,
            b')' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

const fn is_regular(byte: u8) -> bool {
    !matches!(byte, 0 | 9 | 10 | 12 | 13 | 32 | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_are_renumbered() {
        for (body, expected) in [
            ("<< /A 7 0 R /B [8 0 R 7 0 R] >>", "<< /A 5 0 R /B [6 0 R 5 0 R] >>"),
            ("<< /A 7 /B 0.5 /C [1 0 0 1] >>", "<< /A 7 /B 0.5 /C [1 0 0 1] >>"),
            (
                "<< /T (7 0 R \\) 7 0 R) /U <37203020> /N7 7 0 R >>",
                "<< /T (7 0 R \\) 7 0 R) /U <37203020> /N7 5 0 R >>",
            ),
            ("<< /L 7 0 R >>\nstream\n7 0 R\nendstream\n", "<< /L 5 0 R >>\nstream\n7 0 R\nendstream\n"),
            ("7 0 Right", "7 0 Right"),
        ] {
            let mut numbers = Numbers { next: 5, known: BTreeMap::new(), unwritten: Vec::new() };
            let got = renumbered(body.as_bytes(), &mut numbers);
            assert_eq!(String::from_utf8(got).unwrap(), expected, "{body}");
        }
    }
}
