//! To whom a version is open, and from which day.

use schemars::JsonSchema;
use serde::Deserialize;

/// A group, and the day from which a version is open to it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningFile {
    /// Whom.
    pub to: Group,
    /// From which day, `2027-01-01`.
    #[schemars(extend("pattern" = crate::folder::schema::DAY))]
    pub from: String,
}

/// Whom a version is opened to, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// People whom the quality office listed as staff.
    Staff,
    /// People whom it invited.
    Invited,
    /// People who did not open their account from abroad.
    Residents,
    /// People who did, with a passport.
    Abroad,
    /// Companies.
    Business,
}

impl Group {
    /// All, in the order in which a service usually opens.
    pub const ALL: [Self; 5] = [Self::Staff, Self::Invited, Self::Residents, Self::Abroad, Self::Business];

    /// The word in folders and storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Invited => "invited",
            Self::Residents => "residents",
            Self::Abroad => "abroad",
            Self::Business => "business",
        }
    }
}
