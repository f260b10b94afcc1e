//! Digits of any script: accepted everywhere, kept and shown as 0–9.

/// Replaces Arabic-Indic (٠–٩) and extended Arabic-Indic (۰–۹) digits by 0–9.
#[must_use]
pub fn to_western(text: &str) -> String {
    text.chars().map(western).collect()
}

fn western(symbol: char) -> char {
    let offset = match symbol {
        '\u{0660}'..='\u{0669}' => u32::from(symbol) - 0x0660,
        '\u{06F0}'..='\u{06F9}' => u32::from(symbol) - 0x06F0,
        _ => return symbol,
    };
    char::from_digit(offset, 10).unwrap_or(symbol)
}

/// Only the digits of a typed number, western; blanks and dashes fall away.
/// `None` when anything else is in it.
#[must_use]
pub fn only_digits(typed: &str) -> Option<String> {
    let kept: String = to_western(typed)
        .chars()
        .filter(|symbol| {
            !(symbol.is_whitespace() || matches!(symbol, '-' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}'))
        })
        .collect();
    kept.bytes().all(|byte| byte.is_ascii_digit()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_read() {
        assert_eq!(to_western("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹"), "0123456789 0123456789");
        assert_eq!(only_digits("٩٠٠-٠٠٠ 001").as_deref(), Some("900000001"));
        assert_eq!(only_digits("90o"), None);
    }
}
