//! What a client may do and how it proves who it is. No IO, no clock.

use base::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use seal::jose::JwsAlgorithm;

/// How strictly a client is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// FAPI 2.0 Security Profile: requests are pushed, tokens are bound to a key
    /// or a certificate, no shared secret, no RSA.
    #[default]
    Fapi2,
    /// Code with PKCE, `private_key_jwt`.
    Standard,
    /// A shared secret, until a day that an officer set.
    Legacy,
}

/// What a client may ask for besides exchanging codes and refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// A token in its own name (RFC 6749 §4.4).
    ClientCredentials,
    /// A token for another system about the person of one that it holds (RFC 8693).
    TokenExchange,
    /// A person's tokens for a device without a browser (RFC 8628).
    DeviceCode,
}

/// A client's terms, as an officer sets them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How strictly it is held.
    pub preset: Preset,
    /// What it may ask for besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Scopes of other systems that it may have in its own name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Clients that may have tokens for this one: in their own name, and about a person in exchange.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// Its ID tokens are signed with RS256, for libraries that know nothing else.
    #[serde(skip_serializing_if = "is_false")]
    pub rs256: bool,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout 1.0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_channel: Option<String>,
    /// The last day of a shared secret, `2027-06-30`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_until: Option<String>,
    /// SHA-256 of the certificate that it shows, base64url (RFC 8705 §3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

impl Preset {
    /// Every preset, the strictest first.
    pub const ALL: [Self; 3] = [Self::Fapi2, Self::Standard, Self::Legacy];
    /// The word in storage and forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fapi2 => "fapi2",
            Self::Standard => "standard",
            Self::Legacy => "legacy",
        }
    }
    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == word)
    }
}

impl Grant {
    /// Every grant.
    pub const ALL: [Self; 3] = [Self::ClientCredentials, Self::TokenExchange, Self::DeviceCode];
    /// Its name in `grant_types` (RFC 7591 §2).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }
    /// Reads the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == name)
    }
}

impl Policy {
    /// The standard preset and nothing besides.
    #[must_use]
    pub fn standard() -> Self {
        Self { preset: Preset::Standard, ..Self::default() }
    }
    /// Whether a shared secret still counts on this day.
    #[must_use]
    pub fn takes_secret(&self, today: Date) -> bool {
        let last = self.secret_until.as_deref().and_then(Date::parse);
        self.preset == Preset::Legacy && last.is_some_and(|last| today <= last)
    }
    /// Whether assertions may be signed so.
    #[must_use]
    pub fn takes(&self, algorithm: JwsAlgorithm) -> bool {
        algorithm != JwsAlgorithm::Rs256 || self.preset != Preset::Fapi2
    }
}

/// The key or certificate that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// Thumbprint of a DPoP key (RFC 9449 §6.1).
    Key(String),
    /// Thumbprint of a certificate (RFC 8705 §3.1).
    Certificate(String),
}

impl Binding {
    /// As stored.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Key(thumbprint) => format!("jkt:{thumbprint}"),
            Self::Certificate(thumbprint) => format!("x5t:{thumbprint}"),
        }
    }
    /// Reads what was stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("jkt", thumbprint) => Some(Self::Key(thumbprint.to_owned())),
            ("x5t", thumbprint) => Some(Self::Certificate(thumbprint.to_owned())),
            _ => None,
        }
    }
    /// The `cnf` claim.
    #[must_use]
    pub fn claim(&self) -> Value {
        match self {
            Self::Key(thumbprint) => json!({ "jkt": thumbprint }),
            Self::Certificate(thumbprint) => json!({ "x5t#S256": thumbprint }),
        }
    }
    /// `token_type` of a token that is bound so.
    #[must_use]
    pub const fn token_type(binding: Option<&Self>) -> &'static str {
        match binding {
            Some(Self::Key(_)) => "DPoP",
            _ => "Bearer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_secret_ends_on_its_day() {
        let policy =
            Policy { preset: Preset::Legacy, secret_until: Some("2027-06-30".to_owned()), ..Policy::default() };
        let day = |text: &str| Date::parse(text).unwrap();
        assert!(policy.takes_secret(day("2027-06-30")) && !policy.takes_secret(day("2027-07-01")));
        assert!(!Policy { preset: Preset::Standard, ..policy }.takes_secret(day("2027-06-30")));
    }

    #[test]
    fn bindings_are_read_as_they_were_written() {
        for binding in [Binding::Key("abc".to_owned()), Binding::Certificate("x:y".to_owned())] {
            assert_eq!(Binding::parse(&binding.text()), Some(binding));
        }
        assert_eq!(Binding::parse("other:1"), None);
    }

    #[test]
    fn a_policy_that_says_nothing_is_the_strictest() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap().preset, Preset::Fapi2);
        assert_eq!(serde_json::to_value(Policy::standard()).unwrap(), json!({ "preset": "standard" }));
        assert!(serde_json::from_str::<Policy>(r#"{"presett":"legacy"}"#).is_err());
    }
}
