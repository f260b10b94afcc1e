//! How a problem is written: as RFC 9457's JSON, or as a page that keeps what
//! was typed.

use axum::body::Body;
use axum::response::Response;
use base::Locale;
use http::{HeaderValue, header};
use serde_json::json;

use super::{FieldError, Inner, Kind, Problem};
use crate::config::HELP_LINE;
use crate::fields::Fields;
use crate::form::FormToken;
use crate::messages::Messages;
use crate::page::Page;
use crate::visit::Visit;

/// A form whose typed data is kept and can be sent again.
#[derive(Debug, Clone)]
pub struct Resend {
    /// Where it was sent.
    pub action: String,
    /// What was typed.
    pub fields: Fields,
    /// A fresh token.
    pub token: FormToken,
    /// What stands on the button.
    pub button: String,
}

/// A problem as a page.
#[derive(askama::Template)]
#[template(path = "problem.html")]
pub struct ProblemPage {
    /// Frame, language, who is signed in.
    pub page: Page,
    /// What happened, in a few words.
    pub title: String,
    /// What happened.
    pub explanation: String,
    /// What to do now.
    pub next_step: String,
    /// The code under which it is in the log.
    pub reference: String,
    /// Whom to call.
    pub help_line: &'static str,
    /// What to mend.
    pub fields: Vec<FieldError>,
    /// What was typed, to be sent again.
    pub resend: Option<Resend>,
    /// Where one can go on: path and words.
    pub link: Option<(String, String)>,
}

impl Problem {
    /// Writes it for this visitor.
    pub(crate) fn render(self, visit: &Visit) -> Response {
        self.log(visit);
        let inner = *self.0;
        let (status, _) = inner.kind.code();
        let retry_after = inner.retry_after_seconds;
        let mut response = if visit.wants_json() { as_json(inner, visit) } else { as_page(inner, visit) };
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn log(&self, visit: &Visit) {
        let (status, name) = self.0.kind.code();
        let (reference, cause) = (visit.reference(), self.0.cause.as_deref().unwrap_or("-"));
        if status.is_server_error() || self.0.kind == Kind::Unknown {
            tracing::error!(reference, problem = name, cause, "a request failed");
        } else {
            tracing::debug!(reference, problem = name, cause, "a request was refused");
        }
    }
}

fn as_json(inner: Inner, visit: &Visit) -> Response {
    let (status, name) = inner.kind.code();
    let [title, why, next] = inner.kind.sentences(Messages::new(visit.locale()));
    let others: serde_json::Map<String, serde_json::Value> = Locale::all()
        .map(|locale| (locale.tag().to_owned(), inner.kind.sentences(Messages::new(locale))[0].into()))
        .collect();
    let mut body = json!({
        "type": format!("urn:hukumati:problem:{name}"),
        "title": inner.title.as_deref().unwrap_or(title),
        "status": status.as_u16(),
        "detail": inner.explanation.as_deref().unwrap_or(why),
        "next_step": inner.next_step.as_deref().unwrap_or(next),
        "titles": others,
        "reference": visit.reference(),
        "help_line": HELP_LINE,
    });
    if !inner.fields.is_empty() {
        let fields = inner.fields.into_iter().map(|field| json!({"name": field.name, "message": field.message}));
        body["errors"] = fields.collect();
    }
    let mut response = Response::new(Body::from(body.to_string()));
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn as_page(inner: Inner, visit: &Visit) -> Response {
    let m = Messages::new(visit.locale());
    let [title, why, next] = inner.kind.sentences(m);
    let resend = inner.kept.map(|fields| Resend {
        action: format!("{}{}", visit.locale().prefix(), visit.path_and_query()),
        fields,
        token: visit.form_token(),
        button: m.problem_send_again().to_owned(),
    });
    let page = Page::of(visit);
    let page = ProblemPage {
        title: inner.title.unwrap_or_else(|| title.to_owned()),
        explanation: inner.explanation.unwrap_or_else(|| why.to_owned()),
        next_step: inner.next_step.unwrap_or_else(|| next.to_owned()),
        reference: visit.reference().to_owned(),
        help_line: HELP_LINE,
        fields: inner.fields,
        resend,
        link: inner.link.map(|(path, label)| (page.to(&path), label)),
        page,
    };
    match askama::Template::render(&page) {
        Ok(html) => {
            let mut response = Response::new(Body::from(html));
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(error) => {
            tracing::error!(reference = visit.reference(), %error, "a problem page did not render");
            Response::new(Body::from(format!("{} / {HELP_LINE}", visit.reference())))
        }
    }
}
