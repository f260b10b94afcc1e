//! What every page's frame knows: language, path, who is signed in.

use base::Locale;

use crate::visit::Visit;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its language.
    pub locale: Locale,
    /// Its path without the language's prefix.
    pub path: String,
    /// How the header greets who is signed in.
    pub display_name: Option<String>,
}

impl Page {
    /// The frame for this visit.
    #[must_use]
    pub fn of(visit: &Visit) -> Self {
        let display_name = visit.session().map(|session| session.display_name.clone());
        Self { locale: visit.locale(), path: visit.path().to_owned(), display_name }
    }
}
