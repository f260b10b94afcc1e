//! What went wrong, told once at the edge: RFC 9457 as JSON, or a page in the
//! visitor's language, with a reference that is also in the log and the help
//! line's number. A problem blames nobody and names the next step.

mod render;

use std::fmt;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base::Locale;
use http::StatusCode;

use crate::fields::{Fields, FieldsError};
use crate::messages::Messages;

/// Seconds after which a busy server may be asked again.
const BUSY_RETRY_SECONDS: u32 = 5;

/// The kinds of problem. Each has a status, a stable name and three sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request cannot be read, or a field is wrong.
    BadRequest,
    /// Nobody is signed in.
    SignInFirst,
    /// A credential or certificate is missing (machines).
    Unauthorised,
    /// Not for this actor.
    Forbidden,
    /// The account must be seen at a counter first.
    AssuranceTooLow,
    /// Nothing is there.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body came too slowly.
    TooSlow,
    /// Something else happened meanwhile.
    Conflict,
    /// The form is too old or from another session.
    FormExpired,
    /// The body is over its limit.
    TooLarge,
    /// The body has another type than is read here.
    UnsupportedType,
    /// The rule said no.
    Refused,
    /// Too many tries.
    TooMany,
    /// The request names a host that is not ours.
    Misdirected,
    /// A fault of ours.
    Internal,
    /// Too much waits, or something needed is away.
    Unavailable,
    /// Nothing can be written now; reading goes on.
    ReadOnly,
    /// The outcome is not known yet and is being verified.
    Unknown,
}

impl Kind {
    /// Every kind, for tests and the demo's gallery.
    pub const ALL: [Self; 19] = [
        Self::BadRequest,
        Self::SignInFirst,
        Self::Unauthorised,
        Self::Forbidden,
        Self::AssuranceTooLow,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooSlow,
        Self::Conflict,
        Self::FormExpired,
        Self::TooLarge,
        Self::UnsupportedType,
        Self::Refused,
        Self::TooMany,
        Self::Misdirected,
        Self::Internal,
        Self::Unavailable,
        Self::ReadOnly,
        Self::Unknown,
    ];

    /// The status and the stable name of the kind.
    #[must_use]
    pub const fn code(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request"),
            Self::SignInFirst => (StatusCode::UNAUTHORIZED, "sign-in-first"),
            Self::Unauthorised => (StatusCode::UNAUTHORIZED, "unauthorised"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::AssuranceTooLow => (StatusCode::FORBIDDEN, "assurance-too-low"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict"),
            Self::FormExpired => (StatusCode::BAD_REQUEST, "form-expired"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Self::UnsupportedType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type"),
            Self::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "refused"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many"),
            Self::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "misdirected"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Self::ReadOnly => (StatusCode::SERVICE_UNAVAILABLE, "read-only"),
            Self::Unknown => (StatusCode::ACCEPTED, "unknown"),
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code().1 == name)
    }

    fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::UNAUTHORIZED => Self::Unauthorised,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::REQUEST_TIMEOUT => Self::TooSlow,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedType,
            StatusCode::TOO_MANY_REQUESTS => Self::TooMany,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_server_error() => Self::Internal,
            _ => Self::BadRequest,
        }
    }

    /// Title, explanation, next step.
    fn sentences(self, m: Messages) -> [&'static str; 3] {
        match self {
            Self::BadRequest => {
                [m.problem_bad_request_title(), m.problem_bad_request_why(), m.problem_bad_request_next()]
            }
            Self::SignInFirst => [m.problem_sign_in_title(), m.problem_sign_in_why(), m.problem_sign_in_next()],
            Self::Unauthorised => {
                [m.problem_unauthorised_title(), m.problem_unauthorised_why(), m.problem_unauthorised_next()]
            }
            Self::Forbidden => [m.problem_forbidden_title(), m.problem_forbidden_why(), m.problem_forbidden_next()],
            Self::AssuranceTooLow => {
                [m.problem_assurance_title(), m.problem_assurance_why(), m.problem_assurance_next()]
            }
            Self::NotFound => [m.problem_not_found_title(), m.problem_not_found_why(), m.problem_not_found_next()],
            Self::MethodNotAllowed => [m.problem_method_title(), m.problem_method_why(), m.problem_method_next()],
            Self::TooSlow => [m.problem_too_slow_title(), m.problem_too_slow_why(), m.problem_too_slow_next()],
            Self::Conflict => [m.problem_conflict_title(), m.problem_conflict_why(), m.problem_conflict_next()],
            Self::FormExpired => {
                [m.problem_form_expired_title(), m.problem_form_expired_why(), m.problem_form_expired_next()]
            }
            Self::TooLarge => [m.problem_too_large_title(), m.problem_too_large_why(), m.problem_too_large_next()],
            Self::UnsupportedType => [m.problem_type_title(), m.problem_type_why(), m.problem_type_next()],
            Self::Refused => [m.problem_refused_title(), m.problem_refused_why(), m.problem_refused_next()],
            Self::TooMany => [m.problem_too_many_title(), m.problem_too_many_why(), m.problem_too_many_next()],
            Self::Misdirected => {
                [m.problem_misdirected_title(), m.problem_misdirected_why(), m.problem_misdirected_next()]
            }
            Self::Internal => [m.problem_internal_title(), m.problem_internal_why(), m.problem_internal_next()],
            Self::Unavailable => {
                [m.problem_unavailable_title(), m.problem_unavailable_why(), m.problem_unavailable_next()]
            }
            Self::ReadOnly => [m.problem_read_only_title(), m.problem_read_only_why(), m.problem_read_only_next()],
            Self::Unknown => [m.problem_unknown_title(), m.problem_unknown_why(), m.problem_unknown_next()],
        }
    }
}

