//! What the generated code of a crate stands on.

use std::sync::OnceLock;

use base::Locale;

use crate::Arg;
use crate::resolver::Resolver;

/// The messages of one crate that take arguments, in all languages. Generated
/// code holds one; its texts are parsed when the first message is asked for.
pub struct Catalogue {
    /// One text for each language, in the order of [`Locale::all`].
    texts: &'static [&'static str],
    resolvers: OnceLock<Vec<Resolver>>,
}

impl Catalogue {
    /// A catalogue of these texts, one for each language, which the generator
    /// has checked.
    #[must_use]
    pub const fn new(texts: &'static [&'static str]) -> Self {
        Self { texts, resolvers: OnceLock::new() }
    }

    /// One message in one language.
    #[must_use]
    pub fn format(&self, locale: Locale, key: &str, args: &[(&str, Arg)]) -> String {
        let resolvers = self
            .resolvers
            .get_or_init(|| Locale::all().zip(self.texts).map(|(locale, text)| Resolver::new(locale, text)).collect());
        resolvers[locale.index()].format(key, args)
    }
}
