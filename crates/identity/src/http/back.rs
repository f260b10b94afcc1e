//! Back to the client: with the answer in the address, or in a form that the
//! browser posts (OAuth 2.0 Form Post Response Mode). The form goes by itself
//! where scripts run, else by its button.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use openid::oauth::with_query;
use openid::request::{Carried, Mode};
use web::headers::AlsoFormTarget;
use web::{IntoResponse, Page, Problem, Redirect, Response, Visit};

use super::html;
use crate::messages::Messages;

/// What sends the form.
const SCRIPT: &str = "document.getElementById(\"back\").submit();\n";

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostPage {
    page: Page,
    m: Messages,
    action: String,
    fields: Vec<(&'static str, String)>,
}

/// Takes the browser to the client.
pub(crate) fn to_client(visit: &Visit, carried: Carried) -> Result<Response, Problem> {
    let Carried { redirect_uri, mode, fields } = carried;
    if mode == Mode::Query {
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        return Ok(Redirect::to(&with_query(&redirect_uri, &pairs)).into_response());
    }
    let target = origin_of(&redirect_uri);
    let (page, m) = (Page::of(visit), Messages::new(visit.locale()));
    let mut response = html(FormPostPage { page, m, action: redirect_uri, fields }.render()?, StatusCode::OK);
    if let Some(origin) = target {
        response.extensions_mut().insert(AlsoFormTarget(origin));
    }
    Ok(response)
}

/// `GET /oauth2/form-post.js`.
pub(crate) async fn script() -> Response {
    let mut response = Response::new(Body::from(SCRIPT));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// Scheme, host and port of an address.
pub(crate) fn origin_of(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}
