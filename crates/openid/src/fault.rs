//! What is wrong with a client's registration. Each fault names the parameter, by
//! the names of RFC 7591 and OpenID Connect: whoever registers can mend it.

use base::{Date, Locale};
use seal::jose::{JwsAlgorithm, KeySet};
use std::fmt;

use crate::client::Client;
use crate::policy::Preset;

/// Addresses of one kind that a client may have.
pub const ADDRESSES: usize = 20;
/// Longest address, bytes.
const ADDRESS_BYTES: usize = 500;
/// Longest identifier, sector or name, characters.
const WORD_CHARS: usize = 100;

/// A parameter, and why it is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name: `redirect_uris`.
    pub parameter: &'static str,
    /// The reason.
    pub why: Why,
}

/// Why a parameter is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// This address does not begin with `https://`.
    NotHttps(String),
    /// This address has a fragment, a wildcard or a sign that addresses do not have.
    Malformed(String),
    /// There are more, or longer ones, than are kept.
    TooMany,
    /// There is none, and no grant that does without.
    NoAddress,
    /// It is not JSON.
    NotJson,
    /// It is not a set of public keys.
    NotKeys,
    /// It has no key of a kind that the preset takes.
    NoKey,
    /// The preset needs it.
    Needed,
    /// Only the legacy preset has one.
    LegacyOnly,
    /// It is not a day such as `2027-06-30`.
    NotADay,
    /// The day has passed.
    Passed,
    /// A language has no name, or one that is too long.
    NoName,
    /// It is none of the words that there are.
    NotAWord,
    /// It is not a SHA-256 of 32 bytes.
    NotADigest,
    /// Latin letters, digits, dots and hyphens, at most a hundred.
    NotAnIdentifier,
    /// Another client has it.
    Taken,
}

impl Fault {
    /// The fault of a parameter.
    #[must_use]
    pub const fn new(parameter: &'static str, why: Why) -> Self {
        Self { parameter, why }
    }
}

/// For developers, as RFC 7591 §3.2.2 has it: in English.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.parameter)?;
        f.write_str(match &self.why {
            Why::NotHttps(address) => return write!(f, "“{address}” does not begin with https://"),
            Why::Malformed(address) => {
                return write!(f, "“{address}” has a fragment, a wildcard or a sign that addresses do not have");
            }
            Why::TooMany => "there are too many, or they are too long",
            Why::NoAddress => "name at least one, or allow a grant without a browser",
            Why::NotJson => "it is not JSON",
            Why::NotKeys => "it is not a set of public keys (RFC 7517)",
            Why::NoKey => "there is no public key of a kind that this preset takes (ES256, EdDSA)",
            Why::Needed => "the preset needs it",
            Why::LegacyOnly => "only the legacy preset has one",
            Why::NotADay => "the legacy preset ends on a day; write it as 2027-06-30",
            Why::Passed => "the day has passed",
            Why::NoName => "write it in every language of the portal",
            Why::NotAWord => "it is none of the words that there are",
            Why::NotADigest => "it is not a SHA-256 digest",
            Why::NotAnIdentifier => "use Latin letters, digits, dots and hyphens, at most a hundred",
            Why::Taken => "another client has it",
        })
    }
}

impl Client {
    /// What is wrong with a registration; `here` when addresses on this machine
    /// serve too, as in a demo.
    #[must_use]
    pub fn faults(&self, here: bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (name, word) in [("client_id", &self.id), ("sector", &self.sector)] {
            if !is_identifier(word) {
                faults.push(Fault::new(name, Why::NotAnIdentifier));
            }
        }
        for (name, addresses) in [("redirect_uris", &self.redirects), ("post_logout_redirect_uris", &self.farewells)] {
            faults.extend(addresses.iter().filter_map(|address| address_fault(name, address, here)));
            if addresses.len() > ADDRESSES || addresses.iter().any(|address| address.len() > ADDRESS_BYTES) {
                faults.push(Fault::new(name, Why::TooMany));
            }
        }
        let back_channel = self.policy.back_channel.iter();
        faults.extend(back_channel.filter_map(|address| address_fault("backchannel_logout_uri", address, here)));
        if self.redirects.is_empty() && self.policy.grants.is_empty() {
            faults.push(Fault::new("redirect_uris", Why::NoAddress));
        }
        faults.extend(self.key_fault());
        faults.extend(self.secret_faults());
        let named = |name: &String| !name.trim().is_empty() && name.chars().count() <= WORD_CHARS;
        if self.names.len() != Locale::all().count() || !self.names.iter().all(named) {
            faults.push(Fault::new("client_name", Why::NoName));
        }
        faults
    }

    /// The fault that only the calendar shows: a secret that has ended already.
    #[must_use]
    pub fn has_ended(&self, today: Date) -> Option<Fault> {
        let last = self.policy.secret_until.as_deref().and_then(Date::parse);
        let ended = self.policy.preset == Preset::Legacy && last.is_some_and(|last| last < today);
        ended.then(|| Fault::new("secret_until", Why::Passed))
    }

