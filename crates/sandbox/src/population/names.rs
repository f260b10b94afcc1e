//! Given and family names with their usual Latin spelling. Common ones, put
//! together at random: nobody in particular is meant.

use std::sync::LazyLock;

/// A text in Arabic and in Latin letters.
pub type Spelt = (&'static str, &'static str);

/// Men's given names.
pub(crate) static MEN: LazyLock<Vec<Spelt>> = LazyLock::new(|| table(include_str!("men.txt")));
/// Women's given names.
pub(crate) static WOMEN: LazyLock<Vec<Spelt>> = LazyLock::new(|| table(include_str!("women.txt")));
/// Family names.
pub(crate) static FAMILIES: LazyLock<Vec<Spelt>> = LazyLock::new(|| table(include_str!("families.txt")));

/// Lines of `Arabic = Latin`.
fn table(text: &'static str) -> Vec<Spelt> {
    text.lines().filter_map(|line| line.split_once(" = ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_large_and_in_their_scripts() {
        for (table, least) in [(&MEN, 100), (&WOMEN, 90), (&FAMILIES, 120)] {
            assert!(table.len() >= least);
            for (arabic, latin) in table.iter() {
                assert!(
                    arabic.chars().all(|letter| letter == ' ' || ('\u{0620}'..='\u{064A}').contains(&letter)),
                    "{arabic}"
                );
                assert!(latin.chars().all(|letter| letter.is_ascii_alphabetic() || " -".contains(letter)), "{latin}");
            }
        }
    }
}
