//! What is typed of a client: read from the form, and filled in from what there is.

use openid::{Fault, Grant, Policy, Preset, Why};
use seal::digest::{from_base64url, from_hex};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::{Client, Holders};

/// What is typed, by the names of RFC 7591 where it has them. Addresses stand
/// one on a line.
#[derive(Deserialize, Clone, Default)]
pub(in crate::http::desk) struct ClientForm {
    #[serde(default)]
    pub(super) client_id: String,
    #[serde(default)]
    pub(super) client_name: Vec<String>,
    pub(super) sector: String,
    pub(super) holders: String,
    pub(super) preset: String,
    pub(super) redirect_uris: String,
    #[serde(default)]
    pub(super) post_logout_redirect_uris: String,
    #[serde(default)]
    pub(super) backchannel_logout_uri: String,
    #[serde(default)]
    pub(super) jwks: String,
    #[serde(default)]
    pub(super) grant_types: Vec<String>,
    #[serde(default)]
    pub(super) scope: String,
    #[serde(default)]
    pub(super) accepts: String,
    #[serde(default)]
    pub(super) rs256: bool,
    #[serde(default)]
    pub(super) certificate: String,
    #[serde(default)]
    pub(super) client_secret: String,
    #[serde(default)]
    pub(super) secret_until: String,
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn given(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl ClientForm {
    pub(super) fn of(client: &Client) -> Self {
        let policy = &client.policy;
        let keys = client.jwks.get("keys").and_then(Value::as_array).is_some_and(|keys| !keys.is_empty());
        Self {
            client_id: client.id.clone(),
            client_name: client.names.clone(),
            sector: client.sector.clone(),
            holders: client.holders.as_str().to_owned(),
            preset: policy.preset.as_str().to_owned(),
            redirect_uris: client.redirects.join("\n"),
            post_logout_redirect_uris: client.farewells.join("\n"),
            backchannel_logout_uri: policy.back_channel.clone().unwrap_or_default(),
            jwks: if keys { serde_json::to_string_pretty(&client.jwks).unwrap_or_default() } else { String::new() },
            grant_types: policy.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
            scope: policy.scopes.join(" "),
            accepts: policy.accepts.join(" "),
            rs256: policy.rs256,
            certificate: policy.certificate.clone().unwrap_or_default(),
            client_secret: client.secret.as_deref().map(seal::digest::hex).unwrap_or_default(),
            secret_until: policy.secret_until.clone().unwrap_or_default(),
        }
    }

    /// The client that is meant, and what cannot be read of it.
    pub(super) fn client(&self, id: String) -> (Client, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut fault = |parameter, why| faults.push(Fault::new(parameter, why));
        let holders = Holders::parse(&self.holders);
        let preset = Preset::parse(&self.preset);
        let grants: Vec<Grant> = self.grant_types.iter().filter_map(|name| Grant::parse(name)).collect();
        for (parameter, known) in [
            ("holders", holders.is_some()),
            ("preset", preset.is_some()),
            ("grant_types", grants.len() == self.grant_types.len()),
        ] {
            if !known {
                fault(parameter, Why::NotAWord);
            }
        }
        let jwks = given(&self.jwks).map_or(Ok(json!({ "keys": [] })), |text| serde_json::from_str(&text));
        let jwks = jwks.unwrap_or_else(|_| {
            fault("jwks", Why::NotJson);
            json!({ "keys": [] })
        });
        let digest = |text: String| from_hex(&text.to_lowercase()).ok().filter(|bytes| bytes.len() == 32);
        let secret = given(&self.client_secret).map(digest);
        if secret == Some(None) {
            fault("client_secret", Why::NotADigest);
        }
        let certificate = given(&self.certificate);
        let is_digest = |text: &String| from_base64url(text).is_ok_and(|bytes| bytes.len() == 32);
        if !certificate.iter().all(is_digest) {
            fault("certificate", Why::NotADigest);
        }
        let client = Client {
            id,
            names: self.client_name.iter().map(|name| name.trim().to_owned()).collect(),
            holders: holders.unwrap_or(Holders::Citizens),
            first_party: false,
            sector: self.sector.trim().to_owned(),
            redirects: lines(&self.redirect_uris),
            farewells: lines(&self.post_logout_redirect_uris),
            jwks,
            policy: Policy {
                preset: preset.unwrap_or_default(),
                grants,
                scopes: words(&self.scope),
                accepts: words(&self.accepts),
                rs256: self.rs256,
                back_channel: given(&self.backchannel_logout_uri),
                secret_until: given(&base::digits::to_western(&self.secret_until)),
                certificate,
            },
            secret: secret.flatten(),
        };
        (client, faults)
    }
}
