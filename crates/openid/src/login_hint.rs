//! `login_hint` (OpenID Connect Core §3.1.2.1): who a client expects to sign in. It
//! fills the first field for whoever takes the request up, who may overwrite it;
//! nothing is looked up, so that it says of nobody whether they have an account.
//!
//! An ID number is taken only from a pushed request: an address lies in logs and
//! in histories. In an address a client may name whom it knows already by their
//! `sub` (`request`): no field shows it.

use base::IdNumber;

use crate::client::{Client, Holders};
use crate::oauth::Parameters;

/// Longest hint, bytes: as many as the mask has.
pub const BYTES: usize = 32;

/// A hint that a field takes: an ID number, or an officer's name.
#[derive(Clone)]
pub struct LoginHint(String);

impl std::fmt::Debug for LoginHint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginHint")
    }
}

impl LoginHint {
    /// What a request says, where it may; anything else is no hint and no error.
    #[must_use]
    pub fn of(parameters: &Parameters, client: &Client, pushed: bool) -> Option<Self> {
        let said = parameters.get("login_hint")?;
        let number = IdNumber::parse(said);
        let hint = match client.holders {
            Holders::Citizens => number.filter(|_| pushed)?.as_str().to_owned(),
            Holders::Officers if number.is_none() => said.to_owned(),
            Holders::Officers => return None,
        };
        let plain = hint.len() <= BYTES && !hint.chars().any(char::is_control);
        plain.then_some(Self(hint))
    }
    /// What a field is filled with.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
