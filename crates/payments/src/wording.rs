//! A text in every language, as bills and receipts keep it: a receipt says years
//! later what it said on its day, in the language of whoever reads it.

use std::collections::BTreeMap;

use base::Locale;

/// A text by the tag of its language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wording(BTreeMap<String, String>);

impl Wording {
    /// The same text in every language: a number, a name of its own.
    #[must_use]
    pub fn everywhere(text: &str) -> Self {
        Locale::all().map(|locale| (locale.tag().to_owned(), text.to_owned())).collect()
    }
    /// Each language's text.
    #[must_use]
    pub fn of(text: impl Fn(Locale) -> String) -> Self {
        Locale::all().map(|locale| (locale.tag().to_owned(), text(locale))).collect()
    }
    /// The text in a language; `None` where nothing was kept.
    #[must_use]
    pub fn get(&self, locale: Locale) -> Option<&str> {
        self.0.get(locale.tag()).map(String::as_str).filter(|text| !text.is_empty())
    }
    /// From a column: a JSON object by language, or a plain text for every one.
    pub(crate) fn read(column: &str) -> Self {
        serde_json::from_str(column).map_or_else(|_| Self::everywhere(column), Self)
    }
    /// For a column: a JSON object by language.
    pub(crate) fn column(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

impl FromIterator<(String, String)> for Wording {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(texts: T) -> Self {
        Self(texts.into_iter().collect())
    }
}

impl From<BTreeMap<String, String>> for Wording {
    fn from(texts: BTreeMap<String, String>) -> Self {
        Self(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_from_before_there_were_languages_speaks_to_everybody() {
        let old = Wording::read("Sample 1/2026");
        assert!(Locale::all().all(|locale| old.get(locale) == Some("Sample 1/2026")));
        let both: Wording = [("ar", "عينة 1/2026"), ("en", "Sample 1/2026")]
            .map(|(tag, text)| (tag.to_owned(), text.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(Wording::read(&both.column()), both);
        assert_eq!(both.get(Locale::AR), Some("عينة 1/2026"));
        assert_eq!(Wording::read("{}").get(Locale::EN), None);
    }
}
