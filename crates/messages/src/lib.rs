//! Texts in every language of the portal, from Fluent files.
//!
//! Built in: a crate's `messages/ar.ftl` and `messages/en.ftl` become one
//! method for each message; what is missing or incomplete fails the build.
//! As data: a service folder's files are read by [`Bundle`]. [`lint`] holds
//! texts to the house's rules of writing.
//!
//! Not here: choosing the language of a request, formatting money and dates.
//!
//! Invariant: a message that can be asked for exists in every language, with
//! the same arguments and every plural form that its language has.

mod arg;
mod bundle;
mod catalogue;
mod generate;
mod lint;
mod resolver;
mod source;

pub use arg::Arg;
pub use base::Locale;
pub use bundle::Bundle;
pub use catalogue::Catalogue;
pub use generate::{generate, generate_code};
pub use lint::{Text, lint, texts};
pub use source::Fault;

use source::Source;

/// What differs between the languages of one set of texts: keys that one
/// lacks, other arguments, and every fault of each file. Takes (language, file
/// name, text).
#[must_use]
pub fn compare(texts: &[(Locale, &str, &str)]) -> Vec<Fault> {
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    for (locale, file, text) in texts {
        match Source::parse(*locale, file, text) {
            Ok(source) => sources.push(source),
            Err(found) => faults.extend(found),
        }
    }
    faults.extend(source::differences(&sources));
    faults
}

/// A text without the marks (U+2066 to U+2069) that keep inserted names and
/// numbers from reordering their surroundings: for SMS, logs and file names.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{2066}'..='\u{2069}')).collect()
}
