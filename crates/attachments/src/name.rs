//! What a file is called: what a person wrote, without what could lead elsewhere
//! or make a name look like another.

use crate::FileType;

/// Longest name that is kept, characters.
pub const NAME_CHARS: usize = 100;

/// Marks that turn the direction of a text, or that nobody sees (Unicode TR 9 §2,
/// TR 36 §2.5): `fdp.exe` can be shown as `exe.pdf` with one.
const fn is_hidden(mark: char) -> bool {
    matches!(mark, '\u{61c}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The last part of a path, without marks that hide something, cut to
/// [`NAME_CHARS`]; the ending stays. Empty when nothing is left.
#[must_use]
pub fn cleaned(typed: &str) -> String {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().filter(|mark| !is_hidden(*mark)).map(|mark| match mark {
        '"' | '<' | '>' | '|' | ':' | '*' | '?' => '_',
        other if other.is_control() || other.is_whitespace() => ' ',
        other => other,
    });
    let shown: String = shown.collect();
    let shown = shown.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let shown = shown.trim_start_matches('.');
    match shown.rsplit_once('.') {
        Some((stem, ending)) if shown.chars().count() > NAME_CHARS && ending.chars().count() < 8 => {
            let room = NAME_CHARS - 1 - ending.chars().count();
            format!("{}.{ending}", stem.chars().take(room).collect::<String>())
        }
        _ => shown.chars().take(NAME_CHARS).collect(),
    }
}

/// What a file's ending says that it is; nothing for a name without an ending.
pub(crate) fn says(name: &str) -> Option<Result<FileType, ()>> {
    let (stem, ending) = name.rsplit_once('.')?;
    if stem.is_empty() || ending.is_empty() || ending.contains(' ') {
        return None;
    }
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => Ok(FileType::Pdf),
        "jpg" | "jpeg" | "jpe" | "jfif" => Ok(FileType::Jpeg),
        "png" => Ok(FileType::Png),
        _ => Err(()),
    })
}

/// The name with the ending of what it is; a name of its own for one without.
pub(crate) fn ended(name: &str, kind: FileType) -> String {
    match says(name) {
        Some(_) => name.to_owned(),
        None if name.is_empty() => format!("file.{}", kind.ending()),
        None => format!("{name}.{}", kind.ending()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_and_hide_nothing() {
        for (typed, kept) in [
            ("صورة الهوية.jpg", "صورة الهوية.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\Salma\scan.pdf", "scan.pdf"),
            ("..", ""),
            (".htaccess", "htaccess"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("\u{2067}هوية\u{2069}\u{200f}.png", "هوية.png"),
            ("a\r\nSet-Cookie: x=\"1\".pdf", "a Set-Cookie_ x=_1_.pdf"),
            ("a\0b.pdf", "a b.pdf"),
            ("", ""),
        ] {
            assert_eq!(cleaned(typed), kept, "{typed:?}");
        }
        let long = cleaned(&format!("{}.pdf", "م".repeat(400)));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (NAME_CHARS, true));
    }

    #[test]
    fn an_ending_says_what_a_file_should_be() {
        for (name, said) in [
            ("a.PDF", Some(Ok(FileType::Pdf))),
            ("a.b.jpeg", Some(Ok(FileType::Jpeg))),
            ("a.pdf.exe", Some(Err(()))),
            ("a", None),
            ("تقرير 12. نهائي", None),
        ] {
            assert_eq!(says(name), said, "{name}");
        }
        assert_eq!(ended("a", FileType::Png), "a.png");
        assert_eq!(ended("", FileType::Jpeg), "file.jpg");
        assert_eq!(ended("A.JPG", FileType::Jpeg), "A.JPG");
    }
}