    fn key_fault(&self) -> Option<Fault> {
        let keys = KeySet::from_json(&self.jwks).map(|keys| keys.keys().to_vec());
        if !self.jwks.is_null() && keys.is_err() {
            return Some(Fault::new("jwks", Why::NotKeys));
        }
        let usable = keys
            .iter()
            .flatten()
            .any(|key| JwsAlgorithm::of(key.key.algorithm()).is_some_and(|algorithm| self.policy.takes(algorithm)));
        let needed = self.policy.preset != Preset::Legacy && self.policy.certificate.is_none();
        (needed && !usable).then(|| Fault::new("jwks", Why::NoKey))
    }

    fn secret_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let legacy = self.policy.preset == Preset::Legacy;
        match &self.secret {
            None if legacy => faults.push(Fault::new("client_secret", Why::Needed)),
            Some(_) if !legacy => faults.push(Fault::new("client_secret", Why::LegacyOnly)),
            _ => {}
        }
        if legacy && self.policy.secret_until.as_deref().and_then(Date::parse).is_none() {
            faults.push(Fault::new("secret_until", Why::NotADay));
        }
        faults
    }
}

/// What stands in addresses and is compared character by character.
fn is_identifier(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !word.is_empty() && word.len() <= WORD_CHARS && word.bytes().all(plain)
}

/// Addresses lead to the client's own HTTPS; on this machine a demo may do without.
fn address_fault(name: &'static str, address: &str, here: bool) -> Option<Fault> {
    let own = ["http://localhost", "http://127.0.0.1"].iter().any(|own| {
        let rest = address.strip_prefix(own).map(|rest| rest.as_bytes().first().copied());
        rest.is_some_and(|next| matches!(next, None | Some(b':' | b'/')))
    });
    let secure = address.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let plain =
        address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'*' | b'<' | b'>' | b'"'));
    let why = match (secure || (here && own), plain) {
        (true, true) => return None,
        (false, _) => Why::NotHttps(address.to_owned()),
        (_, false) => Why::Malformed(address.to_owned()),
    };
    Some(Fault::new(name, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Holders;
    use crate::policy::Policy;
    use serde_json::{Value, json};

    fn client(policy: Policy) -> Client {
        let key = seal::SigningKey::generate(seal::Algorithm::P256, &base::SeededEntropy::new(1)).unwrap();
        Client {
            id: "health".to_owned(),
            names: vec!["وزارة الصحة".to_owned(), "Ministry of Health".to_owned()],
            holders: Holders::Citizens,
            first_party: false,
            sector: "health".to_owned(),
            redirects: vec!["https://health.example/callback".to_owned()],
            farewells: Vec::new(),
            jwks: KeySet::new(vec![seal::jose::Jwk::new(seal::Signer::public(&key).clone())]).to_json(),
            policy,
            secret: None,
        }
    }

    fn parameters(client: &Client) -> Vec<&'static str> {
        client.faults(true).iter().map(|fault| fault.parameter).collect()
    }

    #[test]
    fn a_registration_s_faults_name_the_parameter() {
        assert_eq!(client(Policy::default()).faults(false), Vec::new());
        let broken = Client {
            redirects: vec!["http://health.example/".to_owned(), "https://health.example/#x".to_owned()],
            jwks: Value::Null,
            ..client(Policy { back_channel: Some("ftp://health.example".to_owned()), ..Policy::default() })
        };
        assert_eq!(parameters(&broken), ["redirect_uris", "redirect_uris", "backchannel_logout_uri", "jwks"]);
        let legacy = client(Policy { preset: Preset::Legacy, ..Policy::default() });
        assert_eq!(parameters(&legacy), ["client_secret", "secret_until"]);
        let secret = Some([0; 32].to_vec());
        assert_eq!(parameters(&Client { secret, ..client(Policy::standard()) }), ["client_secret"]);
        let named = Client {
            id: "Health Ministry".to_owned(),
            sector: String::new(),
            names: vec![" ".to_owned()],
            ..client(Policy::standard())
        };
        assert_eq!(parameters(&named), ["client_id", "sector", "client_name"]);
    }

    #[test]
    fn private_keys_and_long_lists_are_not_taken() {
        let jwks = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA" }] });
        let private = Client { jwks, ..client(Policy::standard()) };
        assert_eq!(private.faults(true), [Fault::new("jwks", Why::NotKeys)]);
        for (count, parameters_of) in [(ADDRESSES, &[][..]), (ADDRESSES + 1, &["redirect_uris"])] {
            let redirects = vec!["https://health.example/".to_owned(); count];
            assert_eq!(parameters(&Client { redirects, ..client(Policy::standard()) }), parameters_of, "{count}");
        }
    }

    #[test]
    fn a_secret_that_has_ended_is_not_registered() {
        let secret_until = Some("2027-06-30".to_owned());
        let legacy = client(Policy { preset: Preset::Legacy, secret_until, ..Policy::default() });
        for (today, ended) in [("2027-06-30", false), ("2027-07-01", true)] {
            assert_eq!(legacy.has_ended(Date::parse(today).unwrap()).is_some(), ended, "{today}");
        }
    }

    #[test]
    fn this_machine_serves_for_a_demo_and_look_alikes_do_not() {
        for (address, here, good) in [
            ("http://localhost:9000/callback", true, true),
            ("http://localhost:9000/callback", false, false),
            ("http://localhost.evil.example/", true, false),
            ("http://127.0.0.1", true, true),
            ("https://", false, false),
            ("https://*.example/", false, false),
        ] {
            assert_eq!(address_fault("x", address, here).is_none(), good, "{address} {here}");
        }
    }
}
