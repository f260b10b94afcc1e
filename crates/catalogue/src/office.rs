//! Offices: where they are, when they are open, who can get in. Data of
//! `offices.toml`.

use base::Locale;
use serde::Deserialize;

/// An office that people visit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// `post.ramallah`.
    pub key: String,
    /// `post`, `civil`, `licensing`, `mission`, `consular`.
    pub kind: String,
    /// Whether its data is a sample.
    pub sample: bool,
    name: Texts,
    address: Texts,
    /// The code of its governorate in `calendar.toml`.
    pub governorate: Option<String>,
    /// The telephone, as dialled.
    pub phone: String,
    /// Whether one can get in without a step.
    pub step_free: bool,
    /// Opening days, Monday is 1.
    pub days: Vec<i8>,
    /// `08:00`.
    pub opens: String,
    /// `14:30`.
    pub closes: String,
    /// Days on which it stays closed: what a demo's calendar begins with.
    #[serde(default, rename = "closure")]
    pub closures: Vec<Closure>,
    /// Of a mission: the countries whose people it sees.
    #[serde(default)]
    pub serves: Vec<Country>,
}

/// A country whose people a mission sees.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Country {
    /// Two letters (ISO 3166-1).
    pub code: String,
    name: Texts,
}

impl Country {
    /// Its name.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        self.name.get(locale)
    }
}

/// A day on which an office stays closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// `2026-11-15`.
    pub day: String,
    reason: Texts,
}

impl Closure {
    /// Why, by language.
    #[must_use]
    pub fn reason(&self, locale: Locale) -> &str {
        self.reason.get(locale)
    }
}

/// A text in every language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    ar: String,
    en: String,
}

impl Texts {
    /// The text in a language.
    pub(crate) fn get(&self, locale: Locale) -> &str {
        if locale == Locale::EN { &self.en } else { &self.ar }
    }
}

impl Office {
    /// Its name.
    #[must_use]
    pub fn name(&self, locale: Locale) -> &str {
        self.name.get(locale)
    }
    /// Its address.
    #[must_use]
    pub fn address(&self, locale: Locale) -> &str {
        self.address.get(locale)
    }
}
