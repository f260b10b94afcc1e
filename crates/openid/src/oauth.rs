//! What all OAuth endpoints share: parameters as they come, errors as they go.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::json;
use web::fields::{self, Fields};
use web::{IntoResponse, Response};

/// Longest form that an OAuth endpoint reads, bytes.
pub const FORM_BYTES: usize = 16 << 10;
/// Longest single parameter, bytes; `state` and `nonce` are kept.
pub const PARAMETER_BYTES: usize = 2 << 10;

/// An error of RFC 6749 §5.2 and its kin: a code from the registers, and a
/// sentence for the developer that names what to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthError {
    /// The code: `invalid_request`.
    pub code: &'static str,
    /// The sentence.
    pub description: String,
}

impl OauthError {
    /// The error of a code, with what its receiver is to mend.
    pub fn new(code: &'static str, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
    /// Too much waits here: the same call serves in a moment.
    #[must_use]
    pub fn later() -> Self {
        Self::new("temporarily_unavailable", "ask again in a few seconds")
    }
    /// Nothing that the caller could mend: it goes to our log, and not to them.
    #[must_use]
    pub fn fault_of_ours(cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, "an OAuth request failed");
        Self::new("server_error", "a fault of ours; it is in our log")
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

impl From<store::Error> for OauthError {
    fn from(error: store::Error) -> Self {
        use store::Error::{Busy, Contention, ReadOnly, Slow};
        match error {
            Busy | Contention | Slow | ReadOnly(_) => Self::later(),
            error => Self::fault_of_ours(&error),
        }
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
pub fn json(body: &impl serde::Serialize) -> Response {
    // What is written here has text for names: writing it cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Parameters, each at most once (RFC 6749 §3.1).
#[derive(Debug, Clone, Default)]
pub struct Parameters(Fields);

impl Parameters {
    /// Reads a query or a form.
    ///
    /// # Errors
    /// `invalid_request`: not form-encoded, a name twice, or a value too long.
    pub fn parse(bytes: &[u8]) -> Result<Self, OauthError> {
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
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
    /// The same to keep.
    #[must_use]
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request`, which names it.
    pub fn need(&self, name: &'static str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthError::new("invalid_request", format!("{name} is missing")))
    }
}

/// An address with further query parameters.
#[must_use]
pub fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut text = address.to_owned();
    for (name, value) in parameters {
        text.push(if text.contains('?') { '&' } else { '?' });
        text.push_str(name);
        text.push('=');
        text.push_str(&fields::encode(value));
    }
    text
}
