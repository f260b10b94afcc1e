//! Finding a service: spellings folded, the article and clitics stripped, words
//! matched whole, by their beginning, or by their likeness (typing errors).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

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

/// The words of each service, with their weight. A word that many services say is
/// kept, and compared with what is typed, once.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    words: Vec<Word>,
    /// Places in `words`, by spelling.
    places: BTreeMap<String, usize>,
    /// The words in which two letters are neighbours.
    with_pair: HashMap<Pair, Vec<usize>>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    /// Places in the index's words, each with its weight here.
    words: Vec<(usize, u32)>,
}

#[derive(Debug)]
struct Word {
    /// How many different pairs of neighbouring letters it has.
    pairs: usize,
}

/// Two neighbouring letters; a word begins and ends with a mark.
type Pair = (char, char);

impl Index {
    /// Adds texts of a service, each with the weight of its words.
    pub(crate) fn add(&mut self, key: &str, texts: &[(String, u32)]) {
        let mut words: Vec<(usize, u32)> = Vec::new();
        for (text, weight) in texts {
            for word in stems(text) {
                let place = self.place(word);
                match words.iter_mut().find(|(known, _)| *known == place) {
                    Some((_, known)) => *known = (*known).max(*weight),
                    None => words.push((place, *weight)),
                }
            }
        }
        self.entries.push(Entry { key: key.to_owned(), words });
    }

    /// Where a word is kept.
    fn place(&mut self, word: String) -> usize {
        if let Some(place) = self.places.get(&word) {
            return *place;
        }
        let (place, pairs) = (self.words.len(), pairs(&word));
        for pair in &pairs {
            self.with_pair.entry(*pair).or_default().push(place);
        }
        self.words.push(Word { pairs: pairs.len() });
        self.places.insert(word, place);
        place
    }

    /// The services that match, best first. Every word of the query must be
    /// found somewhere in a service, or the service is not meant.
    pub(crate) fn find(&self, query: &str) -> Vec<Hit> {
        let cut: String = query.chars().take(QUERY_CHARS).collect();
        let wanted: Vec<Vec<u32>> = stems(&cut).iter().take(WORDS).map(|word| self.qualities(word)).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut hits: Vec<Hit> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let scores: Option<Vec<u32>> = wanted.iter().map(|qualities| entry.score(qualities)).collect();
                scores.map(|scores| Hit { key: entry.key.clone(), score: scores.iter().sum() })
            })
            .collect();
        hits.sort_by(|left, right| right.score.cmp(&left.score).then_with(|| left.key.cmp(&right.key)));
        hits
    }

    /// How well a typed word meets each known one: 1 to 100, and 0 where it does not.
    fn qualities(&self, wanted: &str) -> Vec<u32> {
        let mut qualities = vec![0; self.words.len()];
        if wanted.chars().count() >= 3 {
            let own = pairs(wanted);
            for place in own.iter().filter_map(|pair| self.with_pair.get(pair)).flatten() {
                qualities[*place] += 1;
            }
            for (shared, word) in qualities.iter_mut().zip(&self.words).filter(|(shared, _)| **shared > 0) {
                let likeness = likeness(*shared, own.len() + word.pairs);
                *shared = if likeness >= LIKENESS { likeness / 2 } else { 0 };
            }
            let from = self.places.range::<str, _>((Bound::Included(wanted), Bound::Unbounded));
            for (_, place) in from.take_while(|(word, _)| word.starts_with(wanted)) {
                qualities[*place] = 70;
            }
        }
        if let Some(place) = self.places.get(wanted) {
            qualities[*place] = 100;
        }
        qualities
    }
}

impl Entry {
    fn score(&self, qualities: &[u32]) -> Option<u32> {
        self.words.iter().map(|(place, weight)| qualities[*place] * weight).max().filter(|score| *score > 0)
    }
}

/// Shared pairs of neighbouring letters (Dice's coefficient), percent.
fn likeness(shared: u32, pairs_of_both: usize) -> u32 {
    let both = u32::try_from(pairs_of_both).unwrap_or(u32::MAX);
    (200 * shared).checked_div(both).unwrap_or(0)
}

/// The pairs of neighbouring letters of a word.
fn pairs(word: &str) -> BTreeSet<Pair> {
    let padded: Vec<char> = std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')).collect();
    padded.windows(2).map(|pair| (pair[0], pair[1])).collect()
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
