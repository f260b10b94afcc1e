//! What all OAuth endpoints share: parameters as they come, errors as they go.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::json;
use web::fields::{self, Fields};
use web::{IntoResponse, Response};

use crate::model::Refusal;

/// Longest form that an OAuth endpoint reads, bytes.
pub(crate) const FORM_BYTES: usize = 16 << 10;
/// Longest single parameter, bytes; `state` and `nonce` are kept.
pub(crate) const PARAMETER_BYTES: usize = 2 << 10;

/// An error of RFC 6749 §5.2 and its kin: a code from the registers, and a
/// sentence for the developer that names what to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OauthError {
    pub(crate) code: &'static str,
    pub(crate) description: String,
}

impl OauthError {
    pub(crate) fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
    fn status(&self) -> StatusCode {
        match self.code {
            "invalid_client" | "invalid_token" => StatusCode::UNAUTHORIZED,
            "insufficient_scope" => StatusCode::FORBIDDEN,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<Refusal> for OauthError {
    fn from(refusal: Refusal) -> Self {
        match &refusal {
            Refusal::Wait(_)
            | Refusal::Busy
            | Refusal::Silent
            | Refusal::CompaniesSilent
            | Refusal::Store(
                store::Error::Busy | store::Error::Contention | store::Error::Slow | store::Error::ReadOnly(_),
            ) => Self::new("temporarily_unavailable", "ask again in a few seconds"),
            Refusal::Gone | Refusal::Taken | Refusal::NoMandate | Refusal::TooLow | Refusal::Stage { .. } => {
                Self::new("invalid_grant", refusal.to_string())
            }
            // The last ones are said on pages only.
            Refusal::Store(_)
            | Refusal::Seal(_)
            | Refusal::Locked
            | Refusal::Alone
            | Refusal::NoCounter
            | Refusal::OwnProposal
            | Refusal::OwnClient
            | Refusal::NoReason
            | Refusal::Unfit(_)
            | Refusal::LastFactor
            | Refusal::Faulty(_) => {
                tracing::error!(cause = %refusal, "an OAuth request failed");
                Self::new("server_error", "a fault of ours; it is in our log")
            }
        }
    }
}

impl From<store::Error> for OauthError {
    fn from(error: store::Error) -> Self {
        Refusal::Store(error).into()
    }
}

impl From<fields::FieldsError> for OauthError {
    fn from(_: fields::FieldsError) -> Self {
        Self::new("invalid_request", "the parameters are not application/x-www-form-urlencoded UTF-8")
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = json(&json!({ "error": self.code, "error_description": self.description }));
        *response.status_mut() = status;
        if status == StatusCode::UNAUTHORIZED && self.code == "invalid_token" {
            let value = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// A JSON answer that no cache keeps.
pub(crate) fn json(body: &impl serde::Serialize) -> Response {
    // What is written here has text for names: writing it cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Parameters, each at most once (RFC 6749 §3.1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(Fields);

impl Parameters {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, OauthError> {
        let fields = fields::parse(bytes)?;
        for (position, (name, value)) in fields.iter().enumerate() {
            if fields[..position].iter().any(|(earlier, _)| earlier == name) {
                return Err(OauthError::new("invalid_request", "a parameter is there twice"));
            }
            // Assertions and request objects have limits of their own.
            let long = value.len() > PARAMETER_BYTES && name != "client_assertion" && name != "id_token_hint";
            if long {
                return Err(OauthError::new("invalid_request", "a parameter is too long"));
            }
        }
        Ok(Self(fields))
    }
    /// A parameter; an empty one counts as absent (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthError::new("invalid_request", format!("{name} is missing")))
    }
}

/// An address with further query parameters.
pub(crate) fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = address.to_owned();
    for (name, value) in parameters {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(name);
        text.push('=');
        text.push_str(&fields::encode(value));
    }
    text
}
