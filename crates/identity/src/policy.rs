//! What a client may do and how it proves who it is. No IO, no clock.

use base::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use seal::jose::{JwsAlgorithm, KeySet};

use crate::model::Client;

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

impl Policy {
    /// The standard preset and nothing besides.
    #[must_use]
    pub fn standard() -> Self {
        Self { preset: Preset::Standard, ..Self::default() }
    }
    /// Whether a shared secret still counts on this day.
    pub(crate) fn takes_secret(&self, today: Date) -> bool {
        let last = self.secret_until.as_deref().and_then(Date::parse);
        self.preset == Preset::Legacy && last.is_some_and(|last| today <= last)
    }
    /// Whether assertions may be signed so.
    pub(crate) fn takes(&self, algorithm: JwsAlgorithm) -> bool {
        algorithm != JwsAlgorithm::Rs256 || self.preset != Preset::Fapi2
    }
}

/// The key or certificate that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Thumbprint of a DPoP key (RFC 9449 §6.1).
    Key(String),
    /// Thumbprint of a certificate (RFC 8705 §3.1).
    Certificate(String),
}

impl Binding {
    /// As stored.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Key(thumbprint) => format!("jkt:{thumbprint}"),
            Self::Certificate(thumbprint) => format!("x5t:{thumbprint}"),
        }
    }
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("jkt", thumbprint) => Some(Self::Key(thumbprint.to_owned())),
            ("x5t", thumbprint) => Some(Self::Certificate(thumbprint.to_owned())),
            _ => None,
        }
    }
    /// The `cnf` claim.
    pub(crate) fn claim(&self) -> Value {
        match self {
            Self::Key(thumbprint) => json!({ "jkt": thumbprint }),
            Self::Certificate(thumbprint) => json!({ "x5t#S256": thumbprint }),
        }
    }
    /// `token_type` of a token that is bound so.
    pub(crate) const fn token_type(binding: Option<&Self>) -> &'static str {
        match binding {
            Some(Self::Key(_)) => "DPoP",
            _ => "Bearer",
        }
    }
}

impl Client {
    /// What is wrong with a registration: one sentence each, naming the parameter.
    #[must_use]
    pub fn faults(&self, demo: bool) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, addresses) in [("redirect_uris", &self.redirects), ("post_logout_redirect_uris", &self.farewells)] {
            faults.extend(addresses.iter().filter_map(|address| address_fault(name, address, demo)));
        }
        let back_channel = self.policy.back_channel.iter();
        faults.extend(back_channel.filter_map(|address| address_fault("backchannel_logout_uri", address, demo)));
        if self.redirects.is_empty() && self.policy.grants.is_empty() {
            faults.push("redirect_uris: name at least one, or allow a grant without a browser".to_owned());
        }
        let keys = KeySet::from_json(&self.jwks).map(|keys| keys.keys().to_vec()).unwrap_or_default();
        let usable = keys.iter().any(|key| self.policy.takes(JwsAlgorithm::of(key.key.algorithm())));
        if self.policy.preset != Preset::Legacy && !usable && self.policy.certificate.is_none() {
            faults.push("jwks: there is no public key of a kind that this preset takes (ES256, EdDSA)".to_owned());
        }
        if self.policy.preset == Preset::Legacy {
            if self.secret.is_none() {
                faults.push("client_secret: the legacy preset needs one".to_owned());
            }
            if self.policy.secret_until.as_deref().and_then(Date::parse).is_none() {
                faults.push("secret_until: the legacy preset ends on a day; write it as 2027-06-30".to_owned());
            }
        }
        if self.policy.preset != Preset::Legacy && self.secret.is_some() {
            faults.push("client_secret: only the legacy preset has one".to_owned());
        }
        if self.names.iter().any(|name| name.trim().is_empty()) || self.names.is_empty() {
            faults.push("client_name: write it in every language of the portal".to_owned());
        }
        faults
    }
}

/// Addresses are compared character by character and lead to the client's own
/// HTTPS; on this machine a demo may do without.
fn address_fault(name: &str, address: &str, demo: bool) -> Option<String> {
    let here = ["http://localhost", "http://127.0.0.1"].iter().any(|own| {
        let rest = address.strip_prefix(own).map(|rest| rest.as_bytes().first().copied());
        rest.is_some_and(|next| matches!(next, None | Some(b':' | b'/')))
    });
    let secure = address.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let plain =
        address.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'*' | b'<' | b'>' | b'"'));
    match (secure || (demo && here), plain) {
        (true, true) => None,
        (false, _) => Some(format!("{name}: “{address}” does not begin with https://")),
        (_, false) => {
            Some(format!("{name}: “{address}” has a fragment, a wildcard or a sign that addresses do not have"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Holders;

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

    #[test]
    fn a_registration_s_faults_name_the_parameter() {
        assert_eq!(client(Policy::default()).faults(false), Vec::<String>::new());
        let broken = Client {
            redirects: vec!["http://health.example/".to_owned(), "https://health.example/#x".to_owned()],
            jwks: Value::Null,
            ..client(Policy { back_channel: Some("ftp://health.example".to_owned()), ..Policy::default() })
        };
        let names: Vec<String> =
            broken.faults(true).iter().map(|fault| fault.split(':').next().unwrap().to_owned()).collect();
        assert_eq!(names, ["redirect_uris", "redirect_uris", "backchannel_logout_uri", "jwks"]);
        let legacy = client(Policy { preset: Preset::Legacy, ..Policy::default() });
        assert_eq!(legacy.faults(false).len(), 2);
        let secret = Some([0; 32].to_vec());
        assert_eq!(Client { secret, ..client(Policy::standard()) }.faults(false).len(), 1);
    }

    #[test]
    fn this_machine_serves_for_a_demo_and_look_alikes_do_not() {
        for (address, demo, good) in [
            ("http://localhost:9000/callback", true, true),
            ("http://localhost:9000/callback", false, false),
            ("http://localhost.evil.example/", true, false),
            ("http://127.0.0.1", true, true),
            ("https://", false, false),
            ("https://*.example/", false, false),
        ] {
            assert_eq!(address_fault("x", address, demo).is_none(), good, "{address} {demo}");
        }
    }

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
