//! `login_hint` (OpenID Connect Core §3.1.2.1): who a client expects to sign in. It
//! fills the first field for whoever takes the request up, who may overwrite it;
//! nothing is looked up, so that it says of nobody whether they have an account.
//!
//! An ID number is taken only from a pushed request: an address lies in logs and
//! in histories. It is kept under a mask that the key file makes for this one
//! authorization, which is forgotten when that is over. In an address a client may
//! name whom it knows already by their `sub` (`authorize`): no field shows it.

use base::IdNumber;
use seal::digest::{base64url, from_base64url};
use store::{Read, Tx};

use crate::model::{AuthorizationId, Client, Holders};
use crate::oauth::Parameters;
use crate::secret;

/// Longest hint, bytes: as many as the mask has.
const BYTES: usize = 32;

/// A hint that a field takes: an ID number, or an officer's name.
#[derive(Clone)]
pub(crate) struct LoginHint(String);

impl std::fmt::Debug for LoginHint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginHint")
    }
}

impl LoginHint {
    /// What a request says, where it may; anything else is no hint and no error.
    pub(crate) fn of(parameters: &Parameters, client: &Client, pushed: bool) -> Option<Self> {
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
    /// As it is kept with an authorization.
    pub(crate) fn masked(&self, tx: &Tx<'_>, id: AuthorizationId) -> String {
        base64url(&mixed(self.0.as_bytes(), tx, id))
    }
}

/// What fills the field of an authorization that is kept with this.
pub(crate) fn unmasked(read: &Read<'_>, id: AuthorizationId, masked: &str) -> Option<String> {
    String::from_utf8(mixed(&from_base64url(masked).ok()?, read, id)).ok()
}

/// With the mask, or without it again. An authorization's mask is used once.
fn mixed(bytes: &[u8], read: &Read<'_>, id: AuthorizationId) -> Vec<u8> {
    let mask = secret::of(|domain, value| read.blind(domain, value), "login-hint", &id.to_string());
    bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
}
