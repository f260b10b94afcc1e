//! Names: four Arabic parts (own, father's, grandfather's, family) and the
//! Latin spelling of the passport. Search folds; storage never does.

/// A person's name as registers hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    /// Own, father's, grandfather's and family name, in Arabic.
    pub arabic: [String; 4],
    /// The same in Latin letters.
    pub latin: [String; 4],
}

impl PersonName {
    /// The four Arabic parts, spaced.
    #[must_use]
    pub fn arabic_full(&self) -> String {
        self.arabic.join(" ")
    }
    /// The four Latin parts, spaced.
    #[must_use]
    pub fn latin_full(&self) -> String {
        self.latin.join(" ")
    }
}

/// Folds text for search: no harakat or tatweel, one alef, one ya, ta marbuta
/// as ha, lower case, western digits, and blanks for everything else.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for symbol in crate::digits::to_western(text).chars() {
        match symbol {
            '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{0640}' | '\u{200c}'..='\u{200f}' | '\u{2066}'..='\u{2069}' => {}
            'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
            'ى' | 'ئ' => folded.push('ي'),
            'ؤ' => folded.push('و'),
            'ة' => folded.push('ه'),
            'گ' => folded.push('ك'),
            _ if symbol.is_alphanumeric() => folded.extend(symbol.to_lowercase()),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        assert_eq!(fold("رُخْصَة   القيادة"), "رخصه القياده");
        assert_eq!(fold("الرخصه"), fold("الرخصة"));
        assert_eq!(fold("أحمد مصطفى"), fold("احمد مصطفي"));
        assert_eq!(fold("  Rokhsa-2 "), "rokhsa 2");
    }
}
