//! Joining an instance: with an invitation from its central authority a server
//! shows its keys and its address, and gets certificates and a place in the
//! configuration.

use seal::digest::{base64, from_base64};
use seal::{PublicKey, SealError, Signer, SigningKey};
use serde::{Deserialize, Serialize};
use web::client::HttpClient;

use super::Fault;

/// Separates this signature from every other that the key makes.
const CONTEXT: &str = "hukumati security server enrolment v1";

/// What the central authority hands to whoever runs a server: where and whom to
/// trust, and a word that works once. X-Road's configuration anchor, and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// `PS`.
    pub instance: String,
    /// `SS2`.
    pub code: String,
    /// The subsystems that it will speak for.
    pub subsystems: Vec<String>,
    /// Where the configuration is fetched.
    pub configuration_url: String,
    /// Where a server joins.
    pub enrol_url: String,
    /// The key that signs the configuration: SPKI, base64.
    pub central: String,
    /// The word that works once.
    pub token: String,
}

impl Invitation {
    /// The key that signs the configuration.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn central_key(&self) -> Result<PublicKey, SealError> {
        PublicKey::from_spki(&from_base64(&self.central)?)
    }
}

/// A key and the proof that it is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// SPKI, base64.
    pub spki: String,
    /// A signature over [`Joining::octets`], base64.
    pub proof: String,
}

/// A server asks to join.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// From the invitation.
    pub token: String,
    /// Where other servers reach it: `https://127.0.0.2:5500`.
    pub address: String,
    /// The key for messages.
    pub sign: Shown,
    /// The key for connections.
    pub tls: Shown,
}

/// A server has joined: chains, base64 of DER, its own certificate first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// For messages.
    pub sign: Vec<String>,
    /// For connections.
    pub tls: Vec<String>,
}

fn octets(token: &str, address: &str, sign_spki: &str, tls_spki: &str) -> Vec<u8> {
    [CONTEXT, token, address, sign_spki, tls_spki].join("\n").into_bytes()
}

impl Joining {
    fn new(token: &str, address: &str, sign: &SigningKey, tls: &SigningKey) -> Result<Self, SealError> {
        let spki = |key: &SigningKey| base64(key.public().spki());
        let octets = octets(token, address, &spki(sign), &spki(tls));
        let shown =
            |key: &SigningKey| Ok::<_, SealError>(Shown { spki: spki(key), proof: base64(&key.sign(&octets)?) });
        Ok(Self { token: token.to_owned(), address: address.to_owned(), sign: shown(sign)?, tls: shown(tls)? })
    }

    /// The two keys, if whoever asks holds both.
    ///
    /// # Errors
    /// [`SealError::Signature`], [`SealError::Malformed`].
    pub fn keys(&self) -> Result<[PublicKey; 2], SealError> {
        let octets = octets(&self.token, &self.address, &self.sign.spki, &self.tls.spki);
        let held = |shown: &Shown| {
            let key = PublicKey::from_spki(&from_base64(&shown.spki)?)?;
            key.verify(&octets, &from_base64(&shown.proof)?)?;
            Ok::<_, SealError>(key)
        };
        Ok([held(&self.sign)?, held(&self.tls)?])
    }
}

/// Joins; gives the two chains, DER.
pub(crate) async fn join(
    http: &HttpClient,
    invitation: &Invitation,
    address: &str,
    sign: &SigningKey,
    tls: &SigningKey,
) -> Result<[Vec<Vec<u8>>; 2], Fault> {
    let fault = |why: &dyn std::fmt::Display| Fault::new("server.enrolment_failed", why);
    let joining = Joining::new(&invitation.token, address, sign, tls).map_err(|error| fault(&error))?;
    let body = serde_json::to_vec(&joining).map_err(|error| fault(&error))?;
    let headers = [("content-type", "application/json"), ("accept", "application/json")];
    let answer = http.send(::http::Method::POST, &invitation.enrol_url, &headers, body).await;
    let answer = answer.map_err(|error| fault(&error))?;
    if !answer.status.is_success() {
        let message = format!(
            "{} answered {}: ask the central authority for a new invitation",
            invitation.enrol_url, answer.status
        );
        return Err(fault(&message));
    }
    let joined: Joined = serde_json::from_slice(&answer.body).map_err(|error| fault(&error))?;
    let chain = |texts: &[String]| texts.iter().map(|text| from_base64(text)).collect::<Result<Vec<_>, _>>();
    let chains = [chain(&joined.sign), chain(&joined.tls)];
    let [Ok(sign), Ok(tls)] = chains else { return Err(fault(&"a certificate that is none")) };
    if sign.is_empty() || tls.is_empty() {
        return Err(fault(&"no certificate"));
    }
    Ok([sign, tls])
}
