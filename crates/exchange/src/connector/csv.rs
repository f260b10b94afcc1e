//! Tables kept as CSV (RFC 4180), read strictly: a line that is not whole is a
//! fault, because a register that lost half its rows must not answer.

use std::borrow::Cow;

use super::file::Finding;

/// Largest file, bytes.
pub(super) const FILE_BYTES: u64 = 16 << 20;

/// Reads a file into rows; an empty field is nothing. The first line must be
/// the names of the columns.
///
/// # Errors
/// Where it is not what it should be; never what stands there.
pub(super) fn read<'t>(
    file: &str,
    bytes: &'t [u8],
    columns: &[String],
    mut take: impl FnMut(&[Option<Cow<'t, str>>]) -> Result<(), Finding>,
) -> Result<usize, Finding> {
    let fault = |line: usize, what: String, remedy: String| Finding { file: file.to_owned(), line, what, remedy };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        fault(line, "a letter is not UTF-8".to_owned(), "save the file as CSV with the encoding UTF-8".to_owned())
    })?;
    let mut reader = Reader { text, at: 0, line: 1 };
    let mut fields = Vec::with_capacity(columns.len());
    let mut rows = 0;
    let mut header = false;
    while !reader.is_done() {
        let line = reader.line;
        let whole = reader.record(&mut fields);
        whole.map_err(|what| fault(line, what.to_owned(), "mend the line's quotation marks".to_owned()))?;
        if !header {
            header = true;
            if !fields.iter().map(|field| field.as_deref()).eq(columns.iter().map(|name| Some(name.as_str()))) {
                let what = "the first line does not name the declared columns".to_owned();
                return Err(fault(line, what, format!("write there: {}", columns.join(","))));
            }
            continue;
        }
        if fields.len() != columns.len() {
            let what = format!("the line has {} values", fields.len());
            return Err(fault(line, what, format!("give it {}: {}", columns.len(), columns.join(", "))));
        }
        take(&fields)?;
        rows += 1;
    }
    if header {
        Ok(rows)
    } else {
        Err(fault(1, "the file is empty".to_owned(), format!("begin it with the line {}", columns.join(","))))
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Reader<'t> {
    fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    /// Reads one record and the end of its line.
    fn record(&mut self, fields: &mut Vec<Option<Cow<'t, str>>>) -> Result<(), &'static str> {
        fields.clear();
        loop {
            fields.push(if self.text[self.at..].starts_with('"') { self.quoted()? } else { self.plain()? });
            let rest = &self.text[self.at..];
            if rest.starts_with(',') {
                self.at += 1;
                continue;
            }
            self.at += rest.len().min(if rest.starts_with("\r\n") { 2 } else { 1 });
            self.line += 1;
            return Ok(());
        }
    }

    fn plain(&mut self) -> Result<Option<Cow<'t, str>>, &'static str> {
        let rest = &self.text[self.at..];
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        let ends_line = !rest[end..].starts_with(',');
        let field = rest[..end].strip_suffix('\r').filter(|_| ends_line).unwrap_or(&rest[..end]);
        if field.contains('"') {
            return Err("a quotation mark stands in the middle of a value");
        }
        self.at += field.len();
        Ok((!field.is_empty()).then_some(Cow::Borrowed(field)))
    }

    fn quoted(&mut self) -> Result<Option<Cow<'t, str>>, &'static str> {
        let mut value = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find('"').ok_or("a quotation mark is opened and not closed")?;
            value.push_str(&rest[..end]);
            self.line += rest[..end].matches('\n').count();
            self.at += end + 1;
            let rest = &self.text[self.at..];
            if rest.starts_with('"') {
                value.push('"');
                self.at += 1;
            } else if rest.is_empty() || rest.starts_with(',') || rest.starts_with('\n') || rest.starts_with("\r\n") {
                return Ok((!value.is_empty()).then_some(Cow::Owned(value)));
            } else {
                return Err("something follows a closing quotation mark");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Result<Vec<Vec<Option<String>>>, (usize, String)> {
        let mut rows = Vec::new();
        let columns = ["id".to_owned(), "name".to_owned()];
        let read = read("t.csv", text, &columns, |fields| {
            rows.push(fields.iter().map(|field| field.as_deref().map(str::to_owned)).collect());
            Ok(())
        });
        read.map_err(|finding| (finding.line, finding.what))?;
        Ok(rows)
    }

    #[test]
    fn whole_files_are_read() {
        let some = |text: &str| Some(text.to_owned());
        let read = rows("\u{feff}id,name\r\n1,\"سلمى, \"\"أم ليث\"\"\r\nسطر\"\n2,\n3,\"\"".as_bytes()).unwrap();
        assert_eq!(
            read,
            [[some("1"), some("سلمى, \"أم ليث\"\r\nسطر")], [some("2"), None], [some("3"), None]].map(Vec::from)
        );
        assert_eq!(rows(b"id,name\n").unwrap(), Vec::<Vec<Option<String>>>::new());
    }

    #[test]
    fn broken_lines_are_named_and_never_shown() {
        for (text, line) in [
            (&b""[..], 1),
            (b"id\n", 1),
            (b"name,id\n1,2\n", 1),
            (b"id,name\n1,a\n2\n", 3),
            (b"id,name\n1,\"a\nb\"\n2,b,c\n", 4),
            (b"id,name\n1,a\"b\n", 2),
            (b"id,name\n1,\"a\"b\n", 2),
            (b"id,name\n1,\"a\n2,b\n", 2),
            (b"id,name\n1,a\n\n2,b\n", 3),
            (b"id,name\n1,\xff\n", 2),
        ] {
            let (found, what) = rows(text).unwrap_err();
            assert_eq!(found, line, "{text:?}: {what}");
            assert!(!what.contains("1,"), "{what}");
        }
    }
}
