//! The way of every request: is it for us, in which language, who asks; then
//! the router; then problems become pages, and every answer gets its headers,
//! its cookies and its count.

use std::panic::AssertUnwindSafe;

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use base::Locale;
use futures_util::FutureExt as _;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HOST, IF_NONE_MATCH, TRANSFER_ENCODING, VARY,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::BodyExt as _;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::compress::{self, Coding};
use crate::config::{ADDRESS_BYTES_MAX, is_loopback_name, split_port};
use crate::guard::RouteNumber;
use crate::headers::{AlsoFormTarget, Foreign};
use crate::problem::{Kind, Problem};
use crate::public_page::Stands;
use crate::route::Listener;
use crate::site::Site;
use crate::visit::Visit;

/// Answers below this many bytes are not worth compressing.
const COMPRESSED_BYTES_MIN: u64 = 860;
/// Answers above this many bytes are not held in memory to compress them.
const COMPRESSED_BYTES_MAX: u64 = 512 * 1024;

impl Site {
    /// Answers a request that came through this listener.
    pub async fn respond(&self, listener: Listener, mut request: Request<Body>) -> Response {
        let started = Instant::now();
        if let Some((response, route)) = self.standing(listener, &request) {
            self.kit.figures().count(route.map(|route| route.0), response.status().as_u16(), started.elapsed());
            return response;
        }
        let plain = listener == Listener::Public && is_plain(&request);
        let (locale, path) = match listener {
            Listener::Public => split_locale(request.uri().path()),
            _ => (Locale::default(), request.uri().path()),
        };
        let path = path.to_owned();
        let visit = Visit::new(&self.kit, listener, locale, &path, &request);
        let response = match self.check(listener, &request) {
            Ok(()) => {
                if let Err(problem) = relocate(request.uri_mut(), &path) {
                    problem.render(&visit)
                } else {
                    request.extensions_mut().insert(visit.clone());
                    self.route(listener, &visit, request).await
                }
            }
            Err(problem) => {
                // Whoever frames or names a request wrongly is not heard further
                // on this line: what follows may be a second, hidden request.
                let mut refused = problem.render(&visit);
                refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                refused
            }
        };
        let mut response = compressed(response, visit.coding()).await;
        if matches!(response.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // The rest of the body is still on this line: nothing else can come on it,
            // and whoever does not know would send their next form into a closed one.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        visit.finish(response.headers_mut());
        let also = response.extensions_mut().remove::<AlsoFormTarget>();
        match response.extensions_mut().remove::<Foreign>() {
            Some(Foreign) => self.kit.policy().apply_foreign(response.headers_mut()),
            None => self.kit.policy().apply(response.headers_mut(), also.as_ref()),
        }
        let route = response.extensions().get::<RouteNumber>().copied();
        if let Some(stands) = response.extensions_mut().remove::<Stands>()
            && plain
            && locale == Locale::default()
        {
            let dress = |headers: &mut HeaderMap| self.kit.policy().apply(headers, None);
            self.kit.pages().stand(path, &stands, route, dress);
        }
        let route = route.map(|route| route.0);
        self.kit.figures().count(route, response.status().as_u16(), started.elapsed());
        response
    }

    /// The answer that stands at a path, for whoever brings nothing that could
    /// change it.
    fn standing(&self, listener: Listener, request: &Request<Body>) -> Option<(Response, Option<RouteNumber>)> {
        if listener != Listener::Public || !is_plain(request) {
            return None;
        }
        let standing = self.kit.pages().standing(request.uri().path(), self.kit.ctx().now())?;
        self.check(listener, request).ok()?;
        Some((standing.response(Coding::of(request.headers())), standing.route))
    }

    async fn route(&self, listener: Listener, visit: &Visit, request: Request<Body>) -> Response {
        let Some(router) = self.routers.get(&listener) else { return Problem::not_found().render(visit) };
        let answered = AssertUnwindSafe(router.clone().oneshot(request)).catch_unwind().await;
        let mut response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => return Problem::internal("a handler panicked").render(visit),
        };
        let problem = response.extensions_mut().remove::<Problem>().or_else(|| unexplained(&response));
        let Some(problem) = problem else {
            visit.used().await;
            return response;
        };
        // The header of a problem page greets whoever is signed in; without a
        // session it is shown all the same.
        drop(visit.resolve().await);
        let mut rendered = problem.render(visit);
        for (name, value) in response.headers() {
            if name == http::header::ALLOW || name == http::header::WWW_AUTHENTICATE {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        if let Some(route) = response.extensions().get::<RouteNumber>() {
            rendered.extensions_mut().insert(*route);
        }
        rendered
    }

    /// Whether the request is one for us, and framed in one way only.
    fn check(&self, listener: Listener, request: &Request<Body>) -> Result<(), Problem> {
        let uri = request.uri();
        if uri.path_and_query().is_some_and(|whole| whole.as_str().len() > ADDRESS_BYTES_MAX) {
            return Err(Problem::new(Kind::BadRequest).because("the address is too long"));
        }
        let mut named = request.headers().get_all(HOST).iter();
        let host = named.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
        if named.next().is_some() {
            return Err(Problem::new(Kind::BadRequest).because("two Host headers"));
        }
        let ours = |host: &str| match listener {
            Listener::Public => self.kit.config().knows_host(host),
            Listener::Admin => is_loopback_name(split_port(host).0),
            Listener::Mtls | Listener::Exchange | Listener::ExchangePeer => true,
        };
        if !ours(host) || uri.authority().is_some_and(|authority| !ours(authority.as_str())) {
            return Err(Problem::new(Kind::Misdirected));
        }
        // A body whose length is stated can be refused before it is read, and
        // leaves no second way to find its end. hyper drops a Content-Length
        // that stands beside a Transfer-Encoding, so the latter alone decides.
        let chunked = request.headers().contains_key(TRANSFER_ENCODING);
        if chunked && matches!(listener, Listener::Public | Listener::Admin | Listener::Mtls) {
            return Err(Problem::new(Kind::BadRequest).because("Transfer-Encoding: send Content-Length"));
        }
        Ok(())
    }
}

/// Whether a request asks for what is at its path and says nothing else.
fn is_plain(request: &Request<Body>) -> bool {
    let says_more = |name| request.headers().contains_key(name);
    request.method() == Method::GET
        && request.uri().query().is_none()
        && ![COOKIE, IF_NONE_MATCH].into_iter().any(says_more)
}

/// The language of an address and the path after its prefix.
fn split_locale(path: &str) -> (Locale, &str) {
    for locale in Locale::all() {
        let prefix = locale.prefix();
        let Some(rest) = (!prefix.is_empty()).then(|| path.strip_prefix(prefix)).flatten() else { continue };
        if rest.is_empty() || rest == "/" {
            return (locale, "/");
        }
        if rest.starts_with('/') {
            return (locale, rest);
        }
    }
    (Locale::default(), path)
}

/// Gives the request the path without the language, in origin form.
fn relocate(uri: &mut Uri, path: &str) -> Result<(), Problem> {
    if uri.authority().is_none() && uri.path() == path {
        return Ok(());
    }
    let whole = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let whole = whole.map_err(|_| Problem::new(Kind::BadRequest).because("the address"))?;
    *uri = Uri::from(whole);
    Ok(())
}

/// A refusal of the router or of somebody's extractor, which came as bare text.
fn unexplained(response: &Response) -> Option<Problem> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let kind = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let bare = kind.is_empty() || kind.starts_with(b"text/plain");
    (bare && status != StatusCode::NOT_MODIFIED).then(|| Problem::of_status(status))
}

/// Compresses an answer that is text and not compressed yet.
async fn compressed(response: Response, coding: Coding) -> Response {
    let headers = response.headers();
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_text =
        kind.starts_with("text/") || kind.contains("json") || kind.contains("xml") || kind.contains("javascript");
    let size = response.body().size_hint().exact().unwrap_or(u64::MAX);
    if !is_text
        || headers.contains_key(CONTENT_ENCODING)
        || !(COMPRESSED_BYTES_MIN..COMPRESSED_BYTES_MAX).contains(&size)
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    if coding == Coding::Identity {
        return Response::from_parts(parts, body);
    }
    let Ok(plain) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        parts.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(parts, Body::empty());
    };
    let (name, bytes) = match coding {
        Coding::Brotli => ("br", compress::brotli_quick(&plain)),
        _ => ("gzip", compress::gzip_quick(&plain)),
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_stand_before_the_path() {
        for (path, tag, rest) in [
            ("/", "ar", "/"),
            ("/cases", "ar", "/cases"),
            ("/en", "en", "/"),
            ("/en/", "en", "/"),
            ("/en/cases", "en", "/cases"),
            ("/english", "ar", "/english"),
            ("/en/en/cases", "en", "/en/cases"),
        ] {
            let (locale, found) = split_locale(path);
            assert_eq!((locale.tag(), found), (tag, rest), "{path}");
        }
    }
}
