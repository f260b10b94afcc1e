//! Texts that are data: a service folder's `ar.ftl` and `en.ftl`, read while
//! the program runs.

use std::fmt;

use base::Locale;

use crate::Arg;
use crate::resolver::Resolver;
use crate::source::{Fault, Source};

/// One language's texts, parsed and checked.
pub struct Bundle {
    locale: Locale,
    resolver: Resolver,
    /// In the file's order, with the names of the arguments.
    keys: Box<[(String, Vec<String>)]>,
}

impl Bundle {
    /// Reads one language's file. `name` is how faults call it.
    ///
    /// # Errors
    ///
    /// All faults of the text, each with its line: syntax, unknown or circular
    /// references, doubled keys, incomplete plurals.
    pub fn parse(locale: Locale, name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let source = Source::parse(locale, name, text)?;
        let keys = source.messages().map(|message| (message.key.clone(), message.arguments.clone())).collect();
        Ok(Self { locale, resolver: Resolver::new(locale, text), keys })
    }

    /// The language of these texts.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// The keys, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(key, _)| key.as_str())
    }

    /// The names of the arguments that a key takes, in alphabetical order;
    /// `None` when there is no such key.
    #[must_use]
    pub fn arguments(&self, key: &str) -> Option<&[String]> {
        self.keys.iter().find(|(known, _)| known == key).map(|(_, arguments)| arguments.as_slice())
    }

    /// The text of a key that takes no argument; `None` when there is no such
    /// key, or when it needs arguments.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.get_with(key, &[])
    }

    /// The text of a key with its arguments; `None` when there is no such key,
    /// or when an argument that it needs is not given.
    #[must_use]
    pub fn get_with(&self, key: &str, args: &[(&str, Arg)]) -> Option<String> {
        let needed = self.arguments(key)?;
        if needed.iter().any(|name| args.iter().all(|(given, _)| given != name)) {
            return None;
        }
        Some(self.resolver.format(key, args))
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("locale", &self.locale).field("keys", &self.keys.len()).finish()
    }
}