/// One field and what to mend in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in the form.
    pub name: String,
    /// A sentence in the visitor's language.
    pub message: String,
}

/// A problem on its way to the edge. Build one with the function of its kind,
/// and say more where more is known.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: Kind,
    title: Option<String>,
    explanation: Option<String>,
    next_step: Option<String>,
    fields: Vec<FieldError>,
    link: Option<(String, String)>,
    retry_after_seconds: Option<u32>,
    kept: Option<Fields>,
    /// For the log only.
    cause: Option<String>,
}

impl Problem {
    /// A problem of this kind with its usual sentences.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            title: None,
            explanation: None,
            next_step: None,
            fields: Vec::new(),
            link: None,
            retry_after_seconds: None,
            kept: None,
            cause: None,
        }))
    }
    /// Nothing is there, or nothing that this actor may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound)
    }
    /// Not for this actor.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(Kind::Forbidden)
    }
    /// Whoever acts for another comes to what is their own alone: the way back
    /// to themselves is shown.
    #[must_use]
    pub fn acts_for_another(locale: Locale) -> Self {
        let m = Messages::new(locale);
        Self::forbidden()
            .title(m.own_pages_title())
            .explain(m.own_pages_why())
            .next_step(m.own_pages_next())
            .link("/sign-in", m.acting_back())
    }
    /// Nobody is signed in: a page leads to signing in and back.
    #[must_use]
    pub fn sign_in_first() -> Self {
        Self::new(Kind::SignInFirst)
    }
    /// A machine's credential is missing or wrong.
    #[must_use]
    pub fn unauthorised() -> Self {
        Self::new(Kind::Unauthorised)
    }
    /// The request cannot be read, or these fields are wrong.
    #[must_use]
    pub fn bad_request(fields: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Kind::BadRequest);
        problem.0.fields = fields;
        problem
    }
    /// Something else happened meanwhile; the explanation says what.
    #[must_use]
    pub fn conflict(explanation: impl Into<String>) -> Self {
        Self::new(Kind::Conflict).explain(explanation)
    }
    /// The system's rule said no; the explanation says which and why.
    #[must_use]
    pub fn refused(explanation: impl Into<String>) -> Self {
        Self::new(Kind::Refused).explain(explanation)
    }
    /// The body is over its limit.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(Kind::TooLarge)
    }
    /// Too many tries: wait so many seconds.
    #[must_use]
    pub fn too_many(retry_after_seconds: u32) -> Self {
        Self::new(Kind::TooMany).retry_after(retry_after_seconds)
    }
    /// Something needed is away for now.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(Kind::Unavailable).retry_after(BUSY_RETRY_SECONDS)
    }
    /// The outcome is not known yet: it is being verified and settles by itself.
    #[must_use]
    pub fn unknown_outcome() -> Self {
        Self::new(Kind::Unknown)
    }
    /// A fault of ours; the cause goes to the log and holds no personal data.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Kind::Internal).because(cause)
    }
    pub(crate) fn form_expired(kept: Fields) -> Self {
        let mut problem = Self::new(Kind::FormExpired);
        problem.0.kept = Some(kept);
        problem
    }
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(Kind::from_status(status))
    }

    /// Another title, in the visitor's language.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.0.title = Some(title.into());
        self
    }
    /// What happened, in the visitor's language.
    #[must_use]
    pub fn explain(mut self, explanation: impl Into<String>) -> Self {
        self.0.explanation = Some(explanation.into());
        self
    }
    /// What to do now, in the visitor's language.
    #[must_use]
    pub fn next_step(mut self, next_step: impl Into<String>) -> Self {
        self.0.next_step = Some(next_step.into());
        self
    }
    /// A link to where one can go on; the path has no language prefix.
    #[must_use]
    pub fn link(mut self, path: impl Into<String>, label: impl Into<String>) -> Self {
        self.0.link = Some((path.into(), label.into()));
        self
    }
    /// When to ask again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
    /// The cause, for the log: no personal data.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    /// Its status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.kind.code().0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.code().1)?;
        self.0.cause.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Problem {}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        let problem = match &error {
            store::Error::Busy | store::Error::Contention | store::Error::Slow => Self::unavailable(),
            store::Error::ReadOnly(_) => Self::new(Kind::ReadOnly).retry_after(60),
            store::Error::Unknown(_) => Self::unknown_outcome(),
            _ => Self::new(Kind::Internal),
        };
        problem.because(error)
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

impl From<FieldsError> for Problem {
    fn from(error: FieldsError) -> Self {
        Self::new(Kind::BadRequest).because(match error {
            // A name that was sent may hold anything: it is not logged.
            FieldsError::Unknown(_) => "unknown field".to_owned(),
            other => other.to_string(),
        })
    }
}

impl IntoResponse for Problem {
    /// The edge renders it: it knows the language and what was asked for.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}
