//! How a `login_hint` is kept: under a mask that the key file makes for this one
//! authorization, which is forgotten when that is over.

use openid::login_hint::LoginHint;
use openid::secret;
use seal::digest::{base64url, from_base64url};
use store::{Read, Tx};

use crate::model::AuthorizationId;

/// As it is kept with an authorization.
pub(crate) fn masked(hint: &LoginHint, tx: &Tx<'_>, id: AuthorizationId) -> String {
    base64url(&mixed(hint.as_str().as_bytes(), tx, id))
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
