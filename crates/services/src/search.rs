//! Finding a service: spellings folded, the article and clitics stripped, words
//! matched whole, by their beginning, or by their likeness (typing errors).

use std::collections::BTreeSet;

use base::name::fold;
use serde::Deserialize;

/// Words of a query that are looked at.
const WORDS: usize = 12;
/// Longest query, characters.
const QUERY_CHARS: usize = 100;
/// The least likeness of two words, percent.
const LIKENESS: u32 = 50;

/// A query of `search.toml` and the service that must come first; none means
/// that nothing may be found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// What is typed.
    pub query: String,
    /// The key of the service expected first.
    pub first: Option<String>,
}

/// A found service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its key.
    pub key: String,
    /// Larger is better.
    pub score: u32,
}

/// The words of each service, with their weight.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    words: Vec<(String, u32)>,
}

impl Index {
    /// Adds texts of a service, each with the weight of its words.
    pub(crate) fn add(&mut self, key: &str, texts: &[(String, u32)]) {
        let mut words: Vec<(String, u32)> = Vec::new();
        for (text, weight) in texts {
            for word in stems(text) {
                match words.iter_mut().find(|(known, _)| *known == word) {
                    Some((_, known)) => *known = (*known).max(*weight),
                    None => words.push((word, *weight)),
                }
            }
        }
        self.entries.push(Entry { key: key.to_owned(), words });
    }

    /// The services that match, best first. Every word of the query must be
    /// found somewhere in a service, or the service is not meant.
    pub(crate) fn find(&self, query: &str) -> Vec<Hit> {
        let cut: String = query.chars().take(QUERY_CHARS).collect();
        let wanted: Vec<String> = stems(&cut).into_iter().take(WORDS).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let scores: Option<Vec<u32>> = wanted.iter().map(|word| entry.score(word)).collect();
                scores.map(|scores| Hit { key: entry.key.clone(), score: scores.iter().sum() })
            })
            .collect();
        hits.sort_by(|left, right| right.score.cmp(&left.score).then_with(|| left.key.cmp(&right.key)));
        hits
    }
}

impl Entry {
    fn score(&self, wanted: &str) -> Option<u32> {
        self.words.iter().filter_map(|(word, weight)| match_words(wanted, word).map(|quality| quality * weight)).max()
    }
}

/// How well a typed word meets a known one, 1 to 100.
fn match_words(wanted: &str, known: &str) -> Option<u32> {
    if wanted == known {
        return Some(100);
    }
    let long = wanted.chars().count() >= 3;
    if long && known.starts_with(wanted) {
        return Some(70);
    }
    let likeness = likeness(wanted, known);
    (long && likeness >= LIKENESS).then_some(likeness / 2)
}

/// Shared pairs of neighbouring letters (Dice's coefficient), percent.
fn likeness(left: &str, right: &str) -> u32 {
    let pairs = |word: &str| -> BTreeSet<(char, char)> {
        let padded: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
        padded.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (left, right) = (pairs(left), pairs(right));
    let shared = left.intersection(&right).count();
    u32::try_from(200 * shared / (left.len() + right.len())).unwrap_or(0)
}

/// Folded words without the article and clitics that Arabic writes together.
fn stems(text: &str) -> BTreeSet<String> {
    fold(text).split(' ').filter(|word| !word.is_empty() && !STOP_WORDS.contains(word)).map(stem).collect()
}

fn stem(word: &str) -> String {
    for clitic in ["وال", "بال", "لل", "ال"] {
        if let Some(rest) = word.strip_prefix(clitic)
            && rest.chars().count() >= 3
        {
            return rest.to_owned();
        }
    }
    word.to_owned()
}

/// Words that say nothing about a service.
const STOP_WORDS: [&str; 22] = [
    "في",
    "من",
    "على",
    "عن",
    "الي",
    "و",
    "او",
    "بدي",
    "اريد",
    "كيف",
    "طلب",
    "معامله",
    "of",
    "the",
    "a",
    "for",
    "my",
    "to",
    "i",
    "want",
    "need",
    "and",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let mut index = Index::default();
        index.add("licence", &[("تجديد رخصة قيادة شخصية".to_owned(), 5), ("rokhsa siaka سياقة".to_owned(), 4)]);
        index.add("extract", &[("شهادة بيانات العائلة".to_owned(), 5)]);
        index
    }

    #[test]
    fn spellings_articles_and_slips_are_forgiven() {
        for (query, expected) in [
            ("الرخصه", Some("licence")),
            ("رخصة سياقة", Some("licence")),
            ("ROKHSA", Some("licence")),
            ("رخسة القيادة", Some("licence")),
            ("بيانات عائلة", Some("extract")),
            ("بدي شهادة العائله", Some("extract")),
            ("بيتزا", None),
            ("", None),
            ("من على", None),
        ] {
            let found = index().find(query);
            assert_eq!(found.first().map(|hit| hit.key.as_str()), expected, "{query}");
        }
    }
}
