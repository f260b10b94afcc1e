//! The languages of the portal: a list. A further one is a line here and the
//! `.ftl` files; no other code knows a language by name.

use std::fmt;

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Right to left.
    Rtl,
    /// Left to right.
    Ltr,
}

impl Direction {
    /// The value of HTML's `dir`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rtl => "rtl",
            Self::Ltr => "ltr",
        }
    }
}

struct Language {
    tag: &'static str,
    /// Before a path: empty for the default language.
    prefix: &'static str,
    own_name: &'static str,
    direction: Direction,
}

/// The first is the default and lives at `/`; the others at `/{tag}/`.
const LANGUAGES: [Language; 2] = [
    Language { tag: "ar", prefix: "", own_name: "العربية", direction: Direction::Rtl },
    Language { tag: "en", prefix: "/en", own_name: "English", direction: Direction::Ltr },
];

/// One of the portal's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Locale(u8);

impl Locale {
    /// Arabic, the default.
    pub const AR: Self = Self(0);
    /// English.
    pub const EN: Self = Self(1);

    /// All languages, default first.
    pub fn all() -> impl Iterator<Item = Self> {
        (0_u8..).take(LANGUAGES.len()).map(Self)
    }
    /// The language of this BCP 47 tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::all().find(|locale| locale.tag() == tag)
    }
    /// BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.language().tag
    }
    /// What the language calls itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        self.language().own_name
    }
    /// Its direction.
    #[must_use]
    pub fn direction(self) -> Direction {
        self.language().direction
    }
    /// Position in the list of languages.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
    /// What stands before a path in this language: nothing for the default.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        self.language().prefix
    }

    fn language(self) -> &'static Language {
        &LANGUAGES[usize::from(self.0)]
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}
