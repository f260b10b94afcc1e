//! A client as it is registered, and as whom it knows people.

use seal::digest::base64url;
use seal::jose::{Jwk, KeySet};
use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// Who may sign in to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holders {
    /// Citizens' accounts.
    Citizens,
    /// Officers.
    Officers,
}

impl Holders {
    /// The word in storage.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Citizens => "citizens",
            Self::Officers => "officers",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Citizens, Self::Officers].into_iter().find(|holders| holders.as_str() == word)
    }
}

/// A relying party.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Its name in every language, in the order of [`base::Locale::all`].
    pub names: Vec<String>,
    /// Who signs in to it.
    pub holders: Holders,
    /// Ours: it is told person and account, and nobody is asked for consent.
    pub first_party: bool,
    /// Clients of one sector know a person by the same `sub`.
    pub sector: String,
    /// Where answers may go, compared character by character.
    pub redirects: Vec<String>,
    /// Where one may go after signing out.
    pub farewells: Vec<String>,
    /// Its public keys, a JWK set.
    pub jwks: serde_json::Value,
    /// What it may do and how it proves who it is.
    pub policy: Policy,
    /// SHA-256 of its shared secret of 256 bits, if it has one.
    pub secret: Option<Vec<u8>>,
}

impl Client {
    /// Its public keys; what cannot be read is no key.
    #[must_use]
    pub fn keys(&self) -> Vec<Jwk> {
        KeySet::from_json(&self.jwks).map(|keys| keys.keys().to_vec()).unwrap_or_default()
    }
    /// The pairwise subject of a holder (`account:…`, `officer:…`): the same for all
    /// clients of a sector, and nothing to anybody else (OpenID Connect Core §8.1).
    /// `blind` is the store's keyed index.
    pub fn subject(&self, blind: impl Fn(&str, &str) -> Vec<u8>, holder: &str) -> String {
        base64url(&crate::secret::of(blind, "subject", &format!("{}:{holder}", self.sector)))
    }
}
