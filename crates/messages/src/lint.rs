//! The house's rules of writing, as far as a machine can tell.

use base::Locale;

use crate::source::{Fault, PLACEABLE_EDGE, Source};

/// A text as it will be read: one for each variant of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The message, or the term with its dash.
    pub key: String,
    /// What it says; `{name}` stands for what is put in.
    pub text: String,
}

/// Every text of a file, in its order, for reading through.
///
/// # Errors
///
/// The faults that keep the file from being read.
pub fn texts(locale: Locale, file: &str, source: &str) -> Result<Vec<Text>, Vec<Fault>> {
    let source = Source::parse(locale, file, source)?;
    Ok(source
        .all()
        .flat_map(|message| message.texts.iter().map(|text| Text { key: message.key.clone(), text: text.clone() }))
        .collect())
}

/// Where a file breaks the rules of writing, or cannot be read at all.
#[must_use]
pub fn lint(locale: Locale, file: &str, source: &str) -> Vec<Fault> {
    let source = match Source::parse(locale, file, source) {
        Ok(source) => source,
        Err(faults) => return faults,
    };
    let mut faults: Vec<Fault> = Vec::new();
    for message in source.all() {
        for text in &message.texts {
            for reason in reasons(locale, text) {
                let fault = Fault { file: source.file.clone(), line: message.line, key: message.key.clone(), reason };
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
    faults
}

/// The longest sentence that is still read at once.
const MAX_SENTENCE_WORDS: usize = 20;

fn reasons(locale: Locale, text: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(digit) = text.chars().find(|c| matches!(c, '٠'..='٩' | '۰'..='۹')) {
        reasons.push(format!("shows the digit {digit}; Western digits are shown"));
    }
    for sentence in sentences(text) {
        let count = sentence
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric) || word.contains(PLACEABLE_EDGE))
            .count();
        if count > MAX_SENTENCE_WORDS {
            reasons.push(format!("has a sentence of {count} words; {MAX_SENTENCE_WORDS} are the most"));
        }
    }
    if locale == Locale::AR {
        reasons.extend(arabic(text));
    } else if locale == Locale::EN && text.to_lowercase().contains("national number") {
        reasons.push("says “national number”; it is the ID number".to_owned());
    }
    reasons
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    // A full stop inside a number or an address ends nothing.
    let mut ends = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        let ends_here = match c {
            '؟' | '!' | '?' | '\n' => true,
            '.' | ':' => text[after..].chars().next().is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends_here {
            ends.push((from, after));
            from = after;
        }
    }
    ends.push((from, text.len()));
    ends.into_iter().map(|(from, to)| &text[from..to])
}

fn arabic(text: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    if !text.chars().any(is_arabic_letter) {
        return reasons;
    }
    for (latin, arabic) in [(',', '،'), ('?', '؟'), (';', '؛')] {
        if holds_mark(text, latin) {
            reasons.push(format!("has the Latin mark {latin} where Arabic writes {arabic}"));
        }
    }
    for sentence in sentences(text) {
        let words: Vec<String> = sentence.split(|c: char| !is_arabic_letter(c) && !is_mark(c)).map(bare).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        for (position, word) in words.iter().enumerate() {
            if DONE.iter().any(|done| is_word(word, done)) {
                reasons.push(format!("says {word}, the verb of being done; name who did it, or use the noun"));
            }
            if IMPERATIVES.iter().any(|verb| is_word(word, verb)) {
                reasons.push(format!("commands a man with {word}; use a verbal noun"));
            }
            if position == 0 && IMPERATIVES_AT_START.contains(word) {
                reasons.push(format!("begins with the command {word}; use a verbal noun"));
            }
            if let Some((_, instead)) = FORBIDDEN.iter().find(|(forbidden, _)| is_noun(word, forbidden)) {
                reasons.push(format!("says {word}; the word is {instead}"));
            }
            if is_noun(word, "رقم") && words.get(position + 1).is_some_and(|next| is_noun(next, "وطني")) {
                reasons.push("says الرقم الوطني; the word is رقم الهوية".to_owned());
            }
        }
    }
    reasons
}

/// A comma between two digits groups them; anywhere else it is punctuation.
fn holds_mark(text: &str, mark: char) -> bool {
    text.match_indices(mark).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(|c| c.is_ascii_digit());
        let after = text[at + found.len()..].chars().next().is_some_and(|c| c.is_ascii_digit());
        !(before && after)
    })
}

/// تم and its kin: done, is being done, will be done.
const DONE: [&str; 6] = ["تم", "تمت", "يتم", "تتم", "سيتم", "ستتم"];

/// Commands to one man that can hardly be read as anything else.
const IMPERATIVES: [&str; 33] = [
    "اضغط",
    "انقر",
    "أدخل",
    "ادخل",
    "اختر",
    "إختر",
    "قم",
    "املأ",
    "أضف",
    "اكتب",
    "افتح",
    "اطلب",
    "ادفع",
    "احفظ",
    "ارفع",
    "انتظر",
    "اتصل",
    "أجب",
    "أعد",
    "اقرأ",
    "انسخ",
    "امسح",
    "احذف",
    "احتفظ",
    "اذهب",
    "ابحث",
    "ابدأ",
    "أرفق",
    "أنشئ",
    "اترك",
    "تأكد",
    "اسحب",
    "استلم",
];

/// Commands that inside a sentence may be another word (تابع لوزارة, حدد
/// المجلس): only a sentence that begins with one is taken for a command.
const IMPERATIVES_AT_START: [&str; 9] = ["تابع", "أكمل", "أرسل", "ارسل", "حدد", "استخدم", "راجع", "حاول", "تحقق"];

/// Nouns that have another word in this house.
const FORBIDDEN: [(&str, &str); 4] =
    [("فاتورة", "أمر دفع"), ("فواتير", "أوامر دفع"), ("قضية", "معاملة"), ("قضايا", "معاملات")];

/// The word itself, or with "and" or "so" before it and "it" after it.
fn is_word(word: &str, verb: &str) -> bool {
    ["", "و", "ف"].iter().any(|prefix| {
        word.strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix(verb))
            .is_some_and(|suffix| ["", "ه", "ها", "هم"].contains(&suffix))
    })
}

/// The noun itself, or with the particles that are written onto it.
fn is_noun(word: &str, noun: &str) -> bool {
    const PARTICLES: [&str; 14] = ["", "ال", "لل", "ل", "ب", "بال", "ك", "كال", "و", "وال", "ولل", "ول", "ف", "فال"];
    PARTICLES.iter().any(|particle| word.strip_prefix(particle).is_some_and(|rest| rest == noun))
}

fn is_arabic_letter(c: char) -> bool {
    matches!(c, 'ء'..='غ' | 'ف'..='ي' | 'ٱ'..='ۓ')
}

/// Vowel signs and the stretching line, which do not change a word.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{064B}'..='\u{0652}' | '\u{0670}' | 'ـ')
}

fn bare(word: &str) -> String {
    word.chars().filter(|c| !is_mark(*c)).collect()
}
