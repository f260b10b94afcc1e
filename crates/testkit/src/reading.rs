//! What two independent extractors, poppler and mupdf, read in a paper, beside what
//! its data says.
#![expect(clippy::unwrap_used, reason = "a failed unwrap fails its test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use unicode_normalization::UnicodeNormalization as _;

/// See the module.
#[derive(Debug)]
pub struct Reading {
    poppler: Vec<char>,
    mupdf: Vec<char>,
    /// The ligatures of the file, as its own tables spell them.
    pub ligatures: BTreeSet<String>,
}

impl Reading {
    /// What the two read in a file.
    ///
    /// # Panics
    /// An extractor is not there, or cannot read it.
    #[must_use]
    pub fn of(file: &Path) -> Self {
        let path = file.to_str().unwrap();
        Self {
            ligatures: ligatures(file),
            poppler: extracted("pdftotext", &[path, "-"]),
            mupdf: extracted("mutool", &["draw", "-q", "-F", "text", path]),
        }
    }

    /// Whether poppler and mupdf read a value.
    #[must_use]
    pub fn of_value(&self, value: &str) -> [bool; 2] {
        let value: Vec<char> = value.nfkc().filter(|letter| counts(*letter)).collect();
        // mutool writes what runs from right to left in the order of its glyphs on the page:
        // the same letters, none missing, from the other end.
        let mirrored: Vec<char> = value.iter().rev().copied().collect();
        let backwards = self.ligatures.iter().map(|letters| letters.chars().rev().collect()).collect();
        let mupdf = holds(&self.mupdf, &value, &self.ligatures) || holds(&self.mupdf, &mirrored, &backwards);
        [holds(&self.poppler, &value, &self.ligatures), mupdf]
    }

    /// Ligatures whose letters the file's table does not give in the order of the word.
    #[must_use]
    pub fn strange_ligatures(&self) -> Vec<String> {
        let known = |letters: &&String| {
            !LIGATURES.split_whitespace().any(|known| known == *letters) && !is_marked_letter(letters)
        };
        self.ligatures.iter().filter(known).cloned().collect()
    }
}

/// What is compared: a line may break at spaces and hyphens, and extractors then
/// leave them out.
fn counts(letter: char) -> bool {
    !letter.is_whitespace() && letter != '-'
}

/// What an extractor reads: its letters, without what only steers direction.
fn extracted(tool: &str, words: &[&str]) -> Vec<char> {
    let output = Command::new(tool).args(words).output().unwrap();
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    let steers =
        |letter: char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = String::from_utf8(output.stdout).unwrap();
    text.nfkc().filter(|letter| !steers(*letter) && counts(*letter)).collect()
}

/// The ligatures of a paper, as the file's own tables (ToUnicode) spell them for
/// whoever reads it: one glyph, several letters.
fn ligatures(file: &Path) -> BTreeSet<String> {
    let open = file.with_extension("open.pdf");
    let output = Command::new("mutool").args(["clean", "-d"]).args([file, open.as_path()]).output();
    assert!(output.unwrap().status.success(), "mutool cannot open the file's streams");
    let bytes = std::fs::read(open).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let mut found = BTreeSet::new();
    let mut tables = 0;
    for (begin, end, codes) in [("beginbfchar", "endbfchar", 1), ("beginbfrange", "endbfrange", 2)] {
        for table in text.split(begin).skip(1) {
            tables += 1;
            let words: Vec<&str> = table.split(end).next().unwrap().split_whitespace().collect();
            for row in words.chunks_exact(codes + 1) {
                let digits = row[codes].trim_matches(['<', '>']);
                let units: Vec<u16> = (0..digits.len() / 4)
                    .map(|unit| u16::from_str_radix(&digits[4 * unit..4 * unit + 4], 16).unwrap())
                    .collect();
                let letters: String = String::from_utf16(&units).unwrap().nfkc().collect();
                if letters.chars().count() > 1 {
                    found.insert(letters);
                }
            }
        }
    }
    assert!(tables > 0, "the file has no ToUnicode table");
    found
}

/// Whether a text holds a value. Both extractors write the letters of one glyph in
/// the order of the page and not of the word, though the file's own table has them
/// in the word's order: so these may stand reversed, and nothing else.
fn holds(text: &[char], value: &[char], ligatures: &BTreeSet<String>) -> bool {
    let reversed = |text: &[char], value: &[char]| {
        ligatures.iter().map(|letters| letters.chars().collect::<Vec<_>>()).find_map(|letters| {
            let backwards = letters.iter().rev().eq(text.get(..letters.len())?);
            (value.starts_with(&letters) && backwards).then_some(letters.len())
        })
    };
    let fits = |text: &[char]| {
        let mut at = 0;
        while at < value.len() {
            match text[at] == value[at] {
                true => at += 1,
                false => match reversed(&text[at..], &value[at..]) {
                    Some(letters) => at += letters,
                    None => return false,
                },
            }
        }
        true
    };
    text.windows(value.len()).any(fits)
}

/// Every ligature of the face in letters that we print, in the order of the word, as
/// its own table (GSUB, the same in both weights) joins them. A file's table that had
/// one backwards would not be on this list, but for ئن, ئي, ىن, ين, which the face
/// joins both ways.
const LIGATURES: &str = "fi ئئ ئر ئز ئن ئى ئي الله بئ بر بز بن بى بي تئ تر تز تن تى تي ثئ ثر ثز ثن ثى ثي جلجلاله \
    سئ سر سز سى سي شئ شر شز شى شي صئ صر صز صى صي ضئ ضر ضز ضى ضي فئ فى في قئ قى قي كئ كى كي لآ لأ لإ لئ لا لم لى لي \
    محمد نئ نر نز نن نى ني ىر ىز ىن يئ ير يز ين يى يي";

/// A letter and the marks above or below it.
fn is_marked_letter(letters: &str) -> bool {
    letters.chars().skip(1).all(|mark| ('\u{64b}'..='\u{652}').contains(&mark))
}
